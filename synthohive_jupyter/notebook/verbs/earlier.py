"""The earlier result that a line names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from synthohive_jupyter.errors import CommandError
from synthohive_jupyter.notebook.data import is_frame
from synthohive_jupyter.notebook.result import SyntheticResult
from synthohive_jupyter.schema.suggestions import suggest

if TYPE_CHECKING:
    from synthohive_jupyter.notebook.verbs.request import Request


def earlier_result(request: Request) -> SyntheticResult:
    """Return the result of the name after the verb.

    Raises:
        CommandError: If no name is given, or it is not that of a result.
    """
    verb, name, namespace = request.options.verb, request.options.target, request.namespace
    results = [n for n, value in namespace.items() if isinstance(value, SyntheticResult)]
    known = [n for n in results if not n.startswith("_")]
    listing = f"results here: {', '.join(known)}" if known else "fit one first, with -o NAME"
    if name is None:
        raise CommandError(f"'{verb}' needs the name of a result ({listing})")
    if name not in namespace:
        raise CommandError(f"no variable is called '{name}' ({suggest(name, known) or listing})")
    value = namespace[name]
    if not isinstance(value, SyntheticResult):
        kind = "DataFrame" if is_frame(value) else type(value).__name__
        raise CommandError(f"'{name}' is a {kind}, not a result of %%synthohive ({listing})")
    return value
