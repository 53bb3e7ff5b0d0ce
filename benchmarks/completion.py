"""CPU time of Tab in a cell of 100 tables with 100 columns each.

python -m benchmarks.completion
"""

from __future__ import annotations

import statistics
import time

import numpy as np
import pandas as pd
from IPython.core.completer import provisionalcompleter
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

from synthohive_jupyter.notebook.completion import scan
from synthohive_jupyter.notebook.completion.matcher import register

TABLES = COLUMNS = 100
PLACES = {
    "a table": "t1",
    "a column": "t100: c1",
    "what follows a column": "t100: c0 pk, c1 ",
    "a foreign key": "t100: c0 pk, c1 -> t",
    "a property": "t100: c0 pk\n  @",
    "a context": "  @context ",
    "an option": None,
}
"""What is completed to the text that is typed last; ``None`` is the first line."""


def body() -> str:
    """Return a chain of tables, each driven by the one before."""
    lines = []
    for table in range(TABLES):
        key = f"c1 -> t{table - 1}.c0" if table else "c1 int"
        columns = ["c0 pk", key, *(f"c{i} float[0..]" for i in range(2, COLUMNS))]
        parts = [", ".join(columns[i : i + 6]) for i in range(0, COLUMNS, 6)]
        lines.append(f"t{table}: " + ",\n    ".join(parts) + "\n")
    return "".join(lines)


def main() -> None:
    """Print milliseconds of the first Tab after all has changed, and of the later ones."""
    config = Config()
    config.HistoryManager.enabled = False
    shell = InteractiveShell.instance(config=config)
    register(shell)
    names = [f"c{i}" for i in range(COLUMNS)]
    frames = {f"t{i}": pd.DataFrame(np.ones((3, COLUMNS)), columns=names) for i in range(101)}
    shell.user_ns.update(frames)
    text = body()
    seconds("%%synthohive fit --", shell)
    print(f"{'Tab after':24}{'first, ms':>10}{'later, ms':>10}")
    for place, typed in PLACES.items():
        for cache in (scan.tokens, scan._columns, scan._references):  # noqa: SLF001 - they are emptied
            cache.cache_clear()
        cell = "%%synthohive fit --" if typed is None else f"%%synthohive fit\n{text}{typed}"
        first, *later = (seconds(cell, shell) for _ in range(20))
        print(f"{place:24}{first * 1e3:10.1f}{statistics.median(later) * 1e3:10.1f}")


def seconds(cell: str, shell: InteractiveShell) -> float:
    """Return the CPU seconds of a completion at the end of a cell: other work does not count."""
    started = time.process_time()
    with provisionalcompleter():
        found = list(shell.Completer.completions(cell, len(cell)))
    taken = time.process_time() - started
    if not found:
        raise RuntimeError("nothing was offered")
    return taken


if __name__ == "__main__":
    main()
