"""`CountLaw`: a distribution of numbers of children, and draws from it whose sum is given.

A law is inverted at uniform numbers, so parents keep their order among each other whatever the law
is. To reach another sum than the law would, it is *tilted*: ``p(n) exp(theta n)`` is, of all laws
with that mean, the one nearest to p in relative entropy (Csiszár, *I-divergence geometry*, Annals
of Probability, 1975); a Poisson law stays one, and so does a negative binomial.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np

from synthohive_jupyter.errors import DataError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Counts = NDArray[np.int64]
    Floats = NDArray[np.float64]

Bounds = tuple[int, int | None]
"""Least and most children of a parent; ``None`` is no upper bound."""
UNBOUNDED: Bounds = (0, None)

SHAPE_BOUNDS = (0.1, 1e6)
"""The negative binomial's shape stays in this interval."""

_TAIL = 30.0
"""Parametric counts end where less than about exp(-30) of the law is left."""
_HALVINGS = 200
_SHAPE_HALVINGS = 24
_FARTHEST = 700.0
"""Strongest tilt: neighbouring numbers then differ by a factor of exp(700)."""


@dataclass(frozen=True, slots=True, eq=False)
class CountLaw:
    """The chance of each number of children.

    Attributes:
        values: Numbers that can occur, rising.
        shares: Their chances, which sum to 1.

    >>> law = CountLaw.of(np.array([0, 1, 4]), np.array([2, 1, 1]))
    >>> law.mean, law.at(np.array([0.1, 0.6, 0.9])).tolist()
    (1.25, [0, 1, 4])
    >>> round(law.tilted(2.0).mean, 9)
    2.0
    """

    values: Counts
    shares: Floats

    @classmethod
    def of(cls, values: Counts, weights: NDArray[np.integer] | Floats) -> Self:
        """Return the law of a histogram."""
        return cls(values, weights / weights.sum())

    @classmethod
    def poisson(cls, mean: float) -> Self:
        """Return the Poisson law of a mean above 0."""
        from scipy import special

        values = _support(mean, scale=1.0)
        return cls._of_logs(values, values * np.log(mean) - special.gammaln(values + 1.0))

    @classmethod
    def negative_binomial(cls, mean: float, shape: float) -> Self:
        """Return the negative binomial law of a mean above 0 and a shape."""
        from scipy import special

        values = _support(mean, scale=1.0 + mean / shape)
        logs = special.gammaln(values + shape) - special.gammaln(values + 1.0)
        return cls._of_logs(values, logs + values * np.log(mean / (shape + mean)))

    @classmethod
    def _of_logs(cls, values: Counts, logs: Floats) -> Self:
        """Return the law of chances known but for a factor; logs stay exact far from the mean."""
        return cls.of(values, np.exp(logs - logs.max()))

    @property
    def mean(self) -> float:
        """The mean number of children."""
        return float(self.values @ self.shares)

    @property
    def variance(self) -> float:
        """The variance of the number of children."""
        return float((self.values - self.mean) ** 2 @ self.shares)

    def within(self, bounds: Bounds) -> Self:
        """Return the law given that its bounds hold; the nearest bound where it never does."""
        inside = is_within(self.values, bounds) & (self.shares > 0)
        if inside.all():
            return self
        if inside.any():
            return type(self).of(self.values[inside], self.shares[inside])
        nearest = clipped(self.values[:1], bounds)
        return type(self)(nearest, np.ones(1))

    def tilted(self, mean: float) -> Self:
        """Return the nearest law with another mean.

        Args:
            mean: Between the least and the largest value; at one of them nothing else is drawn.
        """
        offsets = self.values - mean
        reach = float(np.abs(offsets).max())
        if reach == 0.0:
            return self
        if (offsets >= 0).all() or (offsets <= 0).all():
            only = int(np.abs(offsets).argmin())
            return type(self)(self.values[only : only + 1], np.ones(1))
        low, high = -_FARTHEST, _FARTHEST
        logs = np.log(self.shares, out=np.full(len(offsets), -np.inf), where=self.shares > 0)
        weights = self.shares
        for _ in range(_HALVINGS):
            middle = (low + high) / 2
            exponents = logs + middle * offsets
            weights = np.exp(exponents - exponents.max())
            if weights @ offsets > 0:
                high = middle
            else:
                low = middle
            if high - low <= abs(middle) * np.finfo(np.float64).eps:
                break
        return type(self).of(self.values, weights)

    def at(self, uniform: Floats) -> Counts:
        """Return the count at each of some numbers in [0, 1)."""
        return self.values[self.places(uniform)]

    def places(self, uniform: Floats) -> NDArray[np.intp]:
        """Return the place of each count among the values."""
        found = np.searchsorted(np.cumsum(self.shares), uniform, side="right")
        return np.minimum(found, len(self.values) - 1)

    def exactly(self, uniform: Floats, total: int, *, table: str = "") -> Counts:
        """Return counts with a given sum.

        The law is tilted to the mean that is wanted. What is still missing or too much, since
        counts are whole, is made up by parents going one value up or down, first those nearest to
        it (largest remainder); where no such steps add up, one parent gets a count in between two
        values of the law.

        Args:
            uniform: One number in [0, 1) for each parent.
            total: The sum.
            table: Name of the parent table, for errors.

        Raises:
            DataError: If the law has no counts with this sum.
        """
        n = len(uniform)
        least, most = int(self.values[0]), int(self.values[-1])
        if not n * least <= total <= n * most:
            limit = f"at least {least}" if total < n * least else f"at most {most}"
            raise DataError(
                f"{n} parents cannot have {total} children together: by what was learnt and "
                f"declared each has {limit}",
                table=table or None,
            )
        if n == 0:
            return np.zeros(0, dtype=np.int64)
        law = self.tilted(total / n)
        own = law.places(uniform)
        below = np.append(0.0, np.cumsum(law.shares))[own]
        width = np.maximum(law.shares[own], np.finfo(np.float64).tiny)
        remainder = np.clip((uniform - below) / width, 0.0, 1.0)
        places = np.searchsorted(self.values, law.values)[own]
        return _settled(self.values, places, remainder, total)


