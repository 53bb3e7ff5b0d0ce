"""Every check of a description: one message, one hint and one locus each."""

import pytest

from synthohive_jupyter.errors import Problem, SchemaError
from synthohive_jupyter.schema.facts import ColumnFacts, TableFacts
from synthohive_jupyter.schema.metadata import Constraint, Metadata
from synthohive_jupyter.schema.validate import columns_of, context_column, find_problems


def describe(**tables):
    metadata = Metadata()
    for name, options in tables.items():
        metadata.add_table(name, **{"pk": "id", **options})
    return metadata


def problems_of(**tables):
    return find_problems(describe(**tables))


def only(**tables):
    (problem,) = problems_of(**tables)
    return problem


USERS = {"columns": ["id", "age", "city"], "pii_cols": ["email"]}
TO_USERS = {"fk": {"user_id": "users.id"}}


def test_a_sound_description_has_no_problem():
    assert not problems_of(
        users=USERS,
        cities={"pk": ("country", "name"), "keep": True},
        orders={
            "pk": None,
            "fk": {"user_id": "users.id", ("a", "b"): "cities.(country, name)"},
            "parent_context_cols": ["users.age", "city"],
            "linkage_method": "negbinom",
            "driver": "user_id",
            "checks": [("x", "y")],
            "order_by": "x",
            "constraints": {"n": {"dtype": "int", "min": 0, "max": 0}, "s": {"values": ["a"]}},
        },
        staff={"fk": {"boss": "staff.id"}, "nullable_fks": ["boss"]},
    )


def test_no_table():
    assert find_problems(Metadata()) == [
        Problem("the schema has no table", "write one: users: id pk, age int")
    ]


class TestForeignKeys:
    def test_unknown_table(self):
        assert only(users={}, orders={"fk": {"user_id": "usrs.id"}}) == Problem(
            "unknown table 'usrs'", "did you mean 'users'?", ("orders", "fk", "user_id", "table")
        )

    def test_unknown_table_that_is_like_none(self):
        assert only(users={}, orders={"fk": {"x": "qqq.id"}}).hint is None

    def test_a_parent_without_a_key(self):
        assert only(users={"pk": None}, orders=TO_USERS) == Problem(
            "'users' has no primary key, so 'orders.user_id' cannot point to it",
            "mark the key of 'users' with pk",
            ("orders", "fk", "user_id"),
        )

    def test_a_column_that_is_not_the_key(self):
        assert only(users={}, orders={"fk": {"user_id": "users.age"}}) == Problem(
            "'users.age' is not the primary key of 'users'",
            "write 'users.id'",
            ("orders", "fk", "user_id", "column"),
        )

    def test_a_misspelt_key(self):
        problem = only(users={"pk": "user_id"}, orders={"fk": {"u": "users.usre_id"}})
        assert problem.hint == "did you mean 'users.user_id'?"

    def test_a_composite_key_in_another_order_is_fine(self):
        tables = {"a": {"pk": ("x", "y")}, "b": {"fk": {("p", "q"): "a.(y, x)"}}}
        assert not problems_of(**tables)

    def test_another_number_of_columns(self):
        assert only(a={"pk": ("x", "y")}, b={"fk": {("p",): "a.(x, y)"}}) == Problem(
            "the foreign key has 1 columns and its target 2", None, ("b", "fk", "p")
        )

    def test_a_self_reference_that_is_never_null(self):
        assert only(staff={"fk": {"boss": "staff.id"}}) == Problem(
            "'staff.boss' refers to its own table and must be nullable, or no row could be the "
            "first",
            "write 'staff.id?'",
            ("staff", "fk", "boss"),
        )

    def test_a_target_that_cannot_be_read_hides_the_rest(self):
        assert problems_of(
            a={"fk": {"x": "users"}, "linkage_method": "poisson"},
            b={"fk": {("p", "q"): "users.(x", "a": "a.id"}, "parent_context_cols": ["a.z"]},
        ) == [
            Problem(
                "foreign key target 'users' is not of the form 'table.column'",
                locus=("a", "fk", "x"),
            ),
            Problem(
                "foreign key target 'users.(x' is not of the form 'table.column'",
                locus=("b", "fk", "(p, q)"),
            ),
        ]

    def test_a_circle(self):
        problem = only(a={"fk": {"x": "b.id"}}, b={"fk": {"y": "a.id"}})
        assert problem.message == "tables depend on each other in a circle: a → b → a"
        assert problem.locus == ("a", "table")

    def test_circles_are_looked_for_in_sound_tables_only(self):
        problem = only(a={"fk": {"x": "b.id"}}, b={"fk": {"y": "a.id", "z": "c.id"}})
        assert problem.message == "unknown table 'c'"


