"""`Request`: one call of the magic, as the verbs get it; no shell behind it is visible."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from synthohive_jupyter.notebook.data import Engine

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from synthohive_jupyter.notebook.binding import Binder
    from synthohive_jupyter.notebook.configuration import Settings
    from synthohive_jupyter.notebook.options import Options


@dataclass(frozen=True, slots=True)
class Request:
    """One call of the magic.

    Attributes:
        options: Its first line.
        body: The schema; ``None`` for the line form.
        namespace: Variables of the notebook.
        settings: The defaults in force, and what the first line says instead.
        binder: Binds results.
        display: ``widget``, ``text`` or ``none``.
        silent: Whether the result is not shown (``;``).
        publish: Displays a MIME bundle beside the result.
        next_cell: Writes a text into the next cell, or the next prompt of a terminal.
    """

    options: Options
    body: str | None
    namespace: Mapping[str, Any]
    settings: Settings
    binder: Binder
    display: str
    silent: bool
    publish: Callable[[dict[str, str]], None]
    next_cell: Callable[[str], None]

    @property
    def engine(self) -> Engine:
        """A new look-up of the session."""
        return Engine(self.settings.spark, self.namespace)
