"""Values of keys: every type that a key may have, and the dtypes in which nulls arrive."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID

import numpy as np
import pandas as pd

FIRST_DAY = date(2019, 12, 30)

INTEGERS = ("int64", "int32", "int16", "Int64")
KINDS = (*INTEGERS, "float64", "text", "string", "uuid", "category", "decimal", "day", "datetime")
"""``float64`` holds whole numbers; ``text`` are objects, ``string`` pandas' own type; ``day`` are
`datetime.date` objects."""


def key_values(kind, n, rng):
    """Return ``n`` different Python values of a kind."""
    offset = int(rng.integers(0, 60))
    numbers = [offset + 3 * int(i) for i in rng.permutation(n)]
    if kind in {"text", "string", "category"}:
        return [f"K{number:05d}" for number in numbers]
    if kind == "uuid":
        return [str(UUID(bytes=rng.bytes(16), version=4)) for _ in numbers]
    if kind == "decimal":
        return [Decimal(number) for number in numbers]
    if kind == "day":
        return [FIRST_DAY + timedelta(days=number) for number in numbers]
    if kind == "datetime":
        return [pd.Timestamp(FIRST_DAY) + pd.Timedelta(hours=number) for number in numbers]
    return numbers


def line_values(kind, n):
    """Return the keys of the first ``n`` lines within a family, in their order."""
    if kind == "text":
        return [f"L{number:03d}" for number in range(1, n + 1)]
    if kind == "day":
        return [FIRST_DAY + timedelta(days=number) for number in range(n)]
    if kind == "datetime":
        return [pd.Timestamp(FIRST_DAY) + pd.Timedelta(days=number) for number in range(n)]
    return list(range(1, n + 1))


def nobody(kind):
    """Return a value that is no key of anybody."""
    if kind == "uuid":
        return str(UUID(int=7))
    if kind in {"text", "string", "category"}:
        return "Z99999"
    if kind == "decimal":
        return Decimal(9999)
    if kind == "day":
        return date(1999, 1, 1)
    return pd.Timestamp(1999, 1, 1) if kind == "datetime" else 9999


def key_column(values, kind, *, as_float=False):
    """Return a column of keys; nulls are `None`.

    Args:
        values: Python values.
        kind: One of `KINDS`.
        as_float: Integers arrive as pandas reads them from a file with nulls: as floats.
    """
    if kind in INTEGERS or kind == "float64":
        dtype = "float64" if as_float else kind
        if not as_float and dtype in INTEGERS and any(v is None for v in values):
            dtype = dtype.capitalize()
        missing = np.nan if dtype == "float64" else pd.NA
        return pd.Series([missing if v is None else v for v in values], dtype=dtype)
    dtypes = {"string": "string", "category": "category", "datetime": "datetime64[ns]"}
    return pd.Series(values, dtype=dtypes.get(kind, object))
