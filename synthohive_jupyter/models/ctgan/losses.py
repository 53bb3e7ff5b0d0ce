"""The losses of CTGAN: Wasserstein with gradient penalty, condition, marginals; Gumbel-softmax."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

if TYPE_CHECKING:
    from collections.abc import Sequence

    from synthohive_jupyter.models.ctgan.networks import Critic, Judgement, Keep, Side
    from synthohive_jupyter.models.ctgan.rows import RowSpace

_LANES = 16
_LEAST_NORM = 1e-12
_TINY = 2.0**-24
"""Distance of uniform numbers from 0 and 1."""


def gumbel(shape: tuple[int, ...], generator: torch.Generator) -> Tensor:
    """Draw numbers of the standard Gumbel distribution."""
    uniforms = torch.rand(shape, generator=generator, device=generator.device)
    # Away from 0 and 1, where a logarithm would be infinite.
    inner = uniforms.clamp_(_TINY, 1 - _TINY).log_().neg_()
    return inner.log_().neg_()


def softmax(span: Tensor) -> Tensor:
    """Return the softmax over the last axis, of at least one code.

    Torch's vector code wants 16 numbers; of fewer it is up to 20 times slower than of padding.
    """
    width = span.shape[-1]
    if width >= _LANES:
        return torch.softmax(span, -1)
    padded = functional.pad(span, (0, _LANES - width), value=-torch.inf)
    return torch.softmax(padded, -1)[..., :width]


def gumbel_softmax(space: RowSpace, logits: Tensor, noise: Tensor, tau: float) -> Tensor:
    """Return a relaxed draw of one code per span, (rows, cell_width); padding is 0.

    Args:
        space: Geometry of the cells.
        logits: (rows, cell_width), minus infinity in padding.
        noise: Of the same shape, as `gumbel` draws it, over ``tau``.
        tau: Temperature; towards 0 the draw becomes one-hot.
    """
    drawn = torch.add(noise, logits, alpha=1 / tau)
    relaxed = [softmax(span) for span in space.spans(drawn)]
    return torch.cat([part.flatten(1) for part in relaxed], 1)


def condition_loss(
    space: RowSpace, logits: Tensor, columns: np.ndarray, codes: np.ndarray
) -> Tensor:
    """Return the cross-entropy of the conditioned code in its own span, averaged over all rows.

    Of each row only the conditioned span is looked at, all rows of a bucket at once.

    Args:
        space: Geometry of the cells.
        logits: (rows, cell_width).
        columns: (rows,) the conditioned column, or -1: such a row adds nothing.
        codes: (rows,) the code that the column shall have.
    """
    picked: list[np.ndarray] = []
    wanted: list[np.ndarray] = []
    widths, view = space.span_widths(), space.view_of[columns]
    first = np.arange(len(columns)) * logits.shape[1] + space.starts[columns]
    for index, width in enumerate(widths):
        rows = np.flatnonzero(view == index)
        picked.append(first[rows, None] + np.arange(width))
        wanted.append(codes[rows])
    flat = torch.from_numpy(np.concatenate([part.ravel() for part in picked]))
    found = logits.reshape(-1).index_select(0, flat.to(logits.device))
    total = logits.new_zeros(())
    spans = found.split([part.size for part in picked])
    for span, right, width in zip(spans, wanted, widths, strict=True):
        target = torch.from_numpy(right).to(logits.device)
        total = total + functional.cross_entropy(span.view(-1, width), target, reduction="sum")
    return total / max(len(columns), 1)


def marginal_loss(
    space: RowSpace, probabilities: Tensor, weights: Tensor, frequencies: Tensor
) -> Tensor:
    """Return the mean over columns of the L1 distance between soft and true marginals.

    Args:
        space: Geometry of the cells.
        probabilities: (rows, cell_width), relaxed draws.
        weights: (rows,) that sum to 1 and undo the training frequencies of the conditions.
        frequencies: (cell_width,) true frequency of each code in its column.
    """
    distance = (weights @ probabilities - frequencies).abs().sum()
    return distance / max(len(space.columns), 1)


@dataclass(frozen=True, slots=True)
class CriticLoss:
    """The critic's loss, what it is made of, each a scalar tensor, and its gradients.

    Attributes:
        total: What the critic minimises.
        wasserstein: Mean score of real packs minus that of generated ones.
        penalty: Mean squared distance of the gradient norms from 1, without its weight.
        gradient_norm: Mean norm of the gradients.
        gradients: Those of ``total`` by all parameters, by name.
    """

    total: Tensor
    wasserstein: Tensor
    penalty: Tensor
    gradient_norm: Tensor
    gradients: dict[str, Tensor]


@torch.no_grad()
def critic_loss(
    critic: Critic,
    real: Tensor,
    fake: Tensor,
    side: Side,
    *,
    mix: Tensor,
    keep: Keep,
    penalty_weight: float,
) -> CriticLoss:
    """Return the loss of WGAN-GP (Gulrajani et al., 2017) for packs of rows, and its gradients.

    The penalty is taken between real and generated packs, for the gradient by the rows: condition
    and context, which both share, are not moved. The first pre-activation there is the convex
    combination of the two that are known, so no further product with the rows is needed; and one
    pass from the scores down serves the gradients of the scores and those of the penalty.

    Args:
        critic: The critic.
        real: (packs * pac, width) rows.
        fake: The same for generated rows.
        side: Their common conditions and context.
        mix: (packs, 1) in [0, 1], the place of each interpolated pack; one number per pack.
        keep: Dropout masks for the real packs, the generated and the interpolated ones.
        penalty_weight: Weight of the penalty.
    """
    packs = len(mix)
    packed = torch.cat([real, fake]).view(2 * packs, -1)
    first = critic.first(packed, critic.beside(side).repeat(2, 1))
    between = torch.lerp(first[packs:], first[:packs], mix.to(first.dtype))
    judged = critic(torch.cat([first, between]), keep)
    down = critic.backward(judged.slopes)
    by_row = (down[0][2 * packs :] @ critic.weight(0)).to(mix.dtype)
    norm = torch.linalg.vector_norm(by_row, dim=1, keepdim=True)
    pull = by_row * (2 * penalty_weight / packs * (norm - 1) / norm.clamp_min(_LEAST_NORM))
    wasserstein = judged.scores[:packs].mean() - judged.scores[packs : 2 * packs].mean()
    penalty = ((norm - 1) ** 2).mean()
    return CriticLoss(
        total=penalty_weight * penalty - wasserstein,
        wasserstein=wasserstein,
        penalty=penalty,
        gradient_norm=norm.mean(),
        gradients=_critic_gradients(critic, packed, side, judged, down, pull),
    )


def _critic_gradients(
    critic: Critic,
    packed: Tensor,
    side: Side,
    judged: Judgement,
    down: Sequence[Tensor],
    pull: Tensor,
) -> dict[str, Tensor]:
    """Return the gradients by all parameters.

    Args:
        critic: The critic.
        packed: Real packs, then generated ones.
        side: Their conditions and context.
        judged: Real, generated and interpolated packs.
        down: Gradients of their scores by the pre-activations.
        pull: Gradient of the penalty by the gradients by the rows.
    """
    packs, scored = len(pull), len(packed)
    sign = pull.new_full((scored, 1), 1 / packs)
    sign[:packs] *= -1
    gradients: dict[str, Tensor] = {}
    received, up = packed, pull
    for index, by_layer in enumerate(down):
        of_score = by_layer[:scored] * sign.to(by_layer.dtype)
        weight = of_score.T @ received.to(by_layer.dtype)
        # The penalty is linear in each weight too: what came up to here times what goes down.
        weight += by_layer[scored:].T @ up.to(by_layer.dtype)
        gradients[f"layers.{index}.weight"] = weight
        gradients[f"layers.{index}.bias"] = of_score.sum(0)
        if index == 0:
            gradients |= _side_gradients(critic, side, of_score[:packs] + of_score[packs:])
        up = functional.linear(up, critic.weight(index)) * judged.slopes[index][scored:]
        received = judged.hidden[index][:scored]
    by_score = (received.to(sign.dtype) * sign).sum(0) + up.to(sign.dtype).sum(0)
    gradients["score_layer.weight"] = by_score.unsqueeze(0)
    gradients["score_layer.bias"] = pull.new_zeros(1)
    return {name: gradient.to(pull.dtype) for name, gradient in gradients.items()}


def _side_gradients(critic: Critic, side: Side, beside: Tensor) -> dict[str, Tensor]:
    """Return the gradients by the weights of condition and context."""
    beside = beside.to(critic.condition.dtype)
    condition = torch.zeros_like(critic.condition)
    for slot in critic.cells(side).T:
        condition.index_add_(0, slot, beside)
    dense = side.dense.reshape(len(beside), -1)
    return {"condition": condition, "dense": dense.T @ beside}
