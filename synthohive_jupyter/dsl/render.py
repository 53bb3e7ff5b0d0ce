"""Syntax tree to text: the one way a description is written when it is not written by hand."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from synthohive_jupyter.dsl.ast import (
    Atom,
    Choices,
    Column,
    CompositeKey,
    Item,
    Pii,
    Property,
    Range,
    Reference,
    Table,
    Target,
    Word,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from synthohive_jupyter.dsl.ast import CellProgram

WIDTH = 100
"""Characters of a line after which columns go on in the next one."""


def render(program: CellProgram) -> str:
    r"""Return the text of a program: one table after the other, columns aligned, lines wrapped.

    Reading the text again gives an equal program. Comments are not part of a program.

    Raises:
        ValueError: If a name holds a line break, which no text can.

    >>> from synthohive_jupyter.dsl.parser import parse
    >>> print(render(parse("a:x pk,\n b cat {u,v}\nlonger : y->a.x ?\n @context a.b")), end="")
    a:      x pk, b cat {u, v}
    longer: y -> a.x?
      @context a.b
    """
    heads = [f"{name_text(table.name)}:" for table in program.tables]
    margin = min(max((len(head) for head in heads), default=0), WIDTH // 4) + 1
    lines: list[str] = []
    for head, table in zip(heads, program.tables, strict=True):
        lines += _columns(head, table, margin)
        lines += [f"  {property_text(item)}" for item in table.properties]
    return "".join(f"{line}\n" for line in lines)


def _columns(head: str, table: Table, margin: int) -> list[str]:
    lines = [head.ljust(margin)]
    for index, entry in enumerate(table.entries):
        last = index == len(table.entries) - 1
        text = _entry(entry) + ("" if last else ",")
        if index and len(lines[-1]) + 1 + len(text) > WIDTH:
            lines.append(" " * margin + text)
        else:
            lines[-1] += text if lines[-1].endswith(" ") else f" {text}"
    return [line.rstrip() for line in lines]


def _entry(entry: Column | CompositeKey) -> str:
    if isinstance(entry, CompositeKey):
        return f"({_names(entry.columns)}) {item_text(entry.target)}"
    items = items_text(entry.items)
    return f"{name_text(entry.name)} {items}".rstrip()


def items_text(items: Iterable[Item]) -> str:
    """Return the items of a column with blanks between them."""
    text = ""
    previous: Item | None = None
    for item in items:
        # A range is part of its type: int[0..9].
        glued = isinstance(item, Range) and isinstance(previous, Word)
        text += item_text(item) if glued or not text else f" {item_text(item)}"
        previous = item
    return text


def item_text(item: Item) -> str:
    """Return what an item of a column is written as."""
    match item:
        case Word(text):
            return text
        case Range(low, high):
            return f"[{low.text if low else ''}..{high.text if high else ''}]"
        case Choices(values):
            return f"{{{', '.join(_quoted(value, _BARE_VALUE) for value in values)}}}"
        case Pii(action, provider):
            words = [part.text for part in (action, provider) if part is not None]
            return f"pii({':'.join(words)})" if words else "pii"
        case Target(table, columns, nullable):
            names = _names(columns)
            pointed = names if len(columns) == 1 else f"({names})"
            return f"-> {name_text(table)}.{pointed}{'?' if nullable else ''}"


def property_text(item: Property) -> str:
    """Return what a property is written as, with its ``@``."""
    atoms = [operand for operand in item.operands if isinstance(operand, Atom)]
    match item.keyword:
        case "context":
            references = (part for part in item.operands if isinstance(part, Reference))
            words = ", ".join(_reference(part) for part in references)
        case "check":
            words = " <= ".join(name_text(atom) for atom in atoms)
        case "driver":
            words = _names(atoms) if len(atoms) == 1 else f"({_names(atoms)})"
        case "together":
            words = _names(atoms)
        case "data":
            words = _quoted(atoms[0], _BARE_PATH)
        case "linkage":
            ranges = (part for part in item.operands if isinstance(part, Range))
            words = " ".join([*map(name_text, atoms), *map(item_text, ranges)])
        case "order":
            words = _unless_none(atoms[0])
        case "model":
            words = name_text(atoms[0])
        case _:
            words = " ".join(atom.text for atom in atoms)
    return f"@{item.keyword} {words}".rstrip()


def _reference(reference: Reference) -> str:
    column = reference.column
    if reference.table is not None:
        return f"{name_text(reference.table)}.{name_text(column)}"
    return _unless_none(column)


def _unless_none(column: Atom) -> str:
    """Return the name of a column; in quotes where it would be taken for the word ``none``."""
    return '"none"' if column.text == "none" and column.quoted else name_text(column)


def _names(names: Iterable[Atom]) -> str:
    return ", ".join(name_text(name) for name in names)


def written_name(name: str) -> str:
    """Return a name as a cell writes it: in double quotes where it needs them.

    >>> written_name("unit price"), written_name("größe")
    ('"unit price"', 'größe')
    """
    return name_text(Atom(name, quoted=True))


def name_text(name: Atom) -> str:
    """Return a name, in double quotes where it needs them."""
    # "pk" alone would be taken for the mark of a column that is missing.
    if name.quoted and name.text == "pk":
        return '"pk"'
    return _quoted(name, _BARE_NAME)


def _quoted(atom: Atom, bare: re.Pattern[str]) -> str:
    """Return the text as it is if ``bare`` allows, else in double quotes."""
    if bare.fullmatch(atom.text):
        return atom.text
    if "\n" in atom.text or "\r" in atom.text:
        raise ValueError("a name with a line break cannot be written in a cell")
    escaped = atom.text.replace('"', '""')
    return f'"{escaped}"'


_BARE_NAME = re.compile(r"\w+")
"""Less than the grammar takes: names with marks or joiners are quoted, which is always right."""

_BARE_VALUE = re.compile(r"[^\s,{}\"'`#\[\]()]+")
_BARE_PATH = re.compile(r"[^\s#\"][^\s#]*")
