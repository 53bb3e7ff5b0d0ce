"""What rows wish of their parents is granted as far as there is such a parent."""

import numpy as np
import pandas as pd
import pytest

from synthohive_jupyter.relational.parents.link import ParentLink
from synthohive_jupyter.relational.parents.matching import Side, match
from synthohive_jupyter.relational.parents.places import BENT, divided, divided_once
from synthohive_jupyter.relational.parents.repeats import (
    LONG,
    LONGEST,
    Kinds,
    entities,
    number_repeats,
)


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def others(family):
    """Return for each row one of the same rank in another family, to take over its wishes."""
    rank = pd.Series(family).groupby(family).cumcount().to_numpy()
    chance = np.random.default_rng(1).random(len(family))
    order = np.empty(len(family), np.int64)
    order[np.argsort(rank, kind="stable")] = np.lexsort((chance, rank))
    return order


def repeated(family, positions):
    return float((number_repeats(family, positions) > 0).mean())


@pytest.fixture
def addresses():
    """The addresses of 400 users, one of each kind."""
    owner = np.repeat(np.arange(400), 2)
    return owner, pd.DataFrame({"kind": np.tile(["home", "work"], 400)})


def test_rows_get_the_kind_that_they_want_of_their_own_ancestor(addresses, rng):
    owner, parents = addresses
    user = np.repeat(np.arange(400), rng.integers(1, 7, 400))
    home = rng.random(len(user)) < 0.7
    mine = rng.random(len(user)) < 0.85
    positions = 2 * np.where(mine, user, rng.integers(0, 400, len(user))) + ~home
    rows = pd.DataFrame({"channel": np.where(home, "web", "shop")})
    anchors = {"users": (user, owner)}
    link, told = ParentLink.learn("k", parents, positions, rows, user, table="p", anchors=anchors)
    # What rows of other users say: their wishes of repeats do not fit the addresses used so far.
    order = others(user)
    strange = told.iloc[order].reset_index(drop=True)
    found = link.place(strange, parents, user, rng=rng, anchors=anchors).positions
    np.testing.assert_array_equal(owner[found] == user, strange["__link__k__same"])
    kind = parents["kind"].to_numpy()
    np.testing.assert_array_equal(kind[found], kind[positions[order]])


def test_rows_of_a_tenant_get_the_kind_that_they_want(rng):
    tenant = np.repeat(np.arange(150), 4)
    parents = pd.DataFrame({"area": np.tile(["app", "app", "net", "net"], 150)})
    family = np.repeat(np.arange(600), rng.integers(1, 6, 600))
    own = family // 4
    app = rng.random(len(family)) < 0.5
    positions = 4 * own + 2 * ~app + rng.integers(0, 2, len(family))
    rows = pd.DataFrame({"role": np.where(app, "dev", "ops")})
    must = (own, tenant)
    link, told = ParentLink.learn("k", parents, positions, rows, family, table="p", must=must)
    order = others(family)
    strange = told.iloc[order].reset_index(drop=True)
    found = link.place(strange, parents, family, rng=rng, must=must).positions
    np.testing.assert_array_equal(tenant[found], own)
    area = parents["area"].to_numpy()
    np.testing.assert_array_equal(area[found], area[positions[order]])
    # As many repeats as before, though rows could not know which are possible.
    assert repeated(family, found) == pytest.approx(repeated(family, positions), abs=0.03)


def test_pairs_that_are_unique_stay_in_their_kind(rng):
    parents = pd.DataFrame({"field": np.repeat(["draw", "read", "count"], 30)})
    family = np.repeat(np.arange(500), 4)
    positions = np.concatenate([rng.choice(90, 4, replace=False) for _ in range(500)])
    rows = pd.DataFrame({"major": parents["field"].to_numpy()[positions]})
    link, told = ParentLink.learn("k", parents, positions, rows, family, table="p")
    found = link.place(told, parents, family, rng=rng, apart=family).positions
    assert len(np.unique(family * 90 + found)) == len(family)
    field = parents["field"].to_numpy()
    np.testing.assert_array_equal(field[found], field[positions])


