"""`Synthesizer`: a whole database in four calls: fit, sample, save, load."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from synthohive_jupyter.engine.orchestrator import StagedOrchestrator
from synthohive_jupyter.engine.running import preparing
from synthohive_jupyter.errors import NotFittedError, TrainingError
from synthohive_jupyter.events import CancelToken
from synthohive_jupyter.io import frames
from synthohive_jupyter.io.relations import quote
from synthohive_jupyter.io.sampler import RelationalSampler
from synthohive_jupyter.schema.facts import describe
from synthohive_jupyter.seeding import fresh_seed
from synthohive_jupyter.validation.integrity import key_checks

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    import pandas as pd

    from synthohive_jupyter.events import EventSink
    from synthohive_jupyter.models.base import ConditionalGenerativeModel
    from synthohive_jupyter.privacy.config import PrivacyConfig
    from synthohive_jupyter.schema.metadata import Metadata

STRATEGIES = ("relational_stratified", "relational", "full")
MAX_STRATA = 100
"""A column with more values is no stratum."""
TRIAL_ROWS = 200
"""Rows of each root in the trial of ``validate``."""


class Synthesizer:
    """Learns a database and makes new ones like it.

    Args:
        metadata: The description of the database.
        privacy_config: Rules for personal data; declared ``pii_cols`` without a rule are faked.
        spark_session: Session for names and paths; ``None`` opens one when something needs it.
        model: Model of the rows: a subclass of `ConditionalGenerativeModel`, or the name of one
            (``"ctgan"``, ``"argn"``, ``"tree"``, or ``"auto"`` for what suits each table).
        embedding_threshold: Categories above which the model embeds a column.

    Attributes:
        orchestrator: Does the work; ``None`` before `fit`.

    Raises:
        TypeError: If ``model`` is no such class.
        ValueError: If no model has the name.
    """

    def __init__(
        self,
        metadata: Metadata,
        privacy_config: PrivacyConfig | None = None,
        spark_session: Any = None,  # noqa: ANN401 - a classic or Connect session
        model: type[ConditionalGenerativeModel] | str = "ctgan",
        embedding_threshold: int = 50,
    ) -> None:
        self.metadata = metadata
        self.privacy_config = privacy_config
        self.embedding_threshold = embedding_threshold
        self.orchestrator = StagedOrchestrator(
            metadata, spark_session, model_cls=model, privacy=privacy_config
        )
        self.model = self.orchestrator.model_cls

    def fit(
        self,
        data: str | Mapping[str, Any],
        sampling_strategy: str = "relational_stratified",
        sample_size: int = 5_000_000,
        validate: bool = False,
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
        """Learn the database; the further arguments are those of `StagedOrchestrator.fit_all`.

        Args:
            data: Name of a database of the catalogue, or table name to a path, a table name, or a
                pandas or Spark frame.
            sampling_strategy: What is learnt from when a root has more than ``sample_size`` rows:
                ``"relational_stratified"`` a sample of the root, in the proportions of its first
                column with few values, and all rows that belong to it;
                ``"relational"`` the same without strata; ``"full"`` everything.
            sample_size: Rows of the largest root.
            validate: Generate a small database after the fit and check all its keys.
            epochs: Passes over each table.
            batch_size: Rows of one training step.
            progress_bar: Draw text bars on standard error.
            checkpoint_interval: Epochs between two validations, and checkpoints.
            checkpoint_dir: Folder for checkpoints.
            seed: Root seed, of the sample too; drawn where ``None``.
            on_event: Receives every event.
            cancel: Asks for a stop.
            resume: Go on with an equal run in ``checkpoint_dir``.
            model_kwargs: Further parameters of the model.

        Raises:
            SchemaError: With every problem of description and data, before anything is trained.
            DataError: If a table cannot be learnt from.
            TrainingError: If training fails, or the trial of ``validate`` does.
            RunInterrupted: If an interrupt has stopped it before the first table.
            ValueError: If the strategy is unknown.
        """
        if sampling_strategy not in STRATEGIES:
            raise ValueError(f"sampling_strategy is one of {', '.join(STRATEGIES)}")
        self.metadata.validate_schema()
        seed = fresh_seed() if seed is None else seed
        with preparing(CancelToken() if cancel is None else cancel):
            sources = self._sources(data)
            if sampling_strategy != "full":
                stratified = sampling_strategy == "relational_stratified"
                sources = self._sampled(sources, sample_size, stratified=stratified, seed=seed)
        if self.model.accepts("embedding_threshold"):
            model_kwargs.setdefault("embedding_threshold", self.embedding_threshold)
        self.orchestrator.fit_all(
            sources,
            epochs,
            batch_size,
            progress_bar,
            checkpoint_interval,
            checkpoint_dir,
            seed=seed,
            on_event=on_event,
            cancel=cancel,
            resume=resume,
            **model_kwargs,
        )
        if validate and not self.orchestrator.stopped:
            self._try()
        return self

    def sample(
        self,
        num_rows: int | Mapping[str, int] | None = None,
        output_format: str = "delta",
        output_path: str | Path | None = None,
        *,
        seed: int | None = None,
        scale: float | None = None,
        on_event: EventSink | None = None,
        cancel: CancelToken | None = None,
    ) -> dict[str, pd.DataFrame] | dict[str, str]:
        """Make a database; children follow their parents.

        Args:
            num_rows: Rows of every root, or table name to rows; other roots get 1000. Of a child it
                is the exact total.
            output_format: ``"delta"``, ``"parquet"`` or ``"csv"``, with ``output_path``.
            output_path: Write each table to ``<output_path>/<table>``.
            seed: Root seed; ``None`` takes that of the fit, so that equal calls give equal rows.
            scale: Rows of the roots that are not named, relative to the real data.
            on_event: Receives every event.
            cancel: Asks for a stop between two tables.

        Returns:
            Table name to its frame, or to the place where it was written.

        Raises:
            NotFittedError: Before `fit` or `load`.
            SchemaError: If rows are asked of a table that is no root.
            StorageError: If a table could not be written.
        """
        made = self._fitted().generate(
            num_rows,
            output_path,
            seed=seed,
            format=output_format,
            scale=scale,
            on_event=on_event,
            cancel=cancel,
        )
        return made if output_path is None else dict(self.orchestrator.written)

    def save(self, path: str | Path) -> None:
        """Write what `sample` needs to a folder of JSON and safetensors files.

        The rows of tables marked ``keep`` are stored too, as Parquet: they are part of every
        sample, and the mark declares them public. No other row is stored. An earlier save at the
        place is replaced as a whole.

        Raises:
            NotFittedError: Before `fit`.
            StorageError: If something else is at the place, or writing fails.
            PrivacyError: If a privacy rule is a function: code is never stored.
        """
        self._fitted().save(path)

    @classmethod
    def load(
        cls,
        path: str | Path,
        spark_session: Any = None,  # noqa: ANN401 - a classic or Connect session
        model: type[ConditionalGenerativeModel] | str | None = None,
    ) -> Self:
        """Return a synthesizer that samples what `save` has written; nothing there is executed.

        Args:
            path: The folder.
            spark_session: Session for writing.
            model: Class of the models; needed only where it is not one of this package.

        Raises:
            ModelFileError: If the folder is damaged, of another version or of another class.
        """
        orchestrator = StagedOrchestrator.load(path, spark_session, model_cls=model)
        found = orchestrator.model_cls
        loaded = cls(orchestrator.metadata, orchestrator.privacy, spark_session, found)
        loaded.orchestrator = orchestrator
        return loaded

    def _fitted(self) -> StagedOrchestrator:
        if not self.orchestrator.finished:
            raise NotFittedError("call fit or load first: nothing is learnt")
        return self.orchestrator

    def _sources(self, data: str | Mapping[str, Any]) -> dict[str, Any]:
        """Return table name to source; of a database, the tables that it has."""
        if not isinstance(data, str):
            return dict(data)
        places = {name: f"{data}.{quote(name)}" for name in self.metadata.tables}
        storage = self.orchestrator.storage()
        return {name: place for name, place in places.items() if storage.exists(place)}

    def _sampled(
        self, sources: Mapping[str, Any], size: int, *, stratified: bool, seed: int
    ) -> dict[str, Any]:
        """Return the sources, or a sample of them where a root is too large."""
        given = {name: source for name, source in sources.items() if source is not None}
        opened = self.orchestrator.open(given)
        roots = [name for name in self.orchestrator.graph.roots() if name in opened]
        sizes = {name: frames.n_rows(opened[name]) for name in roots}
        largest = max(sizes, key=lambda name: sizes[name], default=None)
        if largest is None or sizes[largest] <= size:
            return opened
        column = next(self._strata(largest, opened[largest]), None) if stratified else None
        sampler = RelationalSampler(self.metadata, data=opened, seed=seed)
        return sampler.sample_relational(largest, size, stratify_by=column)

    def _strata(self, table: str, frame: Any) -> Iterator[str]:  # noqa: ANN401 - any frame
        """Yield the columns of a root with few values that are neither keys nor personal data."""
        config = self.metadata.tables[table]
        keys = {column for key in config.foreign_keys for column in key.columns}
        left_out = {*keys, *config.primary_key, *config.pii_cols}
        for column, facts in describe(frame).columns.items():
            if column in left_out or facts.kind not in {"text", "bool"}:
                continue
            if len(frames.count_values(frame, column)) <= MAX_STRATA:
                yield column

    def _try(self) -> None:
        """Generate a small database and check its keys."""
        roots = self.orchestrator.plan.roots if self.orchestrator.plan else ()
        trial = self.orchestrator.generate(dict.fromkeys(roots, TRIAL_ROWS))
        broken = [
            f"{check.table}.{check.key}"
            for check in key_checks(self.orchestrator.fitted_metadata, trial)
            if not check.holds
        ]
        if broken:
            raise TrainingError(f"the trial database is not valid: {', '.join(broken)}")
