"""Keys: who points to whom, in columns of key values, and that all of it holds.

Inside the engine a reference is a *position*: the row number of the parent, or ``-1`` for null. Key
values appear only when columns are written out, so a foreign key can only be the key of a row. A
key is a tuple of columns throughout; one column is a tuple of one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from synthohive_jupyter.errors import DataError
from synthohive_jupyter.io.lookup import complete, locate
from synthohive_jupyter.relational.keys.formats import (
    NULL,
    KeyFormat,
    whole_dtype,
    whole_numbers,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import ArrayLike, NDArray

    Positions = NDArray[np.int64]

__all__ = [
    "NULL", "KeyFormat", "check_foreign_key", "check_primary_key", "merge_columns",
    "number_in_family", "number_within", "refer", "repeat_parents", "whole_dtype", "whole_numbers",
]  # fmt: skip

_BUG = " (a mistake of this package: please report it)"


def refer(
    formats: Sequence[KeyFormat],
    keys: pd.DataFrame,
    positions: Positions,
    *,
    nullable: bool,
) -> list[pd.Series]:
    """Return the columns of a foreign key that points to the parents at ``positions``.

    Args:
        formats: Format of each column of the foreign key.
        keys: Keys of all parents, one column for each format, in the same order: that of
            `ForeignKey.parent_columns`, which need not be the order of the parent's primary key.
        positions: Row number of a parent per row, `NULL` for none.
        nullable: Whether the key can be null.

    Returns:
        One column for each format, in the types of the source. A row without a parent is null in
        all of them; `merge_columns` gives columns that it shares with other keys their values.

    >>> parents = pd.DataFrame({"shop": ["a", "b"], "id": [1, 1]})
    >>> text, whole = KeyFormat("text", "object"), KeyFormat("int", "int64")
    >>> shop, number = refer([text, whole], parents, np.array([1, NULL]), nullable=True)
    >>> shop.tolist(), number.tolist()
    (['b', None], [1, <NA>])
    """
    return [
        form.refer(keys.iloc[:, place], positions, nullable=nullable)
        for place, form in enumerate(formats)
    ]


def merge_columns(
    parts: Iterable[tuple[Sequence[str], Sequence[pd.Series]]], *, table: str
) -> dict[str, pd.Series]:
    """Return the key columns of a table, where keys may share columns.

    A column that is in several keys takes its value from whichever of them is not null in that
    row; that two of them differ has been ruled out when the parents were chosen.

    Args:
        parts: Column names and columns of each key, as `refer` returns them.
        table: Name of the table, for messages.

    Raises:
        DataError: If two keys disagree about a column they share.
    """
    merged: dict[str, pd.Series] = {}
    for names, columns in parts:
        for name, values in zip(names, columns, strict=True):
            known = merged.get(name)
            merged[name] = values if known is None else _merged(known, values, name, table)
    return merged


def _merged(first: pd.Series, second: pd.Series, name: str, table: str) -> pd.Series:
    one, two = first.isna().to_numpy(), second.isna().to_numpy()
    both = ~one & ~two
    if not (first[both].to_numpy(dtype=object) == second[both].to_numpy(dtype=object)).all():
        raise DataError(f"two keys disagree about a shared column{_BUG}", table=table, column=name)
    if not (one & ~two).any():
        # A column that is never null comes back in a type that need not hold nulls.
        return second if not two.any() and first.dtype != second.dtype else first
    if not two.any():
        return second
    if isinstance(first.dtype, pd.CategoricalDtype):  # each has the levels that it happens to have
        return first.astype(object).where(~one, second.astype(object)).astype("category")
    return first.where(~one, second)


def repeat_parents(counts: NDArray[np.int64]) -> Positions:
    """Return the parent's position of each child: parent ``i`` is repeated ``counts[i]`` times.

    >>> repeat_parents(np.array([2, 0, 1])).tolist()
    [0, 0, 2]
    """
    return np.repeat(np.arange(len(counts), dtype=np.int64), counts)


def number_in_family(family: Positions) -> Positions:
    """Return 0, 1, 2, … inside each run of equal positions.

    >>> number_in_family(np.array([0, 0, 2])).tolist()
    [0, 1, 0]
    """
    starts = np.flatnonzero(np.diff(family, prepend=-2))
    lengths = np.diff(starts, append=len(family))
    return np.arange(len(family), dtype=np.int64) - np.repeat(starts, lengths)


def number_within(*codes: ArrayLike) -> Positions:
    """Return 0, 1, 2, … inside each group of rows with equal codes, in the order of the rows.

    Args:
        codes: One or several arrays of the same length; a group has equal values in all of them.

    >>> number_within(np.array(["a", "b", "a", "a"]), np.array([1, 1, 1, 2])).tolist()
    [0, 0, 1, 0]
    """
    groups, order = _group_order(codes)
    numbers = np.empty(len(groups), dtype=np.int64)
    numbers[order] = number_in_family(groups[order])
    return numbers


def _group_order(codes: Sequence[ArrayLike]) -> tuple[Positions, Positions]:
    """Return the group of each row, and the rows group by group, each in its own order."""
    groups = pd.factorize(np.asarray(codes[0]), use_na_sentinel=False)[0].astype(np.int64)
    for code in codes[1:]:
        more, levels = pd.factorize(np.asarray(code), use_na_sentinel=False)
        # Made dense each time, so that the product cannot overflow.
        groups = pd.factorize(groups * max(len(levels), 1) + more)[0].astype(np.int64)
    return groups, np.argsort(groups, kind="stable")


def check_primary_key(frame: pd.DataFrame, columns: Sequence[str], *, table: str) -> None:
    """Raise unless every row has a primary key of its own.

    Args:
        frame: The table.
        columns: The columns of its primary key; none where it has no key.
        table: Its name.

    Raises:
        DataError: If a key is null in a column or occurs twice.
    """
    names = list(columns)
    if not names:
        return
    if not complete(frame, names).all() or frame.duplicated(names).any():
        raise DataError(
            f"generated primary keys are not unique{_BUG}", table=table, column=", ".join(names)
        )


def check_foreign_key(
    values: pd.DataFrame,
    keys: pd.DataFrame,
    *,
    table: str,
    nullable: bool,
) -> None:
    """Raise unless every key is that of a parent.

    A key with a null in any column refers to nobody (``MATCH SIMPLE``). Types need not agree:
    whole numbers match whatever they are stored as, text matches text.

    Args:
        values: The columns of the foreign key.
        keys: The columns that they point to, of every parent, in the same order.
        table: Name of the table that points.
        nullable: Whether a key may be null.

    Raises:
        DataError: If a key has no parent, or is null though it must not be.
    """
    names = [str(name) for name in values.columns]
    # Names may be those of both sides, and twice: positions tell columns apart.
    own = values.set_axis(range(len(names)), axis=1)
    other = keys.set_axis(range(len(names)), axis=1)
    nowhere = own[locate(own, list(own.columns), other, list(other.columns)) < 0]
    if nowhere.empty:
        return
    orphans = complete(nowhere, list(nowhere.columns))
    if not nullable and not orphans.all():
        raise DataError(f"a generated key is null{_BUG}", table=table, column=", ".join(names))
    if orphans.any():
        raise DataError(
            f"a generated key has no parent{_BUG}", table=table, column=", ".join(names)
        )
