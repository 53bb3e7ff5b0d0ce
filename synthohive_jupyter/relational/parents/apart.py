"""Rows that need different parents: keys made of foreign keys, pairs that never repeat.

`separate` swaps parents between entities that ask for the same, so that sketches and degrees stay
as they are. `elsewhere` settles the rest row by row, exactly: a row goes without only if its set
has used up every parent of its group.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from synthohive_jupyter.relational.parents.matching import NOBODY, anyone

if TYPE_CHECKING:
    from collections.abc import Sequence

    from synthohive_jupyter.tabular.codecs import Flags, Floats, Integers

ROUNDS = 12
"""Swaps are tried so often with each kind of partner."""
_CHUNK = 1 << 22


@dataclass(frozen=True, slots=True, eq=False)
class Sets:
    """Sets whose members need different parents.

    Attributes:
        entity: Entity of each membership, shape (memberships,).
        code: Its set; an entity may be in several.
        avoided: Label that an entity's parent must not have, shape (entities,); -1 for any.
        labels: Label of each parent, negative for none.
    """

    entity: Integers
    code: Integers
    avoided: Integers
    labels: Integers

    def several(self) -> Sets:
        """Return the sets that have more than one member."""
        number = np.bincount(self.code) if len(self.code) else np.zeros(0, dtype=np.int64)
        kept = number[self.code] > 1
        return Sets(self.entity[kept], self.code[kept], self.avoided, self.labels)

    def pairs(self, found: Integers, of: Integers | None = None) -> Integers:
        """Return a number for the set and the parent of each membership."""
        code = self.code if of is None else self.code[of]
        parent = found[self.entity] if of is None else found
        return code * len(self.labels) + parent

    def strange(self, entity: Integers, parent: Integers) -> Flags:
        """Return which entities must not have this parent."""
        avoided = self.avoided[entity]
        found: Flags = (avoided >= 0) & (self.labels[parent] == avoided)
        return found


def separate(
    found: Integers, sets: Sets, keys: Sequence[Integers], *, rng: np.random.Generator
) -> Integers:
    """Return parents with as few clashes as swaps can reach.

    Args:
        found: Parent of each entity, `NOBODY` for none.
        sets: Who needs different parents.
        keys: Only entities with equal keys swap; the first keys are tried first.
        rng: Source of chance.
    """
    sets, found = sets.several(), found.copy()
    order = np.argsort(sets.entity, kind="stable")
    of_entity = np.append(0, np.cumsum(np.bincount(sets.entity, minlength=len(found))))
    for key in keys:
        partners = _Partners(key, found)
        for _ in range(ROUNDS):
            pairs = np.sort(sets.pairs(found))
            clashing = _clashing(found, sets, pairs)
            if not len(clashing):
                return found
            first, second = partners.draw(clashing, rng)
            moved = np.concatenate([first, second])
            to = found[np.concatenate([second, first])]
            bad = _refused(moved, to, sets, pairs, order, of_entity)
            well = ~(bad[: len(first)] | bad[len(first) :])
            first, second = first[well], second[well]
            found[first], found[second] = found[second], found[first]
    return found


def elsewhere(
    found: Integers,
    code: Integers,
    *,
    asked: Integers,
    group: Integers,
    weights: Floats,
    rng: np.random.Generator,
    movable: Flags | None = None,
) -> Integers:
    """Return parents of which no two rows of a set have the same one.

    A row that shares its parent with a row of its set gets another parent of its group, one with a
    high weight if possible; `NOBODY` where the set has them all.

    Args:
        found: Parent of each row, `NOBODY` for none.
        code: Set of each row.
        asked: Group of each row.
        group: Group of each parent.
        weights: Weight of each parent, not negative.
        rng: Source of chance.
        movable: Rows that may get another parent; the others keep theirs even if it is shared.
    """
    found, width = found.copy(), len(group)
    moves = np.ones(len(found), dtype=np.bool_) if movable is None else movable
    placed = np.flatnonzero(found >= 0)
    placed = placed[rng.permutation(len(placed))]
    placed = placed[np.argsort(moves[placed], kind="stable")]
    pairs = code[placed] * width + found[placed]
    order = np.argsort(pairs, kind="stable")
    again = np.append(False, pairs[order][1:] == pairs[order][:-1])[: len(order)]
    again &= moves[placed[order]]
    waiting, settled = placed[order[again]], pairs[order[~again]]
    for trial in range(2 * ROUNDS):
        if not len(waiting):
            return found
        mass = weights if trial < ROUNDS else np.ones(width)
        drawn = anyone(asked[waiting], group, mass, rng=rng)
        wish = code[waiting] * width + drawn
        new = ~_among(wish, settled) & (drawn >= 0)
        new[new] = _first_of_each(wish[new])
        found[waiting[new]] = drawn[new]
        settled = np.sort(np.append(settled, wish[new]))
        waiting = waiting[~new]
    _enumerate(found, waiting, code, asked, group, settled, rng)
    return found


@dataclass(frozen=True, slots=True, eq=False)
class _Partners:
    """Who may swap with whom.

    Attributes:
        key: Equal for those who may.
        order: Entities that have a parent, by their key.
    """

    key: Integers
    order: Integers

    def __init__(self, key: Integers, found: Integers) -> None:
        placed = np.flatnonzero(found >= 0)
        object.__setattr__(self, "key", key)
        object.__setattr__(self, "order", placed[np.argsort(key[placed], kind="stable")])

    def draw(self, entities: Integers, rng: np.random.Generator) -> tuple[Integers, Integers]:
        """Return pairs that swap; nobody is in two of them."""
        first = rng.permutation(entities)
        keys = self.key[self.order]
        low, high = (np.searchsorted(keys, self.key[first], side=s) for s in ("left", "right"))
        second = self.order[low + (rng.random(len(first)) * (high - low)).astype(np.int64)]
        both = np.stack([first, second], axis=1).ravel()
        alone = _first_of_each(both).reshape(-1, 2).all(axis=1)
        return first[alone], second[alone]


def _clashing(found: Integers, sets: Sets, pairs: Integers) -> Integers:
    """Return the entities that have to move: all but one of each clash."""
    twice = pairs[1:][pairs[1:] == pairs[:-1]]
    own = sets.pairs(found)
    members = np.flatnonzero(_among(own, np.unique(twice)) & (found[sets.entity] >= 0))
    members = members[~_first_of_each(own[members])]
    placed = np.flatnonzero((found >= 0) & (sets.avoided >= 0))
    strange = placed[sets.strange(placed, found[placed])]
    return np.unique(np.concatenate([sets.entity[members], strange]))


def _refused(
    moved: Integers,
    to: Integers,
    sets: Sets,
    pairs: Integers,
    order: Integers,
    of_entity: Integers,
) -> Flags:
    """Return which entities would clash with their new parents."""
    number = of_entity[moved + 1] - of_entity[moved]
    whose = np.repeat(np.arange(len(moved)), number)
    inside = np.arange(len(whose)) - np.repeat(np.cumsum(number) - number, number)
    memberships = order[of_entity[moved][whose] + inside]
    wish = sets.pairs(to[whose], memberships)
    taken = _among(wish, pairs) | ~_first_of_each(wish)
    bad = np.bincount(whose, taken, minlength=len(moved)) > 0
    return bad | sets.strange(moved, to)


def _enumerate(
    found: Integers,
    waiting: Integers,
    code: Integers,
    asked: Integers,
    group: Integers,
    settled: Integers,
    rng: np.random.Generator,
) -> None:
    """Give waiting rows any parent that their set does not have yet; the rest goes without."""
    found[waiting] = NOBODY
    waiting = waiting[np.lexsort((asked[waiting], code[waiting]))]
    by_group = np.argsort(group, kind="stable")
    low, high = (
        np.searchsorted(group[by_group], asked[waiting], side=s) for s in ("left", "right")
    )
    same = (code[waiting][1:] == code[waiting][:-1]) & (asked[waiting][1:] == asked[waiting][:-1])
    begins = np.flatnonzero(np.append(True, ~same)[: len(waiting)])
    sizes = np.diff(np.append(begins, len(waiting)))
    work = np.cumsum((high - low)[begins]) // _CHUNK
    for part in np.unique(work):
        mine = np.flatnonzero(work == part)
        offers = (high - low)[begins[mine]]
        whose = np.repeat(mine, offers)
        inside = np.arange(len(whose)) - np.repeat(np.cumsum(offers) - offers, offers)
        parents = by_group[low[begins[whose]] + inside]
        free = ~_among(code[waiting[begins[whose]]] * len(group) + parents, settled)
        whose, parents = whose[free], parents[free]
        shuffled = np.lexsort((rng.random(len(whose)), whose))
        whose, parents = whose[shuffled], parents[shuffled]
        number = np.arange(len(whose)) - np.searchsorted(whose, whose)
        given = number < sizes[whose]
        found[waiting[begins[whose[given]] + number[given]]] = parents[given]


def _among(values: Integers, ordered: Integers) -> Flags:
    """Return which values are among sorted ones."""
    if not len(ordered):
        return np.zeros(len(values), dtype=np.bool_)
    at = np.minimum(np.searchsorted(ordered, values), len(ordered) - 1)
    found: Flags = ordered[at] == values
    return found


def _first_of_each(values: Integers) -> Flags:
    """Return which elements are the first of their value."""
    first = np.zeros(len(values), dtype=np.bool_)
    first[np.unique(values, return_index=True)[1]] = True
    return first
