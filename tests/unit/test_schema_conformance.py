"""Every check of data against its description; messages hold counts and names, never values."""

import pandas as pd
import pytest

from synthohive_jupyter.errors import Problem, SchemaError
from synthohive_jupyter.schema.conformance import orphan_notices
from synthohive_jupyter.schema.facts import KINDS, ColumnFacts, KeyFacts, TableFacts
from synthohive_jupyter.schema.metadata import Metadata
from synthohive_jupyter.schema.validate import find_problems


def shop(**orders):
    metadata = Metadata()
    metadata.add_table("users", "id", columns=["id", "age"])
    metadata.add_table("orders", "id", {"user_id": "users.id"}, **orders)
    return metadata


def facts(_label="", _counts=None, **dtypes):
    kinds = {"bigint": "int", "int64": "int", "string": "text", "object": "text"}
    columns = {name: ColumnFacts(kinds.get(dtype, dtype), dtype) for name, dtype in dtypes.items()}
    return TableFacts(columns, label=_label, **(_counts or {}))


USERS = facts(id="bigint", age="int")
ORDERS = facts(id="bigint", user_id="bigint", total="float", at="date")


def problems_of(metadata, **tables):
    return find_problems(metadata, {"users": USERS, "orders": ORDERS, **tables})


def only(metadata, **tables):
    (problem,) = problems_of(metadata, **tables)
    return problem


def test_data_that_fits():
    assert not problems_of(shop(order_by="at", constraints={"total": {"dtype": "float"}}))


def test_data_that_is_missing():
    (problem,) = find_problems(shop(), {"users": USERS})
    assert problem == Problem(
        "data for table 'orders' not found: no variable, temp view or catalog table has that name",
        "give it with @data NAME or path, or make a DataFrame called 'orders' first",
        ("orders", "data"),
    )


def test_data_that_is_missing_under_another_name():
    (problem,) = find_problems(shop(), {"users": USERS}, sources={"orders": "s3://b/o.csv"})
    assert problem == Problem(
        (
            "data 's3://b/o.csv' for table 'orders' not found: no variable, temp view or catalog table "
            "has that name, and no path is called so"
        ),
        "correct it, or make a DataFrame of that name first",
        ("orders", "data"),
    )


def test_data_is_not_judged_by_a_broken_description():
    problem = only(shop(linkage_method="x"), orders=facts(id="bigint"))
    assert problem.locus[1] == "linkage"


def test_a_declared_column_that_is_missing():
    assert only(shop(), users=facts(id="bigint", aeg="int")) == Problem(
        "'age' is not a column of the data of 'users'",
        "did you mean 'aeg'? Columns: id, aeg",
        ("users", "column", "age"),
    )


def test_a_missing_key_is_reported_once():
    assert only(shop(), orders=facts(id="bigint", total="float")) == Problem(
        "'user_id' is not a column of the data of 'orders'",
        "Columns: id, total",
        ("orders", "column", "user_id"),
    )


def test_names_in_properties():
    metadata = shop(
        order_by="day",
        checks=[("at", "sent_at"), ("at", "total")],
        combinations=[("at", "place")],
    )
    assert [(problem.message, problem.locus) for problem in problems_of(metadata)] == [
        (
            "'sent_at' is not a column of the data of 'orders'",
            ("orders", "check", "at <= sent_at"),
        ),
        (
            "'place' is not a column of the data of 'orders'",
            ("orders", "together", "at, place", "place"),
        ),
        ("'day' is not a column of the data of 'orders'", ("orders", "order", "day")),
    ]


@pytest.mark.parametrize(
    ("declared", "fitting"),
    [
        ("int", "int float bool"),
        ("float", "int float bool"),
        ("bool", "bool int float text"),
        ("date", "date datetime text"),
        ("datetime", "date datetime text"),
        ("cat", "int float bool text date datetime binary other"),
        ("text", "int float bool text date datetime binary other"),
        ("id", "int float bool text date datetime binary other"),
    ],
)
def test_declared_types(declared, fitting):
    metadata = shop(constraints={"c": {"dtype": declared}})
    for kind in KINDS:
        found = problems_of(metadata, orders=facts(id="bigint", user_id="bigint", c=kind))
        if kind in fitting.split():
            assert not found
        else:
            assert found == [
                Problem(
                    f"'orders.c' is declared {declared}, the data is {kind}",
                    "change the type, or convert the data",
                    ("orders", "column", "c", "type"),
                )
            ]


