"""`Adversary`: generator against critic, and one training step of both."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from synthohive_jupyter.models.ctgan.losses import (
    CriticLoss,
    condition_loss,
    critic_loss,
    gumbel_softmax,
    marginal_loss,
)
from synthohive_jupyter.models.ctgan.networks import Critic, initialise
from synthohive_jupyter.models.ctgan.sampling import as_tensors, side_inputs, take
from synthohive_jupyter.models.hardware import low_precision
from synthohive_jupyter.models.optimiser import Adam, average

if TYPE_CHECKING:
    import numpy as np

    from synthohive_jupyter.models.ctgan.conditioning import Batch, TrainingSampler
    from synthohive_jupyter.models.ctgan.config import CTGANConfig
    from synthohive_jupyter.models.ctgan.networks import Generator
    from synthohive_jupyter.tabular.codecs import Encoded


class Adversary:
    """The two networks, their optimisers, and the running average of the generator.

    Args:
        generator: The generator, on the device of training; its weights are drawn here.
        config: Parameters.
        sampler: Draws the batches.
        data: The encoded rows.
        context: Their encoded context, or ``None``.
        rng: Draws the first weights.

    Attributes:
        generator: The generator in training.
        running: Its running average, which sampling uses.
        critic: The critic.
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
        rng: np.random.Generator,
    ) -> None:
        self._config, self._sampler, self._data, self._context = config, sampler, data, context
        self.device = generator.space.base.device
        space = generator.space
        padding = [space.row_padding, space.condition_padding, generator.context.row_padding]
        self.generator = generator
        self.critic = Critic(
            torch.cat(padding).cpu(),
            pac=config.pac,
            widths=config.discriminator_dim,
            dropout=config.dropout,
        )
        with torch.no_grad():
            first = torch.Generator().manual_seed(int(rng.integers(2**63)))
            initialise(self.generator, first)
            self.critic.initialise(first)
        self.critic.to(self.device)
        self.running = copy.deepcopy(generator).requires_grad_(requires_grad=False)
        self.optimisers = {
            "generator": Adam(generator.parameters(), decay=config.generator_decay),
            "critic": Adam(self.critic.parameters(), decay=config.discriminator_decay),
        }
        self._frequencies = self._true_frequencies()
        self._noise = torch.Generator(self.device)
        self._low_precision = low_precision(config.precision, self.device.type)

    def _true_frequencies(self) -> Tensor:
        space = self.generator.space
        frequencies = torch.zeros(space.cell_width)
        starts = self._sampler.starts
        for index, column in enumerate(space.columns):
            known = self._sampler.frequencies[starts[index] : starts[index] + column.n_codes]
            first = int(space.base[index])
            frequencies[first : first + column.n_codes] = torch.from_numpy(known)
        return frequencies.to(self.device)

    def step(
        self, rng: np.random.Generator, *, rows: int, number: int, rate: float
    ) -> dict[str, Tensor]:
        """Make the critic's steps and one step of the generator.

        Args:
            rng: Source of everything random in this step.
            rows: Rows of a batch, a multiple of ``pac``.
            number: How many steps came before, for the running average.
            rate: Factor on the learning rates.

        Returns:
            The losses as scalar tensors.
        """
        config = self._config
        self._noise.manual_seed(int(rng.integers(2**63)))
        losses: dict[str, Tensor] = {}
        for remaining in reversed(range(config.discriminator_steps)):
            batch = self._sampler.batch(rng, rows)
            # Only the last batch of generated rows is needed with its graph: for the generator.
            with torch.set_grad_enabled(remaining == 0), self._autocast():
                side, logits, soft, fake = self._generate(batch)
            with self._autocast():
                loss = self._judge(batch, side, fake.detach())
            self.optimisers["critic"].minimise(loss.total, rate=rate * config.discriminator_lr)
            losses |= {
                "critic": loss.total.detach(),
                "wasserstein": loss.wasserstein,
                "penalty": loss.penalty,
                "gradient_norm": loss.gradient_norm,
            }
        with self._autocast():
            first = self.critic.first(torch.cat([fake, side], 1))
            masks = self.critic.masks(len(first), self._noise)
            adversarial = -self.critic.score(first, masks).mean()
        condition, marginal = self._side_losses(batch, logits, soft)
        total = adversarial + condition + config.marginal_weight * marginal
        self.optimisers["generator"].minimise(total, rate=rate * config.generator_lr)
        average(
            list(self.running.parameters()),
            list(self.generator.parameters()),
            decay=config.ema,
            step=number,
        )
        return losses | {
            "generator": adversarial.detach(),
            "condition": condition.detach(),
            "marginal": marginal.detach(),
        }

    def _autocast(self) -> torch.autocast:
        # One context per phase: it keeps low-precision copies of weights, which a step outdates.
        return torch.autocast(self.device.type, torch.bfloat16, enabled=self._low_precision)

    def _generate(self, batch: Batch) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        space, rows = self.generator.space, len(batch.rows)
        context = None if self._context is None else take(self._context, batch.rows)
        side = side_inputs(self.generator, batch.conditions, context)
        noise = torch.randn(
            rows, self.generator.noise_width, generator=self._noise, device=self.device
        )
        logits, scalars = self.generator(torch.cat([noise, side], 1))
        uniforms = torch.rand(logits.shape, generator=self._noise, device=self.device)
        soft = gumbel_softmax(space, logits, uniforms, self._config.tau)
        return side, logits, soft, space.soft(soft, scalars)

    def _judge(self, batch: Batch, side: Tensor, fake: Tensor) -> CriticLoss:
        real = self.generator.space.real(*as_tensors(take(self._data, batch.rows), self.device))
        packs = len(real) // self.critic.pac
        mix = torch.rand(packs, 1, generator=self._noise, device=self.device)
        return critic_loss(
            self.critic,
            torch.cat([real, side], 1),
            torch.cat([fake, side], 1),
            mix=mix,
            masks=(
                self.critic.masks(2 * packs, self._noise),
                self.critic.masks(packs, self._noise),
            ),
            penalty_weight=self._config.gradient_penalty,
        )

    def _side_losses(self, batch: Batch, logits: Tensor, soft: Tensor) -> tuple[Tensor, Tensor]:
        space, conditions = self.generator.space, batch.conditions
        columns, codes, weights = (
            torch.from_numpy(part).to(self.device)
            for part in (conditions.columns, conditions.codes, batch.weights)
        )
        condition = condition_loss(space, logits, columns, codes)
        return condition, marginal_loss(space, soft, weights, self._frequencies)
