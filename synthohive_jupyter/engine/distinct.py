"""Keys to kept tables that must differ: they are drawn as values, so some may be drawn twice."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from synthohive_jupyter.io.lookup import locate
from synthohive_jupyter.relational.keys import NULL

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from numpy.typing import NDArray

    Positions = NDArray[np.int64]


def made_distinct(
    values: Positions, group: Positions, choices: int, rng: np.random.Generator
) -> Positions:
    """Return values that differ inside each group.

    What occurs again is replaced by a value that its group does not have, the more frequent ones
    first. A group with more rows than there are values loses the rows that are too many.

    Args:
        values: From 0 to ``choices - 1``, `NULL` for none yet.
        group: Number of each row's group.
        choices: How many values there are.
        rng: Source of chance.

    >>> made_distinct(np.array([0, 0, 0, 1]), np.array([5, 5, 5, 6]), 2, np.random.default_rng(0))
    array([ 0,  1, -1,  1])
    """
    found = values.copy()
    order = np.lexsort((np.arange(len(values)), values, group))
    again = np.zeros(len(values), dtype=np.bool_)
    same = (np.diff(values[order]) == 0) & (np.diff(group[order]) == 0)
    again[order[1:]] = same
    again |= values == NULL
    weights = np.bincount(values[values != NULL], minlength=choices) + 1.0
    for number in np.unique(group[again]):
        mine = group == number
        rows = np.flatnonzero(mine & again)
        free = np.setdiff1d(np.arange(choices), values[mine & ~again])
        chosen = free[np.argsort(rng.exponential(1 / weights[free]))]
        found[rows] = NULL
        found[rows[: len(chosen)]] = chosen[: len(rows)]
    return found


def distinct_keys(
    rows: pd.DataFrame,
    columns: Sequence[str],
    within: Sequence[str],
    kept: pd.DataFrame,
    theirs: Sequence[str],
    rng: np.random.Generator,
) -> Positions:
    """Return rows of a kept table, different ones for rows that are equal in other columns.

    Args:
        rows: The rows, with what they have drawn.
        columns: Those of the key.
        within: Those whose equal values make a group; none for all rows.
        kept: The kept table.
        theirs: Columns of it that the key points to, in the same order.
        rng: Source of chance.

    Returns:
        Position of each row's kept row; `NULL` where there is none left.
    """
    group = np.zeros(len(rows), dtype=np.int64)
    if within:
        group = locate(rows, within, rows, within)
    drawn = locate(rows, columns, kept, theirs)
    return made_distinct(drawn, group, len(kept), rng)
