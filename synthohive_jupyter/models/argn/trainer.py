"""The training loop: a generator of `EpochEnded` that stops itself.

The likelihood of rows that training does not see is measured after every epoch, with the averaged
weights and in the order in which rows are drawn. While it improves the learning rate is constant;
when it stands still, the rate falls to 0 over twice as many epochs as there were before, and that
is the end. So the length of a fit follows from the data: about 15 epochs of 24,000 rows, more of a
few hundred.

Why not simply stop at the minimum: columns that are nearly noise are overfitted first and dominate
the likelihood, while sharp relations are still being learnt. The weights of a fallen rate, at the
same likelihood as those of the minimum, took the AUC of a two-sample test from .53 to .52.
In the last epoch the best weights are calibrated, see `calibration`.
"""

from __future__ import annotations

import copy
import math
import time
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import torch

from synthohive_jupyter.events import EpochEnded
from synthohive_jupyter.models.argn.calibration import calibrate
from synthohive_jupyter.models.argn.orders import Orders
from synthohive_jupyter.models.hardware import low_precision, thread_count
from synthohive_jupyter.models.health import LARGER_BATCH, TREES
from synthohive_jupyter.models.optimiser import Adam, average
from synthohive_jupyter.models.training import VALIDATION, WEIGHTS, Best, Training, moments
from synthohive_jupyter.seeding import stream

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from torch import Tensor

    from synthohive_jupyter.events import CancelToken
    from synthohive_jupyter.models.argn.config import ARGNConfig
    from synthohive_jupyter.models.argn.network import Network
    from synthohive_jupyter.models.fits import Coded

# Blocks of the stage "fit" for the order of the rows, one an epoch; steps never get there.
_FIRST_EPOCH = 2**31

_BETAS = (0.9, 0.999)
_BASE_ROWS = 512
"""Rows of a step for which the learning rate is meant."""
_STEPS, _LEAST_ROWS = 40, 32
"""An epoch has at least so many steps, as long as each has so many rows."""
_VALIDATION_ROWS = (200, 5000)
_FEW_ROWS = 20
_CHUNK = 1024
_WARM_UP = 20
_NONE_YET = 1e300
_STANDSTILL = 2e-3
"""Less improvement than this share of the likelihood is a standstill."""
_LENGTH = 3
"""Epochs in all for each one before the standstill."""
_TOLERANCE = 2e-3
"""So far above the minimum the likelihood of the weights that are kept may lie."""


