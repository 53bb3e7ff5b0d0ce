"""`Metadata` and `TableConfig`: what is declared is what is kept, and it survives JSON."""

import json

import pytest

from synthohive_jupyter.errors import SchemaError
from synthohive_jupyter.schema.metadata import (
    Constraint,
    ForeignKey,
    Metadata,
    TableConfig,
    key_name,
    parse_target,
)
from synthohive_jupyter.schema.suggestions import closest, suggest


def make_shop():
    shop = Metadata()
    shop.add_table(
        "users",
        pk="id",
        constraints={"age": {"dtype": "int", "min": 18, "max": 110}, "sex": {"values": ["f", 1]}},
        pii_cols=["email"],
        high_cardinality_cols=["city"],
        columns=["id", "email", "age", "sex", "city"],
    )
    shop.add_table("cities", pk=["country", "name"], keep=True)
    shop.add_table(
        "orders",
        pk=None,
        fk={"user_id": "users.id", ("a", "b"): "cities.(country, name)", "gift": "users.id"},
        parent_context_cols=["users.age"],
        linkage_method="negbinom",
        driver="user_id",
        nullable_fks=["gift"],
        order_by="placed_at",
        checks=[("placed_at", "sent_at")],
        combinations=[["city", "country"]],
        model="ctgan",
        strict=True,
        constraints={"total": Constraint("float", min=0.0, unique=True)},
    )
    return shop


def test_defaults_are_those_of_the_contract():
    metadata = Metadata()
    metadata.add_table("t", "id")
    assert metadata.get_table("t") == TableConfig(name="t", pk="id")
    assert metadata.get_table("t").parent_context_cols is None
    assert not metadata.get_table("t").has_dependencies


def test_lists_become_tuples_and_mappings_constraints():
    users, cities, orders = make_shop().tables.values()
    assert users.constraints["age"] == Constraint("int", 18, 110)
    assert users.constraints["sex"] == Constraint(values=("f", "1"))
    assert (users.pii_cols, users.high_cardinality_cols) == (("email",), ("city",))
    assert cities.pk == ("country", "name")
    assert orders.checks == (("placed_at", "sent_at"),)
    assert orders.combinations == (("city", "country"),)
    assert orders.has_dependencies


@pytest.mark.parametrize(
    ("pk", "key"), [(None, ()), ("id", ("id",)), (("a", "b"), ("a", "b")), (["a", "b"], ("a", "b"))]
)
def test_primary_key(pk, key):
    metadata = Metadata()
    metadata.add_table("t", pk)
    assert metadata.tables["t"].primary_key == key


def test_foreign_keys_come_in_the_order_of_their_names():
    assert make_shop().tables["orders"].foreign_keys == (
        ForeignKey(("a", "b"), "cities", ("country", "name")),
        ForeignKey(("gift",), "users", ("id",), nullable=True),
        ForeignKey(("user_id",), "users", ("id",)),
    )


def test_known_columns_are_named_once_each():
    users, _, orders = make_shop().tables.values()
    assert users.known_columns == ("id", "email", "age", "sex", "city")
    assert orders.known_columns == ("a", "b", "gift", "user_id", "total")


@pytest.mark.parametrize(("columns", "name"), [(("a",), "a"), (("a", "b"), "(a, b)")])
def test_key_name(columns, name):
    assert key_name(columns) == name


@pytest.mark.parametrize(
    ("target", "parts"),
    [
        ("users.id", ("users", ("id",))),
        ("users.(a, b)", ("users", ("a", "b"))),
        ("users.(a)", ("users", ("a",))),
        ("users.my id", ("users", ("my id",))),
        ("users.a.b", ("users", ("a.b",))),
    ],
)
def test_parse_target(target, parts):
    assert parse_target(target) == parts


@pytest.mark.parametrize(
    "target", ["", "users", "users.", ".id", "users.()", "users.(a", "users.a)"]
)
def test_parse_target_refuses_other_forms(target):
    with pytest.raises(SchemaError, match=r"not of the form 'table\.column'"):
        parse_target(target)


@pytest.mark.parametrize(
    ("driver", "parent", "column"),
    [(None, "users", "gift"), ("user_id", "users", "user_id"), ("gift", "users", "gift")],
)
def test_the_driver_is_the_configured_key_or_the_alphabetically_first(driver, parent, column):
    metadata = Metadata()
    metadata.add_table("users", "id")
    metadata.add_table("t", "id", {"user_id": "users.id", "gift": "users.id"}, driver=driver)
    key = metadata.driving_key("t")
    assert (key.parent, key.columns) == (parent, (column,))


