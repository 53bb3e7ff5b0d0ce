"""Evidence: what a caller knows or demands of the rows, in the codes of the columns.

A column can be *fixed* (one value for all rows, or one for each), or *restricted* to a set or a
range. Fixed values are clamped and steer all others; a restriction becomes factors on the
probabilities of codes: 0 for what is excluded, and for a cell that a range cuts, its part inside.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from synthohive_jupyter.errors import DataError
from synthohive_jupyter.models.argn.linked import (
    FREE,
    Pattern,
    alone,
    gap_codes,
    level_codes,
    of_levels,
    patterns_of,
    places_of,
    restrict_gap,
)
from synthohive_jupyter.models.argn.restrictions import Restriction, restrict, unknown
from synthohive_jupyter.schema.tables import Constraint
from synthohive_jupyter.tabular.categorical import CategoryCodec
from synthohive_jupyter.tabular.numeric import NumericCodec

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from synthohive_jupyter.tabular.codecs import Codes, Integers, Values
    from synthohive_jupyter.tabular.columns import Column
    from synthohive_jupyter.tabular.combinations import Combination
    from synthohive_jupyter.tabular.comparison import Held
    from synthohive_jupyter.tabular.gaps import Gap
    from synthohive_jupyter.tabular.links import Links
    from synthohive_jupyter.tabular.storage import Storage
    from synthohive_jupyter.tabular.transformer import TableTransformer

Given = Mapping[str, Any] | pd.DataFrame
"""What `ARGN.sample` takes: see `evidence_of`."""

_RANGE = frozenset({"min", "max", "values"})
_SETS = (set, frozenset, list, tuple, np.ndarray, pd.Series, pd.Index)


@dataclass(slots=True)
class Evidence:
    """Evidence about rows.

    Attributes:
        codes: Codes of fixed cells, -1 where a cell is to be drawn, (rows, columns).
        fixed: The fixed columns, in the types of the data.
        restrictions: Index of a column to what is left of it, in all rows.
        constraints: The same demands for `constraints.enforce`, which makes them exact.
        complete: Whether no cell that is drawn may be null.
        known: The cells that gaps count from, and gaps, as far as they stand already; or ``None``.
        patterns: What is left of combinations, where rows differ in it.
    """

    codes: Codes
    fixed: pd.DataFrame
    restrictions: dict[int, Restriction] = field(default_factory=dict)
    constraints: dict[str, Constraint] = field(default_factory=dict)
    complete: bool = False
    known: pd.DataFrame | None = None
    patterns: list[Pattern] = field(default_factory=list)

    def taken(self, rows: Integers) -> Evidence:
        """Return the evidence of some rows, as they are without a pattern."""
        known = None if self.known is None else self.known.iloc[rows].reset_index(drop=True)
        fixed = self.fixed.iloc[rows].reset_index(drop=True)
        return replace(self, codes=self.codes[rows], fixed=fixed, known=known, patterns=[])

    def split(self) -> Iterator[tuple[int, Integers, Evidence]]:
        """Yield the rows of each pattern with a number, their rows, and what is known of them."""
        rest = np.ones(len(self.codes), dtype=np.bool_)
        for pattern in self.patterns:
            rest[pattern.rows] = False
            mine = self.taken(pattern.rows)
            mine.restrictions = self.restrictions | pattern.restrictions
            yield pattern.number, pattern.rows, mine
        rows = np.flatnonzero(rest)
        if len(rows) or not self.patterns:
            yield 0, rows, self.taken(rows)


def evidence_of(given: Given, transformer: TableTransformer, *, rows: int, table: str) -> Evidence:
    """Return evidence as codes.

    Args:
        given: Column name to a value (``None`` for null), to a set, list or tuple of values, or to
            a range ``{"min": 18, "max": 30}`` (or a `Constraint`; dates as ISO text). Or a frame
            whose cells are fixed, nulls included, one row for each row to draw.
        transformer: The codes of the columns.
        rows: Rows to draw.
        table: Name of the table, for messages.

    Raises:
        DataError: If a column is unknown or a demand cannot be met.
    """
    if isinstance(given, pd.DataFrame) and len(given) != rows:
        raise DataError(f"{len(given):,} rows are given for {rows:,} rows to draw", table=table)
    return _Reader(given, transformer, rows, table).read()


class _Reader:
    """Reads what is given, plain columns first, then those that are coded together."""

    def __init__(self, given: Given, transformer: TableTransformer, rows: int, table: str) -> None:
        self._given, self._rows, self._table = given, rows, table
        self._links = transformer.links
        self._columns = {column.layout.name: column for column in transformer.columns}
        self._places = {name: i for i, name in enumerate(self._columns)}
        codes = np.full((rows, len(self._columns)), -1, dtype=np.int32)
        self._evidence = Evidence(codes, pd.DataFrame(index=pd.RangeIndex(rows)))
        self._demands: dict[str, Constraint] = {}
        self._cells: dict[str, Held] = {}

    def read(self) -> Evidence:
        """Return the evidence."""
        evidence, links = self._evidence, self._links
        for name in map(str, self._given):
            if name not in links.names:
                message = "is given, but the model has no such column"
                raise DataError(message, table=self._table, column=name)
            self._column(name)
        for name, gap in links.gaps.items():
            if name in self._demands or name in self._cells:
                self._gap(gap)
        groups = [
            (self._places[name], group, self._columns[name])
            for name, group in links.groups.items()
            if set(group.names) & (self._demands.keys() | self._cells.keys())
        ]
        framed = isinstance(self._given, pd.DataFrame)
        for one in [] if framed else groups:
            self._restrict_group(*one)
        if framed:
            places = [self._fix_group(*one) for one in groups]
            evidence.patterns = patterns_of(groups, places, complete=False)
        evidence.known = linked_cells(evidence.fixed, links)
        return evidence

    def _column(self, name: str) -> None:
        """Take in what is given of one column."""
        evidence, wanted = self._evidence, self._given[name]
        storage = self._links.storage_of(name, self._columns)
        column = self._columns.get(name)
        linked = column is None or name in self._links.gaps
        framed = isinstance(self._given, pd.DataFrame)
        demand = None if framed else _demand(wanted, storage, (self._table, name))
        if demand is not None:
            if linked or column is None:
                self._demands[name] = demand
            else:
                evidence.restrictions[self._places[name]] = restrict(column, demand, self._table)
            if self._links.group_of(name) is None:
                evidence.constraints[name] = demand
            return
        series = wanted.reset_index(drop=True) if framed else pd.Series([wanted], name=name)
        if linked or column is None:
            series = _untyped(series)
            cells = storage, *storage.read(series, table=self._table)
            group = self._links.group_of(name)
            values = storage.write(*cells[1:]) if group is None else group.written(name, cells)
        else:
            known, values = fix(column, series, self._table)
            evidence.codes[:, self._places[name]] = known
            cells = storage, *storage.read(values, table=self._table)
        self._cells[name] = cells
        if not framed:
            values = values.iloc[np.zeros(self._rows, dtype=np.int64)].reset_index(drop=True)
            whole = self._links.group_of(name) is None and not values.isna().any()
            if whole and self._rows:
                texts = _texts(storage, series, (self._table, name))
                evidence.constraints[name] = Constraint(values=texts)
        evidence.fixed[name] = values

    def _gap(self, gap: Gap) -> None:
        column, place = self._columns[gap.name], self._places[gap.name]
        known = self._cells.keys() >= set(gap.sources)
        if gap.name in self._demands:
            if not known:
                raise alone(gap, table=self._table)
            self._evidence.restrictions[place] = restrict_gap(
                gap, column, self._demands[gap.name], self._cells, table=self._table
            )
            return
        storage, values, nulls = self._cells[gap.name]
        if not known and not nulls.all():
            raise alone(gap, table=self._table)
        held = {
            name: self._cells.get(name, (storage, values, np.ones_like(nulls)))
            for name in (*gap.sources, gap.name)
        }
        self._evidence.codes[:, place] = gap_codes(gap, column, held, table=self._table)

    def _restrict_group(self, place: int, group: Combination, column: Column) -> None:
        """Restrict a combination to the levels that have all the parts that are given."""
        levels = np.ones(len(group.places[0]), dtype=np.bool_)
        for name in group.names:
            if name in self._demands:
                demand = self._demands[name]
                left = group.having(name, places_of(group, name, demand, table=self._table))
            elif name in self._cells:
                left = group.having(name, group.place_of(name, self._cells[name]))
            else:
                continue
            levels &= left
            if not levels.any():
                raise unknown(self._table, name)
        self._evidence.restrictions[place] = of_levels(column, levels)

    def _fix_group(self, place: int, group: Combination, column: Column) -> Integers:
        """Fix the codes of rows with all parts; return the places of the parts of all rows."""
        places = np.full((self._rows, len(group.names)), FREE, dtype=np.int64)
        named = [name for name in group.names if name in self._cells]
        for name in named:
            places[:, group.names.index(name)] = group.place_of(name, self._cells[name])
        if len(named) == len(group.names):
            codes = level_codes(column, group.levels(self._cells))
            if (codes < 0).any():
                raise unknown(self._table, named[0])
            self._evidence.codes[:, place] = codes
        elif not all(group.match(row).any() for row in np.unique(places, axis=0)):
            raise unknown(self._table, named[0])
        return places


def linked_cells(data: pd.DataFrame, links: Links) -> pd.DataFrame | None:
    """Return the columns that gaps count from, and gaps; ``None`` where there are none."""
    names = {name for gap in links.gaps.values() for name in (*gap.sources, gap.name)}
    wanted = [name for name in data.columns if name in names]
    return data[wanted].reset_index(drop=True) if wanted else None


def present_cells(data: pd.DataFrame, transformer: TableTransformer, *, table: str) -> Evidence:
    """Return as evidence what is not null in rows whose nulls are to be filled.

    A gap column counts as known only in rows that have all that it counts from.

    Raises:
        DataError: If a column is missing, or holds what the model does not know.
    """
    links, columns = transformer.links, transformer.columns
    if missing := [name for name in links.names if name not in data.columns]:
        raise DataError("the column is missing", table=table, column=missing[0])
    codes = np.full((len(data), len(columns)), -1, dtype=np.int32)
    groups, places = [], []
    for place, column in enumerate(columns):
        name = column.layout.name
        if (group := links.groups.get(name)) is not None:
            held = {
                one: (kept, *kept.read(data[one], table=table))
                for one, kept in zip(group.names, group.storages, strict=True)
            }
            found = np.stack([group.place_of(one, held[one]) for one in group.names], axis=1)
            # A null is to be filled; what is not known is left as it is and steers nothing.
            found[found < 0] = FREE
            whole = (found != FREE).all(axis=1)
            codes[whole, place] = level_codes(column, group.levels(held))[whole]
            groups.append((place, group, column))
            places.append(found)
            continue
        read = links.read(column, columns, data, table=table)
        own, _ = column.encode_values(*read, np.random.default_rng(0))
        present = data[name].notna().to_numpy()
        if (gap := links.gaps.get(name)) is not None:
            present &= data[list(gap.sources)].notna().all(axis=1).to_numpy()
        codes[:, place] = np.where(present, own, -1)
    fixed = pd.DataFrame(index=pd.RangeIndex(len(data)))
    known = linked_cells(data, links)
    patterns = patterns_of(groups, places, complete=True)
    return Evidence(codes, fixed, complete=True, known=known, patterns=patterns)


def fix(column: Column, series: pd.Series[Any], table: str) -> tuple[Codes, pd.Series[Any]]:
    """Return the codes of fixed values, and the values in the type of the column.

    Raises:
        DataError: If the model knows no such value.
    """
    name, codec = column.layout.name, column.codec
    values, nulls = column.storage.read(_untyped(series), table=table)
    if nulls.any() and column.null_share == 0:
        raise DataError("a null is given, but the column has none", table=table, column=name)
    if codec is None and not nulls.all():
        raise DataError("a value is given, but the column has none", table=table, column=name)
    levels = None
    if isinstance(codec, CategoryCodec):
        strange = values[(pd.Index(codec.levels).get_indexer(pd.Index(values)) < 0) & ~nulls]
        if len(strange) and not codec.pooled:
            raise unknown(table, name)
        levels = pd.unique(np.concatenate([codec.levels, strange]))
    inside = values
    if isinstance(codec, NumericCodec):
        # What lies outside the declared limits counts as the nearest that the model knows.
        inside = codec.learnt.clip(values)
    codes, _ = column.encode_values(inside, nulls, np.random.default_rng(0))
    return codes, column.storage.write(values, nulls, levels)


def _untyped(series: pd.Series[Any]) -> pd.Series[Any]:
    """Return nulls alone as objects: they have no type that could fit that of a column."""
    if not series.isna().all():
        return series
    return pd.Series([None] * len(series), dtype=object, name=series.name)


def _demand(wanted: object, storage: Storage, place: tuple[str, str]) -> Constraint | None:
    """Return a set or a range as a constraint, ``None`` for one fixed value."""
    if isinstance(wanted, Constraint):
        return wanted
    if isinstance(wanted, Mapping):
        if not wanted or set(wanted) - _RANGE:
            raise ValueError("a range is given as {'min': 18, 'max': 30}, or one of the two")
        return Constraint(**wanted)
    if not isinstance(wanted, _SETS):
        return None
    series = pd.Series(list(wanted), name=place[1])
    return Constraint(values=_texts(storage, series, place))


def _texts(storage: Storage, series: pd.Series[Any], place: tuple[str, str]) -> tuple[str, ...]:
    """Return values as the text that constraints hold."""
    values, nulls = storage.read(series, table=place[0])
    if nulls.any():
        raise DataError("nulls cannot be in a set", table=place[0], column=place[1])
    return _written(values, storage)


def _written(values: Values, storage: Storage) -> tuple[str, ...]:
    if storage.form or storage.kind == "text" or storage.scale or storage.unsigned:
        written: Sequence[Any] = list(storage.write(values, np.zeros(len(values), np.bool_)))
    elif storage.kind == "temporal":
        stamps = np.datetime_as_string(values.view(f"M8[{storage.unit}]"))
        zone = "+00:00" if storage.tz and not storage.wall else ""
        written = [f"{stamp}{zone}" for stamp in stamps]
    else:
        written = values.tolist()
    return tuple(str(value) for value in written)
