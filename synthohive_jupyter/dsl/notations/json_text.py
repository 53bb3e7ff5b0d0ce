"""JSON text to a tree with places, which the reader of the standard library does not tell."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from synthohive_jupyter.dsl.notations.nodes import Mapping, Node, Scalar, Sequence

if TYPE_CHECKING:
    from synthohive_jupyter.dsl.problems import Source
    from synthohive_jupyter.errors import SchemaError

DEEPEST = 20
"""Levels of nesting; metadata has five."""

_TOKEN = re.compile(r'"(?:[^"\\\n]|\\.)*"|[{}\[\],:]|[^\s{}\[\],:"]+|"')
_NUMBER = re.compile(r"-?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")


def read_json(source: Source) -> Node:
    """Return the tree of a text.

    Raises:
        SchemaError: At the first place that cannot be read.
    """
    return _Reader(source).whole()


class _Reader:
    def __init__(self, source: Source) -> None:
        self._source = source
        self._tokens = [(m[0], m.start()) for m in _TOKEN.finditer(source.padded)]
        self._tokens.append(("", len(source.padded.rstrip())))
        self._at = 0

    def whole(self) -> Node:
        node = self._value(0)
        if self._peek:
            raise self._error("expected the end of the text", "remove what follows")
        return node

    @property
    def _peek(self) -> str:
        return self._tokens[self._at][0]

    def _take(self) -> tuple[str, int]:
        token = self._tokens[self._at]
        self._at = min(self._at + 1, len(self._tokens) - 1)
        return token

    def _error(self, message: str, hint: str | None = None) -> SchemaError:
        token, start = self._tokens[self._at]
        span = self._source.clipped(start, start + len(token))
        return self._source.error([self._source.problem(span, message, hint)])

    def _value(self, depth: int) -> Node:
        if depth > DEEPEST:
            raise self._error("this is nested too deeply")
        if self._peek in {"{", "["}:
            return self._several(depth)
        return self._scalar("a value")

    def _several(self, depth: int) -> Node:
        """Read what stands in brackets."""
        opening, start = self._take()
        closing = "}" if opening == "{" else "]"
        span = self._source.clipped(start, start + 1)
        keys: list[Scalar] = []
        values: list[Node] = []
        while self._peek != closing:
            if values:
                self._expect(",", f"a comma stands between two entries, '{closing}' at the end")
            if opening == "{":
                keys.append(self._key())
                self._expect(":", "a key is followed by a colon")
            values.append(self._value(depth + 1))
        self._take()
        if opening == "[":
            return Sequence(tuple(values), span)
        return Mapping(tuple(zip(keys, values, strict=True)), span)

    def _expect(self, sign: str, hint: str) -> None:
        if self._peek != sign:
            raise self._error(f"expected '{sign}'", hint)
        self._take()

    def _key(self) -> Scalar:
        if not self._peek.startswith('"'):
            hint = "remove the comma before it" if self._peek == "}" else "keys have double quotes"
            raise self._error("expected a key", hint)
        return self._scalar("a key")

    def _scalar(self, what: str) -> Scalar:
        written, start = self._tokens[self._at]
        span = self._source.clipped(start, start + len(written))
        if written.startswith('"'):
            try:
                text = json.loads(written)
            except ValueError:
                raise self._error("this text is not closed, or has a wrong escape") from None
            self._take()
            return Scalar(text, span, plain=False, exact=written[1:-1] == text)
        if written in {"true", "false", "null"} or _NUMBER.fullmatch(written):
            self._take()
            return Scalar(written, span, plain=True)
        hint = "texts have double quotes" if written and written not in "{}[],:" else None
        raise self._error(f"expected {what}", hint)
