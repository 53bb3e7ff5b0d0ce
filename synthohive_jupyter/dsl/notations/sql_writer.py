"""A program as SQL that every database with standard types understands."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from synthohive_jupyter.dsl.ast import Atom
from synthohive_jupyter.dsl.bounds import bound_text, is_date
from synthohive_jupyter.dsl.notations.notes import MARK
from synthohive_jupyter.dsl.notations.outline import OutColumn, OutKey, OutTable, key_kind, outline
from synthohive_jupyter.dsl.notations.sql_words import RESERVED
from synthohive_jupyter.dsl.render import property_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from synthohive_jupyter.dsl.ast import CellProgram, Operand

TYPES = {
    "int": "INTEGER", "float": "DOUBLE PRECISION", "bool": "BOOLEAN", "date": "DATE",
    "datetime": "TIMESTAMP", "text": "TEXT",
}  # fmt: skip
"""Our types in SQL; the others are texts there."""

OTHER_TYPE = "VARCHAR(255)"


def write_sql(program: CellProgram) -> str:
    """Return a program as ``CREATE TABLE`` statements; what SQL cannot say is in comments.

    >>> from synthohive_jupyter.dsl.parser import parse
    >>> print(write_sql(parse("users: id pk, email pii, age int[18..]")), end="")
    CREATE TABLE users (
      id INTEGER PRIMARY KEY,
      email VARCHAR(255), -- synthohive: pii
      age INTEGER CHECK (age >= 18)
    );
    """
    tables = outline(program)
    written: set[str] = set()
    texts: list[str] = []
    later: list[str] = []
    for table in tables.values():
        written.add(table.name)
        now = [key for key in table.keys if key.table in written]
        texts.append(_create(table, tables, now))
        later += [_alter(table, key) for key in table.keys if key not in now]
    return "\n".join([*texts, *(["".join(later)] if later else [])])


def quoted(name: str) -> str:
    """Return a name of SQL, in double quotes where it needs them."""
    if re.fullmatch(r"[a-z_][a-z0-9_]*", name) and name not in RESERVED:
        return name
    escaped = name.replace('"', '""')
    return f'"{escaped}"'


def _names(names: tuple[str, ...]) -> str:
    return ", ".join(map(quoted, names))


def _literal(value: str) -> str:
    escaped = value.replace("'", "''")
    return f"'{escaped}'"


def _create(table: OutTable, tables: dict[str, OutTable], keys: list[OutKey]) -> str:
    checks = [item for item in table.properties if item.keyword == "check"]
    notes = [property_text(item) for item in table.properties if item.keyword != "check"]
    parts = [
        (_column(table, column, tables, keys), column.note) for column in table.columns.values()
    ]
    if len(table.primary) > 1:
        parts.append((f"PRIMARY KEY ({_names(table.primary)})", ""))
    parts += [(f"FOREIGN KEY {_reference(key)}", "") for key in keys if len(key.columns) > 1]
    parts += [(f"CHECK ({' <= '.join(_operands(item.operands))})", "") for item in checks]
    lines = [f"  -- {MARK} {note}" for note in notes]
    for index, (text, note) in enumerate(parts):
        comma = "," if index < len(parts) - 1 else ""
        lines.append(f"  {text}{comma}" + (f" -- {MARK} {note}" if note else ""))
    return "\n".join([f"CREATE TABLE {quoted(table.name)} (", *lines, ");", ""])


def _operands(operands: tuple[Operand, ...]) -> Iterator[str]:
    return (quoted(operand.text) for operand in operands if isinstance(operand, Atom))


def _reference(key: OutKey) -> str:
    return f"({_names(key.columns)}) REFERENCES {quoted(key.table)} ({_names(key.targets)})"


def _alter(table: OutTable, key: OutKey) -> str:
    return f"ALTER TABLE {quoted(table.name)} ADD FOREIGN KEY {_reference(key)};\n"


def _column(
    table: OutTable, column: OutColumn, tables: dict[str, OutTable], keys: list[OutKey]
) -> str:
    key = column.name in table.keyed
    kind = key_kind(tables, table, column.name) if key else column.kind
    words = [quoted(column.name), TYPES.get(kind or "", OTHER_TYPE)]
    if column.required and not column.primary:
        words.append("NOT NULL")
    if table.primary == (column.name,):
        words.append("PRIMARY KEY")
    if column.unique:
        words.append("UNIQUE")
    if condition := _condition(column):
        words.append(f"CHECK ({condition})")
    words += [
        f"REFERENCES {quoted(each.table)} ({_names(each.targets)})"
        for each in keys
        if each.columns == (column.name,)
    ]
    return " ".join(words)


def _condition(column: OutColumn) -> str:
    """Return the range or the set of a column as a condition."""
    name = quoted(column.name)
    if column.choices is not None:
        values = ", ".join(_literal(value.text) for value in column.choices.values)
        return f"{name} IN ({values})"
    if column.range is None:
        return ""
    ends = ((">=", column.range.low), ("<=", column.range.high))
    return " AND ".join(f"{name} {sign} {_bound(end)}" for sign, end in ends if end is not None)


def _bound(end: Atom) -> str:
    text = bound_text(end.text)
    return _literal(text.replace("T", " ")) if is_date(text) else text
