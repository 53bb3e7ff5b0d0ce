"""How many children a parent has, given itself, those above it and its other children."""

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
    keyed,
    random_keys,
    some,
)

USERS = 3000

# --- given the parent

SEGMENTS = {"a": 0.5, "b": 0.3, "c": 0.2}
ORDERS_OF = {
    "a": {0: 0.5, 1: 0.3, 2: 0.2},
    "b": {1: 0.2, 2: 0.3, 3: 0.5},
    "c": {0: 0.1, 4: 0.5, 6: 0.4},
}


def parent_schema():
    metadata = Metadata()
    metadata.add_table("users", pk="id")
    metadata.add_table("orders", pk="id", fk={"user_id": "users.id"}, linkage_method="conditional")
    return metadata


def draw_by_parent(rng):
    users = keyed(USERS, segment=some(rng, SEGMENTS, USERS), noise=rng.integers(0, 9, USERS))
    orders = children(
        users,
        "user_id",
        choose(rng, ORDERS_OF, users["segment"]),
        total=lambda n: rng.gamma(3, 9, n).round(2),
    )
    return {"users": users, "orders": orders}


def orders_by_segment(tables):
    users = tables["users"]
    return pd.DataFrame(
        {"g": users["segment"], "n": count_of(tables, "users", "orders", "user_id")}
    )


BY_PARENT = Law(
    "counts given the parent",
    parent_schema,
    draw_by_parent,
    random_keys("orders", "user_id", "users"),
    (View("orders | segment", ORDERS_OF, orders_by_segment),),
)

# --- given an ancestor and the parent

BY_BOTH = {
    ("town", "free"): {0: 0.6, 1: 0.4},
    ("town", "paid"): {1: 0.5, 2: 0.5},
    ("land", "free"): {2: 0.7, 3: 0.3},
    ("land", "paid"): {0: 0.8, 5: 0.2},
}
REGION_SIZES = {5: 0.5, 10: 0.5}


def ancestor_schema():
    metadata = Metadata()
    metadata.add_table("regions", pk="id")
    metadata.add_table("users", pk="id", fk={"region_id": "regions.id"})
    metadata.add_table("orders", pk="id", fk={"user_id": "users.id"}, linkage_method="conditional")
    return metadata


def draw_by_ancestor(rng):
    regions = keyed(400, kind=some(rng, {"town": 0.5, "land": 0.5}, 400))
    users = children(
        regions,
        "region_id",
        some(rng, REGION_SIZES, 400),
        plan=lambda n: some(rng, {"free": 0.6, "paid": 0.4}, n),
    )
    kind = regions["kind"].to_numpy()[users["region_id"] - 1]
    orders = children(
        users,
        "user_id",
        choose(rng, BY_BOTH, kind, users["plan"]),
        x=lambda n: rng.integers(0, 3, n),
    )
    return {"regions": regions, "users": users, "orders": orders}


def orders_by_ancestor(tables):
    users = tables["users"].merge(
        tables["regions"], left_on="region_id", right_on="id", suffixes=("", "_r")
    )
    counts = users["id"].map(tables["orders"]["user_id"].value_counts()).fillna(0).astype(int)
    return pd.DataFrame({"kind": users["kind"], "plan": users["plan"], "n": counts})


def region_sizes(tables):
    return pd.DataFrame({"g": 0, "n": count_of(tables, "regions", "users", "region_id")})


BY_ANCESTOR = Law(
    "counts given an ancestor",
    ancestor_schema,
    draw_by_ancestor,
    lambda tables, rng: random_keys("users", "region_id", "regions")(
        random_keys("orders", "user_id", "users")(tables, rng), rng
    ),
    (
        View("orders | region, plan", BY_BOTH, orders_by_ancestor),
        View("users of a region", {0: REGION_SIZES}, region_sizes),
    ),
)

# --- given how many children of another table there are

OTHERS = {0: 0.3, 1: 0.3, 2: 0.2, 3: 0.2}
TICKETS_OF = {
    0: {0: 0.9, 1: 0.1},
    1: {0: 0.5, 1: 0.5},
    2: {1: 0.5, 2: 0.5},
    3: {2: 0.3, 4: 0.7},
}


def sibling_schema():
    metadata = Metadata()
    metadata.add_table("users", pk="id")
    for name in ("orders", "tickets"):
        metadata.add_table(name, pk="id", fk={"user_id": "users.id"}, linkage_method="conditional")
    return metadata


def draw_by_sibling(rng):
    users = keyed(USERS, segment=some(rng, SEGMENTS, USERS))
    counts = some(rng, OTHERS, USERS)
    return {
        "users": users,
        "orders": children(users, "user_id", counts, x=lambda n: rng.integers(0, 3, n)),
        "tickets": children(
            users, "user_id", choose(rng, TICKETS_OF, counts), y=lambda n: rng.integers(0, 3, n)
        ),
    }


def tickets_by_orders(tables):
    counts = [count_of(tables, "users", name, "user_id") for name in ("orders", "tickets")]
    return pd.DataFrame(dict(enumerate(counts)))


BY_SIBLING = Law(
    "counts given another table's",
    sibling_schema,
    draw_by_sibling,
    random_keys("tickets", "user_id", "users"),
    (View("tickets | orders", TICKETS_OF, tickets_by_orders),),
)

CASES = cases([BY_PARENT, BY_ANCESTOR, BY_SIBLING])


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_data_keeps_the_law_of_counts(case):
    case.check_data()


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_law_of_counts_comes_back(case):
    case.check_generated()


@pytest.mark.parametrize("case", CASES, ids=str)
def test_random_keys_break_the_law_of_counts(case):
    case.check_it_can_fail()
