"""Which columns of a table are coded together: its gaps and combinations (`Links`, `Learner`)."""

from __future__ import annotations

from dataclasses import dataclass
from graphlib import TopologicalSorter
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from synthohive_jupyter.errors import DataError
from synthohive_jupyter.schema.tables import Constraint
from synthohive_jupyter.seeding import stream
from synthohive_jupyter.tabular import declared
from synthohive_jupyter.tabular.columns import Column, Source
from synthohive_jupyter.tabular.combinations import Combination
from synthohive_jupyter.tabular.comparison import Held, comparable
from synthohive_jupyter.tabular.gaps import Gap
from synthohive_jupyter.tabular.numeric import NumericCodec, snapped
from synthohive_jupyter.tabular.records import damaged, part

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import pandas as pd

    from synthohive_jupyter.tabular.codecs import Flags, Integers, Values
    from synthohive_jupyter.tabular.storage import Storage

_COUNTED = frozenset({None, "int", "float", "date", "datetime"})
"""Declared types of columns that can be gaps."""


@dataclass(frozen=True, slots=True)
class Links:
    """The columns that are coded together.

    Attributes:
        names: All columns of the table, in their order.
        gaps: Column to its gap; one that others count from comes before them.
        groups: Name of a combination to what it is.
    """

    names: tuple[str, ...]
    gaps: Mapping[str, Gap]
    groups: Mapping[str, Combination]

    def storage_of(self, name: str, columns: Mapping[str, Column]) -> Storage:
        """Return how a column of the table is stored."""
        if name in self.gaps:
            return self.gaps[name].storage
        group = self.group_of(name)
        return columns[name].storage if group is None else group.storage_of(name)

    def group_of(self, name: str) -> Combination | None:
        """Return the combination that a column belongs to."""
        return next((group for group in self.groups.values() if name in group.names), None)

    def read(
        self, column: Column, columns: Sequence[Column], data: pd.DataFrame, *, table: str
    ) -> tuple[Values, Flags]:
        """Return what a column codes, in canonical form: its values, its gaps or its levels."""
        name = column.layout.name
        if (gap := self.gaps.get(name)) is not None:
            by_name = {one.layout.name: one for one in columns}
            values, nulls = gap.storage.read(data[name], table=table)
            held = {one: self.seen(one, by_name, data, table=table) for one in gap.sources}
            return gap.forward(values, held), nulls
        if (group := self.groups.get(name)) is not None:
            cells = zip(group.names, group.storages, strict=True)
            held = {one: (kept, *kept.read(data[one], table=table)) for one, kept in cells}
            return group.levels(held), np.zeros(len(data), dtype=np.bool_)
        return column.storage.read(data[name], table=table)

    def seen(
        self, name: str, columns: Mapping[str, Column], data: pd.DataFrame, *, table: str
    ) -> Held:
        """Return a column that gaps count from as it can come out again: extremes clipped."""
        if (gap := self.gaps.get(name)) is not None:
            values, nulls = gap.storage.read(data[name], table=table)
            return gap.storage, gap.seen(values), nulls
        group = self.group_of(name)
        storage = columns[name].storage if group is None else group.storage_of(name)
        values, nulls = storage.read(data[name], table=table)
        codec = None if group is not None else columns[name].codec
        if isinstance(codec, NumericCodec):
            values = codec.learnt.clip(snapped(values, codec.snap))
        return storage, values, nulls

    def write(
        self,
        columns: Sequence[Column],
        drawn: Sequence[tuple[Values, Flags]],
        known: pd.DataFrame | None,
        *,
        table: str,
    ) -> dict[str, pd.Series[Any]]:
        """Return what was decoded of every column as the columns of the table."""
        held: dict[str, Held] = {}
        waiting: dict[str, tuple[Values, Flags]] = {}
        by_name = {column.layout.name: column for column in columns}
        for column, (values, nulls) in zip(columns, drawn, strict=True):
            name = column.layout.name
            if name in self.gaps:
                waiting[name] = values, nulls
            elif name in self.groups:
                held |= self.groups[name].parts(values)
            else:
                held[name] = column.storage, values, nulls
        held = {name: _replaced(cells, name, known, table) for name, cells in held.items()}
        for name, gap in self.gaps.items():
            values, nulls = waiting[name]
            cells = gap.storage, gap.backward(values, held), nulls
            held[name] = _replaced(cells, name, known, table)
        return {name: self._written(name, held[name], by_name) for name in self.names}

    def _written(self, name: str, cells: Held, columns: Mapping[str, Column]) -> pd.Series[Any]:
        storage, values, nulls = cells
        if name in self.gaps:
            return storage.write(values, nulls)
        group = self.group_of(name)
        return columns[name].write(values, nulls) if group is None else group.written(name, cells)

    def to_dict(self) -> dict[str, Any]:
        """Return the links as JSON-safe parts of a record; nothing where there are none."""
        if not self.gaps and not self.groups:
            return {}
        return {
            "names": list(self.names),
            "gaps": [gap.to_dict() for gap in self.gaps.values()],
            "combinations": [group.to_dict() for group in self.groups.values()],
        }

    @classmethod
    def from_dict(cls, record: Mapping[str, Any], columns: Sequence[Column]) -> Self:
        """Rebuild the links of these columns; `ModelFileError` if the record is damaged."""
        own = [column.layout.name for column in columns]
        plain = {"names": own, "gaps": [], "combinations": []} | dict(record)
        gaps = [Gap.from_dict(one) for one in part(plain, "gaps", list)]
        groups = [Combination.from_dict(one) for one in part(plain, "combinations", list)]
        names = part(plain, "names", list)
        links = cls(tuple(names), {g.name: g for g in gaps}, {g.name: g for g in groups})
        parts = [name for group in groups for name in group.names]
        expected = [name for name in own if name not in links.groups] + parts
        if len(set(own)) < len(own) or len(set(expected)) < len(expected):
            raise damaged("a column is there twice")
        if not all(type(name) is str for name in names) or sorted(names) != sorted(expected):
            raise damaged("the names of the columns do not fit")
        links._check(dict(zip(own, columns, strict=True)))
        return links

    def _check(self, columns: Mapping[str, Column]) -> None:
        """Raise `ModelFileError` where a link does not fit its column."""
        for name, group in self.groups.items():
            codec = None if name not in columns else columns[name].codec
            levels = getattr(codec, "levels", None)
            if levels is None or levels.tolist() != list(range(len(group.places[0]))):
                raise damaged("a combination has other levels than its column")
        earlier = set(self.names) - set(self.gaps)
        for name, gap in self.gaps.items():
            column = columns.get(name)
            known = earlier.issuperset(gap.sources)
            if column is None or not known or not isinstance(column.codec, NumericCodec):
                raise damaged("a gap counts from columns that are not there")
            storages = [self.storage_of(one, columns) for one in gap.sources]
            if not all(comparable(one, gap.storage) for one in storages):
                raise damaged("a gap counts from columns of another kind")
            whole = column.codec.axis.spacing and column.storage.whole
            if bool(whole) != bool(gap.axis.spacing) or column.storage.kind != "number":
                raise damaged("a gap and its codes do not fit")
            earlier.add(name)


