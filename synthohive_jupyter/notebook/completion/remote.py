"""What only Spark can tell: asked in a thread of its own, so that Tab never waits for a server.

``DataFrame.columns`` of Spark Connect is a call to the server the first time, and a list of views
always is one. An answer that comes within `PATIENCE` is used at once; a later one is there for the
next Tab. Nothing is started for it: neither an engine nor a Spark job.
"""

from __future__ import annotations

import contextlib
import threading
import time
import weakref
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

PATIENCE = 0.12
"""Seconds that a Tab waits for Spark."""

FRESH = 15.0
"""Seconds after which an answer that may change is asked for again; shown is the old one."""

MOST_THREADS = 4
"""Questions under way at once: a server that hangs must not gather threads."""


class _Answer:
    """One question: what it was about, and the answer as soon as there is one."""

    def __init__(self, owner: object) -> None:
        self.owner = weakref.ref(owner)
        self.value: Any = None
        self.asked = 0.0
        self.thread: threading.Thread | None = None

    @property
    def pending(self) -> bool:
        return self.thread is not None and self.thread.is_alive()

    def start(self, question: Callable[[], object]) -> threading.Thread:
        """Ask in a thread; where that fails, the old answer stays."""

        def run() -> None:
            # A dead server offers nothing, and says nothing.
            with contextlib.suppress(Exception):
                self.value = question()

        self.asked = time.monotonic()
        self.thread = threading.Thread(target=run, name="synthohive-completion", daemon=True)
        self.thread.start()
        return self.thread


class Remote:
    """The answers so far."""

    def __init__(self) -> None:
        self._answers: dict[Hashable, _Answer] = {}

    def ask(
        self,
        owner: object,
        what: Hashable,
        question: Callable[[], object],
        *,
        changes: bool,
        otherwise: Any,  # noqa: ANN401 - of the answer's type
    ) -> Any:  # noqa: ANN401 - whatever the question returns
        """Return the answer to a question, or ``otherwise`` as long as there is none.

        Args:
            owner: The session or frame asked; the answer lives as long as it.
            what: Which question it is.
            question: Asks; it runs in a thread, and its errors count as no answer.
            changes: Whether the answer may be another one later.
            otherwise: What to say without an answer.
        """
        self._forget()
        key = (id(owner), what)
        answer = self._answers.setdefault(key, _Answer(owner))
        may_change = changes or answer.value is None
        stale = may_change and time.monotonic() - answer.asked > FRESH
        busy = sum(each.pending for each in self._answers.values()) >= MOST_THREADS
        if (stale or answer.thread is None) and not (answer.pending or busy):
            thread = answer.start(question)
            if answer.value is None:
                # Once: the next Tab does not wait for a server that hangs.
                thread.join(PATIENCE)
        return otherwise if answer.value is None else answer.value

    def _forget(self) -> None:
        """Drop the answers about what is gone; its ``id`` may be another object's by now."""
        gone = [key for key, answer in self._answers.items() if answer.owner() is None]
        for key in gone:
            del self._answers[key]
