"""``fit``: check, learn, generate as many rows as the real data has, write, bind."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from synthohive_jupyter.errors import RunInterrupted, SchemaError
from synthohive_jupyter.notebook.data import engine_name, facts_of, find_data, is_spark_frame
from synthohive_jupyter.notebook.result import Run, SyntheticResult
from synthohive_jupyter.notebook.schema_text import schema_of
from synthohive_jupyter.notebook.verbs.running import at_work, make_result, make_rows, wanted_rows

if TYPE_CHECKING:
    from collections.abc import Mapping

    from synthohive_jupyter.dsl.compiler import CompiledCell
    from synthohive_jupyter.engine.synthesizer import Synthesizer
    from synthohive_jupyter.notebook.verbs.request import Request
    from synthohive_jupyter.notebook.verbs.running import Work


def fit(request: Request) -> SyntheticResult:
    """Check, learn, generate as many rows as the real data has, write, bind.

    Raises:
        SchemaError: If the schema or its data is wrong; nothing has been trained then.
        RunInterrupted: If it was stopped before any table was finished.
    """
    options, cell, engine = request.options, schema_of(request), request.engine
    rows = {**cell.rows, **wanted_rows(cell.metadata, options.rows)}
    request.binder.require_free(options, cell.metadata.tables)
    if options.write is not None:
        engine.open()
    frames = find_data(cell.metadata, cell.data, engine)
    facts = facts_of(frames, cell.metadata)
    cell.check(facts)
    synthesizer = _synthesizer(request, cell)
    with at_work(request, engine_name=engine_name(frames, engine)) as work:
        _learn(request, synthesizer, cell, frames, work)
        stopped = synthesizer.orchestrator.stopped
        tables = make_rows(synthesizer, rows, options, work, token=None if stopped else work.token)
        run = Run(
            synthesizer,
            tuple(work.feed.recorder.events),
            {name: each.rows or 0 for name, each in facts.items()},
            frozenset(name for name, frame in frames.items() if is_spark_frame(frame)),
            engine,
        )
        result = make_result(request, tables, run, work)
    request.binder.bind(options, result)
    return result


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
