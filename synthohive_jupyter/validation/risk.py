"""Alarms for memorised rows: exact copies, and the share of rows nearer to training data.

These are alarms, not proofs of privacy: sets that pass them can still be attacked
(Yao et al., *The DCR Delusion*, 2025).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from synthohive_jupyter.validation.codes import as_numbers, is_ordered

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


def copy_share(real: pd.DataFrame, synthetic: pd.DataFrame, columns: Sequence[str]) -> float:
    """Return the share of synthetic rows that stand in the real table, value for value.

    >>> real = pd.DataFrame({"a": [1, 2]})
    >>> copy_share(real, pd.DataFrame({"a": [2, 3]}), ["a"])
    0.5
    """
    if not len(synthetic):
        return 0.0
    keys = [row_hashes(frame[list(columns)]) for frame in (real, synthetic)]
    return float(np.isin(keys[1], keys[0]).mean())


def row_hashes(frame: pd.DataFrame) -> NDArray[np.uint64]:
    """Return a number for each row that is the same for rows of equal values.

    >>> a, b = (pd.DataFrame({"x": [1, None]}, dtype=kind) for kind in ("float64", "Int64"))
    >>> bool((row_hashes(a) == row_hashes(b)).all())
    True
    """
    hashes = pd.util.hash_pandas_object(_as_text(frame), index=False)
    return np.asarray(hashes, dtype=np.uint64)


def _as_text(frame: pd.DataFrame) -> pd.DataFrame:
    """Compare by value, not by dtype: 3, 3.0 and a nullable 3 are the same number."""
    parts = {}
    for name in frame.columns:
        column = frame[name]
        parts[name] = (
            as_numbers(column) if is_ordered(column) else column.astype(object).astype(str)
        )
    return pd.DataFrame(parts, index=frame.index)


def dcr_share(
    train: pd.DataFrame,
    holdout: pd.DataFrame,
    synthetic: pd.DataFrame,
    columns: Sequence[str],
    *,
    queries: int = 3000,
    seed: int = 0,
) -> float:
    """Return the share of synthetic rows that are nearer to training than to held-back rows.

    Both references are cut to the same size, ties count half: .5 means no memory. The distance is
    the Manhattan distance on ranks of ordered columns and equality of the others.
    """
    rng = np.random.default_rng(seed)
    size = min(len(train), len(holdout))
    parts = [
        train.iloc[rng.permutation(len(train))[:size]],
        holdout.iloc[rng.permutation(len(holdout))[:size]],
        synthetic.iloc[rng.permutation(len(synthetic))[:queries]],
    ]
    ordered, named = _distance_features(parts, columns)
    nearest = [
        _nearest((ordered[2], named[2]), (ordered[reference], named[reference]))
        for reference in (0, 1)
    ]
    closer = (nearest[0] < nearest[1]).mean() + 0.5 * (nearest[0] == nearest[1]).mean()
    return float(closer)


def _distance_features(
    parts: Sequence[pd.DataFrame], columns: Sequence[str]
) -> tuple[list[NDArray[np.float32]], list[NDArray[np.int32]]]:
    ordered, named = [], []
    stacked = pd.concat([p[list(columns)] for p in parts], ignore_index=True)
    for name in columns:
        column = stacked[name]
        if is_ordered(parts[0][name]):
            ranks = pd.Series(as_numbers(column)).rank(pct=True).fillna(-1)
            ordered.append(ranks.to_numpy(np.float32))
        else:
            named.append(pd.factorize(column.astype(object).astype(str))[0].astype(np.int32))
    rows = len(stacked)
    cuts = np.cumsum([len(p) for p in parts])[:-1]
    numbers = np.stack(ordered, axis=1) if ordered else np.empty((rows, 0), np.float32)
    codes = np.stack(named, axis=1) if named else np.empty((rows, 0), np.int32)
    return np.split(numbers, cuts), np.split(codes, cuts)


def _nearest(
    queries: tuple[NDArray[np.float32], NDArray[np.int32]],
    reference: tuple[NDArray[np.float32], NDArray[np.int32]],
    chunk: int = 64,
) -> NDArray[np.float32]:
    """Return the distance of each query to its nearest reference row, in bounded memory."""
    best = np.empty(len(queries[0]), np.float32)
    for start in range(0, len(best), chunk):
        stop = min(start + chunk, len(best))
        distance = np.zeros((stop - start, len(reference[0])), np.float32)
        for column in range(reference[0].shape[1]):
            distance += np.abs(queries[0][start:stop, column, None] - reference[0][None, :, column])
        for column in range(reference[1].shape[1]):
            distance += queries[1][start:stop, column, None] != reference[1][None, :, column]
        best[start:stop] = distance.min(axis=1)
    return best
