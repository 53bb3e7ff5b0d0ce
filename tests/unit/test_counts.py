"""Counts given the parent: a known law comes back, the histogram stays exact, files are strict."""

import json

import numpy as np
import pandas as pd
import pytest

from synthohive_jupyter.engine.synthesizer import Synthesizer
from synthohive_jupyter.errors import DataError, ModelFileError
from synthohive_jupyter.relational.counts import CountTree
from synthohive_jupyter.relational.linkage import LinkageModel
from synthohive_jupyter.schema.metadata import Metadata

PLANS = {"free": 0.5, "pro": 2.0, "team": 6.0}
N = 6000


def parents(seed, n=N):
    """Children are Poisson; the mean is that of the plan, doubled from the age of 50."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame({
        "plan": rng.choice(list(PLANS), n, p=[0.6, 0.3, 0.1]),
        "age": rng.integers(18, 80, n).astype(float),
        "noise": rng.normal(size=n),
    })  # fmt: skip
    frame.loc[rng.random(n) < 0.1, "age"] = np.nan
    mean = frame["plan"].map(PLANS) * np.where(frame["age"] >= 50, 2, 1)
    return frame, rng.poisson(mean)


REAL, COUNTS = parents(1)


@pytest.fixture(scope="module")
def model():
    return LinkageModel("conditional").fit_counts(COUNTS, REAL)


def groups(frame):
    return frame["plan"] + np.where(frame["age"] >= 50, ", old", ", young")


def test_the_law_comes_back(model):
    other, _ = parents(2)
    drawn = model.sample_counts(other, rng=np.random.default_rng(0))
    truth = groups(other).map(lambda g: PLANS[g.split(",")[0]] * (2 if "old" in g else 1))
    for group in truth.unique():
        own = drawn[(truth == group).to_numpy()]
        # Five standard errors of the mean of both samples, and the tree's own bias of a few per cent.
        tolerance = 5 * np.sqrt(2 * group / len(own)) + 0.08 * group
        assert abs(own.mean() - group) < tolerance, group


def test_the_histogram_is_that_of_the_data(model):
    drawn = model.sample_counts(REAL, rng=np.random.default_rng(3))
    # One uniform number in each of n equal intervals: no cell is off by more than one at each end.
    gap = np.bincount(drawn, minlength=40) - np.bincount(COUNTS, minlength=40)
    assert np.abs(gap).max() <= 2
    assert drawn.max() <= COUNTS.max()


def test_most_of_the_likelihood_gain_is_kept():
    tree = CountTree.fit(REAL, COUNTS, table="users")
    other, counts = parents(4)
    known = np.isin(counts, tree.values)
    other, counts = other[known], counts[known]
    mean = other["plan"].map(PLANS) * np.where(other["age"] >= 50, 2, 1)
    from scipy.special import gammaln

    truth = (counts * np.log(mean) - mean - gammaln(counts + 1)).mean()
    shares = np.log(np.bincount(COUNTS)[counts] / len(COUNTS))
    # A leaf gives no chance to what it has not seen; one draw in a hundred is anybody's.
    found = np.logaddexp(np.log(0.99) + tree.log_likelihood(other, counts), np.log(0.01) + shares)
    assert (found.mean() - shares.mean()) / (truth - shares.mean()) > 0.9


def test_the_same_seed_gives_the_same_counts(model):
    drawn = [model.sample_counts(REAL, rng=np.random.default_rng(8)) for _ in range(2)]
    assert (drawn[0] == drawn[1]).all()


def test_it_is_stored_without_rows(model):
    record = json.loads(json.dumps(model.to_dict(), allow_nan=False))
    loaded = LinkageModel.from_dict(record)
    assert loaded.fitted_as == "conditional"
    wanted = model.sample_counts(REAL, rng=np.random.default_rng(5))
    assert (loaded.sample_counts(REAL, rng=np.random.default_rng(5)) == wanted).all()


@pytest.mark.parametrize(
    "damage",
    [
        lambda tree: tree.pop("values"),
        lambda tree: tree.update(values=[3, 2]),
        lambda tree: tree["tree"].update(child=[[1]]),
        lambda tree: tree["tree"].update(symbol=[10**6] * len(tree["tree"]["symbol"])),
        lambda tree: tree.update(places=[]),
        lambda tree: tree.update(places=[[1.0]] * 3),
        lambda tree: tree.update(places=["x"] * 3),
        lambda tree: tree.update(transformer={}),
    ],
)
def test_damaged_records_are_refused(model, damage):
    record = json.loads(json.dumps(model.to_dict()))
    damage(record["tree"])
    with pytest.raises(ModelFileError):
        LinkageModel.from_dict(record)


def test_without_columns_it_is_the_histogram():
    for frame in (None, REAL[[]]):
        model = LinkageModel("conditional").fit_counts(COUNTS, frame)
        assert model.fitted_as == "empirical"
        assert len(model.sample_counts(range(9), rng=np.random.default_rng(0))) == 9
    constant = LinkageModel("conditional").fit_counts(np.full(30, 2), REAL.iloc[:30])
    assert constant.sample_counts(REAL.iloc[:9]).tolist() == [2] * 9


def test_a_frame_that_lacks_a_column_is_told(model):
    with pytest.raises(DataError, match="plan"):
        model.sample_counts(REAL[["age", "noise"]])
    with pytest.raises(DataError, match="frame of the parents"):
        model.sample_counts(range(3))


def test_frames_are_counted_and_joined_in_the_order_of_the_parents():
    users = REAL.assign(id=np.arange(N)[::-1] + 5)
    orders = pd.DataFrame({"user_id": np.repeat(users["id"].to_numpy(), COUNTS)}).sample(
        frac=1, random_state=0
    )
    model = LinkageModel("conditional").fit(users, orders, "user_id")
    direct = LinkageModel("conditional").fit_counts(COUNTS, REAL)
    assert model.to_dict() == direct.to_dict()


def test_a_database_keeps_who_has_how_many(tmp_path):
    users = REAL.assign(id=np.arange(N)).drop(columns="noise")
    orders = pd.DataFrame({"user_id": np.repeat(np.arange(N), COUNTS)})
    orders["total"] = np.random.default_rng(0).gamma(2, 10, len(orders))
    shop = Metadata()
    shop.add_table("users", pk="id")
    shop.add_table("orders", pk=None, fk={"user_id": "users.id"}, linkage_method="conditional")
    made = Synthesizer(shop, model="tree")
    made.fit({"users": users, "orders": orders}, progress_bar=False, seed=1)
    made.save(tmp_path / "run")
    tables = Synthesizer.load(tmp_path / "run").sample({"users": N}, seed=2)
    counts = tables["orders"].groupby("user_id").size()
    found = counts.reindex(tables["users"]["id"], fill_value=0).to_numpy()
    means = pd.Series(found).groupby(tables["users"]["plan"].to_numpy()).mean()
    real = pd.Series(COUNTS).groupby(REAL["plan"].to_numpy()).mean()
    # Six standard errors of the mean of about 600 families of the smallest group, and of the data.
    assert (means - real).abs().max() < 0.9
    assert (found == made.sample({"users": N}, seed=2)["orders"].groupby("user_id").size()
            .reindex(tables["users"]["id"], fill_value=0).to_numpy()).all()  # fmt: skip
