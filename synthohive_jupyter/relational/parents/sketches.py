"""Sketches: what a row says of the parent it points to, coarsely.

A row model cannot learn which parent a row has, for the parents of a generated database are new
ones. It can learn what kind of parent: a few columns of the parent, as codes, beside the row's own
columns. A generated parent of that kind is looked for afterwards (see `parents`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import pandas as pd

from synthohive_jupyter.errors import ModelFileError
from synthohive_jupyter.relational.parents.ranks import RankAxis, cut
from synthohive_jupyter.schema.tables import Constraint
from synthohive_jupyter.tabular.categorical import CategoryCodec
from synthohive_jupyter.tabular.codecs import Codes, Encoded, Flags, Floats, Integers
from synthohive_jupyter.tabular.numeric import NumericCodec
from synthohive_jupyter.tabular.transformer import TableTransformer

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from synthohive_jupyter.tabular.columns import Column

LINK = "__link__"
"""Stands before the names of columns that say something about a parent."""

UNKNOWN = -1
"""Code where there is no parent to speak of."""

_GOLDEN = 0.6180339887498949
"""Multiples of it, modulo 1, are spread evenly however many are taken."""


@dataclass(frozen=True, slots=True, eq=False)
class SketchColumn:
    """One column of parents as coarse codes; code 0 is null where the column has nulls.

    Attributes:
        transformer: Codes and scalars of this column alone.
        edges: Where the codes of a number begin on the axis of its distribution function, and 1,
            shape (codes + 1,); ``None`` for categories.
    """

    transformer: TableTransformer
    edges: Floats | None

    @classmethod
    def fit(
        cls, values: pd.Series[Any], constraint: Constraint | None, *, table: str
    ) -> Self | None:
        """Learn a column; ``None`` if it tells nothing: text, or the same in all rows."""
        name = str(values.name)
        rules = {} if constraint is None else {name: constraint}
        transformer = TableTransformer().fit(
            values.to_frame(), table=table, numbers="cells", constraints=rules
        )
        column = transformer.columns[0]
        if not isinstance(column.codec, NumericCodec | CategoryCodec):
            return None
        edges = None
        if isinstance(column.codec, NumericCodec):
            edges = cut(RankAxis.of(column), int(values.notna().sum()))
        found = cls(transformer, edges)
        return found if found.n_codes > 1 else None

    @property
    def column(self) -> Column:
        """The column as the transformer knows it."""
        return self.transformer.columns[0]

    @property
    def name(self) -> str:
        """Name of the column."""
        return self.column.layout.name

    @property
    def ordered(self) -> bool:
        """Whether neighbouring codes are alike."""
        return self.edges is not None

    @property
    def nulls(self) -> bool:
        """Whether code 0 is null."""
        return self.column.null_share > 0

    @property
    def n_codes(self) -> int:
        """Codes are 0 to ``n_codes - 1``."""
        if self.edges is not None:
            return int(self.nulls) + len(self.edges) - 1
        codec = self.column.codec
        return int(self.nulls) + (len(codec.levels) if isinstance(codec, CategoryCodec) else 0)

    def codes(self, values: pd.Series[Any]) -> Codes:
        """Return the code of every row.

        Rows with a level that is too rare to be kept are told apart by nothing; generated parents
        have none. So they count as rows of the other levels, by their frequency.
        """
        # Nothing depends on what is drawn; the generator is what the interface asks for.
        encoded = self.transformer.encode(values.to_frame(), np.random.default_rng(0))
        codes, scalars = encoded.codes[:, 0], encoded.scalars[:, 0]
        if self.edges is None:
            rare = codes >= self.n_codes
            if rare.any():
                kept = np.cumsum(self.column.frequencies[int(self.nulls) : self.n_codes])
                spread = np.arange(1, int(rare.sum()) + 1) * _GOLDEN % 1.0
                drawn = np.searchsorted(kept, spread * kept[-1], side="right")
                codes[rare] = int(self.nulls) + np.minimum(drawn, len(kept) - 1)
            return codes
        places = RankAxis.of(self.column).places(codes, scalars)
        found = np.searchsorted(self.edges[1:-1], places, side="right") + int(self.nulls)
        if self.nulls:
            found[codes == 0] = 0
        return found.astype(np.int32)

    def values(self, codes: Codes, rng: np.random.Generator) -> pd.Series[Any]:
        """Return values that have these codes, drawn as the column has them."""
        found, scalars = codes.astype(np.int32), np.zeros(len(codes), np.float32)
        if self.edges is not None:
            at = np.maximum(codes - int(self.nulls), 0)
            low, high = self.edges[at], self.edges[at + 1]
            places = low + rng.random(len(codes)) * (high - low)
            found, scalars = RankAxis.of(self.column).cells(places)
            if self.nulls:
                found[codes == 0], scalars[codes == 0] = 0, 0.0
        drawn = self.transformer.decode(Encoded(found[:, None], scalars[:, None]), rng)
        return drawn[self.name]

    def constraint(self) -> Constraint:
        """Return the type of the column of codes, for the model that learns it."""
        if self.ordered:
            return Constraint(dtype="int", min=0, max=self.n_codes - 1)
        return Constraint(dtype="cat", values=tuple(str(code) for code in range(self.n_codes)))


@dataclass(frozen=True, slots=True, eq=False)
class Sketch:
    """Coarse codes of the rows of a parent, most telling column first.

    A code stands for a level, a range or null, each shared by several parents, never for one.

    Attributes:
        parts: The columns.

    >>> people = pd.DataFrame({"sex": ["f", "m"] * 20, "age": range(20, 60)})
    >>> sketch = Sketch.fit(people, table="people", order=["age", "sex"])
    >>> sketch.columns, sketch.codes(people)[[0, 39]].tolist()
    (('age', 'sex'), [[0, 0], [4, 1]])
    """

    parts: tuple[SketchColumn, ...]

    @classmethod
    def fit(
        cls,
        parents: pd.DataFrame,
        *,
        table: str,
        order: Sequence[str] | None = None,
        constraints: Mapping[str, Constraint] | None = None,
    ) -> Self:
        """Learn from all parents; columns that tell nothing (text, constants) are left out.

        Args:
            parents: Modelled columns of all rows; there may be no row and no column.
            table: Name of the parent table, for messages.
            order: The columns to take, most telling first; ``None`` takes all in their order.
            constraints: What is declared of them.

        Raises:
            DataError: If a column cannot be modelled.
        """
        names = list(parents.columns) if order is None else list(order)
        if not len(parents):
            return cls(())
        rules = constraints or {}
        found = (SketchColumn.fit(parents[name], rules.get(name), table=table) for name in names)
        return cls(tuple(part for part in found if part is not None))

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the columns."""
        return tuple(part.name for part in self.parts)

    def only(self, names: Sequence[str]) -> Sketch:
        """Return the sketch of some of the columns, in the order given."""
        parts = {part.name: part for part in self.parts}
        return Sketch(tuple(parts[name] for name in names))

    def codes(self, parents: pd.DataFrame) -> Codes:
        """Return the codes of all rows, shape (parents, columns).

        Raises:
            DataError: If a column is missing or of another kind.
        """
        codes = np.zeros((len(parents), len(self.parts)), dtype=np.int32)
        for place, part in enumerate(self.parts):
            codes[:, place] = part.codes(parents[part.name])
        return codes

    def values(self, codes: Codes, rng: np.random.Generator) -> pd.DataFrame:
        """Return rows of parents that have these codes, in the parents' own types.

        Args:
            codes: Shape (rows, columns), without `UNKNOWN`.
            rng: Draws values inside ranges.
        """
        values = {
            part.name: part.values(codes[:, place], rng) for place, part in enumerate(self.parts)
        }
        return pd.DataFrame(values, index=pd.RangeIndex(len(codes)))

    def constraints(self, prefix: str) -> dict[str, Constraint]:
        """Return the types of the columns of `told`."""
        return {link_column(prefix, part.name): part.constraint() for part in self.parts}

    def told(self, codes: Codes, positions: Integers, *, prefix: str) -> pd.DataFrame:
        """Return what rows say of their parents.

        Args:
            codes: Codes of the parents.
            positions: Parent of each row, negative for nobody.
            prefix: Stands before the names of the columns.

        Returns:
            A column of codes for each column of the sketch, null where a row has no parent.
        """
        nobody = positions < 0
        columns = {
            link_column(prefix, name): code_column(codes[:, place], positions, nobody)
            for place, name in enumerate(self.columns)
        }
        return pd.DataFrame(columns, index=pd.RangeIndex(len(positions)))

    def heard(self, drawn: pd.DataFrame, *, prefix: str) -> Codes:
        """Return the codes that rows say of their parents, `UNKNOWN` for null."""
        codes = np.full((len(drawn), len(self.parts)), UNKNOWN, dtype=np.int32)
        for place, part in enumerate(self.parts):
            codes[:, place] = read_codes(drawn[link_column(prefix, part.name)], part.n_codes)
        return codes

    def to_dict(self) -> dict[str, Any]:
        """Return the sketch as JSON-safe values, without any value of a single parent."""
        return {
            "columns": [
                {
                    "transformer": part.transformer.to_dict(),
                    "edges": None if part.edges is None else part.edges.tolist(),
                }
                for part in self.parts
            ]
        }

    @classmethod
    def from_dict(cls, record: Mapping[str, Any]) -> Self:
        """Rebuild a sketch from `to_dict`.

        Raises:
            ModelFileError: If the record is damaged.
        """
        try:
            columns = list(record["columns"])
            saved = [(column["transformer"], column["edges"]) for column in columns]
        except (KeyError, TypeError) as error:
            raise ModelFileError("the record of a sketch is damaged") from error
        parts = tuple(_part(transformer, edges) for transformer, edges in saved)
        if len({part.name for part in parts}) != len(parts):
            raise ModelFileError("the record of a sketch is damaged: a column is there twice")
        return cls(parts)


