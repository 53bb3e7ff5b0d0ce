"""Families as wholes: who the other parents of siblings are, and whether families were copied."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from synthohive_jupyter.validation.columns import ks_distance
from synthohive_jupyter.validation.links import aggregates
from synthohive_jupyter.validation.risk import dcr_share, row_hashes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from synthohive_jupyter.validation.links import Link


def repeat_share(family: NDArray[np.int64], parents: NDArray[np.int64]) -> float:
    """Return how often a row has a second parent that another row of its family had before.

    Of the rows that have a second parent, the first of each family cannot and does not count; the
    share does not depend on the order of the others. NaN where no row is left.

    Args:
        family: Family of each row.
        parents: Position of each row's second parent, -1 for nobody.

    >>> repeat_share(np.array([0, 0, 0, 1, 1]), np.array([7, 7, 8, 9, -1]))
    0.5
    """
    pairs, counts = _pairs(family, parents)
    rows, first = int(counts.sum()), len(np.unique(pairs[:, 0]))
    return float((rows - len(pairs)) / (rows - first)) if rows > first else float("nan")


def variety_score(
    real: tuple[NDArray[np.int64], NDArray[np.int64]],
    synthetic: tuple[NDArray[np.int64], NDArray[np.int64]],
) -> float:
    """Return 1 minus the KS distance of the number of different second parents of a family.

    Args:
        real: Family and second parent of each row, as in `repeat_share`.
        synthetic: The same of the synthetic rows.
    """
    numbers = []
    for family, parents in (real, synthetic):
        pairs, _ = _pairs(family, parents)
        numbers.append(np.unique(pairs[:, 0], return_counts=True)[1].astype(np.float64))
    return 1 - ks_distance(numbers[0], numbers[1])


def _pairs(
    family: NDArray[np.int64], parents: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    known = parents >= 0
    both = np.column_stack([family[known], parents[known]])
    pairs, counts = np.unique(both, axis=0, return_counts=True)
    return pairs, counts


def family_copies(
    real: Link, synthetic: Link, columns: Sequence[str], *, at_least: int = 1
) -> float:
    """Return the share of synthetic families whose rows all stand in one real family, and no more.

    The order of the rows does not matter; the parent's own columns do not either. Families of one
    row are often equal by chance: look at the holdout's own share.

    Args:
        real: The real link.
        synthetic: The synthetic one.
        columns: Columns of the child that are compared.
        at_least: Smallest family that counts.
    """
    prints = [_fingerprints(link, columns, at_least) for link in (real, synthetic)]
    return float(np.isin(prints[1], prints[0]).mean()) if prints[1].size else 0.0


def _fingerprints(link: Link, columns: Sequence[str], at_least: int) -> NDArray[np.uint64]:
    """Return one number for each family: the wrapping sum of what its rows hash to."""
    rows = link.rows()
    known = rows >= 0
    hashes = row_hashes(link.child.loc[known, list(columns)])
    order = np.argsort(rows[known], kind="stable")
    starts = np.flatnonzero(np.diff(rows[known][order], prepend=-1))
    sizes = np.diff(np.append(starts, len(order)))
    sums = np.add.reduceat(hashes[order], starts) if starts.size else hashes[:0]
    return sums[sizes >= at_least]


def family_dcr(
    train: Link,
    holdout: Link,
    synthetic: Link,
    parent_columns: Sequence[str],
    child_columns: Sequence[str],
    *,
    queries: int = 3000,
    seed: int = 0,
) -> float:
    """Return the share of families nearer to training than to held-back families; .5 is no memory.

    A family is its parent's columns and the aggregates of its children, see
    `synthohive_jupyter.validation.risk.dcr_share`.
    """
    frames = []
    for link in (train, holdout, synthetic):
        above = link.parent[list(parent_columns)].reset_index(drop=True)
        frames.append(pd.concat([above, aggregates(link, child_columns)], axis=1))
    a, b, drawn = frames
    return dcr_share(a, b, drawn, list(a.columns), queries=queries, seed=seed)
