"""``a <= b`` by construction: b is coded as its gap, how far it lies above the least it may be.

The least value, the *floor* of a row, is the largest of the columns that b may not be below (a and,
in ``x <= b``, x), and never less than the low end of what was learnt of b; a null holds nothing up.
It lies on the grid of b, so that b does too, and the gap counts the points of that grid. Whatever a
model draws, b is at least a: no row is thrown away, and none has to be mended.

A gap says nothing of values that many rows share whatever their a, such as an end date of
9999-12-31. These *heaps* of b keep codes of their own: gaps beyond the largest one.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from synthohive_jupyter.tabular import temporal
from synthohive_jupyter.tabular.axis import Lattice, Line, Range, axis_from_dict, ticks_of
from synthohive_jupyter.tabular.cells import STRATEGIES
from synthohive_jupyter.tabular.codecs import RARE, Flags, Integers, Values, count_families
from synthohive_jupyter.tabular.columns import NATURAL, Column, Source, grid_of
from synthohive_jupyter.tabular.comparison import FAR, least_value
from synthohive_jupyter.tabular.numeric import (
    ATOM_ROWS,
    Grid,
    NumericCodec,
    find_axis,
    snapped,
)
from synthohive_jupyter.tabular.ranges import learnt_range, within
from synthohive_jupyter.tabular.records import damaged, integer, limits, number, part
from synthohive_jupyter.tabular.storage import Storage

if TYPE_CHECKING:
    from collections.abc import Mapping

    from synthohive_jupyter.tabular.comparison import Held
    from synthohive_jupyter.tabular.declared import Limits

_HEAP_SHARE = 0.01
_HEAP_EXCESS = 10
_HEAP_GAPS = 10
_MANY = 20
_DOUBLE = 8


@dataclass(frozen=True, slots=True, eq=False)
class Gap:
    """How one column is coded as its gap, and back.

    Attributes:
        name: The column (b).
        sources: The columns that it may not be below (every a).
        storage: How it is stored.
        axis: Its grid, and the range that was learnt of it.
        limits: Its declared limits.
        snap: Its whole numbers are rounded down to multiples of it.
        heaps: Points of its grid with codes of their own, sorted, shape (heaps,).
        most: The largest gap that was learnt; heap i is the gap ``top + i``.
    """

    name: str
    sources: tuple[str, ...]
    storage: Storage
    axis: Lattice | Line
    limits: Limits
    snap: int
    heaps: Values
    most: float

    @classmethod
    def fit(
        cls,
        source: Source,
        nulls: Flags,
        held: Mapping[str, Held],
        *,
        embed: bool | int,
        limits: Limits,
    ) -> tuple[Self, Column] | None:
        """Learn a column as a gap.

        Args:
            source: The column, with the values that are not null.
            nulls: Which rows are null.
            held: The columns that it may not be below, as a model will see them.
            embed: As in `Column.fit`.
            limits: Its declared limits.

        Returns:
            The gap, and the column of gaps as models see it; ``None`` where the column cannot be
            counted in steps from the others, and stays as it is.
        """
        grid = grid_of(source)
        values = snapped(source.present, grid.snap)
        inside = within(values, limits)
        if not inside.any():
            return None
        mine = None if source.families is None else source.families[inside]
        learnt, _ = learnt_range(values[inside], limits, mine)
        axis = find_axis(values[inside], learnt, limits, grid)
        if not isinstance(axis, (Lattice, Line)) or not _countable(axis, source.storage, learnt):
            return None
        nothing = np.zeros(0, dtype=source.storage.canonical)
        place = source.place[1]
        gap = cls(place, tuple(held), source.storage, axis, limits, grid.snap, nothing, float(FAR))
        present = {name: (kept, v[~nulls], n[~nulls]) for name, (kept, v, n) in held.items()}
        gaps = gap.forward(source.present, present)
        if not (gaps >= 0).any():
            return None
        heaps = gap.heaps_of(values, gaps, source.families)
        codec, gap = gap.learn(values, gaps, heaps, source)
        kind = "Int64" if isinstance(axis, Lattice) else "Float64"
        storage = Storage("number", kind, whole=isinstance(axis, Lattice))
        return gap, Column.of(place, storage, codec, float(nulls.mean()), embed)

    def learn(
        self, values: Values, gaps: Values, heaps: Values, source: Source
    ) -> tuple[NumericCodec, Self]:
        """Return the codec of the gaps, and the gap with its heaps."""
        families, points = source.families, self._points(values)
        heaped = np.isin(points, heaps) & (gaps >= 0)
        if (heaped | (gaps < 0)).all():
            heaps, heaped = heaps[:0], np.zeros_like(heaped)
        codec = NumericCodec.fit(
            gaps[~heaped],
            grid=self._grid(),
            limits=(gaps.dtype.type(0).item(), None),
            families=None if families is None else families[~heaped],
            strategy=STRATEGIES[source.numbers],
        )
        gap = replace(self, heaps=heaps, most=codec.learnt.high)
        if not len(heaps):
            return codec, gap
        counts = np.bincount(np.searchsorted(heaps, points[heaped]), minlength=len(heaps))
        counts = counts / (gaps >= 0).sum()
        n_atoms, weights = len(codec.atoms), codec.weights * (1 - counts.sum())
        extra = gap.top + np.arange(len(heaps)).astype(gaps.dtype)
        codec = replace(
            codec,
            atoms=np.append(codec.atoms, extra.astype(gaps.dtype)),
            weights=np.concatenate([weights[:n_atoms], counts, weights[n_atoms:]]),
            learnt=Range(codec.learnt.low, extra[-1].item()),
        )
        return codec, gap

    @property
    def top(self) -> float:
        """The gap that stands for the first heap."""
        return self.most + 1 if isinstance(self.axis, Lattice) else 2.0 * self.most + 1.0

    def forward(self, values: Values, held: Mapping[str, Held]) -> Values:
        """Return the gaps of values; -1 for rows that say nothing of the gap.

        These are rows that break the check or the declared limits: from what would be left of them
        after clipping, a model would learn a heap at the floor.
        """
        values = snapped(values, self.snap)
        points, floor = self._points(values), self.floor(held)
        low, high = self._ends
        strange = (points < floor) | ~within(values, self.limits)
        inside = np.clip(points, low, high)
        gaps = np.clip(inside - np.maximum(floor, low), 0, self.most).astype(points.dtype)
        if len(self.heaps):
            at = np.minimum(np.searchsorted(self.heaps, points), len(self.heaps) - 1)
            gaps = np.where(self.heaps[at] == points, self.top + at, gaps).astype(points.dtype)
        return np.where(strange, -1, gaps).astype(points.dtype)

    def backward(self, gaps: Values, held: Mapping[str, Held]) -> Values:
        """Return the values that lie so far above their floors, at most where the range ends.

        What would lie beyond is mirrored there, as everywhere: clipped it would pile up.
        """
        low, high = self._ends
        floor = np.maximum(self.floor(held), low)
        room = np.maximum(high - floor, 0)
        turn = np.where(room > 0, 2 * room, 1).astype(room.dtype)
        step = np.mod(np.maximum(gaps, 0), turn)
        step = np.where(room > 0, np.minimum(step, turn - step), 0)
        points = (floor + np.minimum(step, room)).astype(floor.dtype)
        if len(self.heaps):
            heap = np.clip(gaps - self.top, 0, len(self.heaps) - 1).astype(np.int64)
            heap = np.maximum(heap, np.searchsorted(self.heaps, floor))
            known = np.append(self.heaps, 0)[heap]
            drawn = np.where(heap < len(self.heaps), known, floor)
            points = np.where(gaps >= self.top, drawn, points).astype(floor.dtype)
        return self._values(points, held)

    def seen(self, values: Values) -> Values:
        """Return values as they can come out: on the grid, in the range."""
        low, high = self._ends
        return self._values(np.clip(self._points(snapped(values, self.snap)), low, high), {})

    def heaps_of(self, values: Values, gaps: Values, families: Integers | None) -> Values:
        """Return the points that far more rows share than the others, at many different gaps."""
        points = self._points(values)
        known, group, counts = np.unique(points, return_inverse=True, return_counts=True)
        if len(known) < _MANY:
            return known[:0]
        least = max(ATOM_ROWS, _HEAP_SHARE * len(points), _HEAP_EXCESS * float(np.median(counts)))
        high = counts >= least
        if families is not None:
            high &= count_families(group, families, len(known)) >= RARE
        found = [i for i in np.flatnonzero(high) if self._spread(gaps[group == i])]
        return known[found]

    def heap_values(self) -> Values:
        """Return the heaps as values."""
        return self._values(self.heaps, {})

    def _spread(self, gaps: Values) -> bool:
        _, counts = np.unique(gaps[gaps >= 0], return_counts=True)
        return len(counts) >= _HEAP_GAPS and counts.max() < counts.sum() / 2

    def span(self, least: float | None, most: float | None, floor: Values) -> tuple[float, float]:
        """Return the gaps between which values lie in a range, all rows having one floor."""
        low, high = self._ends
        ends = [
            default if end is None else self._up(np.array([end], self.storage.canonical))[0]
            for end, default in ((least, low), (most, high))
        ]
        start = max(floor[0], low)
        if most is not None and self._values(np.array([ends[1]]), {})[0] > most:
            ends[1] -= self.axis.spacing
        return float(ends[0] - start), float(ends[1] - start)

    def _grid(self) -> Grid:
        if isinstance(self.axis, Line):
            return Grid(None, NATURAL)
        if self.storage.kind == "number":
            return Grid(None, NATURAL)
        step = self.axis.step
        steps = [n // step for n in temporal.natural_steps(self.storage.unit) if n % step == 0]
        return Grid(None, steps or [1], usual=max(temporal.PER_DAY[self.storage.unit] // step, 1))

    @property
    def _ends(self) -> tuple[float, float]:
        """Ends of what was learnt, in points."""
        axis = self.axis
        if isinstance(axis, Lattice):
            return axis.first, axis.last
        return axis.learnt.low, axis.learnt.high

    def _points(self, values: Values) -> Values:
        """Return the points of values that lie on the grid, or the last ones below them."""
        if isinstance(self.axis, Line):
            return values
        digits = self.axis.digits
        far = FAR if digits is None else FAR / 10.0**digits
        ticks = ticks_of(np.clip(values, -far, far), digits)
        return (ticks - self.axis.phase) // self.axis.step

    def _up(self, values: Values) -> Values:
        """Return the first points that are not below values."""
        axis = self.axis
        if isinstance(axis, Line):
            return values
        ticks = values
        if axis.digits is not None:
            scale = 10.0**axis.digits
            ticks = np.rint(np.clip(values * scale, -float(FAR), float(FAR))).astype(np.int64)
            ticks = ticks + (ticks / scale < values)
        ticks = np.clip(ticks, -FAR, FAR)
        return -((axis.phase - ticks) // axis.step)

    def _values(self, points: Values, held: Mapping[str, Held]) -> Values:
        if isinstance(self.axis, Lattice):
            ticks = points * self.axis.step + self.axis.phase
            points = ticks if self.axis.digits is None else ticks / 10.0**self.axis.digits
        if (
            self.storage.whole
            or self.storage.kind == "temporal"
            or self.storage.float_width == _DOUBLE
        ):
            return points
        # What is rounded to a shorter type may fall below what it may not be below.
        written = points.astype(f"f{self.storage.float_width}")
        short = np.zeros(len(points), dtype=np.bool_)
        for source, values, nulls in held.values():
            short |= (written < least_value(self.storage, source, values)) & ~nulls
        above = np.nextafter(written, np.array(np.inf, dtype=written.dtype))
        return np.where(short, above, written).astype(np.float64)

    def floor(self, held: Mapping[str, Held]) -> Values:
        """Return the points that the other columns hold up; far below where all are null."""
        whole = isinstance(self.axis, Lattice)
        far = np.array([-FAR if whole else -np.inf], dtype=np.int64 if whole else np.float64)
        found: Values = far
        for name in self.sources:
            source, values, nulls = held[name]
            points = self._up(least_value(self.storage, source, values))
            found = np.maximum(found, np.where(nulls, far, points))
        return found

    def to_dict(self) -> dict[str, Any]:
        """Return the gap as JSON-safe values."""
        return {
            "name": self.name,
            "sources": list(self.sources),
            "storage": self.storage.to_dict(),
            "axis": self.axis.to_dict(),
            "limits": list(self.limits),
            "snap": self.snap,
            "heaps": self.heaps.tolist(),
            "most": self.most,
        }

    @classmethod
    def from_dict(cls, record: Mapping[str, Any]) -> Self:
        """Rebuild a gap; `ModelFileError` if the record is damaged."""
        sources = part(record, "sources", list)
        if not sources or not all(type(name) is str for name in sources):
            raise damaged("a gap has no columns")
        storage = Storage.from_dict(part(record, "storage", dict))
        axis = axis_from_dict(part(record, "axis", dict))
        assert isinstance(axis, (Lattice, Line))
        lattice, whole = isinstance(axis, Lattice), storage.canonical.kind == "i"
        plain = isinstance(axis, Lattice) and axis.digits is None
        if storage.kind not in {"number", "temporal"} or whole != plain:
            raise damaged("a gap and its grid do not fit")
        items = part(record, "heaps", list)
        names = {str(place): item for place, item in enumerate(items)}
        read = [integer(names, n, -FAR, FAR) if lattice else number(names, n) for n in names]
        heaps = np.array(read, dtype=np.int64 if lattice else np.float64)
        if (heaps[1:] <= heaps[:-1]).any():
            raise damaged("heaps are out of order")
        most = integer(record, "most", 0, FAR) if lattice else number(record, "most")
        return cls(
            part(record, "name", str),
            tuple(sources),
            storage,
            axis,
            limits(record, whole=whole),
            integer(record, "snap", 1, FAR),
            heaps,
            most,
        )


def _countable(axis: Lattice | Line, storage: Storage, learnt: Range) -> bool:
    """Return whether no difference of two values overflows."""
    if isinstance(axis, Line):
        return storage.canonical.kind != "i" and bool(np.isfinite(learnt.high - learnt.low))
    far = FAR // 2
    return max(abs(axis.first), abs(axis.last)) < far // axis.step
