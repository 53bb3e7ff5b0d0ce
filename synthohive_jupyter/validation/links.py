"""How well the rows of linked tables fit together: what single tables cannot show.

Real rows under random foreign keys pass every test of single tables and fail all of these. Each
measure compares the same `Link` of a real and of a synthetic database; 1 is equal, except for the
two-sample test, where .5 is perfect. A figure means something beside that of held-back families.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from synthohive_jupyter.io.lookup import locate
from synthohive_jupyter.validation.codes import DEFAULT_BINS, as_numbers, code_pair, is_ordered
from synthohive_jupyter.validation.detection import c2st
from synthohive_jupyter.validation.integrity import cardinality_similarity
from synthohive_jupyter.validation.pairs import joint_similarity

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

COUNT = "children"
"""Name of the column that holds the number of children."""
ABOVE = "above."
"""Prefix of the parent's columns beside those of the child."""


@dataclass(frozen=True, slots=True)
class Link:
    """One foreign key of one database.

    Attributes:
        parent: Rows of the parent table.
        child: Rows of the child table.
        primary_key: Columns of the parent.
        foreign_key: Columns of the child that point to them, in order.
    """

    parent: pd.DataFrame
    child: pd.DataFrame
    primary_key: tuple[str, ...]
    foreign_key: tuple[str, ...]

    def rows(self) -> NDArray[np.int64]:
        """Return for each child the row of its parent; -1 for nulls and orphans."""
        return locate(self.child, self.foreign_key, self.parent, self.primary_key)

    def counts(self) -> NDArray[np.int64]:
        """Return the number of children of each parent, childless ones included."""
        rows = self.rows()
        return np.bincount(rows[rows >= 0], minlength=len(self.parent))

    def joined(self, prefix: str) -> pd.DataFrame:
        """Return the children that have a parent, with the parent's columns under a prefix.

        As the parent of a further link it reaches one table further.
        """
        rows = self.rows()
        above = self.parent.add_prefix(prefix).iloc[rows[rows >= 0]].reset_index(drop=True)
        return pd.concat([self.child[rows >= 0].reset_index(drop=True), above], axis=1)

    def with_counts(self) -> pd.DataFrame:
        """Return the parents with the number of their children as the column `COUNT`."""
        return self.parent.assign(**{COUNT: self.counts()})


def cardinality(real: Link, synthetic: Link) -> float:
    """Return 1 minus the Kolmogorov–Smirnov distance of children per parent, zeros included."""
    return cardinality_similarity(real.counts(), synthetic.counts())


def hop_scores(
    real: Link,
    synthetic: Link,
    parent_columns: Sequence[str],
    child_columns: Sequence[str],
    bins: int = DEFAULT_BINS,
) -> dict[tuple[str, str], float]:
    """Return the similarity of each pair of a parent's and a child's column, over the children.

    Bins are those of the columns in their own tables. Two foreign keys of one table give the pairs
    of two parents: join one first, and take its columns for those of the child.

    >>> parents = pd.DataFrame({"id": [1, 2], "plan": ["free", "pro"]})
    >>> children = pd.DataFrame({"user": [1, 2], "item": ["pen", "car"]})
    >>> crossed = children.assign(user=[2, 1])
    >>> links = [Link(parents, c, ("id",), ("user",)) for c in (children, crossed)]
    >>> hop_scores(*links, ["plan"], ["item"])
    {('plan', 'item'): 0.0}
    """
    rows = [link.rows() for link in (real, synthetic)]
    above = {}
    for name in parent_columns:
        pair = code_pair(real.parent[name], synthetic.parent[name], bins)
        above[name] = pair.taken(rows[0][rows[0] >= 0], rows[1][rows[1] >= 0])
    below = {
        name: code_pair(real.child[name], synthetic.child[name], bins).taken(
            rows[0] >= 0, rows[1] >= 0
        )
        for name in child_columns
    }
    return {
        (a, b): joint_similarity(above[a], below[b])
        for a, b in product(parent_columns, child_columns)
    }


def count_scores(
    real: Link, synthetic: Link, columns: Sequence[str], bins: int = DEFAULT_BINS
) -> dict[str, float]:
    """Return the similarity of each parent's column together with the number of children."""
    counted = [link.with_counts() for link in (real, synthetic)]
    counts = code_pair(counted[0][COUNT], counted[1][COUNT], bins)
    return {
        name: joint_similarity(code_pair(counted[0][name], counted[1][name], bins), counts)
        for name in columns
    }


