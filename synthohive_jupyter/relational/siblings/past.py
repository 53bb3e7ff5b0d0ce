"""What siblings leave to those after them, and how a row's context tells of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from synthohive_jupyter.relational.keys.references import number_in_family
from synthohive_jupyter.relational.siblings.timeline import run_lengths, steps
from synthohive_jupyter.relational.siblings.values import Array, array_of, nullable, same

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

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
what a row repeats of the sibling before, null where it does not. The last two are told only of
columns that repeat: of others the first sibling says little that the one before does not, and it
costs a third of the fit."""

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
        repeats: For each column that may repeat the sibling before, whether it does.
    """

    rank: Positions
    left: Positions
    place: Floats
    step: Floats
    ties: Floats
    repeats: Mapping[str, Flags]

    @classmethod
    def unknown(cls, rank: Positions, left: Positions) -> Now:
        """Return rows of which only the rank is known."""
        nothing = np.full(len(rank), np.nan)
        return cls(rank, left, nothing, nothing, np.zeros(len(rank)), {})

    def of(self, index: Positions) -> Now:
        """Return some of the rows."""
        return Now(
            self.rank[index], self.left[index], self.place[index], self.step[index],
            self.ties[index], {name: flags[index] for name, flags in self.repeats.items()},
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
            np.zeros((rows, len(repeating))), np.full((rows, numbers), NOBODY, np.float32),
            held, {name: held[name] for name in repeating},
        )  # fmt: skip

    def of(self, index: Positions) -> Past:
        """Return some of the rows, or some of them several times."""
        return Past(
            self.before[index], self.place[index], self.start[index], self.step[index],
            self.ties[index], self.runs[index], self.numbers[index],
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
        for name, repeats in now.repeats.items():
            columns[COPY + name] = nullable(self.previous[name], ~repeats)
        return columns


def observed(
    rows: pd.DataFrame,
    family: Positions,
    places: Floats,
    numbers: Features,
    *,
    columns: Sequence[str],
    repeating: Sequence[str],
) -> tuple[Past, Now]:
    """Return past and present of the rows of the data.

    Args:
        rows: Rows, those of a family together and in their order.
        family: Number of each row's family.
        places: Their places on the timeline, NaN for null and where there is none.
        numbers: The rows as numbers, shape (rows, columns).
        columns: Names of the columns that are told.
        repeating: Those that may repeat.
    """
    rank, at = number_in_family(family), np.arange(len(rows), dtype=np.int64)
    begin, later = at - rank, rank > 0
    before = np.where(later, at - 1, at)
    sizes = np.diff(np.append(np.flatnonzero(~later), len(rows)))
    left = np.repeat(sizes, sizes) - 1 - rank
    step = steps(places, rank)
    ties = run_lengths(step == 0, begin)
    arrays = {name: array_of(rows[name]) for name in columns}
    repeats = {name: later & same(arrays[name], arrays[name][before]) for name in repeating}
    runs = np.zeros((len(rows), len(repeats)))
    for place, flags in enumerate(repeats.values()):
        runs[:, place] = run_lengths(flags, begin)
    past = Past(
        later, np.where(later, places[before], np.nan), places[begin], step[before], ties[before],
        runs[before], np.where(later[:, None], numbers[before], np.float32(NOBODY)),
        {name: array[before] for name, array in arrays.items()},
        {name: arrays[name][begin] for name in repeating},
    )  # fmt: skip
    return past, Now(rank, left, places, step, ties, repeats)
