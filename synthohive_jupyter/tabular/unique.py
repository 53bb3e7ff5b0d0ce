"""Columns that are declared unique: repetitions move to the nearest free values, none is dropped.

Numbers and dates are sorted; each is to differ from the one before, and together they are to move
as little as possible. That is a regression under an order (isotonic, least squares): values that
stand alone stay, a heap spreads to both sides, and where the range is full every point is taken.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np
import pandas as pd

from synthohive_jupyter.errors import DataError
from synthohive_jupyter.tabular import temporal
from synthohive_jupyter.tabular.axis import INT_MAX, INT_MIN, find_digits, find_step, ticks_of
from synthohive_jupyter.tabular.columns import NATURAL
from synthohive_jupyter.tabular.patterns import TextPattern

if TYPE_CHECKING:
    from synthohive_jupyter.tabular.codecs import Integers, Values
    from synthohive_jupyter.tabular.declared import Limits
    from synthohive_jupyter.tabular.storage import Storage

_WIDTHS = re.compile(r"(u?)int(8|16|32)\b")
_EXACT = 2**53
_NARROW = {4: np.int32, 2: np.int16}


@dataclass(frozen=True, slots=True)
class Room:
    """What a unique column may hold.

    Attributes:
        storage: How it is stored.
        limits: Its declared limits.
        choices: The only values allowed, in their order, or ``None``.
        place: Table and column, for messages.
        upward: Values only rise, as far as the range allows: each may not fall below another
            column.
    """

    storage: Storage
    limits: Limits
    choices: Values | None
    place: tuple[str, str]
    upward: bool = False

    def distinct(self, values: Values) -> Values:
        """Return as many values that all differ, most of them as they were.

        Args:
            values: Canonical values inside the limits and among the choices; none is null.

        Raises:
            DataError: If there are fewer different values than rows.
        """
        if not pd.Index(values).has_duplicates:
            return values
        if self.choices is not None:
            at = pd.Index(self.choices).get_indexer(pd.Index(values)).astype(np.int64)
            found: Values = self.choices[self._spread(at, 0, len(self.choices) - 1)]
            return found
        if self.storage.kind == "text":
            return _new_texts(values)
        scales = _Scale.candidates(values, self.storage)
        for scale in scales:
            low, high = self._ends(scale, values)
            if high - low >= len(values) - 1 or scale is scales[-1]:
                return scale.values(self._spread(scale.points(values), low, high))
        raise AssertionError("there is a scale")

    def _ends(self, scale: _Scale, values: Values) -> tuple[int, int]:
        """Return the first and the last point: declared, else seen, and further where needed."""
        seen = scale.points(np.array([values.min(), values.max()], dtype=values.dtype)).tolist()
        least, most = scale.ends(self.storage)
        low, high = (
            None if end is None else int(scale.limit(np.array([end], values.dtype), up=up))
            for end, up in zip(self.limits, (True, False), strict=True)
        )
        lacking = max(len(values) - 1 - (seen[1] - seen[0]), 0)
        first = seen[0] if low is None else low
        last = seen[1] if high is None else high
        if high is None:
            # Values that only rise may need room for all of them above the last one.
            lacking = len(values) if self.upward else lacking
            last = min(max(last, seen[1] + lacking), most)
        lacking = max(len(values) - 1 - (last - first), 0)
        if low is None:
            first = max(first - lacking, least)
        return first, last

    def _spread(self, points: Integers, low: int, high: int) -> Integers:
        if high - low + 1 < len(points):
            raise DataError(
                f"is declared unique and has {high - low + 1:,} different values for "
                f"{len(points):,} rows; draw fewer rows, widen its range or set, or remove unique",
                table=self.place[0],
                column=self.place[1],
            )
        return spread(points, low, high, upward=self.upward)


def spread(points: Integers, low: int, high: int, *, upward: bool = False) -> Integers:
    """Return whole numbers that all differ, in the order of ``points`` and as near as they can be.

    Args:
        points: Whole numbers between the limits, at most ``high - low + 1`` of them.
        low: Least number allowed.
        high: Largest number allowed.
        upward: Whether numbers only rise, where there is room above.

    >>> spread(np.array([5, 5, 5, 9, 1]), 1, 9).tolist()
    [4, 5, 6, 9, 1]
    >>> spread(np.array([5, 5, 5, 9, 1]), 1, 9, upward=True).tolist()
    [5, 6, 7, 9, 1]
    """
    from scipy.optimize import isotonic_regression  # takes a while, and few columns need it

    count = len(points)
    order = np.argsort(points, kind="stable")
    numbers = points[order]
    rank = np.arange(count)
    # Neighbours further apart than twice the rows never meet: so floats hold every distance.
    apart = numbers[1:].astype(np.uint64) - numbers[:-1].astype(np.uint64)
    near = np.append(0, np.cumsum(np.minimum(apart, np.uint64(2 * count + 1)).astype(np.int64)))
    if upward:
        moved = np.maximum.accumulate(near - rank)
    else:
        moved = np.floor(isotonic_regression((near - rank).astype(np.float64)).x).astype(np.int64)
    shift = moved + rank - near
    # Saturated first, so that the ends of 64 bits do not overflow.
    up, down = np.maximum(shift, 0), np.minimum(shift, 0)
    numbers = np.minimum(numbers, high - up) + up
    numbers = np.maximum(numbers, low - down) + down
    found = np.empty(count, dtype=np.int64)
    found[order] = np.clip(numbers - rank, low, high - count + 1) + rank
    return found


@dataclass(frozen=True, slots=True)
class _Scale:
    """Values as whole numbers: steps of a grid, or places in the order of all floats.

    Attributes:
        digits: Decimals of floats, or ``None``.
        step: Distance of neighbours, in units of the last decimal.
        phase: Remainder that all share.
        width: Bytes of floats without a grid, else 0.
    """

    digits: int | None
    step: int
    phase: int
    width: int = 0

    @classmethod
    def candidates(cls, values: Values, storage: Storage) -> list[Self]:
        """Return the scales to try, the one that the values show first."""
        different = pd.unique(values)
        if storage.kind == "temporal":
            day = temporal.PER_DAY[storage.unit]
            steps = temporal.natural_steps(storage.unit)
            return [cls(None, *find_step(different, steps, usual=day))]
        if storage.whole:
            return [cls(None, *find_step(different, NATURAL)), cls(None, 1, 0)]
        digits = find_digits(different, storage.float_width)
        if digits is None:
            return [cls(None, 1, 0, storage.float_width)]
        found = find_step(ticks_of(different, digits), NATURAL)
        return [cls(digits, *found), cls(digits, 1, 0)]

    def points(self, values: Values) -> Integers:
        """Return the whole numbers of values on the grid, or of those below."""
        if self.width:
            return _ordered(values, self.width)
        return (ticks_of(values, self.digits) - self.phase) // self.step

    def values(self, points: Integers) -> Values:
        """Return the values of whole numbers."""
        if self.width:
            return _floats(points, self.width)
        ticks = points * self.step + self.phase
        return ticks if self.digits is None else ticks / 10.0**self.digits

    def limit(self, end: Values, *, up: bool) -> int:
        """Return the number of a limit, on the inside of it."""
        if self.digits is not None:
            # Far limits are no limits here, and would not fit 64 bits.
            end = np.clip(end, -(2.0**62) / 10.0**self.digits, 2.0**62 / 10.0**self.digits)
        at = int(self.points(end)[0])
        value = self.values(np.array([at]))[0]
        if up:
            return at + int(value < end[0])
        return at - int(value > end[0])

    def ends(self, storage: Storage) -> tuple[int, int]:
        """Return the least and the largest number that the type holds."""
        if self.width:
            largest = np.array([np.finfo(f"f{self.width}").max], dtype=np.float64)
            most = int(_ordered(largest, self.width)[0])
            return -most, most
        if self.digits is not None:
            return -_EXACT, _EXACT
        least, most = _type_range(storage)
        return -((self.phase - least) // self.step), (most - self.phase) // self.step


def _type_range(storage: Storage) -> tuple[int, int]:
    """Return the ends of the integers of a type; of other types those of 64 bits."""
    found = _WIDTHS.search((storage.outer or storage.dtype).lower())
    if found is None:
        return INT_MIN + 1, INT_MAX
    information = np.iinfo(found[0])
    return int(information.min), int(information.max)


def _ordered(values: Values, width: int) -> Integers:
    """Return the places of floats among all floats of a width."""
    bits = (values + 0.0).astype(f"f{width}").view(_NARROW.get(width, np.int64)).astype(np.int64)
    top = np.int64(2 ** (8 * width - 1) - 1)
    return np.where(bits < 0, -(bits & top), bits)


def _floats(places: Integers, width: int) -> Values:
    """Undo `_ordered`."""
    kind = _NARROW.get(width, np.int64)
    sizes = np.abs(places).astype(kind).view(f"f{width}").astype(np.float64)
    return np.where(places < 0, -sizes, sizes)


def _new_texts(texts: Values) -> Values:
    """Return texts with new ones of the same format in the place of repetitions."""
    twice = pd.Series(texts).duplicated().to_numpy()
    pattern, known = TextPattern.fit(pd.Series(texts, dtype=object)), pd.Index(texts[~twice])
    wanted, made, start = int(twice.sum()), np.empty(0, dtype=object), 0
    while len(made) < wanted:
        more = pattern.generate(np.arange(start, start + wanted), seed=0)
        made = np.append(made, more[known.get_indexer(pd.Index(more)) < 0])
        start += wanted
    found = texts.copy()
    found[twice] = made[:wanted]
    return found
