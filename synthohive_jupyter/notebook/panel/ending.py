"""What stays where the panel was: one still line, for everybody who opens the notebook later.

JupyterLab saves the state of widgets only where it is told to, and then shows an error in their
place. The run object shows the panel again as long as the kernel has it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from synthohive_jupyter.engine.memory import size_text
from synthohive_jupyter.notebook.layout import dressed
from synthohive_jupyter.notebook.markup import Child, html, node
from synthohive_jupyter.notebook.wording import count, duration

if TYPE_CHECKING:
    from synthohive_jupyter.progress.state import RunState

_MARKS = {"finished": ("✓", "good"), "stopped": ("■", "halted"), "failed": ("✗", "bad")}


def ending(run: RunState, peak: int, name: str | None) -> dict[str, str]:
    """Return the line of a run that has ended.

    Args:
        run: The run.
        peak: Most bytes of memory, 0 where nobody knows.
        name: Variable of the result; ``None`` where there is none, or no result.
    """
    mark, look = _MARKS.get(run.status, ("■", "halted"))
    done = sum(table.status == "done" for table in run.tables.values())
    facts = [
        f"run {run.status}",
        f"{done} of {count(len(run.tables), 'table')}",
        duration(run.elapsed),
        f"peak memory {size_text(peak)}" if peak else "",
    ]
    said = " · ".join(fact for fact in facts if fact)
    again = f"{name}.run" if name and done else ""
    hint: list[Child] = [" · ", node("code", {}, again), " shows the panel again"] if again else []
    line = node("p", {"class": "s shj-ended"}, node("i", {"class": look}, mark), f" {said}", *hint)
    text = f"{mark} {said}" + (f" · {again} shows the panel again" if again else "")
    return {"text/plain": text, "text/html": html(dressed(line))}
