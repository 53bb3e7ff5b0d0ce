"""Levels of a hierarchy: how deep rows stand, and how many rows each of them has below it.

A table that points to itself without circles is a forest. The *depth* of a row is the number of
rows above it; a *level* is all rows of one depth. A row of depth d takes a row of depth d - 1, so
whatever is drawn there is never a circle; all that has to hold is that no level in between is
empty, and that the rows of a level have as many children together as the next level has rows.
Everything here works on whole arrays: a chain of a million rows costs twenty steps.
"""

from __future__ import annotations

from itertools import accumulate, chain, groupby
from typing import TYPE_CHECKING, Any

import numpy as np

from synthohive_jupyter.relational.keys.references import NULL

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    Positions = NDArray[np.int64]
    Flags = NDArray[np.bool_]

_BORROWED = 4
"""Levels are kept apart while they need at most one row in so many for it."""
_MOST_LEVELS = 1 << 26
_PASSES = 4
"""So often fan-outs are drawn again before the rest is shared out."""


def climb(parents: Positions) -> tuple[Positions, Positions]:
    """Return the depth of each row, and where its way up never ends.

    Every step doubles the distance (pointer jumping: Wyllie, *The complexity of parallel
    computations*, 1979).

    Args:
        parents: Position of each row's parent, `NULL` for none.

    Returns:
        The number of rows above each row; and for each row whose way up leads into a circle a row
        of that circle, `NULL` for all others. The depth of the former means nothing.

    >>> climb(np.array([-1, 0, 1, 4, 3]))[0][:3].tolist()
    [0, 1, 2]
    >>> climb(np.array([-1, 0, 1, 4, 3]))[1].tolist()
    [-1, -1, -1, 3, 4]
    """
    nobody = len(parents)
    above = np.append(np.where(parents == NULL, nobody, parents), nobody)
    depth = (above != nobody).astype(np.int64)
    for _ in range(nobody.bit_length()):
        if (above == nobody).all():
            break
        depth += depth[above]
        above = above[above]
    return depth[:-1], np.where(above == nobody, NULL, above)[:-1]


def not_deeper(parents: Positions, deepest: int) -> Positions:
    """Return a forest without rows below a depth: those take the parents of their parents.

    >>> not_deeper(np.array([-1, 0, 1, 2]), 1).tolist()
    [-1, 0, 0, 0]
    """
    found = parents.copy()
    while True:
        depth, _ = climb(found)
        below = np.flatnonzero(depth == deepest + 1)
        if not len(below):
            return found
        found[below] = found[found[below]]


