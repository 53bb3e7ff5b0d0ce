"""Parents that are bound to each other: unique pairs, two paths to one table, tenants, null keys."""

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
    joined,
    keyed,
    pick,
    random_keys,
    some,
)

# --- unique pairs

MAJORS = {"art": 0.4, "law": 0.3, "bio": 0.3}
FIELDS = {
    "art": {"draw": 0.8, "read": 0.2},
    "law": {"read": 0.7, "count": 0.3},
    "bio": {"draw": 0.1, "read": 0.3, "count": 0.6},
}


def enrolled_schema():
    metadata = Metadata()
    metadata.add_table("students", pk="id")
    metadata.add_table("courses", pk="id")
    metadata.add_table(
        "enrolled",
        pk=("course_id", "student_id"),
        fk={"course_id": "courses.id", "student_id": "students.id"},
        driver="student_id",
    )
    return metadata


def draw_enrolled(rng):
    students = keyed(1500, major=some(rng, MAJORS, 1500))
    courses = keyed(90, field=np.repeat(["draw", "read", "count"], 30))
    rows = children(students, "student_id", rng.integers(1, 6, 1500)).drop(columns="id")
    rows["field"] = choose(rng, FIELDS, students["major"].to_numpy()[rows["student_id"] - 1])
    # Different courses of a field for the rows of one student: places of a random order.
    place = rows.groupby(["student_id", "field"]).cumcount().to_numpy()
    start = rng.integers(0, 30, (1501, 3))[
        rows["student_id"], rows["field"].map({"draw": 0, "read": 1, "count": 2})
    ]
    first = rows["field"].map({"draw": 0, "read": 30, "count": 60})
    rows["course_id"] = first + (start + 7 * place) % 30 + 1
    rows["grade"] = rng.integers(1, 7, len(rows))
    return {"students": students, "courses": courses, "enrolled": rows.drop(columns="field")}


def fields(tables):
    rows = joined(tables, "enrolled", student_id="students", course_id="courses")
    return rows[["students.major", "courses.field"]]


def pairs(tables):
    twice = tables["enrolled"].duplicated(["student_id", "course_id"])
    return pd.DataFrame({"all": 0, "twice": twice})


PAIRS = Law(
    "unique pairs",
    enrolled_schema,
    draw_enrolled,
    random_keys("enrolled", "course_id", "courses"),
    (
        View("field | major", FIELDS, fields),
        View("no pair twice", {0: {False: 1.0, True: 0.0}}, pairs, learning=0.0),
    ),
)

# --- two paths to one table

CHANNELS = {"web": 0.6, "shop": 0.4}
PLACES = {"web": {"home": 0.8, "work": 0.2}, "shop": {"home": 0.3, "work": 0.7}}
OWN = {True: 0.85, False: 0.15}
"""Whether an order goes to an address of the user who has ordered."""


def orders_schema():
    metadata = Metadata()
    metadata.add_table("users", pk="id")
    metadata.add_table("addresses", pk="id", fk={"user_id": "users.id"})
    fk = {"address_id": "addresses.id", "user_id": "users.id"}
    metadata.add_table("orders", pk="id", fk=fk, driver="user_id")
    return metadata


def draw_orders(rng):
    users = keyed(1200, age=rng.integers(20, 60, 1200))
    # Everybody has one address of each kind, in this order.
    addresses = children(users, "user_id", np.full(1200, 2))
    addresses["kind"] = np.tile(["home", "work"], 1200)
    orders = children(users, "user_id", rng.integers(1, 7, 1200))
    orders["channel"] = some(rng, CHANNELS, len(orders))
    kind = choose(rng, PLACES, orders["channel"])
    away = some(rng, OWN, len(orders)) == False  # noqa: E712 - objects
    user = orders["user_id"].to_numpy()
    user = np.where(away, (user - 1 + rng.integers(1, 1200, len(orders))) % 1200 + 1, user)
    orders["address_id"] = 2 * user - (kind == "home")
    return {"users": users, "addresses": addresses, "orders": orders}


def own_address(tables):
    rows = joined(tables, "orders", address_id="addresses")
    return pd.DataFrame({"all": 0, "own": rows["user_id"] == rows["addresses.user_id"]})


def kinds_of_address(tables):
    return joined(tables, "orders", address_id="addresses")[["channel", "addresses.kind"]]


TWO_PATHS = Law(
    "two paths",
    orders_schema,
    draw_orders,
    random_keys("orders", "address_id", "addresses"),
    (
        View("own address", {0: OWN}, own_address),
        View("address | channel", PLACES, kinds_of_address),
    ),
)

# --- tenants: columns that two composite keys share

ROLES = {"dev": 0.5, "ops": 0.5}
AREAS = {"dev": {"app": 0.8, "net": 0.2}, "ops": {"app": 0.25, "net": 0.75}}
DONE = {
    ("dev", "app"): {True: 0.9, False: 0.1},
    ("dev", "net"): {True: 0.2, False: 0.8},
    ("ops", "app"): {True: 0.4, False: 0.6},
    ("ops", "net"): {True: 0.7, False: 0.3},
}


def tenants_schema():
    metadata = Metadata()
    metadata.add_table("tenants", pk="id")
    for name in ("members", "projects"):
        metadata.add_table(name, pk=("tenant_id", "no"), fk={"tenant_id": "tenants.id"})
    metadata.add_table(
        "tasks",
        pk="id",
        fk={
            ("tenant_id", "member_no"): "members.(tenant_id, no)",
            ("tenant_id", "project_no"): "projects.(tenant_id, no)",
        },
    )
    return metadata


