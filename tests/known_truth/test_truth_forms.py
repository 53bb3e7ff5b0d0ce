"""Forms of schemas: hierarchies, one-to-one tables, lines of an order, circles of tables."""

import numpy as np
import pandas as pd
import pytest

from synthohive_jupyter.schema.metadata import Metadata
from tests.known_truth.laws import (
    Law,
    View,
    cases,
    children,
    choose,
    count_of,
    joined,
    keyed,
    some,
)

# --- a hierarchy

COLOURS = {"red": 0.5, "blue": 0.3, "grey": 0.2}
INHERITED = {
    "red": {"red": 0.8, "blue": 0.1, "grey": 0.1},
    "blue": {"red": 0.3, "blue": 0.7},
    "grey": {"blue": 0.2, "grey": 0.8},
}
FAN_OUT = {
    0: {3: 0.5, 6: 0.5},
    1: {0: 0.4, 1: 0.3, 4: 0.3},
    2: {0: 0.7, 2: 0.3},
    3: {0: 1.0},
}
TOPS = 300


def staff_schema():
    metadata = Metadata()
    metadata.add_table("staff", pk="id", fk={"boss_id": "staff.id"}, nullable_fks=["boss_id"])
    return metadata


def draw_staff(rng):
    level = pd.DataFrame({"boss": -1, "colour": some(rng, COLOURS, TOPS), "depth": 0})
    levels, start = [level], 0
    for depth in range(3):
        counts = choose(rng, FAN_OUT, level["depth"]).astype(int)
        boss = np.repeat(np.arange(len(level)) + start, counts)
        colour = choose(rng, INHERITED, np.repeat(level["colour"].to_numpy(), counts))
        start += len(level)
        level = pd.DataFrame({"boss": boss, "colour": colour, "depth": depth + 1})
        levels.append(level)
    rows = pd.concat(levels, ignore_index=True)
    ids = rng.permutation(len(rows)) + 1
    boss = pd.Series(ids[rows["boss"]], dtype="Int64").mask(rows["boss"] < 0)
    staff = pd.DataFrame({"id": ids, "boss_id": boss, "colour": rows["colour"]})
    return {"staff": staff.sample(frac=1, random_state=1).reset_index(drop=True)}


def with_depth(tables):
    staff = tables["staff"]
    place = pd.Index(staff["id"])
    above = np.append(place.get_indexer(staff["boss_id"].fillna(0).astype(int)), -1)
    depth, at = np.zeros(len(staff), dtype=int), above[:-1]
    for _ in range(12):  # a circle ends up deeper than the truth knows
        depth += at >= 0
        at = above[at]
    return staff.assign(depth=depth, fan=count_of(tables, "staff", "staff", "boss_id"))


def fan_outs(tables):
    rows = with_depth(tables)
    return rows.assign(depth=rows["depth"].clip(upper=3))[["depth", "fan"]]


def inherited(tables):
    rows = joined(tables, "staff", boss_id="staff")
    return rows.dropna(subset="boss_id")[["staff.colour", "colour"]]


def expected_depths():
    share, shares = 1.0, {}
    for depth, law in FAN_OUT.items():
        shares[depth] = share
        share *= sum(n * p for n, p in law.items())
    total = sum(shares.values())
    return {0: {depth: share / total for depth, share in shares.items()}}


def depths(tables):
    return with_depth(tables).assign(all=0)[["all", "depth"]]


def random_bosses(tables, rng):
    """Give everybody but as many tops as before a random row above, so that no circle arises."""
    staff = tables["staff"].sample(frac=1, random_state=2).reset_index(drop=True)
    place = np.arange(len(staff))
    above = staff["id"].to_numpy()[(rng.random(len(staff)) * place).astype(int)]
    boss = pd.Series(above, dtype="Int64").mask(place < staff["boss_id"].isna().sum())
    return {"staff": staff.assign(boss_id=boss)}


HIERARCHY = Law(
    "hierarchy",
    staff_schema,
    draw_staff,
    random_bosses,
    (
        View("fan-out | depth", FAN_OUT, fan_outs, learning=0.05),
        View("colour | the boss's", INHERITED, inherited),
        # The size of a level rests on the few rows above it: its share varies by .02 or so.
        View("depth", expected_depths(), depths, learning=0.06),
    ),
)

# --- one row for each parent, and none or one

