"""The tables of a cell while it is typed, together with the frames that they describe."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from synthohive_jupyter.errors import SchemaError
from synthohive_jupyter.schema.metadata import Metadata
from synthohive_jupyter.schema.tables import key_name

if TYPE_CHECKING:
    from synthohive_jupyter.notebook.completion.names import Names
    from synthohive_jupyter.notebook.completion.scan import Table


@dataclass(frozen=True)
class Cell:
    """What a body declares, and the names of the notebook.

    Attributes:
        tables: The tables of the text, as far as it can be read.
        names: The notebook.
    """

    tables: dict[str, Table]
    names: Names

    def place(self, table: str) -> str:
        """Return where the data of a table is: what ``@data`` names, else its own name."""
        said = self.tables[table].said("data") if table in self.tables else None
        return said[0].raw if said else table

    def places(self) -> set[str]:
        """Return where the data of all tables is."""
        return {self.place(table) for table in self.tables}

    def declared(self, table: str) -> list[str]:
        """Return the columns that the text has of a table."""
        if table not in self.tables:
            return []
        found = self.tables[table]
        keys = [name for key in found.references() for name in key.columns]
        return list(dict.fromkeys([*(column.name for column in found.columns()), *keys]))

    def of_data(self, table: str) -> tuple[str, ...]:
        """Return the columns that the data of a table has."""
        return self.names.columns(self.place(table))

    def columns(self, table: str) -> list[str]:
        """Return every column that may be named: the declared ones, then those of the data."""
        strict = table in self.tables and self.tables[table].said("strict") is not None
        more = () if strict else self.of_data(table)
        return list(dict.fromkeys([*self.declared(table), *more]))

    def telling(self, table: str) -> list[str]:
        """Return the columns that can be context: neither keys nor personal data."""
        if table not in self.tables:
            return self.columns(table)
        found = self.tables[table]
        hidden = {c.name for c in found.columns() if c.words & {"pk", "pii"}}
        hidden |= {name for key in found.references() for name in key.columns}
        return [name for name in self.columns(table) if name not in hidden]

    def above(self, table: str) -> tuple[str, ...]:
        """Return the tables above one by their driving keys, its own parent first."""
        try:
            return self._metadata.driving_chain(table)
        except SchemaError:
            return ()

    @cached_property
    def _metadata(self) -> Metadata:
        """The keys of the text, so that the same rules as in a run decide who drives whom."""
        metadata = Metadata()
        for name, table in self.tables.items():
            driver = table.said("driver")
            named = [token.raw for token in driver or () if token.kind != "sign"]
            with contextlib.suppress(SchemaError):
                metadata.add_table(
                    name,
                    pk=table.primary() or None,
                    fk={
                        key.columns: f"{key.table}.{key_name(key.pointed)}"
                        for key in table.references()
                    },
                    nullable_fks=[
                        key_name(key.columns) for key in table.references() if key.nullable
                    ],
                    driver=key_name(named) if named else None,
                    keep=table.said("keep") is not None,
                )
        return metadata
