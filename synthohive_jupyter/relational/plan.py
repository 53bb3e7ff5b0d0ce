"""`make_plan`: what will be learnt of each table, and from whom. Names only, no data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from synthohive_jupyter.errors import Problem, SchemaError
from synthohive_jupyter.relational.primary import PrimaryKey, arise
from synthohive_jupyter.relational.steps import ContextColumn, Plan, TableStep
from synthohive_jupyter.schema.graph import SchemaGraph
from synthohive_jupyter.schema.suggestions import suggest
from synthohive_jupyter.schema.tables import NO_ORDER
from synthohive_jupyter.schema.validate import context_column

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from synthohive_jupyter.schema.metadata import ForeignKey, Metadata, TableConfig

    Kinds = Mapping[str, str]
    """Column name to kind, one of `schema.facts.KINDS`; in the order of the data."""

MAX_CONTEXT = 64
"""Columns of a context that nobody declared, at most: the nearest ancestors' come first."""

_NOT_TELLING = {"text", "id"}
"""Declared types that say nothing to a child: left out of a context that nobody declared."""
_DATES = {"date", "datetime"}


def make_plan(
    metadata: Metadata,
    columns: Mapping[str, Kinds | Sequence[str]],
    *,
    unmodelled: Mapping[str, Collection[str]] | None = None,
) -> Plan:
    """Plan the work on every table of a sound description.

    Args:
        metadata: The description; `Metadata.validate_schema` has passed.
        columns: Columns of each table's data in their order, with their kinds where known.
        unmodelled: Columns of each table that are made anew and never learnt (personal data);
            ``None`` takes the declared pii columns.

    Raises:
        SchemaError: With everything that cannot be done, and with every context column that the
            driving parent and those above it lack.

    >>> from synthohive_jupyter.schema.metadata import Metadata
    >>> shop = Metadata()
    >>> shop.add_table("users", pk="id")
    >>> shop.add_table("orders", pk="id", fk={"user_id": "users.id"})
    >>> print(make_plan(shop, {"users": ["id", "age"], "orders": ["id", "user_id", "total"]}))
     1. users (root)
         learnt   age
     2. orders (child)
         learnt   total
         driver   user_id -> users (the first of its foreign keys by name)
         counts   empirical
         given    age (all that is learnt of its ancestors)
         siblings told (in the order of their key)
    """
    if problems := unsupported(metadata):
        raise SchemaError(problems)
    kinds = {
        name: known if isinstance(known, Mapping) else dict.fromkeys(known, "")
        for name, known in columns.items()
    }
    graph = SchemaGraph(metadata)
    order = tuple(graph.get_generation_order())
    planner = _Planner(metadata, order, graph.deferred, kinds, unmodelled)
    steps = [planner.step(name) for name in order]
    if problems := [p for step in steps for p in planner.missing_context(step)]:
        raise SchemaError(problems)
    return Plan(tuple(steps))


def unsupported(metadata: Metadata) -> list[Problem]:
    """Return what a sound description asks for and cannot be done."""
    return [p for table in metadata.tables.values() for p in _unsupported(metadata, table)]


def _unsupported(metadata: Metadata, table: TableConfig) -> Iterator[Problem]:
    kept = {name for name, other in metadata.tables.items() if other.keep}
    for key in table.foreign_keys:
        if table.keep and key.parent not in kept:
            yield Problem(
                f"the kept table '{table.name}' refers by '{key.name}' to '{key.parent}', whose "
                "keys will be new ones",
                hint=f"keep '{key.parent}' too, or do not keep '{table.name}'",
                locus=(table.name, "fk", key.name),
            )
    if not table.keep and table.primary_key:
        problem = arise(metadata, table.name, {})
        if isinstance(problem, Problem):
            yield problem


