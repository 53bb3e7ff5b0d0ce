"""The one event stream: frozen records that the engine emits and every display reads.

Records hold names and numbers only, never a value of a cell: they end in logs, files and notebooks.
"""

from __future__ import annotations

import dataclasses
import logging
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, ClassVar

_log = logging.getLogger("synthohive_jupyter")


@dataclass(frozen=True, slots=True)
class Event:
    """Base of all events.

    Attributes:
        kind: Stable name of the event in files and messages.
    """

    kind: ClassVar[str] = "event"

    def to_dict(self) -> dict[str, Any]:
        """Return the event as JSON-safe values, with its kind under ``"event"``."""
        return {"event": self.kind, **dataclasses.asdict(self)}


@dataclass(frozen=True, slots=True)
class RunStarted(Event):
    """A fit begins. ``tables`` are in the order of work; ``epochs`` is the planned number.

    ``rows`` are the real rows of each of them, 0 where unknown; displays foretell the time from it.
    """

    kind: ClassVar[str] = "run_started"
    tables: tuple[str, ...]
    seed: int
    epochs: int
    model: str
    engine: str = ""
    rows: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Notice(Event):
    """Something the user should know; ``level`` is ``"info"`` or ``"warning"``."""

    kind: ClassVar[str] = "notice"
    message: str
    table: str | None = None
    level: str = "info"


@dataclass(frozen=True, slots=True)
class TableStarted(Event):
    """Work on a table begins; ``rows`` are real rows used, ``parent`` the driving parent."""

    kind: ClassVar[str] = "table_started"
    table: str
    rows: int
    columns: int
    parent: str | None = None
    reused: bool = False


@dataclass(frozen=True, slots=True)
class PhaseStarted(Event):
    """A table enters a phase: ``read protect link encode train sample write`` are the names."""

    kind: ClassVar[str] = "phase_started"
    table: str
    phase: str


@dataclass(frozen=True, slots=True)
class LinkageFitted(Event):
    """Children per parent were learnt, of one foreign key.

    ``counts[k]`` is the number of parents with ``k`` children in the real data; the last cell holds
    all with ``len(counts) - 1`` or more. ``real_mean`` and ``real_variance`` are exact. ``driving``
    says whether this key decides how many rows the table gets, or only points to a parent.
    """

    kind: ClassVar[str] = "linkage_fitted"
    table: str
    parent: str
    foreign_key: str
    method: str
    counts: tuple[int, ...]
    real_mean: float
    real_variance: float
    driving: bool = True


@dataclass(frozen=True, slots=True)
class LinkageSampled(Event):
    """Children per parent as generated; the same cells as in `LinkageFitted`."""

    kind: ClassVar[str] = "linkage_sampled"
    table: str
    parent: str
    foreign_key: str
    counts: tuple[int, ...]
    mean: float
    variance: float
    driving: bool = True


@dataclass(frozen=True, slots=True)
class EpochEnded(Event):
    """One pass over the data, or whatever a model learns step by step.

    ``epoch`` counts from 1. ``losses`` are named curves (``critic``, ``generator``,
    ``wasserstein``, ``nll``), ``metric`` the validation metric (lower is better) where it was
    computed, ``seconds`` the time of this epoch, ``rows_per_second`` of training. ``unit`` is what
    is counted: an ``epoch``, or a ``column`` for models that learn one after the other.
    """

    kind: ClassVar[str] = "epoch_ended"
    table: str
    epoch: int
    epochs: int
    losses: Mapping[str, float] = field(default_factory=dict)
    metric: float | None = None
    best: bool = False
    seconds: float = 0.0
    rows_per_second: float = 0.0
    unit: str = "epoch"


@dataclass(frozen=True, slots=True)
class CheckpointSaved(Event):
    """A checkpoint was written; ``name`` is ``best_checkpoint`` or ``final_checkpoint``."""

    kind: ClassVar[str] = "checkpoint_saved"
    table: str
    name: str
    epoch: int


@dataclass(frozen=True, slots=True)
class TableFitted(Event):
    """A table is learnt; ``epochs`` were run, ``best_epoch`` is the one that was kept.

    ``model`` is the class of its model, ``""`` where it has none.
    """

    kind: ClassVar[str] = "table_fitted"
    table: str
    seconds: float
    epochs: int = 0
    best_epoch: int | None = None
    model: str = ""


