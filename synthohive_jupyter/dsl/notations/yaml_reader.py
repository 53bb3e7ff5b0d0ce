"""YAML to a syntax tree: tables with columns and properties, their words in compact notation."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from synthohive_jupyter.dsl.ast import (
    Atom,
    CellProgram,
    Choices,
    Column,
    CompositeKey,
    Item,
    Property,
    Range,
    Reference,
    Span,
    Table,
    Target,
)
from synthohive_jupyter.dsl.notations.drafts import Reading
from synthohive_jupyter.dsl.notations.fragments import (
    Piece,
    read_entry,
    read_items,
    read_property,
)
from synthohive_jupyter.dsl.notations.nodes import Mapping, Node, Scalar, Sequence
from synthohive_jupyter.dsl.notations.yaml_columns import read_mapping
from synthohive_jupyter.dsl.notations.yaml_text import read_yaml
from synthohive_jupyter.dsl.tables import PROPERTIES
from synthohive_jupyter.errors import Problem, SchemaError
from synthohive_jupyter.schema.suggestions import suggest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from synthohive_jupyter.dsl.problems import Source

_Read = TypeVar("_Read")

_SWITCHES = ("keep", "strict")
_LISTED = ("context", "driver")
"""Properties whose list is one value."""


def parse_yaml(source: Source) -> Reading:
    """Read a description in YAML.

    Raises:
        SchemaError: If it is no YAML.
    """
    reader = _Reader(source)
    program = CellProgram(tuple(reader.tables(read_yaml(source))))
    return Reading(program, reader.problems)


class _Reader:
    def __init__(self, source: Source) -> None:
        self.problems: list[Problem] = []
        self._source = source

    def tables(self, root: Node | None) -> Iterator[Table]:
        if not isinstance(root, Mapping):
            span = root.span if root else Span(1, 1, 1)
            self._report(span, "expected 'tables:' with a table on every line below it")
            return
        for key, value in root:
            if key.text != "tables":
                self._report(key.span, f"unknown key '{key.text}'", "all stands under 'tables:'")
            elif isinstance(value, Mapping):
                yield from (self._table(name, content) for name, content in value)
            elif not _empty(value):
                self._report(value.span, "expected the names of tables, each with a colon")

    def _table(self, name: Scalar, content: Node) -> Table:
        entries: list[Column | CompositeKey] = []
        properties: list[Property] = []
        pairs = content.pairs if isinstance(content, Mapping) else ()
        if not pairs and not _empty(content):
            self._report(content.span, "expected 'columns:' and properties", "write columns: …")
        for key, value in pairs:
            if key.text == "columns":
                entries += self._columns(value)
            elif key.text in PROPERTIES:
                properties += self._property(key, value)
            else:
                known = ("columns", *PROPERTIES)
                hint = suggest(key.text, known) or f"keys: {', '.join(known)}"
                self._report(key.span, f"unknown key '{key.text}' of a table", hint)
        return Table(name.atom, tuple(entries), tuple(properties), name.span)

    def _columns(self, content: Node) -> Iterator[Column | CompositeKey]:
        if isinstance(content, Sequence):
            for item in content.items:
                if isinstance(item, Scalar):
                    yield from self._tried(read_entry, item.piece)
                else:
                    hint = "write the column after the dash: - id pk"
                    self._report(item.span, "expected a column", hint)
        elif isinstance(content, Mapping):
            for name, value in content:
                yield self._column(name, value)
        elif not _empty(content):
            self._report(content.span, "expected columns", "write one a line: id: pk")

    def _column(self, name: Scalar, value: Node) -> Column | CompositeKey:
        items: tuple[Item, ...] = ()
        match value:
            case Scalar():
                items = next(iter(self._tried(read_items, value.piece)), ())
            case Sequence((Scalar() as only,)) if ".." in only.text:
                items = self._range(only)
            case Mapping(pairs) if pairs and all(_empty(inner) for _, inner in pairs):
                items = (Choices(tuple(key.atom for key, _ in pairs), value.span),)
            case Mapping():
                items = tuple(read_mapping(value, self._source, self.problems))
            case _:
                hint = "write int, cat {a, b}, -> table.column … or a mapping with type: int"
                self._report(value.span, "expected what the column is", hint)
        return self._composite(name, items) or Column(name.atom, items, name.span)

    def _composite(self, name: Scalar, items: tuple[Item, ...]) -> CompositeKey | None:
        """Return the composite key that a name in brackets is, if it refers to several columns."""
        match items:
            case (Target() as target,) if len(target.columns) > 1 and name.text.startswith("("):
                head = Piece(f"{name.text} -> t.x", name.piece.span, name.exact)
                for entry in self._tried(read_entry, head):
                    if isinstance(entry, CompositeKey):
                        return replace(entry, target=target)
        return None

    def _property(self, key: Scalar, value: Node) -> Iterator[Property]:
        word = key.text
        if word in _SWITCHES:
            yield from self._switch(key, value)
        elif word == "data" and isinstance(value, Scalar):
            yield Property(word, (value.atom,), key.span)
        elif isinstance(value, Sequence):
            yield from self._several(key, value)
        elif isinstance(value, Scalar) and not value.null:
            yield from self._one(key, value.piece)
        else:
            self._report(key.span, f"expected what '{word}' is", f"write {word}: …")

    def _switch(self, key: Scalar, value: Node) -> Iterator[Property]:
        truth = True if _empty(value) else value.truth if isinstance(value, Scalar) else None
        if truth is None:
            self._report(value.span, f"'{key.text}' is true or false", f"write {key.text}: true")
        elif truth:
            yield Property(key.text, (), key.span)

    def _several(self, key: Scalar, value: Sequence) -> Iterator[Property]:
        """Read a list: of columns, of checks, of combinations, or a range by itself."""
        word = key.text
        if word == "context" and not value.items:
            yield Property(
                word, (Reference(Atom("none", span=value.span), span=value.span),), key.span
            )
            return
        if word == "linkage" and len(value.items) == 1 and isinstance(value.items[0], Scalar):
            yield Property(word, self._range(value.items[0]), key.span)
            return
        read: list[Property] = []
        for item in value.items:
            if isinstance(item, Sequence) and word == "together":
                read += _merged(list(self._several(key, item)))
            elif isinstance(item, Scalar):
                read += self._one(key, item.piece)
            else:
                self._report(item.span, f"expected what '{word}' is", None)
        alone = word == "together" and all(len(one.operands) == 1 for one in read)
        yield from _merged(read) if word in _LISTED or alone else read

    def _one(self, key: Scalar, piece: Piece) -> Iterator[Property]:
        head = f"@{key.text} "
        span = Span(piece.span.line, piece.span.column - len(head), piece.span.end)
        moved = Piece(head + piece.text, span if piece.exact else piece.span, piece.exact)
        for item in self._tried(read_property, moved):
            yield replace(item, span=key.span)

    def _range(self, ends: Scalar) -> tuple[Range, ...]:
        """Return the range that YAML has read as a list of one text: ``[0..9]``."""
        span = ends.piece.span
        wider = Span(span.line, span.column - 1, span.end + 1) if ends.exact else span
        read = self._tried(read_items, Piece(f"[{ends.text}]", wider, ends.exact))
        return tuple(item for items in read for item in items if isinstance(item, Range))

    def _tried(self, read: Callable[[Piece, Source], _Read], piece: Piece) -> Iterator[_Read]:
        """Read a piece; what is wrong with it is kept with the other problems."""
        try:
            yield read(piece, self._source)
        except SchemaError as error:
            self.problems += error.problems

    def _report(self, span: Span, message: str, hint: str | None = None) -> None:
        self.problems.append(self._source.problem(span, message, hint))


def _empty(node: Node) -> bool:
    return isinstance(node, Scalar) and node.null


def _merged(properties: list[Property]) -> list[Property]:
    """Return one property with the operands of all."""
    operands = tuple(operand for one in properties for operand in one.operands)
    return [replace(properties[0], operands=operands)] if properties else []
