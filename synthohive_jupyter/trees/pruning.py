"""Pruning: taking back splits that tell no more of a column than chance would.

A tree that is grown until its leaves are small also splits where a column depends on nothing it
sees. Each such split fits its leaves to the rows that happen to be there, which helps nobody and
remembers them. So the tree is pruned from below, by its likelihood: what a split gains in nats
must be worth its price, `PER_SPLIT` (it was chosen among many) and a part of a nat for each value
of its rows but one (two distributions have twice the parameters of one). A split that does not pay
stays if those below it pay for both.

Rules have to stay, such as a code that goes with each name: their gain is seen only value by
value. Where a value is rarely met twice, that count says nothing of chance, but ranges of values
do. So the values of a number are counted both ways, and a split stays that pays either way.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from synthohive_jupyter.trees.targets import mid_ranks

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from synthohive_jupyter.tabular.codecs import Flags, Floats, Integers
    from synthohive_jupyter.trees.splits import Splits

PER_SPLIT = 2.5
"""Price of a split. On the census table, over three seeds: at 2 the share of synthetic rows nearer
to training than to held-back rows is .536, at 2.5 .525, at 3 .516; the classifier that tells rows
from held-back ones has .528, .528 and .533."""
PER_CLASS, PER_RANGE, PER_VALUE = 0.5, 0.5, 0.75
"""Price of one more class, range of numbers, or single number, in nats. Half a nat is what the
likelihood gains by chance from one free parameter; single numbers are rarely met twice, where
chance gains more, up to ln 2."""

RANGES, VALUES = 8, 128
"""Ranges of equal mass, and most single values: where there are more, ranges stand for them."""

_AT_ONCE = 32

TOGETHER = 4.0
"""How many times its price a split must be worth so that its two sides share nothing."""


def prune(
    splits: Splits, leaves: Integers, values: NDArray[np.floating] | Integers, *, ordered: bool
) -> tuple[Splits, Integers]:
    """Return the tree without the splits that do not pay, and wider groups of its leaves.

    Two leaves are a group if one split makes them, and would not pay at `TOGETHER` times the price:
    between them there is a difference, but no rule. (Groups of more leaves, all that would become
    one at a higher price, remember a little less and blur more.)

    Args:
        splits: The tree.
        leaves: Leaf of every row, shape (rows,).
        values: The target of every row, shape (rows,).
        ordered: Whether it is a number; otherwise it is one number for each class.

    Returns:
        The tree, and for each of its leaves a number that all leaves of its group share.
    """
    counted = [
        (*_likelihood(splits, leaves, cells), price)
        for cells, price in _cells(values, ordered=ordered)
    ]
    ends, alike = (_ends(splits, counted, times) for times in (1.0, TOGETHER))
    tree, nodes = splits.without(ends)
    inner = np.flatnonzero(splits.leaf < 0)
    above = np.arange(len(splits.leaf))
    above[splits.child[inner]] = above[splits.child[inner] + 1] = inner
    return tree, np.where(alike[above[nodes]], above[nodes], nodes)


def _ends(splits: Splits, counted: Sequence[tuple[Floats, Integers, float]], times: float) -> Flags:
    """Return the nodes whose splits, with all below, are not worth so many times their price."""
    inner = np.flatnonzero(splits.leaf < 0)
    left = splits.child[inner]
    surplus = np.full(len(splits.leaf), -np.inf)
    for fit, different, price in counted:
        gain = fit[left] + fit[left + 1] - fit[inner]
        paid = times * (PER_SPLIT + price * (different[inner] - 1))
        surplus[inner] = np.maximum(surplus[inner], gain - paid)
    worth = np.zeros(len(splits.leaf))
    for level in reversed(splits.levels()):
        nodes = np.arange(level.start, level.stop)[splits.leaf[level] < 0]
        below = worth[splits.child[nodes]] + worth[splits.child[nodes] + 1]
        worth[nodes] = np.maximum(surplus[nodes] + below, 0.0)
    worthless: Flags = (splits.leaf < 0) & (worth == 0.0)
    return worthless


def _cells(
    values: NDArray[np.floating] | Integers, *, ordered: bool
) -> Iterator[tuple[Integers, float]]:
    """Yield the ways to count the rows, each with the price of one more cell."""
    found, own = np.unique(values, return_inverse=True)
    ranks = mid_ranks(values)
    single = own if len(found) <= VALUES else _ranges(ranks, VALUES)
    if not ordered:
        yield single, PER_CLASS
        return
    yield single, PER_VALUE
    if len(found) > RANGES:
        yield _ranges(ranks, RANGES), PER_RANGE


def _ranges(ranks: Floats, n_ranges: int) -> Integers:
    return np.minimum((ranks * n_ranges).astype(np.int64), n_ranges - 1)


def _likelihood(splits: Splits, leaves: Integers, cells: Integers) -> tuple[Floats, Integers]:
    """Return the log-likelihood of the rows of every node, and how many cells they fill."""
    n_cells = int(cells.max(initial=0)) + 1
    rows = splits.totals(np.bincount(leaves, minlength=splits.n_leaves).astype(np.float64))
    fit, different = -_x_log_x(rows), np.zeros(len(rows), np.int64)
    for first in range(0, n_cells, _AT_ONCE):
        # A part of the cells at a time: a large table has many leaves.
        here = (cells >= first) & (cells < first + _AT_ONCE)
        place = leaves[here] * _AT_ONCE + cells[here] - first
        counts = np.bincount(place, minlength=splits.n_leaves * _AT_ONCE)
        found = splits.totals(counts.reshape(splits.n_leaves, _AT_ONCE).astype(np.float64))
        fit += _x_log_x(found).sum(axis=1)
        different += (found > 0).sum(axis=1)
    return fit, different


def _x_log_x(counts: Floats) -> Floats:
    found: Floats = counts * np.log(np.maximum(counts, 1.0))
    return found
