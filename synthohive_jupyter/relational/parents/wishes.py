"""What drawn rows ask of their parents, and what the parents offer them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from synthohive_jupyter.relational.parents import repeats
from synthohive_jupyter.relational.parents.placing import Offers, Rows
from synthohive_jupyter.relational.parents.serving import stages
from synthohive_jupyter.relational.parents.sketches import read_codes
from synthohive_jupyter.relational.parents.telling import joint

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from synthohive_jupyter.relational.parents.link import ParentLink
    from synthohive_jupyter.tabular.codecs import Integers

    Pair = tuple[Integers, Integers]

LINKED, SAME, REPEAT, WHICH = "linked", "same", "repeat", "which"
"""Parts of the names of link columns; those of a sketch begin with a dot."""
_REACH = 8
"""Rows with one parent may differ by this part of a number's codes in what they say of it."""


def heard(
    link: ParentLink,
    drawn: pd.DataFrame,
    parents: pd.DataFrame,
    family: Integers,
    *,
    anchors: Mapping[str, Pair],
    must: Pair | None,
    rng: np.random.Generator,
) -> tuple[Rows, Offers, Integers | None]:
    """Return what rows ask for, what parents offer, and the parent of each entity if it is known.

    Args:
        link: The key; somebody has a parent by it.
        drawn: Link columns of rows that are to have a parent.
        parents: Modelled columns of all parents.
        family: Family of each row, from 0.
        anchors: As in `ParentLink.place`, of these rows.
        must: Likewise.
        rng: Source of chance.
    """
    assert link.degrees is not None
    wanted, sizes = link.degrees.draw(parents, rng)
    asked, offered = link.ancestors.groups(len(drawn), anchors, must, wanted, rng=rng)
    agrees = np.zeros(len(drawn), dtype=np.bool_)
    if link.ancestors.often is not None:
        agrees = np.equal(read_codes(drawn[link.prefix + SAME], 2), 1)
    same, avoided, label = link.ancestors.labels(agrees, anchors, len(parents))
    offers = Offers(
        codes=link.sketch.codes(parents),
        ordered=[part.ordered for part in link.sketch.parts],
        group=offered,
        label=label,
        wanted=wanted,
        sizes=sizes,
        single=link.degrees.single,
    )
    alone = np.arange(len(drawn), dtype=np.int64)
    codes = link.sketch.heard(drawn, prefix=link.prefix)
    rows = Rows(codes, alone, family, asked, same, avoided)
    if link.classes is not None:
        return _looked_up(link, drawn, rows, offers, rng)
    if link.repeats:
        numbers = read_codes(drawn[link.prefix + REPEAT], repeats.LONGEST + 1)
        entity = repeats.entities(
            family, numbers.astype(np.int64), rng=rng, kinds=_kinds(link, rows, offers)
        )
        rows = replace(rows, entity=entity)
    return rows, offers, None


def _looked_up(
    link: ParentLink, drawn: pd.DataFrame, rows: Rows, offers: Offers, rng: np.random.Generator
) -> tuple[Rows, Offers, Integers]:
    """Return what rows of a look-up ask for, which is what their class is."""
    assert link.classes is not None
    said = read_codes(drawn[link.prefix + WHICH], len(link.classes.members)).astype(np.int64)
    codes = np.where(said[:, None] < 0, rows.codes, link.classes.profiles[said])
    entity = rows.entity if link.distinct else joint(rows.family, said + 1)
    first = np.unique(entity, return_index=True)[1]
    given = link.classes.place(
        said[first], rows.family[first], offers.codes, ordered=offers.ordered, rng=rng
    )
    return replace(rows, codes=codes, entity=entity), offers, given


def _kinds(link: ParentLink, rows: Rows, offers: Offers) -> repeats.Kinds:
    """Return what rows with the same parent must agree in."""
    ordered = np.array(offers.ordered, dtype=np.bool_)
    exact = ~ordered
    cell = np.zeros(len(rows.entity), dtype=np.int64)
    room, first = cell.copy(), 0
    # Where there is nobody left of a kind there may still be somebody near a number.
    turns = stages(
        replace(rows, codes=rows.codes[:, exact]),
        replace(offers, codes=offers.codes[:, exact], ordered=[False] * int(exact.sum())),
    )
    for stage in turns:
        there = np.bincount(stage.kind, minlength=stage.width)
        cell[stage.entities] = first + stage.cell
        room[stage.entities] = there[stage.cell]
        first += stage.width
    kind = joint(joint(rows.group, rows.same + 1), rows.avoided + 1)
    for place in np.flatnonzero(exact):
        kind = joint(kind, rows.codes[:, place].astype(np.int64) + 1)
    reach = [part.n_codes // _REACH for part in link.sketch.parts if part.ordered]
    near = rows.codes[:, ordered]
    return repeats.Kinds(kind, near, np.array(reach, dtype=np.int64), cell, room)
