"""The plain CART chain: each column from a tree on those before it, the leaf's rows as donors.

The well-known way of synthpop (Nowok, Raab and Dibben, 2016; after Reiter, 2005). It draws real
values of real rows, so it is as near to the table as it gets, and copies what it learnt from.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from benchmarks.job import Epochs
from benchmarks.plain import PlainForm

BLOCK = 100_000
"""Rows drawn at once."""


class CartChain:
    """Trees of scikit-learn with rows in their leaves.

    Args:
        leaf: Least rows of a leaf.
    """

    def __init__(self, leaf: int) -> None:
        self.epochs = Epochs()
        self._leaf = leaf
        self._links: list[_Link] = []
        self._form: PlainForm | None = None

    def fit(self, frame: pd.DataFrame, *, seed: int) -> None:
        """Grow a tree for every column, those of the fewest values first."""
        self._form = PlainForm(frame)
        plain = self._form.prepare(frame)
        names = set(self._form.names)
        self._links = []
        order = plain.nunique().sort_values(kind="stable").index
        for position, name in enumerate(order):
            link = _Link(plain[name], named=name in names)
            link.grow(self._links, leaf=self._leaf, seed=seed + position)
            self._links.append(link)

    def sample(self, rows: int, *, seed: int) -> pd.DataFrame:
        """Draw rows, column by column."""
        assert self._form is not None
        rng = np.random.default_rng(seed)
        blocks = [min(BLOCK, rows - start) for start in range(0, rows, BLOCK)]
        parts = [self._form.restore(self._block(size, rng)) for size in blocks]
        return pd.concat(parts, ignore_index=True)

    def _block(self, rows: int, rng: np.random.Generator) -> pd.DataFrame:
        known: list[np.ndarray] = []
        drawn = {}
        for link in self._links:
            donors = link.donors(known, rows, rng)
            known.append(link.codes[donors])
            drawn[link.name] = link.cells[donors]
        return pd.DataFrame(drawn)


class _Link:
    """One column: its cells, the tree, and the training rows in the order of their leaves."""

    def __init__(self, column: pd.Series, *, named: bool) -> None:
        self.name = str(column.name)
        self.named = named
        self.cells = column.to_numpy()
        self.codes = pd.factorize(column)[0] if named else column.to_numpy(dtype=float)
        self._tree: DecisionTreeClassifier | DecisionTreeRegressor | None = None
        self._orders: list[np.ndarray | None] = []
        self._rows = np.arange(len(column))
        self._starts = np.array([0])
        self._counts = np.array([len(column)])

    def grow(self, before: list[_Link], *, leaf: int, seed: int) -> None:
        """Grow the tree on the columns before."""
        if not before:
            return
        # Levels in the order of the target's mean: one split then parts any two sets that matter
        # (Breiman et al., 1984). Of several labels, the most frequent one is the target here.
        target = self.codes
        if self.named:
            target = (target == np.bincount(target).argmax()).astype(float)
        self._orders = [_level_means(link.codes, target) if link.named else None for link in before]
        kind = DecisionTreeClassifier if self.named else DecisionTreeRegressor
        self._tree = kind(min_samples_leaf=leaf, random_state=seed)
        inputs = self._inputs([link.codes for link in before])
        self._tree.fit(inputs, self.codes)
        leaves = self._tree.apply(inputs)
        self._rows = np.argsort(leaves, kind="stable")
        self._counts = np.bincount(leaves, minlength=self._tree.tree_.node_count)
        self._starts = np.cumsum(self._counts) - self._counts

    def _inputs(self, known: list[np.ndarray]) -> np.ndarray:
        """Return the columns before as the tree sees them."""
        columns = zip(self._orders, known, strict=True)
        return np.column_stack([x if order is None else order[x] for order, x in columns])

    def donors(self, known: list[np.ndarray], rows: int, rng: np.random.Generator) -> np.ndarray:
        """Return a training row from the leaf of each row."""
        leaves = np.zeros(rows, int)
        if self._tree is not None:
            leaves = self._tree.apply(self._inputs(known))
        places = (rng.random(rows) * self._counts[leaves]).astype(int)
        chosen: np.ndarray = self._rows[self._starts[leaves] + places]
        return chosen


def _level_means(codes: np.ndarray, target: np.ndarray) -> np.ndarray:
    """Return the mean of the target in each level."""
    means: np.ndarray = np.bincount(codes, weights=target) / np.bincount(codes)
    return means
