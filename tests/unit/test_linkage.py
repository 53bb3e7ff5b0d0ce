"""`LinkageModel`: the fallbacks, the distributions, and what is promised of every draw."""

import json

import numpy as np
import pandas as pd
import pytest

from synthohive_jupyter.errors import DataError, ModelFileError, NotFittedError, SchemaError
from synthohive_jupyter.relational.counts.laws import SHAPE_BOUNDS
from synthohive_jupyter.relational.counts.linkage import LinkageModel, histogram


def fitted(counts, method="empirical", bounds=(0, None)):
    return LinkageModel(method).fit_counts(np.array(counts), table="users", bounds=bounds)


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
    model = LinkageModel.from_dict({**record, "bounds": [0, None], "table": ""})
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
        {"bounds": [3, 2]}, {"bounds": [-1, None]}, {"bounds": [0]}, {"bounds": ["a", None]},
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


COUNTS = np.random.default_rng(4).negative_binomial(2, 0.3, 5_000)


@pytest.mark.parametrize("method", ["empirical", "negbinom", "conditional"])
@pytest.mark.parametrize("bounds", [(0, 3), (2, None), (1, 1), (3, 9), (200, None), (200, 300)])
def test_bounds_always_hold(method, bounds):
    model = fitted(COUNTS, method, bounds)
    least, most = bounds
    for total in (None, 3 * 700, 4 * 700):
        try:
            counts = model.sample_counts(range(700), rng=np.random.default_rng(0), total=total)
        except DataError:
            assert total is not None
            continue
        assert counts.min() >= least
        assert most is None or counts.max() <= most
        assert total is None or counts.sum() == total
    # What is shown of the data is the data.
    assert model.histogram(40) == fitted(COUNTS).histogram(40)
    assert (model.mean, model.max_children) == (COUNTS.mean(), COUNTS.max())
    assert LinkageModel.from_dict(json.loads(json.dumps(model.to_dict()))).bounds == bounds


@pytest.mark.parametrize("method", ["empirical", "negbinom"])
def test_what_is_within_bounds_keeps_its_law(method):
    model = fitted(COUNTS, method, (1, 12))
    inside = COUNTS[(COUNTS >= 1) & (COUNTS <= 12)]
    synthetic = drawn(model)
    # Both moments are those of the counts within the bounds, whatever the bounds cut off.
    assert synthetic.mean() == pytest.approx(inside.mean(), rel=0.005)
    assert synthetic.var() == pytest.approx(inside.var(), rel=0.01)
    assert drawn(fitted([5, 6, 7], method, (0, 2))).tolist() == [2] * 20_000
    assert set(drawn(fitted([0, 1, 2], method, (5, None)))) == {5}


@pytest.mark.parametrize("bounds", [(-1, None), (2, 1), (0.5, 2), (0, "many")])
def test_bounds_are_whole_numbers(bounds):
    with pytest.raises(ValueError, match="bounds"):
        fitted([1, 2], bounds=bounds)


@pytest.mark.parametrize("method", ["empirical", "negbinom"])
@pytest.mark.parametrize("parents", [1, 7, 3_000])
@pytest.mark.parametrize("ratio", [0.0, 0.1, 0.999, 1.0, 1.003, 2.0, 4.0])
def test_totals_are_exact(method, parents, ratio):
    total = round(COUNTS.mean() * parents * ratio)
    counts = fitted(COUNTS, method).sample_counts(
        range(parents), rng=np.random.default_rng(1), total=total
    )
    assert counts.sum() == total
    assert counts.min() >= 0


def test_a_total_near_the_expected_one_leaves_the_shape():
    model = fitted(COUNTS)
    for gap in (-30, -1, 0, 1, 30):
        counts = model.sample_counts(
            range(5_000), rng=np.random.default_rng(2), total=int(COUNTS.sum()) + gap
        )
        # Thirty children more or less are thirty of 5,000 parents moved by one at the most.
        distance = np.abs(np.cumsum(np.bincount(counts, minlength=60)
                                    - np.bincount(COUNTS, minlength=60))).max() / 5_000  # fmt: skip
        assert distance < 0.006 + 0.001


@pytest.mark.parametrize("mean", [1.0, 9.0])
def test_a_tilted_law_stays_in_its_family(mean):
    # Tilting a Poisson law gives one, tilting a negative binomial one with the same shape.
    poisson = fitted(np.random.default_rng(3).binomial(10**4, 3e-4, 50_000))
    counts = poisson.sample_counts(
        range(50_000), rng=np.random.default_rng(0), total=int(2 * mean * 50_000 / 3)
    )
    # A histogram of 50,000 has no count far above its mean; for twice the mean that begins to show.
    assert counts.var() == pytest.approx(2 * mean / 3, rel=0.03 if mean < 2 else 0.4)
    binomial = fitted(COUNTS, "negbinom")
    counts = binomial.sample_counts(
        range(50_000), rng=np.random.default_rng(0), total=int(mean * 50_000)
    )
    shape = COUNTS.mean() ** 2 / (COUNTS.var() - COUNTS.mean())
    assert counts.var() == pytest.approx(mean + mean**2 / shape, rel=0.03)


def test_totals_that_the_steps_do_not_reach_move_one_parent():
    model = fitted([0, 12, 12, 24])
    counts = model.sample_counts(range(10), rng=np.random.default_rng(0), total=125)
    assert counts.sum() == 125
    assert (counts % 12 > 0).sum() == 1
    assert 0 <= counts.min() <= counts.max() <= 24


def test_impossible_totals_are_told():
    for model, total, limit in (
        (fitted([3, 3]), 7, "at most 3"),
        (fitted([3, 3]), 5, "at least 3"),
        (fitted(COUNTS, bounds=(1, 4)), 9, "at most 4"),
        (fitted(COUNTS, "negbinom", (4, None)), 7, "at least 4"),
    ):
        with pytest.raises(DataError, match=f"users: 2 parents cannot have {total} .* {limit}"):
            model.sample_counts(range(2), total=total)
    assert len(fitted(COUNTS).sample_counts([], total=0)) == 0
    with pytest.raises(DataError, match="0 parents"):
        fitted(COUNTS).sample_counts([], total=1)


@pytest.mark.parametrize("method", ["empirical", "negbinom"])
def test_totals_that_nobody_asked_for_are_near(method):
    model = fitted(COUNTS, method)
    totals = [drawn(model, 3_000, seed).sum() for seed in range(20)]
    assert np.abs(np.array(totals) / (3_000 * COUNTS.mean()) - 1).max() < 0.01