def test_keys_to_kept_tables_and_to_the_table_itself_do_not_drive():
    metadata = Metadata()
    metadata.add_table("kept", "id", keep=True)
    metadata.add_table("t", "id", {"a": "kept.id", "b": "t.id"}, nullable_fks=["b"])
    assert metadata.driving_key("t") is None
    assert [key.name for key in metadata.structural_keys("t")] == ["b"]


def test_a_composite_key_drives_by_its_name_or_its_first_column():
    for driver in ("(p, q)", "p"):
        metadata = Metadata()
        metadata.add_table("a", ("x", "y"))
        metadata.add_table("b", "id")
        metadata.add_table("t", None, {"a_b": "b.id", ("p", "q"): "a.(x, y)"}, driver=driver)
        assert metadata.driving_key("t").parent == "a"


def test_a_description_survives_json():
    shop = make_shop()
    again = Metadata.from_dict(json.loads(json.dumps(shop.to_dict())))
    assert again == shop
    assert again.tables["orders"].foreign_keys == shop.tables["orders"].foreign_keys
    assert again.tables["orders"].constraints == shop.tables["orders"].constraints


def test_equality_is_that_of_the_content():
    assert make_shop() == make_shop()
    other = make_shop()
    other.add_table("more", None)
    assert other != make_shop()
    assert make_shop() != "shop"
    with pytest.raises(TypeError, match="unhashable"):
        hash(other)


@pytest.mark.parametrize(
    ("record", "message"),
    [
        ({}, "version None is not known"),
        ({"version": 2, "tables": []}, "version 2 is not known"),
        ({"version": 1}, "damaged"),
        ({"version": 1, "tables": [{"name": "t"}]}, "damaged"),
        ({"version": 1, "tables": [{"name": "t", "pk": None, "fk": [], "no": 1}]}, "damaged"),
        ({"version": 1, "tables": [{"name": "t", "pk": None, "fk": 7}]}, "damaged"),
    ],
)
def test_records_that_are_none(record, message):
    with pytest.raises(SchemaError, match=message):
        Metadata.from_dict(record)


def test_what_add_table_refuses_at_once():
    metadata = Metadata()
    metadata.add_table("t", "id")
    with pytest.raises(SchemaError, match="declared twice"):
        metadata.add_table("t", "id")
    with pytest.raises(SchemaError, match="needs a name"):
        metadata.add_table("", "id")
    with pytest.raises(SchemaError, match=r"constraint of u\.a has no part 'maximum'; known parts"):
        metadata.add_table("u", "id", constraints={"a": {"maximum": 3}})
    assert list(metadata.tables) == ["t"]


def test_get_table_names_what_there_is():
    with pytest.raises(SchemaError, match="unknown table 'usrs'; known tables: users, cities"):
        make_shop().get_table("usrs")
    with pytest.raises(SchemaError, match="known tables: none"):
        Metadata().get_table("t")


def test_repr_is_short():
    assert repr(make_shop()) == "Metadata(users, cities, orders)"


@pytest.mark.parametrize(
    ("name", "known", "meant"),
    [
        ("usrs", ["users", "orders"], "users"),
        ("USERS", ["users"], "users"),
        ("x", ["users"], None),
        ("users", [], None),
    ],
)
def test_closest(name, known, meant):
    assert closest(name, known) == meant


def test_suggestions_show_braces_as_they_are():
    assert suggest("a{}", ["a{}b"], "t.{}") == "did you mean 't.a{}b'?"
    assert suggest("ab", ["abc"], "{}.{x}") == "did you mean 'abc.{x}'?"
    assert suggest("ab", ["xyz"]) is None


def test_a_higher_cutoff_asks_for_more():
    assert closest("date_to", ["date_from"], cutoff=0.82) is None
    assert closest("regoin", ["region"], cutoff=0.82) == "region"


@pytest.mark.parametrize("wrong", ["city", ["city", "country"]])
def test_combinations_are_groups(wrong):
    with pytest.raises(SchemaError, match="groups of columns"):
        Metadata().add_table("t", None, combinations=wrong)


def test_records_from_before_combinations_are_read():
    record = make_shop().to_dict()
    for table in record["tables"]:
        del table["combinations"]
    assert Metadata.from_dict(record).tables["orders"].combinations == ()
