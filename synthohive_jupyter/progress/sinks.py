"""Readers of the event stream that need no Jupyter: bars, log lines, a file, a list."""

from __future__ import annotations

import json
import logging
import math
import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Never, Self, TypeVar

from synthohive_jupyter.events import (
    EpochEnded,
    Event,
    Notice,
    PhaseStarted,
    RunFailed,
    RunFinished,
    RunStopped,
    TableFitted,
    TableSampled,
    TableStarted,
    event_from_dict,
)
from synthohive_jupyter.progress.curves import drawn, tidy

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tqdm.std import tqdm

    _Bar = tqdm[Never]

E = TypeVar("E", bound=Event)

LEVELS = {"warning": logging.WARNING, "info": logging.INFO}
FILE_MODE = 0o600
"""Only the owner reads an event file: table and column names may be confidential."""


class Recorder:
    """Keeps every event in a list; tests and the reports of a run read it.

    >>> recorder = Recorder()
    >>> recorder(RunFinished(seconds=1.0))
    >>> recorder.of(RunFinished)
    [RunFinished(seconds=1.0)]
    """

    def __init__(self) -> None:
        self.events: list[Event] = []

    def __call__(self, event: Event) -> None:
        """Keep one event."""
        self.events.append(event)

    def of(self, kind: type[E]) -> list[E]:
        """Return the events of one class, in order."""
        return [event for event in self.events if isinstance(event, kind)]


class LogSink:
    """Writes one log line ``kind key=value …`` for each event.

    The record also carries the values themselves as ``record.synthohive``, for structured handlers.

    Args:
        logger: Where to log; the package's logger by default.
    """

    def __init__(self, logger: logging.Logger | None = None) -> None:
        self._logger = logger or logging.getLogger("synthohive_jupyter.run")

    def __call__(self, event: Event) -> None:
        """Log one event."""
        level = logging.ERROR if isinstance(event, RunFailed) else logging.INFO
        if isinstance(event, Notice):
            level = LEVELS.get(event.level, logging.INFO)
        record = event.to_dict()
        # JSON quotes control characters, so a table name cannot forge a second line.
        values = " ".join(f"{k}={json.dumps(v)}" for k, v in record.items() if k != "event")
        self._logger.log(level, "%s %s", event.kind, values, extra={"synthohive": record})


class JsonlSink:
    """Writes one JSON object a line, flushed at once, to a file that only its owner can read.

    Args:
        path: The file; lines are added at its end.

    Raises:
        OSError: If the file cannot be opened.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, FILE_MODE)
        self._file = os.fdopen(descriptor, "a", encoding="utf-8")

    def __call__(self, event: Event) -> None:
        """Write one event, with the time in UTC."""
        record = {"time": datetime.now(UTC).isoformat(timespec="milliseconds"), **event.to_dict()}
        self._file.write(json.dumps(_finite(record), allow_nan=False) + "\n")
        self._file.flush()

    def close(self) -> None:
        """Close the file; later events would be an error."""
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()


def read_events(path: str | os.PathLike[str]) -> Iterator[Event]:
    """Yield the events of a `JsonlSink` file; a half line at its end (a crash) is left out.

    Raises:
        ValueError: If another line is not an event.
    """
    lines = Path(path).read_text(encoding="utf-8").splitlines(keepends=True)
    for line in lines:
        if not line.endswith("\n"):
            return
        record = json.loads(line)
        record.pop("time", None)
        yield event_from_dict(record)


def _finite(value: Any) -> Any:  # noqa: ANN401 - any JSON value
    """Return ``value`` with None for what JSON cannot say: NaN and the infinities."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(item) for item in value]
    return value


class TqdmSink:
    """Draws one bar a table, as text; the last text of each bar is the right one.

    Args:
        file: Where to draw, standard error by default.
    """

    def __init__(self, file: IO[str] | None = None) -> None:
        self._file = file
        self._bars: dict[str, _Bar] = {}
        self._fits: dict[str, str] = {}

    def __call__(self, event: Event) -> None:
        """Show one event."""
        match event:
            case TableStarted():
                self._bar(event.table)
            case PhaseStarted():
                self._bar(event.table).set_postfix_str(event.phase)
            case EpochEnded():
                self._epoch(event)
            case TableFitted():
                self._fitted(event)
            case TableSampled():
                self._sampled(event)
            case Notice(level="warning"):
                self._bar_class().write(notice_text(event), file=self._file or sys.stderr)
            case RunFinished() | RunFailed() | RunStopped():
                self.close()

    def close(self) -> None:
        """Leave the bars as they are and let go of the terminal."""
        for bar in self._bars.values():
            bar.close()
        self._bars.clear()

    @staticmethod
    def _bar_class() -> type[_Bar]:
        # Imported late: the magic loads this module, and tqdm is not free.
        from tqdm.std import tqdm as bar_class

        return bar_class

    def _bar(self, table: str) -> _Bar:
        if table not in self._bars:
            bar: _Bar = self._bar_class()(
                desc=safe_name(table),
                unit="epoch",
                file=self._file,
                dynamic_ncols=True,
                # Until it is trained a table has nothing to count, and some never are.
                bar_format="{desc}{postfix}",
            )
            self._bars[table] = bar
        return self._bars[table]

    def _epoch(self, event: EpochEnded) -> None:
        bar = self._bar(event.table)
        bar.total, bar.bar_format, bar.unit = event.epochs, None, event.unit
        bar.set_postfix_str(losses_text(event).removeprefix(", "), refresh=False)
        bar.update(event.epoch - bar.n)

    def _fitted(self, event: TableFitted) -> None:
        bar = self._bar(event.table)
        # A training that stopped early is complete: the bar is full, not stuck.
        bar.total = bar.n
        if bar.n:
            # Without the pace, which would go on falling while other tables are trained.
            counted = "{n_fmt}/{total_fmt} {unit}s"
            bar.bar_format = "{desc}: {percentage:3.0f}%|{bar}| " + counted + "{postfix}"
        kept = f", best epoch {event.best_epoch}" if event.best_epoch else ""
        self._fits[event.table] = f"fitted in {event.seconds:.1f} s{kept}"
        bar.set_postfix_str(self._fits[event.table])

    def _sampled(self, event: TableSampled) -> None:
        bar = self._bar(event.table)
        fitted = self._fits.get(event.table)
        made = f"{event.rows:,} synthetic rows"
        bar.set_postfix_str(f"{fitted}, {made}" if fitted else made)


def _short(value: float | None) -> str:
    """Return three digits; events read from a file have None where a value was not finite."""
    number = tidy(value)
    return "not a number" if number is None else f"{number:.3g}"


def losses_text(event: EpochEnded) -> str:
    """Return the losses that displays draw, each after a comma."""
    return "".join(f", {name} {_short(event.losses[name])}" for name in drawn(event.losses))


def notice_text(event: Notice) -> str:
    """Return a warning as a line."""
    place = f"{safe_name(event.table)}: " if event.table else ""
    return f"warning: {place}{event.message}"


def safe_name(name: str) -> str:
    """Return a name without characters that steer a terminal or turn the text around."""
    return "".join(c if c.isprintable() else "�" for c in name)
