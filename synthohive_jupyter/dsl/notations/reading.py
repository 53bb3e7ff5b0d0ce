"""A text in whatever notation to a compiled description."""

from __future__ import annotations

from typing import TYPE_CHECKING

from synthohive_jupyter.dsl.compiler import CompiledCell, compile_cell, compile_program
from synthohive_jupyter.dsl.notations.detect import notation_of
from synthohive_jupyter.dsl.notations.hints import in_words_of
from synthohive_jupyter.dsl.problems import Source

if TYPE_CHECKING:
    from collections.abc import Mapping

    from synthohive_jupyter.schema.facts import TableFacts


def compile_any(
    text: str, *, first_line: int = 2, facts: Mapping[str, TableFacts] | None = None
) -> CompiledCell:
    r"""Read a text and check all that it says; its first token tells the notation.

    Args:
        text: The text, without the ``%%synthohive`` line.
        first_line: Line of the cell on which ``text`` begins.
        facts: Facts of the data, if they are known already.

    Raises:
        SchemaError: With the first place that cannot be read, or all problems that were found.

    >>> compile_any("tables:\n  users:\n    columns:\n      id: pk\n      age: int[0..99]").metadata
    Metadata(users)
    >>> cell = compile_any("CREATE TABLE users (id INT PRIMARY KEY, age INT CHECK (age > 0))")
    >>> cell.metadata.tables["users"].constraints["age"]
    Constraint(dtype='int', min=1, max=None, values=None, unique=False)
    """
    notation = notation_of(text)
    if notation == "compact":
        return compile_cell(text, first_line=first_line, facts=facts)
    source = Source(text, first_line, reword=in_words_of(notation))
    match notation:
        case "yaml":
            from synthohive_jupyter.dsl.notations.yaml_reader import parse_yaml as read
        case "sql":
            from synthohive_jupyter.dsl.notations.sql_reader import parse_sql as read
        case "dbml":
            from synthohive_jupyter.dsl.notations.dbml_reader import parse_dbml as read
        case _:
            from synthohive_jupyter.dsl.notations.sdv_reader import parse_sdv as read
    draft = read(source)
    return compile_program(
        text, source, draft.program, notices=draft.notices, problems=draft.problems, facts=facts
    )
