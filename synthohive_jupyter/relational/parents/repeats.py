"""Repeats: the same parent again within a family, as a number that a row model can learn.

The number is that of a move-to-front code: 0 is a parent new to the family, 1 the last one that
was used, 2 the different one used before it, and so on. Rows that share a parent in a family are
one *entity*, which is placed as a whole.

A drawn row says a number and what kind of parent it has. Both are wishes: the family may have no
parent of this kind, or there may be no further one. Then it exchanges the number with a row of the
same rank in another family, so that as many rows as before have each number.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from synthohive_jupyter.relational.parents.telling import dense

if TYPE_CHECKING:
    from collections.abc import Iterator

    from synthohive_jupyter.tabular.codecs import Codes, Flags, Integers

RECENT = 8
"""So many parents of a family have a number of their own; all earlier ones share the next."""
LONGEST = RECENT + 1
MEMORY = 32
"""So many parents of a family are remembered."""
LONG = 8192
"""A family is remembered for so many rows; then it begins anew."""
NEVER = -1


@dataclass(frozen=True, slots=True, eq=False)
class Kinds:
    """What rows ask of a parent, as far as rows with the same parent must agree in it.

    Attributes:
        kind: Code of what must be the same, shape (rows,).
        near: Codes that must be near each other, shape (rows, columns).
        reach: How far two of them may be from each other, shape (columns,).
        cell: Where its parent is looked for, from 0.
        room: Parents that are there.
    """

    kind: Integers
    near: Codes
    reach: Integers
    cell: Integers
    room: Integers

    @classmethod
    def any(cls, rows: int) -> Kinds:
        """Return rows that ask for nothing."""
        nothing = np.zeros(rows, dtype=np.int64)
        near = np.zeros((rows, 0), dtype=np.int32)
        return cls(nothing, near, np.zeros(0, dtype=np.int64), nothing, nothing + rows)

    def agree(self, rows: Integers, others: Integers) -> Flags:
        """Return which others each row agrees with, shape (rows, others of each)."""
        found: Flags = (others != NEVER) & (self.kind[others] == self.kind[rows, None])
        for place, reach in enumerate(self.reach):
            column = self.near[:, place]
            found &= np.abs(column[others] - column[rows, None]) <= reach
        return found


def number_repeats(family: Integers, positions: Integers) -> Integers:
    """Return which earlier parent of its family each row has again; 0 for a new one.

    Args:
        family: Number of each row's family, families together.
        positions: Parent of each row; negative for nobody, whose number is 0.

    >>> number_repeats(np.array([0, 0, 0, 0, 1]), np.array([5, 6, 6, 5, 5])).tolist()
    [0, 0, 1, 2, 0]
    """
    numbers = np.zeros(len(family), dtype=np.int64)
    linked = np.flatnonzero(positions >= 0)
    width = int(positions.max(initial=0)) + 1
    pairs = dense(family[linked]) * width + positions[linked]
    first = np.unique(pairs, return_index=True)[1]
    numbers[linked] = LONGEST
    numbers[linked[first]] = 0
    for rows, memory, _ in _ranks(family, positions >= 0, RECENT):
        known = np.where(memory.last == NEVER, NEVER, positions[memory.last])
        where = known == positions[rows, None]
        at = np.where(where.any(axis=1), where.argmax(axis=1), NEVER)
        again = at != NEVER
        numbers[rows[again]] = at[again] + 1
        memory.use(at, rows)
    return numbers


def entities(
    family: Integers,
    numbers: Integers,
    *,
    rng: np.random.Generator,
    kinds: Kinds | None = None,
) -> Integers:
    """Return the entity of each row, numbered from 0 in the order of their first rows.

    A number that goes further back than the family's past is a new parent.

    Args:
        family: Number of each row's family, families together.
        numbers: As of `number_repeats`, in the same order; negative for rows without a parent,
            which are entities of their own and not remembered.
        rng: Chooses among parents so early that they share one number, and who exchanges.
        kinds: What rows ask for; ``None`` for nothing.

    >>> family, numbers = np.array([0, 0, 0, 0, 1]), np.array([0, 0, 1, 2, 3])
    >>> entities(family, numbers, rng=np.random.default_rng(0)).tolist()
    [0, 1, 1, 0, 2]
    """
    asks = Kinds.any(len(family)) if kinds is None else kinds
    numbers, first = numbers.copy(), np.arange(len(family), dtype=np.int64)
    place = dense(dense(family) * (int(asks.cell.max(initial=0)) + 1) + asks.cell)
    used = np.zeros(len(family), dtype=np.int64)
    for rows, memory, width in _ranks(family, numbers >= 0, MEMORY):
        agrees = asks.agree(rows, memory.last[:, :width])
        free = used[place[rows]] < asks.room[rows]
        _exchange(numbers, rows, agrees, free, rng)
        at = _chosen(numbers[rows], agrees, free, rng)
        again = at != NEVER
        first[rows[again]] = first[memory.last[again, at[again]]]
        np.add.at(used, place[rows[~again]], 1)
        memory.use(at, rows)
    return np.unique(first, return_inverse=True)[1].astype(np.int64)


def several(family: Integers) -> bool:
    """Return whether any family has two rows."""
    return bool((family[1:] == family[:-1]).any())


@dataclass(slots=True, eq=False)
class _Memory:
    """The parents of families, each as the last row that had it, the most recent first.

    Attributes:
        last: Rows, `NEVER` where there is none, shape (families, memory).
    """

    last: Integers

    def use(self, at: Integers, rows: Integers) -> None:
        """Move what the rows of all families have used to the front; `NEVER` is a new one."""
        places = np.arange(self.last.shape[1])
        gone = np.where(at == NEVER, self.last.shape[1] - 1, at)[:, None]
        moved = np.roll(self.last, 1, axis=1)
        self.last = np.where(places <= gone, moved, self.last)
        self.last[:, 0] = rows


def _ranks(
    family: Integers, present: Flags, memory: int
) -> Iterator[tuple[Integers, _Memory, int]]:
    """Yield rows rank by rank: one of each family that is so long, with what it remembers.

    Args:
        family: Number of each row's family, families together.
        present: Rows that count.
        memory: Parents that are remembered.

    Yields:
        The rows; what their families remember, to be brought up to date; and how many parents
        they can have had.
    """
    rows = np.flatnonzero(present)
    new = np.append(True, family[rows][1:] != family[rows][:-1])[: len(rows)]
    begins = np.flatnonzero(new)
    inside = np.arange(len(rows)) - np.repeat(begins, np.diff(np.append(begins, len(rows))))
    begins = np.flatnonzero(inside % LONG == 0)
    sizes = np.diff(np.append(begins, len(rows)))
    order = np.argsort(-sizes, kind="stable")
    begins, sizes = begins[order], sizes[order]
    longest = int(sizes.max(initial=0))
    state = _Memory(np.full((len(begins), min(memory, max(longest, 1))), NEVER, dtype=np.int64))
    active = np.searchsorted(-sizes, -np.arange(longest), side="left")
    for rank, number in enumerate(active.tolist()):
        state.last = state.last[:number]
        yield rows[begins[:number] + rank], state, min(rank, memory)


def _exchange(
    numbers: Integers, rows: Integers, agrees: Flags, free: Flags, rng: np.random.Generator
) -> None:
    """Exchange numbers that rows cannot have with those of rows that can, the highest first."""
    width = agrees.shape[1]
    for number in range(min(width, RECENT), -1, -1):
        can = free if number == 0 else agrees[:, number - 1]
        asks = numbers[rows] == number
        if number == 0:
            asks = asks & agrees.any(axis=1)
        without = np.flatnonzero(asks & ~can)
        if not len(without):
            continue
        able = rng.permutation(np.flatnonzero(~asks & can & _lower(numbers[rows], number)))
        met = min(len(without), len(able))
        mine, theirs = rows[rng.permutation(without)[:met]], rows[able[:met]]
        numbers[mine], numbers[theirs] = numbers[theirs], numbers[mine]


def _lower(numbers: Integers, number: int) -> Flags:
    """Return which numbers have their turn after a number; any for the last one."""
    found: Flags = numbers < number if number else numbers > number
    return found


def _chosen(numbers: Integers, agrees: Flags, free: Flags, rng: np.random.Generator) -> Integers:
    """Return the parent that each row has again, the nearest to its number; `NEVER` for a new one.

    Args:
        numbers: What rows ask for.
        agrees: Which of the parents they agree with, most recent first.
        free: Where there is a further parent.
        rng: Chooses among those that are as good as each other.
    """
    if not agrees.shape[1]:
        return np.full(len(numbers), NEVER, dtype=np.int64)
    places = np.arange(agrees.shape[1])
    apart = np.abs(places - (numbers - 1)[:, None]).astype(np.float64)
    # All early ones are as good as each other, and all where a new one is wanted and there is none.
    early = (numbers == LONGEST)[:, None] & (places >= RECENT)
    equal = early | (numbers == 0)[:, None]
    apart = np.where(equal, rng.random(apart.shape), apart + early.any(axis=1)[:, None])
    at = np.where(agrees, apart, np.inf).argmin(axis=1)
    again = agrees.any(axis=1) & ((numbers > 0) | ~free)
    return np.where(again, at, NEVER)
