"""The real tables while they are learnt: each read once, in one order, with who points to whom."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from pandas.api.types import is_numeric_dtype, pandas_dtype

from synthohive_jupyter.engine.marks import content_digest
from synthohive_jupyter.io import frames
from synthohive_jupyter.io.lookup import complete, locate
from synthohive_jupyter.io.relations import quote
from synthohive_jupyter.relational.keys.references import NULL, whole_dtype, whole_numbers

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from synthohive_jupyter.relational.steps import Plan, TableStep
    from synthohive_jupyter.schema.metadata import ForeignKey, Metadata

    Positions = NDArray[np.int64]


class RealTables:
    """The data of a plan on the driver (`relational.ancestry.Tables`).

    Args:
        data: Table name to its frame, pandas or Spark.
        plan: Which columns of them are read.
        metadata: The description.
    """

    def __init__(self, data: Mapping[str, Any], plan: Plan, metadata: Metadata) -> None:
        self._data = data
        self._plan = plan
        self._metadata = metadata
        self._frames: dict[str, pd.DataFrame] = {}
        self._positions: dict[tuple[str, str], Positions] = {}
        self._digests: dict[str, str] = {}

    def frame(self, table: str) -> pd.DataFrame:
        """Return a whole table: null where a key points to a row that a kept table lacks."""
        if table not in self._frames:
            step = self._plan.step(table)
            frame = _only(self._data[table], step.columns)
            whole = frames.to_pandas(frame)
            if frames.is_spark(frame):
                whole = _in_one_order(whole)
            whole = whole.reset_index(drop=True)
            for key in step.kept_keys:
                free = self._metadata.tables[table].null_columns(key)
                whole = _without_orphans(whole, key, self.frame(key.parent), free)
            self._frames[table] = whole
        return self._frames[table]

    def rows(self, table: str) -> int:
        """Return the number of rows of a table."""
        return len(self.frame(table))

    def digest(self, table: str) -> str:
        """Return a digest of a table's content; it is remembered when the rows are not any more."""
        if table not in self._digests:
            self._digests[table] = content_digest(self.frame(table))
        return self._digests[table]

    def columns(self, table: str, names: Sequence[str]) -> pd.DataFrame:
        """Return columns of a table, row by row."""
        return self.frame(table)[list(names)]

    def positions(self, table: str, key: ForeignKey) -> Positions:
        """Return the position of each row's parent; `NULL` for nulls and orphans."""
        place = table, key.name
        if place not in self._positions:
            child, parent = self.frame(table), self.frame(key.parent)
            self._positions[place] = locate(child, key.columns, parent, key.parent_columns)
        return self._positions[place]

    def release(self, done: Sequence[TableStep]) -> None:
        """Forget the tables that no step to come looks at."""
        over = {step.table for step in done}
        for table in list(self._frames):
            readers = {step.table for step in self._plan.readers(table)}
            # Ancestors are climbed through every table on the way.
            if table in over and readers <= over:
                del self._frames[table]


def _only(frame: Any, columns: Sequence[str]) -> Any:  # noqa: ANN401 - any frame
    """Return the frame with these columns alone."""
    return frame[[quote(c) for c in columns] if frames.is_spark(frame) else list(columns)]


def _in_one_order(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the rows in an order of their own: Spark promises none, the same fit needs one."""
    digests = pd.util.hash_pandas_object(frame, index=False).to_numpy()
    return frame.iloc[np.argsort(digests, kind="stable")]


def _without_orphans(
    own: pd.DataFrame, key: ForeignKey, kept: pd.DataFrame, free: Sequence[str]
) -> pd.DataFrame:
    """Return the rows with null for keys that the kept table lacks; numbers become whole ones.

    Args:
        own: The rows.
        key: The key.
        kept: The kept table.
        free: Its columns that may be null: those that no other key needs.
    """
    nowhere = locate(own, key.columns, kept, key.parent_columns) == NULL
    known = ~(nowhere & complete(own, key.columns))
    columns = {}
    for column in key.columns:
        values = own[column]
        stays = known if column in free else np.ones(len(own), dtype=np.bool_)
        if is_numeric_dtype(values.dtype) and whole_numbers(values):
            dtype = str(values.dtype)
            exact = values.astype(pandas_dtype(whole_dtype(dtype, nullable=True))).where(stays)
            held = whole_dtype(dtype, nullable=bool(exact.isna().any()))
            columns[column] = exact.astype(pandas_dtype(held))
        else:
            columns[column] = values.where(stays)
    return own.assign(**columns)
