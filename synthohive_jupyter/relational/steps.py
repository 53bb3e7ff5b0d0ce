"""`Plan` and its steps: what will be learnt of each table, and from whom. Names only, no data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from synthohive_jupyter.errors import SchemaError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from synthohive_jupyter.schema.metadata import ForeignKey, Key

Role = Literal["root", "child", "kept"]

ContextColumn = tuple[str, str]
"""An ancestor's table and one of its columns."""


@dataclass(frozen=True, slots=True)
class TableStep:
    """What is done with one table.

    Attributes:
        table: Name of the table.
        role: ``root`` takes a row count, ``child`` follows its driving parent, ``kept`` is copied.
        columns: All its columns, in the order of the data.
        primary_key: Columns of the primary key; may be empty.
        number_column: Column of the primary key that is filled by counting, among the rows that are
            equal in all others of the key; ``None`` where foreign keys are all of it.
        unique_key: Name of the foreign key by which rows differ that are equal in the rest of the
            primary key; ``None`` where counting (or nothing) makes them differ.
        driver: Foreign key whose parent drives the table.
        other_keys: Further foreign keys to synthesised tables, in the order of their placing.
        deferred_keys: Names of those whose parents are generated later.
        self_keys: Foreign keys to the table itself.
        kept_keys: Foreign keys to kept tables; their columns are modelled as values.
        context: Columns of ancestors along the driving keys that condition the rows.
        modelled_columns: Columns that the model learns.
        linkage_method: How the child counts are modelled.
        bounds: Fewest and most rows per driving parent; no most where ``None``.
        order_by: Column by which the rows of one family are ordered, or ``None``: the order of the
            key, or of the data.
        siblings: Whether a row is told of the rows of its family before it.
        history_columns: Columns that it is told.
        adopting: Names of the other keys whose parents take over what their children ask for.
        model: Name of the table's own model, or ``None`` for the run's.
        reasons: Why it is done so, for people: pairs of what was chosen and why.
    """

    table: str
    role: Role
    columns: tuple[str, ...]
    primary_key: Key = ()
    number_column: str | None = None
    unique_key: str | None = None
    driver: ForeignKey | None = None
    other_keys: tuple[ForeignKey, ...] = ()
    deferred_keys: tuple[str, ...] = ()
    self_keys: tuple[ForeignKey, ...] = ()
    kept_keys: tuple[ForeignKey, ...] = ()
    context: tuple[ContextColumn, ...] = ()
    modelled_columns: tuple[str, ...] = ()
    linkage_method: str = "empirical"
    bounds: tuple[int, int | None] = (0, None)
    order_by: str | None = None
    siblings: bool = False
    history_columns: tuple[str, ...] = ()
    adopting: tuple[str, ...] = ()
    model: str | None = None
    reasons: tuple[tuple[str, str], ...] = ()

    @property
    def number_within(self) -> tuple[str, ...]:
        """The other columns of the primary key, inside whose equal values counting begins anew."""
        return tuple(c for c in self.primary_key if c != self.number_column)

    @property
    def structural_keys(self) -> tuple[ForeignKey, ...]:
        """The foreign keys that are found by position, in the order of their placing."""
        return (*((self.driver,) if self.driver else ()), *self.other_keys, *self.self_keys)

    @property
    def parents(self) -> tuple[str, ...]:
        """The other tables that must be there first, each once."""
        others = (key for key in self.other_keys if key.name not in self.deferred_keys)
        keys = (*((self.driver,) if self.driver else ()), *others, *self.kept_keys)
        return tuple(dict.fromkeys(key.parent for key in keys))

    @property
    def ancestors(self) -> tuple[str, ...]:
        """The tables whose columns condition the rows, nearest first, each once."""
        return tuple(dict.fromkeys(table for table, _ in self.context))

    def context_name(self, table: str, column: str) -> str:
        """Return how a context column is called: bare where it is the driving parent's."""
        parent = None if self.driver is None else self.driver.parent
        return column if table == parent else f"{table}.{column}"

    @property
    def context_names(self) -> tuple[str, ...]:
        """The names of the context columns, in their order."""
        return tuple(self.context_name(*column) for column in self.context)

    def lines(self) -> tuple[tuple[str, str], ...]:
        """Return what is done, for people: pairs of a word and what it says."""
        if self.role == "kept":
            return (("kept", "copied as it is"),)
        why = dict(self.reasons)
        found = [("learnt", ", ".join(self.modelled_columns) or "nothing, only keys")]
        if self.driver is not None:
            link = f"{self.driver.name} -> {self.driver.parent}"
            found += [
                ("driver", f"{link} ({why['driver']})"),
                ("counts", f"{self.linkage_method}{self._bounded()}"),
                ("given", f"{', '.join(self.context_names) or 'nothing'} ({why['context']})"),
                ("siblings", f"{'told' if self.siblings else 'not told'} ({why['siblings']})"),
            ]
        for key in self.other_keys:
            later = " (placed last: it closes a circle)" * (key.name in self.deferred_keys)
            found.append(("parent", f"{key.name} -> {key.parent} by what it looks for{later}"))
        found += [("itself", f"{key.name} -> a row above") for key in self.self_keys]
        found += [("value", f"{key.name} -> {key.parent}, which is kept") for key in self.kept_keys]
        return tuple(found)

    def __str__(self) -> str:
        said = "".join(f"\n     {word:<9}{text}" for word, text in self.lines())
        return f"{self.table} ({self.role}){said}"

    def _bounded(self) -> str:
        least, most = self.bounds
        return "" if self.bounds == (0, None) else f" [{least}..{'' if most is None else most}]"


@dataclass(frozen=True, slots=True)
class Plan:
    """The steps of a fit and of a generation, parents first."""

    steps: tuple[TableStep, ...]

    def __str__(self) -> str:
        return "\n".join(f"{n:>2}. {step}" for n, step in enumerate(self.steps, 1))

    def step(self, table: str) -> TableStep:
        """Return the step of a table.

        Raises:
            SchemaError: If the plan has no such table.
        """
        for step in self.steps:
            if step.table == table:
                return step
        known = ", ".join(step.table for step in self.steps)
        raise SchemaError(f"unknown table {table!r}; tables of the plan: {known}")

    @property
    def roots(self) -> tuple[str, ...]:
        """The tables that take a row count."""
        return tuple(step.table for step in self.steps if step.role == "root")

    def readers(self, table: str) -> tuple[TableStep, ...]:
        """Return the steps that need the rows or keys of ``table``, but for that of itself."""
        return tuple(
            step
            for step in self.steps
            if step.table != table
            and (
                table in step.parents
                or table in step.ancestors
                or any(key.parent == table for key in step.other_keys)
            )
        )

    def driven_before(self, step: TableStep) -> tuple[TableStep, ...]:
        """Return the steps before this one that have the same driving parent."""
        parent = None if step.driver is None else step.driver.parent
        before = self.steps[: self.steps.index(step)]
        return tuple(s for s in before if s.driver is not None and s.driver.parent == parent)

    def settled_after(self) -> Mapping[str, frozenset[str]]:
        """Return for each table the others that must be generated before it is final.

        A table waits for the parents of its deferred keys, and for children whose wishes it adopts.
        """
        waits: dict[str, set[str]] = {step.table: set() for step in self.steps}
        for step in self.steps:
            for key in step.other_keys:
                if key.name in step.deferred_keys:
                    waits[step.table].add(key.parent)
                if key.name in step.adopting:
                    waits[key.parent].add(step.table)
        return {table: frozenset(others) for table, others in waits.items()}
