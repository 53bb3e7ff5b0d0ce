"""A column of YAML that is a mapping of its own: ``{type: int, min: 0, unique: true}``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from synthohive_jupyter.dsl.ast import Choices, Item, Range, Span, Target, Word
from synthohive_jupyter.dsl.columns import MARKS
from synthohive_jupyter.dsl.notations.drafts import in_order, part_of
from synthohive_jupyter.dsl.notations.fragments import Piece, read_items
from synthohive_jupyter.dsl.notations.nodes import Mapping, Node, Scalar, Sequence
from synthohive_jupyter.errors import Problem, SchemaError
from synthohive_jupyter.schema.suggestions import suggest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from synthohive_jupyter.dsl.ast import Atom
    from synthohive_jupyter.dsl.problems import Source

_TEXTS = {"type": "{}", "pii": "pii({})", "ref": "-> {}", "min": "[{}..]", "max": "[..{}]"}
"""Keys whose text is part of the compact notation, and how it stands there."""

_SWITCHES = ("nullable", *MARKS)

KEYS = (*_TEXTS, "values", *_SWITCHES)
"""What a column may say."""


def read_mapping(column: Mapping, source: Source, problems: list[Problem]) -> Iterator[Item]:
    """Return the items that a mapping says; what is wrong is added to ``problems``."""
    items: list[Item] = []
    for key, value in column:
        try:
            items += _read(key, value, source)
        except SchemaError as error:
            problems += error.problems
    yield from in_order({part_of(item): item for item in _merged(items, column)})


def _merged(items: list[Item], column: Mapping) -> Iterator[Item]:
    """Return the items with both ends in one range, and a target that may be null."""
    ranges = [item for item in items if isinstance(item, Range)]
    nullable = column.get("nullable")
    for item in items:
        if isinstance(item, Target) and isinstance(nullable, Scalar) and nullable.truth:
            yield Target(item.table, item.columns, nullable=True, span=item.span)
        elif not isinstance(item, Range):
            yield item
    if ranges:
        low = next((one.low for one in ranges if one.low), None)
        high = next((one.high for one in ranges if one.high), None)
        yield Range(low, high, ranges[0].span)


def _read(key: Scalar, value: Node, source: Source) -> Iterator[Item]:
    word = key.text
    if word in _TEXTS and isinstance(value, Scalar) and not value.null:
        yield from _text(word, value, source)
    elif word == "values" and isinstance(value, Sequence):
        yield Choices(tuple(_values(value, source)), value.span)
    elif word in _SWITCHES and isinstance(value, Scalar) and value.truth is not None:
        if value.truth and word in MARKS:
            yield Word(word, key.span)
    elif word in KEYS:
        wanted = (
            "a list" if word == "values" else "true or false" if word in _SWITCHES else "a text"
        )
        raise source.error([source.problem(value.span, f"'{word}' is {wanted}")])
    else:
        hint = suggest(word, KEYS) or f"keys: {', '.join(KEYS)}"
        raise source.error([source.problem(key.span, f"unknown key '{word}' of a column", hint)])


def _values(listed: Sequence, source: Source) -> Iterator[Atom]:
    for item in listed.items:
        if not isinstance(item, Scalar):
            raise source.error([source.problem(item.span, "a value is a text", None)])
        yield item.atom


def _text(word: str, value: Scalar, source: Source) -> Iterator[Item]:
    """Read a text as the part of the compact notation that it stands for."""
    if word == "pii" and value.truth is not None:
        pieces = [Piece("pii", value.span, exact=False)] if value.truth else []
    else:
        before = _TEXTS[word].index("{")
        piece = value.piece
        span = piece.span
        if piece.exact:
            span = Span(span.line, span.column - before, span.end)
        pieces = [Piece(_TEXTS[word].format(piece.text), span, piece.exact)]
    for piece in pieces:
        yield from read_items(piece, source)
