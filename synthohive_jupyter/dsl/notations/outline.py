"""A program as the writers of SQL and DBML need it: what each table and column says, sorted out."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from synthohive_jupyter.dsl.ast import (
    Choices,
    CompositeKey,
    Item,
    Property,
    Range,
    Target,
    Word,
)
from synthohive_jupyter.dsl.render import items_text
from synthohive_jupyter.schema.tables import COLUMN_TYPES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from synthohive_jupyter.dsl.ast import CellProgram, Column, Table

ORDERED = ("int", "float", "date", "datetime")
"""Types whose ranges other notations can compare."""


@dataclass(slots=True)
class OutColumn:
    """A column.

    Attributes:
        name: Its name.
        kind: Its declared type, or ``None``.
        primary: Whether it is the primary key or part of it.
        unique: Whether it is marked so.
        range: Its range, where a condition can say it.
        choices: Its set, where a condition can say it.
        rest: What the other notation has no words for; it goes into a note.
        required: Whether a foreign key makes it never null.
    """

    name: str
    kind: str | None = None
    primary: bool = False
    unique: bool = False
    range: Range | None = None
    choices: Choices | None = None
    rest: list[Item] = field(default_factory=list)
    required: bool = False

    @property
    def note(self) -> str:
        """What goes into a note, in compact notation."""
        return items_text(self.rest)


@dataclass(frozen=True, slots=True)
class OutKey:
    """A foreign key."""

    columns: tuple[str, ...]
    table: str
    targets: tuple[str, ...]


@dataclass(slots=True)
class OutTable:
    """A table; ``keyed`` holds the columns of its keys."""

    name: str
    columns: dict[str, OutColumn] = field(default_factory=dict)
    keys: list[OutKey] = field(default_factory=list)
    properties: list[Property] = field(default_factory=list)

    @property
    def keyed(self) -> set[str]:
        """The columns of its keys."""
        foreign = {name for key in self.keys for name in key.columns}
        return foreign | {c.name for c in self.columns.values() if c.primary}

    @property
    def primary(self) -> tuple[str, ...]:
        """The columns of its primary key."""
        return tuple(c.name for c in self.columns.values() if c.primary)


def outline(program: CellProgram) -> dict[str, OutTable]:
    """Return the tables of a program by name."""
    return {table.name.text: _table(table) for table in program.tables}


def key_kind(
    tables: Mapping[str, OutTable], table: OutTable, column: str, seen: frozenset[str] = frozenset()
) -> str:
    """Return the type of a column of a key: declared, else that of what it points to."""
    kind = table.columns[column].kind if column in table.columns else None
    if kind is not None or table.name in seen:
        return kind or "int"
    for key in table.keys:
        for own, target in zip(key.columns, key.targets, strict=False):
            if own == column and key.table in tables:
                parent = tables[key.table]
                return key_kind(tables, parent, target, seen | {table.name})
    return "int"


def _table(table: Table) -> OutTable:
    out = OutTable(table.name.text, properties=list(table.properties))
    for entry in table.entries:
        if isinstance(entry, CompositeKey):
            _key(out, tuple(name.text for name in entry.columns), entry.target)
        else:
            _column(out, entry)
    for name in out.keyed:
        _rest_of_key(out.columns[name])
    return out


def _key(out: OutTable, columns: tuple[str, ...], target: Target) -> None:
    out.keys.append(OutKey(columns, target.table.text, tuple(name.text for name in target.columns)))
    for name in columns:
        column = out.columns.setdefault(name, OutColumn(name))
        column.required = column.required or not target.nullable


def _column(out: OutTable, column: Column) -> None:
    made = out.columns.setdefault(column.name.text, OutColumn(column.name.text))
    words = [item.text for item in column.items if isinstance(item, Word)]
    made.kind = next((word for word in words if word in COLUMN_TYPES), None)
    for item in column.items:
        match item:
            case Word("pk"):
                made.primary = True
            case Word("unique"):
                made.unique = True
            case Target():
                _key(out, (made.name,), item)
            case Range() if made.kind in ORDERED:
                made.range = item
            case Choices() if made.kind in {None, "cat"}:
                made.choices = item
            case Word(text) if text in ORDERED or text == "bool":
                pass  # A type of that name says it, and is read back.
            case _:
                made.rest.append(item)


def _rest_of_key(column: OutColumn) -> None:
    """Put all that is said of the values of a key into its note: its type is not read back."""
    said: list[Item] = [item for item in (column.range, column.choices) if item is not None]
    if column.kind is not None and Word(column.kind) not in column.rest:
        said.insert(0, Word(column.kind))
    column.rest = [*said, *column.rest]
    column.range = column.choices = None
