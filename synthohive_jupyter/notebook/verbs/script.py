"""``code``: the Python script that does the same as a cell, or as the run behind a result."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from synthohive_jupyter.errors import CommandError
from synthohive_jupyter.notebook.data import find_data
from synthohive_jupyter.notebook.recipe import recipe_of
from synthohive_jupyter.notebook.schema_text import schema_of
from synthohive_jupyter.notebook.verbs.earlier import earlier_result

if TYPE_CHECKING:
    from synthohive_jupyter.notebook.runs.run import Run
    from synthohive_jupyter.notebook.script import Script
    from synthohive_jupyter.notebook.verbs.request import Request


def code(request: Request) -> Script:
    """Return the script of a result, of the last run, or of what the cell would do.

    Raises:
        CommandError: If there is neither a schema nor a run.
        SchemaError: If the schema of the cell is wrong.
    """
    from synthohive_jupyter.notebook.script import script_of

    if request.body is not None and request.body.strip():
        cell = schema_of(request)
        frames = find_data(cell.metadata, cell.data, request.engine)
        return script_of(recipe_of(request, cell, frames))
    run = _run(request)
    return script_of(replace(run.recipe, seed=run.synthesizer.orchestrator.seed))


def _run(request: Request) -> Run:
    if request.options.target is not None:
        return earlier_result(request).run
    if (last := request.binder.last) is None:
        raise CommandError(
            "'code' writes the script of a run, and there is none yet; name a result, or write "
            "%%synthohive code over a cell"
        )
    return last
