"""`make_plan`: what will be learnt of each table, and from whom. Names only, no data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from synthohive_jupyter.errors import Problem, SchemaError
from synthohive_jupyter.schema.graph import SchemaGraph
from synthohive_jupyter.schema.metadata import ForeignKey, Key, Metadata, TableConfig, key_name
from synthohive_jupyter.schema.suggestions import suggest
from synthohive_jupyter.schema.validate import context_column

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

Role = Literal["root", "child", "kept"]

Numbering = Literal["none", "table", "family", "driver"]
"""How a primary key arises: there is none; 1..n over the table; the driver's key with 1..n inside
the family; the driver's key itself (one-to-one)."""

_NOT_TELLING = {"text", "id"}
"""Declared types that say nothing to a child: left out of a context that nobody declared."""


@dataclass(frozen=True, slots=True)
class TableStep:
    """What is done with one table.

    Attributes:
        table: Name of the table.
        role: ``root`` takes a row count, ``child`` follows its driving parent, ``kept`` is copied.
        columns: All its columns, in the order of the data.
        primary_key: Columns of the primary key; may be empty.
        numbering: How the primary key arises.
        driver: Foreign key whose parent drives the table.
        other_keys: Further foreign keys to synthesised tables.
        self_keys: Foreign keys to the table itself.
        kept_keys: Foreign keys to kept tables; their columns are modelled as values.
        context_columns: Columns of the driving parent that condition the rows.
        modelled_columns: Columns that the model learns.
        linkage_method: How the child counts are modelled.
        order_by: Column by which the rows of one family are ordered, or ``None``.
        history_columns: Columns of the siblings before it that condition a row; none without an
            order.
        model: Name of the table's own model, or ``None`` for the run's.
    """

    table: str
    role: Role
    columns: tuple[str, ...]
    primary_key: Key = ()
    numbering: Numbering = "none"
    driver: ForeignKey | None = None
    other_keys: tuple[ForeignKey, ...] = ()
    self_keys: tuple[ForeignKey, ...] = ()
    kept_keys: tuple[ForeignKey, ...] = ()
    context_columns: tuple[str, ...] = ()
    modelled_columns: tuple[str, ...] = ()
    linkage_method: str = "empirical"
    order_by: str | None = None
    history_columns: tuple[str, ...] = ()
    model: str | None = None

    @property
    def number_column(self) -> str | None:
        """The key column that is filled by counting, or ``None``."""
        if self.numbering == "table":
            return self.primary_key[0]
        if self.numbering == "family" and self.driver is not None:
            return next(c for c in self.primary_key if c not in self.driver.columns)
        return None

    @property
    def parents(self) -> tuple[str, ...]:
        """The other tables that must be there first, each once."""
        keys = (*((self.driver,) if self.driver else ()), *self.other_keys, *self.kept_keys)
        return tuple(dict.fromkeys(key.parent for key in keys))

    def __str__(self) -> str:
        if self.role == "kept":
            return f"{self.table}: kept as it is"
        values = ", ".join(self.modelled_columns) or "none, only keys"
        parts = [f"columns learnt: {values}"]
        if self.driver is not None:
            link = f"{self.driver.name} -> {self.driver.parent}"
            parts.insert(0, f"driven by {link}, {self.linkage_method} counts")
            given = f"given {', '.join(self.context_columns) or 'no column'} of its parent"
            parts.append(f"{given} and its siblings before" if self.history_columns else given)
        parts += [f"{k.name} -> {k.parent} by its degrees" for k in self.other_keys]
        parts += [f"{k.name} -> an earlier row" for k in self.self_keys]
        parts += [f"{k.name} -> {k.parent} learnt as a value" for k in self.kept_keys]
        return f"{self.table} ({self.role}): {'; '.join(parts)}"


@dataclass(frozen=True, slots=True)
class Plan:
    """The steps of a fit and of a generation, parents first."""

    steps: tuple[TableStep, ...]

    def __str__(self) -> str:
        return "\n".join(f"{n}. {step}" for n, step in enumerate(self.steps, 1))

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
        """Return the steps that need the rows or keys of ``table``."""
        return tuple(step for step in self.steps if table in step.parents)


def make_plan(
    metadata: Metadata,
    columns: Mapping[str, Sequence[str]],
    *,
    unmodelled: Mapping[str, Collection[str]] | None = None,
) -> Plan:
    """Plan the work on every table of a sound description.

    Args:
        metadata: The description; `Metadata.validate_schema` has passed.
        columns: Columns of each table's data, in their order.
        unmodelled: Columns of each table that are made anew and never learnt (personal data);
            ``None`` takes the declared pii columns.

    Raises:
        SchemaError: With everything that this version cannot do, and with every context column
            that the driving parent lacks.

    >>> shop = Metadata()
    >>> shop.add_table("users", pk="id")
    >>> shop.add_table("orders", pk="id", fk={"user_id": "users.id"})
    >>> print(make_plan(shop, {"users": ["id", "age"], "orders": ["id", "user_id", "total"]}))
    1. users (root): columns learnt: age
    2. orders (child): driven by user_id -> users, empirical counts; columns learnt: total; given \
age of its parent
    """
    problems = unsupported(metadata)
    if problems:
        raise SchemaError(problems)
    hidden = {
        name: set(table.pii_cols if unmodelled is None else unmodelled.get(name, ()))
        for name, table in metadata.tables.items()
    }
    modelled = {
        name: _modelled(metadata, name, columns[name], hidden[name]) for name in metadata.tables
    }
    steps = []
    for name in SchemaGraph(metadata).get_generation_order():
        step = _step(metadata, name, _present(metadata.tables[name], columns[name]), modelled)
        problems += _missing_context(step, modelled)
        steps.append(step)
    if problems:
        raise SchemaError(problems)
    return Plan(tuple(steps))


