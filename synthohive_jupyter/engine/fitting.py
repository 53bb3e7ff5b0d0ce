"""The fit of one table: read, protect, link, train."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from pandas.api.types import pandas_dtype

from synthohive_jupyter.engine.record import Learnt, Reference, TableRecord
from synthohive_jupyter.engine.siblings import families, with_history
from synthohive_jupyter.events import (
    CancelToken,
    Event,
    LinkageFitted,
    Notice,
    PhaseStarted,
    TableFitted,
    TableStarted,
)
from synthohive_jupyter.io import frames
from synthohive_jupyter.io.relations import quote
from synthohive_jupyter.relational.history import FIRST, PREVIOUS
from synthohive_jupyter.relational.keys import KeyFormat, whole_dtype, whole_numbers
from synthohive_jupyter.relational.linkage import LinkageModel
from synthohive_jupyter.schema.metadata import Constraint, Metadata

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from synthohive_jupyter.engine.record import Fitted
    from synthohive_jupyter.models.base import ConditionalGenerativeModel
    from synthohive_jupyter.relational.plan import Plan, TableStep
    from synthohive_jupyter.schema.facts import TableFacts
    from synthohive_jupyter.schema.metadata import ForeignKey

CONTEXT_PREFIX = "__ctx__"
"""Stands before the name of a parent's column, so that it cannot meet one of the child."""


@dataclass(frozen=True, slots=True)
class FitSettings:
    """How models are trained; the same for every table.

    Attributes:
        classes: Names that a table may give for its model, to their classes.
        model_cls: Class of tables that give none.
        seed: Root seed.
        epochs: Passes over each table.
        batch_size: Rows of one training step.
        checkpoint_interval: Epochs between two validations.
        model_kwargs: Further parameters of the models.
    """

    classes: Mapping[str, type[ConditionalGenerativeModel]]
    model_cls: type[ConditionalGenerativeModel]
    seed: int
    epochs: int
    batch_size: int
    checkpoint_interval: int
    model_kwargs: Mapping[str, Any] = field(default_factory=dict)

    def model(self, description: Metadata, name: str | None = None) -> ConditionalGenerativeModel:
        """Return a new model: of the class that a table names, else of the run's.

        Raises:
            TypeError: If the run's class does not know a parameter; others take what they know.
        """
        cls, parameters = self.model_cls, self.model_kwargs
        if name is not None:
            cls = self.classes[name]
            parameters = {k: v for k, v in parameters.items() if cls.accepts(k)}
        return cls(description, batch_size=self.batch_size, epochs=self.epochs, **parameters)


