"""How much the values of a column say that they are keys of another table."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from synthohive_jupyter.engine.discovery.looks import NUMBERS

if TYPE_CHECKING:
    import pandas as pd

    from synthohive_jupyter.engine.discovery.looks import ColumnLook

_COUNTED = 64
"""Different values that count as evidence at most."""
_TEXT_BITS, _LONG_BITS = 4.0, 10.0
_LONG = 8
_SOME_ROWS, _SOME_VALUES = 20, 5
_REACH = 0.6


def comparable(child: ColumnLook, parent: ColumnLook) -> bool:
    """Return whether values of two columns can be equal."""
    return child.kind == parent.kind or {child.kind, parent.kind} <= NUMBERS


def bits(child: ColumnLook, parent: ColumnLook) -> float:
    """Return how improbable it is, in bits, that all values of a child are keys by chance.

    Whole numbers of a dense key say nothing: a quantity from 1 to 20 is among the keys 1 to 100.
    """
    different = min(child.distinct, _COUNTED)
    if parent.kind == "text":
        lengths = child.known.astype(str).str.len()
        return different * (_LONG_BITS if len(lengths) and lengths.mean() >= _LONG else _TEXT_BITS)
    if parent.kind != "int" or parent.distinct < _SOME_VALUES:
        return 0.0
    # The middle of the keys: one key far away would make any of them look sparse.
    low, high = np.quantile(_numbers(parent.known), [0.05, 0.95])
    density = min(0.9 * parent.rows / max(high - low + 1.0, 1.0), 1.0)
    return different * math.log2(1 / density) if density > 0 else 0.0


def covers(child: ColumnLook, parent: ColumnLook) -> bool:
    """Return whether the values of a child reach over the keys of a parent, and not only few."""
    if parent.kind != "int" or child.kind not in NUMBERS:
        return False
    if child.extent is None or parent.extent is None:
        return False
    if len(child.known) < _SOME_ROWS or child.distinct < min(_SOME_VALUES, parent.rows):
        return False
    span = parent.extent.high - parent.extent.low
    reaches = child.extent.high >= parent.extent.low + _REACH * span
    return reaches and child.extent.low <= parent.extent.high - _REACH * span


def overlap(child: ColumnLook, parent: ColumnLook) -> bool:
    """Return whether the samples share a value; where both are whole, most values."""
    own, theirs = child.known.drop_duplicates(), parent.known
    if child.kind in NUMBERS:
        shared = np.isin(_numbers(own), _numbers(theirs))
    else:
        shared = own.astype(object).isin(theirs.astype(object)).to_numpy(dtype=bool)
    if len(theirs) == parent.rows:
        return bool(shared.mean() >= _MOST) if len(shared) else False
    return bool(shared.any())


_MOST = 0.5


def _numbers(values: pd.Series[Any]) -> np.ndarray[Any, np.dtype[np.float64]]:
    return values.to_numpy(dtype=np.float64)  # decimals are objects
