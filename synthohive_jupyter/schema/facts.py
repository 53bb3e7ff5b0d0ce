"""`TableFacts`: what is known of a table's data without holding any of it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

KINDS = ("int", "float", "bool", "text", "date", "datetime", "binary", "other")


@dataclass(frozen=True, slots=True)
class ColumnFacts:
    """One column.

    Attributes:
        kind: One of `KINDS`.
        dtype: The type as its owner writes it (``int64``, ``bigint``), for messages.
        nulls: Number of nulls, or ``None`` where nobody counted.
    """

    kind: str
    dtype: str
    nulls: int | None = None


@dataclass(frozen=True, slots=True)
class KeyFacts:
    """What was counted of a foreign key: rows with a null, rows without a parent."""

    nulls: int
    orphans: int


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
    ("float", r"float|double|decimal|numeric|real"),
    ("int", r"u?int|long|short|byte(?!s)|tinyint|smallint|bigint"),
    ("text", r"object|str|char|text|category"),
    ("binary", r"binary|bytes"),
)


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

    Nothing is counted; `io.frames.facts` counts.
    """
    if isinstance(frame, TableFacts):
        return frame
    dtypes = frame.dtypes
    pairs: Iterable[tuple[Any, Any]] = dtypes if isinstance(dtypes, list) else dtypes.items()
    return TableFacts(
        {str(name): ColumnFacts(kind_of(str(dtype)), str(dtype)) for name, dtype in pairs}
    )
