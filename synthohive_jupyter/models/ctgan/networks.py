"""The two networks: a generator with residual layers, and a packed critic with dropout."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn
from torch.nn import functional

if TYPE_CHECKING:
    from collections.abc import Sequence

    from synthohive_jupyter.models.ctgan.rows import RowSpace

LEAK = 0.2
"""Slope of the critic's LeakyReLU below zero, as in the paper."""

_RANK = 32
"""Width of the bottleneck before the codes of an embedded column."""

Masks = list[Tensor] | None
"""Dropout masks, one (packs, width) per hidden layer of the critic; ``None`` without dropout."""


class _Linear(nn.Linear):
    """A linear layer that `initialise` fills: torch's own way draws from its global generator."""

    def reset_parameters(self) -> None:
        """Leave the weights as they are."""


def initialise(network: nn.Module, generator: torch.Generator) -> None:
    """Draw the weights of all linear layers, uniform within 1/sqrt(inputs), from ``generator``."""
    with torch.no_grad():
        for layer in network.modules():
            if isinstance(layer, nn.Linear):
                bound = 1 / math.sqrt(max(layer.in_features, 1))
                for weights in (layer.weight, layer.bias):
                    # Drawn on the CPU, so that every device starts from the same weights.
                    drawn = torch.empty(weights.shape).uniform_(-bound, bound, generator=generator)
                    weights.copy_(drawn)


class ResidualLayer(nn.Module):
    """Linear, batch normalisation, ReLU; the input is appended to the output, as in the paper."""

    def __init__(self, inputs: int, outputs: int, device: str) -> None:
        super().__init__()
        self.linear = _Linear(inputs, outputs, device=device)
        self.norm = nn.BatchNorm1d(outputs, device=device)

    def forward(self, x: Tensor) -> Tensor:
        """Return (rows, outputs + inputs). The normalisation is done in float32."""
        hidden = torch.relu(self.norm(self.linear(x).float()))
        return torch.cat([hidden, x], 1)


