"""How long a notebook waits: loading, first error, panel, ■, and what the panel costs.

python -m benchmarks.notebook --repeat 5 --only load,error

The goals stand in the page that it writes. Kernels and Chromium are real ones; everything that is
measured happens in processes of its own.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from benchmarks.kernels import ROOT, Kernel, kernel
from benchmarks.meters import machine, moment
from benchmarks.models import RESULTS, commit
from benchmarks.results import as_lines

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from contextlib import AbstractContextManager
    from typing import Any

LOAD = "%load_ext synthohive_jupyter"
TYPO = "%%synthohive fit\nusers: id pk\norders: id pk, user_id -> usrs.id"
SHOP = """\
from tests.shop import CELL, make_shop
users, products, orders, order_items = make_shop({users}).tables().values()
"""
# Silenced: what is measured is the panel, not the report that every display but none draws.
FIT = "get_ipython().run_cell_magic('synthohive', 'fit --seed 7 -o shop {options}', CELL + ';')"
LONG = "--model ctgan --epochs 40"
FAST = "--model tree"
TIMED = f"import time; begun = time.process_time()\n{FIT};\nprint(time.process_time() - begun)"
CLOCKS = """
import time, psutil
from synthohive_jupyter.notebook.panel.sink import PanelSink

spent = [0.0]
def clocked(work):
    def timed(*arguments):
        begun = time.thread_time()
        try:
            return work(*arguments)
        finally:
            spent[0] += time.thread_time() - begun
    return timed
for name in ("__call__", "flush", "close"):
    setattr(PanelSink, name, clocked(getattr(PanelSink, name)))
sender = get_ipython().kernel.iopub_thread.thread.native_id
def sent():
    (times,) = [t for t in psutil.Process().threads() if t.id == sender]
    return times.user_time + times.system_time
"""
CLOCKED = f"""
spent[0], before, begun = 0.0, sent(), time.process_time()
{FIT};
print(100 * (spent[0] + sent() - before) / (time.process_time() - begun))
"""
HELLO = """\
Medians; the shop of `tests/shop.py` is the data. Kernels, interpreters and JupyterLab are new ones
for each repetition where a line says "first" or "new". Seconds run from sending the cell."""
LOADING = f"""
import sys, time
from IPython.core.interactiveshell import InteractiveShell
shell = InteractiveShell.instance()
before, begun, busy = set(sys.modules), time.perf_counter(), time.process_time()
shell.run_cell({LOAD!r})
taken, busy = time.perf_counter() - begun, time.process_time() - busy
new = set(sys.modules) - before
heavy = {{"torch", "pyspark", "pysail", "pandas", "numpy", "matplotlib", "anywidget"}} & new
print(taken, busy, len(new), len(heavy))
"""
EMBEDDED = """
import time
from synthohive_jupyter.io.session import open_session
begun = time.perf_counter()
session = open_session().spark
assert len(session.range(3).collect()) == 3
print(time.perf_counter() - begun)
"""
HUGE = "from benchmarks.huge_run import figures; print(*figures())"


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the page.

    Attributes:
        what: What was measured.
        unit: ``s``, ``%``, ``MB`` or ``µs``.
        values: One a repetition.
        goal: The most it may be; ``None`` where the goals name none.
        note: What else is to be known.
    """

    what: str
    unit: str
    values: Sequence[float]
    goal: float | None = None
    note: str = ""

    def row(self) -> list[str]:
        """Return the line of the table.

        >>> Figure("a", "s", [0.2, 0.1, 0.4], 0.3).row()
        ['a', '< 0.3 s', '0.20 s', '0.10 to 0.40', 'yes', '']
        """
        middle = statistics.median(self.values)
        spread = f"{min(self.values):.2f} to {max(self.values):.2f}"
        goal = "" if self.goal is None else f"< {self.goal:g} {self.unit}"
        met = "" if self.goal is None else "yes" if middle < self.goal else "NO"
        return [self.what, goal, f"{middle:.2f} {self.unit}", spread, met, self.note]


