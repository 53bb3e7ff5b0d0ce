"""Look-up parents: few rows with many children each, learnt as a category.

Each parent that enough families point to is a *class* under an anonymous number; the others are one
more class together. A class keeps nothing of its parent but the codes of its sketch, which it
shares with other parents. Generated parents are assigned to the classes by these codes.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from synthohive_jupyter.errors import ModelFileError
from synthohive_jupyter.relational.parents.matching import Side, match
from synthohive_jupyter.relational.parents.sketches import UNKNOWN
from synthohive_jupyter.schema.tables import Constraint
from synthohive_jupyter.tabular.codecs import RARE, Codes, Integers, count_families

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

FIRST = (8, 64)
"""So many parents are found before others, those of the largest classes."""
OWN_ROWS = 8
"""Rows of a class of its own, at least."""


@dataclass(frozen=True, slots=True, eq=False)
class Classes:
    """The classes of a look-up.

    Attributes:
        members: Parents of each class: 1, but for the last class, which may be several.
        rows: Rows of each class.
        profiles: Codes of each class's parent, shape (classes, columns); `UNKNOWN` for several.
        parents: Number of parents, those that nobody points to included.
    """

    members: tuple[int, ...]
    rows: tuple[int, ...]
    profiles: Codes
    parents: int

    @classmethod
    def fit(cls, positions: Integers, family: Integers, codes: Codes) -> tuple[Self, Integers]:
        """Learn from rows that all have a parent.

        Args:
            positions: Parent of each row.
            family: Family of each row.
            codes: Sketch of all parents, shape (parents, columns).

        Returns:
            The classes, and the class of each parent (nonsense for one that nobody points to).
        """
        rows = np.bincount(positions, minlength=len(codes))
        families = count_families(
            positions, np.unique(family, return_inverse=True)[1].astype(np.int64), len(codes)
        )
        own = (rows >= OWN_ROWS) & (families >= RARE)
        alone = np.flatnonzero(own)
        # The numbers say nothing but which class is the largest.
        alone = alone[np.argsort(-rows[alone], kind="stable")]
        others = int(((rows > 0) & ~own).sum())
        number = np.full(len(codes), len(alone), dtype=np.int64)
        number[alone] = np.arange(len(alone))
        unknown = np.full((int(others > 0), codes.shape[1]), UNKNOWN, dtype=np.int32)
        members = (1,) * len(alone) + ((others,) if others else ())
        counts = np.append(rows[alone], rows[~own].sum())[: len(members)]
        profiles = np.concatenate([codes[alone], unknown])
        return cls(members, tuple(counts.tolist()), profiles, len(codes)), number

    def constraint(self) -> Constraint:
        """Return the type of the column of classes, for the model that learns it."""
        return Constraint(dtype="cat", values=tuple(str(n) for n in range(len(self.members))))

    def place(
        self,
        classes: Integers,
        family: Integers,
        codes: Codes,
        *,
        ordered: Sequence[bool],
        rng: np.random.Generator,
    ) -> Integers:
        """Return a parent for each row; rows of one family and class have the same one.

        Args:
            classes: Class of each row, `UNKNOWN` for any.
            family: Family of each row.
            codes: Sketch of the generated parents, at least one.
            ordered: Which columns of the sketch are ordered.
            rng: Source of chance.
        """
        of_class, parent = self._assign(codes, ordered=ordered, rng=rng)
        begins = np.searchsorted(of_class, np.arange(len(self.members) + 1))
        lost = np.flatnonzero(classes < 0)
        classes = classes.copy()
        classes[lost] = of_class[rng.integers(len(of_class), size=len(lost))]
        both = family * len(self.members) + classes
        entities, entity = np.unique(both, return_inverse=True)
        own = entities % len(self.members)
        number = np.diff(begins)[own]
        at = begins[own] + (rng.random(len(own)) * number).astype(np.int64)
        found: Integers = parent[at][entity]
        return found

    def _assign(
        self, codes: Codes, *, ordered: Sequence[bool], rng: np.random.Generator
    ) -> tuple[Integers, Integers]:
        """Return classes and their parents, sorted by class; each class has a parent.

        The share of parents that have rows is kept: where there are more parents than real ones
        classes have several, where there are fewer, classes share one.
        """
        ratio = len(codes) / self.parents
        wanted = np.array(self.members) * max(ratio, 1.0)
        number = np.floor(np.cumsum(wanted) + rng.random()).astype(np.int64)
        slots = np.repeat(np.arange(len(wanted)), np.diff(number, prepend=0))
        used = max(min(round(sum(self.members) * ratio), len(codes), len(slots)), 1)
        # Large classes choose first.
        begins = [0, *(n for n in FIRST if n < used), used]
        one = np.ones(len(codes), dtype=np.int64)
        free, found = one.copy(), []
        for begin, end in itertools.pairwise(begins):
            offered = Side(codes, np.zeros_like(one), free, np.ones(len(codes)))
            found.append(match(self._asking(slots[begin:end]), offered, ordered=ordered, rng=rng))
            free[found[-1]] = 0
        rest = self._asking(slots[used:])
        shared = (1 - free) * -(-len(rest.group) // used)
        offered = Side(codes, np.zeros_like(one), shared, np.ones(len(codes)))
        found.append(match(rest, offered, ordered=ordered, rng=rng))
        return slots, np.concatenate(found)

    def _asking(self, slots: Integers) -> Side:
        one = np.ones(len(slots), dtype=np.int64)
        return Side(self.profiles[slots], np.zeros_like(one), one, np.ones(len(slots)))

    def to_dict(self) -> dict[str, Any]:
        """Return the classes as JSON-safe values."""
        return {
            "members": list(self.members),
            "rows": list(self.rows),
            "profiles": self.profiles.tolist(),
            "parents": self.parents,
        }

    @classmethod
    def from_dict(cls, record: Mapping[str, Any], columns: int) -> Self:
        """Rebuild the classes of a sketch with so many columns.

        Raises:
            ModelFileError: If the record is damaged.
        """
        damaged = ModelFileError("the record of a look-up is damaged")
        try:
            members, rows = tuple(record["members"]), tuple(record["rows"])
            profiles = np.array(record["profiles"], dtype=np.int32).reshape(-1, columns)
            parents = record["parents"]
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            raise damaged from error
        if len(profiles) != len(members) and columns:
            raise damaged
        if not columns:
            profiles = np.zeros((len(members), 0), dtype=np.int32)
        whole = all(type(n) is int and n > 0 for n in (*members, *rows, parents))
        if not members or len(rows) != len(members) or not whole or sum(members) > parents:
            raise damaged
        return cls(members, rows, profiles, parents)
