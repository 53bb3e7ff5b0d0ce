"""A few sentences for the user beside what a cell shows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from synthohive_jupyter.notebook.layout import page
from synthohive_jupyter.notebook.markup import html, node
from synthohive_jupyter.notebook.wording import plain

if TYPE_CHECKING:
    from collections.abc import Sequence


def notices_bundle(title: str, notices: Sequence[str]) -> dict[str, str]:
    """Return sentences as text and as a card."""
    lines = node("ul", {}, *(node("li", {}, notice) for notice in notices))
    text = "\n".join(f"note: {plain(notice)}" for notice in notices)
    return {"text/plain": text, "text/html": html(page(title, "", lines))}
