"""Links between equals: rows that point to each other, as spouses do, or round in circles."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from synthohive_jupyter.relational.keys.references import NULL, number_within
from synthohive_jupyter.relational.parents.matching import common

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from synthohive_jupyter.tabular.codecs import Codes

    Positions = NDArray[np.int64]


def couples(
    wanted: Codes,
    codes: Codes,
    group: Positions,
    *,
    anyhow: bool,
    rng: np.random.Generator,
) -> Positions:
    """Return the partner of each row, `NULL` for those who are left over.

    Two rows fit where each has the codes that the other asks for. Those who find nobody go
    without the last code, and so on; within what is left of the codes neighbours go together.

    Args:
        wanted: Codes that each row asks for, shape (rows, columns).
        codes: Codes that it has.
        group: Group of each row; partners are of one group.
        anyhow: Whether those who do not even agree in the first code become couples as well.
        rng: Source of chance.

    >>> codes, wanted = np.array([[0], [1], [1]]), np.array([[1], [0], [0]])
    >>> group, rng = np.zeros(3, dtype=int), np.random.default_rng(0)
    >>> int((couples(wanted, codes, group, anyhow=False, rng=rng) == NULL).sum())
    1
    """
    partner = np.full(len(codes), NULL, dtype=np.int64)
    left = rng.permutation(len(codes))
    columns = codes.shape[1]
    least = 0 if anyhow or not columns else 1
    for width in range(columns, least - 1, -1):
        own = (group[left], group[left])
        pairs = [own, *((codes[left, at], wanted[left, at]) for at in range(width))]
        mine, theirs = common(*pairs)
        cell = np.minimum(mine, theirs) * len(left) * 2 + np.maximum(mine, theirs)
        side = (mine > theirs).astype(np.int64)
        rank = np.zeros(len(left))
        if width < columns:
            has, asks = codes[left, width], wanted[left, width]
            rank = np.where(side == 0, has + asks / 128, asks + has / 128)
        # Those who look for their like stand alternately on both sides.
        like = np.flatnonzero(mine == theirs)
        like = like[np.lexsort((rank[like], cell[like]))]
        side[like] = number_within(cell[like]) % 2
        order = np.lexsort((rank, side, cell))
        first, second = order[side[order] == 0], order[side[order] == 1]
        met = common(
            (cell[first], cell[second]), (number_within(cell[first]), number_within(cell[second]))
        )
        _, one, two = np.intersect1d(*met, assume_unique=True, return_indices=True)
        a, b = left[first[one]], left[second[two]]
        partner[a], partner[b] = b, a
        left = left[partner[left] == NULL]
        if not len(left):
            break
    return partner


def not_themselves(parents: Positions, group: Positions) -> Positions:
    """Return the parents; a row that has itself takes the next row of its group, or nobody.

    >>> not_themselves(np.array([0, 0, 2]), np.array([0, 0, 1])).tolist()
    [1, 0, -1]
    """
    found, rows = parents.copy(), np.arange(len(parents))
    if not len(rows):
        return found
    order = np.argsort(group, kind="stable")
    starts = np.flatnonzero(np.diff(group[order], prepend=NULL) != 0)
    following = np.append(order[1:], NULL)
    following[np.append(starts[1:], len(order)) - 1] = order[starts]
    after = np.empty(len(order), dtype=np.int64)
    after[order] = following
    own = parents == rows
    found[own] = np.where(after == rows, NULL, after)[own]
    return found