def unsupported(metadata: Metadata) -> list[Problem]:
    """Return what a sound description asks for and this version cannot do."""
    return [p for table in metadata.tables.values() for p in _unsupported(metadata, table)]


def _unsupported(metadata: Metadata, table: TableConfig) -> Iterator[Problem]:
    kept = {name for name, other in metadata.tables.items() if other.keep}
    for key in table.foreign_keys:
        if len(key.columns) > 1:
            yield Problem(
                f"the composite foreign key '{table.name}.{key.name}' is not supported yet",
                hint=f"give '{key.parent}' a key of one column, or leave this foreign key out",
                locus=(table.name, "fk", key.name),
            )
        elif table.keep and key.parent not in kept:
            yield Problem(
                f"the kept table '{table.name}' refers by '{key.name}' to '{key.parent}', whose "
                "keys will be new ones",
                hint=f"keep '{key.parent}' too, or do not keep '{table.name}'",
                locus=(table.name, "fk", key.name),
            )
    if not table.keep and table.primary_key and _numbering(metadata, table) is None:
        name = key_name(table.primary_key)
        yield Problem(
            f"the primary key '{table.name}.{name}' is not supported yet: a key is one column of "
            "its own, the column of a driving foreign key that is never null, or such a column "
            "with one number that counts inside the family",
            hint="declare the table without pk, or with a key column of its own",
            locus=(table.name, "pk"),
        )


def _numbering(metadata: Metadata, table: TableConfig) -> Numbering | None:
    """Return how the primary key of a table arises; ``None`` where no way is known."""
    own = set(table.primary_key)
    if not own:
        return "none"
    referring = {column for key in table.foreign_keys for column in key.columns}
    if len(own) == 1 and not own & referring:
        return "table"
    driver = metadata.driving_key(table.name)
    if driver is None or driver.nullable or len(driver.columns) > 1:
        return None
    rest = own - set(driver.columns)
    if len(rest) == len(own) or rest & referring or len(rest) > 1:
        return None
    return "family" if rest else "driver"


def _present(table: TableConfig, columns: Sequence[str]) -> tuple[str, ...]:
    """Return the columns of the result: all of the data, or the declared ones where strict."""
    declared = set(table.known_columns)
    return tuple(c for c in columns if not table.strict or c in declared)


def _modelled(
    metadata: Metadata, name: str, columns: Sequence[str], hidden: Collection[str]
) -> tuple[str, ...]:
    table = metadata.tables[name]
    keys = {c for key in metadata.structural_keys(name) for c in key.columns}
    left_out = keys | set(table.primary_key) | set(hidden)
    return tuple(c for c in _present(table, columns) if c not in left_out)


def _step(
    metadata: Metadata, name: str, columns: tuple[str, ...], modelled: Mapping[str, tuple[str, ...]]
) -> TableStep:
    table = metadata.tables[name]
    if table.keep:
        return TableStep(name, "kept", columns, table.primary_key)
    driver = metadata.driving_key(name)
    structural = metadata.structural_keys(name)
    order_by = table.order_by if table.order_by in modelled[name] else None
    with_history = driver is not None and order_by is not None
    return TableStep(
        table=name,
        role="root" if driver is None else "child",
        columns=columns,
        primary_key=table.primary_key,
        numbering=_numbering(metadata, table) or "none",
        driver=driver,
        other_keys=tuple(k for k in structural if k != driver and k.parent != name),
        self_keys=tuple(k for k in structural if k.parent == name),
        kept_keys=tuple(k for k in table.foreign_keys if k not in structural),
        context_columns=_context(metadata, table, driver, modelled),
        modelled_columns=modelled[name],
        linkage_method=table.linkage_method,
        order_by=order_by,
        history_columns=_telling(table, modelled[name]) if with_history else (),
        model=table.model,
    )


def _context(
    metadata: Metadata,
    table: TableConfig,
    driver: ForeignKey | None,
    modelled: Mapping[str, tuple[str, ...]],
) -> tuple[str, ...]:
    if driver is None:
        return ()
    if table.parent_context_cols is not None:
        named = (context_column(metadata, table.name, c)[1] for c in table.parent_context_cols)
        return tuple(dict.fromkeys(named))
    return _telling(metadata.tables[driver.parent], modelled[driver.parent])


def _telling(table: TableConfig, columns: Sequence[str]) -> tuple[str, ...]:
    """Return the columns that say something to a row that is conditioned on them."""
    types = table.constraints
    return tuple(c for c in columns if c not in types or types[c].dtype not in _NOT_TELLING)


def _missing_context(step: TableStep, modelled: Mapping[str, tuple[str, ...]]) -> Iterator[Problem]:
    if step.driver is None:
        return
    known = modelled[step.driver.parent]
    for column in step.context_columns:
        if column not in known:
            listing = f"columns learnt there: {', '.join(known) or 'none'}"
            near = suggest(column, known)
            yield Problem(
                f"the context column '{column}' of '{step.table}' is not learnt of its driving "
                f"parent '{step.driver.parent}'",
                hint=f"{near} {listing}" if near else listing,
                locus=(step.table, "context", column),
            )
