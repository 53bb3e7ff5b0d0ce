"""`GroupTree`: parents in ever wider groups, and the counts that occur there.

The leaves of a tree are groups of about twenty parents, too few to tell the chance of each count.
Their nodes above are wider groups. Which width is worth how much is not for the tree to say: it
holds the counts at several widths, and `counts.CountForest` weighs them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from synthohive_jupyter.errors import ModelFileError
from synthohive_jupyter.trees.splits import NODE_PARTS, Splits

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from synthohive_jupyter.trees.splits import Features

    Integers = NDArray[np.int64]
    Floats = NDArray[np.float64]

_BELOW_ONE = 1.0 - 1e-9
_MOST_CELLS = 1 << 24


@dataclass(frozen=True, slots=True, eq=False)
class GroupTree:
    """Groups of parents, and how often each class of counts occurs in each.

    Attributes:
        splits: Which leaf a parent falls in.
        group: Group of each leaf at each width, narrow to wide, shape (leaves, widths).
        rows: Parents of each class in each group, shape (groups, classes).
    """

    splits: Splits
    group: Integers
    rows: Integers

    @classmethod
    def of(
        cls,
        splits: Splits,
        leaves: Integers,
        classes: Integers,
        *,
        n_classes: int,
        widths: Sequence[int],
    ) -> Self:
        """Count the parents of each group.

        Args:
            splits: The tree.
            leaves: Leaf of each parent.
            classes: Class of its count.
            n_classes: Number of classes.
            widths: Least parents of a group, rising.
        """
        in_leaves = np.bincount(
            leaves * n_classes + classes, minlength=splits.n_leaves * n_classes
        ).reshape(splits.n_leaves, n_classes)
        in_nodes = splits.totals(in_leaves)
        size = in_nodes.sum(axis=1)
        inner = np.flatnonzero(splits.leaf < 0)
        above = np.arange(len(splits.leaf))
        above[splits.child[inner]] = above[splits.child[inner] + 1] = inner
        at_rest = np.flatnonzero(splits.leaf >= 0)
        node = at_rest[np.argsort(splits.leaf[at_rest])]
        found = []
        for width in widths:
            while (narrow := (size[node] < width) & (above[node] != node)).any():
                node = np.where(narrow, above[node], node)
            found.append(node)
        used, group = np.unique(np.stack(found, axis=1), return_inverse=True)
        return cls(splits, group.reshape(splits.n_leaves, len(widths)), in_nodes[used])

    def chances(self, features: Features, classes: Integers) -> Floats:
        """Return the chance of each parent's class at each width, shape (parents, widths)."""
        groups = self.group[self.splits.leaves(features)]
        found: Floats = self.rows[groups, classes[:, None]] / self.rows.sum(axis=1)[groups]
        return found

    def draw(self, features: Features, width: Integers, uniform: Floats) -> Integers:
        """Return a class for each parent, drawn from its group of the width that is given."""
        groups = self.group[self.splits.leaves(features), width]
        n_groups, n_classes = self.rows.shape
        upper = np.cumsum(self.rows, axis=1) / self.rows.sum(axis=1)[:, None]
        # One rising list: the groups one after the other, each one long.
        upper = (np.minimum(upper, 1.0) + np.arange(n_groups)[:, None]).ravel()
        place = np.searchsorted(upper, groups + np.minimum(uniform, _BELOW_ONE), side="right")
        found: Integers = np.minimum(place - groups * n_classes, n_classes - 1)
        return found

    def to_dict(self) -> dict[str, Any]:
        """Return the tree as JSON-safe values: thresholds and numbers of parents."""
        group, cell = np.nonzero(self.rows)
        splits = self.splits.to_arrays()
        # JSON has no infinity, which stands at the leaves.
        threshold = [None if value == np.inf else value for value in splits["threshold"].tolist()]
        return {name: part.tolist() for name, part in splits.items()} | {
            "threshold": threshold,
            "widths": self.group.tolist(),
            "filled": [group.tolist(), cell.tolist(), self.rows[group, cell].tolist()],
        }

    @classmethod
    def from_dict(
        cls, record: Mapping[str, Any], *, n_features: int, n_classes: int, n_widths: int
    ) -> Self:
        """Rebuild from `to_dict`.

        Raises:
            ModelFileError: If the record is damaged.
        """
        damaged = ModelFileError("a linkage record is damaged: its groups are not those of a tree")
        try:
            parts = {name: record[name] for name in NODE_PARTS}
            parts["threshold"] = [np.inf if t is None else t for t in parts["threshold"]]
            arrays = {name: np.array(parts[name], dtype=t) for name, t in NODE_PARTS.items()}
            group = np.array(record["widths"], dtype=np.int64)
            filled = np.array(record["filled"], dtype=np.int64)
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            raise damaged from error
        if any(part.shape != arrays["leaf"].shape or part.ndim != 1 for part in arrays.values()):
            raise damaged
        splits = Splits.from_arrays(arrays, n_features=n_features)
        if group.shape != (splits.n_leaves, n_widths) or group.min() < 0:
            raise damaged
        n_groups = int(group.max()) + 1
        if n_groups * n_classes > _MOST_CELLS or filled.ndim != 2 or len(filled) != 3:  # noqa: PLR2004 - group, class, parents
            raise damaged
        of, cell, number = filled
        inside = (of >= 0) & (of < n_groups) & (cell >= 0) & (cell < n_classes) & (number > 0)
        if not inside.all():
            raise damaged
        rows = np.zeros((n_groups, n_classes), dtype=np.int64)
        rows[of, cell] = number
        if not rows.sum(axis=1).all():
            raise damaged
        return cls(splits, group, rows)
