"""Measures over several foreign keys, against databases whose answer is known."""

import numpy as np
import pandas as pd
import pytest

from synthohive_jupyter.schema.metadata import Metadata
from synthohive_jupyter.validation.columns import outside_share
from synthohive_jupyter.validation.counts import count_gains
from synthohive_jupyter.validation.database import Database
from synthohive_jupyter.validation.families import (
    family_copies,
    family_dcr,
    repeat_share,
    variety_score,
)
from synthohive_jupyter.validation.hierarchy import CIRCLE, depths, hierarchy_score
from synthohive_jupyter.validation.links import Link, c2st_children
from synthohive_jupyter.validation.paths import gap_closed, joint_scores


def law():
    """Regions, shops in a region, clients; visits of a client to a shop of the client's kind."""
    metadata = Metadata()
    metadata.add_table("regions", pk="id")
    metadata.add_table("shops", pk=("region", "no"), fk={"region": "regions.id"})
    metadata.add_table("clients", pk="id")
    metadata.add_table(
        "visits",
        pk=None,
        fk={"client": "clients.id", ("region", "no"): "shops.(region, no)"},
        nullable_fks=("(region, no)",),
        driver="client",
    )
    return metadata


def bazaar(seed, clients=800):
    """Clients of a kind visit one or two shops of that kind, again and again."""
    rng = np.random.default_rng(seed)
    regions = pd.DataFrame({"id": [1, 2, 3], "land": ["north", "south", "south"]})
    shops = pd.DataFrame({"region": np.repeat([1, 2, 3], 4), "no": np.tile(np.arange(4), 3)})
    shops["kind"] = np.where(shops["no"] < 2, "food", "wear")
    kind = rng.choice(["food", "wear"], clients)
    people = pd.DataFrame({"id": np.arange(clients) + 100, "likes": kind})
    counts = rng.poisson(np.where(kind == "food", 6, 2))
    of = np.repeat(np.arange(clients), counts)
    own = rng.integers(3, size=(clients, 2)) * 4 + 2 * (kind == "wear")[:, None]
    at = own[of, rng.integers(2, size=len(of))] + rng.integers(2, size=clients)[of]
    visits = pd.DataFrame(
        {
            "client": of + 100,
            "spent": np.where(kind[of] == "food", 10, 80) + rng.normal(size=len(of)),
        }
    )
    visits["region"] = shops["region"].to_numpy()[at].astype(float)
    visits["no"] = shops["no"].to_numpy()[at]
    visits.loc[rng.random(len(of)) < 0.1, "region"] = np.nan
    frames = {"regions": regions, "shops": shops, "clients": people, "visits": visits}
    return Database(law(), frames)


def with_random(database, *columns, seed=0):
    """The same rows; the named key columns of the visits shuffled together."""
    visits = database.tables["visits"].copy()
    order = np.random.default_rng(seed).permutation(len(visits))
    visits[list(columns)] = visits[list(columns)].to_numpy()[order]
    return Database(database.metadata, {**database.tables, "visits": visits})


REAL, OTHER = bazaar(1), bazaar(2)
SHOP = "(region, no)"


def test_keys_columns_and_paths_follow_the_description():
    assert [(table, key.name) for table, key in REAL.foreign_keys()] == [
        ("shops", "region"), ("visits", SHOP), ("visits", "client"),
    ]  # fmt: skip
    assert REAL.columns("visits") == ["spent"]
    assert REAL.columns("shops") == ["kind"]
    assert REAL.paths("visits", 2) == [(SHOP, "region")]
    assert REAL.paths("regions", 1) == []
    assert list(REAL.two_parents()) == [("visits", (SHOP,), ("client",))]
    part = Database(law(), {n: REAL.tables[n] for n in ("clients", "visits")})
    assert [key.name for _, key in part.foreign_keys()] == ["client"]


def test_following_a_path_ends_at_nulls_and_orphans():
    visits = pd.DataFrame(
        {"client": [100, 7, 101], "region": [3.0, None, 2.0], "no": [1, 1, 9], "spent": 1.0}
    )
    small = Database(law(), {**REAL.tables, "visits": visits})
    assert small.follow("visits", ()).tolist() == [0, 1, 2]
    assert small.follow("visits", (SHOP,)).tolist() == [9, -1, -1]
    assert small.follow("visits", (SHOP, "region")).tolist() == [2, -1, -1]
    assert small.end("visits", (SHOP, "region")) == "regions"
    # The second row points to nobody: it is a family of its own, as the third one's parent is not.
    assert small.families("visits").tolist() == [0, len(REAL.tables["clients"]) + 1, 1]
    assert small.families("clients").tolist() == list(range(800))


