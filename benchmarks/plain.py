"""Tables for models that know only complete numbers and categories: the usual preparation.

Times become numbers, nulls of numbers become the mean and a category beside it, nulls of anything
else a category of their own; `PlainForm.restore` turns drawn rows back.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

NULL = "(null)"
FLAG = " is null"


class PlainForm:
    """How the columns of a table were prepared.

    Attributes:
        numbers: Columns that are numbers in the prepared table, in order.
        names: Columns that are categories there.
    """

    def __init__(self, frame: pd.DataFrame) -> None:
        self._source = frame.iloc[:0]
        self._means: dict[str, float] = {}
        self._grids: dict[str, float] = {}
        self._levels: dict[str, pd.Series] = {}
        self._flags: set[str] = set()
        for name, column in frame.items():
            label = str(name)
            if not _is_number(column):
                known = column.dropna()
                self._levels[label] = pd.Series(known.unique(), index=known.unique().astype(str))
                continue
            values = _to_numbers(column)
            self._means[label] = float(np.nanmean(values))
            self._grids[label] = _grid(values)
            if np.isnan(values).any():
                self._flags.add(label)
        self.numbers = list(self._means)
        self.names = [*self._levels, *(name + FLAG for name in self.numbers if name in self._flags)]

    def prepare(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Return the table without nulls, times and booleans."""
        parts: dict[str, object] = {}
        for name in map(str, frame.columns):
            if name in self._levels:
                text = frame[name].astype(object).astype(str)
                parts[name] = text.where(frame[name].notna(), NULL).to_numpy()
                continue
            values = _to_numbers(frame[name])
            if name in self._flags:
                parts[name + FLAG] = np.where(np.isnan(values), "yes", "no")
            parts[name] = np.nan_to_num(values, nan=self._means[name])
        return pd.DataFrame(parts)

    def restore(self, drawn: pd.DataFrame) -> pd.DataFrame:
        """Return drawn rows in the columns and types of the table."""
        parts = {}
        for name in map(str, self._source.columns):
            kind = self._source[name].dtype
            if name in self._levels:
                levels = self._levels[name]
                codes = levels.index.get_indexer(pd.Index(drawn[name]))
                values = levels.reset_index(drop=True).reindex(codes).reset_index(drop=True)
                parts[name] = values.astype(kind)
                continue
            grid = self._grids[name]
            numbers = pd.Series(np.asarray(drawn[name], dtype=float))
            if grid:
                numbers = (numbers / grid).round() * grid
            if name in self._flags:
                numbers[np.asarray(drawn[name + FLAG]) == "yes"] = np.nan
            parts[name] = _from_numbers(numbers, kind)
        return pd.DataFrame(parts)


def _is_number(column: pd.Series) -> bool:
    kind = column.dtype
    if pd.api.types.is_bool_dtype(kind):
        return False
    return pd.api.types.is_numeric_dtype(kind) or pd.api.types.is_datetime64_any_dtype(kind)


def _to_numbers(column: pd.Series) -> np.ndarray:
    """Return numbers, times as seconds, nulls as NaN."""
    if pd.api.types.is_datetime64_any_dtype(column.dtype):
        return ((column - pd.Timestamp(0)) / pd.Timedelta(seconds=1)).to_numpy(float)
    return column.to_numpy(dtype=float, na_value=np.nan)


def _from_numbers(
    numbers: pd.Series, kind: np.dtype | pd.api.extensions.ExtensionDtype
) -> pd.Series:
    values = (
        pd.to_datetime(numbers, unit="s") if pd.api.types.is_datetime64_any_dtype(kind) else numbers
    )
    return values.astype(kind)


def _grid(values: np.ndarray) -> float:
    """Return the coarsest of day, 1 and .01 that all values are multiples of, or 0."""
    known = values[~np.isnan(values)]
    for step in (86_400.0, 1.0, 0.01):
        if np.allclose(known / step, np.round(known / step), rtol=0, atol=1e-6):
            return step
    return 0.0
