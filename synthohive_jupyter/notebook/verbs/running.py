"""What ``fit`` and ``generate`` share: a run with its display, its rows, and its result."""

from __future__ import annotations

import logging
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from synthohive_jupyter.errors import CommandError, RunInterrupted
from synthohive_jupyter.events import CancelToken
from synthohive_jupyter.notebook.display import run_display
from synthohive_jupyter.notebook.feed import Feed
from synthohive_jupyter.notebook.interrupt import stop_on_interrupt
from synthohive_jupyter.notebook.report import make_report
from synthohive_jupyter.notebook.result import Run, SyntheticResult
from synthohive_jupyter.notebook.writing import write_tables
from synthohive_jupyter.schema.suggestions import suggest

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    import pandas as pd

    from synthohive_jupyter.engine.synthesizer import Synthesizer
    from synthohive_jupyter.events import Event
    from synthohive_jupyter.notebook.options import Options
    from synthohive_jupyter.notebook.verbs.request import Request
    from synthohive_jupyter.schema.metadata import Metadata


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
    with run_display(request.display, token) as sinks, _quiet_log(), stop_on_interrupt(token):
        work = Work(Feed(sinks, engine=engine_name, history=history), token)
        try:
            yield work
        except KeyboardInterrupt:
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


def make_rows(
    synthesizer: Synthesizer,
    rows: Mapping[str, int],
    options: Options,
    work: Work,
    *,
    token: CancelToken | None,
) -> dict[str, pd.DataFrame]:
    """Generate; a stop leaves no table, since children without their siblings mislead.

    Args:
        synthesizer: Generates.
        rows: Rows of tables; those that are not fitted are passed over.
        options: Seed and scale.
        work: The run.
        token: Asks for a stop; ``None`` where the fit was stopped already.
    """
    fitted = set(synthesizer.orchestrator.finished)
    try:
        made = synthesizer.orchestrator.generate(
            {name: number for name, number in rows.items() if name in fitted},
            seed=options.seed,
            scale=1.0 if options.scale is None else options.scale,
            # After a stop the report says what is missing: not once more for each table.
            on_event=work.feed.without_notices if token is None else work.feed,
            cancel=token,
        )
    except RunInterrupted:
        return {}
    return made


def make_result(
    request: Request, tables: Mapping[str, pd.DataFrame], run: Run, work: Work
) -> SyntheticResult:
    """Write the tables where they are wanted, end the run, and put everything together."""
    options = request.options
    if options.write is not None and tables:
        write_tables(run.engine, tables, options.write.format, options.write.path, emit=work.feed)
    work.feed.close(finished=run.finished, stopped=run.stopped or not tables)
    name = options.out or options.target
    return SyntheticResult(tables, make_report(tables, run, work.feed, name, options.seed), run)
