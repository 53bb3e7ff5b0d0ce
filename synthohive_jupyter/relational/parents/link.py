"""`ParentLink`: a foreign key that does not drive, learnt beside the row's own columns.

The row model learns a few *link columns* that say of each row what kind of parent it has: a
`sketches.Sketch` of it, or its class where the parent is a small look-up table; whether it has one
at all; whether it is one that the family had before; whether it has the same ancestor as the row.
They are thereby joint with everything else that the model knows. When rows have been drawn, each is
given a generated parent that fits, with as many rows for each parent as parents have in the data.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import pandas as pd

from synthohive_jupyter.errors import ModelFileError
from synthohive_jupyter.relational.keys.references import NULL
from synthohive_jupyter.relational.parents import repeats
from synthohive_jupyter.relational.parents.adoption import adopted, moved
from synthohive_jupyter.relational.parents.ancestors import Ancestors
from synthohive_jupyter.relational.parents.degrees import Degrees
from synthohive_jupyter.relational.parents.evidence import Evidence
from synthohive_jupyter.relational.parents.lookups import Classes
from synthohive_jupyter.relational.parents.placing import Placement, place
from synthohive_jupyter.relational.parents.sketches import (
    LINK,
    Sketch,
    code_column,
    read_codes,
)
from synthohive_jupyter.relational.parents.telling import dense
from synthohive_jupyter.relational.parents.wishes import LINKED, REPEAT, SAME, WHICH, heard
from synthohive_jupyter.schema.tables import Constraint

if TYPE_CHECKING:
    from collections.abc import Mapping

    from synthohive_jupyter.tabular.codecs import Codes, Flags, Integers

    Positions = Integers
    Pair = tuple[Integers, Integers]

__all__ = ["LINKED", "SAME", "ParentLink", "Placement"]


@dataclass(frozen=True, slots=True, eq=False)
class ParentLink:
    """One further foreign key of a table.

    Attributes:
        key: `ForeignKey.name`.
        linked: Which rows have a parent: ``"all"``, ``"none"``, or ``"some"``, which is learnt.
        sketch: What rows say of their parents, or the profile of the classes.
        classes: The classes of a look-up, which rows say; ``None`` otherwise.
        repeats: Whether a parent occurs again within a family.
        distinct: Whether it never does, though families are large enough.
        ancestors: How parents and rows agree in their ancestors.
        degrees: What parents take; ``None`` where there was nobody to learn from.
    """

    key: str
    linked: str
    sketch: Sketch
    classes: Classes | None
    repeats: bool
    distinct: bool
    ancestors: Ancestors
    degrees: Degrees | None

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
            parents: Modelled columns of all rows of the parent table; there may be no column.
            positions: Parent of each row, `NULL` for nobody.
            rows: What else is known of each row, families together, in the order of siblings: its
                columns, and those of its context.
            family: Number of each row's family.
            table: Name of the parent table, for errors.
            anchors: Ancestors that both have: name to the ancestor's position for each row and
                for each parent, negative for none.
            must: Groups of the rows and of the parents; a parent is always of its row's group.
            constraints: What is declared of the parent's columns.

        Returns:
            The key, and the link columns of all rows, which are for the row model.

        Raises:
            DataError: If a column of the parent cannot be modelled.
        """
        present = positions != NULL
        linked = "none" if not present.any() else "all" if present.all() else "some"
        full = Sketch.fit(parents, table=table, constraints=constraints)
        codes = full.codes(parents)
        found = Ancestors.learn(positions, anchors or {})
        # What follows from a common ancestor needs no sketch.
        open_ = {n: pair for n, pair in (anchors or {}).items() if n not in found.kept}
        seen = Evidence.of(full, codes, positions, rows, family, open_)
        sketch = full.only(seen.telling())
        codes = sketch.codes(parents)
        number = repeats.number_repeats(family, positions)
        classes, classed = None, None
        if must is None and not found.kept and seen.few() and seen.look_up(codes):
            classes, classed = Classes.fit(positions[present], family[present], codes)
        repeated = bool((number > 0).any())
        degrees = None
        if present.any():
            first = present & (number == 0)
            entities, per_parent = (
                np.bincount(positions[some], minlength=len(parents)) for some in (first, present)
            )
            degrees = Degrees.fit(parents, entities, per_parent, table=table)
        link = cls(
            key=key,
            linked=linked,
            sketch=sketch,
            classes=classes,
            repeats=repeated and classes is None,
            distinct=not repeated and repeats.several(family[present]),
            ancestors=found,
            degrees=degrees,
        )
        return link, link._told(codes, positions, number, classed, anchors or {})

    @property
    def prefix(self) -> str:
        """What the names of its link columns begin with."""
        return f"{LINK}{self.key}__"

    @property
    def constraints(self) -> dict[str, Constraint]:
        """The types of its link columns, for the model that learns them."""
        found = {}
        if self.linked == "some":
            found[self.prefix + LINKED] = Constraint(dtype="bool")
        if self.linked == "none":
            return found
        if self.ancestors.often is not None:
            found[self.prefix + SAME] = Constraint(dtype="bool")
        if self.repeats:
            found[self.prefix + REPEAT] = Constraint(dtype="int", min=0, max=repeats.LONGEST)
        if self.classes is not None:
            found[self.prefix + WHICH] = self.classes.constraint()
        return found | self.sketch.constraints(self.prefix)

    def _told(
        self,
        codes: Codes,
        positions: Positions,
        number: Integers,
        classed: Integers | None,
        anchors: Mapping[str, Pair],
    ) -> pd.DataFrame:
        """Return the link columns of rows."""
        nobody, each = positions == NULL, np.arange(len(positions), dtype=np.int64)
        columns: dict[str, pd.Series[Any]] = {}
        if self.linked == "some":
            columns[self.prefix + LINKED] = pd.Series(~nobody)
        if self.linked != "none":
            if self.ancestors.often is not None:
                same = self.ancestors.agree(positions, anchors).astype(np.int64)
                flags = code_column(same, each, nobody)
                columns[self.prefix + SAME] = flags.astype("boolean" if nobody.any() else np.bool_)
            if self.repeats:
                columns[self.prefix + REPEAT] = code_column(number, each, nobody)
            if classed is not None:
                columns[self.prefix + WHICH] = code_column(classed, positions, nobody)
        told = pd.DataFrame(columns, index=pd.RangeIndex(len(positions)))
        if self.linked == "none":
            return told
        return pd.concat([told, self.sketch.told(codes, positions, prefix=self.prefix)], axis=1)

    def place(
        self,
        drawn: pd.DataFrame,
        parents: pd.DataFrame,
        family: Positions,
        *,
        rng: np.random.Generator,
        anchors: Mapping[str, Pair] | None = None,
        must: Pair | None = None,
        apart: Positions | None = None,
        adopt: bool = False,
    ) -> Placement:
        """Give each drawn row a parent.

        Degrees scale: with twice as many rows for each parent as in the data, parents take twice
        as many.

        Args:
            drawn: The link columns of each row, families together, in the order of siblings; other
                columns are left out.
            parents: Modelled columns of all generated parents.
            family: Number of each row's family.
            rng: Source of chance.
            anchors: As in `learn`, of the drawn rows and of the generated parents.
            must: As in `learn`.
            apart: Set of each row; rows of one set get different parents, or none.
            adopt: Whether parents take over what most of their rows say of them.

        Returns:
            The parents. A row is lost only where no parent is allowed to it.
        """
        wanted = self._wanted(drawn)
        positions = np.full(len(drawn), NULL, dtype=np.int64)
        who = np.flatnonzero(wanted)
        if not len(who) or not len(parents) or self.degrees is None:
            return Placement(positions, wanted)
        mine = {name: (own[who], other) for name, (own, other) in (anchors or {}).items()}
        groups = None if must is None else (must[0][who], must[1])
        rows, offers, given = heard(
            self,
            drawn.iloc[who],
            parents,
            dense(family[who]),
            anchors=mine,
            must=groups,
            rng=rng,
        )
        rows = replace(rows, apart=None if apart is None else dense(apart[who])).split()
        positions[who] = place(
            rows, offers, distinct=self.repeats, unique=self.distinct, rng=rng, given=given
        )
        lost = wanted & (positions == NULL)
        if not adopt:
            return Placement(positions, lost)
        of_rows = positions[who]
        return Placement(
            positions,
            lost,
            adopted(self.sketch, rows, offers, of_rows, parents, rng=rng)
            if self.sketch.parts
            else None,
            None if self.ancestors.often is None else moved(rows, offers, of_rows),
        )

    def _wanted(self, drawn: pd.DataFrame) -> Flags:
        """Return which rows are to have a parent."""
        if self.linked == "some":
            return np.equal(read_codes(drawn[self.prefix + LINKED], 2), 1)
        return np.full(len(drawn), self.linked == "all")

    def to_dict(self) -> dict[str, Any]:
        """Return the key as JSON-safe values: levels, ranges, counts and shares, no row."""
        return {
            "key": self.key,
            "linked": self.linked,
            "sketch": self.sketch.to_dict(),
            "classes": None if self.classes is None else self.classes.to_dict(),
            "repeats": self.repeats,
            "distinct": self.distinct,
            "ancestors": self.ancestors.to_dict(),
            "degrees": None if self.degrees is None else self.degrees.to_dict(),
        }

    @classmethod
    def from_dict(cls, record: Mapping[str, Any]) -> Self:
        """Rebuild a key from `to_dict`.

        Raises:
            ModelFileError: If the record is damaged.
        """
        damaged = ModelFileError("the record of a foreign key is damaged")
        try:
            key, linked = record["key"], record["linked"]
            flags = record["repeats"], record["distinct"]
            parts = {n: record[n] for n in ("sketch", "classes", "ancestors", "degrees")}
        except (KeyError, TypeError) as error:
            raise damaged from error
        if not isinstance(key, str) or linked not in {"all", "some", "none"}:
            raise damaged
        if not all(isinstance(flag, bool) for flag in flags):
            raise damaged
        sketch = Sketch.from_dict(parts["sketch"])
        classes, degrees = parts["classes"], parts["degrees"]
        if linked != "none" and degrees is None:
            raise damaged
        return cls(
            key=key,
            linked=linked,
            sketch=sketch,
            classes=None if classes is None else Classes.from_dict(classes, len(sketch.parts)),
            repeats=flags[0],
            distinct=flags[1],
            ancestors=Ancestors.from_dict(parts["ancestors"]),
            degrees=None if degrees is None else Degrees.from_dict(degrees),
        )
