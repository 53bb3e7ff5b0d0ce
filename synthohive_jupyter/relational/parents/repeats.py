"""Repeats: the same parent again within a family, as a number that a row model can learn.

The number is that of a move-to-front code: 0 is a parent new to the family, 1 the last one that
was used, 2 the different one used before it, and so on. Rows that share a parent in a family are
one *entity*, which is placed as a whole.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from synthohive_jupyter.tabular.codecs import Flags, Integers

RECENT = 8
"""So many parents of a family have a number of their own; all earlier ones share the next."""
LONGEST = RECENT + 1


def number_repeats(family: Integers, positions: Integers) -> Integers:
    """Return which earlier parent of its family each row has again; 0 for a new one.

    Args:
        family: Number of each row's family, families together.
        positions: Parent of each row; negative for nobody, whose number is 0.

    >>> number_repeats(np.array([0, 0, 0, 0, 1]), np.array([5, 6, 6, 5, 5])).tolist()
    [0, 0, 1, 2, 0]
    """
    numbers = np.zeros(len(family), dtype=np.int64)
    rows = _together(family, positions >= 0)
    before: int | None = None
    recent: list[int] = []
    seen: set[int] = set()
    found = []
    for own, parent in zip(family[rows].tolist(), positions[rows].tolist(), strict=True):
        if own != before:
            before, recent, seen = own, [], set()
        if parent not in seen:
            number = 0
            seen.add(parent)
        elif parent in recent:
            number = recent.index(parent) + 1
            recent.remove(parent)
        else:
            number = LONGEST
        recent.insert(0, parent)
        del recent[RECENT:]
        found.append(number)
    numbers[rows] = found
    return numbers


def entities(family: Integers, numbers: Integers, *, rng: np.random.Generator) -> Integers:
    """Return the entity of each row, numbered from 0 in the order of their first rows.

    A number that goes further back than the family's past is a new parent.

    Args:
        family: Number of each row's family, families together.
        numbers: As of `number_repeats`, in the same order; negative for rows without a parent,
            which are entities of their own and not remembered.
        rng: Chooses among parents so early that they share one number.

    >>> family, numbers = np.array([0, 0, 0, 0, 1]), np.array([0, 0, 1, 2, 3])
    >>> entities(family, numbers, rng=np.random.default_rng(0)).tolist()
    [0, 1, 1, 0, 2]
    """
    first = np.arange(len(family), dtype=np.int64)
    rows = _together(family, numbers >= 0)
    before: int | None = None
    recent: list[int] = []
    early: list[int] = []
    found = []
    uniform = rng.random(len(rows)).tolist()
    told = zip(rows.tolist(), family[rows].tolist(), numbers[rows].tolist(), uniform, strict=True)
    for row, own, number, chance in told:
        if own != before:
            before, recent, early = own, [], []
        if 0 < number <= len(recent) and number <= RECENT:
            entity = recent.pop(number - 1)
        elif number > RECENT and early:
            entity = early.pop(int(chance * len(early)))
        else:
            entity = row
        recent.insert(0, entity)
        if len(recent) > RECENT:
            early.append(recent.pop())
        found.append(entity)
    first[rows] = found
    return np.unique(first, return_inverse=True)[1].astype(np.int64)


def several(family: Integers) -> bool:
    """Return whether any family has two rows."""
    return bool((family[1:] == family[:-1]).any())


def _together(family: Integers, present: Flags) -> Integers:
    """Return the rows that are not alone in their family, of those that have a parent."""
    rows = np.flatnonzero(present)
    same = family[rows][1:] == family[rows][:-1]
    found: Integers = rows[
        np.append(False, same)[: len(rows)] | np.append(same, False)[: len(rows)]
    ]
    return found
