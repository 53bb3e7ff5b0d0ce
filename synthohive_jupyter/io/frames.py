"""Verbs over pandas and Spark frames: pandas stays pandas, Spark is computed by Spark.

This module imports no Spark: whether a frame is one is seen by its class.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from synthohive_jupyter.errors import DataError
from synthohive_jupyter.io.convert import from_pandas, to_pandas
from synthohive_jupyter.io.facts import facts
from synthohive_jupyter.io.lookup import complete, locate, taken
from synthohive_jupyter.io.relations import (
    Frame,
    is_spark,
    join_on,
    key_names,
    keyed,
    present,
    quote,
    same_kind,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = [
    "Frame", "child_counts", "columns", "count_values", "facts", "from_pandas", "is_spark",
    "left_join_context", "n_rows", "to_pandas",
]  # fmt: skip

CONTEXT_PREFIX = "__ctx__"


def columns(frame: Frame) -> list[str]:
    """Return the column names of a frame."""
    return [str(name) for name in frame.columns]


def n_rows(frame: Frame) -> int:
    """Return the number of rows; a Spark frame is counted by Spark."""
    return int(frame.count()) if is_spark(frame) else len(frame)


def count_values(frame: Frame, columns: str | Sequence[str]) -> pd.DataFrame:
    """Count the rows of each key value.

    Args:
        frame: pandas or Spark frame.
        columns: One column, or several that form the key.

    Returns:
        The key columns and ``count``, sorted by the key; rows with a null in the key are left out.

    Raises:
        DataError: If a key column is itself called ``count``.
    """
    names = _names(columns)
    if "count" in names:
        raise DataError("a key column cannot be called 'count' here; rename it", column="count")
    if not is_spark(frame):
        known = frame.loc[complete(frame, names), names]
        counts = known.groupby(names, sort=True, observed=True).size()
        return counts.rename("count").reset_index()
    groups = frame.filter(present(names)).groupBy(*map(quote, names)).count()
    return to_pandas(groups).sort_values(names, ignore_index=True)


def child_counts(
    parent: Frame, child: Frame, *, pk: str | Sequence[str], fk: str | Sequence[str]
) -> np.ndarray[Any, np.dtype[np.int64]]:
    """Count the children of each parent.

    Args:
        parent: Frame with the primary key ``pk``.
        child: Frame with the foreign key ``fk``; of the same kind as ``parent``.
        pk: Key column or columns of the parent.
        fk: Key column or columns of the child, in the same order.

    Returns:
        One integer per parent row, childless parents included; children with a null key or without
        a parent are left out. For pandas frames in the order of ``parent``; for Spark frames,
        which have no order, ascending.

    Raises:
        DataError: If only one of the frames is a Spark frame.

    >>> users = pd.DataFrame({"id": [1, 2, 3]})
    >>> orders = pd.DataFrame({"user_id": [3, 3, 1, 9]})
    >>> child_counts(users, orders, pk="id", fk="user_id")
    array([1, 0, 2])
    """
    own, other = _names(fk), _names(pk)
    if not same_kind(parent, child):
        places = locate(child, own, parent, other)
        return np.bincount(places[places >= 0], minlength=len(parent)).astype(np.int64)
    grouped = keyed(child.filter(present(own)), own).groupBy(*key_names(own)).count()
    sizes = keyed(parent, other).join(grouped, on=key_names(own), how="left")
    # The histogram of the counts is small whatever the number of parents.
    cells = sizes.selectExpr("coalesce(`count`, 0L) as size").groupBy("size").count()
    histogram = to_pandas(cells).sort_values("size")
    return np.repeat(
        histogram["size"].to_numpy(dtype=np.int64), histogram["count"].to_numpy(dtype=np.int64)
    )


def left_join_context(
    child: Frame,
    parent: Frame,
    *,
    fk: str | Sequence[str],
    pk: str | Sequence[str],
    columns: Sequence[str],
    prefix: str = CONTEXT_PREFIX,
) -> Frame:
    """Add columns of the parent to each child row, under a prefix so that names never collide.

    Args:
        child: Frame with the foreign key ``fk``.
        parent: Frame with the unique primary key ``pk``; of the same kind as ``child``.
        fk: Key column or columns of the child.
        pk: Key column or columns of the parent, in the same order.
        columns: Columns of the parent to add.
        prefix: Put in front of each of their names.

    Returns:
        The child with the columns ``prefix + column``, null where a row has no parent. pandas rows
        keep their order and index; ints and booleans with nulls become nullable dtypes.

    Raises:
        DataError: If only one of the frames is a Spark frame.
    """
    own, other = _names(fk), _names(pk)
    if same_kind(child, parent):
        more = [f"{quote(c)} as {quote(prefix + c)}" for c in columns]
        return join_on(child, own, keyed(parent, other, more=more), "left")
    places = locate(child, own, parent, other)
    context = taken(parent[list(columns)], places).set_axis(child.index, axis=0)
    return pd.concat([child, context.add_prefix(prefix)], axis=1)


def _names(columns: str | Sequence[str]) -> list[str]:
    return [columns] if isinstance(columns, str) else list(columns)
