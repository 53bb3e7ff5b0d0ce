"""One column: how it is stored, which codec it takes, and its nulls.

Which codec a column takes is decided here and nowhere else:

==========================================  ==============================================
declared values (``{new, paid}``), booleans  categories, and these are the only ones
declared ``cat`` or ``bool``, categoricals   categories of whatever the column holds
numbers, dates, times, dates as ISO text     numbers
declared ``text`` or ``id``, other text      text; categories if most rows share their value
==========================================  ==============================================

Categories of which none is frequent enough fall back to what the column holds: numbers or text.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import pandas as pd

from synthohive_jupyter.errors import DataError, ModelFileError
from synthohive_jupyter.schema.tables import Constraint
from synthohive_jupyter.tabular import declared, temporal
from synthohive_jupyter.tabular.axis import find_digits
from synthohive_jupyter.tabular.categorical import CategoryCodec
from synthohive_jupyter.tabular.cells import STRATEGIES
from synthohive_jupyter.tabular.codecs import (
    Codec,
    Codes,
    ColumnLayout,
    Flags,
    Floats,
    Integers,
    Scalars,
    Values,
)
from synthohive_jupyter.tabular.numeric import Grid, NumericCodec
from synthohive_jupyter.tabular.records import damaged, part, shares
from synthohive_jupyter.tabular.storage import Storage
from synthohive_jupyter.tabular.text import TextCodec

if TYPE_CHECKING:
    from collections.abc import Mapping

CODECS: dict[str, type[Codec]] = {
    codec.kind: codec for codec in (NumericCodec, CategoryCodec, TextCodec)
}
"""Every codec that a model file can name."""

_MISFITS = {
    "text": ({"int", "float", "date", "datetime"}, "holds text of another form; convert it"),
    "number": ({"date", "datetime", "text"}, "holds numbers; convert it to dates or text"),
    "temporal": ({"int", "float", "text"}, "holds dates; convert it to numbers or text"),
    "bool": ({"date", "datetime", "text"}, "holds booleans; convert it"),
}
"""Canonical kind to the declared types that cannot be read from it, and what to do."""

_MIN_COVERED = 0.5
NATURAL = sorted(int(size * 10**power) for size in (1, 2, 2.5, 5) for power in range(1, 13))


@dataclass(frozen=True, slots=True)
class Source:
    """What a codec is chosen from and fitted on: the values of a column that are not null."""

    place: tuple[str, str]
    constraint: Constraint
    storage: Storage
    present: Values
    families: Integers | None
    rng: np.random.Generator
    levels: Values | None = None
    numbers: str = "mixture"

    @classmethod
    def of(
        cls,
        series: pd.Series[Any],
        constraint: Constraint | None,
        *,
        table: str,
        families: Integers | None,
        rng: np.random.Generator,
        numbers: str,
    ) -> tuple[Self, Flags]:
        """Return what is read from a column, and which rows are null; see `Column.fit`."""
        constraint = constraint or Constraint()
        storage = declared.storage_of(series, constraint, table=table)
        values, nulls = storage.read(series, table=table)
        mine = None if families is None else families[~nulls]
        levels = None if nulls.all() else _level_order(series, storage, table)
        place = (table, str(series.name))
        return cls(place, constraint, storage, values[~nulls], mine, rng, levels, numbers), nulls

    def check(self) -> None:
        """Raise `DataError` if the column cannot be read as the type that is declared."""
        misfits, remedy = _MISFITS[self.storage.kind]
        if self.constraint.dtype in misfits:
            raise self.error(f"declared {self.constraint.dtype}, but it {remedy}")

    def error(self, message: str) -> DataError:
        """Return the error for this column."""
        return DataError(message, table=self.place[0], column=self.place[1])


@dataclass(frozen=True, slots=True, eq=False)
class Column:
    """One column as codes and scalars; code 0 is null where the column has nulls.

    Attributes:
        layout: What models must know of it.
        storage: How it is stored.
        codec: The codec of its values; ``None`` if all of them are null.
        null_share: Share of nulls.
    """

    layout: ColumnLayout
    storage: Storage
    codec: Codec | None
    null_share: float

    @classmethod
    def fit(
        cls,
        series: pd.Series[Any],
        constraint: Constraint | None,
        *,
        table: str,
        families: Integers | None,
        rng: np.random.Generator,
        embed: bool | int,
        numbers: str = "mixture",
    ) -> Self:
        """Learn a column.

        Args:
            series: The column, at least one row.
            constraint: What is declared of it.
            table: Name of the table, for messages.
            families: Family of every row, from 0, or ``None``.
            rng: Chooses rows where a part of them is enough.
            embed: Whether to embed it, or the number of codes from which on to do so.
            numbers: Strategy for numbers, one of `cells.STRATEGIES`.

        Raises:
            DataError: If the column cannot be modelled, or not as it is declared.
        """
        source, nulls = Source.of(
            series, constraint, table=table, families=families, rng=rng, numbers=numbers
        )
        codec = None if nulls.all() else _choose(source)
        return cls.of(source.place[1], source.storage, codec, float(nulls.mean()), embed)

    @classmethod
    def of(
        cls, name: str, storage: Storage, codec: Codec | None, null_share: float, embed: bool | int
    ) -> Self:
        """Return the column of a codec; ``embed`` as in `fit`."""
        n_codes = int(null_share > 0) + (0 if codec is None else codec.n_codes)
        shift = int(null_share > 0)
        scalars = () if codec is None else tuple(shift + code for code in codec.scalar_codes)
        many = embed if isinstance(embed, bool) else n_codes > embed
        layout = ColumnLayout(name, n_codes, scalars, embedded=bool(many and not scalars))
        return cls(layout, storage, codec, null_share)

    @property
    def frequencies(self) -> Floats:
        """Share of every code, shape (codes,); they sum to 1."""
        own = np.zeros(0) if self.codec is None else self.codec.shares * (1 - self.null_share)
        return np.append([self.null_share], own) if self.null_share > 0 else own

    def encode(
        self, series: pd.Series[Any], *, table: str, rng: np.random.Generator
    ) -> tuple[Codes, Scalars | None]:
        """Return codes and scalars; a null where `fit` saw none becomes the commonest code.

        Raises:
            DataError: If the column is of another kind than the one that was learnt.
        """
        return self.encode_values(*self.storage.read(series, table=table), rng)

    def encode_values(
        self, values: Values, nulls: Flags, rng: np.random.Generator
    ) -> tuple[Codes, Scalars | None]:
        """Return codes and scalars of values in canonical form."""
        if self.codec is None:
            return np.zeros(len(values), dtype=np.int32), None
        codes, scalars = self.codec.encode(values, rng)
        if self.null_share > 0:
            codes += np.int32(1)
        codes[nulls] = 0 if self.null_share > 0 else int(self.codec.shares.argmax())
        if scalars is not None:
            scalars[nulls] = 0.0
        return codes, scalars

    def decode(self, codes: Codes, scalars: Scalars, rng: np.random.Generator) -> pd.Series[Any]:
        """Return a column of the original dtype."""
        return self.write(*self.decode_values(codes, scalars, rng))

    def decode_values(
        self, codes: Codes, scalars: Scalars, rng: np.random.Generator
    ) -> tuple[Values, Flags]:
        """Return values in canonical form and the mask of nulls."""
        if self.codec is None:
            blank = np.zeros(len(codes), dtype=self.storage.canonical)
            return blank, np.ones(len(codes), dtype=np.bool_)
        shift = int(self.null_share > 0)
        codes = np.clip(codes, 0, self.layout.n_codes - 1)
        return self.codec.decode(np.maximum(codes - shift, 0), scalars, rng), codes < shift

    def write(self, values: Values, nulls: Flags) -> pd.Series[Any]:
        """Return values in canonical form as a column of the original dtype."""
        levels = self.codec.levels if isinstance(self.codec, CategoryCodec) else None
        return self.storage.write(values, nulls, levels)

    def to_dict(self) -> dict[str, Any]:
        """Return the column as JSON-safe values."""
        return {
            "name": self.layout.name,
            "embedded": self.layout.embedded,
            "null_share": self.null_share,
            "storage": self.storage.to_dict(),
            "codec": None if self.codec is None else self.codec.to_dict(),
        }

    @classmethod
    def from_dict(cls, record: Mapping[str, Any]) -> Self:
        """Rebuild a column.

        Raises:
            ModelFileError: If the record is damaged.
        """
        null_share = part(record, "null_share", float)
        shares({"shares": [null_share, 1 - null_share]}, "shares")
        storage = Storage.from_dict(part(record, "storage", dict))
        saved = part(record, "codec", (dict, type(None)))
        codec = None
        if saved is not None:
            known = CODECS.get(part(saved, "kind", str))
            if known is None:
                raise damaged("a codec is of an unknown kind")
            codec = known.from_dict(saved)
        elif null_share < 1:
            raise damaged("a column has values and no codec")
        embedded = part(record, "embedded", bool)
        column = cls.of(part(record, "name", str), storage, codec, null_share, embedded)
        try:  # a codec of another kind than the type shows when a value is written
            zero = np.arange(column.layout.n_codes, dtype=np.int32)
            column.decode(zero, np.zeros(len(zero), np.float32), np.random.default_rng(0))
        except ModelFileError:
            raise
        except Exception as error:
            raise damaged("a codec does not fit the type of its column") from error
        return column


def _level_order(series: pd.Series[Any], storage: Storage, table: str) -> Values | None:
    if not isinstance(series.dtype, pd.CategoricalDtype):
        return None
    return storage.read(pd.Series(series.dtype.categories, name=series.name), table=table)[0]


def _choose(source: Source) -> Codec:
    constraint, storage = source.constraint, source.storage
    source.check()
    texts = constraint.values  # noqa: PD011 - a field of the constraint, not of a frame
    if texts is not None:
        public = declared.allowed(texts, storage)
        if not len(public):
            raise source.error("none of its declared values is of the type of the data")
        return _categories(source, public) or _fallback(source)
    if storage.kind == "bool":
        return _categories(source, np.array([False, True])) or _fallback(source)
    if constraint.dtype == "bool":
        if len(pd.unique(source.present)) > len(("no", "yes")):
            raise source.error("declared bool, but it holds more than two different values")
        return _categories(source) or _fallback(source)
    if constraint.dtype == "cat" or (storage.categorical and constraint.dtype is None):
        return _categories(source) or _fallback(source)
    if storage.kind == "text" and constraint.dtype not in {"text", "id"}:
        found = _categories(source)
        if found is not None and found.covers(source.present) >= _MIN_COVERED:
            return found
    return _fallback(source)


def _categories(source: Source, public: Values | None = None) -> CategoryCodec | None:
    return CategoryCodec.fit(
        source.present, families=source.families, public=public, order=source.levels
    )


def _fallback(source: Source) -> Codec:
    """Return the codec of what the column holds."""
    if source.storage.kind == "text":
        return TextCodec.fit(source.present, families=source.families, rng=source.rng)
    limits = declared.limits(
        source.constraint, source.storage, table=source.place[0], column=source.place[1]
    )
    return NumericCodec.fit(
        source.present,
        grid=grid_of(source),
        limits=limits,
        families=source.families,
        strategy=STRATEGIES[source.numbers],
    )


def grid_of(source: Source) -> Grid:
    """Return the grid on which a column of numbers or dates lies.

    Raises:
        DataError: If it is declared int and holds fractions.
    """
    storage = source.storage
    if storage.kind == "temporal":
        day = temporal.PER_DAY[storage.unit]
        snap = day if source.constraint.dtype == "date" else 1
        return Grid(None, temporal.natural_steps(storage.unit), usual=day, snap=snap)
    if storage.whole:
        return Grid(None, NATURAL)
    digits = find_digits(pd.unique(source.present), storage.float_width)
    if source.constraint.dtype == "int" and digits != 0:
        raise source.error("declared int, but it holds numbers with a fraction; declare it float")
    return Grid(digits, NATURAL)
