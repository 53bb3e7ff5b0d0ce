"""Which columns of a parent tell most about the rows that point to it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from synthohive_jupyter.tabular.codecs import Codes, Floats, Integers

MOST = 4
"""Columns of a sketch; with more of them hardly any parent fits one."""
ROWS = 20_000
"""Rows that are looked at, at most."""

_BINS = 16
_LEVELS = 32
_CERTAIN = 4.0
_WORTH = 0.02


def choose(
    candidates: Mapping[str, Integers], targets: Sequence[Integers], *, most: int = MOST
) -> list[str]:
    """Return the candidates that tell most about the targets, most telling first.

    One after the other is taken that adds most mutual information to any single one before it
    (Fleuret, *Fast binary feature selection with conditional mutual information*, 2004). Not to all
    of them together: a few columns may identify a parent, and nothing would add to that, but the
    generated parents are others.

    Args:
        candidates: Codes of each column, not negative, shape (rows,).
        targets: Codes of what is to be told; negative where there is nothing to tell.
        most: Length of the answer, at most.

    >>> x = np.arange(400) % 4
    >>> choose({"noise": np.arange(400) // 4 % 2, "same": x, "half": x // 2}, [x])
    ['same']
    """
    if not candidates or not targets:
        return []
    known = np.zeros(len(next(iter(candidates.values()))), dtype=np.int64)
    left = {name: np.full(len(targets), np.inf) for name in candidates}
    taken: list[str] = []
    total = 0.0
    while left and len(taken) < most:
        for name, gains in left.items():
            np.minimum(gains, _gains(known, candidates[name], targets), out=gains)
        best = max(left, key=lambda name: left[name].sum())
        if left[best].sum() <= _WORTH * total:
            break
        total += left.pop(best).sum()
        taken.append(best)
        known = candidates[best]
    return taken


def gain(known: Integers, more: Integers, targets: Sequence[Integers]) -> float:
    """Return how many nats about the targets of a row one more column adds to what is known.

    What chance alone would add is taken off (Miller, 1955), and what it often adds is nothing.

    Args:
        known: Codes of what is known.
        more: Codes of the column.
        targets: As in `choose`.
    """
    return float(_gains(known, more, targets).sum())


def _gains(known: Integers, more: Integers, targets: Sequence[Integers]) -> Floats:
    """Return the gain of `gain` for each target."""
    both, gains = joint(known, more), np.zeros(len(targets))
    for place, target in enumerate(targets):
        rows = target >= 0
        if not rows.any():
            continue
        before, free_before = _information(known[rows], target[rows])
        after, free_after = _information(both[rows], target[rows])
        free = max(free_after - free_before, 0)
        added = after - before - free / (2 * rows.sum())
        # 2 n times the information has about the variance 2 * free where there is none.
        if added > _CERTAIN * np.sqrt(2 * free + 1) / (2 * rows.sum()):
            gains[place] = added * rows.mean()
    return gains


def joint(first: Integers, second: Integers) -> Integers:
    """Return codes from 0 that are equal where both are."""
    width = int(second.max(initial=0)) + 1
    found: Integers = np.unique(first * width + second, return_inverse=True)[1].astype(np.int64)
    return found


def dense(codes: Integers) -> Integers:
    """Return the codes numbered from 0."""
    found: Integers = np.unique(codes, return_inverse=True)[1].astype(np.int64)
    return found


def coarse(codes: Codes | Integers, n_codes: int, *, ordered: bool) -> Integers:
    """Return codes of which there are few: ranges of ordered ones, else the most frequent."""
    if ordered:
        return codes.astype(np.int64) * min(n_codes, _BINS) // max(n_codes, 1)
    number = np.bincount(codes[codes >= 0], minlength=n_codes)
    place = np.empty(len(number), dtype=np.int64)
    place[np.argsort(-number, kind="stable")] = np.arange(len(number))
    return np.where(codes >= 0, np.minimum(place[codes], _LEVELS - 1), -1)


def target(values: pd.Series[Any]) -> Integers:
    """Return a column of any type as a few codes, null as one of them."""
    if pd.api.types.is_numeric_dtype(values) or pd.api.types.is_datetime64_any_dtype(values):
        ranks = values.rank(method="average", pct=True).to_numpy(dtype=np.float64)
        bins = np.ceil(np.nan_to_num(ranks, nan=0.0) * _BINS).astype(np.int64)
        return np.where(values.isna().to_numpy(dtype=np.bool_), 0, bins)
    codes, levels = pd.factorize(values.astype(object), use_na_sentinel=False)
    return coarse(codes.astype(np.int64), len(levels), ordered=False)


def _information(given: Integers, target: Integers) -> tuple[float, int]:
    """Return the mutual information in nats as counted, and its degrees of freedom."""
    pairs = np.unique(joint(given, target), return_counts=True)[1]
    parts = [np.unique(codes, return_counts=True)[1] for codes in (given, target)]
    rows = len(given)
    entropies = [float(np.log(rows) - (n * np.log(n)).sum() / rows) for n in (*parts, pairs)]
    free = len(pairs) - len(parts[0]) - len(parts[1]) + 1
    return entropies[0] + entropies[1] - entropies[2], free
