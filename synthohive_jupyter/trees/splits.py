"""`Splits`: a binary tree as flat arrays, and the walk of many rows at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray

from synthohive_jupyter.errors import ModelFileError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from synthohive_jupyter.tabular.codecs import Flags, Integers

Features = NDArray[np.float32]
"""Shape (rows, features); a null lies below every value, nothing is NaN."""

_PATIENCE = 8

NODE_PARTS = {"feature": "int32", "threshold": "float32", "child": "int32", "leaf": "int32"}
"""The arrays of `Splits.to_arrays` with their types; one element for every node."""


@dataclass(frozen=True, slots=True, eq=False)
class Splits:
    """A binary tree in breadth-first order: children come after their parent, side by side.

    A leaf is its own child with a threshold of infinity, so that a walk can go on without asking.

    Attributes:
        feature: Feature that each node looks at, shape (nodes,), int32.
        threshold: Rows with more than this go right, shape (nodes,), float32.
        child: Node on the left; the one on the right follows it, shape (nodes,), int32.
        leaf: Number of the leaf, -1 for inner nodes, shape (nodes,), int32.
        n_leaves: Number of leaves.
    """

    feature: NDArray[np.int32]
    threshold: NDArray[np.float32]
    child: NDArray[np.int32]
    leaf: NDArray[np.int32]
    n_leaves: int

    @classmethod
    def single(cls) -> Self:
        """Return the tree that has one leaf and asks nothing.

        >>> Splits.single().leaves(np.zeros((3, 0), np.float32)).tolist()
        [0, 0, 0]
        """
        zero = np.zeros(1, np.int32)
        return cls(zero, np.full(1, np.inf, np.float32), zero, zero, 1)

    @classmethod
    def from_children(
        cls, feature: Integers, threshold: NDArray[Any], left: Integers, right: Integers
    ) -> Self:
        """Return the tree given by its inner nodes, the first being the root.

        Args:
            feature: Feature of each inner node, shape (inner nodes,).
            threshold: Its threshold; rows with at most this go left.
            left: Inner node on the left, or ``~leaf``.
            right: The same on the right.
        """
        if not len(feature):
            return cls.single()
        nodes, levels = np.zeros(1, np.int64), []
        while len(nodes):
            levels.append(nodes)
            inner = nodes[nodes >= 0]
            nodes = np.stack([left[inner], right[inner]], axis=1).ravel()
        order = np.concatenate(levels)
        is_inner = order >= 0
        child = np.arange(len(order))
        child[is_inner] = 1 + 2 * np.arange(is_inner.sum())
        inner = np.maximum(order, 0)
        return cls(
            np.where(is_inner, feature[inner], 0).astype(np.int32),
            np.where(is_inner, _rounded_down(threshold)[inner], np.float32(np.inf)),
            child.astype(np.int32),
            np.where(is_inner, -1, ~order).astype(np.int32),
            len(feature) + 1,
        )

    def leaves(self, features: Features) -> Integers:
        """Return the leaf of every row.

        Args:
            features: Shape (rows, at least as many features as the tree looks at).
        """
        rows, width = features.shape
        node = np.zeros(rows, np.intp)
        if self.n_leaves == 1 or not rows:
            return node
        cells = np.ascontiguousarray(features).reshape(-1)
        feature, child = self.feature.astype(np.intp), self.child.astype(np.intp)
        base = np.arange(0, rows * width, width)
        active = np.arange(rows)
        at = node
        while len(active):
            # Some branches are far deeper than others: every few levels those at rest drop out.
            for _ in range(_PATIENCE):
                right = cells.take(base + feature.take(at)) > self.threshold.take(at)
                at = child.take(at) + right
            node[active] = at
            moving = np.flatnonzero(self.leaf.take(at) < 0)
            active, base, at = active[moving], base[moving], at[moving]
        return self.leaf[node].astype(np.intp)

    def levels(self) -> list[slice]:
        """Return the nodes of every level, the root first."""
        found, begin, end = [], 0, 1
        while begin < end:
            found.append(slice(begin, end))
            begin, end = end, end + 2 * int((self.leaf[begin:end] < 0).sum())
        return found

    def totals(self, values: NDArray[Any]) -> NDArray[Any]:
        """Return for every node the sum of ``values`` over its leaves.

        Args:
            values: Of every leaf, shape (leaves, ...).

        Returns:
            Shape (nodes, ...).
        """
        found = values[np.maximum(self.leaf, 0)]
        for level in reversed(self.levels()):
            nodes = np.arange(level.start, level.stop)[self.leaf[level] < 0]
            found[nodes] = found[self.child[nodes]] + found[self.child[nodes] + 1]
        return found

    def owners(self, ends: Flags) -> Integers:
        """Return for every node the uppermost one at or above it that ends, or the node itself.

        Args:
            ends: Which nodes shall have nothing below them, shape (nodes,).
        """
        found = np.arange(len(self.leaf))
        for level in self.levels():
            nodes = np.arange(level.start, level.stop)[self.leaf[level] < 0]
            over = (found[nodes] != nodes) | ends[nodes]
            for child in (self.child[nodes], self.child[nodes] + 1):
                found[child] = np.where(over, found[nodes], child)
        return found

    def without(self, ends: Flags) -> tuple[Self, Integers]:
        """Return the tree in which some nodes are leaves, and what its leaves were before.

        Args:
            ends: Which nodes shall have nothing below them, shape (nodes,).

        Returns:
            The tree, and for each of its leaves the node of this tree.
        """
        own = np.arange(len(self.leaf))
        alive = self.owners(ends) == own
        at_rest = alive & (ends | (self.leaf >= 0))
        place = np.cumsum(alive) - 1
        tree = type(self)(
            feature=np.where(at_rest, np.int32(0), self.feature)[alive],
            threshold=np.where(at_rest, np.float32(np.inf), self.threshold)[alive],
            child=np.where(at_rest, place, place[self.child])[alive].astype(np.int32),
            leaf=np.where(at_rest, np.cumsum(at_rest) - 1, -1)[alive].astype(np.int32),
            n_leaves=int(at_rest.sum()),
        )
        return tree, np.flatnonzero(at_rest)

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """Return the arrays by name."""
        return {
            "feature": self.feature,
            "threshold": self.threshold,
            "child": self.child,
            "leaf": self.leaf,
        }

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]], *, n_features: int) -> Self:
        """Rebuild from `to_arrays`.

        Raises:
            ModelFileError: If the arrays are no tree over so many features.
        """
        feature, threshold, child, leaf = (
            arrays[name] for name in ("feature", "threshold", "child", "leaf")
        )
        own = np.arange(len(feature))
        rest = leaf >= 0
        inner = ~rest
        n_leaves = int(rest.sum())
        fits = (
            len(feature) == 2 * n_leaves - 1
            and np.array_equal(child[rest], own[rest])
            # Breadth first: so every node but the root is the child of one node before it.
            and np.array_equal(child[inner], 1 + 2 * np.arange(inner.sum()))
            and bool((child[inner] > own[inner]).all())
            and np.array_equal(np.sort(leaf[rest]), np.arange(n_leaves))
            and bool((threshold[rest] == np.inf).all() and np.isfinite(threshold[inner]).all())
            and bool(((feature >= 0) & (feature < max(n_features, 1))).all())
        )
        if not fits:
            raise ModelFileError("the saved model is damaged: a tree is none")
        return cls(feature, threshold, child, leaf, n_leaves)


def _rounded_down(threshold: NDArray[Any]) -> NDArray[np.float32]:
    """Return the largest float32 that is not above: the same rows of float32 are below it."""
    near = threshold.astype(np.float32)
    return np.where(near > threshold, np.nextafter(near, np.float32(-np.inf)), near)
