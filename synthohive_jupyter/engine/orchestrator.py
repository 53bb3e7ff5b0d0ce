"""`StagedOrchestrator`: fits and generates a database table by table, parents first."""

from __future__ import annotations

from os import PathLike
from typing import TYPE_CHECKING, Any, Self

from synthohive_jupyter.engine.artifacts import RunDirectory
from synthohive_jupyter.engine.fitting import TableFitter
from synthohive_jupyter.engine.generating import TableGenerator
from synthohive_jupyter.engine.grown import GrownTables
from synthohive_jupyter.engine.preparing import prepare
from synthohive_jupyter.engine.record import Fitted
from synthohive_jupyter.engine.resuming import KeptTables
from synthohive_jupyter.engine.running import event_stream, fit_tables, generate_tables, preparing
from synthohive_jupyter.engine.saving import load_run, save_run, saved_class
from synthohive_jupyter.engine.settings import FitSettings
from synthohive_jupyter.engine.tables import RealTables
from synthohive_jupyter.engine.volume import wanted_rows
from synthohive_jupyter.engine.writing import FORMATS, POLICIES, TableWriter
from synthohive_jupyter.errors import NotFittedError
from synthohive_jupyter.events import CancelToken
from synthohive_jupyter.io import frames
from synthohive_jupyter.models.registry import ModelClasses, model_class
from synthohive_jupyter.privacy.config import PrivacyConfig
from synthohive_jupyter.privacy.sanitizer import PIISanitizer
from synthohive_jupyter.schema.graph import SchemaGraph
from synthohive_jupyter.schema.metadata import Metadata
from synthohive_jupyter.seeding import fresh_seed

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import pandas as pd

    from synthohive_jupyter.events import EventSink
    from synthohive_jupyter.models.base import ConditionalGenerativeModel
    from synthohive_jupyter.relational.counts.linkage import LinkageModel
    from synthohive_jupyter.relational.steps import Plan


