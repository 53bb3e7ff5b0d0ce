"""Orders of the variables, and the masks of the first layer that belong to them.

Half of every batch is learnt in the canonical order, in which rows are drawn without evidence, the
rest in an order drawn anew for each step: given any set of columns, the others can then be drawn.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch

if TYPE_CHECKING:
    from torch import Tensor

Masks = list[tuple[int, "Tensor"]]
"""Numbers of consecutive rows, each with the mask of their order."""


def mask(ranks: np.ndarray) -> Tensor:
    """Return which variable sees which, those of lower rank, (parts, 1, parts, 1) float32.

    >>> mask(np.array([1, 0])).squeeze()
    tensor([[0., 0.],
            [1., 0.]])
    """
    sees = ranks[:, None] < ranks[None, :]
    return torch.from_numpy(sees.astype(np.float32))[:, None, :, None]


class Orders:
    """The orders of a training.

    Args:
        parts: Number of variables.
        canonical_share: Share of the rows of a batch in canonical order.
    """

    def __init__(self, parts: int, canonical_share: float) -> None:
        self._parts, self._share = parts, canonical_share
        self._canonical = mask(np.arange(parts))

    def canonical(self, rows: int) -> Masks:
        """Return the canonical order for all rows."""
        return [(rows, self._canonical)]

    def mixed(self, rows: int, rng: np.random.Generator) -> Masks:
        """Return the orders of a batch; ``rng`` draws the random one."""
        first = round(rows * self._share)
        drawn = mask(rng.permutation(self._parts))
        both = [(first, self._canonical), (rows - first, drawn)]
        return [part for part in both if part[0]]
