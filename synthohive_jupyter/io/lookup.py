"""Matching of key columns between pandas frames: exact, whatever the dtypes of the two sides."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Sequence

Positions = np.ndarray[Any, np.dtype[np.int64]]
Mask = np.ndarray[Any, np.dtype[np.bool_]]

_INT64_LIMIT = 2.0**63


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
    own = complete(child, columns)
    other = complete(parent, keys)
    own_codes = np.zeros(int(own.sum()), dtype=np.int64)
    other_codes = np.zeros(int(other.sum()), dtype=np.int64)
    found = np.ones(len(own_codes), dtype=bool)
    for column, key in zip(columns, keys, strict=True):
        levels = pd.Index(_comparable(parent[key][other]).unique())
        mine = levels.get_indexer(_comparable(child[column][own]))
        theirs = levels.get_indexer(_comparable(parent[key][other]))
        found &= mine >= 0
        own_codes, other_codes = _combine(own_codes, mine, other_codes, theirs, len(levels))
    first = np.full(int(other_codes.max(initial=-1)) + 1, -1, dtype=np.int64)
    first[other_codes[::-1]] = np.flatnonzero(other)[::-1]
    result = np.full(len(child), -1, dtype=np.int64)
    known = found & (own_codes < len(first))
    places = np.flatnonzero(own)[known]
    result[places] = first[own_codes[known]]
    return result


def _combine(
    own: Positions, mine: Positions, other: Positions, theirs: Positions, levels: int
) -> tuple[Positions, Positions]:
    """Fold one more column into the codes, which stay dense so that they cannot overflow."""
    both = np.concatenate([other * (levels + 1) + theirs, own * (levels + 1) + mine])
    codes, _ = pd.factorize(both)
    return codes[len(other) :].astype(np.int64), codes[: len(other)].astype(np.int64)


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
    if pd.api.types.is_string_dtype(values.dtype):
        return pd.Index(values.to_numpy(dtype=object))
    return pd.Index(values)
