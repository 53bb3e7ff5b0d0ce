"""The fit of one table: read, protect, link, train."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from synthohive_jupyter.engine.degrees import fitted_events, real_degrees
from synthohive_jupyter.engine.describing import (
    column_rules,
    frequent_keys,
    model_metadata,
)
from synthohive_jupyter.engine.record import Learnt, Links, Reference, TableRecord
from synthohive_jupyter.engine.siblings import learn_history, sibling_order
from synthohive_jupyter.events import (
    CancelToken,
    Event,
    Notice,
    PhaseStarted,
    Stopped,
    TableFitted,
    TableStarted,
)
from synthohive_jupyter.io.frames import CONTEXT_PREFIX
from synthohive_jupyter.relational.ancestry import (
    ancestors,
    anchors,
    children,
    context_of,
    families,
    groups,
    known_of_parents,
    loose,
)
from synthohive_jupyter.relational.counts.linkage import LinkageModel
from synthohive_jupyter.relational.hierarchy.link import SelfLink
from synthohive_jupyter.relational.keys.references import NULL, KeyFormat
from synthohive_jupyter.relational.parents.link import ParentLink

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

    from numpy.typing import NDArray

    from synthohive_jupyter.engine.record import Fitted
    from synthohive_jupyter.engine.settings import FitSettings
    from synthohive_jupyter.engine.tables import RealTables
    from synthohive_jupyter.relational.steps import TableStep
    from synthohive_jupyter.schema.facts import TableFacts
    from synthohive_jupyter.schema.metadata import ForeignKey, Metadata

    Positions = NDArray[np.int64]


FEW_FAMILIES = 20
"""Fewer families cannot tell what is rare: a value that a quarter of them share would be."""


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows of a table in the order in which they are learnt: families together.

    Attributes:
        own: All columns.
        order: Where each row stands in the data.
        family: Number of each row's family.
        above: Position of each row's ancestor, by table; the table itself stands for the row.
    """

    own: pd.DataFrame
    order: Positions
    family: Positions
    above: Mapping[str, Positions]


@dataclass(frozen=True, slots=True)
class Lesson:
    """What the model of a table learns.

    Attributes:
        description: The metadata of the table alone.
        rows: Its columns.
        context: What each row is told, or ``None``.
        families: What rare values are counted in, by row; ``None`` for rows.
    """

    description: Metadata
    rows: pd.DataFrame
    context: pd.DataFrame | None
    families: Positions | None


