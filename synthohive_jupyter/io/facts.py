"""What is counted of real data before anything is trained: rows, nulls, key mismatches."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from synthohive_jupyter.errors import SchemaError
from synthohive_jupyter.io.lookup import complete, locate
from synthohive_jupyter.io.relations import (
    Frame,
    is_spark,
    join_on,
    keyed,
    present,
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
    for key in _foreign_keys(metadata, name):
        if key.parent in frames and _comparable(key, columns[name], columns[key.parent]):
            keys[key.name] = _key_facts(frame, frames[key.parent], key)
    return TableFacts(
        columns=columns[name],
        rows=frame.count() if spark else len(frame),
        pk_duplicates=_duplicates(frame, pk) if counted else None,
        pk_nulls=_incomplete(frame, pk) if counted else None,
        keys=keys,
        label="Spark DataFrame" if spark else "DataFrame",
    )


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
