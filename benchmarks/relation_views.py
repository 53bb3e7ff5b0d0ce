"""What the judge of `benchmarks.relation_judge` looks at: databases from several sides."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from synthohive_jupyter.validation.codes import is_ordered
from synthohive_jupyter.validation.database import Database
from synthohive_jupyter.validation.links import Link, aggregates

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.databases import Tables
    from synthohive_jupyter.schema.metadata import ForeignKey, Metadata
    from synthohive_jupyter.validation.database import Path

BINS = 10
"""Codes of a column in joint distributions: quantile bins, or frequent levels and all others.

The published tables were scored so; finer codes measure the noise of rare levels.
"""
REST = "(another)"

Levels = dict[tuple[str, str], list[str]]
Joint = tuple[str, "tuple[Path, Path]"]


@dataclass(frozen=True, slots=True)
class View:
    """A database in the columns that are judged.

    Attributes:
        whole: As it is, for classifiers.
        coarse: With rare levels as one, for joint distributions.
    """

    whole: Database
    coarse: Database

    @classmethod
    def of(cls, whole: Database, frequent: Levels) -> View:
        """Return the view of a database; ``frequent`` has the levels that stay."""
        coarse = {}
        for table, frame in whole.tables.items():
            named = [c for c in frame.columns if (table, c) in frequent]
            capped = {c: _capped(frame[c], frequent[table, c]) for c in named}
            coarse[table] = frame.assign(**capped)
        return cls(whole, Database(whole.metadata, coarse))


def frequent_levels(database: Database) -> Levels:
    """Return the most frequent levels of every named column, by table and column."""
    return {
        (table, name): [str(v) for v in frame[name].value_counts().index[: BINS - 1]]
        for table, frame in database.tables.items()
        for name in database.columns(table)
        if not is_ordered(frame[name])
    }


def _capped(column: pd.Series, levels: Sequence[str]) -> pd.Series:
    """Return a named column with every level that is not one of these as `REST`."""
    text = column.astype(object).where(column.notna(), None)
    return text.where(text.astype(str).isin(levels) | column.isna(), REST)


def joints(database: Database) -> dict[str, Joint]:
    """Return every pair of tables that keys bring together by its name: the start, and two ways."""
    found: list[tuple[str, Joint]] = []
    for hops, label in ((1, "hop"), (2, "2-hop")):
        found += [
            (f"{label}|{'.'.join((table, *path))}", (table, ((), path)))
            for table in database.tables
            for path in database.paths(table, hops)
        ]
    found += [
        (f"V-hop|{table}.{first[0]} × {second[0]}", (table, (first, second)))
        for table, first, second in database.two_parents()
    ]
    return {
        name: (table, paths)
        for name, (table, paths) in found
        if all(database.columns(database.end(table, path)) for path in paths)
    }


def random_keys(
    metadata: Metadata, tables: Tables, *, seed: int = 0, driver: bool = True
) -> Tables:
    """Return the same rows under random keys; keys that share columns are moved together.

    Keys that are part of a primary key stay.

    Args:
        metadata: The description.
        tables: Real or synthetic rows.
        seed: Of the order.
        driver: Whether the driving keys are random too.
    """
    rng = np.random.default_rng(seed)
    moved = {}
    for name, frame in tables.items():
        kept = None if driver else metadata.driving_key(name)
        keys = [key for key in metadata.get_table(name).foreign_keys if key != kept]
        own = set(metadata.tables[name].primary_key)
        parts = {}
        for block in _blocks(keys):
            order = rng.permutation(len(frame))
            if not own & block:
                parts |= {column: frame[column].array[order] for column in sorted(block)}
        moved[name] = frame.assign(**parts)
    return moved


def _blocks(keys: Sequence[ForeignKey]) -> list[set[str]]:
    """Return the columns of the keys, those of keys that share some together."""
    blocks: list[set[str]] = []
    for key in keys:
        together = set(key.columns)
        for block in [b for b in blocks if b & together]:
            blocks.remove(block)
            together |= block
        blocks.append(together)
    return blocks


def with_children(database: Database, parent: str) -> pd.DataFrame:
    """Return the rows of a parent beside the aggregates of every key that points to it."""
    parts = [database.tables[parent][database.columns(parent)].reset_index(drop=True)]
    for table, key in database.foreign_keys():
        if key.parent == parent:
            made = aggregates(database.link(table, key.name), database.columns(table))
            parts.append(made.add_prefix(f"{table}.{key.name}."))
    return pd.concat(parts, axis=1)


def some_families(link: Link, size: int, rng: np.random.Generator) -> Link:
    """Return a link with so many random parents; the children of the others have none."""
    chosen = np.sort(rng.permutation(len(link.parent))[:size])
    parent = link.parent.iloc[chosen].reset_index(drop=True)
    return Link(parent, link.child, link.primary_key, link.foreign_key)
