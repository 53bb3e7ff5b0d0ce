"""Drawing codes and scalars from a generator: exact draws, in evaluation mode."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor, nn

from synthohive_jupyter.tabular.codecs import Encoded

if TYPE_CHECKING:
    from synthohive_jupyter.models.ctgan.conditioning import Conditions, ConditionTable
    from synthohive_jupyter.models.ctgan.networks import Generator

_STATISTICS_ROWS = 512


def inputs(
    generator: Generator,
    table: ConditionTable,
    rng: np.random.Generator,
    *,
    rows: int,
    context: Encoded | None,
) -> Tensor:
    """Return inputs of the generator as sampling has them, (rows, inputs).

    Without a context the conditions are drawn with the true frequencies: only then is the mixture
    of conditional draws unbiased. With one there is no condition.
    """
    conditions = table.none(rows) if context is not None else table.draw(rng, rows)
    noise = rng.standard_normal((rows, generator.noise_width), dtype=np.float32)
    device = generator.space.base.device
    side = side_inputs(generator, conditions, context)
    return torch.cat([torch.from_numpy(noise).to(device), side], 1)


def side_inputs(generator: Generator, conditions: Conditions, context: Encoded | None) -> Tensor:
    """Return condition and context as both networks see them, (rows, side width)."""
    device = generator.space.base.device
    columns, codes = (
        torch.from_numpy(part).to(device) for part in (conditions.columns, conditions.codes)
    )
    condition = generator.space.condition(columns, codes)
    if context is None:
        return condition
    return torch.cat([condition, generator.context.real(*as_tensors(context, device))], 1)


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
def draw(generator: Generator, x: Tensor, rng: np.random.Generator) -> Encoded:
    """Return one row for each row of inputs.

    A code is drawn from the softmax of its span by one uniform number, which is what the
    Gumbel-softmax of training tends to as its temperature goes to 0.
    """
    space = generator.space
    logits, scalars = generator(x)
    uniforms = rng.random((len(x), len(space.columns)), dtype=np.float32)
    uniform = torch.from_numpy(uniforms).to(x.device)
    codes = torch.empty(len(x), len(space.columns), dtype=torch.int64, device=x.device)
    order, at = space.span_order(), 0
    for span in space.spans(logits):
        columns = order[at : at + span.shape[1]]
        codes[:, columns] = _inverse(span, uniform[:, columns])
        at += len(columns)
    values = scalars.new_zeros(codes.shape)
    picked = list(space.scalar_columns)
    if picked:
        slot = space.scalar_slot[codes[:, picked] + space.base[picked]]
        mode = slot.clamp(0, scalars.shape[2] - 1).unsqueeze(2)
        values[:, picked] = torch.where(slot >= 0, scalars.gather(2, mode).squeeze(2), 0.0)
    return Encoded(codes.cpu().numpy().astype(np.int32), values.cpu().numpy())


def _inverse(logits: Tensor, uniforms: Tensor) -> Tensor:
    """Return the code at which the cumulative distribution passes the uniform number."""
    cumulative = torch.softmax(logits, 2).cumsum(2)
    target = uniforms.unsqueeze(2) * cumulative[:, :, -1:]
    codes = (cumulative <= target).sum(2)
    # Rounding may pass the last code with mass; padding has none, so its codes are cut off too.
    last = torch.isfinite(logits).sum(2) - 1
    return torch.minimum(codes, last)


@torch.no_grad()
def refresh_statistics(generator: Generator, x: Tensor) -> None:
    """Recompute the statistics of batch normalisation for the current weights, then evaluate.

    Averaged weights have other activations than the weights they average, so the statistics that
    were tracked in training do not belong to them.
    """
    norms = [m for m in generator.modules() if isinstance(m, nn.BatchNorm1d)]
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None
    generator.train()
    for part in x.split(_STATISTICS_ROWS):
        generator(part)
    generator.eval()
