"""HTML as trees, so that no name and no number can ever become markup."""

from __future__ import annotations

from typing import TypeAlias

# Trees are only built and written here; nothing is parsed.
from xml.etree import ElementTree as ET

from synthohive_jupyter.notebook.wording import plain

Child: TypeAlias = "ET.Element | str | None"


def node(tag: str, attributes: dict[str, object] | None = None, *children: Child) -> ET.Element:
    """Return an element; text is escaped when it is written, ``None`` children are left out.

    >>> html(node("b", {"title": '"'}, "a<b"))
    '<b title="&quot;">a&lt;b</b>'
    """
    element = ET.Element(tag, {key: _text(value) for key, value in (attributes or {}).items()})
    for child in children:
        if isinstance(child, ET.Element):
            element.append(child)
        elif child is not None:
            _append_text(element, plain(child))
    return element


def html(element: ET.Element) -> str:
    """Return the tree as HTML text."""
    # The writer's own method for HTML leaves < alone in attributes.
    text = ET.tostring(element, encoding="unicode", method="xml", short_empty_elements=False)
    # In HTML these have no end; that of any other element may not be left out.
    return text.replace("></img>", "/>").replace("></br>", "/>").replace("></meta>", "/>")


def _text(value: object) -> str:
    return f"{value:.6g}" if isinstance(value, float) else plain(value)


def _append_text(element: ET.Element, text: str) -> None:
    children = list(element)
    if children:
        children[-1].tail = (children[-1].tail or "") + text
    else:
        element.text = (element.text or "") + text
