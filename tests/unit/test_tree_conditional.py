"""`ConditionalTree` on its own, as linkage uses it, and what trees are grown on."""

import math

import numpy as np
import pytest

from synthohive_jupyter.errors import ModelFileError
from synthohive_jupyter.trees.grower import Grower
from synthohive_jupyter.trees.leaves import CONTINUOUS, Cells
from synthohive_jupyter.trees.likelihood import held_out_nll
from synthohive_jupyter.trees.pruning import prune
from synthohive_jupyter.trees.targets import (
    Sketch,
    class_scores,
    feature_scores,
    standardised,
)
from synthohive_jupyter.trees.tree import ConditionalTree


@pytest.fixture(scope="module")
def families_of_a_shop():
    """Numbers of children that depend on an attribute of the parent, many of them none."""
    rng = np.random.default_rng(0)
    parents = rng.random((4000, 2)).astype(np.float32)
    counts = rng.poisson(np.where(parents[:, 0] > 0.5, 5.0, 0.5))
    return parents, counts


def test_counts_given_parents(families_of_a_shop):
    parents, counts = families_of_a_shop
    tree = ConditionalTree.fit(parents, counts)
    drawn, _ = tree.draw(parents, np.random.default_rng(1).random(4000))
    many = parents[:, 0] > 0.5
    # Means of 2,000 Poisson numbers: three standard errors are .15 and .05.
    assert abs(drawn[many].mean() - counts[many].mean()) < 0.15
    assert abs(drawn[~many].mean() - counts[~many].mean()) < 0.05
    assert abs((drawn == 0).mean() - (counts == 0).mean()) < 0.03
    assert set(drawn) <= set(counts)


def test_the_draw_is_a_function_of_the_uniform_numbers(families_of_a_shop):
    parents, counts = families_of_a_shop
    tree = ConditionalTree.fit(parents, counts)
    uniform = np.random.default_rng(1).random(4000)
    whole, _ = tree.draw(parents, uniform)
    parts = [tree.draw(parents[rows], uniform[rows])[0] for rows in np.split(np.arange(4000), 8)]
    assert np.array_equal(np.concatenate(parts), whole)


def test_arrays_make_the_same_tree(families_of_a_shop):
    parents, counts = families_of_a_shop
    tree = ConditionalTree.fit(parents, counts)
    n_symbols = int(counts.max()) + 1
    again = ConditionalTree.from_arrays(tree.to_arrays(), n_features=2, n_symbols=n_symbols)
    uniform = np.random.default_rng(1).random(4000)
    assert np.array_equal(again.draw(parents, uniform)[0], tree.draw(parents, uniform)[0])


def test_a_category_is_never_read_as_a_number():
    tree = ConditionalTree.marginal(Cells(np.full(50, CONTINUOUS), np.linspace(0, 1, 50)))
    ConditionalTree.from_arrays(tree.to_arrays(), n_features=1, n_symbols=3, continuous=True)
    with pytest.raises(ModelFileError, match="number"):
        ConditionalTree.from_arrays(tree.to_arrays(), n_features=1, n_symbols=3)


def test_classes_without_an_order_are_told_apart():
    """Ten classes in a random order on a line: their numbers have to find the line."""
    rng = np.random.default_rng(0)
    place = rng.permutation(10)
    classes = rng.integers(0, 10, 5000)
    features = (place[classes] + rng.normal(0, 0.2, 5000))[:, None].astype(np.float32)
    tree = ConditionalTree.fit(features, classes, ordered=False)
    drawn, _ = tree.draw(features, rng.random(5000))
    # Neighbours overlap beyond 2.5 deviations, which is 2 % of the rows, in two leaves of each.
    assert (drawn == classes).mean() > 0.93


def test_scores_are_the_line_on_which_classes_lie_apart():
    rng = np.random.default_rng(0)
    classes = rng.integers(0, 6, 3000)
    line = np.array([3.0, -2.0, 0.0, 1.0, -1.0, 2.0])
    features = np.stack([rng.normal(size=3000), line[classes] + rng.normal(size=3000)], axis=1)
    scores = class_scores(classes, 7, features)
    assert abs(np.corrcoef(scores[:6], line)[0, 1]) > 0.99
    assert scores[6] == 0


