"""What is offered in the body of a cell, at each place of the grammar (`dsl/grammar.lark`)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from synthohive_jupyter.dsl.columns import MARKS
from synthohive_jupyter.dsl.notations.detect import notation_of
from synthohive_jupyter.dsl.render import written_name
from synthohive_jupyter.dsl.tables import PROPERTIES
from synthohive_jupyter.notebook.completion.cell import Cell
from synthohive_jupyter.notebook.completion.offers import (
    NOTHING,
    Candidate,
    Offer,
    going_on,
    names,
    words,
)
from synthohive_jupyter.notebook.completion.properties import REPEATABLE, operands
from synthohive_jupyter.notebook.completion.scan import (
    at_cursor,
    last_entry,
    opened,
    outline,
    unquoted,
)
from synthohive_jupyter.privacy.config import ACTIONS
from synthohive_jupyter.privacy.providers import PROVIDERS, infer_provider
from synthohive_jupyter.schema.tables import COLUMN_TYPES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from synthohive_jupyter.notebook.completion.names import Names
    from synthohive_jupyter.notebook.completion.scan import Cursor, Token

_SUGGESTED = {
    "int": ("int", "id", "cat"),
    "float": ("float",),
    "bool": ("bool",),
    "text": ("cat", "text", "id"),
    "date": ("date",),
    "datetime": ("datetime", "date"),
}
"""Kind of the data to the types that fit it, the likeliest first."""

_RANGED = {"int", "float", "date", "datetime"}
"""Types that a range may follow."""

_FIELD = re.compile(r"\{\{[ \t]*(?P<name>\w*)$")


def offer_in_body(body: str, cursor: int, notebook: Names) -> Offer:
    """Return what is offered in a body; in other notations than ours, variables alone.

    Args:
        body: The whole body.
        cursor: Offset of the cursor in it.
        notebook: What it may name.
    """
    before, after = body[:cursor], body[cursor:]
    if inserted := _FIELD.search(before):
        return Offer(inserted["name"], words(inserted["name"], notebook.insertable(), "variable"))
    spot = at_cursor(before)
    if spot is None:
        return NOTHING
    # What is being typed is not declared yet; and "use" may become "users" or the SQL.
    declared = before[: len(before) - len(spot.fragment)] + after
    if notation_of(declared) != "compact":
        return NOTHING
    cell = Cell(outline(declared), notebook)
    rest = after.partition("\n")[0]
    if spot.said is None:
        return Offer(spot.fragment, _line(spot, cell, rest))
    if spot.word is not None:
        return operands(spot, cell, rest)
    return _columns(spot, cell, rest)


def _line(spot: Cursor, cell: Cell, rest: str) -> tuple[Candidate, ...]:
    """Begin a line: with a property of the table above, or with a table."""
    if spot.table is not None and (
        spot.fragment.startswith("@") or (spot.indented and not spot.fragment)
    ):
        given = {word for word, _ in cell.tables[spot.table].properties} - REPEATABLE
        known = [f"@{word}" for word in PROPERTIES if word not in given]
        return words(spot.fragment, known, "property")
    taken = {*cell.places(), *cell.tables}
    known = [name for name in cell.names.places() if name not in taken]
    return names(spot.fragment, known, "table", end=":", rest=rest)


def _columns(spot: Cursor, cell: Cell, rest: str) -> Offer:
    """Go on after ``name:``: a column, what follows it, or a key of several columns."""
    table, fragment, said = spot.table or "", spot.fragment, spot.said or ()
    entry, bracket = last_entry(said), opened(said)
    if bracket is not None:
        found = _in_brackets(table, fragment, said, bracket, cell, rest)
    elif not entry:
        written = cell.declared(table)
        free = [name for name in cell.of_data(table) if name not in written]
        found = names(fragment, free, "column", rest=rest)
    elif entry[-1].text == "-" and spot.text.endswith("-"):
        fragment, found = "-", words("-", ["->"], "key")
    else:
        found = _in_entry(entry, fragment, table, cell, rest)
    return Offer(fragment, found)


def _in_entry(
    entry: tuple[Token, ...], fragment: str, table: str, cell: Cell, rest: str
) -> tuple[Candidate, ...]:
    """Go on behind the name of a column, or behind the columns of a key."""
    if entry[-1].text == "->":
        return _targets(fragment, entry, table, cell, rest)
    if entry[-1].text == ".":
        return _pointed(fragment, entry[-2:-1], cell, rest)
    if entry[0].text != "(":
        return _after_column(entry, fragment, table, cell)
    arrow = [] if any(token.text == "->" for token in entry) else ["->"]
    return words(fragment, arrow, "key")


def _after_column(
    entry: tuple[Token, ...], fragment: str, table: str, cell: Cell
) -> tuple[Candidate, ...]:
    """Return types, marks, key and privacy that may still follow a column."""
    column = entry[0].raw
    given = {token.text for token in entry[1:]}
    kind = cell.names.kind(cell.place(table), column)
    likely = _SUGGESTED.get(kind or "", ())
    types = [] if given & {*COLUMN_TYPES, "->"} else list(dict.fromkeys([*likely, *COLUMN_TYPES]))
    marks = [mark for mark in MARKS if mark not in given]
    keys = [] if "->" in given else [*_likely_keys(column, table, cell), "->"]
    privacy = [] if given & {"pii", "->"} else ["pii("]
    ranged = [text for word in types for text in (word, f"{word}[")[: 1 + (word in _RANGED)]]
    nullable = ["?"] if "->" in given and "?" not in given else []
    groups = [
        (nullable, "key"),
        ([text for text in ranged if text.rstrip("[") in likely], "type"),
        (privacy if infer_provider(column) else [], "privacy"),
        (marks[:1], "mark"),
        (keys, "key"),
        (marks[1:], "mark"),
        (privacy, "privacy"),
        (ranged, "type"),
    ]
    if column == "id" or column.endswith("_id"):
        groups.insert(0, (marks[:1], "mark") if column == "id" else (keys, "key"))
    kinds: dict[str, str] = {}
    for texts, what in groups:
        kinds |= dict.fromkeys((text for text in texts if text not in kinds), what)
    return tuple(Candidate(text, kinds[text]) for text in going_on(fragment, kinds))


def _likely_keys(column: str, table: str, cell: Cell) -> Iterator[str]:
    """Yield the whole of the keys that a name like ``user_id`` promises."""
    stem, _, _ = column.casefold().rpartition("_")
    for name, found in cell.tables.items():
        fits = stem and name != table and name.casefold().startswith(stem)
        if fits and len(found.primary()) == 1:
            yield f"-> {written_name(name)}{_key_of(name, 1, cell)}"


def _in_brackets(
    table: str,
    fragment: str,
    said: tuple[Token, ...],
    bracket: int,
    cell: Cell,
    rest: str,
) -> tuple[Candidate, ...]:
    """Go on inside of brackets; ranges and sets hold values, and values are not looked at."""
    inside = said[bracket + 1 :]
    before = said[bracket - 1].text if bracket else ""
    if said[bracket].text != "(":
        return ()
    if before == "pii":
        column = last_entry(said[:bracket])[0].raw
        return _privacy(fragment, [token.text for token in inside], column)
    if inside and inside[-1].text != ",":
        return ()
    used = {token.raw for token in inside}
    if before == ".":
        pointed = said[bracket - 2].raw
        found = cell.tables[pointed].primary() if pointed in cell.tables else ()
        return _unused(fragment, found or cell.columns(pointed), used, rest)
    return _unused(fragment, cell.columns(table), used, rest)


def _unused(
    fragment: str, found: Iterable[str], used: set[str], rest: str
) -> tuple[Candidate, ...]:
    return names(fragment, [name for name in found if name not in used], "column", rest=rest)


def _privacy(fragment: str, inside: list[str], column: str) -> tuple[Candidate, ...]:
    """Return actions, and after ``fake:`` what can be faked, the likely one first."""
    if not inside:
        return words(fragment, [action for action in ACTIONS if action != "custom"], "privacy")
    if inside == ["fake", ":"]:
        likely = infer_provider(column)
        return words(fragment, [*([likely] if likely else []), *PROVIDERS], "provider")
    return ()


def _targets(
    fragment: str, entry: tuple[Token, ...], table: str, cell: Cell, rest: str
) -> tuple[Candidate, ...]:
    """Return the tables to point to, with their key; those that the column's name tells first."""
    width = sum(token.kind != "sign" for token in entry[:-1]) if entry[0].text == "(" else 1
    undeclared = [name for name in cell.names.frames() if name not in cell.places()]
    known = list(dict.fromkeys([*cell.tables, *undeclared]))
    stem = entry[0].raw.rsplit("_", 1)[0].casefold()
    known.sort(key=lambda name: (not name.casefold().startswith(stem), name == table))
    # Behind a quote that is there already nothing can be put.
    closed = fragment.startswith('"') and rest.startswith('"')
    return tuple(
        Candidate(written.text + ("" if closed else _key_of(name, width, cell)), "table")
        for name in going_on(unquoted(fragment), known)
        for written in names(fragment, [name], "table", rest=rest)
    )


def _key_of(name: str, width: int, cell: Cell) -> str:
    primary = cell.tables[name].primary() if name in cell.tables else ()
    texts = [each.text for each in names("", primary, "column")]
    if len(texts) != width:
        return "."
    return f".{texts[0]}" if width == 1 else f".({', '.join(texts)})"


def _pointed(
    fragment: str, named: tuple[Token, ...], cell: Cell, rest: str
) -> tuple[Candidate, ...]:
    """Return the key of a table after its dot; all its columns where it has no key."""
    name = named[0].raw if named else ""
    primary = cell.tables[name].primary() if name in cell.tables else ()
    return names(fragment, primary or cell.columns(name), "column", rest=rest)
