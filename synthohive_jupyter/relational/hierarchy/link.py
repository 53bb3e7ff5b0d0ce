"""`SelfLink`: a key that points to rows of its own table, such as managers, categories, spouses.

What such a key is depends on the data:

=========  =======================================  ==============================================
levels     no circles: a forest                     each row is told its depth; each level takes
                                                    its parents from the level above it
replies    so, and parents are always earlier rows  the same inside a family; who comes later
           of the same family (comments of a post)  answers who was there before
pairs      rows point to each other (spouses)       those who ask for each other become couples
free       other circles (best friends)             rows take others that fit
=========  =======================================  ==============================================

Levels and replies cannot become circles, since a parent always stands above, or before. Rows that
point to themselves ("is its own manager") are tops of a forest that have themselves for a parent.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Self

import numpy as np

from synthohive_jupyter.relational.ancestry import ANY
from synthohive_jupyter.relational.hierarchy.kinship import (
    FORESTS,
    LEVELS,
    PAIRS,
    REPLIES,
    children_of,
    groups,
    most_telling,
    shape_of,
)
from synthohive_jupyter.relational.hierarchy.levels import (
    in_order,
    in_sizes,
    level_sizes,
    without_gaps,
)
from synthohive_jupyter.relational.hierarchy.selfkeys import DEPTH, ITSELF, SelfKey
from synthohive_jupyter.relational.hierarchy.settling import Seekers
from synthohive_jupyter.relational.keys.references import NULL
from synthohive_jupyter.relational.parents.ancestors import Ancestors
from synthohive_jupyter.relational.parents.link import LINKED, SAME, Placement
from synthohive_jupyter.relational.parents.sketches import Sketch, read_codes

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd
    from numpy.typing import NDArray

    from synthohive_jupyter.schema.tables import Constraint

    Positions = NDArray[np.int64]
    Pair = tuple[Positions, Positions]

_FAMILY = "__family__"


@dataclass(frozen=True, slots=True, eq=False)
class SelfLink(SelfKey):
    """One foreign key of a table to itself.

    The protocol is that of `parents.ParentLink`: `learn` gives link columns, which a row model
    learns beside the row's own; `place` turns drawn ones into parents.

    Example:
        >>> import pandas as pd
        >>> rows = pd.DataFrame({"title": ["boss", *["clerk"] * 20]})
        >>> above, alone = np.array([NULL, *[0] * 20]), np.arange(21)
        >>> link, told = SelfLink.learn("boss_id", rows, above, rows, alone, table="staff")
        >>> link.shape, told.columns.tolist()
        ('levels', ['__link__boss_id__depth'])
        >>> placed = link.place(told, rows, alone, rng=np.random.default_rng(0))
        >>> placed.positions.tolist() == above.tolist()
        True
    """

    @classmethod
    def learn(
        cls,
        key: str,
        parents: pd.DataFrame,
        positions: Positions,
        rows: pd.DataFrame,
        family: Positions,
        *,
        table: str,
        anchors: Mapping[str, Pair] | None = None,
        must: Pair | None = None,
        constraints: Mapping[str, Constraint] | None = None,
    ) -> tuple[Self, pd.DataFrame]:
        """Learn a key.

        Args:
            key: Its name.
            parents: Modelled columns of all rows; there may be no column.
            positions: Parent of each row, `NULL` for nobody.
            rows: What is known of each of the same rows, families together, in sibling order: its
                columns, and those of its context.
            family: Number of each row's family.
            table: Name of the table, for errors.
            anchors: Ancestors that rows have: name to their positions, once for the rows and once
                for the same rows as parents.
            must: Group that each row's parent must be of, or `ancestry.ANY`, and its own.
            constraints: What is declared of the columns.

        Returns:
            The key, and the link columns of all rows, which are for the row model.

        Raises:
            DataError: If a column cannot be modelled.
        """
        itself = positions == np.arange(len(positions))
        shape, up, depth = shape_of(np.where(itself, NULL, positions))
        linked = np.flatnonzero(up != NULL)
        within = len(linked) > 0 and bool((family[up[linked]] == family[linked]).all())
        if shape == LEVELS and within and bool((up[linked] < linked).all()):
            # A family that falls into several groups has no order of its own.
            tuples = groups([family, *([] if must is None else [must[0]])], len(up))
            shape = REPLIES if tuples.max() == groups([family], len(up)).max() else LEVELS
        known = dict(anchors or {}) if within else {**(anchors or {}), _FAMILY: (family, family)}
        ancestors = Ancestors() if shape == REPLIES else Ancestors.learn(up, known)
        if shape == PAIRS:
            ancestors = replace(ancestors, often=None)
        whole = Sketch.fit(parents, table=table, constraints=constraints)
        codes = whole.codes(parents)
        shown, telling = most_telling(whole, codes, up, rows, depth)
        link = cls(
            key=key,
            shape=shape,
            whole=whole,
            shown=shown,
            telling=telling,
            fans=None,
            sizes=tuple(np.bincount(depth).tolist()) if shape in FORESTS else (),
            recency=None,
            within=within,
            alone=False,
            ancestors=ancestors,
            nobody=bool((positions == NULL).any()),
            itself=bool(itself.any()),
        )
        group = link._group(family, known, must, len(up))
        fans, recency, alone = children_of(whole, codes, up, depth, group, shape)
        link = replace(link, fans=fans, recency=recency, alone=alone)
        return link, link.told(positions, codes, up, depth, known)

    def _group(
        self, family: Positions, anchors: Mapping[str, Pair], must: Pair | None, rows: int
    ) -> Positions:
        """Return the group of each row; its parent is of the same."""
        parts = [family] if self.within else []
        parts += [anchors[name][0] for name in self.ancestors.always if name in anchors]
        parts += [] if must is None else [must[1]]
        return groups(parts, rows)

    def place(
        self,
        drawn: pd.DataFrame,
        parents: pd.DataFrame,
        family: Positions,
        *,
        rng: np.random.Generator,
        anchors: Mapping[str, Pair] | None = None,
        must: Pair | None = None,
    ) -> Placement:
        """Give each drawn row a parent of its own table.

        Args:
            drawn: The link columns of each row, families together, in the order of siblings; other
                columns are left out.
            parents: Modelled columns of the same rows.
            family: Number of each row's family.
            rng: Source of chance.
            anchors: As in `learn`, of the drawn rows.
            must: As in `learn`.

        Returns:
            The parents. A row of a forest is never lost: where there is nobody for it, it moves
            up. Of others those are lost who must have somebody, and there is nobody left.
        """
        known = {**(anchors or {}), _FAMILY: (family, family)}
        group = self._group(family, known, must, len(parents))
        seekers = self._seekers(drawn, parents, group, known, rng)
        itself = self.flags(drawn, ITSELF, default=self.itself and not self.nobody)
        if self.shape in FORESTS:
            scaled = not (self.within or self.ancestors.always or must is not None)
            depth = self._depth(drawn, seekers, scaled=scaled)
            up = np.full(len(group), NULL, dtype=np.int64)
            if self.fans is not None and self.recency is not None:
                deepest = len(self.sizes) - 1
                up = seekers.before(depth, self.fans, self.recency, deepest=deepest)
            elif self.fans is not None:
                up = seekers.above(depth, self.fans)
            itself &= up == NULL
        else:
            linked = np.flatnonzero(self.flags(drawn, LINKED, default=True) & ~itself)
            if self.fans is None:
                up = seekers.coupled(linked, anyhow=not self.nobody)
            else:
                up = seekers.beside(linked, self.fans)
        up[itself] = np.flatnonzero(itself)
        lost = (up == NULL) & (not self.nobody)
        if must is not None:  # rows that are not of the group that they must point to
            astray = (up != NULL) & (must[0] != ANY) & (must[0] != must[1])
            up[astray], lost = NULL, lost | astray
        return Placement(up, lost)

    def _seekers(
        self,
        drawn: pd.DataFrame,
        parents: pd.DataFrame,
        group: Positions,
        anchors: Mapping[str, Pair],
        rng: np.random.Generator,
    ) -> Seekers:
        """Return the drawn rows with what they have and ask for."""
        whole = self.whole.codes(parents)
        return Seekers(
            whole=whole,
            codes=whole[:, self.places],
            asked=self.sketch.heard(drawn, prefix=self.prefix),
            ordered=[part.ordered for part in self.sketch.parts],
            telling=np.array(self.telling),
            group=group,
            label=anchors.get(self.ancestors.often or "", (group,))[0],
            same=self.flags(drawn, SAME, default=False),
            rng=rng,
        )

    def _depth(self, drawn: pd.DataFrame, seekers: Seekers, *, scaled: bool) -> Positions:
        """Return the depth of each row, so that there is a parent for each.

        Args:
            drawn: The link columns.
            seekers: The rows.
            scaled: Whether all rows are one forest, with levels as large as in the data.
        """
        rows = len(drawn)
        if not self.asks(DEPTH) or not rows:
            return np.zeros(rows, dtype=np.int64)
        found = read_codes(drawn[self.prefix + DEPTH], len(self.sizes)).astype(np.int64)
        depth = np.maximum(found, 0)
        if self.shape == REPLIES:
            return in_order(np.maximum(depth, int(self.alone)), seekers.group)
        # Who asks for nobody in particular moves up first.
        ties = seekers.rng.random(rows) + (seekers.asked >= 0).any(axis=1)
        if scaled:
            return in_sizes(depth, level_sizes(np.array(self.sizes), rows), ties)
        ties = 2 * depth + ties
        return without_gaps(np.maximum(depth, int(self.alone)), seekers.group, ties)
