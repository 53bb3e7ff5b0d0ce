"""`FirstSchema`: the cell that ``init`` has written, and why it says what it says."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from synthohive_jupyter.dsl.describe import describe
from synthohive_jupyter.dsl.render import render
from synthohive_jupyter.notebook.layout import aligned, page
from synthohive_jupyter.notebook.markup import html, node
from synthohive_jupyter.notebook.wording import count, plain
from synthohive_jupyter.schema.tables import key_name

if TYPE_CHECKING:
    from collections.abc import Iterator
    from xml.etree.ElementTree import Element

    from synthohive_jupyter.engine.discovery.records import Discovery, Guess

FIRST_LINE = "%%synthohive check"
_ADVICE = "# Guessed from the data: look it over. Then change 'check' to 'fit -o NAME' and run it."
_ADVICE_OF_VIEW = (
    "It is in the next cell. Look it over and run it: check trains nothing. When it is right, "
    "change check to fit -o NAME."
)


class FirstSchema:
    """A guessed schema: ``str()`` is the text of the cell, the view adds the reasons.

    Args:
        discovery: What was guessed.
    """

    def __init__(self, discovery: Discovery) -> None:
        self.discovery = discovery

    @property
    def text(self) -> str:
        """The whole cell, its first line included."""
        return "\n".join([FIRST_LINE, _ADVICE, *self._body()])

    def _body(self) -> Iterator[str]:
        """Return the lines of the schema, each table followed by what is to be looked at."""
        found = self.discovery
        lines = render(describe(found.metadata, found.privacy)).rstrip("\n").split("\n")
        heads = [place for place, line in enumerate(lines) if not line.startswith(" ")]
        for name, start, end in zip(
            found.metadata.tables, heads, [*heads[1:], len(lines)], strict=True
        ):
            yield from lines[start:end]
            for note in found.notes:
                if note.table == name:
                    yield f"  # {plain(note.text)}"

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        rows = [
            (
                f"{plain(g.table)}.{plain(key_name(g.columns))}",
                plain(g.said),
                _how_sure(g.sure),
                plain(g.why),
            )
            for g in self.discovery.guesses
        ]
        reasons = aligned(rows, "<<<<", indent=2)
        return "\n".join([self.text, "", f"{self._headline()}. {_ADVICE_OF_VIEW}", *reasons])

    def _headline(self) -> str:
        tables, guesses = self.discovery.metadata.tables, self.discovery.guesses
        return f"{count(len(tables), 'table')}, {count(len(guesses), 'guess', 'guesses')}"

    def _repr_mimebundle_(self, **_options: object) -> dict[str, str]:
        parts = [
            node("p", {}, _ADVICE_OF_VIEW),
            node("pre", {}, *self._shown_lines()),
            self._reasons(),
        ]
        card = page("A first schema", self._headline(), *parts)
        return {"text/plain": repr(self), "text/html": html(card)}

    def _shown_lines(self) -> Iterator[Element]:
        for line in self.text.split("\n"):
            yield node("span", {"class": "s"} if line.lstrip().startswith("#") else {}, line)
            yield node("br")

    def _reasons(self) -> Element:
        heads = (("Column", ""), ("Guess", ""), ("Sure", ""), ("Why", ""))
        head = node("tr", {}, *(node("th", {"scope": "col", "class": c}, t) for t, c in heads))
        body = []
        for table, guesses in groupby(self.discovery.guesses, key=lambda guess: guess.table):
            body.append(node("tr", {}, node("th", {"scope": "rowgroup", "colspan": 4}, table)))
            body += [_row(guess) for guess in guesses]
        table = node("table", {}, node("thead", {}, head), node("tbody", {}, *body))
        return node("details", {}, node("summary", {}, "What was guessed, and why"), table)


def _how_sure(sure: float) -> str:
    """Return a word: the numbers rank the evidence and are no probabilities."""
    return next(word for least, word in _WORDS if sure >= least)


_WORDS = ((0.9, "sure"), (0.75, "likely"), (0.0, "maybe"))


def _row(guess: Guess) -> Element:
    return node(
        "tr",
        {},
        node("td", {}, key_name(guess.columns)),
        node("td", {}, guess.said),
        node("td", {}, _how_sure(guess.sure)),
        node("td", {}, guess.why),
    )
