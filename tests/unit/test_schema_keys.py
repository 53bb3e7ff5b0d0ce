"""Every form of key that a description may have, and the few that no database can be made of."""

import pytest

from synthohive_jupyter.errors import Problem, SchemaError
from synthohive_jupyter.schema.facts import ColumnFacts, KeyFacts, TableFacts
from synthohive_jupyter.schema.metadata import Metadata
from synthohive_jupyter.schema.validate import context_column, find_problems

TENANTS = {"tenants": {"pk": "id"}}
USERS = {"users": {"pk": ("tenant", "id"), "fk": {"tenant": "tenants.id"}}}
PRODUCTS = {"products": {"pk": ("id", "tenant"), "fk": {"tenant": "tenants.id"}}}


def describe(tables):
    metadata = Metadata()
    for name, options in tables.items():
        metadata.add_table(name, **{"pk": "id", **options})
    return metadata


def only(tables):
    (problem,) = find_problems(describe(tables))
    return problem


SOUND = {
    "a key that is primary and foreign": {"a": {}, "b": {"pk": "a_id", "fk": {"a_id": "a.id"}}},
    "a primary key of two foreign ones": {
        "a": {}, "b": {},
        "ab": {"pk": ("a_id", "b_id"), "fk": {"a_id": "a.id", "b_id": "b.id"}},
    },
    "a composite key that is primary and foreign": {
        **TENANTS, **USERS,
        "badges": {"pk": ("t", "u"), "fk": {("t", "u"): "users.(tenant, id)"}},
    },
    "columns shared by keys": {
        **TENANTS, **USERS, **PRODUCTS,
        "orders": {
            "pk": None,
            "fk": {("tenant", "user"): "users.(tenant, id)", ("product", "tenant"): "products.(id, tenant)"},
        },
    },
    "a key that is part of another": {
        **TENANTS, **USERS,
        "orders": {"fk": {"tenant": "tenants.id", ("tenant", "user"): "users.(tenant, id)"}},
    },
    "a part of a shared key that is null": {
        **TENANTS, **USERS,
        "orders": {
            "fk": {"tenant": "tenants.id", ("tenant", "user"): "users.(tenant, id)"},
            "nullable_fks": ["(tenant, user)"],
        },
    },
    "columns in another order than the parent's": {
        **TENANTS, **USERS, "x": {"fk": {("u", "t"): "users.(id, tenant)"}},
    },
    "a composite key to its own table": {
        **TENANTS,
        "staff": {
            "pk": ("tenant", "id"),
            "fk": {"tenant": "tenants.id", ("tenant", "boss"): "staff.(tenant, id)"},
            "nullable_fks": ["(tenant, boss)"],
        },
    },
    "several keys to one table": {
        "places": {}, "trips": {"fk": {"origin": "places.id", "target": "places.id"}},
    },
    "several keys to its own table": {
        "people": {
            "fk": {"father": "people.id", "mother": "people.id"},
            "nullable_fks": ["father", "mother"],
        },
    },
    "natural keys": {
        "days": {"pk": "day", "constraints": {"day": {"dtype": "date"}}},
        "weather": {
            "pk": ("origin", "hour"),
            "constraints": {"origin": {"dtype": "cat"}, "hour": {"dtype": "datetime"}},
        },
        "flights": {"pk": None, "fk": {("origin", "hour"): "weather.(origin, hour)"}},
    },
    "a measure beside a number in a key": {
        "t": {"pk": ("n", "x"), "constraints": {"x": {"dtype": "float"}}},
    },
    "a kept key that two tables share": {
        "airports": {"keep": True},
        "weather": {"pk": ("origin", "hour"), "fk": {"origin": "airports.id"}},
        "flights": {"fk": {("origin", "hour"): "weather.(origin, hour)", "origin": "airports.id"}},
    },
    "kept tables that refer to kept ones": {
        "continents": {"keep": True}, "countries": {"keep": True, "fk": {"c": "continents.id"}},
    },
    "a key of fractions that is kept": {
        "sizes": {"pk": "cm", "keep": True, "constraints": {"cm": {"dtype": "float"}}},
    },
}  # fmt: skip


@pytest.mark.parametrize("tables", SOUND.values(), ids=SOUND.keys())
def test_key_forms(tables):
    assert not find_problems(describe(tables))


