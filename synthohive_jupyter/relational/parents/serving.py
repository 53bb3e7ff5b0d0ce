"""Serving: which parent each entity gets, by what it asks for.

Who asks decides how many places each kind of parent has; what parents want decides how these are
shared out inside a kind. Where rows want a certain ancestor, a kind is one among its parents.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from synthohive_jupyter.relational.parents.matching import NOBODY, Side, cells, common, match
from synthohive_jupyter.relational.parents.places import (
    SMALL,
    capped,
    divided,
    divided_once,
    fitted,
)
from synthohive_jupyter.relational.parents.telling import dense, joint

if TYPE_CHECKING:
    from synthohive_jupyter.relational.parents.placing import Offers, Rows
    from synthohive_jupyter.tabular.codecs import Flags, Floats, Integers

CELL = 25
"""Entities of one kind that are enough to know how many places parents of this kind must have."""


@dataclass(frozen=True, slots=True, eq=False)
class Stage:
    """Entities that are served together, and where.

    Attributes:
        entities: Which ones.
        asked: Group of each of them.
        offered: Group of each parent.
        cell: Kind of parent that each of them asks for, inside its group.
        kind: Kind of each parent.
    """

    entities: Integers
    asked: Integers
    offered: Integers
    cell: Integers
    kind: Integers

    @classmethod
    def of(
        cls, rows: Rows, chosen: Flags, groups: tuple[Integers, Integers], offers: Offers
    ) -> Stage:
        """Return a stage.

        Args:
            rows: All entities.
            chosen: Those that are served.
            groups: Groups of all entities and of all parents.
            offers: The parents.
        """
        which = np.flatnonzero(chosen)
        asked, offered = groups[0][which], groups[1]
        one = np.ones(len(which), dtype=np.int64)
        asking = Side(rows.codes[which], asked, one, one.astype(np.float64))
        offering = offers.side(offered, np.ones(len(offered), dtype=np.int64))
        width = int(max(asked.max(initial=0), offered.max(initial=0))) + 1
        totals = np.bincount(asked, minlength=width)
        # In a small group every wish counts: who is to have its few places is known by them alone.
        least = np.where(totals < SMALL, 1, CELL)
        cell, kind = cells(asking, offering, ordered=offers.ordered, least=least)
        return cls(which, asked, offered, cell, kind)

    @property
    def width(self) -> int:
        """Number of kinds."""
        return int(max(self.cell.max(initial=0), self.kind.max(initial=0))) + 1

    def load(self) -> Floats:
        """Return how many entities each parent is to have, if all of a kind have as many."""
        asks = np.bincount(self.cell, minlength=self.width)
        there = np.bincount(self.kind, minlength=self.width)
        load = (asks / np.maximum(there, 1))[self.kind]
        rest = self.asked[there[self.cell] == 0]
        groups = int(max(self.asked.max(initial=0), self.offered.max(initial=0))) + 1
        whole = np.bincount(self.offered, minlength=groups)
        load += (np.bincount(rest, minlength=groups) / np.maximum(whole, 1))[self.offered]
        found: Floats = load
        return found


def stages(rows: Rows, offers: Offers) -> list[Stage]:
    """Return who is served after whom: first those who want an ancestor, then all others."""
    groups, choosy = (rows.group, offers.group), rows.same >= 0
    found = []
    if choosy.any():
        narrow = common(groups, (rows.same, offers.label))
        found.append(Stage.of(rows, choosy, narrow, offers))
    return [*found, Stage.of(rows, ~choosy, groups, offers)]


def served(
    first: Rows, number: Integers, offers: Offers, rng: np.random.Generator, *, distinct: bool
) -> Integers:
    """Return the parent of each entity; `NOBODY` where its group has none.

    Args:
        first: The entities.
        number: Rows of each.
        offers: The parents.
        rng: Source of chance.
        distinct: Whether entities of one family have different parents as far as possible.
    """
    turns = stages(first, offers)
    wanted = offers.wanted if offers.single else _spread(turns, offers, rng)
    found = np.full(len(number), NOBODY, dtype=np.int64)
    for stage in turns:
        _serve(found, stage, first, number, wanted, offers, rng, distinct=distinct)
    left = found == NOBODY
    if left.any():
        # Nobody has the ancestor that they want, or all who have it are taken.
        last = Stage.of(first, left, (first.group, offers.group), offers)
        _serve(found, last, first, number, wanted, offers, rng, distinct=distinct, evenly=True)
    return found


def _spread(turns: list[Stage], offers: Offers, rng: np.random.Generator) -> Floats:
    """Return what parents want, exchanged so that each kind wants about what it is asked for."""
    load = np.sum([stage.load() for stage in turns], axis=0)
    kind = dense(turns[0].kind)
    for stage in turns[1:]:
        kind = joint(kind, dense(stage.kind))
    demand = np.bincount(kind, load).astype(np.float64)
    return fitted(offers.wanted, kind, demand, rng)


def _serve(
    found: Integers,
    stage: Stage,
    first: Rows,
    number: Integers,
    wanted: Floats,
    offers: Offers,
    rng: np.random.Generator,
    *,
    distinct: bool,
    evenly: bool = False,
) -> None:
    """Write the parents of one stage's entities."""
    taken = np.bincount(found[found != NOBODY], minlength=len(wanted))
    side = Side(
        first.codes[stage.entities],
        stage.asked,
        np.ones(len(stage.asked), dtype=np.int64),
        number[stage.entities].astype(np.float64),
    )
    kind, group = (stage.cell, stage.kind), (stage.asked, stage.offered)
    if offers.single:
        places = divided_once(wanted, kind, group, taken=taken, evenly=evenly, rng=rng)
    else:
        places = divided(wanted, kind, group, taken=taken, rng=rng)
    if distinct:
        family = first.family[stage.entities]
        for asked, offered in (kind, group):
            width = int(max(asked.max(initial=0), offered.max(initial=0))) + 1
            each = np.unique(joint(asked, family), return_index=True)[1]
            most = np.bincount(asked[each], minlength=width)
            places = capped(places, offered, most, rng)
    found[stage.entities] = match(
        side, offers.side(stage.offered, places), ordered=offers.ordered, rng=rng
    )
