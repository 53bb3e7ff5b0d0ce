"""What siblings leave to those after them, and how a row's context tells of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from synthohive_jupyter.relational.keys.references import number_in_family
from synthohive_jupyter.relational.siblings.timeline import run_lengths, steps
from synthohive_jupyter.relational.siblings.values import (
    Array,
    array_of,
    differ,
    nullable,
    replaced,
    same,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    import pandas as pd
    from numpy.typing import NDArray

    from synthohive_jupyter.trees.splits import Features

    Floats = NDArray[np.float64]
    Flags = NDArray[np.bool_]
    Positions = NDArray[np.int64]

RANK, LEFT = "__sib__rank", "__sib__left"
"""Number of a row within its family from 0, and how many siblings come after it."""
PLACE, STEP, TIES = "__sib__place", "__sib__step", "__sib__ties"
"""Place of a row on the timeline, its step there from the sibling before, and how many siblings
directly before it have the same place."""
PREVIOUS, FIRST, COPY = "__prev__", "__first__", "__copy__"
"""Stand before the names of columns: what the sibling before holds, what the first one holds, and
what a row repeats of the two, null where it does not. The last two are told only of columns that
repeat: of others the first sibling says little that the one before does not, and it costs a third
of the fit."""

ANEW, REPEATS, RETURNS = 0, 1, 2
"""What a row does in a column: it holds what a model draws, what the sibling before does, or what
the first one does where the sibling before does not."""

NOBODY = -2.0
"""What trees are given where there is no sibling before, or no number."""


@dataclass(frozen=True, slots=True)
class Now:
    """What is known of rows before a model draws them, one element a row.

    Attributes:
        rank: Number within the family.
        left: Number of siblings to come.
        place: Place on the timeline, NaN for null.
        step: Step from the sibling before, NaN where there is none.
        ties: How many siblings directly before have the same place.
        copies: For each column that may repeat a sibling, `REPEATS`, `RETURNS` or `ANEW`.
    """

    rank: Positions
    left: Positions
    place: Floats
    step: Floats
    ties: Floats
    copies: Mapping[str, NDArray[np.int8]]

    @classmethod
    def unknown(cls, rank: Positions, left: Positions) -> Now:
        """Return rows of which only the rank is known."""
        nothing = np.full(len(rank), np.nan)
        return cls(rank, left, nothing, nothing, np.zeros(len(rank)), {})

    def of(self, index: Positions) -> Now:
        """Return some of the rows."""
        return Now(
            self.rank[index], self.left[index], self.place[index], self.step[index],
            self.ties[index], {name: codes[index] for name, codes in self.copies.items()},
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Past:
    """What siblings leave to those after them, one element a row, or a family.

    Attributes:
        before: Whether there is a sibling before.
        place: Its place on the timeline, NaN for null and where there is none.
        start: Place of the first sibling.
        step: Step of the sibling before.
        ties: How many siblings directly before that one have its place.
        runs: How many siblings before that one each column repeats, shape (rows, columns).
        away: Whether that one holds something else there than the first, shape (rows, columns).
        numbers: What the sibling before holds, as numbers, shape (rows, columns).
        previous: What it holds, by column; read only where there is one.
        first: What the first sibling holds, of columns that may repeat.
    """

    before: Flags
    place: Floats
    start: Floats
    step: Floats
    ties: Floats
    runs: Floats
    away: Flags
    numbers: Features
    previous: Mapping[str, Array]
    first: Mapping[str, Array]

    @classmethod
    def nobody(
        cls, rows: int, held: Mapping[str, Array], *, repeating: Sequence[str], numbers: int
    ) -> Past:
        """Return the past of rows without a sibling before.

        Args:
            rows: How many.
            held: For each column that is told something to stand where there is nothing to tell.
            repeating: The columns that may repeat.
            numbers: How many columns there are as numbers.
        """
        unknown = np.full(rows, np.nan)
        return cls(
            np.zeros(rows, dtype=np.bool_), unknown, unknown, unknown, np.zeros(rows),
            np.zeros((rows, len(repeating))), np.zeros((rows, len(repeating)), dtype=np.bool_),
            np.full((rows, numbers), NOBODY, np.float32),
            held, {name: held[name] for name in repeating},
        )  # fmt: skip

    def of(self, index: Positions) -> Past:
        """Return some of the rows, or some of them several times."""
        return Past(
            self.before[index], self.place[index], self.start[index], self.step[index],
            self.ties[index], self.runs[index], self.away[index], self.numbers[index],
            {name: array[index] for name, array in self.previous.items()},
            {name: array[index] for name, array in self.first.items()},
        )  # fmt: skip

    def told(self, now: Now, *, timed: bool) -> dict[str, Array]:
        """Return the columns of the context that rows with this past are given.

        Args:
            now: What is known of the rows themselves.
            timed: Whether siblings have a timeline.
        """
        columns: dict[str, Array] = {RANK: now.rank, LEFT: now.left}
        if timed:
            columns |= {PLACE: now.place, STEP: now.step, TIES: now.ties}
        missing = ~self.before
        for prefix, held in ((PREVIOUS, self.previous), (FIRST, self.first)):
            columns |= {prefix + name: nullable(array, missing) for name, array in held.items()}
        for name, codes in now.copies.items():
            columns[COPY + name] = nullable(self.copied(name, codes), codes == ANEW)
        return columns

    def copied(self, name: str, codes: NDArray[np.int8]) -> Array:
        """Return what rows copy of a column, any value where they copy nothing."""
        return replaced(self.previous[name], codes == RETURNS, self.first[name])


def observed(
    rows: pd.DataFrame,
    family: Positions,
    places: Floats,
    numbers: Features,
    *,
    columns: Sequence[str],
    repeating: Sequence[str],
    returning: Collection[str],
) -> tuple[Past, Now]:
    """Return past and present of the rows of the data.

    Args:
        rows: Rows, those of a family together and in their order.
        family: Number of each row's family.
        places: Their places on the timeline, NaN for null and where there is none.
        numbers: The rows as numbers, shape (rows, columns).
        columns: Names of the columns that are told.
        repeating: Those that may repeat.
        returning: Those of them that may return to the first sibling.
    """
    rank, at = number_in_family(family), np.arange(len(rows), dtype=np.int64)
    begin, later = at - rank, rank > 0
    before = np.where(later, at - 1, at)
    sizes = np.diff(np.append(np.flatnonzero(~later), len(rows)))
    left = np.repeat(sizes, sizes) - 1 - rank
    step = steps(places, rank)
    ties = run_lengths(step == 0, begin)
    arrays = {name: array_of(rows[name]) for name in columns}
    shape = (len(rows), len(repeating))
    runs, away, copies = np.zeros(shape), np.zeros(shape, dtype=np.bool_), {}
    for place, name in enumerate(repeating):
        own = arrays[name]
        repeats, as_first = later & same(own, own[before]), same(own, own[begin])
        runs[:, place] = run_lengths(repeats, begin)
        away[:, place] = differ(own, own[begin])
        returns = away[before, place] & as_first & later & (name in returning)
        copies[name] = np.where(repeats, REPEATS, np.where(returns, RETURNS, ANEW)).astype(np.int8)
    past = Past(
        later, np.where(later, places[before], np.nan), places[begin], step[before], ties[before],
        runs[before], away[before], np.where(later[:, None], numbers[before], np.float32(NOBODY)),
        {name: array[before] for name, array in arrays.items()},
        {name: arrays[name][begin] for name in repeating},
    )  # fmt: skip
    return past, Now(rank, left, places, step, ties, copies)
