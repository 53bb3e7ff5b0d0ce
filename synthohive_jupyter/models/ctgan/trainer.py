"""The training loop: a generator of `EpochEnded` that stops itself, and keeps the best weights.

The rates are constant while the distance of generated rows from the data falls; at a standstill
they fall to 0 over a quarter more steps than there were before, and that is the end. So the length
of a fit follows from the data.

Stopping at the standstill itself would leave out what falling rates bring: on adult the distance
stands still at .12 after 30 epochs, rises to .13, and goes down to .105 when the rates fall.
"""

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
from synthohive_jupyter.models.health import LARGER_BATCH, TREES
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
_FALLING = 1.25
"""After a standstill the rates fall over so many times as many steps as there were before."""
_STANDSTILL = 0.02
"""A distance that is less than this share below the least one is no improvement."""
_LEAST_STEPS = 400
"""What fewer steps have brought is less than the noise of the distance."""
_MOST_STEPS = 500
"""After so many steps an epoch is validated in any case."""
_FAR = 1.0
"""Weights at such a distance have learnt next to nothing: that of a new generator is 1.5, of 2."""
_NONE_YET = 1e300


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
        cooling: The step from which on the rates fall, 0 while it is not known.
        judged: The step of the last validation that was compared with the ones before.
        least: The distance that the next one is compared with.
    """

    counters: ClassVar[tuple[str, ...]] = ("step", "stale", "cooling", "judged")
    levels: ClassVar[tuple[str, ...]] = ("least",)
    remedies: ClassVar[tuple[str, ...]] = (
        TREES,
        LARGER_BATCH,
        "in Python: lower generator_lr and discriminator_lr (2e-4), or precision='float32'",
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
        self.cooling, self.judged, self.least = 0, 0, _NONE_YET
        self.steps_per_epoch = max(n_rows // self._rows, config.min_steps_per_epoch)
        with thread_count(config.threads):
            self.adversary = Adversary(
                generator,
                config,
                sampler=data.sampler,
                data=data.rows,
                context=data.context,
                rows=rows,
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
        while self.epochs_run < self._planned():
            epoch, started, first = self.epochs_run + 1, time.perf_counter(), self.step
            with thread_count(self._config.threads):
                losses = self.run_epoch(epoch, cancel)
                if self.cancelled:
                    return
                seconds = time.perf_counter() - started
                metric, best = None, False
                due = epoch % interval == 0 or self.step - self.judged >= _MOST_STEPS
                if due or epoch == self._planned():
                    metric, best = self._validate(epoch, losses)
            yield EpochEnded(
                self._table,
                epoch,
                self._planned(),
                losses=losses,
                metric=metric,
                best=best,
                seconds=time.perf_counter() - started,
                rows_per_second=(self.step - first) * self._rows / seconds,
            )

    def _planned(self) -> int:
        """Return the last epoch, which is not known before the standstill."""
        if not self.cooling:
            return self._epochs
        share = 0.0 if self._config.lr_schedule == "constant" else _FALLING
        last = self.cooling * (1 + share) / self.steps_per_epoch
        return min(math.ceil(last), self._epochs)

    def make_step(self, step: int, rng: np.random.Generator) -> dict[str, Tensor]:
        """Make the critic's steps and one step of the generator."""
        return self.adversary.step(rng, number=step, rate=self._rate(step))

    def _rate(self, step: int) -> float:
        if self._config.lr_schedule == "constant":
            return 1.0
        last = self._planned() * self.steps_per_epoch
        first = self.cooling or _CONSTANT_SHARE * last
        late = max(step - first, 0.0) / (last - first)
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
        weights, adversary = self.current_weights(), self.adversary
        rng = stream(self._seed, self._table, "fit", VALIDATION)
        drawn = draw(adversary.running, *self._inputs, rng, low_precision=adversary.low_precision)
        marginal, pairs = self._distance(beside(drawn, self._context))
        losses |= {"marginal_distance": marginal, "pair_distance": pairs}
        metric = marginal + pairs
        self._look_for_standstill(metric)
        best = self.best is None or metric < self.best.metric
        if best:
            self.best = Best(weights, metric, epoch)
        return metric, best

    def _look_for_standstill(self, metric: float) -> None:
        """Decide whether the rates fall from here."""
        if self.step - self.judged < _LEAST_STEPS:
            return
        self.judged = self.step
        better = metric < (1 - _STANDSTILL) * self.least
        self.stale = 0 if better else self.stale + 1
        self.least = min(self.least, metric) if better else self.least
        falling = self.cooling or self._rate(self.step) < 1
        if self._config.patience and not falling and self.stale >= self._config.patience:
            self.cooling = self.step

    def doubt(self) -> str | None:
        """Tell where the best rows are far from the data."""
        if self.best is None or self.best.metric < _FAR:
            return None
        return (
            f"the training has not succeeded: its best rows are at a distance of "
            f"{self.best.metric:.2f} from the data, where 0 is the same and 2 has nothing in common"
        )

    def current_weights(self) -> dict[str, Tensor]:
        """Return a copy of the running average, its statistics recomputed."""
        running = self.adversary.running
        with thread_count(self._config.threads):
            refresh_statistics(running, *self._inputs)
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
