"""The losses of CTGAN: Wasserstein with gradient penalty, condition, marginals; Gumbel-softmax."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor

if TYPE_CHECKING:
    from synthohive_jupyter.models.ctgan.networks import Critic, Masks
    from synthohive_jupyter.models.ctgan.rows import RowSpace

_TINY = 1e-20
"""Keeps the logarithm of a uniform number finite."""


def gumbel_softmax(space: RowSpace, logits: Tensor, uniforms: Tensor, tau: float) -> Tensor:
    """Return a relaxed draw of one code per span, (rows, cell_width); padding is 0.

    Args:
        space: Geometry of the cells.
        logits: (rows, cell_width), minus infinity in padding.
        uniforms: Of the same shape, in [0, 1).
        tau: Temperature; towards 0 the draw becomes one-hot.
    """
    noise = -torch.log((-torch.log(uniforms + _TINY)).clamp_min(_TINY))
    relaxed = [torch.softmax(span, -1) for span in space.spans((logits + noise) / tau)]
    return torch.cat([part.flatten(1) for part in relaxed], 1)


def condition_loss(space: RowSpace, logits: Tensor, columns: Tensor, codes: Tensor) -> Tensor:
    """Return the cross-entropy of the conditioned code in its own span, averaged over all rows.

    Args:
        space: Geometry of the cells.
        logits: (rows, cell_width).
        columns: (rows,) the conditioned column, or -1: such a row adds nothing.
        codes: (rows,) the code that the column shall have.
    """
    normaliser = torch.cat([torch.logsumexp(span, -1) for span in space.spans(logits)], 1)
    some = columns.clamp_min(0)
    wanted = logits.gather(1, (space.base[some] + codes).unsqueeze(1))
    loss = normaliser.gather(1, space.span_place[some].unsqueeze(1)) - wanted
    return torch.where(columns >= 0, loss.squeeze(1), 0.0).mean()


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
    """The critic's loss and what it is made of, each a scalar tensor.

    Attributes:
        total: What the critic minimises.
        wasserstein: Mean score of real packs minus that of generated ones.
        penalty: Mean squared distance of the gradient norms from 1, without its weight.
        gradient_norm: Mean norm of the gradients.
    """

    total: Tensor
    wasserstein: Tensor
    penalty: Tensor
    gradient_norm: Tensor


def critic_loss(
    critic: Critic,
    real: Tensor,
    fake: Tensor,
    *,
    mix: Tensor,
    masks: tuple[Masks, Masks],
    penalty_weight: float,
) -> CriticLoss:
    """Return the loss of WGAN-GP (Gulrajani et al., 2017) for packs of rows.

    The penalty is taken between real and generated packs. The first pre-activation there is the
    convex combination of the two that are known, so no further product with the input is needed.

    Args:
        critic: The critic.
        real: (packs * pac, inputs) rows with condition and context.
        fake: The same for generated rows, detached from the generator.
        mix: (packs, 1) in [0, 1], the place of each interpolated pack; one number per pack.
        masks: Dropout masks for the 2 * packs scores, and for the interpolated packs.
        penalty_weight: Weight of the penalty.
    """
    first = critic.first(torch.cat([real, fake]))
    scores = critic.score(first, masks[0])
    real_score, fake_score = scores.chunk(2)
    wasserstein = real_score.mean() - fake_score.mean()
    with torch.no_grad():
        first_real, first_fake = first.chunk(2)
        between = mix * first_real + (1 - mix) * first_fake
    norm = torch.linalg.vector_norm(critic.input_gradient(between, masks[1]).float(), dim=1)
    penalty = ((norm - 1) ** 2).mean()
    return CriticLoss(
        total=penalty_weight * penalty - wasserstein,
        wasserstein=wasserstein.detach(),
        penalty=penalty.detach(),
        gradient_norm=norm.detach().mean(),
    )
