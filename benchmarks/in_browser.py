"""What a user of JupyterLab waits for, seen from inside the page."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from tests.browser.lab import Notebook, chromium, jupyter, write_notebook

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

# From the command that Shift-Enter gives to the first frame in which the element has a text.
TIME_TO_SEE = """async ([index, selector]) => {
    const app = window.jupyterapp, notebook = app.shell.currentWidget.content;
    notebook.activeCellIndex = index;
    const begun = performance.now();
    void app.commands.execute("notebook:run-cell");
    const output = notebook.widgets[index].node;
    for (;;) {
        await new Promise(requestAnimationFrame);
        const seen = output.querySelector(selector);
        if (seen && seen.innerText) return (performance.now() - begun) / 1000;
        if (performance.now() - begun > 60000) throw new Error(output.innerText);
    }
}"""


def seconds_until_seen(
    cells: Sequence[str], looks: Mapping[int, str], repeat: int
) -> dict[int, list[float]]:
    """Return, for each cell with something to wait for, the seconds until it was seen.

    Args:
        cells: Cells of a notebook that is opened anew, with a new kernel, for each repetition.
        looks: Place of a cell to the selector of what its output will show.
        repeat: How often.
    """
    seconds: dict[int, list[float]] = {index: [] for index in looks}
    with (
        tempfile.TemporaryDirectory() as home,
        jupyter(Path(home)) as (address, work),
        chromium() as browser,
    ):
        for turn in range(repeat):
            path = work / f"wait{turn}.ipynb"
            write_notebook(path, cells)
            context = browser.new_context()
            view = Notebook(context, address, path)
            for index in range(len(cells)):
                if index in looks:
                    taken = view.page.evaluate(TIME_TO_SEE, [index, looks[index]])
                    seconds[index].append(taken)
                else:
                    view.run(index)
            context.close()
    return seconds