class Generator(nn.Module):
    """From noise, condition and context to logits of every code and scalars.

    Args:
        space: Geometry of the rows.
        context: Geometry of the context; without columns where there is none.
        noise_width: Width of the noise vector.
        widths: Widths of the residual layers.
        scalar_per_mode: Whether each mode has a scalar of its own.
        device: ``"cpu"``, or ``"meta"`` for the shapes of the weights only.

    Attributes:
        space: Geometry of the rows; its code vectors are saved with the weights.
        context: Geometry of the context, likewise.
        noise_width: Width of the noise vector.
    """

    def __init__(
        self,
        space: RowSpace,
        context: RowSpace,
        *,
        noise_width: int,
        widths: Sequence[int],
        scalar_per_mode: bool,
        device: str = "cpu",
    ) -> None:
        super().__init__()
        self.space, self.context, self.noise_width = space, context, noise_width
        inputs = noise_width + space.condition_width + context.width
        self.scalar_modes = (space.modes if scalar_per_mode else 1) if space.modes else 0
        layers = []
        for width in widths:
            layers.append(ResidualLayer(inputs, width, device))
            inputs += width
        self.layers = nn.ModuleList(layers)
        self._parts = [
            space.plain_width,
            len(space.scalar_columns) * self.scalar_modes,
            len(space.embedded) * _RANK,
        ]
        self.head = _Linear(inputs, sum(self._parts), device=device)
        sizes = [space.columns[i].n_codes for i in space.embedded]
        self.expand = nn.ModuleList(_Linear(_RANK, size, device=device) for size in sizes)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Return logits (rows, cell_width), minus infinity in padding, and scalars in [-1, 1].

        ``x`` is noise, condition and context side by side. The scalars are (rows, scalar columns,
        modes), or (rows, scalar columns, 1) where all modes share one.
        """
        for layer in self.layers:
            x = layer(x)
        plain, scalars, low_rank = self.head(x).split(self._parts, 1)
        codes = [
            expand(part)
            for expand, part in zip(self.expand, low_rank.split(_RANK, 1), strict=False)
        ]
        logits = torch.cat([plain, *codes], 1).float()
        logits = logits.masked_fill(self.space.padding, -torch.inf)
        shape = (len(x), len(self.space.scalar_columns), self.scalar_modes)
        return logits, torch.tanh(scalars.float()).reshape(shape)


class Critic(nn.Module):
    """An MLP that judges packs of rows; its input gradient has a closed form.

    Between two kinks of the LeakyReLUs the critic is linear: its gradient by the input is the
    product of its weights with the slopes and dropout masks in between. `input_gradient` writes
    that product down, so that the gradient penalty needs first-order autograd only.

    Args:
        padding: Which places of one row's input (row, condition, context) are always 0. Their
            weights start at 0 and, as no gradient ever reaches them, stay there: padding is in
            neither the score nor the penalty.
        pac: Rows of a pack.
        widths: Widths of the hidden layers.
        dropout: Share of hidden units that are left out.
    """

    def __init__(self, padding: Tensor, *, pac: int, widths: Sequence[int], dropout: float) -> None:
        super().__init__()
        self.pac, self.dropout = pac, dropout
        self._padding = padding.repeat(pac)
        inputs = [len(self._padding), *widths[:-1]]
        self.layers = nn.ModuleList(_Linear(i, o) for i, o in zip(inputs, widths, strict=True))
        self.score_layer = _Linear(widths[-1], 1)

    def initialise(self, generator: torch.Generator) -> None:
        """Draw the weights, and put those of padding at 0."""
        initialise(self, generator)
        with torch.no_grad():
            self._weight(0).masked_fill_(self._padding.to(self._weight(0).device), 0.0)

    def _weight(self, layer: int) -> Tensor:
        weight = self.layers[layer].weight
        assert isinstance(weight, Tensor)
        return weight

    def masks(self, packs: int, generator: torch.Generator) -> Masks:
        """Draw dropout masks for ``packs`` packs, scaled to a mean of 1."""
        if not self.dropout:
            return None
        keep = 1 - self.dropout
        widths = [len(self._weight(i)) for i in range(len(self.layers))]
        uniform = torch.rand(packs, sum(widths), generator=generator, device=generator.device)
        return list(((uniform < keep).float() / keep).split(widths, 1))

    def first(self, rows: Tensor) -> Tensor:
        """Return the first pre-activation, (packs, width), of (packs * pac, inputs) rows."""
        first: Tensor = self.layers[0](rows.reshape(len(rows) // self.pac, -1))
        return first

    def score(self, first: Tensor, masks: Masks) -> Tensor:
        """Return the score of each pack, (packs,), from its first pre-activation."""
        hidden = _activate(first, masks, 0)
        for index, layer in enumerate(self.layers[1:], start=1):
            hidden = _activate(layer(hidden), masks, index)
        score: Tensor = self.score_layer(hidden)
        return score.float().squeeze(1)

    def input_gradient(self, first: Tensor, masks: Masks) -> Tensor:
        """Return the gradient of the score by the packed input, (packs, pac * inputs).

        It is differentiable in the weights. ``first`` gives only the signs, so it needs no graph.
        """
        slopes = self._slopes(first, masks)
        gradient = slopes[-1] * self.score_layer.weight
        for index in range(len(self.layers) - 1, 0, -1):
            gradient = (gradient @ self._weight(index)) * slopes[index - 1]
        return gradient @ self._weight(0)

    @torch.no_grad()
    def _slopes(self, first: Tensor, masks: Masks) -> list[Tensor]:
        slopes = [_slope(first, masks, 0)]
        hidden = _activate(first, masks, 0)
        for index, layer in enumerate(self.layers[1:], start=1):
            first = layer(hidden)
            hidden = _activate(first, masks, index)
            slopes.append(_slope(first, masks, index))
        return slopes


def _activate(x: Tensor, masks: Masks, index: int) -> Tensor:
    hidden = functional.leaky_relu(x, LEAK)
    return hidden if masks is None else hidden * masks[index]


def _slope(x: Tensor, masks: Masks, index: int) -> Tensor:
    slope = torch.where(x > 0, 1.0, LEAK)
    return slope if masks is None else slope * masks[index]
