"""`PartSpace`: the columns of a table as the variables of the network.

A column with one code needs no variable, one with up to `MAX_CODES` codes is one, and a larger one
is two: its codes are ranked by frequency and written with two digits of about the square root of
their number. A hundred thousand categories cost two softmaxes over 317 codes instead of one over
100,000, in memory and in time.

Parts are sorted by size. This is also the *canonical order*, in which rows are drawn: small
vocabularies first, wide numbers last.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from synthohive_jupyter.tabular.codecs import Codes, Floats, Integers
    from synthohive_jupyter.tabular.transformer import TableTransformer

MAX_CODES = 1000
_PADDING = 1.5
"""A part is padded to at most so many times its size."""


@dataclass(frozen=True, slots=True)
class Part:
    """One variable: a digit of the rank of a code, ``rank // stride % size``.

    Attributes:
        column: Index of its column.
        size: Number of its codes.
        stride: 1, or for the first of two digits the size of the second.
    """

    column: int
    size: int
    stride: int


@dataclass(frozen=True, slots=True)
class Bucket:
    """Parts ``first`` to ``stop - 1``, of similar size, padded to ``width`` codes."""

    first: int
    stop: int
    width: int


class PartSpace:
    """The variables of one table, or of one context.

    Args:
        transformer: The fitted codes of the columns; ``None`` stands for no columns.

    Attributes:
        parts: The variables in canonical order.
        sizes: Their numbers of codes.
        offsets: First code of each among all codes; code k of part j is ``offsets[j] + k``.
        total: Codes of all parts.
        buckets: Consecutive parts of similar size.
        n_columns: Columns of the table, those with one code included.
    """

    def __init__(self, transformer: TableTransformer | None) -> None:
        layout = () if transformer is None else transformer.layout
        frequencies = () if transformer is None else transformer.frequencies
        self.n_columns = len(layout)
        found = [part for i, column in enumerate(layout) for part in _parts(i, column.n_codes)]
        self.parts: tuple[Part, ...] = tuple(
            sorted(found, key=lambda part: (layout[part.column].n_codes, part.column, -part.stride))
        )
        self.sizes = tuple(part.size for part in self.parts)
        ends = np.cumsum(np.array((0, *self.sizes), dtype=np.int64))
        self.offsets: Integers = ends[:-1]
        self.total = int(ends[-1])
        self.buckets = _buckets(self.sizes)
        # Ranks only where two digits are needed: a plain code is its own rank.
        self._orders = {
            part.column: np.argsort(-frequencies[part.column], kind="stable")
            for part in self.parts
            if part.stride > 1
        }
        self._ranks = {column: np.argsort(order) for column, order in self._orders.items()}
        self._frequencies = frequencies

    def digits(self, codes: Codes) -> Integers:
        """Return codes of columns, (rows, columns), as codes of parts, (rows, parts)."""
        found = np.empty((len(codes), len(self.parts)), dtype=np.int64)
        for place, part in enumerate(self.parts):
            ranks: Integers = codes[:, part.column].astype(np.int64)
            if part.column in self._ranks:
                ranks = self._ranks[part.column][ranks]
            found[:, place] = ranks // part.stride % part.size
        return found

    def codes(self, digits: Integers) -> Codes:
        """Return codes of parts as codes of columns, the inverse of `digits`."""
        found = np.zeros((len(digits), self.n_columns), dtype=np.int32)
        for place, part in enumerate(self.parts):
            found[:, part.column] += (digits[:, place] * part.stride).astype(np.int32)
        for column, order in self._orders.items():
            # The last first digit may have fewer second ones than the network has codes for.
            found[:, column] = order[np.minimum(found[:, column], len(order) - 1)]
        return found

    def known_digits(self, codes: Codes) -> Integers:
        """Return `digits` of codes that may be -1, unknown: -1 in their parts too."""
        columns = [part.column for part in self.parts]
        return np.where(codes[:, columns] < 0, -1, self.digits(np.maximum(codes, 0)))

    def shares(self) -> list[Floats]:
        """Return the marginal distribution of every part."""
        return [self.spread(self._frequencies[p.column], p) for p in self.parts]

    def spread(self, values: Floats, part: Part) -> Floats:
        """Return the sums of values of codes, (codes of the column,), over the codes of a part."""
        ranked = self.ranked(values, part.column)
        digit = np.arange(len(ranked)) // part.stride % part.size
        sums: Floats = np.bincount(digit, ranked, minlength=part.size).astype(np.float64)
        return sums

    def ranked(self, values: Floats, column: int) -> Floats:
        """Return values of the codes of a column in the order of their ranks."""
        return values[self._orders[column]] if column in self._orders else values

    def frequencies(self, column: int) -> Floats:
        """Return the shares of the codes of a column."""
        return self._frequencies[column]


def _parts(column: int, n_codes: int) -> list[Part]:
    if n_codes <= 1:
        return []
    if n_codes <= MAX_CODES:
        return [Part(column, n_codes, 1)]
    second = math.isqrt(n_codes - 1) + 1
    return [Part(column, -(-n_codes // second), second), Part(column, second, 1)]


def _buckets(sizes: Sequence[int]) -> tuple[Bucket, ...]:
    """Group neighbours, each group within a factor of `_PADDING`."""
    found: list[Bucket] = []
    first = 0
    for stop in range(1, len(sizes) + 1):
        group = sizes[first : stop + 1]
        if stop == len(sizes) or max(group) > _PADDING * min(group):
            found.append(Bucket(first, stop, max(sizes[first:stop])))
            first = stop
    return tuple(found)
