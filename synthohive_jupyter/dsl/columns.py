"""One column: what its items say together, and where they contradict each other."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

from synthohive_jupyter.dsl.ast import (
    Atom,
    Choices,
    Column,
    Item,
    Pii,
    Range,
    Span,
    Target,
    Word,
)
from synthohive_jupyter.privacy.config import ACTIONS, PiiRule
from synthohive_jupyter.schema.suggestions import closest, suggest
from synthohive_jupyter.schema.tables import COLUMN_TYPES, Bound, Constraint

MARKS = ("pk", "unique", "high")
"""Words that may stand beside the type of a column."""

WORDS = (*COLUMN_TYPES, *MARKS, "pii")
"""Every word that may follow the name of a column."""

LONGEST_NUMBER = 40
"""Characters of a bound; no real one is longer, and Python refuses to read very long integers."""

_OTHER_WORDS: dict[str, str] = {
    **dict.fromkeys(("string", "str", "varchar", "char", "object"), "write 'cat' or 'text'"),
    **dict.fromkeys(("integer", "bigint", "smallint", "long", "int64", "int32"), "write 'int'"),
    **dict.fromkeys(("double", "decimal", "numeric", "real", "number"), "write 'float'"),
    **dict.fromkeys(("timestamp", "time", "datetime64"), "write 'datetime'"),
    **dict.fromkeys(("category", "categorical", "enum"), "write 'cat'"),
    **dict.fromkeys(("uuid", "guid", "serial"), "write 'id'"),
    **dict.fromkeys(("primary", "primary_key", "key"), "write 'pk'"),
    **dict.fromkeys(
        ("null", "nullable", "optional", "not"),
        "remove it: whether values may be missing is seen in the data",
    ),
    **dict.fromkeys(
        ("references", "reference", "ref", "fk", "foreign"),
        "a foreign key is written 'column -> table.column'",
    ),
    **{word: f"write 'pii({word})'" for word in ACTIONS if word != "custom"},
}
"""Words of other languages, and what to write here."""

Report = Callable[[Span, str, str | None], None]
"""Takes a problem: where, what, and what to do."""


@dataclass(slots=True)
class ReadColumn:
    """What the items of a column say.

    Attributes:
        name: The column.
        constraint: Type, range, set and uniqueness.
        primary: Whether it is the primary key or part of it.
        high: Whether it has many categories.
        rule: What happens to its personal data, or ``None``.
        target: What it points to, or ``None``.
        spans: Where each part stands: ``type range set target pii`` and the `MARKS`.
    """

    name: Atom
    constraint: Constraint = field(default_factory=Constraint)
    primary: bool = False
    high: bool = False
    rule: PiiRule | None = None
    target: Target | None = None
    spans: dict[str, Span] = field(default_factory=dict)


def read_column(column: Column, report: Report) -> Iterator[ReadColumn]:
    """Read a column; several come out where only commas were forgotten between them."""
    rest: Column | None = column
    while rest is not None:
        read, rest = _read_one(rest, report)
        yield read


def _read_one(column: Column, report: Report) -> tuple[ReadColumn, Column | None]:
    """Return a column, and what follows where a comma was forgotten."""
    read = ReadColumn(column.name)
    left: Column | None = None
    for index, item in enumerate(column.items):
        if isinstance(item, Word) and item.text not in WORDS:
            rest = column.items[index + 1 :]
            if index and _begins_column(item.text, read, rest):
                report(item.span, f"expected ',' before '{item.text}'", "put a comma before it")
                left = Column(Atom(item.text, span=item.span), rest)
                break
            report(item.span, *_unknown(item.text, read, rest[0] if rest else None))
        elif part := _new_part(item, read, report):
            read.spans[part] = item.span
            _read_item(item, read, report)
    if {"range", "set"} <= read.spans.keys():
        message = f"'{read.name.text}' has a range and a set"
        report(read.spans["set"], message, "keep one of them")
    if column.name.text == "pk" and not column.name.quoted and not column.items:
        hint = 'write it after the column, or in double quotes if "pk" is its name'
        report(column.name.span, "'pk' stands without a column", hint)
    return read, left


def _begins_column(word: str, read: ReadColumn, rest: tuple[Item, ...]) -> bool:
    """Return whether an unknown word is rather a column whose comma was forgotten."""
    if word.lower() in _OTHER_WORDS:
        return False
    if rest and isinstance(rest[0], Target):
        return True
    near = closest(word, WORDS)
    if near is not None and (near not in COLUMN_TYPES or "type" not in read.spans):
        return False
    return not rest or not isinstance(rest[0], Word) or rest[0].text in WORDS


def _unknown(word: str, read: ReadColumn, following: Item | None) -> tuple[str, str]:
    """Return message and hint for a word that is none of ours."""
    typed = "type" in read.spans
    message = f"unknown {'word' if typed else 'type'} '{word}'"
    known = (*MARKS, "pii") if typed else WORDS
    hint = _OTHER_WORDS.get(word.lower()) or suggest(word, known)
    if hint is None and isinstance(following, Word) and not read.spans:
        hint = f'a name with a space goes in double quotes: "{read.name.text} {word}"'
    return message, hint or f"types: {', '.join(COLUMN_TYPES)}; marks: {', '.join(MARKS)}, pii"


def _new_part(item: Item, read: ReadColumn, report: Report) -> str | None:
    """Return which part of the column an item is; ``None``, and a problem, if it is there twice."""
    match item:
        case Word(text):
            part = "type" if text in COLUMN_TYPES else text
        case Range():
            part = "range"
        case Choices():
            part = "set"
        case Target():
            part = "target"
        case Pii():
            part = "pii"
    if part not in read.spans:
        return part
    if part in {*MARKS, "pii"}:
        report(item.span, f"'{part}' stands twice at '{read.name.text}'", "remove one")
    else:
        report(item.span, f"'{read.name.text}' has two {part}s", "keep one of them")
    return None


def _read_item(item: Item, read: ReadColumn, report: Report) -> None:
    match item:
        case Word("pk"):
            read.primary = True
        case Word("high"):
            read.high = True
        case Word("unique"):
            read.constraint = replace(read.constraint, unique=True)
        case Word(text):
            read.constraint = replace(read.constraint, dtype=text)
        case Range(low, high):
            if low is None and high is None:
                report(item.span, "a range needs an end", "write [0..9], [0..] or [..9]")
            smallest, largest = _bound(low, report), _bound(high, report)
            read.constraint = replace(read.constraint, min=smallest, max=largest)
        case Choices(values):
            read.constraint = replace(read.constraint, values=_choices(values, report))
        case Target():
            read.target = item
        case Pii(action, provider):
            parts = [part.text for part in (action, provider) if part is not None]
            read.rule = PiiRule.parse(":".join(parts or ["fake"]))


_DATE = re.compile(r"[0-9]{4}-")


def _bound(atom: Atom | None, report: Report) -> Bound | None:
    """Return an end of a range: a number, or a date as text (the schema checks the calendar)."""
    if atom is None or _DATE.match(atom.text):
        return None if atom is None else atom.text
    if len(atom.text) > LONGEST_NUMBER:
        report(atom.span, f"a number has at most {LONGEST_NUMBER} characters", None)
        return None
    text = atom.text.replace("_", "")
    return float(text) if re.search(r"[.eE]", text) else int(text)


def _choices(values: tuple[Atom, ...], report: Report) -> tuple[str, ...]:
    seen: dict[str, None] = {}
    for value in values:
        if value.text in seen:
            report(value.span, f"'{value.text}' stands twice in the set", "remove one")
        seen[value.text] = None
    return tuple(seen)
