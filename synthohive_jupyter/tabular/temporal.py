"""Dates and times as whole ticks since 1970, exact in every unit, before 1900 and after 2262."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import pandas as pd
import pyarrow as pa

if TYPE_CHECKING:
    from collections.abc import Sequence

    from synthohive_jupyter.tabular.codecs import Integers, Values

PER_DAY = {"D": 1, "s": 86_400, "ms": 86_400_000, "us": 86_400_000_000, "ns": 86_400 * 10**9}
"""Ticks of a day in every unit."""

ISO_FORMATS = {"date": ("D", ""), "T": ("s", "T"), "space": ("s", " ")}
"""Forms of dates as text: name to unit and separator."""

_LIMIT = 2**63 - 1
_DATE_LENGTH = len("2024-12-31")


def natural_steps(unit: str) -> list[int]:
    """Return the steps of time that people use, in ticks, the week last.

    >>> natural_steps("s")
    [1, 60, 3600, 86400, 604800]
    """
    day = PER_DAY[unit]
    steps = {1, day, 7 * day}
    for seconds in (1e-6, 1e-3, 1, 60, 3600):
        ticks = round(day * seconds / 86_400)
        if ticks and abs(ticks - day * seconds / 86_400) < 1e-9 * ticks:
            steps.add(ticks)
    return sorted(steps)


def bound_ticks(text: str, unit: str, *, tz: str | None, end: bool) -> int:
    """Return a bound, an ISO date or time, in ticks; an end given as a date is the whole day.

    Args:
        text: Like ``2024-12-31`` or ``2024-12-31T08:00``.
        unit: Unit of the ticks.
        tz: Time zone in which the bound is meant, where ticks count in UTC; else ``None``.
        end: Whether it is the upper bound.

    Raises:
        ValueError: If the text is no such date.

    >>> bound_ticks("1970-01-02", "s", tz=None, end=False)
    86400
    >>> bound_ticks("1970-01-02", "s", tz=None, end=True)
    172799
    """
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        stamp = pd.Timestamp(moment, tz=tz) if tz else moment
        moment = stamp if stamp.tzinfo else moment.replace(tzinfo=UTC)
    since = moment.astimezone(UTC) - datetime(1970, 1, 1, tzinfo=UTC)
    micros = (since.days * 86_400 + since.seconds) * 10**6 + since.microseconds
    # Exact in integers; upper bounds round down and lower ones up, so that both stay inside.
    per_day = PER_DAY[unit]
    day_micros = 86_400 * 10**6
    if end:
        if len(text) == _DATE_LENGTH:
            micros += day_micros - 1
            ticks = ((micros + 1) * per_day - 1) // day_micros
        else:
            ticks = micros * per_day // day_micros
    else:
        ticks = -(-micros * per_day // day_micros)
    return min(max(ticks, -_LIMIT), _LIMIT)


def parse_iso(texts: Sequence[Any] | Values, name: str) -> Integers | None:
    """Return ISO texts of one form as ticks, or ``None`` if one of them has another form.

    Args:
        texts: Texts, none of them null.
        name: A name of `ISO_FORMATS`.

    >>> parse_iso(["1970-01-02", "1869-12-31"], "date").tolist()
    [1, -36525]
    """
    unit, separator = ISO_FORMATS[name]
    written = np.asarray(texts, dtype=np.str_)
    shape = len(format_iso(np.zeros(1, dtype=np.int64), name)[0])
    if written.dtype.itemsize != shape * 4:
        return None
    try:
        ticks = written.astype(f"M8[{unit}]")
    except ValueError:
        return None
    # NaT is text too, and a date with a blank or another separator parses as well.
    if np.isnat(ticks).any() or (separator and separator != "T" and "T" in written[0]):
        return None
    found = ticks.view(np.int64)
    return found if (format_iso(found, name) == written).all() else None


def format_iso(ticks: Integers, name: str) -> Values:
    """Return ticks as ISO texts of the form ``name``, the inverse of `parse_iso`."""
    unit, separator = ISO_FORMATS[name]
    written: Values = np.datetime_as_string(ticks.view(f"M8[{unit}]"), unit=cast("Any", unit))
    if separator != " " or not len(written):
        return written
    return np.char.replace(written, "T", separator)


def iso_format_of(texts: Values) -> str | None:
    """Return the ISO form that all texts have, or ``None``."""
    if not len(texts):
        return None
    first = str(texts[0])
    for name, (_, separator) in ISO_FORMATS.items():
        fits = len(first) == _DATE_LENGTH if not separator else separator in first
        if fits and parse_iso(texts[:1], name) is not None:
            return name if parse_iso(texts, name) is not None else None
    return None


def date_ticks(objects: Values) -> Integers | None:
    """Return date objects as days; ``None`` if one has a time of day (dates mixed with times)."""
    days = objects.astype("M8[D]")
    if (objects.astype("M8[us]") != days).any():
        return None
    return days.view(np.int64)


def datetime_ticks(objects: Values) -> tuple[Integers, str | None]:
    """Return datetime objects as microseconds (in UTC where aware), and their time zone."""
    stamps = pa.array(objects)
    ticks = stamps.cast(pa.timestamp("us", tz=stamps.type.tz)).cast(pa.int64())
    return ticks.to_numpy(), stamps.type.tz


def datetime_objects(ticks: Integers, tz: str | None) -> Values:
    """Return microseconds as datetime objects, the inverse of `datetime_ticks`."""
    if tz is None:
        return ticks.view("M8[us]").astype(object)
    found = np.empty(len(ticks), dtype=object)
    stamps = pd.DatetimeIndex(ticks.view("M8[us]")).tz_localize("UTC").tz_convert(tz)
    found[:] = stamps.to_pydatetime()
    return found


def series_ticks(series: pd.Series[Any], *, wall: bool) -> Integers:
    """Return a datetime64 column as ticks of its unit; nulls are some number.

    Args:
        series: With or without a time zone.
        wall: Count what the clock on the wall shows, instead of UTC.
    """
    if series.dt.tz is not None:
        series = (series if wall else series.dt.tz_convert("UTC")).dt.tz_localize(None)
    return series.to_numpy().view(np.int64)


def stamps(ticks: Integers, unit: str, tz: str | None, *, wall: bool) -> pd.DatetimeIndex:
    """Return ticks as timestamps, the inverse of `series_ticks`."""
    plain = pd.DatetimeIndex(ticks.view(f"M8[{unit}]"))
    if tz is None:
        return plain
    if not wall:
        return plain.tz_localize("UTC").tz_convert(tz)
    standard = np.zeros(len(ticks), dtype=np.bool_)
    return plain.tz_localize(tz, ambiguous=standard, nonexistent="shift_forward")


def at_midnight(series: pd.Series[Any], unit: str) -> bool:
    """Return whether a column has a time zone and every value is a midnight there.

    Such columns hold days: their grid is one on the wall, but not in UTC where summer time exists.
    """
    if series.dt.tz is None:
        return False
    present = series.dropna()
    ticks = series_ticks(present, wall=True)
    return bool(len(ticks)) and not (ticks % PER_DAY[unit]).any()
