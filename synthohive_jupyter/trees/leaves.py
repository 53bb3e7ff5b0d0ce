"""`Leaves`: what a tree knows of the rows in its leaves; averages and counts, never a row.

A cell of a column is a *symbol* (a category, an atom, null), or `CONTINUOUS` with a value in
[0, 1]: the rank of a number among those of its column. A distribution is a list of *entries*: a
symbol with its share, or an interval of ranks with its share. One uniform number picks the entry,
and what is left of it the rank inside.

- An interval lies between the mid-points of neighbouring *knots*; a knot is the mean of at least
  `RARE` ranks of `RARE` families, and a leaf has at most `KNOTS` of them. The outer ones reach as
  far outwards as inwards, since stopping at the mean of the outermost rows would cut the tails off
  every leaf. A leaf with fewer continuous rows than that has the ranks of the whole column.
- Counts in a leaf of twenty rows are noise in part. So each leaf also belongs to a wider *group*
  of leaves that hardly differ (see `pruning`), and gives it a share of its draws that grows with
  the number of different values it has seen: ``m / (n + m)`` with
  ``m = smoothing * (different - 1)``, n rows. A leaf of one symbol only gives nothing away, and
  leaves that a rule divides have no group in common, so rules of the data stay rules.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from synthohive_jupyter.errors import ModelFileError
from synthohive_jupyter.tabular.codecs import RARE, Floats, Integers, count_families, count_up_to

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

CONTINUOUS = -1
"""The symbol of a cell that is a rank."""
KNOTS = 64

ENTRY_PARTS = {"upper": "float64", "symbol": "int32", "low": "float32", "high": "float32"}
LEAF_PARTS = {"group": "int32", "share": "float64"}
"""The arrays of `Leaves.to_arrays` with their types; one element for every entry, or leaf."""

_MAX_DIFFERENT = 20
_BELOW_ONE = 1.0 - 1e-12


@dataclass(frozen=True, slots=True, eq=False)
class Cells:
    """One column as symbols and ranks.

    Attributes:
        symbols: Shape (rows,); `CONTINUOUS` where the cell is a rank.
        ranks: Shape (rows,), in [0, 1]; read only where the cell is continuous.
        families: Family of every row, or ``None`` where every row is its own.
    """

    symbols: Integers
    ranks: Floats
    families: Integers | None = None

    def of(self, rows: Integers | NDArray[np.bool_]) -> Cells:
        """Return some of the rows."""
        families = None if self.families is None else self.families[rows]
        return Cells(self.symbols[rows], self.ranks[rows], families)


@dataclass(frozen=True, slots=True, eq=False)
class Entries:
    """Distributions, one after the other.

    Attributes:
        upper: Sum of shares up to the entry, plus the number of the distribution; the last entry
            of distribution d has ``d + 1``. Shape (entries,), float64, rising.
        symbol: Shape (entries,), int32.
        low: Least rank of the entry, shape (entries,), float32.
        high: Largest rank.
    """

    upper: Floats
    symbol: NDArray[np.int32]
    low: NDArray[np.float32]
    high: NDArray[np.float32]

    @classmethod
    def count(cls, groups: Integers, n_groups: int, cells: Cells) -> Self:
        """Return the distribution of every group of rows; each must have a row."""
        alone = cells.symbols != CONTINUOUS
        width = int(cells.symbols.max(initial=0)) + 1
        pairs, counts = np.unique(groups[alone] * width + cells.symbols[alone], return_counts=True)
        knots = _knots(groups[~alone], n_groups, cells.of(~alone))
        group = np.concatenate([pairs // width, knots[0]])
        symbol = np.concatenate([pairs % width, np.full(len(knots[0]), CONTINUOUS)])
        mass = np.concatenate([counts.astype(np.float64), knots[1]])
        low = np.concatenate([np.zeros(len(pairs)), knots[2]])
        high = np.concatenate([np.zeros(len(pairs)), knots[3]])
        order = np.lexsort((low, symbol, group))
        group, mass = group[order], mass[order]
        share = mass / np.bincount(group, mass, minlength=n_groups)[group]
        upper = np.cumsum(share)
        # Sums over all groups drift by roundings; every group begins and ends at a whole number.
        last = np.append(group[1:] != group[:-1], True)
        before = np.append(0.0, upper[last][:-1])
        upper = group + np.minimum(upper - before[group], _BELOW_ONE)
        upper[last] = group[last] + 1.0
        return cls(
            np.maximum.accumulate(upper),
            symbol[order].astype(np.int32),
            low[order].astype(np.float32),
            high[order].astype(np.float32),
        )

    def then(self, other: Entries) -> Entries:
        """Return the distributions of both, those of ``other`` numbered on."""
        upper = np.append(self.upper, other.upper + self.upper[-1])
        symbol = np.append(self.symbol, other.symbol)
        return Entries(
            upper, symbol, np.append(self.low, other.low), np.append(self.high, other.high)
        )

    def chances(self, groups: Integers, symbols: Integers) -> Floats:
        """Return for every row the share that its distribution gives to its symbol.

        Args:
            groups: Distribution of every row.
            symbols: Symbol of every row; `CONTINUOUS` asks for the share of all ranks.
        """
        width = int(max(self.symbol.max(initial=0), symbols.max(initial=0))) + 2
        owner = np.ceil(self.upper).astype(np.int64) - 1
        keys, wanted = owner * width + self.symbol + 1, groups * width + symbols + 1
        begin, end = (np.searchsorted(keys, wanted, side=side) for side in ("left", "right"))
        share: Floats = self.upper[np.maximum(end, 1) - 1] - np.append(0.0, self.upper)[begin]
        return np.where(end > begin, share, 0.0)

    def draw(self, groups: Integers, uniform: Floats) -> tuple[Integers, Floats]:
        """Return a symbol and a rank for every row.

        Args:
            groups: Distribution of every row.
            uniform: One number in [0, 1) a row.
        """
        place = groups + np.minimum(uniform, _BELOW_ONE)
        entry = count_up_to(self.upper, place)
        begin = np.where(entry > 0, self.upper[entry - 1], 0.0)
        inside = (place - begin) / (self.upper[entry] - begin)
        low, high = (part[entry].astype(np.float64) for part in (self.low, self.high))
        ranks: Floats = low + inside * (high - low)
        return self.symbol[entry].astype(np.int64), ranks


@dataclass(frozen=True, slots=True, eq=False)
class Leaves:
    """The distributions of the leaves and of the wider groups.

    Attributes:
        entries: First those of the leaves, in their order, then those of the groups.
        group: Distribution of the wider group of each leaf, shape (leaves,), int32.
        share: Share of its draws that a leaf gives to it, shape (leaves,), float64.
    """

    entries: Entries
    group: NDArray[np.int32]
    share: Floats

    @classmethod
    def fit(cls, leaves: Integers, wider: Integers, cells: Cells, *, smoothing: float) -> Self:
        """Learn from the rows of each leaf.

        Args:
            leaves: Leaf of every row, shape (rows,); every leaf has a row.
            wider: For each leaf the number of its wider group, shape (leaves,).
            cells: What the rows hold.
            smoothing: Strength of the groups; 0 leaves every leaf to itself.
        """
        n_leaves = len(wider)
        group, size = np.unique(wider, return_inverse=True, return_counts=True)[1:]
        together = size[group] > 1
        rows = np.bincount(leaves, minlength=n_leaves)
        different = np.minimum(_different(leaves, n_leaves, cells), _MAX_DIFFERENT)
        extra = np.where(together, smoothing * np.maximum(different - 1.0, 0.0), 0.0)
        share = extra / (rows + extra)
        entries, place = Entries.count(leaves, n_leaves, cells), np.arange(n_leaves)
        if together.any():
            shared, number = np.unique(group[together], return_inverse=True)
            place[together] = n_leaves + number
            inside = together[leaves]
            at = place[leaves[inside]] - n_leaves
            entries = entries.then(Entries.count(at, len(shared), cells.of(inside)))
        return cls(entries, place.astype(np.int32), share)

    def draw(self, leaves: Integers, uniform: Floats) -> tuple[Integers, Floats]:
        """Return a symbol and a rank for every row, by one uniform number each."""
        share = self.share[leaves]
        outside = uniform < share
        left = np.where(outside, uniform, uniform - share)
        left = left / np.where(outside, share, 1.0 - share)
        return self.entries.draw(np.where(outside, self.group[leaves], leaves), left)

    def chances(self, leaves: Integers, symbols: Integers) -> Floats:
        """Return for every row the chance that its symbol is drawn in its leaf."""
        places = (leaves, self.group[leaves].astype(np.int64))
        own, wider = (self.entries.chances(place, symbols) for place in places)
        share = self.share[leaves]
        found: Floats = (1.0 - share) * own + share * wider
        return found

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """Return the arrays by name."""
        return {
            "upper": self.entries.upper,
            "symbol": self.entries.symbol,
            "low": self.entries.low,
            "high": self.entries.high,
            "group": self.group,
            "share": self.share,
        }

    @classmethod
    def from_arrays(
        cls, arrays: Mapping[str, NDArray[Any]], *, n_leaves: int, n_symbols: int
    ) -> Self:
        """Rebuild from `to_arrays`.

        Raises:
            ModelFileError: If the arrays are no distributions over so many leaves and symbols.
        """
        upper, symbol, low, high = (arrays[name] for name in ("upper", "symbol", "low", "high"))
        group, share = arrays["group"], arrays["share"]
        n_groups = max(n_leaves, int(group.max(initial=0)) + 1)
        fits = (
            len(group) == len(share) == n_leaves
            and all(bool(np.isfinite(part).all()) for part in (upper, low, high, share))
            and len(upper) >= n_groups
            and bool((np.diff(upper, prepend=0.0) >= 0).all())
            and upper[-1] == n_groups
            and bool(np.isin(np.arange(1, n_groups + 1), upper).all())
            and bool(((symbol >= CONTINUOUS) & (symbol < n_symbols)).all())
            and bool(((low >= 0) & (low <= high) & (high <= 1)).all())
            and bool(((group >= 0) & (share >= 0) & (share < 1)).all())
        )
        if not fits:
            raise ModelFileError("the saved model is damaged: a leaf holds no distribution")
        return cls(Entries(upper, symbol, low, high), group, share)


def _different(leaves: Integers, n_leaves: int, cells: Cells) -> Integers:
    """Return how many different values each leaf holds; ranks all count as different."""
    alone = cells.symbols != CONTINUOUS
    width = int(cells.symbols.max(initial=0)) + 1
    seen = np.unique(leaves[alone] * width + cells.symbols[alone]) // width
    return np.bincount(seen, minlength=n_leaves) + np.bincount(leaves[~alone], minlength=n_leaves)


def _knots(
    groups: Integers, n_groups: int, cells: Cells
) -> tuple[Integers, Floats, Floats, Floats]:
    """Return the intervals of continuous rows: group, mass, low end, high end."""
    order = np.lexsort((cells.ranks, groups))
    group, rank = groups[order], cells.ranks[order]
    rows = np.bincount(group, minlength=n_groups)
    families = None if cells.families is None else cells.families[order]
    number = _neighbours(group, rows, families)
    few = np.flatnonzero((rows > 0) & ~np.isin(np.arange(n_groups), group[number >= 0]))
    kept = number >= 0
    number, group, rank = number[kept], group[kept], rank[kept]
    mass = np.bincount(number).astype(np.float64)
    mean = np.bincount(number, rank) / mass
    owner = group[np.append(True, number[1:] != number[:-1])] if len(number) else group
    low, high = _intervals(owner, mean)
    single = np.bincount(owner, minlength=n_groups)[owner] == 1
    if single.any():  # no neighbour to reach to: as wide as its rows are
        spread = np.sqrt(np.maximum(np.bincount(number, rank**2) / mass - mean**2, 0.0))
        low = np.where(single, mean - np.sqrt(3.0) * spread, low)
        high = np.where(single, mean + np.sqrt(3.0) * spread, high)
    return (
        np.append(owner, few),
        np.append(mass, rows[few]),
        np.append(np.clip(low, 0.0, 1.0), np.zeros(len(few))),
        np.append(np.clip(high, 0.0, 1.0), np.ones(len(few))),
    )


def _neighbours(group: Integers, rows: Integers, families: Integers | None) -> Integers:
    """Return the knot of every row, rows being sorted by group and rank; -1 where none is safe.

    Knots of a group have about the same number of rows. Where one has too few families, its group
    gets half as many.
    """
    n_knots = np.minimum(rows // RARE, KNOTS)
    first = np.cumsum(rows) - rows
    place = np.arange(len(group)) - first[group]
    while True:
        start = np.cumsum(n_knots) - n_knots
        number = start[group] + place * n_knots[group] // np.maximum(rows[group], 1)
        number = np.where(n_knots[group] > 0, number, -1)
        if families is None or not n_knots.any():
            return number
        kept = number >= 0
        short = count_families(number[kept], families[kept], int(n_knots.sum())) < RARE
        if not short.any():
            return number
        owner = np.repeat(np.arange(len(n_knots)), n_knots)
        n_knots[np.unique(owner[short])] //= 2


def _intervals(owner: Integers, mean: Floats) -> tuple[Floats, Floats]:
    """Return from where to where each knot reaches, given the group that owns it."""
    middle = (mean[1:] + mean[:-1]) / 2
    same = owner[1:] == owner[:-1]
    low, high = mean.copy(), mean.copy()
    low[1:][same] = middle[same]
    high[:-1][same] = middle[same]
    is_first, is_last = np.append(True, ~same), np.append(~same, True)
    low = np.where(is_first, 2 * mean - high, low)
    high = np.where(is_last & ~is_first, 2 * mean - low, high)
    return low, high
