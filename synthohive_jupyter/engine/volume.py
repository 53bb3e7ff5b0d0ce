"""How many rows a generation makes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from synthohive_jupyter.errors import Problem, SchemaError
from synthohive_jupyter.schema.suggestions import suggest

if TYPE_CHECKING:
    from synthohive_jupyter.engine.record import Fitted

DEFAULT_ROWS = 1000
"""Rows of a root that no count names."""


def wanted_rows(
    fitted: Fitted, wanted: int | Mapping[str, int] | None, scale: float | None
) -> dict[str, int]:
    """Return the number of rows of each root, and of the children that are named.

    Args:
        fitted: The database.
        wanted: Rows of every root, or table name to rows; of a child it is the exact total.
        scale: Rows relative to the real data, for the roots that ``wanted`` does not name.

    Raises:
        SchemaError: If a count is given for a table that is unknown, kept or not fitted.
        ValueError: If a count or the scale is negative or no number.
    """
    steps = {step.table: step for step in fitted.plan.steps if step.table in fitted.learnt}
    roots = [name for name, step in steps.items() if step.role == "root"]
    countable = [name for name, step in steps.items() if step.role != "kept"]
    if scale is not None and not 0 <= scale < float("inf"):
        raise ValueError(f"scale is a number from 0, not {scale!r}")
    named = dict(wanted) if isinstance(wanted, Mapping) else dict.fromkeys(roots, wanted)
    if problems := [
        _uncountable(name, steps, countable) for name in named if name not in countable
    ]:
        raise SchemaError(problems)
    result = {}
    for name in [*roots, *(n for n in named if n not in roots)]:
        number = named.get(name)
        if number is None and name not in roots:
            continue
        if number is None:
            real = fitted.learnt[name].record.rows
            number = DEFAULT_ROWS if scale is None else round(real * scale)
        if isinstance(number, bool) or number != int(number) or number < 0:
            raise ValueError(f"rows of '{name}' are a whole number from 0, not {number!r}")
        result[name] = int(number)
    return result


def _uncountable(name: str, steps: Mapping[str, object], countable: list[str]) -> Problem:
    if name in steps:
        return Problem(
            f"rows are given for '{name}', which is kept as it is",
            hint="leave its number out",
            locus=(name, "table"),
        )
    return Problem(
        f"rows are given for '{name}', which is not a fitted table",
        hint=suggest(name, countable) or f"tables: {', '.join(countable) or 'none'}",
        locus=(name, "table"),
    )
