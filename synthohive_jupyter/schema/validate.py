"""Every check of a description; those of its data are in `conformance`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from synthohive_jupyter.errors import Problem, SchemaError
from synthohive_jupyter.schema.combinations import combination_problems
from synthohive_jupyter.schema.conformance import data_problems, named_columns
from synthohive_jupyter.schema.constraints import constraint_problems
from synthohive_jupyter.schema.graph import SchemaGraph
from synthohive_jupyter.schema.suggestions import closest, suggest
from synthohive_jupyter.schema.tables import (
    LINKAGE_METHODS,
    ForeignKey,
    TableConfig,
    key_name,
    parse_target,
)

if TYPE_CHECKING:
    from synthohive_jupyter.schema.facts import TableFacts
    from synthohive_jupyter.schema.metadata import Metadata

__all__ = ["columns_of", "context_column", "find_problems", "suggest"]

Facts = Mapping[str, "TableFacts"]

MISSPELT = 0.82
"""Similarity from which an undeclared name is taken for a misspelt declared one, data unseen."""


def find_problems(
    metadata: Metadata,
    facts: Facts | None = None,
    *,
    sources: Mapping[str, str] | None = None,
) -> list[Problem]:
    """Return every problem of the description, and of the data where its facts are given.

    Problems of the data are looked for only in tables whose own description is sound.

    Args:
        metadata: The description.
        facts: Table name to the facts of its data; a table without data has none.
        sources: Table name to the name or path that its data was looked for under, where that is
            not the table's own name; for messages.
    """
    if not metadata.tables:
        return [Problem("the schema has no table", hint="write one: users: id pk, age int")]
    # Where a target cannot be read, nobody can say what depends on what.
    if problems := [p for table in metadata.tables.values() for p in _unreadable(table)]:
        return problems
    problems = [p for table in metadata.tables.values() for p in _structure(metadata, table, facts)]
    if not problems:
        try:
            SchemaGraph(metadata).get_generation_order()
        except SchemaError as error:
            problems.extend(error.problems)
    if facts is not None:
        broken = {p.locus[0] for p in problems if p.locus}
        for name, table in metadata.tables.items():
            if name not in broken:
                problems.extend(data_problems(table, facts, source=(sources or {}).get(name)))
    return problems


def columns_of(metadata: Metadata, name: str, facts: Facts | None) -> tuple[str, ...]:
    """Return the columns of a table as far as they are known: of the data, else declared."""
    table = metadata.tables[name]
    if facts is not None and name in facts:
        return tuple(facts[name].columns)
    return table.known_columns


def _unreadable(table: TableConfig) -> Iterator[Problem]:
    for columns, target in table.fk.items():
        try:
            parse_target(target)
        except SchemaError as error:
            name = columns if isinstance(columns, str) else key_name(columns)
            yield Problem(error.problems[0].message, locus=(table.name, "fk", name))


def _structure(metadata: Metadata, table: TableConfig, facts: Facts | None) -> Iterator[Problem]:
    keys = table.foreign_keys
    for key in keys:
        yield from _foreign_key(metadata, table, key)
    yield from _linkage(metadata, table)
    yield from _context(metadata, table, facts)
    for column, constraint in table.constraints.items():
        yield from constraint_problems(table.name, column, constraint)
    structural = {c for k in keys for c in k.columns} | set(table.primary_key)
    for column in table.pii_cols:
        if column in structural:
            yield Problem(
                f"'{table.name}.{column}' is a key and cannot be a pii column too: keys are always "
                "replaced by new ones",
                hint="remove the pii mark",
                locus=(table.name, "pii", column),
            )
    yield from _ordered(table)
    yield from combination_problems(table)
    for first, second in table.checks:
        if first == second or {first, second} & structural:
            yield Problem(
                f"check '{first} <= {second}' needs two different columns that are not keys",
                locus=(table.name, "check", f"{first} <= {second}"),
            )


def _ordered(table: TableConfig) -> Iterator[Problem]:
    """Report names in properties that a strict table does not declare."""
    for locus, column in named_columns(table) if table.strict else ():
        if column not in table.known_columns:
            yield Problem(
                f"'{column}' is not a declared column of '{table.name}', which is strict",
                hint=suggest(column, table.known_columns) or "declare it",
                locus=locus,
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
    return _split_context(metadata, key.parent if key else "", written)


def _split_context(metadata: Metadata, parent: str, written: str) -> tuple[str, str]:
    for table in metadata.tables:
        if written.startswith(f"{table}."):
            return table, written[len(table) + 1 :]
    head, dot, tail = written.partition(".")
    known = metadata.tables[parent].known_columns if parent in metadata.tables else (written,)
    if head and dot and written not in known:
        return head, tail
    return parent, written


def _meant_parent(metadata: Metadata, table: TableConfig) -> str | None:
    """Return the driving parent; where a name in its key is misspelt, the table that was meant.

    So a misspelt table does not hide what is wrong with the context columns. ``None`` where nobody
    can tell.
    """
    keys = [
        (key, key.parent if key.parent in metadata.tables else closest(key.parent, metadata.tables))
        for key in table.foreign_keys
    ]
    drivers = [
        (key, parent)
        for key, parent in keys
        if parent is None or (parent != table.name and not metadata.tables[parent].keep)
    ]
    named = [pair for pair in drivers if table.driver in (pair[0].name, pair[0].columns[0])]
    return next((parent for _, parent in [*named, *drivers]), "")


def _context(metadata: Metadata, table: TableConfig, facts: Facts | None) -> Iterator[Problem]:
    meant = _meant_parent(metadata, table)
    if meant is None:
        return
    for written in table.parent_context_cols or ():
        locus = (table.name, "context", written)
        parent, column = _split_context(metadata, meant, written)
        if not meant:
            yield Problem(f"'{table.name}' has no parent, so it has no context", locus=locus)
        elif parent not in metadata.tables:
            near = suggest(parent, metadata.tables, f"{{}}.{column}")
            yield Problem(f"unknown table '{parent}'", hint=near, locus=locus)
        elif parent != meant:
            yield Problem(
                f"'{parent}' is not the driving parent of '{table.name}' ('{meant}' is)",
                hint=f"take a column of '{meant}', or change the parent with @driver",
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
    if column not in known:
        # The data may have columns that are not declared: without it only a misspelling is proof.
        with_data = facts is not None and parent in facts
        if not (with_data or config.strict or closest(column, known, cutoff=MISSPELT)):
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
