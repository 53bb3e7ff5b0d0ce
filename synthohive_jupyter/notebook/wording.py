"""Numbers and names as people read them; the panel says them in the same way."""

from __future__ import annotations

from typing import TYPE_CHECKING

from synthohive_jupyter.progress.sinks import safe_name

if TYPE_CHECKING:
    from collections.abc import Sequence

BARS = "▁▂▃▄▅▆▇█"
MINUTE = 60
HOUR = 3600
SPARK_WIDTH = 16


def plain(name: object) -> str:
    r"""Return a name on one line, without characters that steer a terminal or turn the text.

    >>> plain("a\x1b[31m\u202eb")
    'a�[31m�b'
    """
    return safe_name(str(name))


def duration(seconds: float) -> str:
    """Return a time span in at most two units.

    >>> [duration(s) for s in (0.04, 3.21, 75, 3700)]
    ['0.0 s', '3.2 s', '1 min 15 s', '1 h 02 min']
    """
    if seconds < MINUTE:
        return f"{seconds:.1f} s"
    if seconds < HOUR:
        minutes, rest = divmod(round(seconds), MINUTE)
        return f"{minutes} min {rest:02d} s"
    hours, rest = divmod(round(seconds / MINUTE), MINUTE)
    return f"{hours} h {rest:02d} min"


def count(number: int | None, noun: str = "", plural: str = "") -> str:
    """Return a whole number with thousands marked, and its noun; a dash where it is unknown.

    >>> count(1200), count(1, "table"), count(2, "table"), count(None, "row")
    ('1,200', '1 table', '2 tables', '–')
    """
    if number is None:
        return "–"
    if not noun:
        return f"{number:,}"
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def number(value: float | None, digits: int = 3) -> str:
    """Return a number with so many significant digits; a dash where there is none.

    >>> number(0.12345), number(1234.5), number(None)
    ('0.123', '1,234', '–')
    """
    if value is None:
        return "–"
    if abs(value) >= 10**digits:
        return f"{value:,.0f}"
    return f"{value:.{digits}g}"


def share(value: float | None) -> str:
    """Return a share in per cent.

    >>> share(0.1234), share(1.0), share(0.9996)
    ('12.3 %', '100 %', '99.9 %')
    """
    if value is None:
        return "–"
    percent = value * 100
    # All but one of a million is not "100 %": only the whole is called so.
    if value < 1:
        percent = min(percent, 99.9)
    return f"{percent:.1f}".removesuffix(".0") + " %"


def sparkline(values: Sequence[float], width: int = SPARK_WIDTH) -> str:
    """Return a curve as one word of block characters.

    >>> sparkline([3, 2, 1, 1])
    '█▅▁▁'
    """
    if not values:
        return ""
    step = max(len(values) / width, 1.0)
    picked = [values[int(i * step)] for i in range(min(len(values), width))]
    low, high = min(picked), max(picked)
    span = (high - low) or 1.0
    return "".join(BARS[round((v - low) / span * (len(BARS) - 1))] for v in picked)
