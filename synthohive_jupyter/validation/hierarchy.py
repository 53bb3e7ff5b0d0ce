"""Tables that point to themselves: how deep, how wide, and whether they go in circles."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from synthohive_jupyter.validation.columns import ks_distance

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from synthohive_jupyter.validation.links import Link

CIRCLE = -1
"""Depth of a row from which no root is ever reached."""


@dataclass(frozen=True, slots=True)
class HierarchyScore:
    """How alike two hierarchies are; pairs are real, then synthetic.

    Attributes:
        depth: 1 minus the Kolmogorov–Smirnov distance of the rows' depths.
        fan_out: The same of the children of each row, zeros included.
        circling: Shares of rows from which no root is reached.
        own: Shares of rows that point to themselves.
    """

    depth: float
    fan_out: float
    circling: tuple[float, float]
    own: tuple[float, float]


def depths(parents: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return how many rows are above each row; `CIRCLE` where the way up never ends.

    Args:
        parents: Position of each row's parent in the same table, -1 for nobody. A row that points
            to itself ends the way up, as one without a parent does.

    >>> depths(np.array([-1, 0, 1, 4, 3, 4, 6])).tolist()
    [0, 1, 2, -1, -1, -1, 0]
    """
    rows = np.arange(len(parents))
    ends = (parents < 0) | (parents == rows)
    found = np.where(ends, 0, CIRCLE)
    level, todo = 0, rows[~ends]
    while todo.size:
        below = found[parents[todo]] == level
        if not below.any():
            break
        level += 1
        found[todo[below]] = level
        todo = todo[~below]
    return found


def hierarchy_score(real: Link, synthetic: Link) -> HierarchyScore:
    """Compare the hierarchies that a self-referencing key makes.

    Args:
        real: The real key; parent and child are the same table.
        synthetic: The synthetic one.
    """
    above = [link.rows() for link in (real, synthetic)]
    depth = [depths(parents) for parents in above]
    fans = [np.bincount(p[p >= 0], minlength=len(p)) for p in map(_without_own, above)]
    numbers = [values.astype(np.float64) for values in (*depth, *fans)]
    circling = [float(np.mean(d == CIRCLE)) if d.size else 0.0 for d in depth]
    own = [float(np.mean(p == np.arange(len(p)))) if p.size else 0.0 for p in above]
    return HierarchyScore(
        depth=1 - ks_distance(numbers[0], numbers[1]),
        fan_out=1 - ks_distance(numbers[2], numbers[3]),
        circling=(circling[0], circling[1]),
        own=(own[0], own[1]),
    )


def _without_own(parents: NDArray[np.int64]) -> NDArray[np.int64]:
    """Take out rows that point to themselves: they are nobody's children."""
    return np.where(parents == np.arange(len(parents)), -1, parents)
