"""`LinkageModel`: the fallbacks, the distributions, and what is promised of every draw."""

import json

import numpy as np
import pandas as pd
import pytest

from synthohive_jupyter.errors import DataError, ModelFileError, NotFittedError, SchemaError
from synthohive_jupyter.relational.linkage import SHAPE_BOUNDS, LinkageModel, histogram


def fitted(counts, method="empirical"):
    return LinkageModel(method).fit_counts(np.array(counts))


def drawn(model, n=20_000, seed=5):
    return model.sample_counts(range(n), rng=np.random.default_rng(seed))


def test_counts_children_of_every_parent_and_nobody_else():
    users = pd.DataFrame({"key": [10, 20, 30]})
    orders = pd.DataFrame({"owner": [10, 10, 30, None, 99]})
    model = LinkageModel().fit(users, orders, "owner", pk_col="key")
    assert (model.parents, model.max_children, model.mean) == (3, 2, 1.0)
    assert model.histogram(4) == (1, 1, 1, 0)


def test_the_key_is_called_id_unless_said():
    users, orders = pd.DataFrame({"id": [1, 2]}), pd.DataFrame({"user_id": [2, 2, 2]})
    assert LinkageModel().fit(users, orders, "user_id").max_children == 3


def test_missing_column_is_named():
    with pytest.raises(DataError, match="owner"):
        LinkageModel().fit(pd.DataFrame({"id": [1]}), pd.DataFrame({"user_id": [1]}), "owner")


def test_nothing_before_fit():
    for ask in ("sample_counts", "histogram", "to_dict"):
        with pytest.raises(NotFittedError):
            getattr(LinkageModel(), ask)(*([range(3)] if ask == "sample_counts" else []))
    assert issubclass(NotFittedError, ValueError)


def test_unknown_method_and_no_parents():
    with pytest.raises(SchemaError, match="negbinom"):
        LinkageModel("negbinomial")
    with pytest.raises(DataError):
        fitted([])


@pytest.mark.parametrize(
    ("counts", "method", "expected"),
    [
        ([0, 1, 5], "empirical", "empirical"),
        ([0, 0, 0], "negbinom", "empirical"),
        ([3, 3, 3], "negbinom", "constant"),
        ([1, 2, 2, 3], "negbinom", "poisson"),
        ([0, 0, 1, 9], "negbinom", "negbinom"),
    ],
)
def test_fallbacks(counts, method, expected):
    model = fitted(counts, method)
    assert model.fitted_as == expected
    counts = drawn(model, 50)
    assert counts.shape == (50,)
    assert counts.dtype == np.int64
    assert counts.min() >= 0
    if expected == "constant":
        assert set(counts) == {3}
    if not any(counts):
        assert model.mean == 0


def test_empirical_draws_match_the_histogram_almost_exactly():
    real = np.random.default_rng(1).negative_binomial(1, 0.3, 500)
    model = fitted(real)
    synthetic = drawn(model, 500)
    # Stratified uniforms: each cell is off by at most one parent at either of its two borders.
    gaps = np.array(model.histogram(40)) - np.array(histogram(synthetic, 40))
    assert np.abs(gaps).max() <= 2
    assert synthetic.max() <= model.max_children


@pytest.mark.parametrize(("shape", "success"), [(0.5, 0.2), (4.0, 0.5), (40.0, 0.9)])
def test_negbinom_recovers_moments(shape, success):
    real = np.random.default_rng(2).negative_binomial(shape, success, 50_000)
    model = fitted(real, "negbinom")
    synthetic = drawn(model, 50_000)
    assert model.fitted_as == "negbinom"
    # The method of moments reproduces both; stratified draws leave about 1 % to the tail.
    assert synthetic.mean() == pytest.approx(model.mean, rel=0.01)
    assert synthetic.var() == pytest.approx(model.variance, rel=0.03)
    # It is that distribution and not another one with these moments.
    assert (synthetic == 0).mean() == pytest.approx(success**shape, abs=0.02)


def test_poisson_recovers_the_mean():
    model = fitted(np.random.default_rng(3).binomial(10, 0.5, 5_000), "negbinom")
    synthetic = drawn(model)
    assert model.fitted_as == "poisson"
    assert synthetic.mean() == pytest.approx(model.mean, rel=0.01)
    assert synthetic.var() == pytest.approx(model.mean, rel=0.03)


def test_shape_stays_above_its_lower_bound():
    # Mean 1 and variance 10⁴ ask for a shape of 10⁻⁴; at 0.1 the variance is 1 + 1 / 0.1 and the
    # share of zeros (0.1 / 1.1)^0.1.
    synthetic = drawn(fitted([0] * 9_999 + [10_000], "negbinom"), 50_000)
    low = SHAPE_BOUNDS[0]
    assert synthetic.mean() == pytest.approx(1.0, rel=0.02)
    assert synthetic.var() == pytest.approx(1 + 1 / low, rel=0.05)
    assert (synthetic == 0).mean() == pytest.approx((low / (low + 1)) ** low, abs=0.005)


def test_shape_stays_below_its_upper_bound():
    # Zeros and twos, one zero more: the moments ask for a shape of 1.2 million.
    record = {"method": "negbinom", "values": [0, 2], "weights": [600_001, 600_000]}
    model = LinkageModel.from_dict(record)
    assert model.fitted_as == "negbinom"
    assert model.mean**2 / (model.variance - model.mean) > SHAPE_BOUNDS[1]
    synthetic = drawn(model)
    assert synthetic.mean() == pytest.approx(1.0, rel=0.01)
    assert synthetic.var() == pytest.approx(1.0, rel=0.03)


def test_same_generator_same_counts():
    model = fitted([0, 1, 2, 7], "negbinom")
    assert np.array_equal(drawn(model, seed=9), drawn(model, seed=9))
    assert not np.array_equal(drawn(model, seed=9), drawn(model, seed=10))
    assert len(model.sample_counts(pd.DataFrame({"age": [1, 2]}))) == 2
    assert len(model.sample_counts([])) == 0


@pytest.mark.parametrize("method", ["empirical", "negbinom"])
def test_survives_json(method):
    model = fitted([0, 0, 3, 11, 3], method)
    copy = LinkageModel.from_dict(json.loads(json.dumps(model.to_dict())))
    assert copy.to_dict() == model.to_dict()
    assert (copy.mean, copy.max_children, copy.fitted_as) == (3.4, 11, model.fitted_as)
    assert copy.variance == pytest.approx(model.variance)
    assert np.array_equal(drawn(copy), drawn(model))


@pytest.mark.parametrize(
    "damage",
    [
        {"values": [1, 0]}, {"values": [-1, 2]}, {"weights": [1]}, {"weights": [0, 1]},
        {"values": "ab"}, {"method": "x"}, {"values": [10**40, 1]}, {"values": []},
    ],
)  # fmt: skip
def test_damaged_records_are_refused(damage):
    with pytest.raises(ModelFileError):
        LinkageModel.from_dict({**fitted([1, 2]).to_dict(), **damage})


def test_histogram_of_a_display():
    model = fitted([0, 2, 40])
    assert model.cells == 32
    assert sum(model.histogram(model.cells)) == 3
    assert model.histogram(model.cells)[-1] == 1
    with pytest.raises(ValueError, match="cell"):
        histogram(np.array([1]), 0)
