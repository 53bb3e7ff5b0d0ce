"""Placing: the rows of one key get parents that fit, with the degrees that parents want."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from synthohive_jupyter.relational.parents.apart import Sets, elsewhere, separate
from synthohive_jupyter.relational.parents.matching import NOBODY, Side, allot, cells, common, match
from synthohive_jupyter.relational.parents.places import capped, filled, fitted, scaled, shared_out
from synthohive_jupyter.relational.parents.telling import joint

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from synthohive_jupyter.tabular.codecs import Codes, Flags, Floats, Integers

CELL = 25
"""Entities of one kind that are enough to know how many places parents of this kind must have."""
SMALL = 250
"""In a group of fewer entities each one counts."""


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """Rows that are to have a parent.

    Attributes:
        codes: Sketch of the parent that each asks for, negative for any, shape (rows, columns).
        entity: Entity of each row, from 0; its first row speaks for all.
        family: Family of each row, from 0.
        group: Group of each row; only parents of the same one are allowed.
        same: Label that the parent is to have, -1 for any.
        avoided: Label that it is not to have, -1 for none.
        apart: Set of each row, of which no two may have the same parent; ``None`` without sets.
    """

    codes: Codes
    entity: Integers
    family: Integers
    group: Integers
    same: Integers
    avoided: Integers
    apart: Integers | None = None

    def split(self) -> Rows:
        """Return the rows with entities that one parent can take: of one group, once in a set."""
        entity = joint(self.entity, self.group)
        if self.apart is not None:
            both = joint(entity, self.apart)
            order = np.argsort(both, kind="stable")
            number = np.empty(len(both), dtype=np.int64)
            number[order] = np.arange(len(both)) - np.searchsorted(both[order], both[order])
            entity = joint(entity, number)
        return replace(self, entity=entity)

    def entities(self) -> tuple[Rows, Integers]:
        """Return the first row of each entity, and the rows of each."""
        _, first, number = np.unique(self.entity, return_index=True, return_counts=True)
        return self.some(first), number.astype(np.int64)

    def speakers(self) -> Integers:
        """Return for each row the first row of its entity."""
        _, first, entity = np.unique(self.entity, return_index=True, return_inverse=True)
        found: Integers = first[entity]
        return found

    def some(self, chosen: Integers | Flags) -> Rows:
        """Return some of the rows, without their sets."""
        return Rows(
            self.codes[chosen],
            self.entity[chosen],
            self.family[chosen],
            self.group[chosen],
            self.same[chosen],
            self.avoided[chosen],
        )


@dataclass(frozen=True, slots=True, eq=False)
class Offers:
    """Parents that are to have rows.

    Attributes:
        codes: Sketch of each, shape (parents, columns).
        ordered: Which of its columns have neighbouring codes that are alike.
        group: Group of each parent.
        label: Its ancestor that rows may want or avoid, negative for none.
        wanted: Entities that each wants, not negative.
        sizes: Rows that it has for each of them.
        single: Whether nobody has two entities as long as that is possible.
    """

    codes: Codes
    ordered: Sequence[bool]
    group: Integers
    label: Integers
    wanted: Floats
    sizes: Floats
    single: bool

    def side(self, group: Integers, places: Integers) -> Side:
        """Return the parents with so many places."""
        return Side(self.codes, group, places, self.sizes)


@dataclass(frozen=True, slots=True, eq=False)
class Placement:
    """Which parents rows got.

    Attributes:
        positions: Parent of each row, negative for nobody.
        lost: Rows that must have a parent and cannot.
        adopted: Columns of the parents that took over what their rows say of them, indexed by
            their positions; ``None`` where nobody was asked to, or rows say nothing of parents.
        moved: New position of the ancestor `Ancestors.often` of the parents that took over this
            too, indexed by their positions; ``None`` likewise, and where there is no such ancestor.
    """

    positions: Integers
    lost: Flags
    adopted: pd.DataFrame | None = None
    moved: pd.Series[Any] | None = None


def place(
    rows: Rows,
    offers: Offers,
    *,
    distinct: bool,
    rng: np.random.Generator,
    given: Integers | None = None,
) -> Integers:
    """Return the parent of each row.

    Args:
        rows: Who asks, `Rows.split`.
        offers: Who offers, at least one parent.
        distinct: Whether entities of one family have different parents as far as possible.
        rng: Source of chance.
        given: The parent of each entity, where it is known already and may only be changed to
            keep entities apart.

    Returns:
        Positions of parents, `NOBODY` where none is allowed.
    """
    first, number = rows.entities()
    found = _matched(first, number, offers, rng, distinct=distinct) if given is None else given
    found = _kept_apart(rows, first, found, offers, distinct=distinct, rng=rng)
    positions = found[rows.entity]
    if rows.apart is None:
        return positions
    return elsewhere(
        positions,
        rows.apart,
        asked=rows.group,
        group=offers.group,
        weights=offers.wanted,
        rng=rng,
    )


def _matched(
    first: Rows, number: Integers, offers: Offers, rng: np.random.Generator, *, distinct: bool
) -> Integers:
    """Return the parent of each entity by what it asks for."""
    found = np.full(len(number), NOBODY, dtype=np.int64)
    totals = np.bincount(first.group, minlength=int(offers.group.max()) + 1)
    wanted = offers.wanted
    if offers.single:
        wanted = filled(wanted, offers.group, totals)
        wanted = allot(wanted, offers.group, totals, rng=rng).astype(np.float64)
    else:
        wanted = scaled(shared_out(wanted, first.group, offers.group, rng), offers.group, totals)
    choosy = np.flatnonzero(first.same >= 0)
    if len(choosy):
        mine, theirs = common((first.group, offers.group), (first.same, offers.label))
        found[choosy] = _served(
            first.some(choosy),
            mine[choosy],
            theirs,
            wanted,
            number[choosy],
            offers,
            rng,
            distinct=distinct,
        )
        wanted = np.maximum(wanted - _taken(found, len(wanted)), 0.0)
    # Who has all that was wanted is closed to the rest: a group of its own, which nobody asks for.
    closed = np.where((wanted <= 0) & (_taken(found, len(wanted)) > 0), len(totals), offers.group)
    rest = np.flatnonzero(found == NOBODY)
    found[rest] = _served(
        first.some(rest),
        first.group[rest],
        closed,
        wanted,
        number[rest],
        offers,
        rng,
        distinct=distinct,
    )
    return found


def _taken(found: Integers, parents: int) -> Integers:
    """Return how many entities each parent has."""
    taken: Integers = np.bincount(found[found >= 0], minlength=parents)
    return taken


def _served(
    asking: Rows,
    asked: Integers,
    offered: Integers,
    wanted: Floats,
    number: Integers,
    offers: Offers,
    rng: np.random.Generator,
    *,
    distinct: bool,
) -> Integers:
    """Return the parent of each entity, of its group; `NOBODY` where the group has no place.

    Args:
        asking: The entities.
        asked: Group of each.
        offered: Group of each parent.
        wanted: Entities that each parent wants; with single parents these are whole.
        number: Rows of each entity.
        offers: The parents.
        rng: Source of chance.
        distinct: Whether entities of one family have different parents as far as possible.
    """
    one = np.ones(len(asked), dtype=np.int64)
    side = Side(asking.codes, asked, one, number.astype(np.float64))
    groups = int(max(asked.max(initial=0), offered.max())) + 1
    totals = np.bincount(asked, minlength=groups)
    if offers.single:
        room = np.bincount(offered, wanted, minlength=groups)
        totals = np.minimum(totals, np.rint(room).astype(np.int64))
    places = allot(wanted, offered, totals, rng=rng)
    if distinct:
        families = np.unique(joint(asked, asking.family), return_index=True)[1]
        places = capped(places, offered, np.bincount(asked[families], minlength=groups), rng)
    # In a small group every wish counts: who is to have its few places is known by them alone.
    least = np.where(totals < SMALL, 1, CELL)
    cell = cells(side, offers.side(offered, places), ordered=offers.ordered, least=least)
    places = fitted(places, offered, cell, rng)
    return match(side, offers.side(offered, places), ordered=offers.ordered, rng=rng)


def _kept_apart(
    rows: Rows,
    first: Rows,
    found: Integers,
    offers: Offers,
    *,
    distinct: bool,
    rng: np.random.Generator,
) -> Integers:
    """Return the parents of entities after swaps that keep apart who has to be."""
    entity, code = [np.zeros(0, dtype=np.int64)], [np.zeros(0, dtype=np.int64)]
    if distinct:
        entity.append(np.arange(len(found)))
        code.append(first.family)
    if rows.apart is not None:
        entity.append(rows.entity)
        code.append(rows.apart + int(first.family.max(initial=0)) + 1)
    sets = Sets(np.concatenate(entity), np.concatenate(code), first.avoided, offers.label)
    # Who wants a label swaps with those who want the same one.
    group = joint(first.group, first.same + 1)
    alike = group
    for place_ in range(first.codes.shape[1]):
        alike = joint(alike, first.codes[:, place_].astype(np.int64) + 1)
    found = separate(found, sets, [alike, group], rng=rng)
    if not distinct:
        return found
    # First those who want a label, among the parents that have it; then all others anywhere.
    mine, theirs = common((first.group, offers.group), (first.same, offers.label))
    choosy = first.same >= 0
    for movable, asked, group_ in ((choosy, mine, theirs), (~choosy, first.group, offers.group)):
        again = elsewhere(
            found,
            first.family,
            asked=asked,
            group=group_,
            weights=offers.wanted,
            rng=rng,
            movable=movable,
        )
        found = np.where(again == NOBODY, found, again)
    return found