@dataclass(frozen=True, slots=True)
class TableFitter:
    """Fits the tables of a plan, one at a time, parents first.

    Attributes:
        tables: The data.
        facts: Table name to what was counted of it.
        settings: How models are trained.
        fitted: Plan and privacy rules, and the tables that are fitted already.
        emit: Receives the events.
        cancel: Asks for a stop.
    """

    tables: RealTables
    facts: Mapping[str, TableFacts]
    settings: FitSettings
    fitted: Fitted
    emit: Callable[[Event], None]
    cancel: CancelToken

    def fit(
        self,
        step: TableStep,
        *,
        checkpoints: Path | None = None,
        resume: bool = False,
        before: Iterable[Event] = (),
    ) -> Learnt:
        """Fit one table; its model tells by ``cancelled`` whether it was stopped.

        Args:
            step: What to learn.
            checkpoints: Folder of the table's checkpoints.
            resume: Go on from a checkpoint there.
            before: Told before the training: the epochs that it goes on from.

        Raises:
            DataError: If a key is neither whole numbers nor text.
            TrainingError: If training fails.
            Stopped: If it was stopped before the training.
        """
        start = time.monotonic()
        parent = None if step.driver is None else step.driver.parent
        rows = self.facts[step.table].rows or 0
        self.emit(TableStarted(step.table, rows, len(step.columns), parent))
        with self.cancel.breakable():
            learnt, lesson = self._linked(step)
        for event in fitted_events(step, learnt):
            self.emit(event)
        if lesson is not None:
            self._phase(step, "train")
            for earlier in before:
                self.emit(earlier)
            learnt.model = self.settings.model(lesson.description, step.model)
            learnt.model.fit(
                lesson.rows,
                lesson.context,
                table_name=step.table,
                seed=self.settings.seed,
                on_event=self.emit,
                cancel=self.cancel,
                checkpoint_dir=checkpoints,
                checkpoint_interval=self.settings.checkpoint_interval,
                resume=resume,
                families=lesson.families,
            )
        if learnt.model is None or not learnt.model.cancelled:
            self.emit(fitted_event(learnt, step.table, time.monotonic() - start))
        return learnt

    def _linked(self, step: TableStep) -> tuple[Learnt, Lesson | None]:
        """Learn all of a table but its model; return what that has to learn, if anything."""
        self._phase(step, "read")
        frame = self.tables.frame(step.table)
        if step.role == "kept":
            return Learnt(TableRecord(len(frame), _dtypes(frame)), kept=frame), None
        self._phase(step, "protect")
        # Personal data is remembered by its shape alone; it is no column of the model.
        self.fitted.sanitizer.fit(step.table, frame)
        self._phase(step, "link")
        data = self._rows(step)
        linkage = self._linkage(step)
        context = self._context(step, data)
        links, drawn = self._links(step, data, context)
        table = self.fitted.metadata.tables[step.table]
        rules = column_rules(self.fitted.metadata, step, links)
        unit = self._unit(step, data)
        history = learn_history(
            step, drawn, context, data.family, table=table, rules=rules, unit=unit
        )
        if history is not None:
            drawn, told = history.encode(drawn, data.family)
            context = told if context is None else pd.concat([context, told], axis=1)
        record = self._record(step, data.own, context)
        learnt = Learnt(record, linkage=linkage, links=links, history=history)
        if not len(drawn.columns) or not len(drawn):
            return learnt, None
        description = model_metadata(
            self.fitted.metadata,
            self.fitted.plan,
            step,
            columns=tuple(drawn.columns),
            links=links,
            history=history,
            together=frequent_keys(step, data.own, unit),
        )
        return learnt, Lesson(description, drawn, context, unit)

    def remember(self, step: TableStep) -> None:
        """Tell the sanitizer of a table whose fit was taken over from an earlier run."""
        if self.fitted.sanitizer.config.for_table(step.table) and step.role != "kept":
            self.fitted.sanitizer.fit(step.table, self.tables.frame(step.table))

    def _phase(self, step: TableStep, phase: str) -> None:
        if self.cancel.cancelled:
            raise Stopped
        self.emit(PhaseStarted(step.table, phase))

    def _rows(self, step: TableStep) -> Rows:
        """Return the rows, families together and each family in its order."""
        frame, above = self.tables.frame(step.table), ancestors(step, self.fitted.plan, self.tables)
        if step.driver is None:
            order = np.arange(len(frame), dtype=np.int64)
            return Rows(frame, order, order, above)
        family = families(above[step.driver.parent])
        order = sibling_order(frame, family, by=step.order_by or step.number_column)
        return Rows(
            frame.iloc[order].reset_index(drop=True),
            order,
            family[order],
            {table: positions[order] for table, positions in above.items()},
        )

    def _unit(self, step: TableStep, data: Rows) -> Positions | None:
        """Return what rare values are counted in: families, or rows where these are too few."""
        if step.driver is None:
            return None
        found = len(np.unique(data.family))
        if found >= FEW_FAMILIES or found == len(data.family):
            return data.family
        message = (
            f"only {found} rows of '{step.driver.parent}' drive it: too few to tell what is theirs "
            "from what is rare, so rare values are counted in rows. Keep that table (@keep), or "
            "let another key drive (@driver)"
        )
        self.emit(Notice(message, table=step.table, level="warning"))
        return None

    def _context(self, step: TableStep, data: Rows) -> pd.DataFrame | None:
        """Return what each row is told of its ancestors."""
        lacking = loose(step, self.fitted.plan, self.tables)
        return context_of(step, data.above, self.tables, prefix=CONTEXT_PREFIX, nullable=lacking)

    def _links(
        self, step: TableStep, data: Rows, context: pd.DataFrame | None
    ) -> tuple[Links, pd.DataFrame]:
        """Learn the foreign keys that do not drive; return them and all columns to be drawn."""
        values = data.own[list(step.modelled_columns)]
        known = values if context is None else pd.concat([values, context], axis=1)
        links: Links = {}
        parts = [values]
        for key in step.other_keys:
            parent = self.fitted.plan.step(key.parent)
            link, columns = ParentLink.learn(
                key.name,
                self.tables.columns(key.parent, parent.modelled_columns),
                self.tables.positions(step.table, key)[data.order],
                known,
                data.family,
                table=key.parent,
                anchors=anchors(step, key, data.above, self.fitted.plan, self.tables),
                must=self._must(step, key, data),
                constraints=column_rules(self.fitted.metadata, parent, {}),
            )
            links[key.name] = link
            parts.append(columns)
        for key in step.self_keys:
            own = {t: (p, p) for t, p in data.above.items() if t != step.table}
            links[key.name], columns = SelfLink.learn(
                key.name,
                values,
                _moved(self.tables.positions(step.table, key), data.order),
                known,
                data.family,
                table=step.table,
                anchors=own,
                must=self._must(step, key, data),
                constraints=column_rules(self.fitted.metadata, step, {}),
            )
            parts.append(columns)
        return links, pd.concat(parts, axis=1)

    def _must(
        self, step: TableStep, key: ForeignKey, data: Rows
    ) -> tuple[Positions, Positions] | None:
        """Return numbers in which a row and its parent agree, where keys share columns."""
        before = step.structural_keys[: step.structural_keys.index(key)]
        known = {c for other in before for c in other.columns} | set(step.modelled_columns)
        itself = key.parent == step.table
        shared = {
            own: theirs
            for own, theirs in zip(key.columns, key.parent_columns, strict=True)
            if own in known or (itself and own == step.number_column)
        }
        if not shared:
            return None
        parents = data.own if itself else self.tables.frame(key.parent)
        return groups(data.own, list(shared), parents, list(shared.values()))

    def _linkage(self, step: TableStep) -> LinkageModel | None:
        if step.driver is None:
            return None
        plan, parent = self.fitted.plan, step.driver.parent
        if not self.facts[parent].rows:
            message = f"'{parent}', its driving parent, has no rows: none will have one"
            self.emit(Notice(message, table=step.table, level="warning"))
            return None
        counts = children(self.tables.positions(step.table, step.driver), self.tables.rows(parent))
        looked_at = None
        if step.linkage_method == "conditional":
            looked_at = known_of_parents(step, plan, self.tables)
        return LinkageModel(step.linkage_method).fit_counts(
            counts, looked_at, table=parent, bounds=step.bounds
        )

    def _record(
        self, step: TableStep, own: pd.DataFrame, context: pd.DataFrame | None
    ) -> TableRecord:
        number = step.number_column
        types = {} if context is None else _dtypes(context)
        return TableRecord(
            rows=len(own),
            dtypes=_dtypes(own),
            primary=None if number is None else KeyFormat.fit(own[number], table=step.table),
            references={k.name: self._reference(step, k, own) for k in step.structural_keys},
            context_dtypes=types,
            degrees=real_degrees(step, self.tables),
        )

    def _reference(self, step: TableStep, key: ForeignKey, own: pd.DataFrame) -> Reference:
        positions = self.tables.positions(step.table, key)
        parents = self.tables.frame(key.parent)
        formats = tuple(
            KeyFormat.of(own[column], targets=parents[target])
            for column, target in zip(key.columns, key.parent_columns, strict=True)
        )
        return Reference(formats, float((positions == NULL).mean()) if len(own) else 0.0)


def fitted_event(learnt: Learnt, table: str, seconds: float) -> TableFitted:
    """Return the event that tells of a fitted table."""
    model = learnt.model
    if model is None:
        return TableFitted(table, seconds)
    return TableFitted(table, seconds, model.epochs_run, model.best_epoch, model.name)


def _moved(positions: Positions, order: Positions) -> Positions:
    """Return who points to whom after rows and those they point to are put in order."""
    places = np.empty(len(order), dtype=np.int64)
    places[order] = np.arange(len(order))
    moved = positions[order]
    return np.where(moved == NULL, NULL, places[np.maximum(moved, 0)])


def _dtypes(frame: pd.DataFrame) -> dict[str, str]:
    return {str(column): str(dtype) for column, dtype in frame.dtypes.items()}
