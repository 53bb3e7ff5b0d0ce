"""`PanelSink`, which keeps a panel current while a run goes on."""

from __future__ import annotations

import contextvars
import logging
import threading
import time
from typing import TYPE_CHECKING, Protocol

from synthohive_jupyter.notebook.panel.ending import ending
from synthohive_jupyter.notebook.panel.memory import MemoryGauge
from synthohive_jupyter.progress.cursor import Cursor
from synthohive_jupyter.progress.state import RunState

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from synthohive_jupyter.events import CancelToken, Event

_log = logging.getLogger("synthohive_jupyter")

UPDATES_PER_SECOND = 8
FULL_STATE_SECONDS = 2.0
"""A page that has missed an increment (it opened late) is right again after so many seconds."""

FULL_STATE_SHARE = 0.005
"""Whole states of large runs come more seldom, so that they take no more of the time than this."""

SIGN_OF_LIFE_SECONDS = 2.0
"""So often the page hears of the kernel at least, with its memory, while nothing else happens."""


class Panel(Protocol):
    """What the sink needs of a panel; `RunPanel` is one."""

    def show_state(self, snapshot: Mapping[str, Any]) -> None:
        """Send a whole snapshot."""

    def show_increment(self, change: Mapping[str, Any]) -> None:
        """Send what has changed."""

    def answer_stop(self) -> None:
        """Tell the page that the stop was heard."""

    def on_stop(self, heard: Callable[[], None]) -> None:
        """Call ``heard`` when the page asks for a stop."""


class PanelSink:
    """Passes a run to a panel, at most `UPDATES_PER_SECOND` times a second.

    Events are only noted on the thread of the run. A thread of its own sends what has changed, so
    the last state before a long silence is shown too; it never prints, which ipykernel would lose.
    Where sending fails the panel stays as it is, and the run goes on.

    Args:
        panel: The panel.
        token: Cancelled by the panel's Stop, and watched, so that the page shows at once that a
            stop was heard, whoever asked for it.
        clock: Seconds, for tests.
        memory: Bytes of the process, for tests.
    """

    def __init__(
        self,
        panel: Panel,
        token: CancelToken,
        clock: Callable[[], float] = time.monotonic,
        memory: MemoryGauge | None = None,
    ) -> None:
        self.panel = panel
        self.run = RunState(clock)
        self._token = token
        self._told = False
        self._clock = clock
        self._memory = memory or MemoryGauge()
        self._cursor = Cursor()
        self._lock = threading.Lock()
        self._closed = threading.Event()
        self._sent_at = -SIGN_OF_LIFE_SECONDS
        self._full_at = -FULL_STATE_SECONDS
        self._full_every = FULL_STATE_SECONDS
        self._full_version = -1
        self._thread: threading.Thread | None = None

    def __call__(self, event: Event) -> None:
        """Note one event."""
        with self._lock:
            self.run.apply(event)

    def start(self) -> None:
        """Begin to send."""
        self.panel.on_stop(self._token.cancel)
        # The context of the cell goes along: ipykernel reads from it which cell this belongs to.
        loop = contextvars.copy_context().run
        self._thread = threading.Thread(
            target=loop, args=(self._loop,), name="synthohive-panel", daemon=True
        )
        self._thread.start()

    def close(self) -> None:
        """Stop the thread and send the last state as a whole, for views that came late."""
        self._closed.set()
        if self._thread is not None:
            self._thread.join()
        self._memory.measure()
        try:
            self._send_all()
        except Exception:  # noqa: BLE001 - whatever is wrong with the page, the run goes on
            _log.exception("the last state of the run did not reach the panel")

    def flush(self) -> None:
        """Send what has changed since the last time; nothing where nothing has."""
        if self._token.cancelled and not self._told:
            self._told = True
            self.panel.answer_stop()
        self._memory.measure()
        now = self._clock()
        if now - self._full_at >= self._full_every and self.run.version != self._full_version:
            self._send_all()
        elif (
            self.run.version != self._cursor.version or now - self._sent_at >= SIGN_OF_LIFE_SECONDS
        ):
            with self._lock:
                change = self.run.increment(self._cursor)
            self.panel.show_increment({**change, "memory": self._memory.to_dict()})
            self._sent_at = now

    def ending(self, name: str | None) -> dict[str, str]:
        """Return what stays in the panel's place; ``name`` is the variable of the result."""
        return ending(self.run, self._memory.peak, name)

    def _send_all(self) -> None:
        began = time.thread_time()
        with self._lock:
            self.run.increment(self._cursor)
            snapshot = self.run.snapshot()
        self.panel.show_state({**snapshot, "memory": self._memory.to_dict()})
        cost = time.thread_time() - began
        self._full_every = max(FULL_STATE_SECONDS, cost / FULL_STATE_SHARE)
        self._full_at = self._sent_at = self._clock()
        self._full_version = snapshot["version"]

    def _loop(self) -> None:
        while not self._closed.wait(1 / UPDATES_PER_SECOND):
            try:
                self.flush()
            except Exception:  # noqa: BLE001 - the same
                _log.exception("the panel could not be updated and stays as it is")
                return
