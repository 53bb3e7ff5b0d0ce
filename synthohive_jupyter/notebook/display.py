"""Which display a run gets, and the sink that feeds it."""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

from synthohive_jupyter.errors import CommandError
from synthohive_jupyter.notebook.options import DISPLAYS
from synthohive_jupyter.schema.suggestions import suggest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from synthohive_jupyter.events import CancelToken, EventSink

SWITCH = "SYNTHOHIVE_DISPLAY"
"""Environment variable that decides where the cell says ``auto`` or nothing."""


def choose(wanted: str, *, in_kernel: bool) -> str:
    """Return ``widget``, ``text`` or ``none``.

    Args:
        wanted: What the cell or the configuration asks for.
        in_kernel: Whether a Jupyter kernel runs this, and not a terminal.

    Raises:
        CommandError: If the environment variable says something unknown.

    >>> choose("auto", in_kernel=False), choose("widget", in_kernel=False)
    ('text', 'widget')
    """
    if wanted != "auto":
        return wanted
    wish = os.environ.get(SWITCH, "").strip().lower() or "auto"
    if wish not in DISPLAYS:
        near = suggest(wish, DISPLAYS) or f"known: {', '.join(DISPLAYS)}"
        raise CommandError(f"{SWITCH} does not know '{wish}' ({near})")
    if wish != "auto":
        return wish
    return "widget" if in_kernel else "text"


def in_kernel() -> bool:
    """Return whether a Jupyter kernel runs this, and not a terminal or a script."""
    from IPython.core.getipython import get_ipython

    return getattr(get_ipython(), "kernel", None) is not None


@contextmanager
def run_display(
    kind: str, token: CancelToken, name: str | None = None
) -> Iterator[list[EventSink]]:
    """Open a display; give the sinks that feed it, and leave something still in its place.

    Args:
        kind: ``widget``, ``text`` or ``none``.
        token: Asked by the panel whether the run is about to stop.
        name: Variable of the result, where there is one.
    """
    if kind == "widget":
        # Widgets take half a second to import: not before the first run.
        from synthohive_jupyter.notebook.panel.sink import PanelSink
        from synthohive_jupyter.notebook.panel.widget import RunPanel, show

        panel = RunPanel()
        sink = PanelSink(panel, token)
        end = show(panel)
        sink.start()
        try:
            yield [sink]
        finally:
            sink.close()
            end(sink.ending(name))
            panel.close()
    elif kind == "text":
        from synthohive_jupyter.progress.lines import text_sink

        text = text_sink()
        try:
            yield [text]
        finally:
            text.close()
    else:
        yield []
