"""Replies: rows whose parent is an earlier row of the same family, such as comments of one post.

Which of the earlier rows it is depends on how long ago they were: people answer the last word, or
the first. `Recency` knows how likely each is, and `choose` picks rows by that, by what the rows
tell of their parent, and by how many replies each can still take.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np

from synthohive_jupyter.relational.keys.references import NULL, number_in_family

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from synthohive_jupyter.tabular.codecs import Floats

    Positions = NDArray[np.int64]

_SINGLE = 8
"""So many of the latest candidates have a weight each; those before share one an octave."""
_STEPS = 50
_NEAR, _FAR = 16, 4
"""Candidates that a row looks at: the latest ones, and some of those before."""
_ROUNDS = 6
_CHUNK = 1 << 16
_ASTRAY = 3.0
"""Log odds against each level that a parent stands too high or too deep."""


@dataclass(frozen=True, slots=True, eq=False)
class Candidates:
    """Earlier rows that each row may point to: those of its family that are one less deep.

    Attributes:
        depth: Depth of each row.
        rank: Number of each row within its family.
        order: All rows by family, depth and position.
        end: Place in ``order`` after the latest candidate of each row.
        count: Number of candidates of each row; 0 for rows of depth 0.
    """

    depth: Positions
    rank: Positions
    order: Positions
    end: Positions
    count: Positions

    @classmethod
    def of(cls, depth: Positions, family: Positions) -> Self:
        """Return the candidates of every row; rows of a family stand together, in their order."""
        rows, rank = np.arange(len(depth)), number_in_family(family)
        number = np.cumsum(rank == 0) - 1
        width = int(depth.max(initial=0)) + 1
        level = number * width + depth
        order = np.argsort(level, kind="stable")
        place = level[order] * len(depth) + order
        above = (level - 1) * len(depth)
        end = np.searchsorted(place, above + rows)
        start = np.searchsorted(place, above)
        return cls(depth, rank, order, end, np.where(depth > 0, end - start, 0))

    def back(self, rows: Positions, parents: Positions) -> Positions:
        """Return how many candidates of each row are later than its parent."""
        place = np.empty(len(self.order), dtype=np.int64)
        place[self.order] = np.arange(len(self.order))
        found: Positions = self.end[rows] - 1 - place[parents]
        return found

    def at(self, rows: Positions, back: Positions) -> Positions:
        """Return the candidates that are so far back, shape of ``back``: (rows, any)."""
        found: Positions = self.order[self.end[rows][:, None] - 1 - back]
        return found


@dataclass(frozen=True, slots=True)
class Recency:
    """How likely candidates are, by how many others are later.

    Attributes:
        weights: Weight of a candidate of each class: 0, 1, …, 7 back, then 8 to 15, 16 to 31, and
            so on; the last holds for all that are further back.
    """

    weights: tuple[float, ...]

    @classmethod
    def learn(cls, back: Positions, count: Positions) -> Self:
        """Learn from choices, as in a race in which the number of runners varies.

        A candidate of weight w is chosen with the share w of the weights of all that are there.
        The weights are found step by step, as of Plackett and Luce's model (Hunter, *MM
        algorithms for generalized Bradley-Terry models*, 2004).

        Args:
            back: How many candidates were later than the one chosen.
            count: How many candidates there were.

        >>> rng = np.random.default_rng(0)
        >>> count = rng.integers(1, 9, 4000)
        >>> back = np.where(rng.random(4000) < 0.5, 0, rng.integers(0, count))
        >>> weights = np.array(Recency.learn(back, count).weights)
        >>> bool((weights[0] > 3 * weights[1:]).all())
        True
        """
        if not len(back):
            return cls((1.0,))
        counts, times = np.unique(count, return_counts=True)
        last = int(_classes(back).max())
        chosen = np.bincount(_classes(back), minlength=last + 1).astype(np.float64)
        there = _members(counts, last)
        # One choice more for each class, of average weight: none is impossible.
        weights = np.ones(last + 1)
        for _ in range(_STEPS):
            exposed = (times / (there @ weights)) @ there
            weights = (chosen + 1) / (exposed + 1)
            weights /= weights.mean()
        return cls(tuple(float(f"{weight:.6g}") for weight in weights))

    def __call__(self, back: Positions) -> Floats:
        """Return the weight of candidates that are so far back."""
        found: Floats = np.array(self.weights)[np.minimum(_classes(back), len(self.weights) - 1)]
        return found

    def before(self, count: Positions) -> Floats:
        """Return the sum of the weights of the latest ``count`` candidates."""
        found: Floats = _members(count, len(self.weights) - 1) @ np.array(self.weights)
        return found

    def further(self, count: Positions, uniform: Floats) -> Positions:
        """Return how far back candidates beyond the `_NEAR` latest are drawn, by weight.

        Args:
            count: Candidates of each row, more than `_NEAR`; shape (rows,).
            uniform: Shape (rows, draws).
        """
        inside = _members(count, len(self.weights) - 1) - _members(
            np.array([_NEAR]), len(self.weights) - 1
        )
        sums = np.cumsum(inside * np.array(self.weights), axis=1)
        aim = uniform * sums[:, -1:]
        where = (aim[:, :, None] >= sums[:, None, :]).sum(axis=2)
        where = np.minimum(where, len(self.weights) - 1)
        base = np.take_along_axis(np.append(np.zeros((len(count), 1)), sums, axis=1), where, axis=1)
        number = (aim - base) / np.array(self.weights)[where]
        start = np.maximum(_starts(len(self.weights))[where], _NEAR)
        found: Positions = np.minimum(start + number.astype(np.int64), count[:, None] - 1)
        return found


def choose(
    candidates: Candidates,
    recency: Recency,
    room: Positions,
    liking: Callable[[Positions, Positions], Floats],
    rng: np.random.Generator,
    *,
    loose: bool,
) -> Positions:
    """Return the parent of each row, `NULL` for rows without candidates.

    Rows choose at the same time; where too many choose one, those that want it least choose
    again. After some rounds the rest takes what it wants whether there is room or not.

    Args:
        candidates: The earlier rows.
        recency: How likely they are.
        room: Children that each row can take.
        liking: Log odds by which rows, shape (rows,), prefer earlier ones, shape (rows, options).
        rng: Source of chance.
        loose: Whether rows also look at the latest rows of other depths: a drawn depth may be
            worth less than a parent that fits.
    """
    found = np.full(len(room), NULL, dtype=np.int64)
    room = room.copy()
    everyone = np.flatnonzero(candidates.count > 0)
    for start in range(0, len(everyone), _CHUNK):
        rows = everyone[start : start + _CHUNK]
        options, score = _options(candidates, recency, rows, rng, loose=loose)
        score += liking(rows, options)
        for attempt in range(_ROUNDS + 1):
            last = attempt == _ROUNDS
            valid = score if last else np.where(room[options] > 0, score, -np.inf)
            at = np.arange(len(rows)), valid.argmax(axis=1)
            choice, want = options[at], valid[at]
            order = np.lexsort((-want, choice))
            taken = np.zeros(len(rows), dtype=np.bool_)
            taken[order] = number_in_family(choice[order]) < room[choice[order]]
            taken = (taken & np.isfinite(want)) | last
            found[rows[taken]] = choice[taken]
            room -= np.bincount(choice[taken], minlength=len(room))
            rows, options, score = rows[~taken], options[~taken], score[~taken]
            if not len(rows):
                break
    return found


def _options(
    candidates: Candidates,
    recency: Recency,
    rows: Positions,
    rng: np.random.Generator,
    *,
    loose: bool,
) -> tuple[Positions, Floats]:
    """Return the earlier rows that each row looks at, and how much it likes each."""
    count, latest = candidates.count[rows], np.arange(_NEAR)
    back = np.minimum(latest, count[:, None] - 1)
    near = np.where(latest < count[:, None], recency(back), 0.0)
    options, weight = candidates.at(rows, back), near
    if (count > _NEAR).any():
        far, beyond = _further(recency, count, rng)
        options = np.append(options, candidates.at(rows, far), axis=1)
        weight = np.append(weight, beyond, axis=1)
    if loose:
        row, rank = rows[:, None], candidates.rank[rows][:, None]
        other = row - 1 - np.minimum(latest, rank - 1)
        off = np.abs(candidates.depth[row] - 1 - candidates.depth[other])
        there = np.where((latest < rank) & (off > 0), recency(latest), 0.0)
        options = np.append(options, other, axis=1)
        weight = np.append(weight, there * np.exp(-_ASTRAY * off), axis=1)
    # The largest of the logs plus Gumbel noise is a draw by weight.
    with np.errstate(divide="ignore"):
        return options, np.log(weight) + rng.gumbel(size=weight.shape)


def _further(
    recency: Recency, count: Positions, rng: np.random.Generator
) -> tuple[Positions, Floats]:
    """Return how far back some candidates before the latest are, and what each stands for."""
    shape = (len(count), _FAR)
    far, weight = np.zeros(shape, dtype=np.int64), np.zeros(shape)
    many = np.flatnonzero(count > _NEAR)
    far[many] = recency.further(count[many], rng.random((len(many), _FAR)))
    beyond = recency.before(count[many]) - recency.before(np.array([_NEAR]))
    weight[many] = beyond[:, None] / _FAR
    return far, weight


def _classes(back: Positions) -> Positions:
    """Return the class of candidates that are so far back."""
    octave = np.floor(np.log2(np.maximum(back, _SINGLE) / _SINGLE)).astype(np.int64)
    return np.where(back < _SINGLE, back, _SINGLE + octave)


def _starts(classes: int) -> Positions:
    """Return the nearest candidate of each class."""
    number = np.arange(classes)
    return np.where(number < _SINGLE, number, _SINGLE << np.maximum(number - _SINGLE, 0))


def _members(count: Positions, last: int) -> NDArray[np.float64]:
    """Return how many of the latest ``count`` candidates are of each class, shape (rows, classes).

    The last class has no end.
    """
    ends = np.append(_starts(last + 2)[1:-1], np.iinfo(np.int64).max)
    below = np.minimum(count[:, None], ends)
    found: NDArray[np.float64] = np.diff(below, prepend=0, axis=1).astype(np.float64)
    return found
