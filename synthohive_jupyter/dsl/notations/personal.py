"""Columns that are called like personal data: SQL and DBML cannot mark them, so they are told."""

from __future__ import annotations

from typing import TYPE_CHECKING

from synthohive_jupyter.dsl.ast import Column, Pii, Target, Word
from synthohive_jupyter.privacy.providers import infer_provider
from synthohive_jupyter.schema.tables import COLUMN_TYPES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from synthohive_jupyter.dsl.ast import CellProgram

_TELLING = frozenset(
    {
        "email", "phone_number", "first_name", "last_name", "ssn", "iban", "credit_card_number",
        "passport_number", "street_address", "user_name",
    }
)  # fmt: skip
"""What says who somebody is; a ``name`` or a ``city`` may be that of a product or a shop."""

_TEXTS = frozenset({"text", "cat"})
_LISTED = 8


def personal_notice(program: CellProgram, example: str) -> list[str]:
    """Return a sentence about columns that may be personal data and are not marked, if there are.

    Args:
        program: What was read.
        example: How such a column is marked in its notation.

    >>> from synthohive_jupyter.dsl.parser import parse
    >>> personal_notice(parse("users: id pk, email, phone pii, age int"), "…")
    ['these may be personal data and would be learnt as they are: users.email; mark them with …']
    """
    found = list(_suspects(program))
    if not found:
        return []
    listing = ", ".join(found[:_LISTED]) + (", …" if len(found) > _LISTED else "")
    said = "these may be personal data and would be learnt as they are"
    return [f"{said}: {listing}; mark them with {example}"]


def _suspects(program: CellProgram) -> Iterator[str]:
    for table in program.tables:
        for column in table.entries:
            if isinstance(column, Column) and _suspect(column):
                yield f"{table.name.text}.{column.name.text}"


def _suspect(column: Column) -> bool:
    """Return whether a column of texts is called so, and nothing is said of it."""
    words = {item.text for item in column.items if isinstance(item, Word)}
    settled = "pk" in words or any(isinstance(item, (Pii, Target)) for item in column.items)
    texts = words.intersection(COLUMN_TYPES) <= _TEXTS
    return not settled and texts and infer_provider(column.name.text) in _TELLING
