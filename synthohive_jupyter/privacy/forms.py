"""Values as text and back: every rule works on text, every column returns in its own type."""

from __future__ import annotations

import datetime as dt
import decimal
from typing import Any

import numpy as np
import pandas as pd

from synthohive_jupyter.errors import PrivacyError
from synthohive_jupyter.privacy.providers import (
    DATE,
    DIGITS,
    NUMBER,
    PROVIDERS,
    canonical,
    infer_provider,
)
from synthohive_jupyter.privacy.rows import lane_key
from synthohive_jupyter.schema.facts import kind_of

_OBJECTS = {
    "date": "date", "datetime": "datetime", "decimal": "decimal", "integer": "int",
    "floating": "float", "boolean": "bool",
}  # fmt: skip
_NUMBERS = frozenset({"int", "float", "decimal", "bool"})
_DATES = frozenset({"date", "datetime"})
_FALLBACK = {
    "text": "neutral",
    **dict.fromkeys(_NUMBERS, "number"),
    **dict.fromkeys(_DATES, "date"),
}
_FLOAT_DIGITS = {"float16": 3, "float32": 7, "float64": 15}
_INTEGERS = frozenset(f"{sign}int{size}" for sign in ("", "u") for size in (8, 16, 32, 64))
_MOST_DIGITS = 18
_COORDINATES = frozenset({"latitude", "longitude"})


def describe(series: pd.Series[Any]) -> str:
    """Return the dtype of a column; for objects with what they are: ``object:date``."""
    if isinstance(series.dtype, pd.StringDtype):
        return f"string[{series.dtype.storage}]"  # its own text leaves the storage out
    if series.dtype != object:
        return str(series.dtype)
    inferred = pd.api.types.infer_dtype(series, skipna=True)
    return f"object:{inferred}" if inferred in _OBJECTS else "object"


def form_of(dtype: str) -> str:
    """Return ``text``, ``int``, ``float``, ``decimal``, ``bool``, ``date`` or ``datetime``.

    >>> [form_of(d) for d in ("object:date", "Int64", "datetime64[ns, UTC]", "category")]
    ['date', 'int', 'datetime', 'text']
    """
    if dtype.startswith("object:"):
        return _OBJECTS[dtype.removeprefix("object:")]
    kind = kind_of(dtype)
    return kind if kind in _FALLBACK else "text"


def provider_for(place: str, column: str, written: str | None, dtype: str) -> str:
    """Return the provider of a column: as the rule says, else by name, else by type.

    Raises:
        PrivacyError: If a rule asks for something that the column cannot hold.
    """
    form = form_of(dtype)
    chosen = canonical(written) if written else infer_provider(column)
    if chosen is not None and _fits(chosen, form):
        return chosen
    if written:
        raise PrivacyError(
            f"{place}: the column is {dtype} and cannot hold '{written}'; leave the provider out, "
            "or convert the column to text"
        )
    return _FALLBACK[form]


def _fits(provider: str, form: str) -> bool:
    made = PROVIDERS[provider]
    if form in _DATES:
        return made == DATE
    if form in _NUMBERS:
        return made == NUMBER or (made == DIGITS and form != "bool")
    return True


def as_text(series: pd.Series[Any]) -> tuple[np.ndarray, np.ndarray]:
    """Return the texts of the values that are not null, and where nulls are.

    A whole number reads the same whatever its type (``7`` for ``7.0``), midnight is a plain date.
    """
    nulls = series.isna().to_numpy(dtype=bool)
    values = series[~nulls].astype(object)
    if pd.api.types.infer_dtype(values, skipna=False) == "string":
        return values.to_numpy(), nulls
    try:
        codes, distinct = pd.factorize(values)
    except TypeError:  # lists, dictionaries: not hashable
        return np.array([_text(v) for v in values], dtype=object), nulls
    texts = np.empty(len(distinct), dtype=object)
    texts[:] = [_text(value) for value in distinct]
    return texts[codes], nulls


