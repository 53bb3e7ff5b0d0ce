"""One judge for every table: the product's measures, plus train-on-synthetic, test-on-real."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from synthohive_jupyter.validation.codes import as_numbers
from synthohive_jupyter.validation.columns import shape_scores
from synthohive_jupyter.validation.detection import c2st, feature_matrix
from synthohive_jupyter.validation.pairs import pair_scores
from synthohive_jupyter.validation.risk import copy_share, dcr_share

if TYPE_CHECKING:
    from benchmarks.data import FlatSet


@dataclass(frozen=True, slots=True)
class Figures:
    """The figures of one synthetic table; see ``docs/benchmarks.md`` for their meaning."""

    shapes: float
    pairs: float
    c2st_train: float
    c2st_holdout: float | None
    tstr: float
    dcr: float | None
    copies: float

    def rounded(self) -> dict[str, Any]:
        """Return the figures with the digits that mean something."""
        return {k: None if v is None else round(v, 4) for k, v in asdict(self).items()}


def judge(
    data: FlatSet, synthetic: pd.DataFrame, *, seed: int, is_holdout: bool = False
) -> Figures:
    """Score a synthetic table against train and holdout."""
    columns = data.columns
    shapes = shape_scores(data.train, synthetic, columns)
    pairs = pair_scores(data.train, synthetic, columns)
    return Figures(
        shapes=float(np.mean(list(shapes.values()))),
        pairs=float(np.mean(list(pairs.values()))),
        c2st_train=c2st(data.train, synthetic, columns, seed=seed),
        c2st_holdout=None if is_holdout else c2st(data.holdout, synthetic, columns, seed=seed),
        # The floor learns from the real training rows: the holdout is what it is tested on.
        tstr=train_on_synthetic(data, data.train if is_holdout else synthetic, seed=seed),
        dcr=None
        if is_holdout
        else dcr_share(data.train, data.holdout, synthetic, columns, seed=seed),
        copies=copy_share(data.train, synthetic, columns),
    )


def predicts_numbers(data: FlatSet) -> bool:
    """Return whether the target is a number, so that TSTR is an R² instead of an area."""
    kind = data.train[data.target].dtype
    return pd.api.types.is_numeric_dtype(kind) and not pd.api.types.is_bool_dtype(kind)


def train_on_synthetic(data: FlatSet, synthetic: pd.DataFrame, *, seed: int) -> float:
    """Return how well trees grown on synthetic rows predict the target of the holdout.

    The area under the ROC curve of the rarer label, or R² where the target is a number.
    """
    from threadpoolctl import threadpool_limits

    inputs = [name for name in data.columns if name != data.target]
    features, categorical = feature_matrix([synthetic, data.holdout], inputs)
    parts = (features[: len(synthetic)], features[len(synthetic) :])
    targets = (synthetic[data.target], data.holdout[data.target])
    score = _explained if predicts_numbers(data) else _area
    with threadpool_limits(limits=1, user_api="openmp"):
        return score(parts, targets, categorical, seed)


def _area(
    parts: tuple[np.ndarray, np.ndarray],
    targets: tuple[pd.Series, pd.Series],
    categorical: list[bool],
    seed: int,
) -> float:
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.metrics import roc_auc_score

    positive = targets[1].value_counts().index[-1]
    label, truth = (column.eq(positive).to_numpy(dtype=bool, na_value=False) for column in targets)
    if label.all() or not label.any():
        return 0.5
    model = HistGradientBoostingClassifier(categorical_features=categorical, random_state=seed)
    model.fit(parts[0], label)
    return float(roc_auc_score(truth, model.predict_proba(parts[1])[:, 1]))


def _explained(
    parts: tuple[np.ndarray, np.ndarray],
    targets: tuple[pd.Series, pd.Series],
    categorical: list[bool],
    seed: int,
) -> float:
    from sklearn.ensemble import HistGradientBoostingRegressor
    from sklearn.metrics import r2_score

    values, truth = (as_numbers(column) for column in targets)
    known = ~np.isnan(values)
    if not known.any():
        return 0.0
    model = HistGradientBoostingRegressor(categorical_features=categorical, random_state=seed)
    model.fit(parts[0][known], values[known])
    return float(r2_score(truth, model.predict(parts[1])))
