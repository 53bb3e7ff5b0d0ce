"""The generation of one table: count, give each row its parents, draw the values, number."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from synthohive_jupyter.engine.fitting import CONTEXT_PREFIX
from synthohive_jupyter.engine.siblings import draw_families, sibling_order
from synthohive_jupyter.errors import Problem, SchemaError
from synthohive_jupyter.events import Event, LinkageSampled, Notice, PhaseStarted, TableSampled
from synthohive_jupyter.relational.keys import (
    NULL,
    check_foreign_key,
    check_primary_key,
    draw_parents,
    earlier_rows,
    null_rows,
    number_in_family,
    repeat_parents,
)
from synthohive_jupyter.relational.linkage import LinkageModel, histogram
from synthohive_jupyter.schema.suggestions import suggest
from synthohive_jupyter.seeding import integer_seed, stream, table_id

DEFAULT_ROWS = 1000
"""Rows of a root that no count names."""

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from synthohive_jupyter.engine.record import Fitted, Learnt, Reference
    from synthohive_jupyter.relational.plan import TableStep
    from synthohive_jupyter.schema.metadata import ForeignKey

    Positions = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Parent:
    """What children need of a generated table.

    Attributes:
        keys: The primary key of each row.
        context: The columns that children are conditioned on, row by row with ``keys``.
    """

    keys: pd.Series
    context: pd.DataFrame


@dataclass(frozen=True, slots=True)
class TableGenerator:
    """Generates the tables of a database, one at a time, parents first.

    Attributes:
        fitted: What was learnt.
        seed: Root seed; every table has streams of its own.
        emit: Receives the events.
    """

    fitted: Fitted
    seed: int
    emit: Callable[[Event], None]

    def generate(
        self, step: TableStep, parents: Mapping[str, Parent], rows: int = 0
    ) -> pd.DataFrame:
        """Generate one table.

        Args:
            step: The table.
            parents: Its parents, as far as they are synthesised.
            rows: Number of rows, for a root.

        Returns:
            The columns of the real table in their order, without those that privacy drops.

        Raises:
            DataError: If a key does not hold, which would be a mistake of this package.
        """
        start = time.monotonic()
        self.emit(PhaseStarted(step.table, "sample"))
        learnt = self.fitted.learnt[step.table]
        if learnt.kept is not None:
            frame = learnt.kept.copy()
        else:
            family = self._family(step, learnt, parents, rows)
            if len(family) and self._parentless(step, learnt, parents):
                family = family[:0]
            values = self._values(step, learnt, parents, family)
            values = _ordered(step, values, family)
            frame = self._assemble(step, learnt, parents, family, values)
            self._check(step, frame, parents)
        self.emit(TableSampled(step.table, len(frame), time.monotonic() - start))
        return frame

    def _family(
        self, step: TableStep, learnt: Learnt, parents: Mapping[str, Parent], rows: int
    ) -> Positions:
        """Return the driving parent's position of each row; rows of a root form one family."""
        if step.driver is None:
            return np.zeros(rows, dtype=np.int64)
        if learnt.linkage is None:  # the real parent has no rows, so nobody here has one
            return np.full(learnt.record.rows, NULL, dtype=np.int64)
        parent = parents[step.driver.parent]
        counts = learnt.linkage.sample_counts(
            parent.context, rng=stream(self.seed, step.table, "counts")
        )
        if step.numbering == "driver":
            counts = np.minimum(counts, 1)
        self._tell_counts(step, step.driver, learnt.linkage, counts)
        alone = _rows_alone(learnt, step.driver, counts)
        return np.concatenate([repeat_parents(counts), np.full(alone, NULL, dtype=np.int64)])

    def _parentless(self, step: TableStep, learnt: Learnt, parents: Mapping[str, Parent]) -> bool:
        """Return whether rows would need a parent that no row of another table can be."""
        for key in step.other_keys:
            nullable = learnt.record.references[key.name].nullable
            if not nullable and len(parents[key.parent].keys) == 0:
                message = f"no rows: '{key.name}' must point to '{key.parent}', which has none"
                self.emit(Notice(message, table=step.table, level="warning"))
                return True
        return False

    def _tell_counts(
        self, step: TableStep, key: ForeignKey, linkage: LinkageModel, counts: Positions
    ) -> None:
        self.emit(
            LinkageSampled(
                table=step.table,
                parent=key.parent,
                foreign_key=key.name,
                counts=histogram(counts, linkage.cells),
                mean=float(counts.mean()) if len(counts) else 0.0,
                variance=float(counts.var()) if len(counts) else 0.0,
            )
        )

    def _values(
        self,
        step: TableStep,
        learnt: Learnt,
        parents: Mapping[str, Parent],
        family: Positions,
    ) -> pd.DataFrame:
        """Return the modelled columns of every row."""
        types = learnt.record.dtypes
        if learnt.model is None:
            empty = pd.Index(np.arange(len(family)))
            columns = [c for c in step.modelled_columns if c in types]
            return pd.DataFrame({c: pd.Series(index=empty, dtype=types[c]) for c in columns})
        context = None
        if step.driver is not None and step.context_columns:
            context = _context(parents[step.driver.parent].context, step, learnt, family)
        if step.history_columns:
            rules = self.fitted.metadata.tables[step.table].constraints
            return draw_families(
                step, learnt, learnt.model, context, family, rules=rules, seed=self.seed
            )
        drawn = learnt.model.sample(len(family), context, seed=self.seed)
        return drawn.reset_index(drop=True)

    def _assemble(
        self,
        step: TableStep,
        learnt: Learnt,
        parents: Mapping[str, Parent],
        family: Positions,
        values: pd.DataFrame,
    ) -> pd.DataFrame:
        """Return the values with their keys and with new personal data."""
        record, rows = learnt.record, len(family)
        columns = {str(name): values[name] for name in values.columns}
        seed = integer_seed(self.seed, step.table, "keys")
        if step.driver is not None:
            reference = record.references[step.driver.name]
            columns[step.driver.columns[0]] = _refer(
                reference, parents[step.driver.parent].keys, family
            )
        if record.primary is not None and step.number_column is not None:
            per_family = step.numbering == "family"
            ordinals = number_in_family(family) if per_family else np.arange(rows, dtype=np.int64)
            columns[step.number_column] = record.primary.numbers(ordinals, seed=seed)
        for key in step.other_keys:
            reference = record.references[key.name]
            keys = parents[key.parent].keys
            positions = self._other_parents(step, key, reference, len(keys), rows)
            columns[key.columns[0]] = _refer(reference, keys, positions)
        for key in step.self_keys:
            reference = record.references[key.name]
            positions = earlier_rows(rows, reference.null_share, self._stream(step, key))
            own = columns[key.parent_columns[0]]
            columns[key.columns[0]] = reference.format.refer(own, positions, nullable=True)
        frame = pd.DataFrame(columns, index=pd.RangeIndex(rows))
        frame = self.fitted.sanitizer.regenerate(step.table, frame, self.seed)
        return frame[[c for c in record.dtypes if c in frame.columns]]

    def _stream(self, step: TableStep, key: ForeignKey) -> np.random.Generator:
        """Return the random stream of one foreign key, whatever other keys there are."""
        return stream(self.seed, step.table, "parents", table_id(key.name))

    def _other_parents(
        self, step: TableStep, key: ForeignKey, reference: Reference, parents: int, rows: int
    ) -> Positions:
        """Return the position of each row's parent by a key that does not drive."""
        rng = self._stream(step, key)
        positions = np.full(rows, NULL, dtype=np.int64)
        linked = ~null_rows(rows, reference.null_share, rng)
        if not parents or not linked.any():
            return positions
        flat = np.zeros(parents, dtype=np.int64)
        degrees = reference.degrees
        drawn = flat if degrees is None else degrees.sample_counts(flat, rng=rng)
        positions[linked] = draw_parents(int(linked.sum()), drawn, rng)
        return positions

    def _check(self, step: TableStep, frame: pd.DataFrame, parents: Mapping[str, Parent]) -> None:
        """Raise unless every key of the table holds; by construction it does."""
        check_primary_key(frame, step.primary_key, table=step.table)
        record = self.fitted.learnt[step.table].record
        drivers = (step.driver,) if step.driver else ()
        for key in (*drivers, *step.other_keys, *step.self_keys):
            own = key.parent == step.table
            keys = frame[key.parent_columns[0]] if own else parents[key.parent].keys
            check_foreign_key(
                frame[key.columns[0]],
                keys,
                table=step.table,
                nullable=own or record.references[key.name].nullable,
            )
        for key in step.kept_keys:
            kept = self.fitted.learnt[key.parent].kept
            if kept is not None and key.columns[0] in frame.columns:
                keys = kept[key.parent_columns[0]]
                check_foreign_key(frame[key.columns[0]], keys, table=step.table, nullable=True)