def link_column(prefix: str, name: str) -> str:
    """Return the name of the column that tells a parent's column; a dot marks it as such."""
    return f"{prefix}.{name}"


def code_column(codes: Integers | Codes, positions: Integers, nobody: Flags) -> pd.Series[Any]:
    """Return the parents' codes by position, as whole numbers that are null for nobody."""
    if not nobody.any():
        return pd.Series(codes[positions].astype(np.int64))
    found = np.zeros(len(positions), dtype=np.int64)
    found[~nobody] = codes[positions[~nobody]]
    return pd.Series(pd.arrays.IntegerArray(found, nobody))


def read_codes(drawn: pd.Series[Any], n_codes: int) -> Codes:
    """Return a column of codes as numbers, `UNKNOWN` for null; others are clipped to the range."""
    missing = drawn.isna().to_numpy(dtype=np.bool_)
    found = np.full(len(drawn), UNKNOWN, dtype=np.int32)
    known = drawn[~missing].to_numpy(dtype=np.float64)
    found[~missing] = np.clip(np.rint(known), 0, n_codes - 1).astype(np.int32)
    return found


def _part(saved: Mapping[str, Any], edges: object) -> SketchColumn:
    """Return a column of a record; `ModelFileError` if it is damaged."""
    transformer = TableTransformer.from_dict(saved)
    ordered = [isinstance(column.codec, NumericCodec) for column in transformer.columns]
    if len(ordered) != 1 or ordered[0] != (edges is not None) or transformer.links.names == ():
        raise ModelFileError("the record of a sketch is damaged: columns and codes do not fit")
    if edges is None:
        if not isinstance(transformer.columns[0].codec, CategoryCodec):
            raise ModelFileError("the record of a sketch is damaged: a column tells nothing")
        return SketchColumn(transformer, None)
    try:
        found = np.array(edges, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise ModelFileError("the record of a sketch is damaged") from error
    ends = found.ndim == 1 and len(found) > 1 and found[0] == 0.0 and found[-1] == 1.0
    if not ends or not (np.diff(found) > 0).all():
        raise ModelFileError("the record of a sketch is damaged: its codes are out of order")
    return SketchColumn(transformer, found)
