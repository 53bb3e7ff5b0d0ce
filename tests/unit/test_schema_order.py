"""`SchemaGraph`: adjacency, roots, the order of work, and circles by name."""

import pytest

from synthohive_jupyter.errors import SchemaError
from synthohive_jupyter.schema.graph import SchemaGraph
from synthohive_jupyter.schema.metadata import Metadata


def graph(**parents):
    metadata = Metadata()
    for name, targets in parents.items():
        metadata.add_table(name, "id", {f"{target}_id": f"{target}.id" for target in targets})
    return SchemaGraph(metadata)


def test_a_shop():
    shop = graph(items=["orders", "products"], orders=["users"], users=[], products=[])
    assert shop.adjacency == {
        "items": [], "orders": ["items"], "users": ["orders"], "products": ["items"],
    }  # fmt: skip
    assert shop.parents("items") == ["orders", "products"]
    assert shop.roots() == ["products", "users"]
    assert shop.get_generation_order() == ["products", "users", "orders", "items"]


def test_two_keys_to_one_table_are_one_edge():
    metadata = Metadata()
    metadata.add_table("a", "id")
    metadata.add_table("b", "id", {"x": "a.id", "y": "a.id"})
    assert SchemaGraph(metadata).adjacency == {"a": ["b"], "b": []}


def test_a_table_that_refers_to_itself_is_no_circle():
    tree = graph(a=["a"], b=["a"])
    assert tree.adjacency == {"a": ["b"], "b": []}
    assert tree.roots() == ["a"]
    assert tree.get_generation_order() == ["a", "b"]


def test_targets_that_do_not_exist_are_left_to_the_checks():
    assert graph(a=["nowhere"]).get_generation_order() == ["a"]


def test_no_table_no_order():
    assert SchemaGraph(Metadata()).get_generation_order() == []


@pytest.mark.parametrize(
    ("parents", "circle"),
    [
        ({"a": ["b"], "b": ["a"]}, "a → b → a"),
        ({"a": ["b"], "b": ["c"], "c": ["a"], "d": []}, "a → b → c → a"),
        ({"a": ["c"], "c": ["d"], "d": ["c"]}, "c → d → c"),
        ({"r": [], "a": ["b", "r"], "b": ["a"], "z": ["a"]}, "a → b → a"),
    ],
)
def test_circles_are_named(parents, circle):
    with pytest.raises(ValueError, match="circle") as caught:
        graph(**parents).get_generation_order()
    assert isinstance(caught.value, SchemaError)
    (problem,) = caught.value.problems
    assert problem.message == f"tables depend on each other in a circle: {circle}"
    child, parent = circle.split(" → ")[:2]
    way_out = f"'{child}.{parent}_id -> {parent}.id?'"
    assert problem.hint == f"let a key of it be null with '?', such as {way_out}"
    assert problem.locus == (circle[0], "table")
