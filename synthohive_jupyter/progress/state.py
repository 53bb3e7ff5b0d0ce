"""`RunState`: the run as its events tell it. Bookkeeping only; displays draw it."""

from __future__ import annotations

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
from synthohive_jupyter.progress.cursor import Cursor
from synthohive_jupyter.progress.curves import MAX_POINTS, tidy
from synthohive_jupyter.progress.forecast import part_done, time_left
from synthohive_jupyter.progress.table import TableProgress

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

MAX_NOTICES = 50
"""So many notices are kept; the log has them all."""

POINT_BUDGET = 16_000
"""Points of all curves of a run together: a saved notebook stays well under a megabyte."""

MIN_POINTS = 40
"""Fewest points a curve gets, however many tables there are."""

CURVES_PER_TABLE = 4
"""Curves that a table is expected to have when the budget is divided."""


class RunState:
    """What is known of a run after the events so far.

    Args:
        clock: Seconds, for runs that go on while they are watched; without it the time is what the
            events say.

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

    def __init__(self, clock: Callable[[], float] | None = None) -> None:
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
        self._clock = clock
        self._began: float | None = None
        self._told = 0
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
        """Seconds so far: of the run when it has ended, else by the clock or of its tables."""
        now = self._now()
        if self.seconds:
            return self.seconds
        if now is not None and self._began is not None and not self.ended:
            return now - self._began
        return sum(table.seconds for table in self.tables.values())

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

        ``since`` is the version it builds on, -1 for none. What has not changed is left out:
        tables, their ``linkages``, ``order`` and ``notices``. A curve is
        ``{"from": i, "points": [...]}``: keep the first ``i`` points you have and put these
        behind them.
        """
        changed = [
            name for name in self.tables if self._touched.get(name, 0) > cursor.tables.get(name, -1)
        ]
        record = {"since": cursor.version, **self._header()}
        if any(name not in cursor.tables for name in changed) or cursor.version < 0:
            record["order"] = list(self.tables)
        if self._told > cursor.told or cursor.version < 0:
            record["notices"] = [
                {"message": n.message, "table": n.table, "level": n.level} for n in self.notices
            ]
        record["tables"] = {name: self._table_record(name, cursor) for name in changed}
        for name in changed:
            cursor.tables[name] = self._touched.get(name, 0)
        cursor.version, cursor.told = self.version, self._told
        return record

    def _header(self) -> dict[str, Any]:
        tables, fits = self.tables.values(), self.epochs > 0
        return {
            "version": self.version,
            "status": self.status,
            "current": self.current,
            "message": self.message,
            "seed": self.seed,
            "model": self.model,
            "epochs": self.epochs,
            "engine": self.engine,
            "seconds": tidy(self.elapsed) or 0.0,
            "part": tidy(part_done(tables, fits=fits)) or 0.0,
            "remaining": None if self.ended else tidy(time_left(tables, self._now())),
        }

    def _table_record(self, name: str, cursor: Cursor) -> dict[str, Any]:
        table = self.tables[name]
        record = {**table.to_dict(self._now()), "version": self._touched.get(name, 0)}
        if cursor.linkages.get(name) != table.linkage_changes:
            record["linkages"] = [linkage.to_dict() for linkage in table.linkages.values()]
            cursor.linkages[name] = table.linkage_changes
        record["curves"] = curves = {}
        for label, curve in table.curves.items():
            generation, seen = cursor.points.get((name, label), (curve.generation, 0))
            start = seen if generation == curve.generation else 0
            curves[label] = {"from": start, "points": curve.points[start:], "last": curve.last}
            cursor.points[name, label] = (curve.generation, len(curve.points))
        return record

    def _now(self) -> float | None:
        return None if self._clock is None else self._clock()

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
        self._began = self._now()
        sizes = event.rows or (0,) * len(event.tables)
        for name, rows in zip(event.tables, sizes, strict=False):
            table = self.table(name)
            table.epochs, table.rows = event.epochs, rows or table.rows
            self._touch(name)

    @_apply.register
    def _(self, event: Notice) -> None:
        self.notices = [*self.notices, event][-MAX_NOTICES:]
        self._told += 1

    @_apply.register
    def _(self, event: TableStarted) -> None:
        table = self.table(event.table)
        table.status, table.parent = "running", event.parent
        table.rows, table.columns, table.reused = event.rows, event.columns, event.reused
        table.began = self._now()
        self.current = event.table

    @_apply.register
    def _(self, event: PhaseStarted) -> None:
        table = self.table(event.table)
        table.status, table.phase = "running", event.phase
        self.current = event.table

    @_apply.register
    def _(self, event: LinkageFitted) -> None:
        linkage = self.table(event.table).linkage_of(event)
        linkage.method, linkage.real = event.method, tuple(event.counts)
        linkage.real_mean, linkage.real_variance = event.real_mean, event.real_variance

    @_apply.register
    def _(self, event: LinkageSampled) -> None:
        linkage = self.table(event.table).linkage_of(event)
        linkage.synthetic = tuple(event.counts)
        linkage.mean, linkage.variance = event.mean, event.variance

    @_apply.register
    def _(self, event: EpochEnded) -> None:
        self.table(event.table).epoch_ended(event)

    @_apply.register
    def _(self, event: TableFitted) -> None:
        table = self.table(event.table)
        table.status, table.seconds = "done", event.seconds
        table.fitted, table.began = True, None
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
        self.seconds = seconds or self.elapsed
        self.status, self.current = status, None
        for name, table in self.tables.items():
            if table.status == "running" or (name == culprit and table.status != "done"):
                table.seconds, table.began = table.elapsed(self._now()), None
                table.status = unfinished
                self._touch(name)
