"""What a regression tree is grown on: one number a row, whatever the column holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from synthohive_jupyter.tabular.codecs import Floats, Integers

_PRIOR_ROWS = 20
_DIRECTIONS = 64
_SWEEPS = 2


def mid_ranks(values: NDArray[np.floating] | Integers) -> Floats:
    """Return the rank of each value in (0, 1); equal values share the middle of their ranks.

    >>> mid_ranks(np.array([3.0, 1.0, 3.0, 2.0])).tolist()
    [0.75, 0.125, 0.75, 0.375]
    """
    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    found: Floats = ((np.cumsum(counts) - counts / 2) / len(values))[place]
    return found


def standardised(values: NDArray[np.floating] | Integers) -> Floats:
    """Return values with the mean 0 and the deviation 1, zeros where all are equal."""
    centred = values - values.mean()
    spread = float(np.sqrt(np.mean(centred**2)))
    found: Floats = centred / spread if spread > 0 else np.zeros(len(values))
    return found


def class_scores(classes: Integers, n_classes: int, features: NDArray[np.floating]) -> Floats:
    """Return one number per class, so that classes with like features have like numbers.

    It is the first singular direction of the table of class means: the line on which the classes
    lie furthest apart, weighted by their rows. Means of small classes are drawn to 0.

    Args:
        classes: Class of every row, from 0.
        n_classes: Number of classes; those without rows get 0.
        features: Standardised features, shape (rows, features).
    """
    rows = np.bincount(classes, minlength=n_classes).astype(np.float64)
    if not features.shape[1]:
        return _commonest_first(classes, n_classes)
    means = (
        np.stack(
            [np.bincount(classes, column, minlength=n_classes) for column in features.T], axis=1
        )
        / (rows + _PRIOR_ROWS)[:, None]
    )
    weighted = means * np.sqrt(rows / rows.sum())[:, None]
    # The small side of the table: there may be many classes, features are few.
    direction = np.linalg.eigh(weighted.T @ weighted)[1][:, -1]
    # An eigenvector has no sign; the largest part decides it, so that machines agree.
    direction *= np.sign(direction[np.abs(direction).argmax()])
    found: Floats = means @ direction
    return found


def _commonest_first(classes: Integers, n_classes: int) -> Floats:
    """Return the place of each class in the order of their frequencies."""
    order = np.argsort(-np.bincount(classes, minlength=n_classes), kind="stable")
    return np.argsort(order).astype(np.float64)


class Sketch:
    """Features added up in at most 64 directions, for the means of classes in wide tables.

    The first 64 features have a direction each; later ones share one, with a sign that is drawn.

    Args:
        rows: Number of rows.
        n_features: Number of features that may be added.
    """

    def __init__(self, rows: int, n_features: int) -> None:
        width = min(n_features, _DIRECTIONS)
        # Columns lie together: each is added to, and read, on its own.
        self.total = np.zeros((rows, width), order="F")
        rng = np.random.default_rng(0)
        extra = n_features - width
        self._direction = np.append(np.arange(width), rng.integers(0, max(width, 1), extra))
        self._sign = np.append(np.ones(width), rng.choice([-1.0, 1.0], extra))

    def add(self, index: int, values: Floats, *, sign: float = 1.0) -> None:
        """Add a standardised feature, or take it away with the sign -1."""
        self.total[:, self._direction[index]] += sign * self._sign[index] * values


def feature_scores(
    classes: Sequence[Integers | None], n_classes: Sequence[int], numbers: Sequence[Floats]
) -> list[Floats | None]:
    """Return numbers for the codes of columns that have no order, so that trees can split them.

    Classes begin in the order of their frequency; twice each column in turn takes the direction in
    which the others, as they are then, tell its classes apart best.

    Args:
        classes: Classes of each unordered column, ``None`` for ordered ones.
        n_classes: Number of classes of each column.
        numbers: Ordered columns as numbers; not read for the others.

    Returns:
        For each unordered column ranks of its classes in (0, 1), all different; else ``None``.
    """
    rows = len(numbers[0])
    sketch, scaled = Sketch(rows, len(classes)), []
    found: list[Floats | None] = [None] * len(classes)
    for index, (own, n, values) in enumerate(zip(classes, n_classes, numbers, strict=True)):
        scaled.append(standardised(values if own is None else _commonest_first(own, n)[own]))
        sketch.add(index, scaled[-1])
    for _ in range(_SWEEPS):
        for index, own in enumerate(classes):
            if own is None:
                continue
            sketch.add(index, scaled[index], sign=-1.0)
            scores = class_scores(own, n_classes[index], sketch.total)
            place = np.argsort(np.argsort(scores, kind="stable"))
            found[index] = (place + 0.5) / n_classes[index]
            scaled[index] = standardised(scores[own])
            sketch.add(index, scaled[index])
    return found
