"""The training loop: a generator of `EpochEnded`, with validation, best weights and resumption.

Every step draws all its random numbers from a stream of its own, named by the number of the step.
So the state of a training is its weights, moments and that number, and a fit that goes on from
them ends in the same bytes as one that was never stopped, wherever in an epoch it was stopped.
"""

from __future__ import annotations

import hashlib
import json
import math
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from synthohive_jupyter.errors import ModelFileError, TrainingError
from synthohive_jupyter.events import EpochEnded
from synthohive_jupyter.models import checkpoint
from synthohive_jupyter.models.base import BLOCK_ROWS
from synthohive_jupyter.models.ctgan.adversary import Adversary
from synthohive_jupyter.models.ctgan.evaluation import CellDistance
from synthohive_jupyter.models.ctgan.hardware import thread_count
from synthohive_jupyter.models.ctgan.sampling import (
    beside,
    draw,
    inputs,
    refresh_statistics,
    take,
)
from synthohive_jupyter.models.strict_json import number, whole
from synthohive_jupyter.seeding import stream

if TYPE_CHECKING:
    from collections.abc import Iterator

    from torch import Tensor

    from synthohive_jupyter.events import CancelToken
    from synthohive_jupyter.models.ctgan.conditioning import TrainingSampler
    from synthohive_jupyter.models.ctgan.config import CTGANConfig
    from synthohive_jupyter.models.ctgan.networks import Generator
    from synthohive_jupyter.tabular.codecs import Encoded

# Blocks of the stage "fit"; the first million belongs to the columns, steps take the last ones.
_OWN = 1_000_000
ENCODING, CONTEXT_ENCODING, VECTORS, WEIGHTS, VALIDATION = range(_OWN, _OWN + 5)
_FIRST_STEP = _OWN + 16

_CONSTANT_SHARE = 0.4
"""Share of the steps before the cosine schedule lowers the rates."""


@dataclass(frozen=True, slots=True)
class Best:
    """The best weights so far: of the running average, with the statistics that belong to them."""

    weights: dict[str, Tensor]
    metric: float
    epoch: int


@dataclass(frozen=True, slots=True)
class TrainingData:
    """What a training reads: encoded rows, their context or ``None``, and the condition sampler."""

    rows: Encoded
    context: Encoded | None
    sampler: TrainingSampler


