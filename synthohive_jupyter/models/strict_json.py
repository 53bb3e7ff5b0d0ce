"""JSON of model files: finite bounded numbers, no repeated names, no deep nesting."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

from synthohive_jupyter.errors import ModelFileError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

MAX_DEPTH = 64
_MAX_INTEGER = 2**64


def parse_json(data: bytes, where: str) -> Any:  # noqa: ANN401 - any JSON value
    """Parse JSON that has nothing unusual in it.

    Raises:
        ModelFileError: If it is something else.

    >>> parse_json(b'{"a": [1, 2.5, null]}', "text")
    {'a': [1, 2.5, None]}
    """
    try:
        value = json.loads(
            data.decode("utf-8"),
            parse_constant=_refuse,
            parse_float=_finite,
            parse_int=_bounded,
            object_pairs_hook=_distinct,
        )
        _check_depth(value)
    except (ValueError, RecursionError) as error:
        raise ModelFileError(f"{where} is not valid: damaged or hostile JSON") from error
    return value


def _refuse(text: str) -> float:
    raise ValueError(text)


def _finite(text: str) -> float:
    value = float(text)
    return value if math.isfinite(value) else _refuse(text)


def _bounded(text: str) -> int:
    value = int(text)
    if abs(value) > _MAX_INTEGER:
        raise ValueError(text)
    return value


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    values = dict(pairs)
    if len(values) < len(pairs):
        raise ValueError("repeated name")
    return values


def _check_depth(value: object) -> None:
    level = [value]
    for _ in range(MAX_DEPTH):
        level = [part for item in level for part in _parts(item)]
        if not level:
            return
    raise ValueError("nested too deeply")


def _parts(value: object) -> Iterator[object]:
    if isinstance(value, dict):
        return iter(value.values())
    return iter(value) if isinstance(value, list) else iter(())


def whole(record: Mapping[str, Any], name: str) -> int:
    """Return a whole number from 0 of a configuration, or raise `ModelFileError`."""
    value = record.get(name)
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise ModelFileError(f"the saved model has no whole number {name!r}")
    return value


def number(record: Mapping[str, Any], name: str) -> float:
    """Return a number of a configuration, or raise `ModelFileError`."""
    value = record.get(name)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise ModelFileError(f"the saved model has no number {name!r}")
    return float(value)
