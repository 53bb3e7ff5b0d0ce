"""`make_plan`: roles, drivers, contexts, and what this version says it cannot do."""

import pytest

from synthohive_jupyter.errors import SchemaError
from synthohive_jupyter.relational.plan import MAX_CONTEXT, make_plan, unsupported
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
    assert orders.context_names == ("region", "age")
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
    assert plan.step("orders").context_names == expected


def test_missing_context_column_is_a_schema_error():
    with pytest.raises(SchemaError, match=r"'regoin'.*did you mean 'region'") as caught:
        make_plan(shop(parent_context_cols=["users.regoin"]), COLUMNS)
    assert caught.value.problems[0].locus == ("orders", "context", "users.regoin")


def test_personal_data_is_no_context():
    with pytest.raises(SchemaError, match="'age'"):
        make_plan(shop(parent_context_cols=["age"]), COLUMNS, unmodelled={"users": ["age"]})
    plan = make_plan(shop(), COLUMNS, unmodelled={"users": ["age"]})
    assert plan.step("orders").context_names == ("email", "region")


def test_texts_are_no_context_unless_declared():
    metadata = Metadata()
    metadata.add_table("users", pk="id", constraints={"note": {"dtype": "text"}})
    metadata.add_table("orders", pk=None, fk={"user_id": "users.id"})
    columns = {"users": ["id", "note", "age"], "orders": ["user_id"]}
    assert make_plan(metadata, columns).step("orders").context_names == ("age",)


def test_strict_tables_leave_out_what_is_not_declared():
    metadata = Metadata()
    metadata.add_table("users", pk="id", constraints={"age": {"dtype": "int"}}, strict=True)
    step = make_plan(metadata, {"users": ["id", "age", "secret"]}).step("users")
    assert step.columns == ("id", "age")
    assert step.modelled_columns == ("age",)


def test_every_way_to_number():
    metadata = Metadata()
    metadata.add_table("users", pk="id")
    metadata.add_table("clubs", pk="id")
    metadata.add_table("profiles", pk="user_id", fk={"user_id": "users.id"})
    metadata.add_table("lines", pk=("user_id", "line"), fk={"user_id": "users.id"})
    metadata.add_table("log", pk=None, fk={"user_id": "users.id"})
    metadata.add_table(
        "members", pk=("user_id", "club_id"), fk={"user_id": "users.id", "club_id": "clubs.id"}
    )
    metadata.add_table("weather", pk=("place", "hour"))
    columns = {
        "users": {"id": "int"}, "clubs": {"id": "int"}, "profiles": {"user_id": "int"},
        "lines": {"user_id": "int", "line": "int"}, "log": {"user_id": "int"},
        "members": {"user_id": "int", "club_id": "int"},
        "weather": {"place": "text", "hour": "datetime"},
    }  # fmt: skip
    plan = make_plan(metadata, columns)
    assert {s.table: (s.number_column, s.unique_key, s.bounds) for s in plan.steps} == {
        "users": ("id", None, (0, None)),
        "clubs": ("id", None, (0, None)),
        "profiles": (None, None, (0, 1)),
        "lines": ("line", None, (0, None)),
        "log": (None, None, (0, None)),
        "members": (None, "user_id", (0, None)),
        "weather": ("hour", None, (0, None)),
    }
    assert plan.step("lines").number_within == ("user_id",)
    assert plan.step("weather").modelled_columns == ("place",)


def test_self_reference_does_not_drive():
    metadata = Metadata()
    metadata.add_table("staff", pk="id", fk={"boss": "staff.id"}, nullable_fks=["boss"])
    step = make_plan(metadata, {"staff": ["id", "boss", "age"]}).step("staff")
    assert step.role == "root"
    assert [key.name for key in step.self_keys] == ["boss"]
    assert step.parents == ()
    assert step.modelled_columns == ("age",)


def test_what_cannot_be_done_is_said_for_every_table():
    metadata = Metadata()
    metadata.add_table("d", pk="id")
    metadata.add_table("f", pk="id", fk={"d_id": "d.id"}, keep=True)
    metadata.add_table("pairs", pk=("x", "y"))
    metadata.add_table("g", pk="a", fk={("a", "b"): "pairs.(x, y)"})
    problems = unsupported(metadata)
    assert [problem.locus for problem in problems] == [("f", "fk", "d_id"), ("g", "pk")]
    assert all(problem.hint for problem in problems)
    with pytest.raises(SchemaError) as caught:
        make_plan(metadata, {"d": ["id"], "f": ["id"], "pairs": ["x", "y"], "g": ["a", "b"]})
    assert len(caught.value.problems) == 2


