"""Columns as arrays while rows are drawn rank by rank: frames of few rows cost more than they hold.

An array here is what a column of pandas holds: of numpy, or an extension array. Each keeps its type
throughout; only what siblings are told of has types with a null, whether there is any or not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Flags = NDArray[np.bool_]
    Positions = NDArray[np.int64]

Array = Any
"""A one-dimensional array of numpy or of pandas."""


def array_of(column: pd.Series[Any]) -> Array:
    """Return what a column holds."""
    return column.to_numpy() if isinstance(column.dtype, np.dtype) else column.array


def nullable(array: Array, missing: Flags) -> Array:
    """Return an array with nulls, in a type that has them.

    >>> nullable(np.array([1, 2]), np.array([True, False]))
    <IntegerArray>
    [<NA>, 2]
    Length: 2, dtype: Int64
    """
    if not isinstance(array, np.ndarray):
        return _with(array, missing, pd.NA if not hasattr(array, "tz") else pd.NaT)
    if array.dtype.kind == "b":
        return pd.arrays.BooleanArray(array.copy(), missing.copy())
    if array.dtype.kind in "iu":
        whole = array.astype(np.uint64 if array.dtype == np.uint64 else np.int64)
        return pd.arrays.IntegerArray(whole, missing.copy())
    return _with(array, missing, {"f": np.nan, "M": np.datetime64("NaT")}.get(array.dtype.kind))


def same(one: Array, other: Array) -> Flags:
    """Return where two arrays of one type hold the same value; a null is none.

    >>> same(np.array(["a", None], dtype=object), np.array(["a", None], dtype=object)).tolist()
    [True, False]
    """
    found: Flags = ~np.asarray(pd.isna(one) | pd.isna(other), dtype=np.bool_)
    found[found] = np.asarray(one[found] == other[found], dtype=np.bool_)
    return found


def differ(one: Array, other: Array) -> Flags:
    """Return where two arrays of one type hold different values, none of them a null."""
    found: Flags = ~np.asarray(pd.isna(one) | pd.isna(other), dtype=np.bool_)
    found[found] = np.asarray(one[found] != other[found], dtype=np.bool_)
    return found


def replaced(array: Array, rows: Flags, other: Array) -> Array:
    """Return an array with these rows from another of its type."""
    if not rows.any():
        return array
    found = array.copy()
    found[rows] = other[rows]
    return found


def joined(arrays: Sequence[Array]) -> Array:
    """Return arrays of one type as one, in that type."""
    first = arrays[0]
    if isinstance(first, np.ndarray):
        return np.concatenate(arrays)
    return type(first)._concat_same_type(arrays)  # noqa: SLF001 - the interface of extension arrays


def _with(array: Array, missing: Flags, null: object) -> Array:
    if not missing.any():
        return array
    found = array.copy()
    found[missing] = null
    return found
