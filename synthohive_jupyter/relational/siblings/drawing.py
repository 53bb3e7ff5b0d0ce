"""The order in which the rows of many families are drawn: rank by rank, all families at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from synthohive_jupyter.relational.siblings.timeline import run_lengths

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Flags = NDArray[np.bool_]
    Positions = NDArray[np.int64]

ALONE = 64
"""From this rank on several ranks are drawn at once: rows that share what they are told of the
past. Else a family of 100,000 would cost 100,000 calls of the model."""
TOGETHER = 256
"""So many rows are drawn at once where few families are left."""
TAIL, IN_TAIL = 0.03, 256
"""The last rows of the longest families, this share of all, are drawn so many at once: else they
cost half of all calls, for a rank with few families takes as long as one with a hundred."""
AT_MOST = 65_536
"""More than one rank is drawn at once only of so many rows."""

_TRIES = 4
"""So often a step that would leave the window is drawn again; then it ends there."""


@dataclass(frozen=True, slots=True)
class Turn:
    """The rows that are drawn at once: the next ranks of all families that go on.

    Attributes:
        rank: Number of each row within its family.
        left: How many rows come after it there.
        family: Family of each row.
        living: Its place among the families that are left.
        begin: For each row the index of its family's first row in this turn.
        goes_on: Which of the families that are left have rows in the next turn.
        ends: For each of these the index of its last row in this turn.
    """

    rank: Positions
    left: Positions
    family: Positions
    living: Positions
    begin: Positions
    goes_on: Flags
    ends: Positions


def turns(sizes: Positions) -> Iterator[Turn]:
    """Yield the rows of families in the order of drawing.

    Args:
        sizes: Number of rows of each family.

    >>> [turn.family.tolist() for turn in turns(np.array([2, 0, 3]))]
    [[0, 2], [0, 2], [2]]
    """
    left, rank = np.flatnonzero(sizes > 0), 0
    rows = tail = int(sizes.sum())
    while len(left):
        several = max(IN_TAIL // len(left), 1) if tail <= TAIL * rows else 1
        if rank >= ALONE:
            # The further on, the more at once: calls grow with the logarithm of the length.
            most = max(TOGETHER, min(len(left) * (rank // ALONE), AT_MOST)) // len(left)
            several = max(several, most)
        taken = np.minimum(sizes[left] - rank, several)
        living = np.repeat(np.arange(len(left)), taken)
        begin = (np.cumsum(taken) - taken)[living]
        ranks = rank + np.arange(len(living)) - begin
        goes_on = sizes[left] > rank + several
        yield Turn(
            ranks, sizes[left][living] - 1 - ranks, left[living], living, begin, goes_on,
            (np.cumsum(taken) - 1)[goes_on],
        )  # fmt: skip
        left, rank, tail = left[goes_on], rank + several, tail - len(living)


def walk(
    last: Floats,
    begin: Positions,
    high: float,
    draw: Callable[[Positions], Floats],
) -> tuple[Floats, Floats]:
    """Return where rows stand that take one step after the other, and their steps.

    Args:
        last: Place from which the family of each row goes on; NaN where it has come to the nulls.
        begin: For each row the index of its family's first row; families together.
        high: The end of the window: no row stands behind it.
        draw: Draws a step, or NaN for null, for each row of an index.

    Returns:
        Place and step of each row. After a null there are only nulls.

    >>> index, far = np.zeros(3, dtype=np.int64), lambda rows: np.full(len(rows), 4.0)
    >>> [part.tolist() for part in walk(np.ones(3), index, 6.0, far)]
    [[5.0, 6.0, 6.0], [4.0, 1.0, 0.0]]
    """
    at = np.arange(len(last))
    step = draw(at)
    for _ in range(_TRIES):
        outside = np.flatnonzero(_places(last, step, begin) > high)
        if not len(outside):
            break
        step[outside] = draw(outside)
    place = np.minimum(_places(last, step, begin), high)
    before = np.where(at == begin, last, place[np.maximum(at - 1, 0)])
    return place, place - before


def _places(last: Floats, step: Floats, begin: Positions) -> Floats:
    at = np.arange(len(last))
    null = np.isnan(step)
    ended = run_lengths(~null, begin) <= at - begin
    way = np.cumsum(np.where(null, 0.0, np.maximum(step, 0.0)))
    way -= way[begin] - np.where(null, 0.0, np.maximum(step, 0.0))[begin]
    found: Floats = np.where(ended, np.nan, last + way)
    return found
