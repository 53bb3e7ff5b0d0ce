"""Reading parts of a saved model: every doubt about a part is a `ModelFileError`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from synthohive_jupyter.errors import ModelFileError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from synthohive_jupyter.tabular.codecs import Floats
    from synthohive_jupyter.tabular.declared import Limits

T = TypeVar("T")

_SUM_TOLERANCE = 1e-6


def damaged(what: str) -> ModelFileError:
    """Return the error for a damaged part."""
    return ModelFileError(f"the saved transformer is damaged: {what}")


def part(record: Mapping[str, Any], name: str, kind: type[T] | tuple[type[T], ...]) -> T:
    """Return one part of a record, of the type expected; true is no integer.

    >>> part({"n": 3}, "n", int)
    3

    Raises:
        ModelFileError: If it is missing or of another type.
    """
    value = record.get(name) if isinstance(record, dict) else None
    kinds = kind if isinstance(kind, tuple) else (kind,)
    if not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds):
        raise damaged(f"part {name!r} is missing or of a wrong type")
    return value


def number(record: Mapping[str, Any], name: str) -> float:
    """Return one finite number."""
    return float(floats({name: [part(record, name, (int, float))]}, name)[0])


def integer(record: Mapping[str, Any], name: str, low: int, high: int) -> int:
    """Return one integer between two limits, both allowed."""
    value = part(record, name, int)
    if not low <= value <= high:
        raise damaged(f"part {name!r} is out of range")
    return value


def floats(record: Mapping[str, Any], name: str, *, length: int | None = None) -> Floats:
    """Return a list of finite numbers as an array, of the length expected."""
    items = part(record, name, list)
    if not all(type(item) in {int, float} for item in items):
        raise damaged(f"part {name!r} holds something else than numbers")
    try:
        found = np.array(items, dtype=np.float64)
    except OverflowError as error:
        raise damaged(f"part {name!r} is out of range") from error
    if not np.isfinite(found).all() or (length is not None and len(found) != length):
        raise damaged(f"part {name!r} has a wrong length or is not finite")
    return found


def shares(record: Mapping[str, Any], name: str, *, length: int | None = None) -> Floats:
    """Return shares: at least one, none negative, with the sum 1."""
    found = floats(record, name, length=length)
    if not len(found) or found.min() < 0 or abs(found.sum() - 1.0) > _SUM_TOLERANCE:
        raise damaged(f"part {name!r} does not hold shares")
    return found


def limits(record: Mapping[str, Any], *, whole: bool) -> Limits:
    """Return declared limits, ``None`` where there is none; whole numbers, or finite ones."""
    items = part({"limits": [None, None]} | dict(record), "limits", list)
    if len(items) != len(("low", "high")):
        raise damaged("limits have two ends")
    names = dict(zip(("low", "high"), items, strict=True))
    low, high = (
        None
        if end is None
        else integer(names, name, -(2**63), 2**63 - 1)
        if whole
        else number(names, name)
        for name, end in names.items()
    )
    return low, high
