"""Filling what a present value may not be below: a is missing, b is there, and ``a <= b``.

The model codes b by its distance from a, so b says nothing of a until a is known. So each such row
has `CANDIDATES` draws of all that is missing, and of a distance too; a is taken from the draw whose
own b comes nearest to the b that is there (approximate Bayesian computation, nearest of k). The
rest is drawn again, given both.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from synthohive_jupyter.tabular.constraints import enforce

if TYPE_CHECKING:
    from synthohive_jupyter.tabular.codecs import Flags, Floats, Integers
    from synthohive_jupyter.tabular.gaps import Gap
    from synthohive_jupyter.tabular.transformer import TableTransformer

CANDIDATES = 16

_BROKEN = 1e6


def open_ends(data: pd.DataFrame, gap: Gap) -> Flags:
    """Return the rows that have a gap column and lack something that it counts from."""
    missing = data[list(gap.sources)].isna().any(axis=1)
    found: Flags = (missing & data[gap.name].notna()).to_numpy(dtype=np.bool_)
    return found


def nearest(
    data: pd.DataFrame, drawn: pd.DataFrame, transformer: TableTransformer, *, table: str
) -> Integers:
    """Return for every row which of its candidates comes nearest.

    Args:
        data: The rows, each `CANDIDATES` times, one after the other.
        drawn: The candidates; gap columns hold what the model would have drawn.
        transformer: The codes of the columns.
        table: Name of the table, for messages.

    Returns:
        Places in ``data``, one for each row.
    """
    links = transformer.links
    columns = {column.layout.name: column for column in transformer.columns}
    distance: Floats = np.zeros(len(data))
    for gap in links.gaps.values():
        rows = open_ends(data, gap)
        given, _ = gap.storage.read(data[gap.name], table=table)
        made, nulls = gap.storage.read(drawn[gap.name], table=table)
        held = {}
        for name in gap.sources:
            storage = links.storage_of(name, columns)
            filled = data[name].where(data[name].notna(), drawn[name])
            held[name] = storage, *storage.read(filled, table=table)
        away = np.abs(made / 2 - given / 2)
        away /= (away[rows].mean() if rows.any() else 0.0) or 1.0
        broken = gap.forward(given, held) < 0
        distance += np.where(rows, np.where(broken, _BROKEN, np.where(nulls, 1.0, away)), 0.0)
    found: Integers = distance.reshape(-1, CANDIDATES).argmin(axis=1)
    return found + CANDIDATES * np.arange(len(found))


def closed(
    data: pd.DataFrame, chosen: pd.DataFrame, transformer: TableTransformer, *, table: str
) -> pd.DataFrame:
    """Return rows with what their gap columns lack filled, and never above these.

    Args:
        data: The rows.
        chosen: The candidate of each row, with the same index.
        transformer: The codes of the columns.
        table: Name of the table, for messages.
    """
    filled = data.copy(deep=False)
    # The last ones first: what is filled for one of them may be a gap column itself.
    for gap in list(transformer.links.gaps.values())[::-1]:
        rows = open_ends(filled, gap)
        if not rows.any():
            continue
        names = list(gap.sources)
        own = filled[[*names, gap.name]]
        own = own.assign(**{n: own[n].where(own[n].notna(), chosen[n]) for n in names})
        pairs = [(name, gap.name) for name in names]
        mended = enforce(own, {}, pairs, table=table, fixed=[gap.name])
        free = {name: pd.Series(rows, own.index) & filled[name].isna() for name in names}
        filled = filled.assign(**{n: filled[n].where(~free[n], mended[n]) for n in names})
    return filled
