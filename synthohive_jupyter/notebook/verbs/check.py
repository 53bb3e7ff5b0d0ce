"""``check``: the schema of a cell beside its data; nothing is trained."""

from __future__ import annotations

from typing import TYPE_CHECKING

from synthohive_jupyter.errors import SchemaError
from synthohive_jupyter.notebook.check import count_keys
from synthohive_jupyter.notebook.data import engine_name, facts_of, find_data
from synthohive_jupyter.notebook.reporting.diagram import diagram
from synthohive_jupyter.notebook.schema_text import schema_of

if TYPE_CHECKING:
    from synthohive_jupyter.notebook.check import CheckReport
    from synthohive_jupyter.notebook.verbs.request import Request


def check(request: Request) -> CheckReport:
    """Compare a schema with its data.

    Raises:
        SchemaError: With every problem, after the table of what was counted has been shown.
    """
    cell, engine = schema_of(request), request.engine
    frames = find_data(cell.metadata, cell.data, engine)
    facts = facts_of(frames, cell.metadata)
    report = count_keys(cell.metadata, facts, engine_name(frames, engine))
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
