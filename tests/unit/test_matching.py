"""Matching by sketch, places, and rows that need different parents."""

import numpy as np
import pytest

from synthohive_jupyter.relational.parents.apart import Sets, elsewhere, separate
from synthohive_jupyter.relational.parents.matching import NOBODY, Side, allot, cells, common, match
from synthohive_jupyter.relational.parents.places import capped, filled, fitted, scaled


def side(codes, *, group=None, number=None, size=None):
    codes = np.asarray(codes, dtype=np.int32)
    n = len(codes)
    return Side(
        codes,
        np.zeros(n, np.int64) if group is None else np.asarray(group),
        np.ones(n, np.int64) if number is None else np.asarray(number),
        np.ones(n) if size is None else np.asarray(size, dtype=float),
    )


def test_exact_sketches_come_first_whatever_else_is_asked(rng):
    asked = rng.integers(0, 10, (500, 2))
    offered = asked[rng.permutation(500)]
    found = match(side(asked), side(offered), ordered=[True, False], rng=rng)
    np.testing.assert_array_equal(offered[found], asked)


def test_without_the_exact_number_the_neighbours_are_taken(rng):
    asked, offered = np.arange(0, 64, 2)[:, None], np.arange(1, 65, 2)[:, None]
    found = match(side(asked), side(offered), ordered=[True], rng=rng)
    assert np.abs(offered[found] - asked).max() <= 3


def test_the_most_telling_column_is_given_up_last(rng):
    asked = np.array([[1, 1, 1]])
    offered = np.array([[1, 0, 0], [0, 1, 1]])
    assert match(side(asked), side(offered), ordered=[False] * 3, rng=rng).tolist() == [0]


def test_large_entities_go_to_parents_with_many_rows(rng):
    asked = side(np.zeros((4, 1)), size=[1, 9, 3, 5])
    offered = side(np.zeros((4, 1)), size=[9, 5, 1, 3])
    assert match(asked, offered, ordered=[False], rng=rng).tolist() == [2, 0, 3, 1]


def test_groups_are_never_crossed(rng):
    found = match(
        side(np.zeros((3, 0)), group=[0, 0, 1]),
        side(np.zeros((2, 0)), group=[0, 2], number=[1, 5]),
        ordered=[],
        rng=rng,
    )
    assert sorted(found.tolist()) == [NOBODY, NOBODY, 0]


def test_common_codes_survive_huge_numbers():
    big = np.array([2**61, 5, 2**61])
    mine, theirs = common((big, big[::-1].copy()), (big, big), (np.array([0, 1, 2]), big))
    assert len(set(mine)) == 3
    assert len(theirs) == 3


def test_cells_are_as_fine_as_enough_ask():
    asked = side([[0, 0]] * 30 + [[1, 0]] * 3)
    offered = side([[0, 0], [0, 1], [1, 0], [1, 1]])
    mine, theirs = cells(asked, offered, ordered=[False, False], least=np.array([10]))
    assert len({mine[0], mine[30]}) == 2
    assert mine[0] == theirs[0]
    assert theirs[2] == theirs[3] == mine[30]
    assert theirs[1] != theirs[0]


def test_allotted_numbers_are_the_share_on_average():
    draws = [
        allot(np.array([1.0, 2.0, 3.0]), np.zeros(3, np.int64), np.array([4]), rng=rng)
        for rng in (np.random.default_rng(seed) for seed in range(400))
    ]
    # The standard error of 400 draws between two neighbouring numbers is below .025.
    np.testing.assert_allclose(np.mean(draws, axis=0), [4 / 6, 8 / 6, 2], atol=0.1)


def test_fitted_places_keep_the_degrees_and_follow_the_wishes(rng):
    places = np.sort(rng.geometric(0.3, 200))
    offered = np.arange(200) % 4
    demand = np.array([0.1, 0.2, 0.3, 0.4]) * places.sum()
    found = fitted(places.astype(float), offered, demand, rng)
    assert sorted(found) == sorted(places)
    got = np.bincount(offered, found)
    np.testing.assert_allclose(got / got.sum(), [0.1, 0.2, 0.3, 0.4], atol=0.02)


def test_a_little_too_much_changes_the_largest_degrees_only():
    wanted = np.array([1.0] * 50 + [50.0])
    group = np.zeros(51, np.int64)
    found = scaled(wanted, group, np.array([110]))
    assert found.sum() == pytest.approx(110)
    assert found[:50].max() < 1.01
    np.testing.assert_allclose(scaled(wanted, group, np.array([1000])), wanted * 10)


def test_parents_of_one_entity_are_filled_before_any_takes_two():
    wanted, group = np.array([1.0, 0.0, 0.0, 1.0]), np.zeros(4, np.int64)
    np.testing.assert_allclose(filled(wanted, group, np.array([3])), [1, 0.5, 0.5, 1])
    np.testing.assert_allclose(filled(wanted, group, np.array([9])), np.ones(4))


def test_capped_places_move_to_where_there_is_room(rng):
    group = np.array([0, 0, 0, 1])
    found = capped(np.array([5, 0, 1, 3]), group, np.array([3, 1]), rng)
    assert found[:3].sum() == 6
    assert found[:3].max() <= 3
    assert found[3] == 3  # there is no room: places are not lost


def test_swaps_separate_sets_and_keep_degrees_and_sketches(rng):
    found = rng.integers(0, 50, 1000)
    sets = Sets(np.arange(1000), np.arange(1000) // 4, np.full(1000, -1), np.full(50, -1))
    key = rng.integers(0, 3, 1000)
    result = separate(found, sets, [key], rng=rng)
    pairs = sets.code * 50 + result
    assert len(np.unique(pairs)) == 1000
    for number in range(3):
        assert sorted(result[key == number]) == sorted(found[key == number])


def test_swaps_away_from_a_label(rng):
    labels = np.arange(40) % 4
    found = rng.integers(0, 40, 600)
    avoided = rng.integers(-1, 4, 600)
    sets = Sets(np.zeros(0, np.int64), np.zeros(0, np.int64), avoided, labels)
    result = separate(found, sets, [np.zeros(600, np.int64)], rng=rng)
    assert (labels[result] != avoided).all()


def test_elsewhere_fills_a_set_completely(rng):
    group, code = np.zeros(10, np.int64), np.repeat(np.arange(30), 10)
    found = elsewhere(
        np.zeros(300, np.int64),
        code,
        asked=np.zeros(300, np.int64),
        group=group,
        weights=np.ones(10),
        rng=rng,
    )
    assert (np.sort(found.reshape(30, 10), axis=1) == np.arange(10)).all()


def test_elsewhere_gives_up_only_where_nobody_is_left(rng):
    found = elsewhere(
        np.zeros(5, np.int64),
        np.zeros(5, np.int64),
        asked=np.array([0, 0, 0, 1, 1]),
        group=np.array([0, 0, 1]),
        weights=np.zeros(3),
        rng=rng,
    )
    assert sorted(found[:3]) == [NOBODY, 0, 1] or sorted(found[3:]) == [NOBODY, 2]
    assert len(set(found[found >= 0])) == (found >= 0).sum() == 3


@pytest.fixture
def rng():
    return np.random.default_rng(0)
