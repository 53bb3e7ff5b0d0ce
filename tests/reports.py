"""Reports for tests of what is shown: two tables, one foreign key, no engine."""

from __future__ import annotations

import nbformat

from synthohive_jupyter.notebook.report import Report, RowCount
from synthohive_jupyter.notebook.reporting.diagram import diagram
from synthohive_jupyter.progress.state import RunState
from synthohive_jupyter.schema.metadata import Metadata
from synthohive_jupyter.validation.integrity import KeyCheck
from tests.unit.test_progress_state import shop_events


def shop_state():
    """Return the state after a whole run."""
    return RunState.from_events(shop_events(epochs=12))


def report(state, **changes):
    """Return the report of a run, with some parts changed."""
    values = {
        "name": "shop",
        "rows": {name: RowCount(100, 110) for name in state.tables},
        "keys": (
            KeyCheck("users", "id", 110),
            KeyCheck("orders", "user_id → users.id", 110, orphans=2),
        ),
        "linkage": tuple(
            {"table": table.name, **linkage.to_dict()}
            for table in state.tables.values()
            for linkage in table.linkages.values()
        ),
        "seed": 7,
        "sampled_with": 7,
        "model": "CTGAN",
        "seconds": 6.0,
        "status": "finished",
        "notices": (),
        "state": state.snapshot(),
    }
    return Report(**{**values, **changes})


def notebook_cells():
    """Return cells with saved outputs: a diagram, and a report with its pictures."""
    metadata = Metadata()
    metadata.add_table("users", pk="id")
    metadata.add_table("orders", pk="id", fk={"user_id": "users.id"})
    cells = []
    for bundle in (diagram(metadata), report(shop_state())._repr_mimebundle_()):
        output = nbformat.v4.new_output("display_data", data=bundle)
        cells.append(nbformat.v4.new_code_cell("...", outputs=[output]))
    return cells
