"""The codec of numbers and of dates: atoms, a continuous part, the grid, the range.

*Atoms* are values that many rows share (zero, a heap at 40, a date of import): each is a code of
its own and comes back exactly. Everything else lies on an axis and is left to the continuous part.

What is kept of a column is safe to keep: atoms that enough families share, averages, and the
`RARE`-th lowest and highest value, to which encoding clips. The extremes themselves are gone
before anything is learnt. Nothing is learnt either from values outside the declared limits: clipped
they would pile up on a limit, so each is encoded as a value drawn from those inside.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np
import pandas as pd

from synthohive_jupyter.tabular.axis import (
    INT_MAX,
    INT_MIN,
    Axis,
    Lattice,
    Line,
    Range,
    axis_from_dict,
    find_step,
    ticks_of,
)
from synthohive_jupyter.tabular.cells import STRATEGIES
from synthohive_jupyter.tabular.codecs import (
    RARE,
    Codec,
    Codes,
    Flags,
    Floats,
    Integers,
    Scalars,
    Values,
    count_families,
    draw,
)
from synthohive_jupyter.tabular.mixture import ContinuousPart, MixtureModes
from synthohive_jupyter.tabular.ranges import learnt_range, within
from synthohive_jupyter.tabular.records import damaged, floats, integer, limits, part, shares

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from synthohive_jupyter.tabular.declared import Limits

ATOM_ROWS = 8
ATOM_SHARE = 0.005

_LEAST = 1e-300


@dataclass(frozen=True, slots=True)
class Grid:
    """On which grid the numbers of a column lie.

    Attributes:
        digits: Decimals of floats, ``None`` for floats without a grid and for whole numbers.
        naturals: Steps to look for among whole numbers and numbers with few decimals.
        usual: Steps up to this one are found in few values too.
        snap: Values are rounded down to multiples of it before anything else (the day, where
            timestamps are declared to be dates); 1 leaves whole numbers as they are.
    """

    digits: int | None
    naturals: Sequence[int]
    usual: int = 1
    snap: int = 1


@dataclass(frozen=True, slots=True, eq=False)
class NumericCodec(Codec):
    """Numbers or ticks as atoms and modes.

    Attributes:
        axis: Grid, what was learnt and limits.
        learnt: Where encoding clips.
        atoms: Values with a code of their own, sorted, shape (atoms,).
        weights: Share of every code, atoms first; sums to 1.
        rest: The continuous part; ``None`` if the atoms are all there is.
        snap: Whole numbers are rounded down to multiples of it.
        limits: The declared limits.
    """

    kind: ClassVar[str] = "numeric"

    axis: Axis
    learnt: Range
    atoms: Values
    weights: Floats
    rest: ContinuousPart | None
    snap: int = 1
    limits: Limits = (None, None)

    @property
    def shares(self) -> Floats:
        """Share of every code."""
        return self.weights

    @property
    def scalar_codes(self) -> tuple[int, ...]:
        """Codes of the continuous part that carry a scalar."""
        codes = () if self.rest is None else self.rest.scalar_codes
        return tuple(len(self.atoms) + code for code in codes)

    @classmethod
    def fit(
        cls,
        values: Values,
        *,
        grid: Grid,
        limits: Limits,
        families: Integers | None,
        strategy: type[ContinuousPart] = MixtureModes,
    ) -> Self:
        """Learn atoms, range, grid and continuous part.

        Args:
            values: Canonical values, int64 or finite float64, at least one.
            grid: Decimals, and which steps to look for.
            limits: Declared limits; nothing is learnt from what lies outside.
            families: Family of every row, or ``None``.
            strategy: For what is not an atom.
        """
        values = snapped(values, grid.snap)
        allowed = within(values, limits)
        if allowed.any():
            values, families = values[allowed], None if families is None else families[allowed]
        learnt, protected = learnt_range(values, limits, families)
        # The grid is that of the data: the ends of a range need not lie on it.
        free, values = values, learnt.clip(values)
        atoms = np.array([], dtype=values.dtype)
        if protected or learnt.low == learnt.high:
            atoms = _find_atoms(values, families, many=strategy.max_atoms)
        alone = np.ones(len(values), dtype=np.bool_)
        if len(atoms):
            alone = ~_is_in(values, atoms)
        axis = find_axis(free[alone], learnt, limits, grid)
        if not protected and not len(atoms):
            rest: ContinuousPart | None = strategy.coarse(axis)
        else:
            mine = None if families is None else families[alone]
            rest = strategy.fit(axis.positions(values[alone]), families=mine, axis=axis)
        codec = cls(axis, learnt, atoms, np.ones(1), rest, grid.snap, limits)
        return replace(codec, weights=codec.count(values, alone))

    def count(self, values: Values, alone: Flags) -> Floats:
        """Return the share of every code; modes share their rows by weight."""
        if self.rest is None:
            return np.bincount(self._nearest(values), minlength=len(self.atoms)) / len(values)
        of_atoms = np.bincount(self._nearest(values[~alone]), minlength=len(self.atoms))
        rows = np.concatenate([of_atoms[: len(self.atoms)], self.rest.shares * alone.sum()])
        found: Floats = rows / rows.sum()
        return found

    def encode(self, values: Values, rng: np.random.Generator) -> tuple[Codes, Scalars | None]:
        """Return the atom, or what the continuous part draws; outside the limits, any value."""
        values = snapped(values, self.snap)
        strange = ~within(values, self.limits)
        if not strange.any():
            return self._encode(self.learnt.clip(values), rng)
        # A stream of its own: what others draw does not depend on what lies outside.
        again = np.random.Generator(rng.bit_generator.jumped())  # type: ignore[attr-defined]
        codes, scalars = self._encode(self.learnt.clip(values), rng)
        self._draw_again(codes, scalars, np.where(strange, again.random(len(values)), np.nan))
        return codes, scalars

    def _encode(self, values: Values, rng: np.random.Generator) -> tuple[Codes, Scalars | None]:
        if self.rest is None:
            return self._nearest(values).astype(np.int32), None
        codes, scalars = self.rest.encode(self.axis.positions(values), rng)
        codes += np.int32(len(self.atoms))
        if len(self.atoms):
            exact = _is_in(values, self.atoms)
            codes[exact] = np.searchsorted(self.atoms, values[exact])
            scalars[exact] = 0.0
        return codes, scalars

    def _draw_again(self, codes: Codes, scalars: Scalars | None, uniform: Floats) -> None:
        """Draw code and scalar of the rows that have a uniform number."""
        rows = np.flatnonzero(~np.isnan(uniform))
        ends = np.cumsum(self.weights)
        found = draw(ends, uniform[rows])
        codes[rows] = found
        if scalars is None or self.rest is None:
            return
        left = ends[found] - uniform[rows] * ends[-1]
        inside = 1.0 - left / np.maximum(self.weights[found], _LEAST)
        drawn = self.rest.scalars(np.clip(inside, 0.0, 1.0))
        scalars[rows] = np.where(found < len(self.atoms), 0.0, drawn)

    def decode(self, codes: Codes, scalars: Scalars, rng: np.random.Generator) -> Values:
        """Return values on the grid and inside the limits."""
        codes = np.clip(codes, 0, len(self.weights) - 1)
        if self.rest is None:
            return self.atoms[codes]
        n_atoms = len(self.atoms)
        modes = np.maximum(codes - n_atoms, 0)
        found = self.axis.values(self.rest.decode(modes, scalars, rng))
        if n_atoms:
            found = np.where(codes < n_atoms, self.atoms[np.minimum(codes, n_atoms - 1)], found)
        return found

    def _nearest(self, values: Values) -> Integers:
        at = np.minimum(np.searchsorted(self.atoms, values), len(self.atoms) - 1)
        left = np.maximum(at - 1, 0)
        # Halves, so that the distance of the ends of int64 does not overflow.
        below = values / 2 - self.atoms[left] / 2
        above = self.atoms[at] / 2 - values / 2
        return np.where((below < above) & (values < self.atoms[at]), left, at)

    def to_dict(self) -> dict[str, Any]:
        """Return the codec as JSON-safe values."""
        return {
            "kind": self.kind,
            "axis": self.axis.to_dict(),
            "learnt": [self.learnt.low, self.learnt.high],
            "atoms": self.atoms.tolist(),
            "whole": self.atoms.dtype.kind == "i",
            "shares": self.weights.tolist(),
            "rest": None if self.rest is None else self.rest.to_dict(),
            "snap": self.snap,
            "limits": list(self.limits),
        }

    @classmethod
    def from_dict(cls, record: Mapping[str, Any]) -> Self:
        """Rebuild the codec; `ModelFileError` if the record is damaged."""
        axis = axis_from_dict(part(record, "axis", dict))
        whole = part(record, "whole", bool)
        if whole != (isinstance(axis, Lattice) and axis.digits is None):
            raise damaged("numbers and their grid do not fit")
        atoms = _numbers(record, "atoms", whole=whole)
        ends = _numbers(record, "learnt", whole=whole).tolist()
        if (
            len(ends) != len(("low", "high"))
            or ends[0] > ends[1]
            or (atoms[1:] <= atoms[:-1]).any()
        ):
            raise damaged("numbers are out of order")
        saved = part(record, "rest", (dict, type(None)))
        rest = None
        if saved is not None:
            strategy = STRATEGIES.get(part(saved, "kind", str))
            if strategy is None:
                raise damaged("a continuous part is of an unknown kind")
            rest = strategy.from_dict(saved)
        n_codes = len(atoms) + (0 if rest is None else len(rest.shares))
        weights = shares(record, "shares", length=n_codes)
        snap = integer(record, "snap", 1, INT_MAX if whole else 1)
        return cls(axis, Range(*ends), atoms, weights, rest, snap, limits(record, whole=whole))


def _find_atoms(values: Values, families: Integers | None, *, many: int) -> Values:
    unique, group, counts = np.unique(values, return_inverse=True, return_counts=True)
    if len(unique) == 1:
        return unique
    frequent = counts >= ATOM_ROWS
    # A few repetitions among thousands of values are no heaps: rarer atoms only for most rows.
    if frequent.sum() > many or counts[frequent].sum() < len(values) / 2:
        frequent &= counts >= math.ceil(ATOM_SHARE * len(values))
    if families is not None and frequent.any():
        rows = frequent[group]
        number = np.cumsum(frequent) - 1
        supported = count_families(number[group[rows]], families[rows], int(frequent.sum()))
        frequent[frequent] = supported >= RARE
    return unique[frequent]


def find_axis(alone: Values, learnt: Range, limits: Limits, grid: Grid) -> Axis:
    """Return the axis of values, on the grid that they show, as far as the limits."""
    low, high = limits
    ends = Range(learnt.low if low is None else low, learnt.high if high is None else high)
    if alone.dtype.kind == "f" and grid.digits is None:
        return Line.fit(learnt, ends)
    ticks = pd.unique(ticks_of(alone, grid.digits))
    step, phase = find_step(ticks, grid.naturals, usual=grid.usual)
    if step < grid.snap:
        step, phase = grid.snap, 0
    for size, remainder in ((step, phase), (1, 0)):
        lattice = Lattice.fit(learnt, ends, digits=grid.digits, step=size, phase=remainder)
        if lattice is not None:
            return lattice
    return Line.fit(learnt, ends)


def snapped(values: Values, size: int) -> Values:
    """Return whole numbers rounded down to multiples of ``size``."""
    return values if size == 1 else values - values % size


def _is_in(values: Values, atoms: Values) -> Flags:
    at = np.minimum(np.searchsorted(atoms, values), len(atoms) - 1)
    found: Flags = atoms[at] == values
    return found


def _numbers(record: Mapping[str, Any], name: str, *, whole: bool) -> Values:
    if not whole:
        return floats(record, name)
    items = part(record, name, list)
    ends = [integer({"number": item}, "number", INT_MIN, INT_MAX) for item in items]
    return np.array(ends, dtype=np.int64)