def sibling_coherence(
    real: Link,
    synthetic: Link,
    columns: Sequence[str],
    order_by: Sequence[str],
    bins: int = DEFAULT_BINS,
) -> dict[str, float]:
    """Return for each column the similarity of its joint distribution in consecutive siblings.

    Args:
        real: The real link.
        synthetic: The synthetic one.
        columns: Columns of the child.
        order_by: Columns that siblings are ordered by; ties keep the order of the table.
        bins: Quantile bins of ordered columns.
    """
    neighbours = [_consecutive(link, order_by) for link in (real, synthetic)]
    scores = {}
    for name in columns:
        pair = code_pair(real.child[name], synthetic.child[name], bins)
        before = pair.taken(neighbours[0][0], neighbours[1][0])
        after = pair.taken(neighbours[0][1], neighbours[1][1])
        scores[name] = joint_similarity(before, after)
    return scores


def aggregates(link: Link, columns: Sequence[str]) -> pd.DataFrame:
    """Return one row for each parent: what its children come to.

    The columns are those of C2ST-Agg (Jurkovič et al., *SyntheRela*, 2024): the number of children,
    the number of different categories of each categorical column, and the mean of each ordered one
    (null for parents without children).
    """
    rows = link.rows()
    present = rows >= 0
    children = link.child.loc[present, list(columns)].reset_index(drop=True)
    groups = rows[present]
    every = range(len(link.parent))
    parts: dict[str, Any] = {COUNT: np.bincount(groups, minlength=len(link.parent))}
    for name in columns:
        values = children[name]
        if is_ordered(values):
            means = pd.Series(as_numbers(values)).groupby(groups).mean()
            parts[f"{name}: mean"] = means.reindex(every)
            continue
        codes = pd.Series(pd.factorize(values.astype(object).astype(str))[0])
        known = codes.where(values.notna())
        parts[f"{name}: different"] = known.groupby(groups).nunique().reindex(every, fill_value=0)
    return pd.DataFrame(parts, index=pd.RangeIndex(len(link.parent)))


def c2st_aggregates(
    real: Link,
    synthetic: Link,
    parent_columns: Sequence[str],
    child_columns: Sequence[str],
    *,
    measure: str = "accuracy",
    seed: int = 0,
) -> float:
    """Return how well boosted trees tell parents with their children's aggregates apart.

    This is C2ST-Agg (SyntheRela, section 4); .5 is perfect.

    Args:
        real: The real link.
        synthetic: The synthetic one.
        parent_columns: Columns of the parent beside the aggregates.
        child_columns: Columns of the child that are aggregated.
        measure: ``"accuracy"``, as published, or ``"auc"``.
        seed: Of folds and trees.
    """
    frames = []
    for link in (real, synthetic):
        above = link.parent[list(parent_columns)].reset_index(drop=True)
        frames.append(pd.concat([above, aggregates(link, child_columns)], axis=1))
    return c2st(frames[0], frames[1], list(frames[0].columns), measure=measure, seed=seed)


def c2st_children(
    real: Link,
    synthetic: Link,
    child_columns: Sequence[str],
    parent_columns: Sequence[str] = (),
    *,
    families: tuple[NDArray[Any], NDArray[Any]] | None = None,
    measure: str = "accuracy",
    max_rows: int = 10_000,
    seed: int = 0,
) -> float:
    """Return how well boosted trees tell real from synthetic children; .5 is perfect.

    Rows of one parent are kept in one fold: a classifier that knows siblings of a row recognises
    the family, not the synthetic row. Rows without a parent are families of their own.

    Args:
        real: The real link.
        synthetic: The synthetic one.
        child_columns: Columns of the child.
        parent_columns: Columns of the parent that stand beside them.
        families: What is kept in one fold instead: one number for each real and synthetic row.
        measure: ``"accuracy"`` or ``"auc"``.
        max_rows: Most rows of each side.
        seed: Of folds and trees.
    """
    frames, groups = [], []
    for link in (real, synthetic):
        rows = link.rows()
        # Position -1 is a parent of nulls.
        beside = link.parent[list(parent_columns)].reset_index(drop=True).reindex(rows)
        own = link.child[list(child_columns)].reset_index(drop=True)
        frames.append(pd.concat([own, beside.add_prefix(ABOVE).reset_index(drop=True)], axis=1))
        groups.append(np.where(rows < 0, len(link.parent) + np.arange(len(rows)), rows))
    own_groups = families or (groups[0], groups[1])
    columns = list(frames[0].columns)
    return c2st(
        frames[0],
        frames[1],
        columns,
        groups=own_groups,
        measure=measure,
        max_rows=max_rows,
        seed=seed,
    )


def _consecutive(
    link: Link, order_by: Sequence[str]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the positions of every row that has a next sibling, and of that sibling."""
    rows = link.rows()
    keys = [
        as_numbers(link.child[name])
        if is_ordered(link.child[name])
        else pd.factorize(link.child[name], sort=True)[0]
        for name in reversed(order_by)
    ]
    order = np.lexsort([*keys, rows])
    order = order[rows[order] >= 0]
    same = rows[order[:-1]] == rows[order[1:]]
    return order[:-1][same], order[1:][same]
