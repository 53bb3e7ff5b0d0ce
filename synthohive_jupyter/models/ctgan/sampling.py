"""Drawing codes and scalars from a generator: exact draws, in evaluation mode."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor, nn

from synthohive_jupyter.models.ctgan.losses import softmax
from synthohive_jupyter.models.ctgan.networks import Side
from synthohive_jupyter.tabular.codecs import Encoded

if TYPE_CHECKING:
    from synthohive_jupyter.models.ctgan.conditioning import Conditions, ConditionTable
    from synthohive_jupyter.models.ctgan.networks import Generator
    from synthohive_jupyter.models.ctgan.rows import RowSpace

_CHUNK = 512
"""Rows at a time: their activations stay in the cache, and their memory is not given back."""


def inputs(
    generator: Generator,
    table: ConditionTable,
    rng: np.random.Generator,
    *,
    rows: int,
    context: Encoded | None,
) -> tuple[Tensor, Side]:
    """Return noise and conditions of the generator as sampling has them.

    Without a context the conditions are drawn with the true frequencies: only then is the mixture
    of conditional draws unbiased. With one there is no condition.
    """
    conditions = table.none(rows) if context is not None else table.draw(rng, rows)
    noise = rng.standard_normal((rows, generator.noise_width), dtype=np.float32)
    device = generator.space.base.device
    side = side_inputs(generator, conditions, context)
    return torch.from_numpy(noise).to(device), side


def side_inputs(generator: Generator, conditions: Conditions, context: Encoded | None) -> Side:
    """Return condition and context as both networks see them."""
    device = generator.space.base.device
    columns, codes = (
        torch.from_numpy(part).to(device) for part in (conditions.columns, conditions.codes)
    )
    cells, dense = generator.space.condition(columns, codes)
    if context is not None:
        dense = torch.cat([dense, generator.context.real(*as_tensors(context, device))], 1)
    return Side(cells, dense)


def take(encoded: Encoded, rows: np.ndarray) -> Encoded:
    """Return the encoded rows with these numbers."""
    return Encoded(encoded.codes[rows], encoded.scalars[rows])


def beside(encoded: Encoded, context: Encoded | None) -> Encoded:
    """Return encoded rows with the columns of their context after their own."""
    if context is None:
        return encoded
    return Encoded(
        np.hstack([encoded.codes, context.codes]), np.hstack([encoded.scalars, context.scalars])
    )


def as_tensors(encoded: Encoded, device: torch.device) -> tuple[Tensor, Tensor]:
    """Return codes as int64 and scalars as float32 on a device."""
    codes = torch.from_numpy(encoded.codes.astype(np.int64)).to(device)
    return codes, torch.from_numpy(encoded.scalars).to(device)


@torch.no_grad()
def draw(
    generator: Generator,
    noise: Tensor,
    side: Side,
    rng: np.random.Generator,
    *,
    low_precision: bool = False,
) -> Encoded:
    """Return one row for each row of inputs.

    A code is drawn from the softmax of its span by one uniform number, which is what the
    Gumbel-softmax of training tends to as its temperature goes to 0.

    Args:
        generator: The generator, in evaluation mode.
        noise: (rows, noise width).
        side: Conditions and context.
        rng: Draws one uniform number for each code.
        low_precision: Whether products are made in bfloat16, as training makes them.
    """
    space, rows = generator.space, len(noise)
    shape = (rows, len(space.columns))
    uniforms = torch.from_numpy(rng.random(shape, dtype=np.float32)).to(noise.device)
    drawn = Encoded(np.empty(shape, np.int32), np.zeros(shape, np.float32))
    for start in range(0, rows, _CHUNK):
        part = slice(start, start + _CHUNK)
        with torch.autocast(noise.device.type, torch.bfloat16, enabled=low_precision):
            logits, scalars = generator(noise[part], side[part])
        codes = _codes(space, logits, uniforms[part])
        drawn.codes[part] = codes.cpu().numpy()
        if space.scalar_columns:
            picked = list(space.scalar_columns)
            drawn.scalars[part, picked] = _scalars(space, codes[:, picked], scalars).cpu().numpy()
    return drawn


def _codes(space: RowSpace, logits: Tensor, uniforms: Tensor) -> Tensor:
    """Return the code of each span at which its distribution passes the uniform number."""
    spans, members = space.spans(logits), space.span_columns()
    order = torch.tensor([column for columns in members for column in columns])
    order = order.to(logits.device)
    wanted = uniforms.index_select(1, order).split([len(columns) for columns in members], 1)
    drawn: list[Tensor] = []
    for span, uniform in zip(spans, wanted, strict=True):
        cumulative = softmax(span).cumsum(2)
        target = uniform.unsqueeze(2) * cumulative[:, :, -1:]
        drawn.append(torch.searchsorted(cumulative, target, right=True).squeeze(2))
    codes = torch.cat(drawn, 1).index_select(1, torch.argsort(order))
    # Rounding may pass the last code with mass; padding has none, so its codes are cut off too.
    return torch.minimum(codes, space.last)


def _scalars(space: RowSpace, codes: Tensor, scalars: Tensor) -> Tensor:
    """Return the scalar that each code of the columns with scalars carries, 0 for none."""
    slot = space.scalar_slot[codes + space.base[list(space.scalar_columns)]]
    mode = slot.clamp(0, scalars.shape[2] - 1).unsqueeze(2)
    return torch.where(slot >= 0, scalars.gather(2, mode).squeeze(2), 0.0)


@torch.no_grad()
def refresh_statistics(generator: Generator, noise: Tensor, side: Side) -> None:
    """Recompute the statistics of batch normalisation for the current weights, then evaluate.

    Averaged weights have other activations than the weights they average, so the statistics that
    were tracked in training do not belong to them.
    """
    norms = [m for m in generator.modules() if isinstance(m, nn.BatchNorm1d)]
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None
    generator.train()
    for start in range(0, len(noise), _CHUNK):
        part = slice(start, start + _CHUNK)
        generator(noise[part], side[part])
    generator.eval()
