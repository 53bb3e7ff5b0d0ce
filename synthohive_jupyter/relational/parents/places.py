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
LITTLE = 0.2
"""Up to this share of what is wanted, too much or too little changes only the largest degrees."""


def shared_out(
    wanted: Floats, asked: Integers, group: Integers, rng: np.random.Generator
) -> Floats:
    """Return what is wanted, exchanged between groups so that each wants about what it must take.

    Args:
        wanted: What each parent wants.
        asked: Group of each entity.
        group: Group of each parent.
        rng: Source of chance.
    """
    asked = asked[np.isin(asked, group)]
    if not len(asked) or (group == group[0]).all():
        return wanted
    nothing, total = np.zeros(len(group), dtype=np.int64), np.array([len(asked)])
    places = allot(scaled(wanted, nothing, total), nothing, total, rng=rng)
    return fitted(places, nothing, (asked, group), rng).astype(np.float64)


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


def fitted(
    places: Integers, group: Integers, cell: tuple[Integers, Integers], rng: np.random.Generator
) -> Integers:
    """Return the same numbers of places for other parents, so that each kind has what is asked for.

    Parents keep their order inside a cell, but for a little chance among equal ones. A factor for
    each cell is looked for with which, after ordering, the cell has its places.

    Args:
        places: Places of each parent.
        group: Group of each parent; numbers move inside groups only.
        cell: Cell of each entity and of each parent.
        rng: Source of chance.
    """
    asked, offered = cell
    width = int(max(asked.max(initial=0), offered.max())) + 1
    demand = np.bincount(asked, minlength=width) + 0.5
    base = np.log(places + 0.5) + JITTER * rng.standard_normal(len(places))
    ranked = places[np.lexsort((places, group))]
    factor, best, least = np.zeros(width), places, np.inf
    for _ in range(STEPS):
        given = np.empty_like(places)
        given[np.lexsort((base + factor[offered], group))] = ranked
        supply = np.bincount(offered, given, minlength=width) + 0.5
        missing = float(np.abs(demand - supply).sum())
        if missing < least:
            best, least = given, missing
        factor += PACE * np.log(demand / supply)
    return best


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
