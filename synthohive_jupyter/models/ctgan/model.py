"""`CTGAN`: the public class."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Self

import torch

from synthohive_jupyter.errors import (
    ModelFileError,
    NotFittedError,
    TrainingError,
)
from synthohive_jupyter.events import CheckpointSaved
from synthohive_jupyter.models import checkpoint
from synthohive_jupyter.models.base import (
    ConditionalGenerativeModel,
    LoadMethod,
    check_context,
)
from synthohive_jupyter.models.ctgan.conditioning import FREE_SHARE, TrainingSampler
from synthohive_jupyter.models.ctgan.config import PUBLISHED, CTGANConfig
from synthohive_jupyter.models.ctgan.fitted import Fitted, build_generator
from synthohive_jupyter.models.ctgan.hardware import find_device
from synthohive_jupyter.models.ctgan.networks import initialise
from synthohive_jupyter.models.ctgan.trainer import (
    CONTEXT_ENCODING,
    ENCODING,
    VECTORS,
    Trainer,
    TrainingData,
)
from synthohive_jupyter.models.strict_json import number, whole
from synthohive_jupyter.schema.metadata import Metadata
from synthohive_jupyter.seeding import stream
from synthohive_jupyter.tabular.constraints import enforce
from synthohive_jupyter.tabular.transformer import TableTransformer

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np
    import pandas as pd
    from torch import Tensor

    from synthohive_jupyter.events import CancelToken, EpochEnded, EventSink
    from synthohive_jupyter.schema.metadata import TableConfig

BEST, FINAL = "best_checkpoint", "final_checkpoint"


class CTGAN(ConditionalGenerativeModel):
    """A conditional tabular generative adversarial network (Xu et al., NeurIPS 2019).

    Mode-specific normalisation (done by the transformer), condition vectors with
    training-by-sampling, PacGAN, WGAN-GP, Gumbel-softmax. It models exactly the columns that it is
    given, so keys have to be left out before.

    Where there is a context, most training rows have no condition and sampling uses none: a
    condition drawn without regard to the context would contradict it.

    Args:
        metadata: The description; constraints and high-cardinality columns are read from it.
        batch_size: Rows of a step; rounded down to whole packs.
        epochs: Passes over the data.
        kwargs: Parameters of `CTGANConfig`, where each is explained, with its departure from the
            paper.

    Attributes:
        config: The parameters.
        best_epoch: The epoch whose weights are used, ``None`` where no validation was reached.
        best_metric: Its distance from the data: marginals plus pairs, lower is better.

    Example:
        >>> import pandas as pd
        >>> from synthohive_jupyter.schema.metadata import Metadata
        >>> shop = Metadata()
        >>> shop.add_table("users", pk=None)
        >>> users = pd.DataFrame({"plan": ["free", "pro"] * 50, "age": range(20, 120)})
        >>> model = CTGAN(shop, epochs=1).fit(users, table_name="users")
        >>> model.sample(3, seed=1).shape
        (3, 2)
    """

    kind: ClassVar[str] = "ctgan"

    def __init__(
        self,
        metadata: Metadata,
        batch_size: int = 500,
        epochs: int = 300,
        **kwargs: Any,  # noqa: ANN401 - each parameter has a type of its own
    ) -> None:
        super().__init__(metadata, batch_size, epochs)
        self.config = CTGANConfig.of(kwargs)
        self.best_epoch: int | None = None
        self.best_metric: float | None = None
        self._seed = 0
        self._fitted: Fitted | None = None

    @classmethod
    def as_published(cls, metadata: Metadata, **kwargs: Any) -> Self:  # noqa: ANN401 - as __init__
        """Return a model with the settings of the paper; ``kwargs`` win over them."""
        return cls(metadata, **{**PUBLISHED, **kwargs})

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
        fitted, training = self._prepare(data, context, table, seed=seed, families=families)
        self._fitted = fitted
        if training is None:
            initialise(fitted.generator, torch.Generator().manual_seed(0))
            return self
        trainer = Trainer(
            fitted.generator.to(find_device(self.config.device)),
            training,
            self.config,
            table=table_name,
            epochs=self.epochs,
            batch_size=self.batch_size,
            seed=seed,
        )
        place = None if checkpoint_dir is None else Path(checkpoint_dir)
        if resume and place is not None and (place / FINAL).exists():
            trainer.resume(checkpoint.read(place / FINAL, kind=self.kind))
        emit = on_event or (lambda _: None)
        epochs = trainer.train(interval=checkpoint_interval, cancel=cancel)
        self._train(trainer, fitted, place, emit, epochs)
        return self

    def _train(
        self,
        trainer: Trainer,
        fitted: Fitted,
        place: Path | None,
        emit: EventSink,
        epochs: Iterator[EpochEnded],
    ) -> None:
        """Run the training, keep checkpoints, and take over the best weights however it ends."""
        try:
            for event in epochs:
                self._note(trainer)
                emit(event)
                if place is not None and event.metric is not None:
                    self._checkpoint(trainer, place, best=event.best, emit=emit)
            if place is not None and trainer.cancelled:
                self._checkpoint(trainer, place, best=False, emit=emit)
        except TrainingError:
            if trainer.best is None:
                self._fitted = None
            raise
        finally:
            self._note(trainer)
            fitted.use(trainer.best.weights if trainer.best else trainer.current_weights())

    def _prepare(
        self,
        data: pd.DataFrame,
        context: pd.DataFrame | None,
        table: TableConfig,
        *,
        seed: int,
        families: np.ndarray | None,
    ) -> tuple[Fitted, TrainingData | None]:
        """Fit the transformers, encode, build the generator; without columns nothing to train."""
        transformer = self._transformer(data, table, seed=seed, families=families)
        rows = transformer.encode(data, stream(seed, table.name, "fit", ENCODING))
        beside, context_rows = None, None
        if context is not None:
            beside = self._transformer(context, table, seed=seed, families=families)
            rng = stream(seed, table.name, "fit", CONTEXT_ENCODING)
            context_rows = beside.encode(context, rng)
        generator = build_generator(transformer, beside, self.config)
        rng = stream(seed, table.name, "fit", VECTORS)
        generator.space.draw_vectors(rng)
        generator.context.draw_vectors(rng)
        sampler = TrainingSampler(
            transformer.layout,
            rows.codes,
            condition_on=self.config.condition_on,
            log_frequency=self.config.log_frequency,
            free_share=0.0 if context is None else FREE_SHARE,
        )
        fitted = Fitted(table.name, self.config, transformer, beside, generator, sampler)
        training = TrainingData(rows, context_rows, sampler) if transformer.layout else None
        return fitted, training

    def _transformer(
        self, frame: pd.DataFrame, table: TableConfig, *, seed: int, families: np.ndarray | None
    ) -> TableTransformer:
        """Fit the codes of the rows, or of their context, with what is declared of each column."""
        return TableTransformer().fit(
            frame,
            table=table.name,
            constraints={c: v for c, v in table.constraints.items() if c in frame.columns},
            high_cardinality=[c for c in table.high_cardinality_cols if c in frame.columns],
            embedding_threshold=self.config.embedding_threshold,
            families=families,
            seed=seed,
        )

    def _note(self, trainer: Trainer) -> None:
        self.epochs_run, self.cancelled = trainer.epochs_run, trainer.cancelled
        if trainer.best is not None:
            self.best_epoch, self.best_metric = trainer.best.epoch, trainer.best.metric

    def _checkpoint(self, trainer: Trainer, place: Path, *, best: bool, emit: EventSink) -> None:
        """Write ``final_checkpoint``, from which a fit goes on, and the best one if it is new."""
        fitted = self._existing()
        record, state = trainer.state()
        config = self._record()
        if best and trainer.best is not None:
            self._write(
                place / BEST, config, {checkpoint.WEIGHTS: fitted.tensors(trainer.best.weights)}
            )
            emit(CheckpointSaved(fitted.table, BEST, trainer.best.epoch))
        members = {
            checkpoint.WEIGHTS: fitted.tensors(trainer.current_weights()),
            checkpoint.TRAINING: state,
        }
        self._write(place / FINAL, config | {"training": record}, members)
        emit(CheckpointSaved(fitted.table, FINAL, trainer.epochs_run))

    def _write(
        self, path: Path, config: dict[str, Any], members: dict[str, dict[str, Tensor]]
    ) -> None:
        checkpoint.write(path, kind=self.kind, config=config, tensors=members, overwrite=True)

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
        fitted = self._existing()
        if num_rows < 0:
            raise ValueError("num_rows is not negative")
        rows = fitted.sample(num_rows, context, seed=seed)
        if not enforce_constraints:
            return rows
        table = self.metadata.get_table(fitted.table)
        present = set(rows.columns)
        constraints = {c: v for c, v in table.constraints.items() if c in present}
        checks = tuple(pair for pair in table.checks if set(pair) <= present)
        return enforce(rows, constraints, checks)

    def save(self, path: str | Path, *, overwrite: bool = False) -> None:
        """Write the model to a directory; see the base class."""
        checkpoint.write(
            path,
            kind=self.kind,
            config=self._record(),
            tensors={checkpoint.WEIGHTS: self._existing().tensors()},
            overwrite=overwrite,
        )

    def _record(self) -> dict[str, Any]:
        fitted = self._existing()
        alone = Metadata()
        alone.tables[fitted.table] = self.metadata.get_table(fitted.table)
        return fitted.record() | {
            "metadata": alone.to_dict(),
            "batch_size": self.batch_size,
            "epochs": self.epochs,
            "seed": self._seed,
            "epochs_run": self.epochs_run,
            "best_epoch": self.best_epoch,
            "best_metric": self.best_metric,
        }

    def _load(self, path: str | Path) -> CTGAN:
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
            fitted = Fitted.from_checkpoint(saved, made.config)
            metadata.get_table(fitted.table)
            seed = whole(record, "seed")
            made.epochs_run = whole(record, "epochs_run")
            if record["best_epoch"] is not None:
                made.best_epoch = whole(record, "best_epoch")
                made.best_metric = number(record, "best_metric")
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise ModelFileError(f"{saved.path} has a configuration that is no CTGAN's") from error
        if fitted.table in self.metadata.tables:
            metadata = self.metadata
        self.__dict__.update(made.__dict__)
        self.metadata, self._fitted, self._seed = metadata, fitted, seed
        return self

    load = LoadMethod(_load)  # type: ignore[assignment]

    def _existing(self) -> Fitted:
        if self._fitted is None:
            raise NotFittedError("fit the model, or load one, before")
        return self._fitted
