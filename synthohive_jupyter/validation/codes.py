"""Columns as small integers, the same for the real and the synthetic table.

Numbers and times fall into quantile bins of the real column, everything else into the real levels;
a null and a level that the real column lacks have codes of their own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

NULL, UNSEEN = 0, 1
FIRST_LEVEL = 2
DEFAULT_BINS = 20


@dataclass(frozen=True, slots=True)
class CodedPair:
    """One column of both tables as codes ``0 .. n_codes - 1``."""

    real: NDArray[np.int64]
    synthetic: NDArray[np.int64]
    n_codes: int

    def taken(self, real: NDArray[Any], synthetic: NDArray[Any]) -> CodedPair:
        """Return the codes at some positions, or where some flags are set, of both tables."""
        return CodedPair(self.real[real], self.synthetic[synthetic], self.n_codes)


def is_ordered(column: pd.Series) -> bool:
    """Return whether a column is measured (numbers, times) rather than named."""
    kind = column.dtype
    if isinstance(kind, pd.CategoricalDtype) or pd.api.types.is_bool_dtype(kind):
        return False
    if pd.api.types.is_numeric_dtype(kind) or pd.api.types.is_datetime64_any_dtype(kind):
        return True
    return pd.api.types.infer_dtype(column, skipna=True) in {"date", "datetime", "decimal"}


def as_numbers(column: pd.Series) -> NDArray[np.float64]:
    """Return an ordered column as floats, nulls as NaN; times as seconds since 1970.

    >>> as_numbers(pd.Series(pd.to_datetime(["1970-01-02", None]))).tolist()
    [86400.0, nan]
    """
    if pd.api.types.is_datetime64_any_dtype(column.dtype):
        naive = column.dt.tz_convert(None) if column.dt.tz is not None else column
        micros = naive.to_numpy(dtype="datetime64[us]")
        numbers = micros.astype(np.int64).astype(np.float64) / 1e6
        numbers[np.isnat(micros)] = np.nan
        return numbers
    if pd.api.types.infer_dtype(column, skipna=True) in {"date", "datetime"}:
        return as_numbers(pd.Series(column.to_numpy(dtype="datetime64[us]")))
    return pd.to_numeric(column, errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)


def code_pair(real: pd.Series, synthetic: pd.Series, bins: int = DEFAULT_BINS) -> CodedPair:
    """Code one column of both tables on the levels or quantile bins of the real one."""
    if is_ordered(real):
        return _code_ordered(as_numbers(real), as_numbers(synthetic), bins)
    levels = pd.Index(real.dropna().astype(str).unique())
    coded = [_code_levels(column, levels) for column in (real, synthetic)]
    return CodedPair(coded[0], coded[1], len(levels) + FIRST_LEVEL)


def _code_ordered(
    real: NDArray[np.float64], synthetic: NDArray[np.float64], bins: int
) -> CodedPair:
    known = real[~np.isnan(real)]
    steps = np.linspace(0, 1, bins + 1)[1:-1]
    edges = np.unique(np.quantile(known, steps)) if known.size else np.empty(0)
    coded = []
    for values in (real, synthetic):
        codes = np.searchsorted(edges, values, side="right") + FIRST_LEVEL
        coded.append(np.where(np.isnan(values), NULL, codes))
    return CodedPair(coded[0], coded[1], len(edges) + 1 + FIRST_LEVEL)


def _code_levels(column: pd.Series, levels: pd.Index) -> NDArray[np.int64]:
    null = column.isna().to_numpy()
    codes = levels.get_indexer(pd.Index(column.astype(object).where(~null, "").astype(str)))
    codes = np.where(codes < 0, UNSEEN, codes + FIRST_LEVEL)
    return np.where(null, NULL, codes).astype(np.int64)


def code_tables(
    real: pd.DataFrame, synthetic: pd.DataFrame, columns: Sequence[str], bins: int = DEFAULT_BINS
) -> dict[str, CodedPair]:
    """Code the named columns of both tables."""
    return {name: code_pair(real[name], synthetic[name], bins) for name in columns}
