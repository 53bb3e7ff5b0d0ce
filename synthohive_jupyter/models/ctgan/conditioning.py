"""Conditions, and training-by-sampling: which code a row shall have, and a real row that has it.

A *cell* is a (column, code) pair. One cumulative distribution over all cells of all columns makes a
batch of conditions one binary search, and rows sorted by code make the choice of real rows one
multiplication: no loop over rows or columns.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from synthohive_jupyter.tabular.codecs import ColumnLayout

FREE_SHARE = 0.8
"""Share of training rows without a condition where there is a context. Of .5, .8 and 1 the best on
adult with six columns as context (pairs .967, .971, .967): conditions still help rare codes."""


@dataclass(frozen=True, slots=True)
class Conditions:
    """Conditions of a batch.

    Attributes:
        columns: (rows,) int64, the column of each condition, or -1 for none.
        codes: (rows,) int64, the code that this column shall have (0 for none).
        cells: (rows,) int64, number of the cell over all columns, or -1.
    """

    columns: np.ndarray
    codes: np.ndarray
    cells: np.ndarray


@dataclass(frozen=True, slots=True)
class Batch:
    """Conditions with a real row for each.

    Attributes:
        conditions: The conditions.
        rows: (rows,) int64, numbers of real rows that fulfil them.
        weights: (rows,) float32 with sum 1; under them the batch has the true frequencies.
    """

    conditions: Conditions
    rows: np.ndarray
    weights: np.ndarray


class ConditionTable:
    """The frequencies of all cells, and draws from them.

    Args:
        columns: Layout of each column.
        frequencies: (cells,) frequency of each code in its column, column after column.
        condition_on: ``"all"`` columns, or ``"discrete"`` ones only. Columns with one code say
            nothing and are left out.

    >>> from synthohive_jupyter.tabular.codecs import ColumnLayout
    >>> column = ColumnLayout("size", n_codes=2, scalar_codes=(), embedded=False)
    >>> table = ConditionTable([column], np.array([0.0, 1.0]), condition_on="all")
    >>> table.draw(np.random.default_rng(0), 3).codes
    array([1, 1, 1])
    """

    def __init__(
        self, columns: Sequence[ColumnLayout], frequencies: np.ndarray, *, condition_on: str
    ) -> None:
        sizes = np.array([column.n_codes for column in columns], np.int64)
        self.starts = np.concatenate([[0], np.cumsum(sizes)])[:-1].astype(np.int64)
        self.frequencies = frequencies.astype(np.float64)
        self._column_of = np.repeat(np.arange(len(columns)), sizes)
        eligible = np.array(
            [c.n_codes > 1 and (condition_on == "all" or not c.scalar_codes) for c in columns],
            bool,
        )
        self._open = eligible[self._column_of]
        self._cumulative = self._cumulate(self.frequencies)

    def _cumulate(self, frequencies: np.ndarray) -> np.ndarray:
        """Return the cumulative distribution over cells: a column uniformly, then its codes."""
        cumulative = np.cumsum(np.where(self._open, frequencies, 0.0))
        return cumulative / cumulative[-1] if cumulative.size and cumulative[-1] else cumulative[:0]

    def draw(self, rng: np.random.Generator, rows: int) -> Conditions:
        """Draw conditions with the true frequencies; none where no column can be conditioned."""
        return self._pick(rng.random(rows), self._cumulative)

    def none(self, rows: int) -> Conditions:
        """Return ``rows`` times no condition."""
        nothing = np.full(rows, -1)
        return Conditions(nothing, np.zeros(rows, np.int64), nothing)

    def _pick(self, uniforms: np.ndarray, cumulative: np.ndarray) -> Conditions:
        if not cumulative.size:
            return self.none(len(uniforms))
        # The last cell with mass ends at exactly 1, above every uniform number.
        cells = np.searchsorted(cumulative, uniforms, side="right")
        columns = self._column_of[cells]
        return Conditions(columns, cells - self.starts[columns], cells)


class TrainingSampler(ConditionTable):
    """Training-by-sampling: conditions, and uniformly one of the real rows that fulfil each.

    Args:
        columns: Layout of each column.
        codes: (rows, columns) codes of the real rows.
        condition_on: As in `ConditionTable`.
        log_frequency: Draw codes by log(1 + count) instead of their frequency.
        free_share: Share of rows without a condition, drawn uniformly from all. With a context
            some are needed: sampling then draws without conditions, because a condition drawn
            without regard to the context would contradict it.
    """

    def __init__(
        self,
        columns: Sequence[ColumnLayout],
        codes: np.ndarray,
        *,
        condition_on: str,
        log_frequency: bool,
        free_share: float,
    ) -> None:
        frequencies = code_frequencies(columns, codes)
        super().__init__(columns, frequencies, condition_on=condition_on)
        self._n_rows, self._free_share = len(codes), free_share
        self._counts = np.rint(frequencies * self._n_rows).astype(np.int64)
        drawn = frequencies
        if log_frequency:
            logs = np.log1p(self._counts)
            drawn = logs / np.add.reduceat(logs, self.starts)[self._column_of]
        self._training = self._cumulate(drawn)
        self._weights = np.divide(frequencies, drawn, out=np.zeros_like(drawn), where=drawn > 0)
        self._order = np.argsort(codes, axis=0, kind="stable").T.astype(np.int32)
        before = np.cumsum(self._counts) - self._counts
        self._first = before - before[self.starts][self._column_of]

    def batch(self, rng: np.random.Generator, rows: int) -> Batch:
        """Draw a batch."""
        uniforms = rng.random((3, rows))
        drawn = self._pick(uniforms[0], self._training)
        free = (uniforms[1] < self._free_share) | (drawn.cells < 0)
        cells = np.where(free, 0, drawn.cells)
        place = self._first[cells] + (uniforms[2] * self._counts[cells]).astype(np.int64)
        chosen = self._order[np.where(free, 0, drawn.columns), place]
        any_row = (uniforms[2] * self._n_rows).astype(np.int64)
        weights = np.where(free, 1.0, self._weights[cells])
        return Batch(
            Conditions(
                np.where(free, -1, drawn.columns),
                np.where(free, 0, drawn.codes),
                np.where(free, -1, drawn.cells),
            ),
            np.where(free, any_row, chosen),
            (weights / weights.sum()).astype(np.float32),
        )


def code_frequencies(columns: Sequence[ColumnLayout], codes: np.ndarray) -> np.ndarray:
    """Return the frequency of each code in its column, column after column, (cells,)."""
    counts = [
        np.bincount(codes[:, i], minlength=column.n_codes) for i, column in enumerate(columns)
    ]
    return np.concatenate([np.zeros(0), *counts]) / len(codes)
