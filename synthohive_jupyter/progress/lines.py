"""Progress as whole lines, for places that keep what a bar would paint over: logs, nbconvert."""

from __future__ import annotations

import sys
import time
from typing import IO, TYPE_CHECKING

from synthohive_jupyter.events import EpochEnded, Event, Notice, TableFitted, TableSampled
from synthohive_jupyter.progress.sinks import TqdmSink, losses_text, notice_text, safe_name

if TYPE_CHECKING:
    from collections.abc import Callable

QUIET_SECONDS = 60.0
"""So long a table may train without a line about it."""


class LineSink:
    """Writes one line when a table is fitted and one when it is generated; few in between.

    Args:
        file: Where to write, standard error by default.
        clock: Seconds, for tests.

    >>> sink = LineSink(sys.stdout)
    >>> sink(TableFitted("users", seconds=6.25, epochs=12, best_epoch=9))
    users: fitted in 6.2 s, best epoch 9
    """

    def __init__(
        self, file: IO[str] | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._file = file
        self._clock = clock
        self._written = clock()

    def __call__(self, event: Event) -> None:
        """Show one event."""
        match event:
            case EpochEnded():
                if self._clock() - self._written >= QUIET_SECONDS:
                    place = f"{event.unit} {event.epoch}/{event.epochs}"
                    self._write(f"{safe_name(event.table)}: {place}{losses_text(event)}")
            case TableFitted():
                kept = f", best epoch {event.best_epoch}" if event.best_epoch else ""
                self._write(f"{safe_name(event.table)}: fitted in {event.seconds:.1f} s{kept}")
            case TableSampled():
                self._write(f"{safe_name(event.table)}: {event.rows:,} synthetic rows")
            case Notice(level="warning"):
                self._write(notice_text(event))

    def close(self) -> None:
        """Do nothing: every line is complete."""

    def _write(self, line: str) -> None:
        self._written = self._clock()
        print(line, file=self._file or sys.stderr, flush=True)


def text_sink(file: IO[str] | None = None) -> TqdmSink | LineSink:
    """Return bars for a terminal, lines for everything else.

    Args:
        file: Where to write, standard error by default.
    """
    return TqdmSink(file) if (file or sys.stderr).isatty() else LineSink(file)
