"""YAML 1.2 text to a tree with places; ruamel.yaml does the reading.

Events are read instead of values: nothing is converted (``no`` stays a name, ``12:30`` a text), and
what could grow without end (aliases) is refused before it does.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from synthohive_jupyter.dsl.notations.nodes import Mapping, Node, Scalar, Sequence

if TYPE_CHECKING:
    from synthohive_jupyter.dsl.ast import Span
    from synthohive_jupyter.dsl.problems import Source
    from synthohive_jupyter.errors import SchemaError

DEEPEST = 20
"""Levels of nesting; a description has five."""


def read_yaml(source: Source) -> Node | None:
    """Return the tree of a text, or ``None`` if it is empty.

    Raises:
        SchemaError: At the first place that cannot be read.
    """
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    reader = YAML(typ="safe", pure=True)
    try:
        events = list(reader.parse(source.padded))
    except YAMLError as error:
        raise _slip(error, source) from None
    except (ValueError, OverflowError):
        # An escape of eight digits beyond the last character; ruamel does not look.
        place = source.padded.find("\\U")
        message = "this escape names no character"
        span = source.clipped(place, place + 10)
        raise source.error([source.problem(span, message, "write the character itself")]) from None
    return _Composer(source).compose(events)


def _slip(error: Any, source: Source) -> SchemaError:  # noqa: ANN401 - several classes of ruamel
    """Return what is wrong with a text, at its place."""
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    if "end of stream" in str(getattr(error, "problem", "")):
        # What is open is told as the context; the end of the text says nothing.
        mark = getattr(error, "context_mark", None) or mark
    problem: tuple[str, str | None]
    if mark is None:
        place = getattr(error, "position", 0)
        message = "this character cannot stand in YAML"
        problem = (message, "delete it, or write it as an escape in double quotes")
    else:
        place = mark.index
        problem = _words(str(error.problem or error.context or "unreadable"), source.padded[place:])
    span = source.clipped(place, place + 1)
    return source.error([source.problem(span, *problem)])


def _words(said: str, rest: str) -> tuple[str, str | None]:
    """Return a message and a hint for what the parser said; ``rest`` is the text from there."""
    if rest.startswith("\t"):
        return "a tab cannot indent in YAML", "indent with spaces"
    if rest[:1] in {"@", "`"}:
        return f"no text can begin with '{rest[0]}' in YAML", "put it in quotes"
    hints = (
        ("could not find expected ':'", "every key is followed by a colon and a space: id: pk"),
        ("mapping values are not allowed", "put the text that holds a colon in quotes"),
        ("expected <block end>", "line it up with the keys above"),
        ("end of stream", "close the quotes"),
        ("undefined alias", "anchors and aliases are not read here: write it out"),
    )
    hint = next((hint for mark, hint in hints if mark in said), None)
    return f"this cannot be read as YAML: {re.sub(r'[<>]', '', said)}", hint


class _Composer:
    """Makes a tree of events."""

    def __init__(self, source: Source) -> None:
        self._source = source

    def compose(self, events: list[Any]) -> Node | None:
        from ruamel.yaml.events import AliasEvent, DocumentStartEvent

        documents = 0
        for event in events:
            documents += isinstance(event, DocumentStartEvent)
            if isinstance(event, AliasEvent):
                hint = "anchors and aliases are not read here: write it out"
                raise self._error(event, f"'*{event.anchor}' is an alias", hint)
            if documents > 1:
                raise self._error(event, "there is a second document", "remove what is after '---'")
        # Stream and document begin the list and end it.
        following = iter(events[2:])
        return self._node(next(following), following, 0) if documents else None

    def _node(self, event: Any, events: Any, depth: int) -> Node:  # noqa: ANN401 - events
        from ruamel.yaml.events import MappingStartEvent, ScalarEvent

        if depth > DEEPEST:
            raise self._error(event, "this is nested too deeply", "columns: are the last level")
        if isinstance(event, ScalarEvent):
            return self._scalar(event)
        closing = "MappingEndEvent" if isinstance(event, MappingStartEvent) else "SequenceEndEvent"
        parts: list[Node] = []
        while type(inner := next(events)).__name__ != closing:
            parts.append(self._node(inner, events, depth + 1))
        span = self._span(event)
        if not isinstance(event, MappingStartEvent):
            return Sequence(tuple(parts), span)
        for key in parts[::2]:
            if not isinstance(key, Scalar):
                problem = self._source.problem(key.span, "a key must be a name", "write name: …")
                raise self._source.error([problem])
        keys = (key for key in parts[::2] if isinstance(key, Scalar))
        return Mapping(tuple(zip(keys, parts[1::2], strict=True)), span)

    def _scalar(self, event: Any) -> Scalar:  # noqa: ANN401 - an event
        start, end = event.start_mark.index, event.end_mark.index
        plain = event.style is None
        written = self._source.padded[start:end]
        exact = written == event.value if plain else written[1:-1] == event.value
        return Scalar(event.value, self._source.clipped(start, end), plain=plain, exact=exact)

    def _span(self, event: Any) -> Span:  # noqa: ANN401 - an event
        return self._source.clipped(event.start_mark.index, event.start_mark.index + 1)

    def _error(self, event: Any, message: str, hint: str) -> SchemaError:  # noqa: ANN401 - an event
        return self._source.error([self._source.problem(self._span(event), message, hint)])
