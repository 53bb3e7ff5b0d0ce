"""How much a synthetic database knows of who has how many children."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from synthohive_jupyter.validation.codes import code_pair
from synthohive_jupyter.validation.detection import feature_matrix
from synthohive_jupyter.validation.links import COUNT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from synthohive_jupyter.validation.links import Link

CLASSES = 10
"""Counts fall into at most so many classes of about equal frequency."""
SMOOTHING = 0.02
"""Share of the plain histogram in every prediction: no class is impossible."""


def count_gains(
    train: Link,
    holdout: Link,
    synthetic: Link,
    parent_columns: Sequence[str],
    *,
    seed: int = 0,
) -> tuple[float, float]:
    """Return what the parent's columns tell of its count, as learnt from real and synthetic rows.

    Boosted trees learn the law of the counts given the parent, once from the training families and
    once from the synthetic ones; both are asked for the held-back families. What counts is the gain
    of the mean log-likelihood, in nats, over the plain histogram of the training counts. The second
    gain divided by the first is the *gain kept*; it means nothing where the first is near 0.

    Args:
        train: The real link.
        holdout: Held-back families.
        synthetic: The synthetic link.
        parent_columns: Columns of the parent.
        seed: Of the trees.
    """
    counted = [link.with_counts() for link in (train, holdout, synthetic)]
    classes = [code_pair(counted[0][COUNT], frame[COUNT], CLASSES).synthetic for frame in counted]
    features, categorical = feature_matrix(counted, parent_columns)
    parts = np.split(features, np.cumsum([len(frame) for frame in counted])[:-1])
    histogram = np.bincount(classes[0], minlength=max(c.max(initial=0) for c in classes) + 1)
    plain = (histogram + 0.1) / (histogram + 0.1).sum()
    rows = np.arange(len(classes[1]))
    base = np.log(plain[classes[1]]).mean()
    gains = []
    for source in (0, 2):
        chances = _predicted(
            parts[source], classes[source], parts[1], categorical, len(plain), seed=seed
        )
        mixed = (1 - SMOOTHING) * chances + SMOOTHING * plain
        gains.append(float(np.log(mixed[rows, classes[1]]).mean() - base))
    return gains[0], gains[1]


def _predicted(
    features: NDArray[np.float64],
    classes: NDArray[np.int64],
    asked: NDArray[np.float64],
    categorical: list[bool],
    n_classes: int,
    *,
    seed: int,
) -> NDArray[np.float64]:
    """Return the chance of each class for every row of ``asked``."""
    from sklearn.ensemble import HistGradientBoostingClassifier
    from threadpoolctl import threadpool_limits

    chances = np.zeros((len(asked), n_classes))
    known = np.unique(classes)
    if known.size == 1:
        chances[:, known] = 1.0
        return chances
    # Slow and shallow: what is measured is the law, and an overgrown tree would hide it.
    model = HistGradientBoostingClassifier(
        learning_rate=0.05,
        max_iter=60,
        max_leaf_nodes=8,
        min_samples_leaf=30,
        categorical_features=categorical,
        early_stopping=False,
        random_state=seed,
    )
    with threadpool_limits(limits=1, user_api="openmp"):
        model.fit(features, classes)
        chances[:, known] = model.predict_proba(asked)
    return chances
