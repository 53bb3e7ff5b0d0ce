"""`TrainedModel`: fit, sample, save and load of every model that a `Training` fits."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar

from synthohive_jupyter.errors import ModelFileError, NotFittedError, TrainingError
from synthohive_jupyter.events import CheckpointSaved
from synthohive_jupyter.models import checkpoint
from synthohive_jupyter.models.base import (
    ConditionalGenerativeModel,
    LoadMethod,
    check_context,
)
from synthohive_jupyter.models.strict_json import number, whole
from synthohive_jupyter.models.training import CONTEXT_ENCODING, ENCODING
from synthohive_jupyter.schema.metadata import Metadata
from synthohive_jupyter.seeding import stream
from synthohive_jupyter.tabular.constraints import enforce
from synthohive_jupyter.tabular.transformer import TableTransformer

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import numpy as np
    import pandas as pd
    from torch import Tensor

    from synthohive_jupyter.events import CancelToken, EpochEnded, EventSink
    from synthohive_jupyter.models.fitted import Fitted
    from synthohive_jupyter.models.training import Training
    from synthohive_jupyter.schema.metadata import TableConfig
    from synthohive_jupyter.schema.tables import Constraint
    from synthohive_jupyter.tabular.codecs import Encoded

BEST, FINAL = "best_checkpoint", "final_checkpoint"

FittedT = TypeVar("FittedT", bound="Fitted")


@dataclass(frozen=True, slots=True)
class Coded:
    """A table and its context, as codes, with what makes codes of them.

    Attributes:
        table: Name of the table.
        transformer: Codes of its columns.
        rows: Its rows.
        context: Codes of the context columns, or ``None``.
        context_rows: The context of each row.
        families: Family of each row, or ``None``.
    """

    table: str
    transformer: TableTransformer
    rows: Encoded
    context: TableTransformer | None
    context_rows: Encoded | None
    families: np.ndarray | None


class TrainedModel(ConditionalGenerativeModel, Generic[FittedT]):
    """A model whose weights a `Training` finds, epoch by epoch.

    Attributes:
        best_epoch: The epoch whose weights are used, ``None`` where no validation was reached.
        best_metric: Its validation metric, lower is better.
    """

    def __init__(self, metadata: Metadata, batch_size: int, epochs: int) -> None:
        super().__init__(metadata, batch_size, epochs)
        self.best_epoch: int | None = None
        self.best_metric: float | None = None
        self._seed = 0
        self._fitted: FittedT | None = None

    @abstractmethod
    def parameters(self) -> dict[str, Any]:
        """Return the parameters beside ``batch_size`` and ``epochs``, JSON-safe."""

    @abstractmethod
    def _coding(self) -> dict[str, Any]:
        """Return the arguments of `TableTransformer.fit` that this model wants otherwise."""

    @abstractmethod
    def _prepare(self, coded: Coded, *, seed: int) -> tuple[FittedT, Training | None]:
        """Build the networks and their training; ``None`` where there is nothing to train."""

    @abstractmethod
    def rebuild(self, saved: checkpoint.Checkpoint) -> FittedT:
        """Return the fitted model of a file, for the parameters of this model."""

    def fit(
        self,
        data: pd.DataFrame,
        context: pd.DataFrame | None = None,
        *,
        table_name: str,
        seed: int = 0,
        on_event: EventSink | None = None,
        cancel: CancelToken | None = None,
        checkpoint_dir: str | Path | None = None,
        checkpoint_interval: int = 10,
        resume: bool = False,
        families: np.ndarray | None = None,
    ) -> Self:
        """Learn the rows of ``data``, each given its row of ``context``; see the base class.

        A fit that was stopped goes on with ``resume=True`` and the same ``checkpoint_dir``, data,
        seed and parameters, and ends in the same bytes as one that was never stopped.

        Raises:
            DataError: If there are no rows, or the context has another number of them.
            TrainingError: If training diverged (the best weights are kept), or the checkpoint to
                resume from belongs to other data or parameters.
            ModelFileError: If the checkpoint to resume from is damaged.
            StorageError: If a checkpoint cannot be written.
        """
        if checkpoint_interval < 1:
            raise ValueError("checkpoint_interval is a positive whole number")
        if resume and checkpoint_dir is None:
            raise ValueError("resume=True needs the checkpoint_dir of the fit to go on with")
        table = self.metadata.get_table(table_name)
        context = check_context(data, context, table=table_name)
        self._seed, self.cancelled, self.epochs_run = seed, False, 0
        self.best_epoch = self.best_metric = self._fitted = None
        coded = self._code(data, context, table, seed=seed, families=families)
        fitted, training = self._prepare(coded, seed=seed)
        self._fitted = fitted
        if training is None:
            return self
        place = None if checkpoint_dir is None else Path(checkpoint_dir)
        if resume and place is not None and (place / FINAL).exists():
            training.resume(checkpoint.read(place / FINAL, kind=self.kind))
        keeper = None if place is None else Keeper(self, training, place, on_event or _ignore)
        epochs = training.train(interval=checkpoint_interval, cancel=cancel)
        self._train(training, epochs, keeper, on_event or _ignore, checkpoint_interval)
        return self

    def _train(
        self,
        training: Training,
        epochs: Iterator[EpochEnded],
        keeper: Keeper | None,
        emit: EventSink,
        interval: int,
    ) -> None:
        """Run the training, keep checkpoints, and take over the best weights however it ends."""
        fitted = self.fitted
        try:
            for event in epochs:
                self._note(training)
                emit(event)
                if keeper is not None and event.epoch % interval == 0:
                    keeper.write()
            self._note(training)
            if keeper is not None:
                keeper.write()
        except TrainingError:
            if training.best is None:
                self._fitted = None
            raise
        finally:
            self._note(training)
            fitted.use(training.best.weights if training.best else training.current_weights())

    def _note(self, training: Training) -> None:
        self.epochs_run, self.cancelled = training.epochs_run, training.cancelled
        if training.best is not None:
            self.best_epoch, self.best_metric = training.best.epoch, training.best.metric

    def _code(
        self,
        data: pd.DataFrame,
        context: pd.DataFrame | None,
        table: TableConfig,
        *,
        seed: int,
        families: np.ndarray | None,
    ) -> Coded:
        transformer = self._transformer(data, table, seed=seed, families=families)
        rows = transformer.encode(data, stream(seed, table.name, "fit", ENCODING))
        if context is None:
            return Coded(table.name, transformer, rows, None, None, families)
        beside = self._transformer(context, table, seed=seed, families=families)
        context_rows = beside.encode(context, stream(seed, table.name, "fit", CONTEXT_ENCODING))
        return Coded(table.name, transformer, rows, beside, context_rows, families)

    def _transformer(
        self, frame: pd.DataFrame, table: TableConfig, *, seed: int, families: np.ndarray | None
    ) -> TableTransformer:
        """Fit the codes of the rows, or of their context, with what is declared of each column."""
        return TableTransformer().fit(
            frame,
            table=table.name,
            constraints={c: v for c, v in table.constraints.items() if c in frame.columns},
            high_cardinality=[c for c in table.high_cardinality_cols if c in frame.columns],
            families=families,
            seed=seed,
            **self._coding(),
        )

    def sample(
        self,
        num_rows: int,
        context: pd.DataFrame | None = None,
        *,
        seed: int = 0,
        enforce_constraints: bool = True,
    ) -> pd.DataFrame:
        """Draw rows, each given its row of ``context``; see the base class.

        Raises:
            NotFittedError: Before `fit` or `load`.
            DataError: If the context is missing, or does not fit.
        """
        fitted = self.fitted
        if num_rows < 0:
            raise ValueError("num_rows is not negative")
        rows = fitted.sample(num_rows, context, seed=seed)
        return self.enforced(rows) if enforce_constraints else rows

    def enforced(
        self,
        rows: pd.DataFrame,
        given: Mapping[str, Constraint] | None = None,
        *,
        declared: bool = True,
    ) -> pd.DataFrame:
        """Return rows with constraints made to hold.

        Args:
            rows: The rows.
            given: Constraints of this call, which win over declared ones.
            declared: Whether those of the table hold too, checks included.
        """
        table = self.metadata.get_table(self.fitted.table)
        present = set(rows.columns)
        constraints = dict(table.constraints) if declared else {}
        constraints = {c: v for c, v in (constraints | dict(given or {})).items() if c in present}
        checks = tuple(pair for pair in table.checks if declared and set(pair) <= present)
        return enforce(rows, constraints, checks)

    def save(self, path: str | Path, *, overwrite: bool = False) -> None:
        """Write the model to a directory; see the base class."""
        self.write(path, {checkpoint.WEIGHTS: self.fitted.tensors()}, overwrite=overwrite)

    def write(
        self,
        path: str | Path,
        members: dict[str, dict[str, Tensor]],
        *,
        overwrite: bool,
        extra: dict[str, Any] | None = None,
    ) -> None:
        """Write the model with these tensors, and ``extra`` in its configuration."""
        alone = Metadata()
        alone.tables[self.fitted.table] = self.metadata.get_table(self.fitted.table)
        config = self.fitted.record() | {
            "parameters": self.parameters(),
            "metadata": alone.to_dict(),
            "batch_size": self.batch_size,
            "epochs": self.epochs,
            "seed": self._seed,
            "epochs_run": self.epochs_run,
            "best_epoch": self.best_epoch,
            "best_metric": self.best_metric,
        }
        config |= extra or {}
        checkpoint.write(path, kind=self.kind, config=config, tensors=members, overwrite=overwrite)

    def _load(self, path: str | Path) -> Self:
        """Read a model that `save` has written: ``CTGAN.load(path)``, or into a model.

        A model that is filled keeps its own metadata where that describes the table.

        Raises:
            ModelFileError: If the directory is damaged, hostile, or of another kind or version.
        """
        saved = checkpoint.read(path, kind=self.kind)
        record = saved.config
        try:
            metadata = Metadata.from_dict(record["metadata"])
            made = type(self)(
                metadata,
                batch_size=record["batch_size"],
                epochs=record["epochs"],
                **record["parameters"],
            )
            fitted = made.rebuild(saved)
            metadata.get_table(fitted.table)
            seed = whole(record, "seed")
            made.epochs_run = whole(record, "epochs_run")
            if record["best_epoch"] is not None:
                made.best_epoch = whole(record, "best_epoch")
                made.best_metric = number(record, "best_metric")
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise ModelFileError(
                f"{saved.path} has a configuration that is no {type(self).__name__}'s"
            ) from error
        if fitted.table in self.metadata.tables:
            metadata = self.metadata
        self.__dict__.update(made.__dict__)
        self.metadata, self._fitted, self._seed = metadata, fitted, seed
        return self

    load: Any = LoadMethod(_load)

    @property
    def fitted(self) -> FittedT:
        """What the fit has made.

        Raises:
            NotFittedError: Before `fit` or `load`.
        """
        if self._fitted is None:
            raise NotFittedError("fit the model, or load one, before")
        return self._fitted


class Keeper:
    """Writes the checkpoints of a training.

    Args:
        model: The model in training.
        training: Its training, already resumed.
        place: The folder of both checkpoints.
        emit: Receives `CheckpointSaved`.
    """

    def __init__(
        self, model: TrainedModel[Any], training: Training, place: Path, emit: EventSink
    ) -> None:
        self._model, self._training, self._place, self._emit = model, training, place, emit
        self._best = training.best.epoch if training.best else None
        self._step = training.step

    def write(self) -> None:
        """Write ``final_checkpoint``, from which a fit goes on, and the best one if it is new."""
        training, fitted = self._training, self._model.fitted
        if training.step == self._step:
            return
        self._step = training.step
        record, state = training.state()
        if training.best is not None and training.best.epoch != self._best:
            self._best = training.best.epoch
            members = {checkpoint.WEIGHTS: fitted.tensors(training.best.weights)}
            self._model.write(self._place / BEST, members, overwrite=True)
            self._emit(CheckpointSaved(fitted.table, BEST, self._best))
        members = {
            checkpoint.WEIGHTS: fitted.tensors(training.current_weights()),
            checkpoint.TRAINING: state,
        }
        self._model.write(self._place / FINAL, members, overwrite=True, extra={"training": record})
        self._emit(CheckpointSaved(fitted.table, FINAL, training.epochs_run))


def _ignore(_: object) -> None:
    """Receive an event that nobody wants."""