def test_places_of_categories_are_all_different():
    rng = np.random.default_rng(0)
    classes = rng.integers(0, 8, 500)
    number = classes * 2.0 + rng.normal(size=500)
    found = feature_scores([classes, None], [9, 1], [number, number])
    assert found[1] is None
    assert len(np.unique(found[0])) == 9
    assert 0 < found[0].min() < found[0].max() < 1
    # Eight classes in the order of the number that depends on them, up to its direction.
    steps = np.diff(found[0][:8])
    assert (steps > 0).all() or (steps < 0).all()


def test_a_sketch_of_many_features_can_be_taken_apart():
    rng = np.random.default_rng(0)
    columns = [standardised(rng.normal(size=50)) for _ in range(80)]
    sketch = Sketch(50, 80)
    assert sketch.total.shape == (50, 64)
    for index, values in enumerate(columns):
        sketch.add(index, values)
    for index in range(1, 80):
        sketch.add(index, columns[index], sign=-1.0)
    assert np.allclose(sketch.total[:, 0], columns[0])
    assert np.allclose(sketch.total[:, 1:], 0.0)


def test_the_likelihood_is_that_of_rows_not_counted():
    leaves = np.repeat([0, 1], 1000)
    symbols = np.concatenate([np.arange(1000) % 2, np.zeros(1000, np.int64)])
    cells = Cells(symbols, np.zeros(2000))
    held = np.arange(2000) % 10 < 2
    # Half of the rows are a fair coin, the others sure: ln 2 / 2, up to the two prior rows.
    assert abs(held_out_nll(leaves, cells, held) - np.log(2) / 2) < 0.005
    one_leaf = held_out_nll(np.zeros(2000, np.int64), cells, held)
    assert abs(one_leaf - (-0.75 * np.log(0.75) - 0.25 * np.log(0.25))) < 0.005


def test_the_likelihood_of_counts_is_better_given_the_parent(families_of_a_shop):
    parents, counts = families_of_a_shop
    tree = ConditionalTree.fit(parents[:3000], counts[:3000])
    found = tree.log_likelihood(parents[3000:], counts[3000:])
    known = np.isfinite(found)
    # A count that no row of its leaf has, far out in a tail, is never drawn.
    assert known.mean() > 0.98
    mean = np.where(parents[3000:, 0] > 0.5, 5.0, 0.5)
    factorials = np.array([math.lgamma(count + 1) for count in counts[3000:]])
    true = counts[3000:] * np.log(mean) - mean - factorials
    # The true likelihood cannot be beaten; 3,000 rows come close to it.
    assert 0 < (true - found)[known].mean() < 0.05


def test_splits_that_chance_explains_are_taken_back():
    rng = np.random.default_rng(0)
    features = rng.random((5000, 6)).astype(np.float32)
    noise = rng.normal(size=5000)
    grown = Grower(features, min_leaf=20).grow(noise, range(6))
    leaves = grown.leaves(features)
    assert grown.n_leaves > 150
    # Each split is the best of hundreds of tries, so by chance some are worth their price.
    for values, ordered in ((noise, True), (noise > 0, False)):
        assert prune(grown, leaves, values, ordered=ordered)[0].n_leaves < 0.7 * grown.n_leaves
    # To tell its own leaves apart, by tens, a tree needs nearly all of its splits.
    tens = leaves // 10
    assert prune(grown, leaves, tens, ordered=False)[0].n_leaves > 0.9 * grown.n_leaves


def test_a_code_that_goes_with_each_name_stays_its_own():
    """Values by value a rule; by ranges of the code it would be hardly a gain."""
    rng = np.random.default_rng(0)
    names = rng.integers(0, 60, 6000)
    tree = ConditionalTree.fit(names[:, None].astype(np.float32), names)
    drawn, _ = tree.draw(np.arange(60, dtype=np.float32)[:, None], rng.random(60))
    assert np.array_equal(drawn, np.arange(60))


def test_leaves_that_a_rule_divides_share_no_group():
    halves = np.repeat([0.0, 1.0], 400)[:, None].astype(np.float32)
    symbols = np.concatenate([np.arange(400) % 3, 3 + np.arange(400) % 3])
    tree = ConditionalTree.fit(halves, symbols)
    for symbol, half in ((0, 0.0), (3, 1.0)):
        other = np.full((1, 1), 1.0 - half, np.float32)
        assert tree.log_likelihood(other, np.array([symbol]))[0] == -np.inf
