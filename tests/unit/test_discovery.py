"""Keys, links, types and rules are guessed from names and values together, and never by chance."""

import numpy as np
import pandas as pd
import pytest

from synthohive_jupyter.engine.discovery import looks, naming
from synthohive_jupyter.engine.discovery.guess import discover
from synthohive_jupyter.io.glance import sample_rows
from tests.guesses import ID, N, frame, tables
from tests.shop import CELL, make_shop
from tests.tenants import tangled

RNG = np.random.default_rng(0)


def foreign(frames, table):
    return dict(tables(frames)[table].fk)


# --- names


@pytest.mark.parametrize(
    ("column", "table", "parent", "key", "evidence"),
    [
        ("user_id", "orders", "users", "id", naming.CERTAIN),
        ("userId", "orders", "users", "id", naming.CERTAIN),
        ("UserID", "Orders", "User", "UserID", naming.CERTAIN),
        ("users_id", "orders", "users", "id", naming.CERTAIN),
        ("id_user", "orders", "tbl_users", "id", naming.CERTAIN),
        ("category_id", "products", "categories", "id", naming.CERTAIN),
        ("child_id", "visits", "children", "id", naming.CERTAIN),
        ("kunde_id", "bestellungen", "kunden", "id", naming.CERTAIN),
        ("playerID", "fielding", "players", "playerID", naming.CERTAIN),
        ("airport_faa", "flights", "airports", "faa", naming.CERTAIN),
        ("home_team_id", "games", "teams", "id", naming.ROLE),
        ("manager_id", "employees", "employees", "id", naming.CERTAIN),
        ("ReportsTo", "Employees", "Employees", "EmployeeID", naming.ROLE),
        ("boss", "staff", "staff", "id", naming.ROLE),
        ("user", "orders", "users", "id", naming.PLAIN),
        ("cust_id", "orders", "customers", "id", naming.SHORT),
        ("owner_id", "pets", "people", "id", naming.VAGUE),
        ("dest", "flights", "airports", "faa", naming.VAGUE),
        ("other_id", "orders", "users", "id", naming.MARKED),
        ("id", "orders", "users", "id", 0.0),
        ("quantity", "items", "orders", "id", 0.0),
        ("manager_id", "employees", "teams", "id", naming.MARKED),
        ("manager_note", "employees", "employees", "id", 0.0),
    ],
)
def test_what_a_name_says_of_a_link(column, table, parent, key, evidence):
    assert naming.points(column, table, parent, key) == evidence


# --- keys


def test_the_shop_is_guessed_as_it_is_declared():
    found = tables(make_shop().tables())
    for line in CELL.splitlines():
        assert line.partition(":")[0] in found or line.startswith(" ")
    assert {n: t.primary_key for n, t in found.items()} == dict.fromkeys(found, ("id",))
    assert found["orders"].fk == {"user_id": "users.id"}
    assert found["order_items"].fk == {"order_id": "orders.id", "product_id": "products.id"}
    assert found["order_items"].driver == "order_id"
    assert found["orders"].order_by == "placed_at"
    assert list(found)[-1] == "order_items"


def test_composite_keys_of_tenants():
    declared, data = tangled(np.random.default_rng(1))
    found = tables(data)
    for name, table in declared.tables.items():
        assert set(found[name].primary_key) == set(table.primary_key), name
    links = {(n, k.parent): set(k.columns) for n, t in found.items() for k in t.foreign_keys}
    assert links == {
        ("users", "tenants"): {"tenant"},
        ("users", "users"): {"tenant", "boss"},
        ("kinds", "kinds"): {"above"},
        ("products", "tenants"): {"tenant"},
        ("orders", "users"): {"tenant", "user"},
        ("orders", "products"): {"tenant", "product"},
    }  # 'last' and 'kind' lie in dense keys and their names say too little


def test_a_junction_and_a_line_number_make_composite_keys():
    pairs = [(a, b) for a in range(1, 41) for b in range(1, 31) if (a + b) % 5 == 0]
    joined = frame(student_id=[a for a, _ in pairs], course_id=[b for _, b in pairs])
    lines = frame(order_id=np.repeat(np.arange(1, 101), 3), line_no=np.tile([1, 2, 3], 100), qty=1)
    frames = {
        "students": frame(id=np.arange(1, 41)),
        "courses": frame(id=np.arange(1, 31)),
        "enrolled": joined,
        "orders": frame(id=np.arange(1, 101)),
        "lines": lines,
    }
    found = tables(frames)
    assert found["enrolled"].primary_key == ("student_id", "course_id")
    assert found["lines"].primary_key == ("order_id", "line_no")


def test_pairs_that_are_unique_by_chance_are_no_key():
    rng = np.random.default_rng(5)
    frames = {
        "users": frame(id=np.arange(1, 2001)),
        "items": frame(id=np.arange(1, 2001)),
        "reviews": frame(
            user_id=rng.permutation(2000)[:300] + 1,
            item_id=rng.integers(1, 2001, 300),
            stars=rng.integers(1, 6, 300),
            words=rng.integers(1, 90, 300),
        ),
    }
    frames["reviews"].loc[0, "user_id"] = frames["reviews"].loc[1, "user_id"]
    assert tables(frames)["reviews"].pk is None


