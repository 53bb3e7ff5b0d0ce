"""Ends of ranges as texts: numbers, dates and times."""

from __future__ import annotations

import re

NUMBER = re.compile(r"[+-]?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
"""A number as every notation has it."""

MOMENT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?:[T ][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]+)?)?)?"
)
"""A date or time; the compact notation has a ``T`` between them."""


def is_date(text: str) -> bool:
    """Return whether the end of a range is a date or time.

    >>> is_date("2020-01-31"), is_date("1e-5")
    (True, False)
    """
    return MOMENT.match(text) is not None


def bound_text(text: str) -> str:
    """Return the end of a range without what only the compact notation allows.

    >>> [bound_text(t) for t in ("1_000", "+.5", "-1E+3", "2020-01-31T10:00")]
    ['1000', '0.5', '-1e+3', '2020-01-31T10:00']
    """
    if is_date(text):
        return text
    sign = "-" if text.startswith("-") else ""
    digits = text.lstrip("+-").replace("_", "").lower()
    return f"{sign}0{digits}" if digits.startswith(".") else f"{sign}{digits}"
