"""Families of one table: their order in the data, and their rows drawn one after the other."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from synthohive_jupyter.relational.keys.references import NULL
from synthohive_jupyter.relational.siblings.history import History
from synthohive_jupyter.seeding import integer_seed, stream
from synthohive_jupyter.tabular.constraints import enforce

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from synthohive_jupyter.models.base import ConditionalGenerativeModel
    from synthohive_jupyter.relational.steps import TableStep
    from synthohive_jupyter.schema.metadata import Constraint, TableConfig

    Positions = NDArray[np.int64]


def sibling_order(frame: pd.DataFrame, family: Positions, *, by: str | None) -> Positions:
    """Return the positions of rows, family by family, each in the order of a column, nulls last.

    Rows that are equal in it stay as they are; so do all where there is no column.
    """
    if by is None:
        return np.argsort(family, kind="stable").astype(np.int64)
    values = frame[by]
    # pandas ranks the nulls of nullable types among the numbers; lexsort puts NaN last.
    ranks = values.rank(method="dense").to_numpy(dtype=np.float64, na_value=np.nan)
    return np.lexsort((np.where(values.isna(), np.nan, ranks), family))


def learn_history(
    step: TableStep,
    drawn: pd.DataFrame,
    context: pd.DataFrame | None,
    family: Positions,
    *,
    table: TableConfig,
    rules: Mapping[str, Constraint],
    unit: Positions | None,
) -> History | None:
    """Learn what siblings tell each other; ``None`` where that is nothing.

    Args:
        step: The table.
        drawn: The columns to be drawn, those of links included, in the order of siblings.
        context: What ancestors tell each row, or ``None``.
        family: Family of each row, those of a family together.
        table: The description of the table.
        rules: What is declared of the columns.
        unit: What rare values are counted in; rows where ``None``.
    """
    alone = len(family) == len(np.unique(family))
    if not step.siblings or alone or not len(drawn.columns):
        return None
    told = [c for c in drawn.columns if c in step.history_columns or c not in step.modelled_columns]
    return History.learn(
        drawn,
        family,
        columns=told,
        order_by=None if _demanded(table, step.order_by) else step.order_by,
        table=step.table,
        above=context,
        rules=rules,
        unit=np.arange(len(family), dtype=np.int64) if unit is None else unit,
    )


def _demanded(table: TableConfig, column: str | None) -> bool:
    """Return whether something is demanded between a column and others.

    The model makes that hold, so it must draw them all.
    """
    return any(column in group for group in (*table.checks, *table.combinations))


def draw_families(
    step: TableStep,
    history: History,
    model: ConditionalGenerativeModel | None,
    context: pd.DataFrame | None,
    family: Positions,
    *,
    rules: Mapping[str, Constraint],
    seed: int,
) -> pd.DataFrame:
    """Draw the rows of families one after the other.

    Args:
        step: The table.
        history: What siblings tell each other.
        model: The table's model, fitted on what `History.encode` returns; ``None`` if that has no
            columns.
        context: What ancestors tell each row, or ``None``.
        family: Position of each row's parent, families together; those without one at the end.
        rules: What is declared of the columns.
        seed: Root seed.
    """
    begins = np.diff(family, prepend=-2) != 0
    begins |= family == NULL
    starts = np.flatnonzero(begins)
    sizes = np.diff(np.append(starts, len(family)))
    nothing = pd.DataFrame(index=pd.RangeIndex(len(starts)))
    above = nothing if context is None else context.iloc[starts].reset_index(drop=True)

    def sample(told: pd.DataFrame, rank: int) -> pd.DataFrame:
        assert model is not None
        return model.sample(len(told), told, seed=integer_seed(seed, step.table, "sample", rank))

    rows = history.draw(sizes, above, sample, rng=stream(seed, step.table, "rows"))
    # A call knows the rows of one rank alone.
    unique = {name: rule for name, rule in rules.items() if rule.unique and name in rows.columns}
    if unique:
        rows = enforce(rows, unique, table=step.table)
    if step.order_by is None or (history.timed and step.order_by not in unique):
        return rows
    # The model was told of an order that it may not have kept.
    order = sibling_order(rows, np.cumsum(begins), by=step.order_by)
    return rows.iloc[order].reset_index(drop=True)
