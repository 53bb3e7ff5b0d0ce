"""What is offered after a property: ``@context``, ``@driver`` and the others."""

from __future__ import annotations

from typing import TYPE_CHECKING

from synthohive_jupyter.dsl.render import written_name
from synthohive_jupyter.notebook.completion.offers import NOTHING, Candidate, Offer, names, words
from synthohive_jupyter.notebook.completion.paths import paths
from synthohive_jupyter.notebook.options import MODELS
from synthohive_jupyter.schema.tables import LINKAGE_METHODS, NO_ORDER

if TYPE_CHECKING:
    from collections.abc import Callable

    from synthohive_jupyter.notebook.completion.cell import Cell
    from synthohive_jupyter.notebook.completion.scan import Cursor

FARTHEST = 8
"""Tables above one whose columns are offered as context."""

REPEATABLE = {"check", "together"}
"""Properties that a table may have several times."""


def operands(spot: Cursor, cell: Cell, rest: str) -> Offer:
    """Return what is offered after a property.

    Args:
        spot: What stands before the cursor.
        cell: The tables.
        rest: The line behind the cursor.
    """
    offer = _OFFERS.get(spot.word or "")
    return NOTHING if offer is None else offer(spot, cell, rest)


def _data(spot: Cursor, cell: Cell, _rest: str) -> Offer:
    fragment = spot.text.lstrip()
    if any(blank in fragment for blank in " \t\n"):
        return NOTHING
    usable = [name for name in cell.names.places() if not set(name) & set(' \t\n#"')]
    found = words(fragment, usable, "frame")
    return Offer(fragment, found or paths(fragment))


def _context(spot: Cursor, cell: Cell, rest: str) -> Offer:
    said, fragment, table = spot.said or (), spot.fragment, spot.table or ""
    chain = cell.above(table)
    if said and said[-1].text == "." and len(said) > 1:
        found = cell.telling(said[-2].raw)
        return Offer(fragment, names(fragment, found, "column", rest=rest))
    if said and said[-1].text != ",":
        return NOTHING
    written = "".join(token.text for token in said).split(",")
    shown: list[Candidate] = []
    for above in chain[:FARTHEST]:
        head = f"{written_name(above)}."
        if not head.casefold().startswith(fragment.casefold()[: len(head)]):
            continue
        full = [head + column.text for column in names("", cell.telling(above), "column")]
        shown += words(fragment, [text for text in full if text not in written], "column")
    # A bare name means the driving parent.
    if fragment and not shown and chain:
        shown += names(fragment, cell.telling(chain[0]), "column", rest=rest)
    return Offer(fragment, (*shown, *(() if said else words(fragment, ["none"], "word"))))


def _driver(spot: Cursor, cell: Cell, rest: str) -> Offer:
    if spot.said or spot.table not in cell.tables:
        return NOTHING
    keys = [key.columns for key in cell.tables[spot.table].references()]
    single = names(spot.fragment, [key[0] for key in keys if len(key) == 1], "key", rest=rest)
    several = [f"({', '.join(map(written_name, key))})" for key in keys if len(key) > 1]
    return Offer(spot.fragment, (*single, *words(spot.fragment, several, "key")))


def _order(spot: Cursor, cell: Cell, rest: str) -> Offer:
    if spot.said:
        return NOTHING
    own = names(spot.fragment, cell.columns(spot.table or ""), "column", rest=rest)
    return Offer(spot.fragment, (*own, *words(spot.fragment, [NO_ORDER], "word")))


def _check(spot: Cursor, cell: Cell, rest: str) -> Offer:
    said = [token.raw for token in spot.said or ()]
    if said and said[-1] == "<" and spot.text.endswith("<"):
        return Offer("<", words("<", ["<="], "sign"))
    if len(said) == 1:
        return Offer(spot.fragment, words(spot.fragment, ["<="], "sign"))
    if said and (len(said) > 2 or said[1] != "<="):  # noqa: PLR2004 - a <= b
        return NOTHING
    found = [name for name in cell.columns(spot.table or "") if name not in said]
    return Offer(spot.fragment, names(spot.fragment, found, "column", rest=rest))


def _together(spot: Cursor, cell: Cell, rest: str) -> Offer:
    said = [token.raw for token in spot.said or ()]
    if said and said[-1] != ",":
        return NOTHING
    found = [name for name in cell.columns(spot.table or "") if name not in said]
    return Offer(spot.fragment, names(spot.fragment, found, "column", rest=rest))


def _choice(known: tuple[str, ...], kind: str) -> Callable[[Cursor, Cell, str], Offer]:
    def offer(spot: Cursor, _cell: Cell, _rest: str) -> Offer:
        found: tuple[Candidate, ...] = () if spot.said else words(spot.fragment, known, kind)
        return Offer(spot.fragment, found)

    return offer


_OFFERS: dict[str, Callable[[Cursor, Cell, str], Offer]] = {
    "data": _data,
    "context": _context,
    "driver": _driver,
    "order": _order,
    "check": _check,
    "together": _together,
    "linkage": _choice(LINKAGE_METHODS, "method"),
    "model": _choice(MODELS, "model"),
}
"""Property to what follows it; the others take numbers or nothing."""
