"""Which columns can be compared in whole steps, and a value of one as the least of the other."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from synthohive_jupyter.tabular import temporal
from synthohive_jupyter.tabular.codecs import Flags, Values
from synthohive_jupyter.tabular.storage import Storage

if TYPE_CHECKING:
    from synthohive_jupyter.tabular.codecs import Integers

Held = tuple[Storage, Values, Flags]
"""A column in canonical form: its storage, its values, and the mask of nulls."""

FAR = 2**62
"""Beyond it, differences of whole numbers would overflow."""


def comparable(low: Storage, high: Storage) -> bool:
    """Return whether one column can be counted in steps of another."""
    if low.kind != high.kind or low.unsigned or high.unsigned:
        return False
    if low.kind == "number":
        return True
    same_clock = low.wall == high.wall and (low.tz == high.tz or not low.wall)
    return low.kind == "temporal" and same_clock and (low.tz is None) == (high.tz is None)


def least_value(target: Storage, source: Storage, values: Values) -> Values:
    """Return the least values of one column, in its canonical form, that are not below another's.

    >>> whole, half = Storage("number", "int64", whole=True), Storage("number", "float64")
    >>> least_value(whole, half, np.array([1.5, 2.0])).tolist()
    [2, 2]
    """
    if source.kind == "temporal":
        return _scaled(values, temporal.PER_DAY[target.unit], temporal.PER_DAY[source.unit])
    if source.whole:
        if not target.whole:
            return values / 10.0**source.scale
        return _scaled(values, 10**target.scale, 10**source.scale)
    # As they will be written, where the type is a short one.
    values = values.astype(f"f{source.float_width}").astype(np.float64)
    if not target.whole:
        return values
    scale = 10.0**target.scale
    ticks = np.rint(np.clip(values * scale, -float(FAR), float(FAR))).astype(np.int64)
    return ticks + (ticks / scale < values)


def _scaled(values: Integers, many: int, of: int) -> Integers:
    """Return whole numbers of one size in another, rounded up."""
    if many < of:
        return -(-values // (of // many))
    factor = many // of
    return np.clip(values, -(FAR // factor), FAR // factor) * factor
