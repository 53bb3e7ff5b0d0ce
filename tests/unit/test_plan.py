"""`make_plan`: roles, drivers, contexts, and what this version says it cannot do."""

import pytest

from synthohive_jupyter.errors import SchemaError
from synthohive_jupyter.relational.plan import make_plan, unsupported
from synthohive_jupyter.schema.metadata import Metadata


def shop(**orders):
    metadata = Metadata()
    metadata.add_table("users", pk="id", pii_cols=["email"])
    metadata.add_table("shops", pk="code", keep=True)
    metadata.add_table(
        "orders",
        pk="id",
        fk={"user_id": "users.id", "shop": "shops.code", "gift_to": "users.id"},
        nullable_fks=["gift_to"],
        **{"driver": "user_id", **orders},
    )
    return metadata


COLUMNS = {
    "users": ["id", "email", "region", "age"],
    "shops": ["code", "city"],
    "orders": ["id", "user_id", "gift_to", "shop", "total"],
}


def test_roles_keys_and_columns():
    plan = make_plan(shop(), COLUMNS)
    users, orders, shops = (plan.step(name) for name in ("users", "orders", "shops"))
    assert (users.role, orders.role, shops.role) == ("root", "child", "kept")
    assert plan.roots == ("users",)
    assert users.modelled_columns == ("region", "age")
    assert orders.driver.name == "user_id"
    assert [key.name for key in orders.other_keys] == ["gift_to"]
    assert [key.name for key in orders.kept_keys] == ["shop"]
    assert orders.modelled_columns == ("shop", "total")
    assert orders.context_columns == ("region", "age")
    assert orders.parents == ("users", "shops")
    assert orders.number_column == "id"
    assert [step.table for step in plan.readers("users")] == ["orders"]


def test_driver_is_the_alphabetically_first_unless_configured():
    assert make_plan(shop(driver=None), COLUMNS).step("orders").driver.name == "gift_to"
    assert make_plan(shop(), COLUMNS).step("orders").driver.name == "user_id"


@pytest.mark.parametrize(
    ("declared", "expected"),
    [(["users.age"], ("age",)), (["age", "age"], ("age",)), ([], ())],
)
def test_declared_context(declared, expected):
    plan = make_plan(shop(parent_context_cols=declared), COLUMNS)
    assert plan.step("orders").context_columns == expected


def test_missing_context_column_is_a_schema_error():
    with pytest.raises(SchemaError, match=r"'regoin'.*did you mean 'region'") as caught:
        make_plan(shop(parent_context_cols=["users.regoin"]), COLUMNS)
    assert caught.value.problems[0].locus == ("orders", "context", "regoin")


def test_personal_data_is_no_context():
    with pytest.raises(SchemaError, match="'age'"):
        make_plan(shop(parent_context_cols=["age"]), COLUMNS, unmodelled={"users": ["age"]})
    plan = make_plan(shop(), COLUMNS, unmodelled={"users": ["age"]})
    assert plan.step("orders").context_columns == ("email", "region")


def test_texts_are_no_context_unless_declared():
    metadata = Metadata()
    metadata.add_table("users", pk="id", constraints={"note": {"dtype": "text"}})
    metadata.add_table("orders", pk=None, fk={"user_id": "users.id"})
    columns = {"users": ["id", "note", "age"], "orders": ["user_id"]}
    assert make_plan(metadata, columns).step("orders").context_columns == ("age",)


def test_strict_tables_leave_out_what_is_not_declared():
    metadata = Metadata()
    metadata.add_table("users", pk="id", constraints={"age": {"dtype": "int"}}, strict=True)
    step = make_plan(metadata, {"users": ["id", "age", "secret"]}).step("users")
    assert step.columns == ("id", "age")
    assert step.modelled_columns == ("age",)


def test_every_way_to_number():
    metadata = Metadata()
    metadata.add_table("users", pk="id")
    metadata.add_table("profiles", pk="user_id", fk={"user_id": "users.id"})
    metadata.add_table("lines", pk=("user_id", "line"), fk={"user_id": "users.id"})
    metadata.add_table("log", pk=None, fk={"user_id": "users.id"})
    columns = {
        "users": ["id"], "profiles": ["user_id"], "lines": ["user_id", "line"], "log": ["user_id"],
    }  # fmt: skip
    plan = make_plan(metadata, columns)
    assert {s.table: (s.numbering, s.number_column) for s in plan.steps} == {
        "users": ("table", "id"),
        "profiles": ("driver", None),
        "lines": ("family", "line"),
        "log": ("none", None),
    }


def test_self_reference_does_not_drive():
    metadata = Metadata()
    metadata.add_table("staff", pk="id", fk={"boss": "staff.id"}, nullable_fks=["boss"])
    step = make_plan(metadata, {"staff": ["id", "boss", "age"]}).step("staff")
    assert step.role == "root"
    assert [key.name for key in step.self_keys] == ["boss"]
    assert step.parents == ()
    assert step.modelled_columns == ("age",)


def bad_tables():
    metadata = Metadata()
    metadata.add_table("a", pk=("x", "y"))
    metadata.add_table("b", pk="id", fk={("ax", "ay"): "a.(x, y)"})
    metadata.add_table("c", pk=("u", "v"), fk={"u": "d.id", "v": "e.id"})
    metadata.add_table("d", pk="id")
    metadata.add_table("e", pk="id")
    metadata.add_table("f", pk="id", fk={"d_id": "d.id"}, keep=True)
    metadata.add_table("g", pk="d_id", fk={"d_id": "d.id"}, nullable_fks=["d_id"])
    return metadata


def test_what_cannot_be_done_is_said_for_every_table():
    problems = unsupported(bad_tables())
    assert [problem.locus for problem in problems] == [
        ("a", "pk"),
        ("b", "fk", "(ax, ay)"),
        ("c", "pk"),
        ("f", "fk", "d_id"),
        ("g", "pk"),
    ]
    assert all(problem.hint for problem in problems)
    with pytest.raises(SchemaError) as caught:
        make_plan(bad_tables(), {name: ["id"] for name in "abcdefg"})
    assert len(caught.value.problems) == 5


def test_reads_as_text():
    text = str(make_plan(shop(linkage_method="negbinom"), COLUMNS))
    orders = (
        "3. orders (child): driven by user_id -> users, negbinom counts; columns learnt: shop, "
        "total; given region, age of its parent; gift_to -> users by its degrees; "
        "shop -> shops learnt as a value"
    )
    assert text.splitlines() == [
        "1. shops: kept as it is",
        "2. users (root): columns learnt: region, age",
        orders,
    ]


def test_unknown_step():
    with pytest.raises(SchemaError, match="users"):
        make_plan(shop(), COLUMNS).step("usrs")