class Learner:
    """Fits the columns of a table, those that are coded together included.

    Args:
        data: The table.
        table: Its name.
        constraints: What is declared of its columns.
        embed: Column to the argument ``embed`` of `Column.fit`.
        families: Family of every row, from 0, or ``None``.
        seed: Root seed.
        numbers: Strategy for numbers.
    """

    def __init__(
        self,
        data: pd.DataFrame,
        *,
        table: str,
        constraints: Mapping[str, Constraint],
        embed: Callable[[str], bool | int],
        families: Integers | None,
        seed: int,
        numbers: str,
    ) -> None:
        self._data, self._table, self._constraints = data, table, constraints
        self._embed, self._families, self._seed, self._numbers = embed, families, seed, numbers

    def learn(
        self, checks: Sequence[tuple[str, str]], combinations: Sequence[Sequence[str]]
    ) -> tuple[tuple[Column, ...], Links]:
        """Return the columns as models see them, and how they belong together."""
        names = tuple(map(str, self._data.columns))
        groups: dict[str, Combination] = {}
        gaps: dict[str, Gap] = {}
        columns: dict[str, Column] = {}
        for group_names in combinations:
            self._check(group_names, groups)
            group, columns[group_names[0]] = self._combination(group_names)
            groups[group.name] = group
        parts = {name for group in groups.values() for name in group.names}
        waiting = self._sources(checks, parts)
        for name in names:
            if name not in parts and name not in waiting:
                columns[name] = self._plain(name)
        for name, sources in waiting.items():
            links = Links(names, gaps, groups)
            found = self._gap(name, sources, links, columns)
            if found is None:
                columns[name] = self._plain(name)
            else:
                gaps[name], columns[name] = found
        return tuple(columns[name] for name in names if name in columns), Links(names, gaps, groups)

    def _plain(self, name: str) -> Column:
        return Column.fit(
            self._data[name],
            self._constraints.get(name),
            table=self._table,
            families=self._families,
            rng=self._stream(name),
            embed=self._embed(name),
            numbers=self._numbers,
        )

    def _stream(self, name: str) -> np.random.Generator:
        return stream(self._seed, self._table, "fit", list(self._data.columns).index(name))

    def _check(self, names: Sequence[str], groups: Mapping[str, Combination]) -> None:
        taken = {name for group in groups.values() for name in group.names}
        for place, name in enumerate(names):
            if name not in self._data.columns:
                raise DataError("the column is missing", table=self._table, column=name)
            if name in taken or name in names[:place]:
                raise DataError("is in two combinations", table=self._table, column=name)

    def _combination(self, names: Sequence[str]) -> tuple[Combination, Column]:
        wanted = [self._embed(name) for name in names]
        return Combination.fit(
            self._data,
            names,
            table=self._table,
            constraints=self._constraints,
            families=self._families,
            embed=True if any(one is True for one in wanted) else wanted[0],
        )

    def _sources(
        self, checks: Sequence[tuple[str, str]], parts: set[str]
    ) -> dict[str, tuple[str, ...]]:
        """Return what each column that may be a gap counts from, in an order that allows it."""
        below: dict[str, list[str]] = {}
        for low, high in checks:
            here = {low, high} <= set(self._data.columns)
            if not here or low == high or high in parts or not self._counted(low, high):
                continue
            if low not in below.get(high, []) and not _reaches(below, low, high):
                below.setdefault(high, []).append(low)
        order = TopologicalSorter(below).static_order()
        return {name: tuple(below[name]) for name in order if name in below}

    def _counted(self, low: str, high: str) -> bool:
        rule = self._constraints.get(high, Constraint())
        if rule.values is not None or rule.dtype not in _COUNTED:  # noqa: PD011 - a field
            return False
        first, second = (self._storage(name) for name in (low, high))
        return not second.categorical and comparable(first, second)

    def _storage(self, name: str) -> Storage:
        rule = self._constraints.get(name, Constraint())
        return declared.storage_of(self._data[name], rule, table=self._table)

    def _gap(
        self,
        name: str,
        sources: tuple[str, ...],
        links: Links,
        columns: Mapping[str, Column],
    ) -> tuple[Gap, Column] | None:
        source, nulls = Source.of(
            self._data[name],
            self._constraints.get(name),
            table=self._table,
            families=self._families,
            rng=self._stream(name),
            numbers=self._numbers,
        )
        if nulls.all():
            return None
        source.check()
        held = {one: links.seen(one, columns, self._data, table=self._table) for one in sources}
        # A column of nulls holds nothing up.
        held = {one: cells for one, cells in held.items() if not cells[2].all()}
        if not held:
            return None
        bounds = declared.limits(source.constraint, source.storage, table=self._table, column=name)
        return Gap.fit(source, nulls, held, embed=self._embed(name), limits=bounds)


def _reaches(below: Mapping[str, Sequence[str]], start: str, goal: str) -> bool:
    """Return whether ``goal`` is below ``start`` already, so that the other way is a circle."""
    return start == goal or any(_reaches(below, one, goal) for one in below.get(start, ()))


def _replaced(cells: Held, name: str, known: pd.DataFrame | None, table: str) -> Held:
    """Return cells with those that are known in the place of those that were drawn."""
    if known is None or name not in known.columns:
        return cells
    storage, values, nulls = cells
    found, missing = storage.read(known[name], table=table)
    return storage, np.where(missing, values, found).astype(values.dtype), nulls & missing
