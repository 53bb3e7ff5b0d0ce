"""`Traits`: parents as a few numbers that tell how many children they have.

A tree that splits at one column after the other is bad at sums, such as a birth and a death that
together say how long somebody could play. So beside its columns it sees their *index*: the sum of
one effect for each column, by which the ranks of the counts are told best. Effects are found by
backfitting (Hastie & Tibshirani, *Generalized Additive Models*, 1990), and those of small cells are
shrunk to nothing. The effect of a category also is its place among the others.

An effect that a parent's own count went into would tell that count. So effects are learnt in folds,
and a parent of the fit has those of the folds without it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from synthohive_jupyter.errors import ModelFileError
from synthohive_jupyter.tabular.transformer import TableTransformer
from synthohive_jupyter.trees.scales import Scale

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd
    from numpy.typing import NDArray

    from synthohive_jupyter.trees.splits import Features

    Floats = NDArray[np.float64]
    Integers = NDArray[np.int64]

MOST_COLUMNS = 24
"""Columns that are looked at; of wider parents those that tell most one by one."""

_SCREENED = 20_000
_RANGES = 16
_FOLDS = 5
_SWEEPS = 6
_PRIOR_ROWS = 20
"""Rows without an effect that the rows of a cell are weighed against."""


@dataclass(frozen=True, slots=True, eq=False)
class Traits:
    """Parents as numbers: their ordered columns, the effects of their categories, their index.

    Attributes:
        transformer: Codes of the columns.
        scales: The columns as numbers.
        effects: For each column the effect of each of its cells.
    """

    transformer: TableTransformer
    scales: tuple[Scale, ...]
    effects: tuple[Floats, ...]

    @property
    def columns(self) -> list[str]:
        """The columns that are looked at."""
        return [column.layout.name for column in self.transformer.columns]

    @classmethod
    def fit(
        cls, parents: pd.DataFrame, target: Floats, *, table: str
    ) -> tuple[Self, Features] | None:
        """Learn from the columns of parents and a number for each.

        Args:
            parents: The columns, one row for each parent.
            target: What the effects shall add up to.
            table: Name of the parent table, for errors.

        Returns:
            The traits, and the numbers of these parents, where no parent's own target went in.
            ``None`` if no column has two values.

        Raises:
            DataError: If a column cannot be modelled.
        """
        chosen = _telling(parents, target, table)
        if not chosen:
            return None
        found, cells, numbers = _read(parents[chosen], table)
        scales = tuple(Scale.of(column) for column in found.columns)
        sizes = [_n_cells(scale) for scale in scales]
        # The fit has no seed: the same parents give the same folds.
        fold = np.random.default_rng(0).permutation(len(parents)) % _FOLDS
        own = np.empty((len(parents), len(chosen)))
        total = [np.zeros(size) for size in sizes]
        for number in range(_FOLDS):
            inside = fold == number
            effects = _backfit(cells[~inside], sizes, target[~inside])
            for place, effect in enumerate(effects):
                own[inside, place] = effect[cells[inside, place]]
                total[place] += effect / _FOLDS
        traits = cls(found, scales, tuple(total))
        return traits, traits._features(numbers, own)

    def of(self, parents: pd.DataFrame) -> Features:
        """Return parents as numbers, shape (parents, columns + 1), float32.

        Raises:
            DataError: If a column is missing or of another kind.
        """
        cells, numbers = _coded(self.transformer, self.scales, parents)
        own = np.stack([effect[cells[:, i]] for i, effect in enumerate(self.effects)], axis=1)
        return self._features(numbers, own)

    def _features(self, numbers: Features, own: Floats) -> Features:
        ordered = np.array([scale.ordered for scale in self.scales])
        columns = np.where(ordered, numbers, own)
        return np.column_stack([columns, own.sum(axis=1)]).astype(np.float32)

    def to_dict(self) -> dict[str, Any]:
        """Return JSON-safe values: levels and ranges that several parents share, and averages."""
        return {
            "transformer": self.transformer.to_dict(),
            "effects": [effect.tolist() for effect in self.effects],
        }

    @classmethod
    def from_dict(cls, record: Mapping[str, Any]) -> Self:
        """Rebuild from `to_dict`.

        Raises:
            ModelFileError: If the record is damaged.
        """
        damaged = ModelFileError("a linkage record is damaged: its columns are not those of one")
        try:
            transformer = TableTransformer.from_dict(record["transformer"])
            effects = tuple(np.array(effect, dtype=np.float64) for effect in record["effects"])
        except (KeyError, TypeError, ValueError) as error:
            raise damaged from error
        scales = tuple(Scale.of(column) for column in transformer.columns)
        shapes = [(_n_cells(scale),) for scale in scales]
        finite = all(bool(np.isfinite(effect).all()) for effect in effects)
        if not finite or not scales or [effect.shape for effect in effects] != shapes:
            raise damaged
        return cls(transformer, scales, effects)


def _telling(parents: pd.DataFrame, target: Floats, table: str) -> list[str]:
    """Return the columns that have two values, the most telling ones where there are many.

    A column tells as much as its cells explain of the target, beyond what as many cells explain by
    chance. Texts that are never twice the same have one cell, so they are never looked at.
    """
    rows = np.arange(len(parents))
    if len(parents) > _SCREENED:
        rows = np.sort(np.random.default_rng(0).choice(rows, _SCREENED, replace=False))
    transformer, cells, _ = _read(parents.iloc[rows], table)
    centred = target[rows] - target[rows].mean()
    variance = max(float(np.mean(centred**2)), np.finfo(np.float64).tiny)
    worth = {}
    for place, column in enumerate(transformer.columns):
        rows_of = np.bincount(cells[:, place])
        different = int((rows_of > 0).sum())
        if different > 1:
            sums = np.bincount(cells[:, place], centred)
            between = float((sums**2 / np.maximum(rows_of, 1)).sum()) / variance
            # In units of the deviation of a chi-squared variable with as many degrees of freedom.
            worth[column.layout.name] = (between - different + 1) / np.sqrt(2 * (different - 1))
    best = set(sorted(worth, key=lambda name: -worth[name])[:MOST_COLUMNS])
    return [name for name in parents.columns if name in best]


def _read(parents: pd.DataFrame, table: str) -> tuple[TableTransformer, Integers, Features]:
    """Return the codes of columns, and these parents as cells and as numbers."""
    transformer = TableTransformer().fit(parents, table=table, numbers="cells")
    scales = [Scale.of(column) for column in transformer.columns]
    return transformer, *_coded(transformer, scales, parents)


def _coded(
    transformer: TableTransformer, scales: Sequence[Scale], parents: pd.DataFrame
) -> tuple[Integers, Features]:
    """Return parents as cells and as numbers, both of shape (parents, columns)."""
    # Cells draw nothing; the generator is what the interface asks for.
    encoded = transformer.encode(parents, np.random.default_rng(0))
    numbers = np.empty(encoded.codes.shape, dtype=np.float32)
    cells = encoded.codes.astype(np.int64)
    for place, scale in enumerate(scales):
        numbers[:, place] = scale.numbers(encoded.codes[:, place], encoded.scalars[:, place])
        if scale.ordered:
            # Null is below all numbers, which are ranks.
            ranges = np.minimum((numbers[:, place] * _RANGES).astype(np.int64), _RANGES - 1)
            cells[:, place] = np.where(numbers[:, place] < 0, 0, 1 + ranges)
    return cells, numbers


def _n_cells(scale: Scale) -> int:
    return 1 + _RANGES if scale.ordered else scale.n_codes


def _backfit(cells: Integers, sizes: Sequence[int], target: Floats) -> list[Floats]:
    """Return the effect of each cell of each column; they add up to the target less its mean.

    Args:
        cells: Shape (rows, columns).
        sizes: Number of cells of each column.
        target: Shape (rows,).
    """
    left = target - target.mean()
    effects = [np.zeros(size) for size in sizes]
    columns = [np.ascontiguousarray(column) for column in cells.T]
    weights = [
        np.bincount(c, minlength=n) + _PRIOR_ROWS for c, n in zip(columns, sizes, strict=True)
    ]
    for _ in range(_SWEEPS):
        for place, column in enumerate(columns):
            left += effects[place][column]
            effects[place] = np.bincount(column, left, minlength=sizes[place]) / weights[place]
            left -= effects[place][column]
    return effects
