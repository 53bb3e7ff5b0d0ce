"""What the panel costs the kernel: seconds an event and an update, bytes in the saved notebook.

Run it by ``python -m benchmarks.panel``; ``panel_cost`` gives the figures to other benchmarks.
"""

from __future__ import annotations

import itertools
import json
import math
import time
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import nbformat

from synthohive_jupyter.events import (
    EpochEnded,
    Event,
    LinkageFitted,
    LinkageSampled,
    PhaseStarted,
    RunFinished,
    RunStarted,
    TableFitted,
    TableSampled,
    TableStarted,
)
from synthohive_jupyter.notebook.panel.sink import (
    FULL_STATE_SECONDS,
    FULL_STATE_SHARE,
    UPDATES_PER_SECOND,
)
from synthohive_jupyter.notebook.panel.widget import RunPanel, packed
from synthohive_jupyter.progress.cursor import Cursor
from synthohive_jupyter.progress.state import RunState

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

CELLS = (120, 80, 60, 40, 30, 20, 10, 8, 6, 4, 2, 1, 3)
NOTEBOOK_LIMIT = 1_000_000
WHOLE_STATES = 5


@dataclass(frozen=True, slots=True)
class PanelCost:
    """Costs of one run, on the kernel's side.

    Attributes:
        event: CPU seconds of one event, on the thread that trains.
        update: CPU seconds of one increment.
        whole: CPU seconds of one whole state, at the end of the run.
        share: Part of one core that the panel takes at most: `UPDATES_PER_SECOND` increments with
            an event each, and whole states as seldom as the sink sends them.
        saved: Bytes that the panel adds to a notebook file, its page included.
    """

    event: float
    update: float
    whole: float
    share: float
    saved: int


def long_run(tables: int, epochs: int) -> Iterator[Event]:
    """Yield the events of a run of so many tables, each with four curves and two foreign keys."""
    names = tuple(f"a_table_with_a_long_name_{k}" for k in range(tables))
    yield RunStarted(names, 7, epochs, "CTGAN", "pandas", rows=(10_000,) * tables)
    for name in names:
        yield TableStarted(name, 10_000, 12, names[0])
        for parent in names[:2]:
            yield LinkageFitted(name, parent, f"{parent}_id", "empirical", CELLS, 2.1, 4.2)
        yield PhaseStarted(name, "train")
        for epoch in range(1, epochs + 1):
            losses = {
                "critic": math.sin(epoch) / 3,
                "generator": math.cos(epoch) / 7,
                "wasserstein": 1 / epoch / 3,
            }
            yield EpochEnded(name, epoch, epochs, losses, 1 / (epoch + 2), best=True, seconds=0.01)
        yield TableFitted(name, 0.01 * epochs, epochs, epochs, "CTGAN")
    for name in names:
        for parent in names[:2]:
            yield LinkageSampled(name, parent, f"{parent}_id", CELLS, 2.1, 4.2)
        yield TableSampled(name, 10_000, 1.0)
    yield RunFinished(60.0)


def panel_cost(tables: int = 100, epochs: int = 10_000, *, stride: int = 400) -> PanelCost:
    """Feed a panel with a long run and measure.

    Args:
        tables: Tables of the run.
        epochs: Epochs of each table.
        stride: Events between two updates; at the real rate there would be far too many of them.
    """
    panel, run, cursor = RunPanel(), RunState(time.monotonic), Cursor()
    noting, sending, updates, events = 0.0, 0.0, 0, 0
    stream = long_run(tables, epochs)
    while batch := list(itertools.islice(stream, stride)):
        began = time.thread_time()
        for event in batch:
            run.apply(event)
        noted = time.thread_time()
        _as_message(run.increment(cursor), panel.show_increment)
        sending += time.thread_time() - noted
        noting += noted - began
        updates, events = updates + 1, events + len(batch)
    began = time.thread_time()
    for _ in range(WHOLE_STATES):
        panel.state = ""
        _as_message(run.snapshot(), panel.show_state)
    whole = (time.thread_time() - began) / WHOLE_STATES
    saved = notebook_bytes(panel)
    panel.close()
    often = min(FULL_STATE_SHARE, whole / FULL_STATE_SECONDS)
    share = UPDATES_PER_SECOND * (sending / updates + noting / events) + often
    return PanelCost(noting / events, sending / updates, whole, share, saved)


def notebook_bytes(panel: RunPanel) -> int:
    """Return the size of a notebook that holds nothing but a panel, as JupyterLab writes it."""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell()])
    model = {
        "model_name": "AnyModel",
        "model_module": "anywidget",
        "model_module_version": "~0.11.*",
        "state": panel.get_state(),
    }
    states = {"state": {panel.model_id: model}, "version_major": 2, "version_minor": 0}
    notebook.metadata["widgets"] = {"application/vnd.jupyter.widget-state+json": states}
    return len(nbformat.writes(notebook).encode())


def _as_message(record: dict[str, Any], send: Callable[[dict[str, Any]], None]) -> None:
    """Send a record, and pack it as a kernel would: no kernel is listening here."""
    send(record)
    json.dumps(packed(record), ensure_ascii=False).encode()


def main() -> None:
    """Print the figures of a hundred tables."""
    cost = panel_cost()
    print(json.dumps(asdict(cost), indent=2))
    if cost.saved > NOTEBOOK_LIMIT:
        raise SystemExit(f"a saved notebook takes {cost.saved:,} bytes")


if __name__ == "__main__":
    main()
