"""The trees of the relational layer: one number, or yes and no, given numbers.

What siblings share is decided before a model draws the rest of a row, and by trees of its own, so
that it holds whatever the model: a difference that cannot be negative, a value that is repeated.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import pandas as pd

from synthohive_jupyter.errors import ModelFileError
from synthohive_jupyter.tabular.records import floats, part
from synthohive_jupyter.tabular.transformer import TableTransformer
from synthohive_jupyter.trees.leaves import ENTRY_PARTS, LEAF_PARTS, Cells
from synthohive_jupyter.trees.pruning import prune
from synthohive_jupyter.trees.scales import Scale
from synthohive_jupyter.trees.splits import NODE_PARTS
from synthohive_jupyter.trees.targets import feature_scores, mid_ranks
from synthohive_jupyter.trees.tree import MIN_LEAF, ConditionalTree

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from synthohive_jupyter.tabular.codecs import Encoded, Flags, Floats, Integers
    from synthohive_jupyter.trees.grower import Grower
    from synthohive_jupyter.trees.splits import Features

_TYPES = NODE_PARTS | ENTRY_PARTS | LEAF_PARTS
_MAX_NODES = 1 << 24
_VALUE = "value"


@dataclass(frozen=True, slots=True, eq=False)
class Numbers:
    """The columns of a frame as numbers; categories lie near those that they are like.

    Attributes:
        transformer: Codes of the columns, ``None`` where there is no column.
        scales: The codes as numbers.
    """

    transformer: TableTransformer | None
    scales: tuple[Scale, ...]

    @classmethod
    def fit(
        cls, frame: pd.DataFrame, *, table: str, families: Integers | None = None
    ) -> tuple[Self, Features]:
        """Learn from at least one row; there may be no column.

        Returns:
            The numbers, and those of these rows.

        Raises:
            DataError: If a column cannot be modelled.
        """
        if not len(frame.columns):
            return cls.nothing(), np.zeros((len(frame), 0), np.float32)
        transformer = TableTransformer().fit(frame, table=table, numbers="cells", families=families)
        rows = _encoded(transformer, frame)
        scales = [Scale.of(column) for column in transformer.columns]
        found = feature_scores(
            [
                None if s.ordered else rows.codes[:, i].astype(np.int64)
                for i, s in enumerate(scales)
            ],
            [scale.n_codes for scale in scales],
            [
                scale.numbers(rows.codes[:, i], rows.scalars[:, i]).astype(np.float64)
                for i, scale in enumerate(scales)
            ],
        )
        placed = zip(scales, found, strict=True)
        own = cls(transformer, tuple(s if p is None else s.placed(p) for s, p in placed))
        return own, own._numbers(rows)

    @property
    def names(self) -> tuple[str, ...]:
        """The columns."""
        return () if self.transformer is None else self.transformer.names

    def nulls(self, rows: int) -> dict[str, pd.Series[Any]]:
        """Return columns of the types of the data; null where the type has a null."""
        if self.transformer is None:
            return {}
        every, found = np.ones(rows, dtype=np.bool_), {}
        for column in self.transformer.columns:
            kind = column.storage.canonical
            blank = np.full(rows, "" if kind.kind == "O" else 0, dtype=kind)
            found[column.layout.name] = column.write(blank, every)
        return found

    @classmethod
    def nothing(cls) -> Self:
        """Return the numbers of no column."""
        return cls(None, ())

    def of(self, frame: pd.DataFrame) -> Features:
        """Return the rows as numbers, shape (rows, columns), float32."""
        if self.transformer is None:
            return np.zeros((len(frame), 0), np.float32)
        return self._numbers(_encoded(self.transformer, frame))

    def _numbers(self, rows: Encoded) -> Features:
        found = np.empty(rows.codes.shape, np.float32)
        for place, scale in enumerate(self.scales):
            found[:, place] = scale.numbers(rows.codes[:, place], rows.scalars[:, place])
        return found

    def to_dict(self) -> dict[str, Any]:
        """Return the numbers as JSON-safe values."""
        places = [None if scale.ordered else scale.places.tolist() for scale in self.scales]
        transformer = None if self.transformer is None else self.transformer.to_dict()
        return {"transformer": transformer, "places": places}

    @classmethod
    def from_dict(cls, record: Mapping[str, Any]) -> Self:
        """Rebuild from `to_dict`; `ModelFileError` if the record is damaged."""
        saved = part(record, "transformer", (dict, type(None)))
        places = part(record, "places", list)
        if saved is None and not places:
            return cls.nothing()
        transformer = TableTransformer.from_dict(saved or {})
        scales = [Scale.of(column) for column in transformer.columns]
        if len(places) != len(scales):
            raise ModelFileError("a saved history is damaged: its columns are not those it names")
        for at, (scale, found) in enumerate(zip(scales, places, strict=True)):
            if (found is None) != scale.ordered:
                raise ModelFileError("a saved history is damaged: a category has no place")
            if found is not None:
                own = floats({"places": found}, "places", length=scale.n_codes)
                scales[at] = scale.placed(own)
        return cls(transformer, tuple(scales))


@dataclass(frozen=True, slots=True, eq=False)
class NumberTree:
    """P(number or null | features).

    Attributes:
        transformer: Codes of the number, one column.
        scale: How the tree sees it.
        tree: What is drawn.
    """

    transformer: TableTransformer
    scale: Scale
    tree: ConditionalTree

    @classmethod
    def fit(
        cls, values: Floats, features: Features, growth: Growth, *, table: str, width: int
    ) -> Self:
        """Learn from the rows of a growth, at least one.

        Args:
            values: Number of each row, NaN for null.
            features: What each row is given, shape (rows, features).
            growth: How trees on these rows are grown.
            table: Name of the table, for errors.
            width: How many of the features the tree may look at, the first ones.
        """
        frame = pd.DataFrame({_VALUE: values})
        families = growth.families
        transformer = TableTransformer().fit(frame, table=table, numbers="cells", families=families)
        rows, scale = _encoded(transformer, frame), Scale.of(transformer.columns[0])
        codes, scalars = rows.codes[:, 0], rows.scalars[:, 0]
        cells = scale.cells(codes, scalars, families)
        target = mid_ranks(scale.numbers(codes, scalars))
        tree = growth.tree(features, target, cells, ordered=True, width=width)
        return cls(transformer, scale, tree)

    def draw(self, features: Features, rng: np.random.Generator) -> Floats:
        """Draw one number a row, shape (rows,); NaN is null."""
        codes, scalars = self.scale.codes(*self.tree.draw(features, rng.random(len(features))))
        values, nulls = self.transformer.columns[0].decode_values(codes, scalars, rng)
        return np.where(nulls, np.nan, values)

    def to_dict(self) -> dict[str, Any]:
        """Return the tree as JSON-safe values: averages and counts."""
        return {"transformer": self.transformer.to_dict(), "tree": tree_to_dict(self.tree)}

    @classmethod
    def from_dict(cls, record: Mapping[str, Any], *, n_features: int) -> Self:
        """Rebuild from `to_dict`; `ModelFileError` if the record is damaged."""
        transformer = TableTransformer.from_dict(part(record, "transformer", dict))
        if transformer.names != (_VALUE,):
            raise ModelFileError("a saved history is damaged: a tree draws no number")
        scale = Scale.of(transformer.columns[0])
        tree = tree_from_dict(
            part(record, "tree", dict),
            n_features=n_features,
            n_symbols=scale.n_codes,
            continuous=scale.first < scale.n_codes,
        )
        return cls(transformer, scale, tree)


@dataclass(frozen=True, slots=True, eq=False)
class Growth:
    """Rows that several trees are grown on, each given the first so many features.

    Attributes:
        families: Family of each row, from 0.
        grower: Has the features of all rows.
        rows: Which of them are meant, ``None`` for all.
    """

    families: Integers
    grower: Grower
    rows: Integers | None = None

    @classmethod
    def of(cls, features: Features, families: Integers) -> Self:
        """Return the growth on all rows of features, of shape (rows, features)."""
        from synthohive_jupyter.trees.grower import Grower

        return cls(families, Grower(features, min_leaf=MIN_LEAF))

    def part(self, rows: Integers) -> Growth:
        """Return the growth on some of the rows of a whole one."""
        return Growth(self.families[rows], self.grower, rows)

    def tree(
        self, features: Features, target: Floats, cells: Cells, *, ordered: bool, width: int
    ) -> ConditionalTree:
        """Return a tree given the first so many features."""
        grown = self.grower.grow(target, range(width), rows=self.rows)
        splits, wider = prune(grown, grown.leaves(features), target, ordered=ordered)
        return ConditionalTree.filled(splits, splits.leaves(features), wider, cells)

    def chance(self, features: Features, happens: Flags, *, width: int) -> ConditionalTree:
        """Return P(yes | features); it draws 1 for yes."""
        symbols = happens.astype(np.int64)
        cells = Cells(symbols, np.zeros(len(symbols)), self.families)
        target = symbols.astype(np.float64)
        return self.tree(features, target, cells, ordered=False, width=width)


def tree_to_dict(tree: ConditionalTree) -> dict[str, Any]:
    """Return a tree as JSON-safe values."""
    return {name: _listed(array) for name, array in tree.to_arrays().items()}


def tree_from_dict(
    record: Mapping[str, Any], *, n_features: int, n_symbols: int, continuous: bool = False
) -> ConditionalTree:
    """Rebuild a tree; `ModelFileError` if the record is damaged."""
    try:
        arrays = {name: _array(record[name], dtype) for name, dtype in _TYPES.items()}
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise ModelFileError("a saved history is damaged: it holds no tree") from error
    if not all(array.ndim == 1 and len(array) <= _MAX_NODES for array in arrays.values()):
        raise ModelFileError("a saved history is damaged: it holds no tree")
    return ConditionalTree.from_arrays(
        arrays, n_features=n_features, n_symbols=n_symbols, continuous=continuous
    )


def _encoded(transformer: TableTransformer, frame: pd.DataFrame) -> Encoded:
    # Cells draw nothing; the generator is what the interface asks for.
    return transformer.encode(frame, np.random.default_rng(0))


def _listed(array: NDArray[Any]) -> list[Any]:
    """Return an array as a list; JSON has no infinity, which stands at the leaves."""
    return [None if value == np.inf else value for value in array.tolist()]


def _array(values: list[Any], dtype: str) -> NDArray[Any]:
    return np.array([np.inf if value is None else value for value in values], dtype=dtype)
