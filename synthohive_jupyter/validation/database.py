"""A database as measures see it: the description, its tables, and ways along the keys."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from synthohive_jupyter.validation.links import Link

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import pandas as pd
    from numpy.typing import NDArray

    from synthohive_jupyter.schema.metadata import ForeignKey, Metadata

Path = tuple[str, ...]
"""Names of foreign keys, from a table upwards; the empty path is the table itself."""


@dataclass(frozen=True, slots=True)
class Database:
    """Tables and their description; tables that are not there take no part.

    Attributes:
        metadata: The description.
        tables: Table name to its rows.
    """

    metadata: Metadata
    tables: Mapping[str, pd.DataFrame]

    def foreign_keys(self) -> list[tuple[str, ForeignKey]]:
        """Return every foreign key whose two tables are there, with the table that holds it."""
        return [
            (name, key)
            for name, table in self.metadata.tables.items()
            for key in table.foreign_keys
            if name in self.tables and key.parent in self.tables
        ]

    def link(self, table: str, key: str) -> Link:
        """Return the foreign key of that name (`ForeignKey.name`) with the rows of both ends."""
        found = self._key(table, key)
        ends = self.tables[found.parent], self.tables[table]
        return Link(*ends, found.parent_columns, found.columns)

    def columns(self, table: str) -> list[str]:
        """Return the columns of a table that carry information: no keys, no personal data."""
        return modelled_columns(self.metadata, table, self.tables[table])

    def end(self, table: str, path: Path) -> str:
        """Return the table that a path leads to."""
        for name in path:
            table = self._key(table, name).parent
        return table

    def follow(self, table: str, path: Path) -> NDArray[np.int64]:
        """Return for each row of a table the row that a path leads to; -1 where it ends early.

        >>> import pandas as pd
        >>> from synthohive_jupyter.schema.metadata import Metadata
        >>> shop = Metadata()
        >>> shop.add_table("cities", pk="id")
        >>> shop.add_table("users", pk="id", fk={"city": "cities.id"})
        >>> shop.add_table("orders", pk=None, fk={"user": "users.id"})
        >>> frames = {"cities": pd.DataFrame({"id": [7, 8]}),
        ...           "users": pd.DataFrame({"id": [1, 2], "city": [8, None]}),
        ...           "orders": pd.DataFrame({"user": [2, 1, None]})}
        >>> Database(shop, frames).follow("orders", ("user", "city"))
        array([-1,  1, -1])
        """
        rows = np.arange(len(self.tables[table]), dtype=np.int64)
        for name in path:
            above = np.append(self.link(table, name).rows(), -1)
            rows = above[rows]
            table = self._key(table, name).parent
        return rows

    def paths(self, table: str, length: int) -> list[Path]:
        """Return every way of so many keys upwards from a table."""
        if not length:
            return [()]
        return [
            (key.name, *rest)
            for name, key in self.foreign_keys()
            if name == table
            for rest in self.paths(key.parent, length - 1)
        ]

    def families(self, table: str) -> NDArray[np.int64]:
        """Return the family of each row: its driving parent; a row without one is its own."""
        driver = self.metadata.driving_key(table)
        rows = np.arange(len(self.tables[table]), dtype=np.int64)
        if driver is None or driver.parent not in self.tables:
            return rows
        above = self.link(table, driver.name).rows()
        return np.where(above < 0, len(self.tables[driver.parent]) + rows, above)

    def two_parents(self) -> Iterator[tuple[str, Path, Path]]:
        """Return every pair of foreign keys of one table, as paths from it."""
        for table in self.tables:
            for first, second in combinations(self.paths(table, 1), 2):
                yield table, first, second

    def _key(self, table: str, name: str) -> ForeignKey:
        keys = {key.name: key for key in self.metadata.get_table(table).foreign_keys}
        return keys[name]


def modelled_columns(metadata: Metadata, name: str, frame: pd.DataFrame) -> list[str]:
    """Return the columns of a frame that carry information: no keys, no personal data."""
    table = metadata.tables[name]
    keys = {column for key in metadata.structural_keys(name) for column in key.columns}
    left_out = keys | set(table.primary_key) | set(table.pii_cols)
    return [str(column) for column in frame.columns if column not in left_out]