@dataclass(frozen=True, slots=True)
class TableSampled(Event):
    """A table was generated."""

    kind: ClassVar[str] = "table_sampled"
    table: str
    rows: int
    seconds: float


@dataclass(frozen=True, slots=True)
class TableWritten(Event):
    """A table was written to storage."""

    kind: ClassVar[str] = "table_written"
    table: str
    rows: int
    format: str
    place: str


@dataclass(frozen=True, slots=True)
class RunFinished(Event):
    """The run is complete."""

    kind: ClassVar[str] = "run_finished"
    seconds: float


@dataclass(frozen=True, slots=True)
class RunFailed(Event):
    """The run ended with an error; ``message`` never quotes data."""

    kind: ClassVar[str] = "run_failed"
    message: str
    table: str | None = None


@dataclass(frozen=True, slots=True)
class RunStopped(Event):
    """The user stopped the run; ``finished`` tables were kept."""

    kind: ClassVar[str] = "run_stopped"
    finished: tuple[str, ...]
    table: str | None = None
    seconds: float = 0.0


EventSink = Callable[[Event], None]

EVENT_TYPES: dict[str, type[Event]] = {cls.kind: cls for cls in Event.__subclasses__()}


def event_from_dict(record: Mapping[str, Any]) -> Event:
    """Rebuild an event from `Event.to_dict`.

    Raises:
        ValueError: If the kind is unknown or a field does not belong to it.

    >>> event_from_dict({"event": "run_finished", "seconds": 2.0})
    RunFinished(seconds=2.0)
    """
    values = dict(record)
    kind = values.pop("event", None)
    cls = EVENT_TYPES.get(kind) if isinstance(kind, str) else None
    if cls is None:
        raise ValueError(f"unknown event kind {kind!r}")
    known = {f.name for f in dataclasses.fields(cls)}
    if extra := sorted(set(values) - known):
        raise ValueError(f"event {kind!r} has no field {extra[0]!r}")
    frozen = {k: tuple(v) if isinstance(v, list) else v for k, v in values.items()}
    return cls(**frozen)


class EventBus:
    """Passes each event to every subscriber, on the caller's thread.

    A sink that raises is logged once and detached: a display never kills training.

    >>> seen = []
    >>> bus = EventBus()
    >>> unsubscribe = bus.subscribe(seen.append)
    >>> bus.emit(RunFinished(seconds=1.0))
    >>> unsubscribe(); bus.emit(RunFinished(seconds=2.0))
    >>> seen
    [RunFinished(seconds=1.0)]
    """

    def __init__(self, *sinks: EventSink) -> None:
        self._sinks: list[EventSink] = list(sinks)

    def subscribe(self, sink: EventSink) -> Callable[[], None]:
        """Add a sink; the returned function removes it again."""
        self._sinks.append(sink)

        def unsubscribe() -> None:
            if sink in self._sinks:
                self._sinks.remove(sink)

        return unsubscribe

    def emit(self, event: Event) -> None:
        """Give ``event`` to every sink."""
        for sink in tuple(self._sinks):
            try:
                sink(event)
            except Exception:  # noqa: BLE001 - the boundary to displays that we do not know
                _log.exception("event sink %r failed and was detached", sink)
                self._sinks.remove(sink)


class Stopped(KeyboardInterrupt):
    """A stop has broken off work that was marked as `CancelToken.breakable`.

    No ``except Exception`` of a library on the way swallows it, as with every interrupt.
    """


class CancelToken:
    """Asks a run to stop at its next safe point; set from a signal handler or another thread."""

    def __init__(self) -> None:
        self._event = threading.Event()
        self._breakable = 0

    def cancel(self) -> None:
        """Ask for the stop."""
        self._event.set()

    @property
    def cancelled(self) -> bool:
        """Whether the stop was asked for."""
        return self._event.is_set()

    @contextmanager
    def breakable(self) -> Iterator[None]:
        """Mark work of this thread that a stop may break off anywhere: nothing of it is kept.

        Raises:
            Stopped: From inside, by `interrupt`.
        """
        self._breakable += 1
        try:
            yield
        finally:
            self._breakable -= 1

    def interrupt(self) -> None:
        """Ask for the stop from a signal handler, and break off what may be broken off.

        Raises:
            Stopped: Where the work is `breakable`.
        """
        self.cancel()
        if self._breakable:
            raise Stopped