def shape_of(mean: float, variance: float, bounds: Bounds) -> float:
    """Return the shape of the negative binomial law that has these moments within bounds.

    It is ``mean^2 / (variance - mean)`` where the bounds cut nothing. Otherwise it is searched for,
    since the variance falls as it rises. It stays within `SHAPE_BOUNDS`.

    Args:
        mean: Within the bounds, above 0.
        variance: Above the mean.
        bounds: Least and most children.
    """
    low, high = SHAPE_BOUNDS
    shape = float(np.clip(mean**2 / (variance - mean), low, high))
    if is_within(CountLaw.negative_binomial(mean, shape).values, bounds).all():
        return shape
    for _ in range(_SHAPE_HALVINGS):
        shape = float(np.sqrt(low * high))
        if CountLaw.negative_binomial(mean, shape).within(bounds).tilted(mean).variance > variance:
            low = shape
        else:
            high = shape
    return shape


def is_within(counts: Counts, bounds: Bounds) -> NDArray[np.bool_]:
    """Return which counts lie within bounds."""
    least, most = bounds
    return (counts >= least) & (counts <= (np.iinfo(np.int64).max if most is None else most))


def clipped(counts: Counts, bounds: Bounds) -> Counts:
    """Return counts, those out of bounds moved to the nearest one."""
    return np.clip(counts, bounds[0], bounds[1])


def are_bounds(least: object, most: object) -> bool:
    """Return whether two things are bounds: whole numbers from 0, the upper one perhaps missing."""
    if not isinstance(least, int) or least < 0:
        return False
    return most is None or (isinstance(most, int) and most >= least)


def moments(values: Counts, weights: NDArray[np.integer]) -> tuple[float, float]:
    """Return mean and variance of a histogram.

    >>> moments(np.array([0, 2]), np.array([3, 1]))
    (0.5, 0.75)
    """
    n = int(weights.sum())
    mean = float((values * weights).sum() / n)
    return mean, float((weights * (values - mean) ** 2).sum() / n)


def _settled(values: Counts, places: NDArray[np.intp], remainder: Floats, total: int) -> Counts:
    """Return counts with the sum wanted, as few parents as possible being moved.

    Args:
        values: Numbers that can occur, rising.
        places: Which of them each parent has.
        remainder: How far each parent is on its way from the value below to the one above.
        total: The sum, one that counts of these values can have.
    """
    missing = total - int(values[places].sum())
    sign = 1 if missing >= 0 else -1
    missing = abs(missing)
    nearness = remainder.copy() if sign > 0 else 1.0 - remainder
    places = places.copy()
    while missing:
        after = np.clip(places + sign, 0, len(values) - 1)
        steps = np.abs(values[after] - values[places])
        fitting = np.flatnonzero((steps > 0) & (steps <= missing))
        if not len(fitting):
            # Between two values, since the sum lies between those of all parents at the ends.
            counts = values[places]
            movable = np.flatnonzero(steps > 0)
            one = movable[np.lexsort((-nearness[movable], steps[movable]))[0]]
            counts[one] += sign * missing
            return counts
        order = fitting[np.argsort(-nearness[fitting], kind="stable")]
        moved = order[np.cumsum(steps[order]) <= missing]
        moved = moved if len(moved) else order[:1]
        places[moved] += sign
        nearness[moved] -= 1.0
        missing -= int(steps[moved].sum())
    return values[places]


def _support(mean: float, scale: float) -> Counts:
    """Return 0, 1, … up to the tail, which falls like exp(-count / scale) at the slowest."""
    deviation = float(np.sqrt(mean * scale))
    return np.arange(int(mean + _TAIL * (scale + deviation)) + 1, dtype=np.int64)