def test_primary_keys():
    counts = {"pk_nulls": 1200, "pk_duplicates": 3}
    found = problems_of(shop(), users=facts(_counts=counts, id="bigint", age="int"))
    assert found == [
        Problem(
            "primary key 'users.id' is null in 1,200 rows",
            "drop these rows, or choose another key",
            ("users", "pk"),
        ),
        Problem(
            "primary key 'users.id' is not unique: 3 rows share their key with another",
            "choose another key, a composite one, or none",
            ("users", "pk"),
        ),
    ]


def test_a_composite_primary_key_is_called_by_all_its_columns():
    metadata = Metadata()
    metadata.add_table("t", ("a", "b"))
    t = facts(_counts={"pk_duplicates": 2}, a="int", b="int")
    (problem,) = find_problems(metadata, {"t": t})
    assert problem.message.startswith("primary key 't.(a, b)' is not unique")


@pytest.mark.parametrize(
    ("label", "hint"),
    [
        (
            "Spark DataFrame",
            (
                'cast one of them, e.g. orders = orders.withColumn("user_id", '
                'col("user_id").cast("bigint"))'
            ),
        ),
        ("DataFrame", 'cast one of them, e.g. orders = orders.astype({"user_id": "bigint"})'),
        ("", "convert one of them to the type of the other"),
    ],
)
def test_keys_of_another_type(label, hint):
    orders = facts(label, id="bigint", user_id="string")
    assert only(shop(), orders=orders) == Problem(
        "foreign key type differs: orders.user_id is string, users.id is bigint",
        hint,
        ("orders", "fk", "user_id"),
    )


def test_integer_keys_with_nulls_are_floats_in_pandas():
    assert not problems_of(shop(), orders=facts(id="bigint", user_id="float"))


KEYS = {"keys": {"user_id": KeyFacts(nulls=5, orphans=1234)}}


def test_nulls_and_orphans():
    orders = facts(_counts=KEYS, id="bigint", user_id="bigint")
    assert problems_of(shop(), orders=orders) == [
        Problem(
            "foreign key 'orders.user_id' is null in 5 rows",
            "write 'users.id?' to allow nulls, or drop these rows",
            ("orders", "fk", "user_id"),
        ),
        Problem(
            "1,234 rows of 'orders' point by 'user_id' to no row of 'users'",
            "write 'users.id?' to treat them as null, or drop these rows",
            ("orders", "fk", "user_id"),
        ),
    ]
    assert not problems_of(shop(nullable_fks=["user_id"]), orders=orders)


def test_counts_of_zero_are_no_problem():
    keys = {"keys": {"user_id": KeyFacts(0, 0)}, "pk_nulls": 0, "pk_duplicates": 0}
    assert not problems_of(shop(), orders=facts(_counts=keys, id="bigint", user_id="bigint"))


def test_keys_are_compared_only_with_parents_whose_data_is_there():
    orders = facts(id="bigint", user_id="string")
    (problem,) = find_problems(shop(), {"orders": orders})
    assert problem.locus == ("users", "data")


def test_validate_schema_takes_frames():
    users = pd.DataFrame({"id": [1, 2], "age": [30, 40]})
    orders = pd.DataFrame({"id": [1], "user_id": ["1"]})
    with pytest.raises(SchemaError, match=r"foreign key type differs: orders\.user_id is object"):
        shop().validate_schema({"users": users, "orders": orders})
    shop().validate_schema({"users": users, "orders": orders.astype({"user_id": "int64"})})


def test_a_key_column_without_any_value_has_no_type_to_differ():
    columns = {**ORDERS.columns, "user_id": ColumnFacts("text", "object", nulls=3)}
    empty = TableFacts(columns, rows=3)
    assert not problems_of(shop(nullable_fks=["user_id"]), orders=empty)
    some = TableFacts(columns, rows=4)
    assert "type differs" in only(shop(nullable_fks=["user_id"]), orders=some).message


