"""Guesses at primary keys: unique in all rows, never null, and called or used like a key."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import pandas as pd

from synthohive_jupyter.engine.discovery import naming, vocabulary
from synthohive_jupyter.engine.discovery.looks import DATES
from synthohive_jupyter.engine.discovery.records import PrimaryGuess

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from synthohive_jupyter.engine.discovery.looks import ColumnLook, Counter, TableLook
    from synthohive_jupyter.engine.discovery.records import ForeignGuess
    from synthohive_jupyter.schema.tables import Key

FEW_ROWS = 5
"""Rows from which uniqueness says something; below, the name alone has to."""

_CODE_ROWS = 10
_LONGEST = 64
_LONGEST_CODE = 8
_CONVINCING = 5.0
"""Repetitions that chance would have made where there is none."""


def single_keys(
    tables: Mapping[str, TableLook],
    counter: Counter,
    personal: Mapping[str, Collection[str]],
) -> dict[str, PrimaryGuess]:
    """Return the primary keys of one column, of the tables that have one.

    Args:
        tables: The tables.
        counter: Counts in all rows.
        personal: Table name to its columns of personal data: a number of a person is no key.
    """
    found = {}
    for name, table in tables.items():
        scored = []
        for place, column in enumerate(table.columns.values()):
            score, why = _score(column, table, tables, counter, place)
            if column.name in personal.get(name, ()) and score < naming.CERTAIN:
                continue
            if score > 0:
                scored.append((-score, place, column.name, why))
        for score, _, column_name, why in sorted(scored):
            if counter.unique(name, [column_name]):
                found[name] = PrimaryGuess((column_name,), why, min(0.6 - score / 8, 0.98))
                break
    return found


def _score(
    column: ColumnLook,
    table: TableLook,
    tables: Mapping[str, TableLook],
    counter: Counter,
    place: int,
) -> tuple[float, str]:
    """Return how much speaks for a column as the primary key, 0 for nothing, and what does."""
    named = naming.own_key(column.name, table.name)
    text, date = column.kind == "text", column.kind in DATES
    if not _can_be_key(column) or (table.rows < FEW_ROWS and named < naming.CERTAIN):
        return 0.0, ""
    if named >= (naming.CERTAIN if date else naming.SHORT):
        like = "a key" if named >= naming.PLAIN else "its table"
        return named, f"unique, never null, and called like {like}"
    if text and _is_pointed_at(column, table, tables, counter):
        return 1.2, "unique, never null, and another table holds the same column with its values"
    if text and place == 0 and _is_code(column):
        return 1.0, "unique, never null, the first column, and short codes"
    return 0.0, ""


def _can_be_key(column: ColumnLook) -> bool:
    if not column.unique_so_far or column.kind not in {"int", "text", *DATES}:
        return False
    return column.kind != "text" or column.known.astype(str).str.len().mean() <= _LONGEST


def _is_pointed_at(
    column: ColumnLook, table: TableLook, tables: Mapping[str, TableLook], counter: Counter
) -> bool:
    """Return whether another table has a column of this name, not unique, with values of it."""
    if not naming.is_specific(column.name):
        return False
    for other in tables.values():
        twin = other.columns.get(column.name)
        if other is table or twin is None or twin.unique_so_far or twin.kind != column.kind:
            continue
        match = counter.match(other.name, [column.name], table.name, [column.name])
        if match is not None and match.complete >= FEW_ROWS and match.share == 1.0:
            return True
    return False


def _is_code(column: ColumnLook) -> bool:
    texts = column.known.astype(str)
    lengths = texts.str.len()
    short = lengths.max() <= _LONGEST_CODE and lengths.min() == lengths.max()
    return len(texts) >= _CODE_ROWS and short and bool((texts == texts.str.upper()).all())


def composite_keys(
    table: TableLook, links: Sequence[ForeignGuess], counter: Counter
) -> PrimaryGuess | None:
    """Return a primary key of several columns: foreign keys, and at most a column that counts."""
    fixed = [link for link in links if not link.nullable and link.parent != table.name]
    others = [c for c in table.columns if all(c not in link.columns for link in links)]
    options = [
        *_junctions(table.name, fixed, others),
        *_lines(table, fixed, others),
        *_owned_ids(others),
    ]
    for columns, why, junction in options:
        whole = all(table.columns[c].nulls == 0 for c in columns)
        if not whole or len(set(columns)) < len(columns) or len(columns) < 2:  # noqa: PLR2004 - a pair
            continue
        if table.sample.duplicated(list(columns)).any():
            continue
        convincing = junction or _chance(table, columns) >= _CONVINCING
        if table.rows >= FEW_ROWS and convincing and counter.unique(table.name, columns):
            return PrimaryGuess(columns, why, 0.85 if junction else 0.75)
    return None


def _junctions(
    table: str, links: Sequence[ForeignGuess], others: Sequence[str]
) -> Iterator[tuple[Key, str, bool]]:
    """Return pairs of foreign keys; a table of hardly anything else joins the two."""
    for first, second in itertools.combinations(links, 2):
        columns = tuple(dict.fromkeys((*first.columns, *second.columns)))
        if first.parent != second.parent or len(links) == 2:  # noqa: PLR2004 - a pair
            plain = len(others) <= 1 and not any(naming.own_key(c, table) for c in others)
            yield columns, "the pair of foreign keys is unique and never null", plain


def _lines(
    table: TableLook, links: Sequence[ForeignGuess], others: Sequence[str]
) -> Iterator[tuple[Key, str, bool]]:
    """Return a foreign key with a column that counts the rows of a parent, or tells their time."""
    for link in links:
        for column in others:
            look, named = table.columns[column], set(naming.words_of(column))
            counts = look.kind in {"int", "text"} and bool(named & vocabulary.LINES)
            tells = look.kind in DATES and bool(named & vocabulary.TIMES)
            if counts or tells:
                yield (*link.columns, column), f"'{column}' differs for each '{link.name}'", False


def _owned_ids(others: Sequence[str]) -> Iterator[tuple[Key, str, bool]]:
    """Return ``(tenant_id, id)``: an id that is unique within another one."""
    plain = [c for c in others if naming.words_of(c) == ("id",)]
    marked = [c for c in others if naming.take_apart(c).marked and c not in plain]
    for column in plain:
        for owner in marked:
            yield (owner, column), f"'{column}' differs for each '{owner}'", False


def _chance(table: TableLook, columns: Key) -> float:
    """Return how many pairs of rows would agree in all columns if these were independent."""
    alike = 1.0
    for column in columns:
        counts = pd.Series(table.sample[column]).value_counts().to_numpy(dtype=float)
        total = counts.sum()
        alike *= float((counts * (counts - 1)).sum() / max(total * (total - 1), 1))
    return table.rows * (table.rows - 1) / 2 * alike
