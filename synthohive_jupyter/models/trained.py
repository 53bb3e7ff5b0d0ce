"""`TrainedModel`: networks whose weights a `Training` finds, epoch by epoch, and their tensors."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self, TypeVar

import torch

from synthohive_jupyter.errors import ModelFileError, TrainingError
from synthohive_jupyter.models import checkpoint
from synthohive_jupyter.models.fits import BEST, FINAL, Coded, Run
from synthohive_jupyter.models.fitted import Fitted
from synthohive_jupyter.models.hardware import thread_count
from synthohive_jupyter.models.health import AGAINST_COLLAPSE, collapse, some_rows, warning
from synthohive_jupyter.models.stored import StoredModel
from synthohive_jupyter.models.strict_json import number, whole

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from contextlib import AbstractContextManager

    import pandas as pd
    from torch import Tensor

    from synthohive_jupyter.events import Notice
    from synthohive_jupyter.models.training import Training


@dataclass(slots=True)
class FittedNetwork(Fitted):
    """A fitted network.

    Attributes:
        threads: Threads of torch while rows are drawn.
    """

    threads: int

    def drawing(self) -> AbstractContextManager[None]:
        """Give torch its threads."""
        return thread_count(self.threads)

    @abstractmethod
    def tensors(self, weights: dict[str, Tensor] | None = None) -> dict[str, Tensor]:
        """Return the tensors of ``weights.safetensors``: with these weights, or its own."""

    @abstractmethod
    def use(self, weights: dict[str, Tensor]) -> None:
        """Draw from these weights from now on, and keep nothing that only training needs."""

    @abstractmethod
    def restore(self, tensors: dict[str, Tensor]) -> None:
        """Draw from the tensors of a file, which have the right shapes and are finite.

        Raises:
            ModelFileError: If their values are not possible.
        """

    def read(self, saved: checkpoint.Checkpoint) -> Self:
        """Fill with the tensors of a file, after their names and shapes have been compared.

        Raises:
            ModelFileError: If they are not those of this model, or not finite.
        """
        tensors = saved.tensors(checkpoint.WEIGHTS, checkpoint.specs(self.tensors()))
        if not all(bool(torch.isfinite(tensor).all()) for tensor in tensors.values()):
            raise ModelFileError(f"{saved.path} holds numbers that are not finite")
        self.restore(tensors)
        return self


NetworkT = TypeVar("NetworkT", bound=FittedNetwork)


class TrainedModel(StoredModel[NetworkT]):
    """A model whose weights a `Training` finds, epoch by epoch.

    Attributes:
        best_epoch: The epoch whose weights are used, ``None`` where no validation was reached.
        best_metric: Its validation metric, lower is better.
    """

    best_metric: float | None = None

    @abstractmethod
    def _prepare(self, coded: Coded, *, seed: int) -> tuple[NetworkT, Training | None]:
        """Build the networks and their training; ``None`` where there is nothing to train."""

    def _learn(self, coded: Coded, run: Run) -> None:
        """Run the training, keep checkpoints, and take over the best weights however it ends."""
        self.best_epoch = self.best_metric = None
        with run.breakable():
            fitted, training = self._prepare(coded, seed=run.seed)
            if training is not None and (saved := run.unfinished(self.kind)) is not None:
                training.resume(saved)
        self._fitted = fitted
        if training is None:
            return
        keeper = None if run.place is None else Keeper(self, training, run)
        try:
            for event in training.train(interval=run.interval, cancel=run.cancel):
                self._note(training)
                run.emit(event)
                if keeper is not None and event.epoch % run.interval == 0:
                    keeper.write()
            self._note(training)
            if keeper is not None:
                keeper.write()
        except TrainingError as error:
            if training.best is None:
                self._fitted = None
                raise
            kept = f"{error.reason}; the weights of epoch {training.best.epoch} are used"
            run.emit(warning(coded.table, kept, error.remedies))
        finally:
            self._note(training)
            fitted.use(training.best.weights if training.best else training.current_weights())
        if not training.cancelled and (doubt := training.doubt()) is not None:
            run.emit(warning(coded.table, doubt, training.remedies))

    def _warnings(self, data: pd.DataFrame, context: pd.DataFrame | None) -> Iterator[Notice]:
        """Yield a warning where what is drawn has collapsed."""
        if not self.fitted.transformer.layout:
            return
        chosen = some_rows(len(data))
        beside = None if context is None else context.iloc[chosen]
        drawn = self.fitted.sample(len(chosen), beside, seed=self._seed)
        if (found := collapse(drawn, data.iloc[chosen])) is not None:
            yield warning(self.fitted.table, found, AGAINST_COLLAPSE)

    def _note(self, training: Training) -> None:
        self.epochs_run, self.cancelled = training.epochs_run, training.cancelled
        if training.best is not None:
            self.best_epoch, self.best_metric = training.best.epoch, training.best.metric

    def _history(self) -> dict[str, Any]:
        best = {"best_epoch": self.best_epoch, "best_metric": self.best_metric}
        return super()._history() | best

    def _recall(self, record: Mapping[str, Any]) -> None:
        super()._recall(record)
        none = record["best_epoch"] is None
        # Set in any case: a model that is filled from a file has its own otherwise.
        self.best_epoch = None if none else whole(record, "best_epoch")
        self.best_metric = None if none else number(record, "best_metric")


class Keeper:
    """Writes the checkpoints of a training.

    Args:
        model: The model in training.
        training: Its training, already resumed.
        run: The fit.
    """

    def __init__(self, model: TrainedModel[Any], training: Training, run: Run) -> None:
        self._model, self._training, self._run = model, training, run
        self._best = training.best
        self._step = training.step

    def write(self) -> None:
        """Write ``final_checkpoint``, from which a fit goes on, and the best one if it is new."""
        training, fitted = self._training, self._model.fitted
        if training.step == self._step:
            return
        self._step = training.step
        record, state = training.state()
        if training.best is not None and training.best is not self._best:
            self._best = training.best
            members = {checkpoint.WEIGHTS: fitted.tensors(training.best.weights)}
            self._model.keep(self._run, BEST, members, epoch=self._best.epoch)
        members = {
            checkpoint.WEIGHTS: fitted.tensors(training.current_weights()),
            checkpoint.TRAINING: state,
        }
        self._model.keep(self._run, FINAL, members, {"training": record}, epoch=training.epochs_run)