class StagedOrchestrator:
    """Fits one model per table, parents first, and generates a database with valid keys.

    Args:
        metadata: The description of the database.
        spark: Spark session for names and paths; ``None`` opens one when something needs it.
        io: Storage with the methods of `io.spark.SparkIO`; ``None`` makes one for the session.
        on_write_failure: What `generate` does when a table cannot be written: ``"raise"`` leaves
            what is there, ``"cleanup"`` removes what the run has written, ``"retry"`` tries once
            more; then all raise.
        model_cls: Model of the rows: a subclass of `ConditionalGenerativeModel`, or the name of one
            (``"ctgan"``, ``"argn"``, ``"tree"``, or ``"auto"`` for what suits each table).
        privacy: Rules for personal data; declared ``pii_cols`` without a rule are faked.

    Attributes:
        io: The storage, ``None`` until it is needed.
        graph: Which table depends on which.
        written: Table name to the place where the last `generate` has written it.

    Raises:
        TypeError: If ``model_cls`` is no such class.
        ValueError: If no model has the name, or ``on_write_failure`` is none of the three.
    """

    def __init__(
        self,
        metadata: Metadata,
        spark: Any = None,  # noqa: ANN401 - a classic or Connect session
        io: Any = None,  # noqa: ANN401 - SparkIO, or anything with its methods
        on_write_failure: str = "raise",
        model_cls: type[ConditionalGenerativeModel] | str = "ctgan",
        *,
        privacy: PrivacyConfig | None = None,
    ) -> None:
        if on_write_failure not in POLICIES:
            raise ValueError(f"on_write_failure is one of {', '.join(POLICIES)}")
        self.metadata = metadata
        self.graph = SchemaGraph(metadata)
        self.on_write_failure = on_write_failure
        self.model_cls = model_class(model_cls)
        self.privacy = PrivacyConfig() if privacy is None else privacy
        self.io = io
        self.written: dict[str, str] = {}
        self._spark = spark
        self._engine = ""
        self._state: Fitted | None = None

    @property
    def models(self) -> dict[str, ConditionalGenerativeModel]:
        """Table name to its fitted model; tables of keys alone have none."""
        learnt = {} if self._state is None else self._state.learnt
        return {name: table.model for name, table in learnt.items() if table.model is not None}

    @property
    def linkage_models(self) -> dict[str, LinkageModel]:
        """Child table name to the model of its child counts."""
        learnt = {} if self._state is None else self._state.learnt
        return {name: table.linkage for name, table in learnt.items() if table.linkage is not None}

    @property
    def plan(self) -> Plan | None:
        """What is learnt of each table; ``None`` before `fit_all`."""
        return None if self._state is None else self._state.plan

    @property
    def fitted_metadata(self) -> Metadata:
        """The tables of the last fit: those that had data.

        Raises:
            NotFittedError: Before `fit_all`.
        """
        return self._fitted().metadata

    @property
    def seed(self) -> int | None:
        """Seed of the fit; ``None`` before `fit_all`."""
        return None if self._state is None else self._state.seed

    @property
    def finished(self) -> tuple[str, ...]:
        """The tables that are fitted, in the order of work."""
        return () if self._state is None else tuple(self._state.learnt)

    @property
    def stopped(self) -> bool:
        """Whether the last fit ended before every table was fitted."""
        return self.plan is not None and len(self.finished) < len(self.plan.steps)

    def fit_all(
        self,
        real_data_paths: Mapping[str, Any],
        epochs: int = 300,
        batch_size: int = 500,
        progress_bar: bool = True,
        checkpoint_interval: int = 10,
        checkpoint_dir: str | Path | None = None,
        *,
        seed: int | None = None,
        on_event: EventSink | None = None,
        cancel: CancelToken | None = None,
        resume: bool = False,
        **model_kwargs: Any,  # noqa: ANN401 - parameters of the model class
    ) -> Self:
        """Fit every table that has data, parents first.

        A stop by ``cancel`` (or an interrupt) keeps the finished tables: see `finished`.

        Args:
            real_data_paths: Table name to ``"database.table"``, a path, or a pandas or Spark frame.
                Tables without data, and the tables below them, are left out with a warning.
            epochs: Passes over each table.
            batch_size: Rows of one training step.
            progress_bar: Draw text bars on standard error.
            checkpoint_interval: Epochs between two validations, and checkpoints.
            checkpoint_dir: Folder for ``<table>/best_checkpoint`` and ``<table>/final_checkpoint``,
                the events, and what ``resume`` needs.
            seed: Root seed; drawn where ``None``.
            on_event: Receives every event.
            cancel: Asks for a stop.
            resume: Take over the tables that an equal run has finished in ``checkpoint_dir``, and
                go on where it was interrupted. Equal means the same description, data, parameters
                and seed; of every other table a notice says what differs.
            model_kwargs: Further parameters of the model.

        Raises:
            SchemaError: With every problem of description and data, before anything is trained.
            DataError: If a table cannot be learnt from.
            TrainingError: If training fails, or the data cannot be counted.
            RunInterrupted: If an interrupt has stopped it before the first table.
        """
        if resume and checkpoint_dir is None:
            raise ValueError("resume needs the checkpoint_dir of the run to go on with")
        settings = FitSettings(
            ModelClasses(self.model_cls),
            self.model_cls,
            fresh_seed() if seed is None else seed,
            epochs,
            batch_size,
            checkpoint_interval,
            model_kwargs,
        )
        settings.model(Metadata())  # a wrong parameter is told before any data is read
        token = CancelToken() if cancel is None else cancel
        with preparing(token):
            prepared = prepare(
                self.metadata,
                self.privacy,
                real_data_paths,
                read=self.open,
                models=settings.classes,
            )
        sanitizer = PIISanitizer(prepared.metadata, prepared.privacy, seed=settings.seed)
        self._state = Fitted(
            prepared.metadata, prepared.plan, prepared.kinds, sanitizer, settings.seed
        )
        run = None if checkpoint_dir is None else RunDirectory(checkpoint_dir, self.metadata.tables)
        kept = None if run is None else KeptTables(run, resume=resume)
        if run is not None and not resume:
            run.events.unlink(missing_ok=True)
        with event_stream(on_event, progress_bar=progress_bar, run=run) as emit:
            tables = RealTables(prepared.data, prepared.plan, prepared.metadata)
            fitter = TableFitter(tables, prepared.facts, settings, self._state, emit, token)
            fit_tables(fitter, prepared.notices, kept, engine=self._engine or "pandas")
        return self

    def generate(
        self,
        num_rows_root: int | Mapping[str, int] | None = None,
        output_path_base: str | Path | None = None,
        *,
        seed: int | None = None,
        format: str = "delta",  # noqa: A002 - the word of every writer
        scale: float | None = None,
        on_event: EventSink | None = None,
        cancel: CancelToken | None = None,
    ) -> dict[str, pd.DataFrame]:
        """Generate every fitted table, parents first.

        Args:
            num_rows_root: Rows of every root, or table name to rows; a root that is not named gets
                1000, or its real rows times ``scale``. Of a child it is the exact total, whatever
                its parents come to.
            output_path_base: Write each table to ``<base>/<table>`` (see `written`) and release it;
                children read their parents back from there.
            seed: Root seed; ``None`` takes that of the fit, so that equal calls give equal rows.
            format: ``"delta"``, ``"parquet"`` or ``"csv"``.
            scale: Rows of the roots relative to the real data.
            on_event: Receives every event.
            cancel: Asks for a stop between two tables.

        Returns:
            Table name to its frame; empty where the tables were written.

        Raises:
            NotFittedError: Before `fit_all`.
            SchemaError: If a row count is given for an unknown table, or one that is kept.
            DataError: If the bounds of a child's rows per parent do not allow its total.
            StorageError: If a table could not be written, after what ``on_write_failure`` says.
            RunInterrupted: If ``cancel`` was set.
        """
        fitted = self._fitted()
        if format not in FORMATS:
            raise ValueError(f"format is one of {', '.join(FORMATS)}")
        rows = wanted_rows(fitted, num_rows_root, scale)
        self.written = {}
        with event_stream(on_event) as emit:
            writer = None
            if output_path_base is not None:
                writer = TableWriter(
                    self.storage(),
                    str(output_path_base),
                    format=format,
                    policy=self.on_write_failure,
                    tables=[step.table for step in fitted.plan.steps],
                    emit=emit,
                )
            kept = {n: t.kept for n, t in fitted.learnt.items() if t.kept is not None}
            tables = GrownTables(fitted.plan, kept, writer)
            root_seed = fitted.seed if seed is None else seed
            generator = TableGenerator(fitted, root_seed, emit, tables)
            try:
                return generate_tables(generator, writer, rows, cancel)
            finally:
                self.written = {} if writer is None else dict(writer.written)

    def save(self, path: str | Path) -> None:
        """Write what `generate` needs to a folder; an earlier run there is replaced as a whole.

        Raises:
            NotFittedError: Before `fit_all`.
            StorageError: If something else is at the place, or writing fails.
            PrivacyError: If a privacy rule is a function: code is never stored.
        """
        save_run(path, self._fitted(), self.model_cls)

    @classmethod
    def load(
        cls,
        path: str | Path,
        spark: Any = None,  # noqa: ANN401 - a classic or Connect session
        io: Any = None,  # noqa: ANN401 - SparkIO, or anything with its methods
        on_write_failure: str = "raise",
        model_cls: type[ConditionalGenerativeModel] | str | None = None,
    ) -> Self:
        """Return an orchestrator that generates what `save` has written, without any data.

        Args:
            path: The folder.
            spark: Spark session for names and paths.
            io: Storage.
            on_write_failure: See the class.
            model_cls: Class of the models; needed only where it is not one of this package.

        Raises:
            ModelFileError: If the folder is damaged, or of another version or model class.
        """
        found = saved_class(path) if model_cls is None else model_class(model_cls)
        loaded = cls(Metadata(), spark, io, on_write_failure, found)
        loaded._state = load_run(path, found)
        loaded.metadata = loaded._state.metadata
        loaded.graph = SchemaGraph(loaded.metadata)
        loaded.privacy = loaded._state.sanitizer.config
        return loaded

    def _fitted(self) -> Fitted:
        if self._state is None or not self._state.learnt:
            raise NotFittedError("call fit_all first: no table is fitted")
        return self._state

    def storage(self) -> Any:  # noqa: ANN401 - SparkIO, or anything with its methods
        """Return `io`; opens a session and makes one where there is none yet.

        Raises:
            SessionError: If no session can be found or started.
        """
        if self.io is None:
            from synthohive_jupyter.io.session import open_session
            from synthohive_jupyter.io.spark import SparkIO

            if self._spark is None:
                session = open_session()
                self._spark, self._engine = session.spark, session.describe()
            self.io = SparkIO(self._spark)
        return self.io

    def open(self, sources: Mapping[str, Any]) -> dict[str, Any]:
        """Return the frame of each source: names and paths are read, frames stay.

        Where some are Spark frames all become such, because no join crosses the two kinds.

        Raises:
            StorageError: If nothing is at a name or path.
        """
        data = {
            name: self.storage().read_dataset(source)
            if isinstance(source, (str, PathLike))
            else source
            for name, source in sources.items()
        }
        spark = next((frame for frame in data.values() if frames.is_spark(frame)), None)
        if spark is None:
            return data
        self._engine = self._engine or "Spark"
        return {
            name: frame if frames.is_spark(frame) else frames.from_pandas(frame, spark.sparkSession)
            for name, frame in data.items()
        }
