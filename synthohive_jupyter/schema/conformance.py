"""Whether data conforms to its description: every check that needs the facts of the data."""

from __future__ import annotations

from typing import TYPE_CHECKING

from synthohive_jupyter.errors import Problem
from synthohive_jupyter.schema.suggestions import suggest
from synthohive_jupyter.schema.tables import ForeignKey, TableConfig, key_name

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from synthohive_jupyter.schema.facts import TableFacts

_FITS = {
    "int": {"int", "float", "bool"},
    "float": {"int", "float", "bool"},
    "bool": {"bool", "int", "float", "text"},
    "date": {"date", "datetime", "text"},
    "datetime": {"date", "datetime", "text"},
}
"""Declared type to the kinds of data that can be read as it; types not named take any kind."""


def data_problems(
    table: TableConfig, facts: Mapping[str, TableFacts], *, source: str | None = None
) -> Iterator[Problem]:
    """Return what is wrong with the data of one table, whose description is sound.

    Args:
        table: The description.
        facts: Table name to facts, of this table and its parents.
        source: Name or path that the data was looked for under, if not the table's name.
    """
    mine = facts.get(table.name)
    if mine is None:
        yield _not_found(table.name, source)
        return
    missing = [c for c in table.known_columns if c not in mine.columns]
    for column in missing:
        yield _unknown_column(table.name, column, mine, (table.name, "column", column))
    yield from _column_kinds(table, mine)
    yield from _named_columns(table, mine)
    yield from _primary_key_data(table, mine)
    for key in table.foreign_keys:
        if not set(key.columns) & set(missing):
            yield from _foreign_key_data(table, key, mine, facts)


def _not_found(table: str, source: str | None) -> Problem:
    kinds = "no variable, temp view or catalog table has that name"
    if source is None:
        message = f"data for table '{table}' not found: {kinds}"
        hint = f"give it with @data NAME or path, or make a DataFrame called '{table}' first"
    else:
        message = (
            f"data '{source}' for table '{table}' not found: {kinds}, and no path is called so"
        )
        hint = "correct it, or make a DataFrame of that name first"
    return Problem(message, hint=hint, locus=(table, "data"))


def _unknown_column(table: str, column: str, mine: TableFacts, locus: tuple[str, ...]) -> Problem:
    listing = f"Columns: {', '.join(mine.columns)}"
    near = suggest(column, mine.columns)
    return Problem(
        f"'{column}' is not a column of the data of '{table}'",
        hint=f"{near} {listing}" if near else listing,
        locus=locus,
    )


def named_columns(table: TableConfig) -> Iterator[tuple[tuple[str, ...], str]]:
    """Return every column that a property of a table names, with the locus of its place."""
    for first, second in table.checks:
        for column in (first, second):
            yield (table.name, "check", f"{first} <= {second}"), column
    for group in table.combinations:
        for column in group:
            yield (table.name, "together", ", ".join(group), column), column
    if table.order_by:
        yield (table.name, "order", table.order_by), table.order_by


def _named_columns(table: TableConfig, mine: TableFacts) -> Iterator[Problem]:
    for locus, column in named_columns(table):
        if column not in mine.columns:
            yield _unknown_column(table.name, column, mine, locus)


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
    table: TableConfig, key: ForeignKey, mine: TableFacts, facts: Mapping[str, TableFacts]
) -> Iterator[Problem]:
    locus = (table.name, "fk", key.name)
    parent = facts.get(key.parent)
    if parent is None:
        return
    for own, other in zip(key.columns, key.parent_columns, strict=False):
        left, right = mine.columns.get(own), parent.columns.get(other)
        if left is None or right is None or left.kind == right.kind:
            continue
        if left.nulls is not None and left.nulls == mine.rows:
            continue  # a file reader gives a column without a value any type
        if {left.kind, right.kind} != {"int", "float"}:
            yield Problem(
                f"foreign key type differs: {table.name}.{own} is {left.dtype}, "
                f"{key.parent}.{other} is {right.dtype}",
                hint=_cast(table.name, own, mine, right.dtype),
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


def _cast(table: str, column: str, mine: TableFacts, dtype: str) -> str:
    """Return how to bring a column to another type, in the words of its library."""
    if mine.label == "Spark DataFrame":
        change = f'{table}.withColumn("{column}", col("{column}").cast("{dtype}"))'
    elif mine.label == "DataFrame":
        change = f'{table}.astype({{"{column}": "{dtype}"}})'
    else:
        return "convert one of them to the type of the other"
    return f"cast one of them, e.g. {table} = {change}"
