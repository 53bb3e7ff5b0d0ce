"""How well a tree tells rows that it was not grown on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from synthohive_jupyter.trees.leaves import CONTINUOUS

if TYPE_CHECKING:
    from synthohive_jupyter.tabular.codecs import Flags, Integers
    from synthohive_jupyter.trees.leaves import Cells

_PRIOR = 2.0
_RANK_CELLS = 16


def held_out_nll(leaves: Integers, cells: Cells, held: Flags) -> float:
    """Return the mean negative log-likelihood of the rows held out, in nats.

    Leaves are counted on the other rows, ranks in 16 cells of equal width; every leaf has two more
    rows, spread like those of all leaves. It is a figure of progress: it favours smoother leaves
    than those whose rows look most like the data.

    Args:
        leaves: Leaf of every row.
        cells: What the rows hold.
        held: Which rows are held out; where none is, all are both counted and asked.

    >>> from synthohive_jupyter.trees.leaves import Cells
    >>> sure = Cells(np.zeros(100, np.int64), np.zeros(100))
    >>> round(held_out_nll(np.zeros(100, np.int64), sure, np.arange(100) < 10), 3)
    0.0
    """
    if not len(held):
        return 0.0
    n_symbols = int(cells.symbols.max(initial=0)) + 1
    rank = np.minimum((cells.ranks * _RANK_CELLS).astype(np.int64), _RANK_CELLS - 1)
    cell = np.where(cells.symbols == CONTINUOUS, n_symbols + rank, cells.symbols)
    n_cells = n_symbols + _RANK_CELLS
    asked = held if held.any() else ~held
    seen = ~held if not held.all() else held
    overall = np.bincount(cell[seen], minlength=n_cells) + 1.0 / n_cells
    overall /= overall.sum()
    pairs, counts = np.unique(leaves[seen] * n_cells + cell[seen], return_counts=True)
    wanted = leaves[asked] * n_cells + cell[asked]
    at = np.minimum(np.searchsorted(pairs, wanted), len(pairs) - 1)
    found = np.where(pairs[at] == wanted, counts[at], 0)
    rows = np.bincount(leaves[seen], minlength=int(leaves.max()) + 1)[leaves[asked]]
    likelihood = (found + _PRIOR * overall[cell[asked]]) / (rows + _PRIOR)
    return float(-np.log(likelihood).mean())
