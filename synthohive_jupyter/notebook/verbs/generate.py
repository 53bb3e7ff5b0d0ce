"""``generate``: more rows of an earlier result, without learning again."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from synthohive_jupyter.errors import CommandError
from synthohive_jupyter.events import LinkageFitted, RunStarted
from synthohive_jupyter.notebook.verbs.earlier import earlier_result
from synthohive_jupyter.notebook.verbs.running import at_work, deliver, wanted_rows

if TYPE_CHECKING:
    from synthohive_jupyter.events import Event
    from synthohive_jupyter.notebook.result import SyntheticResult
    from synthohive_jupyter.notebook.verbs.request import Request


def generate(request: Request) -> SyntheticResult:
    """Generate more rows of a result that was bound before.

    Raises:
        CommandError: If there is no such result.
    """
    options = request.options
    if request.body is not None and request.body.strip():
        raise CommandError("'generate' takes no schema; write %synthohive generate NAME")
    earlier = earlier_result(request)
    synthesizer = earlier.run.synthesizer
    rows = wanted_rows(synthesizer.orchestrator.fitted_metadata, options.rows)
    request.binder.require_free(options, earlier.run.finished)
    engine = request.engine if options.spark else earlier.run.engine
    if options.write is not None:
        engine.open()
    recipe = earlier.run.recipe.again(options)
    run = replace(earlier.run, engine=engine, recipe=recipe, error=None)
    with at_work(request, engine_name="", history=_history(earlier)) as work:
        return deliver(request, run, rows, work)


def _history(earlier: SyntheticResult) -> list[Event]:
    """Return the events that show a new generation beside the fit before it."""
    orchestrator, events = earlier.run.synthesizer.orchestrator, earlier.run.events
    started = [event for event in events if isinstance(event, RunStarted)]
    model = started[0].model if started else ""
    first = RunStarted(orchestrator.finished, orchestrator.seed or 0, 0, model)
    return [first, *(event for event in events if isinstance(event, LinkageFitted))]
