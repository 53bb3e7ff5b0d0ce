"""What is counted of real data before anything is trained: rows, nulls, key mismatches."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from synthohive_jupyter.errors import SchemaError
from synthohive_jupyter.io.lookup import complete, locate
from synthohive_jupyter.io.relations import (
    Frame,
    is_spark,
    join_on,
    key_names,
    keyed,
    present,
    quote,
    require_unique,
    same_kind,
)
from synthohive_jupyter.schema.facts import ColumnFacts, KeyFacts, TableFacts, kind_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from synthohive_jupyter.schema.metadata import ForeignKey, Metadata

_KINDS_OF_OBJECTS = {
    "integer": "int", "floating": "float", "decimal": "float", "mixed-integer-float": "float",
    "boolean": "bool", "date": "date", "datetime": "datetime", "datetime64": "datetime",
    "bytes": "binary",
}  # fmt: skip


def facts(frames: Mapping[str, Frame], metadata: Metadata) -> dict[str, TableFacts]:
    """Count rows, nulls, repeated primary keys, and foreign keys without a parent.

    Spark frames are counted by Spark and only the counts come to the driver. What cannot be counted
    because the data does not fit the description (a missing column, keys of other types) is left
    out: `find_problems` says why.

    Args:
        frames: Table name to pandas or Spark frame; tables may be missing.
        metadata: The description.

    Raises:
        DataError: If a key joins a pandas and a Spark frame, or column names repeat.
    """
    columns = {name: _column_facts(frame) for name, frame in frames.items()}
    return {name: _table(name, frames, columns, metadata) for name in frames}


def _column_facts(frame: Frame) -> dict[str, ColumnFacts]:
    require_unique([str(name) for name in frame.columns])
    if not is_spark(frame):
        nulls = frame.isna().sum().tolist()
        return {
            str(name): ColumnFacts(_kind(frame.iloc[:, i]), str(frame.dtypes.iloc[i]), nulls[i])
            for i, name in enumerate(frame.columns)
        }
    counts = _row(frame, [_null_count([name]) for name in frame.columns])
    return {
        name: ColumnFacts(kind_of(dtype), dtype, count)
        for (name, dtype), count in zip(frame.dtypes, counts, strict=True)
    }


def _kind(values: pd.Series[Any]) -> str:
    """Return the kind of a pandas column; of Python objects it is what they are."""
    kind = kind_of(str(values.dtype))
    if isinstance(values.dtype, pd.CategoricalDtype):
        return "text"
    if values.dtype != object:
        return kind
    return _KINDS_OF_OBJECTS.get(pd.api.types.infer_dtype(values, skipna=True), kind)


def _table(
    name: str,
    frames: Mapping[str, Frame],
    columns: Mapping[str, dict[str, ColumnFacts]],
    metadata: Metadata,
) -> TableFacts:
    frame = frames[name]
    spark = is_spark(frame)
    table = metadata.tables.get(name)
    pk = table.primary_key if table is not None else ()
    counted = bool(pk) and set(pk) <= set(columns[name])
    keys: dict[str, KeyFacts] = {}
    bounded = _bounded(metadata, name)
    for key in _foreign_keys(metadata, name):
        if key.parent in frames and _comparable(key, columns[name], columns[key.parent]):
            found = _key_facts(frame, frames[key.parent], key)
            if key == bounded:
                found = replace(found, children=_family_sizes(frame, frames[key.parent], key))
            keys[key.name] = found
    return TableFacts(
        columns=_with_fractions(frame, columns[name], pk),
        rows=frame.count() if spark else len(frame),
        pk_duplicates=_duplicates(frame, pk) if counted else None,
        pk_nulls=_incomplete(frame, pk) if counted else None,
        keys=keys,
        label="Spark DataFrame" if spark else "DataFrame",
    )


def _bounded(metadata: Metadata, name: str) -> ForeignKey | None:
    """Return the driving key of a table for which bounds of its rows per parent are declared."""
    table = metadata.tables.get(name)
    if table is None or table.children is None:
        return None
    try:
        return metadata.driving_key(name)
    except SchemaError:
        return None


def _family_sizes(frame: Frame, parent: Frame, key: ForeignKey) -> tuple[int, int] | None:
    """Return the smallest and the largest number of rows of one parent, childless ones included."""
    if not same_kind(frame, parent):
        places = locate(frame, key.columns, parent, key.parent_columns)
        sizes = np.bincount(places[places >= 0], minlength=len(parent))
        return (int(sizes.min()), int(sizes.max())) if len(sizes) else None
    names = key_names(key.columns)
    grouped = keyed(frame.filter(present(key.columns)), key.columns).groupBy(*names).count()
    joined = keyed(parent, key.parent_columns).join(grouped, on=names, how="left")
    rows, low, high = _row(
        joined,
        ["count(1)"] + [f"coalesce({best}(coalesce(`count`, 0L)), 0L)" for best in ("min", "max")],
    )
    return (low, high) if rows else None


def _with_fractions(
    frame: Frame, columns: dict[str, ColumnFacts], pk: Sequence[str]
) -> dict[str, ColumnFacts]:
    """Return the facts of columns; of numbers in the primary key also whether they are whole."""
    numbers = [c for c in pk if c in columns and columns[c].kind == "float"]
    if not numbers:
        return columns
    if is_spark(frame):
        counts = _row(
            frame,
            [
                f"coalesce(sum(case when {quote(c)} <> floor({quote(c)}) then 1 else 0 end), 0)"
                for c in numbers
            ],
        )
    else:
        counts = [int((frame[c].dropna() % 1 != 0).sum()) for c in numbers]
    found = dict(zip(numbers, counts, strict=True))
    return {c: replace(f, fractions=found.get(c, 0) > 0) for c, f in columns.items()}


def _foreign_keys(metadata: Metadata, name: str) -> tuple[ForeignKey, ...]:
    """Return the foreign keys of a table; none where the description itself is broken."""
    try:
        return metadata.tables[name].foreign_keys if name in metadata.tables else ()
    except SchemaError:
        return ()


def _comparable(
    key: ForeignKey, own: Mapping[str, ColumnFacts], other: Mapping[str, ColumnFacts]
) -> bool:
    if len(key.columns) != len(key.parent_columns):
        return False
    for column, target in zip(key.columns, key.parent_columns, strict=True):
        if column not in own or target not in other:
            return False
        kinds = {own[column].kind, other[target].kind}
        if len(kinds) > 1 and not kinds <= {"int", "float"}:
            return False
    return True


def _key_facts(frame: Frame, parent: Frame, key: ForeignKey) -> KeyFacts:
    if not same_kind(frame, parent):
        known = complete(frame, key.columns)
        found = locate(frame, key.columns, parent, key.parent_columns) >= 0
        return KeyFacts(nulls=int((~known).sum()), orphans=int((known & ~found).sum()))
    targets = keyed(parent, key.parent_columns).distinct()
    known_rows = frame.filter(present(key.columns))
    orphans = join_on(known_rows, key.columns, targets, "left_anti").count()
    return KeyFacts(nulls=_incomplete(frame, key.columns), orphans=orphans)


def _incomplete(frame: Frame, columns: Sequence[str]) -> int:
    """Return the number of rows with a null in one of ``columns``."""
    if not is_spark(frame):
        return int((~complete(frame, columns)).sum())
    return _row(frame, [_null_count(columns)])[0]


def _duplicates(frame: Frame, columns: Sequence[str]) -> int:
    """Return the number of rows whose complete key occurs in another row too."""
    if not is_spark(frame):
        known = frame.loc[complete(frame, columns), list(columns)]
        return int(known.duplicated(keep=False).sum())
    known = keyed(frame.filter(present(columns)), columns)
    groups = known.groupBy(*known.columns).count().filter("`count` > 1")
    return _row(groups, ["coalesce(sum(`count`), 0)"])[0]


def _null_count(columns: Sequence[str]) -> str:
    return f"coalesce(sum(case when {present(columns)} then 0 else 1 end), 0)"


def _row(frame: Frame, expressions: Sequence[str]) -> list[int]:
    """Return the integers that aggregate ``expressions`` give over a Spark frame."""
    named = [f"{text} as v{i}" for i, text in enumerate(expressions)]
    return [int(value) for value in frame.selectExpr(*named).collect()[0]]
