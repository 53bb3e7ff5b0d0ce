"""A database in which every name and every text value is hostile, and its cell.

Every string of `tests.hostile` that a cell can say is a name in it, and most are values.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from tests.hostile import GROUPS, HOSTILE, ONE_LINE

TABLES = 10
ROWS = 40
LINKABLE = tuple(name for name in ONE_LINE if not set(name) & set(".()"))
"""Foreign keys can point to these: a dot would end the name of the table."""
PARENTS, KEYS = LINKABLE[:TABLES], LINKABLE[TABLES : 2 * TABLES]
OTHERS = tuple(name for name in ONE_LINE if name not in PARENTS + KEYS)
ROOTS, COLUMNS = OTHERS[:TABLES], OTHERS[TABLES:]
"""Tables that nothing points to; the columns of all tables, dealt out in turn."""

VALUES = tuple(text for text in HOSTILE if text not in GROUPS["broken"])
"""Lone surrogates are no text: Arrow and files refuse them."""


def quoted(name):
    return '"' + name.replace('"', '""') + '"'


def frames():
    """Return ten tables, each the child of the one before, and ten roots."""
    linked = {name: _frame(place, KEYS[place]) for place, name in enumerate(PARENTS)}
    roots = {name: _frame(TABLES + place, "id") for place, name in enumerate(ROOTS)}
    return linked | roots


def _frame(place, key):
    columns = {key: np.arange(ROWS)}
    if 0 < place < TABLES:
        columns["parent"] = np.arange(ROWS) // 2
    for number, name in enumerate(_columns(place)):
        # Two values a column, so that each is frequent enough to reach the synthetic table.
        first = 2 * (place * len(_columns(place)) + number)
        texts = [VALUES[(first + row % 2) % len(VALUES)] for row in range(ROWS)]
        columns[name] = texts if number % 3 else np.arange(ROWS) * 1.5 + number
    return pd.DataFrame(columns)


def _columns(place):
    return COLUMNS[place :: 2 * TABLES]


def cell():
    """Return the description of the tables."""
    lines = []
    for place, name in enumerate(PARENTS + ROOTS):
        entries = [f"{quoted(KEYS[place]) if place < TABLES else 'id'} pk"]
        if 0 < place < TABLES:
            entries.append(f"parent -> {quoted(PARENTS[place - 1])}.{quoted(KEYS[place - 1])}")
        entries += [
            f"{quoted(column)} {'cat' if number % 3 else 'float'}"
            for number, column in enumerate(_columns(place))
        ]
        lines.append(f"{quoted(name)}: " + ", ".join(entries))
    return "\n".join(lines)