@dataclass(frozen=True, slots=True)
class _Planner:
    """What the steps are made from.

    Attributes:
        metadata: The description.
        order: The tables, parents first.
        deferred: Tables and the names of their keys whose parents come later.
        kinds: Table to its columns and their kinds.
        unmodelled: Table to the columns that are never learnt.
    """

    metadata: Metadata
    order: tuple[str, ...]
    deferred: frozenset[tuple[str, str]]
    kinds: Mapping[str, Kinds]
    unmodelled: Mapping[str, Collection[str]] | None

    def step(self, name: str) -> TableStep:
        """Return the step of one table."""
        table, columns = self.metadata.tables[name], self._present(name)
        if table.keep:
            return TableStep(name, "kept", columns, table.primary_key)
        driver = self.metadata.driving_key(name)
        structural = self.metadata.structural_keys(name)
        others = [k for k in structural if k != driver and k.parent != name]
        primary = self._primary(name)
        others.sort(key=lambda k: (k.name == primary.unique_key, -len(k.columns), k.name))
        context, why_context = self._context(table, driver)
        order_by, why_order = self._order(table)
        told = driver is not None and table.order_by != NO_ORDER
        return TableStep(
            table=name,
            role="root" if driver is None else "child",
            columns=columns,
            primary_key=table.primary_key,
            number_column=primary.number_column,
            unique_key=primary.unique_key,
            driver=driver,
            other_keys=tuple(others),
            deferred_keys=tuple(k.name for k in others if (name, k.name) in self.deferred),
            self_keys=tuple(k for k in structural if k.parent == name),
            kept_keys=tuple(k for k in table.foreign_keys if k not in structural),
            context=context,
            modelled_columns=self._modelled(name),
            linkage_method=table.linkage_method,
            bounds=(0, 1) if primary.one_to_one else table.children or (0, None),
            order_by=order_by if told else None,
            siblings=told,
            history_columns=self._telling(name) if told else (),
            adopting=tuple(k.name for k in others if self._adopts(name, k)),
            model=table.model,
            reasons=(
                *((("driver", self._why_driver(table, driver)),) if driver else ()),
                *((("context", why_context),) if driver else ()),
                *((("siblings", why_order),) if driver else ()),
            ),
        )

    def missing_context(self, step: TableStep) -> Iterator[Problem]:
        """Report context columns that the data of the ancestors lacks or that are never learnt."""
        for table, column in step.context:
            known = self._modelled(table)
            if column not in known:
                listing = f"columns learnt there: {', '.join(known) or 'none'}"
                written = self._written(step.table, table, column)
                yield Problem(
                    f"'{column}' is no column of '{table}' that '{step.table}' could be "
                    "conditioned on",
                    hint=suggest(column, known) or listing,
                    locus=(step.table, "context", written),
                )

    def _written(self, name: str, table: str, column: str) -> str:
        """Return a context column as the description writes it."""
        declared = self.metadata.tables[name].parent_context_cols or ()
        meant = {context_column(self.metadata, name, text): text for text in reversed(declared)}
        return meant.get((table, column), f"{table}.{column}")

    def _present(self, name: str) -> tuple[str, ...]:
        """Return the columns of the result: all of the data, or the declared where strict."""
        table = self.metadata.tables[name]
        declared = set(table.known_columns)
        return tuple(c for c in self.kinds[name] if not table.strict or c in declared)

    def _primary(self, name: str) -> PrimaryKey:
        found = arise(self.metadata, name, self.kinds[name])
        assert isinstance(found, PrimaryKey), "`unsupported` has looked"
        return found

    def _modelled(self, name: str) -> tuple[str, ...]:
        table = self.metadata.tables[name]
        if table.keep:
            return ()
        hidden = table.pii_cols if self.unmodelled is None else self.unmodelled.get(name, ())
        structural = {c for key in self.metadata.structural_keys(name) for c in key.columns}
        # A column that points to a kept table too is a value, and the other key follows it.
        values = {
            c
            for key in table.foreign_keys
            if key.parent in self.metadata.tables and self.metadata.tables[key.parent].keep
            for c in key.columns
        }
        left_out = {*(structural - values), *hidden, self._primary(name).number_column}
        return tuple(c for c in self._present(name) if c not in left_out)

    def _telling(self, name: str) -> tuple[str, ...]:
        """Return the columns that say something to a row that is conditioned on them."""
        types = self.metadata.tables[name].constraints
        return tuple(
            c for c in self._modelled(name) if c not in types or types[c].dtype not in _NOT_TELLING
        )

    def _context(
        self, table: TableConfig, driver: ForeignKey | None
    ) -> tuple[tuple[ContextColumn, ...], str]:
        """Return the columns of ancestors that condition the rows, and why these."""
        if driver is None:
            return (), ""
        if table.parent_context_cols is not None:
            named = (
                context_column(self.metadata, table.name, c) for c in table.parent_context_cols
            )
            return tuple(dict.fromkeys(named)), "declared"
        found = [
            (above, c)
            for above in self.metadata.driving_chain(table.name)
            for c in self._telling(above)
        ]
        if len(found) <= MAX_CONTEXT:
            return tuple(found), "all that is learnt of its ancestors"
        why = f"the nearest {MAX_CONTEXT} of the {len(found)} columns learnt of its ancestors"
        return tuple(found[:MAX_CONTEXT]), why

    def _order(self, table: TableConfig) -> tuple[str | None, str]:
        """Return the column that orders siblings, and why."""
        modelled = self._modelled(table.name)
        if table.order_by == NO_ORDER:
            return None, "declared"
        if table.order_column is not None:
            found = table.order_column if table.order_column in modelled else None
            return found, f"in the declared order of {table.order_column}"
        for column in modelled:
            rule = table.constraints.get(column)
            kind = (rule.dtype if rule else None) or self.kinds[table.name][column]
            if kind in _DATES:
                return column, f"in the order of {column}, the first date"
        if self._primary(table.name).number_column is not None:
            return None, "in the order of their key"
        return None, "in the order of the data"

    def _why_driver(self, table: TableConfig, driver: ForeignKey) -> str:
        if table.driver in (driver.name, driver.columns[0]):
            return "declared"
        return "the first of its foreign keys by name"

    def _adopts(self, name: str, key: ForeignKey) -> bool:
        """Return whether the parent of a key may still take other values when ``name`` is drawn.

        It may where nothing has read them: it has no keys that were placed by them, its primary key
        is a number, whatever its values are, and this key's table is the first that looks at it.
        """
        parent, driver = self.metadata.tables[key.parent], self.metadata.driving_key(key.parent)
        placed = [k for k in self.metadata.structural_keys(key.parent) if k != driver]
        if placed or (name, key.name) in self.deferred:
            return False
        if parent.primary_key != (self._primary(key.parent).number_column,):
            return False
        first = next(n for n in self.order if self._reads(n, key.parent))
        to_it = [k for k in self.metadata.structural_keys(name) if k.parent == key.parent]
        return first == name and to_it == [key]

    def _reads(self, name: str, parent: str) -> bool:
        keys = self.metadata.structural_keys(name)
        return any(key.parent == parent for key in keys) or parent in self.metadata.driving_chain(
            name
        )