@dataclass(frozen=True, slots=True)
class TableFitter:
    """Fits the tables of a plan, one at a time, parents first.

    Attributes:
        data: Table name to its frame, pandas or Spark.
        facts: Table name to what was counted of it.
        settings: How models are trained.
        fitted: Plan and privacy rules, and the tables that are fitted already.
        emit: Receives the events.
        cancel: Asks for a stop.
    """

    data: Mapping[str, Any]
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
    ) -> Learnt:
        """Fit one table; its model tells by ``cancelled`` whether it was stopped.

        Args:
            step: What to learn.
            checkpoints: Folder of the table's checkpoints.
            resume: Go on from a checkpoint there.

        Raises:
            DataError: If a key is neither whole numbers nor text.
            TrainingError: If training fails.
        """
        start = time.monotonic()
        parent = None if step.driver is None else step.driver.parent
        rows = self.facts[step.table].rows or 0
        self.emit(TableStarted(step.table, rows, len(step.columns), parent))
        self._phase(step, "read")
        own, context = with_history(step, *self._read(step))
        if step.role == "kept":
            learnt = Learnt(TableRecord(len(own), _dtypes(own)), kept=own)
            self.emit(TableFitted(step.table, time.monotonic() - start))
            return learnt
        self._phase(step, "protect")
        # Personal data is remembered by its shape alone; it is no column of the model.
        self.fitted.sanitizer.fit(step.table, own)
        self._phase(step, "link")
        linkage = self._linkage(step)
        learnt = Learnt(self._record(step, own, context), linkage=linkage)
        if step.modelled_columns and len(own):
            self._phase(step, "train")
            description = model_metadata(self.fitted.metadata, self.fitted.plan, step)
            learnt.model = self.settings.model(description, step.model)
            learnt.model.fit(
                own[list(step.modelled_columns)],
                context,
                table_name=step.table,
                seed=self.settings.seed,
                on_event=self.emit,
                cancel=self.cancel,
                checkpoint_dir=checkpoints,
                checkpoint_interval=self.settings.checkpoint_interval,
                resume=resume,
                families=families(step, own),
            )
        if learnt.model is None or not learnt.model.cancelled:
            self.emit(self._fitted_event(learnt, step.table, time.monotonic() - start))
        return learnt

    @staticmethod
    def _fitted_event(learnt: Learnt, table: str, seconds: float) -> TableFitted:
        model = learnt.model
        if model is None:
            return TableFitted(table, seconds)
        return TableFitted(table, seconds, model.epochs_run, model.best_epoch, model.name)

    def remember(self, step: TableStep) -> None:
        """Tell the sanitizer of a table whose fit was taken over from an earlier run."""
        if self.fitted.sanitizer.config.for_table(step.table) and step.role != "kept":
            frame = _only(self.data[step.table], step.columns)
            self.fitted.sanitizer.fit(step.table, frames.to_pandas(frame))

    def _phase(self, step: TableStep, phase: str) -> None:
        self.emit(PhaseStarted(step.table, phase))

    def _read(self, step: TableStep) -> tuple[pd.DataFrame, pd.DataFrame | None]:
        """Return the rows of the table and, row by row, the context from their driving parent."""
        frame, context = _only(self.data[step.table], step.columns), None
        if step.driver is not None and step.context_columns:
            frame = frames.left_join_context(
                frame,
                self.data[step.driver.parent],
                fk=step.driver.columns[0],
                pk=step.driver.parent_columns[0],
                columns=step.context_columns,
                prefix=CONTEXT_PREFIX,
            )
        whole = frames.to_pandas(frame)
        if frames.is_spark(frame):
            whole = _in_one_order(whole)
        whole = whole.reset_index(drop=True)
        own = whole[list(step.columns)]
        if step.driver is not None and step.context_columns:
            context = whole[[CONTEXT_PREFIX + c for c in step.context_columns]]
        for key in step.kept_keys:
            own = _without_orphans(own, key, self.fitted.learnt[key.parent].kept)
        return own, context

    def _counts(self, step: TableStep, key: ForeignKey) -> np.ndarray:
        child, parent = self.data[step.table], self.data[key.parent]
        return frames.child_counts(parent, child, pk=key.parent_columns[0], fk=key.columns[0])

    def _linkage(self, step: TableStep) -> LinkageModel | None:
        if step.driver is None:
            return None
        if not self.facts[step.driver.parent].rows:
            message = f"'{step.driver.parent}', its driving parent, has no rows: none will have one"
            self.emit(Notice(message, table=step.table, level="warning"))
            return None
        key = step.driver
        looked_at = [*key.parent_columns, *step.context_columns]
        model = LinkageModel(step.linkage_method).fit(
            _only(self.data[key.parent], looked_at),
            self.data[step.table],
            key.columns[0],
            key.parent_columns[0],
            table=key.parent,
        )
        self.emit(linkage_event(step, model))
        return model

    def _record(
        self, step: TableStep, own: pd.DataFrame, context: pd.DataFrame | None
    ) -> TableRecord:
        keys = (*((step.driver,) if step.driver else ()), *step.other_keys, *step.self_keys)
        number = step.number_column
        types = {} if context is None else _dtypes(context)
        return TableRecord(
            rows=len(own),
            dtypes=_dtypes(own),
            primary=None if number is None else KeyFormat.fit(own[number], table=step.table),
            references={key.name: self._reference(step, key, own) for key in keys},
            context_dtypes={name.removeprefix(CONTEXT_PREFIX): t for name, t in types.items()},
        )

    def _reference(self, step: TableStep, key: ForeignKey, own: pd.DataFrame) -> Reference:
        counted = self.facts[step.table].keys.get(key.name)
        nobody = 0 if counted is None else counted.nulls + counted.orphans
        degrees = None
        if key in step.other_keys and self.facts[key.parent].rows:
            degrees = LinkageModel().fit_counts(self._counts(step, key))
        return Reference(
            KeyFormat.of(own[key.columns[0]], table=step.table),
            nobody / len(own) if len(own) else 0.0,
            degrees,
        )


