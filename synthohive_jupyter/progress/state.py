"""`RunState`: the run as its events tell it. Bookkeeping only; displays draw it."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import singledispatchmethod
from typing import TYPE_CHECKING, Any, Self

from synthohive_jupyter.events import (
    EpochEnded,
    Event,
    LinkageFitted,
    LinkageSampled,
    Notice,
    PhaseStarted,
    RunFailed,
    RunFinished,
    RunStarted,
    RunStopped,
    TableFitted,
    TableSampled,
    TableStarted,
    TableWritten,
)
from synthohive_jupyter.progress.curves import MAX_POINTS, tidy
from synthohive_jupyter.progress.table import TableProgress

if TYPE_CHECKING:
    from collections.abc import Iterable

MAX_NOTICES = 50
"""So many notices are kept; the log has them all."""

POINT_BUDGET = 20_000
"""Points of all curves of a run together: a saved notebook stays well under a megabyte."""

MIN_POINTS = 60
"""Fewest points a curve gets, however many tables there are."""

CURVES_PER_TABLE = 4
"""Curves that a table is expected to have when the budget is divided."""


@dataclass(slots=True)
class Cursor:
    """How much of a run one display has seen already; `RunState.increment` moves it on."""

    version: int = -1
    tables: dict[str, int] = field(default_factory=dict)
    points: dict[tuple[str, str], tuple[int, int]] = field(default_factory=dict)


class RunState:
    """What is known of a run after the events so far.

    Attributes:
        status: ``waiting``, ``running``, ``finished``, ``stopped`` or ``failed``.
        tables: Progress of each table, in the order of work.
        notices: The latest notices, oldest first.
        current: Name of the table in work, or ``None``.
        message: Why the run failed, or ``""``.
        seed, model, epochs, engine: As in `events.RunStarted`.
        seconds: Time of the whole run once it has ended.
        version: Number of events so far.

    >>> state = RunState.from_events([
    ...     RunStarted(tables=("users",), seed=7, epochs=2, model="ctgan"),
    ...     TableStarted("users", rows=100, columns=3),
    ...     EpochEnded("users", epoch=1, epochs=2, losses={"critic": 0.5}, seconds=1.0),
    ... ])
    >>> state.status, state.current, state.tables["users"].epoch
    ('running', 'users', 1)
    """

    def __init__(self) -> None:
        self.status = "waiting"
        self.tables: dict[str, TableProgress] = {}
        self.notices: list[Notice] = []
        self.current: str | None = None
        self.message = ""
        self.seed: int | None = None
        self.model = ""
        self.epochs = 0
        self.engine = ""
        self.seconds = 0.0
        self.version = 0
        self._touched: dict[str, int] = {}
        self._limit = MAX_POINTS

    @classmethod
    def from_events(cls, stream: Iterable[Event]) -> Self:
        """Return the state after a whole stream, for example of a saved `JsonlSink` file."""
        state = cls()
        for event in stream:
            state.apply(event)
        return state

    @property
    def elapsed(self) -> float:
        """Seconds of work so far: of the run when it has ended, else of its tables."""
        return self.seconds or sum(table.seconds for table in self.tables.values())

    @property
    def ended(self) -> bool:
        """Whether no more is to come."""
        return self.status in {"finished", "stopped", "failed"}

    def table(self, name: str) -> TableProgress:
        """Return the progress of a table, added at the end where it was unknown."""
        if name not in self.tables:
            self.tables[name] = TableProgress(name, limit=self._limit)
        return self.tables[name]

    def apply(self, event: Event) -> None:
        """Take one event; events of unknown kinds change nothing."""
        self.version += 1
        table = getattr(event, "table", None)
        if isinstance(table, str):
            self._touch(table)
        self._apply(event)

    def __call__(self, event: Event) -> None:
        """Be a sink: the same as `apply`."""
        self.apply(event)

    def snapshot(self) -> dict[str, Any]:
        """Return the whole state as JSON-safe values; the size is bounded."""
        return self.increment(Cursor())

    def increment(self, cursor: Cursor) -> dict[str, Any]:
        """Return what has changed since ``cursor``, and move the cursor on.

        ``since`` is the version it builds on, -1 for none. Tables that have not changed are left
        out. A curve is ``{"from": i, "points": [...]}``: keep the first ``i`` points you have
        and put these behind them.
        """
        changed = [
            name for name in self.tables if self._touched.get(name, 0) > cursor.tables.get(name, -1)
        ]
        record = {"since": cursor.version, **self._header()}
        record["tables"] = {name: self._table_record(name, cursor) for name in changed}
        for name in changed:
            cursor.tables[name] = self._touched.get(name, 0)
        cursor.version = self.version
        return record

    def _header(self) -> dict[str, Any]:
        return {
            "version": self.version,
            "status": self.status,
            "order": list(self.tables),
            "current": self.current,
            "message": self.message,
            "seed": self.seed,
            "model": self.model,
            "epochs": self.epochs,
            "engine": self.engine,
            "seconds": tidy(self.elapsed) or 0.0,
            "notices": [
                {"message": n.message, "table": n.table, "level": n.level} for n in self.notices
            ],
        }

    def _table_record(self, name: str, cursor: Cursor) -> dict[str, Any]:
        table = self.tables[name]
        curves = {}
        for label, curve in table.curves.items():
            generation, seen = cursor.points.get((name, label), (curve.generation, 0))
            start = seen if generation == curve.generation else 0
            curves[label] = {"from": start, "points": curve.points[start:], "last": curve.last}
            cursor.points[name, label] = (curve.generation, len(curve.points))
        return {**table.to_dict(), "curves": curves}

    def _touch(self, name: str) -> None:
        self._touched[name] = self.version

    @singledispatchmethod
    def _apply(self, event: Event) -> None:
        """Change the state by one event; an unknown kind changes nothing."""

    @_apply.register
    def _(self, event: RunStarted) -> None:
        self.status = "running"
        self.seed, self.model, self.engine = event.seed, event.model, event.engine
        self.epochs = event.epochs
        curves = max(len(event.tables) * CURVES_PER_TABLE, 1)
        self._limit = min(max(POINT_BUDGET // curves, MIN_POINTS), MAX_POINTS)
        for name in event.tables:
            self.table(name).epochs = event.epochs
            self._touch(name)

    @_apply.register
    def _(self, event: Notice) -> None:
        self.notices = [*self.notices, event][-MAX_NOTICES:]

    @_apply.register
    def _(self, event: TableStarted) -> None:
        table = self.table(event.table)
        table.status, table.parent = "running", event.parent
        table.rows, table.columns, table.reused = event.rows, event.columns, event.reused
        self.current = event.table

    @_apply.register
    def _(self, event: PhaseStarted) -> None:
        table = self.table(event.table)
        table.status, table.phase = "running", event.phase
        self.current = event.table

    @_apply.register
    def _(self, event: LinkageFitted) -> None:
        linkage = self.table(event.table).linkage(event.parent, event.foreign_key)
        linkage.method, linkage.real = event.method, tuple(event.counts)
        linkage.real_mean, linkage.real_variance = event.real_mean, event.real_variance

    @_apply.register
    def _(self, event: LinkageSampled) -> None:
        linkage = self.table(event.table).linkage(event.parent, event.foreign_key)
        linkage.synthetic = tuple(event.counts)
        linkage.mean, linkage.variance = event.mean, event.variance

    @_apply.register
    def _(self, event: EpochEnded) -> None:
        self.table(event.table).epoch_ended(event)

    @_apply.register
    def _(self, event: TableFitted) -> None:
        table = self.table(event.table)
        table.status, table.seconds = "done", event.seconds
        table.best_epoch = event.best_epoch or table.best_epoch
        if event.epochs:
            table.epoch = event.epochs
        self._leave(event.table)

    @_apply.register
    def _(self, event: TableSampled) -> None:
        table = self.table(event.table)
        table.status, table.sampled = "done", event.rows
        self._leave(event.table)

    @_apply.register
    def _(self, event: TableWritten) -> None:
        self.table(event.table).written = event.format

    @_apply.register
    def _(self, event: RunFinished) -> None:
        self._end("finished", event.seconds, "done")

    @_apply.register
    def _(self, event: RunFailed) -> None:
        self.message = event.message
        self._end("failed", 0.0, "failed", culprit=event.table)

    @_apply.register
    def _(self, event: RunStopped) -> None:
        for name in event.finished:
            self.table(name).status = "done"
            self._touch(name)
        self._end("stopped", event.seconds, "stopped", culprit=event.table)

    def _leave(self, name: str) -> None:
        if self.current == name:
            self.current = None

    def _end(
        self, status: str, seconds: float, unfinished: str, culprit: str | None = None
    ) -> None:
        self.status, self.current, self.seconds = status, None, seconds
        for name, table in self.tables.items():
            if table.status == "running" or (name == culprit and table.status != "done"):
                table.status = unfinished
                self._touch(name)