def load(repeat: int) -> list[Figure]:
    """Measure ``%load_ext``."""
    runs = [_fresh(LOADING) for _ in range(repeat)]
    seconds, busy, modules, heavy = zip(*runs, strict=True)
    note = f"{statistics.median(busy):.2f} CPU s; {modules[0]:.0f} modules, {heavy[0]:.0f} heavy"
    return [Figure("`%load_ext`, new process", "s", seconds, 0.3, note)]


def error(repeat: int) -> list[Figure]:
    """Measure the first mistake after ``%load_ext``, and a second one."""
    first, second = [], []
    for _ in range(repeat):
        with kernel(LOAD) as talk:
            first.append(_until(talk, TYPO, "error"))
            second.append(_until(talk, TYPO, "error"))
    return [
        Figure("first error", "s", first, 0.1, "message of a new kernel"),
        Figure("second error", "s", second, None, "the same kernel"),
    ]


def panel(repeat: int) -> list[Figure]:
    """Measure the panel's first message, and that of a second run."""
    first, second, cell = [], [], FIT.format(options=FAST)
    for _ in range(repeat):
        with _shop(60) as talk:
            first.append(_until(talk, cell, "display_data"))
            second.append(_until(talk, cell, "display_data"))
    return [
        Figure("panel, first run", "s", first, 1.0, "message of a new kernel"),
        Figure("panel, second run", "s", second, 1.0, "the same kernel"),
    ]


def browser(repeat: int) -> list[Figure]:
    """Measure in JupyterLab in Chromium: from running the cell to what is seen."""
    from benchmarks.in_browser import seconds_until_seen

    cells = [SHOP.format(users=60) + LOAD, TYPO, FIT.format(options=FAST)]
    seen = seconds_until_seen(
        cells, {1: ".jp-OutputArea-output", 2: ".shj-header, .shj-ended"}, repeat
    )
    return [
        Figure("first error, seen", "s", seen[1], None, "new JupyterLab notebook in Chromium"),
        Figure("panel, first run, seen", "s", seen[2], 1.0, "the same notebook"),
    ]


def engine(repeat: int) -> list[Figure]:
    """Measure the embedded engine up to the answer of a first query."""
    seconds = [_fresh(EMBEDDED)[0] for _ in range(repeat)]
    return [Figure("embedded engine, first query", "s", seconds, 3.0, "new process")]


def stop(repeat: int) -> list[Figure]:
    """Measure from ■ in the middle of training to the end of the cell."""
    taken = []
    with _shop(400) as talk:
        for _ in range(repeat):
            pressed = after = 0.0
            for heard in talk.listen(FIT.format(options=LONG)):
                after = heard.after
                if not pressed and heard.has_epochs:
                    talk.interrupt()
                    pressed = after
            taken.append(after - pressed)
    return [
        Figure("first ■ to the end of the cell", "s", taken, None, "pressed while CTGAN trains")
    ]


def overhead(repeat: int) -> list[Figure]:
    """Compare the kernel's CPU seconds with and without the panel, in turn."""
    found = []
    for label, options in (("long run (CTGAN)", LONG), ("short run (trees)", FAST)):
        seconds: dict[str, list[float]] = {"widget": [], "none": []}
        with _shop(400) as talk:
            talk.run(FIT.format(options=f"{options} --display widget"))
            for _ in range(repeat):
                for display, each in seconds.items():
                    code = TIMED.format(options=f"{options} --display {display}")
                    each.append(float(talk.printed(code)))
        with_panel, without = (statistics.median(each) for each in seconds.values())
        note = f"CPU seconds of the kernel: {with_panel:.2f} with, {without:.2f} without"
        shares = [100 * (w / n - 1) for w, n in zip(*seconds.values(), strict=True)]
        found.append(
            Figure(f"difference with and without the panel, {label}", "%", shares, None, note)
        )
    return found


