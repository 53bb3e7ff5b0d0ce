"""`CountForest`: how many children a parent has, given what the parent is.

Each of a few trees is grown on a part of the parents and puts them into groups of several widths
(`groups.GroupTree`), the widest being that of all parents: the plain histogram. A count is drawn
from one tree and one width, so its law is the weighted mean of all:

    P(count | parent) = w0 * P(count) + sum of w_k * mean over trees of P(count | group of width k)

How likely parents are that a tree was *not* grown on, by the mean over the trees that did not see
them, is concave in the weights (stacking: Smyth & Wolpert, *Linearly combining density estimators*,
Machine Learning, 1999), and all weight on the histogram is one of the choices. So the best weights
are never worse than the histogram on held-back parents; where they gain less than as many weights
gain by chance, there is no forest at all.

But the best guess of a stranger's count is a cautious one: it takes back, towards the histogram, a
part of what differs between parents, and a table drawn from it would know less than the real one
does (the ensemble of shrunken estimates is too narrow: Louis, *Estimating a population of parameter
values*, JASA, 1984). So of all laws between the best one and that of the narrowest groups the one
is taken that is sharpest and still not worse than the histogram on held-back parents.

Counts are told apart by *class*: a count that enough parents have, or a range of rarer ones. Within
a class all parents have the same law, so no tree tells who has the count that hardly anybody has.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from synthohive_jupyter.errors import ModelFileError
from synthohive_jupyter.relational.counts.groups import GroupTree
from synthohive_jupyter.relational.counts.traits import Traits
from synthohive_jupyter.trees.targets import mid_ranks

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd
    from numpy.typing import NDArray

    from synthohive_jupyter.trees.splits import Features

    Counts = NDArray[np.int64]
    Floats = NDArray[np.float64]

FEWEST_PARENTS = 30
"""With fewer parents nothing but the histogram is learnt."""
LEARNT_PARENTS = 100_000
"""Trees see at most so many; more parents tell little more and cost in proportion."""

_TREES = 16
_GROWN_ON = 0.6
"""Share of the parents that one tree sees."""
_NARROW, _MOST_GROUPS = (10, 20), 1000
"""Least parents of the narrowest groups, of few parents and of many; most groups of a tree."""
_WIDER = 4
_CLASS_ROWS, _MOST_CLASSES = 8, 60
_ROUNDS = 200
_PLAIN = 0.02
"""Weight of the histogram in the sharpest law."""
_HALVINGS = 20
_TRUSTED = 1000.0
"""Parents that it takes until their own mixture of counts says as much as the learnt one."""
_SPREAD = (0.8191725133961645, 0.6710436067037893, 0.5497004779019703)
"""Steps of an evenly spread sequence of points in a cube: the powers of 1 / 1.2207…, the inverse of
the root of x⁴ = x + 1."""


@dataclass(frozen=True, slots=True, eq=False)
class CountForest:
    """P(number of children | columns of the parent).

    Attributes:
        traits: Parents as numbers.
        trees: Groups of parents.
        weights: Weight of the histogram, then of each width, narrow to wide; they sum to 1.
        first: Least count of each class but the lowest, rising.
        rows: Parents of each class.
    """

    traits: Traits
    trees: tuple[GroupTree, ...]
    weights: Floats
    first: Counts
    rows: Counts

    @property
    def columns(self) -> list[str]:
        """The parent's columns that are looked at."""
        return self.traits.columns

    @classmethod
    def fit(cls, parents: pd.DataFrame, counts: Counts, *, table: str) -> Self | None:
        """Learn from each parent's columns and its number of children.

        Nothing is drawn by chance: the same parents give the same forest.

        Args:
            parents: The columns, one row for each parent.
            counts: Children of each parent, zeros included.
            table: Name of the parent table, for errors.

        Returns:
            The forest; ``None`` where the columns tell no more than the histogram.

        Raises:
            DataError: If a column cannot be modelled.
        """
        first = _class_ends(counts)
        if len(counts) < FEWEST_PARENTS or not len(first):
            return None
        rows = np.bincount(np.searchsorted(first, counts, side="right"), minlength=len(first) + 1)
        if len(counts) > LEARNT_PARENTS:
            chosen = np.random.default_rng(0).choice(len(counts), LEARNT_PARENTS, replace=False)
            parents, counts = parents.iloc[np.sort(chosen)], counts[np.sort(chosen)]
        target = mid_ranks(counts)
        found = Traits.fit(parents, target, table=table)
        if found is None:
            return None
        traits, features = found
        classes = np.searchsorted(first, counts, side="right")
        trees, chances, judged = _grow(features, target, classes, n_classes=len(rows))
        alone = (rows / rows.sum())[classes]
        chances = np.column_stack([alone, chances])[judged]
        weights = _stacked(chances)
        # As many nats as free weights: Akaike's criterion.
        if _gain(chances, weights) <= len(weights) - 1:
            return None
        return cls(traits, trees, _sharpened(chances, weights), first, rows)

    def quantiles(self, parents: pd.DataFrame, rng: np.random.Generator) -> Floats:
        """Return for each parent where its count lies among those of all, in (0, 1).

        A count is drawn given the parent, and becomes its quantile in the histogram. Parents that
        differ from those of the fit would have another mixture of counts; so the quantiles are put
        in order and spread evenly, the more so the more parents there are to tell that mixture. A
        block of parents therefore keeps its law even if it is drawn on its own.

        Args:
            parents: The columns of `fit`.
            rng: Source of the counts, and of the order of equal ones.
        """
        n = len(parents)
        classes = self._draw(self.traits.of(parents), rng)
        upper = np.cumsum(self.rows) / self.rows.sum()
        below = np.append(0.0, upper[:-1])
        own = below[classes] + rng.random(n) * (upper - below)[classes]
        spread = np.empty(n)
        spread[np.argsort(own, kind="stable")] = (np.arange(n) + rng.random(n)) / n
        found: Floats = (n * spread + _TRUSTED * own) / (n + _TRUSTED)
        return found

    def log_likelihood(self, parents: pd.DataFrame, counts: Counts) -> Floats:
        """Return the log of the chance of the class of each parent's count, in nats.

        Args:
            parents: The columns of `fit`.
            counts: Children of each parent; a count that was never seen counts as its neighbours.
        """
        features = self.traits.of(parents)
        classes = np.searchsorted(self.first, counts, side="right")
        grouped = np.mean([tree.chances(features, classes) for tree in self.trees], axis=0)
        alone = (self.rows / self.rows.sum())[classes]
        found: Floats = np.log(np.column_stack([alone, grouped]) @ self.weights)
        return found

    def _draw(self, features: Features, rng: np.random.Generator) -> Counts:
        """Return a class for each parent.

        Tree, width and chance of like parents are spread evenly, each parent's being uniform: so
        any group of like parents has about as many children as it is expected to have.
        """
        n = len(features)
        points = np.empty((n, len(_SPREAD)))
        order = np.lexsort((rng.random(n), features[:, -1]))  # by the index, ties at random
        points[order] = (np.arange(n)[:, None] * _SPREAD + rng.random(len(_SPREAD))) % 1.0
        uniform = points[:, 2]
        tree = (points[:, 0] * len(self.trees)).astype(np.int64)
        width = _places(np.cumsum(self.weights), points[:, 1])
        classes = _places(np.cumsum(self.rows) / self.rows.sum(), uniform)
        for number, grouped in enumerate(self.trees):
            own = np.flatnonzero((tree == number) & (width > 0))
            classes[own] = grouped.draw(features[own], width[own] - 1, uniform[own])
        return classes

    def to_dict(self) -> dict[str, Any]:
        """Return the forest as JSON-safe values: averages and counts, no key and no row."""
        return self.traits.to_dict() | {
            "trees": [tree.to_dict() for tree in self.trees],
            "weights": self.weights.tolist(),
            "first": self.first.tolist(),
            "rows": self.rows.tolist(),
        }

    @classmethod
    def from_dict(cls, record: Mapping[str, Any]) -> Self:
        """Rebuild from `to_dict`.

        Raises:
            ModelFileError: If the record is damaged.
        """
        damaged = ModelFileError("a linkage record is damaged: its forest is not one of ours")
        try:
            weights = np.array(record["weights"], dtype=np.float64)
            first, rows = (np.array(record[name], dtype=np.int64) for name in ("first", "rows"))
            saved = list(record["trees"])
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            raise damaged from error
        fits = (
            weights.ndim == first.ndim == rows.ndim == 1
            and len(weights) > 1
            and len(saved) > 0
            and len(rows) == len(first) + 1
            and bool(np.isfinite(weights).all() and (weights >= 0).all())
            and bool(np.isclose(weights.sum(), 1.0))
            and bool((np.diff(first) > 0).all() and (first > 0).all() and (rows > 0).all())
        )
        if not fits:
            raise damaged
        traits = Traits.from_dict(record)
        shape = {
            "n_features": len(traits.scales) + 1,
            "n_classes": len(rows),
            "n_widths": len(weights) - 1,
        }
        trees = tuple(GroupTree.from_dict(tree, **shape) for tree in saved)
        return cls(traits, trees, weights, first, rows)


