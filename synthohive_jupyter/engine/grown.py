"""The generated tables: drafts whose keys are not all placed, and finished ones, here or stored."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from synthohive_jupyter.errors import StorageError
from synthohive_jupyter.io.lookup import NULLABLE, locate
from synthohive_jupyter.relational.keys.references import NULL, merge_columns

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from numpy.typing import NDArray

    from synthohive_jupyter.engine.writing import TableWriter
    from synthohive_jupyter.relational.steps import Plan, TableStep
    from synthohive_jupyter.schema.metadata import ForeignKey

    Positions = NDArray[np.int64]


@dataclass(slots=True)
class Draft:
    """A table whose rows are drawn.

    Attributes:
        step: The table.
        drawn: The modelled columns.
        wanted: What the rows look for in the parents of their other keys.
        positions: Foreign key name to each row's parent.
        keys: Key columns, as far as they are filled.
        closed: Key column to the rows whose null there is final; elsewhere another key that shares
            the column may fill it.
    """

    step: TableStep
    drawn: pd.DataFrame
    wanted: pd.DataFrame
    positions: dict[str, Positions] = field(default_factory=dict)
    keys: dict[str, pd.Series] = field(default_factory=dict)
    closed: dict[str, NDArray[np.bool_]] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.drawn)

    @property
    def filled(self) -> pd.DataFrame:
        """All columns that stand: values and keys."""
        return self.drawn.assign(**self.keys)

    def drop(self, lost: NDArray[np.bool_]) -> None:
        """Leave out rows."""
        stay = ~lost
        self.drawn = self.drawn[stay].reset_index(drop=True)
        self.wanted = self.wanted[stay].reset_index(drop=True)
        self.positions = {name: found[stay] for name, found in self.positions.items()}
        self.keys = {c: values[stay].reset_index(drop=True) for c, values in self.keys.items()}
        self.closed = {c: rows[stay] for c, rows in self.closed.items()}

    def fill(self, column: str, values: pd.Series, *, final: bool, table: str) -> None:
        """Fill a key column, or what an earlier key has left open of it.

        Args:
            column: Its name.
            values: One for each row; where the column stands, the same or null.
            final: Whether a null in it is final.
            table: Name of the table, for messages.
        """
        if column in self.drawn.columns:
            return
        parts = [((column,), (values,))]
        if column in self.keys:
            parts.insert(0, ((column,), (self.keys[column],)))
        self.keys |= merge_columns(parts, table=table)
        closed = self.closed.get(column, np.zeros(len(self), dtype=np.bool_))
        self.closed[column] = closed | (self.keys[column].isna().to_numpy() & final)

    def empty(self, columns: Sequence[str], rows: NDArray[np.bool_]) -> None:
        """Take the values of key columns away in some rows, for good."""
        for column in columns:
            values = self.keys[column]
            dtype = NULLABLE.get(str(values.dtype))
            values = values if dtype is None else values.astype(pd.api.types.pandas_dtype(dtype))
            self.keys[column] = values.where(~rows)
            self.closed[column] = self.closed[column] | rows

    def shut(self, columns: Sequence[str]) -> NDArray[np.bool_]:
        """Return the rows in which one of the columns is null for good."""
        shut = np.zeros(len(self), dtype=np.bool_)
        for column in columns:
            if column in self.drawn.columns:
                shut |= self.drawn[column].isna().to_numpy()
            else:
                shut |= self.closed[column]
        return shut


class GrownTables:
    """The generated tables as later ones need them (`relational.ancestry.Tables`).

    In memory the columns that others read are kept. With a writer only positions and keys stay when
    a table is written, and the rest is read back from storage; CSV keeps no types, so there it
    stays in memory too.

    Args:
        plan: The run.
        kept: Name and rows of the kept tables.
        writer: Storage of the run, or ``None``.
    """

    def __init__(
        self, plan: Plan, kept: Mapping[str, pd.DataFrame], writer: TableWriter | None = None
    ) -> None:
        self._plan = plan
        self._public = kept
        self._writer = writer if writer is not None and writer.format != "csv" else None
        self._drafts: dict[str, Draft] = {}
        self._kept: dict[str, pd.DataFrame] = {}
        self._keys: dict[str, pd.DataFrame] = {}
        self._positions: dict[tuple[str, str], Positions] = {}

    def draft(self, table: str) -> Draft:
        """Return a table that is not finished."""
        return self._drafts[table]

    def begin(self, draft: Draft) -> None:
        """Take in a table whose rows are drawn."""
        self._drafts[draft.step.table] = draft

    def finish(self, table: str, frame: pd.DataFrame) -> None:
        """Take in a finished (and written) table; keep what others will ask for."""
        step = self._plan.step(table)
        draft = self._drafts.pop(table, None)
        if draft is None:
            return
        # How many rows a parent has here is asked by other tables of the same parent.
        self._positions |= {(table, name): p for name, p in draft.positions.items()}
        if not self._plan.readers(table):
            return
        self._keys[table] = frame[list(step.primary_key)].reset_index(drop=True)
        if self._writer is None:
            names = [c for c in step.modelled_columns if c in frame.columns]
            self._kept[table] = frame[names].reset_index(drop=True)

    def rows(self, table: str) -> int:
        """Return the number of rows of a table."""
        draft = self._drafts.get(table)
        return len(self._keys[table]) if draft is None else len(draft)

    def columns(self, table: str, names: Sequence[str]) -> pd.DataFrame:
        """Return columns of a table, row by row."""
        if table in self._drafts:
            return self._drafts[table].drawn[list(names)]
        if table in self._kept or not names:
            rows = self._kept.get(table, self._keys[table])
            return rows[list(names)]
        return self._read_back(table, list(names))

    def keys(self, table: str) -> pd.DataFrame:
        """Return the primary key of each row of a table."""
        draft = self._drafts.get(table)
        if draft is None:
            return self._keys[table]
        return draft.filled[list(draft.step.primary_key)]

    def positions(self, table: str, key: ForeignKey) -> Positions:
        """Return the position of each row's parent; `NULL` for nobody."""
        draft, place = self._drafts.get(table), (table, key.name)
        if draft is None and place in self._positions:
            return self._positions[place]
        if draft is not None and key.name in draft.positions:
            return draft.positions[key.name]
        # A key to a kept table is a value, which may still change in a draft.
        rows = self.columns(table, key.columns)
        found = locate(rows, key.columns, self._public[key.parent], key.parent_columns)
        if draft is None:
            self._positions[place] = found
        return found

    def release(self, done: Collection[str]) -> None:
        """Forget the tables that no table to come looks at."""
        for table in list(self._keys):
            if {reader.table for reader in self._plan.readers(table)}.issubset(done):
                self._keys.pop(table)
                self._kept.pop(table, None)

    def _read_back(self, table: str, names: list[str]) -> pd.DataFrame:
        """Return columns of a written table in the order in which it was generated."""
        assert self._writer is not None
        keys = self._keys[table]
        own = [str(c) for c in keys.columns]
        frame = self._writer.read(table, [*own, *(c for c in names if c not in own)])
        places = locate(keys, own, frame, own)
        if (places == NULL).any() or len(frame) != len(keys):
            raise StorageError(f"table '{table}' was changed in storage during the run")
        return frame[names].iloc[places].reset_index(drop=True)
