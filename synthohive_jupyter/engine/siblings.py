"""Families of one table: their order in the data, and their rows drawn one after the other."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from synthohive_jupyter.relational.history import History
from synthohive_jupyter.relational.keys import NULL
from synthohive_jupyter.seeding import integer_seed
from synthohive_jupyter.tabular.constraints import enforce

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from synthohive_jupyter.engine.record import Learnt
    from synthohive_jupyter.models.base import ConditionalGenerativeModel
    from synthohive_jupyter.relational.plan import TableStep
    from synthohive_jupyter.schema.metadata import Constraint

    Positions = NDArray[np.int64]


def families(step: TableStep, own: pd.DataFrame) -> Positions | None:
    """Return the number of each row's driving parent; a row without one is its own family."""
    if step.driver is None:
        return None
    numbers, parents = pd.factorize(own[step.driver.columns[0]])
    alone = numbers < 0
    return np.where(alone, len(parents) + np.cumsum(alone), numbers)


def sibling_order(values: pd.Series, family: Positions) -> Positions:
    """Return the positions of rows, family by family, each in the order of its values."""
    ranks = values.rank(method="dense").to_numpy(dtype=np.float64)
    return np.lexsort((ranks, family))


def with_history(
    step: TableStep, own: pd.DataFrame, context: pd.DataFrame | None
) -> tuple[pd.DataFrame, pd.DataFrame | None]:
    """Return rows and context family by family, in their order, with what siblings are told."""
    family = families(step, own)
    if not step.history_columns or step.order_by is None or family is None:
        return own, context
    order = sibling_order(own[step.order_by], family)
    own = own.iloc[order].reset_index(drop=True)
    told = History(step.history_columns).of(own, family[order])
    if context is None:
        return own, told
    return own, pd.concat([context.iloc[order].reset_index(drop=True), told], axis=1)


def draw_families(
    step: TableStep,
    learnt: Learnt,
    model: ConditionalGenerativeModel,
    context: pd.DataFrame | None,
    family: Positions,
    *,
    rules: Mapping[str, Constraint],
    seed: int,
) -> pd.DataFrame:
    """Draw the rows of families one after the other.

    Args:
        step: The table.
        learnt: What is known of it.
        model: Its model, fitted `with_history`.
        context: What the parent tells each row, or ``None``.
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
        return model.sample(len(told), told, seed=integer_seed(seed, step.table, "sample", rank))

    dtypes = learnt.record.context_dtypes
    rows = History(step.history_columns).draw(sizes, above, sample, dtypes=dtypes)
    # A call knows the rows of one rank alone.
    unique = {name: rule for name, rule in rules.items() if rule.unique and name in rows.columns}
    return enforce(rows, unique, table=step.table) if unique else rows
