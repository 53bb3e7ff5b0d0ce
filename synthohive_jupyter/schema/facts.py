"""`TableFacts`: what is known of a table's data without holding any of it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

KINDS = ("int", "float", "bool", "text", "date", "datetime", "binary", "other")


@dataclass(frozen=True, slots=True)
class ColumnFacts:
    """One column.

    Attributes:
        kind: One of `KINDS`.
        dtype: The type as its owner writes it (``int64``, ``bigint``), for messages.
        nulls: Number of nulls, or ``None`` where nobody counted.
        fractions: Whether some numbers are known not to be whole; looked at in key columns.
    """

    kind: str
    dtype: str
    nulls: int | None = None
    fractions: bool = False


@dataclass(frozen=True, slots=True)
class KeyFacts:
    """What was counted of a foreign key.

    Attributes:
        nulls: Rows with a null in one of its columns.
        orphans: Rows that point to no row of the parent.
        children: Smallest and largest number of rows that point to one row of the parent. Counted
            of a driving key with declared bounds alone; else, and where the parent has no row,
            ``None``.
    """

    nulls: int
    orphans: int
    children: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class TableFacts:
    """One table.

    Attributes:
        columns: Column name to facts, in the order of the data.
        rows: Number of rows, or ``None`` where nobody counted.
        pk_duplicates: Rows whose primary key occurs elsewhere too, or ``None``.
        pk_nulls: Rows whose primary key is null, or ``None``.
        keys: Foreign key name to counts, where counted.
        label: How the data is called in messages: ``"DataFrame"``, ``"Spark DataFrame"``, a path.
    """

    columns: Mapping[str, ColumnFacts]
    rows: int | None = None
    pk_duplicates: int | None = None
    pk_nulls: int | None = None
    keys: Mapping[str, KeyFacts] = field(default_factory=dict)
    label: str = ""


_PATTERNS = (
    ("bool", r"bool"),
    ("datetime", r"datetime|timestamp"),
    ("date", r"date"),
    ("float", r"(half)?float|double|decimal|numeric|real"),
    ("int", r"u?int|long|short|byte(?!s)|tinyint|smallint|bigint"),
    ("text", r"object|(large_)?(str|utf8)|n?(var)?char|text|category|dictionary"),
    ("binary", r"(large_|fixed_size_|var)?binary|bytes"),
)

_OBJECTS = {
    "bool": "bool", "int": "int", "float": "float", "Decimal": "float", "date": "date",
    "datetime": "datetime", "Timestamp": "datetime", "bytes": "binary",
}  # fmt: skip
"""Python types in a pandas column of objects, and their kinds; any other is text."""


def kind_of(dtype: str) -> str:
    """Return the kind of a type name of pandas, Arrow or Spark.

    >>> [kind_of(t) for t in ("bigint", "Float32", "object", "timestamp_ntz", "array<int>")]
    ['int', 'float', 'text', 'datetime', 'other']
    """
    lowered = dtype.lower()
    if re.match(r"(array|map|struct|list|interval|timedelta|duration|period|sparse)", lowered):
        return "other"
    return next((kind for kind, pattern in _PATTERNS if re.match(pattern, lowered)), "other")


def describe(frame: Any) -> TableFacts:  # noqa: ANN401 - any frame with dtypes
    """Return the facts of anything with ``dtypes``: a pandas or a Spark frame, or facts themselves.

    Nothing is counted (`io.facts.facts` counts); a pandas column of objects is judged by the first
    of them.
    """
    if isinstance(frame, TableFacts):
        return frame
    dtypes = frame.dtypes
    if isinstance(dtypes, list):
        return TableFacts({name: ColumnFacts(kind_of(dtype), dtype) for name, dtype in dtypes})
    columns = {}
    for position, (name, dtype) in enumerate(dtypes.items()):
        kind = kind_of(str(dtype))
        if str(dtype) == "object":
            present = frame.iloc[:, position].dropna()
            kind = _OBJECTS.get(type(present.iloc[0]).__name__, kind) if len(present) else kind
        columns[str(name)] = ColumnFacts(kind, str(dtype))
    return TableFacts(columns)
