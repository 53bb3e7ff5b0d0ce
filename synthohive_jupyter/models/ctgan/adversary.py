"""`Adversary`: generator against critic, and one training step of both."""

from __future__ import annotations

import copy
import math
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from synthohive_jupyter.models.ctgan.losses import (
    CriticLoss,
    condition_loss,
    critic_loss,
    gumbel,
    gumbel_softmax,
    marginal_loss,
)
from synthohive_jupyter.models.ctgan.networks import Critic
from synthohive_jupyter.models.ctgan.sampling import as_tensors, side_inputs, take
from synthohive_jupyter.models.hardware import low_precision
from synthohive_jupyter.models.optimiser import Adam, average

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np

    from synthohive_jupyter.models.ctgan.conditioning import Batch, TrainingSampler
    from synthohive_jupyter.models.ctgan.config import CTGANConfig
    from synthohive_jupyter.models.ctgan.networks import Generator, Keep, Side
    from synthohive_jupyter.tabular.codecs import Encoded

_SPARE = 2**18
"""Places at which a pool of random numbers can be cut."""


class Adversary:
    """The two networks, their optimisers, and the running average of the generator.

    Args:
        generator: The generator, on the device of training; its weights are drawn here.
        config: Parameters.
        sampler: Draws the batches.
        data: The encoded rows.
        context: Their encoded context, or ``None``.
        rows: Rows of a batch, a multiple of ``pac``.
        rng: Draws the first weights, and the pools of random numbers.

    Attributes:
        generator: The generator in training.
        running: Its running average, which sampling uses.
        critic: The critic.
        low_precision: Whether products are made in bfloat16.
        optimisers: Those of ``generator`` and ``critic``.
    """

    def __init__(
        self,
        generator: Generator,
        config: CTGANConfig,
        *,
        sampler: TrainingSampler,
        data: Encoded,
        context: Encoded | None,
        rows: int,
        rng: np.random.Generator,
    ) -> None:
        self._config, self._sampler, self._data, self._context = config, sampler, data, context
        self._rows = rows
        self.device = generator.space.base.device
        space = generator.space
        self.generator = generator
        self.critic = Critic(
            space.row_padding.cpu(),
            (space.plain_width + 1, space.side_width + generator.context.width),
            pac=config.pac,
            widths=config.discriminator_dim,
            dropout=config.dropout,
        )
        first = torch.Generator().manual_seed(int(rng.integers(2**63)))
        self.generator.initialise(first)
        self.critic.initialise(first)
        self.critic.to(self.device).requires_grad_(requires_grad=False)
        self.running = copy.deepcopy(generator).requires_grad_(requires_grad=False)
        self.optimisers = {
            "generator": Adam(generator.parameters(), decay=config.generator_decay),
            "critic": Adam(self.critic.parameters(), decay=config.discriminator_decay),
        }
        self._frequencies = self._true_frequencies()
        self._noise = torch.Generator(self.device).manual_seed(int(rng.integers(2**63)))
        self.low_precision = low_precision(config.precision, self.device.type)
        noise = gumbel((rows * space.cell_width + _SPARE,), self._noise) / config.tau
        self._gumbel, self._masks = Pool(noise), self._mask_pool()

    def _mask_pool(self) -> Pool | None:
        share = 1 - self._config.dropout
        if share == 1:
            return None
        size = 3 * self._rows // self.critic.pac * self.critic.units + _SPARE
        uniform = torch.rand(size, generator=self._noise, device=self.device)
        kind = torch.bfloat16 if self.low_precision else torch.float32
        return Pool(((uniform < share) / share).to(kind))

    def _true_frequencies(self) -> Tensor:
        space = self.generator.space
        frequencies = torch.zeros(space.cell_width)
        starts = self._sampler.starts
        for index, column in enumerate(space.columns):
            known = self._sampler.frequencies[starts[index] : starts[index] + column.n_codes]
            first = int(space.base[index])
            frequencies[first : first + column.n_codes] = torch.from_numpy(known)
        return frequencies.to(self.device)

    def step(self, rng: np.random.Generator, *, number: int, rate: float) -> dict[str, Tensor]:
        """Make the critic's steps and one step of the generator.

        Args:
            rng: Source of everything random in this step.
            number: How many steps came before, for the running average.
            rate: Factor on the learning rates.

        Returns:
            The losses as scalar tensors.
        """
        config = self._config
        self._noise.manual_seed(int(rng.integers(2**63)))
        losses: dict[str, Tensor] = {}
        for remaining in reversed(range(config.discriminator_steps)):
            batch = self._sampler.batch(rng, self._rows)
            # Only the last batch of generated rows is needed with its graph: for the generator.
            with torch.set_grad_enabled(remaining == 0), self._autocast():
                side, logits, soft, fake = self._generate(batch, rng)
            with self._autocast():
                loss = self._judge(batch, side, fake, rng)
            gradients = [loss.gradients[name] for name, _ in self.critic.named_parameters()]
            self.optimisers["critic"].step(gradients, rate=rate * config.discriminator_lr)
            losses |= {
                "critic": loss.total,
                "wasserstein": loss.wasserstein,
                "penalty": loss.penalty,
                "gradient_norm": loss.gradient_norm,
            }
        with self._autocast():
            adversarial, slope = self._persuade(side, fake.detach(), rng)
        condition, marginal = self._side_losses(batch, logits, soft)
        # Of the critic's verdict the generator sees the slope, which is all that it learns from.
        total = (fake * slope).sum() + condition + config.marginal_weight * marginal
        self.optimisers["generator"].minimise(total, rate=rate * config.generator_lr)
        average(
            list(self.running.parameters()),
            list(self.generator.parameters()),
            decay=config.ema,
            step=number,
        )
        return losses | {
            "generator": adversarial,
            "condition": condition.detach(),
            "marginal": marginal.detach(),
        }

    def _autocast(self) -> torch.autocast:
        # One context per phase: it keeps low-precision copies of weights, which a step outdates.
        return torch.autocast(self.device.type, torch.bfloat16, enabled=self.low_precision)

    def _generate(
        self, batch: Batch, rng: np.random.Generator
    ) -> tuple[Side, Tensor, Tensor, Tensor]:
        space = self.generator.space
        context = None if self._context is None else take(self._context, batch.rows)
        side = side_inputs(self.generator, batch.conditions, context)
        shape = (self._rows, self.generator.noise_width)
        noise = torch.randn(shape, generator=self._noise, device=self.device)
        logits, scalars = self.generator(noise, side)
        soft = gumbel_softmax(space, logits, self._gumbel.cut(logits.shape, rng), self._config.tau)
        return side, logits, soft, space.soft(soft, scalars)

    def _judge(
        self, batch: Batch, side: Side, fake: Tensor, rng: np.random.Generator
    ) -> CriticLoss:
        real = self.generator.space.real(*as_tensors(take(self._data, batch.rows), self.device))
        packs = len(real) // self.critic.pac
        return critic_loss(
            self.critic,
            real,
            fake,
            side,
            mix=torch.rand(packs, 1, generator=self._noise, device=self.device),
            keep=self._keep(3 * packs, rng),
            penalty_weight=self._config.gradient_penalty,
        )

    @torch.no_grad()
    def _persuade(
        self, side: Side, fake: Tensor, rng: np.random.Generator
    ) -> tuple[Tensor, Tensor]:
        """Return the adversarial loss of the generator, and its gradient by the rows."""
        critic, packed = self.critic, fake.view(len(fake) // self.critic.pac, -1)
        first = critic.first(packed, critic.beside(side))
        judged = critic(first, self._keep(len(first), rng))
        by_row = critic.backward(judged.slopes)[0] @ critic.weight(0)
        return -judged.scores.mean(), by_row.view_as(fake) / -len(first)

    def _keep(self, packs: int, rng: np.random.Generator) -> Keep:
        return self._masks.cut((packs, self.critic.units), rng) if self._masks else None

    def _side_losses(self, batch: Batch, logits: Tensor, soft: Tensor) -> tuple[Tensor, Tensor]:
        space, conditions = self.generator.space, batch.conditions
        weights = torch.from_numpy(batch.weights).to(self.device)
        condition = condition_loss(space, logits, conditions.columns, conditions.codes)
        return condition, marginal_loss(space, soft, weights, self._frequencies)


class Pool:
    """Random numbers that were drawn once; every step cuts its own out, at a random place.

    Drawing them anew took a tenth of a step.

    Args:
        numbers: The numbers, one-dimensional.
    """

    def __init__(self, numbers: Tensor) -> None:
        self._numbers = numbers

    def cut(self, shape: Sequence[int], rng: np.random.Generator) -> Tensor:
        """Return numbers in this shape; they are not to be changed."""
        size = math.prod(shape)
        start = int(rng.integers(len(self._numbers) - size + 1))
        return self._numbers[start : start + size].view(*shape)
