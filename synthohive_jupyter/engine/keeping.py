"""Keys to kept tables: they are drawn as values, so some may not exist, or be drawn twice."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from synthohive_jupyter.io.lookup import NULLABLE, complete, locate, taken
from synthohive_jupyter.relational.ancestry import groups
from synthohive_jupyter.relational.keys.references import NULL
from synthohive_jupyter.relational.parents.matching import anyone
from synthohive_jupyter.seeding import stream, table_id

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from numpy.typing import NDArray

    from synthohive_jupyter.engine.grown import Draft
    from synthohive_jupyter.engine.placing import Placer
    from synthohive_jupyter.schema.metadata import ForeignKey

    Positions = NDArray[np.int64]


def existing_keys(
    rows: pd.DataFrame,
    key: ForeignKey,
    kept: pd.DataFrame,
    fixed: Collection[str],
    rng: np.random.Generator,
) -> tuple[pd.DataFrame, NDArray[np.bool_]]:
    """Return the rows with a key that exists wherever a model has put together one that does not.

    Args:
        rows: The rows, with what they have drawn.
        key: The key.
        kept: The kept table.
        fixed: Columns of the key that other keys have decided; only the rest may change.
        rng: Source of chance.

    Returns:
        The rows, null in the columns that may change where no key exists that agrees with the
        fixed ones, and which rows these are.
    """
    theirs = dict(zip(key.columns, key.parent_columns, strict=True))
    nobody = locate(rows, key.columns, kept, key.parent_columns) == NULL
    wrong = np.flatnonzero(complete(rows, key.columns) & nobody)
    none = np.zeros(len(rows), dtype=np.bool_)
    if not len(wrong):
        return rows, none
    shared = [column for column in key.columns if column in fixed]
    asked, offered = np.zeros(len(wrong), dtype=np.int64), np.zeros(len(kept), dtype=np.int64)
    if shared:
        asked, offered = groups(rows.iloc[wrong], shared, kept, [theirs[c] for c in shared])
    found = anyone(asked, offered, np.ones(len(kept)), rng=rng)
    none[wrong[found == NULL]] = True
    changed = rows.copy()
    for column in key.columns:
        if column not in fixed:
            values = changed[column].astype(object)
            new = taken(kept[[theirs[column]]], found).iloc[:, 0].to_numpy(dtype=object)
            new[found == NULL] = None
            values.iloc[wrong] = new
            dtype = pd.api.types.pandas_dtype(_holding(rows[column], nulls=bool(none.any())))
            changed[column] = values.astype(dtype)
    return changed, none


def _holding(values: pd.Series, *, nulls: bool) -> str:
    """Return the type of a column, or one like it that has a null where one is needed."""
    dtype = str(values.dtype)
    return NULLABLE.get(dtype, dtype) if nulls else dtype


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


@dataclass(slots=True)
class Keeper:
    """Makes the keys of a draft to kept tables exist, and differ where they are its primary key.

    Attributes:
        draft: The rows.
        placer: Leaves out rows for which there is no key.
        kept: Foreign key name to the rows of its kept table.
        done: Names of the keys that are settled.
    """

    draft: Draft
    placer: Placer
    kept: Mapping[str, pd.DataFrame]
    done: set[str] = field(default_factory=set)

    def settle(self) -> None:
        """Settle the keys whose turn it is: that of the primary key waits for what it goes with.

        Keys that share a column with one that is settled follow it.
        """
        step = self.draft.step
        keys = sorted(step.kept_keys, key=lambda k: (k.name != step.unique_key, k.name))
        for key in keys:
            if key.name not in self.kept or not set(key.columns) <= set(self.draft.drawn.columns):
                continue
            within = [c for c in step.primary_key if c not in key.columns]
            if key.name == step.unique_key:
                if key.name in self.done or not set(within) <= set(self.draft.filled.columns):
                    continue
                self._distinguish(key, within)
                self.done = {key.name}
            elif key.name not in self.done:
                self._exist(key)
                self.done.add(key.name)

    def _exist(self, key: ForeignKey) -> None:
        fixed = {c for k in self.draft.step.kept_keys if k.name in self.done for c in k.columns}
        rows = self.draft.drawn
        changed, none = existing_keys(rows, key, self.kept[key.name], fixed, self._chance(key))
        self.draft.drawn = changed
        if none.any() and not key.nullable:
            self.placer.leave_out(self.draft, key, none)

    def _distinguish(self, key: ForeignKey, within: Sequence[str]) -> None:
        kept, rows = self.kept[key.name], self.draft.filled
        group = np.zeros(len(rows), dtype=np.int64)
        if within:
            group = locate(rows, within, rows, within)
        drawn = locate(rows, key.columns, kept, key.parent_columns)
        found = made_distinct(drawn, group, len(kept), self._chance(key))
        if (found == NULL).any():
            self.placer.leave_out(self.draft, key, found == NULL)
            found = found[found != NULL]
        columns = {}
        for column, theirs in zip(key.columns, key.parent_columns, strict=True):
            values = kept[theirs].iloc[found].reset_index(drop=True)
            dtype = pd.api.types.pandas_dtype(str(self.draft.drawn[column].dtype))
            columns[column] = values.astype(object).astype(dtype)
        self.draft.drawn = self.draft.drawn.assign(**columns)

    def _chance(self, key: ForeignKey) -> np.random.Generator:
        return stream(self.placer.seed, self.draft.step.table, "parents", table_id(key.name))
