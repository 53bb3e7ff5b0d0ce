"""A wide table with a known law: 60 columns of every type, with nulls, made from a seed.

Four factors and one of six groups stand behind every row; all columns depend on them and some on
each other. Two calls with other seeds are a training table and a holdout of exactly the same law.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

GROUPS = (0.30, 0.25, 0.18, 0.14, 0.09, 0.04)
FACTORS = 4
LAW_SEED = 60
"""The coefficients are drawn once, from this seed: they are the law, and never change."""

LEVELS = (2, 3, 3, 4, 5, 6, 8, 10, 12, 16, 20, 30, 120)
TARGET = "left"

_EPOCH = np.datetime64("2019-01-01", "s")
_DAY = 86_400


@dataclass(frozen=True, slots=True)
class _Behind:
    """What stands behind the rows: factors (rows × 4), groups, and the two generators."""

    factors: np.ndarray
    groups: np.ndarray
    law: np.random.Generator
    rng: np.random.Generator

    @property
    def rows(self) -> int:
        return len(self.groups)

    def score(self, noise: float = 0.5) -> np.ndarray:
        """Return a new mixture of factors and group, of about unit variance, with noise."""
        weights = self.law.normal(size=FACTORS) * (self.law.random(FACTORS) < 0.6)
        shifts = self.law.normal(size=len(GROUPS))
        value = self.factors @ weights + shifts[self.groups]
        noisy: np.ndarray = value / np.sqrt(weights @ weights + 1)
        return noisy + noise * self.rng.normal(size=self.rows)


def wide_table(rows: int, *, seed: int) -> pd.DataFrame:
    """Return rows of the law.

    >>> wide_table(5, seed=1).shape
    (5, 60)
    """
    rng = np.random.default_rng(seed)
    groups = rng.choice(len(GROUPS), size=rows, p=GROUPS)
    behind = _Behind(rng.normal(size=(rows, FACTORS)), groups, np.random.default_rng(LAW_SEED), rng)
    columns: dict[str, object] = {}
    for part in (_measures, _amounts, _counts, _categories, _flags, _times):
        columns |= part(behind)
    frame = pd.DataFrame(columns)
    frame = _nulls(frame, behind)
    frame[TARGET] = _target(frame, behind)
    return frame


def _measures(behind: _Behind) -> dict[str, object]:
    """12 floats: normal, of two humps, bent, skewed, and one that follows from two others."""
    columns: dict[str, object] = {}
    for i in range(4):
        columns[f"measure_{i}"] = 50 + 12 * behind.score()
    for i in range(3):
        hump = np.where(behind.score() > 0.5, 40.0, 0.0)
        columns[f"hump_{i}"] = np.round(hump + 5 * behind.score(), 1)
    for i in range(2):
        columns[f"bent_{i}"] = behind.score(0.1) ** 2 + 0.2 * behind.rng.normal(size=behind.rows)
    for i in range(2):
        columns[f"skewed_{i}"] = np.exp(2 + 0.9 * behind.score())
    first, second = columns["measure_0"], columns["measure_1"]
    columns["mean_measure"] = np.round((np.asarray(first) + np.asarray(second)) / 2, 2)
    return columns


def _amounts(behind: _Behind) -> dict[str, object]:
    """6 sums of money: mostly zero, else skewed, in cents or in round prices."""
    columns: dict[str, object] = {}
    for i in range(4):
        paid = behind.score() > 0.8
        columns[f"amount_{i}"] = np.where(paid, np.exp(4 + behind.score()), 0.0).round(2)
    prices = np.array([4.99, 9.99, 19.0, 49.0, 99.0, 249.0])
    for i in range(2):
        columns[f"price_{i}"] = prices[_cut(behind.score(), len(prices))]
    return columns


def _counts(behind: _Behind) -> dict[str, object]:
    """12 whole numbers: counts of several sizes, an age, grades, and a sum of two others."""
    columns: dict[str, object] = {}
    for i, mean in enumerate((0.3, 1.0, 3.0, 8.0, 40.0)):
        rate = mean * np.exp(0.5 * behind.score(0.2) - 0.125)
        columns[f"count_{i}"] = behind.rng.poisson(rate)
    columns["age"] = np.clip(np.round(44 + 14 * behind.score()), 18, 95).astype(int)
    for i in range(5):
        columns[f"grade_{i}"] = 1 + _cut(behind.score(), 5 + i)
    total = np.asarray(columns["count_2"]) + np.asarray(columns["count_3"])
    columns["count_total"] = total
    return columns


def _categories(behind: _Behind) -> dict[str, object]:
    """14 categories of 2 to 120 levels; the last, the group, is seen with mistakes."""
    columns: dict[str, object] = {}
    for i, levels in enumerate(LEVELS):
        names = np.array([f"c{i}_{level:03d}" for level in range(levels)], dtype=object)
        # Frequent levels first, and the order of the levels shuffled against the score.
        codes = behind.law.permutation(levels)[_cut(behind.score(0.4), levels, skew=2.0)]
        columns[f"category_{i}"] = names[codes]
    wrong = behind.rng.random(behind.rows) < 0.1
    seen = np.where(wrong, behind.rng.integers(len(GROUPS), size=behind.rows), behind.groups)
    columns["group"] = np.array(list("ABCDEF"), dtype=object)[seen]
    return columns


def _flags(behind: _Behind) -> dict[str, object]:
    """8 truths of several frequencies."""
    edges = (-1.0, -0.3, 0.0, 0.2, 0.5, 0.9, 1.3, 1.9)
    return {f"flag_{i}": behind.score() > edge for i, edge in enumerate(edges)}


def _times(behind: _Behind) -> dict[str, object]:
    """7 times: days and seconds, two that come after another, and opening hours."""
    first = np.round(365 * (2 + np.clip(behind.score(), -2, 2))).astype(int)
    gap = np.round(behind.rng.gamma(2.0, 30 * np.exp(0.6 * behind.score(0.2)))).astype(int)
    later = np.round(behind.rng.gamma(1.0, 200.0, size=behind.rows)).astype(int)
    days = {"joined": first, "ordered": first + gap, "renewed": first + gap + later}
    columns: dict[str, object] = {name: _moment(value * _DAY) for name, value in days.items()}
    born = -365 * np.round(behind.rng.uniform(18, 80, size=behind.rows)).astype(int)
    columns["born"] = _moment((born + behind.rng.integers(365, size=behind.rows)) * _DAY)
    for i in range(3):
        hour = np.clip(13 + 3 * behind.score(), 6, 22) * 3600
        day = behind.rng.integers(365, size=behind.rows) * _DAY
        columns[f"seen_{i}"] = _moment(day + np.round(hour).astype(int))
    return columns


def _nulls(frame: pd.DataFrame, behind: _Behind) -> pd.DataFrame:
    """Empty cells of every fourth column, more often where a factor is large."""
    for name in frame.columns[1::4]:
        share = behind.law.uniform(0.02, 0.4)
        column = frame[name]
        if column.dtype == np.int64:
            column = column.astype("Int64")
        elif column.dtype == bool:
            column = column.astype("boolean")
        score = behind.score()
        frame[name] = column.mask(score > np.quantile(score, 1 - share))
    return frame


def _target(frame: pd.DataFrame, behind: _Behind) -> np.ndarray:
    """Return who left: decided by columns of the table, by an interaction, and by chance."""
    logit = (
        0.08 * (frame["measure_2"] - 50)
        + 1.2 * frame["flag_2"].astype(float)
        - 0.3 * frame["count_2"]
        + 0.9 * ((frame["age"] > 50) & (frame["grade_2"] > 3))
        + 0.8 * frame["group"].isin(["B", "D"])
        - 1.2
    )
    chance = 1 / (1 + np.exp(-logit.to_numpy(dtype=float)))
    left = behind.rng.random(behind.rows) < chance
    answers: np.ndarray = np.array(["no", "yes"], dtype=object)[left.astype(int)]
    return answers


def _cut(score: np.ndarray, levels: int, *, skew: float = 1.0) -> np.ndarray:
    """Cut a score into levels; a skew above 1 makes the first ones wide."""
    uniform = 1 / (1 + np.exp(-1.7 * score))
    level: np.ndarray = (uniform**skew * levels).astype(int)
    return np.minimum(level, levels - 1)


def _moment(seconds: np.ndarray) -> pd.Series:
    return pd.Series(_EPOCH + seconds.astype("timedelta64[s]")).astype("datetime64[us]")
