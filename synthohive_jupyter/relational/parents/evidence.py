"""What rows show of their parents, for choosing what is learnt of a key."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from synthohive_jupyter.relational.parents.telling import ROWS, choose, coarse, gain, joint, target

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from synthohive_jupyter.relational.parents.sketches import Sketch
    from synthohive_jupyter.tabular.codecs import Codes, Integers

    Pair = tuple[Integers, Integers]

LARGEST = 300
"""Parents that rows point to, at most, for a look-up."""
EACH = 20
"""Rows that a parent of a look-up has on average, at least."""
BEYOND = 0.05
"""Share of what the identity of parents tells that their sketch must miss, for it to be learnt."""


@dataclass(frozen=True, slots=True, eq=False)
class Evidence:
    """Some of the rows that have a parent, as few codes.

    Attributes:
        positions: Parent of each.
        candidates: Columns of the parent.
        targets: What may depend on them: the row's own columns, its siblings' parents, its
            ancestors; negative where there is nothing.
        rows: Number of all rows that have a parent.
    """

    positions: Integers
    candidates: dict[str, Integers]
    targets: list[Integers]
    rows: int

    @classmethod
    def of(
        cls,
        sketch: Sketch,
        codes: Codes,
        positions: Integers,
        rows: pd.DataFrame,
        family: Integers,
        anchors: Mapping[str, Pair],
    ) -> Evidence:
        """Look at rows.

        Args:
            sketch: All columns of the parent that tell anything.
            codes: Its codes, shape (parents, columns).
            positions: Parent of each row, negative for nobody.
            rows: What else is known of each row.
            family: Family of each row, families together.
            anchors: As in `ParentLink.learn`.
        """
        linked = np.flatnonzero(positions >= 0)
        # An even part of the rows will do; the first link of a family is looked up before.
        some = np.linspace(0, len(linked) - 1, min(len(linked), ROWS)).astype(np.int64)
        mine = linked[some]
        first = np.unique(family[linked], return_index=True, return_inverse=True)
        earlier = linked[first[1][first[2]][some]]
        few = {
            part.name: coarse(codes[:, place], part.n_codes, ordered=part.ordered)
            for place, part in enumerate(sketch.parts)
        }
        # What a parent says of itself is nothing new: only siblings with another one count.
        other = (earlier < mine) & (positions[earlier] != positions[mine])
        before = [np.where(other, found[positions[earlier]], -1) for found in few.values()]
        of_rows = [target(rows[name].iloc[mine]) for name in rows.columns]
        of_anchors = [
            coarse(own[mine], int(own.max(initial=0)) + 1, ordered=False)
            for own, _ in anchors.values()
        ]
        told = {name: found[positions[mine]] for name, found in few.items()}
        return cls(positions[mine], told, before + of_rows + of_anchors, len(linked))

    def telling(self) -> list[str]:
        """Return the columns of the sketch that tell most."""
        return choose(self.candidates, self.targets)

    def few(self) -> bool:
        """Return whether rows point to few parents, and many rows to each."""
        used = len(np.unique(self.positions))
        return 0 < used <= LARGEST and self.rows >= EACH * used

    def look_up(self, codes: Codes) -> bool:
        """Return whether the identity of the parents tells more than their sketch does."""
        which = np.unique(self.positions, return_inverse=True)[1]
        known = np.zeros(len(which), dtype=np.int64)
        for column in range(codes.shape[1]):
            known = joint(known, codes[self.positions, column].astype(np.int64))
        nothing = np.zeros_like(known)
        identity = which.astype(np.int64)
        more = gain(known, identity, self.targets)
        return more > BEYOND * gain(nothing, identity, self.targets)
