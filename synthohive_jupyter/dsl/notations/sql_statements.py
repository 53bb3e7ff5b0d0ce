"""A script of SQL as its statements, and the notes of ours in its comments."""

from __future__ import annotations

import bisect
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from synthohive_jupyter.dsl.notations.notes import MARK
from synthohive_jupyter.dsl.notations.sql_nodes import UnreadableError

if TYPE_CHECKING:
    from collections.abc import Iterator

_NOTE = re.compile(rf"--[ \t]*{MARK}[ \t]*([^\n]*)")
_DATA = re.compile(
    r"^COPY\b[^\n;]*\bFROM\s+stdin;\n.*?^\\\.$", re.DOTALL | re.MULTILINE | re.IGNORECASE
)
_BATCH = re.compile(r"^([ \t]*)GO(?=[ \t]*$)", re.MULTILINE | re.IGNORECASE)
_COMMAND = re.compile(r"^\\[^\n]*$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement.

    Attributes:
        text: It without its semicolon.
        start: Offset of its first character.
        end: Offset after its last character.
        words: Its first words in capitals.
    """

    text: str
    start: int
    end: int
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Script:
    """A whole text; ``tokens`` holds first and last offset of each of its tokens."""

    text: str
    statements: tuple[Statement, ...]
    tokens: tuple[tuple[int, int], ...]

    def notes(self) -> Iterator[tuple[int, str]]:
        """Return offset and text of each note in a comment."""
        starts = [start for start, _ in self.tokens]
        at = 0
        while match := _NOTE.search(self.text, at):
            index = bisect.bisect_right(starts, match.start()) - 1
            if index >= 0 and self.tokens[index][1] >= match.start():
                # What stands inside of a name or a text is no comment.
                at = self.tokens[index][1] + 1
                continue
            at = match.end()
            if match[1].strip():
                yield match.start(1), match[1].rstrip()


def split(text: str, dialect: str) -> Script:
    """Return the statements of a script.

    Data of dumps, commands of terminals and batch separators are taken out; offsets stay.

    Raises:
        UnreadableError: If quotes or a comment are not closed.
    """
    from sqlglot import tokenize
    from sqlglot.errors import SqlglotError

    for pattern in (_DATA, _COMMAND):
        text = pattern.sub(lambda match: _blank(match[0]), text)
    text = _BATCH.sub(r"\1; ", text)
    try:
        tokens = tokenize(text, dialect=dialect or None)
    except SqlglotError:
        start = _unclosed(text)
        message, hint = "this is not closed", "close the quotes, or the comment"
        raise UnreadableError(start, start + 1, message, hint) from None
    for token in _noise(tokens, text):
        start, end = token.start, token.end + 1
        text = text[:start] + _blank(text[start:end]) + text[end:]
    statements: list[Statement] = []
    begun: list[Any] = []
    depth = 0
    for token in tokens:
        kind = token.token_type.name
        depth += {"L_PAREN": 1, "R_PAREN": -1}.get(kind, 0)
        ends = kind == "SEMICOLON"
        # Some scripts have no semicolons; nothing inside of a statement begins in these words.
        if begun and depth <= 0 and (ends or _begins(token, text)):
            statements.append(_statement(text, begun))
            begun, depth = [], 0
        if not ends:
            begun.append(token)
    if begun:
        statements.append(_statement(text, begun))
    return Script(text, tuple(statements), tuple((t.start, t.end) for t in tokens))


def _blank(text: str) -> str:
    """Return as many blanks, the line ends kept."""
    return re.sub(r"[^\n]", " ", text)


def _noise(tokens: list[Any], text: str) -> Iterator[Any]:
    """Return words of SQL Server and SQLite that sqlglot does not know, and nobody needs here."""
    words = ["", *(text[token.start : token.end + 1].upper() for token in tokens), ""]
    depth = 0
    for token, before, word, after in zip(tokens, words, words[1:], words[2:], strict=False):
        depth += {"(": 1, ")": -1}.get(word, 0)
        options = (before, word) == ("WITHOUT", "ROWID") or (word, after) == ("WITHOUT", "ROWID")
        strict = word == "STRICT" and before in {")", ",", "ROWID"}
        comma = word == "," and after in {"STRICT", "WITHOUT"}
        if word == "ROWGUIDCOL" or (depth == 0 and (options or strict or comma)):
            yield token


def _begins(token: Any, text: str) -> bool:  # noqa: ANN401 - a token of sqlglot
    """Return whether a token begins a statement on a line of its own."""
    line = text.rfind("\n", 0, token.start) + 1
    return token.token_type.name in {"CREATE", "ALTER"} and not text[line : token.start].strip()


def _statement(text: str, tokens: list[Any]) -> Statement:
    start, end = tokens[0].start, tokens[-1].end + 1
    return Statement(text[start:end], start, end, tuple(t.text.upper() for t in tokens[:6]))


_QUOTES = re.compile(
    r"""--[^\n]*|/\*.*?\*/|'(?:[^']|'')*'|"(?:[^"]|"")*"|`[^`]*`|(?P<open>/\*|['"`])|.""", re.DOTALL
)


def _unclosed(text: str) -> int:
    """Return the offset of the quote or comment that is never closed, or of the end."""
    for match in _QUOTES.finditer(text):
        if match["open"]:
            return match.start()
    return max(len(text.rstrip()) - 1, 0)
