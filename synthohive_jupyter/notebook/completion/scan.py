"""The text of a body while it is being typed: what it declares, and what the cursor stands after.

The parser stops at the first thing it cannot read, and a text that is being typed can never be
read. So this reads by lines: ``name:`` begins a table, ``@word`` a property, anything else goes on
with what was before; inside of them, words and signs up to the cursor. It never fails. What it does
not see: names that are broken over lines, and ``#`` inside a path in quotes.
"""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

_NAME = r"[^\s!-/:-@\[-^`{-~]+"
_QUOTED = r'"(?:[^"\r\n]|"")*"'
_TOKEN = re.compile(
    rf"(?P<name>{_NAME})|(?P<quoted>{_QUOTED})|(?P<open>\"[^\n]*)|(?P<comment>\#[^\n]*)"
    r"|(?P<sign>->|<=|\.\.|[^\s\w])"
)
_ENTRY = re.compile(
    r"(?:[^,\"#(\[{]++|\"(?:[^\"\n]|\"\")*+\"?|\#[^\n]*+|\([^()]*+\)?|\[[^\[\]]*+\]?|\{[^{}]*+\}?)++"
)
"""What stands between two commas that are outside of brackets, quotes and comments."""

_HEAD = re.compile(rf"[^\S\n]*(?P<name>{_QUOTED}|{_NAME})[^\S\n]*:")
_PROPERTY = re.compile(r"[^\S\n]*@(?P<word>[\w-]*)")
_BEGINS = re.compile(r"[^\S\n]*@[\w-]*")
"""A line with a property whose word is being typed."""

_BRACKETS = {"(": ")", "[": "]", "{": "}"}


class Token(NamedTuple):
    """A word or sign: its kind (``name quoted open sign``), text, and place in what was read."""

    kind: str
    text: str
    start: int
    end: int

    @property
    def raw(self) -> str:
        """The name that is meant, without its quotes."""
        return unquoted(self.text)


def unquoted(text: str) -> str:
    """Return a name without its quotes; the closing one may be missing.

    >>> unquoted('"unit price"'), unquoted('"uni'), unquoted("unit")
    ('unit price', 'uni', 'unit')
    """
    if not text.startswith('"'):
        return text
    inner = text[1:-1] if len(text) > 1 and text.endswith('"') else text[1:]
    return inner.replace('""', '"')


@functools.lru_cache(maxsize=2048)
def tokens(text: str) -> tuple[Token, ...]:
    """Return the words and signs of a text, without blanks and comments."""
    return tuple(
        Token(match.lastgroup or "", match[0], match.start(), match.end())
        for match in _TOKEN.finditer(text)
        if match.lastgroup != "comment"
    )


@dataclass(frozen=True, slots=True)
class Column:
    """A declared column: its name and the words after it."""

    name: str
    words: frozenset[str]


@dataclass(frozen=True, slots=True)
class Key:
    """A foreign key: its columns, what it points to, and whether it may be null."""

    columns: tuple[str, ...]
    table: str
    pointed: tuple[str, ...]
    nullable: bool


@dataclass(slots=True)
class Table:
    """What a body says of one table, as far as it can be read.

    Attributes:
        name: Its name.
        text: What stands after ``name:``.
        properties: Word after ``@`` and what follows it, in order.
    """

    name: str
    text: str
    properties: list[tuple[str, str]] = field(default_factory=list)

    def columns(self) -> tuple[Column, ...]:
        """Return its columns; those of composite keys are not among them."""
        return _columns(self.text)

    def references(self) -> tuple[Key, ...]:
        """Return its foreign keys."""
        return _references(self.text)

    def primary(self) -> tuple[str, ...]:
        """Return the columns of its primary key."""
        return tuple(column.name for column in _columns(self.text, "pk") if "pk" in column.words)

    def said(self, word: str) -> tuple[Token, ...] | None:
        """Return what follows a property, or ``None`` where the table does not have it."""
        return next((tokens(text) for name, text in self.properties if name == word), None)


def outline(body: str) -> dict[str, Table]:
    r"""Return the tables of a body, by name.

    >>> found = outline("users: id pk,\n  na\norders: id pk, user_id -> users.id")
    >>> [column.name for column in found["users"].columns()], found["orders"].references()[0].table
    (['id', 'na'], 'users')
    """
    tables: dict[str, Table] = {}
    last: Table | None = None
    for line in body.split("\n"):
        if head := _HEAD.match(line):
            last = Table(unquoted(head["name"]), line[head.end() :])
            tables.setdefault(last.name, last)
        elif last is None:
            continue
        elif word := _PROPERTY.match(line):
            last.properties.append((word["word"], line[word.end() :]))
        elif last.properties:
            name, text = last.properties[-1]
            last.properties[-1] = (name, f"{text}\n{line}")
        else:
            last.text += f"\n{line}"
    return tables


