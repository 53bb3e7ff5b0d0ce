"""Nodes of sqlglot as our names and places, and what cannot be read as an error with its place."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from synthohive_jupyter.dsl.ast import Atom, Span

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from synthohive_jupyter.dsl.problems import Source

Expression = Any
"""A node of sqlglot, which is imported when the first text is read."""


class UnreadableError(Exception):
    """A dialect cannot read a text; ``start`` and ``end`` are offsets in it."""

    def __init__(self, start: int, end: int, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.start = start
        self.end = end
        self.message = message
        self.hint = hint


def parse_statement(text: str, start: int, dialect: str) -> Expression:
    """Return the node of one statement, which begins at the offset ``start``.

    Raises:
        UnreadableError: If the dialect does not know it.
    """
    from sqlglot import parse_one
    from sqlglot.errors import SqlglotError

    try:
        # The whole text before the place is asked for: its length is the place.
        return parse_one(text, dialect=dialect or None, error_message_context=10**9)
    except SqlglotError as error:
        said = (getattr(error, "errors", None) or [{}])[0]
        at = len(said.get("start_context") or "")
        found = said.get("highlight") or ""
        words = _words(said.get("description") or "", found, text[at:])
        raise UnreadableError(start + at, start + at + len(found), *words) from None
    except RecursionError:
        message = "this is nested too deeply"
        raise UnreadableError(start, start + 1, message) from None
    except Exception as error:  # noqa: BLE001 - texts that are no SQL lead it astray anywhere
        message = "this statement cannot be read as SQL"
        raise UnreadableError(start, start + 1, message, type(error).__name__) from None


def _words(said: str, found: str, rest: str) -> tuple[str, str | None]:
    """Return message and hint for what sqlglot said."""
    said = re.sub(r"\s+", " ", said).strip().rstrip(".") or "this cannot be read as SQL"
    expected = re.match(r"Expect(?:ed|ing) (.+)$", said)
    near = f" at '{found}'" if found and found.isprintable() else ""
    if re.match(r"NOT\s+(?!NULL\b)\w+", rest, re.IGNORECASE):
        return f"unknown constraint{near}", "did you mean NOT NULL?"
    if found.upper() in {"CREATE", "ALTER"}:
        return f"unexpected '{found}'", "end the statement above with ';'"
    if expected and expected[1] == ")":
        hint = "a column is NAME TYPE and its constraints, commas between columns"
        return f"expected ',' or ')'{near}", hint
    if expected:
        # What was found instead is told in sqlglot's own words.
        return f"expected {expected[1].split(' but got')[0].lower()}{near}", None
    return f"{said[:1].lower()}{said[1:]}{near}", None


class Nodes:
    """Names and places of the nodes of one statement, which begins at ``start``."""

    def __init__(self, source: Source, start: int) -> None:
        self._source = source
        self._start = start

    def atom(self, node: Expression) -> Atom:
        """Return the name or literal of a node with its place; ``quoted`` for texts."""
        quoted = node.args.get("quoted") or node.args.get("is_string")
        # These two would be words of the compact notation.
        return Atom(node.name, bool(quoted) or node.name in {"pk", "none"}, self.span(node))

    def span(self, node: Expression) -> Span:
        """Return the place of a node, or of the first name in it."""
        for part in node.walk():
            if "start" in part.meta:
                start, end = part.meta["start"], part.meta["end"] + 1
                return self._source.clipped(self._start + start, self._start + end)
        return self._source.clipped(self._start, self._start + 1)

    def offset(self, node: Expression) -> int:
        """Return where a node begins, or the first name in it."""
        places = (part.meta["start"] for part in node.walk() if "start" in part.meta)
        return self._start + next(places, 0)

    def names(self, nodes: Iterable[Expression]) -> Iterator[Atom]:
        """Return the columns that nodes name, without order and collation around them."""
        from sqlglot import exp

        for node in nodes:
            name = node if isinstance(node, exp.Identifier) else node.find(exp.Identifier)
            if name is not None:
                yield self.atom(name)
