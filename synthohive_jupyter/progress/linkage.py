"""Children per parent, real against synthetic, as every display shows it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from synthohive_jupyter.progress.curves import tidy

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(slots=True)
class LinkageProgress:
    """One foreign key of a table.

    Attributes:
        parent: The parent it points to.
        foreign_key: Name of the foreign key.
        method: How the counts are modelled.
        real: Parents with 0, 1, 2, … children; the last cell holds the rest.
        real_mean: Mean number of children, exact.
        real_variance: Its variance, exact.
        synthetic: The same cells as generated; empty until then.
        mean: Mean number of children as generated.
        variance: Its variance.
        driving: Whether this key decides how many rows the table gets.
    """

    parent: str
    foreign_key: str
    method: str = ""
    real: tuple[int, ...] = ()
    real_mean: float = 0.0
    real_variance: float = 0.0
    synthetic: tuple[int, ...] = ()
    mean: float = 0.0
    variance: float = 0.0
    driving: bool = True

    def to_dict(self) -> dict[str, Any]:
        """Return JSON-safe values: the cells as shares, and the statistics of both sides."""
        return {
            "parent": self.parent,
            "foreign_key": self.foreign_key,
            "method": self.method,
            "driving": self.driving,
            "real": shares(self.real),
            "synthetic": shares(self.synthetic),
            "real_stats": _stats(self.real, self.real_mean, self.real_variance),
            "synthetic_stats": _stats(self.synthetic, self.mean, self.variance),
            "distance": tidy(total_variation(self.real, self.synthetic)),
        }


def shares(counts: Sequence[int]) -> list[float]:
    """Return each cell's share of all; an empty list where there is nothing.

    >>> shares([1, 3])
    [0.25, 0.75]
    """
    total = sum(counts)
    return [tidy(count / total) or 0.0 for count in counts] if total else []


def total_variation(first: Sequence[int], second: Sequence[int]) -> float | None:
    """Return the total variation distance of two histograms, 0 (equal) to 1 (disjoint).

    Returns ``None`` as long as one of them is empty. The shorter one is taken to have empty cells.

    >>> total_variation([1, 1], [2, 0])
    0.5
    """
    totals = sum(first), sum(second)
    if not all(totals):
        return None
    size = max(len(first), len(second))
    left, right = ([*h, *[0] * (size - len(h))] for h in (first, second))
    gaps = (abs(a / totals[0] - b / totals[1]) for a, b in zip(left, right, strict=True))
    return sum(gaps) / 2


def _stats(counts: Sequence[int], mean: float, variance: float) -> dict[str, Any] | None:
    parents = sum(counts)
    if not parents:
        return None
    return {
        "parents": parents,
        "mean": tidy(mean),
        "variance": tidy(variance),
        "childless": tidy(counts[0] / parents),
    }
