"""Further foreign keys: what is learnt of them, and the parents that rows get."""

import json

import numpy as np
import pandas as pd
import pytest

from synthohive_jupyter.errors import ModelFileError
from synthohive_jupyter.relational.keys.references import NULL
from synthohive_jupyter.relational.parents.ancestors import Ancestors
from synthohive_jupyter.relational.parents.link import ParentLink
from synthohive_jupyter.relational.parents.lookups import Classes
from synthohive_jupyter.relational.parents.telling import choose


def learn(parents, positions, rows=None, family=None, **others):
    rows = pd.DataFrame(index=pd.RangeIndex(len(positions))) if rows is None else rows
    family = np.arange(len(positions)) if family is None else family
    return ParentLink.learn("k", parents, positions, rows, family, table="parents", **others)


def parts(told):
    return [name.removeprefix("__link__k__") for name in told]


@pytest.fixture
def rng():
    return np.random.default_rng(0)


@pytest.fixture
def people(rng):
    """2,000 people whose city tells what they buy and whose name tells nothing."""
    return pd.DataFrame(
        {
            "city": rng.choice(["Rome", "Bonn", "Oslo"], 2000, p=[0.5, 0.3, 0.2]),
            "age": rng.integers(18, 90, 2000),
            "shoe": rng.integers(36, 46, 2000),
        }
    )


@pytest.fixture
def sales(rng, people):
    """Sales to them: prices go by the city, articles by the age."""
    degrees = rng.geometric(0.25, 2000) - 1
    positions = rng.permutation(np.repeat(np.arange(2000), degrees))
    price = people["city"].map({"Rome": 5, "Bonn": 50, "Oslo": 500}).to_numpy()[positions]
    young = people["age"].to_numpy()[positions] < 40
    rows = pd.DataFrame({"price": price, "article": np.where(young, "game", "book")})
    return positions, rows


def test_the_sketch_has_the_columns_that_tell_something(people, sales):
    positions, rows = sales
    link, told = learn(people, positions, rows)
    assert parts(told) == [".city", ".age"]
    assert list(told) == list(link.constraints)
    assert not told.isna().to_numpy().any()


def test_rows_get_parents_of_their_kind_and_parents_their_degrees(people, sales, rng):
    positions, rows = sales
    link, told = learn(people, positions, rows)
    found = link.place(told, people, np.arange(len(rows)), rng=rng)
    cities = people["city"].to_numpy()
    assert (cities[found.positions] == cities[positions]).mean() > 0.99
    ages = people["age"].to_numpy()
    assert np.corrcoef(ages[found.positions], ages[positions])[0, 1] > 0.99
    real, drawn = (np.sort(np.bincount(p, minlength=2000)) for p in (positions, found.positions))
    # Each kind of parent has exactly as many rows as ask for it, which moves a few of the largest.
    assert np.abs(real - drawn).sum() < 0.01 * len(rows)
    assert found.adopted is None
    assert found.moved is None


@pytest.mark.parametrize("scale", [0.1, 10])
def test_degrees_scale_with_rows_and_parents(people, sales, rng, scale):
    positions, rows = sales
    link, told = learn(people, positions, rows)
    others = people.sample(int(2000 * scale), replace=True, random_state=1).reset_index(drop=True)
    found = link.place(told, others, np.arange(len(rows)), rng=rng)
    degrees = np.bincount(found.positions, minlength=len(others))
    assert degrees.sum() == len(rows)
    cities = people["city"].to_numpy()[positions]
    assert (others["city"].to_numpy()[found.positions] == cities).mean() > 0.9
    # More parents: nobody has many; fewer: nearly all are busy.
    assert (degrees == 0).mean() > 0.7 if scale == 10 else (degrees > 10).mean() > 0.4


def test_parents_adopt_what_their_rows_say(people, rng):
    couples = rng.permutation(2000)
    rows = pd.DataFrame({"x": people["age"].to_numpy()[couples]})
    link, told = learn(people, couples, rows)
    others = people.assign(age=rng.integers(18, 90, 2000))
    found = link.place(told, others, np.arange(2000), rng=rng, adopt=True)
    assert (np.bincount(found.positions) == 1).all()
    assert found.adopted.columns.tolist() == ["age"]
    changed = others.copy()
    changed.loc[found.adopted.index, "age"] = found.adopted["age"]
    assert np.abs(changed["age"].to_numpy()[found.positions] - rows["x"].to_numpy()).max() <= 2
    assert found.adopted["age"].dtype == others["age"].dtype


def test_nulls_depend_on_the_row(people, rng):
    positions = np.where(np.arange(400) < 300, rng.integers(0, 2000, 400), NULL)
    rows = pd.DataFrame({"kind": np.where(positions == NULL, "gift", "sale")})
    link, told = learn(people, positions, rows)
    assert parts(told)[0] == "linked"
    assert told["__link__k__linked"].tolist() == (positions != NULL).tolist()
    found = link.place(told, people, np.arange(400), rng=rng)
    np.testing.assert_array_equal(found.positions == NULL, positions == NULL)
    assert not found.lost.any()


