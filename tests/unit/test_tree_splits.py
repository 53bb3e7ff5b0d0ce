"""Trees as flat arrays: the walk, cutting back, and refusing arrays that are no tree."""

import numpy as np
import pytest

from synthohive_jupyter.errors import ModelFileError
from synthohive_jupyter.models.tree.grower import Grower
from synthohive_jupyter.models.tree.splits import Splits


@pytest.fixture(scope="module")
def grown():
    rng = np.random.default_rng(0)
    features = rng.random((2000, 5)).astype(np.float32).round(2)
    target = np.sin(5 * features[:, 0]) + features[:, 1] * features[:, 3] + rng.normal(0, 0.1, 2000)
    return features, target, Grower(features, min_leaf=20).grow(target, range(5))


def leaf_by_hand(splits, row):
    node = 0
    while splits.leaf[node] < 0:
        node = splits.child[node] + int(row[splits.feature[node]] > splits.threshold[node])
    return splits.leaf[node]


def test_the_walk_of_many_rows_is_that_of_one(grown):
    features, _, splits = grown
    wanted = [leaf_by_hand(splits, row) for row in features[:300]]
    assert splits.leaves(features[:300]).tolist() == wanted


def test_the_walk_ends_in_the_leaves_of_the_library(grown):
    import lightgbm

    features, target, splits = grown
    scaled = (target - target.mean()) / target.std()
    grower = Grower(features, min_leaf=20)
    data = lightgbm.Dataset(features, scaled, params=grower._parameters)
    booster = lightgbm.Booster(grower._parameters | {"num_leaves": 100}, data)
    booster.update()
    assert splits.n_leaves > 50
    theirs = booster.predict(features, pred_leaf=True).ravel()
    assert np.array_equal(splits.leaves(features), theirs)


def test_every_leaf_has_its_rows_and_only_allowed_features_are_asked(grown):
    features, target, splits = grown
    assert np.bincount(splits.leaves(features)).min() >= 20
    few = Grower(features, min_leaf=20).grow(target, [1, 3])
    assert set(few.feature[few.leaf < 0]) == {1, 3}


def test_a_part_of_the_rows_gives_the_tree_of_that_part(grown):
    features, target, _ = grown
    rows = np.flatnonzero(features[:, 4] < 0.5)
    part = Grower(features, min_leaf=20).grow(target[rows], range(4), rows=rows)
    assert np.bincount(part.leaves(features[rows])).min() >= 20
    assert part.n_leaves <= len(rows) // 20


def test_cut_back_trees_are_the_trees_that_stopped_there(grown):
    features, target, splits = grown
    for n_leaves in (1, 2, 7, splits.n_leaves):
        stopped = Grower(features, min_leaf=20).grow(target, range(5), max_leaves=n_leaves)
        cut = splits.cut_back(n_leaves)[splits.leaves(features)]
        assert np.array_equal(cut, stopped.leaves(features))


def test_nothing_to_split_is_a_single_leaf():
    features = np.zeros((100, 2), np.float32)
    grower = Grower(features, min_leaf=20)
    assert grower.grow(np.arange(100.0), range(2)).n_leaves == 1
    assert grower.grow(np.ones(100), range(2)).n_leaves == 1
    assert grower.grow(np.arange(100.0), []).n_leaves == 1
    assert Grower(features[:10], min_leaf=20).grow(np.arange(10.0), range(2)).n_leaves == 1
    assert Grower(features[:, :0], min_leaf=20).grow(np.arange(100.0), []).n_leaves == 1


def test_the_threads_of_others_stay_as_they_are(grown):
    from threadpoolctl import threadpool_info

    features, target, _ = grown
    before = threadpool_info()
    Grower(features, min_leaf=20, threads=2).grow(target, range(5))
    assert threadpool_info() == before


def test_threads_do_not_change_the_tree(grown):
    features, target, splits = grown
    other = Grower(features, min_leaf=20, threads=2).grow(target, range(5))
    for name, array in splits.to_arrays().items():
        assert np.array_equal(other.to_arrays()[name], array), name


def test_arrays_make_the_same_tree(grown):
    features, _, splits = grown
    again = Splits.from_arrays(splits.to_arrays(), n_features=5)
    assert np.array_equal(again.leaves(features), splits.leaves(features))


@pytest.mark.parametrize(
    ("name", "index", "value"),
    [
        ("feature", 0, 5),
        ("feature", 0, -1),
        ("threshold", 0, np.nan),
        ("threshold", -1, 0.5),
        ("child", 0, 0),
        ("child", 1, 1),
        ("child", -1, 0),
        ("leaf", 0, 0),
        ("leaf", -1, 0),
    ],
)
def test_damaged_arrays_are_refused(grown, name, index, value):
    arrays = {key: array.copy() for key, array in grown[2].to_arrays().items()}
    arrays[name][index] = value
    with pytest.raises(ModelFileError):
        Splits.from_arrays(arrays, n_features=5)