def clocks(repeat: int) -> list[Figure]:
    """Measure the panel's part of the kernel's CPU seconds by the clocks of its threads."""
    found = []
    for label, options in (("long run (CTGAN)", LONG), ("short run (trees)", FAST)):
        code = CLOCKED.format(options=f"{options} --display widget")
        with _shop(400) as talk:
            talk.run(FIT.format(options=f"{FAST} --display widget"))
            talk.run(CLOCKS)
            shares = [float(talk.printed(code)) for _ in range(repeat)]
        note = "state, increments and sending; of the kernel's CPU seconds"
        found.append(Figure(f"panel's cost, {label}", "%", shares, 2.0, note))
    return found


def size(_repeat: int) -> list[Figure]:
    """Measure the notebook after a huge run, and what an event costs."""
    megabytes, event, share, tables, epochs = _fresh(HUGE)
    run = f"{tables:.0f} tables × {epochs:,.0f} epochs"
    return [
        Figure(f"notebook after {run}", "MB", [megabytes], 1.0, "panel with its state, and report"),
        Figure("panel's cost of an event", "µs", [1e6 * event], None, f"on average of {run}"),
        Figure("panel's share of a core", "%", [100 * share], 2.0, "the most it can take"),
    ]


MEASURES: dict[str, Callable[[int], list[Figure]]] = {
    each.__name__: each
    for each in (load, error, panel, browser, engine, stop, overhead, clocks, size)
}


def _fresh(script: str) -> list[float]:
    """Run a script in a new interpreter; return the numbers that it printed last."""
    command = [sys.executable, "-c", script]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
    return [float(word) for word in done.stdout.splitlines()[-1].split()]


def _shop(users: int) -> AbstractContextManager[Kernel]:
    """Return a kernel that has the shop's frames, and has loaded the extension."""
    return kernel(SHOP.format(users=users) + LOAD)


def _until(talk: Kernel, code: str, kind: str) -> float:
    """Return the seconds until the first message of a kind; let the cell end."""
    return next(heard.after for heard in list(talk.listen(code)) if heard.kind == kind)


def page(measured: Mapping[str, Any], computer: Mapping[str, Any]) -> str:
    """Return the page of results: everything that was measured last, each with its machine load."""
    heads = ["what", "goal", "median", "range", "met", "", "load"]
    lines = [heads, ["---"] * len(heads)]
    for name in MEASURES:
        if (done := measured.get(name)) is not None:
            rows = (Figure(**figure).row() for figure in done["figures"])
            lines += [[*row, str(done["load"])] for row in rows]
    commits = sorted({done["commit"] for done in measured.values()})
    end = (
        f"{computer['processor']}, {computer['cores']} cores, Python {computer['python']}; "
        f"{max(done['date'] for done in measured.values())[:10]}, commit {', '.join(commits)}.\n"
    )
    return f"# What a notebook waits for\n\n{HELLO}\n\n{as_lines(lines)}\n{end}"


def main() -> int:
    """Measure, print, and write beside what was measured before; a missed goal gives status 1."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--repeat", type=int, default=5)
    options.add_argument("--only", default=",".join(MEASURES), help="what to measure")
    chosen, missed = options.parse_args(), False
    kept = RESULTS / "notebook.json"
    measured = json.loads(kept.read_text()) if kept.exists() else {}
    for name in chosen.only.split(","):
        begun, figures = moment(), MEASURES[name](chosen.repeat)
        for figure in figures:
            print(" | ".join(figure.row()), flush=True)
        missed |= any(figure.row()[4] == "NO" for figure in figures)
        about = {"load": begun["load"], "date": begun["date"], "commit": commit()}
        measured[name] = {**about, "figures": [asdict(figure) for figure in figures]}
        kept.write_text(json.dumps(measured, indent=1))
        (RESULTS / "notebook.md").write_text(page(measured, machine()))
    return int(missed)


if __name__ == "__main__":
    sys.exit(main())
