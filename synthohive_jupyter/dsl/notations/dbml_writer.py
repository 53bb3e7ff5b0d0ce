"""A program as DBML, as dbdiagram and its relatives read it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from synthohive_jupyter.dsl.ast import Word
from synthohive_jupyter.dsl.notations.notes import MARK
from synthohive_jupyter.dsl.notations.outline import OutColumn, OutTable, key_kind, outline
from synthohive_jupyter.dsl.render import property_text

if TYPE_CHECKING:
    from collections.abc import Iterable

    from synthohive_jupyter.dsl.ast import CellProgram

TYPES = {
    "int": "integer", "float": "double", "bool": "boolean", "date": "date",
    "datetime": "timestamp", "text": "text",
}  # fmt: skip
"""Our types in DBML; the others are texts there."""

OTHER_TYPE = "varchar"

_RESERVED = frozenset(
    {
        "table", "tablegroup", "tablepartial", "ref", "enum", "project", "note", "indexes",
        "checks", "as", "pk", "unique", "null", "not", "primary", "increment", "default",
    }
)  # fmt: skip
"""Words of DBML; between quotes they are names."""


def write_dbml(program: CellProgram) -> str:
    """Return a program as DBML; what it cannot say is in notes.

    >>> from synthohive_jupyter.dsl.parser import parse
    >>> print(write_dbml(parse("users: id pk, email pii")), end="")
    Table users {
      id integer [pk]
      email varchar [note: 'synthohive: pii']
    }
    """
    tables = outline(program)
    enums: dict[tuple[str, str], str] = {}
    for table in tables.values():
        for column in table.columns.values():
            if _has_enum(column):
                enums[table.name, column.name] = _free(
                    f"{table.name}_{column.name}", enums.values()
                )
    parts = [_enum(name, tables[t].columns[c]) for (t, c), name in enums.items()]
    parts += [_table(table, tables, enums) for table in tables.values()]
    refs = [
        f"Ref: {_end(table.name, key.columns)} > {_end(key.table, key.targets)}\n"
        for table in tables.values()
        for key in table.keys
        if len(key.columns) > 1
    ]
    return "\n".join([*parts, *(["".join(refs)] if refs else [])])


def quoted(name: str) -> str:
    """Return a name of DBML, in double quotes where it needs them."""
    if re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name) and name.lower() not in _RESERVED:
        return name
    escaped = name.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _text(text: str) -> str:
    """Return the inside of a text in single quotes."""
    return text.replace("\\", "\\\\").replace("'", "\\'")


def _has_enum(column: OutColumn) -> bool:
    # An enum is a type: a set without the type of categories would come back with it.
    return column.choices is not None and column.kind == "cat" and bool(column.choices.values)


def _free(name: str, taken: Iterable[str]) -> str:
    """Return a name that no other enum has."""
    names = set(taken)
    return next(n for i in range(len(names) + 1) if (n := name + "_" * i) not in names)


def _enum(name: str, column: OutColumn) -> str:
    values = column.choices.values if column.choices else ()
    lines = [f"  {quoted(value.text)}" for value in values]
    return "\n".join([f"Enum {quoted(name)} {{", *lines, "}", ""])


def _table(table: OutTable, tables: dict[str, OutTable], enums: dict[tuple[str, str], str]) -> str:
    lines = [f"  {_column(table, c, tables, enums)}" for c in table.columns.values()]
    notes = [f"{MARK} {_text(property_text(item))}" for item in table.properties]
    if len(table.primary) > 1:
        names = ", ".join(map(quoted, table.primary))
        lines += ["", "  indexes {", f"    ({names}) [pk]", "  }"]
    if len(notes) == 1:
        lines += ["", f"  Note: '{notes[0]}'"]
    elif notes:
        lines += ["", "  Note: '''", *(f"    {note}" for note in notes), "  '''"]
    return "\n".join([f"Table {quoted(table.name)} {{", *lines, "}", ""])


def _column(
    table: OutTable,
    column: OutColumn,
    tables: dict[str, OutTable],
    enums: dict[tuple[str, str], str],
) -> str:
    key = column.name in table.keyed
    kind = key_kind(tables, table, column.name) if key else column.kind
    written, rest = TYPES.get(kind or "", OTHER_TYPE), list(column.rest)
    if (enum := enums.get((table.name, column.name))) is not None:
        written = quoted(enum)
        rest = [item for item in rest if item != Word("cat")]
    elif column.choices is not None:
        rest.append(column.choices)
    if column.range is not None:
        rest.append(column.range)
    settings = ["pk"] if table.primary == (column.name,) else []
    if column.required and not column.primary:
        settings.append("not null")
    if column.unique:
        settings.append("unique")
    settings += [
        f"ref: > {_end(each.table, each.targets)}"
        for each in table.keys
        if each.columns == (column.name,)
    ]
    if rest:
        said = OutColumn(column.name, rest=rest).note
        settings.append(f"note: '{MARK} {_text(said)}'")
    line = f"{quoted(column.name)} {written}"
    return f"{line} [{', '.join(settings)}]" if settings else line


def _end(table: str, columns: tuple[str, ...]) -> str:
    names = ", ".join(map(quoted, columns))
    return f"{quoted(table)}.{names if len(columns) == 1 else f'({names})'}"