@pytest.mark.parametrize(
    ("paths", "pair", "random"),
    [
        (((), ("client",)), ("spent", "likes"), ("client",)),
        (((SHOP,), ("client",)), ("kind", "likes"), ("region", "no")),
        (((), (SHOP,)), ("spent", "kind"), ("region", "no")),
    ],
)
def test_random_keys_tear_pairs_apart_and_another_draw_does_not(paths, pair, random):
    wrong = with_random(REAL, *random)
    # Total variation of 800 families on at most 40 cells: below .08 between two draws.
    assert joint_scores(REAL, OTHER, "visits", paths)[pair] > 0.92
    assert joint_scores(REAL, REAL, "visits", paths)[pair] == pytest.approx(1.0)
    assert joint_scores(REAL, wrong, "visits", paths)[pair] < 0.75


def test_two_hops_reach_the_grandparent():
    paths = ((), (SHOP, "region"))
    turned = REAL.tables["regions"].assign(land=["south", "north", "north"])
    wrong = Database(law(), {**REAL.tables, "regions": turned})
    assert joint_scores(REAL, wrong, "visits", paths)["spent", "land"] < 0.75
    assert joint_scores(REAL, wrong, "visits", paths, columns=([], ["land"])) == {}


def test_gap_closed_leaves_out_what_random_keys_do_not_hurt():
    real, random = {("a", "b"): 0.9, ("a", "c"): 1.0}, {("a", "b"): 0.89, ("a", "c"): 0.5}
    assert gap_closed({("a", "b"): 0.0, ("a", "c"): 0.9}, random, real) == pytest.approx(0.8)
    assert gap_closed(random, random, real) == 0.0
    assert gap_closed(real, random, real) == 1.0
    assert gap_closed({("a", "b"): 0.9}, random, real) is None


def test_repeats_of_a_second_parent():
    family = np.array([0, 0, 0, 0, 1, 1, 2])
    assert repeat_share(family, np.array([5, 5, 5, 6, 5, 7, -1])) == 0.5
    assert np.isnan(repeat_share(family, np.full(7, -1)))
    sides = [(d.families("visits"), d.follow("visits", (SHOP,))) for d in (REAL, OTHER)]
    wrong = with_random(REAL, "region", "no")
    wild = (wrong.families("visits"), wrong.follow("visits", (SHOP,)))
    # Two or four shops a family against twelve: random visits come back by chance only.
    assert abs(repeat_share(*sides[0]) - repeat_share(*sides[1])) < 0.03
    assert repeat_share(*wild) < repeat_share(*sides[0]) - 0.3
    assert variety_score(sides[0], sides[1]) > 0.93
    assert variety_score(sides[0], wild) < 0.7


def test_children_beside_their_parents_are_found_out_under_random_keys():
    # Shuffled rows of another draw: equal values on both sides would end up in different folds.
    links = [d.link("visits", "client") for d in (REAL, OTHER, with_random(OTHER, "client"))]
    scores = [
        c2st_children(links[0], link, ["spent"], above, max_rows=1200)
        for link, above in ((links[2], []), (links[2], ["likes"]), (links[1], ["likes"]))
    ]
    # Standard error of the accuracy of 2,400 rows: .01.
    assert 0.45 < scores[0] < 0.55
    # Three in eight rows are beside the wrong kind, so .69 can be reached.
    assert scores[1] > 0.62
    assert 0.45 < scores[2] < 0.55


def test_siblings_stay_in_one_fold():
    """A family mark says nothing of the side, but is learnt where siblings are in both folds."""
    rng = np.random.default_rng(0)

    def marked():
        of = np.repeat(np.arange(150), 12)
        marks = rng.normal(size=150)[of]
        return Link(
            pd.DataFrame({"id": range(150)}), pd.DataFrame({"of": of, "mark": marks}),
            ("id",), ("of",),
        )  # fmt: skip

    pair = marked(), marked()
    grouped = c2st_children(*pair, ["mark"])
    alone = (np.arange(1800), np.arange(1800))
    torn = c2st_children(*pair, ["mark"], families=alone)
    assert torn > 0.8
    assert grouped < 0.62


