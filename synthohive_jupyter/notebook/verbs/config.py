"""``config``: the defaults in force, and where each of them comes from."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from synthohive_jupyter.errors import CommandError
from synthohive_jupyter.notebook.display import SWITCH
from synthohive_jupyter.notebook.layout import aligned, page, short, table
from synthohive_jupyter.notebook.markup import html, node
from synthohive_jupyter.notebook.wording import plain

if TYPE_CHECKING:
    from collections.abc import Iterator

    from synthohive_jupyter.notebook.configuration import Settings
    from synthohive_jupyter.notebook.verbs.request import Request

_HEADS = (("Default", ""), ("Value", ""), ("From", ""), ("What it is", ""))
_HINT = (
    "Set one with %config SynthoHiveMagics.epochs = 50, or for a project with epochs = 50 under "
    "[tool.synthohive] of its pyproject.toml. An option of a cell wins over both."
)
_SWITCHES = {"display": SWITCH}
"""Environment variables that decide where a default says ``auto``."""


@dataclass(frozen=True, slots=True)
class ConfigTable:
    """The defaults of a notebook.

    Attributes:
        settings: What is in force.
    """

    settings: Settings

    def rows(self) -> Iterator[tuple[str, str, str, str]]:
        """Yield name, value, origin and meaning of each default."""
        settings = self.settings
        for name, origin in settings.origins.items():
            value, source = getattr(settings, name), origin
            switch = os.environ.get(_SWITCHES.get(name, ""), "")
            if value == "auto" and switch:
                value, source = switch, _SWITCHES[name]
            shown = "–" if value is None else short(str(value).lower())
            yield name, shown, plain(source), settings.helps[name]

    def __repr__(self) -> str:
        heads = tuple(text for text, _ in _HEADS)
        lines = aligned([heads, *self.rows()], "<<<<")
        problem = [f"✗ {self.settings.problem}", ""] if self.settings.problem else []
        return "\n".join([*problem, *lines, "", _HINT])

    def _repr_mimebundle_(self, **_options: object) -> dict[str, str]:
        problem = self.settings.problem
        wrong = None if problem is None else node("p", {"class": "bad"}, f"✗ {problem}")
        shown = page("Defaults", "", wrong, table(_HEADS, self.rows()), node("p", {}, _HINT))
        return {"text/plain": repr(self), "text/html": html(shown)}


def config(request: Request) -> ConfigTable:
    """Return the defaults in force.

    Raises:
        CommandError: If there is a body below the line.
    """
    if request.body is not None and request.body.strip():
        raise CommandError("'config' takes no schema; write %synthohive config on a line")
    return ConfigTable(request.settings)
