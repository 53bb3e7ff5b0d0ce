"""Fixed combinations: columns of which only the tuples that occur may occur (city and country).

Such a group is one category for every model: a level is a tuple of values, nulls among them. Like a
level of any category it is kept if `RARE` families have it; the rows of the others share one code,
which decodes to a tuple that is kept, drawn by frequency. So no tuple comes out that does not occur
in the data.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import pandas as pd

from synthohive_jupyter.errors import DataError
from synthohive_jupyter.schema.tables import Constraint, key_name
from synthohive_jupyter.tabular import declared
from synthohive_jupyter.tabular.categorical import CategoryCodec, levels_of, levels_record
from synthohive_jupyter.tabular.codecs import (
    RARE,
    Flags,
    Integers,
    Values,
    count_families,
)
from synthohive_jupyter.tabular.columns import Column
from synthohive_jupyter.tabular.ranges import within
from synthohive_jupyter.tabular.records import damaged, part
from synthohive_jupyter.tabular.storage import Storage

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from synthohive_jupyter.tabular.comparison import Held

_UNKNOWN = -2
_NUMBERS = Storage("number", "int64", whole=True)


@dataclass(frozen=True, slots=True, eq=False)
class Combination:
    """Columns that are one category.

    Attributes:
        names: The columns, at least two.
        storages: How each is stored.
        choices: For each its different canonical values, those of a categorical in their order.
        places: For each which of them every level has, -1 for null, shape (levels,).
    """

    names: tuple[str, ...]
    storages: tuple[Storage, ...]
    choices: tuple[Values, ...]
    places: tuple[Integers, ...]

    @property
    def name(self) -> str:
        """The name of the category."""
        return key_name(self.names)

    @classmethod
    def fit(
        cls,
        data: pd.DataFrame,
        names: Sequence[str],
        *,
        table: str,
        constraints: Mapping[str, Constraint],
        families: Integers | None,
        embed: bool | int,
    ) -> tuple[Self, Column]:
        """Learn the tuples of a table.

        Args:
            data: The table, at least one row.
            names: The columns.
            table: Name of the table, for messages.
            constraints: What is declared of columns; a tuple that breaks it is not kept.
            families: Family of every row, from 0, or ``None``.
            embed: As in `Column.fit`.

        Returns:
            The group, and the column of its level numbers as models see it.

        Raises:
            DataError: If no tuple is frequent enough to be kept.
        """
        cells = [_Cells.of(data[n], constraints.get(n, Constraint()), table) for n in names]
        number = np.zeros(len(data), dtype=np.int64)
        for one in cells:
            # Numbers stay dense, so that no product of them overflows.
            pairs = number * (len(one.choices) + 1) + one.place + 1
            number = np.unique(pairs, return_inverse=True)[1]
        n_tuples = int(number.max()) + 1
        fits = np.all([one.fits for one in cells], axis=0)
        broken = np.bincount(number[~fits], minlength=n_tuples) > 0
        kept = (count_families(number, families, n_tuples) >= RARE) & ~broken
        if not kept.any():
            raise DataError(
                f"none of the combinations of {', '.join(names)} is allowed and found in {RARE} "
                "rows (or families), so none can be kept; remove the combination",
                table=table,
                column=names[0],
            )
        first = np.full(n_tuples, len(data), dtype=np.int64)
        np.minimum.at(first, number, np.arange(len(data)))
        rows = first[kept]
        level = np.where(kept, np.cumsum(kept) - 1, -1)[number]
        codec = CategoryCodec.fit(level, families=families, public=np.arange(len(rows)))
        assert codec is not None
        # A choice that no tuple has any more may be rare: it is forgotten.
        found = [one.only(rows) for one in cells]
        group = cls(
            tuple(names),
            tuple(one.storage for one in cells),
            tuple(choices for choices, _ in found),
            tuple(places for _, places in found),
        )
        return group, Column.of(group.name, _NUMBERS, codec, 0.0, embed)

    def levels(self, held: Mapping[str, Held]) -> Integers:
        """Return the level of every row, -1 where its tuple is not kept.

        Args:
            held: The columns in canonical form.
        """
        known = np.zeros(len(self.places[0]), dtype=np.int64)
        asked = np.zeros(len(held[self.names[0]][1]), dtype=np.int64)
        for name, choices, places in zip(self.names, self.choices, self.places, strict=True):
            size = len(choices) + 1
            code = self.place_of(name, held[name])
            pairs = known * size + places + 1
            asked_pairs = np.where((asked < 0) | (code < -1), -1, asked * size + code + 1)
            different = pd.Index(pd.unique(pairs))
            known = different.get_indexer(pd.Index(pairs)).astype(np.int64)
            asked = different.get_indexer(pd.Index(asked_pairs)).astype(np.int64)
        order = np.full(len(known), -1, dtype=np.int64)
        order[known] = np.arange(len(known))
        return np.where(asked < 0, -1, order[asked])

    def parts(self, levels: Integers) -> dict[str, Held]:
        """Return the columns of rows with these levels."""
        found = {}
        for place, name in enumerate(self.names):
            at = self.places[place][levels]
            choices = self.choices[place]
            blank = np.zeros(len(at), dtype=choices.dtype)
            values = choices[np.maximum(at, 0)] if len(choices) else blank
            found[name] = self.storages[place], values, at < 0
        return found

    def storage_of(self, name: str) -> Storage:
        """Return how one of the columns is stored."""
        return self.storages[self.names.index(name)]

    def place_of(self, name: str, held: Held) -> Integers:
        """Return which choice of a column its cells are: -1 for null, -2 for none of them."""
        _, values, nulls = held
        choices = pd.Index(self.choices[self.names.index(name)])
        found = choices.get_indexer(pd.Index(values)).astype(np.int64)
        return np.where(nulls, -1, np.where(found < 0, _UNKNOWN, found))

    def match(self, places: Integers) -> Flags:
        """Return which levels have these choices of the columns, -1 for null, shape (levels,).

        A number below -2 stands for any choice.
        """
        found = np.ones(len(self.places[0]), dtype=np.bool_)
        for own, place in zip(self.places, places.tolist(), strict=True):
            if place >= _UNKNOWN:
                found &= own == place
        return found

    def having(self, name: str, places: Integers) -> Flags:
        """Return which levels have one of these choices in a column, shape (levels,)."""
        return np.isin(self.places[self.names.index(name)], places)

    def written(self, name: str, held: Held) -> pd.Series[Any]:
        """Return cells of one column in its own type."""
        storage, values, nulls = held
        levels = self.choices[self.names.index(name)]
        if storage.categorical and not np.isin(values[~nulls], levels).all():
            levels = pd.unique(np.append(levels, values[~nulls]))
        return storage.write(values, nulls, levels)

    def to_dict(self) -> dict[str, Any]:
        """Return the group as JSON-safe values."""
        cells = zip(self.names, self.storages, self.choices, self.places, strict=True)
        return {
            "parts": [
                {
                    "name": name,
                    "storage": storage.to_dict(),
                    **levels_record(choices),
                    "places": places.tolist(),
                }
                for name, storage, choices, places in cells
            ]
        }

    @classmethod
    def from_dict(cls, record: Mapping[str, Any]) -> Self:
        """Rebuild a group; `ModelFileError` if the record is damaged."""
        parts = part(record, "parts", list)
        storages = tuple(Storage.from_dict(part(one, "storage", dict)) for one in parts)
        choices = tuple(levels_of(one) for one in parts)
        places = tuple(
            _places(part(one, "places", list), len(own))
            for one, own in zip(parts, choices, strict=True)
        )
        if len(parts) < len(("one", "other")) or len({len(one) for one in places}) != 1:
            raise damaged("a combination has no levels")
        for own, storage in zip(choices, storages, strict=True):
            if own.dtype != storage.canonical or len(pd.unique(own)) != len(own):
                raise damaged("a combination does not fit its types")
        return cls(tuple(part(one, "name", str) for one in parts), storages, choices, places)


def _places(items: list[Any], size: int) -> Integers:
    if not items or not all(type(item) is int and -1 <= item < size for item in items):
        raise damaged("a combination has levels without values")
    return np.array(items, dtype=np.int64)


@dataclass(frozen=True, slots=True, eq=False)
class _Cells:
    """One column of a table: its choices, which of them every row has, and which are allowed."""

    storage: Storage
    choices: Values
    place: Integers
    fits: Flags

    @classmethod
    def of(cls, series: pd.Series[Any], constraint: Constraint, table: str) -> Self:
        storage = declared.storage_of(series, constraint, table=table)
        values, nulls = storage.read(series, table=table)
        if isinstance(series.dtype, pd.CategoricalDtype):
            names = pd.Series(series.dtype.categories, name=series.name)
            choices = pd.unique(storage.read(names, table=table)[0])
        else:
            choices = np.sort(pd.unique(values[~nulls]))
        found = pd.Index(choices).get_indexer(pd.Index(values)).astype(np.int64)
        place = np.where(nulls, -1, found)
        fits = nulls | _allowed(values, storage, constraint, (table, str(series.name)))
        return cls(storage, choices, place, fits)

    def only(self, rows: Integers) -> tuple[Values, Integers]:
        """Return the choices of some rows, and which of them each row has."""
        place = self.place[rows]
        used = np.unique(place[place >= 0])
        found = np.searchsorted(used, place)
        return self.choices[used], np.where(place < 0, -1, found)


def _allowed(
    values: Values, storage: Storage, constraint: Constraint, place: tuple[str, str]
) -> Flags:
    fits = within(values, declared.limits(constraint, storage, table=place[0], column=place[1]))
    texts = constraint.values  # noqa: PD011 - a field of the constraint, not of a frame
    if texts is None:
        return fits
    return fits & (pd.Index(declared.allowed(texts, storage)).get_indexer(pd.Index(values)) >= 0)
