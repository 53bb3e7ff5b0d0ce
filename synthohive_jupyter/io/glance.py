"""A first look at frames: a bounded sample of rows, exact extents of columns, exact comparisons."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from synthohive_jupyter.io.convert import to_pandas
from synthohive_jupyter.io.relations import Frame, is_spark, quote, require_unique
from synthohive_jupyter.io.selection import first_rows
from synthohive_jupyter.seeding import stream

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd


_UNORDERED = ("array", "map", "struct", "variant", "interval")
"""Types of Spark by which rows are not chosen: engines differ on their order."""


@dataclass(frozen=True, slots=True)
class Extent:
    """The exact ends of a column of numbers; ``whole`` says that no value has a fraction."""

    low: float
    high: float
    whole: bool


def sample_rows(frame: Frame, limit: int, seed: int = 0) -> pd.DataFrame:
    """Return at most ``limit`` random rows as pandas; those of a Spark frame are drawn by Spark.

    Args:
        frame: pandas or Spark frame.
        limit: Number of rows at most.
        seed: Seed of the choice.

    Returns:
        Columns named by text, in the order of the frame.

    Raises:
        DataError: If two columns have the same name.
    """
    names = [str(name) for name in frame.columns]
    require_unique(names)
    if is_spark(frame):
        ordered = [name for name, dtype in frame.dtypes if not dtype.startswith(_UNORDERED)]
        return to_pandas(first_rows(frame, limit, ordered, seed))
    if len(frame) > limit:
        places = stream(seed, "", "rows").choice(len(frame), limit, replace=False)
        frame = frame.iloc[np.sort(places)]
    return frame.set_axis(names, axis=1)


def projected(frame: Frame, columns: Sequence[str]) -> Frame:
    """Return some columns of a frame.

    >>> import pandas as pd
    >>> projected(pd.DataFrame({"a": [1], "b": [2]}), ["b"]).columns.tolist()
    ['b']
    """
    if is_spark(frame):
        return frame.selectExpr(*map(quote, columns))
    return frame[list(columns)]


def extents(frame: Frame, columns: Sequence[str]) -> dict[str, Extent]:
    """Return the exact extents of columns of numbers; of one without a finite value there is none.

    >>> import pandas as pd
    >>> extents(pd.DataFrame({"a": [1, 2, None]}), ["a"])
    {'a': Extent(low=1.0, high=2.0, whole=True)}
    """
    if not is_spark(frame):
        found = {name: _extent(frame[name]) for name in columns}
        return {name: extent for name, extent in found.items() if extent is not None}
    if not columns:
        return {}
    cells = frame.selectExpr(*(text for name in columns for text in _aggregates(name))).collect()[0]
    result = {}
    for place, name in enumerate(columns):
        low, high, fractions = cells[3 * place : 3 * place + 3]
        if low is not None and high is not None:
            result[name] = Extent(float(low), float(high), not fractions)
    return result


def _extent(values: pd.Series[Any]) -> Extent | None:
    numbers = values.dropna().astype(np.float64).to_numpy()  # decimals are objects
    numbers = numbers[np.isfinite(numbers)]
    if not len(numbers):
        return None
    whole = bool((np.trunc(numbers) == numbers).all())
    return Extent(float(numbers.min()), float(numbers.max()), whole)


def _aggregates(name: str) -> tuple[str, str, str]:
    number = f"cast({quote(name)} as double)"
    # Not-a-number is greater than infinity in Spark.
    finite = f"case when abs({number}) < double('infinity') then {number} end"
    return f"min({finite})", f"max({finite})", f"max({finite} <> floor({finite}))"


def rows_above(frame: Frame, pairs: Sequence[tuple[str, str]]) -> list[tuple[int, int]]:
    """Count for each pair of columns the rows with both values, and those whose first is greater.

    >>> import pandas as pd
    >>> rows_above(pd.DataFrame({"a": [1, 5, 2], "b": [3, 4, None]}), [("a", "b")])
    [(2, 1)]
    """
    if not pairs:
        return []
    if not is_spark(frame):
        return [_above(frame[first], frame[second]) for first, second in pairs]
    texts = []
    for first, second in pairs:
        a, b = quote(first), quote(second)
        texts.append(f"count(case when {a} is not null and {b} is not null then 1 end)")
        texts.append(f"count(case when {a} > {b} then 1 end)")
    cells = [int(cell) for cell in frame.selectExpr(*texts).collect()[0]]
    return list(zip(cells[::2], cells[1::2], strict=True))


def _above(first: pd.Series[Any], second: pd.Series[Any]) -> tuple[int, int]:
    both = (first.notna() & second.notna()).to_numpy(dtype=bool)
    greater = first[both].to_numpy() > second[both].to_numpy()
    return int(both.sum()), int(np.asarray(greater, dtype=bool).sum())
