"""`FanOuts`: how many rows a row of a hierarchy has below it, given what it is and how deep."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from synthohive_jupyter.errors import ModelFileError
from synthohive_jupyter.trees.leaves import ENTRY_PARTS, LEAF_PARTS
from synthohive_jupyter.trees.splits import NODE_PARTS
from synthohive_jupyter.trees.targets import mid_ranks
from synthohive_jupyter.trees.tree import ConditionalTree

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from synthohive_jupyter.tabular.codecs import Codes, Floats

    Positions = NDArray[np.int64]

LEARNT_ROWS = 200_000
"""A tree sees at most so many rows; more tell little more and cost in proportion."""

_PRIOR_ROWS = 20
"""Rows of the whole table that a category's own rows are weighed against."""
_CLASS_ROWS = 8
_TYPES = NODE_PARTS | ENTRY_PARTS | LEAF_PARTS
_MAX_NODES = 1 << 24


@dataclass(frozen=True, slots=True, eq=False)
class FanOuts:
    """P(number of children | codes, depth).

    Fan-outs are told apart by *class*: a number that several rows have, or a range of rarer ones.
    Within a class all rows have the same law, so nothing tells which row had the number that no
    other has.

    Attributes:
        places: For each column of codes the number that stands for each code, as trees see it;
            ``None`` where the code itself does, since neighbouring codes are alike.
        tree: What is drawn: a class.
        values: Fan-outs that occur, rising.
        rows: How many rows have each.
        first: Index of the least value of each class among them, rising from 0.
    """

    places: tuple[Floats | None, ...]
    tree: ConditionalTree
    values: Positions
    rows: Positions
    first: Positions

    @classmethod
    def fit(
        cls, codes: Codes, ordered: Sequence[bool], further: NDArray[Any], counts: Positions
    ) -> Self:
        """Learn from all rows. Nothing is drawn by chance but which rows are looked at.

        Args:
            codes: Codes of each row, shape (rows, columns).
            ordered: Of which columns neighbouring codes are alike.
            further: Numbers known of each row besides, its depth among them, shape (rows, any).
            counts: Children of each row, zeros included; at least one row.
        """
        values, rows = np.unique(counts, return_counts=True)
        first = _first(rows)
        if len(counts) > LEARNT_ROWS:
            some = np.random.default_rng(0).choice(len(counts), LEARNT_ROWS, replace=False)
            codes, further, counts = codes[some], further[some], counts[some]
        symbols = np.searchsorted(values[first], counts, side="right") - 1
        target = mid_ranks(counts)
        places = tuple(
            None if alike else _places(column, target)
            for column, alike in zip(codes.T, ordered, strict=True)
        )
        tree = ConditionalTree.fit(_features(places, codes, further), symbols.astype(np.int64))
        return cls(places, tree, values.astype(np.int64), rows.astype(np.int64), first)

    def draw(self, codes: Codes, further: NDArray[Any], rng: np.random.Generator) -> Positions:
        """Return a fan-out for each row.

        Args:
            codes: As in `fit`.
            further: As in `fit`.
            rng: Source of chance.
        """
        symbols, _ = self.tree.draw(_features(self.places, codes, further), rng.random(len(codes)))
        upper = np.append(0, np.cumsum(self.rows))
        ends = upper[np.append(self.first, len(self.rows))]
        aim = ends[symbols] + rng.random(len(codes)) * (ends[symbols + 1] - ends[symbols])
        found: Positions = self.values[np.searchsorted(upper, aim, side="right") - 1]
        return found

    def to_dict(self) -> dict[str, Any]:
        """Return the model as JSON-safe values: averages and counts, no key and no row."""
        return {
            "places": [None if part is None else part.tolist() for part in self.places],
            "values": self.values.tolist(),
            "rows": self.rows.tolist(),
            "first": self.first.tolist(),
            "tree": {name: _listed(part) for name, part in self.tree.to_arrays().items()},
        }

    @classmethod
    def from_dict(cls, record: Mapping[str, Any], *, n_further: int) -> Self:
        """Rebuild from `to_dict`.

        Args:
            record: What `to_dict` gave.
            n_further: Columns of ``further``.

        Raises:
            ModelFileError: If the record is damaged.
        """
        damaged = ModelFileError(
            "the record of a hierarchy is damaged: its tree is not one of ours"
        )
        try:
            whole = (np.array(record[n], dtype=np.int64) for n in ("values", "rows", "first"))
            values, rows, first = whole
            arrays = {n: _array(record["tree"][n], kind) for n, kind in _TYPES.items()}
            places = tuple(
                None if part is None else np.array(part, dtype=np.float64)
                for part in record["places"]
            )
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            raise damaged from error
        flat = all(part.ndim == 1 and len(part) <= _MAX_NODES for part in arrays.values())
        rising = all(
            part.ndim == 1 and len(part) > 0 and part[0] >= 0 and bool((np.diff(part) > 0).all())
            for part in (values, first)
        )
        finite = all(
            part is None or (part.ndim == 1 and len(part) > 0 and bool(np.isfinite(part).all()))
            for part in places
        )
        if not (flat and rising and finite) or rows.shape != values.shape or (rows <= 0).any():
            raise damaged
        if first[0] != 0 or first[-1] >= len(values):
            raise damaged
        tree = ConditionalTree.from_arrays(
            arrays, n_features=len(places) + n_further, n_symbols=len(first), continuous=False
        )
        return cls(places, tree, values, rows, first)


def _first(rows: Positions) -> Positions:
    """Return where classes of at least `_CLASS_ROWS` rows begin; the last takes what is left.

    >>> _first(np.array([50, 9, 3, 6, 2])).tolist()
    [0, 1, 2]
    """
    first, here = [0], 0
    for place, number in enumerate(rows.tolist()):
        if here >= _CLASS_ROWS:
            first.append(place)
            here = 0
        here += number
    if here < _CLASS_ROWS and len(first) > 1:
        first.pop()
    return np.array(first, dtype=np.int64)


def _places(codes: Codes, target: Floats) -> Floats:
    """Return the mean target of each code, the best order for splits; few rows lean on all."""
    rows = np.bincount(codes)
    sums = np.bincount(codes, target)
    found: Floats = (sums + _PRIOR_ROWS * target.mean()) / (rows + _PRIOR_ROWS)
    return found


def _features(
    places: Sequence[Floats | None], codes: Codes, further: NDArray[Any]
) -> NDArray[np.float32]:
    columns = [
        column if part is None else part[np.minimum(column, len(part) - 1)]
        for column, part in zip(codes.T, places, strict=True)
    ]
    return np.column_stack([*columns, further]).astype(np.float32)


def _listed(part: NDArray[Any]) -> list[Any]:
    """Return an array as a list; JSON has no infinity, which stands at the leaves."""
    return [None if value == np.inf else value for value in part.tolist()]


def _array(values: list[Any], dtype: str) -> NDArray[Any]:
    return np.array([np.inf if value is None else value for value in values], dtype=dtype)
