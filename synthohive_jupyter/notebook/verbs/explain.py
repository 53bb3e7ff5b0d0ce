"""``explain``: what would be learnt of every table, from whom, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING

from synthohive_jupyter.notebook.data import facts_of, find_data
from synthohive_jupyter.notebook.schema_text import schema_of

if TYPE_CHECKING:
    from synthohive_jupyter.notebook.explain import Explanation
    from synthohive_jupyter.notebook.verbs.request import Request


def explain(request: Request) -> Explanation:
    """Tell what would be learnt of every table, from whom, and why; nothing is trained.

    Raises:
        SchemaError: If the schema or its data is wrong.
    """
    from synthohive_jupyter.engine.preparing import prepare
    from synthohive_jupyter.models.registry import ModelClasses
    from synthohive_jupyter.notebook.explain import Explanation

    cell, engine = schema_of(request), request.engine
    frames = find_data(cell.metadata, cell.data, engine)
    cell.check(facts_of(frames, cell.metadata))
    prepared = prepare(cell.metadata, cell.privacy, frames, read=dict, models=ModelClasses())
    rows = {name: facts.rows for name, facts in prepared.facts.items()}
    return Explanation(prepared.plan, rows)
