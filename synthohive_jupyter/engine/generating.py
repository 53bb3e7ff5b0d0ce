"""The generation of one table: count, draw the rows, find their parents, number, check."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from synthohive_jupyter.engine.degrees import sampled_events
from synthohive_jupyter.engine.grown import Draft, GrownTables
from synthohive_jupyter.engine.keeping import Keeper
from synthohive_jupyter.engine.placing import Placer
from synthohive_jupyter.engine.siblings import draw_families
from synthohive_jupyter.events import Event, PhaseStarted, TableSampled
from synthohive_jupyter.io.frames import CONTEXT_PREFIX
from synthohive_jupyter.relational.ancestry import climbed, context_of, known_of_parents
from synthohive_jupyter.relational.keys.references import (
    NULL,
    check_foreign_key,
    check_primary_key,
    number_within,
    repeat_parents,
)
from synthohive_jupyter.seeding import integer_seed, stream

if TYPE_CHECKING:
    from collections.abc import Callable, Sized

    from numpy.typing import NDArray

    from synthohive_jupyter.engine.record import Fitted, Learnt
    from synthohive_jupyter.relational.steps import TableStep
    from synthohive_jupyter.schema.metadata import ForeignKey

    Positions = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class TableGenerator:
    """Generates the tables of a database, one at a time, parents first.

    A table is drawn, and finished when those that it waits for are drawn: see
    `Plan.settled_after`.

    Attributes:
        fitted: What was learnt.
        seed: Root seed; every table has streams of its own.
        emit: Receives the events.
        tables: The tables so far.
    """

    fitted: Fitted
    seed: int
    emit: Callable[[Event], None]
    tables: GrownTables

    def draw(self, step: TableStep, rows: int | None = None) -> None:
        """Draw the rows of a table, and place those of its keys whose parents are there.

        Args:
            step: The table.
            rows: Number of rows: of a root, or the exact total of a child; ``None`` where the
                child's parents decide.

        Raises:
            DataError: If the total of a child is impossible.
        """
        self.emit(PhaseStarted(step.table, "sample"))
        learnt = self.fitted.learnt[step.table]
        if learnt.kept is not None:
            return
        placer = self._placer
        family = self._family(step, learnt, rows)
        if len(family) and placer.parentless(step):
            family = family[:0]
        values = self._values(step, learnt, family)
        names = [c for c in step.modelled_columns if c in values.columns]
        draft = Draft(step, values[names], values.drop(columns=names))
        self.tables.begin(draft)
        kept = self._kept(step)
        if step.driver is not None:
            placer.drive(draft, step.driver, family, kept)
        keeper = Keeper(draft, placer, kept)
        keeper.settle()
        for key in step.other_keys:
            if key.name not in step.deferred_keys:
                placer.place(draft, key)
        keeper.settle()
        self._number(draft, learnt)
        for key in step.self_keys:
            placer.place(draft, key)

    def finish(self, step: TableStep) -> pd.DataFrame:
        """Return a drawn table whole: all keys placed, new personal data, everything checked.

        Returns:
            The columns of the real table in their order, without those that privacy drops.

        Raises:
            DataError: If a key does not hold, which would be a mistake of this package.
        """
        start = time.monotonic()
        learnt = self.fitted.learnt[step.table]
        if learnt.kept is not None:
            frame = learnt.kept.copy()
        else:
            draft = self.tables.draft(step.table)
            for key in step.other_keys:
                if key.name in step.deferred_keys:
                    self._placer.place(draft, key)
            frame = self._whole(draft, learnt)
            self._check(step, frame)
            for event in sampled_events(step, learnt, self.tables, self._kept(step)):
                self.emit(event)
        self.emit(TableSampled(step.table, len(frame), time.monotonic() - start))
        return frame

    @property
    def _placer(self) -> Placer:
        return Placer(self.fitted, self.seed, self.emit, self.tables)

    def _family(self, step: TableStep, learnt: Learnt, rows: int | None) -> Positions:
        """Return the driving parent's position of each row; rows of a root have none."""
        if step.driver is None:
            return np.full(rows or 0, NULL, dtype=np.int64)
        if learnt.linkage is None:  # the real parent has no rows, so nobody here has one
            return np.full(learnt.record.rows, NULL, dtype=np.int64)
        known: Sized = range(self.tables.rows(step.driver.parent))
        if learnt.linkage.fitted_as == "conditional":  # others do not look at the parents
            known = known_of_parents(step, self.fitted.plan, self.tables)
        share = learnt.record.references[step.driver.name].null_share
        alone = 0 if rows is None else round(rows * share)
        counts = learnt.linkage.sample_counts(
            known,
            rng=stream(self.seed, step.table, "counts"),
            total=None if rows is None else rows - alone,
        )
        if rows is None:
            alone = _rows_alone(learnt, step.driver, counts)
        return np.concatenate([repeat_parents(counts), np.full(alone, NULL, dtype=np.int64)])

    def _values(self, step: TableStep, learnt: Learnt, family: Positions) -> pd.DataFrame:
        """Return the columns that are drawn: values, and what rows look for in other parents."""
        context = self._context(step, learnt, family)
        if learnt.history is not None:
            rules = self.fitted.metadata.tables[step.table].constraints
            return draw_families(
                step, learnt.history, learnt.model, context, family, rules=rules, seed=self.seed
            )
        if learnt.model is None:
            index, types = pd.RangeIndex(len(family)), learnt.record.dtypes
            columns = [c for c in step.modelled_columns if c in types]
            nothing = {c: pd.Series(index=index, dtype=types[c]) for c in columns}
            return pd.DataFrame(nothing, index=index)
        drawn = learnt.model.sample(len(family), context, seed=self.seed)
        return drawn.reset_index(drop=True)

    def _context(self, step: TableStep, learnt: Learnt, family: Positions) -> pd.DataFrame | None:
        """Return what each row is told of its ancestors, in the types of the fit."""
        above = climbed(step, family, self.fitted.plan, self.tables)
        told = context_of(step, above, self.tables, prefix=CONTEXT_PREFIX)
        types = learnt.record.context_dtypes
        return None if told is None else told.astype({c: types[c] for c in told.columns})

    def _kept(self, step: TableStep) -> dict[str, pd.DataFrame]:
        """Return the kept tables that a table refers to, by the name of the key."""
        found = {key.name: self.fitted.learnt[key.parent].kept for key in step.kept_keys}
        return {name: rows for name, rows in found.items() if rows is not None}

    def _number(self, draft: Draft, learnt: Learnt) -> None:
        """Fill the column of the primary key that is counted."""
        step = draft.step
        if learnt.record.primary is None or step.number_column is None:
            return
        ordinals = np.arange(len(draft), dtype=np.int64)
        if step.number_within:
            filled = draft.filled
            ordinals = number_within(*(filled[c] for c in step.number_within))
        seed = integer_seed(self.seed, step.table, "keys")
        draft.keys[step.number_column] = learnt.record.primary.numbers(ordinals, seed=seed)

    def _whole(self, draft: Draft, learnt: Learnt) -> pd.DataFrame:
        """Return values and keys with new personal data."""
        frame = draft.filled
        frame = self.fitted.sanitizer.regenerate(draft.step.table, frame, self.seed)
        return frame[[c for c in learnt.record.dtypes if c in frame.columns]]

    def _check(self, step: TableStep, frame: pd.DataFrame) -> None:
        """Raise unless every key of the table holds; by construction it does."""
        check_primary_key(frame, step.primary_key, table=step.table)
        record = self.fitted.learnt[step.table].record
        for key in step.structural_keys:
            own = key.parent == step.table
            parents = frame if own else self.tables.keys(key.parent)
            check_foreign_key(
                frame[list(key.columns)],
                parents[list(key.parent_columns)],
                table=step.table,
                nullable=key.nullable or record.references[key.name].nullable,
            )
        for key in step.kept_keys:
            kept = self.fitted.learnt[key.parent].kept
            if kept is not None and set(key.columns) <= set(frame.columns):
                check_foreign_key(
                    frame[list(key.columns)],
                    kept[list(key.parent_columns)],
                    table=step.table,
                    nullable=True,
                )


def _rows_alone(learnt: Learnt, driver: ForeignKey, counts: Positions) -> int:
    """Return how many rows have no driving parent: the same share as in the data."""
    share = learnt.record.references[driver.name].null_share
    if share < 1:
        return round(int(counts.sum()) * share / (1 - share))
    assert learnt.linkage is not None
    return round(learnt.record.rows * len(counts) / learnt.linkage.parents)
