"""Values in boxes: Python objects in object columns, Arrow columns, unsigned integers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa

from synthohive_jupyter.errors import DataError
from synthohive_jupyter.tabular import decimals, temporal

if TYPE_CHECKING:
    from synthohive_jupyter.tabular.codecs import Flags, Integers, Values
    from synthohive_jupyter.tabular.storage import Storage

KINDS = {
    "string": ("text", "str"),
    "empty": ("text", "empty"),
    "boolean": ("bool", "bool"),
    "integer": ("number", "int"),
    "floating": ("number", "float"),
    "mixed-integer-float": ("number", "float"),
    "decimal": ("number", "decimal"),
    "date": ("temporal", "date"),
    "datetime": ("temporal", "datetime"),
    "datetime64": ("temporal", "datetime"),
}
"""What pandas calls objects: the canonical kind, and the name used here."""

_ONE_TYPE = "convert the column to one type of numbers, text, dates or booleans, or leave it out"
_NULLS = {"None": None, "nan": float("nan"), "NA": pd.NA, "NaT": pd.NaT}
_SIGN = np.int64(-(2**63))


def describe(series: pd.Series[Any], table: str) -> dict[str, Any]:
    """Return the parts of a `Storage` that tell the objects of an object column.

    Raises:
        DataError: If they are of several types, or of one that cannot be modelled.
    """
    place = (table, str(series.name))
    found = pd.api.types.infer_dtype(series, skipna=True)
    if found not in KINDS:
        what = "values of several types" if found.startswith("mixed") else f"{found} objects"
        raise DataError(f"holds {what}; {_ONE_TYPE}", table=table, column=place[1])
    kind, name = KINDS[found]
    parts: dict[str, Any] = {"kind": kind, "objects": name, "whole": name in {"int", "decimal"}}
    nulls = series.isna().to_numpy(dtype=np.bool_)
    if nulls.any():
        null = series.iloc[int(nulls.argmax())]
        names = (("None", null is None), ("NA", null is pd.NA), ("NaT", null is pd.NaT))
        parts["null"] = next((text for text, same in names if same), "nan")
    if name == "date":
        parts["unit"] = "D"
    if name == "datetime":
        parts["unit"] = "us"
        parts["tz"] = temporal.datetime_ticks(series[~nulls].to_numpy()[:1])[1]
    if name == "decimal":
        try:
            parts["scale"] = decimals.scale_of(series[~nulls].to_numpy())
        except OverflowError:
            raise _too_long(place) from None
    return parts


def from_objects(objects: Values, storage: Storage, place: tuple[str, str]) -> Values:
    """Return objects, none of them null, in canonical form.

    Raises:
        DataError: If numbers do not fit 64 bits, or dates are mixed with times.
    """
    if storage.objects == "date":
        days = temporal.date_ticks(objects)
        if days is None:
            raise DataError(f"holds dates and times; {_ONE_TYPE}", table=place[0], column=place[1])
        return days
    if storage.objects == "datetime":
        return temporal.datetime_ticks(objects)[0]
    try:
        if storage.objects == "decimal":
            return decimals.to_ticks(objects, storage.scale)
        return objects.astype(storage.canonical)
    except OverflowError:
        raise _too_long(place) from None


def to_objects(values: Values, nulls: Flags, storage: Storage) -> Values:
    """Return canonical values as objects of the original type, nulls as the original null."""
    if storage.form:
        objects = temporal.format_iso(values, storage.form).astype(object)
    elif storage.objects == "date":
        objects = values.view("M8[D]").astype(object)
    elif storage.objects == "datetime":
        objects = temporal.datetime_objects(values, storage.tz)
    elif storage.objects == "decimal":
        objects = decimals.to_objects(values, storage.scale)
    else:
        objects = values.astype(object)
    objects[nulls] = _NULLS[storage.null]
    return objects


def from_arrow(series: pd.Series[Any], table: str) -> pd.Series[Any]:
    """Return a column of an Arrow dtype as one of the nearest other dtype.

    Raises:
        DataError: If its type cannot be modelled, or cannot be named to build it again.
    """
    dtype = series.dtype
    assert isinstance(dtype, pd.ArrowDtype)
    arrow = dtype.pyarrow_dtype
    try:
        named = pa.type_for_alias(str(arrow)) == arrow
    except ValueError:
        named = False
    kind = {"i": "Int64", "u": "UInt64", "f": "Float64", "b": "boolean", "U": "object"}
    target = kind.get(dtype.kind) if named else None
    if named and pa.types.is_date(arrow):
        target = "object"
    elif named and pa.types.is_timestamp(arrow):
        target = f"datetime64[{arrow.unit}]"
    if target is None:
        raise DataError(
            f"columns of type {dtype} cannot be modelled; convert it with astype",
            table=table,
            column=str(series.name),
        )
    return series.astype(pd.api.types.pandas_dtype(target))


def signed(values: Values) -> Integers:
    """Return unsigned 64-bit integers as signed ones in the same order."""
    return values.view(np.int64) ^ _SIGN


def unsigned(values: Integers) -> Values:
    """Undo `signed`."""
    return (values ^ _SIGN).view(np.uint64)


def _too_long(place: tuple[str, str]) -> DataError:
    return DataError(
        "holds numbers with more digits than 64 bits can hold; convert the column to float or text",
        table=place[0],
        column=place[1],
    )
