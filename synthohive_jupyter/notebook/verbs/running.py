"""What ``fit`` and ``generate`` share: a run with its display, its rows, and its result."""

from __future__ import annotations

import logging
from contextlib import contextmanager, suppress
from copy import copy
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from synthohive_jupyter.errors import CommandError, RunInterrupted, SynthoHiveError
from synthohive_jupyter.events import CancelToken, Notice
from synthohive_jupyter.notebook.display import run_display
from synthohive_jupyter.notebook.feed import Feed
from synthohive_jupyter.notebook.interrupt import stop_on_interrupt
from synthohive_jupyter.notebook.report import make_report
from synthohive_jupyter.notebook.result import SyntheticResult
from synthohive_jupyter.notebook.writing import write_tables
from synthohive_jupyter.schema.suggestions import suggest

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    import pandas as pd

    from synthohive_jupyter.events import Event
    from synthohive_jupyter.notebook.options import WriteTarget
    from synthohive_jupyter.notebook.runs.run import Run
    from synthohive_jupyter.notebook.verbs.request import Request
    from synthohive_jupyter.schema.metadata import Metadata


MOST_ROWS_AFTER_A_STOP = 200_000
"""A cell that was stopped makes no more rows than these, so that it ends within seconds."""


@dataclass(slots=True)
class Work:
    """A run that is going on."""

    feed: Feed
    token: CancelToken


@contextmanager
def at_work(request: Request, *, engine_name: str, history: Iterable[Event] = ()) -> Iterator[Work]:
    """Open the display and catch ■; leave everything as it was, however it ends.

    Args:
        request: The call.
        engine_name: What does the work, for displays.
        history: Earlier events that displays need.
    """
    token = CancelToken()
    name = request.options.out or request.options.target
    display = run_display(request.display, token, name)
    with display as sinks, _quiet_log(), stop_on_interrupt(token):
        work = Work(Feed(sinks, engine=engine_name, history=history), token)
        try:
            yield work
        except KeyboardInterrupt:
            if not work.feed.state.ended:
                work.feed.close(finished=(), stopped=True)
            raise
        except Exception as error:
            work.feed.fail(error)
            raise


@contextmanager
def _quiet_log() -> Iterator[None]:
    """Keep warnings that the display shows off standard error, where nobody has set up logging.

    Python prints warnings of loggers without any handler. Handlers of the user's still get them.
    """
    log, handler = logging.getLogger("synthohive_jupyter.run"), logging.NullHandler()
    log.addHandler(handler)
    try:
        yield
    finally:
        log.removeHandler(handler)


def wanted_rows(metadata: Metadata, rows: Mapping[str, int]) -> Mapping[str, int]:
    """Return ``--rows``, checked before anything is trained; of a child it is the exact total.

    Raises:
        CommandError: If a table is unknown, or kept as it is.
    """
    for name in rows:
        if name not in metadata.tables:
            near = suggest(name, metadata.tables) or f"tables: {', '.join(metadata.tables)}"
            raise CommandError(f"--rows names the unknown table '{name}' ({near})")
        if metadata.tables[name].keep:
            raise CommandError(f"'{name}' is kept as it is and takes no number of rows")
    return rows


def deliver(
    request: Request,
    run: Run,
    rows: Mapping[str, int],
    work: Work,
    *,
    real: Mapping[str, Any] | None = None,
    broken: bool = False,
) -> SyntheticResult:
    """Generate, write where it is wanted, end the run, and bind what there is.

    Args:
        request: The call.
        run: The fit; its error is raised at the end.
        rows: Rows of tables; those that are not fitted are passed over.
        work: The run that is going on.
        real: The data of ``fit``, which the report compares the tables with.
        broken: Whether the fit was stopped, or failed, in this cell: there are rows of what is
            finished then, which no second stop is asked for, and nothing is written.

    Raises:
        SynthoHiveError: What went wrong, after everything that is finished has been bound.
    """
    options, error = request.options, run.error
    tables: dict[str, pd.DataFrame] = {}
    try:
        tables = _generated(request, run, rows, work, broken=broken)
        if options.write is not None:
            _write(options.write, run, {} if broken else tables, work)
    except RunInterrupted:
        pass  # no table then, since children without their siblings mislead
    except SynthoHiveError as failure:
        error = error or failure
    if error is None:
        work.feed.close(finished=run.finished, stopped=run.stopped or not tables)
    else:
        work.feed.fail(error)
    # A copy: the error that is raised leads to every frame on its way, with the data.
    kept = None if error is None else copy(error)
    run = replace(run, events=run.events or tuple(work.feed.recorder.events), error=kept)
    name = options.out or options.target
    report = make_report(tables, run, work.feed, name, options.seed, real=real)
    result = SyntheticResult(tables, report, run)
    request.binder.bind(options, result)
    if error is not None:
        raise error
    if request.display == "widget" and not request.silent:
        # While ■ is still caught: a press that comes late finds everything bound.
        result.draw()
    return result


def _generated(
    request: Request, run: Run, rows: Mapping[str, int], work: Work, *, broken: bool
) -> dict[str, pd.DataFrame]:
    """Return new tables, as many as are fitted; none of a large run that was stopped."""
    options = request.options
    if broken and sum(run.real_rows[name] for name in run.finished) > MOST_ROWS_AFTER_A_STOP:
        name = options.out or "NAME"
        message = f"no rows were made after the stop: %synthohive generate {name} makes them"
        work.feed(Notice(message, level="warning"))
        return {}
    return run.synthesizer.orchestrator.generate(
        {name: number for name, number in rows.items() if name in run.finished},
        seed=options.seed,
        scale=1.0 if options.scale is None else options.scale,
        # After a stop the report says what is missing: not once more for each table.
        on_event=work.feed.without_notices if broken else work.feed,
        cancel=None if broken else work.token,
    )


def _write(target: WriteTarget, run: Run, tables: Mapping[str, pd.DataFrame], work: Work) -> None:
    """Publish the tables; a stop is heard between two of them, and told."""

    def emit(event: Event) -> None:
        if work.token.cancelled:
            raise RunInterrupted
        work.feed(event)

    written: Mapping[str, str] = {}
    with suppress(RunInterrupted):
        if tables:
            written = write_tables(run.engine, tables, target.format, target.path, emit=emit)
    if not written:
        message = f"stopped: not every table was written to '{target.path}'"
        work.feed(Notice(message, level="warning"))
