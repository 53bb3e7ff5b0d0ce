"""What the verbs do: ``fit``, ``check``, ``explain`` and ``generate``, without a shell.

A verb gets a `Request` and returns what the cell shows; every mistake is an error of `errors`.
"""

from __future__ import annotations

import logging
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from synthohive_jupyter.errors import CommandError, RunInterrupted, SchemaError
from synthohive_jupyter.events import CancelToken, LinkageFitted, RunStarted
from synthohive_jupyter.notebook.data import Engine, find_data, is_frame
from synthohive_jupyter.notebook.display import run_display
from synthohive_jupyter.notebook.feed import Feed
from synthohive_jupyter.notebook.interrupt import stop_on_interrupt
from synthohive_jupyter.notebook.report import make_report
from synthohive_jupyter.notebook.result import Run, SyntheticResult
from synthohive_jupyter.notebook.writing import write_tables
from synthohive_jupyter.schema.suggestions import suggest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    import pandas as pd

    from synthohive_jupyter.dsl.compiler import CompiledCell
    from synthohive_jupyter.engine.synthesizer import Synthesizer
    from synthohive_jupyter.events import Event
    from synthohive_jupyter.notebook.arguments import Options
    from synthohive_jupyter.notebook.binding import Binder
    from synthohive_jupyter.notebook.check import CheckReport
    from synthohive_jupyter.notebook.explain import Explanation
    from synthohive_jupyter.schema.facts import TableFacts
    from synthohive_jupyter.schema.metadata import Metadata


@dataclass(frozen=True, slots=True)
class Settings:
    """How to train where the cell does not say it."""

    epochs: int
    batch_size: int
    seed: int | None
    model: str


@dataclass(frozen=True, slots=True)
class Request:
    """One call of the magic.

    Attributes:
        options: Its first line.
        body: The schema; ``None`` for the line form.
        namespace: Variables of the notebook.
        settings: The configured defaults.
        binder: Binds results.
        display: ``widget``, ``text`` or ``none``.
        publish: Displays a MIME bundle beside the result.
    """

    options: Options
    body: str | None
    namespace: Mapping[str, Any]
    settings: Settings
    binder: Binder
    display: str
    publish: Callable[[dict[str, str]], None]

    @property
    def engine(self) -> Engine:
        """A new look-up of the session."""
        return Engine(self.options.spark, self.namespace)


@dataclass(slots=True)
class Work:
    """A run that is going on."""

    feed: Feed
    token: CancelToken


def check(request: Request) -> CheckReport:
    """Compare the schema of a cell with its data.

    Raises:
        SchemaError: With every problem, after the table of what was counted has been shown.
    """
    from synthohive_jupyter.notebook.check import count_keys, diagram

    cell, engine = _compiled(request), request.engine
    frames = find_data(cell.metadata, cell.data, engine)
    facts = _facts(frames, cell.metadata)
    report = count_keys(cell.metadata, facts, _engine_name(frames, engine))
    try:
        cell.check(facts)
    except SchemaError:
        if facts and request.display != "none":
            request.publish(report._repr_mimebundle_())
        raise
    picture = diagram(cell.metadata)
    if picture is not None and request.display != "none":
        request.publish(picture)
    return report


def explain(request: Request) -> Explanation:
    """Tell what would be learnt of every table, from whom, and why; nothing is trained.

    Raises:
        SchemaError: If the schema or its data is wrong.
    """
    from synthohive_jupyter.engine.preparing import prepare
    from synthohive_jupyter.models.registry import ModelClasses
    from synthohive_jupyter.notebook.explain import Explanation

    cell, engine = _compiled(request), request.engine
    frames = find_data(cell.metadata, cell.data, engine)
    cell.check(_facts(frames, cell.metadata))
    prepared = prepare(cell.metadata, cell.privacy, frames, read=dict, models=ModelClasses())
    rows = {name: facts.rows for name, facts in prepared.facts.items()}
    return Explanation(prepared.plan, rows)


def fit(request: Request) -> SyntheticResult:
    """Check, learn, generate as many rows as the real data has, write, bind.

    Raises:
        SchemaError: If the schema or its data is wrong; nothing has been trained then.
        RunInterrupted: If it was stopped before any table was finished.
    """
    options, cell, engine = request.options, _compiled(request), request.engine
    rows = {**cell.rows, **_wanted_rows(cell.metadata, options.rows)}
    request.binder.require_free(options, cell.metadata.tables)
    if options.write is not None:
        engine.open()
    frames = find_data(cell.metadata, cell.data, engine)
    facts = _facts(frames, cell.metadata)
    cell.check(facts)
    synthesizer = _synthesizer(request, cell)
    with _work(request, engine_name=_engine_name(frames, engine)) as work:
        _learn(request, synthesizer, cell, frames, work)
        stopped = synthesizer.orchestrator.stopped
        tables = _rows(synthesizer, rows, options, work, token=None if stopped else work.token)
        run = Run(
            synthesizer,
            tuple(work.feed.recorder.events),
            {name: each.rows or 0 for name, each in facts.items()},
            frozenset(name for name, frame in frames.items() if _is_spark(frame)),
            engine,
        )
        result = _result(request, tables, run, work)
    request.binder.bind(options, result)
    return result


