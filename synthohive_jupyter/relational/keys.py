"""Keys: what they look like, who points to whom, and that all of it holds.

Inside the engine a reference is a *position*: the row number of the parent, or ``-1`` for null. Key
values appear only when a column is written out, so a foreign key can only be the key of a row.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import pandas as pd

from synthohive_jupyter.errors import DataError, ModelFileError
from synthohive_jupyter.tabular.patterns import TextPattern

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    Positions = NDArray[np.int64]

KINDS = ("int", "decimal", "text")
"""Kinds of keys that can be generated."""

NULL = -1
"""Position of no parent."""

_BUG = " (a mistake of this package: please report it)"


@dataclass(frozen=True, slots=True)
class KeyFormat:
    """How the values of a key column look.

    Attributes:
        kind: ``int``, ``decimal`` (whole `decimal.Decimal` objects) or ``text``.
        dtype: Name of the source's pandas dtype.
        pattern: Form of a text key; ``None`` for numbers, and for columns that only point to keys.
    """

    kind: str
    dtype: str
    pattern: TextPattern | None = None

    @classmethod
    def of(cls, values: pd.Series, *, table: str) -> Self:
        """Return the format of a column that points to keys.

        Raises:
            DataError: If the values are neither whole numbers nor text.
        """
        return cls(_kind(values, table), str(values.dtype))

    @classmethod
    def fit(cls, values: pd.Series, *, table: str) -> Self:
        """Return the format of a primary key; of text keys also the pattern.

        Raises:
            DataError: If the values are neither whole numbers nor text.
        """
        kind = _kind(values, table)
        pattern = TextPattern.fit(values.dropna().astype(object)) if kind == "text" else None
        return cls(kind, str(values.dtype), pattern)

    def numbers(self, ordinals: Positions, *, seed: int) -> pd.Series:
        """Return the key of each ordinal: one more than the ordinal, or the pattern's text.

        Args:
            ordinals: Row numbers from 0; different ones give different keys.
            seed: Seed of the text keys.
        """
        if self.kind == "text":
            if self.pattern is None:
                raise DataError("a text key without a learnt pattern cannot be generated")
            values = self.pattern.generate(ordinals, seed).astype(object)
        else:
            values = ordinals + 1
        return self._finish(values, np.zeros(len(ordinals), dtype=np.bool_))

    def refer(self, keys: pd.Series, positions: Positions, *, nullable: bool) -> pd.Series:
        """Return the column that points to the parents at ``positions``.

        Args:
            keys: Keys of all parents.
            positions: Row number of a parent per row, `NULL` for none.
            nullable: Whether the column can hold nulls; decides between ``int64`` and ``Int64``
                also where this column happens to have none.
        """
        if len(keys) == 0:
            taken = np.full(len(positions), None, dtype=object)
        elif self.kind == "int":
            taken = keys.to_numpy(dtype=np.int64)[np.maximum(positions, 0)]
        else:
            taken = keys.to_numpy(dtype=object)[np.maximum(positions, 0)]
        return self._finish(taken, positions == NULL, nullable=nullable)

    def _finish(
        self, values: NDArray[Any], null: NDArray[np.bool_], *, nullable: bool = False
    ) -> pd.Series:
        if self.kind == "int":
            return _integers(values, null, self.dtype, nullable=nullable)
        exact = values.astype(object)
        exact[null] = None
        if self.kind == "decimal":
            exact[~null] = [Decimal(int(v)) for v in exact[~null]]
        return pd.Series(exact, dtype=self.dtype if self.kind == "text" else object)

    def to_dict(self) -> dict[str, Any]:
        """Return the format as JSON-safe values."""
        pattern = None if self.pattern is None else self.pattern.to_dict()
        return {"kind": self.kind, "dtype": self.dtype, "pattern": pattern}

    @classmethod
    def from_dict(cls, record: Mapping[str, Any]) -> Self:
        """Rebuild a format from `to_dict`.

        Raises:
            ModelFileError: If the record is damaged.
        """
        try:
            kind, dtype, pattern = str(record["kind"]), str(record["dtype"]), record["pattern"]
            pd.api.types.pandas_dtype(dtype)
        except (KeyError, TypeError, ValueError) as error:
            raise ModelFileError("the record of a key is damaged") from error
        if kind not in KINDS:
            raise ModelFileError("the record of a key is damaged: unknown kind")
        return cls(kind, dtype, None if pattern is None else TextPattern.from_dict(pattern))


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


def _kind(values: pd.Series, table: str) -> str:
    present = values.dropna()
    if isinstance(present.dtype, pd.CategoricalDtype):
        present = present.astype(present.cat.categories.dtype)
    kind = pd.api.types.infer_dtype(present, skipna=True)
    if kind == "integer":
        return "int"
    if kind == "string":
        return "text"
    if kind == "empty":  # nothing but nulls: nobody will need a value
        return "int" if pd.api.types.is_numeric_dtype(values.dtype) else "text"
    if kind in {"floating", "mixed-integer-float"} and whole_numbers(present):
        return "int"
    if kind == "decimal" and all(v == int(v) for v in present):
        return "decimal"
    raise DataError(
        f"a key must be whole numbers or text, this one is {kind}: convert it, or declare the "
        "column without a key",
        table=table,
        column=str(values.name),
    )


def repeat_parents(counts: NDArray[np.int64]) -> Positions:
    """Return the parent's position of each child: parent ``i`` is repeated ``counts[i]`` times.

    >>> repeat_parents(np.array([2, 0, 1])).tolist()
    [0, 0, 2]
    """
    return np.repeat(np.arange(len(counts), dtype=np.int64), counts)


def number_in_family(family: Positions) -> Positions:
    """Return 0, 1, 2, … inside each run of equal positions.

    >>> number_in_family(np.array([0, 0, 2])).tolist()
    [0, 1, 0]
    """
    starts = np.flatnonzero(np.diff(family, prepend=-2))
    lengths = np.diff(starts, append=len(family))
    return np.arange(len(family), dtype=np.int64) - np.repeat(starts, lengths)


def null_rows(rows: int, share: float, rng: np.random.Generator) -> NDArray[np.bool_]:
    """Return which rows have a null: ``rows * share`` of them (rounded by chance), anywhere."""
    number = min(int(rows * share + rng.random()), rows)
    mask = np.zeros(rows, dtype=np.bool_)
    mask[rng.choice(rows, size=number, replace=False)] = True
    return mask


def draw_parents(rows: int, degrees: NDArray[np.int64], rng: np.random.Generator) -> Positions:
    """Give each row a parent, so that parents have about ``degrees`` rows each.

    Each parent offers as many places as its degree. All places are taken as often as they fit into
    ``rows``; the rest of the rows take different places at random. Without any place every parent
    is as likely.

    Args:
        rows: Number of rows.
        degrees: Drawn number of rows per parent, of shape ``(parents,)``, at least one parent.
        rng: Source of randomness.
    """
    places = repeat_parents(degrees)
    if len(places) == 0:
        return rng.integers(len(degrees), size=rows, dtype=np.int64)
    times, rest = divmod(rows, len(places))
    taken = np.concatenate([np.tile(places, times), rng.permutation(places)[:rest]])
    return rng.permutation(taken)


def earlier_rows(rows: int, share: float, rng: np.random.Generator) -> Positions:
    """Give each row an earlier one of its own table, or none: there can be no circle.

    Args:
        rows: Number of rows.
        share: Share of rows that refer to nobody; the first row never does.
        rng: Source of randomness.
    """
    positions = (rng.random(rows) * np.arange(rows)).astype(np.int64)
    if rows:
        others = null_rows(rows - 1, max(rows * share - 1, 0) / max(rows - 1, 1), rng)
        positions[np.concatenate([[True], others])] = NULL
    return positions


def check_primary_key(frame: pd.DataFrame, columns: tuple[str, ...], *, table: str) -> None:
    """Raise unless every row has a primary key of its own.

    Raises:
        DataError: If a key is null or occurs twice.
    """
    names = list(columns)
    if names and (frame[names].isna().to_numpy().any() or frame.duplicated(names).any()):
        raise DataError(
            f"generated primary keys are not unique{_BUG}", table=table, column=", ".join(names)
        )


def check_foreign_key(values: pd.Series, keys: pd.Series, *, table: str, nullable: bool) -> None:
    """Raise unless every value is the key of a parent.

    Raises:
        DataError: If a value has no parent, or is null though it must not be.
    """
    present = values.dropna()
    column = str(values.name)
    if len(present) < len(values) and not nullable:
        raise DataError(f"a generated key is null{_BUG}", table=table, column=column)
    if not present.isin(keys).all():
        raise DataError(f"a generated key has no parent{_BUG}", table=table, column=column)
