"""What is seen of every table: size, columns, a bounded sample; and exact counts of keys."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pandas.api.types import infer_dtype

from synthohive_jupyter.io.frames import facts, is_spark
from synthohive_jupyter.io.glance import Extent, extents, projected, sample_rows
from synthohive_jupyter.schema.metadata import Metadata
from synthohive_jupyter.schema.tables import key_name

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

    from synthohive_jupyter.io.frames import Frame
    from synthohive_jupyter.schema.facts import TableFacts
    from synthohive_jupyter.schema.tables import Key

SAMPLE_ROWS = 10_000
"""Rows of a table that are looked at; what a sample cannot say is counted in all rows."""

NUMBERS = frozenset({"int", "float"})
DATES = frozenset({"date", "datetime"})


@dataclass(frozen=True, slots=True)
class ColumnLook:
    """One column.

    Attributes:
        name: Its name.
        kind: Its kind, see `schema.facts.KINDS`; numbers without a fraction are ``int``.
        dtype: Its type as its owner writes it.
        rows: Rows of the table.
        nulls: Rows without a value, exact.
        known: The values of the sample that are not null.
        distinct: How many of these differ.
        extent: The exact ends of a column of numbers.
    """

    name: str
    kind: str
    dtype: str
    rows: int
    nulls: int
    known: pd.Series[Any]
    distinct: int
    extent: Extent | None

    @property
    def filled(self) -> int:
        """Rows with a value."""
        return self.rows - self.nulls

    @property
    def unique_so_far(self) -> bool:
        """Whether the sample shows no value twice, and no row is without one."""
        return self.nulls == 0 and self.rows > 0 and self.distinct == len(self.known)


@dataclass(frozen=True, slots=True)
class TableLook:
    """One table: its frame, and what was seen of it; ``facts`` are counted without any key."""

    name: str
    frame: Frame
    rows: int
    columns: Mapping[str, ColumnLook]
    sample: pd.DataFrame
    facts: TableFacts


def look_at(frames: Mapping[str, Frame], *, seed: int = 0) -> dict[str, TableLook]:
    """Look at tables.

    Raises:
        DataError: If a frame has two columns of one name.
    """
    return {name: _look(name, frame, seed) for name, frame in frames.items()}


def _look(name: str, frame: Frame, seed: int) -> TableLook:
    counted = facts({name: frame}, Metadata())[name]
    sample = sample_rows(frame, SAMPLE_ROWS, seed)
    numbers = [c for c, found in counted.columns.items() if found.kind in NUMBERS]
    ends = extents(frame, numbers)
    columns = {}
    for column, found in counted.columns.items():
        values = sample[column].dropna()
        extent = ends.get(column)
        kind = _kind(found.kind, values, extent)
        columns[column] = ColumnLook(
            column, kind, found.dtype, counted.rows or 0, found.nulls or 0, values,
            _distinct(values, kind), extent,
        )  # fmt: skip
    return TableLook(name, frame, counted.rows or 0, columns, sample, counted)


def _kind(kind: str, values: pd.Series[Any], extent: Extent | None) -> str:
    """Return the kind of a column, finer than its type: whole floats are ints, mixes ``other``."""
    if kind == "float" and extent is not None and extent.whole:
        return "int"
    if kind != "text":
        return kind
    inferred = infer_dtype(values.astype(object), skipna=True)
    return "text" if inferred in _PLAIN else "other"


_PLAIN = frozenset({"string", "empty", "integer", "boolean"})
"""What texts and the levels of a category may be."""


def _distinct(values: pd.Series[Any], kind: str) -> int:
    """Return the number of different values; of what cannot be compared, 0."""
    try:
        return int(values.nunique()) if kind not in {"other", "binary"} else 0
    except TypeError:
        return 0


@dataclass(frozen=True, slots=True)
class Match:
    """How a foreign key fits: rows with a complete key, and those that point to no row."""

    complete: int
    orphans: int
    nulls: int

    @property
    def share(self) -> float:
        """The share of the complete keys that point to a row."""
        return 1 - self.orphans / self.complete if self.complete else 0.0


@dataclass(slots=True)
class Counter:
    """Counts in all rows what a sample cannot say, each thing once.

    Attributes:
        tables: The tables.
    """

    tables: Mapping[str, TableLook]
    _unique: dict[tuple[str, frozenset[str]], bool] = field(default_factory=dict)
    _matches: dict[tuple[str, Key, str, Key], Match | None] = field(default_factory=dict)

    def unique(self, table: str, columns: Sequence[str]) -> bool:
        """Return whether no row shares its key with another, and none is null."""
        place = table, frozenset(columns)
        if place not in self._unique:
            look, described = self.tables[table], Metadata()
            described.add_table(table, pk=tuple(columns))
            found = facts({table: projected(look.frame, columns)}, described)[table]
            self._unique[place] = found.pk_duplicates == 0 and found.pk_nulls == 0
        return self._unique[place]

    def match(
        self, table: str, columns: Sequence[str], parent: str, targets: Sequence[str]
    ) -> Match | None:
        """Return how a key fits; ``None`` where it cannot be compared."""
        place = table, tuple(columns), parent, tuple(targets)
        if place not in self._matches:
            self._matches[place] = self._match(*place)
        return self._matches[place]

    def _match(self, table: str, columns: Key, parent: str, targets: Key) -> Match | None:
        child, above = self.tables[table], self.tables[parent]
        if is_spark(child.frame) != is_spark(above.frame):
            return None
        described = Metadata()
        described.add_table("child", pk=None, fk={columns: f"parent.({', '.join(targets)})"})
        described.add_table("parent", pk=None)
        frames = {
            "child": projected(child.frame, columns),
            "parent": projected(above.frame, targets),
        }
        found = facts(frames, described)["child"].keys.get(key_name(columns))
        if found is None:
            return None
        return Match(child.rows - found.nulls, found.orphans, found.nulls)
