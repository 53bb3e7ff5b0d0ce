"""Mixtures of normal distributions in one dimension, by expectation-maximisation.

On at most `POINTS` points of equal mass, all modes at once; the number of modes is the one with the
least BIC. Deterministic, and milliseconds a column, where a variational mixture takes seconds.
"""

from __future__ import annotations

import numpy as np

from synthohive_jupyter.tabular.codecs import Floats

POINTS = 1024
MODES = (1, 2, 3, 5, 7, 10)
"""Numbers of modes that are tried."""

_ROUNDS = 60
_TOLERANCE = 1e-5
_MIN_SPREAD = 1e-3

Modes = tuple[Floats, Floats, Floats]
"""Weights, means and deviations."""


def equal_mass(values: Floats) -> tuple[Floats, Floats]:
    """Return at most `POINTS` averages of neighbours of about equal mass, and their masses.

    >>> equal_mass(np.array([3.0, 1.0, 3.0]))
    (array([1., 3.]), array([1., 2.]))
    """
    unique, rows = np.unique(values, return_counts=True)
    counts = rows.astype(np.float64)
    if len(unique) <= POINTS:
        return unique, counts
    middle = np.cumsum(counts) - counts / 2
    bins = np.minimum((middle * POINTS / counts.sum()).astype(np.int64), POINTS - 1)
    masses = np.bincount(bins, counts, minlength=POINTS).astype(np.float64)
    sums = np.bincount(bins, counts * unique, minlength=POINTS)
    return sums[masses > 0] / masses[masses > 0], masses[masses > 0]


def select_modes(points: Floats, masses: Floats, *, least: float) -> tuple[Modes, float]:
    """Return the mixture whose number of modes has the least BIC, and that BIC.

    Args:
        points: Shape (points,), sorted.
        masses: Rows behind every point.
        least: Smallest deviation allowed.
    """
    best: tuple[float, Modes] | None = None
    cumulative = np.cumsum(masses) - masses / 2
    for n_modes in MODES:
        if n_modes > len(points):
            break
        at = np.searchsorted(cumulative, (np.arange(n_modes) + 0.5) / n_modes * masses.sum())
        means = points[np.minimum(at, len(points) - 1)]
        spread = _spread(points, masses) / n_modes
        start = (np.full(n_modes, 1 / n_modes), means, np.full(n_modes, max(spread, least, 1e-12)))
        modes, likelihood = expectation_maximisation(points, masses, start, least=least)
        criterion = (3 * n_modes - 1) * np.log(masses.sum()) - 2 * likelihood
        if best is None or criterion < best[0]:
            best = criterion, modes
    assert best is not None
    return best[1], best[0]


def expectation_maximisation(
    points: Floats, masses: Floats, start: Modes, *, least: float
) -> tuple[Modes, float]:
    """Run EM from a start until the likelihood stands still.

    Returns:
        The modes, and the log-likelihood of all rows.
    """
    total = masses.sum()
    floor = max(least, _MIN_SPREAD * _spread(points, masses), 1e-12)
    modes, before = start, -np.inf
    for _ in range(_ROUNDS):
        logs = log_densities(points, modes)
        top = logs.max(axis=0)
        density = np.exp(logs - top)
        evidence = density.sum(axis=0)
        likelihood = float(masses @ (top + np.log(evidence)))
        if likelihood - before < _TOLERANCE * total:
            break
        before = likelihood
        rows = density * (masses / evidence)
        mass = np.maximum(rows.sum(axis=1), 1e-12)
        means = rows @ points / mass
        variance = (rows * (points - means[:, None]) ** 2).sum(axis=1) / mass
        modes = mass / mass.sum(), means, np.maximum(np.sqrt(variance), floor)
    return modes, likelihood


def _spread(points: Floats, masses: Floats) -> float:
    mean = masses @ points / masses.sum()
    return float(np.sqrt(masses @ (points - mean) ** 2 / masses.sum()))


def log_densities(values: Floats, modes: Modes) -> Floats:
    """Return log(weight * density) up to a constant, shape (modes, values)."""
    weights, means, deviations = modes
    scaled = (values - means[:, None]) / deviations[:, None]
    return (np.log(weights) - np.log(deviations))[:, None] - 0.5 * scaled**2
