"""What ``explain`` shows: what will be learnt of every table, from whom, why, and at what cost."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from synthohive_jupyter.engine.costs import memory_text, memory_warning
from synthohive_jupyter.notebook.layout import aligned, group, page, short, table
from synthohive_jupyter.notebook.markup import html, node
from synthohive_jupyter.notebook.wording import count, plain

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from synthohive_jupyter.engine.costs import Costs, Span, TableCost
    from synthohive_jupyter.notebook.markup import Child
    from synthohive_jupyter.relational.steps import Plan, TableStep

LONGEST = 400
"""Letters of a line; a table of a thousand columns would fill the page."""

_UNITS = ((100.0, 1.0, "s"), (6000.0, 60.0, "min"), (float("inf"), 3600.0, "h"))
"""Seconds up to which a unit is used, its seconds, and its name."""


@dataclass(frozen=True, slots=True)
class Setting:
    """A setting of the training: what it is, and who says so."""

    name: str
    value: object
    origin: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """The plan of a cell, in the order of work; nothing has been trained.

    Attributes:
        plan: The steps.
        rows: Real rows of each table, where counted.
        costs: What it will take; ``None`` where nobody has estimated it.
        settings: How it would be trained.
        personal: Table name to its columns of personal data, each with what happens to it.
    """

    plan: Plan
    rows: Mapping[str, int | None]
    costs: Costs | None = None
    settings: Sequence[Setting] = ()
    personal: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def __str__(self) -> str:
        lines = [self._headline(), *(f"  {text}" for text in self._totals())]
        for number, step in enumerate(self.plan.steps, 1):
            lines.append(f"  {number}. {short(step.table)} ({step.role}, {self._rows(step)})")
            said = [(word, short(text, LONGEST)) for word, text in self._lines(step)]
            lines += aligned(said, "<<", indent=5)
        return "\n".join(lines)

    def __repr__(self) -> str:
        return str(self)

    def _repr_mimebundle_(self, **_options: object) -> dict[str, str]:
        heads = [("Table", ""), ("Role", ""), ("Rows", "n"), ("What is done, and why", "")]
        rows: list[list[Child]] = []
        for step in self.plan.steps:
            said = [_line(word, text) for word, text in self._lines(step)]
            rows.append([short(step.table), step.role, self._rows(step), group(*said)])
        totals = [node("p", {}, text) for text in self._totals()]
        body = page("What would be learnt", self._headline(), *totals, table(heads, rows))
        return {"text/plain": str(self), "text/html": html(body)}

    def _headline(self) -> str:
        return f"{count(len(self.plan.steps), 'table')} in the order of work; nothing is trained"

    def _totals(self) -> list[str]:
        """Return what all of it costs, and how it would be trained."""
        said = []
        if self.costs is not None:
            parts = [f"fit {about(self.costs.fit)}", f"generate {about(self.costs.generate)}"]
            said.append(f"{', '.join(parts)}, {memory_text(self.costs)}")
            said += [warning] if (warning := memory_warning(self.costs)) else []
        if self.settings:
            named = (f"{s.name} {_value(s.value)} ({plain(s.origin)})" for s in self.settings)
            said.append(", ".join(named))
        return said

    def _rows(self, step: TableStep) -> str:
        real = count(self.rows.get(step.table))
        cost = self._cost(step)
        if cost is None:
            return count(self.rows.get(step.table), "real row")
        return f"{real} real, {'' if step.driver is None else 'about '}{count(cost.made)} synthetic"

    def _lines(self, step: TableStep) -> list[tuple[str, str]]:
        lines = list(step.lines())
        if hidden := self.personal.get(step.table):
            lines.insert(1, ("personal", f"{', '.join(hidden)}: never learnt"))
        cost = self._cost(step)
        if cost is not None and step.role != "kept":
            model = f"{cost.model}, " if cost.model else ""
            lines.append(("cost", f"{model}fit {about(cost.fit)}, generate {about(cost.generate)}"))
        return lines

    def _cost(self, step: TableStep) -> TableCost | None:
        tables = () if self.costs is None else self.costs.tables
        return next((cost for cost in tables if cost.table == step.table), None)


def _line(word: str, text: str) -> Child:
    return node("div", {}, node("b", {}, word), f" {short(text, LONGEST)}")


def _value(value: object) -> str:
    return "drawn anew" if value is None else plain(value)


def about(span: Span | None) -> str:
    """Return a time that nobody knows exactly.

    >>> from synthohive_jupyter.engine.costs import Span
    >>> [about(Span.about(seconds, 2)) for seconds in (0.1, 3, 130, 9000)]
    ['under 1 s', 'about 3 s (1.5–6 s)', 'about 2.2 min (1.1–4 min)', 'about 2.5 h (1.2–5 h)']
    """
    if span is None:
        return "unknown"
    if span.high < 1:
        return "under 1 s"
    size, unit = next((size, name) for most, size, name in _UNITS if span.likely < most)
    likely, low, high = (_digits(value / size) for value in (span.likely, span.low, span.high))
    return f"about {likely} {unit} ({low}–{high} {unit})"


def _digits(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0") if value < 3 else f"{value:.0f}"  # noqa: PLR2004 - a matter of taste
