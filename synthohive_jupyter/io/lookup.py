"""Matching of key columns between pandas frames: exact, whatever the dtypes of the two sides."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

Positions = np.ndarray[Any, np.dtype[np.int64]]
Mask = np.ndarray[Any, np.dtype[np.bool_]]

_INT64_LIMIT = 2.0**63


NULLABLE = {
    "int8": "Int8", "int16": "Int16", "int32": "Int32", "int64": "Int64", "uint8": "UInt8",
    "uint16": "UInt16", "uint32": "UInt32", "uint64": "UInt64", "bool": "boolean",
}  # fmt: skip
"""Types without a null, and those that have one."""


def complete(frame: pd.DataFrame, columns: Sequence[str]) -> Mask:
    """Return which rows have a value in every one of ``columns``."""
    return frame[list(columns)].notna().all(axis=1).to_numpy(dtype=bool)


def locate(
    child: pd.DataFrame, columns: Sequence[str], parent: pd.DataFrame, keys: Sequence[str]
) -> Positions:
    """Return for each row of ``child`` the position of its parent, or -1 where it has none.

    Ints match ints that became floats because of nulls (pandas' way), and text matches text of
    any dtype. Nulls match nothing. Of parents with equal keys the first one counts.

    >>> users = pd.DataFrame({"id": [7, 8, 9]})
    >>> orders = pd.DataFrame({"user_id": [9.0, None, 7.0, 5.0]})
    >>> locate(orders, ["user_id"], users, ["id"])
    array([ 2, -1,  0, -1])
    """
    own, other = complete(child, columns), complete(parent, keys)
    mine, theirs = np.flatnonzero(own), np.flatnonzero(other)
    codes = _codes(
        _together(_comparable(parent[key][other]), _comparable(child[column][own]))
        for column, key in zip(columns, keys, strict=True)
    )
    first = np.full(int(codes.max(initial=-1)) + 1, -1, dtype=np.int64)
    # Written backwards, so that of equal keys the first one stays.
    first[codes[: len(theirs)][::-1]] = theirs[::-1]
    result = np.full(len(child), -1, dtype=np.int64)
    result[mine] = first[codes[len(theirs) :]]
    return result


def _together(first: pd.Index[Any], second: pd.Index[Any]) -> pd.Index[Any]:
    """Return two indexes as one, without a change of any value."""
    times = pd.api.types.is_datetime64_any_dtype
    if first.dtype == second.dtype or (times(first.dtype) and times(second.dtype)):
        return first.append(second)
    return first.astype(object).append(second.astype(object))


def _codes(columns: Iterable[pd.Index[Any]]) -> Positions:
    """Return one code per row of all columns together; equal rows have equal codes."""
    codes = np.zeros(0, dtype=np.int64)
    for place, values in enumerate(columns):
        more, levels = pd.factorize(values)
        if place == 0:
            codes = more.astype(np.int64)
        else:
            # Made dense each time, so that the product cannot overflow.
            codes = pd.factorize(codes * max(len(levels), 1) + more)[0].astype(np.int64)
    return codes


def _comparable(values: pd.Series[Any]) -> pd.Index[Any]:
    """Return values without nulls in a form in which equal keys are equal."""
    if isinstance(values.dtype, pd.CategoricalDtype):
        values = values.astype(object)
    if pd.api.types.is_integer_dtype(values.dtype):
        plain = isinstance(values.dtype, np.dtype)
        return pd.Index(values.to_numpy() if plain else values.to_numpy(dtype=np.int64))
    if pd.api.types.is_float_dtype(values.dtype):
        numbers = values.to_numpy(dtype=np.float64)
        whole = bool(np.all(np.isfinite(numbers)) and np.all(np.trunc(numbers) == numbers))
        if whole and bool(np.all(np.abs(numbers) < _INT64_LIMIT)):
            return pd.Index(numbers.astype(np.int64))
        return pd.Index(numbers)
    if values.dtype == object or pd.api.types.is_string_dtype(values.dtype):
        return pd.Index(values.to_numpy(dtype=object), dtype=object)
    return pd.Index(values)


def taken(rows: pd.DataFrame, positions: Positions, *, nullable: bool = False) -> pd.DataFrame:
    """Return rows by position, with nulls for nobody, in types that have a null where needed."""
    rows = rows.reset_index(drop=True)
    if not nullable and not (positions < 0).any():
        return rows.iloc[positions].reset_index(drop=True)
    types = {str(c): NULLABLE[str(t)] for c, t in rows.dtypes.items() if str(t) in NULLABLE}
    return rows.astype(types).reindex(positions).reset_index(drop=True)
