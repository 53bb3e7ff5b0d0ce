"""`CountTree`: how many children a parent has, given what the parent is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from synthohive_jupyter.errors import ModelFileError
from synthohive_jupyter.tabular.transformer import TableTransformer
from synthohive_jupyter.trees.leaves import ENTRY_PARTS, LEAF_PARTS
from synthohive_jupyter.trees.scales import Scale
from synthohive_jupyter.trees.splits import NODE_PARTS
from synthohive_jupyter.trees.targets import mid_ranks
from synthohive_jupyter.trees.tree import ConditionalTree

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd
    from numpy.typing import NDArray

    from synthohive_jupyter.trees.splits import Features

    Counts = NDArray[np.int64]

_PRIOR_ROWS = 20
"""Rows of the whole table that a category's own rows are weighed against."""
_TYPES = NODE_PARTS | ENTRY_PARTS | LEAF_PARTS
_MAX_NODES = 1 << 24


@dataclass(frozen=True, slots=True, eq=False)
class CountTree:
    """P(number of children | columns of the parent).

    Categories stand in the order of their mean number of children, which is the best order for
    splits of a number (Breiman et al., *CART*, 1984, section 4.2).

    Attributes:
        transformer: Codes of the parent's columns.
        scales: The columns as numbers.
        tree: What is drawn; symbol i is ``values[i]``.
        values: Numbers of children that occur, rising.
    """

    transformer: TableTransformer
    scales: tuple[Scale, ...]
    tree: ConditionalTree
    values: Counts

    @property
    def columns(self) -> list[str]:
        """The parent's columns that are looked at."""
        return [column.layout.name for column in self.transformer.columns]

    @classmethod
    def fit(cls, parents: pd.DataFrame, counts: Counts, *, table: str) -> Self:
        """Learn from each parent's columns and its number of children.

        Args:
            parents: The columns, one row for each parent; at least one of both.
            counts: Children of each parent, zeros included.
            table: Name of the parent table, for errors.

        Raises:
            DataError: If a column cannot be modelled.
        """
        transformer = TableTransformer().fit(parents, table=table, numbers="cells")
        # Cells draw nothing; the generator is what the interface asks for.
        codes = transformer.encode(parents, np.random.default_rng(0)).codes
        values, symbols = np.unique(counts, return_inverse=True)
        target = mid_ranks(symbols)
        scales = tuple(
            _placed(Scale.of(column), codes[:, place], target)
            for place, column in enumerate(transformer.columns)
        )
        features = _features(transformer, scales, parents)
        tree = ConditionalTree.fit(features, symbols.astype(np.int64))
        return cls(transformer, scales, tree, values.astype(np.int64))

    def quantiles(self, parents: pd.DataFrame, rng: np.random.Generator) -> NDArray[np.float64]:
        """Return for each parent where its count lies among those of all, in (0, 1).

        A count is drawn given the parent; equal counts are put in random order. The quantiles are
        spread evenly, so whatever distribution they are put through comes out exactly.

        Args:
            parents: The columns of `fit`.
            rng: Source of the counts, and of the order of equal ones.
        """
        n = len(parents)
        symbols, _ = self.tree.draw(
            _features(self.transformer, self.scales, parents), rng.random(n)
        )
        order = np.lexsort((rng.random(n), self.values[symbols]))
        quantiles = np.empty(n)
        quantiles[order] = (np.arange(n) + rng.random(n)) / n
        return quantiles

    def log_likelihood(self, parents: pd.DataFrame, counts: Counts) -> NDArray[np.float64]:
        """Return the log of the chance of each parent's count, in nats, before calibration."""
        places = np.minimum(np.searchsorted(self.values, counts), len(self.values) - 1)
        features = _features(self.transformer, self.scales, parents)
        found = self.tree.log_likelihood(features, places)
        return np.where(self.values[places] == counts, found, -np.inf)

    def to_dict(self) -> dict[str, Any]:
        """Return the tree as JSON-safe values: averages and counts, no key and no row."""
        return {
            "transformer": self.transformer.to_dict(),
            "places": [None if s.ordered else s.places.tolist() for s in self.scales],
            "values": self.values.tolist(),
            "tree": {name: _listed(part) for name, part in self.tree.to_arrays().items()},
        }

    @classmethod
    def from_dict(cls, record: Mapping[str, Any]) -> Self:
        """Rebuild from `to_dict`.

        Raises:
            ModelFileError: If the record is damaged.
        """
        damaged = ModelFileError("a linkage record is damaged: its tree is not one of ours")
        try:
            transformer = TableTransformer.from_dict(record["transformer"])
            values = np.array(record["values"], dtype=np.int64)
            arrays = {n: _array(record["tree"][n], t) for n, t in _TYPES.items()}
            places = list(record["places"])
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            raise damaged from error
        flat = all(part.ndim == 1 and len(part) <= _MAX_NODES for part in arrays.values())
        rising = values.ndim == 1 and len(values) > 0 and bool((np.diff(values) > 0).all())
        if not (flat and rising and values[0] >= 0 and len(places) == len(transformer.columns)):
            raise damaged
        scales = []
        for column, found in zip(transformer.columns, places, strict=True):
            scale = Scale.of(column)
            if (found is None) != scale.ordered:
                raise damaged
            scales.append(scale if found is None else scale.placed(_numbers(found, scale, damaged)))
        tree = ConditionalTree.from_arrays(
            arrays, n_features=len(scales), n_symbols=len(values), continuous=False
        )
        return cls(transformer, tuple(scales), tree, values)


def _listed(part: NDArray[Any]) -> list[Any]:
    """Return an array as a list; JSON has no infinity, which stands at the leaves."""
    return [None if value == np.inf else value for value in part.tolist()]


def _array(values: list[Any], dtype: str) -> NDArray[Any]:
    return np.array([np.inf if value is None else value for value in values], dtype=dtype)


def _placed(scale: Scale, codes: NDArray[Any], target: NDArray[np.float64]) -> Scale:
    """Return the scale with its categories at their mean target; small ones lean on all."""
    if scale.ordered:
        return scale
    rows = np.bincount(codes, minlength=scale.n_codes)
    sums = np.bincount(codes, target, minlength=scale.n_codes)
    return scale.placed((sums + _PRIOR_ROWS * target.mean()) / (rows + _PRIOR_ROWS))


def _numbers(found: object, scale: Scale, damaged: ModelFileError) -> NDArray[np.float64]:
    try:
        places = np.array(found, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise damaged from error
    if places.shape != (scale.n_codes,) or not np.isfinite(places).all():
        raise damaged
    return places


def _features(
    transformer: TableTransformer, scales: Sequence[Scale], parents: pd.DataFrame
) -> Features:
    """Return the parents as numbers, shape (parents, columns)."""
    names = [column.layout.name for column in transformer.columns]
    # Cells draw nothing; the generator is what the interface asks for.
    rows = transformer.encode(parents[names], np.random.default_rng(0))
    columns = [
        scale.numbers(rows.codes[:, place], rows.scalars[:, place])
        for place, scale in enumerate(scales)
    ]
    return np.stack(columns, axis=1)
