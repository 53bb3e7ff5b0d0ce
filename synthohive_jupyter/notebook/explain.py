"""What ``explain`` shows: what will be learnt of every table, from whom, and why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from synthohive_jupyter.notebook.layout import aligned, page
from synthohive_jupyter.notebook.markup import html, node
from synthohive_jupyter.notebook.wording import count, plain

if TYPE_CHECKING:
    from collections.abc import Mapping

    from synthohive_jupyter.relational.steps import Plan


@dataclass(frozen=True, slots=True)
class Explanation:
    """The plan of a cell, in the order of work; nothing has been trained.

    Attributes:
        plan: The steps.
        rows: Real rows of each table, where counted.
    """

    plan: Plan
    rows: Mapping[str, int | None]

    def __str__(self) -> str:
        lines = [self._headline()]
        for number, step in enumerate(self.plan.steps, 1):
            size = count(self.rows.get(step.table), "real row")
            lines.append(f"  {number}. {plain(step.table)} ({step.role}, {size})")
            said = [(word, plain(text)) for word, text in step.lines()]
            lines += aligned(said, "<<", indent=5)
        return "\n".join(lines)

    def __repr__(self) -> str:
        return str(self)

    def _headline(self) -> str:
        return f"{count(len(self.plan.steps), 'table')} in the order of work; nothing is trained"

    def _repr_mimebundle_(self, **_options: object) -> dict[str, str]:
        rows = []
        for step in self.plan.steps:
            said = [node("div", {}, node("b", {}, word), f" {text}") for word, text in step.lines()]
            cells = [
                node("th", {"scope": "row"}, step.table),
                node("td", {}, step.role),
                node("td", {"class": "n"}, count(self.rows.get(step.table))),
                node("td", {}, *said),
            ]
            rows.append(node("tr", {}, *cells))
        heads = (("Table", ""), ("Role", ""), ("Real rows", "n"), ("What is done, and why", ""))
        head = node("tr", {}, *(node("th", {"scope": "col", "class": c}, t) for t, c in heads))
        body = node("table", {}, node("thead", {}, head), node("tbody", {}, *rows))
        found = html(page("What would be learnt", self._headline(), body))
        return {"text/plain": str(self), "text/html": found}