WRONG = {
    "nullable inside the primary key": (
        {"a": {}, "b": {"pk": ("a", "n"), "fk": {"a": "a.id"}, "nullable_fks": ["a"]}},
        "'b.a' cannot be nullable, because its columns are part of the primary key",
        "write 'a.id' without '?'",
        ("b", "fk", "a"),
    ),
    "nullable inside a key that is not": (
        {
            **TENANTS, **USERS,
            "o": {
                "fk": {("t", "u"): "users.(tenant, id)", "t": "tenants.id"},
                "nullable_fks": ["t"],
            },
        },
        "'o.t' cannot be nullable, because its columns are part of keys that are never null",
        "write 'tenants.id' without '?'",
        ("o", "fk", "t"),
    ),
    "its own table inside the primary key": (
        {"t": {"pk": ("a", "b"), "fk": {("a", "b"): "t.(a, b)"}, "nullable_fks": ["(a, b)"]}},
        (
            "'t.(a, b)' refers to its own table and can never be null, because its columns are part of "
            "other keys: no row could be the first"
        ),
        "leave this key out, or give the table a primary key of its own",
        ("t", "fk", "(a, b)"),
    ),
    "a primary key of another row": (
        {"t": {"pk": ("a", "b"), "fk": {("b", "c"): "t.(a, b)"}, "nullable_fks": ["(b, c)"]}},
        "'b' of the primary key of 't' would be the 'a' of another row of it",
        "leave '(b, c)' out, or take 'b' out of the primary key",
        ("t", "pk"),
    ),
    "a column twice in the primary key": (
        {"t": {"pk": ("a", "a")}},
        "the primary key of 't' has a column twice",
        "remove one",
        ("t", "pk"),
    ),
    "a target that names a column twice": (
        {"t": {"pk": ("x", "y")}, "u": {"fk": {("a", "b", "c"): "t.(x, y, x)"}}},
        "'t.(x, y, x)' is not the primary key of 't'",
        "did you mean 't.(x, y)'?",
        ("u", "fk", "(a, b, c)", "column"),
    ),
    "a foreign key with a column twice": (
        {"t": {"pk": ("x", "y")}, "u": {"fk": {("a", "a"): "t.(x, y)"}}},
        "the foreign key '(a, a)' has a column twice",
        "remove one",
        ("u", "fk", "(a, a)"),
    ),
    "nullable and no key": (
        {"a": {}, "b": {"fk": {"a_id": "a.id"}, "nullable_fks": ["aid"]}},
        "'aid' is not a foreign key of 'b', so it cannot be nullable",
        "did you mean 'a_id'?",
        ("b", "fk", "aid"),
    ),
    "a kept table that refers to another": (
        {"a": {}, "b": {"keep": True, "fk": {"a_id": "a.id"}}},
        "the kept table 'b' refers by 'a_id' to 'a', whose keys will be new ones",
        "keep 'a' too, or do not keep 'b'",
        ("b", "fk", "a_id"),
    ),
    "a key of fractions": (
        {"t": {"constraints": {"id": {"dtype": "float"}}}},
        (
            "the primary key 't.id' cannot be made unique, because nobody can count in a column of "
            "type 'float'"
        ),
        "take a key of whole numbers, text or dates, add such a column, or declare no pk",
        ("t", "pk"),
    ),
    "a truth value beside a foreign key": (
        {"a": {}, "b": {"pk": ("a", "ok"), "fk": {"a": "a.id"}, "constraints": {"ok": {"dtype": "bool"}}}},
        (
            "the primary key 'b.(a, ok)' cannot be made unique, because nobody can count in a column "
            "of type 'bool'"
        ),
        "take a key of whole numbers, text or dates, add such a column, or declare no pk",
        ("b", "pk"),
    ),
    "a value that is to be a number": (
        {
            "a": {}, "k": {"keep": True, "pk": "x"}, "c": {"pk": ("a", "n"), "fk": {"a": "a.id"}},
            "b": {"fk": {("n", "a"): "c.(n, a)", "a": "k.x"}},
        },
        "'b.a' points to the kept table 'k', but the 'a' of '(n, a)' will be a new key of 'c'",
        "leave 'a' out, or keep 'c' too",
        ("b", "fk", "a"),
    ),
    "a driver that begins two keys": (
        {
            **TENANTS, **USERS, **PRODUCTS,
            "o": {
                "fk": {("t", "u"): "users.(tenant, id)", ("t", "p"): "products.(tenant, id)"},
                "driver": "t",
            },
        },
        "'t' begins 2 foreign keys of 'o'",
        "write (t, p) or (t, u)",
        ("o", "driver", "t"),
    ),
}  # fmt: skip


