"""Ancestors by position: what rows are told, where paths meet, what counts depend on."""

import numpy as np
import pandas as pd
import pytest

from synthohive_jupyter.engine.tables import RealTables
from synthohive_jupyter.io.lookup import taken
from synthohive_jupyter.relational.ancestry import (
    ancestors,
    anchors,
    context_of,
    families,
    groups,
    known_of_parents,
)
from synthohive_jupyter.relational.plan import make_plan
from synthohive_jupyter.schema.metadata import Metadata

DATA = {
    "users": pd.DataFrame({"id": [10, 20, 30], "age": [31, 52, 23]}),
    "addresses": pd.DataFrame({"id": [1, 2, 3], "user_id": [20, 10, 20], "city": ["a", "b", "c"]}),
    "orders": pd.DataFrame(
        {"id": [7, 8, 9], "user_id": [20, None, 10], "address_id": [3, 1, 2], "paid": [5, 6, 7]}
    ),
    "lines": pd.DataFrame({"order_id": [9, 7, 7, 99], "item": ["x", "y", "y", "z"]}),
}


@pytest.fixture(scope="module")
def world():
    metadata = Metadata()
    metadata.add_table("users", pk="id")
    metadata.add_table("addresses", pk="id", fk={"user_id": "users.id"})
    metadata.add_table(
        "orders", pk="id", fk={"user_id": "users.id", "address_id": "addresses.id"},
        driver="user_id", nullable_fks=["user_id"],
    )  # fmt: skip
    metadata.add_table("lines", pk=None, fk={"order_id": "orders.id"}, nullable_fks=["order_id"])
    plan = make_plan(metadata, {name: list(frame.columns) for name, frame in DATA.items()})
    return plan, RealTables(DATA, plan, metadata), metadata


def test_ancestors_are_climbed_and_nobody_leads_to_nobody(world):
    plan, tables, _ = world
    found = ancestors(plan.step("lines"), plan, tables)
    assert {table: positions.tolist() for table, positions in found.items()} == {
        "lines": [0, 1, 2, 3],
        "orders": [2, 0, 0, -1],
        "users": [0, 1, 1, -1],
    }


def test_rows_are_told_of_all_ancestors(world):
    plan, tables, _ = world
    step = plan.step("lines")
    told = context_of(step, ancestors(step, plan, tables), tables, prefix="*")
    assert told.columns.tolist() == ["*paid", "*users.age"]
    assert told["*paid"].tolist()[:3] == [7, 5, 5]
    assert told["*users.age"].tolist()[:3] == [31, 52, 52]
    assert told.iloc[3].isna().all()
    assert [str(dtype) for dtype in told.dtypes] == ["Int64", "Int64"]


def test_two_paths_to_one_table_are_found(world):
    plan, tables, _ = world
    step = plan.step("orders")
    (address,) = step.other_keys
    above = ancestors(step, plan, tables)
    found = anchors(step, address, above, plan, tables)
    assert {table: (own.tolist(), theirs.tolist()) for table, (own, theirs) in found.items()} == {
        "users": ([1, -1, 0], [1, 0, 1])
    }


def test_counts_know_the_parent_and_the_tables_before(world):
    plan, tables, _ = world
    known = known_of_parents(plan.step("orders"), plan, tables)
    assert known.columns.tolist() == ["age", "__count__addresses"]
    assert known["__count__addresses"].tolist() == [1, 2, 0]


def test_equal_columns_have_equal_numbers():
    rows = pd.DataFrame({"tenant": [2, 1, 5], "id": [1, 1, 1]})
    parents = pd.DataFrame({"t": [1, 2, 2], "n": [1, 1, 2]})
    own, theirs = groups(rows, ["tenant"], parents, ["t"])
    assert own.tolist() == [1, 0, -1]
    assert theirs.tolist() == [0, 1, 1]


def test_rows_of_nobody_are_families_of_their_own():
    assert families(np.array([-1, -1])).tolist() == [0, 1]
    assert families(np.zeros(0, dtype=np.int64)).tolist() == []


def test_taken_keeps_types_where_nobody_is_missing():
    rows = pd.DataFrame({"n": [1, 2], "b": [True, False], "s": ["x", "y"]})
    whole = taken(rows, np.array([1, 0, 1]))
    assert [str(t) for t in whole.dtypes] == ["int64", "bool", "object"]
    some = taken(rows, np.array([1, -1]))
    assert [str(t) for t in some.dtypes] == ["Int64", "boolean", "object"]
    assert some["n"].isna().tolist() == [False, True]


def test_tables_are_released_when_nobody_reads_them(world):
    plan, _, metadata = world
    tables = RealTables(DATA, plan, metadata)
    for name in DATA:
        tables.frame(name)
    tables.release([plan.step("users"), plan.step("addresses")])
    assert set(tables._frames) == {"users", "addresses", "orders", "lines"}
    tables.release([plan.step(name) for name in ("users", "addresses", "orders")])
    assert set(tables._frames) == {"users", "orders", "lines"}


def test_paths_may_meet_in_a_kept_table():
    metadata = Metadata()
    metadata.add_table("towns", pk="name", keep=True)
    metadata.add_table("users", pk="id", fk={"town": "towns.name"})
    metadata.add_table("shops", pk="id", fk={"place": "towns.name"})
    metadata.add_table(
        "orders", pk=None, fk={"user": "users.id", "shop": "shops.id"}, driver="user"
    )
    data = {
        "towns": pd.DataFrame({"name": ["Bonn", "Rome"]}),
        "users": pd.DataFrame({"id": [1, 2], "town": ["Rome", "Bonn"]}),
        "shops": pd.DataFrame({"id": [5, 6, 7], "place": ["Bonn", None, "Rome"]}),
        "orders": pd.DataFrame({"user": [2, 1], "shop": [5, 7]}),
    }
    plan = make_plan(metadata, {name: list(frame.columns) for name, frame in data.items()})
    tables, step = RealTables(data, plan, metadata), plan.step("orders")
    found = anchors(step, step.other_keys[0], ancestors(step, plan, tables), plan, tables)
    assert {name: (own.tolist(), other.tolist()) for name, (own, other) in found.items()} == {
        "users.town = place": ([0, 1], [0, -1, 1])
    }
