"""`Scale`: one column as trees see it.

As a feature every cell is one number: null -1; a number its rank among the numbers of the column,
from 0 to 1; a category the place that `targets.feature_scores` gives it. As a target it is a
symbol, or a rank (see `leaves`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Self

import numpy as np

from synthohive_jupyter.tabular.codecs import count_up_to
from synthohive_jupyter.tabular.numeric import NumericCodec
from synthohive_jupyter.trees.leaves import CONTINUOUS, Cells

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from synthohive_jupyter.tabular.codecs import Codes, Floats, Integers, Scalars
    from synthohive_jupyter.tabular.columns import Column

NULL_PLACE = -1.0


@dataclass(frozen=True, slots=True, eq=False)
class Scale:
    """The numbers, symbols and ranks of a column.

    Attributes:
        nulls: Whether code 0 is null.
        ordered: Whether the codes have an order of their own.
        places: Number of every code, shape (codes,); of a cell of ranks the rank where it begins.
        first: First code that is a cell of ranks; all later ones are too.
        edges: Ranks where the cells begin, and 1, shape (cells + 1,); one element without cells.
    """

    nulls: bool
    ordered: bool
    places: Floats
    first: int
    edges: Floats

    @classmethod
    def of(cls, column: Column) -> Self:
        """Return the scale of a column; categories have the places of their codes for now."""
        layout, codec = column.layout, column.codec
        nulls = column.null_share > 0
        first = min(layout.scalar_codes, default=layout.n_codes)
        shares = column.frequencies[first:]
        edges = np.append(0.0, np.cumsum(shares / shares.sum())) if len(shares) else np.zeros(1)
        edges[-1] = 1.0
        places = np.arange(layout.n_codes, dtype=np.float64) / max(layout.n_codes, 1)
        ordered = isinstance(codec, NumericCodec)
        if isinstance(codec, NumericCodec) and codec.rest is not None:
            positions = codec.axis.positions(codec.atoms)
            # Cells draw nothing; the generator is what the interface asks for.
            cell, scalars = codec.rest.encode(positions, np.random.default_rng(0))
            own = edges[cell] + (scalars.astype(np.float64) + 1) / 2 * np.diff(edges)[cell]
            places = np.concatenate([np.zeros(int(nulls)), own, edges[:-1]])
        if nulls:
            places[0] = NULL_PLACE
        return cls(nulls, ordered, places, first, edges)

    @property
    def n_codes(self) -> int:
        """Number of codes."""
        return len(self.places)

    def placed(self, places: Floats) -> Self:
        """Return the scale with other places for its codes; null keeps its own."""
        found = places.astype(np.float64)
        if self.nulls:
            found[0] = NULL_PLACE
        return replace(self, places=found)

    def numbers(self, codes: Codes | Integers, scalars: Scalars) -> NDArray[np.float32]:
        """Return every cell as a number, shape (rows,)."""
        found = self.places[codes]
        if self.first < self.n_codes:
            continuous = codes >= self.first
            width = np.append(np.zeros(self.first), np.diff(self.edges))[codes]
            found = found + np.where(continuous, (scalars + 1.0) / 2 * width, 0.0)
        return found.astype(np.float32)

    def cells(self, codes: Codes, scalars: Scalars, families: Integers | None) -> Cells:
        """Return the column as a target."""
        continuous = codes >= self.first
        symbols = np.where(continuous, CONTINUOUS, codes).astype(np.int64)
        ranks = np.clip(self.numbers(codes, scalars).astype(np.float64), 0.0, 1.0)
        return Cells(symbols, ranks, families)

    def codes(self, symbols: Integers, ranks: Floats) -> tuple[Codes, Scalars]:
        """Return codes and scalars of what a tree has drawn."""
        scalars = np.zeros(len(symbols), np.float32)
        if self.first == self.n_codes:
            return symbols.astype(np.int32), scalars
        cell = count_up_to(self.edges[1:-1], ranks)
        inside = (ranks - self.edges[cell]) / np.diff(self.edges)[cell]
        continuous = symbols == CONTINUOUS
        codes = np.where(continuous, self.first + cell, symbols).astype(np.int32)
        scalars[continuous] = 2.0 * inside[continuous] - 1.0
        return codes, scalars
