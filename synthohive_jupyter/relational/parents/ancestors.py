"""Ancestors that a row and its parent both have: how often they are the same.

An order goes to an address; both belong to a user. Whether it is the same user is no question of
attributes, so no sketch tells it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from synthohive_jupyter.errors import ModelFileError
from synthohive_jupyter.relational.ancestry import ANY
from synthohive_jupyter.relational.parents.matching import anyone, common

if TYPE_CHECKING:
    from collections.abc import Mapping

    from synthohive_jupyter.tabular.codecs import Flags, Floats, Integers

    Pair = tuple[Integers, Integers]

ENOUGH = 20
"""Rows that have the ancestor, at least; with fewer nothing is said of it."""
_CERTAIN = 4.0
_WORTH = 0.02
_EXPECTED = 5.0


@dataclass(frozen=True, slots=True)
class Ancestors:
    """How rows and parents agree.

    Attributes:
        always: Ancestors that were the same in all rows.
        never: Ancestors that were never the same, though chance alone would have made them.
        often: The one that is the same far more or less often than by chance, a link column.
    """

    always: tuple[str, ...] = ()
    never: tuple[str, ...] = ()
    often: str | None = None

    @classmethod
    def learn(cls, positions: Integers, anchors: Mapping[str, Pair]) -> Self:
        """Learn from rows.

        Args:
            positions: Parent of each row, negative for nobody.
            anchors: Name to the ancestor of each row and of each parent, negative for none.
        """
        always, never, often = [], [], {}
        for name, (own, others) in anchors.items():
            rows = np.flatnonzero((positions >= 0) & (own >= 0))
            if len(rows) < ENOUGH:
                continue
            mine, theirs = own[rows], others[positions[rows]]
            share, chance = float((mine == theirs).mean()), _by_chance(mine, theirs)
            if share == 1.0:
                if chance < 1.0:
                    always.append(name)
            elif share == 0.0:
                if chance * len(rows) >= _EXPECTED:
                    never.append(name)
            elif _beyond(share, chance, len(rows)):
                often[name] = abs(share - chance) / max(chance, 1 - chance)
        best = max(often, key=lambda name: often[name]) if often else None
        return cls(tuple(always), tuple(never), best)

    @property
    def kept(self) -> tuple[str, ...]:
        """All ancestors of which anything is to be kept."""
        return (*self.always, *self.never, *(() if self.often is None else (self.often,)))

    def agree(self, positions: Integers, anchors: Mapping[str, Pair]) -> Flags:
        """Return which rows have the ancestor `often` in common with their parents."""
        own, others = anchors[self.often or ""]
        theirs = np.where(positions >= 0, others[np.maximum(positions, 0)], -1)
        found: Flags = (own >= 0) & (own == theirs)
        return found

    def groups(
        self,
        rows: int,
        anchors: Mapping[str, Pair],
        must: Pair | None,
        weights: Floats,
        *,
        rng: np.random.Generator,
    ) -> Pair:
        """Return groups of rows and of parents: only parents of a row's group are allowed to it.

        A row without an ancestor may go to anyone, with the ancestors that this parent has.

        Args:
            rows: Number of rows.
            anchors: As in `learn`, of rows and parents that are to be matched.
            must: Further groups that have to agree; a row of the group `ancestry.ANY` may have any.
            weights: How much parents want rows, shape (parents,).
            rng: Source of chance.
        """
        pairs = [] if must is None else [(*must, must[0] == ANY)]
        for name in self.always:
            if name in anchors:
                own, others = anchors[name]
                pairs.append((own, others, own < 0))
        groups = np.zeros(rows, dtype=np.int64), np.zeros(len(weights), dtype=np.int64)
        # What most rows know comes first: who does not know the rest takes it from a parent of
        # the group that is left.
        for own, others, free in sorted(pairs, key=lambda pair: int(pair[2].sum())):
            known = own
            if free.any():
                anyhow = anyone(*groups, weights, rng=rng)
                known = np.where(free & (anyhow >= 0), others[np.maximum(anyhow, 0)], own)
            groups = common(groups, (known, others))
        return groups

    def labels(
        self, agrees: Flags, anchors: Mapping[str, Pair], parents: int
    ) -> tuple[Integers, Integers, Integers]:
        """Return which label each row wants and which it avoids, -1 for none, and the parents'.

        Args:
            agrees: Which rows are to have the ancestor `often` in common with their parents.
            anchors: As in `groups`.
            parents: Number of parents.
        """
        for name in (self.often, *self.never):
            if name in anchors and name is not None:
                own, others = anchors[name]
                wants = agrees & (name == self.often)
                return np.where(wants, own, -1), np.where(wants, -1, own), others
        nobody = np.full(len(agrees), -1, dtype=np.int64)
        return nobody, nobody, np.full(parents, -1, dtype=np.int64)

    def to_dict(self) -> dict[str, Any]:
        """Return the names as JSON-safe values."""
        return {"always": list(self.always), "never": list(self.never), "often": self.often}

    @classmethod
    def from_dict(cls, record: Mapping[str, Any]) -> Self:
        """Rebuild them.

        Raises:
            ModelFileError: If the record is damaged.
        """
        try:
            always, never = tuple(record["always"]), tuple(record["never"])
            often = record["often"]
        except (KeyError, TypeError) as error:
            raise ModelFileError("the record of ancestors is damaged") from error
        names = (*always, *never, *(() if often is None else (often,)))
        if not all(isinstance(name, str) for name in names):
            raise ModelFileError("the record of ancestors is damaged")
        return cls(always, never, often)


def _by_chance(mine: Integers, theirs: Integers) -> float:
    """Return how often both would be the same if parents were shuffled."""
    width = int(max(mine.max(), theirs.max(initial=0))) + 1
    own = np.bincount(mine, minlength=width) / len(mine)
    other = np.bincount(theirs[theirs >= 0], minlength=width) / len(theirs)
    return float(own @ other)


def _beyond(share: float, chance: float, rows: int) -> bool:
    deviation = np.sqrt(max(chance * (1 - chance), 1 / rows) / rows)
    far = abs(share - chance) / max(chance, 1 - chance)
    return bool(abs(share - chance) > _CERTAIN * deviation and far > _WORTH)
