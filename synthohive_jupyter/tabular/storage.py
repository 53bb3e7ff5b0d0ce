"""How a pandas column holds its values: into canonical arrays, and back into the same dtype.

Canonical forms: int64 or float64 (``number``), bool (``bool``), int64 ticks (``temporal``) and an
object array of text (``text``), each with a mask of nulls.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any, Self, cast

import numpy as np
import pandas as pd
import pyarrow as pa

from synthohive_jupyter.errors import DataError
from synthohive_jupyter.tabular import boxes, temporal
from synthohive_jupyter.tabular.records import damaged, integer, part

if TYPE_CHECKING:
    from collections.abc import Mapping

    from synthohive_jupyter.tabular.codecs import Flags, Values

KINDS = ("number", "bool", "temporal", "text")
MAX_SCALE = 18
"""Decimals of Decimal objects that 64 bits can hold."""

# The largest floats that fit 64 bits.
_WHOLE_MAX, _UNSIGNED_MAX = 2.0**63 - 1024, 2.0**64 - 2048
_NUMPY_KINDS = {"i": "number", "u": "number", "f": "number", "b": "bool", "M": "temporal"}
_CATEGORICAL = ("category", "ordered")
_NOT_A_TIME = np.iinfo(np.int64).min


@dataclass(frozen=True, slots=True)
class Storage:
    """The type of a column, enough to build it again.

    Attributes:
        kind: Canonical kind, one of `KINDS`.
        dtype: The pandas dtype as text; of the categories for a categorical column.
        objects: What the objects of an object column are, a name of `boxes.KINDS`, else ``""``.
        null: What stands for null in an object column: ``None nan NA NaT``.
        whole: Numbers are int64 in canonical form.
        scale: Decimals of Decimal objects (canonical values are whole numbers of the last one).
        unit: Unit of the ticks of dates and times.
        tz: Their time zone.
        wall: Their ticks count what a clock in the zone shows, not UTC.
        form: Form of dates that are text, a name of `temporal.ISO_FORMATS`.
        outer: ``""``, ``category``, ``ordered``, or ``arrow:`` and an Arrow type.
    """

    kind: str
    dtype: str
    objects: str = ""
    null: str = "None"
    whole: bool = False
    scale: int = 0
    unit: str = ""
    tz: str | None = None
    wall: bool = False
    form: str = ""
    outer: str = ""

    @classmethod
    def of(cls, series: pd.Series[Any], *, table: str) -> Storage:
        """Return how a column is stored.

        Raises:
            DataError: If it holds something that cannot be modelled.
        """
        dtype = series.dtype
        if isinstance(dtype, pd.CategoricalDtype):
            levels = pd.Series(dtype.categories, name=series.name)
            return replace(cls.of(levels, table=table), outer=_CATEGORICAL[bool(dtype.ordered)])
        if isinstance(dtype, pd.ArrowDtype):
            plain = cls.of(boxes.from_arrow(series, table), table=table)
            return replace(plain, outer=f"arrow:{dtype.pyarrow_dtype}")
        if pd.api.types.is_object_dtype(dtype):
            return cls(dtype="object", **boxes.describe(series, table))
        if isinstance(dtype, pd.StringDtype):
            return cls("text", f"string[{dtype.storage}]")
        kind = _NUMPY_KINDS.get(dtype.kind)
        if kind is None or isinstance(dtype, (pd.SparseDtype, pd.PeriodDtype)):
            raise DataError(
                f"columns of type {dtype} cannot be modelled; convert it to numbers, text, dates "
                "or booleans, or leave it out",
                table=table,
                column=str(series.name),
            )
        if kind != "temporal":
            return cls(kind, str(dtype), whole=dtype.kind in "iu")
        unit = getattr(dtype, "unit", None) or np.datetime_data(str(dtype))[0]
        tz = None if series.dt.tz is None else str(series.dt.tz)
        return cls(kind, "datetime64", unit=unit, tz=tz, wall=temporal.at_midnight(series, unit))

    @property
    def categorical(self) -> bool:
        """Whether the column has a categorical dtype."""
        return self.outer in _CATEGORICAL

    @property
    def unsigned(self) -> bool:
        """Whether canonical values are unsigned 64-bit integers less 2**63."""
        return self.dtype.lower() == "uint64"

    @property
    def float_width(self) -> int:
        """Bytes of the float type of the column."""
        name = self.dtype.lower()
        return int(np.dtype(name).itemsize) if name.startswith("float") else 8

    @property
    def canonical(self) -> np.dtype[Any]:
        """Type of canonical arrays."""
        if self.kind == "text":
            return np.dtype(object)
        whole = self.whole or self.kind == "temporal"
        return np.dtype(np.bool_ if self.kind == "bool" else np.int64 if whole else np.float64)

    def read(self, series: pd.Series[Any], *, table: str) -> tuple[Values, Flags]:
        """Return values in canonical form and the mask of nulls; null rows hold a blank.

        The column may have a related dtype (Int64 for float64, other units of time).

        Raises:
            DataError: If the column is of another kind, or holds infinite values.
        """
        if isinstance(series.dtype, pd.CategoricalDtype):
            names = pd.Series(series.dtype.categories, name=series.name)
            levels, _ = self.read(names, table=table)
            codes = series.cat.codes.to_numpy()
            if not len(levels):
                levels = _blanks(1, self.canonical)
            return levels[np.maximum(codes, 0)], codes < 0
        if isinstance(series.dtype, pd.ArrowDtype):
            series = boxes.from_arrow(series, table)
        if (plain := self._plain(series)) is not None:
            return plain
        nulls = series.isna().to_numpy(dtype=np.bool_)
        if series.dtype.kind == "f":  # the nullable floats have two nulls
            nulls = np.isnan(series.to_numpy(dtype=np.float64, na_value=np.nan))
        values = _blanks(len(series), self.canonical)
        if not nulls.all():
            values[~nulls] = self._present(series[~nulls], table)
        return values, nulls

    def _plain(self, series: pd.Series[Any]) -> tuple[Values, Flags] | None:
        """Return what `read` does, for a column of the very type and in few steps.

        Rows are drawn in small pieces, and then the steps are what takes the time.

        Returns:
            Values and nulls; ``None`` where the type is another, or not so simple.
        """
        dtype = series.dtype
        if self.outer or self.unsigned or self.form or self.tz is not None:
            return None
        if self.objects:
            return _texts(series) if self.objects == "str" and dtype.kind == "O" else None
        if self.kind == "temporal":
            if dtype != np.dtype(f"M8[{self.unit}]"):
                return None
            values = series.to_numpy().view(np.int64)
            nulls = values == _NOT_A_TIME
            return np.where(nulls, 0, values), nulls
        if self.kind == "text" or str(dtype) != self.dtype:
            return None
        if isinstance(dtype, np.dtype):
            values = series.to_numpy(dtype=self.canonical, copy=True)
            nulls = np.isnan(values) if dtype.kind == "f" else np.zeros(len(values), dtype=np.bool_)
        else:
            nulls = series.isna().to_numpy(dtype=np.bool_)
            values = series.to_numpy(dtype=self.canonical, na_value=self.canonical.type(0))
            if dtype.kind == "f":  # the nullable floats have two nulls
                nulls |= np.isnan(values)
        values[nulls] = 0
        return (values, nulls) if dtype.kind != "f" or np.isfinite(values).all() else None

    def _present(self, series: pd.Series[Any], table: str) -> Values:
        found = Storage.of(series, table=table)
        if self.form and found.kind == "text":
            ticks = temporal.parse_iso(series.to_numpy(dtype=object), self.form)
            if ticks is not None:
                return ticks
        if found.kind != self.kind:
            raise DataError(
                f"the data is {found.kind}, but the transformer was fitted on {self.kind}",
                table=table,
                column=str(series.name),
            )
        values = self._adapt(_extract(series, replace(found, wall=self.wall), table), found)
        if values.dtype.kind == "f" and not np.isfinite(values).all():
            raise DataError(
                "holds infinite values; replace them by nulls or by numbers",
                table=table,
                column=str(series.name),
            )
        return values

    def _adapt(self, values: Values, found: Storage) -> Values:
        """Convert canonical values of a related type: other unit, whole or not, other scale."""
        if self.kind == "temporal" and found.unit != self.unit:
            return values.view(f"M8[{found.unit}]").astype(f"M8[{self.unit}]").view(np.int64)
        ours, theirs = ((s.whole, s.scale, s.unsigned) for s in (self, found))
        if self.kind != "number" or ours == theirs:
            return values
        if found.unsigned:
            values = boxes.unsigned(values)
        if ours[:2] != theirs[:2]:
            values = values / 10.0**found.scale
            if not self.whole:
                return values
            values = np.rint(values * 10.0**self.scale)
        if values.dtype.kind == "f":
            values = np.clip(values, -_WHOLE_MAX, _UNSIGNED_MAX if self.unsigned else _WHOLE_MAX)
        if self.unsigned:
            return boxes.signed(np.maximum(values, 0).astype(np.uint64))
        if values.dtype.kind == "u":
            values = np.minimum(values, np.uint64(2**63 - 1))
        return values.astype(np.int64)

    def write(self, values: Values, nulls: Flags, levels: Values | None = None) -> pd.Series[Any]:
        """Return a column of the original dtype.

        Args:
            values: Canonical values; null rows hold any value.
            nulls: Mask of nulls.
            levels: The levels of a categorical column, in their order; by default those present.
        """
        if self.categorical:
            levels = pd.unique(values[~nulls]) if levels is None else levels
            names = replace(self, outer="").write(levels, np.zeros(len(levels), dtype=np.bool_))
            codes = np.where(nulls, -1, pd.Index(levels).get_indexer(pd.Index(values)))
            dtype = pd.CategoricalDtype(pd.Index(names), ordered=self.outer == "ordered")
            return pd.Series(pd.Categorical.from_codes(cast("Any", codes), dtype=dtype))
        if self.outer:
            arrow = pd.ArrowDtype(pa.type_for_alias(self.outer.removeprefix("arrow:")))
            return replace(self, outer="").write(values, nulls).astype(arrow)
        if self.dtype == "object":
            return pd.Series(boxes.to_objects(values, nulls, self), dtype=object)
        if self.kind == "temporal":
            found = pd.Series(temporal.stamps(values, self.unit, self.tz, wall=self.wall))
            return found.mask(nulls) if nulls.any() else found
        if self.unsigned:
            values = boxes.unsigned(values)
        elif self.kind == "number":
            # The broad range that stands for few rows may be wider than a narrow type.
            ends: Any = (np.iinfo if self.whole else np.finfo)(self.dtype.lower())
            values = np.clip(values, ends.min, ends.max)
        if self.dtype[0].isupper() or self.dtype == "boolean" or self.kind == "text":
            array: Any = pd.array(cast("Any", values), dtype=cast("Any", self.dtype))
            array[nulls] = pd.NA
            return pd.Series(array)
        plain = values.astype(self.dtype)
        if plain.dtype.kind == "f":
            plain[nulls] = np.nan
        return pd.Series(plain)

    def to_dict(self) -> dict[str, Any]:
        """Return the storage as JSON-safe values, without what has its default."""
        plain = asdict(Storage("", ""))
        return {name: value for name, value in asdict(self).items() if value != plain[name]}

    @classmethod
    def from_dict(cls, record: Mapping[str, Any]) -> Self:
        """Rebuild a storage; `ModelFileError` if the record is damaged."""
        plain = asdict(Storage("", ""))
        if set(record) - set(plain):
            raise damaged("a type has unknown parts")
        kinds = {name: (str, type(None)) if name == "tz" else type(plain[name]) for name in record}
        values = {name: part(record, name, kind) for name, kind in kinds.items()}
        storage = cls(**{**plain, **values})
        integer({"scale": storage.scale}, "scale", 0, MAX_SCALE)
        if storage.kind not in KINDS or (storage.kind == "temporal") != bool(storage.unit):
            raise damaged("a kind is not known")
        try:  # whether pandas knows the names of types and zones shows when they are used
            one = storage.write(_blanks(1, storage.canonical), np.zeros(1, dtype=np.bool_))
            storage.read(one, table="")
        except Exception as error:
            raise damaged("a type is not known") from error
        return storage


def _blanks(length: int, dtype: np.dtype[Any]) -> Values:
    return np.full(length, "", dtype=object) if dtype.kind == "O" else np.zeros(length, dtype=dtype)


def _texts(series: pd.Series[Any]) -> tuple[Values, Flags] | None:
    """Return a column of objects as texts and nulls; ``None`` if it holds anything else."""
    values = series.to_numpy()
    if pd.api.types.infer_dtype(values, skipna=True) not in {"string", "empty"}:
        return None
    nulls = pd.isna(values)
    if nulls.any():
        values = np.where(nulls, "", values)
    return values, nulls


def _extract(series: pd.Series[Any], storage: Storage, table: str) -> Values:
    """Return the canonical values of a column without nulls."""
    if storage.dtype == "object":
        return boxes.from_objects(series.to_numpy(), storage, (table, str(series.name)))
    if storage.kind == "temporal":
        return temporal.series_ticks(series, wall=storage.wall)
    if storage.unsigned:
        return boxes.signed(series.to_numpy(dtype=np.uint64))
    return series.to_numpy(dtype=storage.canonical)
