"""A program to text in any notation, with what is said of the way it was written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from synthohive_jupyter.dsl.notations.notes import MARK
from synthohive_jupyter.dsl.render import render

if TYPE_CHECKING:
    from synthohive_jupyter.dsl.ast import CellProgram

NOTATIONS = ("compact", "yaml", "sql", "dbml", "mermaid")
"""What a program can be written as."""


@dataclass(frozen=True, slots=True)
class Written:
    """A text, and what to know of it.

    Attributes:
        text: The text; it ends with a line end.
        notices: What the notation has no words for, one sentence each.
    """

    text: str
    notices: tuple[str, ...] = ()


def write(program: CellProgram, notation: str) -> Written:
    """Return a sound program in another notation.

    Args:
        program: What to write; it has been compiled before.
        notation: One of `NOTATIONS`.

    Raises:
        ValueError: If a name holds a line break, or there is no such notation.

    >>> from synthohive_jupyter.dsl.parser import parse
    >>> write(parse("users: id pk, s cat"), "sql").notices
    ('1 setting is in comments (synthohive: …), which are read back here and nowhere else',)
    """
    compact = render(program)
    match notation:
        case "compact":
            return Written(compact)
        case "yaml":
            from synthohive_jupyter.dsl.notations.yaml_writer import write_yaml

            return Written(write_yaml(program))
        case "sql":
            from synthohive_jupyter.dsl.notations.sql_writer import write_sql

            return _noted(write_sql(program), "comments")
        case "dbml":
            from synthohive_jupyter.dsl.notations.dbml_writer import write_dbml

            return _noted(write_dbml(program), "notes")
        case "mermaid":
            from synthohive_jupyter.dsl.compiler import compile_cell
            from synthohive_jupyter.dsl.notations.mermaid import er_diagram

            text = er_diagram(compile_cell(compact).metadata, columns=True)
            return Written(text, ("a diagram holds tables, columns, types and keys, nothing else",))
    raise ValueError(f"no notation is called {notation!r}; there are {', '.join(NOTATIONS)}")


def _noted(text: str, place: str) -> Written:
    """Return a text with a word about the notes in it."""
    number = text.count(MARK)
    if not number:
        return Written(text)
    settings, them = ("setting is", "which are") if number == 1 else ("settings are", "which are")
    notice = f"{number} {settings} in {place} ({MARK} …), {them} read back here and nowhere else"
    return Written(text, (notice,))
