"""What the trainers of all networks share: streams of random numbers, best weights, resumption.

Every step draws all its random numbers from a stream of its own, named by the number of the step.
So the state of a training is its weights, moments and a few numbers, and a fit that goes on from
them ends in the same bytes as one that was never stopped, wherever in an epoch it was stopped.
"""

from __future__ import annotations

import hashlib
import json
import math
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import torch

from synthohive_jupyter.errors import ModelFileError, TrainingError
from synthohive_jupyter.models import checkpoint
from synthohive_jupyter.models.fits import FIRST_BLOCK, check_fingerprint
from synthohive_jupyter.models.strict_json import number, whole
from synthohive_jupyter.seeding import stream

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import numpy as np
    from torch import Tensor

    from synthohive_jupyter.events import CancelToken, EpochEnded
    from synthohive_jupyter.tabular.codecs import Encoded

# Blocks of the stage "fit", after those of `stored`; steps take the last ones.
VECTORS, WEIGHTS, VALIDATION = range(FIRST_BLOCK + 2, FIRST_BLOCK + 5)
FIRST_STEP = FIRST_BLOCK + 16


@dataclass(frozen=True, slots=True)
class Best:
    """The best weights so far, with the metric that says so and the epoch that they are of."""

    weights: dict[str, Tensor]
    metric: float
    epoch: int


class Training(ABC):
    """A training that can be stopped after any step and go on later.

    Args:
        table: Name of the table, for events and random streams.
        seed: Root seed.
        epochs: Planned epochs.
        settings: The parameters, JSON-safe.
        batch_rows: Rows of a step.
        data: Everything that is learnt from; ``None`` is left out.

    Attributes:
        counters: Names of the attributes that are whole numbers and part of the state.
        levels: Names of those that are other numbers.
        step: Steps made.
        stale: Validations since the best one.
        best: The best weights so far, ``None`` before the first validation.
        cancelled: Whether the token stopped the training.
    """

    counters: ClassVar[tuple[str, ...]] = ("step", "stale")
    levels: ClassVar[tuple[str, ...]] = ()
    remedies: ClassVar[tuple[str, ...]]
    """What to try where training does not succeed."""

    steps_per_epoch: int

    def __init__(
        self,
        *,
        table: str,
        seed: int,
        epochs: int,
        settings: Mapping[str, Any],
        batch_rows: int,
        data: Sequence[Encoded | None],
    ) -> None:
        self._table, self._seed, self._epochs = table, seed, epochs
        self._settings, self._rows, self._encoded = settings, batch_rows, data
        self.step, self.stale, self.cancelled = 0, 0, False
        self.best: Best | None = None
        self._digest: str | None = None

    @property
    def epochs_run(self) -> int:
        """Complete epochs."""
        return self.step // self.steps_per_epoch

    @abstractmethod
    def train(self, *, interval: int, cancel: CancelToken | None = None) -> Iterator[EpochEnded]:
        """Train, yielding after each epoch.

        Torch's number of threads is the caller's whenever this generator is suspended.

        Raises:
            TrainingError: If a loss is not a finite number.
        """

    @abstractmethod
    def make_step(self, step: int, rng: np.random.Generator) -> dict[str, Tensor]:
        """Make one step and return its losses, scalars without a graph."""

    def run_epoch(self, epoch: int, cancel: CancelToken | None) -> dict[str, float]:
        """Make the steps that epoch ``epoch`` still lacks, and return the mean losses.

        A cancelled epoch returns nothing and sets ``cancelled``.

        Raises:
            TrainingError: If a loss or a weight is not a finite number.
        """
        totals: dict[str, Tensor] = {}
        first = self.step
        for step in range(first, epoch * self.steps_per_epoch):
            if cancel is not None and cancel.cancelled:
                self.cancelled = True
                return {}
            losses = self.make_step(step, stream(self._seed, self._table, "fit", FIRST_STEP + step))
            self.step = step + 1
            totals = {name: totals.get(name, 0.0) + value for name, value in losses.items()}
        means = {name: float(total) / (self.step - first) for name, total in totals.items()}
        broken = [f"the {name} loss" for name, mean in means.items() if not math.isfinite(mean)]
        tensors = self._tensors(best=False)
        broken += [f"weight {name}" for name, t in tensors.items() if not _finite(t)]
        if broken:
            raise TrainingError(
                f"training of {self._table!r} broke down in epoch {epoch} of {self._epochs}: "
                f"{broken[0]} is no longer a finite number (the networks diverged)",
                remedies=self.remedies,
            )
        return means

    def doubt(self) -> str | None:
        """Return why the best weights are not good, ``None`` where nothing says so."""
        return None

    @abstractmethod
    def current_weights(self) -> dict[str, Tensor]:
        """Return a copy of the weights that would be kept if training ended now."""

    @abstractmethod
    def parts(self) -> dict[str, Mapping[str, Tensor]]:
        """Return the tensors of the state, by part; they share memory with the training."""

    def state(self) -> tuple[dict[str, Any], dict[str, Tensor]]:
        """Return all that `resume` needs: a JSON-safe record, and tensors that share memory."""
        record = {name: getattr(self, name) for name in (*self.counters, *self.levels)}
        record["fingerprint"] = self.fingerprint()
        if self.best is not None:
            record |= {"best_epoch": self.best.epoch, "best_metric": self.best.metric}
        return record, self._tensors(best=self.best is not None)

    def _tensors(self, *, best: bool) -> dict[str, Tensor]:
        parts = self.parts()
        if best:
            parts["best"] = self.best.weights if self.best else parts["running"]
        return {f"{part}.{name}": t for part, named in parts.items() for name, t in named.items()}

    def resume(self, saved: checkpoint.Checkpoint) -> None:
        """Go on from a checkpoint that holds a `state`.

        Raises:
            ModelFileError: If it is damaged.
            ResumeError: If it belongs to other data, another seed or other parameters.
        """
        record = saved.config.get("training")
        if not isinstance(record, dict):
            raise ModelFileError(f"{saved.path} holds no state to resume from")
        check_fingerprint(record.get("fingerprint"), self.fingerprint(), table=self._table)
        noted: dict[str, float] = {name: whole(record, name) for name in self.counters}
        noted |= {name: number(record, name) for name in self.levels}
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
        for name, value in noted.items():
            setattr(self, name, value)

    def fingerprint(self) -> str:
        """Return a hash of the data, the seed and the parameters: what a state belongs to.

        The number of epochs is left out: more of them may be asked for.
        """
        if self._digest is not None:
            return self._digest
        fixed = [self._settings, self._table, self._rows, self._seed]
        digest = hashlib.sha256(json.dumps(fixed).encode())
        for encoded in self._encoded:
            if encoded is not None:
                digest.update(encoded.codes.tobytes())
                digest.update(encoded.scalars.tobytes())
        self._digest = digest.hexdigest()
        return self._digest


def _finite(tensor: Tensor) -> bool:
    return not tensor.is_floating_point() or bool(torch.isfinite(tensor).all())


def moments(name: str, values: Mapping[str, Sequence[Tensor]]) -> dict[str, Mapping[str, Tensor]]:
    """Return the moments of an optimiser as parts of a state."""
    return {
        f"{name}.{moment}": {str(i): value for i, value in enumerate(tensors)}
        for moment, tensors in values.items()
    }
