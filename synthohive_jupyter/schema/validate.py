"""Every check of a description; those of its data are in `conformance`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from synthohive_jupyter.errors import Problem, SchemaError
from synthohive_jupyter.schema.combinations import combination_problems
from synthohive_jupyter.schema.conformance import data_problems, named_columns
from synthohive_jupyter.schema.constraints import constraint_problems
from synthohive_jupyter.schema.driving import columns_of, context_column, driving_problems
from synthohive_jupyter.schema.graph import SchemaGraph
from synthohive_jupyter.schema.key_checks import key_problems
from synthohive_jupyter.schema.suggestions import suggest
from synthohive_jupyter.schema.tables import TableConfig, key_name, parse_target

if TYPE_CHECKING:
    from synthohive_jupyter.schema.facts import TableFacts
    from synthohive_jupyter.schema.metadata import Metadata

__all__ = ["columns_of", "context_column", "find_problems", "suggest"]

Facts = Mapping[str, "TableFacts"]


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


def _unreadable(table: TableConfig) -> Iterator[Problem]:
    for columns, target in table.fk.items():
        try:
            parse_target(target)
        except SchemaError as error:
            name = columns if isinstance(columns, str) else key_name(columns)
            yield Problem(error.problems[0].message, locus=(table.name, "fk", name))


def _structure(metadata: Metadata, table: TableConfig, facts: Facts | None) -> Iterator[Problem]:
    yield from key_problems(metadata, table)
    yield from driving_problems(metadata, table, facts)
    for column, constraint in table.constraints.items():
        yield from constraint_problems(table.name, column, constraint)
    structural = {c for k in table.foreign_keys for c in k.columns} | set(table.primary_key)
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
