"""The events of one command on their way from the engine to a display and a record."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

from synthohive_jupyter.errors import SynthoHiveError
from synthohive_jupyter.events import (
    Event,
    EventBus,
    Notice,
    RunFailed,
    RunFinished,
    RunStarted,
    RunStopped,
)
from synthohive_jupyter.progress.sinks import Recorder
from synthohive_jupyter.progress.state import RunState

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from synthohive_jupyter.events import EventSink


class Feed:
    """Makes one run of what the engine does in several: fit, generate, write.

    The engine ends each of them; the run of a cell ends once, by `close`.

    Args:
        sinks: The displays.
        engine: What does the work, for displays.
        history: Earlier events that displays need, shown first.

    Attributes:
        state: The run so far.
        recorder: Its events.
    """

    def __init__(
        self, sinks: Sequence[EventSink], *, engine: str, history: Iterable[Event] = ()
    ) -> None:
        self.state = RunState()
        self.recorder = Recorder()
        self._engine = engine
        self._failed_in: str | None = None
        self._started = time.monotonic()
        self._bus = EventBus(self.state, self.recorder, *sinks)
        for event in history:
            self._bus.emit(event)

    @property
    def seconds(self) -> float:
        """Seconds since the run began."""
        return time.monotonic() - self._started

    def __call__(self, event: Event) -> None:
        """Pass an event on, unless it ends what is only a part of the run."""
        if isinstance(event, (RunFinished, RunStopped, RunFailed)):
            if isinstance(event, RunFailed):
                self._failed_in = event.table
            return
        self._bus.emit(
            replace(event, engine=self._engine) if isinstance(event, RunStarted) else event
        )

    def without_notices(self, event: Event) -> None:
        """Pass an event on, unless it tells the user something."""
        if not isinstance(event, Notice):
            self(event)

    def fail(self, error: Exception) -> None:
        """End the run with an error, unless it has ended."""
        if not self.state.ended:
            # Errors of others may quote data: their type has to do.
            text = str(error) if isinstance(error, SynthoHiveError) else type(error).__name__
            self._bus.emit(RunFailed(text, self._failed_in or self.state.current))

    def close(self, *, finished: Sequence[str], stopped: bool) -> None:
        """End the run.

        Args:
            finished: Tables that are fitted.
            stopped: Whether the user stopped it.
        """
        if stopped:
            self._bus.emit(RunStopped(tuple(finished), self.state.current, self.seconds))
        else:
            self._bus.emit(RunFinished(self.seconds))