def _text(value: Any) -> str:  # noqa: ANN401 - whatever a cell holds
    if isinstance(value, (float, np.floating)) and float(value).is_integer():
        return str(int(value))
    if isinstance(value, decimal.Decimal):
        return format(value, "f")
    if isinstance(value, (dt.datetime, np.datetime64)):
        return str(pd.Timestamp(value)).removesuffix(" 00:00:00")
    if isinstance(value, bytes):
        return value.hex()
    return str(value)


def conform(texts: np.ndarray, dtype: str, provider: str) -> np.ndarray:
    """Return fakes as the column can hold them: only digits where it holds numbers."""
    form = form_of(dtype)
    if form not in _NUMBERS or provider in _COORDINATES:
        return texts
    size = _digits_of(dtype)
    known = {text: _digits(text, size) for text in set(texts.tolist())}
    return np.array([known[text] for text in texts.tolist()], dtype=object)


def _digits(text: str, size: int) -> str:
    """Return the last digits of a text; neutral text has none and gives the digits of its key."""
    digits = "".join(c for c in text if c in "0123456789") or str(int(lane_key(text)))
    return str(int(digits[-size:]))


def _digits_of(dtype: str) -> int:
    """Return how many digits surely fit into a number of that type."""
    name = dtype.removesuffix("[pyarrow]").lower().replace("double", "float64")
    if form_of(dtype) == "int" and name in _INTEGERS:
        return len(str(np.iinfo(name).max)) - 1
    return _FLOAT_DIGITS.get(name, _MOST_DIGITS)


def restore(texts: np.ndarray, nulls: np.ndarray, dtype: str, place: str) -> pd.Series[Any]:
    """Return a column of the given type from texts, null where ``nulls`` says.

    Args:
        texts: One text a row; what stands at a null does not count.
        nulls: Boolean array of the same length.
        dtype: As `describe` gives it.
        place: Table and column, for the message.

    Raises:
        PrivacyError: If the type cannot be built.
    """
    convert = _CONVERSIONS[form_of(dtype)]
    values = np.empty(len(texts), dtype=object)
    values[:] = [None if null else convert(t) for t, null in zip(texts, nulls, strict=True)]
    try:
        return _typed(pd.Series(values, dtype=object), dtype, has_nulls=bool(nulls.any()))
    except (TypeError, ValueError, NotImplementedError) as error:
        failure = type(error).__name__
    raise PrivacyError(f"{place}: fakes cannot be brought to the type {dtype} ({failure})")


def _typed(values: pd.Series[Any], dtype: str, *, has_nulls: bool) -> pd.Series[Any]:
    if dtype.startswith("object"):
        return values
    target: Any = pd.api.types.pandas_dtype(dtype)
    if isinstance(target, pd.DatetimeTZDtype):
        return pd.to_datetime(values).dt.tz_localize("UTC").astype(target)
    if isinstance(target, np.dtype) and target.kind == "M":
        return pd.to_datetime(values).astype(target)
    if isinstance(target, np.dtype) and has_nulls and target.kind in "iu":
        # A numpy integer has no null; its nullable twin has.
        twin = target.name.replace("uint", "UInt").replace("int", "Int")
        target = pd.api.types.pandas_dtype(twin)
    if isinstance(target, np.dtype) and has_nulls and target.kind == "b":
        target = pd.BooleanDtype()
    typed: pd.Series[Any] = values.astype(target)
    return typed


def _parity(text: str) -> bool:
    return int(text) % 2 == 1


_CONVERSIONS: dict[str, Any] = {
    "text": str,
    "int": lambda text: int(float(text)) if "." in text else int(text),
    "float": float,
    "decimal": decimal.Decimal,
    "bool": _parity,
    "date": dt.date.fromisoformat,
    "datetime": dt.datetime.fromisoformat,
}