def deep():
    metadata = Metadata()
    metadata.add_table("users", pk="id")
    metadata.add_table("orders", pk="id", fk={"user_id": "users.id"})
    metadata.add_table("lines", pk="id", fk={"order_id": "orders.id"})
    return metadata


DEEP = {
    "users": {"id": "int", "age": "int"},
    "orders": {"id": "int", "user_id": "int", "age": "int", "paid": "date", "note": "text"},
    "lines": {"id": "int", "order_id": "int", "item": "text"},
}


def test_all_ancestors_are_told_by_default_nearest_first():
    step = make_plan(deep(), DEEP).step("lines")
    assert step.context_names == ("age", "paid", "note", "users.age")
    assert step.ancestors == ("orders", "users")
    assert dict(step.reasons) == {
        "driver": "the first of its foreign keys by name",
        "context": "all that is learnt of its ancestors",
        "siblings": "in the order of their key",
    }


def test_wide_ancestors_are_told_in_part():
    wide = {f"c{i}": "int" for i in range(100)}
    step = make_plan(deep(), DEEP | {"orders": DEEP["orders"] | wide}).step("lines")
    assert len(step.context) == MAX_CONTEXT
    assert "nearest 64 of the 104" in dict(step.reasons)["context"]


@pytest.mark.parametrize(
    ("declared", "order", "siblings"),
    [(None, "paid", True), ("age", "age", True), ("none", None, False)],
)
def test_the_order_of_siblings(declared, order, siblings):
    metadata = Metadata()
    metadata.add_table("users", pk="id")
    metadata.add_table("orders", pk="id", fk={"user_id": "users.id"}, order_by=declared)
    step = make_plan(metadata, {"users": DEEP["users"], "orders": DEEP["orders"]}).step("orders")
    assert (step.order_by, step.siblings) == (order, siblings)
    assert bool(step.history_columns) == siblings


def test_a_circle_is_broken_at_its_nullable_key():
    metadata = Metadata()
    metadata.add_table("teams", pk="id", fk={"boss": "people.id"}, nullable_fks=["boss"])
    metadata.add_table("people", pk="id", fk={"team": "teams.id"})
    plan = make_plan(metadata, {"teams": ["id", "boss"], "people": ["id", "team"]})
    assert [step.table for step in plan.steps] == ["teams", "people"]
    assert plan.step("teams").deferred_keys == ("boss",)
    assert plan.step("teams").role == "root"
    assert plan.settled_after() == {"teams": {"people"}, "people": set()}
    assert "closes a circle" in str(plan)


def test_only_parents_that_nobody_has_read_adopt():
    metadata = Metadata()
    metadata.add_table("accounts", pk="id")
    metadata.add_table("clients", pk="id")
    links = {"account_id": "accounts.id", "client_id": "clients.id"}
    metadata.add_table("links", pk="id", fk=links)
    columns = {"accounts": ["id"], "clients": ["id"], "links": ["id", *links]}
    assert make_plan(metadata, columns).step("links").adopting == ("client_id",)
    # Where clients live they may move; what is part of their own key stays.
    for pk, adopting in (("id", ("client_id",)), (("town", "id"), ())):
        towns = Metadata()
        towns.add_table("towns", pk="id")
        towns.add_table("clients", pk=pk, fk={"town": "towns.id"})
        towns.add_table("accounts", pk="id")
        to_client = {"client_id": "clients.id"} if pk == "id" else {
            ("town", "client_id"): "clients.(town, id)"
        }  # fmt: skip
        towns.add_table(
            "links", pk=None, fk={"account_id": "accounts.id", **to_client}, driver="account_id"
        )
        every = {
            "towns": ["id"], "clients": ["id", "town"], "accounts": ["id"],
            "links": ["account_id", "client_id", "town"],
        }  # fmt: skip
        found = make_plan(towns, every).step("links").adopting
        assert found == adopting
    metadata.add_table("cards", pk="id", fk={"client_id": "clients.id"})
    columns["cards"] = ["id", "client_id"]
    assert make_plan(metadata, columns).step("links").adopting == ()


def test_reads_as_text():
    lines = str(make_plan(shop(linkage_method="negbinom", children=(1, 9)), COLUMNS)).splitlines()
    assert lines == [
        " 1. shops (kept)",
        "     kept     copied as it is",
        " 2. users (root)",
        "     learnt   region, age",
        " 3. orders (child)",
        "     learnt   shop, total",
        "     driver   user_id -> users (declared)",
        "     counts   negbinom [1..9]",
        "     given    region, age (all that is learnt of its ancestors)",
        "     siblings told (in the order of their key)",
        "     parent   gift_to -> users by what it looks for",
        "     value    shop -> shops, which is kept",
    ]


def test_unknown_step():
    with pytest.raises(SchemaError, match="users"):
        make_plan(shop(), COLUMNS).step("usrs")
