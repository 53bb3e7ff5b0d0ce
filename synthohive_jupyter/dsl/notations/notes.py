"""What another notation has no words for: kept in its comments and notes, and read back from them.

A note is ``synthohive:`` and then compact notation: ``synthohive: pii(fake:email)`` at a column,
``synthohive: @linkage negbinom`` in a table.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from synthohive_jupyter.dsl.ast import Word
from synthohive_jupyter.dsl.columns import WORDS
from synthohive_jupyter.dsl.notations.drafts import part_of
from synthohive_jupyter.dsl.notations.fragments import Piece, read_items, read_property
from synthohive_jupyter.errors import Problem, SchemaError
from synthohive_jupyter.schema.suggestions import suggest

if TYPE_CHECKING:
    from synthohive_jupyter.dsl.notations.drafts import DraftColumn, DraftTable
    from synthohive_jupyter.dsl.problems import Source

MARK = "synthohive:"


def read_column_note(
    piece: Piece, column: DraftColumn, source: Source, problems: list[Problem]
) -> None:
    """Take over what a note says of a column; it counts more than what the notation itself says."""
    try:
        items = read_items(piece, source)
    except SchemaError as error:
        problems += error.problems
        return
    for item in items:
        if isinstance(item, Word) and item.text not in WORDS:
            message, hint = f"unknown word '{item.text}' in a note", suggest(item.text, WORDS)
            problems.append(source.problem(item.span, message, hint))
        else:
            column.put(item)
            column.noted.add(part_of(item))


def read_table_note(
    piece: Piece, table: DraftTable, source: Source, problems: list[Problem]
) -> None:
    """Take over a property that a note holds."""
    try:
        table.properties.append(read_property(piece, source))
    except SchemaError as error:
        problems += error.problems