def model_metadata(metadata: Metadata, plan: Plan, step: TableStep) -> Metadata:
    """Return the description that a table's model sees: its own columns, and no key.

    Foreign keys to kept tables are declared categories: a key is never a quantity. The columns of
    the context stand there under their prefixed names, with their type alone.
    """
    table = metadata.tables[step.table]
    learnt = set(step.modelled_columns)
    constraints = _column_rules(metadata, step, learnt)
    high = [c for c in table.high_cardinality_cols if c in learnt]
    constraints |= {
        prefix + c: Constraint(dtype=constraints[c].dtype)
        for prefix in (PREVIOUS, FIRST)
        for c in step.history_columns
        if c in constraints
    }
    high += [p + c for p in (PREVIOUS, FIRST) for c in step.history_columns if c in high]
    if step.driver is not None:
        parent = plan.step(step.driver.parent)
        shown = set(step.context_columns)
        rules = _column_rules(metadata, parent, shown)
        constraints |= {
            CONTEXT_PREFIX + column: Constraint(dtype=rule.dtype) for column, rule in rules.items()
        }
        above = metadata.tables[parent.table].high_cardinality_cols
        high += [CONTEXT_PREFIX + c for c in above if c in shown]
    description = Metadata()
    description.add_table(
        step.table,
        pk=None,
        constraints=constraints,
        high_cardinality_cols=high,
        checks=[pair for pair in table.checks if learnt.issuperset(pair)],
        combinations=[group for group in table.combinations if learnt.issuperset(group)],
        columns=step.modelled_columns,
    )
    return description


def linkage_event(step: TableStep, model: LinkageModel) -> LinkageFitted:
    """Return the event that tells of a fitted linkage."""
    assert step.driver is not None
    return LinkageFitted(
        table=step.table,
        parent=step.driver.parent,
        foreign_key=step.driver.name,
        method=model.fitted_as or model.method,
        counts=model.histogram(model.cells),
        real_mean=model.mean,
        real_variance=model.variance,
    )


def _column_rules(metadata: Metadata, step: TableStep, columns: set[str]) -> dict[str, Constraint]:
    rules = {c: r for c, r in metadata.tables[step.table].constraints.items() if c in columns}
    values = {key.columns[0] for key in step.kept_keys} & columns
    return rules | {column: Constraint(dtype="cat") for column in values}


def _only(frame: Any, columns: Sequence[str]) -> Any:  # noqa: ANN401 - any frame
    """Return the frame with these columns alone."""
    return frame[[quote(c) for c in columns] if frames.is_spark(frame) else list(columns)]


def _dtypes(frame: pd.DataFrame) -> dict[str, str]:
    return {str(column): str(dtype) for column, dtype in frame.dtypes.items()}


def _in_one_order(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the rows in an order of their own: Spark promises none, the same fit needs one."""
    digests = pd.util.hash_pandas_object(frame, index=False).to_numpy()
    return frame.iloc[np.argsort(digests, kind="stable")]


def _without_orphans(own: pd.DataFrame, key: ForeignKey, kept: pd.DataFrame | None) -> pd.DataFrame:
    """Return the rows with null for keys that the kept table lacks; numbers become whole ones."""
    assert kept is not None
    column = key.columns[0]
    values = own[column]
    known = values.isin(kept[key.parent_columns[0]])
    if pd.api.types.is_numeric_dtype(values.dtype) and whole_numbers(values):
        dtype = str(values.dtype)
        exact = values.astype(pandas_dtype(whole_dtype(dtype, nullable=True))).where(known)
        values = exact.astype(pandas_dtype(whole_dtype(dtype, nullable=not known.all())))
    else:
        values = values.where(known)
    return own.assign(**{column: values})