def _places(upper: Floats, uniform: Floats) -> Counts:
    """Return where each number lies between rising bounds, the last of which is about 1."""
    return np.minimum(np.searchsorted(upper, uniform, side="right"), len(upper) - 1)


def _class_ends(counts: Counts) -> Counts:
    """Return the least count of each class but the lowest.

    >>> _class_ends(np.repeat([0, 1, 2, 3, 9], [50, 20, 5, 4, 2])).tolist()
    [1, 2]
    """
    values, rows = np.unique(counts, return_counts=True)
    least = max(_CLASS_ROWS, len(counts) // _MOST_CLASSES)
    ends, here = [], 0
    for value, number in zip(values.tolist(), rows.tolist(), strict=True):
        if here == 0:
            ends.append(value)
        here = 0 if here + number >= least else here + number
    # What is left over at the end joins the class before it.
    return np.array(ends[1 : len(ends) - (here > 0)], dtype=np.int64)


def _grow(
    features: Features, target: Floats, classes: Counts, *, n_classes: int
) -> tuple[tuple[GroupTree, ...], Floats, NDArray[np.bool_]]:
    """Return trees, and for each parent the mean chance of its class by those grown without it.

    Returns:
        The trees, chances of shape (parents, widths), and which parents some tree did not see: all
        but about one in 3,500.
    """
    # Only a fit needs LightGBM.
    from synthohive_jupyter.trees.grower import Grower

    rng = np.random.default_rng(0)
    n, n_columns = features.shape
    seen = max(int(_GROWN_ON * n), 1)
    narrow = max(min(max(n // 100, _NARROW[0]), _NARROW[1]), n // _MOST_GROUPS)
    widths = [narrow]
    while widths[-1] * _WIDER < seen:
        widths.append(widths[-1] * _WIDER)
    grower = Grower(features, min_leaf=narrow)
    trees = []
    chances, judges = np.zeros((n, len(widths))), np.zeros(n)
    for _ in range(_TREES):
        rows = np.sort(rng.choice(n, seen, replace=False))
        splits = grower.grow(target[rows], range(n_columns), rows=rows)
        tree = GroupTree.of(
            splits,
            splits.leaves(features[rows]),
            classes[rows],
            n_classes=n_classes,
            widths=widths,
        )
        trees.append(tree)
        other = np.ones(n, dtype=np.bool_)
        other[rows] = False
        chances[other] += tree.chances(features[other], classes[other])
        judges += other
    return tuple(trees), chances / np.maximum(judges, 1)[:, None], judges > 0


def _stacked(chances: Floats) -> Floats:
    """Return the weights under which the parents are most likely, by expectation-maximisation.

    Args:
        chances: Of each parent's class by each component; the first is never 0.
    """
    n, components = chances.shape
    weights = np.full(components, 1.0 / components)
    for _ in range(_ROUNDS):
        found = weights * (chances.T @ (1.0 / (chances @ weights)))
        found[0] += 1.0  # one more parent by the histogram: no class is ever impossible
        weights = found / (n + 1)
    return weights


def _sharpened(chances: Floats, best: Floats) -> Floats:
    """Return the weights nearest to the narrowest groups that are no worse than the histogram.

    The gain is concave on the way and is largest at its beginning, so it only falls.
    """
    sharpest = np.zeros(len(best))
    sharpest[:2] = _PLAIN, 1.0 - _PLAIN
    low, high = 0.0, 1.0
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        if _gain(chances, (1.0 - middle) * best + middle * sharpest) >= 0.0:
            low = middle
        else:
            high = middle
    return (1.0 - low) * best + low * sharpest


def _gain(chances: Floats, weights: Floats) -> float:
    """Return the gain of a mixture over its first component, in nats over all parents."""
    return float(np.log(chances @ weights).sum() - np.log(chances[:, 0]).sum())