@pytest.mark.parametrize(
    ("columns", "kept", "sound"),
    [
        ({"id": ColumnFacts("float", "float64", fractions=True)}, False, False),
        ({"id": ColumnFacts("float", "float64", fractions=True)}, True, True),
        ({"id": ColumnFacts("float", "float64")}, False, True),
        ({"id": ColumnFacts("bool", "bool")}, False, False),
        ({"id": ColumnFacts("date", "object")}, False, True),
        ({"id": ColumnFacts("binary", "binary")}, False, False),
    ],
)
def test_primary_keys_in_which_nobody_can_count(columns, kept, sound):
    metadata = Metadata()
    metadata.add_table("t", "id", keep=kept)
    found = find_problems(metadata, {"t": TableFacts(columns)})
    dtype = columns["id"].dtype
    message = (
        "the primary key 't.id' cannot be made unique, because nobody can count in a column of "
        f"type '{dtype}'"
    )
    assert [problem.message for problem in found] == ([] if sound else [message])


def test_one_column_to_count_in_is_enough():
    metadata = Metadata()
    metadata.add_table("t", ("n", "x"))
    fraction = ColumnFacts("float", "double", fractions=True)
    assert not find_problems(
        metadata, {"t": TableFacts({"n": ColumnFacts("int", "int"), "x": fraction})}
    )
    (problem,) = find_problems(metadata, {"t": TableFacts({"n": fraction, "x": fraction})})
    assert "'t.(n, x)'" in problem.message


def company(nullable):
    """Return a description with a composite key and one to its own table."""
    metadata = Metadata()
    metadata.add_table("firms", ("land", "id"))
    metadata.add_table(
        "staff",
        "id",
        {("land", "firm"): "firms.(land, id)", "boss": "staff.id"},
        nullable_fks=["boss", "(land, firm)"] if nullable else ["boss"],
    )
    number = ColumnFacts("int", "int64")
    counted = {"(land, firm)": KeyFacts(nulls=7, orphans=3), "boss": KeyFacts(nulls=1, orphans=40)}
    known = {
        "firms": TableFacts({"land": number, "id": number}, rows=5),
        "staff": TableFacts(
            dict.fromkeys(("id", "land", "firm", "boss"), number), rows=400, keys=counted
        ),
    }
    return metadata, known


def test_orphans_of_nullable_keys_are_told():
    metadata, known = company(nullable=True)
    assert not find_problems(metadata, known)
    assert orphan_notices(metadata, known) == [
        (
            "staff",
            (
                "3 of 400 rows (0.75 %) point by '(land, firm)' to no row of 'firms' and are treated "
                "as null"
            ),
        ),
        (
            "staff",
            "40 of 400 rows (10 %) point by 'boss' to no row of 'staff' and are treated as null",
        ),
    ]
    assert orphan_notices(metadata, {}) == []


def test_orphans_of_other_keys_are_refused():
    metadata, known = company(nullable=False)
    assert find_problems(metadata, known)[1] == Problem(
        "3 rows of 'staff' point by '(land, firm)' to no row of 'firms'",
        "write 'firms.(land, id)?' to treat them as null, or drop these rows",
        ("staff", "fk", "(land, firm)"),
    )
    assert [text for _, text in orphan_notices(metadata, known)] == [
        "40 of 400 rows (10 %) point by 'boss' to no row of 'staff' and are treated as null"
    ]


def test_orphans_of_kept_tables_stay():
    metadata, number = Metadata(), ColumnFacts("int", "int64")
    metadata.add_table("lands", "id", keep=True)
    metadata.add_table("towns", "id", {"land": "lands.id"}, nullable_fks=["land"], keep=True)
    known = {
        "lands": TableFacts({"id": number}, rows=1),
        "towns": TableFacts(
            {"id": number, "land": number}, rows=3, keys={"land": KeyFacts(0, orphans=3)}
        ),
    }
    text = "3 of 3 rows (100 %) point by 'land' to no row of 'lands' and stay as they are"
    assert orphan_notices(metadata, known) == [("towns", text)]
