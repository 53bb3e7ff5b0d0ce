"""The tokens of DBML, each with its place."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from synthohive_jupyter.dsl.problems import Source
    from synthohive_jupyter.errors import SchemaError

_PATTERN = re.compile(
    r"""
    (?P<SKIP>[^\S\n]+ | //[^\n]* | /\*.*?\*/)
  | (?P<NL>\n)
  | (?P<TEXT>'''(?:\\.|(?!''').)*''' | '(?!'')(?:\\[^\n]|[^'\\\n])*')
  | (?P<QUOTED>"(?:\\[^\n]|[^"\\\n])*")
  | (?P<EXPR>`[^`]*`)
  | (?P<NAME>\w+)
  | (?P<SIGN><>|[{}\[\](),:.<>~\#+-])
  | (?P<OPEN>'''|/\*|['"`])
  | (?P<ODD>.)
    """,
    re.VERBOSE | re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Token:
    """One token; ``kind`` is NL, TEXT, QUOTED, EXPR, NAME, SIGN or END."""

    kind: str
    raw: str
    start: int

    @property
    def end(self) -> int:
        """Offset after its last character."""
        return self.start + len(self.raw)

    @property
    def inside(self) -> tuple[int, str]:
        """Offset and characters of what stands between its quotes, escapes as they are written."""
        quote = (
            3 if self.raw.startswith("'''") else 1 if self.kind in {"TEXT", "QUOTED", "EXPR"} else 0
        )
        return self.start + quote, self.raw[quote : len(self.raw) - quote]

    @property
    def text(self) -> str:
        """What it says, without quotes and escapes."""
        inside = self.inside[1]
        return (
            re.sub(r"\\(.)", r"\1", inside, flags=re.DOTALL)
            if self.kind in {"TEXT", "QUOTED"}
            else inside
        )

    def says(self, *words: str) -> bool:
        """Return whether it is one of these signs or bare words, in any case."""
        return self.kind in {"NAME", "SIGN"} and self.raw.lower() in words


def tokenize(source: Source) -> list[Token]:
    """Return the tokens of a text; the last one is its end.

    Raises:
        SchemaError: If quotes or a comment are not closed, or a character has no place here.
    """
    text = source.padded
    tokens = []
    for match in _PATTERN.finditer(text):
        kind, start = match.lastgroup or "", match.start()
        if kind in {"OPEN", "ODD"}:
            closed = "close it on the same line" if match[0] in "'\"" else "close it"
            message = f"this {match[0]} is not closed" if kind == "OPEN" else "unexpected character"
            hint = closed if kind == "OPEN" else 'put names with signs in double quotes: "a-b"'
            raise source.error([source.problem(source.clipped(start, start + 1), message, hint)])
        if kind != "SKIP":
            tokens.append(Token(kind, match[0], start))
    return [*tokens, Token("END", "", max(len(text.rstrip()), 0))]


class Cursor:
    """Goes over tokens, the last of which is an end."""

    def __init__(self, tokens: Sequence[Token], source: Source) -> None:
        self._tokens = tokens
        self._source = source
        self._at = 0

    @property
    def peek(self) -> Token:
        """The token that is next."""
        return self._tokens[self._at]

    def after(self, ahead: int = 1) -> Token:
        """Return a token behind the next one."""
        return self._tokens[min(self._at + ahead, len(self._tokens) - 1)]

    def next(self) -> Token:
        """Return the next token and go on; the end stays the end."""
        token = self.peek
        self._at = min(self._at + 1, len(self._tokens) - 1)
        return token

    def skip(self) -> Token:
        """Pass over line ends; return what follows."""
        while self.peek.kind == "NL":
            self._at += 1
        return self.peek

    def take(self, *signs: str) -> Token | None:
        """Return the next token and go on, if it is one of these."""
        return self.next() if self.peek.says(*signs) else None

    def expect(self, sign: str, hint: str | None = None) -> Token:
        """Return the next token and go on; it must be this sign."""
        if not self.peek.says(sign):
            raise self.error(self.peek, f"expected '{sign}'", hint)
        return self.next()

    def name(self, what: str, hint: str | None = None) -> Token:
        """Return the next token and go on; it must be a name."""
        if self.peek.kind not in {"NAME", "QUOTED"}:
            raise self.error(self.peek, f"expected {what}", hint)
        return self.next()

    def path(self, what: str) -> list[Token]:
        """Read names with dots between them."""
        names = [self.name(what)]
        while self.take("."):
            names.append(self.name(what))
        return names

    def error(self, token: Token, message: str, hint: str | None = None) -> SchemaError:
        """Return an error at a token."""
        span = self._source.clipped(token.start, token.end)
        return self._source.error([self._source.problem(span, message, hint)])
