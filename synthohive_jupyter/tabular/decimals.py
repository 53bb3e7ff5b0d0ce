"""Decimal objects as whole numbers of their last decimal, exactly, without a loop in Python."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

if TYPE_CHECKING:
    from synthohive_jupyter.tabular.codecs import Integers, Values

_PRECISION = 38


def scale_of(objects: Values) -> int:
    """Return how many decimals to keep: as written, or fewer where 64 bits need it.

    Raises:
        OverflowError: If the values have more digits than 64 bits can hold.
    """
    array = _arrow(objects)
    for scale in range(array.type.scale, -1, -1):
        try:
            _words(array, scale)
        except pa.ArrowInvalid as error:
            raise OverflowError(scale) from error
        except OverflowError:
            continue
        return scale
    raise OverflowError(_PRECISION)


def to_ticks(objects: Values, scale: int) -> Integers:
    """Return Decimal objects in units of ``10**-scale``; further decimals are rounded away.

    >>> from decimal import Decimal
    >>> to_ticks(np.array([Decimal("1.5"), Decimal("-3")]), 2).tolist()
    [150, -300]

    Raises:
        OverflowError: If a value has more digits than 64 bits can hold.
    """
    return _words(pc.round(_arrow(objects), ndigits=scale), scale)


def to_objects(ticks: Integers, scale: int) -> Values:
    """Return Decimal objects, the inverse of `to_ticks`.

    >>> to_objects(np.array([150, -300]), 2).tolist()
    [Decimal('1.50'), Decimal('-3.00')]
    """
    words = np.stack([ticks, ticks >> 63], axis=1)
    buffer = pa.py_buffer(np.ascontiguousarray(words, dtype="<i8"))
    array = pa.Array.from_buffers(pa.decimal128(_PRECISION, scale), len(ticks), [None, buffer])
    found = np.empty(len(ticks), dtype=object)
    found[:] = array.to_pylist()
    return found


def _arrow(objects: Values) -> pa.Array:
    try:
        return pa.array(objects)
    except pa.ArrowInvalid as error:
        raise OverflowError(_PRECISION) from error


def _words(array: pa.Array, scale: int) -> Integers:
    # A decimal of Arrow is one 128-bit integer: the low word counts if the high one is its sign.
    buffer = array.cast(pa.decimal128(_PRECISION, scale)).buffers()[1]
    words = np.frombuffer(buffer, dtype="<i8").reshape(-1, 2)[: len(array)]
    if (words[:, 1] != words[:, 0] >> 63).any():
        raise OverflowError(scale)
    return words[:, 0].astype(np.int64)