def root_rows(
    fitted: Fitted, wanted: int | Mapping[str, int] | None, scale: float | None
) -> dict[str, int]:
    """Return the number of rows of each root.

    Args:
        fitted: The database.
        wanted: Rows of every root, or root name to rows.
        scale: Rows relative to the real data, for the roots that ``wanted`` does not name.

    Raises:
        SchemaError: If a count is given for a table that is no root.
        ValueError: If a count or the scale is negative or no number.
    """
    roots = [name for name in fitted.plan.roots if name in fitted.learnt]
    if scale is not None and not 0 <= scale < float("inf"):
        raise ValueError(f"scale is a number from 0, not {scale!r}")
    named = dict(wanted) if isinstance(wanted, Mapping) else dict.fromkeys(roots, wanted)
    problems = [
        Problem(
            f"rows are given for '{name}', which is not a fitted root",
            hint=suggest(name, roots)
            or f"children follow their parents; roots: {', '.join(roots) or 'none'}",
            locus=(name, "table"),
        )
        for name in named
        if name not in roots
    ]
    if problems:
        raise SchemaError(problems)
    result = {}
    for name in roots:
        number = named.get(name)
        if number is None:
            real = fitted.learnt[name].record.rows
            number = DEFAULT_ROWS if scale is None else round(real * scale)
        if isinstance(number, bool) or number != int(number) or number < 0:
            raise ValueError(f"rows of '{name}' are a whole number from 0, not {number!r}")
        result[name] = int(number)
    return result


