"""What a table's model is told of it: its columns and those that siblings and links add. No key."""

from __future__ import annotations

from typing import TYPE_CHECKING

from synthohive_jupyter.io.frames import CONTEXT_PREFIX
from synthohive_jupyter.schema.metadata import Constraint, Metadata
from synthohive_jupyter.tabular.codecs import RARE

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    from synthohive_jupyter.engine.record import Links
    from synthohive_jupyter.relational.siblings.history import History
    from synthohive_jupyter.relational.steps import Plan, TableStep

KNOWN_SHARE = 0.5
"""Share of rows whose key to a kept table must be a frequent one for the tuples to be learnt."""


def model_metadata(
    metadata: Metadata,
    plan: Plan,
    step: TableStep,
    *,
    columns: Sequence[str],
    links: Links,
    history: History | None,
    together: Sequence[Sequence[str]] = (),
) -> Metadata:
    """Return the description that a table's model sees: the columns that it learns, and no key.

    Foreign keys to kept tables are declared categories: a key is never a quantity. The columns of
    the context stand there under their prefixed names, with their type alone.

    Args:
        metadata: The description of the database.
        plan: All steps.
        step: The table.
        columns: The columns that the model learns.
        links: What is learnt of its foreign keys.
        history: What its siblings are told.
        together: Further columns that only occur together: those of keys to kept tables.
    """
    table = metadata.tables[step.table]
    rules = column_rules(metadata, step, links)
    high = [c for c in table.high_cardinality_cols if c in step.modelled_columns]
    if history is not None:
        rules = history.rules(rules)
        high += [told for told, column in history.sources.items() if column in high]
    for above in step.ancestors:
        told = {c: CONTEXT_PREFIX + step.context_name(t, c) for t, c in step.context if t == above}
        theirs = column_rules(metadata, plan.step(above), {})
        rules |= {told[c]: Constraint(dtype=r.dtype) for c, r in theirs.items() if c in told}
        high += [told[c] for c in metadata.tables[above].high_cardinality_cols if c in told]
    learnt = set(columns)
    description = Metadata()
    description.add_table(
        step.table,
        pk=None,
        constraints=rules,
        high_cardinality_cols=high,
        checks=[pair for pair in table.checks if learnt.issuperset(pair)],
        combinations=_apart([*table.combinations, *together], learnt),
        columns=columns,
    )
    return description


def column_rules(metadata: Metadata, step: TableStep, links: Links) -> dict[str, Constraint]:
    """Return what is declared of the columns that are drawn, before siblings are looked at."""
    learnt = set(step.modelled_columns)
    rules = {c: r for c, r in metadata.tables[step.table].constraints.items() if c in learnt}
    values = {c for key in step.kept_keys for c in key.columns} & learnt
    rules |= {column: Constraint(dtype="cat") for column in values}
    for link in links.values():
        rules |= link.constraints
    return rules


def _apart(groups: Sequence[Sequence[str]], learnt: Collection[str]) -> list[tuple[str, ...]]:
    """Return the groups of columns that are all learnt, each column in one group alone."""
    taken: set[str] = set()
    found = []
    for group in groups:
        if taken.isdisjoint(group) and set(group) <= set(learnt):
            found.append(tuple(group))
            taken |= set(group)
    return found


def frequent_keys(
    step: TableStep, own: pd.DataFrame, unit: NDArray[np.int64] | None
) -> list[Sequence[str]]:
    """Return the columns of composite keys to kept tables whose tuples are frequent enough.

    Of the others each column is learnt by itself, and the key made to exist afterwards.
    """
    found: list[Sequence[str]] = []
    for key in step.kept_keys:
        columns = list(key.columns)
        rows = own[columns].assign(unit=range(len(own)) if unit is None else unit).dropna()
        if len(columns) == 1 or rows.empty:
            continue
        tuples = rows.groupby(columns, observed=True)["unit"]
        if (tuples.transform("nunique") >= RARE).mean() >= KNOWN_SHARE:
            found.append(columns)
    return found