SEGMENTS = {"a": 0.5, "b": 0.5}
PLANS = {"a": {"free": 0.9, "paid": 0.1}, "b": {"free": 0.3, "paid": 0.7}}
PASSPORT = {
    ("a", "free"): {0: 0.9, 1: 0.1},
    ("a", "paid"): {0: 0.5, 1: 0.5},
    ("b", "free"): {0: 0.4, 1: 0.6},
    ("b", "paid"): {0: 0.0, 1: 1.0},
}


def profiles_schema():
    metadata = Metadata()
    metadata.add_table("users", pk="id")
    metadata.add_table("profiles", pk="user_id", fk={"user_id": "users.id"}, children=(1, 1))
    metadata.add_table(
        "passports",
        pk="user_id",
        fk={"user_id": "profiles.user_id"},
        linkage_method="conditional",
    )
    return metadata


def draw_profiles(rng):
    users = keyed(2500, segment=some(rng, SEGMENTS, 2500))
    plan = choose(rng, PLANS, users["segment"])
    profiles = pd.DataFrame({"user_id": users["id"], "plan": plan})
    has = choose(rng, PASSPORT, users["segment"], plan).astype(bool)
    passports = pd.DataFrame({"user_id": users["id"][has]}).reset_index(drop=True)
    order = rng.permutation(len(users))
    return {"users": users, "profiles": profiles.iloc[order], "passports": passports}


def plans(tables):
    rows = tables["profiles"].merge(tables["users"], left_on="user_id", right_on="id")
    return rows[["segment", "plan"]]


def passports(tables):
    rows = tables["profiles"].merge(tables["users"], left_on="user_id", right_on="id")
    has = rows["user_id"].isin(tables["passports"]["user_id"]).astype(int)
    return rows[["segment", "plan"]].assign(has=has)


def one_each(tables):
    counts = count_of(tables, "users", "profiles", "user_id")
    return pd.DataFrame({"all": 0, "n": counts})


def other_users(tables, rng):
    """Give profiles and passports to other users; a user may get two profiles."""
    users = tables["users"]["id"].to_numpy()
    for name in ("profiles", "passports"):
        frame = tables[name]
        tables = tables | {name: frame.assign(user_id=rng.choice(users, len(frame)))}
    return tables


ONE_TO_ONE = Law(
    "one to one",
    profiles_schema,
    draw_profiles,
    other_users,
    (
        View("plan | segment", PLANS, plans),
        View("a passport | segment, plan", PASSPORT, passports),
        View("one profile each", {0: {1: 1.0}}, one_each, learning=0.0),
    ),
)

# --- lines of an order, and parcels of a line

BASKETS = {"small": {1: 0.6, 2: 0.4}, "large": {3: 0.5, 5: 0.5}}
ITEMS = {"first": {"main": 0.9, "extra": 0.1}, "later": {"main": 0.2, "extra": 0.8}}
PARCELS = {"main": {1: 0.7, 2: 0.3}, "extra": {0: 0.6, 1: 0.4}}


def lines_schema():
    metadata = Metadata()
    metadata.add_table("orders", pk="id")
    metadata.add_table(
        "lines", pk=("order_id", "no"), fk={"order_id": "orders.id"}, linkage_method="conditional"
    )
    metadata.add_table(
        "parcels",
        pk=("order_id", "line", "no"),
        fk={("order_id", "line"): "lines.(order_id, no)"},
        linkage_method="conditional",
    )
    return metadata


def draw_lines(rng):
    orders = keyed(1500, basket=some(rng, {"small": 0.5, "large": 0.5}, 1500))
    lines = children(orders, "order_id", choose(rng, BASKETS, orders["basket"])).drop(columns="id")
    lines["no"] = lines.groupby("order_id").cumcount() + 1
    lines["item"] = choose(rng, ITEMS, np.where(lines["no"] == 1, "first", "later"))
    parcels = lines.loc[np.repeat(lines.index, choose(rng, PARCELS, lines["item"]).astype(int))]
    parcels = parcels.rename(columns={"no": "line"}).drop(columns="item").reset_index(drop=True)
    parcels["no"] = parcels.groupby(["order_id", "line"]).cumcount() + 1
    parcels["weight"] = rng.gamma(2, 2, len(parcels)).round(1)
    return {"orders": orders, "lines": lines, "parcels": parcels}


def numbers_of_lines(tables):
    orders = tables["orders"]
    counts = count_of(tables, "orders", "lines", "order_id")
    return pd.DataFrame({"basket": orders["basket"], "n": counts})


def items(tables):
    lines = tables["lines"]
    return pd.DataFrame(
        {"place": np.where(lines["no"] == 1, "first", "later"), "item": lines["item"]}
    )


