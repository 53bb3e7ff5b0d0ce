"""The first rows of each synthetic table, folded under the card of a result."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from synthohive_jupyter.notebook.layout import folded, short, table
from synthohive_jupyter.notebook.wording import count

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from xml.etree.ElementTree import Element

    import pandas as pd

ROWS = 5
COLUMNS = 12
TABLES = 24
LONGEST = 40
"""Letters of a value; more would make a notebook heavy and a table wide."""


def previews(tables: Mapping[str, pd.DataFrame]) -> Iterator[Element]:
    """Yield the first rows of each table, as folded parts of a card; bounded in every direction.

    Args:
        tables: The synthetic tables; whatever they hold is shown as text.
    """
    for name, frame in list(tables.items())[:TABLES]:
        if len(frame.columns) and len(frame):
            yield folded(_title(name, frame), _rows(frame))


def _title(name: str, frame: pd.DataFrame) -> str:
    shown = min(ROWS, len(frame))
    title = f"{short(name)}: first {count(shown, 'row')} of {count(len(frame))}"
    if len(frame.columns) <= COLUMNS:
        return title
    return f"{title}, {COLUMNS} of {count(len(frame.columns), 'column')}"


def _rows(frame: pd.DataFrame) -> Element:
    from pandas.api.types import is_bool_dtype, is_numeric_dtype

    part = frame.iloc[:ROWS, :COLUMNS]
    right = [is_numeric_dtype(kind) and not is_bool_dtype(kind) for kind in part.dtypes]
    heads = [
        (short(column), "n" if sort else "")
        for column, sort in zip(part.columns, right, strict=True)
    ]
    cells = [[_value(value) for value in part.iloc[:, place]] for place in range(part.shape[1])]
    return table(heads, list(zip(*cells, strict=True)))


def _value(value: Any) -> str:  # noqa: ANN401 - whatever a cell holds
    import pandas as pd

    missing = pd.isna(value) if pd.api.types.is_scalar(value) else False
    return "–" if missing else short(value, LONGEST)
