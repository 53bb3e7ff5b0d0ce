"""The validation metric: total variation distance of marginals and pairs, in code space."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch

if TYPE_CHECKING:
    from collections.abc import Sequence

    from synthohive_jupyter.tabular.codecs import ColumnLayout, Encoded, Floats, Integers

_CELLS = 33
"""Cells of a column: the commonest ones, the last shared by the rest."""
_BINS = 4
_MAX_COLUMNS, _MAX_CONTEXT = 30, 10


class CellDistance:
    """Distance of generated rows from a reference.

    A cell of a column is a code, cut at the quartiles of the column's scalars where it carries one.
    Tables of all pairs come from one product of one-hot rows. A pair may have one context column:
    a model that does not look at its context is far from the data. Of a wide table 30 columns are
    compared, of a wide context 10, evenly spaced.

    Args:
        columns: Layout of each column, at least one, and then of each context column.
        reference: The rows to compare with, with their context beside them.
        n_context: How many of the columns are context.
    """

    def __init__(
        self, columns: Sequence[ColumnLayout], reference: Encoded, *, n_context: int = 0
    ) -> None:
        own = len(columns) - n_context
        self._own = min(own, _MAX_COLUMNS)
        beside = np.linspace(own, len(columns) - 1, min(n_context, _MAX_CONTEXT))
        self._take: Integers = np.concatenate([np.linspace(0, own - 1, self._own), beside]).astype(
            np.int64
        )
        self._edges = np.stack([_quartiles(reference.scalars[:, i]) for i in self._take])
        sizes: Integers = np.array([columns[i].n_codes * _BINS for i in self._take], np.int64)
        self._starts: Integers = np.cumsum(sizes) - sizes
        widths = np.minimum(sizes, _CELLS)
        self._offsets: Integers = np.cumsum(widths) - widths
        self._width = int(widths.sum())
        self._cell_of = np.zeros(int(sizes.sum()), np.int64)
        fine = self._fine(reference)
        for place, (start, size) in enumerate(zip(self._starts, sizes, strict=True)):
            counts = np.bincount(fine[:, place] - start, minlength=size)
            rank = np.argsort(np.argsort(-counts, kind="stable"), kind="stable")
            cells = self._offsets[place] + np.minimum(rank, widths[place] - 1)
            self._cell_of[start : start + size] = cells
        self._reference = self._tables(reference)

    def _fine(self, rows: Encoded) -> Integers:
        scalars = rows.scalars[:, self._take]
        # A code without a scalar has 0 there and needs one cell only.
        bins = np.where(scalars == 0, 0, (scalars[:, :, None] > self._edges).sum(2))
        fine: Integers = self._starts + rows.codes[:, self._take] * _BINS + bins
        return fine

    def _tables(self, rows: Encoded) -> Floats:
        cells = torch.from_numpy(self._cell_of[self._fine(rows)])
        hot = torch.zeros(len(cells), self._width).scatter_(1, cells, 1.0)
        tables: Floats = (hot.T @ hot / len(cells)).numpy()
        return tables

    def __call__(self, rows: Encoded) -> tuple[float, float]:
        """Return the mean distance of the marginals and of the pairs, each in [0, 1].

        ``rows`` have the columns of the reference, context included.
        """
        difference = np.abs(self._tables(rows) - self._reference)
        marginal = np.add.reduceat(np.diagonal(difference), self._offsets)[: self._own] / 2
        blocks = np.add.reduceat(np.add.reduceat(difference, self._offsets, 0), self._offsets, 1)
        first, second = np.triu_indices(len(self._offsets), 1)
        pairs = blocks[first, second][first < self._own] / 2
        return float(marginal.mean()), float(pairs.mean()) if pairs.size else 0.0


def _quartiles(scalars: np.ndarray) -> Floats:
    present = scalars[scalars != 0]
    if not present.size:
        return np.zeros(_BINS - 1)
    return np.quantile(present.astype(np.float64), [0.25, 0.5, 0.75])