def _rows_alone(learnt: Learnt, driver: ForeignKey, counts: Positions) -> int:
    """Return how many rows have no driving parent: the same share as in the data."""
    share = learnt.record.references[driver.name].null_share
    if share < 1:
        return round(int(counts.sum()) * share / (1 - share))
    assert learnt.linkage is not None
    return round(learnt.record.rows * len(counts) / learnt.linkage.parents)


def _context(
    parent: pd.DataFrame, step: TableStep, learnt: Learnt, family: Positions
) -> pd.DataFrame:
    """Return the parent's columns for each row, in the types of the fit; null without a parent."""
    taken = parent[list(step.context_columns)].reset_index(drop=True).reindex(family)
    typed = taken.astype({c: learnt.record.context_dtypes[c] for c in taken.columns})
    return typed.reset_index(drop=True).add_prefix(CONTEXT_PREFIX)


def _ordered(step: TableStep, values: pd.DataFrame, family: Positions) -> pd.DataFrame:
    """Return the values with the rows of each family in the declared order.

    Siblings are drawn in this order as far as the model has learnt it; the rest is sorted.
    """
    if step.order_by is None or step.order_by not in values.columns or values.empty:
        return values
    runs = np.cumsum(np.diff(family, prepend=family[0]) != 0)
    return values.iloc[sibling_order(values[step.order_by], runs)].reset_index(drop=True)


def _refer(reference: Reference, keys: pd.Series, positions: Positions) -> pd.Series:
    return reference.format.refer(keys, positions, nullable=reference.nullable)
