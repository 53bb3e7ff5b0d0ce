"""How alike pairs of columns are: 1 minus the total variation distance of their joint codes."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from synthohive_jupyter.validation.codes import DEFAULT_BINS, CodedPair, code_tables

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd


def joint_similarity(first: CodedPair, second: CodedPair) -> float:
    """Return 1 minus the total variation distance of the joint distribution of two columns.

    Only cells that occur are counted, so the cost does not grow with the product of the levels.
    """
    if not first.real.size or not first.synthetic.size:
        return float(first.real.size == first.synthetic.size)
    joint = [
        a * second.n_codes + b
        for a, b in ((first.real, second.real), (first.synthetic, second.synthetic))
    ]
    cells, index = np.unique(np.concatenate(joint), return_inverse=True)
    split = joint[0].size
    shares = [
        np.bincount(part, minlength=cells.size) / part.size
        for part in (index[:split], index[split:])
    ]
    return float(1 - np.abs(shares[0] - shares[1]).sum() / 2)


def pair_scores(
    real: pd.DataFrame,
    synthetic: pd.DataFrame,
    columns: Sequence[str],
    bins: int = DEFAULT_BINS,
) -> dict[tuple[str, str], float]:
    """Return the similarity of every pair of the named columns.

    >>> import pandas as pd
    >>> real = pd.DataFrame({"a": ["x", "y"], "b": ["x", "y"]})
    >>> crossed = pd.DataFrame({"a": ["x", "y"], "b": ["y", "x"]})
    >>> pair_scores(real, crossed, ["a", "b"])
    {('a', 'b'): 0.0}
    """
    coded = code_tables(real, synthetic, columns, bins)
    return {(a, b): joint_similarity(coded[a], coded[b]) for a, b in combinations(columns, 2)}
