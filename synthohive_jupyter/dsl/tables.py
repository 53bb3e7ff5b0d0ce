"""One table: its columns, keys and properties, as `Metadata.add_table` takes them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from synthohive_jupyter.dsl.ast import Atom, Property, Range, Reference, Table
from synthohive_jupyter.dsl.entries import EntryReader
from synthohive_jupyter.schema.suggestions import suggest
from synthohive_jupyter.schema.tables import NO_ORDER, key_name

if TYPE_CHECKING:
    from synthohive_jupyter.dsl.ast import Span
    from synthohive_jupyter.dsl.problems import Source
    from synthohive_jupyter.errors import Problem
    from synthohive_jupyter.privacy.config import PiiRule
    from synthohive_jupyter.schema.metadata import Metadata

PROPERTIES = (
    "data", "rows", "keep", "driver", "linkage", "context", "order", "model", "check", "together",
    "strict",
)  # fmt: skip
"""Words that may follow ``@``."""

DEFAULT_LINKAGE = "conditional"
"""Counts of a table with a foreign key for which the cell names no method (ADR 10)."""

_REPEATABLE = {"check", "together"}


class TableReader:
    """Reads tables into a description, and collects what is wrong with them.

    Attributes:
        problems: Everything wrong that `find_problems` would not see in the description.
        rules: ``(table, column)`` to the rule of personal data.
        data: Table to what follows ``@data``.
        rows: Table to the number after ``@rows``.
    """

    def __init__(self, source: Source, metadata: Metadata) -> None:
        self.problems: list[Problem] = []
        self.rules: dict[tuple[str, str], PiiRule] = {}
        self.data: dict[str, str] = {}
        self.rows: dict[str, int] = {}
        self._source = source
        self._metadata = metadata
        self._lines: dict[str, int] = {}

    def read(self, table: Table) -> None:
        """Add a table to the description."""
        name = table.name.text
        if not name:
            self._report(table.name.span, "a table needs a name")
        elif name in self._lines:
            hint = f"the first one is on line {self._lines[name]}"
            self._report(table.name.span, f"table '{name}' is declared twice", hint)
        else:
            self._lines[name] = table.name.span.line
            self._source.record(table.name.span, name)
            entries = EntryReader(self._source, name, self._report)
            for entry in table.entries:
                entries.read(entry)
            self.rules |= {(name, column): rule for column, rule in entries.rules.items()}
            arguments = entries.arguments() | self._properties(table)
            if arguments["fk"]:
                arguments.setdefault("linkage_method", DEFAULT_LINKAGE)
            self._metadata.add_table(name, **arguments)

    def _report(self, span: Span, message: str, hint: str | None = None) -> None:
        self.problems.append(self._source.problem(span, message, hint))

    def _properties(self, table: Table) -> dict[str, Any]:
        """Return the properties of a table as arguments of `Metadata.add_table`."""
        arguments: dict[str, Any] = {}
        seen: dict[str, Property] = {}
        for item in table.properties:
            word = f"@{item.keyword}"
            if item.keyword not in PROPERTIES:
                known = [f"@{name}" for name in PROPERTIES]
                hint = suggest(word, known) or f"properties: {', '.join(known)}"
                self._report(item.span, f"unknown property '{word}'", hint)
            elif item.keyword in seen and item.keyword not in _REPEATABLE:
                hint = f"the first one is on line {seen[item.keyword].span.line}"
                self._report(item.span, f"'{word}' is set twice", hint)
            else:
                seen[item.keyword] = item
                self._property(table.name.text, item, arguments)
        return arguments

    def _property(self, table: str, item: Property, arguments: dict[str, Any]) -> None:
        names = [operand.text for operand in item.operands if isinstance(operand, Atom)]
        match item.keyword:
            case "keep" | "strict":
                arguments[item.keyword] = True
                return
            case "data":
                name = self.data[table] = names[0]
            case "rows":
                name = names[0]
                self._rows(table, item)
            case "driver":
                name = arguments["driver"] = key_name(names)
            case "linkage":
                self._linkage(table, item, arguments)
                return
            case "model":
                name = arguments["model"] = names[0]
            case "order":
                (column,) = item.operands
                # A column of that name is quoted in the description as in the cell.
                quoted = isinstance(column, Atom) and column.quoted and names[0] == NO_ORDER
                name = arguments["order_by"] = f'"{NO_ORDER}"' if quoted else names[0]
            case "check":
                arguments.setdefault("checks", []).append(tuple(names))
                name = " <= ".join(names)
            case "together":
                name = self._together(table, item, arguments)
            case _:
                arguments["parent_context_cols"] = self._context(table, item)
                return
        place = item.operands[0].span.to(item.operands[-1].span)
        self._source.record(place, table, item.keyword, name)
        self._source.record(place, table, item.keyword)

    def _linkage(self, table: str, item: Property, arguments: dict[str, Any]) -> None:
        """Take in the method of the counts and their bounds; either may be missing."""
        for part in item.operands:
            if isinstance(part, Range):
                self._source.record(part.span, table, "linkage", "children")
                arguments["children"] = self._children(part)
            elif isinstance(part, Atom):
                arguments["linkage_method"] = part.text
                self._source.record(part.span, table, "linkage", part.text)
        self._source.record(item.span, table, "linkage")

    def _children(self, bounds: Range) -> tuple[int, int | None] | None:
        ends = [end.text.replace("_", "") if end else None for end in (bounds.low, bounds.high)]
        if not any(ends):
            self._report(bounds.span, "a range needs an end", "write [1..20], [0..1] or [1..]")
        elif not all(end is None or (end.isdecimal() and len(end) <= _ROW_DIGITS) for end in ends):
            message = "the bounds of the rows per parent are whole numbers from 0"
            self._report(bounds.span, message, "write [1..20], [0..1] or [1..]")
        else:
            low, high = (None if end is None else int(end) for end in ends)
            return low or 0, high
        return None

    def _together(self, table: str, item: Property, arguments: dict[str, Any]) -> str:
        """Take in a combination; return its name."""
        columns = [operand for operand in item.operands if isinstance(operand, Atom)]
        names = tuple(column.text for column in columns)
        arguments.setdefault("combinations", []).append(names)
        name = ", ".join(names)
        place = columns[0].span.to(columns[-1].span)
        self._source.record(place, table, "together", name)
        # The second of two equal names is the one that is too many.
        for column in reversed(columns):
            self._source.record(column.span, table, "together", name, column.text)
        return name

    def _rows(self, table: str, item: Property) -> None:
        (number,) = item.operands
        assert isinstance(number, Atom)
        text = number.text.replace("_", "")
        if text.isdecimal() and len(text) <= _ROW_DIGITS and int(text) > 0:
            self.rows[table] = int(text)
        else:
            self._report(number.span, "the number of rows is a whole number from 1")

    def _context(self, table: str, item: Property) -> list[str]:
        references = [part for part in item.operands if isinstance(part, Reference)]
        first = references[0]
        if first.table is None and first.column.text == "none" and not first.column.quoted:
            if len(references) > 1:
                message = "'none' stands alone"
                self._report(first.span, message, "remove it, or the columns after it")
            return []
        written = {}
        for part in references:
            text = f"{part.table.text}.{part.column.text}" if part.table else part.column.text
            if text in written:
                self._report(part.span, f"'{text}' stands twice in the context", "remove one")
            written[text] = part
            self._source.record(part.span, table, "context", text)
        return list(written)


_ROW_DIGITS = 15
"""Digits of a number of rows; more would not be a number of rows."""
