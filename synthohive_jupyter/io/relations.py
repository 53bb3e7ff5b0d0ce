"""Joins and filters of Spark frames, written as SQL text.

Classic Spark and Spark Connect have `Column` classes that do not mix, and one process may hold
frames of both. Text works on either, and needs no import of pyspark.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from synthohive_jupyter.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Sequence

Frame = Any
"""A pandas or a Spark DataFrame."""

_SIMPLE = ("string", "boolean", "date", "timestamp", "decimal", "float", "double", "binary")
_INTEGERS = ("tinyint", "smallint", "int", "bigint")


def is_spark(frame: object) -> bool:
    """Return whether ``frame`` is a Spark DataFrame, classic or Connect, without importing Spark.

    >>> is_spark([1, 2])
    False
    """
    return any(
        cls.__name__ == "DataFrame" and cls.__module__.startswith("pyspark.sql")
        for cls in type(frame).__mro__
    )


def same_kind(first: Frame, second: Frame) -> bool:
    """Return whether two frames are Spark frames; raise where only one of them is.

    Raises:
        DataError: If one is a pandas and the other a Spark frame.
    """
    kinds = is_spark(first), is_spark(second)
    if kinds[0] != kinds[1]:
        raise DataError(
            "a pandas and a Spark DataFrame cannot be joined; give both tables as the same kind"
        )
    return kinds[0]


def require_unique(names: Sequence[str]) -> None:
    """Raise where two columns of a frame have the same name.

    Raises:
        DataError: Naming the first such column.
    """
    repeated = sorted(name for name, times in Counter(names).items() if times > 1)
    if repeated:
        raise DataError("two columns have this name; rename one of them", column=repeated[0])


def quote(name: str) -> str:
    """Return an identifier in backticks.

    >>> quote("a`b.c")
    '`a``b.c`'
    """
    return "`" + name.replace("`", "``") + "`"


def present(columns: Sequence[str]) -> str:
    """Return the condition that no column is null.

    >>> present(["a", "b"])
    '`a` is not null and `b` is not null'
    """
    return " and ".join(f"{quote(c)} is not null" for c in columns)


def key_names(columns: Sequence[str]) -> list[str]:
    """Return the neutral names under which key columns are joined.

    >>> key_names(["user id", "b"])
    ['__key0', '__key1']
    """
    return [f"__key{i}" for i in range(len(columns))]


def keyed(frame: Frame, columns: Sequence[str], *, more: Sequence[str] = ()) -> Frame:
    """Return the key columns of a Spark frame under neutral names, and ``more`` expressions."""
    names = key_names(columns)
    keys = [f"{quote(c)} as {k}" for c, k in zip(columns, names, strict=True)]
    return frame.selectExpr(*keys, *more)


def join_on(
    frame: Frame, columns: Sequence[str], other: Frame, how: str, *, keep_keys: bool = False
) -> Frame:
    """Join a Spark frame to a frame made by `keyed`; all columns of ``frame`` stay as they are."""
    names = key_names(columns)
    keys = [f"{quote(c)} as {k}" for c, k in zip(columns, names, strict=True)]
    joined = frame.selectExpr("*", *keys).join(other, on=names, how=how)
    return joined if keep_keys else joined.drop(*names)


def hash_text(frame: Frame, columns: Sequence[str], seed: int) -> str:
    """Return an expression for a 64-bit hash of ``columns``; equal on every engine.

    Integers are widened, because their hash depends on their width. Columns of nested types are
    left out: engines differ on them.
    """
    types = dict(frame.dtypes)
    parts = []
    for column in columns:
        dtype = types[column]
        if dtype in _INTEGERS:
            parts.append(f"cast({quote(column)} as bigint)")
        elif dtype.startswith(_SIMPLE):
            parts.append(quote(column))
    return f"xxhash64({', '.join([*parts, f'{seed}L'])})"
