"""`DateGrid`: keys that are dates or times, counted along the steps that the data has."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import pandas as pd
from pandas.api.types import pandas_dtype

from synthohive_jupyter.errors import DataError, ModelFileError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    Positions = NDArray[np.int64]

UNITS = ("M", "D", "h", "m", "s", "ms", "us", "ns")
"""Units of a grid, as numpy calls them, from months to nanoseconds."""

_ABOVE = {"M": "Y", "D": "M"}
"""Unit to the coarser one in which a grid starts; of times it is the day."""

_HIDDEN = 5
"""The start is reckoned back from the so many-th smallest value: the first ones are nobody's
business. A distance that fewer neighbours have is rounded for the same reason."""

_LAST = {"ns": np.datetime64("2262-01-01"), "us": np.datetime64("9999-12-31")}


@dataclass(frozen=True, slots=True)
class DateGrid:
    """Points of time at equal distances.

    Attributes:
        first: The first one, as an ISO text in ``unit``; a round one and no value of the data.
        step: Distance of two, in units.
        unit: One of `UNITS`; months are calendar months.
        objects: What the values are where they are Python objects: ``date``, ``datetime`` or
            ``aware`` (of universal time).
    """

    first: str
    step: int
    unit: str
    objects: str = ""

    @classmethod
    def fit(cls, values: pd.Series) -> Self:
        """Return the grid of values: the coarsest unit that holds them, and their usual distance.

        Args:
            values: Dates or times, without nulls, in any type of pandas.

        >>> hours = pd.Series(pd.date_range("2024-03-05 07:00", periods=50, freq="2h"))
        >>> DateGrid.fit(hours)
        DateGrid(first='2024-03-05T00', step=2, unit='h', objects='')
        """
        sample = values.iloc[0] if len(values) and values.dtype == object else None
        objects = "" if sample is None else _objects(sample)
        moments = np.sort(_moments(values))
        if len(moments) == 0:
            return cls("2020-01-01", 1, "D", objects)
        moments = moments[np.diff(moments, prepend=moments[:1] - 1).astype(np.int64) != 0]
        unit = _unit(moments)
        gaps = np.diff(_in(moments, unit).astype(np.int64))
        step, place = _usual(gaps), min(_HIDDEN, len(moments)) - 1
        start = _in(moments[place], unit) - place * np.timedelta64(step)
        start = _in(start, _ABOVE.get(unit, "D"))
        return cls(str(_in(start, unit)), step, unit, objects)

    def points(self, ordinals: Positions, dtype: str, *, table: str = "") -> pd.Series:
        """Return the point of each ordinal, in the type ``dtype``.

        Raises:
            DataError: If the grid leaves the years that the type can hold.
        """
        start = self._start()
        # Python integers do not overflow; the last point is the one that may be too late.
        last = int(ordinals.max(initial=0)) * self.step
        limit = _LAST["ns" if "[ns" in dtype else "us"]
        room = int((limit.astype(start.dtype) - start).astype(np.int64))
        if last > room:
            raise DataError(
                f"a key of dates cannot count to {int(ordinals.max()) + 1:,} in its steps before "
                f"the year {str(limit)[:4]}: give the table a key of whole numbers",
                table=table,
            )
        moments = start + (ordinals * self.step).astype(f"timedelta64[{self.unit}]")
        return self._typed(moments, dtype)

    def _typed(self, moments: NDArray[np.datetime64], dtype: str) -> pd.Series:
        if self.objects == "date":
            return pd.Series(moments.astype("datetime64[D]").astype(object), dtype=object)
        fine = moments.astype("datetime64[ns]" if self.unit == "ns" else "datetime64[us]")
        if self.objects:
            zone = dt.UTC if self.objects == "aware" else None
            plain = fine.astype("datetime64[us]").tolist()
            return pd.Series([moment.replace(tzinfo=zone) for moment in plain], dtype=object)
        series, kind = pd.Series(fine), pandas_dtype(dtype)
        # The grid of values with a time zone is that of universal time.
        if isinstance(kind, pd.DatetimeTZDtype):
            series = series.dt.tz_localize("UTC")
        return pd.Series(series.astype(kind))

    def _start(self) -> Any:  # noqa: ANN401 - numpy types each unit by itself
        return np.array(self.first, dtype=f"datetime64[{self.unit}]")[()]

    def to_dict(self) -> dict[str, Any]:
        """Return the grid as JSON-safe values."""
        return {
            "first": self.first, "step": self.step, "unit": self.unit, "objects": self.objects,
        }  # fmt: skip

    @classmethod
    def from_dict(cls, record: Mapping[str, Any]) -> Self:
        """Rebuild a grid from `to_dict`.

        Raises:
            ModelFileError: If the record is damaged.
        """
        try:
            grid = cls(
                str(record["first"]),
                int(record["step"]),
                str(record["unit"]),
                str(record["objects"]),
            )
            sound = grid.unit in UNITS and grid.objects in {"", "date", "datetime", "aware"}
            sound = sound and grid.step > 0 and not np.isnat(grid._start())
        except (KeyError, TypeError, ValueError) as error:
            raise ModelFileError("the record of a key of dates is damaged") from error
        if not sound:
            raise ModelFileError("the record of a key of dates is damaged")
        return grid


def _objects(value: dt.date) -> str:
    if not isinstance(value, dt.datetime):
        return "date"
    return "datetime" if value.tzinfo is None else "aware"


def _moments(values: pd.Series) -> NDArray[np.datetime64]:
    """Return values as points of universal time, in the finest unit that they have."""
    if values.dtype == object:
        return np.array([_naive(value) for value in values], dtype="datetime64[us]")
    found = pd.Series(pd.to_datetime(values))
    if isinstance(found.dtype, pd.DatetimeTZDtype):
        found = found.dt.tz_convert("UTC").dt.tz_localize(None)
    return found.to_numpy()


def _naive(value: Any) -> Any:  # noqa: ANN401 - date, datetime or Timestamp
    if isinstance(value, dt.datetime) and value.tzinfo is not None:
        return value.astimezone(dt.UTC).replace(tzinfo=None)
    return value


def _in(moments: Any, unit: str) -> Any:  # noqa: ANN401 - one moment or many
    """Return moments rounded down to a unit."""
    return moments.astype(f"datetime64[{unit}]")


_NANOSECONDS = {
    "h": 3600 * 10**9, "m": 60 * 10**9, "s": 10**9, "ms": 10**6, "us": 10**3, "ns": 1,
}  # fmt: skip


def _unit(moments: NDArray[np.datetime64]) -> str:
    """Return the coarsest unit in which all moments are whole."""
    days = _in(moments, "D")
    if (days == moments).all():
        return "M" if (_in(days, "M") == days).all() else "D"
    parts = int(np.gcd.reduce(moments.astype(np.int64)))
    parts *= _NANOSECONDS[np.datetime_data(moments.dtype)[0]]
    return next(unit for unit, size in _NANOSECONDS.items() if parts % size == 0)


def _usual(gaps: NDArray[np.int64]) -> int:
    """Return the distance that most neighbours have, else about the middle one; at least 1."""
    if len(gaps) == 0:
        return 1
    found, counts = np.unique(gaps, return_counts=True)
    if counts.max() >= max(_HIDDEN, len(gaps) / 2):
        return int(found[counts.argmax()])
    return max(int(float(f"{np.median(gaps):.2g}")), 1)
