"""■ while a run is at work: the first press asks it to stop, the second one raises."""

from __future__ import annotations

import signal
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from synthohive_jupyter.errors import RunInterrupted
from synthohive_jupyter.events import CancelToken, Stopped

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType
    from typing import Any

DOUBLE_CLICK_SECONDS = 0.5
"""A second press so soon after the first is a double click, which asks for one stop."""


class Presses:
    """Handles SIGINT: the first one stops the run, a later one does what it did before.

    Args:
        token: Asked to stop.
        before: The handler that was there.
        clock: Seconds, for tests.
    """

    def __init__(
        self,
        token: CancelToken,
        before: Callable[[int, FrameType | None], Any] | int | None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._token, self._clock = token, clock
        self._before = before if callable(before) else signal.default_int_handler
        self._first: float | None = None

    def __call__(self, number: int, frame: FrameType | None) -> None:
        """Handle one press.

        Raises:
            Stopped: On the first one, where the work may be broken off.
            KeyboardInterrupt: On a later one, as a rule.
        """
        now = self._clock()
        if self._first is None:
            # Set before all else: the stop may raise.
            self._first = now
            self._stop(number, frame)
        elif now - self._first > DOUBLE_CLICK_SECONDS:
            self._before(number, frame)

    def _stop(self, number: int, frame: FrameType | None) -> None:
        try:
            self._token.interrupt()
        except Stopped:
            # Whoever has set a handler has something to break off too: pyspark its jobs.
            if self._before is not signal.default_int_handler:
                try:
                    self._before(number, frame)
                except KeyboardInterrupt:
                    raise Stopped from None
            raise


@contextmanager
def stop_on_interrupt(token: CancelToken) -> Iterator[None]:
    """Let SIGINT stop what ``token`` is given to; a second one is as it was before.

    The earlier handler is back when the block is left, however it is left. On other threads than
    the main one, where signals cannot be caught, nothing changes.

    Args:
        token: Asked to stop. The handler only sets it, unless the work may be broken off: it may
            run in the middle of a message to the front end.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.getsignal(signal.SIGINT)
    signal.signal(signal.SIGINT, Presses(token, before))
    try:
        yield
    finally:
        # None stands for a handler that was not set from Python; it cannot be put back.
        signal.signal(signal.SIGINT, signal.default_int_handler if before is None else before)


@contextmanager
def interruptible(consequence: str) -> Iterator[None]:
    """Let ■ end work that leaves nothing behind, in one line and without a traceback.

    Args:
        consequence: What that means, for the message.

    Raises:
        RunInterrupted: If ■ was pressed.
    """
    token = CancelToken()
    try:
        with stop_on_interrupt(token), token.breakable():
            yield
    except Stopped:
        raise RunInterrupted(f"stopped; {consequence}") from None
