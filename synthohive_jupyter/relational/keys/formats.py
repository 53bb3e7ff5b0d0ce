"""`KeyFormat`: how the values of a key column look, and how new ones are made."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import pandas as pd

from synthohive_jupyter.errors import DataError, ModelFileError
from synthohive_jupyter.relational.keys.dates import DateGrid
from synthohive_jupyter.tabular.patterns import TextPattern

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    Positions = NDArray[np.int64]

COUNTED = ("int", "decimal", "text", "temporal")
"""Kinds of keys that can be counted on."""

KINDS = (*COUNTED, "value")
"""Kinds of key columns; ``value`` only points to a column that a model has learnt."""

NULL = -1
"""Position of no parent."""


@dataclass(frozen=True, slots=True)
class KeyFormat:
    """How the values of a key column look.

    Attributes:
        kind: ``int``, ``decimal`` (whole `decimal.Decimal` objects), ``text``, ``temporal`` (dates
            and times) or ``value`` (anything else; only in columns that point to others).
        dtype: Name of the source's pandas dtype.
        pattern: Form of a text key; ``None`` for others, and for columns that only point to keys.
        grid: Steps of a key of dates; ``None`` likewise.
    """

    kind: str
    dtype: str
    pattern: TextPattern | None = None
    grid: DateGrid | None = None

    @classmethod
    def of(cls, values: pd.Series, *, targets: pd.Series | None = None) -> Self:
        """Return the format of a column that points to keys, of any type.

        Args:
            values: The column.
            targets: What it points to; tells the kind where the column has nothing but nulls.
        """
        told = targets if targets is not None and not values.notna().any() else values
        return cls(_kind(told)[0], str(values.dtype))

    @classmethod
    def fit(cls, values: pd.Series, *, table: str) -> Self:
        """Return the format of a key column to be counted; of text and dates also their form.

        Raises:
            DataError: If the values are neither whole numbers nor text nor dates.
        """
        kind, found = _kind(values)
        if kind == "value":
            raise DataError(
                f"a key must be whole numbers, text or dates, this one is {found}: convert it, or "
                "declare the column without a key",
                table=table,
                column=str(values.name),
            )
        present = values.dropna()
        pattern = TextPattern.fit(present.astype(object)) if kind == "text" else None
        grid = DateGrid.fit(present) if kind == "temporal" else None
        return cls(kind, str(values.dtype), pattern, grid)

    def numbers(self, ordinals: Positions, *, seed: int) -> pd.Series:
        """Return the key of each ordinal: one more than it, its point of time, or its text.

        Args:
            ordinals: Row numbers from 0; different ones give different keys.
            seed: Seed of the text keys.

        Raises:
            DataError: If the format is that of a column that only points to keys, or if dates
                leave the calendar.
        """
        if self.kind == "temporal" and self.grid is not None:
            return self.grid.points(ordinals, self.dtype)
        if self.kind == "text" and self.pattern is not None:
            values = self.pattern.generate(ordinals, seed).astype(object)
        elif self.kind in {"int", "decimal"}:
            values = ordinals + 1
        else:
            raise DataError(f"a {self.kind} key whose form was not learnt cannot be counted")
        return self._finish(values, np.zeros(len(ordinals), dtype=np.bool_))

    def refer(self, keys: pd.Series, positions: Positions, *, nullable: bool) -> pd.Series:
        """Return the column that points to the parents at ``positions``.

        Args:
            keys: Keys of all parents.
            positions: Row number of a parent per row, `NULL` for none.
            nullable: Whether the column can hold nulls; decides between ``int64`` and ``Int64``
                also where this column happens to have none.
        """
        null = positions == NULL
        if len(keys) == 0:
            taken = np.full(len(positions), None, dtype=object)
        elif self.kind == "int":
            taken = keys.to_numpy(dtype=np.int64)[np.maximum(positions, 0)]
        elif self.kind == "temporal" and keys.dtype != object:
            moments = keys.reset_index(drop=True).reindex(positions).reset_index(drop=True)
            return pd.Series(moments.astype(pd.api.types.pandas_dtype(self.dtype)))
        else:
            taken = keys.to_numpy(dtype=object)[np.maximum(positions, 0)]
        return self._finish(taken, null, nullable=nullable)

    def _finish(
        self, values: NDArray[Any], null: NDArray[np.bool_], *, nullable: bool = False
    ) -> pd.Series:
        if self.kind == "int":
            return _integers(values, null, self.dtype, nullable=nullable)
        exact = values.astype(object)
        exact[null] = None
        if self.kind == "decimal":
            exact[~null] = [Decimal(int(v)) for v in exact[~null]]
            return pd.Series(exact, dtype=object)
        # numpy's truth values cannot be null.
        whole = self.dtype == "bool" and (nullable or bool(null.any()))
        return pd.Series(exact, dtype="boolean" if whole else self.dtype)

    def to_dict(self) -> dict[str, Any]:
        """Return the format as JSON-safe values."""
        return {
            "kind": self.kind,
            "dtype": self.dtype,
            "pattern": None if self.pattern is None else self.pattern.to_dict(),
            "grid": None if self.grid is None else self.grid.to_dict(),
        }

    @classmethod
    def from_dict(cls, record: Mapping[str, Any]) -> Self:
        """Rebuild a format from `to_dict`.

        Raises:
            ModelFileError: If the record is damaged.
        """
        try:
            kind, dtype = str(record["kind"]), str(record["dtype"])
            pattern, grid = record["pattern"], record["grid"]
            pd.api.types.pandas_dtype(dtype)
        except (KeyError, TypeError, ValueError) as error:
            raise ModelFileError("the record of a key is damaged") from error
        if kind not in KINDS:
            raise ModelFileError("the record of a key is damaged: unknown kind")
        return cls(
            kind,
            dtype,
            None if pattern is None else TextPattern.from_dict(pattern),
            None if grid is None else DateGrid.from_dict(grid),
        )


def whole_dtype(dtype: str, *, nullable: bool) -> str:
    """Return the integer type for a key column whose source had type ``dtype``.

    >>> whole_dtype("float64", nullable=True), whole_dtype("int32", nullable=False)
    ('Int64', 'int32')
    """
    kind = pd.api.types.pandas_dtype(dtype)
    if isinstance(kind, np.dtype) and kind.kind in "iu":
        return kind.name.replace("u", "U").replace("int", "Int") if nullable else kind.name
    if not isinstance(kind, np.dtype) and pd.api.types.is_integer_dtype(kind):
        return dtype
    return "Int64" if nullable else "int64"


def whole_numbers(values: pd.Series) -> bool:
    """Return whether every number that is not null is a whole one.

    >>> whole_numbers(pd.Series([1.0, None])), whole_numbers(pd.Series([1.5]))
    (True, False)
    """
    numbers = values.dropna().to_numpy(dtype=np.float64)
    return bool(np.isfinite(numbers).all() and (numbers == np.floor(numbers)).all())


def _integers(
    values: NDArray[Any], null: NDArray[np.bool_], dtype: str, *, nullable: bool
) -> pd.Series:
    """Return integers in the source's type, or in 64 bits where that cannot count so far."""
    numbers = np.where(null, 0, values).astype(np.int64)
    kind = pd.api.types.pandas_dtype(whole_dtype(dtype, nullable=nullable))
    if len(numbers) and numbers.max() > np.iinfo(getattr(kind, "numpy_dtype", kind)).max:
        kind = pd.api.types.pandas_dtype("Int64" if nullable else "int64")
    if not null.any():
        return pd.Series(numbers).astype(kind)
    return pd.Series(pd.arrays.IntegerArray(numbers, null)).astype(kind)


def _kind(values: pd.Series) -> tuple[str, str]:
    """Return the kind of a key column, and what its values are in the words of pandas."""
    present = values.dropna()
    if isinstance(present.dtype, pd.CategoricalDtype):
        present = present.astype(present.cat.categories.dtype)
    found = pd.api.types.infer_dtype(present, skipna=True)
    if found == "empty":  # nothing but nulls: nobody will need a value
        if pd.api.types.is_datetime64_any_dtype(values.dtype):
            return "temporal", found
        return "int" if pd.api.types.is_numeric_dtype(values.dtype) else "text", found
    whole = found in {"floating", "mixed-integer-float"} and whole_numbers(present)
    exact = found == "decimal" and all(value == int(value) for value in present)
    kinds = {
        "integer": "int", "string": "text", "datetime64": "temporal", "datetime": "temporal",
        "date": "temporal",
    }  # fmt: skip
    kind = "int" if whole else "decimal" if exact else kinds.get(found, "value")
    return kind, found
