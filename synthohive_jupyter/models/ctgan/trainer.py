"""The training loop: a generator of `EpochEnded`, with validation, best weights and resumption."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from synthohive_jupyter.events import EpochEnded
from synthohive_jupyter.models.base import BLOCK_ROWS
from synthohive_jupyter.models.ctgan.adversary import Adversary
from synthohive_jupyter.models.ctgan.evaluation import CellDistance
from synthohive_jupyter.models.ctgan.sampling import (
    beside,
    draw,
    inputs,
    refresh_statistics,
    take,
)
from synthohive_jupyter.models.hardware import thread_count
from synthohive_jupyter.models.training import VALIDATION, WEIGHTS, Best, Training, moments
from synthohive_jupyter.seeding import stream

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from torch import Tensor

    from synthohive_jupyter.events import CancelToken
    from synthohive_jupyter.models.ctgan.conditioning import TrainingSampler
    from synthohive_jupyter.models.ctgan.config import CTGANConfig
    from synthohive_jupyter.models.ctgan.networks import Generator
    from synthohive_jupyter.tabular.codecs import Encoded

_CONSTANT_SHARE = 0.4
"""Share of the steps before the cosine schedule lowers the rates."""


@dataclass(frozen=True, slots=True)
class TrainingData:
    """What a training reads: encoded rows, their context or ``None``, and the condition sampler."""

    rows: Encoded
    context: Encoded | None
    sampler: TrainingSampler


class Trainer(Training):
    """Trains a generator and keeps its best weights.

    Args:
        generator: The generator, on the device of training.
        data: What to learn.
        config: Parameters.
        table: Name of the table, for events and random streams.
        epochs: Planned epochs.
        batch_size: Rows of a step, rounded down to whole packs.
        seed: Root seed.

    Attributes:
        steps_per_epoch: Steps of an epoch.
    """

    remedies: ClassVar[str] = (
        "lower generator_lr and discriminator_lr (2e-4); precision='float32'; a larger "
        "batch_size, so that a step sees more of the data"
    )

    def __init__(
        self,
        generator: Generator,
        data: TrainingData,
        config: CTGANConfig,
        *,
        table: str,
        epochs: int,
        batch_size: int,
        seed: int,
    ) -> None:
        # Batch normalisation needs two rows.
        rows = max(batch_size // config.pac, 2 if config.pac == 1 else 1) * config.pac
        super().__init__(
            table=table,
            seed=seed,
            epochs=epochs,
            settings=config.to_dict(),
            batch_rows=rows,
            data=(data.rows, data.context),
        )
        self._data, self._config = data, config
        n_rows = len(data.rows.codes)
        self.steps_per_epoch = max(n_rows // self._rows, config.min_steps_per_epoch)
        with thread_count(config.threads):
            self.adversary = Adversary(
                generator,
                config,
                sampler=data.sampler,
                data=data.rows,
                context=data.context,
                rng=stream(seed, table, "fit", WEIGHTS),
            )
            self._set_up_validation(n_rows)

    def train(self, *, interval: int, cancel: CancelToken | None = None) -> Iterator[EpochEnded]:
        """Train to the planned number of epochs, yielding after each.

        The metric is computed every ``interval`` epochs and after the last one. Torch's number of
        threads is the caller's whenever this generator is suspended.

        Raises:
            TrainingError: If a loss is not a finite number.
        """
        for epoch in range(self.epochs_run + 1, self._epochs + 1):
            if self._config.patience and self.stale >= self._config.patience:
                return
            started, first = time.perf_counter(), self.step
            with thread_count(self._config.threads):
                losses = self.run_epoch(epoch, cancel)
                if self.cancelled:
                    return
                seconds = time.perf_counter() - started
                metric, best = None, False
                if epoch % interval == 0 or epoch == self._epochs:
                    metric, best = self._validate(epoch, losses)
            yield EpochEnded(
                self._table,
                epoch,
                self._epochs,
                losses=losses,
                metric=metric,
                best=best,
                seconds=time.perf_counter() - started,
                rows_per_second=(self.step - first) * self._rows / seconds,
            )

    def make_step(self, step: int, rng: np.random.Generator) -> dict[str, Tensor]:
        """Make the critic's steps and one step of the generator."""
        return self.adversary.step(rng, rows=self._rows, number=step, rate=self._rate(step))

    def _rate(self, step: int) -> float:
        if self._config.lr_schedule == "constant":
            return 1.0
        done = step / (self._epochs * self.steps_per_epoch)
        late = max(done - _CONSTANT_SHARE, 0.0) / (1 - _CONSTANT_SHARE)
        return (1 + math.cos(math.pi * late)) / 2

    def _set_up_validation(self, n_rows: int) -> None:
        rng = stream(self._seed, self._table, "fit", VALIDATION)
        generator = self.adversary.generator
        rows = np.resize(rng.permutation(n_rows), BLOCK_ROWS)
        context = self._data.context
        self._context = None if context is None else take(context, rows)
        self._inputs = inputs(
            generator, self._data.sampler, rng, rows=BLOCK_ROWS, context=self._context
        )
        self._distance = CellDistance(
            generator.space.columns + generator.context.columns,
            beside(take(self._data.rows, rows), self._context),
            n_context=len(generator.context.columns),
        )

    def _validate(self, epoch: int, losses: dict[str, float]) -> tuple[float, bool]:
        weights = self.current_weights()
        rng = stream(self._seed, self._table, "fit", VALIDATION)
        drawn = draw(self.adversary.running, self._inputs, rng)
        marginal, pairs = self._distance(beside(drawn, self._context))
        losses |= {"marginal_distance": marginal, "pair_distance": pairs}
        metric = marginal + pairs
        best = self.best is None or metric < self.best.metric
        self.stale = 0 if best else self.stale + 1
        if best:
            self.best = Best(weights, metric, epoch)
        return metric, best

    def current_weights(self) -> dict[str, Tensor]:
        """Return a copy of the running average, its statistics recomputed."""
        running = self.adversary.running
        with thread_count(self._config.threads):
            refresh_statistics(running, self._inputs)
        return {name: value.detach().cpu().clone() for name, value in running.state_dict().items()}

    def parts(self) -> dict[str, Mapping[str, Tensor]]:
        """Return networks and moments."""
        adversary = self.adversary
        parts: dict[str, Mapping[str, Tensor]] = {
            "generator": adversary.generator.state_dict(),
            "running": adversary.running.state_dict(),
            "critic": adversary.critic.state_dict(),
        }
        for name, optimiser in adversary.optimisers.items():
            parts |= moments(name, optimiser.moments)
        return parts
