"""The frame around every still view: a card in HTML, aligned columns in text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from synthohive_jupyter.notebook.markup import Child, node

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from xml.etree.ElementTree import Element

# JupyterLab styles every table it shows; the class is written three times to count more than that.
_STYLE = """
.shj-card{max-width:820px;margin:4px 0;padding:12px 16px;overflow-x:auto;
border:1px solid var(--jp-border-color2,rgba(128,128,128,.35));border-radius:8px;
font:13px/1.5 var(--jp-ui-font-family,system-ui,sans-serif);color:var(--jp-ui-font-color1,inherit)}
.shj-card .h{margin:0 0 8px}.shj-card .h b{font-size:14px;margin-right:10px}
.shj-card .s,.shj-card .h span{color:var(--jp-ui-font-color2,inherit)}
.shj-card p{margin:4px 0}
.shj-card.shj-card.shj-card table{border-collapse:collapse;border:0;margin:0;font-size:13px}
.shj-card.shj-card.shj-card :is(tr,thead,tbody){background:none;border:0}
.shj-card.shj-card.shj-card :is(th,td){padding:3px 22px 3px 0;border:0;text-align:left;
font-weight:400;white-space:nowrap;vertical-align:top;max-width:none}
.shj-card.shj-card.shj-card thead th{font-size:11px;color:var(--jp-ui-font-color2,inherit)}
.shj-card.shj-card.shj-card tbody th{font-weight:600}
.shj-card.shj-card.shj-card .n{text-align:right;font-variant-numeric:tabular-nums}
.shj-card .k{display:block}
.shj-card .k i{font-style:normal;margin-right:6px;color:var(--jp-success-color1,#2e8540)}
.shj-card .bad i,.shj-card .bad{color:var(--jp-error-color1,#c9302c)}
.shj-card .f{display:flex;flex-wrap:wrap;gap:14px 26px;margin:14px 0 8px}
.shj-card svg{max-width:100%;height:auto}
"""


def page(title: str, facts: str, *parts: Child) -> Element:
    """Return a card: a heading with facts beside it, then the parts. No script, no reference."""
    heading = node("p", {"class": "h"}, node("b", {}, title), node("span", {}, facts))
    style = node("style", {})
    style.text = _STYLE
    return node("div", {"class": "shj-card"}, style, heading, *parts)


def tick(text: str, *, good: bool, detail: str = "") -> Element:
    """Return a line with ✓ or ✗ before it."""
    more = node("span", {"class": "s"}, f" {detail}") if detail else None
    mark = node("i", {}, "✓" if good else "✗")
    return node("span", {"class": "k" if good else "k bad"}, mark, text, more)


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
