"""`RankAxis`: the values of a number in the order and with the shares that its column has."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from synthohive_jupyter.trees.scales import Scale

if TYPE_CHECKING:
    from synthohive_jupyter.tabular.codecs import Codes, Flags, Floats, Integers
    from synthohive_jupyter.tabular.columns import Column

CELLS = 64
"""Codes of a number, unless the column has a few frequent values and nothing else."""
LEAST = 8
"""Rows of a code of a number, about; never the value of one row."""


@dataclass(frozen=True, slots=True, eq=False)
class RankAxis:
    """The distribution function of a number: its atoms and cells in order.

    Attributes:
        order: The transformer's codes, null left out, from low to high.
        starts: Where each begins, shape (codes + 1,), from 0 to 1.
        atoms: Which are one value, shape (codes,).
        first: Number of the transformer's codes that stand before them (null).
    """

    order: Integers
    starts: Floats
    atoms: Flags
    first: int

    @classmethod
    def of(cls, column: Column) -> Self:
        """Return the axis of a column of numbers."""
        first = int(column.null_share > 0)
        continuous = np.zeros(column.layout.n_codes, dtype=np.bool_)
        continuous[list(column.layout.scalar_codes)] = True
        # A cell begins before an atom at its very beginning: the atom is one of its values.
        order = first + np.lexsort((~continuous[first:], Scale.of(column).places[first:]))
        masses = column.frequencies[order]
        starts = np.append(0.0, np.cumsum(masses / masses.sum()))
        starts[-1] = 1.0
        return cls(order, starts, ~continuous[order], first)

    def places(self, codes: Codes, scalars: np.ndarray[Any, Any]) -> Floats:
        """Return where cells lie, in (0, 1); atoms at the middle of their share."""
        inverse = np.zeros(self.first + len(self.order), dtype=np.int64)
        inverse[self.order] = np.arange(len(self.order))
        at = inverse[codes]
        low, high = self.starts[at], self.starts[at + 1]
        found: Floats = low + (scalars.astype(np.float64) + 1) / 2 * (high - low)
        return found

    def cells(self, places: Floats) -> tuple[Codes, np.ndarray[Any, Any]]:
        """Return the transformer's codes and scalars at places."""
        at = np.searchsorted(self.starts[1:-1], places, side="right")
        low, high = self.starts[at], self.starts[at + 1]
        inside = np.divide(places - low, high - low, out=np.full(len(at), 0.5), where=high > low)
        scalars = np.where(self.atoms[at], 0.0, 2 * inside - 1)
        return self.order[at].astype(np.int32), scalars.astype(np.float32)


def cut(axis: RankAxis, rows: int) -> Floats:
    """Return where codes begin: at most `CELLS` of equal mass, of `LEAST` rows or more, about.

    A cut never divides an atom; a column of atoms alone keeps each.
    """
    if axis.atoms.all():
        return np.unique(axis.starts)
    n_cells = max(min(CELLS, rows // LEAST), 1)
    cuts = np.arange(1, n_cells) / n_cells
    at = np.searchsorted(axis.starts[1:-1], cuts, side="right")
    low, high = axis.starts[at], axis.starts[at + 1]
    nearest = np.where(cuts - low < high - cuts, low, high)
    cuts = np.where(axis.atoms[at], nearest, cuts)
    return np.unique(np.concatenate([[0.0], cuts, [1.0]]))
