"""The two networks: a generator with residual layers, and a packed critic with dropout."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import accumulate
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

Keep = Tensor | None
"""Dropout masks of all hidden layers of the critic side by side, (packs, units), with mean 1."""


class _Linear(nn.Linear):
    """A linear layer that `initialise` fills: torch's own way draws from its global generator."""

    def reset_parameters(self) -> None:
        """Leave the weights as they are."""


def initialise(network: nn.Module, generator: torch.Generator) -> None:
    """Draw the weights of all linear layers, uniform within 1/sqrt(inputs), from ``generator``."""
    for layer in network.modules():
        if isinstance(layer, nn.Linear):
            bound = 1 / math.sqrt(max(layer.in_features, 1))
            for weights in (layer.weight, layer.bias):
                if weights is not None:
                    _uniform(weights, bound, generator)


@torch.no_grad()
def _uniform(weights: Tensor, bound: float, generator: torch.Generator) -> None:
    # Drawn on the CPU, so that every device starts from the same weights.
    weights.copy_(torch.empty(weights.shape).uniform_(-bound, bound, generator=generator))


@dataclass(frozen=True, slots=True)
class Side:
    """What a row is generated and judged by, beside noise: its condition and its context.

    Attributes:
        cells: (rows,) int64, the plain cell that is conditioned on, or ``space.plain_width``.
        dense: (rows, side width): the code vector of a conditioned embedded column, zeros for
            other rows; then the context.
    """

    cells: Tensor
    dense: Tensor

    def __getitem__(self, rows: slice) -> Side:
        """Return some of the rows."""
        return Side(self.cells[rows], self.dense[rows])


