"""Whether a training has succeeded, by what it draws; and what to try where it has not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from synthohive_jupyter.errors import tried
from synthohive_jupyter.events import Notice

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import pandas as pd

ROWS = 1000
"""So many rows are compared; of a table of few rows nothing can be told."""
_FEWEST_ROWS = 50
_VARIED = 0.95
"""A column of which one value has no larger share than this is varied."""
_STUCK = 0.999
_FEW_DIFFERENT = 0.02
"""Rows have collapsed where so few are different, for each different row of the data."""
_MOST_NAMES = 5

TREES = "--model tree, or @model tree below the table: trees cannot diverge"
"""The remedy that always works."""
LARGER_BATCH = "a larger --batch-size, so that a step sees more of the data"
AGAINST_COLLAPSE = (TREES, "more --epochs, or another --seed", LARGER_BATCH)


def warning(table: str, reason: str, remedies: Iterable[str]) -> Notice:
    """Return the notice that a table is not learnt well, with what to try."""
    lines = [reason, *tried((*remedies,))]
    return Notice("\n".join(lines), table=table, level="warning")


def collapse(drawn: pd.DataFrame, real: pd.DataFrame) -> str | None:
    """Return in words how far generated rows have collapsed, ``None`` where they have not.

    Args:
        drawn: Generated rows.
        real: As many rows of the data, of the same columns.

    >>> import pandas as pd
    >>> real = pd.DataFrame({"a": range(100), "b": range(100)})
    >>> collapse(real.assign(a=1), real)
    "every generated row has the same value in 'a': this column has collapsed"
    >>> collapse(real, real) is None
    True
    """
    if len(real) < _FEWEST_ROWS:
        return None
    stuck = list(_stuck(drawn, real))
    different = len(drawn.drop_duplicates())
    if different <= _FEW_DIFFERENT * len(real.drop_duplicates()) or len(stuck) == real.shape[1] > 1:
        return "nearly all generated rows are the same: the generator has collapsed"
    if not stuck:
        return None
    names = ", ".join(f"'{name}'" for name in stuck[:_MOST_NAMES])
    more = f" and {len(stuck) - _MOST_NAMES} more" if len(stuck) > _MOST_NAMES else ""
    what = "this column has" if len(stuck) == 1 else "these columns have"
    return f"every generated row has the same value in {names}{more}: {what} collapsed"


def some_rows(n_rows: int) -> np.ndarray:
    """Return the positions of at most `ROWS` rows, evenly spaced."""
    return np.unique(np.linspace(0, n_rows - 1, min(n_rows, ROWS)).astype(np.int64))


def _stuck(drawn: pd.DataFrame, real: pd.DataFrame) -> Iterator[str]:
    """Yield the columns that are varied, and generated with one value alone."""
    for column in real.columns:
        if _top_share(real[column]) <= _VARIED and _top_share(drawn[column]) >= _STUCK:
            yield str(column)


def _top_share(values: pd.Series) -> float:
    """Return the share of the commonest value, null being one."""
    return float(values.value_counts(normalize=True, dropna=False).iloc[0])
