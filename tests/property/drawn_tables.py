"""The tables of a random database while they are made: their keys, their rows, their frames."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from synthohive_jupyter.schema.metadata import key_name
from tests.property.key_values import (
    FIRST_DAY,
    INTEGERS,
    key_column,
    key_values,
    line_values,
    nobody,
)


@dataclass(eq=False)
class Link:
    """A foreign key: where its columns stand and what they point to."""

    columns: tuple[str, ...]
    parent: Table
    targets: tuple[str, ...]
    nullable: bool
    own: bool = False

    @property
    def name(self):
        return key_name(self.columns)

    def known(self):
        """Return the keys of the parent, in the order of the columns."""
        at = [self.parent.pk.index(c) for c in self.targets]
        return [tuple(row[self.parent.pk[i]] for i in at) for row in self.parent.rows]


@dataclass(eq=False, repr=False)
class Table:
    """A table while it is being made."""

    name: str
    keep: bool = False
    depth: int = 1
    pk: tuple[str, ...] = ()
    links: list[Link] = field(default_factory=list)
    kinds: dict[str, str] = field(default_factory=dict)
    origins: dict[str, tuple[str, str]] = field(default_factory=dict)
    rows: list[dict] = field(default_factory=list)
    line: str | None = None
    values: dict[str, str] = field(default_factory=dict)
    floats: bool = False

    def __repr__(self):
        return f"Table({self.name})"

    @property
    def structural(self):
        return [link for link in self.links if not link.parent.keep]

    @property
    def root(self):
        return not any(link.parent is not self for link in self.structural)


def fill(table, wanted, rng, *, orphans):
    """Make the rows: parents at random, then what makes the primary key unique."""
    known = {link.columns: link.known() for link in table.links}
    shares = {
        link.columns: float(rng.choice([0.0, 0.3, 1.0], p=[0.3, 0.6, 0.1])) for link in table.links
    }
    crowd = rng.random() < 0.3  # many children of few parents
    for _ in range(wanted):
        row = {}
        for link in table.links:
            parents = known[link.columns]
            some = parents[: max(len(parents) // 3, 1)] if crowd else parents
            if not point(row, link, some, rng, share=shares[link.columns], orphans=orphans):
                break
        else:
            table.rows.append(row)
    own = [c for c in table.pk if c not in row_columns(table)]
    if table.line is not None:
        _number(table)
    elif own:
        values = {c: key_values(table.kinds[c], len(table.rows), rng) for c in own}
        if len(own) == 2:  # neither column is unique by itself
            values[own[0]] = _repeated(values[own[0]])
        for place, row in enumerate(table.rows):
            row |= {c: values[c][place] for c in own}
    else:
        seen = {tuple(row[c] for c in table.pk): row for row in table.rows}
        table.rows = list(seen.values()) if table.pk else table.rows


def row_columns(table):
    """Return the columns of the foreign keys of a table, each once, in their order."""
    return list(dict.fromkeys(c for link in table.links for c in link.columns))


def _repeated(values):
    return [values[i // 2] for i in range(len(values))]


def _number(table):
    others = [c for c in table.pk if c != table.line]
    lines = line_values(table.kinds[table.line], len(table.rows))
    used = {}
    for row in table.rows:
        group = tuple(row[c] for c in others)
        row[table.line] = lines[used.get(group, 0)]
        used[group] = used.get(group, 0) + 1


def point(row, link, candidates, rng, *, share, orphans):
    """Let a row point to one of the candidates; return whether it could.

    Columns that another key has filled stay as they are. A null key is null in one column that is
    free, or in all of them (SQL's MATCH SIMPLE: one null is enough).
    """
    fixed = {c: row[c] for c in link.columns if c in row}
    fitting = [
        key
        for key in candidates
        if all(c not in fixed or fixed[c] == v for c, v in zip(link.columns, key, strict=True))
    ]
    free = [c for c in link.columns if c not in fixed]
    wants_null = link.nullable and (not fitting or rng.random() < share)
    if not wants_null:
        if not fitting:
            return False
        chosen = fitting[int(rng.integers(len(fitting)))]
        row |= dict(zip(link.columns, chosen, strict=True))
        if orphans and link.nullable and free and rng.random() < 0.2:
            row[free[0]] = nobody(_kind(link, free[0]))
        return True
    partly = len(free) > 1 and candidates and rng.random() < 0.3
    filled = candidates[0] if partly else (None,) * len(link.columns)
    row |= {c: v for c, v in zip(link.columns, filled, strict=True) if c in free}
    if free:
        row[free[-1]] = None
    return True


def _kind(link, column):
    return link.parent.kinds[link.targets[link.columns.index(column)]]


def frame_of(table, rng, *, mixed):
    """Return the rows as a frame, in any order; the columns too where they are ``mixed``."""
    n, columns = len(table.rows), {}
    referring = row_columns(table)
    for column in dict.fromkeys((*table.pk, *referring)):
        kind, values = table.kinds[column], [row[column] for row in table.rows]
        nulls = any(v is None for v in values)
        as_float = table.floats and column in referring and column not in table.pk and nulls
        columns[column] = key_column(values, kind, as_float=as_float and kind in INTEGERS)
    for column, kind in table.values.items():
        columns[column] = value_column(kind, n, rng)
    names = list(columns)
    if mixed:
        names = [names[i] for i in rng.permutation(len(names))]
    frame = pd.DataFrame({name: columns[name] for name in names}, index=pd.RangeIndex(n))
    return frame.iloc[rng.permutation(n)].reset_index(drop=True)


def value_column(kind, n, rng):
    numbers = rng.integers(0, 5, n)
    if kind == "cat":
        return pd.Series(rng.choice(["a", "b", "c"], n), dtype=object)
    if kind == "bool":
        return pd.Series(numbers > 2)
    if kind == "date":
        return pd.Series(pd.Timestamp(FIRST_DAY) + pd.to_timedelta(numbers, unit="D"))
    if kind == "text":
        return pd.Series([f"note {i} of {v}" for i, v in enumerate(numbers)], dtype=object)
    if kind == "null":
        return pd.Series(np.where(numbers > 2, np.nan, numbers))
    return pd.Series(numbers if kind == "int" else rng.normal(size=n).round(2))
