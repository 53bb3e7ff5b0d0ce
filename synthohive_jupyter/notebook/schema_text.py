"""Where the schema of a call comes from: the body of the cell, a file, a variable, or a result."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from synthohive_jupyter.dsl.compiler import compile_cell
from synthohive_jupyter.errors import CommandError

if TYPE_CHECKING:
    from synthohive_jupyter.dsl.compiler import CompiledCell
    from synthohive_jupyter.notebook.verbs.request import Request

MAX_BYTES = 4_000_000
"""A schema that is longer is none; somebody has named the wrong file."""


def schema_of(request: Request) -> CompiledCell:
    """Return the compiled schema of a call.

    In a cell it is the body. On a line the word after the verb names it: a variable that holds
    text, or a file.

    Raises:
        CommandError: If there is none.
        SchemaError: If it is wrong.
    """
    verb, target = request.options.verb, request.options.target
    if request.body is not None and request.body.strip():
        if target is not None:
            raise CommandError(f"'{verb}' takes its schema from the cell; remove '{target}'")
        return compile_cell(request.body)
    if target is None:
        raise CommandError(
            f"'{verb}' needs a schema: write %%synthohive {verb} as the first line of a cell, and "
            f"the tables below it, or name a file: %synthohive {verb} shop.hive"
        )
    value = request.namespace.get(target)
    if isinstance(value, str):
        return compile_cell(value, first_line=1)
    return compile_cell(_file(target, value), first_line=1)


def _file(target: str, value: Any) -> str:  # noqa: ANN401 - whatever a variable holds
    path = Path(target).expanduser()
    if not path.is_file():
        what = "no file or variable is called" if value is None else "no schema is in"
        raise CommandError(f"{what} '{target}'")
    if path.stat().st_size > MAX_BYTES:
        raise CommandError(f"'{target}' is too long for a schema")
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise CommandError(f"'{target}' cannot be read as text ({type(error).__name__})") from None
