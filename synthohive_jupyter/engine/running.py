"""The two loops over the tables of a plan, and what they tell while they run."""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from synthohive_jupyter.engine.costs import memory_notices
from synthohive_jupyter.engine.failures import in_our_words
from synthohive_jupyter.errors import RunInterrupted
from synthohive_jupyter.events import (
    CancelToken,
    EventBus,
    Notice,
    RunFailed,
    RunFinished,
    RunStarted,
    RunStopped,
    Stopped,
)
from synthohive_jupyter.progress.sinks import JsonlSink, LogSink, TqdmSink

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

    import pandas as pd

    from synthohive_jupyter.engine.artifacts import RunDirectory
    from synthohive_jupyter.engine.fitting import TableFitter
    from synthohive_jupyter.engine.generating import TableGenerator
    from synthohive_jupyter.engine.record import Fitted
    from synthohive_jupyter.engine.resuming import KeptTables
    from synthohive_jupyter.engine.writing import TableWriter
    from synthohive_jupyter.events import Event, EventSink
    from synthohive_jupyter.relational.steps import Plan, TableStep

    Emit = Callable[[Event], None]


@contextmanager
def event_stream(
    on_event: EventSink | None, *, progress_bar: bool = False, run: RunDirectory | None = None
) -> Iterator[Emit]:
    """Give a function that sends events to the log, and to whoever else wants them.

    Args:
        on_event: Receives every event.
        progress_bar: Draw text bars on standard error.
        run: Where the events are filed.
    """
    bus = EventBus(LogSink(), *([] if on_event is None else [on_event]))
    closing: list[TqdmSink | JsonlSink] = []
    if progress_bar:
        closing.append(TqdmSink())
    if run is not None:
        run.root.mkdir(parents=True, exist_ok=True)
        closing.append(JsonlSink(run.events))
    for sink in closing:
        bus.subscribe(sink)
    try:
        yield bus.emit
    finally:
        for sink in closing:
            sink.close()


@contextmanager
def preparing(token: CancelToken) -> Iterator[None]:
    """Let a stop break off what comes before the first table, and tell errors in our words.

    Raises:
        RunInterrupted: If it was stopped.
        TrainingError: From an error of others.
    """
    try:
        with token.breakable(), in_our_words("counting the data"):
            yield
    except Stopped:
        raise RunInterrupted("stopped while the data was counted") from None


def fit_tables(
    fitter: TableFitter,
    notices: Sequence[Notice],
    kept: KeptTables | None,
    *,
    engine: str,
) -> None:
    """Fit table by table into ``fitter.fitted``; whatever happens, the finished ones stay there.

    Args:
        fitter: Fits one table.
        notices: What the user should know before the first one.
        kept: Keeps the tables, and takes over those of an earlier run; ``None`` keeps nothing.
        engine: Name of the engine, for displays.
    """
    fitted, emit, start = fitter.fitted, fitter.emit, time.monotonic()
    order = tuple(step.table for step in fitted.plan.steps)
    settings, rows = fitter.settings, tuple(fitter.facts[name].rows or 0 for name in order)
    model = settings.model_cls.__name__
    emit(RunStarted(order, fitted.seed, settings.epochs, model, engine, rows))
    for notice in (*notices, *memory_notices(fitted.plan, fitter.facts, settings)):
        emit(notice)
    current: str | None = None
    try:
        for step in fitted.plan.steps:
            current = step.table
            if fitter.cancel.cancelled:
                break
            with in_our_words(f"training of table '{current}'"):
                learnt = fitter.fit(step) if kept is None else kept.fit(fitter, step)
            if learnt.model is not None and learnt.model.cancelled:
                break
            fitted.learnt[current] = learnt
            fitter.tables.release([fitted.plan.step(name) for name in fitted.learnt])
    except Stopped:
        pass  # before the training of a table: nothing of it is worth keeping
    except KeyboardInterrupt:
        emit(RunStopped(tuple(fitted.learnt), current, time.monotonic() - start))
        raise
    except Exception as error:
        emit(RunFailed(str(error), current))
        raise
    if len(fitted.learnt) < len(order):
        emit(RunStopped(tuple(fitted.learnt), current, time.monotonic() - start))
    else:
        emit(RunFinished(time.monotonic() - start))


def generate_tables(
    generator: TableGenerator,
    writer: TableWriter | None,
    rows: Mapping[str, int],
    cancel: CancelToken | None = None,
) -> dict[str, pd.DataFrame]:
    """Generate table by table.

    Args:
        generator: Generates one table.
        writer: Writes each table, which is then released; ``None`` keeps them in memory.
        rows: Rows of each root, and exact totals of children.
        cancel: Asks for a stop between two tables.

    Returns:
        The tables that were not written.

    Raises:
        RunInterrupted: If ``cancel`` was set.
    """
    plan, tables = generator.fitted.plan, generator.tables
    token = CancelToken() if cancel is None else cancel
    result: dict[str, pd.DataFrame] = {}
    drawn: list[str] = []
    done: list[str] = []
    current: str | None = None
    steps = list(_possible(generator.fitted, generator.emit))
    there = {step.table for step in steps}
    try:
        for step in steps:
            current = step.table
            with _breakable(token, current):
                generator.draw(step, rows.get(current))
            drawn.append(current)
            for table in _settled(plan, drawn, done, there):
                with _breakable(token, table):
                    frame = generator.finish(plan.step(table))
                if writer is None:
                    result[table] = frame
                else:
                    writer.write(table, frame)
                tables.finish(table, frame)
                done.append(table)
            tables.release(done)
    except (KeyboardInterrupt, RunInterrupted):
        generator.emit(RunStopped(tuple(done), current))
        raise
    except Exception as error:
        generator.emit(RunFailed(str(error), current))
        raise
    return {step.table: result[step.table] for step in steps if step.table in result}


@contextmanager
def _breakable(token: CancelToken, table: str) -> Iterator[None]:
    """Let a stop break off the generation of a table, and tell errors of others in our words.

    Raises:
        RunInterrupted: If it was stopped, before or inside.
    """
    reason = f"stopped while table '{table}' was generated"
    if token.cancelled:
        raise RunInterrupted(reason)
    try:
        with token.breakable(), in_our_words(f"generation of table '{table}'"):
            yield
    except Stopped:
        raise RunInterrupted(reason) from None


def _settled(
    plan: Plan, drawn: Sequence[str], done: Sequence[str], there: Collection[str]
) -> Iterator[str]:
    """Yield the drawn tables that wait for none of those that are still to be drawn."""
    waits = plan.settled_after()
    for table in drawn:
        if table not in done and not (waits[table] & set(there)) - set(drawn):
            yield table


def _possible(fitted: Fitted, emit: Emit) -> Iterator[TableStep]:
    """Yield the fitted tables whose parents are all fitted; tell of the others."""
    absent: set[str] = set()
    for step in fitted.plan.steps:
        lost = [parent for parent in step.parents if parent in absent]
        if step.table in fitted.learnt and not lost:
            yield step
            continue
        absent.add(step.table)
        why = f"its parent '{lost[0]}' is left out" if lost else "its fit was not finished"
        emit(Notice(f"left out: {why}", table=step.table, level="warning"))
