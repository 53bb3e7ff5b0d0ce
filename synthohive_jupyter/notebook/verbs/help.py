"""``help``: the pages of the language."""

from __future__ import annotations

from typing import TYPE_CHECKING

from synthohive_jupyter.notebook.help.page import HelpPage, page_of

if TYPE_CHECKING:
    from synthohive_jupyter.notebook.verbs.request import Request


def help(request: Request) -> HelpPage:  # noqa: A001 - the name of the verb
    """Return the page that was asked for.

    Raises:
        CommandError: If there is no such topic.
    """
    return page_of(request.options.target)