@dataclass(frozen=True, slots=True)
class Cursor:
    """What stands before the cursor.

    Attributes:
        table: Name of the table it belongs to, ``None`` above the first one.
        word: The property after ``@``; ``None`` in the columns of a table.
        said: Words and signs of the statement before the fragment; ``None`` where a line begins.
        fragment: What is being typed, up to the cursor.
        text: The statement up to the cursor, without ``name:`` or ``@word``.
        indented: Whether the line begins with blanks.
    """

    table: str | None
    word: str | None
    said: tuple[Token, ...] | None
    fragment: str
    text: str
    indented: bool


def at_cursor(before: str) -> Cursor | None:
    r"""Return what the cursor stands after; ``None`` in a comment.

    Args:
        before: The body up to the cursor.

    >>> at_cursor("users: id pk, ema").fragment, at_cursor("users: id pk\n  @con").fragment
    ('ema', '@con')
    """
    *above, line = before.split("\n")
    if _in_comment(line):
        return None
    table, word, text = _statement([*above, line])
    above_all = table is None and word is None
    begins = word is None and _BEGINS.fullmatch(line)
    ended = text.endswith(f"\n{line}") and not _goes_on(text, line)
    if above_all or begins or ended:
        return Cursor(table, None, None, line.lstrip(), "", line[:1] in {" ", "\t"})
    said, fragment = tokens(text), ""
    if said and said[-1].end == len(text) and said[-1].kind != "sign":
        fragment, said = said[-1].text, said[:-1]
    return Cursor(table, word, said, fragment, text, indented=False)


def _statement(lines: list[str]) -> tuple[str | None, str | None, str]:
    """Return table, property and text of the statement that the last line belongs to."""
    word, text, found = None, "", False
    for index in range(len(lines) - 1, -1, -1):
        line = lines[index]
        if head := _HEAD.match(line):
            text = text if found else "\n".join([line[head.end() :], *lines[index + 1 :]])
            return unquoted(head["name"]), word, text
        begun = _PROPERTY.match(line)
        if begun and not found and begun.end() < len(line):
            text, found = "\n".join([line[begun.end() :], *lines[index + 1 :]]), True
            word = begun["word"]
    return None, word, text


def _goes_on(text: str, line: str) -> bool:
    """Return whether a statement was not at its end above its last line: comma, open bracket."""
    said = tokens(text[: -len(line) - 1])
    return bool(said) and (said[-1].text == "," or opened(said) is not None)


def opened(said: tuple[Token, ...]) -> int | None:
    """Return the index of the innermost bracket that is still open."""
    stack: list[int] = []
    for index, token in enumerate(said):
        if token.kind != "sign":
            continue
        if token.text in _BRACKETS:
            stack.append(index)
        elif stack and token.text == _BRACKETS[said[stack[-1]].text]:
            stack.pop()
    return stack[-1] if stack else None


def last_entry(said: tuple[Token, ...]) -> tuple[Token, ...]:
    """Return what follows the last comma outside of brackets."""
    begin = depth = 0
    for index, token in enumerate(said):
        if token.kind == "sign":
            if token.text in _BRACKETS:
                depth += 1
            elif token.text in _BRACKETS.values():
                depth = max(depth - 1, 0)
            elif token.text == "," and depth == 0:
                begin = index + 1
    return said[begin:]


def _in_comment(line: str) -> bool:
    found = None
    for found in _TOKEN.finditer(line):  # noqa: B007 - the last one is wanted
        pass
    return found is not None and found.lastgroup == "comment"


@functools.lru_cache(maxsize=512)
def _columns(text: str, only: str = "") -> tuple[Column, ...]:
    """Return the columns of a table; the quicker way to those whose text holds ``only``."""
    found = []
    for entry in _texts(text, only):
        if entry[0].kind != "sign":
            words = frozenset(token.text for token in entry[1:] if token.kind == "name")
            found.append(Column(entry[0].raw, words))
    return tuple(found)


@functools.lru_cache(maxsize=512)
def _references(text: str) -> tuple[Key, ...]:
    return tuple(key for entry in _texts(text, "->") if (key := _key(entry)))


def _texts(text: str, only: str) -> Iterator[tuple[Token, ...]]:
    for entry in _ENTRY.findall(text):
        if only in entry and (said := tokens(entry)):
            yield said


def _key(entry: tuple[Token, ...]) -> Key | None:
    """Return the foreign key of an entry whose target is complete."""
    arrow = next((i for i, token in enumerate(entry) if token.text == "->"), None)
    if arrow is None:
        return None
    own = entry[:arrow] if entry[0].text == "(" else entry[:1]
    table, *rest = [token.raw for token in entry[arrow + 1 :] if token.kind != "sign"] or [""]
    columns = tuple(token.raw for token in own if token.kind != "sign")
    pointed = tuple(rest[: len(columns)])
    nullable = any(token.text == "?" for token in entry)
    return Key(columns, table, pointed, nullable) if len(pointed) == len(columns) > 0 else None
