"""The frame around every still view: a card in HTML, aligned columns in text.

What is looked like is written into the elements (``style=``): a notebook that is not trusted loses
every ``<style>``, and Markdown on GitHub shows its text. No colour of text is set, so that of the
page stays, light or dark.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from synthohive_jupyter.notebook.markup import Child, node
from synthohive_jupyter.notebook.wording import count, plain

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from xml.etree.ElementTree import Element

LONGEST = 80
"""Letters of a name that views show."""

MOST_ROWS = 120
"""Rows of a table that views show; more make a notebook heavy, and are not read."""

_STYLES = {
    "shj-card": "margin:4px 0;padding:12px 16px;overflow-x:auto;"
    "border:1px solid rgba(128,128,128,0.4);border-radius:8px;font-size:13px;line-height:1.5",
    "h": "margin:0 0 8px",
    "title": "font-size:14px;margin-right:10px",
    "s": "opacity:0.8",
    "f": "display:flex;flex-wrap:wrap;gap:14px 26px;margin:12px 0 8px",
    "good": "color:#2a9147;font-style:normal",
    "bad": "color:#d8433e;font-style:normal;font-weight:bold",
    "halted": "color:#ad7a12;font-style:normal;font-weight:bold",
    "p": "margin:4px 0",
    "details": "margin:6px 0",
    "summary": "cursor:pointer",
    "table": "border-collapse:collapse;margin:4px 0;font-size:13px",
    "th": "text-align:left",
    "td": "text-align:left",
    "n": "text-align:right",
    "img": "max-width:100%;height:auto",
}
"""Tag or class to what it looks like; only properties that JupyterLab's sanitizer lets through."""


def page(title: str, facts: str, *parts: Child) -> Element:
    """Return a card: a heading with facts beside it, then the parts. No script, no reference."""
    shown, said = node("b", {"class": "title"}, short(title)), node("span", {"class": "s"}, facts)
    card = node("div", {"class": "shj-card"}, node("p", {"class": "h"}, shown, " ", said), *parts)
    dressed(card)
    # A dollar in a name begins no formula: JupyterLab heeds the one class, older MathJax the other.
    card.set("class", "shj-card mathjax_ignore tex2jax_ignore")
    return card


def dressed(view: Element) -> Element:
    """Return a view with the looks of its classes written into the elements."""
    for element in view.iter():
        _dress(element)
    return view


def _dress(element: Element) -> None:
    names = [element.tag, *(element.attrib.pop("class", "").split())]
    # The last one that is known decides: looks are never put together, which keeps them short.
    look = next((_STYLES[name] for name in reversed(names) if name in _STYLES), None)
    if look:
        element.set("style", look)
    if kept := [name for name in names[1:] if name.startswith("shj-")]:
        element.set("class", " ".join(kept))


def table(
    heads: Sequence[tuple[str, str]], rows: Iterable[Sequence[Child]], *, most: int = MOST_ROWS
) -> Element:
    """Return a table; the first cell of a row is its heading.

    Args:
        heads: Text of each column and its class: ``n`` for numbers, or nothing.
        rows: Cells: texts, or elements.
        most: Rows that are shown.
    """
    listed = list(rows)
    head = node("tr", {}, *(node("th", {"scope": "col", "class": c}, t) for t, c in heads))
    body = node("tbody", {})
    for first, *others in listed[:most]:
        cells = [node("th", {"scope": "row"}, first)]
        for cell, (_, sort) in zip(others, heads[1:], strict=True):
            cells.append(node("td", {"class": sort}, *_parts(cell)))
        body.append(node("tr", {}, *cells))
    if (more := len(listed) - most) > 0:
        body.append(
            node("tr", {}, node("th", {"colspan": len(heads)}, f"… and {count(more)} more"))
        )
    return node("table", {"cellpadding": 4}, node("thead", {}, head), body)


def _parts(cell: Child) -> list[Child]:
    if cell is None or isinstance(cell, str) or cell.tag != "group":
        return [cell]
    return list(cell)


def group(*children: Child) -> Element:
    """Return several elements as the content of one cell of `table`."""
    return node("group", {}, *children)


def folded(title: str, *parts: Child, opened: bool = False) -> Element:
    """Return parts that a click unfolds."""
    attributes: dict[str, object] = {"open": "open"} if opened else {}
    return node("details", attributes, node("summary", {}, title), *parts)


def tick(text: str, *, good: bool, detail: str = "") -> Element:
    """Return a line with ✓ or ✗ before it."""
    more = node("span", {"class": "s"}, f" {detail}") if detail else None
    mark = node("i", {"class": "good" if good else "bad"}, "✓" if good else "✗")
    return node("div", {}, mark, f" {text}", more)


def halted(text: str) -> Element:
    """Return a line with ■ before it: something was stopped, which is no failure."""
    return node("div", {}, node("i", {"class": "halted"}, "■"), f" {text}")


def short(name: object, longest: int = LONGEST) -> str:
    """Return a name on one line, cut where it is too long to be shown.

    >>> short("a" * 9, 5)
    'aaaa…'
    """
    text = plain(name)
    return text if len(text) <= longest else text[: longest - 1] + "…"


def short_lines(text: str, most: int = 20) -> list[str]:
    """Return the lines of a message, each cut where it is too long, and no more than so many."""
    return [short(line, 1000) for line in text.splitlines()[:most]]


def aligned(rows: Iterable[Sequence[str]], sides: str, *, indent: int = 0) -> list[str]:
    """Return rows as lines of columns, each set to its side.

    Args:
        rows: Cells.
        sides: ``<`` or ``>`` for each column.
        indent: Blanks before each line.

    >>> aligned([("a", "1"), ("bb", "10")], "<>")
    ['a    1', 'bb  10']
    """
    from wcwidth import wcswidth

    cells = [list(row) for row in rows]
    widths = [max((wcswidth(row[i]) for row in cells), default=0) for i in range(len(sides))]
    lines = []
    for row in cells:
        padded = []
        for text, side, width in zip(row, sides, widths, strict=True):
            blanks = " " * (width - wcswidth(text))
            padded.append(text + blanks if side == "<" else blanks + text)
        lines.append((" " * indent + "  ".join(padded)).rstrip())
    return lines
