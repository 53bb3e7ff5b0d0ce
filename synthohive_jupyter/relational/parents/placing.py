"""Placing: the rows of one key get parents that fit, with the degrees that parents want."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from synthohive_jupyter.relational.parents.apart import Sets, elsewhere, separate
from synthohive_jupyter.relational.parents.matching import NOBODY, Side
from synthohive_jupyter.relational.parents.serving import Stage, served, stages
from synthohive_jupyter.relational.parents.telling import joint

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from synthohive_jupyter.tabular.codecs import Codes, Flags, Floats, Integers


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
    unique: bool,
    rng: np.random.Generator,
    given: Integers | None = None,
) -> Integers:
    """Return the parent of each row.

    Args:
        rows: Who asks, `Rows.split`.
        offers: Who offers, at least one parent.
        distinct: Whether entities of one family have different parents, where there are others of
            the kind that they ask for.
        unique: Whether they have even if there are none.
        rng: Source of chance.
        given: The parent of each entity, where it is known already and may only be changed to
            keep entities apart.

    Returns:
        Positions of parents, `NOBODY` where none is allowed.
    """
    first, number = rows.entities()
    distinct |= unique
    found = served(first, number, offers, rng, distinct=distinct) if given is None else given
    found = _kept_apart(rows, first, found, offers, distinct=distinct, unique=unique, rng=rng)
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


def _kept_apart(
    rows: Rows,
    first: Rows,
    found: Integers,
    offers: Offers,
    *,
    distinct: bool,
    unique: bool,
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
    if not len(sets.several().entity) and not (first.avoided >= 0).any():
        return found
    # Who wants a label swaps with those who want the same one.
    group = joint(first.group, first.same + 1)
    asked, got = group, group
    for place_ in range(first.codes.shape[1]):
        asked = joint(asked, first.codes[:, place_].astype(np.int64) + 1)
        # Nobody has no codes; who has no parent swaps with no one.
        got = joint(got, offers.codes[found, place_].astype(np.int64))
    turns = stages(first, offers)
    kind = np.zeros(len(found), dtype=np.int64)
    for turn in turns:
        kind[turn.entities] = turn.cell
    keys = [asked, got, joint(group, kind)]
    if unique or rows.apart is not None:
        keys.append(group)
    found = separate(found, sets, keys, rng=rng)
    # Whom to avoid counts for more than what is wanted.
    nothing = np.zeros(0, dtype=np.int64)
    found = separate(found, Sets(nothing, nothing, first.avoided, offers.label), [group], rng=rng)
    return _elsewhere(found, first, turns, offers, unique=unique, rng=rng) if distinct else found


def _elsewhere(
    found: Integers,
    first: Rows,
    turns: list[Stage],
    offers: Offers,
    *,
    unique: bool,
    rng: np.random.Generator,
) -> Integers:
    """Return the parents after the last entities of a family that share one have got another."""
    for turn in turns:
        there = np.bincount(turn.kind, minlength=turn.width) > 0
        # Who asks for a kind that nobody is of has a parent of another one in any case.
        anywhere = ~there[turn.cell] | unique
        every = np.ones_like(anywhere)
        passes = ((turn.cell, turn.kind, every), (turn.asked, turn.offered, anywhere))
        for codes, group, who in passes:
            movable, asked = np.zeros(len(found), dtype=np.bool_), np.zeros_like(found)
            movable[turn.entities], asked[turn.entities] = who, codes
            again = elsewhere(
                found,
                first.family,
                asked=asked,
                group=group,
                weights=offers.wanted,
                rng=rng,
                movable=movable,
            )
            found = np.where(again == NOBODY, found, again)
    return found
