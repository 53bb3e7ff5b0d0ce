"""The classifier two-sample test: can boosted trees tell synthetic rows from real ones?

.5 is perfect, 1 is told apart at sight. Source: Lopez-Paz and Oquab, *Revisiting Classifier
Two-Sample Tests*, 2017; here with the area under the ROC curve instead of the accuracy.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from synthohive_jupyter.validation.codes import as_numbers, is_ordered

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

MAX_LEVELS = 250
"""Boosted trees take at most so many levels; the rarer ones share one code."""


def feature_matrix(
    frames: Sequence[pd.DataFrame], columns: Sequence[str]
) -> tuple[NDArray[np.float64], list[bool]]:
    """Return the stacked rows as numbers, and which columns are categorical.

    Returns:
        A matrix ``(sum of rows, n_columns)``, nulls as NaN; and one flag per column.
    """
    parts, categorical = [], []
    for name in columns:
        stacked = [frame[name] for frame in frames]
        if is_ordered(stacked[0]):
            parts.append(np.concatenate([as_numbers(column) for column in stacked]))
            categorical.append(False)
            continue
        text = pd.concat([c.astype(object) for c in stacked], ignore_index=True)
        counts = text.dropna().astype(str).value_counts()
        codes = pd.Index(counts.index[:MAX_LEVELS]).get_indexer(pd.Index(text.astype(str)))
        codes = np.where(codes < 0, len(counts.index[:MAX_LEVELS]), codes).astype(np.float64)
        codes[text.isna().to_numpy()] = np.nan
        parts.append(codes)
        categorical.append(True)
    return np.column_stack(parts), categorical


def c2st(
    real: pd.DataFrame,
    synthetic: pd.DataFrame,
    columns: Sequence[str],
    *,
    groups: tuple[NDArray[Any], NDArray[Any]] | None = None,
    max_rows: int = 10_000,
    folds: int = 3,
    measure: str = "auc",
    seed: int = 0,
) -> float:
    """Return how well a classifier tells real from synthetic rows, cross-validated.

    Args:
        real: Real rows.
        synthetic: Synthetic rows.
        columns: Columns the classifier sees; never keys.
        groups: Family of each real and each synthetic row. Rows of one family are kept in one fold:
            otherwise the classifier recognises families, not synthetic data.
        max_rows: Rows (or rows of whole families) taken of each side.
        folds: Number of folds.
        measure: ``"auc"``, the area under the ROC curve, or ``"accuracy"`` at a threshold of .5.
        seed: Of the choice of rows and folds.
    """
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.metrics import roc_auc_score
    from sklearn.model_selection import StratifiedGroupKFold
    from threadpoolctl import threadpool_limits

    rng = np.random.default_rng(seed)
    own = groups or (np.arange(len(real)), np.arange(len(synthetic)))
    if measure == "accuracy":
        # Of sides of unequal size the larger one would be guessed, and that taken for skill.
        max_rows = min(max_rows, len(real), len(synthetic))
    chosen = [_choose(ids, max_rows, rng) for ids in own]
    frames = [real.iloc[chosen[0]], synthetic.iloc[chosen[1]]]
    features, categorical = feature_matrix(frames, columns)
    label = np.repeat([0, 1], [len(frames[0]), len(frames[1])])
    family = np.concatenate(
        [
            pd.factorize(own[0][chosen[0]])[0],
            pd.factorize(own[1][chosen[1]])[0] + len(real),
        ]
    )
    if measure not in {"auc", "accuracy"}:
        raise ValueError("measure is 'auc' or 'accuracy'")
    scores = []
    splits = StratifiedGroupKFold(folds, shuffle=True, random_state=seed)
    # Two threads that spin for each other's next level take twenty times longer on a busy machine.
    with threadpool_limits(limits=1, user_api="openmp"):
        for train, test in splits.split(features, label, family):
            model = HistGradientBoostingClassifier(
                categorical_features=categorical, random_state=seed, early_stopping=False
            )
            model.fit(features[train], label[train])
            if measure == "accuracy":
                scores.append((model.predict(features[test]) == label[test]).mean())
                continue
            chances = model.predict_proba(features[test])[:, 1]
            scores.append(roc_auc_score(label[test], chances))
    return float(np.mean(scores))


def _choose(ids: NDArray[Any], max_rows: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Return the positions of whole families, in random order, up to about ``max_rows`` rows."""
    codes = pd.factorize(ids)[0]
    rank = rng.permutation(codes.max(initial=-1) + 1)[codes]
    order = np.argsort(rank, kind="stable")
    return np.sort(order[:max_rows])
