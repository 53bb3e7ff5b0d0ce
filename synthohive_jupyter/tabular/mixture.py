"""The continuous part of a number: what is not an atom becomes a mode and a scalar.

`ContinuousPart` is the interface: positions on the column's axis to codes and scalars. The strategy
here is `MixtureModes`, the mode-specific normalisation of CTGAN (Xu et al. 2019, section 4.2); the
other one is `cells.QuantileCells`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np

from synthohive_jupyter.tabular.codecs import (
    RARE,
    Codes,
    Floats,
    Integers,
    Scalars,
    Values,
    count_families,
)
from synthohive_jupyter.tabular.em import (
    Modes,
    equal_mass,
    expectation_maximisation,
    log_densities,
    select_modes,
)
from synthohive_jupyter.tabular.records import damaged, floats, number, part, shares

if TYPE_CHECKING:
    from collections.abc import Mapping

    from synthohive_jupyter.tabular.axis import Axis

REACH = 4.0
"""A scalar of 1 lies so many standard deviations from the mean of its mode."""
EDGE = 0.99
"""Scalars end here: tanh, which networks end with, never reaches 1."""

_MIN_WEIGHT = 0.005
_MIN_ROWS = 8
_CHUNK = 65_536
_LONG_TAIL = 5.0
_LONG_SIDE = 10.0
_TINY = 1e-250
_MAX_BENT = 700.0
_COARSE_REACH = 2.0


class ContinuousPart(ABC):
    """Positions on the axis of a number, as codes from 0 and scalars, and back."""

    kind: ClassVar[str]
    max_atoms: ClassVar[int] = 0
    """Where at most so many values have `numeric.ATOM_ROWS` rows, these are the atoms; else only
    those with `numeric.ATOM_SHARE` of the rows."""

    @property
    @abstractmethod
    def shares(self) -> Floats:
        """Share of every code; they sum to 1."""

    @property
    @abstractmethod
    def scalar_codes(self) -> tuple[int, ...]:
        """The codes that carry a scalar."""

    @classmethod
    @abstractmethod
    def fit(cls, positions: Floats, *, families: Integers | None, axis: Axis) -> Self | None:
        """Learn from positions, or return ``None`` where they are too few to learn from safely.

        Args:
            positions: Positions on the axis, shape (rows,); finite.
            families: Family of every row, or ``None``.
            axis: The axis: its ends, which are safe to keep, and the spacing of its grid.
        """

    @classmethod
    @abstractmethod
    def coarse(cls, axis: Axis) -> Self:
        """Return what stands for a column too small to learn from: something broad on its axis."""

    @abstractmethod
    def scalars(self, uniform: Floats) -> Scalars:
        """Return scalars as the rows of any code have them, from uniform numbers in [0, 1]."""

    @abstractmethod
    def encode(self, positions: Floats, rng: np.random.Generator) -> tuple[Codes, Scalars]:
        """Return codes and scalars; what is drawn is drawn row by row."""

    @abstractmethod
    def decode(self, codes: Values, scalars: Scalars, rng: np.random.Generator) -> Floats:
        """Return positions; they may lie a little outside the range that was learnt."""

    @abstractmethod
    def to_dict(self) -> dict[str, Any]:
        """Return the strategy as JSON-safe values, averages only."""

    @classmethod
    @abstractmethod
    def from_dict(cls, record: Mapping[str, Any]) -> Self:
        """Rebuild the strategy; `ModelFileError` if the record is damaged."""


@dataclass(frozen=True, slots=True)
class Bend:
    """A change of scale before the mixture: linear, or asinh where that fits better.

    With tails over decades, modes in the linear scale waste themselves on the tail; asinh is the
    logarithm far from the centre and linear near it, so it needs no sign and no positive values.
    """

    bent: bool
    centre: float
    width: float

    @classmethod
    def candidates(cls, positions: Floats, axis: Axis) -> list[Bend]:
        """Return the scales to try: linear, and bent if a tail is long enough to ask."""
        width = float(positions.std())
        linear = cls(bent=False, centre=float(positions.mean()), width=width or 1.0)
        low, left, middle, right, high = np.quantile(positions, [0, 0.25, 0.5, 0.75, 1])
        tails = (middle - low, high - middle)
        if max(tails) <= _LONG_TAIL * (right - left):
            return [linear]
        # A tail on one side: bend around the other end; the small values there are decades too.
        # It is the end of the axis, not of the data: the latter may be the value of one row.
        if tails[1] > _LONG_SIDE * tails[0]:
            centre, share = axis.low, 0.05
        elif tails[0] > _LONG_SIDE * tails[1]:
            centre, share = axis.high, 0.05
        else:
            near = np.quantile(positions, [0.45, 0.55])
            centre, share = positions[(positions >= near[0]) & (positions <= near[1])].mean(), 0.5
        away = np.abs(positions - centre)
        # A power of two near the quantile: the quantile itself may tell the value of a row.
        width = 2.0 ** round(np.log2(max(np.quantile(away[away > 0], share), _TINY)))
        return [linear, cls(bent=True, centre=float(centre), width=width)]

    def forward(self, positions: Floats) -> Floats:
        """Return the positions in the scale of the mixture."""
        scaled = (positions - self.centre) / self.width
        return np.arcsinh(scaled) if self.bent else scaled

    def log_slope(self, scaled: Floats) -> Floats:
        """Return the logarithm of the derivative of `forward`, which makes scales comparable."""
        steeper: Floats = np.zeros(len(scaled))
        if self.bent:
            steeper = np.logaddexp(scaled, -scaled) - np.log(2)
        slope: Floats = -np.log(self.width) - steeper
        return slope

    def backward(self, scaled: Floats) -> Floats:
        """Undo `forward`."""
        if self.bent:
            scaled = np.sinh(np.clip(scaled, -_MAX_BENT, _MAX_BENT))
        return scaled * self.width + self.centre


@dataclass(frozen=True, slots=True, eq=False)
class MixtureModes(ContinuousPart):
    """A mixture of at most 10 normal distributions; every mode is a code with a scalar.

    The code is drawn from the posterior of the modes, the scalar is
    ``clip((z - mean) / (4 deviation), -0.99, 0.99)``.

    Attributes:
        bend: Scale in which the mixture lives.
        weights: Shape (modes,), in the order of the means; sums to 1.
        means: Shape (modes,).
        deviations: Shape (modes,), positive.
    """

    kind: ClassVar[str] = "mixture"

    bend: Bend
    weights: Floats
    means: Floats
    deviations: Floats

    @property
    def shares(self) -> Floats:
        """Weights of the modes."""
        return self.weights

    @property
    def scalar_codes(self) -> tuple[int, ...]:
        """Every mode carries a scalar."""
        return tuple(range(len(self.weights)))

    @classmethod
    def fit(cls, positions: Floats, *, families: Integers | None, axis: Axis) -> Self | None:
        """Fit by EM; ``None`` if fewer than `RARE` families are there."""
        together = np.zeros(len(positions), dtype=np.int64)
        if not len(positions) or count_families(together, families, 1)[0] < RARE:
            return None
        trials = [cls._select(bend, positions, axis) for bend in Bend.candidates(positions, axis)]
        found = min(trials, key=lambda trial: trial[0])[1].supported(positions, families, axis)
        order = np.argsort(found.means, kind="stable")
        return cls(found.bend, *(values[order] for values in found.modes))

    @classmethod
    def _select(cls, bend: Bend, positions: Floats, axis: Axis) -> tuple[float, Self]:
        """Return the best mixture in one scale, and its BIC in the scale of the positions."""
        points, masses = equal_mass(bend.forward(positions))
        modes, criterion = select_modes(points, masses, least=_least(bend, axis))
        return criterion - 2 * float(masses @ bend.log_slope(points)), cls(bend, *modes)

    def supported(self, positions: Floats, families: Integers | None, axis: Axis) -> Self:
        """Return the mixture without modes that too few rows or families have."""
        scaled = self.bend.forward(positions)
        kept = (self.weights >= _MIN_WEIGHT) & (self.weights * len(positions) >= _MIN_ROWS)
        if families is not None:
            kept &= count_families(self.most_likely(scaled), families, len(kept)) >= RARE
        if kept.all() or len(kept) == 1:
            return self
        start = (np.ones(1), np.zeros(1), np.ones(1))
        if kept.any():
            weights, means, deviations = (values[kept] for values in self.modes)
            start = (weights / weights.sum(), means, deviations)
        least = _least(self.bend, axis)
        modes, _ = expectation_maximisation(*equal_mass(scaled), start, least=least)
        # The modes left over have moved: look again, until one is left at the latest.
        return type(self)(self.bend, *modes).supported(positions, families, axis)

    @classmethod
    def coarse(cls, axis: Axis) -> Self:
        """Return one mode over the whole axis."""
        middle, half = axis.low / 2 + axis.high / 2, axis.high / 2 - axis.low / 2
        bend = Bend(bent=False, centre=middle, width=half / _COARSE_REACH or 1.0)
        return cls(bend, np.ones(1), np.zeros(1), np.ones(1))

    def most_likely(self, scaled: Floats) -> Integers:
        """Return the most likely mode of every value in the scale of the mixture."""
        found = [
            np.argmax(log_densities(scaled[at : at + _CHUNK], self.modes), axis=0)
            for at in range(0, len(scaled), _CHUNK)
        ]
        return np.concatenate(found)

    def encode(self, positions: Floats, rng: np.random.Generator) -> tuple[Codes, Scalars]:
        """Draw a mode from its posterior, among those that reach the value, and normalise."""
        codes = np.empty(len(positions), dtype=np.int32)
        scalars = np.empty(len(positions), dtype=np.float32)
        uniform = rng.random(len(positions))
        for at in range(0, len(positions), _CHUNK):
            rows = slice(at, at + _CHUNK)
            scaled = self.bend.forward(positions[rows])
            distance = np.abs(scaled - self.means[:, None]) / self.deviations[:, None]
            density = np.exp(log_densities(scaled, self.modes))
            density[distance > REACH * EDGE] = 0.0
            cumulative = np.cumsum(density, axis=0)
            drawn = (cumulative <= uniform[rows] * cumulative[-1]).sum(axis=0)
            # Between the modes nothing reaches: the nearest mode takes the value to its edge.
            drawn = np.where(cumulative[-1] > 0, drawn, distance.argmin(axis=0))
            drawn = np.minimum(drawn, len(self.means) - 1)
            scalar = (scaled - self.means[drawn]) / (REACH * self.deviations[drawn])
            codes[rows] = drawn
            scalars[rows] = np.clip(scalar, -EDGE, EDGE)
        return codes, scalars

    def decode(self, codes: Values, scalars: Scalars, rng: np.random.Generator) -> Floats:  # noqa: ARG002 - modes need no draw
        """Return ``mean + 4 deviation scalar`` of every row."""
        reach = REACH * self.deviations
        return self.bend.backward(self.means[codes] + reach[codes] * scalars.astype(np.float64))

    def to_dict(self) -> dict[str, Any]:
        """Return scale, weights, means and deviations."""
        return {
            "kind": self.kind,
            "bent": self.bend.bent,
            "centre": self.bend.centre,
            "width": self.bend.width,
            "weights": self.weights.tolist(),
            "means": self.means.tolist(),
            "deviations": self.deviations.tolist(),
        }

    @classmethod
    def from_dict(cls, record: Mapping[str, Any]) -> Self:
        """Rebuild the mixture; `ModelFileError` if the record is damaged."""
        bend = Bend(part(record, "bent", bool), number(record, "centre"), number(record, "width"))
        weights = shares(record, "weights")
        means = floats(record, "means", length=len(weights))
        deviations = floats(record, "deviations", length=len(weights))
        if bend.width <= 0 or deviations.min() <= 0:
            raise damaged("a width is not positive")
        return cls(bend, weights, means, deviations)

    def scalars(self, uniform: Floats) -> Scalars:
        """Return the scalars that uniform numbers have in a normal distribution."""
        from scipy.special import ndtri  # takes a while, and few columns need it

        return np.clip(ndtri(uniform) / REACH, -EDGE, EDGE).astype(np.float32)

    @property
    def modes(self) -> Modes:
        """Weights, means and deviations."""
        return self.weights, self.means, self.deviations


def _least(bend: Bend, axis: Axis) -> float:
    """Return the least deviation of a mode: half a step of the grid."""
    return 0.0 if bend.bent else axis.spacing / 2 / bend.width
