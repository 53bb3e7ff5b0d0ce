"""Pieces of the compact notation inside other ones, read with their places in the whole text."""

from __future__ import annotations

from dataclasses import dataclass, fields, is_dataclass, replace
from typing import TYPE_CHECKING, Any, TypeVar

from synthohive_jupyter.dsl.ast import Column, CompositeKey, Item, Property, Span, Table
from synthohive_jupyter.dsl.parser import parse
from synthohive_jupyter.errors import Problem, SchemaError

if TYPE_CHECKING:
    from synthohive_jupyter.dsl.problems import Source

_Node = TypeVar("_Node")


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of text and where it stands.

    Attributes:
        text: What it says.
        span: Its place.
        exact: Whether its characters are those of the place, so that parts of it have places.
    """

    text: str
    span: Span
    exact: bool = True


def read_items(piece: Piece, source: Source) -> tuple[Item, ...]:
    """Read what may follow the name of a column: ``int[0..9] unique``.

    Raises:
        SchemaError: If it is nothing of the kind.
    """
    table = _read("t:c ", piece, source)
    (column, *more) = table.entries
    if more or not isinstance(column, Column):
        raise source.error([source.problem(piece.span, "expected what one column is, no comma")])
    return column.items


def read_entry(piece: Piece, source: Source) -> Column | CompositeKey:
    """Read a column with its name, or a composite key: ``(a, b) -> t.(x, y)``.

    Raises:
        SchemaError: If it is nothing of the kind.
    """
    entries = _read("t:", piece, source).entries
    if len(entries) != 1:
        raise source.error([source.problem(piece.span, "expected one column")])
    return entries[0]


def read_property(piece: Piece, source: Source) -> Property:
    """Read a property with its ``@``.

    Raises:
        SchemaError: If it is nothing of the kind.
    """
    properties = _read("t:\n ", piece, source).properties
    if len(properties) != 1:
        raise source.error([source.problem(piece.span, "expected a property: @linkage negbinom")])
    return properties[0]


def _read(head: str, piece: Piece, source: Source) -> Table:
    """Return the table that a piece makes after ``head``."""
    text = " ".join(piece.text.split("\n"))
    before = len(head) - head.rfind("\n") - 1

    def place(span: Span) -> Span:
        if not piece.exact:
            return piece.span
        shift = piece.span.column - 1 - before
        column = max(span.column + shift, 1)
        return Span(piece.span.line, column, max(span.end + shift, column + 1))

    try:
        program = parse(head + text, first_line=1)
    except SchemaError as error:
        problems = (_moved(problem, place, source) for problem in error.problems)
        raise source.error(problems) from None
    return relocated(program.tables[0], place)


def _moved(problem: Problem, place: Any, source: Source) -> Problem:  # noqa: ANN401 - see _read
    column = problem.column or 1
    span = Span(problem.line or 1, column, column + problem.length)
    return source.problem(place(span), problem.message, problem.hint)


def relocated(node: _Node, place: Any) -> _Node:  # noqa: ANN401 - a function of spans
    """Return a node with every span in it replaced by ``place(span)``."""
    if isinstance(node, tuple):
        return tuple(relocated(part, place) for part in node)  # type: ignore[return-value]
    if isinstance(node, Span):
        return place(node)  # type: ignore[no-any-return]
    if not is_dataclass(node) or isinstance(node, type):
        return node
    return replace(node, **{f.name: relocated(getattr(node, f.name), place) for f in fields(node)})