class Generator(nn.Module):
    """From noise, condition and context to logits of every code and scalars.

    The network of the paper: linear, batch normalisation, ReLU, and every layer sees the outputs of
    all layers before it, and the input. So the input's products with all layers are made at once,
    and that of the condition, which has a single 1, is the choice of a row of weights.

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

    blank: Tensor

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
        self.scalar_modes = (space.modes if scalar_per_mode else 1) if space.modes else 0
        self._parts = [
            space.plain_width,
            len(space.scalar_columns) * self.scalar_modes,
            len(space.embedded) * _RANK,
        ]
        self._outputs = [*widths, sum(self._parts)]
        total = sum(self._outputs)
        dense = noise_width + space.side_width + context.width
        self.entry = _Linear(dense, total, device=device)
        self.condition = nn.Parameter(torch.zeros(space.plain_width + 1, total, device=device))
        self.norms = nn.ModuleList(nn.BatchNorm1d(width, device=device) for width in widths)
        before = list(accumulate(widths))
        self.deep = nn.ModuleList(
            _Linear(inputs, outputs, bias=False, device=device)
            for inputs, outputs in zip(before, self._outputs[1:], strict=True)
        )
        sizes = [space.columns[i].n_codes for i in space.embedded]
        self.expand = nn.ModuleList(_Linear(_RANK, size, device=device) for size in sizes)
        blank = torch.zeros(total, dtype=torch.bool)
        start = sum(widths)
        blank[start : start + space.plain_width] = space.padding[: space.plain_width]
        self.register_buffer("blank", blank, persistent=False)

    def initialise(self, generator: torch.Generator) -> None:
        """Draw the weights as if every layer were one product with all that it sees."""
        seen = self.entry.in_features + self.space.plain_width
        stops = list(accumulate(self._outputs))
        for index, (width, stop) in enumerate(zip(self._outputs, stops, strict=True)):
            bound = 1 / math.sqrt(max(seen + stop - width, 1))
            parts = [self.entry.weight, self.entry.bias, self.condition.T]
            for part in parts:
                _uniform(part[stop - width : stop], bound, generator)
            if index:
                weight = self.deep[index - 1].weight
                assert isinstance(weight, Tensor)
                _uniform(weight, bound, generator)
        initialise(self.expand, generator)

    def forward(self, noise: Tensor, side: Side) -> tuple[Tensor, Tensor]:
        """Return logits (rows, cell_width), minus infinity in padding, and scalars in [-1, 1].

        The scalars are (rows, scalar columns, modes), or (rows, scalar columns, 1) where all modes
        share one. Sums and normalisations are float32 under autocast too.
        """
        dense = torch.cat([noise, side.dense], 1) if side.dense.shape[1] else noise
        bias = self.entry.bias.masked_fill(self.blank, -torch.inf)
        first = functional.linear(dense, self.entry.weight).float()
        first = first + functional.embedding(side.cells, self.condition + bias)
        first, *later = first.split(self._outputs, 1)
        # Of numbers that do not lie side by side the normalisation is nine times slower.
        hidden = torch.relu(self.norms[0](first.contiguous()))
        for index, (deep, part) in enumerate(zip(self.deep, later, strict=True), start=1):
            out = part + deep(hidden)
            if index < len(self.norms):
                hidden = torch.cat([hidden, torch.relu(self.norms[index](out))], 1)
        logits, scalars, low_rank = out.split(self._parts, 1)
        if self.expand:
            codes = [
                expand(part).float()
                for expand, part in zip(self.expand, low_rank.split(_RANK, 1), strict=True)
            ]
            logits = torch.cat([logits, *codes], 1)
        shape = (len(noise), len(self.space.scalar_columns), self.scalar_modes)
        return logits, torch.tanh(scalars).reshape(shape)


class Critic(nn.Module):
    """An MLP that judges packs of rows, with gradients in closed form.

    Between two kinks of the LeakyReLUs the critic is linear: the gradient of a score by what a
    layer receives is a product of weights with the slopes above it. `backward` writes that product
    down, for all gradients that CTGAN needs; autograd is not used.

    Args:
        padding: Which places of one row are always 0. Their weights start at 0 and, as no gradient
            ever reaches them, stay there: padding is in neither the score nor the penalty.
        side: Number of conditions that are chosen, and width of what is dense beside them.
        pac: Rows of a pack.
        widths: Widths of the hidden layers.
        dropout: Share of hidden units that are left out.

    Attributes:
        units: Hidden units of all layers.
    """

    slots: Tensor

    def __init__(
        self,
        padding: Tensor,
        side: tuple[int, int],
        *,
        pac: int,
        widths: Sequence[int],
        dropout: float,
    ) -> None:
        super().__init__()
        self.pac, self.dropout, self.units = pac, dropout, sum(widths)
        self._padding, self._widths = padding.repeat(pac), list(widths)
        conditions, dense = side
        inputs = [len(self._padding), *widths[:-1]]
        self.layers = nn.ModuleList(_Linear(i, o) for i, o in zip(inputs, widths, strict=True))
        self.condition = nn.Parameter(torch.zeros(pac * conditions, widths[0]))
        self.dense = nn.Parameter(torch.zeros(pac * dense, widths[0]))
        self.score_layer = _Linear(widths[-1], 1)
        slots = torch.arange(pac) * conditions
        self.register_buffer("slots", slots, persistent=False)

    def initialise(self, generator: torch.Generator) -> None:
        """Draw the weights, and put those of padding at 0."""
        initialise(self, generator)
        with torch.no_grad():
            seen = self.weight(0).shape[1] + len(self.condition) + len(self.dense)
            for part in (*self.layers[0].parameters(), self.condition, self.dense):
                _uniform(part, 1 / math.sqrt(seen), generator)
            self.weight(0).masked_fill_(self._padding.to(self.weight(0).device), 0.0)

    def cells(self, side: Side) -> Tensor:
        """Return for each pack the rows of ``condition`` that are chosen, (packs, pac)."""
        return side.cells.view(-1, self.pac) + self.slots

    def beside(self, side: Side) -> Tensor:
        """Return what condition and context add to the first pre-activation, (packs, width)."""
        chosen = functional.embedding_bag(self.cells(side), self.condition, mode="sum")
        if not len(self.dense):
            return chosen
        return chosen + side.dense.reshape(len(chosen), -1) @ self.dense

    def first(self, packed: Tensor, beside: Tensor) -> Tensor:
        """Return the first pre-activation, (packs, width), of (packs, pac * width of a row)."""
        first: Tensor = self.layers[0](packed)
        return first + beside.to(first.dtype)

    def forward(self, first: Tensor, keep: Keep) -> Judgement:
        """Judge packs by their first pre-activations."""
        slopes: list[Tensor] = []
        hidden: list[Tensor] = []
        masks = [None] * len(self.layers) if keep is None else keep.split(self._widths, 1)
        for index, mask in enumerate(masks):
            out = self.layers[index](hidden[-1]) if index else first
            slopes.append(_slope(out, mask))
            hidden.append(out * slopes[-1])
        # A product with one column is slow in bfloat16, and would round the score.
        weight = self.score_layer.weight[0]
        scores = torch.mv(hidden[-1].to(weight.dtype), weight) + self.score_layer.bias
        return Judgement(scores, hidden, slopes)

    def backward(self, slopes: Sequence[Tensor]) -> list[Tensor]:
        """Return the gradient of each pack's score by its pre-activation in every layer."""
        gradients = [slopes[-1] * self.score_layer.weight.to(slopes[-1].dtype)]
        for index in range(len(self.layers) - 1, 0, -1):
            gradients.insert(0, (gradients[0] @ self.weight(index)) * slopes[index - 1])
        return gradients

    def weight(self, layer: int) -> Tensor:
        """Return the weights of a hidden layer, (outputs, inputs)."""
        weight = self.layers[layer].weight
        assert isinstance(weight, Tensor)
        return weight


@dataclass(frozen=True, slots=True)
class Judgement:
    """What the critic makes of packs.

    Attributes:
        scores: (packs,).
        hidden: Output of each hidden layer, (packs, width).
        slopes: Slope of each unit, dropout included, (packs, width).
    """

    scores: Tensor
    hidden: list[Tensor]
    slopes: list[Tensor]


@torch.no_grad()
def _slope(x: Tensor, mask: Tensor | None) -> Tensor:
    """Return the slope of LeakyReLU and dropout together, by which they are a product."""
    # As an operator of its own this is the gradient of LeakyReLU; `where` is 20 times slower.
    mask = torch.ones_like(x) if mask is None else mask
    slope: Tensor = torch.ops.aten.leaky_relu_backward(mask.to(x.dtype), x, LEAK, False)
    return slope
