"""Which columns repeat siblings more often than by chance."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from synthohive_jupyter.relational.siblings.values import differ, same

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from synthohive_jupyter.relational.siblings.values import Array

    Positions = NDArray[np.int64]

KAPPA = 0.1
"""A column repeats a sibling if it does so by this much more than chance would have it, as a share
of what chance leaves (Cohen's kappa)."""
FEW = 5
"""Of fewer rows nothing is said."""
MOST_REPEATS = 8
"""So many columns do at most: those that do so most."""


def recurring(
    arrays: Mapping[str, Array], rank: Positions
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the columns that repeat the sibling before or the first one, and the latter alone.

    The first one counts only where the one before holds something else, and is not repeated.

    Args:
        arrays: The columns, families together.
        rank: Number of each row within its family.

    >>> rank = np.tile(np.arange(4), 9)
    >>> tariff = np.array(list("AABA" "BACB" "CCBC") * 3, dtype=object)
    >>> recurring({"tariff": tariff, "rank": rank}, rank)
    (('tariff',), ('tariff',))
    """
    before = [_kappa(array, rank, returns=False) for array in arrays.values()]
    first = [_kappa(array, rank, returns=True) for array in arrays.values()]
    beyond = dict(zip(arrays, np.maximum(before, first).tolist(), strict=True))
    found = [name for name in arrays if beyond[name] > KAPPA]
    most = sorted(found, key=lambda name: -beyond[name])[:MOST_REPEATS]
    returning = dict(zip(arrays, first, strict=True))
    repeating = tuple(name for name in arrays if name in most)
    return repeating, tuple(name for name in repeating if returning[name] > KAPPA)


def _kappa(array: Array, rank: Positions, *, returns: bool) -> float:
    """Return how much more often than by chance a column repeats a sibling."""
    known = ~np.asarray(pd.isna(array), dtype=np.bool_)
    at = np.flatnonzero((rank > 0) & known)
    at = at[known[at - 1]]
    begin = at - rank[at]
    if returns:
        other = differ(array[at - 1], array[begin]) & differ(array[at], array[at - 1])
        at, begin = at[other], begin[other]
    if len(at) < FEW:
        return 0.0
    codes = pd.factorize(array)[0]
    shares = np.bincount(codes[known]) / known.sum()
    if returns:
        share = float(same(array[at], array[begin]).mean())
        chance = float((shares[codes[begin]] / (1.0 - shares[codes[at - 1]])).mean())
    else:
        share = float((codes[at] == codes[at - 1]).mean())
        chance = float((shares**2).sum())
    return (share - chance) / (1.0 - chance) if chance < 1.0 else 0.0