def test_a_key_that_is_always_null(people, rng):
    link, told = learn(people, np.full(10, NULL))
    assert told.shape == (10, 0)
    found = ParentLink.from_dict(link.to_dict()).place(told, people, np.arange(10), rng=rng)
    assert (found.positions == NULL).all()
    assert not found.lost.any()


def test_without_any_parent_rows_are_lost(people, sales, rng):
    positions, rows = sales
    link, told = learn(people, positions, rows)
    found = link.place(told, people.iloc[:0], np.arange(len(rows)), rng=rng)
    assert found.lost.all()


def test_repeats_stay_and_make_the_degrees(people, rng):
    family = np.repeat(np.arange(1500), rng.integers(1, 9, 1500))
    own = rng.integers(0, 2000, (1500, 2))
    positions = own[family, (rng.random(len(family)) < 0.2).astype(int)]
    rows = pd.DataFrame({"price": people["city"].map({"Rome": 1, "Bonn": 2, "Oslo": 3})[positions]})
    link, told = learn(people, positions, rows.reset_index(drop=True), family)
    assert parts(told)[0] == "repeat"
    found = link.place(told, people, family, rng=rng).positions
    same = family[1:] == family[:-1]
    np.testing.assert_array_equal(
        (found[1:] == found[:-1])[same], (positions[1:] == positions[:-1])[same]
    )
    degrees = [np.bincount(p, minlength=2000) for p in (positions, found)]
    apart = np.abs(np.bincount(degrees[0], minlength=40) - np.bincount(degrees[1], minlength=40))
    assert apart.sum() / 2 / 2000 < 0.05


def test_pairs_that_never_repeat_stay_unique(people, rng):
    family = np.repeat(np.arange(300), 6)
    weights = 1 / np.arange(1, 41)
    positions = np.concatenate(
        [rng.choice(40, 6, replace=False, p=weights / weights.sum()) for _ in range(300)]
    )
    link, told = learn(people.iloc[:40], positions, None, family)
    assert link.distinct
    found = link.place(told, people.iloc[:40], family, rng=rng)
    assert len(np.unique(family * 40 + found.positions)) == len(family)
    degrees = np.sort(np.bincount(found.positions)), np.sort(np.bincount(positions))
    # The popular stay popular: they are in more than half of all families.
    np.testing.assert_allclose(*degrees, rtol=0.3, atol=4)


def test_a_look_up_without_columns_is_learnt_by_its_identity(rng):
    positions = rng.choice(16, 4000, p=np.arange(1, 17) / 136)
    rows = pd.DataFrame({"distance": positions * 100 + rng.integers(0, 50, 4000)})
    nothing = pd.DataFrame(index=pd.RangeIndex(16))
    link, told = learn(nothing, positions, rows)
    assert parts(told) == ["which"]
    found = link.place(told, nothing, np.arange(4000), rng=rng).positions
    # One parent for each class: equal positions before are equal positions after.
    assert len(set(zip(positions, found, strict=True))) == 16
    assert len(set(found)) == 16
    many = link.place(told, nothing.reindex(range(160)), np.arange(4000), rng=rng).positions
    assert 130 <= len(set(many)) <= 160
    few = link.place(told, nothing.iloc[:2], np.arange(4000), rng=rng).positions
    assert set(few) == {0, 1}


def test_a_look_up_that_its_sketch_identifies_is_found_by_it(people, rng):
    shops = people[["age"]].iloc[:200]
    positions = rng.integers(0, 200, 8000)
    rows = pd.DataFrame({"x": shops["age"].to_numpy()[positions] + rng.integers(0, 3, 8000)})
    link, told = learn(shops, positions, rows)
    assert link.classes is None
    others = shops.sample(frac=1, random_state=0).reset_index(drop=True)
    found = link.place(told, others, np.arange(8000), rng=rng).positions
    assert np.corrcoef(others["age"].to_numpy()[found], rows["x"])[0, 1] > 0.98


def test_classes_keep_no_rare_parent():
    positions = np.repeat([0, 1, 2], [100, 50, 3])
    classes, number = Classes.fit(positions, np.arange(153), np.zeros((5, 0), np.int32))
    assert classes.members == (1, 1, 1)
    assert classes.rows == (100, 50, 3)
    assert number[:2].tolist() == [0, 1]
    several, _ = Classes.fit(
        np.repeat([0, 1, 2], [100, 3, 3]), np.arange(106), np.ones((5, 1), np.int32)
    )
    assert several.members == (1, 2)
    assert several.profiles.tolist() == [[1], [-1]]


