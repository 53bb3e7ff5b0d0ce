"""The mixture: two distributions, one distribution, posterior draws, support."""

import numpy as np
import pytest

from synthohive_jupyter.tabular.axis import Line, Range
from synthohive_jupyter.tabular.em import select_modes
from synthohive_jupyter.tabular.mixture import Bend, MixtureModes

AXIS = Line.fit(Range(-50.0, 50.0), Range(-50.0, 50.0))


def test_the_mixture_finds_two_normal_distributions():
    rng = np.random.default_rng(0)
    values = np.concatenate([rng.normal(-3, 1, 12_000), rng.normal(3, 0.5, 8_000)])
    modes = MixtureModes.fit(values, families=None, axis=AXIS)
    means = modes.bend.backward(modes.means)
    # Standard errors: 1 / sqrt(12000) = .009 for a mean, .0035 for a weight; three of them.
    assert means == pytest.approx([-3, 3], abs=0.03)
    assert modes.weights == pytest.approx([0.6, 0.4], abs=0.011)
    assert modes.deviations * modes.bend.width == pytest.approx([1, 0.5], abs=0.03)


def test_bic_takes_one_mode_for_one_normal_distribution():
    points = np.sort(np.random.default_rng(0).normal(size=1000))
    (weights, means, deviations), _ = select_modes(points, np.ones(1000), least=0.0)
    assert len(weights) == 1
    assert means[0] == pytest.approx(points.mean())
    assert deviations[0] == pytest.approx(points.std())


def test_the_mode_is_drawn_from_the_posterior():
    modes = MixtureModes(
        Bend(bent=False, centre=0.0, width=1.0),
        np.array([0.25, 0.75]), np.array([-0.5, 0.5]), np.array([1.0, 1.0]),
    )  # fmt: skip
    codes, scalars = modes.encode(np.zeros(40_000), np.random.default_rng(0))
    # Both densities are equal at 0, so the posterior is the weight; 4 standard errors are .0087.
    assert codes.mean() == pytest.approx(0.75, abs=0.0087)
    assert np.unique(scalars).tolist() == [-0.125, 0.125]
    assert np.abs(modes.decode(codes, scalars, np.random.default_rng(0))).max() == 0


def test_a_mode_needs_families_not_rows():
    rng = np.random.default_rng(0)
    values = np.concatenate(
        [rng.normal(-50, 1, 300), rng.normal(50, 1, 300), rng.normal(0, 0.1, 60)]
    )
    families = np.concatenate([np.arange(600), np.full(60, 999)])
    for known, expected in ((None, True), (families, False)):
        modes = MixtureModes.fit(values, families=known, axis=AXIS)
        near = np.abs(modes.bend.backward(modes.means)) < 5
        assert near.any() == expected
