"""Guesses at types, ranges and sets of columns that are no keys."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from synthohive_jupyter.engine.discovery import vocabulary
from synthohive_jupyter.engine.discovery.looks import DATES, NUMBERS
from synthohive_jupyter.io.frames import count_values
from synthohive_jupyter.io.glance import projected
from synthohive_jupyter.privacy.providers import tokens
from synthohive_jupyter.schema.tables import Constraint
from synthohive_jupyter.tabular.codecs import RARE
from synthohive_jupyter.tabular.temporal import iso_format_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import pandas as pd

    from synthohive_jupyter.engine.discovery.looks import ColumnLook, TableLook

MOST_LEVELS = 6
"""Levels of a set at most; a longer list is a vocabulary and no rule."""

_LEVEL_SHARE = 0.01
_LONGEST_LEVEL = 20
_LEVEL_DIGITS = 2
"""Digits in a level at most: longer numbers may be somebody's."""
_RULE_ROWS = 30
"""Rows from which a range that always holds may be a rule."""
_MANY_LEVELS = 50
_TEXT_SHARE = 0.5
"""Share of rows whose value few rows have from which a column is text."""
_OLDEST = 120


@dataclass(frozen=True, slots=True)
class ColumnGuess:
    """What is guessed of a column: a constraint, whether it has many levels, and remarks."""

    constraint: Constraint
    high: bool = False
    rule: str = ""
    remark: str = ""


def guess_kind(column: ColumnLook, table: TableLook, families: Sequence[str]) -> ColumnGuess:
    """Return what a column holds.

    Args:
        column: The column.
        table: Its table.
        families: A foreign key of the table whose rows belong together, or nothing: a level of a
            set must be shared by several families, so that it tells of no one of them.
    """
    if not column.filled:
        return ColumnGuess(Constraint())
    if column.kind in {"bool", *DATES}:
        return ColumnGuess(Constraint(dtype=column.kind))
    if column.kind in NUMBERS:
        return _number(column)
    if column.kind == "text":
        return _text(column, table, families)
    return ColumnGuess(Constraint(), remark="holds mixed or nested values")


def _number(column: ColumnLook) -> ColumnGuess:
    words, extent = set(tokens(column.name)), column.extent
    whole = column.kind == "int"
    if extent is None:
        return ColumnGuess(Constraint(dtype="float"))
    if whole and extent.low == 0 and extent.high == 1 and words & vocabulary.FLAGS:
        return ColumnGuess(Constraint(dtype="bool"))
    low, high, rule = _range(words, extent.low, extent.high, whole=whole, rows=column.filled)
    return ColumnGuess(Constraint("int" if whole else "float", low, high), rule=rule)


def _range(
    words: set[str], low: float, high: float, *, whole: bool, rows: int
) -> tuple[int | None, int | None, str]:
    """Return the bounds of a rule that holds in all rows; never an extreme value of the data."""
    if rows >= _RULE_ROWS:
        for least, most, why in _rules(words, high, whole=whole):
            if low >= least and (most is None or high <= most):
                return least, most, why
    return None, None, ""


def _rules(words: set[str], high: float, *, whole: bool) -> Iterator[tuple[int, int | None, str]]:
    """Return the rules that a name suggests, the narrowest first."""
    if words & vocabulary.SHARES and not whole:
        yield 0, 1, "a share"
    for word in sorted(words & vocabulary.FIXED.keys()):
        yield *vocabulary.FIXED[word], f"the scale of '{word}'"
    for word in sorted(words & vocabulary.SCALES.keys()):
        fitting = [end for end in vocabulary.SCALES[word] if high <= end <= 2 * high]
        for least in (1, 0) if whole and fitting else ():
            yield least, fitting[0], f"the scale of '{word}'"
    if words & vocabulary.AGES:
        yield 0, _OLDEST, "an age"
    if words & vocabulary.FROM_ONE and whole:
        yield 1, None, "a number of pieces"
    if words & vocabulary.FROM_ZERO:
        yield 0, None, "never negative, as its name says"


def _text(column: ColumnLook, table: TableLook, families: Sequence[str]) -> ColumnGuess:
    texts = column.known.astype(object)
    form = iso_format_of(texts.to_numpy()) if all(isinstance(t, str) for t in texts) else None
    if form is not None:
        dtype = "date" if form == "date" else "datetime"
        return ColumnGuess(Constraint(dtype=dtype))
    if _is_dated(column):
        return ColumnGuess(
            Constraint(dtype="cat" if column.distinct <= _MANY_LEVELS else "text"),
            remark="dates as text in a form of their own: convert them with pandas.to_datetime",
        )
    counts = texts.value_counts()
    rare = float(counts[counts < RARE].sum()) / max(len(texts), 1)
    if rare > _TEXT_SHARE and len(counts) > RARE:
        return ColumnGuess(Constraint(dtype="text"))
    guess = ColumnGuess(Constraint(dtype="cat"), high=len(counts) > _MANY_LEVELS)
    levels = _levels(column, counts, table, families)
    if levels is None:
        return guess
    return replace(
        guess, constraint=Constraint(dtype="cat", values=levels), rule="few frequent levels"
    )


def _is_dated(column: ColumnLook) -> bool:
    some = column.known.astype(str).head(50)
    return bool(len(some)) and bool(
        some.str.fullmatch(
            r"\d{1,2}[./-]\d{1,2}[./-]\d{2,4}(?: .*)?|\d{4}[-/]\d\d?[-/]\d\d?.*"
        ).all()
    )


def _levels(
    column: ColumnLook, counts: pd.Series[int], table: TableLook, families: Sequence[str]
) -> tuple[str, ...] | None:
    """Return the levels of a column where they are few, short, and shared by many rows each."""
    least = max(RARE, _LEVEL_SHARE * len(column.known))
    names = [str(level) for level in counts.index]
    wrong = not 2 <= len(names) <= MOST_LEVELS or counts.min() < least  # noqa: PLR2004 - a choice
    if wrong or any(not _is_level(name) for name in names):
        return None
    if families:
        rows = table.sample[[column.name, *families]].dropna().drop_duplicates()
        if rows[column.name].value_counts().reindex(counts.index, fill_value=0).min() < RARE:
            return None
    if len(table.sample) < table.rows:
        if column.name == "count":  # the name that the counts have
            return None
        every = count_values(projected(table.frame, [column.name]), column.name)
        if set(every[column.name].astype(str)) != set(names):
            return None
    return tuple(sorted(names))


def _is_level(text: str) -> bool:
    """Return whether a text can stand in a set: a short word or two, in one line, no number."""
    digits = sum(c.isdigit() for c in text)
    short = 0 < len(text) <= _LONGEST_LEVEL and text == text.strip() and text.isprintable()
    return short and digits <= _LEVEL_DIGITS
