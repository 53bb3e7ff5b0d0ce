"""`StoredModel`: what every model shares that is fitted once, draws rows, and becomes files.

It keeps clear of torch until something is written or read: a model of trees needs none of it.
"""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Self, TypeVar

from synthohive_jupyter.errors import ModelFileError, NotFittedError, TrainingError
from synthohive_jupyter.models.base import ConditionalGenerativeModel, LoadMethod, check_context
from synthohive_jupyter.models.strict_json import whole
from synthohive_jupyter.schema.metadata import Metadata
from synthohive_jupyter.seeding import stream
from synthohive_jupyter.tabular.constraints import enforce
from synthohive_jupyter.tabular.transformer import TableTransformer

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    import pandas as pd
    from torch import Tensor

    from synthohive_jupyter.events import CancelToken, EventSink
    from synthohive_jupyter.models.checkpoint import Checkpoint
    from synthohive_jupyter.models.fitted import Fitted
    from synthohive_jupyter.models.parameters import Parameters
    from synthohive_jupyter.schema.metadata import TableConfig
    from synthohive_jupyter.schema.tables import Constraint
    from synthohive_jupyter.tabular.codecs import Encoded

BEST, FINAL = "best_checkpoint", "final_checkpoint"

FIRST_BLOCK = 1_000_000
"""First block of the stage ``fit`` that belongs to models; those before belong to the columns."""
ENCODING, CONTEXT_ENCODING = FIRST_BLOCK, FIRST_BLOCK + 1

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


@dataclass(frozen=True, slots=True)
class Run:
    """How one fit is run.

    Attributes:
        seed: Root seed.
        emit: Receives the events.
        cancel: Stops the fit, or ``None``.
        place: Folder of the checkpoints, or ``None``.
        interval: Epochs between two of them.
        resume: Whether to go on from one.
    """

    seed: int
    emit: EventSink
    cancel: CancelToken | None
    place: Path | None
    interval: int
    resume: bool

    def unfinished(self, kind: str) -> Checkpoint | None:
        """Return the checkpoint of this kind of model to go on from, where there is one.

        Raises:
            ModelFileError: If it is damaged.
        """
        if not self.resume or self.place is None or not (self.place / FINAL).exists():
            return None
        from synthohive_jupyter.models import checkpoint

        return checkpoint.read(self.place / FINAL, kind=kind)


class StoredModel(ConditionalGenerativeModel, Generic[FittedT]):
    """A model of codes: how it finds them, how it is sampled, and its files.

    Attributes:
        config: The parameters, of class `config_class`.
    """

    config_class: ClassVar[type[Parameters]]

    def __init__(
        self,
        metadata: Metadata,
        batch_size: int = 500,
        epochs: int = 300,
        **kwargs: Any,  # noqa: ANN401 - each parameter has a type of its own
    ) -> None:
        super().__init__(metadata, batch_size, epochs)
        self.config = self.config_class.of(kwargs)
        self._seed = 0
        self._fitted: FittedT | None = None

    @classmethod
    def accepts(cls, parameter: str) -> bool:
        """Return whether the class has a parameter of this name."""
        return parameter in cls.config_class.names()

    @abstractmethod
    def _coding(self) -> dict[str, Any]:
        """Return the arguments of `TableTransformer.fit` that this model wants otherwise."""

    @abstractmethod
    def _learn(self, coded: Coded, run: Run) -> None:
        """Learn the rows; sets ``_fitted``, ``epochs_run`` and ``cancelled``."""

    @abstractmethod
    def rebuild(self, saved: Checkpoint) -> FittedT:
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
            TrainingError: If training cannot go on (networks keep their best weights), or the
                checkpoint to resume from belongs to other data or parameters.
            ModelFileError: If the checkpoint to resume from is damaged.
            StorageError: If a checkpoint cannot be written.
        """
        if checkpoint_interval < 1:
            raise ValueError("checkpoint_interval is a positive whole number")
        if resume and checkpoint_dir is None:
            raise ValueError("resume=True needs the checkpoint_dir of the fit to go on with")
        table = self.metadata.get_table(table_name)
        context = check_context(data, context, table=table_name)
        place = None if checkpoint_dir is None else Path(checkpoint_dir)
        run = Run(seed, on_event or _ignore, cancel, place, checkpoint_interval, resume)
        self._seed, self.cancelled, self.epochs_run, self._fitted = seed, False, 0, None
        self._learn(self._code(data, context, table, seed=seed, families=families), run)
        return self

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
        from synthohive_jupyter.models.checkpoint import WEIGHTS

        self.write(path, {WEIGHTS: self.fitted.tensors()}, overwrite=overwrite)

    def write(
        self,
        path: str | Path,
        members: dict[str, dict[str, Tensor]],
        *,
        overwrite: bool,
        extra: dict[str, Any] | None = None,
    ) -> None:
        """Write the model with these tensors, and ``extra`` in its configuration."""
        from synthohive_jupyter.models import checkpoint

        alone = Metadata()
        alone.tables[self.fitted.table] = self.metadata.get_table(self.fitted.table)
        config = self.fitted.record() | {
            "parameters": self.config.to_dict(),
            "metadata": alone.to_dict(),
            "batch_size": self.batch_size,
            "epochs": self.epochs,
            "seed": self._seed,
        }
        config |= self._history() | (extra or {})
        checkpoint.write(path, kind=self.kind, config=config, tensors=members, overwrite=overwrite)

    def _history(self) -> dict[str, Any]:
        """Return what is kept of the fit, JSON-safe."""
        return {"epochs_run": self.epochs_run}

    def _recall(self, record: Mapping[str, Any]) -> None:
        """Take over the `_history` of a file; what is not there is a `KeyError`."""
        self.epochs_run = whole(record, "epochs_run")

    def _load(self, path: str | Path) -> Self:
        """Read a model that `save` has written: ``CTGAN.load(path)``, or into a model.

        A model that is filled keeps its own metadata where that describes the table.

        Raises:
            ModelFileError: If the directory is damaged, hostile, or of another kind or version.
        """
        from synthohive_jupyter.models import checkpoint

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
            made._seed = whole(record, "seed")  # noqa: SLF001 - a model of the same class
            made._recall(record)  # noqa: SLF001 - the same
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise ModelFileError(
                f"{saved.path} has a configuration that is no {type(self).__name__}'s"
            ) from error
        if fitted.table in self.metadata.tables:
            metadata = self.metadata
        self.__dict__.update(made.__dict__)
        self.metadata, self._fitted = metadata, fitted
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


def check_fingerprint(found: object, wanted: str, *, table: str) -> None:
    """Refuse to resume from a checkpoint whose fingerprint is not that of the fit.

    Raises:
        TrainingError: If it is another one; it says what to do.
    """
    if found != wanted:
        raise TrainingError(
            f"cannot resume {table!r}: the data, the seed or the parameters are not those of the "
            "checkpoint. Give them back, choose another checkpoint_dir, or start anew with "
            "resume=False"
        )


def _ignore(_: object) -> None:
    """Receive an event that nobody wants."""
