"""What can be wrong with the declaration of one column: its type, its range, its set."""

from __future__ import annotations

import datetime as dt
import math
import re
from typing import TYPE_CHECKING

from synthohive_jupyter.errors import Problem
from synthohive_jupyter.schema.suggestions import suggest
from synthohive_jupyter.schema.tables import COLUMN_TYPES, Bound, Constraint

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


def constraint_problems(table: str, column: str, constraint: Constraint) -> Iterator[Problem]:
    """Return what is wrong with the type, the range or the set of one column."""
    locus = (table, "constraint", column)
    if constraint.dtype is not None and constraint.dtype not in COLUMN_TYPES:
        yield Problem(
            f"unknown type '{constraint.dtype}'",
            hint=suggest(constraint.dtype, COLUMN_TYPES) or f"types: {', '.join(COLUMN_TYPES)}",
            locus=(table, "column", column, "type"),
        )
    if constraint.values is not None and not constraint.values:
        yield Problem("the set of allowed values is empty", locus=locus)
    if wrong := _bounds(constraint):
        message, hint = wrong
        yield Problem(message, hint=hint, locus=locus)


def _bounds(constraint: Constraint) -> tuple[str, str | None] | None:
    """Return what is wrong with the range of a column, and a hint; ``None`` if nothing is."""
    low, high = constraint.min, constraint.max
    if wrong := _bound(low, constraint.dtype) or _bound(high, constraint.dtype):
        return wrong
    if low is None or high is None:
        return None
    if isinstance(low, str) != isinstance(high, str):
        return f"range {low}..{high} mixes numbers and dates", None
    if low > high:  # type: ignore[operator]
        return f"range {low}..{high} is empty (min > max)", None
    return None


def _bound(bound: Bound | None, dtype: str | None) -> tuple[str, str | None] | None:
    if bound is None:
        return None
    if isinstance(bound, str) and not _is_iso(bound):
        return f"'{bound}' is not a date of the calendar", "dates are written 2020-01-31"
    if isinstance(bound, float) and not math.isfinite(bound):
        return f"the bound {bound} is not a finite number", "leave that end open"
    if not isinstance(bound, _BOUNDED.get(dtype or "", (int, float, str))):
        return f"a column of type '{dtype}' cannot have the bound {bound}", None
    return None


_BOUNDED: Mapping[str, tuple[type, ...]] = {
    "int": (int, float),
    "float": (int, float),
    "date": (str,),
    "datetime": (str,),
    **dict.fromkeys(("cat", "bool", "text", "id"), ()),
}
"""Declared type to the Python types that its bounds may have."""


def _is_iso(text: str) -> bool:
    """Return whether text is a date or time that sorts as text: ``2020-01-31``, ``…T10:00``."""
    if re.match(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?![^T ])", text) is None:
        return False
    try:
        dt.datetime.fromisoformat(text)
    except ValueError:
        return False
    return True