class TestLinkage:
    def test_unknown_method(self):
        assert only(users={}, orders={**TO_USERS, "linkage_method": "negbinomial"}) == Problem(
            "unknown linkage method 'negbinomial'",
            "did you mean 'negbinom'?",
            ("orders", "linkage", "negbinomial"),
        )

    def test_a_method_that_is_like_none(self):
        problem = only(users={}, orders={**TO_USERS, "linkage_method": "zeta"})
        assert problem.hint == "known: empirical, negbinom, conditional"

    def test_a_driver_that_is_no_foreign_key(self):
        assert only(users={}, orders={**TO_USERS, "driver": "userid"}) == Problem(
            "'userid' is not a foreign key of 'orders'",
            "did you mean 'user_id'?",
            ("orders", "driver", "userid"),
        )

    def test_a_driver_without_any_foreign_key(self):
        assert only(users={"driver": "x"}).hint == "foreign keys: none"

    def test_a_driver_that_refers_to_its_own_table(self):
        options = {"fk": {"boss": "staff.id"}, "nullable_fks": ["boss"], "driver": "boss"}
        problem = only(staff=options)
        assert problem.message == "'boss' refers to its own table and cannot drive it"

    def test_a_driver_that_refers_to_a_kept_table(self):
        problem = only(users={"keep": True}, orders={**TO_USERS, "driver": "user_id"})
        assert problem.message == (
            "'users' is a kept reference table: 'user_id' is learnt as a value and cannot drive"
        )