def test_an_ancestor_that_is_always_shared_stays_so(rng):
    owner = np.repeat(np.arange(500), rng.integers(1, 4, 500))
    addresses = pd.DataFrame({"zone": rng.choice(["eu", "us"], len(owner))})
    of_user = [np.flatnonzero(owner == user) for user in range(500)]
    buyer = np.repeat(np.arange(500), 5)
    positions = np.array([rng.choice(of_user[user]) for user in buyer])
    anchors = {"users": (buyer, owner)}
    link, told = learn(addresses, positions, None, buyer, anchors=anchors)
    assert link.ancestors.always == ("users",)
    found = link.place(told, addresses, buyer, rng=rng, anchors=anchors)
    assert (owner[found.positions] == buyer).all()
    # A user without an address: only its rows are lost.
    homeless = {"users": (np.where(buyer == 7, 500, buyer), owner)}
    found = link.place(told, addresses, buyer, rng=rng, anchors=homeless)
    np.testing.assert_array_equal(found.lost, buyer == 7)
    # A row without a user may have any address.
    nobody = {"users": (np.where(buyer == 7, -1, buyer), owner)}
    assert not link.place(told, addresses, buyer, rng=rng, anchors=nobody).lost.any()


def test_an_ancestor_that_is_often_shared_is_a_column(people, rng):
    district = rng.integers(0, 50, 2000)
    own = rng.integers(0, 50, 3000)
    at = [np.flatnonzero(district == d) for d in range(50)]
    same = rng.random(3000) < 0.8
    positions = np.where(same, [rng.choice(at[d]) for d in own], rng.integers(0, 2000, 3000))
    anchors = {"districts": (own, district)}
    link, told = learn(people, positions, None, anchors=anchors)
    assert parts(told) == ["same"]
    agree = told["__link__k__same"].to_numpy()
    found = link.place(told, people, np.arange(3000), rng=rng, anchors=anchors)
    np.testing.assert_array_equal(district[found.positions] == own, agree)
    elsewhere = {"districts": (own, np.zeros(2000, np.int64))}
    adopting = link.place(told, people, np.arange(3000), rng=rng, anchors=elsewhere, adopt=True)
    assert len(adopting.moved)
    assert adopting.moved.isin(range(50)).all()


def test_an_ancestor_that_is_never_shared_is_avoided(people, rng):
    own, team = rng.integers(0, 5, 2000), np.arange(2000) % 5
    positions = (rng.integers(0, 400, 2000) * 5 + (own + rng.integers(1, 5, 2000)) % 5) % 2000
    anchors = {"teams": (own, team)}
    link, told = learn(people, positions, None, anchors=anchors)
    assert link.ancestors == Ancestors(never=("teams",))
    found = link.place(told, people, np.arange(2000), rng=rng, anchors=anchors)
    assert (team[found.positions] != own).all()


def test_tenants_are_never_mixed_and_keep_their_degrees(people, rng):
    tenant = np.sort(rng.integers(0, 4, 2000))
    row_tenant = np.repeat(np.arange(4), [4000, 100, 300, 1000])
    positions = np.array([rng.choice(np.flatnonzero(tenant == t)) for t in range(4)])[row_tenant]
    must = (row_tenant, tenant)
    link, told = learn(people, positions, must=must)
    found = link.place(told, people, np.arange(5400), rng=rng, must=must)
    assert (tenant[found.positions] == row_tenant).all()
    strangers = (np.where(row_tenant == 1, 9, row_tenant), tenant)
    lost = link.place(told, people, np.arange(5400), rng=rng, must=strangers).lost
    np.testing.assert_array_equal(lost, row_tenant == 1)


def test_one_to_one_keys_take_each_parent_once(people, rng):
    positions = rng.permutation(2000)[:1500]
    link, told = learn(people, positions)
    found = link.place(
        told, people.iloc[:1000], np.arange(1500), rng=rng, apart=np.zeros(1500, int)
    )
    placed = found.positions[~found.lost]
    assert len(np.unique(placed)) == len(placed) == 1000


def test_saved_and_loaded(people, sales, rng):
    positions, rows = sales
    link, told = learn(people, positions, rows)
    again = ParentLink.from_dict(json.loads(json.dumps(link.to_dict())))
    assert again.constraints == link.constraints
    places = [
        one.place(told, people, np.arange(len(rows)), rng=np.random.default_rng(3), adopt=True)
        for one in (link, again)
    ]
    np.testing.assert_array_equal(places[0].positions, places[1].positions)
    pd.testing.assert_frame_equal(places[0].adopted, places[1].adopted)


def test_damaged_records_are_refused(people, sales):
    record = learn(people, *sales)[0].to_dict()
    for change in (
        {"linked": "maybe"},
        {"key": 3},
        {"repeats": "no"},
        {"degrees": None},
        {"degrees": {"entities": None, "rows": None, "single": True}},
        {"ancestors": {"always": [1], "never": [], "often": None}},
        {"classes": {"members": [0], "rows": [1], "profiles": [], "parents": 3}},
        {"sketch": {}},
    ):
        with pytest.raises(ModelFileError):
            ParentLink.from_dict({**record, **change})
    with pytest.raises(ModelFileError):
        ParentLink.from_dict({})


def test_columns_that_only_repeat_others_are_left_out(rng):
    x = rng.integers(0, 8, 4000)
    columns = {"noise": rng.integers(0, 8, 4000), "x": x, "half": x // 2}
    assert choose(columns, [x // 4, rng.integers(0, 3, 4000)]) in (["x"], ["half"])
    assert choose(columns, []) == []
    assert choose({}, [x]) == []