@pytest.mark.parametrize("name", ["total", "placed_at", "email", "phone_number", "note"])
def test_unique_values_alone_make_no_key(name):
    values = {
        "total": RNG.permutation(N) / 8,
        "placed_at": pd.date_range("2024-01-01", periods=N),
        "email": [f"u{n}@mail.test" for n in ID],
        "phone_number": [f"+49 30 {2_000_000 + n}" for n in ID],
        "note": [f"word {n} of the long and windy road" for n in ID],
    }[name]
    assert tables({"t": frame(**{name: values})})["t"].pk is None


def test_a_key_must_be_unique_and_complete():
    repeated = frame(id=[*ID[:-1], 1], x=ID)
    missing = frame(id=pd.array([*ID[:-1], None], dtype="Int64"), x=ID)
    assert tables({"t": repeated})["t"].pk is None
    assert tables({"t": missing})["t"].pk is None


def test_a_sample_is_no_proof(monkeypatch):
    monkeypatch.setattr(looks, "SAMPLE_ROWS", 20)
    rows = frame(id=np.r_[np.arange(5000), 7], x=0)
    assert sample_rows(rows, 20)["id"].is_unique
    assert tables({"t": rows})["t"].pk is None


# --- links


def test_small_numbers_inside_of_a_dense_key_are_no_links():
    rng = np.random.default_rng(2)
    traps = ["quantity", "order", "position", "rank", "item_no", "level", "category", "zone_id"]
    child = frame(id=ID, **{name: rng.integers(1, 9, N) for name in traps})
    parents = {
        name: frame(id=ID, size=rng.integers(1, 50, N))
        for name in ("orders", "positions", "items", "levels", "categories", "users")
    }
    assert foreign({**parents, "lines": child}, "lines") == {}


def test_links_by_role_self_and_short_names():
    rng = np.random.default_rng(3)
    own = rng.integers(1, N + 1, N)
    frames = {
        "teams": frame(id=ID),
        "employees": frame(
            id=ID, manager_id=pd.Series(own, dtype="Int64").mask(ID < 9), emp_ref=own
        ),
        "games": frame(
            id=ID, home_team_id=own, away_team_id=own[::-1], team=rng.permutation(own), emp_id=own
        ),
    }
    found = tables(frames)
    assert found["employees"].fk == {"manager_id": "employees.id"}
    assert found["employees"].nullable_fks == ("manager_id",)
    assert found["games"].fk == {
        "home_team_id": "teams.id", "away_team_id": "teams.id", "team": "teams.id",
        "emp_id": "employees.id",
    }  # fmt: skip


def test_a_few_orphans_make_a_link_nullable_and_many_none():
    users = frame(id=ID)
    few = frame(id=ID, user_id=np.r_[ID[:-10], [9999] * 10])
    many = frame(id=ID, user_id=np.r_[ID[:90], np.full(110, 9999)])
    found = discover({"users": users, "orders": few})
    assert found.metadata.tables["orders"].nullable_fks == ("user_id",)
    (note,) = [n.text for n in found.notes if n.table == "orders"]
    assert note == "user_id: 10 of 200 rows point to no row of users and are treated as null"
    assert foreign({"users": users, "orders": many}, "orders") == {}


def test_values_alone_link_text_keys_but_not_numbers():
    codes = ["".join(p) for p in zip("ABCDEFGHIJ" * 20, "QRSTUVWXYZ" * 20, strict=True)]
    codes = [f"{code}{n:03d}" for n, code in enumerate(codes)]
    rng = np.random.default_rng(4)
    frames = {
        "parts": frame(part_code=codes, size=ID),
        "uses": frame(id=ID, what=rng.choice(codes, N), size=rng.integers(1, 90, N)),
    }
    assert foreign(frames, "uses") == {"what": "parts.part_code"}


def test_types_must_agree():
    frames = {"users": frame(id=ID), "orders": frame(id=ID, user_id=ID.astype(str))}
    assert foreign(frames, "orders") == {}
    floats = frame(id=ID, user_id=pd.Series(ID, dtype=float).mask(ID < 5))
    assert foreign({"users": frame(id=ID), "orders": floats}, "orders") == {"user_id": "users.id"}


def test_a_one_to_one_table_points_to_the_table_of_the_name():
    frames = {"profiles": frame(user_id=ID[:150], x=1.5), "users": frame(user_id=ID, y=2.5)}
    found = tables(frames)
    assert found["profiles"].fk == {"user_id": "users.user_id"}
    assert found["users"].fk == {}


def test_circles_are_cut_at_the_least_sure_link():
    frames = {
        "users": frame(id=ID, last_order_id=ID),
        "orders": frame(id=ID, user_id=ID),
    }
    found = tables(frames)
    assert found["orders"].fk == {"user_id": "users.id"}
    assert found["users"].fk == {}