class Trainer:
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
        step: Steps made.
        steps_per_epoch: Steps of an epoch.
        best: The best weights so far, ``None`` before the first validation.
        cancelled: Whether the token stopped the training.
    """

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
        self._data, self._config = data, config
        self._table, self._epochs, self._seed = table, epochs, seed
        # Batch normalisation needs two rows.
        self._rows = max(batch_size // config.pac, 2 if config.pac == 1 else 1) * config.pac
        n_rows = len(data.rows.codes)
        self.steps_per_epoch = max(n_rows // self._rows, config.min_steps_per_epoch)
        self.step, self._stale, self.cancelled = 0, 0, False
        self.best: Best | None = None
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

    @property
    def epochs_run(self) -> int:
        """Complete epochs."""
        return self.step // self.steps_per_epoch

    def train(self, *, interval: int, cancel: CancelToken | None = None) -> Iterator[EpochEnded]:
        """Train to the planned number of epochs, yielding after each.

        The metric is computed every ``interval`` epochs and after the last one. Torch's number of
        threads is the caller's whenever this generator is suspended.

        Raises:
            TrainingError: If a loss is not a finite number.
        """
        for epoch in range(self.epochs_run + 1, self._epochs + 1):
            if self._config.patience and self._stale >= self._config.patience:
                return
            started, first = time.perf_counter(), self.step
            with thread_count(self._config.threads):
                losses = self._run_epoch(epoch, cancel)
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

    def _run_epoch(self, epoch: int, cancel: CancelToken | None) -> dict[str, float]:
        totals: dict[str, Tensor] = {}
        first = self.step
        for step in range(first, epoch * self.steps_per_epoch):
            if cancel is not None and cancel.cancelled:
                self.cancelled = True
                return {}
            losses = self.adversary.step(
                stream(self._seed, self._table, "fit", _FIRST_STEP + step),
                rows=self._rows,
                number=step,
                rate=self._rate(step),
            )
            self.step = step + 1
            totals = {name: totals.get(name, 0.0) + value for name, value in losses.items()}
        means = {name: float(total) / (self.step - first) for name, total in totals.items()}
        for name, value in means.items():
            if not math.isfinite(value):
                raise TrainingError(self._failure(name, epoch))
        return means

    def _rate(self, step: int) -> float:
        if self._config.lr_schedule == "constant":
            return 1.0
        done = step / (self._epochs * self.steps_per_epoch)
        late = max(done - _CONSTANT_SHARE, 0.0) / (1 - _CONSTANT_SHARE)
        return (1 + math.cos(math.pi * late)) / 2

    def _failure(self, loss: str, epoch: int) -> str:
        kept = f"The weights of epoch {self.best.epoch} were kept. " if self.best else ""
        return (
            f"training of {self._table!r} broke down in epoch {epoch} of {self._epochs}: the "
            f"{loss} loss is no longer a finite number (the networks diverged). {kept}Try one of: "
            "lower generator_lr and discriminator_lr (2e-4); precision='float32'; a larger "
            "batch_size, so that a step sees more of the data"
        )

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
        self._stale = 0 if best else self._stale + 1
        if best:
            self.best = Best(weights, metric, epoch)
        return metric, best

    def current_weights(self) -> dict[str, Tensor]:
        """Return a copy of the running average, its statistics recomputed."""
        running = self.adversary.running
        with thread_count(self._config.threads):
            refresh_statistics(running, self._inputs)
        return {name: value.detach().cpu().clone() for name, value in running.state_dict().items()}

    def state(self) -> tuple[dict[str, Any], dict[str, Tensor]]:
        """Return all that `resume` needs: a JSON-safe record, and tensors that share memory."""
        record = {"step": self.step, "stale": self._stale, "fingerprint": self.fingerprint()}
        if self.best is not None:
            record |= {"best_epoch": self.best.epoch, "best_metric": self.best.metric}
        return record, self._tensors(best=self.best is not None)

    def _tensors(self, *, best: bool) -> dict[str, Tensor]:
        adversary = self.adversary
        parts = {
            "generator": adversary.generator.state_dict(),
            "running": adversary.running.state_dict(),
            "critic": adversary.critic.state_dict(),
        }
        for name, optimiser in adversary.optimisers.items():
            for moment, values in optimiser.moments.items():
                parts[f"{name}.{moment}"] = {str(i): value for i, value in enumerate(values)}
        if best:
            parts["best"] = self.best.weights if self.best else adversary.running.state_dict()
        return {f"{part}.{name}": t for part, named in parts.items() for name, t in named.items()}

    def resume(self, saved: checkpoint.Checkpoint) -> None:
        """Go on from a checkpoint that holds a `state`.

        Raises:
            ModelFileError: If it is damaged.
            TrainingError: If it belongs to other data, another seed or other parameters.
        """
        record = saved.config.get("training")
        if not isinstance(record, dict):
            raise ModelFileError(f"{saved.path} holds no state to resume from")
        if record.get("fingerprint") != self.fingerprint():
            raise TrainingError(
                f"cannot resume {self._table!r}: the data, the seed or the parameters are not "
                "those of the checkpoint. Give them back, choose another checkpoint_dir, or start "
                "anew with resume=False"
            )
        self.step, self._stale = (whole(record, name) for name in ("step", "stale"))
        validated = "best_epoch" in record
        expected = checkpoint.specs(self._tensors(best=validated))
        tensors = saved.tensors(checkpoint.TRAINING, expected)
        with torch.no_grad():
            for name, mine in self._tensors(best=False).items():
                mine.copy_(tensors[name])
        if validated:
            start = "best."
            weights = {k.removeprefix(start): t for k, t in tensors.items() if k.startswith(start)}
            metric = number(record, "best_metric")
            self.best = Best(weights, metric, whole(record, "best_epoch"))

    def fingerprint(self) -> str:
        """Return a hash of the data, the seed and the parameters: what a state belongs to.

        The number of epochs is left out: more of them may be asked for.
        """
        fixed = [self._config.to_dict(), self._table, self._rows, self._seed]
        digest = hashlib.sha256(json.dumps(fixed).encode())
        for encoded in (self._data.rows, self._data.context):
            if encoded is not None:
                digest.update(encoded.codes.tobytes())
                digest.update(encoded.scalars.tobytes())
        return digest.hexdigest()
