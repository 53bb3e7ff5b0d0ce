"""Ranges of numbers: what may be kept of them, and what lies inside."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from synthohive_jupyter.tabular.axis import INT_MAX, INT_MIN, Range
from synthohive_jupyter.tabular.codecs import RARE, Flags, Integers, Values, count_families

if TYPE_CHECKING:
    from synthohive_jupyter.tabular.declared import Limits

_COARSE_REACH = 2.0
_LARGEST = 1e300
_LOOK = 64
_MIN_UNIT = 1e-300


def learnt_range(values: Values, limits: Limits, families: Integers | None) -> tuple[Range, bool]:
    """Return the range to learn, inside the limits, and whether it is `protected_range`.

    Where the rows are too few for that it is a coarse range around their mean.
    """
    protected = protected_range(values, families)
    learnt = protected or _coarse_range(values, families)
    ends = (_inside(end, limits) for end in (learnt.low, learnt.high))
    return Range(*ends), protected is not None


def protected_range(values: Values, families: Integers | None) -> Range | None:
    """Return the `RARE`-th lowest and highest value, counted in families.

    Returns:
        The range, or ``None`` if there are fewer than twice `RARE` families.

    >>> protected_range(np.arange(100.0), None)
    Range(low=4.0, high=95.0)
    """
    if families is None:
        if len(values) < 2 * RARE:
            return None
        ends = np.partition(values, [RARE - 1, len(values) - RARE])[[RARE - 1, -RARE]]
        return Range(*ends.tolist())
    together = np.zeros(len(values), dtype=np.int64)
    if count_families(together, families, 1)[0] < 2 * RARE:
        return None
    # A stable sort takes ten times longer, and the value does not depend on the order of ties.
    order = np.argsort(values)
    low, high = (rows[_row_of_family(families[rows])] for rows in (order, order[::-1]))
    return Range(values[low].item(), values[high].item())


def _row_of_family(families: Integers) -> int:
    """Return the row in which the `RARE`-th different family comes first."""
    size = _LOOK
    while True:
        first = np.sort(np.unique(families[:size], return_index=True)[1])
        if len(first) >= RARE:
            return int(first[RARE - 1])
        size *= _LOOK


def _coarse_range(values: Values, families: Integers | None) -> Range:
    """Return a range around the mean, rounded so that it tells no value of a tiny table."""
    together = np.zeros(len(values), dtype=np.int64)
    enough = count_families(together, families, 1)[0] >= RARE
    if enough and values.min() == values.max():
        return Range(values[0].item(), values[0].item())
    scale = max(float(values.max()), -float(values.min())) or 1.0
    parts = float((values / scale).mean()), float((values / scale).std())
    mean, spread = (max(-_LARGEST, min(part * scale, _LARGEST)) for part in parts)
    size = spread if enough else max(abs(mean), spread)
    unit = max(10.0 ** math.floor(math.log10(size)), _MIN_UNIT) if size else 0.0
    middle = round(mean / unit) * unit if unit else 0.0
    reach = _COARSE_REACH * (max(math.ceil(spread / unit), 1) * unit if unit else 0.0)
    low, high = middle - reach, middle + reach
    if values.dtype.kind == "i":
        return Range(max(math.floor(low), INT_MIN), min(math.ceil(high), INT_MAX))
    return Range(low, high)


def _inside(end: float, limits: Limits) -> int | float:
    low, high = limits
    end = end if low is None else max(end, low)
    return end if high is None else min(end, high)


def within(values: Values, limits: Limits) -> Flags:
    """Return which values lie inside limits."""
    low, high = limits
    fits = np.ones(len(values), dtype=np.bool_)
    if low is not None:
        fits &= values >= low
    if high is not None:
        fits &= values <= high
    return fits
