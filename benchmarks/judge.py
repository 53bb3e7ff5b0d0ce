"""One judge for every table: the product's measures, plus train-on-synthetic, test-on-real."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from synthohive_jupyter.validation.columns import shape_scores
from synthohive_jupyter.validation.detection import c2st, feature_matrix
from synthohive_jupyter.validation.pairs import pair_scores
from synthohive_jupyter.validation.risk import copy_share, dcr_share

if TYPE_CHECKING:
    import pandas as pd

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


def train_on_synthetic(data: FlatSet, synthetic: pd.DataFrame, *, seed: int) -> float:
    """Return the area under the ROC curve on the holdout of trees grown on synthetic rows."""
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.metrics import roc_auc_score

    inputs = [name for name in data.columns if name != data.target]
    features, categorical = feature_matrix([synthetic, data.holdout], inputs)
    split = len(synthetic)
    positive = data.train[data.target].value_counts().index[-1]
    label = synthetic[data.target].eq(positive).to_numpy(dtype=bool)
    if label.all() or not label.any():
        return 0.5
    model = HistGradientBoostingClassifier(categorical_features=categorical, random_state=seed)
    model.fit(features[:split], label)
    truth = data.holdout[data.target].eq(positive).to_numpy(dtype=bool)
    return float(roc_auc_score(truth, model.predict_proba(features[split:])[:, 1]))