@pytest.mark.parametrize(("tables", "message", "hint", "locus"), WRONG.values(), ids=WRONG.keys())
def test_keys_that_cannot_be(tables, message, hint, locus):
    assert only(tables) == Problem(message, hint, locus)


def test_a_driver_that_is_a_key_is_not_mistaken_for_one_it_begins():
    metadata = describe(SOUND["a key that is part of another"])
    orders = metadata.tables["orders"]
    assert metadata.driving_key("orders").name == "(tenant, user)"
    metadata.tables["orders"] = type(orders)("orders", "id", orders.fk, driver="tenant")
    assert metadata.driving_key("orders").name == "tenant"
    assert not find_problems(metadata)


@pytest.mark.parametrize(
    ("form", "key", "null"),
    [
        ("a part of a shared key that is null", "(tenant, user)", ("user",)),
        ("a composite key to its own table", "(tenant, boss)", ("boss",)),
        ("several keys to its own table", "father", ("father",)),
        ("columns shared by keys", "(tenant, user)", ("user",)),
        ("columns in another order than the parent's", "(u, t)", ("u", "t")),
        ("a key that is primary and foreign", "a_id", ()),
    ],
)
def test_the_columns_that_are_null_without_a_parent(form, key, null):
    metadata = describe(SOUND[form])
    found = [(t, k) for t in metadata.tables.values() for k in t.foreign_keys if k.name == key]
    ((table, foreign),) = found
    assert table.null_columns(foreign) == null


def test_all_columns_of_a_key_that_another_nullable_key_shares_may_be_null():
    tables = {
        "x": {"pk": ("a", "b")},
        "y": {"pk": "a"},
        "t": {"fk": {("p", "q"): "x.(a, b)", "p": "y.a"}, "nullable_fks": ["(p, q)", "p"]},
    }
    table = describe(tables).tables["t"]
    assert {key.name: table.null_columns(key) for key in table.foreign_keys} == {
        "(p, q)": ("q",),
        "p": ("p",),
    }


class TestChildren:
    """Bounds of the rows per driving parent."""

    def only(self, children, **orders):
        options = {"fk": {"user": "users.id"}, "children": children, **orders}
        return only({"users": {}, "orders": options})

    @pytest.mark.parametrize("bounds", [(0, 1), (1, None), (5, 5), [2, 3], (0, None)])
    def test_sound(self, bounds):
        options = {"fk": {"user": "users.id"}, "children": bounds}
        metadata = describe({"users": {}, "orders": options})
        assert not find_problems(metadata)
        assert metadata.tables["orders"].children == tuple(bounds)
        assert Metadata.from_dict(metadata.to_dict()) == metadata

    @pytest.mark.parametrize(
        ("bounds", "shown"), [((2, 1), "[2..1]"), ((-1, None), "[-1..]"), ((0, 0), "[0..0]")]
    )
    def test_no_number_fits(self, bounds, shown):
        assert self.only(bounds) == Problem(
            f"the bounds {shown} of the rows per parent allow no number",
            "write the smaller number first, both from 0: [1..20], [0..1] or [1..]",
            ("orders", "linkage", "children"),
        )

    @pytest.mark.parametrize(
        "bounds", [(1,), (1, 2, 3), 5, "12", (None, 3), (1.5, 2), (True, 2), (1, False)]
    )
    def test_another_form(self, bounds):
        with pytest.raises(SchemaError, match=r"children of 't' are the smallest and the largest"):
            Metadata().add_table("t", "id", children=bounds)

    def test_without_a_parent(self):
        assert only({"users": {"children": (1, 2)}}) == Problem(
            "'users' has no driving parent, so it has no number of rows per parent",
            "remove the bounds",
            ("users", "linkage", "children"),
        )
        problem = only({"users": {"children": (1, 2), "keep": True}})
        assert problem.message.startswith("'users' is kept as it is")

    def test_a_misspelt_parent_is_the_only_problem(self):
        options = {"fk": {"user": "usrs.id"}, "children": (1, 2)}
        assert only({"users": {}, "orders": options}).message == "unknown table 'usrs'"

    def test_one_to_one(self):
        problem = self.only((2, 9), pk="user")
        assert problem.message == (
            "each row of 'users' has at most one of 'orders', because its primary key is the key "
            "to it: there cannot be 2"
        )
        assert problem.hint == "write [0..1] or [1..1], or give it another primary key"

    @pytest.mark.parametrize(
        ("declared", "hint"), [((1, 20), "[0..33]"), ((1, None), "[0..]"), ((0, 20), "[0..33]")]
    )
    def test_data_outside(self, declared, hint):
        options = {"fk": {"user": "users.id"}, "children": declared}
        number = ColumnFacts("int", "int64")
        facts = {
            "users": TableFacts({"id": number}),
            "orders": TableFacts(
                {"id": number, "user": number}, keys={"user": KeyFacts(0, 0, (0, 33))}
            ),
        }
        (problem,) = find_problems(describe({"users": {}, "orders": options}), facts)
        low, high = declared
        shown = f"[{low}..{'' if high is None else high}]"
        assert problem == Problem(
            f"rows of 'users' have from 0 to 33 rows of 'orders', outside of {shown}",
            f"write '@linkage {hint}', or drop these rows",
            ("orders", "linkage", "children"),
        )
        inside = describe({"users": {}, "orders": {**options, "children": (0, 33)}})
        assert not find_problems(inside, facts)


