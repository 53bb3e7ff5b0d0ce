"""Who descends from whom, by positions; the same for real and for generated tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import numpy as np
import pandas as pd

from synthohive_jupyter.io.lookup import locate, taken
from synthohive_jupyter.relational.keys.references import NULL

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from numpy.typing import NDArray

    from synthohive_jupyter.relational.steps import Plan, TableStep
    from synthohive_jupyter.schema.metadata import ForeignKey

    Positions = NDArray[np.int64]
    Pair = tuple[Positions, Positions]

COUNT = "__count__"
"""Stands before the name of a table: how many rows it has for a parent."""

ANY = -2
"""Group of a row that may have a parent of any group; `NULL` is the group of none."""


class Tables(Protocol):
    """Tables whose rows have positions."""

    def rows(self, table: str) -> int:
        """Return the number of rows of a table."""

    def columns(self, table: str, names: Sequence[str]) -> pd.DataFrame:
        """Return columns of a table, row by row."""

    def positions(self, table: str, key: ForeignKey) -> Positions:
        """Return the position of each row's parent by a foreign key; `NULL` for nobody."""


def compose(first: Positions, then: Positions) -> Positions:
    """Return the position that two steps lead to; `NULL` where one of them leads nowhere.

    >>> compose(np.array([1, -1, 0]), np.array([5, 6])).tolist()
    [6, -1, 5]
    """
    if len(then) == 0:
        return np.full(len(first), NULL, dtype=np.int64)
    return np.where(first == NULL, NULL, then[np.maximum(first, 0)])


def ancestors(step: TableStep, plan: Plan, tables: Tables) -> dict[str, Positions]:
    """Return the position of each row's ancestor in each table above it, nearest first.

    The driving keys are followed. The table itself stands first: each row is its own.
    """
    found = {step.table: np.arange(tables.rows(step.table), dtype=np.int64)}
    if step.driver is None:
        return found
    return found | climbed(step, tables.positions(step.table, step.driver), plan, tables)


def climbed(step: TableStep, at: Positions, plan: Plan, tables: Tables) -> dict[str, Positions]:
    """Return the position of each row's ancestor in each table above it, nearest first.

    Args:
        step: The table of the rows, which need not be there yet.
        at: Position of each row's driving parent.
        plan: All steps.
        tables: Where the ancestors are.
    """
    found: dict[str, Positions] = {}
    while step.driver is not None:
        found[step.driver.parent] = at
        step = plan.step(step.driver.parent)
        if step.driver is not None:
            at = compose(at, tables.positions(step.table, step.driver))
    return found


def loose(step: TableStep, plan: Plan, tables: Tables) -> frozenset[str]:
    """Return the ancestors that a row may lack: some key on the way to them is null somewhere."""
    found, lacking = set(), False
    while step.driver is not None:
        lacking |= bool((tables.positions(step.table, step.driver) == NULL).any())
        if lacking:
            found.add(step.driver.parent)
        step = plan.step(step.driver.parent)
    return frozenset(found)


def context_of(
    step: TableStep,
    above: Mapping[str, Positions],
    tables: Tables,
    *,
    prefix: str,
    nullable: Collection[str] = (),
) -> pd.DataFrame | None:
    """Return what each row is told of its ancestors, ``None`` where that is nothing.

    Args:
        step: The table.
        above: Position of each row's ancestor, by table.
        tables: Where the ancestors are.
        prefix: Put in front of the names of `TableStep.context`.
        nullable: Ancestors whose columns get types that have a null, though none may be needed.
    """
    if not step.context:
        return None
    parts = []
    for table in step.ancestors:
        names = [column for name, column in step.context if name == table]
        columns = tables.columns(table, names)
        told = taken(columns, above[table], nullable=table in nullable)
        parts.append(told.set_axis([prefix + step.context_name(table, c) for c in names], axis=1))
    return pd.concat(parts, axis=1)


def known_of_parents(step: TableStep, plan: Plan, tables: Tables) -> pd.DataFrame:
    """Return what the number of a parent's children may depend on, a row for each parent.

    These are the columns that the children are told, and how many rows other tables, drawn before,
    have for the same parent.
    """
    assert step.driver is not None
    parent = plan.step(step.driver.parent)
    told = context_of(step, ancestors(parent, plan, tables), tables, prefix="")
    rows = tables.rows(parent.table)
    counts = {
        COUNT + other.table: children(tables.positions(other.table, other.driver), rows)
        for other in plan.driven_before(step)
        if other.driver is not None
    }
    counted = pd.DataFrame(counts, index=pd.RangeIndex(rows))
    return counted if told is None else pd.concat([told, counted], axis=1)


def families(positions: Positions) -> Positions:
    """Return the number of each row's family; a row without a driving parent is one by itself.

    >>> families(np.array([4, -1, 4, -1])).tolist()
    [4, 5, 4, 6]
    """
    alone = positions == NULL
    return np.where(alone, positions.max(initial=NULL) + np.cumsum(alone), positions)


def children(positions: Positions, parents: int) -> Positions:
    """Return the number of rows that each parent has.

    >>> children(np.array([1, -1, 1]), 3).tolist()
    [0, 2, 0]
    """
    return np.bincount(positions[positions != NULL], minlength=parents).astype(np.int64)


def anchors(
    step: TableStep,
    key: ForeignKey,
    above: Mapping[str, Positions],
    plan: Plan,
    tables: Tables,
) -> dict[str, Pair]:
    """Return the tables to which two paths lead: over the row's ancestors, and over its parent.

    An order and its address may belong to the same user; who leads a department may work there; a
    client may live in the district of the account, though districts are kept.

    Args:
        step: The table.
        key: A foreign key that does not drive it.
        above: Position of each row's ancestor, by table, the table itself among them.
        plan: All steps.
        tables: Where the rows are.

    Returns:
        Table (of kept ones also the keys) to the ancestor's position of each row, and of each row
        of the key's parent.
    """
    parent = plan.step(key.parent)
    reached = ancestors(parent, plan, tables)
    for other in parent.other_keys:
        if other.name not in parent.deferred_keys:
            reached.setdefault(other.parent, tables.positions(parent.table, other))
    found = {
        table: (own, reached[table])
        for table, own in above.items()
        if table in reached and not (table == step.table and key.parent == step.table)
    }
    for table, at in above.items():
        for mine in plan.step(table).kept_keys:
            for theirs in parent.kept_keys:
                if theirs.parent == mine.parent:
                    own = compose(at, tables.positions(table, mine))
                    found[kept_anchor(table, mine, theirs)] = (
                        own,
                        tables.positions(parent.table, theirs),
                    )
    return found


def kept_anchor(table: str, mine: ForeignKey, theirs: ForeignKey) -> str:
    """Return the name of two keys to one kept table: of a row's ancestor, and of its parent."""
    return f"{table}.{mine.name} = {theirs.name}"


def groups(
    rows: pd.DataFrame, own: Sequence[str], parents: pd.DataFrame, theirs: Sequence[str]
) -> Pair:
    """Return numbers that are equal where the columns of a row and of a parent are.

    Args:
        rows: Columns of the rows.
        own: Those that count.
        parents: Columns of the parents.
        theirs: Those that they must equal, in the same order.

    Returns:
        One number for each row, `NULL` where no parent is equal, and one for each parent.
    """
    return locate(rows, own, parents, theirs), locate(parents, theirs, parents, theirs)
