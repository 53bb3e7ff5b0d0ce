"""Whether data conforms to its description: every check that needs the facts of the data."""

from __future__ import annotations

from typing import TYPE_CHECKING

from synthohive_jupyter.errors import Problem
from synthohive_jupyter.schema.key_checks import free_key_columns, uncounted_key
from synthohive_jupyter.schema.suggestions import suggest
from synthohive_jupyter.schema.tables import Bounds, ForeignKey, TableConfig, key_name

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from synthohive_jupyter.schema.facts import ColumnFacts, TableFacts
    from synthohive_jupyter.schema.metadata import Metadata

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
    if table.order_column is not None:
        yield (table.name, "order", table.order_by or ""), table.order_column


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

    free = [mine.columns[c] for c in free_key_columns(table) if c in mine.columns]
    if free and not table.keep and not any(map(_counted, free)):
        yield uncounted_key(table, free[0].dtype)


def _counted(column: ColumnFacts) -> bool:
    """Return whether one can count in a column: new values of it never end."""
    if column.kind == "float":
        return not column.fractions
    return column.kind in {"int", "text", "date", "datetime"}


def _foreign_key_data(
    table: TableConfig, key: ForeignKey, mine: TableFacts, facts: Mapping[str, TableFacts]
) -> Iterator[Problem]:
    locus = (table.name, "fk", key.name)
    if key.parent not in facts:
        return
    yield from _key_kinds(table, key, mine, facts[key.parent])
    counted = mine.keys.get(key.name)
    if counted is None:
        return
    if counted.children is not None and table.children is not None:
        yield from _children_data(table, key.parent, counted.children, table.children)
    if key.nullable:
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


def _key_kinds(
    table: TableConfig, key: ForeignKey, mine: TableFacts, parent: TableFacts
) -> Iterator[Problem]:
    for own, other in zip(key.columns, key.parent_columns, strict=False):
        left, right = mine.columns.get(own), parent.columns.get(other)
        if left is None or right is None or left.kind == right.kind:
            continue
        if _without_value(left, mine) or _without_value(right, parent):
            continue  # a file reader gives a column without a value any type
        if {left.kind, right.kind} != {"int", "float"}:
            yield Problem(
                f"foreign key type differs: {table.name}.{own} is {left.dtype}, "
                f"{key.parent}.{other} is {right.dtype}",
                hint=_cast(table.name, own, mine, right.dtype),
                locus=(table.name, "fk", key.name),
            )


def _without_value(column: ColumnFacts, table: TableFacts) -> bool:
    return column.nulls is not None and column.nulls == table.rows


def _children_data(
    table: TableConfig, parent: str, found: tuple[int, int], declared: Bounds
) -> Iterator[Problem]:
    low, high = declared
    if found[0] < low or (high is not None and found[1] > high):
        wider = (min(low, found[0]), None if high is None else max(high, found[1]))
        ends = [f"[{least}..{'' if most is None else most}]" for least, most in (declared, wider)]
        yield Problem(
            f"rows of '{parent}' have from {found[0]:,} to {found[1]:,} rows of '{table.name}', "
            f"outside of {ends[0]}",
            hint=f"write '@linkage {ends[1]}', or drop these rows",
            locus=(table.name, "linkage", "children"),
        )


def orphan_notices(metadata: Metadata, facts: Mapping[str, TableFacts]) -> list[tuple[str, str]]:
    """Return what to say of rows whose nullable key points to no row: they count as null.

    Orphans of other keys are problems, which `data_problems` reports.

    Returns:
        Table and text, in the order of the description.
    """
    notices = []
    for name, table in metadata.tables.items():
        rows = facts[name].rows if name in facts else None
        for key in table.foreign_keys:
            counted = facts[name].keys.get(key.name) if rows else None
            if counted is None or not counted.orphans or not key.nullable or not rows:
                continue
            share = f"{100 * counted.orphans / rows:.3g}"
            end = "and stay as they are" if table.keep else "and are treated as null"
            text = (
                f"{counted.orphans:,} of {rows:,} rows ({share} %) point by '{key.name}' to no row "
                f"of '{key.parent}' {end}"
            )
            notices.append((name, text))
    return notices


def _cast(table: str, column: str, mine: TableFacts, dtype: str) -> str:
    """Return how to bring a column to another type, in the words of its library."""
    if mine.label == "Spark DataFrame":
        change = f'{table}.withColumn("{column}", col("{column}").cast("{dtype}"))'
    elif mine.label == "DataFrame":
        change = f'{table}.astype({{"{column}": "{dtype}"}})'
    else:
        return "convert one of them to the type of the other"
    return f"cast one of them, e.g. {table} = {change}"
