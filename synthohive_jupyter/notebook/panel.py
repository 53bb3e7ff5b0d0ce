"""`RunPanel`, the live picture of a run in a notebook, and `PanelSink`, which keeps it current."""

from __future__ import annotations

import contextvars
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import anywidget
import traitlets

from synthohive_jupyter.notebook.wording import count, duration
from synthohive_jupyter.progress.state import Cursor, RunState

if TYPE_CHECKING:
    from collections.abc import Callable

    from synthohive_jupyter.events import CancelToken, Event

UPDATES_PER_SECOND = 8
FULL_STATE_SECONDS = 2.0
"""A page that has missed an increment (it opened late) is right again after so many seconds."""

_HERE = Path(__file__).parent


def _module() -> str:
    """Return the page's module: one text, since a widget cannot import a second file."""
    parts = [(_HERE / name).read_text("utf-8") for name in ("panel_charts.js", "panel.js")]
    return "\n".join(parts)


class RunPanel(anywidget.AnyWidget):
    """Draws a run; ``state`` is a whole snapshot, increments come as messages.

    Attributes:
        state: `RunState.snapshot`.
        summary: One line for places that cannot show widgets.
    """

    _esm = _module()
    _css = (_HERE / "panel.css").read_text("utf-8")
    state = traitlets.Dict().tag(sync=True)
    summary = "SynthoHive run (the panel needs a live notebook)"

    def __repr__(self) -> str:
        return self.summary


class PanelSink:
    """Passes a run to a `RunPanel`, at most `UPDATES_PER_SECOND` times a second.

    Events are only noted on the thread of the run. A thread of its own sends what has changed, so
    the last state before a long silence is shown too; it never prints, which ipykernel would lose.

    Args:
        panel: The panel.
        token: Watched, so that the panel shows at once that ■ was heard.
        clock: Seconds, for tests.
    """

    def __init__(
        self,
        panel: RunPanel,
        token: CancelToken,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.panel = panel
        self._token = token
        self._told = False
        self.run = RunState()
        self._clock = clock
        self._cursor = Cursor()
        self._lock = threading.Lock()
        self._closed = threading.Event()
        self._full_at = -FULL_STATE_SECONDS
        self._full_version = -1
        self._thread: threading.Thread | None = None

    def __call__(self, event: Event) -> None:
        """Note one event."""
        with self._lock:
            self.run.apply(event)

    def start(self) -> None:
        """Begin to send."""
        # The context of the cell goes along: ipykernel reads from it which cell this belongs to.
        loop = contextvars.copy_context().run
        self._thread = threading.Thread(
            target=loop, args=(self._loop,), name="synthohive-panel", daemon=True
        )
        self._thread.start()

    def close(self) -> None:
        """Stop the thread and send the last state as a whole, for the saved notebook."""
        self._closed.set()
        if self._thread is not None:
            self._thread.join()
        self._send_all()

    def flush(self) -> None:
        """Send what has changed since the last time; nothing where nothing has."""
        if self._token.cancelled and not self._told:
            self._told = True
            self.panel.send({"kind": "stopping"})
        overdue = self._clock() - self._full_at >= FULL_STATE_SECONDS
        if overdue and self.run.version != self._full_version:
            self._send_all()
        elif self.run.version != self._cursor.version:
            with self._lock:
                change = self.run.increment(self._cursor)
            self.panel.send({"kind": "increment", "change": change})

    def summary(self) -> str:
        """Return the run in one line, for places that show no widgets."""
        tables = self.run.tables.values()
        done = sum(table.status == "done" for table in tables)
        time_taken = duration(self.run.elapsed)
        return f"run {self.run.status}: {done} of {count(len(tables), 'table')}, {time_taken}"

    def _send_all(self) -> None:
        with self._lock:
            self.run.increment(self._cursor)
            snapshot = self.run.snapshot()
        self._full_at, self._full_version = self._clock(), snapshot["version"]
        self.panel.state = snapshot

    def _loop(self) -> None:
        while not self._closed.wait(1 / UPDATES_PER_SECOND):
            self.flush()


def show(panel: RunPanel) -> Callable[[str], None]:
    """Display a panel; the returned function sets the line for places that show no widgets."""
    from IPython.display import display

    handle: Any = display(panel, display_id=True)  # type: ignore[no-untyped-call]

    def finish(summary: str) -> None:
        panel.summary = summary
        if handle is not None:
            handle.update(panel)

    return finish
