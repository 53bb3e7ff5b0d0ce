"""How the primary key of a table arises: by counting, from foreign keys, or from both."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from synthohive_jupyter.errors import Problem
from synthohive_jupyter.schema.metadata import ForeignKey, Metadata, key_name

if TYPE_CHECKING:
    from collections.abc import Mapping

_COUNTABLE = ("int", "datetime", "date", "text", "other", "")
"""Kinds of columns that can be filled by counting, the best first; ``""`` is not known yet."""


@dataclass(frozen=True, slots=True)
class PrimaryKey:
    """How the rows of a table come to differ.

    Attributes:
        number_column: The column that is filled by counting, among rows that are equal in all
            others of the key.
        unique_key: Name of the foreign key, perhaps to a kept table, that must differ among such
            rows, where there is no column to count in.
        one_to_one: Whether the driving key is all of it, so a parent has one row at most.
    """

    number_column: str | None = None
    unique_key: str | None = None
    one_to_one: bool = False


def arise(metadata: Metadata, name: str, kinds: Mapping[str, str]) -> PrimaryKey | Problem:
    """Return how the primary key of a table arises, or why it cannot.

    Foreign keys fill their columns. Of the columns left, one is counted: whole numbers before dates
    before text, the last before the others. Where none is left, the foreign key that is placed last
    must differ among the rows that are equal in the others, or the key to a kept table, which is
    drawn as a value.

    Args:
        metadata: The description.
        name: The table.
        kinds: Columns of its data and their kinds, as far as known.
    """
    table = metadata.tables[name]
    if not table.primary_key or table.keep:
        return PrimaryKey()
    structural = metadata.structural_keys(name)
    filled = {column for key in table.foreign_keys for column in key.columns}
    own = [c for c in table.primary_key if c not in filled]
    if own:
        ranked = sorted(own, key=lambda c: (_rank(kinds.get(c, "")), -own.index(c)))
        return PrimaryKey(number_column=ranked[0])
    driver = metadata.driving_key(name)
    mine = set(table.primary_key)
    if driver is not None and mine == set(driver.columns):
        return PrimaryKey(one_to_one=True)
    placed = [k for k in structural if k != driver and k.parent != name]
    kept = [k for k in table.foreign_keys if k not in structural]
    found = next((k for k in (*placed, *kept) if _decides(k, mine)), None)
    if found is None:
        return Problem(
            f"rows of '{name}' cannot be given a primary key ({key_name(table.primary_key)}): no "
            "foreign key to another table is inside it as a whole",
            hint="declare the table without pk, or with a key column of its own",
            locus=(name, "pk"),
        )
    return PrimaryKey(unique_key=found.name)


def _decides(key: ForeignKey, mine: set[str]) -> bool:
    """Return whether different parents by this key mean different primary keys."""
    return set(key.columns) <= mine and not key.nullable


def _rank(kind: str) -> int:
    return _COUNTABLE.index(kind) if kind in _COUNTABLE else len(_COUNTABLE)