class TestContext:
    def only(self, *written, users=USERS, **orders):
        options = {**TO_USERS, "parent_context_cols": written, **orders}
        return only(users=users, orders=options)

    def test_misspelt(self):
        assert self.only("users.cty") == Problem(
            "'users.cty' is not a column of 'users' (driving parent of 'orders')",
            "did you mean 'users.city'? Columns: id, age, city, email",
            ("orders", "context", "users.cty"),
        )

    def test_a_bare_name_means_the_driving_parent(self):
        assert self.only("cty").message.startswith("'users.cty' is not a column of 'users'")

    def test_what_is_not_declared_may_be_in_the_data(self):
        options = {**TO_USERS, "parent_context_cols": ["users.date_to"]}
        users = {"columns": ["id", "date_from"]}
        assert not problems_of(users=users, orders=options)
        assert not problems_of(users={}, orders={**options, "parent_context_cols": ["users.idd"]})
        problem = only(users={**users, "strict": True}, orders=options)
        assert problem.hint == "did you mean 'users.date_from'? Columns: id, date_from"

    def test_with_data_every_name_is_known(self):
        text, number = ColumnFacts("text", "string"), ColumnFacts("int", "bigint")
        metadata = describe(users={}, orders={**TO_USERS, "parent_context_cols": ["users.zip"]})
        users = TableFacts({"id": number, "city": text})
        orders = TableFacts({"id": number, "user_id": number})
        (problem,) = find_problems(metadata, {"users": users, "orders": orders})
        assert problem.hint == "Columns: id, city"
        users = TableFacts({"id": number, "zip": text})
        assert not find_problems(metadata, {"users": users, "orders": orders})

    def test_a_key(self):
        assert self.only("users.id") == Problem(
            "'users.id' is a key; keys carry no information for 'orders'",
            "take a column that is not a key",
            ("orders", "context", "users.id"),
        )

    def test_a_foreign_key_of_the_parent(self):
        problem = only(
            users={},
            orders=TO_USERS,
            items={"fk": {"order_id": "orders.id"}, "parent_context_cols": ["orders.user_id"]},
        )
        assert problem.message == "'orders.user_id' is a key; keys carry no information for 'items'"

    def test_a_key_to_a_kept_table_is_a_value(self):
        assert not problems_of(
            cities={"keep": True},
            users={"fk": {"city": "cities.id"}},
            orders={**TO_USERS, "parent_context_cols": ["users.city"]},
        )

    def test_personal_data(self):
        assert self.only("email") == Problem(
            "'users.email' is personal data and cannot be a context of 'orders'",
            locus=("orders", "context", "email"),
        )

    def test_a_root_has_no_context(self):
        assert only(users={"parent_context_cols": ["x"]}) == Problem(
            "'users' has no parent, so it has no context", locus=("users", "context", "x")
        )
        assert not problems_of(users={"parent_context_cols": []})

    def test_a_child_of_kept_tables_has_no_context_either(self):
        problem = self.only("users.age", users={"keep": True})
        assert problem.message == "'orders' has no parent, so it has no context"

    def test_another_table(self):
        problem = only(
            users={}, shops={}, orders={**TO_USERS, "parent_context_cols": ["shops.city"]}
        )
        assert problem == Problem(
            "'shops' is not the driving parent of 'orders' ('users' is)",
            "take a column of 'users', or change the parent with @driver",
            ("orders", "context", "shops.city"),
        )

    def test_no_table(self):
        assert self.only("usrs.age") == Problem(
            "unknown table 'usrs'", "did you mean 'users.age'?", ("orders", "context", "usrs.age")
        )

    def test_a_column_with_a_dot_is_found_whole(self):
        users = {"columns": ["id", "home.city"]}
        assert not problems_of(
            users=users, orders={**TO_USERS, "parent_context_cols": ["home.city"]}
        )

    def test_a_misspelt_parent_does_not_hide_misspelt_columns(self):
        metadata = describe(
            users=USERS,
            orders={"fk": {"user_id": "usrs.id"}, "parent_context_cols": ["users.cty"]},
        )
        assert [problem.locus[1] for problem in find_problems(metadata)] == ["fk", "context"]

    def test_with_a_parent_that_nobody_can_guess_context_is_not_judged(self):
        options = {"fk": {"a": "qqq.id", "b": "users.id"}, "parent_context_cols": ["users.x", "y"]}
        assert only(users=USERS, orders=options).message == "unknown table 'qqq'"


class TestConstraints:
    @pytest.mark.parametrize(
        ("constraint", "message", "hint"),
        [
            (Constraint(min=2, max=1), "range 2..1 is empty (min > max)", None),
            (
                Constraint("date", "2020-01-02", "2020-01-01"),
                "range 2020-01-02..2020-01-01 is empty (min > max)",
                None,
            ),
            (
                Constraint(min="2020-01-01", max=3),
                "range 2020-01-01..3 mixes numbers and dates",
                None,
            ),
            (
                Constraint(min="soon"),
                "'soon' is not a date of the calendar",
                "dates are written 2020-01-31",
            ),
            (
                Constraint(max="20200131"),
                "'20200131' is not a date of the calendar",
                "dates are written 2020-01-31",
            ),
            (
                Constraint(max=float("nan")),
                "the bound nan is not a finite number",
                "leave that end open",
            ),
            (Constraint("cat", min=0), "a column of type 'cat' cannot have the bound 0", None),
            (
                Constraint("int", max="2020-01-01"),
                "a column of type 'int' cannot have the bound 2020-01-01",
                None,
            ),
            (Constraint("date", max=5), "a column of type 'date' cannot have the bound 5", None),
            (Constraint(values=()), "the set of allowed values is empty", None),
        ],
    )
    def test_wrong(self, constraint, message, hint):
        problem = only(t={"constraints": {"c": constraint}})
        assert problem == Problem(message, hint, ("t", "constraint", "c"))

    @pytest.mark.parametrize(
        "constraint",
        [
            Constraint(min=1, max=1),
            Constraint("float", 0, 0.5),
            Constraint("datetime", "2020-01-01", "2020-01-01T10:00"),
            Constraint("datetime", max="2020-01-01 10:00:00.5"),
            Constraint("text", unique=True),
            Constraint(min=-5),
        ],
    )
    def test_right(self, constraint):
        assert not problems_of(t={"constraints": {"c": constraint}})

    def test_unknown_type(self):
        assert only(t={"constraints": {"c": {"dtype": "flaot"}}}) == Problem(
            "unknown type 'flaot'", "did you mean 'float'?", ("t", "column", "c", "type")
        )
        problem = only(t={"constraints": {"c": {"dtype": "xyzzy"}}})
        assert problem.hint == "types: int, float, cat, bool, date, datetime, text, id"


