"""What a fit and a generation will cost: time and memory, told before anything is trained.

Seconds follow the laws of `cost_laws`, within a factor of about two; so everything is told as a
range. ``benchmarks/results/costs.md`` shows what was predicted and what came.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from synthohive_jupyter.engine.cost_laws import NO_MODEL, SPREAD, Work, law_of, making, preparing
from synthohive_jupyter.engine.memory import MIB, free_memory, size_text
from synthohive_jupyter.events import Notice

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from synthohive_jupyter.engine.settings import FitSettings
    from synthohive_jupyter.relational.steps import Plan, TableStep
    from synthohive_jupyter.schema.facts import TableFacts

SHARE_OF_FREE = 0.8
"""A fit that is expected to need more of the free memory than this is told of before it starts."""

TORCH, LOADING = 540 * MIB, 2.5
"""Bytes and seconds that the library of the networks takes where it is not loaded yet."""
LEAST = 10 * MIB
"""What any fit takes."""
FIT_CELL, KEPT_CELL, MADE_CELL = 60, 30, 60
"""Bytes of a value: of the table in training, of one that waits, of one that is generated."""

SKETCH = 3
"""Columns that a foreign key adds to the model of a table, on average."""


@dataclass(frozen=True, slots=True)
class Span:
    """Seconds: the likely number, and those between which it lies nearly always."""

    likely: float = 0.0
    low: float = 0.0
    high: float = 0.0

    def __add__(self, other: Span) -> Span:
        return Span(self.likely + other.likely, self.low + other.low, self.high + other.high)

    def times(self, factor: float) -> Span:
        """Return the span on a machine that takes so many times as long."""
        return Span(self.likely * factor, self.low * factor, self.high * factor)

    @classmethod
    def about(cls, seconds: float, factor: float) -> Span:
        """Return the span from a ``factor``-th to ``factor`` times a number."""
        return cls(seconds, seconds / factor, seconds * factor)


@dataclass(frozen=True, slots=True)
class TableCost:
    """What one table costs.

    Attributes:
        table: Its name.
        rows: Real rows.
        made: Synthetic rows.
        model: Name of the class of its model; ``""`` where it has none.
        fit: Seconds of the fit; ``None`` where nobody knows the model.
        generate: Seconds of the generation; the same.
    """

    table: str
    rows: int
    made: int
    model: str
    fit: Span | None
    generate: Span | None


@dataclass(frozen=True, slots=True)
class Costs:
    """What a database costs.

    Attributes:
        tables: Its tables, in the order of work.
        loading: Seconds for the library of the networks, where it is needed and not loaded.
        memory: Bytes that fit and generation need at most, beside what is in use already.
        free: Bytes that are free now; ``None`` where the system does not tell.
    """

    tables: tuple[TableCost, ...]
    loading: Span
    memory: int
    free: int | None

    @property
    def fit(self) -> Span | None:
        """Seconds of the whole fit; ``None`` where nobody knows a model of it."""
        return _total([self.loading, *(table.fit for table in self.tables)])

    @property
    def generate(self) -> Span | None:
        """Seconds of the whole generation; the same."""
        return _total(table.generate for table in self.tables)

    @property
    def tight(self) -> bool:
        """Whether the memory may not do."""
        return self.free is not None and self.memory > SHARE_OF_FREE * self.free


def _total(spans: Iterable[Span | None]) -> Span | None:
    total = Span()
    for span in spans:
        if span is None:
            return None
        total += span
    return total


def estimate(
    plan: Plan,
    rows: Mapping[str, int],
    *,
    model: str,
    epochs: int,
    batch_size: int,
    made: Mapping[str, int] | None = None,
    personal: Mapping[str, int] | None = None,
    factor: float = 1.0,
) -> Costs:
    """Return what learning and generating a database will cost.

    Args:
        plan: What is done.
        rows: Real rows of each table.
        model: Name of the run's model, as `registry.model_class` takes it.
        epochs: Passes over each table.
        batch_size: Rows of one training step.
        made: Synthetic rows of each table; as many as real ones where ``None``.
        personal: Columns of personal data of each table that are made anew.
        factor: Times as long as on the machine of the measurements: see `cost_laws.slowness`.
    """
    made = rows if made is None else made
    works, costs = {}, []
    for step in plan.steps:
        work = works[step.table] = _work(step, rows, made, personal or {}, epochs, batch_size)
        costs.append(_table(step, work, step.model or model, factor))
    networks = not {"ARGN", "CTGAN"}.isdisjoint(cost.model for cost in costs)
    new = networks and "torch" not in sys.modules
    loading = Span.about(LOADING, SPREAD).times(factor) if new else Span()
    memory = _memory(works.values(), networks=networks) + (TORCH if new else 0)
    return Costs(tuple(costs), loading, memory, free_memory())


def made_rows(
    plan: Plan, rows: Mapping[str, int], wanted: Mapping[str, int], scale: float
) -> dict[str, int]:
    """Return the rows that a generation is expected to make: children follow their parents.

    Args:
        plan: What is done.
        rows: Real rows.
        wanted: Rows of tables that were asked for.
        scale: Rows of the other roots, relative to the real data.
    """
    found: dict[str, int] = {}
    for step in plan.steps:
        real, driver = rows.get(step.table, 0), step.driver
        if step.table in wanted:
            found[step.table] = wanted[step.table]
        elif driver is None:
            found[step.table] = real if step.role == "kept" else round(real * scale)
        else:
            above = rows.get(driver.parent, 0)
            found[step.table] = round(real * found[driver.parent] / above) if above else 0
    return found


def _work(
    step: TableStep,
    rows: Mapping[str, int],
    made: Mapping[str, int],
    personal: Mapping[str, int],
    epochs: int,
    batch: int,
) -> Work:
    links = len(step.other_keys) + len(step.self_keys)
    told = 2 * len(step.history_columns) + SKETCH if step.siblings else 0
    return Work(
        rows=rows.get(step.table, 0),
        made=made.get(step.table, 0),
        columns=len(step.modelled_columns) + SKETCH * links,
        context=len(step.context) + told,
        links=links,
        siblings=step.siblings,
        personal=personal.get(step.table, 0),
        width=len(step.columns),
        epochs=epochs,
        batch=batch,
    )


def _table(step: TableStep, work: Work, model: str, factor: float) -> TableCost:
    law = NO_MODEL if step.role == "kept" else law_of(model, work.columns)
    if law is None:
        return TableCost(step.table, work.rows, work.made, model, None, None)
    seconds = preparing(work) + (law.fit(work) if work.rows else 0)
    fit = Span.about(seconds, SPREAD).times(factor)
    generate = Span.about(making(work, law), SPREAD).times(factor)
    return TableCost(step.table, work.rows, work.made, law.model, fit, generate)


def _memory(works: Iterable[Work], *, networks: bool) -> int:
    """Return the bytes that the whole work needs at most, beside what is in use already."""
    training, made, waiting = 0.0, 0.0, 0.0
    for work in works:
        learnt = work.columns + work.context
        need: float = work.rows * learnt * FIT_CELL
        if networks:
            need += MIB * (40 + 0.035 * work.batch + learnt + 0.07 * work.columns**2)
        training = max(training, need)
        waiting += work.rows * learnt * KEPT_CELL
        made += work.made * work.width * MADE_CELL
    return round(LEAST + waiting + max(training, made))


def memory_text(costs: Costs) -> str:
    """Return the memory that is needed, and that is free."""
    free = "" if costs.free is None else f" of {size_text(costs.free)} free"
    return f"memory about {size_text(costs.memory)}{free}"


def memory_warning(costs: Costs) -> str | None:
    """Return what to do where the memory may not do; ``None`` where it will."""
    if not costs.tight:
        return None
    return (
        f"this may need more memory than there is: {memory_text(costs)}; learn from a sample of "
        "the rows, leave columns out (@strict), or generate fewer rows"
    )


def memory_notices(
    plan: Plan, facts: Mapping[str, TableFacts], settings: FitSettings
) -> tuple[Notice, ...]:
    """Return what the user should know of the memory before a fit begins; mostly nothing."""
    rows = {name: known.rows or 0 for name, known in facts.items()}
    model, epochs, batch = settings.model_cls.__name__, settings.epochs, settings.batch_size
    warning = memory_warning(estimate(plan, rows, model=model, epochs=epochs, batch_size=batch))
    return () if warning is None else (Notice(warning, level="warning"),)