def draw_tenants(rng):
    tenants = keyed(300, country=some(rng, {"x": 0.5, "y": 0.5}, 300))
    members = lines(tenants, rng.integers(3, 9, 300), "tenant_id")
    members["role"] = some(rng, ROLES, len(members))
    projects = lines(tenants, np.full(300, 4), "tenant_id")
    projects["area"] = np.tile(["app", "app", "net", "net"], 300)
    tasks = members.loc[np.repeat(members.index, rng.integers(0, 7, len(members)))]
    tasks = tasks.rename(columns={"no": "member_no"}).reset_index(drop=True)
    area = choose(rng, AREAS, tasks["role"])
    tasks["done"] = choose(rng, DONE, tasks["role"], area).astype(bool)
    tasks["project_no"] = 1 + 2 * (area == "net") + rng.integers(0, 2, len(tasks))
    tasks.insert(0, "id", np.arange(len(tasks)) + 1)
    return {
        "tenants": tenants,
        "members": members,
        "projects": projects,
        "tasks": tasks.drop(columns="role"),
    }


def lines(parents, counts, key):
    """Return rows that are numbered within their parent."""
    rows = children(parents, key, counts).drop(columns="id")
    return rows.assign(no=rows.groupby(key).cumcount() + 1)


def both_of_tenant(tables):
    members = tables["members"].rename(columns={"no": "member_no"})
    projects = tables["projects"].rename(columns={"no": "project_no"})
    rows = tables["tasks"].merge(members, on=["tenant_id", "member_no"], how="left")
    return rows.merge(projects, on=["tenant_id", "project_no"], how="left")


def random_projects(tables, rng):
    tasks = tables["tasks"]
    return tables | {"tasks": tasks.assign(project_no=rng.integers(1, 5, len(tasks)))}


TENANTS = Law(
    "tenants",
    tenants_schema,
    draw_tenants,
    random_projects,
    (
        View("project | member", AREAS, lambda tables: both_of_tenant(tables)[["role", "area"]]),
        View("done | both", DONE, lambda tables: both_of_tenant(tables)[["role", "area", "done"]]),
    ),
)

# --- keys that are null in some rows

COUPONS = {"gift": 0.5, "sale": 0.5}
LINKED = {"web": {"null": 0.2, "gift": 0.6, "sale": 0.2}, "shop": {"null": 0.9, "sale": 0.1}}
GUEST = {True: 0.3, False: 0.7}
BASKETS = {True: {"small": 0.9, "large": 0.1}, False: {"small": 0.4, "large": 0.6}}


def coupons_schema():
    metadata = Metadata()
    metadata.add_table("users", pk="id")
    metadata.add_table("coupons", pk="id")
    metadata.add_table(
        "orders",
        pk="id",
        fk={"coupon_id": "coupons.id", "user_id": "users.id"},
        nullable_fks=["coupon_id", "user_id"],
        driver="user_id",
    )
    return metadata


def draw_coupons(rng):
    users = keyed(1500, age=rng.integers(20, 60, 1500))
    coupons = keyed(400, kind=some(rng, COUPONS, 400))
    orders = children(users, "user_id", rng.integers(1, 7, 1500))
    guest = some(rng, GUEST, len(orders)).astype(bool)
    orders["user_id"] = orders["user_id"].astype("Int64").mask(guest)
    orders["basket"] = choose(rng, BASKETS, guest)
    orders["channel"] = some(rng, CHANNELS, len(orders))
    wanted = choose(rng, LINKED, orders["channel"])
    chosen = coupons["id"].to_numpy()[
        pick(rng, coupons, np.where(wanted == "null", "gift", wanted), "kind")
    ]
    orders["coupon_id"] = pd.Series(chosen, dtype="Int64").mask(wanted == "null")
    return {"users": users, "coupons": coupons, "orders": orders}


def coupon_kinds(tables):
    rows = joined(tables, "orders", coupon_id="coupons")
    return rows.assign(kind=rows["coupons.kind"].fillna("null"))[["channel", "kind"]]


def shuffled_channels(tables, rng):
    """Give coupons and users to random orders; as many are null as before."""
    orders = tables["orders"]
    order = rng.permutation(len(orders))
    coupons, users = orders["coupon_id"].to_numpy()[order], orders["user_id"].to_numpy()[order]
    return tables | {"orders": orders.assign(coupon_id=coupons, user_id=users)}


def guests(tables):
    return pd.DataFrame({"all": 0, "guest": tables["orders"]["user_id"].isna()})


def baskets(tables):
    orders = tables["orders"]
    return pd.DataFrame({"guest": orders["user_id"].isna(), "basket": orders["basket"]})


NULLS = Law(
    "null keys",
    coupons_schema,
    draw_coupons,
    shuffled_channels,
    (
        View("coupon, or none | channel", LINKED, coupon_kinds),
        View("basket | guest", BASKETS, baskets),
        View("guests", {0: GUEST}, guests),
    ),
)

CASES = cases([PAIRS, TWO_PATHS, TENANTS, NULLS])


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_data_keeps_the_law_of_bound_parents(case):
    case.check_data()


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_law_of_bound_parents_comes_back(case):
    case.check_generated()


LOST = [case for case in CASES if case.view.name != "guests"]
"""Shuffling keeps the share of nulls itself."""


@pytest.mark.parametrize("case", LOST, ids=str)
def test_random_keys_break_the_law_of_bound_parents(case):
    case.check_it_can_fail()
