"""`StoredModel`: what every model shares that is fitted once, draws rows, and becomes files.

It keeps clear of torch until something is written or read: a model of trees needs none of it.
"""

from __future__ import annotations

from abc import abstractmethod
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Self, TypeVar

from synthohive_jupyter.errors import ModelFileError, NotFittedError, StorageError
from synthohive_jupyter.events import CheckpointSaved, Notice
from synthohive_jupyter.models.base import ConditionalGenerativeModel, LoadMethod, check_context
from synthohive_jupyter.models.fits import CONTEXT_ENCODING, ENCODING, Coded, Run
from synthohive_jupyter.models.strict_json import whole
from synthohive_jupyter.schema.metadata import Metadata
from synthohive_jupyter.seeding import stream
from synthohive_jupyter.tabular.constraints import enforce
from synthohive_jupyter.tabular.transformer import TableTransformer

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import numpy as np
    import pandas as pd

    from synthohive_jupyter.events import CancelToken, EventSink
    from synthohive_jupyter.models.checkpoint import Checkpoint
    from synthohive_jupyter.models.fitted import Fitted
    from synthohive_jupyter.models.parameters import Parameters
    from synthohive_jupyter.schema.metadata import TableConfig
    from synthohive_jupyter.schema.tables import Constraint

FittedT = TypeVar("FittedT", bound="Fitted")


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
            Stopped: If an interrupt has stopped it before there was anything to learn from.
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
        with run.breakable():
            coded = self._code(data, context, table, seed=seed, families=families)
        self._learn(coded, run)
        if not self.cancelled:
            for told in self._warnings(data, context):
                run.emit(told)
        return self

    def _warnings(
        self,
        data: pd.DataFrame,  # noqa: ARG002 - for models that are compared with it
        context: pd.DataFrame | None,  # noqa: ARG002 - the same
    ) -> Iterator[Notice]:
        """Yield what the user should know of a fit that has come to its end."""
        yield from ()

    def _code(
        self,
        data: pd.DataFrame,
        context: pd.DataFrame | None,
        table: TableConfig,
        *,
        seed: int,
        families: np.ndarray | None,
    ) -> Coded:
        present = set(data.columns)
        transformer = self._transformer(
            data,
            table,
            seed=seed,
            families=families,
            checks=[pair for pair in table.checks if present.issuperset(pair)],
            combinations=[group for group in table.combinations if present.issuperset(group)],
        )
        rows = transformer.encode(data, stream(seed, table.name, "fit", ENCODING))
        if context is None:
            return Coded(table.name, transformer, rows, None, None, families)
        beside = self._transformer(context, table, seed=seed, families=families)
        context_rows = beside.encode(context, stream(seed, table.name, "fit", CONTEXT_ENCODING))
        return Coded(table.name, transformer, rows, beside, context_rows, families)

    def _transformer(
        self,
        frame: pd.DataFrame,
        table: TableConfig,
        *,
        seed: int,
        families: np.ndarray | None,
        **linked: Any,  # noqa: ANN401 - the checks and combinations of rows, not of their context
    ) -> TableTransformer:
        """Fit the codes of the rows, or of their context, with what is declared of each column."""
        return TableTransformer().fit(
            frame,
            table=table.name,
            constraints={c: v for c, v in table.constraints.items() if c in frame.columns},
            high_cardinality=[c for c in table.high_cardinality_cols if c in frame.columns],
            families=families,
            seed=seed,
            **linked,
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
        rows = fitted.sample(num_rows, context, seed=seed)
        return self.enforced(rows) if enforce_constraints else rows

    def sample_blocks(
        self,
        num_rows: int,
        context: pd.DataFrame | None = None,
        *,
        seed: int = 0,
        enforce_constraints: bool = True,
    ) -> Iterator[pd.DataFrame]:
        """Yield the rows of `sample` in blocks of `BLOCK_ROWS`, in memory that does not grow.

        Put together they are the rows of `sample`, but for columns declared ``unique``: a block
        does not know what the others hold.

        Args:
            num_rows: How many in all.
            context: The context columns of `fit`, ``num_rows`` rows.
            seed: Root seed of the draw.
            enforce_constraints: Make the declared bounds, sets and checks hold exactly.

        Yields:
            Frames, each with an index from 0.

        Raises:
            NotFittedError: Before `fit` or `load`.
            DataError: If the context is missing, or does not fit.

        Example:
            >>> import pandas as pd
            >>> from synthohive_jupyter.models.tree.model import TreeSynth
            >>> shop = Metadata()
            >>> shop.add_table("users", pk=None)
            >>> users = pd.DataFrame({"age": range(20, 80)})
            >>> model = TreeSynth(shop).fit(users, table_name="users")
            >>> [len(block) for block in model.sample_blocks(10_000)]
            [4096, 4096, 1808]
        """
        for rows in self.fitted.blocks(num_rows, context, seed=seed):
            yield self.enforced(rows) if enforce_constraints else rows

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
        # Combinations hold already, and changing one column alone would break them.
        fixed = {column for group in table.combinations for column in group}
        return enforce(rows, constraints, checks, table=table.name, fixed=fixed)

    def save(self, path: str | Path, *, overwrite: bool = False) -> None:
        """Write the model to a directory; see the base class."""
        from synthohive_jupyter.models.checkpoint import WEIGHTS

        self.write(path, {WEIGHTS: self.fitted.tensors()}, overwrite=overwrite)

    def write(
        self,
        path: str | Path,
        members: dict[str, dict[str, Any]],
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

    def keep(
        self,
        run: Run,
        name: str,
        members: dict[str, dict[str, Any]],
        extra: dict[str, Any] | None = None,
        *,
        epoch: int,
    ) -> None:
        """Write a checkpoint where they are wanted; where that fails a warning says so.

        Args:
            run: The fit.
            name: `fits.BEST` or `fits.FINAL`.
            members: Its tensors.
            extra: Added to its configuration.
            epoch: The epoch that it is of.
        """
        if run.place is None:
            return
        table = self.fitted.table
        try:
            self.write(run.place / name, members, overwrite=True, extra=extra)
        except StorageError as error:
            message = f"a checkpoint could not be written, so that a resumed fit does more: {error}"
            run.emit(Notice(message, table=table, level="warning"))
        else:
            run.emit(CheckpointSaved(table, name, epoch))

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


def _ignore(_: object) -> None:
    """Receive an event that nobody wants."""
