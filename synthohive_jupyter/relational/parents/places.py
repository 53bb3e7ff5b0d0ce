"""Places: how many entities each parent is to take, so that wishes and degrees both come out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from synthohive_jupyter.relational.parents.matching import allot

if TYPE_CHECKING:
    from synthohive_jupyter.tabular.codecs import Floats, Integers

STEPS = 20
"""Corrections of the factors of cells."""
PACE = 0.6
"""Share of a missing factor that one correction makes up; less than all, so that it settles."""
JITTER = 0.25
"""Chance by which parents of one cell change their order, in units of the logarithm of places."""
SMALL = 250
"""In a group of fewer entities each wish counts, whatever parents want."""
BENT = 1.1
"""In a larger one, kinds of parents have at most so many times what their parents want."""
LITTLE = 0.2
"""Up to this share of what is wanted, too much or too little changes only the largest degrees."""


def divided(
    wanted: Floats,
    kind: tuple[Integers, Integers],
    group: tuple[Integers, Integers],
    *,
    taken: Integers,
    rng: np.random.Generator,
) -> Integers:
    """Return places: for each kind of parent as many as ask for it, shared out as they want.

    Who finds no place at a kind, because there is no such parent or degrees would be out of all
    proportion, has one somewhere in its group.

    Args:
        wanted: What each parent wants.
        kind: Kind of each entity and of each parent, inside their groups.
        group: Group of each entity and of each parent.
        taken: What each parent has already.
        rng: Source of chance.
    """
    (cell, of_parents), (asked, offered) = kind, group
    width = int(max(cell.max(initial=0), of_parents.max(initial=0))) + 1
    groups = int(max(asked.max(initial=0), offered.max(initial=0))) + 1
    demand, own = np.bincount(cell, minlength=width), np.zeros(width, dtype=np.int64)
    own[cell], own[of_parents] = asked, offered
    room = np.bincount(of_parents, BENT * wanted - taken, minlength=width).clip(min=0)
    most = np.where(np.bincount(asked, minlength=groups)[own] < SMALL, demand, room)
    most[np.bincount(of_parents, minlength=width) == 0] = 0
    totals = np.minimum(demand, np.ceil(most).astype(np.int64))
    rest = np.bincount(own, demand - totals, minlength=groups).astype(np.int64)
    left = np.maximum(wanted - taken, 0.0)
    places = allot(scaled(left, of_parents, totals), of_parents, totals, rng=rng)
    found: Integers = places + allot(left, offered, rest, rng=rng)
    return found


def divided_once(
    wanted: Floats,
    kind: tuple[Integers, Integers],
    group: tuple[Integers, Integers],
    *,
    taken: Integers,
    evenly: bool,
    rng: np.random.Generator,
) -> Integers:
    """Return places like `divided`, where nobody is to have two.

    Args:
        wanted: What each parent wants.
        kind: As in `divided`.
        group: As in `divided`.
        taken: What each parent has already.
        evenly: Whether all share what nobody has room for; otherwise it goes without a place.
        rng: Source of chance.
    """
    places = np.zeros(len(wanted), dtype=np.int64)
    for asked, offered in (kind, group):
        free = np.flatnonzero(taken + places == 0)
        width = int(max(asked.max(initial=0), offered.max(initial=0))) + 1
        missing = np.bincount(asked, minlength=width)
        missing = missing - np.bincount(offered, places, minlength=width).astype(np.int64)
        room = np.bincount(offered[free], minlength=width)
        # Places that another kind took over are missing there and too many here.
        totals = np.clip(missing, 0, room)
        share = filled(wanted[free], offered[free], totals)
        places[free] += allot(share, offered[free], totals, rng=rng)
    if evenly:
        missing = missing - totals
        places += allot(np.ones(len(wanted)), group[1], np.maximum(missing, 0), rng=rng)
    return places


def capped(places: Integers, group: Integers, most: Integers, rng: np.random.Generator) -> Integers:
    """Return places of which no parent has more than its group allows, as far as there is room.

    Args:
        places: Places of each parent.
        group: Group of each parent.
        most: Largest number of places for each group: no family takes a parent twice.
        rng: Source of chance.
    """
    kept = np.minimum(places, most[group])
    over = np.bincount(group, places - kept, minlength=len(most)).astype(np.int64)
    room = most[group] - kept
    fits = np.minimum(over, np.bincount(group, room, minlength=len(most)).astype(np.int64))
    kept += allot(room.astype(np.float64), group, fits, rng=rng)
    rest = (places - kept).clip(min=0).astype(np.float64)
    found: Integers = kept + allot(rest, group, over - fits, rng=rng)
    return found


def fitted(wanted: Floats, kind: Integers, demand: Floats, rng: np.random.Generator) -> Floats:
    """Return what is wanted, exchanged between parents so that each kind has what is asked of it.

    Parents keep their order inside a kind, but for a little chance among equal ones. A factor for
    each kind is looked for with which, after ordering, the kind has its places.

    Args:
        wanted: What each parent wants.
        kind: Kind of each parent.
        demand: What is asked of each kind.
        rng: Source of chance.
    """
    nothing, total = np.zeros(len(wanted), dtype=np.int64), np.rint([demand.sum()])
    whole = total.astype(np.int64)
    places = allot(scaled(wanted, nothing, whole), nothing, whole, rng=rng)
    base = np.log(places + 0.5) + JITTER * rng.standard_normal(len(places))
    ranked, asked = np.sort(places), demand + 0.5
    factor, best, least = np.zeros(len(demand)), places, np.inf
    for _ in range(STEPS if len(demand) > 1 else 0):
        given = np.empty_like(places)
        given[np.argsort(base + factor[kind])] = ranked
        supply = np.bincount(kind, given, minlength=len(demand)) + 0.5
        missing = float(np.abs(asked - supply).sum())
        if missing < least:
            best, least = given, missing
        factor += PACE * np.log(asked / supply)
    found: Floats = best.astype(np.float64)
    return found


def scaled(wanted: Floats, group: Integers, totals: Integers) -> Floats:
    """Return what is wanted, about scaled to the total of each group.

    A little too much or too little is made up by those who want most: what all others have stays
    as it was, and most degrees with it.
    """
    sums = np.bincount(group, wanted, minlength=len(totals))
    squares = np.bincount(group, wanted**2, minlength=len(totals))
    missing = totals - sums
    little = (np.abs(missing) <= LITTLE * sums) & (squares > 0)
    step = np.divide(missing, squares, out=np.zeros(len(totals)), where=little)
    times = np.divide(totals, sums, out=np.ones(len(totals)), where=~little & (sums > 0))
    found: Floats = np.maximum(wanted * times[group] + step[group] * wanted**2, 0.0)
    return found


def filled(wanted: Floats, group: Integers, totals: Integers) -> Floats:
    """Return what is wanted, at most 1 each; those who want nothing fill what is missing."""
    one = np.minimum(wanted, 1.0)
    missing = np.maximum(totals - np.bincount(group, one, minlength=len(totals)), 0.0)
    room = np.bincount(group, 1.0 - one, minlength=len(totals))
    share = np.divide(missing, room, out=np.zeros(len(totals)), where=room > 0)
    found: Floats = one + (1.0 - one) * np.minimum(share, 1.0)[group]
    return found