def numbers_of_parcels(tables):
    parcels = tables["parcels"].groupby(["order_id", "line"]).size().rename("n").reset_index()
    rows = tables["lines"].merge(
        parcels, how="left", left_on=["order_id", "no"], right_on=["order_id", "line"]
    )
    return pd.DataFrame({"item": rows["item"], "n": rows["n"].fillna(0).astype(int)})


def numbering(tables):
    sizes = [
        tables[name].groupby(keys)["no"].agg(["min", "max", "size", "nunique"])
        for name, keys in (("lines", ["order_id"]), ("parcels", ["order_id", "line"]))
    ]
    rows = pd.concat(sizes, ignore_index=True)
    sound = (rows["min"] == 1) & (rows["max"] == rows["size"]) & (rows["size"] == rows["nunique"])
    return pd.DataFrame({"all": 0, "1..n": sound})


def other_lines(tables, rng):
    """Give lines to other orders and parcels to other lines, under the numbers that they had."""
    orders = tables["orders"]["id"].to_numpy()
    lines = tables["lines"]
    lines = lines.assign(order_id=rng.choice(orders, len(lines)), no=rng.permutation(lines["no"]))
    parcels, taken = tables["parcels"], rng.integers(0, len(lines), len(tables["parcels"]))
    parcels = parcels.assign(
        order_id=lines["order_id"].to_numpy()[taken], line=lines["no"].to_numpy()[taken]
    )
    return tables | {"lines": lines, "parcels": parcels}


LINES = Law(
    "lines",
    lines_schema,
    draw_lines,
    other_lines,
    (
        View("lines | basket", BASKETS, numbers_of_lines),
        View("item | first line", ITEMS, items),
        View("parcels | item", PARCELS, numbers_of_parcels),
        View("numbers are 1..n", {0: {True: 1.0}}, numbering, learning=0.0),
    ),
)

# --- two tables that point to each other

SIZES = {"big": 0.5, "tiny": 0.5}
GRADES = {"big": {"junior": 0.4, "senior": 0.6}, "tiny": {"junior": 0.9, "senior": 0.1}}
HEADED = {"big": {"null": 0.1, "senior": 0.8, "junior": 0.1}, "tiny": {"null": 0.7, "junior": 0.3}}


def teams_schema():
    metadata = Metadata()
    metadata.add_table("teams", pk="id", fk={"head_id": "people.id"}, nullable_fks=["head_id"])
    metadata.add_table("people", pk="id", fk={"team_id": "teams.id"})
    return metadata


def draw_teams(rng):
    teams = keyed(1200, size=some(rng, SIZES, 1200))
    people = children(teams, "team_id", rng.integers(2, 8, 1200))
    people["grade"] = choose(rng, GRADES, teams["size"].to_numpy()[people["team_id"] - 1])
    # The law asks for a head of a grade that the team may lack: one member gets it.
    wanted = choose(rng, HEADED, teams["size"])
    first = people["team_id"].searchsorted(teams["id"])
    head = first + rng.integers(0, 2, len(teams))
    has = wanted != "null"
    people.loc[head[has], "grade"] = wanted[has]
    teams["head_id"] = pd.Series(people["id"].to_numpy()[head], dtype="Int64").mask(~has)
    return {"teams": teams, "people": people}


def heads(tables):
    rows = joined(tables, "teams", head_id="people")
    return rows.assign(head=rows["people.grade"].fillna("null"))[["size", "head"]]


def own_heads(tables):
    rows = joined(tables, "teams", head_id="people").dropna(subset="head_id")
    return pd.DataFrame({"all": 0, "own": rows["id"] == rows["people.team_id"]})


CIRCLE = Law(
    "circle",
    teams_schema,
    draw_teams,
    lambda tables, rng: (
        tables
        | {"teams": tables["teams"].assign(head_id=rng.permutation(tables["teams"]["head_id"]))}
    ),
    (
        View("head | team", HEADED, heads),
        View("the head is one of the team", {0: {True: 1.0}}, own_heads),
    ),
)

CASES = cases([HIERARCHY, ONE_TO_ONE, LINES, CIRCLE])


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_data_keeps_the_law_of_its_form(case):
    case.check_data()


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_law_of_a_form_comes_back(case):
    case.check_generated()


@pytest.mark.parametrize("case", CASES, ids=str)
def test_random_keys_break_the_law_of_a_form(case):
    case.check_it_can_fail()
