"""Text to syntax tree; the first thing that cannot be read ends it, in human words.

lark does the LALR work; nothing of it (token names, tables, trees) leaves this module.
"""

from __future__ import annotations

import functools
from importlib import resources
from typing import Any

from synthohive_jupyter.dsl.ast import (
    Atom,
    CellProgram,
    Choices,
    Column,
    CompositeKey,
    Pii,
    Property,
    Range,
    Reference,
    Span,
    Table,
    Target,
    Word,
)
from synthohive_jupyter.dsl.characters import odd_character
from synthohive_jupyter.dsl.problems import Source
from synthohive_jupyter.dsl.slips import Slip, explain

Children = list[Any]
"""What lark hands to a callback: tokens and the results of the callbacks below."""


def parse(text: str, *, first_line: int = 2) -> CellProgram:
    """Read the text of a cell.

    Args:
        text: The body of the cell, without the ``%%synthohive`` line.
        first_line: Line of the cell on which ``text`` begins.

    Raises:
        SchemaError: At the first place that cannot be read, with what was expected there.

    >>> parse("users: id pk, age int[18..]").tables[0].entries[1]
    Column(name=Atom(text='age'), items=(Word(text='int'), Range(low=Atom(text='18'), high=None)))
    """
    source = Source(text, first_line)
    return parse_source(source)


def parse_source(source: Source) -> CellProgram:
    """Read a cell whose lines are known already."""
    from lark.exceptions import UnexpectedInput

    try:
        program: CellProgram = _parser().parse(source.padded)
    except _OddCharacterError as error:
        slip = error.slip
    except UnexpectedInput as error:
        accepted = frozenset(error.interactive_parser.accepts())
        slip = explain(source.padded, error.pos_in_stream, accepted)
    else:
        return program
    raise source.error([source.at(slip.start, slip.end, slip.message, slip.hint)])


@functools.cache
def _parser() -> Any:  # noqa: ANN401 - lark has no types
    """Build the parser, once, when the first cell is read."""
    from lark import Lark

    grammar = resources.files("synthohive_jupyter.dsl").joinpath("grammar.lark").read_text("utf-8")
    return Lark(grammar, parser="lalr", lexer="contextual", transformer=_Builder())


class _OddCharacterError(Exception):
    """A bare name holds a symbol; raised while tokens are made, before the grammar stumbles."""

    def __init__(self, slip: Slip) -> None:
        self.slip = slip
        super().__init__(slip.message)


def _span(token: Any) -> Span:  # noqa: ANN401 - lark has no types
    return Span(token.line, token.column, token.column + len(token))


def _name(token: Any) -> Any:  # noqa: ANN401 - lark has no types
    if not token.isascii() or not token.isprintable():
        slip = odd_character(str(token), token.start_pos)
        if slip is not None:
            raise _OddCharacterError(slip)
    return token


class _Builder:
    """One method for each rule of the grammar (and two for tokens), called by lark."""

    NAME = staticmethod(_name)
    WORD = staticmethod(_name)

    def start(self, tables: Children) -> CellProgram:
        span = tables[0].span if tables else Span(1, 1, 1)
        return CellProgram(tuple(tables), span)

    def table(self, children: Children) -> Table:
        (name, *entries), *properties = children
        return Table(name, tuple(entries), tuple(properties), name.span)

    def header(self, children: Children) -> Children:
        return children

    def column(self, children: Children) -> Column:
        name, *items = children
        return Column(name, tuple(items), name.span.to((items or [name])[-1].span))

    def word(self, children: Children) -> Word:
        return Word(str(children[0]), _span(children[0]))

    def pii(self, children: Children) -> Pii:
        mark, *words, closing = children
        action, provider = (w and Atom(str(w), span=_span(w)) for w in words)
        return Pii(action, provider, _span(mark).to(_span(closing or mark)))

    def range(self, children: Children) -> Range:
        first, low, _, high, last = children
        return Range(
            low and Atom(str(low), span=_span(low)),
            high and Atom(str(high), span=_span(high)),
            _span(first).to(_span(last)),
        )

    def choices(self, children: Children) -> Choices:
        first, *values, last = children
        return Choices(tuple(values), _span(first).to(_span(last)))

    def key(self, children: Children) -> CompositeKey:
        opening, *columns, target = children
        return CompositeKey(tuple(columns), target, _span(opening).to(columns[-1].span))

    def target(self, children: Children) -> Target:
        *named, nullable = children
        last = _span(named.pop()) if not isinstance(named[-1], Atom) else named[-1].span
        table, *columns = named
        return Target(table, tuple(columns), nullable is not None, table.span.to(last))

    def property(self, children: Children) -> Property:
        keyword, *operands = children
        return Property(str(keyword)[1:], tuple(operands), _span(keyword))

    def reference(self, children: Children) -> Reference:
        first, second = children
        if second is None:
            return Reference(first, None, first.span)
        return Reference(second, first, first.span.to(second.span))

    def atom(self, children: Children) -> Atom:
        token = children[0]
        if token.type == "QUOTED":
            return Atom(str(token)[1:-1].replace('""', '"'), quoted=True, span=_span(token))
        return Atom(str(token).rstrip(), span=_span(token))

    name = value = path = number = rest = atom
