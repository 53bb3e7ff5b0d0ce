"""The boundary to functions of the user: what they get, and what they may return."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from synthohive_jupyter.errors import PrivacyError

if TYPE_CHECKING:
    from collections.abc import Callable


def apply_function(
    place: str, function: Callable[..., Any], values: pd.Series[Any], context: pd.DataFrame
) -> pd.Series[Any]:
    """Return what ``function(values, context)`` makes of a column.

    Args:
        place: Table and column, for messages.
        function: Of the user; gets copies, returns a series, an array or a list.
        values: The column: real values, or fakes for synthetic rows.
        context: The columns of these rows that are no personal data.

    Raises:
        PrivacyError: If the function fails or returns another number of values.
    """
    failure = ""
    try:
        result = function(values, context.copy())
    except Exception as error:  # noqa: BLE001 - code of the user
        failure = type(error).__name__
    # Raised out here, so that the user's error, which may quote data, is no cause of ours.
    if failure:
        raise PrivacyError(
            f"{place}: the custom function raised {failure}; its message may quote data and is "
            "not shown"
        )
    if isinstance(result, str) or not hasattr(result, "__len__") or len(result) != len(context):
        raise PrivacyError(
            f"{place}: the custom function must return one value for each of {len(context):,} rows"
        )
    return pd.Series(getattr(result, "array", result), index=context.index, name=values.name)
