"""Adam in torch's fused kernel, and a running average of weights."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from torch import Tensor

BETAS = (0.5, 0.9)
"""Decays of the moments for adversarial training, as in CTGAN's paper."""

_EPSILON = 1e-8


class Adam:
    """Adam, with L2 weight decay or with a decay that is decoupled from the gradient (AdamW).

    The kernel is that of ``torch.optim.Adam(fused=True)``. The class itself is not used because
    its constructor imports torch's compiler, which takes seconds: longer than a small fit.

    Args:
        parameters: What to train.
        decay: Weight decay (L2) of all of them.
        betas: Decays of the moments.
        shrink: Which parameters have a decoupled decay of ``shrink_rate`` instead.
        shrink_rate: That decay.

    Attributes:
        moments: First and second moment of each parameter, then the number of steps: all that a
            checkpoint needs, changed in place.
    """

    def __init__(
        self,
        parameters: Iterable[Tensor],
        *,
        decay: float = 0.0,
        betas: tuple[float, float] = BETAS,
        shrink: Sequence[Tensor] = (),
        shrink_rate: float = 0.0,
    ) -> None:
        self.parameters = list(parameters)
        self.moments = {
            "first": [torch.zeros_like(p, requires_grad=False) for p in self.parameters],
            "second": [torch.zeros_like(p, requires_grad=False) for p in self.parameters],
            "steps": [torch.zeros((), device=p.device) for p in self.parameters],
        }
        self._decay, self._betas = decay, betas
        self._shrink, self._shrink_rate = list(shrink), shrink_rate

    @torch.no_grad()
    def minimise(self, loss: Tensor, *, rate: float) -> None:
        """Make one step against the gradient of ``loss`` by the parameters, and by nothing else."""
        with torch.enable_grad():
            gradients = torch.autograd.grad(loss, self.parameters)
        self.step(gradients, rate=rate)

    @torch.no_grad()
    def step(self, gradients: Sequence[Tensor], *, rate: float) -> None:
        """Make one step against these gradients, one for each parameter."""
        if self._shrink:
            torch._foreach_mul_(self._shrink, 1 - rate * self._shrink_rate)
        torch._foreach_add_(self.moments["steps"], 1)
        torch._fused_adam_(
            self.parameters,
            list(gradients),
            self.moments["first"],
            self.moments["second"],
            [],
            self.moments["steps"],
            lr=rate,
            beta1=self._betas[0],
            beta2=self._betas[1],
            weight_decay=self._decay,
            eps=_EPSILON,
            amsgrad=False,
            maximize=False,
        )


@torch.no_grad()
def average(
    running: Sequence[Tensor], current: Sequence[Tensor], *, decay: float, step: int
) -> None:
    """Move the running average towards the current weights.

    In the first steps the average is short, 1 - 9 / (10 + step): it forgets the initial weights.
    """
    weight = max(1 - decay, 9 / (10 + step))
    for mean, value in zip(running, current, strict=True):
        mean.lerp_(value, weight)
