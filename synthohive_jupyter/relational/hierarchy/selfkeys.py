"""`SelfKey`: what is known of a key to its own table, and the link columns that tell of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import pandas as pd

from synthohive_jupyter.errors import ModelFileError
from synthohive_jupyter.relational.hierarchy.fans import FanOuts
from synthohive_jupyter.relational.hierarchy.kinship import FORESTS, FURTHER, REPLIES, SHAPES
from synthohive_jupyter.relational.hierarchy.levels import runs, unrolled
from synthohive_jupyter.relational.hierarchy.replies import Recency
from synthohive_jupyter.relational.keys.references import NULL
from synthohive_jupyter.relational.parents.ancestors import Ancestors
from synthohive_jupyter.relational.parents.link import LINKED, SAME
from synthohive_jupyter.relational.parents.sketches import LINK, Sketch, code_column, read_codes
from synthohive_jupyter.schema.tables import Constraint

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from synthohive_jupyter.tabular.codecs import Codes

    Positions = NDArray[np.int64]
    Flags = NDArray[np.bool_]
    Pair = tuple[Positions, Positions]

DEPTH, ITSELF = "depth", "itself"
"""Parts of the names of link columns, beside those of `parents`."""
OWN_LEVELS = 64
"""So many levels are categories of their own for the model; deeper hierarchies are numbers."""

_FLAGS = ("within", "alone", "nobody", "itself")


@dataclass(frozen=True, slots=True, eq=False)
class SelfKey:
    """One foreign key of a table to itself.

    Attributes:
        key: `ForeignKey.name`.
        shape: One of `kinship.SHAPES`.
        whole: All columns of rows as codes.
        shown: Those of a parent that its rows say, most telling first.
        telling: How much they tell, from 0 to 1.
        fans: How many children rows have.
        sizes: Rows of each level; empty for pairs and free links.
        recency: How long ago the rows are that replies answer; ``None`` for other shapes.
        within: Whether parents are always of the same family.
        alone: Whether each group has exactly one top.
        ancestors: How rows and parents agree in their ancestors.
        nobody: Whether there are rows that refer to nobody.
        itself: Whether there are rows that refer to themselves.
    """

    key: str
    shape: str
    whole: Sketch
    shown: tuple[str, ...]
    telling: tuple[float, ...]
    fans: FanOuts | None
    sizes: tuple[int, ...]
    recency: Recency | None
    within: bool
    alone: bool
    ancestors: Ancestors
    nobody: bool
    itself: bool

    @property
    def prefix(self) -> str:
        """What the names of its link columns begin with."""
        return f"{LINK}{self.key}__"

    @property
    def sketch(self) -> Sketch:
        """What rows say of their parents."""
        return self.whole.only(self.shown)

    @property
    def constraints(self) -> dict[str, Constraint]:
        """The types of its link columns, for the model that learns them."""
        found = {
            self.prefix + name: Constraint(dtype="bool")
            for name in (LINKED, ITSELF, SAME)
            if self.asks(name)
        }
        if self.asks(DEPTH):
            deepest = len(self.sizes) - 1
            # Declared values are public, so a level of one row is as good as any other.
            few = tuple(str(depth) for depth in range(deepest + 1))
            found[self.prefix + DEPTH] = Constraint(
                dtype="int", min=0, max=deepest, values=few if deepest < OWN_LEVELS else None
            )
        return found | self.sketch.constraints(self.prefix)

    def asks(self, name: str) -> bool:
        """Return whether there is such a link column."""
        forest = self.shape in FORESTS
        return {
            DEPTH: len(self.sizes) > 1,
            LINKED: self.nobody and not forest,
            ITSELF: self.itself and (self.nobody or not forest),
            SAME: self.ancestors.often is not None,
        }[name]

    @property
    def places(self) -> list[int]:
        """Where the columns that are shown stand among all."""
        return [self.whole.columns.index(name) for name in self.shown]

    def told(
        self,
        positions: Positions,
        codes: Codes,
        up: Positions,
        depth: Positions,
        anchors: Mapping[str, Pair],
    ) -> pd.DataFrame:
        """Return the link columns of rows."""
        rows = np.arange(len(up), dtype=np.int64)
        told = pd.DataFrame(index=pd.RangeIndex(len(up)))
        flags = {LINKED: positions != NULL, ITSELF: positions == rows, DEPTH: depth}
        for name in filter(self.asks, flags):
            told[self.prefix + name] = flags[name]
        if self.asks(SAME):
            same = self.ancestors.agree(up, anchors).astype(np.int64)
            nobody = up == NULL
            flagged = code_column(same, rows, nobody)
            told[self.prefix + SAME] = flagged.astype("boolean" if nobody.any() else "bool")
        shown = codes[:, self.places]
        return pd.concat([told, self.sketch.told(shown, up, prefix=self.prefix)], axis=1)

    def flags(self, drawn: pd.DataFrame, name: str, *, default: bool) -> Flags:
        """Return a link column of flags; null is false."""
        if not self.asks(name):
            return np.full(len(drawn), default)
        found: Flags = read_codes(drawn[self.prefix + name], 2) == 1
        return found

    def to_dict(self) -> dict[str, Any]:
        """Return the key as JSON-safe values: levels, ranges, counts and shares, no row."""
        return {
            "key": self.key,
            "shape": self.shape,
            "whole": self.whole.to_dict(),
            "shown": list(self.shown),
            "telling": list(self.telling),
            "fans": None if self.fans is None else self.fans.to_dict(),
            "sizes": runs(self.sizes),
            "recency": None if self.recency is None else list(self.recency.weights),
            "ancestors": self.ancestors.to_dict(),
        } | {name: getattr(self, name) for name in _FLAGS}

    @classmethod
    def from_dict(cls, record: Mapping[str, Any]) -> Self:
        """Rebuild a key from `to_dict`.

        Raises:
            ModelFileError: If the record is damaged.
        """
        damaged = ModelFileError("the record of a key to its own table is damaged")
        try:
            key, shape, fans = record["key"], record["shape"], record["fans"]
            shown, telling = tuple(record["shown"]), tuple(record["telling"])
            sizes = unrolled(record["sizes"])
            weights = None if record["recency"] is None else tuple(record["recency"])
            parts = record["whole"], record["ancestors"]
            flags = {name: record[name] for name in _FLAGS}
        except (KeyError, TypeError, ValueError) as error:
            raise damaged from error
        whole = Sketch.from_dict(parts[0])
        numbers = (*telling, *(weights or (1.0,)))
        sound = (
            isinstance(key, str)
            and shape in SHAPES
            and all(type(flag) is bool for flag in flags.values())
            and set(shown) <= set(whole.columns)
            and len(set(shown)) == len(shown) == len(telling)
            and all(isinstance(n, int | float) and 0 <= n < np.inf for n in numbers)
            and all(weight > 0 for weight in weights or ())
            and (shape != REPLIES or fans is None or weights is not None)
            and weights != ()
            and (not sizes or shape in FORESTS)
        )
        if not sound:
            raise damaged
        return cls(
            key=key,
            shape=shape,
            whole=whole,
            shown=shown,
            telling=telling,
            fans=None
            if fans is None
            else FanOuts.from_dict(fans, n_further=FURTHER[shape == REPLIES]),
            sizes=sizes,
            recency=None if weights is None else Recency(weights),
            ancestors=Ancestors.from_dict(parts[1]),
            **flags,
        )
