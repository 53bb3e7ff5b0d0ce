"""The page of the panel as the one text that a widget can carry."""

from __future__ import annotations

import re
from pathlib import Path

_PAGE = Path(__file__).parent / "page"

MODULES = (
    "format.mjs",
    "dom.mjs",
    "state.mjs",
    "scale.mjs",
    "reading.mjs",
    "plot.mjs",
    "curves.mjs",
    "linkage.mjs",
    "rows.mjs",
    "list.mjs",
    "header.mjs",
    "details.mjs",
    "stopping.mjs",
    "panel.mjs",
)
"""The modules in an order in which each comes after those that it imports."""

_IMPORT = re.compile(r'^import \{[^}]*\} from "\./[a-z]+\.mjs";\n', re.MULTILINE)
_EXPORT = re.compile(r"^export (?!default)", re.MULTILINE)
_COMMENT = re.compile(r"^ *(//|/\*\*|\*).*\n", re.MULTILINE)
_INDENT = re.compile(r"^ +", re.MULTILINE)


def module() -> str:
    """Return the page's modules as one, since a widget cannot import a second file.

    Comments and indentation are left out: every saved notebook carries this text.
    """
    return _bare("\n".join(joined(name) for name in MODULES))


def joined(name: str) -> str:
    """Return one module without its imports and exports."""
    text = (_PAGE / name).read_text("utf-8")
    return _EXPORT.sub("", _IMPORT.sub("", text))


def style() -> str:
    """Return the style sheet."""
    return _INDENT.sub("", (_PAGE / "panel.css").read_text("utf-8"))


def _bare(text: str) -> str:
    return _INDENT.sub("", _COMMENT.sub("", text))