def test_a_row_that_cannot_repeat_exchanges_with_one_that_can(rng):
    # 200 families of two rows; half of all second rows repeat, whether or not the kinds agree.
    family = np.repeat(np.arange(200), 2)
    kind = np.tile([0, 0, 0, 1], 100)
    numbers = np.tile([0, 1, 0, 1, 0, 0, 0, 0], 50)
    nothing = np.zeros((400, 0), np.int32)
    cell = np.zeros(400, np.int64)
    kinds = Kinds(kind, nothing, np.zeros(0, np.int64), cell, cell + 9)
    found = entities(family, numbers, rng=rng, kinds=kinds).reshape(-1, 2)
    again = found[:, 0] == found[:, 1]
    assert again.sum() == 100
    assert (kind.reshape(-1, 2)[again] == 0).all()


def test_a_new_parent_is_not_asked_for_where_there_is_none(rng):
    family, numbers = np.zeros(5, np.int64), np.zeros(5, np.int64)
    nothing, zero = np.zeros((5, 0), np.int32), np.zeros(5, np.int64)
    kinds = Kinds(zero, nothing, np.zeros(0, np.int64), zero, zero + 2)
    found = entities(family, numbers, rng=rng, kinds=kinds)
    assert found[:2].tolist() == [0, 1]
    assert found.max() == 1


def test_numbers_that_are_near_each_other_may_be_of_one_parent(rng):
    family, numbers = np.zeros(3, np.int64), np.array([0, 0, 1])
    near, zero = np.array([[10], [50], [12]], np.int32), np.zeros(3, np.int64)
    kinds = Kinds(zero, near, np.array([8]), zero, zero + 9)
    assert entities(family, numbers, rng=rng, kinds=kinds).tolist() == [0, 1, 0]


def test_families_of_any_length_have_as_many_new_parents_as_there_are(rng):
    positions = rng.integers(0, 20, LONG + 500)
    numbers = number_repeats(np.zeros(len(positions), np.int64), positions)
    assert (numbers == 0).sum() == 20
    assert numbers.max() == LONGEST


def test_entities_of_a_parent_are_as_large_as_it_wants(rng):
    size = rng.geometric(0.3, 4000).astype(float)
    one, zero = np.ones(4000, np.int64), np.zeros(4000, np.int64)
    none = np.zeros((4000, 0), np.int32)
    wanted = np.where(np.arange(200) < 100, 0.9, 1.1) * size.mean()
    offering = Side(none[:200], zero[:200], np.full(200, 20), wanted)
    found = match(Side(none, zero, one, size), offering, ordered=[], rng=rng)
    mean = np.bincount(found, size) / 20
    # Sorting entities by the wish alone gives the first hundred 1 row and the others all else.
    assert mean[:100].mean() == pytest.approx(wanted[0], rel=0.05)
    assert mean[100:].mean() == pytest.approx(wanted[-1], rel=0.05)


def test_kinds_have_as_many_places_as_ask_for_them(rng):
    wanted = np.array([4.0, 1.0, 1.0, 6.0])
    kind, group = np.array([0, 0, 1, 1]), np.zeros(4, np.int64)
    asks = np.repeat([0, 1, 2], [9, 2, 1])
    places = divided(wanted, (asks, kind), (np.zeros(12, np.int64), group), taken=group, rng=rng)
    # One asks for a kind of nobody and takes a place anywhere.
    assert places.sum() == 12
    assert 9 <= places[:2].sum() <= 10
    assert places[0] > places[1]


def test_kinds_of_large_groups_have_not_far_more_than_their_parents_want(rng):
    wanted, kind = np.full(100, 10.0), np.repeat([0, 1], 50)
    asks = np.repeat([0, 1], [900, 100])
    nothing = np.zeros(1000, np.int64)
    places = divided(wanted, (asks, kind), (nothing, nothing[:100]), taken=nothing[:100], rng=rng)
    assert places.sum() == 1000
    # Half of what is too much comes back to the kind as a part of its group.
    assert 500 < places[:50].sum() < 500 * BENT + 200


def test_nobody_has_two_places_while_others_have_none(rng):
    kind, group = np.array([0, 0, 1, 1]), np.zeros(4, np.int64)
    asks, taken = np.array([0, 0, 0]), np.array([0, 1, 0, 0])
    zero = np.zeros(3, np.int64)
    some = divided_once(np.ones(4), (asks, kind), (zero, group), taken=taken, evenly=False, rng=rng)
    assert some.tolist() == [1, 0, 1, 1]
    many = np.zeros(7, np.int64)
    even = divided_once(np.ones(4), (many, kind), (many, group), taken=taken, evenly=True, rng=rng)
    assert even.sum() == 7
    assert even.max() == 2