class Trainer(Training):
    """Trains a network and keeps its best weights.

    Args:
        network: The network.
        coded: What to learn.
        config: Parameters.
        epochs: Most epochs.
        batch_size: Most rows of a step; small tables have smaller ones.
        seed: Root seed.

    Attributes:
        cooling: The epoch after which the learning rate falls, 0 while it is not known.
        least: The least validation metric so far.
    """

    counters: ClassVar[tuple[str, ...]] = ("step", "stale", "cooling")
    levels: ClassVar[tuple[str, ...]] = ("least",)
    remedies: ClassVar[tuple[str, ...]] = (
        TREES,
        LARGER_BATCH,
        "in Python: a lower learning_rate (1e-3), or precision='float32'",
    )

    def __init__(
        self,
        network: Network,
        coded: Coded,
        config: ARGNConfig,
        *,
        epochs: int,
        batch_size: int,
        seed: int,
    ) -> None:
        unseen = held_out(coded, config.validation_share, seed)
        n_rows = int((~unseen).sum())
        rows = min(batch_size, max(n_rows // _STEPS, _LEAST_ROWS), n_rows)
        super().__init__(
            table=coded.table,
            seed=seed,
            epochs=epochs,
            settings=config.to_dict(),
            batch_rows=rows,
            data=(coded.rows, coded.context_rows),
        )
        self._config, self._network = config, network
        self.steps_per_epoch = max(n_rows // rows, 1)
        self.cooling, self.least = 0, _NONE_YET
        digits, context = _digits(network, coded)
        self._rows_of = torch.from_numpy(np.flatnonzero(~unseen))
        seen = np.flatnonzero(unseen if unseen.any() else ~unseen)[: _VALIDATION_ROWS[1]]
        self._validation = (digits[seen].long(), None if context is None else context[seen].long())
        self._digits, self._context = digits, context
        self._orders = Orders(len(network.space.parts), config.canonical_share)
        self._low_precision = low_precision(config.precision, "cpu")
        rng = stream(seed, coded.table, "fit", WEIGHTS)
        with thread_count(config.threads):
            network.initialise(torch.Generator().manual_seed(int(rng.integers(2**63))))
            size = rows * len(network.bias)
            self._pool = _dropout_pool(rng, config.dropout, size, low=self._low_precision)
        self._running = copy.deepcopy(network).requires_grad_(requires_grad=False)
        # Without a context its weights are empty, and have no gradient.
        used = [p for p in network.parameters() if p.numel()]
        decay = config.weight_decay
        self._optimiser = Adam(used, betas=_BETAS, shrink=network.matrices, shrink_rate=decay)
        self._permutation: tuple[int, Tensor] | None = None
        rate = config.learning_rate * math.sqrt(rows / _BASE_ROWS)
        self._peak = max(rate, config.learning_rate / 2)

    def train(self, *, interval: int, cancel: CancelToken | None = None) -> Iterator[EpochEnded]:  # noqa: ARG002 - every epoch is validated
        """Train until the likelihood stands still and the rate has fallen, yielding each epoch."""
        while not self._ended():
            epoch, started = self.epochs_run + 1, time.perf_counter()
            with thread_count(self._config.threads):
                losses = self.run_epoch(epoch, cancel)
                if self.cancelled:
                    return
                seconds = time.perf_counter() - started
                metric = self._likelihood()
            best = self._judge(epoch, metric)
            if self._ended():
                self._calibrate()
            yield EpochEnded(
                self._table,
                epoch,
                self._planned(),
                losses=losses | {"validation_nll": metric},
                metric=metric,
                best=best,
                seconds=time.perf_counter() - started,
                rows_per_second=self.steps_per_epoch * self._rows / seconds,
            )

    def make_step(self, step: int, rng: np.random.Generator) -> dict[str, Tensor]:
        """Make one step: half of the rows in canonical order, half in a random one."""
        network, rows = self._network, self._batch(step)
        digits = self._digits[rows].long()
        context = None if self._context is None else self._context[rows].long()
        masks = self._orders.mixed(len(rows), rng)
        with torch.autocast("cpu", torch.bfloat16, enabled=self._low_precision):
            logits = network(digits, context, masks, self._dropout(len(rows), rng))
            loss = network.negative_log_likelihood(logits, digits)
        self._optimiser.minimise(loss, rate=self._rate(step))
        average(
            list(self._running.parameters()),
            list(network.parameters()),
            decay=self._config.ema,
            step=step,
        )
        return {"nll": loss.detach()}

    def _batch(self, step: int) -> Tensor:
        epoch, place = divmod(step, self.steps_per_epoch)
        if self._permutation is None or self._permutation[0] != epoch:
            rng = stream(self._seed, self._table, "fit", _FIRST_EPOCH + epoch)
            order = torch.from_numpy(rng.permutation(len(self._rows_of)))
            self._permutation = epoch, self._rows_of[order]
        return self._permutation[1][place * self._rows : (place + 1) * self._rows]

    def _dropout(self, rows: int, rng: np.random.Generator) -> Tensor | None:
        """Cut a mask out of the pool at a random place: drawing one took a fifth of a step."""
        if self._pool is None:
            return None
        size = rows * len(self._network.bias)
        start = int(rng.integers(len(self._pool) - size + 1))
        return self._pool[start : start + size].view(rows, -1)

    def _ended(self) -> bool:
        return self.epochs_run >= self._planned() or self.stale >= self._config.patience

    def _planned(self) -> int:
        """Return the last epoch: unknown before the standstill, then a multiple of those so far."""
        return min(_LENGTH * self.cooling, self._epochs) if self.cooling else self._epochs

    def _rate(self, step: int) -> float:
        warm = min((step + 1) / _WARM_UP, 1.0) * self._peak
        if not self.cooling:
            return warm
        first = self.cooling * self.steps_per_epoch
        steps = max(self._planned() * self.steps_per_epoch - first, 1)
        return warm * (1 + math.cos(math.pi * (step - first) / steps)) / 2

    @torch.no_grad()
    def _likelihood(self) -> float:
        """Return the mean -log p of a validation row, with the averaged weights, in nats."""
        total, (digits, context) = 0.0, self._validation
        for start in range(0, len(digits), _CHUNK):
            part = digits[start : start + _CHUNK]
            beside = None if context is None else context[start : start + _CHUNK]
            logits = self._running(part, beside, self._orders.canonical(len(part)))
            loss = self._running.negative_log_likelihood(logits, part)
            total += float(loss) * len(part)
        return total / len(digits)

    def _judge(self, epoch: int, metric: float) -> bool:
        """Take the weights if they are the best, and decide whether the rate falls from here."""
        stands = metric > self.least - _STANDSTILL * abs(self.least)
        if not self.cooling and (stands or 2 * epoch >= self._epochs):
            self.cooling = epoch
        # With a falling rate later weights are sharper at the same likelihood.
        slack = _TOLERANCE * abs(self.least) if self.cooling and self.best else 0.0
        best = metric < self.least + slack
        self.least = min(self.least, metric)
        self.stale = 0 if best else self.stale + 1
        if best:
            self.best = Best(self.current_weights(), metric, epoch)
        return best

    def doubt(self) -> str | None:
        """Tell where rows are less likely than if each column were drawn on its own."""
        alone = self._likelihood_of_columns()
        if self.best is None or self.best.metric < alone + max(1.0, alone / 4):
            return None
        return (
            f"the training has not succeeded: its best likelihood ({self.best.metric:.3g} nats a "
            f"row) is worse than that of columns drawn one by one ({alone:.3g})"
        )

    def _likelihood_of_columns(self) -> float:
        """Return the mean -log p of a validation row from the frequencies of each column."""
        total, seen = 0.0, self._validation[0]
        for place in range(self._digits.shape[1]):
            counts = torch.bincount(self._digits[:, place].long()).double()
            total -= float(torch.log(counts[seen[:, place]] / len(self._digits)).mean())
        return total

    def _calibrate(self) -> None:
        """Make the best weights give every code its share of all rows."""
        if self.best is None:
            return
        network = copy.deepcopy(self._running)
        network.load_state_dict(self.best.weights)
        with thread_count(self._config.threads):
            calibrate(network, self._digits, self._context)
        self.best = replace(self.best, weights=network.state_dict())

    def current_weights(self) -> dict[str, Tensor]:
        """Return a copy of the averaged weights."""
        return {name: value.clone() for name, value in self._running.state_dict().items()}

    def parts(self) -> dict[str, Mapping[str, Tensor]]:
        """Return weights, averaged weights and moments."""
        return {
            "network": self._network.state_dict(),
            "running": self._running.state_dict(),
            **moments("optimiser", self._optimiser.moments),
        }


def held_out(coded: Coded, share: float, seed: int) -> np.ndarray:
    """Return which rows training does not see: whole families, none of a tiny table.

    Args:
        coded: The table.
        share: Share of the rows; small tables hold out up to a fifth.
        seed: Root seed.
    """
    n_rows = len(coded.rows.codes)
    rng = stream(seed, coded.table, "fit", VALIDATION)
    family = (
        np.arange(n_rows)
        if coded.families is None
        else np.unique(coded.families, return_inverse=True)[1]
    )
    n_families = int(family.max()) + 1
    wanted = max(share * n_rows, min(_VALIDATION_ROWS[0], n_rows / 5)) if share else 0.0
    count = int(min(wanted, _VALIDATION_ROWS[1]) * n_families / n_rows)
    if n_rows < _FEW_ROWS or n_families - count < 1:
        count = 0
    chosen = np.zeros(n_families, dtype=np.bool_)
    chosen[rng.permutation(n_families)[:count]] = True
    return chosen[family]


def _digits(network: Network, coded: Coded) -> tuple[Tensor, Tensor | None]:
    """Return the codes of rows and context, by variable; 16 bits hold every code of one."""
    own = torch.from_numpy(network.space.digits(coded.rows.codes).astype(np.int16))
    if coded.context_rows is None:
        return own, None
    beside = network.context_space.digits(coded.context_rows.codes)
    return own, torch.from_numpy(beside.astype(np.int16))


def _dropout_pool(rng: np.random.Generator, share: float, size: int, *, low: bool) -> Tensor | None:
    """Return a pool of scaled dropout masks, some steps long."""
    if not share:
        return None
    kept = torch.from_numpy(rng.random(4 * size, dtype=np.float32) >= share)
    return kept.to(torch.bfloat16 if low else torch.float32) / (1 - share)
