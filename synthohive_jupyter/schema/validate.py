"""Every check of a description, alone and against the facts of its data, in one place."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from synthohive_jupyter.errors import Problem, SchemaError
from synthohive_jupyter.schema.graph import SchemaGraph
from synthohive_jupyter.schema.tables import (
    COLUMN_TYPES,
    LINKAGE_METHODS,
    Constraint,
    ForeignKey,
    TableConfig,
    key_name,
)

if TYPE_CHECKING:
    from synthohive_jupyter.schema.facts import TableFacts
    from synthohive_jupyter.schema.metadata import Metadata

Facts = Mapping[str, "TableFacts"]

_FITS = {
    "int": {"int", "float", "bool"},
    "float": {"int", "float", "bool"},
    "bool": {"bool", "int", "float", "text"},
    "date": {"date", "datetime", "text"},
    "datetime": {"date", "datetime", "text"},
}
"""Declared type to the kinds of data that can be read as it; types not named take any kind."""


def find_problems(metadata: Metadata, facts: Facts | None = None) -> list[Problem]:
    """Return every problem of the description, and of the data where its facts are given.

    Problems of the data are looked for only in tables whose own description is sound.
    """
    problems = [p for table in metadata.tables.values() for p in _structure(metadata, table, facts)]
    if not metadata.tables:
        problems.append(Problem("the schema has no table", hint="write one: users: id pk, age int"))
    if not problems:
        try:
            SchemaGraph(metadata).get_generation_order()
        except SchemaError as error:
            problems.extend(error.problems)
    if facts is not None:
        broken = {p.locus[0] for p in problems if p.locus}
        for name, table in metadata.tables.items():
            if name not in broken:
                problems.extend(_data(table, facts))
    return problems


def suggest(name: str, known: Iterable[str], pattern: str = "{}") -> str | None:
    """Return ``did you mean 'x'?`` for the closest known name, or ``None`` if none is close.

    >>> suggest("usrs", ["users", "orders"])
    "did you mean 'users'?"
    """
    close = difflib.get_close_matches(name, list(known), n=1, cutoff=0.6)
    return f"did you mean '{pattern.format(close[0])}'?" if close else None


def columns_of(metadata: Metadata, name: str, facts: Facts | None) -> tuple[str, ...]:
    """Return the columns of a table as far as they are known: of the data, else declared."""
    table = metadata.tables[name]
    if facts is not None and name in facts:
        return tuple(facts[name].columns)
    return table.known_columns


def _structure(metadata: Metadata, table: TableConfig, facts: Facts | None) -> Iterator[Problem]:
    try:
        keys = table.foreign_keys
    except SchemaError as error:
        yield Problem(error.problems[0].message, locus=(table.name, "table"))
        return
    for key in keys:
        yield from _foreign_key(metadata, table, key)
    yield from _linkage(metadata, table)
    yield from _context(metadata, table, facts)
    for column, constraint in table.constraints.items():
        yield from _constraint(table, column, constraint)
    structural = {c for k in keys for c in k.columns} | set(table.primary_key)
    for column in table.pii_cols:
        if column in structural:
            yield Problem(
                f"'{table.name}.{column}' is a key and cannot be a pii column too: keys are always "
                "replaced by new ones",
                hint="remove the pii mark",
                locus=(table.name, "pii", column),
            )
    for first, second in table.checks:
        if first == second or {first, second} & structural:
            yield Problem(
                f"check '{first} <= {second}' needs two different columns that are not keys",
                locus=(table.name, "check", f"{first} <= {second}"),
            )


def _foreign_key(metadata: Metadata, table: TableConfig, key: ForeignKey) -> Iterator[Problem]:
    locus = (table.name, "fk", key.name)
    parent = metadata.tables.get(key.parent)
    if parent is None:
        yield Problem(
            f"unknown table '{key.parent}'",
            hint=suggest(key.parent, metadata.tables),
            locus=(*locus, "table"),
        )
        return
    if not parent.primary_key:
        yield Problem(
            f"'{parent.name}' has no primary key, so '{table.name}.{key.name}' cannot point to it",
            hint=f"mark the key of '{parent.name}' with pk",
            locus=locus,
        )
    elif set(key.parent_columns) != set(parent.primary_key):
        target = key_name(parent.primary_key)
        near = suggest(key_name(key.parent_columns), [target], f"{parent.name}.{{}}")
        yield Problem(
            f"'{parent.name}.{key_name(key.parent_columns)}' is not the primary key of "
            f"'{parent.name}'",
            hint=near or f"write '{parent.name}.{target}'",
            locus=(*locus, "column"),
        )
    if len(key.columns) != len(key.parent_columns):
        yield Problem(
            f"the foreign key has {len(key.columns)} columns and its target "
            f"{len(key.parent_columns)}",
            locus=locus,
        )
    if parent is table and not key.nullable:
        yield Problem(
            f"'{table.name}.{key.name}' refers to its own table and must be nullable, or no row "
            "could be the first",
            hint=f"write '{key.parent}.{key_name(key.parent_columns)}?'",
            locus=locus,
        )


def _linkage(metadata: Metadata, table: TableConfig) -> Iterator[Problem]:
    if table.linkage_method not in LINKAGE_METHODS:
        yield Problem(
            f"unknown linkage method '{table.linkage_method}'",
            hint=suggest(table.linkage_method, LINKAGE_METHODS)
            or f"known: {', '.join(LINKAGE_METHODS)}",
            locus=(table.name, "linkage", table.linkage_method),
        )
    if table.driver is None:
        return
    names = [key.name for key in table.foreign_keys]
    driving = [k for k in table.foreign_keys if table.driver in (k.name, k.columns[0])]
    locus = (table.name, "driver", table.driver)
    if not driving:
        yield Problem(
            f"'{table.driver}' is not a foreign key of '{table.name}'",
            hint=suggest(table.driver, names) or f"foreign keys: {', '.join(names) or 'none'}",
            locus=locus,
        )
    elif driving[0].parent == table.name:
        yield Problem(f"'{table.driver}' refers to its own table and cannot drive it", locus=locus)
    elif driving[0].parent in metadata.tables and metadata.tables[driving[0].parent].keep:
        yield Problem(
            f"'{driving[0].parent}' is a kept reference table: '{table.driver}' is learnt as a "
            "value and cannot drive",
            locus=locus,
        )


def context_column(metadata: Metadata, name: str, written: str) -> tuple[str, str]:
    """Return table and column that a context column means; bare names mean the driving parent."""
    key = metadata.driving_key(name)
    parent = key.parent if key else ""
    for table in metadata.tables:
        if written.startswith(f"{table}."):
            return table, written[len(table) + 1 :]
    if "." in written and written.split(".", 1)[0]:
        head, tail = written.split(".", 1)
        if metadata.tables.get(parent) and written not in metadata.tables[parent].known_columns:
            return head, tail
    return parent, written


def _context(metadata: Metadata, table: TableConfig, facts: Facts | None) -> Iterator[Problem]:
    for written in table.parent_context_cols or ():
        locus = (table.name, "context", written)
        key = metadata.driving_key(table.name)
        if key is None:
            yield Problem(f"'{table.name}' has no parent, so it has no context", locus=locus)
            continue
        parent, column = context_column(metadata, table.name, written)
        if parent not in metadata.tables:
            near = suggest(parent, metadata.tables, f"{{}}.{column}")
            yield Problem(f"unknown table '{parent}'", hint=near, locus=locus)
        elif parent != key.parent:
            yield Problem(
                f"'{parent}' is not the driving parent of '{table.name}' ('{key.parent}' is)",
                hint=f"take a column of '{key.parent}', or change the parent with @driver",
                locus=locus,
            )
        else:
            yield from _context_known(metadata, table.name, (parent, column), facts, locus)


def _context_known(
    metadata: Metadata,
    name: str,
    place: tuple[str, str],
    facts: Facts | None,
    locus: tuple[str, ...],
) -> Iterator[Problem]:
    parent, column = place
    known = columns_of(metadata, parent, facts)
    config = metadata.tables[parent]
    # Without data only a declared list of columns can prove a name wrong.
    if column not in known and (config.columns or (facts and parent in facts)):
        if facts is None and not config.strict and suggest(column, known) is None:
            return
        near = suggest(column, known, f"{parent}.{{}}")
        listing = f"Columns: {', '.join(known)}"
        yield Problem(
            f"'{parent}.{column}' is not a column of '{parent}' (driving parent of '{name}')",
            hint=f"{near} {listing}" if near else listing,
            locus=locus,
        )
        return
    keys = {c for k in metadata.structural_keys(parent) for c in k.columns}
    if column in {*config.primary_key, *keys}:
        yield Problem(
            f"'{parent}.{column}' is a key; keys carry no information for '{name}'",
            hint="take a column that is not a key",
            locus=locus,
        )
    elif column in config.pii_cols:
        yield Problem(
            f"'{parent}.{column}' is personal data and cannot be a context of '{name}'",
            locus=locus,
        )


def _constraint(table: TableConfig, column: str, constraint: Constraint) -> Iterator[Problem]:
    locus = (table.name, "constraint", column)
    if constraint.dtype is not None and constraint.dtype not in COLUMN_TYPES:
        yield Problem(
            f"unknown type '{constraint.dtype}'",
            hint=suggest(constraint.dtype, COLUMN_TYPES) or f"types: {', '.join(COLUMN_TYPES)}",
            locus=(table.name, "column", column, "type"),
        )
    low, high = constraint.min, constraint.max
    if low is not None and high is not None:
        if isinstance(low, str) != isinstance(high, str):
            yield Problem(f"range {low}..{high} mixes numbers and dates", locus=locus)
        elif low > high:  # type: ignore[operator]
            yield Problem(f"range {low}..{high} is empty (min > max)", locus=locus)
    numeric = constraint.dtype in {None, "int", "float"}
    dated = constraint.dtype in {None, "date", "datetime"}
    for bound in (low, high):
        if bound is not None and not (dated if isinstance(bound, str) else numeric):
            yield Problem(
                f"a column of type '{constraint.dtype}' cannot have the bound {bound}", locus=locus
            )
            break
    if constraint.values is not None and not constraint.values:
        yield Problem("the set of allowed values is empty", locus=locus)


def _data(table: TableConfig, facts: Facts) -> Iterator[Problem]:
    mine = facts.get(table.name)
    if mine is None:
        yield Problem(
            f"data for table '{table.name}' not found: no variable, temp view or catalog table "
            "has that name",
            hint="give it with @data NAME or path",
            locus=(table.name, "data"),
        )
        return
    missing = [c for c in table.known_columns if c not in mine.columns]
    for column in missing:
        listing = ", ".join(mine.columns)
        near = suggest(column, mine.columns)
        yield Problem(
            f"'{column}' is not a column of the data of '{table.name}'",
            hint=f"{near} Columns: {listing}" if near else f"Columns: {listing}",
            locus=(table.name, "column", column),
        )
    yield from _column_kinds(table, mine)
    yield from _named_columns(table, mine)
    yield from _primary_key_data(table, mine)
    for key in table.foreign_keys:
        if not set(key.columns) & set(missing):
            yield from _foreign_key_data(table, key, mine, facts)


def _named_columns(table: TableConfig, mine: TableFacts) -> Iterator[Problem]:
    named = [("check", f"{a} <= {b}", c) for a, b in table.checks for c in (a, b)]
    named += [("order", table.order_by, table.order_by)] if table.order_by else []
    for what, name, column in named:
        if column not in mine.columns:
            yield Problem(
                f"'{column}' is not a column of the data of '{table.name}'",
                hint=suggest(column, mine.columns) or f"Columns: {', '.join(mine.columns)}",
                locus=(table.name, what, name),
            )


def _column_kinds(table: TableConfig, mine: TableFacts) -> Iterator[Problem]:
    for column, constraint in table.constraints.items():
        found = mine.columns.get(column)
        fits = _FITS.get(constraint.dtype or "")
        if found is not None and fits is not None and found.kind not in fits:
            yield Problem(
                f"'{table.name}.{column}' is declared {constraint.dtype}, the data is "
                f"{found.dtype}",
                hint="change the type, or convert the data",
                locus=(table.name, "column", column, "type"),
            )


def _primary_key_data(table: TableConfig, mine: TableFacts) -> Iterator[Problem]:
    locus = (table.name, "pk")
    name = key_name(table.primary_key) if table.primary_key else ""
    if mine.pk_nulls:
        yield Problem(
            f"primary key '{table.name}.{name}' is null in {mine.pk_nulls:,} rows",
            hint="drop these rows, or choose another key",
            locus=locus,
        )
    if mine.pk_duplicates:
        yield Problem(
            f"primary key '{table.name}.{name}' is not unique: {mine.pk_duplicates:,} rows share "
            "their key with another",
            hint="choose another key, a composite one, or none",
            locus=locus,
        )


def _foreign_key_data(
    table: TableConfig, key: ForeignKey, mine: TableFacts, facts: Facts
) -> Iterator[Problem]:
    locus = (table.name, "fk", key.name)
    parent = facts.get(key.parent)
    if parent is None:
        return
    for own, other in zip(key.columns, key.parent_columns, strict=False):
        left, right = mine.columns.get(own), parent.columns.get(other)
        numbers = {"int", "float"}
        if left is None or right is None or left.kind == right.kind:
            continue
        if not {left.kind, right.kind} <= numbers:
            yield Problem(
                f"foreign key type differs: {table.name}.{own} is {left.dtype}, "
                f"{key.parent}.{other} is {right.dtype}",
                hint="convert one of them to the type of the other",
                locus=locus,
            )
    counted = mine.keys.get(key.name)
    if counted is None or key.nullable:
        return
    target = f"{key.parent}.{key_name(key.parent_columns)}"
    if counted.nulls:
        yield Problem(
            f"foreign key '{table.name}.{key.name}' is null in {counted.nulls:,} rows",
            hint=f"write '{target}?' to allow nulls, or drop these rows",
            locus=locus,
        )
    if counted.orphans:
        yield Problem(
            f"{counted.orphans:,} rows of '{table.name}' point by '{key.name}' to no row of "
            f"'{key.parent}'",
            hint=f"write '{target}?' to treat them as null, or drop these rows",
            locus=locus,
        )
