"""The axis of a number: from values to positions in float64 and back, on the grid of the data.

Two kinds. A `Lattice` holds whole numbers, and numbers with few decimals as whole numbers of
their last decimal; positions count its points from the lowest value, so that large numbers
(nanoseconds since 1970) lose nothing. A `Line` holds floats without a grid, scaled by a power of
two, so that neither 1e300 nor 1e-300 overflows anywhere.

The ends of what was learnt (`low`, `high`) are where encoding clips; decoding goes as far as the
limits, which are the declared ones if there are any.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from synthohive_jupyter.tabular.records import damaged, floats, integer, part

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from synthohive_jupyter.tabular.codecs import Floats, Integers, Values

INT_MIN, INT_MAX = -(2**63), 2**63 - 1
MAX_DIGITS = 12

_MIN_DISTINCT = 20
_MAX_TICKS = {8: 1e15, 4: 1e7, 2: 1e3}
_EXACT = 2**62
_EXACT_FLOAT = 2**53
_SAMPLE = 200
_MIN_EXPONENT, _MAX_EXPONENT = -1100, 1100

Number = int | float


@dataclass(frozen=True, slots=True)
class Range:
    """Two ends of a column in canonical form, both inclusive."""

    low: Number
    high: Number

    def clip(self, values: Values) -> Values:
        """Clip values into the range; the type of the values is kept."""
        return np.clip(values, self.low, self.high).astype(values.dtype, copy=False)


class Axis(ABC):
    """Values in canonical form (int64 or float64) to positions (float64) and back."""

    spacing: float
    """Distance of neighbours of the grid in positions; 0 without a grid."""

    @property
    @abstractmethod
    def low(self) -> float:
        """Position of the low end of what was learnt."""

    @property
    @abstractmethod
    def high(self) -> float:
        """Position of the high end of what was learnt."""

    @abstractmethod
    def positions(self, values: Values) -> Floats:
        """Return the positions of values; they must lie in the range that was learnt."""

    @abstractmethod
    def values(self, positions: Floats) -> Values:
        """Return values on the grid and inside the limits; small overshoot is mirrored."""

    @abstractmethod
    def to_dict(self) -> dict[str, Any]:
        """Return the axis as JSON-safe values."""


@dataclass(frozen=True, slots=True)
class Lattice(Axis):
    """The numbers ``(phase + step * j) / 10**digits`` for whole j.

    Attributes:
        digits: Decimals of floats; ``None`` if the values are integers themselves.
        step: Distance of neighbours, in units of the last decimal.
        phase: Remainder that all share, below ``step``.
        first: Number j of the low end of what was learnt.
        last: Number j of the high end of what was learnt.
        lowest: Smallest j that may come out.
        highest: Largest j that may come out.
    """

    digits: int | None
    step: int
    phase: int
    first: int
    last: int
    lowest: int
    highest: int

    spacing = 1.0

    @property
    def low(self) -> float:
        """Positions count from here."""
        return 0.0

    @property
    def high(self) -> float:
        """Points of the grid up to the high end."""
        return float(self.last - self.first)

    @classmethod
    def fit(
        cls, learnt: Range, limits: Range, *, digits: int | None, step: int, phase: int
    ) -> Lattice | None:
        """Return the lattice, or ``None`` if none of its points lies within the limits."""
        scale = 1 if digits is None else 10**digits

        def number(value: Number, *, up: bool) -> int:
            # Through the shortest decimal: 0.29 * 100 is 28.999999999999996 in floats.
            exact = Fraction(value) if isinstance(value, int) else Fraction(repr(float(value)))
            place = (exact * scale - phase) / step
            return math.ceil(place) if up else math.floor(place)

        # Declared limits may lie beyond what the type or its decimals can hold.
        least, most = (INT_MIN, INT_MAX) if digits is None else (-_EXACT_FLOAT, _EXACT_FLOAT)
        lowest = max(number(limits.low, up=True), math.ceil(Fraction(least - phase, step)))
        highest = min(number(limits.high, up=False), math.floor(Fraction(most - phase, step)))
        if lowest > highest:
            return None
        first = min(max(number(learnt.low, up=True), lowest), highest)
        last = min(max(number(learnt.high, up=False), first), highest)
        return cls(digits, step, phase, first, last, lowest, highest)

    def positions(self, values: Values) -> Floats:
        """Return how many points of the grid every value lies above the low end."""
        ticks = ticks_of(values, self.digits)
        points = ticks // self.step
        if self.phase:
            points -= ticks % self.step < self.phase
        if max(abs(self.first), abs(self.last)) < _EXACT:
            inside = np.clip(points, self.first, self.last) - self.first
            return inside.astype(np.float64)
        return np.clip(points.astype(np.float64) - float(self.first), 0.0, self.high)

    def values(self, positions: Floats) -> Values:
        """Return the nearest points of the grid."""
        low, high = self.lowest - self.first, self.highest - self.first
        inside = np.rint(_mirror(positions, float(low), float(high)))
        if max(abs(low), abs(high), abs(self.first)) < _EXACT:
            points = np.clip(inside.astype(np.int64), low, high) + self.first
        else:
            # So wide that positions are not exact: only the ends have to be.
            far = np.clip(inside + float(self.first), -(2.0**63), 2.0**63 - 1024)
            points = np.clip(far.astype(np.int64), self.lowest, self.highest)
        ticks = points * self.step + self.phase
        return ticks if self.digits is None else ticks / 10.0**self.digits

    def to_dict(self) -> dict[str, Any]:
        """Return the lattice as JSON-safe values."""
        return {
            "digits": self.digits,
            "step": self.step,
            "phase": self.phase,
            "points": [self.first, self.last, self.lowest, self.highest],
        }

    @classmethod
    def from_dict(cls, record: Mapping[str, Any]) -> Self:
        """Rebuild the lattice; `ModelFileError` if the record is damaged."""
        digits = None
        if part(record, "digits", (int, type(None))) is not None:
            digits = integer(record, "digits", 0, MAX_DIGITS)
        step = integer(record, "step", 1, INT_MAX)
        phase = integer(record, "phase", 0, step - 1)
        points = part(record, "points", list)
        if len(points) != len(("first", "last", "lowest", "highest")):
            raise damaged("a grid needs four ends")
        names = {str(place): point for place, point in enumerate(points)}
        first, last, lowest, highest = (integer(names, name, INT_MIN, INT_MAX) for name in names)
        fits = lowest * step + phase >= INT_MIN and highest * step + phase <= INT_MAX
        if not (lowest <= first <= last <= highest and fits):
            raise damaged("the ends of a grid are out of order")
        return cls(digits, step, phase, first, last, lowest, highest)


@dataclass(frozen=True, slots=True)
class Line(Axis):
    """Floats without a grid; positions are values over ``2**exponent``, at most 2 in size."""

    exponent: int
    learnt: Range
    limits: Range

    spacing = 0.0

    @property
    def low(self) -> float:
        """Position of the low end."""
        return math.ldexp(self.learnt.low, -self.exponent)

    @property
    def high(self) -> float:
        """Position of the high end."""
        return math.ldexp(self.learnt.high, -self.exponent)

    @classmethod
    def fit(cls, learnt: Range, limits: Range) -> Line:
        """Return the line that the learnt range fits."""
        size = max(abs(learnt.low), abs(learnt.high))
        return cls(math.frexp(size)[1], learnt, limits)

    def positions(self, values: Values) -> Floats:
        """Return the scaled values."""
        return np.ldexp(self.learnt.clip(values), -self.exponent)

    def values(self, positions: Floats) -> Values:
        """Return the values, clipped to the limits."""
        # Limits may lie so far out that they have no position; they do not bind there then.
        with np.errstate(over="ignore"):
            low, high = np.ldexp([self.limits.low, self.limits.high], -self.exponent)
            return self.limits.clip(np.ldexp(_mirror(positions, low, high), self.exponent))

    def to_dict(self) -> dict[str, Any]:
        """Return the line as JSON-safe values."""
        ends = [self.learnt.low, self.learnt.high, self.limits.low, self.limits.high]
        return {"exponent": self.exponent, "ends": [float(end) for end in ends]}

    @classmethod
    def from_dict(cls, record: Mapping[str, Any]) -> Self:
        """Rebuild the line; `ModelFileError` if the record is damaged."""
        exponent = integer(record, "exponent", _MIN_EXPONENT, _MAX_EXPONENT)
        low, high, lowest, highest = floats(record, "ends", length=4).tolist()
        if not lowest <= low <= high <= highest:
            raise damaged("the ends of a line are out of order")
        if math.frexp(max(abs(low), abs(high)))[1] > exponent:
            raise damaged("a line does not reach its ends")
        return cls(exponent, Range(low, high), Range(lowest, highest))


def axis_from_dict(record: Mapping[str, Any]) -> Axis:
    """Rebuild an axis of either kind."""
    return Lattice.from_dict(record) if "points" in record else Line.from_dict(record)


def _mirror(positions: Floats, low: float, high: float) -> Floats:
    """Mirror what lies outside at the end it passed, then clip.

    Clipping alone would pile every overshoot of a network on one value, which also is a real one.
    """
    mirrored = np.where(positions < low, low + (low - positions), positions)
    mirrored = np.where(mirrored > high, high - (mirrored - high), mirrored)
    return np.clip(mirrored, low, high)


def ticks_of(values: Values, digits: int | None) -> Integers:
    """Return floats as whole numbers of their last decimal; integers as they are."""
    if digits is None:
        return values.astype(np.int64, copy=False)
    return np.rint(values * 10.0**digits).astype(np.int64)


def find_digits(values: Floats, width: int) -> int | None:
    """Return the fewest decimals that write all values, or ``None`` if they have no such grid.

    Floating noise is forgiven (0.1 + 0.2 has one decimal): the last few bits do not count.

    Args:
        values: Finite values, each once.
        width: Bytes of the column's float type.

    >>> find_digits(np.array([0.5, 12.25, 0.1 + 0.2]), 8)
    2
    """
    few = values[:: max(1, len(values) // _SAMPLE)]
    kind = np.dtype(f"f{width}")
    for digits in range(MAX_DIGITS + 1):
        if np.abs(values).max(initial=0.0) * 10.0**digits >= _MAX_TICKS[width]:
            return None
        if all(_on_grid(part, digits, kind) for part in (few, values)):
            return digits
    return None


def _on_grid(values: Floats, digits: int, kind: np.dtype[Any]) -> bool:
    nearest = np.rint(values * 10.0**digits) / 10.0**digits
    noise = 4 * np.spacing(np.abs(values).astype(kind)).astype(np.float64)
    return bool((np.abs(nearest - values) <= noise).all())


def find_step(ticks: Integers, naturals: Sequence[int], *, usual: int = 1) -> tuple[int, int]:
    """Return step and phase of whole numbers, the step being one that people use.

    Only natural steps, and only from many different values: the greatest common divisor of a few
    rare values would give one of them away. That dates are whole days gives nobody away.

    Args:
        ticks: Different values.
        naturals: Steps to choose from.
        usual: Steps up to this one are taken from few values too, but without a phase.

    >>> find_step(np.arange(20) * 60 + 30, [1, 10, 60, 3600])
    (60, 30)
    """
    if len(ticks) < _MIN_DISTINCT:
        few = [size for size in naturals if size <= usual and not (ticks % size).any()]
        return max(few, default=1), 0
    # By remainders: differences of nanoseconds over three centuries would overflow.
    fitting = [size for size in naturals if (ticks % size == ticks[0] % size).all()]
    step = max(fitting, default=1)
    far = (float(ticks.max()) - float(ticks.min())) / step >= _EXACT
    return (1, 0) if far else (step, int(ticks[0]) % step)
