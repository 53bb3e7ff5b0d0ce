"""Where the schema of a call comes from: the body of the cell, a file, a variable, or a result."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from synthohive_jupyter.dsl.compiler import compile_cell
from synthohive_jupyter.dsl.notations.reading import compile_any
from synthohive_jupyter.errors import CommandError
from synthohive_jupyter.notebook.notices import notices_bundle
from synthohive_jupyter.notebook.result import SyntheticResult
from synthohive_jupyter.privacy.config import PrivacyConfig
from synthohive_jupyter.schema.metadata import Metadata

if TYPE_CHECKING:
    from synthohive_jupyter.dsl.compiler import CompiledCell
    from synthohive_jupyter.notebook.verbs.request import Request

MAX_BYTES = 4_000_000
"""A schema that is longer is none; somebody has named the wrong file."""


def schema_of(request: Request) -> CompiledCell:
    """Return the compiled schema of a call, and show what of it could not be carried over.

    In a cell it is the body, in any notation. On a line the word after the verb names it: a
    variable that holds text, a `Metadata` or a result, or a file.

    Raises:
        CommandError: If there is none.
        SchemaError: If it is wrong.
    """
    cell = _compiled(request)
    if cell.notices and request.display != "none":
        request.publish(notices_bundle("Not carried over", cell.notices))
    return cell


def _compiled(request: Request) -> CompiledCell:
    verb, target = request.options.verb, request.options.target
    if request.body is not None and request.body.strip():
        if target is not None:
            raise CommandError(f"'{verb}' takes its schema from the cell; remove '{target}'")
        return compile_any(request.body)
    if target is None:
        raise CommandError(
            f"'{verb}' needs a schema: write %%synthohive {verb} as the first line of a cell, and "
            f"the tables below it, or name a file: %synthohive {verb} shop.hive"
        )
    value = request.namespace.get(target)
    if isinstance(value, SyntheticResult):
        return _described(value.schema, value.run.synthesizer.orchestrator.privacy)
    if isinstance(value, Metadata):
        return _described(value, PrivacyConfig())
    if isinstance(value, str):
        return compile_any(value, first_line=1)
    return compile_any(_text_of(target, known=target in request.namespace), first_line=1)


def _described(metadata: Metadata, privacy: PrivacyConfig) -> CompiledCell:
    """Return the cell that describes the same."""
    from synthohive_jupyter.dsl.describe import describe, unsaid
    from synthohive_jupyter.dsl.render import render

    try:
        text = render(describe(metadata, privacy))
    except ValueError as error:
        raise CommandError(f"this cannot be written as a cell: {error}") from None
    return replace(compile_cell(text, first_line=1), notices=unsaid(metadata, privacy))


def _text_of(target: str, *, known: bool) -> str:
    path = Path(target).expanduser()
    if not path.is_file():
        what = "no schema is in" if known else "no file or variable is called"
        raise CommandError(f"{what} '{target}'")
    if path.stat().st_size > MAX_BYTES:
        raise CommandError(f"'{target}' is too long for a schema")
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise CommandError(f"'{target}' cannot be read as text ({type(error).__name__})") from None