def test_count_gains_know_who_has_many_children():
    links = [d.link("visits", "client") for d in (REAL, OTHER, bazaar(3))]
    swapped = links[2].parent["likes"].map({"food": "wear", "wear": "food"})
    told = Link(links[2].parent.assign(likes=swapped), links[2].child, ("id",), ("client",))
    deaf = Link(
        links[2].parent.assign(likes=np.random.default_rng(0).permutation(links[2].parent["likes"])),
        links[2].child, ("id",), ("client",),
    )  # fmt: skip
    real, kept = count_gains(*links, ["likes"])
    # Poisson 6 or 2 with equal chances: the kind tells .32 nats of the count, by enumeration.
    assert 0.2 < real < 0.4
    assert kept > 0.85 * real
    assert count_gains(links[0], links[1], deaf, ["likes"])[1] < 0.1 * real
    assert count_gains(links[0], links[1], told, ["likes"])[1] < -0.2


def test_counts_of_one_class_tell_nothing():
    users = pd.DataFrame({"id": range(60), "a": range(60)})
    single = Link(users, pd.DataFrame({"of": range(60)}), ("id",), ("of",))
    assert count_gains(single, single, single, ["a"]) == pytest.approx((0.0, 0.0), abs=0.01)


def test_copied_families_are_found_whole():
    users = pd.DataFrame({"id": [1, 2, 3]})
    real = Link(users, pd.DataFrame({"of": [1, 1, 2], "x": [1.0, 2.0, 5.0]}), ("id",), ("of",))
    drawn = pd.DataFrame({"of": [1, 1, 2, 3, 3], "x": [2, 1, 5, 1, 1]})
    synthetic = Link(users, drawn, ("id",), ("of",))
    # The first has the rows of a real one in another order, the third one of them twice.
    assert family_copies(real, synthetic, ["x"]) == pytest.approx(2 / 3)
    assert family_copies(real, synthetic, ["x"], at_least=2) == 0.5
    assert family_copies(real, synthetic, ["x"], at_least=3) == 0.0


def test_families_of_training_are_recognised_as_such():
    links = [d.link("visits", "client") for d in (REAL, OTHER, bazaar(3), REAL)]
    fresh, copied = (
        family_dcr(links[0], links[1], link, ["likes"], ["spent"], queries=400)
        for link in links[2:]
    )
    # Standard error .025 with 400 queries.
    assert abs(fresh - 0.5) < 0.1
    assert copied > 0.9


def test_depth_fan_out_and_circles():
    #         0 ← 1 ← 2, 0 ← 3; 4 ⇄ 5 ← 6; 7 points to itself, 8 to 7
    above = np.array([-1, 0, 1, 0, 5, 4, 5, 7, 7])
    assert depths(above).tolist() == [0, 1, 2, 1, CIRCLE, CIRCLE, CIRCLE, 0, 1]

    def staff(parents):
        ids = np.arange(len(parents))
        frame = pd.DataFrame({"id": ids, "boss": np.where(parents < 0, np.nan, parents)})
        return Link(frame, frame, ("id",), ("boss",))

    rng = np.random.default_rng(0)
    tree = np.array([-1, *[rng.integers(0, n) for n in range(1, 1000)]])
    chain = np.arange(1000) - 1
    same = hierarchy_score(staff(tree), staff(tree))
    assert (same.depth, same.fan_out, same.circling, same.own) == (1, 1, (0, 0), (0, 0))
    worse = hierarchy_score(staff(tree), staff(chain))
    assert worse.depth < 0.1
    assert worse.fan_out < 0.75
    wild = hierarchy_score(staff(tree), staff(rng.integers(0, 1000, 1000)))
    assert wild.circling[1] > 0.9
    assert hierarchy_score(staff(tree), staff(above)).own == (0, 1 / 9)


def test_values_outside_the_window():
    real = pd.DataFrame(
        {"day": pd.to_datetime(["2020-01-02", "2020-01-09"]), "c": "a", "n": [1, 2]}
    )
    drawn = pd.DataFrame(
        {"day": pd.to_datetime(["2020-01-01", "2020-01-09", None]), "c": "b", "n": np.nan}
    )
    assert outside_share(real, drawn, ["day", "c", "n"]) == {"day": 0.5}
