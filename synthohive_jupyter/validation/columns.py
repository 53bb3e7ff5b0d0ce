"""How alike single columns are: 1 is equal, 0 is disjoint.

The two measures are the usual complements: of the Kolmogorov–Smirnov statistic for ordered columns,
of the total variation distance for the others. Nulls count as a level in both.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from synthohive_jupyter.validation.codes import as_numbers, code_pair, is_ordered

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from numpy.typing import NDArray


def ks_distance(first: NDArray[np.float64], second: NDArray[np.float64]) -> float:
    """Return the largest difference of the two empirical distribution functions.

    >>> ks_distance(np.array([1.0, 2.0]), np.array([3.0, 4.0]))
    1.0
    """
    if not first.size or not second.size:
        return float(first.size != second.size)
    points = np.union1d(first, second)
    shares = [
        np.searchsorted(np.sort(values), points, side="right") / values.size
        for values in (first, second)
    ]
    return float(np.abs(shares[0] - shares[1]).max())


def tv_distance(first: NDArray[np.int64], second: NDArray[np.int64], n_codes: int) -> float:
    """Return half the summed difference of two code distributions.

    >>> tv_distance(np.array([0, 0, 1]), np.array([0, 1, 1]), 2).__round__(3)
    0.333
    """
    if not first.size or not second.size:
        return float(first.size != second.size)
    shares = [np.bincount(codes, minlength=n_codes) / codes.size for codes in (first, second)]
    return min(1.0, float(np.abs(shares[0] - shares[1]).sum() / 2))


def column_similarity(real: pd.Series, synthetic: pd.Series) -> float:
    """Return how alike two columns are, in [0, 1]; 1 is the same distribution.

    >>> import pandas as pd
    >>> column_similarity(pd.Series(["a", "b"]), pd.Series(["b", "a"]))
    1.0
    """
    if not is_ordered(real):
        pair = code_pair(real, synthetic)
        return 1 - tv_distance(pair.real, pair.synthetic, pair.n_codes)
    numbers = [as_numbers(column) for column in (real, synthetic)]
    nulls = [np.isnan(values) for values in numbers]
    shares = [float(flags.mean()) if flags.size else 0.0 for flags in nulls]
    known = [values[~flags] for values, flags in zip(numbers, nulls, strict=True)]
    # The distance over "null or value": nulls are one more level, the values keep their order.
    distance = ks_distance(known[0], known[1]) * (1 - max(shares)) + abs(shares[0] - shares[1])
    return 1 - min(1.0, distance)


def shape_scores(
    real: pd.DataFrame, synthetic: pd.DataFrame, columns: Sequence[str]
) -> dict[str, float]:
    """Return the similarity of each named column."""
    return {name: column_similarity(real[name], synthetic[name]) for name in columns}


def outside_share(
    real: pd.DataFrame, synthetic: pd.DataFrame, columns: Sequence[str]
) -> dict[str, float]:
    """Return for each ordered column the share of values outside the window of the real ones.

    Nulls are no values; other columns, and those that are null throughout, are left out.

    >>> import pandas as pd
    >>> real, other = pd.DataFrame({"day": [1, 9]}), pd.DataFrame({"day": [1, 5, 9, 10]})
    >>> outside_share(real, other, ["day"])
    {'day': 0.25}
    """
    shares = {}
    for name in columns:
        if not is_ordered(real[name]):
            continue
        known, drawn = (_known(frame[name]) for frame in (real, synthetic))
        if known.size and drawn.size:
            outside = (drawn < known.min()) | (drawn > known.max())
            shares[name] = float(outside.mean())
    return shares


def _known(column: pd.Series) -> NDArray[np.float64]:
    numbers = as_numbers(column)
    return numbers[~np.isnan(numbers)]