class TestAncestors:
    """Contexts from the tables above the driving parent."""

    tables = {
        "shops": {"columns": ["id", "city"]},
        "users": {"fk": {"shop": "shops.id"}, "columns": ["id", "region"], "pii_cols": ["mail"]},
        "products": {"columns": ["id", "price"]},
        "orders": {"fk": {"user": "users.id"}},
    }

    def items(self, *written):
        fk = {"order": "orders.id", "product": "products.id"}
        return {**self.tables, "items": {"pk": None, "fk": fk, "parent_context_cols": written}}

    def test_all_tables_above(self):
        metadata = describe(self.items("users.region", "shops.city", "total"))
        assert not find_problems(metadata)
        assert metadata.driving_chain("items") == ("orders", "users", "shops")
        written = metadata.tables["items"].parent_context_cols
        assert [context_column(metadata, "items", name) for name in written] == [
            ("users", "region"),
            ("shops", "city"),
            ("orders", "total"),
        ]

    def test_a_table_that_is_not_above(self):
        assert only(self.items("products.price")) == Problem(
            "'products' is not above 'items' by its driving parents ('orders', 'users', 'shops')",
            "take a column of 'orders' or 'users' or 'shops', or change the parent with @driver",
            ("items", "context", "products.price"),
        )

    def test_a_misspelt_column_above(self):
        assert only(self.items("users.regoin")) == Problem(
            "'users.regoin' is not a column of 'users' (above 'items')",
            "did you mean 'users.region'? Columns: id, region, shop, mail",
            ("items", "context", "users.regoin"),
        )

    @pytest.mark.parametrize(
        ("written", "what"), [("users.shop", "a key"), ("users.mail", "personal data")]
    )
    def test_what_carries_no_information_above(self, written, what):
        assert f"'{written}' is {what}" in only(self.items(written)).message

    def test_a_misspelt_parent_hides_nothing(self):
        tables = self.items("users.regoin")
        tables["items"]["fk"] = {"order": "ordrs.id"}
        messages = [problem.message for problem in find_problems(describe(tables))]
        assert messages == [
            "unknown table 'ordrs'",
            "'users.regoin' is not a column of 'users' (above 'items')",
        ]


@pytest.mark.parametrize(
    ("written", "column"), [(None, None), ("none", None), ('"none"', "none"), ("day", "day")]
)
def test_the_order_of_siblings(written, column):
    metadata = describe({"t": {"order_by": written, "columns": ["id", "day"], "strict": True}})
    assert metadata.tables["t"].order_column == column
    found = [problem.message for problem in find_problems(metadata)]
    expected = "'none' is not a declared column of 't', which is strict"
    assert found == ([expected] if column == "none" else [])
