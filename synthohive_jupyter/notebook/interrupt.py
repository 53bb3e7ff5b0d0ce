"""■ while a run is at work: the first press asks it to stop, the second one raises."""

from __future__ import annotations

import signal
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

    from synthohive_jupyter.events import CancelToken


@contextmanager
def stop_on_interrupt(token: CancelToken) -> Iterator[None]:
    """Let SIGINT set ``token``; a second one does what it did before, usually KeyboardInterrupt.

    The earlier handler is back when the block is left, however it is left. The handler only sets a
    flag: it may run in the middle of a message to the front end. On other threads than the main
    one, where signals cannot be caught, nothing changes.

    Args:
        token: Asked to stop.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.getsignal(signal.SIGINT)

    def handle(number: int, frame: FrameType | None) -> None:
        if not token.cancelled:
            token.cancel()
        elif callable(before):
            before(number, frame)
        else:
            signal.default_int_handler(number, frame)

    signal.signal(signal.SIGINT, handle)
    try:
        yield
    finally:
        # None stands for a handler that was not set from Python; it cannot be put back.
        signal.signal(signal.SIGINT, signal.default_int_handler if before is None else before)
