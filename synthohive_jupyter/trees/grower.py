"""Growing trees by LightGBM (Ke et al., NeurIPS 2017).

One boosting round with a learning rate of 1 is a plain regression tree, grown best first. The
features are binned once for all trees of a table; a tree that may look at some of them only gets
them as its one group of interacting features. What comes back are flat arrays, so that a fitted
model needs no LightGBM.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from synthohive_jupyter.trees.library import BinnedRows, grow_one
from synthohive_jupyter.trees.splits import Splits

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from synthohive_jupyter.tabular.codecs import Floats, Integers
    from synthohive_jupyter.trees.splits import Features

BINS = 63

_PARTS = ("split_feature", "threshold", "left_child", "right_child")


class Grower:
    """Grows trees on one matrix of features.

    Args:
        features: Shape (rows, features); a null lies below every value.
        min_leaf: Least rows of a leaf.
        threads: Threads of LightGBM; they are its own, the settings of others stay as they are.
    """

    def __init__(self, features: Features, *, min_leaf: int, threads: int = 1) -> None:
        self._rows = len(features)
        self._min_leaf = min_leaf
        self._parameters: dict[str, Any] = {
            "objective": "regression",
            "learning_rate": 1.0,
            "max_bin": BINS,
            "min_data_in_bin": 1,
            "min_data_in_leaf": min_leaf,
            "min_sum_hessian_in_leaf": 0.0,
            "enable_bundle": False,
            "feature_pre_filter": False,
            "force_row_wise": True,
            "deterministic": True,
            "num_threads": threads,
            "seed": 0,
            "verbose": -1,
        }
        self._data = None
        if features.shape[1] and self._rows >= 2 * min_leaf:
            self._data = BinnedRows.of(features, self._parameters)

    def grow(
        self,
        target: Floats,
        features: Sequence[int],
        *,
        rows: Integers | None = None,
    ) -> Splits:
        """Grow a tree whose leaves differ in the mean of the target.

        Args:
            target: One number a row, shape (rows,).
            features: Features that it may look at.
            rows: The rows to grow it on, sorted; by default all. The target covers these only.
        """
        spread = float(target.std()) if len(target) else 0.0
        n_leaves = len(target) // self._min_leaf
        if self._data is None or not features or spread == 0.0 or n_leaves < len(("left", "right")):
            return Splits.single()
        data = self._data if rows is None else self._data.subset(rows)
        data.label((target - target.mean()) / spread)
        parameters = self._parameters | {
            "num_leaves": n_leaves,
            "interaction_constraints": [sorted(features)],
        }
        return _parse(grow_one(data, parameters))


def _parse(text: str) -> Splits:
    """Read the first tree of a model file of LightGBM."""
    found: dict[str, NDArray[Any]] = {}
    for line in text.partition("Tree=0")[2].splitlines():
        name, _, value = line.partition("=")
        if name in _PARTS:
            kind = np.float64 if name == "threshold" else np.int64
            found[name] = np.array(value.split(), dtype=kind)
        if len(found) == len(_PARTS):
            break
    if len(found) < len(_PARTS):
        return Splits.single()
    return Splits.from_children(*(found[name] for name in _PARTS))
