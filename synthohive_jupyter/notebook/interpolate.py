"""``{{name}}`` in a cell: the text of a Python variable, strictly."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from synthohive_jupyter.errors import Problem, SchemaError
from synthohive_jupyter.schema.suggestions import suggest

if TYPE_CHECKING:
    from collections.abc import Mapping

_FIELD = re.compile(r"\{\{[ \t]*(?P<name>.*?)[ \t]*\}\}")

_SHELLS = {"__name__", "__doc__", "_i", "_ii", "_iii"}
"""Text that IPython itself keeps among the variables."""

INSERTABLE = (str, int, float)


def interpolate(text: str, namespace: Mapping[str, Any], *, line: int, prefix: str = "") -> str:
    """Return ``text`` with every ``{{name}}`` replaced by the variable of that name.

    Args:
        text: Part of a cell.
        namespace: Variables of the notebook; text and numbers can be inserted.
        line: Line of the cell on which ``text`` begins, for errors.
        prefix: What stands before ``text`` on that line.

    Raises:
        SchemaError: With all names that are unknown or hold something else, at their positions.

    >>> interpolate("int[0..{{limit}}]", {"limit": 9}, line=2)
    'int[0..9]'
    """
    problems: list[Problem] = []

    def insert(match: re.Match[str]) -> str:
        wrong = _problem(match["name"], namespace)
        if wrong is None:
            return str(namespace[match["name"]])
        problems.append(_place(wrong, match, line, prefix))
        return match[0]

    filled = _FIELD.sub(insert, text)
    if problems:
        # The language shows problems with carets; imported here so that loading stays quick.
        from synthohive_jupyter.dsl.problems import render_problems

        raise SchemaError(problems, rendered=render_problems(problems))
    return filled


def _problem(name: str, namespace: Mapping[str, Any]) -> Problem | None:
    if not name.isidentifier():
        return Problem(f"'{{{{{name}}}}}' is not the name of a variable")
    if name not in namespace:
        known = [n for n, v in namespace.items() if n not in _SHELLS and isinstance(v, INSERTABLE)]
        return Problem(f"no variable is called '{name}'", hint=suggest(name, known))
    if not isinstance(namespace[name], INSERTABLE):
        kind = type(namespace[name]).__name__
        return Problem(f"'{name}' is a {kind}; only text and numbers can be inserted")
    return None


def _place(problem: Problem, match: re.Match[str], first: int, prefix: str) -> Problem:
    before = match.string[: match.start()]
    row = before.count("\n")
    column = len(before) - (before.rfind("\n") + 1)
    source = match.string.split("\n")[row]
    if row == 0:
        column, source = column + len(prefix), prefix + source
    return problem.at(first + row, column + 1, len(match[0]), source)
