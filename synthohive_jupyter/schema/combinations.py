"""What can be wrong with the fixed combinations of a table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from synthohive_jupyter.errors import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator

    from synthohive_jupyter.schema.tables import Key, TableConfig

_TWO = 2


def combination_problems(table: TableConfig) -> Iterator[Problem]:
    """Return what is wrong with the combinations of a table, each at its column."""
    seen: dict[str, Key] = {}
    for group in table.combinations:
        locus = (table.name, "together", ", ".join(group))
        if len(group) < _TWO:
            yield Problem(
                "a combination needs at least two columns",
                hint="name the columns that only occur together: city, country",
                locus=locus,
            )
        for place, column in enumerate(group):
            here = (*locus, column)
            if column in group[:place]:
                yield Problem(
                    f"'{column}' stands twice in the combination", hint="remove one", locus=here
                )
            elif column in seen:
                yield Problem(
                    f"'{column}' is in two combinations",
                    hint="make one of both, or remove it from one",
                    locus=here,
                )
            elif wrong := _misfit(table, column):
                yield Problem(*wrong, locus=here)
        seen |= dict.fromkeys(group, group)
    yield from _checks(table, seen)


def _misfit(table: TableConfig, column: str) -> tuple[str, str] | None:
    """Return why a column cannot be part of a combination, and what to do."""
    place = f"'{table.name}.{column}'"
    keys = {name for key in table.foreign_keys for name in key.columns} | set(table.primary_key)
    if column in keys:
        return f"{place} is a key and cannot be part of a combination", "remove it"
    if column in table.pii_cols:
        return f"{place} is personal data and cannot be part of a combination", "remove it"
    if column in table.constraints and table.constraints[column].unique:
        return f"{place} is unique, so no combination with it occurs twice", "remove one of both"
    return None


def _checks(table: TableConfig, groups: dict[str, Key]) -> Iterator[Problem]:
    """Report checks that would have to change a value inside a combination."""
    for first, second in table.checks:
        group = groups.get(second)
        if group is not None and first not in group:
            yield Problem(
                f"'{second}' is part of a combination, and '{first} <= {second}' could not hold in "
                "every row",
                hint=f"add '{first}' to the combination, or remove the check",
                locus=(table.name, "check", f"{first} <= {second}"),
            )
