"""Trees as flat arrays: the walk, cutting back, and refusing arrays that are no tree."""

import itertools
import subprocess
import sys

import numpy as np
import pytest

from synthohive_jupyter.errors import ModelFileError, TrainingError
from synthohive_jupyter.trees import library
from synthohive_jupyter.trees.grower import Grower
from synthohive_jupyter.trees.splits import Splits


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


def test_sums_over_the_leaves_below(grown):
    features, target, splits = grown
    leaves = splits.leaves(features)
    totals = splits.totals(np.bincount(leaves, target))
    assert np.isclose(totals[0], target.sum())
    right = features[:, splits.feature[0]] > splits.threshold[0]
    assert np.allclose(totals[1:3], [target[~right].sum(), target[right].sum()])


def test_levels_are_all_nodes_once(grown):
    splits = grown[2]
    levels = splits.levels()
    assert (levels[0].start, levels[-1].stop) == (0, len(splits.leaf))
    assert all(a.stop == b.start for a, b in itertools.pairwise(levels))


def test_a_tree_with_ends_gives_every_row_the_node_that_owns_it(grown):
    features, _, splits = grown
    ends = np.random.default_rng(0).random(len(splits.leaf)) < 0.2
    ends[0] = False
    tree, nodes = splits.without(ends)
    assert 1 < tree.n_leaves < splits.n_leaves
    node_of_leaf = np.flatnonzero(splits.leaf >= 0)[np.argsort(splits.leaf[splits.leaf >= 0])]
    owner = splits.owners(ends)[node_of_leaf[splits.leaves(features)]]
    assert np.array_equal(nodes[tree.leaves(features)], owner)
    Splits.from_arrays(tree.to_arrays(), n_features=5)
    ends[0] = True
    assert splits.without(ends)[0].n_leaves == 1


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


def test_a_missing_library_says_what_to_install(monkeypatch):
    monkeypatch.setattr(library, "find_spec", lambda _: None)
    with pytest.raises(TrainingError, match="pip install lightgbm"):
        library.load_library.__wrapped__()


@pytest.mark.parametrize(
    ("reason", "told"),
    [
        ("libgomp.so.1: cannot open shared object file", "libgomp1"),
        ("Library not loaded: @rpath/libomp.dylib", "brew install libomp"),
        ("invalid ELF header", "cannot be loaded on this machine"),
    ],
)
def test_a_library_that_cannot_be_loaded_says_why(monkeypatch, reason, told):
    def refuse(_):
        raise OSError(reason)

    monkeypatch.setattr(library.ctypes, "CDLL", refuse)
    with pytest.raises(TrainingError, match=told):
        library.load_library.__wrapped__()


def test_a_mistake_of_ours_is_an_error_with_the_reason_of_the_library():
    rows = library.BinnedRows.of(np.zeros((10, 1), np.float32), {"verbose": -1})
    with pytest.raises(TrainingError, match="Length of labels"):
        rows.label(np.zeros(3))


def test_growing_needs_neither_the_python_package_nor_torch():
    code = (
        "import sys, numpy as np\n"
        "from synthohive_jupyter.models.tree.model import TreeSynth\n"
        "from synthohive_jupyter.trees.tree import ConditionalTree\n"
        "ConditionalTree.fit(np.arange(99, dtype=np.float32)[:, None], np.arange(99) // 40)\n"
        "print(sorted({'lightgbm', 'sklearn', 'scipy', 'torch'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
