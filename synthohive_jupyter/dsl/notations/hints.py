"""Hints are in the words of the compact notation: here they are put into those of the others."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from synthohive_jupyter.dsl.notations.notes import MARK

if TYPE_CHECKING:
    from collections.abc import Callable

    from synthohive_jupyter.dsl.notations.detect import Notation

_NULLS = {"sql": "NOT NULL", "dbml": "'not null'"}
_NOTES = {
    "sql": f"write it in a comment inside of the table: -- {MARK} @…",
    "dbml": f"write it in a note of the table: Note: '{MARK} @…'",
    "sdv": "%synthohive convert --to compact writes the notation that has it",
}
_NULLABLE = re.compile(r"write '([^']+)\?'( to [^,]+)?")
_REQUIRED = re.compile(r"write '([^']+)' without '\?'")


def in_words_of(notation: Notation) -> Callable[[str], str]:
    """Return what puts a hint into the words of a notation; twice is as good as once.

    >>> in_words_of("sql")("write 'users.id?' to allow nulls, or drop these rows")
    'remove NOT NULL from the key to users.id to allow nulls, or drop these rows'
    >>> in_words_of("yaml")("take another driver with @driver")
    'take another driver with driver:'
    """
    if notation == "yaml":
        return lambda hint: re.sub(r"@([a-z]+)", r"\1:", hint)
    note, null = _NOTES.get(notation), _NULLS.get(notation)

    def put(hint: str) -> str:
        if null is not None:
            hint = _REQUIRED.sub(rf"give the key to \1 {null}", hint)
            hint = _NULLABLE.sub(rf"remove {null} from the key to \1\2", hint)
        if note is not None and re.search(r"@[a-z]", hint) and note not in hint:
            hint = f"{hint} ({note})"
        return hint

    return put
