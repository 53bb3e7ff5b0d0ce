"""Cycles of tables: broken at nullable keys, always at the same ones, or refused by name."""

import time

import pytest

from synthohive_jupyter.errors import SchemaError
from synthohive_jupyter.schema.cycles import find_cycle
from synthohive_jupyter.schema.graph import SchemaGraph
from synthohive_jupyter.schema.metadata import Metadata
from synthohive_jupyter.schema.validate import find_problems


def describe(*keys, driver=None, keep=(), pk=None):
    """Describe tables by their keys, ``child.column>parent``; a final ``?`` makes one nullable."""
    tables: dict[str, dict[str, str]] = {}
    nullable: dict[str, list[str]] = {}
    for text in keys:
        place, parent = text.rstrip("?").split(">")
        child, column = place.split(".")
        tables.setdefault(child, {})[column] = f"{parent}.id"
        tables.setdefault(parent, {})
        if text.endswith("?"):
            nullable.setdefault(child, []).append(column)
    metadata = Metadata()
    for name, fk in tables.items():
        metadata.add_table(
            name,
            (pk or {}).get(name, "id"),
            fk,
            nullable_fks=nullable.get(name, []),
            driver=(driver or {}).get(name),
            keep=name in keep,
        )
    return metadata


@pytest.mark.parametrize(
    ("keys", "deferred", "order"),
    [
        (
            ["users.favourite>orders?", "orders.user>users"],
            {("users", "favourite")},
            ["users", "orders"],
        ),
        # Of two that would do the alphabetically first one waits.
        (["b.x>a?", "a.y>b?"], {("a", "y")}, ["a", "b"]),
        # One key of a cycle is enough.
        (["a.x>b?", "b.x>c?", "c.x>a?"], {("a", "x")}, ["a", "c", "b"]),
        # Two cycles share a key: that one waits, not one of each.
        (
            ["a.x>b?", "b.x>c?", "c.x>a?", "d.x>b?", "c.y>d?", "z.a>a"],
            {("b", "x")},
            ["b", "a", "d", "c", "z"],
        ),
        # Both keys of one step have to wait, or the single one of the other step.
        (["a.x>b?", "a.y>b?", "b.z>a?"], {("b", "z")}, ["b", "a"]),
        (["a.x>b?", "a.y>b?", "b.z>a"], {("a", "x"), ("a", "y")}, ["a", "b"]),
        # A nullable key in no cycle waits for nothing, nor does one to its own table.
        (["a.x>b?", "b.me>b?"], set(), ["b", "a"]),
        # Two cycles that have nothing in common.
        (["a.x>b?", "b.x>a", "c.x>d?", "d.x>c"], {("a", "x"), ("c", "x")}, ["a", "b", "c", "d"]),
    ],
)
def test_cycles_are_broken_at_the_fewest_nullable_keys(keys, deferred, order):
    for arranged in (keys, keys[::-1]):
        metadata = describe(*arranged)
        graph = SchemaGraph(metadata)
        assert graph.deferred == metadata.deferred == deferred
        assert graph.get_generation_order() == order
        assert not find_problems(metadata)


def test_a_declared_driver_does_not_wait_where_another_key_can():
    metadata = describe("a.x>b?", "b.y>a?", driver={"a": "x"})
    assert metadata.deferred == {("b", "y")}
    assert metadata.driving_key("a").parent == "b"
    assert metadata.driving_key("b") is None


def test_a_declared_driver_that_must_wait_is_a_problem():
    (problem,) = find_problems(describe("a.x>b?", "b.y>a", driver={"a": "x"}))
    assert problem.message == (
        "'x' closes a circle of tables: 'b' is generated after 'a' and cannot drive it"
    )
    assert problem.hint == "take another driver, or let another key of the circle be null with '?'"
    assert problem.locus == ("a", "driver", "x")


