"""Rows of one table that take each other for parents: above them, before them, or beside them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from synthohive_jupyter.relational.hierarchy.kinship import further, liking
from synthohive_jupyter.relational.hierarchy.levels import fitted, not_deeper, units
from synthohive_jupyter.relational.hierarchy.peers import couples, not_themselves
from synthohive_jupyter.relational.hierarchy.replies import Candidates, Recency, choose
from synthohive_jupyter.relational.keys.references import NULL
from synthohive_jupyter.relational.parents.matching import Side, cells, common, match

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from synthohive_jupyter.relational.hierarchy.fans import FanOuts
    from synthohive_jupyter.tabular.codecs import Codes, Floats

    Positions = NDArray[np.int64]
    Flags = NDArray[np.bool_]

_FEW, _DEEP = 8, 16
"""Replies take parents of other levels where they have so few candidates, and forests are not so
deep."""
_STRONG = 0.1
"""Columns that children tell less of do not make kinds of rows: there chance would decide."""
_BENT = 2
"""Kinds have at most so many times the children that their rows have by themselves."""
_LEAST = 20
"""A kind of row has as many children as ask for it, where there are so many rows of it."""


@dataclass(frozen=True, slots=True, eq=False)
class Seekers:
    """Rows that look for parents among themselves.

    Attributes:
        whole: All codes of each row, as its fan-out is learnt from them.
        codes: Those that others ask for, most telling first, shape (rows, columns).
        asked: What each row asks for, of the same shape.
        ordered: Of which of these columns neighbouring codes are alike.
        telling: How much each of them counts, from 0 to 1.
        group: Group of each row, from 0; its parent is of the same.
        label: What rows may have in common with their parents.
        same: Which rows have the label of their parents.
        rng: Source of chance.
    """

    whole: Codes
    codes: Codes
    asked: Codes
    ordered: list[bool]
    telling: Floats
    group: Positions
    label: Positions
    same: Flags
    rng: np.random.Generator

    def above(self, depth: Positions, fans: FanOuts) -> Positions:
        """Return a parent one level up for each row that is not a top."""
        unit, upper = units(depth, self.group)
        children = np.flatnonzero(depth > 0)
        room = self._asked_room(fans, further(depth), children, upper, unit)
        return self._matched(children, upper, unit, room)

    def before(
        self, depth: Positions, fans: FanOuts, recency: Recency, *, deepest: int
    ) -> Positions:
        """Return an earlier row of the group for each row that is not a top.

        It is one level up. Where rows have few to choose from, what they say of their parents can
        often not be had there, and they take one of another level; but not in a deep forest,
        where such steps would add up. No row gets below ``deepest``.
        """
        children = depth > 0
        candidates = Candidates.of(depth, self.group)
        few = candidates.count[children].sum() <= _FEW * children.sum()
        loose = bool(self.ordered) and deepest < _DEEP and bool(few)
        unit, upper = units(depth, self.group)
        if loose:
            unit = upper = self.group
        room = self._room(fans, further(depth, self.group), unit, upper[children])

        def like(rows: Positions, options: Positions) -> Floats:
            asked, codes = self.asked[rows][:, None], self.codes[options]
            return liking(asked, codes, self.telling, self.ordered)

        found = choose(candidates, recency, room, like, self.rng, loose=loose)
        return not_deeper(found, deepest)

    def beside(self, rows: Positions, fans: FanOuts) -> Positions:
        """Return somebody else of the group for each of these rows."""
        flat = np.zeros(len(self.group), dtype=np.int64)
        room = self._asked_room(fans, further(flat), rows, self.group, self.group)
        return not_themselves(self._matched(rows, self.group, self.group, room), self.group)

    def coupled(self, rows: Positions, *, anyhow: bool) -> Positions:
        """Return a partner for each of these rows, `NULL` for those who are left over."""
        found = couples(
            self.asked[rows], self.codes[rows], self.group[rows], anyhow=anyhow, rng=self.rng
        )
        partner = np.full(len(self.group), NULL, dtype=np.int64)
        met = found != NULL
        partner[rows[met]] = rows[found[met]]
        return partner

    def _asked_room(
        self,
        fans: FanOuts,
        besides: Positions,
        rows: Positions,
        wanted: Positions,
        unit: Positions,
    ) -> Positions:
        """Return how many children rows take: as many of each kind as there are that ask for it.

        Arguments are those of `_matched`.
        """
        strong = self.telling >= _STRONG
        ones = np.ones(len(unit), dtype=np.int64)
        size = ones.astype(np.float64)
        offering = Side(self.codes[:, strong], unit, ones, size)
        asking = Side(self.asked[rows][:, strong], wanted[rows], ones[rows], size[rows])
        least = np.full(int(unit.max(initial=0)) + 1, _LEAST, dtype=np.int64)
        ordered = [part for part, much in zip(self.ordered, strong, strict=True) if much]
        kind, asks = cells(offering, asking, ordered=ordered, least=least)
        kinds = int(max(kind.max(initial=0), asks.max(initial=0))) + 1
        drawn = self._drawn(fans, besides, np.arange(len(unit)))
        drawn[~np.isin(unit, wanted[rows])] = 0
        # Where far more ask than a kind has room for, or far fewer, some of them go elsewhere.
        offered = np.bincount(kind, drawn, minlength=kinds).astype(np.int64)
        totals = np.bincount(asks, minlength=kinds)
        totals = np.clip(totals, offered // _BENT, offered * _BENT)
        room = fitted(kind, totals, partial(self._drawn, fans, besides), self.rng, drawn)
        return self._room(fans, besides, unit, wanted[rows], start=room)

    def _room(
        self,
        fans: FanOuts,
        besides: Positions,
        unit: Positions,
        asking: Positions,
        *,
        start: Positions | None = None,
    ) -> Positions:
        """Return how many children rows take, as many in each unit as there are that ask."""
        totals = np.bincount(asking, minlength=int(unit.max(initial=0)) + 1)
        return fitted(unit, totals, partial(self._drawn, fans, besides), self.rng, start)

    def _drawn(self, fans: FanOuts, besides: Positions, rows: Positions) -> Positions:
        """Return fan-outs as rows have them by themselves."""
        return fans.draw(self.whole[rows], besides[rows], self.rng)

    def _matched(
        self, rows: Positions, wanted: Positions, unit: Positions, room: Positions
    ) -> Positions:
        """Return a row of the unit that each asks for; first where both have the same label.

        Args:
            rows: Those that ask.
            wanted: Unit that each row of the table asks for.
            unit: Unit that each row is of.
            room: Children that each can take.
        """
        found, left = np.full(len(unit), NULL, dtype=np.int64), room.copy()
        every = np.ones_like(self.same)
        alike = (self.same, *common((wanted, unit), (self.label, self.label)))
        for asking, asks, has in (alike, (every, wanted, unit)):
            some = rows[asking[rows] & (found[rows] == NULL)]
            ones = np.ones(len(some), dtype=np.int64)
            side = Side(self.asked[some], asks[some], ones, ones.astype(np.float64))
            places = Side(self.codes, has, left, np.ones(len(unit)))
            found[some] = match(side, places, ordered=self.ordered, rng=self.rng)
            taken = found[some][found[some] != NULL]
            left -= np.bincount(taken, minlength=len(left))
        return found