@pytest.mark.parametrize("column", ["id", "user_id"])
def test_personal_data_that_is_a_key(column):
    problem = only(users={}, orders={**TO_USERS, "pii_cols": [column]})
    assert problem.message.startswith(f"'orders.{column}' is a key and cannot be a pii column")
    assert problem.locus == ("orders", "pii", column)


@pytest.mark.parametrize("check", [("a", "a"), ("id", "a"), ("a", "id")])
def test_checks_that_say_nothing(check):
    first, second = check
    assert only(t={"checks": [check]}) == Problem(
        f"check '{first} <= {second}' needs two different columns that are not keys",
        locus=("t", "check", f"{first} <= {second}"),
    )


@pytest.mark.parametrize(
    ("options", "message", "place"),
    [
        ({"combinations": [["a"]]}, "a combination needs at least two columns", ("a",)),
        ({"combinations": [[]]}, "a combination needs at least two columns", ("",)),
        (
            {"combinations": [["a", "b"], ["c", "a"]]},
            "'a' is in two combinations",
            ("c, a", "a"),
        ),
        (
            {"combinations": [["id", "b"]]},
            "'t.id' is a key and cannot be part of a combination",
            ("id, b", "id"),
        ),
        (
            {"combinations": [["a", "b"]], "constraints": {"b": {"unique": True}}},
            "'t.b' is unique, so no combination with it occurs twice",
            ("a, b", "b"),
        ),
    ],
)
def test_combinations_that_cannot_be(options, message, place):
    problem = only(t=options)
    assert (problem.message, problem.locus) == (message, ("t", "together", *place))


def test_a_check_may_reach_out_of_a_combination_and_stand_inside():
    options = {"combinations": [["a", "b"]], "checks": [("a", "b"), ("a", "c")]}
    assert not problems_of(t=options)


def test_strict_tables_order_and_check_declared_columns():
    options = {"columns": ["id", "start"], "order_by": "strat", "checks": [("start", "end")]}
    assert not problems_of(t=options)
    assert problems_of(t={**options, "strict": True}) == [
        Problem(
            "'end' is not a declared column of 't', which is strict",
            "declare it",
            ("t", "check", "start <= end"),
        ),
        Problem(
            "'strat' is not a declared column of 't', which is strict",
            "did you mean 'start'?",
            ("t", "order", "strat"),
        ),
    ]


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("users.age", ("users", "age")),
        ("age", ("users", "age")),
        ("users.home.city", ("users", "home.city")),
        ("home.city", ("home", "city")),
        (".x", ("users", ".x")),
    ],
)
def test_context_column(written, expected):
    assert context_column(describe(users={}, orders=TO_USERS), "orders", written) == expected


def test_context_column_of_a_root_has_no_table():
    assert context_column(describe(users={}), "users", "age") == ("", "age")


def test_columns_of_are_those_of_the_data_if_there_is_any():
    metadata = describe(t={"columns": ["id", "a"]})
    facts = {"t": TableFacts({"z": ColumnFacts("int", "int64")})}
    assert columns_of(metadata, "t", None) == ("id", "a")
    assert columns_of(metadata, "t", {}) == ("id", "a")
    assert columns_of(metadata, "t", facts) == ("z",)


def test_validate_schema_raises_all_at_once():
    metadata = describe(users={"linkage_method": "x"}, orders={"fk": {"a": "usrs.id"}})
    with pytest.raises(SchemaError) as caught:
        metadata.validate_schema()
    assert len(caught.value.problems) == 2
    assert "2 problems" in str(caught.value)
    describe(users={}).validate_schema()
