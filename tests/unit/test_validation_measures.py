"""The measures against cases whose answer is known."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from synthohive_jupyter.schema.metadata import Metadata
from synthohive_jupyter.validation.codes import code_pair
from synthohive_jupyter.validation.columns import column_similarity, ks_distance, shape_scores
from synthohive_jupyter.validation.detection import c2st
from synthohive_jupyter.validation.integrity import children_per_parent, key_checks
from synthohive_jupyter.validation.pairs import pair_scores
from synthohive_jupyter.validation.risk import copy_share, dcr_share
from synthohive_jupyter.validation.summary import score_database


@pytest.fixture(scope="module")
def related():
    rng = np.random.default_rng(5)
    number = rng.normal(size=4000)
    return pd.DataFrame({"x": number, "y": number + rng.normal(size=4000) * 0.1,
                         "c": np.where(number > 0, "up", "down")})  # fmt: skip


def test_ks_distance_equals_scipy():
    rng = np.random.default_rng(1)
    a, b = rng.normal(size=300), rng.normal(0.3, 1.2, size=500)
    assert ks_distance(a, b) == pytest.approx(stats.ks_2samp(a, b).statistic)


@pytest.mark.parametrize(
    ("real", "synthetic", "score"),
    [
        (["a", "a", "b", "b"], ["a", "b", "a", "b"], 1.0),
        (["a", "a", "b", "b"], ["a", "a", "a", "a"], 0.5),
        (["a", "a"], ["z", "z"], 0.0),
        (["a", None], ["a", "a"], 0.5),
        ([1.0, 2.0, 3.0, 4.0], [1.0, 2.0, 3.0, 4.0], 1.0),
        ([1.0, 1.0], [np.nan, np.nan], 0.0),
        ([True, False], [True, True], 0.5),
    ],
)
def test_column_similarity(real, synthetic, score):
    assert column_similarity(pd.Series(real), pd.Series(synthetic)) == pytest.approx(score)


def test_similarity_ignores_the_storage_type():
    real = pd.Series([1.0, 2.0, np.nan, 4.0])
    assert column_similarity(real, pd.Series([1, 2, None, 4], dtype="Int64")) == 1.0
    times = pd.Series(pd.to_datetime(["2020-01-01", "2020-01-02"]))
    assert column_similarity(times, times.dt.tz_localize("UTC")) == 1.0
    assert column_similarity(pd.Series(times.dt.date, dtype=object), times) == 1.0


def test_unseen_levels_and_nulls_have_codes_of_their_own():
    pair = code_pair(pd.Series(["a", "b", None]), pd.Series(["a", "z", None]))
    assert pair.real.tolist() == [2, 3, 0]
    assert pair.synthetic.tolist() == [2, 1, 0]


def test_pairs_see_what_shapes_do_not(related):
    shuffled = related.assign(y=related["y"].sample(frac=1, random_state=0).to_numpy())
    columns = list(related)
    assert min(shape_scores(related, shuffled, columns).values()) == 1.0
    scores = pair_scores(related, shuffled, columns)
    assert scores["x", "c"] == 1.0
    assert scores["x", "y"] < 0.5


def test_c2st_is_half_for_halves_and_one_for_strangers(related):
    columns = list(related)
    halves = related.iloc[::2], related.iloc[1::2]
    # 800 + 800 rows: the standard error of an area under the curve near .5 is about .015.
    assert c2st(*halves, columns) == pytest.approx(0.5, abs=0.06)
    shuffled = related.assign(y=related["y"].sample(frac=1, random_state=0).to_numpy())
    assert c2st(related, shuffled, columns) > 0.9


def test_grouped_folds_do_not_reward_recognising_families():
    rng = np.random.default_rng(2)
    family = np.repeat(np.arange(60), 40)
    trait = rng.normal(size=60)
    frame = pd.DataFrame({"trait": trait[family]})
    halves = frame[family < 30], frame[family >= 30]
    groups = family[family < 30], family[family >= 30]
    assert c2st(*halves, ["trait"]) > 0.8
    # 30 + 30 families are few independent draws: one standard error is about .08.
    assert c2st(*halves, ["trait"], groups=groups) == pytest.approx(0.5, abs=0.24)


def test_copies_and_distances_find_memory(related):
    train, holdout = related.iloc[:800], related.iloc[800:]
    columns = list(related)
    assert copy_share(train, train.iloc[:100], columns) == 1.0
    assert copy_share(train, holdout, columns) == 0.0
    assert dcr_share(train, holdout, train, columns, queries=500) == 1.0
    rng = np.random.default_rng(3)
    number = rng.normal(size=1000)
    fresh = pd.DataFrame({"x": number, "y": number + rng.normal(size=1000) * 0.1,
                          "c": np.where(number > 0, "up", "down")})  # fmt: skip
    # A share of 1,000 fair coins: three standard errors are .047.
    assert dcr_share(train, holdout, fresh, columns) == pytest.approx(0.5, abs=0.05)


@pytest.fixture
def shop():
    metadata = Metadata()
    metadata.add_table("users", pk="id")
    metadata.add_table("orders", pk=("user_id", "line"), fk={"user_id": "users.id"})
    return metadata


def test_key_checks_count_each_fault(shop):
    users = pd.DataFrame({"id": [1, 2, 2, None]})
    orders = pd.DataFrame({"user_id": [1, 1, 9, None], "line": [1, 1, 1, 1]})
    primary, composite, foreign = key_checks(shop, {"users": users, "orders": orders})
    assert (primary.duplicates, primary.nulls, primary.holds) == (2, 1, False)
    assert (composite.duplicates, composite.nulls) == (2, 1)
    assert (foreign.nulls, foreign.orphans) == (1, 1)


def test_nullable_keys_may_be_null(shop):
    shop.add_table("gifts", pk=None, fk={"user_id": "users.id"}, nullable_fks=["user_id"])
    frames = {"users": pd.DataFrame({"id": [1]}), "gifts": pd.DataFrame({"user_id": [1, None]})}
    assert all(check.holds for check in key_checks(shop, frames))


def test_children_per_parent_counts_the_childless(shop):
    key = shop.structural_keys("orders")[0]
    users = pd.DataFrame({"id": [5, 6, 7]})
    orders = pd.DataFrame({"user_id": [7, 7, 5, None, 99]})
    assert children_per_parent(users, orders, key).tolist() == [1, 0, 2]


def test_score_database_leaves_keys_and_personal_data_out(shop):
    shop.add_table("people", pk="id", pii_cols=["email"])
    real = {"people": pd.DataFrame({"id": [1, 2], "email": ["a", "b"], "age": [30, 40]})}
    fake = {"people": pd.DataFrame({"id": [8, 9], "email": ["x", "y"], "age": [30, 40]})}
    score = score_database(shop, real, fake)
    assert score.tables["people"].shapes == {"age": 1.0}
    assert score.keys_hold
    assert score.to_dict()["tables"]["people"]["rows"] == (2, 2)
