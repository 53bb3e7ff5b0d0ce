"""Matching: which parent takes which row, where rows only say what kind of parent they have.

Each parent offers a number of *places*. Each *entity*, one row or the rows of a family that share
a parent, takes one. Who asks for a sketch gets a parent with exactly this sketch while there is
one with a free place, then one with nearly this sketch, and in the end anyone of its group.
Everything is sorting, so a million rows take seconds.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from synthohive_jupyter.tabular.codecs import Codes, Flags, Floats, Integers

NOBODY = -1
DROPPED = 64
"""Shift that makes all codes of a column equal."""

_ALL = (5, 4)
"""All numbers are told in so many bits before anything else is given up; those of fewer values stay
exact. Then one column after the other is given up, the least telling first."""
_ONE = (4, 3, 2)
_WIDEST = 2**62


@dataclass(frozen=True, slots=True, eq=False)
class Side:
    """Entities that ask for a parent, or parents that offer places.

    Attributes:
        codes: Sketch, most telling column first, shape (n, columns); negative codes fit nobody.
        group: Group of each, not negative; only the same group fits.
        number: Places that an entity takes (1 each), or that a parent offers, shape (n,).
        size: Rows of an entity, or rows that a parent has for each of its places, shape (n,).
    """

    codes: Codes
    group: Integers
    number: Integers
    size: Floats

    def some(self, chosen: Integers | Flags) -> Side:
        """Return some of them."""
        return Side(self.codes[chosen], self.group[chosen], self.number[chosen], self.size[chosen])


def match(
    entities: Side, parents: Side, *, ordered: Sequence[bool], rng: np.random.Generator
) -> Integers:
    """Give entities a parent of their group that has a free place, the best sketch first.

    Where more ask than can have, or more is offered than asked for, chance decides. Inside one
    sketch large entities go to parents that have many rows each; inside a coarser one neighbours
    go together.

    Args:
        entities: Who asks.
        parents: Who offers.
        ordered: Which columns of the sketch have neighbouring codes that are alike.
        rng: Source of chance.

    Returns:
        Position of each entity's parent; `NOBODY` where its group has no place left.
    """
    found = np.full(len(entities.group), NOBODY, dtype=np.int64)
    free = parents.number.copy()
    waiting = rng.permutation(len(found))
    for shifts in _levels(ordered, entities, parents):
        if not len(waiting):
            break
        places = np.repeat(np.arange(len(free)), free)
        if not len(places):
            break
        places = rng.permutation(places)
        asked, offered = _keys(entities.some(waiting), parents, shifts)
        offered = offered[places]
        lead = _lead(ordered, shifts)
        ranks = (
            (entities.size[waiting], _sizes(entities.size[waiting], parents.size, places, rng))
            if lead is None
            else (entities.codes[waiting, lead], parents.codes[places, lead])
        )
        mine, theirs = _pairs(asked, offered, *ranks)
        found[waiting[mine]] = places[theirs]
        free -= np.bincount(places[theirs], minlength=len(free))
        left = np.ones(len(waiting), dtype=np.bool_)
        left[mine] = False
        waiting = waiting[left]
    return found


def allot(
    wanted: Floats, group: Integers, totals: Integers, *, rng: np.random.Generator
) -> Integers:
    """Return whole numbers in proportion to what is wanted, with exact totals in each group.

    Each number is the exact proportion rounded up or down. A group that wants nothing, though
    there is a total, shares it evenly.

    Args:
        wanted: What each parent wants, not negative, shape (parents,).
        group: Group of each parent.
        totals: Whole total of each group, shape (groups,); of one without parents it is lost.
        rng: Source of chance.

    >>> rng = np.random.default_rng(0)
    >>> allot(np.array([1.0, 2.0, 0.0]), np.array([0, 0, 1]), np.array([6, 3]), rng=rng).tolist()
    [2, 4, 3]
    """
    sums = np.bincount(group, wanted, minlength=len(totals))
    share = np.where(sums[group] > 0, wanted, 1.0)
    sums = np.bincount(group, share, minlength=len(totals))
    order = np.lexsort((rng.random(len(group)), group))
    first, last = _runs(group[order])
    exact = np.cumsum((share / sums[group] * totals[group])[order])
    # Sums drift by roundings; each group begins and ends at a whole number.
    ends = np.cumsum(totals[group[order]][last])
    run = np.cumsum(first) - 1
    exact += np.append(0, ends[:-1])[run] - np.append(0.0, exact[last][:-1])[run]
    exact = np.minimum(exact, ends[run])
    exact[last] = ends
    steps = np.floor(exact + rng.random()).astype(np.int64)
    given = np.empty(len(group), dtype=np.int64)
    given[order] = np.diff(steps, prepend=0)
    return given


def anyone(
    asked: Integers, group: Integers, weights: Floats, *, rng: np.random.Generator
) -> Integers:
    """Return a parent of the group of each entity, drawn by weight, whether or not it has places.

    Args:
        asked: Group of each entity.
        group: Group of each parent.
        weights: Not negative, shape (parents,); in a group without weight all are equal.
        rng: Source of chance.

    Returns:
        Positions of parents, `NOBODY` where the group has none.
    """
    if not len(group):
        return np.full(len(asked), NOBODY, dtype=np.int64)
    sums = np.bincount(group, weights)
    mass = np.where(sums[group] > 0, weights, 1.0)
    order = np.argsort(group, kind="stable")
    ends = np.cumsum(mass[order])
    low, high = (np.searchsorted(group[order], asked, side=side) for side in ("left", "right"))
    begin = np.append(0.0, ends)[low]
    place = begin + rng.random(len(asked)) * (np.append(0.0, ends)[high] - begin)
    at = np.clip(np.searchsorted(ends, place, side="right"), low, np.maximum(high - 1, low))
    found: Integers = np.where(high > low, order[np.minimum(at, len(order) - 1)], NOBODY)
    return found


def common(*pairs: tuple[Integers, Integers]) -> tuple[Integers, Integers]:
    """Return codes from 0 of what entities and parents have; equal tuples have equal codes.

    Args:
        pairs: For each thing the codes of the entities and of the parents.

    >>> common((np.array([7, 8]), np.array([8, 9])), (np.array([1, 1]), np.array([1, 1])))
    (array([0, 1]), array([1, 2]))
    """
    mine = np.zeros(len(pairs[0][0]), dtype=np.int64)
    theirs = np.zeros(len(pairs[0][1]), dtype=np.int64)
    for own, other in pairs:
        both = _dense(np.concatenate([own, other]))
        mine, theirs = _fold(mine, theirs, both[: len(own)], both[len(own) :])
    both = _dense(np.concatenate([mine, theirs]))
    return both[: len(mine)], both[len(mine) :]


def cells(
    entities: Side, parents: Side, *, ordered: Sequence[bool], least: Integers
) -> tuple[Integers, Integers]:
    """Return the finest cell of each that enough entities ask for, as codes from 0.

    Args:
        entities: Who asks.
        parents: Who offers.
        ordered: As in `match`.
        least: Entities that are enough, for each group; those of smaller cells stay in the next
            coarser one.
    """
    mine, theirs = entities.group.copy(), parents.group.copy()
    first = int(max(mine.max(initial=0), theirs.max(initial=0))) + 1
    for shifts in reversed(list(_levels(ordered, entities, parents))):
        asked, offered = common(_keys(entities, parents, shifts))
        width = int(max(asked.max(initial=0), offered.max(initial=0))) + 1
        numbers = np.bincount(asked, entities.number, minlength=width)
        offers = np.bincount(offered, minlength=width) > 0
        enough = np.zeros(width, dtype=np.int64)
        enough[asked] = least[entities.group]
        many = (numbers >= enough) & (numbers > 0) & offers
        mine, theirs = (
            np.where(many[key], first + key, cell)
            for key, cell in ((asked, mine), (offered, theirs))
        )
        first += width
    return common((mine, theirs))


def _levels(ordered: Sequence[bool], entities: Side, parents: Side) -> Iterator[list[int]]:
    """Yield how far each column is shifted, from the full sketch down to none of it."""
    largest = [side.codes.max(axis=0, initial=0).tolist() for side in (entities, parents)]
    bits = [max(pair).bit_length() for pair in zip(*largest, strict=True)]
    shifts = [0] * len(ordered)
    yield list(shifts)
    for kept in _ALL:
        coarser = [
            n - kept if number and n > max(_ALL) else 0
            for n, number in zip(bits, ordered, strict=True)
        ]
        if coarser != shifts:
            shifts = coarser
            yield list(shifts)
    for place in reversed(range(len(ordered))):
        for kept in _ONE if ordered[place] else ():
            if bits[place] - kept > shifts[place]:
                shifts[place] = bits[place] - kept
                yield list(shifts)
        shifts[place] = DROPPED
        yield list(shifts)


def _lead(ordered: Sequence[bool], shifts: Sequence[int]) -> int | None:
    """Return the most telling number that a level does not ask for exactly."""
    coarse = (place for place, number in enumerate(ordered) if number and shifts[place])
    return next(coarse, None)


def _keys(entities: Side, parents: Side, shifts: Sequence[int]) -> tuple[Integers, Integers]:
    """Return one number for the group and the coarser sketch of each; equal ones fit."""
    mine, theirs = entities.group, parents.group
    for place, shift in enumerate(shifts):
        if shift < DROPPED:
            own = entities.codes[:, place].astype(np.int64) >> shift
            other = parents.codes[:, place].astype(np.int64) >> shift
            mine, theirs = _fold(mine, theirs, own + 1, other + 1)
    return mine, theirs


def _fold(
    mine: Integers, theirs: Integers, own: Integers, other: Integers
) -> tuple[Integers, Integers]:
    """Return numbers that are equal where both the first and the second ones are."""
    width = int(max(own.max(initial=0), other.max(initial=0))) + 1
    if max(mine.max(initial=0), theirs.max(initial=0)) >= _WIDEST // width:
        both = _dense(np.concatenate([mine, theirs]))
        mine, theirs = both[: len(mine)], both[len(mine) :]
    return mine * width + own, theirs * width + other


def _sizes(asked: Floats, mean: Floats, places: Integers, rng: np.random.Generator) -> Floats:
    """Return the size of the entity that each place is for.

    Those of one parent are as different as entities are, and have the mean that it wants; if all
    had the mean itself, those who want a little more would get all the largest.

    Args:
        asked: Sizes of the entities.
        mean: Mean size that each parent wants.
        places: Parent of each place.
        rng: Source of chance.
    """
    if asked.min() == asked.max():
        return mean[places]
    drawn = rng.choice(asked, len(places))
    sums = np.bincount(places, drawn, minlength=len(mean))
    number = np.bincount(places, minlength=len(mean))
    found: Floats = mean[places] + drawn - sums[places] / number[places]
    return found


def _dense(codes: Integers) -> Integers:
    found: Integers = np.unique(codes, return_inverse=True)[1].astype(np.int64)
    return found


def _runs(values: Integers) -> tuple[Flags, Flags]:
    """Return which elements are the first, and which the last, of a run of equal ones."""
    differs = values[1:] != values[:-1]
    return np.append(True, differs)[: len(values)], np.append(differs, True)[: len(values)]


def _pairs(
    asked: Integers, offered: Integers, mine: Codes | Floats, theirs: Codes | Floats
) -> tuple[Integers, Integers]:
    """Return who gets which place: as many as go of each key, in the order of the ranks.

    Args:
        asked: Key of each entity, the entities in random order.
        offered: Key of each place, in random order.
        mine: Rank of each entity.
        theirs: Rank of each place.
    """
    kept = []
    for own, other in ((asked, offered), (offered, asked)):
        order = np.argsort(own, kind="stable")
        keys, rivals = own[order], np.sort(other)
        number = np.arange(len(order)) - np.searchsorted(keys, keys, side="left")
        room = np.searchsorted(rivals, keys, side="right") - np.searchsorted(rivals, keys)
        kept.append(order[number < room])
    chosen = [
        rows[np.lexsort((ranks[rows], keys[rows]))]
        for rows, ranks, keys in zip(kept, (mine, theirs), (asked, offered), strict=True)
    ]
    return chosen[0], chosen[1]
