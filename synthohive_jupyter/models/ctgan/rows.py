"""`RowSpace`: how a row of codes and scalars looks to the networks.

Every column is a *span* of cells, one per code. Spans of similar size lie together in *buckets*, in
which each is padded to the widest, so that a softmax over all spans of a bucket is one call on a
(rows, spans, width) view. Padding cells are 0 in every row, real or generated.

A row is ``[spans of plain columns | scalars | code vectors of embedded columns]``. An embedded
column has too many codes for a one-hot span: the critic sees a fixed random unit vector per code
instead. These vectors are not trained; a generator that could move them would pull real and
generated rows together by collapsing them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor, nn

if TYPE_CHECKING:
    from collections.abc import Sequence

    from synthohive_jupyter.tabular.codecs import ColumnLayout

MAX_CELLS = 2_000_000
"""No table has more codes over all its columns; a larger number in a file is damage."""

_MAX_VECTOR = 50
_PADDING = 1.5
"""A span is padded to at most so many times its size."""


@dataclass(frozen=True, slots=True)
class Bucket:
    """Spans of similar size, side by side: ``columns`` in order, from ``start``, ``width`` each."""

    columns: tuple[int, ...]
    start: int
    width: int

    @property
    def stop(self) -> int:
        """First cell after the bucket."""
        return self.start + self.width * len(self.columns)


class RowSpace(nn.Module):
    """The geometry of rows of one table (or of one context).

    Args:
        columns: Layout of each column, in the order of the codes.
        scalar_weight: Factor on the scalars in a row of the critic.
        device: ``"cpu"``, or ``"meta"`` for the shape of the code vectors only.

    Attributes:
        buckets: Where the plain columns lie.
        embedded: Indices of embedded columns; their cells follow those of the plain ones.
        plain_width: Cells of the plain columns, padding included.
        cell_width: Cells of all columns.
        width: Width of a row.
        side_width: Width of a condition on embedded columns: a code vector for each.
        scalar_columns: Indices of columns that carry a scalar.
        modes: Largest number of scalar codes of a column.
        vectors: The code vectors, (codes of embedded columns, vector width); the only part that
            is saved with a model.
        base: First cell of each column; code k of column j is cell ``base[j] + k``.
        starts: The same on the CPU, whatever the device.
        view_of: For each column the place in `spans` of the view that it is in; -1 for column -1.
        padding: Which cells belong to no code.
        scalar_cells: Cells of the scalar codes, (scalar columns, modes).
        scalar_used: 1 where ``scalar_cells`` is one, 0 where it is filled up.
        scalar_slot: For each cell its place among the scalar codes of its column, or -1.
        last: Last code of each column.

    Raises:
        ValueError: If the columns have more than `MAX_CELLS` codes.
    """

    vectors: Tensor
    base: Tensor
    padding: Tensor
    scalar_cells: Tensor
    scalar_used: Tensor
    scalar_slot: Tensor
    last: Tensor

    def __init__(
        self,
        columns: Sequence[ColumnLayout],
        *,
        scalar_weight: float = 1.0,
        device: str = "cpu",
    ) -> None:
        super().__init__()
        self.scalar_weight = scalar_weight
        self.columns = tuple(columns)
        if sum(column.n_codes for column in self.columns) > MAX_CELLS:
            raise ValueError(f"the columns have more than {MAX_CELLS:,} codes")
        self.embedded = tuple(i for i, c in enumerate(self.columns) if c.embedded)
        self.scalar_columns = tuple(i for i, c in enumerate(self.columns) if c.scalar_codes)
        self.buckets = _buckets(self.columns)
        self._plain = [i for bucket in self.buckets for i in bucket.columns]
        self.plain_width = self.buckets[-1].stop if self.buckets else 0
        sizes = [self.columns[i].n_codes for i in self.embedded]
        self.cell_width = self.plain_width + sum(sizes)
        self.vector_width = min(_MAX_VECTOR, -(-max(sizes) // 2)) if sizes else 0
        self.side_width = len(self.embedded) * self.vector_width
        self.width = self.plain_width + len(self.scalar_columns) + self.side_width
        self.modes = max((len(c.scalar_codes) for c in self.columns), default=0)
        geometry = self._geometry()
        self.starts: np.ndarray = geometry["base"]
        # One place more: column -1, which is no column, is in no view.
        self.view_of = np.full(len(self.columns) + 1, -1)
        for view, members in enumerate(self.span_columns()):
            self.view_of[list(members)] = view
        for name, values in geometry.items():
            self.register_buffer(name, torch.from_numpy(values), persistent=False)
        self.register_buffer("vectors", torch.zeros(sum(sizes), self.vector_width, device=device))

    def _geometry(self) -> dict[str, np.ndarray]:
        base = np.zeros(len(self.columns), np.int64)
        for bucket in self.buckets:
            base[list(bucket.columns)] = np.arange(bucket.start, bucket.stop, bucket.width)
        at = self.plain_width
        for index in self.embedded:
            base[index] = at
            at += self.columns[index].n_codes
        padding = np.ones(self.cell_width, bool)
        for start, column in zip(base, self.columns, strict=True):
            padding[start : start + column.n_codes] = False
        cells = np.zeros((len(self.scalar_columns), self.modes), np.int64)
        used = np.zeros(cells.shape, np.float32)
        slot = np.full(self.cell_width, -1, np.int64)
        for row, index in enumerate(self.scalar_columns):
            codes = np.array(self.columns[index].scalar_codes, np.int64) + base[index]
            cells[row, : len(codes)] = codes
            used[row, : len(codes)] = 1.0
            slot[codes] = np.arange(len(codes))
        return {
            "base": base,
            "padding": padding,
            "scalar_cells": cells,
            "scalar_used": used,
            "scalar_slot": slot,
            "last": np.array([column.n_codes - 1 for column in self.columns], np.int64),
        }

    def draw_vectors(self, rng: np.random.Generator) -> None:
        """Draw the code vectors: random directions of unit length, nearly orthogonal."""
        vectors = rng.standard_normal(tuple(self.vectors.shape), dtype=np.float32)
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        self.vectors.copy_(torch.from_numpy(vectors))

    @property
    def row_padding(self) -> Tensor:
        """Which places of a row are always 0, (width,)."""
        rest = self.width - self.plain_width
        return torch.cat([self.padding[: self.plain_width], self.padding.new_zeros(rest)])

    def spans(self, cells: Tensor) -> list[Tensor]:
        """Return (rows, cells) as views (rows, spans, width): buckets, then embedded columns."""
        widths = self.span_widths()
        members = [len(columns) for columns in self.span_columns()]
        # One split has one backward; slices would each fill and add a tensor of all cells.
        parts = cells.split([n * w for n, w in zip(members, widths, strict=True)], 1)
        return [
            part.unflatten(1, (n, w)) for part, n, w in zip(parts, members, widths, strict=True)
        ]

    def span_widths(self) -> list[int]:
        """Return the width of each view that `spans` returns."""
        sizes = [self.columns[i].n_codes for i in self.embedded]
        return [*(bucket.width for bucket in self.buckets), *sizes]

    def span_columns(self) -> list[tuple[int, ...]]:
        """Return the columns of each view that `spans` returns."""
        return [*(bucket.columns for bucket in self.buckets), *((i,) for i in self.embedded)]

    def real(self, codes: Tensor, scalars: Tensor) -> Tensor:
        """Return rows of the critic for real data.

        Args:
            codes: (rows, columns) int64.
            scalars: (rows, columns) float32, 0 where a code carries none.
        """
        cells = codes + self.base
        row = scalars.new_zeros(len(codes), self.width)
        row.scatter_(1, cells[:, self._plain], 1.0)
        at = self.plain_width + len(self.scalar_columns)
        row[:, self.plain_width : at] = self.scalar_weight * scalars[:, list(self.scalar_columns)]
        if self.embedded:
            code_vectors = self.vectors[cells[:, list(self.embedded)] - self.plain_width]
            row[:, at:] = code_vectors.flatten(1)
        return row

    def soft(self, probabilities: Tensor, scalars: Tensor) -> Tensor:
        """Return rows of the critic for generated data; differentiable in both arguments.

        Args:
            probabilities: (rows, cell_width), a distribution over each span.
            scalars: (rows, scalar columns, modes or 1) in [-1, 1]. A row's scalar is their sum
                under the probabilities of the codes that carry one: 0 for an atom, as in real rows.
        """
        parts = [probabilities[:, : self.plain_width]]
        if self.scalar_columns:
            mass = probabilities.index_select(1, self.scalar_cells.flatten())
            mass = mass.view(-1, len(self.scalar_columns), self.modes) * self.scalar_used
            parts.append(self.scalar_weight * (mass * scalars).sum(2))
        sizes = [self.columns[i].n_codes for i in self.embedded]
        soft_codes = probabilities[:, self.plain_width :].split(sizes, 1)
        parts += [p @ v for p, v in zip(soft_codes, self.vectors.split(sizes), strict=True)]
        return torch.cat(parts, 1)

    def condition(self, columns: Tensor, codes: Tensor) -> tuple[Tensor, Tensor]:
        """Return conditions: cells (rows,), and code vectors (rows, side_width).

        A condition on a plain column is its cell, and a vector of zeros; one on an embedded column
        is its code vector in the place of that column, and the cell ``plain_width``, as no
        condition is.

        Args:
            columns: (rows,) the column that is conditioned on, or -1 for none.
            codes: (rows,) the code that it shall have.
        """
        cells = self.base[columns.clamp_min(0)] + codes
        vectors = self.vectors.new_zeros(len(columns), self.side_width)
        for place, index in enumerate(self.embedded):
            rows = columns == index
            start = place * self.vector_width
            vectors[rows, start : start + self.vector_width] = self.vectors[
                cells[rows] - self.plain_width
            ]
        plain = (columns >= 0) & (cells < self.plain_width)
        return torch.where(plain, cells, self.plain_width), vectors


def _buckets(columns: Sequence[ColumnLayout]) -> tuple[Bucket, ...]:
    """Group the plain columns by size, each group within a factor of `_PADDING`."""
    order = sorted(
        (i for i, c in enumerate(columns) if not c.embedded), key=lambda i: columns[i].n_codes
    )
    groups: list[list[int]] = []
    for index in order:
        if groups and columns[index].n_codes <= _PADDING * columns[groups[-1][0]].n_codes:
            groups[-1].append(index)
        else:
            groups.append([index])
    buckets: list[Bucket] = []
    for group in groups:
        start = buckets[-1].stop if buckets else 0
        buckets.append(Bucket(tuple(group), start, columns[group[-1]].n_codes))
    return tuple(buckets)
