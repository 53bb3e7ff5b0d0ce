"""A curve of bounded size: long trainings become coarser, never longer."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

TELLING = ("critic", "generator", "wasserstein", "nll")
"""The losses that displays draw, where a model has them; the others are in the events."""

MAX_DRAWN = 3
"""So many curves are drawn of a model that has none of the telling ones."""

MAX_POINTS = 500
"""Most points that one curve keeps; more than a screen can show."""


DRAWN_DIGITS = 4
"""Digits of a point: a picture shows less."""


def tidy(value: float | None, digits: int = 5) -> float | None:
    """Return ``value`` with so many significant digits, or ``None`` where it is not finite.

    JSON knows neither NaN nor infinity, and more digits only make notebooks heavy.

    >>> tidy(0.123456789), tidy(float("nan")), tidy(None)
    (0.12346, None, None)
    """
    if value is None or not math.isfinite(value):
        return None
    return float(f"{value:.{digits}g}")


def drawn(losses: Mapping[str, float]) -> list[str]:
    """Return the names of the losses that displays draw.

    >>> drawn({"critic": 0.1, "penalty": 0.2, "generator": 0.3}), drawn({"mse": 1.0})
    (['critic', 'generator'], ['mse'])
    """
    return [name for name in losses if name in TELLING] or list(losses)[:MAX_DRAWN]


class Curve:
    """One named series over the epochs, in at most ``limit`` points.

    Each point is the mean of a bucket of ``stride`` epochs, placed at the last of them. When the
    curve is full, neighbours are merged and the stride doubles, so a curve costs O(1) an epoch.
    Values that are not finite are counted, not drawn.

    Attributes:
        points: ``[epoch, mean]`` pairs in order of the epochs.
        generation: Grows by one whenever older points have changed.
        last: The latest value as it came, finite or not.
        gaps: How many values were not finite.

    >>> curve = Curve(limit=4)
    >>> for epoch in range(1, 7):
    ...     curve.add(epoch, float(epoch))
    >>> curve.points, curve.generation
    ([[2, 1.5], [4, 3.5], [6, 5.5]], 1)
    """

    def __init__(self, limit: int = MAX_POINTS) -> None:
        self.limit = max(limit, 2)
        self.points: list[list[float]] = []
        self.generation = 0
        self.last: float | None = None
        self.gaps = 0
        self._stride = 1
        self._sum = 0.0
        self._count = 0
        self._seen = 0

    def add(self, epoch: int, value: float | None) -> None:
        """Take the value of one epoch; ``None`` stands for a value that is not finite."""
        self.last = tidy(value)
        if value is None or self.last is None:
            self.gaps += 1
        else:
            self._sum += value
            self._count += 1
        self._seen += 1
        if self._seen >= self._stride:
            self._close_bucket(epoch)

    def _close_bucket(self, epoch: int) -> None:
        mean = tidy(self._sum / self._count, DRAWN_DIGITS) if self._count else None
        self._sum, self._count, self._seen = 0.0, 0, 0
        if mean is None:
            return
        self.points.append([epoch, mean])
        if len(self.points) >= self.limit:
            self._halve()

    def _halve(self) -> None:
        pairs = zip(self.points[::2], self.points[1::2], strict=False)
        merged = [
            [late[0], tidy((early[1] + late[1]) / 2, DRAWN_DIGITS) or 0.0] for early, late in pairs
        ]
        odd = self.points[len(merged) * 2 :]
        self.points = merged + odd
        self._stride *= 2
        self.generation += 1