def test_a_deferred_key_never_drives_and_is_no_edge():
    metadata = describe("users.favourite>orders?", "users.shop>shops", "orders.user>users")
    graph = SchemaGraph(metadata)
    assert metadata.driving_key("users").parent == "shops"
    assert graph.adjacency == {"users": ["orders"], "orders": [], "shops": ["users"]}
    assert graph.parents("users") == ["shops"]
    assert metadata.driving_chain("orders") == ("users", "shops")
    only = describe("users.favourite>orders?", "orders.user>users")
    assert SchemaGraph(only).roots() == ["users"]
    assert only.driving_key("users") is None


def test_what_was_found_follows_the_description():
    metadata = describe("a.x>b?", "b.y>a?")
    assert metadata.deferred == {("a", "x")}
    del metadata.tables["b"]
    metadata.add_table("b", "id")
    assert metadata.deferred == frozenset()


@pytest.mark.parametrize(
    ("keys", "pk", "circle", "hint"),
    [
        (["a.x>b", "b.y>a"], {}, "a → b → a", "let a key of it be null with '?', such as 'a.x -> b.id?'"),
        # Of the first step two keys would have to be null, of the second one.
        (["a.x>b", "a.y>b", "b.z>a"], {}, "a → b → a", "let a key of it be null with '?', such as 'b.z -> a.id?'"),
        (["a.x>b", "a.y>b", "b.v>a", "b.w>a"], {}, "a → b → a", "let these keys of it be null with '?': a.x -> b.id?, a.y -> b.id?"),
        # A key that is null already is no advice, and a part of a primary key can never be.
        (["a.x>b?", "a.y>b", "b.z>a"], {"b": "z"}, "a → b → a", "let a key of it be null with '?', such as 'a.y -> b.id?'"),
        (["a.x>b", "b.z>a"], {"a": "x", "b": "z"}, "a → b → a", "leave out one of these foreign keys"),
    ],
)  # fmt: skip
def test_a_cycle_that_cannot_be_broken_is_named_with_the_way_out(keys, pk, circle, hint):
    metadata = describe(*keys, pk=pk)
    graph = SchemaGraph(metadata)
    assert graph.deferred == frozenset()
    with pytest.raises(SchemaError) as caught:
        graph.get_generation_order()
    (problem,) = caught.value.problems
    assert problem.message == f"tables depend on each other in a circle: {circle}"
    assert (problem.hint, problem.locus) == (hint, ("a", "table"))


def test_kept_tables_wait_for_nothing():
    metadata = describe("a.x>b", "b.y>a", "c.a>a", keep=("a", "b"))
    assert metadata.deferred == frozenset()
    assert SchemaGraph(metadata).get_generation_order() == ["a", "b", "c"]
    assert not find_problems(metadata)


def test_a_composite_key_waits_under_its_name():
    metadata = Metadata()
    metadata.add_table("shops", "id")
    metadata.add_table(
        "users",
        ("shop", "id"),
        {"shop": "shops.id", ("shop", "last"): "orders.(shop, id)"},
        nullable_fks=["(shop, last)"],
    )
    metadata.add_table(
        "orders", ("shop", "id"), {"shop": "shops.id", ("user", "shop"): "users.(id, shop)"}
    )
    assert not find_problems(metadata)
    assert metadata.deferred == {("users", "(shop, last)")}
    users = metadata.tables["users"]
    assert users.null_columns(users.foreign_keys[0]) == ("last",)


def test_many_tangled_cycles_are_broken_in_no_time():
    tables = [f"t{i:02d}" for i in range(24)]
    keys = [f"{a}.to_{b}>{b}?" for i, a in enumerate(tables) for b in tables[i + 1 : i + 5]]
    keys += [f"{b}.to_{a}>{a}?" for i, a in enumerate(tables) for b in tables[i + 1 : i + 4]]
    start = time.process_time()
    graph = SchemaGraph(describe(*keys))
    assert sorted(graph.get_generation_order()) == tables
    assert time.process_time() - start < 5


def test_the_cycle_of_a_few_edges():
    assert find_cycle([("a", "b"), ("b", "c")]) == []
    assert find_cycle([("x", "a"), ("a", "b"), ("b", "a")]) == ["a", "b", "a"]
