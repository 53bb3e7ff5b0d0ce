"""What the schema declares of a column, in the column's canonical form."""

from __future__ import annotations

import math
from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np

from synthohive_jupyter.errors import DataError
from synthohive_jupyter.tabular import temporal
from synthohive_jupyter.tabular.axis import INT_MAX, INT_MIN
from synthohive_jupyter.tabular.storage import Storage

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from synthohive_jupyter.schema.tables import Bound, Constraint
    from synthohive_jupyter.tabular.codecs import Values

Limits = tuple[int | float | None, int | float | None]
"""Lowest and highest value allowed, in canonical form; ``None`` where there is none."""

_TRUTH = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}


def storage_of(series: pd.Series[Any], constraint: Constraint, *, table: str) -> Storage:
    """Return how a column is stored; text that holds ISO dates and nothing else holds dates.

    Raises:
        DataError: If the column holds something that cannot be modelled.
    """
    storage = Storage.of(series, table=table)
    texts = constraint.values  # noqa: PD011 - a field of the constraint, not of a frame
    asked = texts is None and constraint.dtype in {None, "date", "datetime"}
    if not asked or storage.objects != "str" or storage.outer:
        return storage
    form = temporal.iso_format_of(series.dropna().to_numpy(dtype=object))
    if form is None:
        return storage
    return replace(storage, kind="temporal", form=form, unit=temporal.ISO_FORMATS[form][0])


def limits(constraint: Constraint | None, storage: Storage, *, table: str, column: str) -> Limits:
    """Return the declared limits of a column of numbers or dates.

    Raises:
        DataError: If a limit is a date and the column holds numbers, or the other way round; or
            if no value lies between them (no whole number between 0.2 and 0.8).
    """
    if constraint is None or storage.kind not in {"number", "temporal"}:
        return None, None
    try:
        low, high = (
            _limit(constraint.min, storage, end=False),
            _limit(constraint.max, storage, end=True),
        )
    except ValueError:
        needs = "a number" if storage.kind == "number" else "an ISO date like 2024-12-31"
        raise DataError(f"its range needs {needs}", table=table, column=column) from None
    if low is not None and high is not None and low > high:
        raise DataError("no value of its type lies in its range", table=table, column=column)
    return low, high


def allowed(texts: Sequence[str], storage: Storage) -> Values:
    """Return declared values in canonical form, in their order, without those of another type.

    >>> from synthohive_jupyter.tabular.storage import Storage
    >>> allowed(["3", "1", "high"], Storage("number", "int64", whole=True)).tolist()
    [3, 1]
    """
    found: dict[Any, None] = {}
    for text in texts:
        value = _value(text, storage)
        if value is not None:
            found[value] = None
    return np.array(list(found), dtype=storage.canonical)


def _value(text: str, storage: Storage) -> str | bool | float | None:
    try:
        if storage.kind == "text":
            return text
        if storage.kind == "bool":
            return _TRUTH.get(text.strip().lower())
        if storage.kind == "temporal":
            return _limit(text, storage, end=False)
        exact = Fraction(text)
        low, high = _number(exact, storage, end=False), _number(exact, storage, end=True)
    except (ValueError, ZeroDivisionError, OverflowError):
        return None
    return low if low == high else None


def _limit(bound: Bound | None, storage: Storage, *, end: bool) -> int | float | None:
    if bound is None or (isinstance(bound, float) and not math.isfinite(bound)):
        return None
    if isinstance(bound, str) != (storage.kind == "temporal"):
        raise ValueError(bound)
    if isinstance(bound, str):
        zone = None if storage.wall else storage.tz
        return temporal.bound_ticks(bound, storage.unit, tz=zone, end=end)
    exact = Fraction(bound) if isinstance(bound, int) else Fraction(repr(float(bound)))
    return _number(exact, storage, end=end)


def _number(exact: Fraction, storage: Storage, *, end: bool) -> int | float:
    """Return an exact number in canonical form; whole ones are rounded towards the inside."""
    if not storage.whole:
        # In the precision of the column, where 0.1 of float32 is more than 0.1 of float64.
        number: float = np.array(float(exact), dtype=f"f{storage.float_width}").item()
        return number
    scaled = exact * 10**storage.scale - (2**63 if storage.unsigned else 0)
    whole: int = math.floor(scaled) if end else math.ceil(scaled)
    return max(INT_MIN, min(INT_MAX, whole))
