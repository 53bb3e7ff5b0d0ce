"""The two loops over the tables of a plan, and what they tell while they run."""

from __future__ import annotations

import time
from contextlib import contextmanager
from dataclasses import asdict
from functools import partial
from typing import TYPE_CHECKING

from synthohive_jupyter.engine.artifacts import fingerprint
from synthohive_jupyter.engine.fitting import linkage_event
from synthohive_jupyter.engine.saving import load_model
from synthohive_jupyter.errors import RunInterrupted, SynthoHiveError
from synthohive_jupyter.events import (
    CancelToken,
    EventBus,
    Notice,
    RunFailed,
    RunFinished,
    RunStarted,
    RunStopped,
    TableFitted,
    TableStarted,
)
from synthohive_jupyter.progress.sinks import JsonlSink, LogSink, TqdmSink

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

    import pandas as pd

    from synthohive_jupyter.engine.artifacts import RunDirectory
    from synthohive_jupyter.engine.fitting import TableFitter
    from synthohive_jupyter.engine.generating import TableGenerator
    from synthohive_jupyter.engine.record import Fitted, Learnt
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


def fit_tables(
    fitter: TableFitter,
    notices: Sequence[Notice],
    run: RunDirectory | None,
    *,
    resume: bool,
    engine: str,
) -> None:
    """Fit table by table into ``fitter.fitted``; whatever happens, the finished ones stay there.

    Args:
        fitter: Fits one table.
        notices: What the user should know before the first one.
        run: Where checkpoints go, or ``None``.
        resume: Take over what an equal run has finished there.
        engine: Name of the engine, for displays.
    """
    fitted, emit, start = fitter.fitted, fitter.emit, time.monotonic()
    order = tuple(step.table for step in fitted.plan.steps)
    settings = fitter.settings
    emit(RunStarted(order, fitted.seed, settings.epochs, settings.model_cls.__name__, engine))
    for notice in notices:
        emit(notice)
    current: str | None = None
    try:
        for step in fitted.plan.steps:
            current = step.table
            if fitter.cancel.cancelled:
                break
            learnt = _fit_table(fitter, step, run, resume=resume)
            if learnt.model is not None and learnt.model.cancelled:
                break
            fitted.learnt[current] = learnt
            fitter.tables.release([fitted.plan.step(name) for name in fitted.learnt])
    except KeyboardInterrupt:
        emit(RunStopped(tuple(fitted.learnt), current, time.monotonic() - start))
        raise
    except Exception as error:
        emit(RunFailed(_reason(error), current))
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
    result: dict[str, pd.DataFrame] = {}
    drawn: list[str] = []
    done: list[str] = []
    current: str | None = None
    steps = list(_possible(generator.fitted, generator.emit))
    there = {step.table for step in steps}
    try:
        for step in steps:
            current = step.table
            _stop_if_asked(cancel, current)
            generator.draw(step, rows.get(current))
            drawn.append(current)
            for table in _settled(plan, drawn, done, there):
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
        generator.emit(RunFailed(_reason(error), current))
        raise
    return {step.table: result[step.table] for step in steps if step.table in result}


def _settled(
    plan: Plan, drawn: Sequence[str], done: Sequence[str], there: Collection[str]
) -> Iterator[str]:
    """Yield the drawn tables that wait for none of those that are still to be drawn."""
    waits = plan.settled_after()
    for table in drawn:
        if table not in done and not (waits[table] & set(there)) - set(drawn):
            yield table


def _fit_table(
    fitter: TableFitter, step: TableStep, run: RunDirectory | None, *, resume: bool
) -> Learnt:
    """Fit a table, or take it over from the run that is resumed."""
    if run is None:
        return fitter.fit(step)
    folder, mark = run.table(step.table), _fingerprint(fitter, step)
    if resume and folder.finished(mark):
        return _take_over(fitter, step, run)
    begun = folder.start(mark)
    learnt = fitter.fit(step, checkpoints=run.checkpoints(step.table), resume=resume and begun)
    if learnt.model is None or not learnt.model.cancelled:
        folder.write(learnt, mark)
    return learnt


def _take_over(fitter: TableFitter, step: TableStep, run: RunDirectory) -> Learnt:
    parent = None if step.driver is None else step.driver.parent
    settings = fitter.settings
    read = partial(load_model, step=step, model_cls=settings.model_cls, classes=settings.classes)
    learnt = run.table(step.table).read(read)
    rows, columns = learnt.record.rows, len(step.columns)
    fitter.emit(TableStarted(step.table, rows, columns, parent, reused=True))
    fitter.remember(step)
    if learnt.linkage is not None:
        fitter.emit(linkage_event(step, learnt.linkage))
    fitter.emit(TableFitted(step.table, 0.0))
    return learnt


def _fingerprint(fitter: TableFitter, step: TableStep) -> str:
    """Return the identity of one table's fit: everything that its outcome depends on but cells."""
    settings, tables = fitter.settings, fitter.fitted.metadata.to_dict()["tables"]
    near = {step.table, *step.parents, *step.ancestors, *(k.parent for k in step.other_keys)}
    rules = fitter.fitted.sanitizer.config.items()
    return fingerprint(
        {
            "tables": [table for table in tables if table["name"] in near],
            "step": asdict(step),
            "model": settings.model_cls.__name__,
            "epochs": settings.epochs,
            "batch_size": settings.batch_size,
            "checkpoint_interval": settings.checkpoint_interval,
            "model_kwargs": dict(settings.model_kwargs),
            "seed": settings.seed,
            "facts": {name: asdict(fitter.facts[name]) for name in sorted(near)},
            "privacy": [(place, repr(rule)) for place, rule in rules],
        }
    )


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


def _stop_if_asked(cancel: CancelToken | None, table: str) -> None:
    if cancel is not None and cancel.cancelled:
        raise RunInterrupted(f"stopped before table '{table}' was generated")


def _reason(error: Exception) -> str:
    """Return the text of an error of ours; of others the type alone: their text may quote data."""
    return str(error) if isinstance(error, SynthoHiveError) else type(error).__name__