def level_sizes(real: Positions, rows: int) -> Positions:
    """Return the sizes of the levels of ``rows`` rows, in the shape of the real ones.

    No level in between is empty. Where there are too few rows for that, as for a tenth of a
    chain, neighbouring levels become one.

    Args:
        real: Rows of each level of the data, each at least 1.
        rows: Rows to spread.

    >>> level_sizes(np.array([1, 10, 100]), 1110).tolist()
    [10, 100, 1000]
    >>> level_sizes(np.array([1, 10, 100]), 12).tolist()
    [1, 1, 10]
    >>> level_sizes(np.ones(10, dtype=int), 3).tolist()
    [1, 1, 1]
    """
    shape = np.asarray(real, dtype=np.int64)
    while rows:
        sizes = _rounded(shape * (rows / shape.sum()), rows)
        sizes = sizes[: np.flatnonzero(sizes)[-1] + 1]
        missing = int((sizes == 0).sum())
        spare = np.maximum(sizes - 1, 0)
        if missing <= min(rows // _BORROWED, spare.sum()):
            lent = _rounded(spare * (missing / max(spare.sum(), 1)), missing)
            return np.maximum(sizes, 1) - lent
        number = int(max(min(len(shape) * rows // shape.sum(), len(shape) - 1), 1))
        shape = np.bincount(np.arange(len(shape)) * number // len(shape), shape).astype(np.int64)
    return np.zeros(0, dtype=np.int64)


def runs(sizes: Sequence[int]) -> list[list[int]]:
    """Return sizes as pairs of a size and of how many levels in a row have it.

    >>> runs((1, 1, 5))
    [[1, 2], [5, 1]]
    """
    return [[size, len(list(levels))] for size, levels in groupby(sizes)]


def unrolled(pairs: Any) -> tuple[int, ...]:  # noqa: ANN401 - a part of a record may be anything
    """Return the sizes of `runs`.

    Raises:
        ValueError: If these are no sizes, or far too many.
    """
    found = [(size, times) for size, times in pairs]
    if not all(type(number) is int and number > 0 for pair in found for number in pair):
        raise ValueError("levels have sizes above 0")
    if sum(times for _, times in found) > _MOST_LEVELS:
        raise ValueError("there are too many levels")
    return tuple(size for size, times in found for _ in range(times))


def units(depth: Positions, group: Positions) -> tuple[Positions, Positions]:
    """Return the number of each row's level inside its group, and that of the level above it.

    >>> units(np.array([0, 1, 1, 0]), np.array([0, 0, 0, 1]))[0].tolist()
    [0, 1, 1, 2]
    """
    code = group * (int(depth.max(initial=0)) + 1) + depth
    found, unit = np.unique(code, return_inverse=True)
    return unit.astype(np.int64), np.searchsorted(found, code - 1).astype(np.int64)


def in_sizes(depth: Positions, sizes: Positions, ties: NDArray[np.float64]) -> Positions:
    """Return depths in the order of the given ones, so that levels have just these sizes.

    Args:
        depth: Depth of each row.
        sizes: Rows of each level; as many as there are rows together.
        ties: Order of rows of the same depth.
    """
    found = np.empty_like(depth)
    found[np.lexsort((ties, depth))] = np.repeat(np.arange(len(sizes)), sizes)
    return found


def without_gaps(depth: Positions, group: Positions, ties: NDArray[np.float64]) -> Positions:
    """Return depths without empty levels inside a group; as few rows as possible move up.

    >>> depth, group = np.array([1, 1, 2, 0, 5]), np.array([0, 0, 0, 1, 1])
    >>> without_gaps(depth, group, np.arange(5.0)).tolist()
    [0, 1, 2, 0, 1]
    """
    if not len(depth):
        return depth
    order = np.lexsort((ties, depth, group))
    begins = np.diff(group[order], prepend=group[order[0]] - 1) != 0
    starts = np.flatnonzero(begins)
    number = np.cumsum(begins) - 1
    place = np.arange(len(order)) - starts[number]
    # From the top down a row stands at most one below the row before it, which is the least of
    # depth - place so far; each group begins below all that earlier ones can reach.
    gap = np.where(place == 0, 0, depth[order] - place)
    span = len(depth) + int(depth.max()) + 1
    least = np.minimum.accumulate(gap - number * span) + number * span
    found = np.empty_like(depth)
    found[order] = place + least
    return found


def in_order(depth: Positions, group: Positions) -> Positions:
    """Return depths so that each row follows a row that is one less deep, inside its group.

    Args:
        depth: Depth of each row.
        group: Group of each row; those of a group stand together.

    >>> in_order(np.array([1, 2, 2, 3, 3, 0]), np.zeros(6, dtype=int)).tolist()
    [0, 1, 2, 3, 3, 0]
    """
    begins = np.diff(group, prepend=-2) != 0
    # The deepest level so far: it grows by one whenever a row wants to stand below it. That is
    # the one thing here that depends on every row before, and costs a tenth of a microsecond.
    wanted = np.where(begins, -1, depth).tolist()
    deepest = accumulate(
        chain(wanted), lambda so_far, row: 0 if row < 0 else so_far + (row > so_far), initial=0
    )
    reached = np.fromiter(deepest, dtype=np.int64, count=len(depth) + 1)[1:]
    return np.minimum(np.where(begins, 0, depth), reached)


def fitted(
    group: Positions,
    totals: Positions,
    draw: Callable[[Positions], Positions],
    rng: np.random.Generator,
    start: Positions | None = None,
) -> Positions:
    """Return fan-outs that sum to the total of each group; most stay as they were drawn.

    Rows are drawn again, and those that bring their group nearer to its total are taken, so the
    numbers of children remain ones that occur. Only what is left after that is shared out.

    Args:
        group: Group of each row, from 0; groups with a total above 0 have rows.
        totals: Sum of each group.
        draw: Draws the rows at these positions.
        rng: Source of randomness.
        start: Fan-outs to begin with; drawn where ``None``.
    """
    found = np.zeros(len(group), dtype=np.int64) if start is None else start.copy()
    if start is None:
        some = np.flatnonzero(totals[group] > 0)
        found[some] = draw(some)
    for attempt in range(_PASSES):
        gap = totals - _sums(found, group, len(totals))
        rows = np.flatnonzero(gap[group] != 0)
        if not len(rows):
            break
        rows = rng.permutation(rows)
        rows = rows[np.argsort(group[rows], kind="stable")]
        # So many rows will do, by far, where a group is large.
        rows = rows[_numbers(group[rows]) < 64 + 8 * np.abs(gap[group[rows]])]
        own, wanted = group[rows], gap[group[rows]]
        change = (draw(rows) - found[rows]) * np.sign(wanted)
        rows, own, wanted, change = (part[change > 0] for part in (rows, own, wanted, change))
        before = _running(change, own) - change
        last = attempt == _PASSES - 1
        taken = before + (0 if last else change) < np.abs(wanted) + (0 if last else 1)
        step = np.minimum(change, np.abs(wanted) - before)
        found[rows[taken]] += (np.sign(wanted) * step)[taken]
    gap = totals - _sums(found, group, len(totals))
    return found + _shared_out(gap, found, group)


def _shared_out(gap: Positions, weights: Positions, group: Positions) -> Positions:
    """Return what each row takes of its group's gap, by weight; evenly where there is none."""
    if not gap.any():
        return np.zeros(len(group), dtype=np.int64)
    sums = _sums(weights, group, len(gap))
    share = np.where(sums[group] > 0, weights, 1).astype(np.float64)
    exact = np.abs(gap)[group] * share / np.bincount(group, share, minlength=len(gap))[group]
    parts = np.floor(exact).astype(np.int64)
    rest = np.abs(gap) - _sums(parts, group, len(gap))
    order = np.lexsort((parts - exact, group))
    parts[order] += _numbers(group[order]) < rest[group[order]]
    return np.sign(gap)[group] * parts


def _rounded(exact: NDArray[np.float64], total: int) -> Positions:
    """Return whole numbers with this sum: the largest remainders are rounded up."""
    parts = np.floor(exact).astype(np.int64)
    rest = total - int(parts.sum())
    parts[np.argsort(parts - exact, kind="stable")[:rest]] += 1
    return parts


def _sums(values: Positions, group: Positions, groups: int) -> Positions:
    return np.bincount(group, values, minlength=groups).astype(np.int64)


def _numbers(group: Positions) -> Positions:
    """Return 0, 1, 2, … inside each run of equal groups."""
    return _running(np.ones(len(group), dtype=np.int64), group) - 1


def _running(values: Positions, group: Positions) -> Positions:
    """Return running sums inside each run of equal groups."""
    sums = np.cumsum(values)
    starts = np.flatnonzero(np.diff(group, prepend=NULL) != 0)
    lengths = np.diff(np.append(starts, len(group)))
    return sums - np.repeat(sums[starts] - values[starts], lengths)
