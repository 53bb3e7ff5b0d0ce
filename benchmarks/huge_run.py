"""The notebook after a run of a hundred tables and ten thousand epochs: panel and report."""

from __future__ import annotations

import json

from benchmarks.panel import long_run, panel_cost
from synthohive_jupyter.notebook.report import Report, RowCount
from synthohive_jupyter.notebook.reporting.fidelity import ColumnFit, Fidelity, Likeness, TableFit
from synthohive_jupyter.progress.state import RunState
from synthohive_jupyter.schema.metadata import Metadata
from synthohive_jupyter.validation.integrity import KeyCheck

TABLES, EPOCHS, COLUMNS, ROWS = 100, 10_000, 12, 10_000
LIKE = Likeness(0.961234, 0.987654)


def figures() -> tuple[float, float, float, int, int]:
    """Return megabytes of the notebook, the panel's seconds an event and share of a core, sizes."""
    cost = panel_cost(TABLES, EPOCHS)
    outputs = json.dumps(_report()._repr_mimebundle_(), ensure_ascii=False)
    return (cost.saved + len(outputs.encode())) / 1e6, cost.event, cost.share, TABLES, EPOCHS


def _report() -> Report:
    """Return the report of the run."""
    state, metadata = RunState.from_events(long_run(TABLES, EPOCHS)), Metadata()
    for name in state.tables:
        metadata.add_table(name, pk="id", columns=("id", *_columns()))
    return Report(
        name="result",
        rows={name: RowCount(ROWS, ROWS) for name in state.tables},
        keys=tuple(KeyCheck(name, "id", ROWS) for name in state.tables),
        linkage=tuple(
            {"table": table.name, **linkage.to_dict()}
            for table in state.tables.values()
            for linkage in table.linkages.values()
        ),
        seed=7,
        sampled_with=7,
        model="CTGAN",
        seconds=1e4,
        status=state.status,
        notices=(),
        state=state.snapshot(),
        fidelity=Fidelity(dict.fromkeys(state.tables, _fit())),
        metadata=metadata,
    )


def _fit() -> TableFit:
    columns = (ColumnFit(column, "KS", LIKE) for column in _columns())
    return TableFit(tuple(columns), LIKE, LIKE)


def _columns() -> list[str]:
    return [f"a_column_{number}" for number in range(COLUMNS)]
