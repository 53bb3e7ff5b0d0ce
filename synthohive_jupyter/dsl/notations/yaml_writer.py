"""A program as YAML 1.2, its words in compact notation."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from synthohive_jupyter.dsl.ast import Atom, Column, CompositeKey, Property
from synthohive_jupyter.dsl.render import item_text, items_text, name_text, property_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from synthohive_jupyter.dsl.ast import CellProgram, Table

_SWITCHES = ("keep", "strict")
_LISTED = ("check", "together")
_WORDS = frozenset({"null", "true", "false", "yes", "no", "on", "off", "y", "n", "~"})
"""Words that some reader of YAML takes for something else than a text."""


def write_yaml(program: CellProgram) -> str:
    r"""Return a program as YAML.

    >>> from synthohive_jupyter.dsl.parser import parse
    >>> print(write_yaml(parse("users: id pk, s cat {a, b}\n @rows 9")), end="")
    tables:
      users:
        columns:
          id: pk
          s: cat {a, b}
        rows: 9
    """
    lines = [line for table in program.tables for line in _table(table)]
    return "".join(f"{line}\n" for line in ["tables:" if lines else "tables: {}", *lines])


def _table(table: Table) -> Iterator[str]:
    empty = not (table.entries or table.properties)
    yield from _pair("  ", _key(table.name.text), "{}" if empty else "")
    if table.entries:
        yield "    columns:"
    for entry in table.entries:
        yield from _pair("      ", *_entry(entry))
    listed: dict[str, list[str]] = {}
    for item in table.properties:
        if item.keyword in _LISTED:
            listed.setdefault(item.keyword, []).append(_operands(item))
    for item in table.properties:
        if item.keyword not in _LISTED:
            yield f"    {item.keyword}: {_property(item)}"
        elif values := listed.pop(item.keyword, None):
            yield from _list(item.keyword, values)


def _pair(indent: str, key: str, value: str) -> Iterator[str]:
    """Return the lines of a key and its value; a long key is marked, as YAML wants it."""
    if len(key) < _LONG:
        yield f"{indent}{key}: {value}".rstrip(" ")
    else:
        yield f"{indent}? {key}"
        yield f"{indent}: {value}".rstrip(" ")


_LONG = 1000
"""Characters of a key from which YAML wants it marked."""


def _list(word: str, values: list[str]) -> Iterator[str]:
    if len(values) == 1:
        yield f"    {word}: {_scalar(values[0])}"
        return
    yield f"    {word}:"
    for value in values:
        yield f"      - {_scalar(value)}"


def _entry(entry: Column | CompositeKey) -> tuple[str, str]:
    if isinstance(entry, CompositeKey):
        names = ", ".join(map(name_text, entry.columns))
        return _scalar(f"({names})", key=True), _scalar(item_text(entry.target))
    text = items_text(entry.items)
    return _key(entry.name.text), _scalar(text) if text else ""


def _property(item: Property) -> str:
    if item.keyword in _SWITCHES:
        return "true"
    if item.keyword == "data":
        (path,) = item.operands
        return _scalar(path.text if isinstance(path, Atom) else "")
    if item.keyword == "rows":
        return _operands(item)
    return _scalar(_operands(item))


def _operands(item: Property) -> str:
    return property_text(item).removeprefix(f"@{item.keyword}").strip()


def _key(name: str) -> str:
    if re.fullmatch(r"[^\W\d]\w*", name) and name.isprintable() and name.lower() not in _WORDS:
        return name
    return _escaped(name)


_PLAIN = re.compile(r"(?:->|[(\w])(?:[^:#]|:(?=\S)|(?<=\S)#)*")
_NUMBER = re.compile(r"[-+.]*[0-9][-+.:\w]*")


def _scalar(text: str, *, key: bool = False) -> str:
    """Return a text as YAML, without quotes where nobody reads it as something else."""
    plain = text.isprintable() and text == text.strip() and _PLAIN.fullmatch(text) is not None
    if plain and text.lower() not in _WORDS and not _NUMBER.fullmatch(text):
        return text
    if text.isprintable() and not key:
        escaped = text.replace("'", "''")
        return f"'{escaped}'"
    return _escaped(text)


def _escaped(text: str) -> str:
    """Return a text in double quotes; what cannot be seen is escaped."""
    shown = (c if c.isprintable() else f"\\U{ord(c):08x}" for c in text.replace("\\", "\\\\"))
    return '"' + "".join(shown).replace('"', '\\"') + '"'
