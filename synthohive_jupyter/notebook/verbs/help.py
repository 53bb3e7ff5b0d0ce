"""``help``: the pages of the language."""

from __future__ import annotations

from typing import TYPE_CHECKING

from synthohive_jupyter.notebook.help import HelpPage

if TYPE_CHECKING:
    from synthohive_jupyter.notebook.verbs.request import Request


def help_page(request: Request) -> HelpPage:  # noqa: ARG001 - every verb takes its request
    """Return the page."""
    return HelpPage()
