"""Guesses at rules: which column is smaller, what orders siblings, which key drives."""

from __future__ import annotations

import itertools
import math
from typing import TYPE_CHECKING

from synthohive_jupyter.engine.discovery import naming, vocabulary
from synthohive_jupyter.engine.discovery.looks import DATES, NUMBERS
from synthohive_jupyter.io.glance import rows_above

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from synthohive_jupyter.engine.discovery.looks import ColumnLook, TableLook
    from synthohive_jupyter.engine.discovery.records import ForeignGuess

LEAST_ROWS = 50
"""Rows with both values from which a comparison that always holds may be a rule."""

_YEARS = (1800, 2200)
_MOSTLY = 0.95


def always_smaller(table: TableLook, barred: Collection[str]) -> list[tuple[str, str, str]]:
    """Return pairs of columns with ``a <= b`` in all rows, and why; names have to suggest it."""
    pairs = list(_pairs(table, barred))
    found = []
    counts = rows_above(table.frame, [(first, second) for first, second, _ in pairs])
    for (first, second, why), (both, above) in zip(pairs, counts, strict=True):
        if both >= LEAST_ROWS and not above:
            found.append((first, second, f"{why}; it holds in all rows with both"))
    return found


def _pairs(table: TableLook, barred: Collection[str]) -> Iterator[tuple[str, str, str]]:
    columns = [c for c in table.columns.values() if c.name not in barred]
    for first, second in itertools.permutations(columns, 2):
        if first.dtype != second.dtype or first.filled < LEAST_ROWS:
            continue
        a, b = naming.words_of(first.name), naming.words_of(second.name)
        if {first.kind, second.kind} <= DATES and _is_before(set(a), set(b)):
            yield first.name, second.name, "the names say before and after"
        elif {first.kind, second.kind} <= NUMBERS and _beside(a, b):
            yield first.name, second.name, "the names say less and more"


def _is_before(first: set[str], second: set[str]) -> bool:
    early, late = vocabulary.EARLY, vocabulary.LATE
    return bool(first & early) and bool(second & late) and not first & late


def _beside(first: Sequence[str], second: Sequence[str]) -> bool:
    """Return whether two names differ by a pair of words like ``min`` and ``max`` alone."""
    mine, theirs = set(first) - set(second), set(second) - set(first)
    return len(mine) == len(theirs) == 1 and (*mine, *theirs) in vocabulary.BESIDE


def order_of(
    table: TableLook, links: Sequence[ForeignGuess], barred: Collection[str]
) -> tuple[str, str] | None:
    """Return the column that orders the rows of one parent, and why."""
    if not links:
        return None
    dates = [c for c in table.columns.values() if c.kind in DATES and c.name not in barred]
    full = [c for c in dates if c.filled >= _MOSTLY * c.rows and c.distinct > 1]
    if full:
        return max(full, key=_tells_time).name, "a time in every row"
    years = [c for c in table.columns.values() if _is_year(c) and c.name not in barred]
    if years:
        return years[0].name, "a year in every row"
    return None


def _tells_time(column: ColumnLook) -> tuple[int, int]:
    """Return how well a column tells when a row began: by its name, then by its values."""
    words = naming.words_of(column.name)
    early = bool(set(words) & vocabulary.EARLY) - bool(set(words) & vocabulary.LATE)
    return early + bool(set(words) & vocabulary.STARTS), column.distinct


def _is_year(column: ColumnLook) -> bool:
    named = vocabulary.YEARS & set(naming.words_of(column.name))
    if not named or column.kind != "int" or column.extent is None or column.nulls:
        return False
    return _YEARS[0] <= column.extent.low < column.extent.high <= _YEARS[1]


def driver_of(
    table: TableLook, links: Sequence[ForeignGuess], tables: Mapping[str, TableLook]
) -> tuple[ForeignGuess, str] | None:
    """Return the foreign key that should drive a table with several, and why.

    Rows belong to the parent whose name the table bears (``order_items``: an order), else to the
    one with the most rows, whose families are the smallest.
    """
    outer = [link for link in links if link.parent != table.name]
    if len(outer) < 2:  # noqa: PLR2004 - a choice
        return None
    best = max(outer, key=lambda link: _drives(link, table, tables))
    if _bears(table.name, best.parent):
        return best, "the table bears its name"
    return best, "it has the most parents"


def _drives(link: ForeignGuess, table: TableLook, tables: Mapping[str, TableLook]) -> float:
    nulls = max(table.columns[c].nulls for c in link.columns) / max(table.rows, 1)
    size = math.log10(max(tables[link.parent].rows, 1))
    return size + 3 * _bears(table.name, link.parent) - 4 * nulls


def _bears(table: str, parent: str) -> bool:
    mine, above = naming.table_words(table), naming.table_words(parent)
    return len(mine) > len(above) and naming.same(mine[: len(above)], above)
