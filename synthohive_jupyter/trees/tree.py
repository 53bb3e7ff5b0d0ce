"""`ConditionalTree`: the distribution of one column given features, as a tree.

It stands alone: `fit` on features and symbols, `draw` for new features. What a feature or a
symbol means is up to the caller; numbers of children given the parent, say, are symbols with
their order, and need nothing else of this package.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from synthohive_jupyter.errors import ModelFileError
from synthohive_jupyter.trees.leaves import CONTINUOUS, Cells, Leaves
from synthohive_jupyter.trees.pruning import prune
from synthohive_jupyter.trees.splits import Splits
from synthohive_jupyter.trees.targets import class_scores, mid_ranks, standardised

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from synthohive_jupyter.tabular.codecs import Floats, Integers
    from synthohive_jupyter.trees.splits import Features

MIN_LEAF = 20
SMOOTHING = 4.0


@dataclass(frozen=True, slots=True, eq=False)
class ConditionalTree:
    """P(symbol or rank | features).

    Attributes:
        splits: Which leaf a row falls in.
        distributions: What is drawn there.

    Example:
        >>> features = np.repeat([[0.0], [1.0]], 50, axis=0).astype(np.float32)
        >>> tree = ConditionalTree.fit(features, np.repeat([0, 3], 50))
        >>> tree.draw(features[[0, 99]], np.array([0.5, 0.5]))[0].tolist()
        [0, 3]
        >>> tree.log_likelihood(features[[0, 99]], np.array([0, 2])).tolist()
        [0.0, -inf]
    """

    splits: Splits
    distributions: Leaves

    @classmethod
    def fit(
        cls,
        features: Features,
        symbols: Integers,
        *,
        ordered: bool = True,
        families: Integers | None = None,
        min_leaf: int = MIN_LEAF,
        smoothing: float = SMOOTHING,
        threads: int = 1,
    ) -> Self:
        """Grow a tree on all features, prune it, and fill its leaves.

        Nothing is drawn: the same rows give the same tree.

        Args:
            features: Shape (rows, features), float32, without NaN; at least one row.
            symbols: Non-negative integers, shape (rows,).
            ordered: Whether neighbouring symbols are alike, like numbers of children.
            families: Family of every row, where rows of one family are alike.
            min_leaf: Least rows of a leaf.
            smoothing: Strength of the wider groups, see `leaves`.
            threads: Threads for growing.
        """
        from synthohive_jupyter.trees.grower import Grower

        ranks = np.zeros(len(symbols))
        if ordered:
            target = mid_ranks(symbols)
        else:
            scaled = np.stack([standardised(column) for column in features.T], axis=1)
            target = class_scores(symbols, int(symbols.max()) + 1, scaled)[symbols]
        grower = Grower(features, min_leaf=min_leaf, threads=threads)
        grown = grower.grow(target, range(features.shape[1]))
        splits, wider = prune(grown, grown.leaves(features), target, ordered=ordered)
        cells = Cells(symbols, ranks, families)
        return cls.filled(splits, splits.leaves(features), wider, cells, smoothing=smoothing)

    @classmethod
    def filled(
        cls,
        splits: Splits,
        leaves: Integers,
        wider: Integers,
        cells: Cells,
        *,
        smoothing: float = SMOOTHING,
    ) -> Self:
        """Return a tree with its leaves filled.

        Args:
            splits: The tree.
            leaves: Leaf of every row; every leaf has one.
            wider: Number of the wider group of every leaf.
            cells: What the rows hold.
            smoothing: Strength of the wider groups.
        """
        return cls(splits, Leaves.fit(leaves, wider, cells, smoothing=smoothing))

    @classmethod
    def marginal(cls, cells: Cells) -> Self:
        """Return the tree that asks nothing: the distribution of all rows."""
        leaf = np.zeros(1, np.int64)
        return cls.filled(Splits.single(), np.zeros(len(cells.symbols), np.int64), leaf, cells)

    def leaves(self, features: Features) -> Integers:
        """Return the leaf of every row, shape (rows,)."""
        return self.splits.leaves(features)

    def draw(self, features: Features, uniform: Floats) -> tuple[Integers, Floats]:
        """Draw one cell a row.

        Args:
            features: Shape (rows, features) as in `fit`.
            uniform: Numbers in [0, 1), shape (rows,); the draw is a function of them.

        Returns:
            Symbols (`leaves.CONTINUOUS` for ranks), and ranks in [0, 1].
        """
        return self.distributions.draw(self.leaves(features), uniform)

    def log_likelihood(self, features: Features, symbols: Integers) -> Floats:
        """Return the log of the chance of every row's symbol, in nats.

        Args:
            features: Shape (rows, features) as in `fit`.
            symbols: Shape (rows,); of ranks (`leaves.CONTINUOUS`) the chance that it is one.

        Returns:
            Shape (rows,); minus infinity where the symbol is never drawn.
        """
        chances = self.distributions.chances(self.leaves(features), symbols)
        found = np.full(len(chances), -np.inf)
        return np.log(chances, out=found, where=chances > 0)

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """Return the tree as arrays of float32, float64 and int32 by name."""
        return {**self.splits.to_arrays(), **self.distributions.to_arrays()}

    @classmethod
    def from_arrays(
        cls,
        arrays: Mapping[str, NDArray[Any]],
        *,
        n_features: int,
        n_symbols: int,
        continuous: bool = False,
    ) -> Self:
        """Rebuild from `to_arrays`.

        Args:
            arrays: The arrays; their types and numbers of dimensions have been checked.
            n_features: How many features there are.
            n_symbols: How many symbols there are.
            continuous: Whether `leaves.CONTINUOUS` may be drawn as well.

        Raises:
            ModelFileError: If the arrays do not make such a tree.
        """
        splits = Splits.from_arrays(arrays, n_features=n_features)
        leaves = Leaves.from_arrays(arrays, n_leaves=splits.n_leaves, n_symbols=n_symbols)
        if not continuous and (leaves.entries.symbol == CONTINUOUS).any():
            raise ModelFileError("the saved model is damaged: a category is drawn as a number")
        return cls(splits, leaves)