def generate(request: Request) -> SyntheticResult:
    """Generate more rows of a result that was bound before.

    Raises:
        CommandError: If there is no such result.
    """
    options = request.options
    if request.body is not None and request.body.strip():
        raise CommandError("'generate' takes no schema; write %synthohive generate NAME")
    earlier = _earlier(request)
    synthesizer = earlier.run.synthesizer
    rows = _wanted_rows(synthesizer.orchestrator.fitted_metadata, options.rows)
    request.binder.require_free(options, earlier.run.finished)
    engine = request.engine if options.spark else earlier.run.engine
    if options.write is not None:
        engine.open()
    run = Run(
        synthesizer, earlier.run.events, earlier.run.real_rows, earlier.run.spark_tables, engine
    )
    with _work(request, engine_name="", history=_history(earlier)) as work:
        tables = _rows(synthesizer, rows, options, work, token=work.token)
        result = _result(request, tables, run, work)
    request.binder.bind(options, result)
    return result


@contextmanager
def _work(request: Request, *, engine_name: str, history: Iterable[Event] = ()) -> Iterator[Work]:
    """Open the display and catch ■; leave everything as it was, however it ends."""
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


def _compiled(request: Request) -> CompiledCell:
    from synthohive_jupyter.dsl.compiler import compile_cell

    verb = request.options.verb
    if request.body is None:
        raise CommandError(
            f"'{verb}' needs a schema: write %%synthohive {verb} as the first line of a cell, and "
            "the tables below it"
        )
    return compile_cell(request.body)


def _facts(frames: Mapping[str, Any], metadata: Metadata) -> dict[str, TableFacts]:
    from synthohive_jupyter.io.frames import facts

    return facts(frames, metadata)


def _is_spark(frame: object) -> bool:
    from synthohive_jupyter.io.frames import is_spark

    return is_spark(frame)


def _engine_name(frames: Mapping[str, Any], engine: Engine) -> str:
    """Return what the data is worked on with."""
    if not any(_is_spark(frame) for frame in frames.values()):
        return "pandas"
    session = engine.find()
    return "Spark" if session is None else session.describe()


def _synthesizer(request: Request, cell: CompiledCell) -> Synthesizer:
    from synthohive_jupyter.engine.synthesizer import Synthesizer
    from synthohive_jupyter.models.registry import model_class

    model = request.options.model or request.settings.model
    return Synthesizer(cell.metadata, cell.privacy, model=model_class(model))


def _learn(
    request: Request,
    synthesizer: Synthesizer,
    cell: CompiledCell,
    frames: Mapping[str, Any],
    work: Work,
) -> None:
    """Fit; problems that only the engine finds are shown at their places too."""
    options, settings = request.options, request.settings
    try:
        synthesizer.fit(
            frames,
            epochs=options.epochs or settings.epochs,
            batch_size=options.batch_size or settings.batch_size,
            progress_bar=False,
            seed=settings.seed if options.seed is None else options.seed,
            on_event=work.feed,
            cancel=work.token,
        )
    except SchemaError as error:
        raise cell.error(error.problems) from None
    if not synthesizer.orchestrator.finished:
        work.feed.close(finished=(), stopped=True)
        raise RunInterrupted("stopped before the first table was finished; nothing was kept")


def _rows(
    synthesizer: Synthesizer,
    rows: Mapping[str, int],
    options: Options,
    work: Work,
    *,
    token: CancelToken | None,
) -> dict[str, pd.DataFrame]:
    """Generate; a stop leaves no table, since children without their siblings mislead."""
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


def _result(
    request: Request,
    tables: Mapping[str, pd.DataFrame],
    run: Run,
    work: Work,
) -> SyntheticResult:
    """Write the tables where they are wanted, end the run, and put everything together."""
    options = request.options
    if options.write is not None and tables:
        write_tables(run.engine, tables, options.write.format, options.write.path, emit=work.feed)
    work.feed.close(finished=run.finished, stopped=run.stopped or not tables)
    name = options.out or options.target
    return SyntheticResult(tables, make_report(tables, run, work.feed, name, options.seed), run)


def _wanted_rows(metadata: Metadata, rows: Mapping[str, int]) -> Mapping[str, int]:
    """Return ``--rows``, checked before anything is trained; of a child it is the exact total."""
    for name in rows:
        if name not in metadata.tables:
            near = suggest(name, metadata.tables) or f"tables: {', '.join(metadata.tables)}"
            raise CommandError(f"--rows names the unknown table '{name}' ({near})")
        if metadata.tables[name].keep:
            raise CommandError(f"'{name}' is kept as it is and takes no number of rows")
    return rows


def _earlier(request: Request) -> SyntheticResult:
    """Return the result that ``generate`` names."""
    name, namespace = request.options.target, request.namespace
    results = [n for n, value in namespace.items() if isinstance(value, SyntheticResult)]
    known = [n for n in results if not n.startswith("_")]
    listing = f"results here: {', '.join(known)}" if known else "fit one first, with -o NAME"
    if name is None:
        raise CommandError(f"'generate' needs the name of a result ({listing})")
    if name not in namespace:
        raise CommandError(f"no variable is called '{name}' ({suggest(name, known) or listing})")
    value = namespace[name]
    if not isinstance(value, SyntheticResult):
        kind = "DataFrame" if is_frame(value) else type(value).__name__
        raise CommandError(f"'{name}' is a {kind}, not a result of %%synthohive ({listing})")
    return value


def _history(earlier: SyntheticResult) -> list[Event]:
    """Return the events that show a new generation beside the fit before it."""
    orchestrator, events = earlier.run.synthesizer.orchestrator, earlier.run.events
    started = [event for event in events if isinstance(event, RunStarted)]
    model = started[0].model if started else ""
    first = RunStarted(orchestrator.finished, orchestrator.seed or 0, 0, model)
    return [first, *(event for event in events if isinstance(event, LinkageFitted))]
