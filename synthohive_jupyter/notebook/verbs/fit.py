"""``fit``: check, learn, generate as many rows as the real data has, write, bind."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from synthohive_jupyter.errors import RunInterrupted, SchemaError, SynthoHiveError
from synthohive_jupyter.notebook.data import engine_name, facts_of, find_data, is_spark_frame
from synthohive_jupyter.notebook.interrupt import interruptible
from synthohive_jupyter.notebook.recipe import recipe_of
from synthohive_jupyter.notebook.runs.resuming import begin_run, earlier_run
from synthohive_jupyter.notebook.runs.run import Run
from synthohive_jupyter.notebook.schema_text import schema_of
from synthohive_jupyter.notebook.verbs.running import at_work, deliver, wanted_rows

if TYPE_CHECKING:
    from collections.abc import Mapping

    from synthohive_jupyter.dsl.compiler import CompiledCell
    from synthohive_jupyter.engine.synthesizer import Synthesizer
    from synthohive_jupyter.notebook.data import Engine
    from synthohive_jupyter.notebook.result import SyntheticResult
    from synthohive_jupyter.notebook.runs.store import KeptRun
    from synthohive_jupyter.notebook.verbs.request import Request
    from synthohive_jupyter.notebook.verbs.running import Work
    from synthohive_jupyter.schema.facts import TableFacts


def fit(request: Request) -> SyntheticResult:
    """Check, learn, generate as many rows as the real data has, write, bind.

    What is finished is bound too where the user stops the run, or where it fails.

    Raises:
        SchemaError: If the schema or its data is wrong; nothing has been trained then.
        ResumeError: If ``--resume`` finds nothing to go on with.
        RunInterrupted: If it was stopped before any table was finished.
        SynthoHiveError: If training failed.
    """
    options, cell, engine = request.options, schema_of(request), request.engine
    rows = {**cell.rows, **wanted_rows(cell.metadata, options.rows)}
    request.binder.require_free(options, cell.metadata.tables)
    earlier = earlier_run(request, cell.metadata.tables)
    with interruptible("nothing has been trained"):
        frames, facts = _checked_data(request, cell, engine)
    seed = _seed(request, earlier)
    with at_work(request, engine_name=engine_name(frames, engine)) as work:
        # Imports torch: after the panel is there, and where a stop does not break it off.
        synthesizer = _synthesizer(request, cell)
        kept = begin_run(request, cell.metadata.tables, seed, earlier)
        error = _learn(request, synthesizer, cell, frames, work, seed=seed, kept=kept)
        if not synthesizer.orchestrator.finished:
            raise error or _nothing_finished(work, kept)
        run = Run(
            synthesizer,
            (),
            {name: each.rows or 0 for name, each in facts.items()},
            frozenset(name for name, frame in frames.items() if is_spark_frame(frame)),
            engine,
            recipe_of(request, cell, frames),
            error,
            lambda: fit(replace(request, options=replace(options, resume=True, overwrite=True))),
        )
        broken = run.status != "finished"
        result = deliver(request, run, rows, work, real=frames, broken=broken)
    if kept is not None and run.status == "finished" and len(result):
        kept.remove()
    return result


def _checked_data(
    request: Request, cell: CompiledCell, engine: Engine
) -> tuple[dict[str, Any], dict[str, TableFacts]]:
    """Return the frames and what was counted of them, after everything that can be wrong."""
    if request.options.write is not None:
        engine.open()
    frames = find_data(cell.metadata, cell.data, engine)
    facts = facts_of(frames, cell.metadata)
    cell.check(facts)
    return frames, facts


def _synthesizer(request: Request, cell: CompiledCell) -> Synthesizer:
    from synthohive_jupyter.engine.synthesizer import Synthesizer
    from synthohive_jupyter.models.registry import model_class

    model = model_class(request.settings.model)
    return Synthesizer(cell.metadata, cell.privacy, model=model)


def _seed(request: Request, earlier: KeptRun | None) -> int:
    """Return the seed: what is asked for, else that of the run that is resumed, else a new one."""
    from synthohive_jupyter.seeding import fresh_seed

    wanted = (request.settings.seed, earlier.seed if earlier else None)
    given = [seed for seed in wanted if seed is not None]
    return given[0] if given else fresh_seed()


def _learn(
    request: Request,
    synthesizer: Synthesizer,
    cell: CompiledCell,
    frames: Mapping[str, Any],
    work: Work,
    *,
    seed: int,
    kept: KeptRun | None,
) -> SynthoHiveError | None:
    """Fit; return the error that ended it, which what is finished outlives."""
    options, settings = request.options, request.settings
    try:
        synthesizer.fit(
            frames,
            epochs=settings.epochs,
            batch_size=settings.batch_size,
            progress_bar=False,
            seed=seed,
            on_event=work.feed,
            cancel=work.token,
            checkpoint_dir=None if kept is None else kept.folder,
            resume=options.resume and kept is not None,
        )
    except SchemaError as error:
        if kept is not None:
            kept.remove()
        # Problems that only the engine finds are shown at their places too.
        raise cell.error(error.problems) from None
    except RunInterrupted:
        return None
    except SynthoHiveError as error:
        return error
    return None


def _nothing_finished(work: Work, kept: KeptRun | None) -> RunInterrupted:
    work.feed.close(finished=(), stopped=True)
    then = "nothing is kept" if kept is None else "the same cell with --resume goes on"
    return RunInterrupted(f"stopped before the first table was finished; {then}")
