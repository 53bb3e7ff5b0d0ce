"""Verbs over pandas frames, matching of keys, samples: everything of io that needs no engine."""

from __future__ import annotations

import datetime as dt
import subprocess
import sys
import uuid
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest

from synthohive_jupyter.errors import DataError
from synthohive_jupyter.io import convert, frames
from synthohive_jupyter.io.lookup import locate
from synthohive_jupyter.schema.facts import KeyFacts
from synthohive_jupyter.schema.metadata import Metadata


def test_importing_the_verbs_loads_no_spark():
    code = (
        "import sys, synthohive_jupyter.io.frames, synthohive_jupyter.io.session, "
        "synthohive_jupyter.io.spark, synthohive_jupyter.io.sampler; "
        "synthohive_jupyter.io.session.find_session(namespace={}); "
        "print([m for m in ('pyspark', 'pysail', 'grpc') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


# --- matching -------------------------------------------------------------------------------

SAME_KEYS = [
    pd.Series([3, 1, 2, 9]),
    pd.Series([3.0, 1.0, 2.0, 9.0]),
    pd.Series([3, 1, 2, 9], dtype="Int64"),
    pd.Series([3, 1, 2, 9], dtype="uint8"),
    pd.Series([3, 1, 2, 9], dtype="category"),
    pd.Series([Decimal(3), Decimal(1), Decimal(2), Decimal(9)]),
]


@pytest.mark.parametrize("child", SAME_KEYS, ids=lambda s: str(s.dtype))
@pytest.mark.parametrize("parent", SAME_KEYS, ids=lambda s: str(s.dtype))
def test_numbers_match_whatever_their_dtype(child, parent):
    places = locate(child.to_frame("c"), ["c"], parent.iloc[:3].to_frame("p"), ["p"])
    assert places.tolist() == [0, 1, 2, -1]


@pytest.mark.parametrize("dtype", [object, "string", "category"])
def test_text_matches_text_of_any_dtype_and_nulls_match_nothing(dtype):
    child = pd.DataFrame({"c": pd.Series(["b", None, "z"], dtype=dtype)})
    parent = pd.DataFrame({"p": pd.Series([None, "a", "b", "b"])})
    assert locate(child, ["c"], parent, ["p"]).tolist() == [2, -1, -1]


def test_large_integers_are_matched_exactly():
    big = 2**60 + 1
    child = pd.DataFrame({"c": pd.Series([big, big + 1, None], dtype="Int64")})
    parent = pd.DataFrame({"p": [big - 1, big]})
    assert locate(child, ["c"], parent, ["p"]).tolist() == [1, -1, -1]


def test_composite_keys_match_as_a_whole():
    child = pd.DataFrame({"a": [2, 1, 1, 2, None], "b": ["y", "x", "y", "x", "x"]})
    parent = pd.DataFrame({"p": [2, 1], "q": ["y", "x"]})
    assert locate(child, ["a", "b"], parent, ["p", "q"]).tolist() == [0, 1, -1, -1, -1]


def test_empty_sides_match_nothing():
    child = pd.DataFrame({"c": [1, 2]})
    assert locate(child, ["c"], child.iloc[:0], ["c"]).tolist() == [-1, -1]
    assert locate(child.iloc[:0], ["c"], child, ["c"]).tolist() == []


# --- verbs ----------------------------------------------------------------------------------


def test_count_values_leaves_nulls_out_and_sorts():
    data = pd.DataFrame({"k": [2.0, 1.0, None, 2.0]})
    expected = pd.DataFrame({"k": [1.0, 2.0], "count": [1, 2]})
    pd.testing.assert_frame_equal(frames.count_values(data, "k"), expected)
    with pytest.raises(DataError, match="rename"):
        frames.count_values(data.rename(columns={"k": "count"}), "count")


def test_context_keeps_order_index_and_integers():
    child = pd.DataFrame({"fk": [2.0, None, 1.0]}, index=[10, 11, 12])
    parent = pd.DataFrame({"id": [1, 2], "age": [30, 40], "ok": [True, False], "fk": ["u", "v"]})
    wide = frames.left_join_context(child, parent, fk="fk", pk="id", columns=["age", "ok", "fk"])
    assert list(wide.columns) == ["fk", "__ctx__age", "__ctx__ok", "__ctx__fk"]
    assert wide.index.tolist() == [10, 11, 12]
    assert wide["__ctx__age"].tolist() == [40, pd.NA, 30]
    assert str(wide["__ctx__age"].dtype) == "Int64"
    assert wide["__ctx__fk"].fillna("-").tolist() == ["v", "-", "u"]
    whole = frames.left_join_context(child.iloc[[0, 2]], parent, fk="fk", pk="id", columns=["age"])
    assert str(whole["__ctx__age"].dtype) == "int64"


def test_facts_count_what_is_wrong_with_keys():
    schema = Metadata()
    schema.add_table("users", pk="id")
    schema.add_table("orders", pk=None, fk={"user_id": "users.id", "gone": "users.id"})
    users = pd.DataFrame({"id": [1, 2, 2, None], "when": [dt.date(2020, 1, 1), None, None, None]})
    orders = pd.DataFrame({"user_id": [1.0, 7.0, None, 2.0]})
    found = frames.facts({"users": users, "orders": orders}, schema)
    assert (found["users"].rows, found["users"].pk_duplicates, found["users"].pk_nulls) == (4, 2, 1)
    assert found["users"].columns["when"].kind == "date"
    assert found["users"].columns["when"].nulls == 3
    assert found["orders"].keys["user_id"].nulls == 1
    assert found["orders"].keys["user_id"].orphans == 1
    assert "gone" not in found["orders"].keys  # a missing column is the schema check's to report
    with pytest.raises(DataError, match="two columns"):
        frames.facts({"users": pd.DataFrame([[1, 2]], columns=["id", "id"])}, schema)


# --- conversion -----------------------------------------------------------------------------


def test_arrow_types_are_spark_types():
    data = pd.DataFrame(
        {
            "unsigned": pd.Series([1, 2], dtype="uint32"),
            "cat": pd.Series([1, None], dtype="category"),
            "ns": pd.to_datetime(["2020-01-01", None]),
            "half": np.array([1, 2], dtype="float16"),
            "null": [None, None],
        }
    )
    types = [str(t) for t in convert.to_arrow(data).schema.types]
    assert types == ["int64", "int64", "timestamp[us]", "float", "string"]


@pytest.mark.parametrize(
    "values",
    [
        ["secret", 1],
        [uuid.uuid4()],
        [2**80],
        pd.period_range("2020", periods=1, freq="D"),
        [object()],
    ],
    ids=["mixed", "uuid", "huge", "period", "object"],
)
def test_what_spark_cannot_hold_is_named_by_column_and_not_by_value(values):
    with pytest.raises(DataError) as caught:
        convert.to_arrow(pd.DataFrame({"odd": values}))
    assert caught.value.column == "odd"
    assert "secret" not in str(caught.value)
    # Arrow quotes the value in its own message, so that must not be chained.
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__ or caught.value.__context__ is None


def test_repeated_names_are_refused():
    with pytest.raises(DataError, match="two columns"):
        convert.to_arrow(pd.DataFrame([[1, 2]], columns=["a", "a"]))


# --- composite keys -------------------------------------------------------------------------

TENANTS = pd.DataFrame({"id": ["x", "y", "z"], "size": [1, 2, 3]})
STAFF = pd.DataFrame(
    {
        "tenant": ["x", "x", "x", "y", "y", "z"],
        "id": [1, 2, 3, 1, 2, 1],
        "boss": [None, 1, 9, None, 1, 1],
        "age": [60, 50, 40, 61, 51, 62],
    }
)
TASKS = pd.DataFrame(
    {
        "worker": [1.0, 2.0, None, 2.0, 1.0, 7.0],
        "firm": ["x", "y", "x", "y", None, "z"],
    },
    index=range(10, 16),
)


def company(**staff):
    """Return a description with composite keys, one of them to its own table."""
    metadata = Metadata()
    metadata.add_table("tenants", "id")
    metadata.add_table(
        "staff",
        ("tenant", "id"),
        {"tenant": "tenants.id", ("tenant", "boss"): "staff.(tenant, id)"},
        nullable_fks=["(tenant, boss)"],
        driver="tenant",
        **staff,
    )
    # The parent's columns stand in another order than in its primary key.
    metadata.add_table(
        "tasks", None, {("worker", "firm"): "staff.(id, tenant)"}, nullable_fks=["(worker, firm)"]
    )
    return metadata


def test_composite_keys_are_counted_as_a_whole():
    metadata = company(children=(1, 3))
    metadata.validate_schema()
    found = frames.facts({"tenants": TENANTS, "staff": STAFF, "tasks": TASKS}, metadata)
    assert (found["staff"].pk_duplicates, found["staff"].pk_nulls) == (0, 0)
    # Boss 9 of x is nobody; nobody has a boss of another tenant.
    assert found["staff"].keys["(tenant, boss)"] == KeyFacts(nulls=2, orphans=1)
    assert found["staff"].keys["tenant"] == KeyFacts(nulls=0, orphans=0, children=(1, 3))
    # A null in one column is no reference, so only worker 7 of z is an orphan.
    assert found["tasks"].keys["(worker, firm)"] == KeyFacts(nulls=2, orphans=1)
    again = frames.facts({"staff": pd.concat([STAFF, STAFF.iloc[[4]]])}, metadata)
    assert again["staff"].pk_duplicates == 2


def test_bounds_are_counted_with_childless_parents():
    more = pd.concat([TENANTS, pd.DataFrame({"id": ["w"], "size": [0]})])
    found = frames.facts({"tenants": more, "staff": STAFF}, company(children=(1, 3)))
    assert found["staff"].keys["tenant"].children == (0, 3)
    nobody = frames.facts({"tenants": more[:0], "staff": STAFF}, company(children=(1, 3)))
    assert nobody["staff"].keys["tenant"].children is None
    unasked = frames.facts({"tenants": more, "staff": STAFF}, company())
    assert unasked["staff"].keys["tenant"].children is None


def test_composite_keys_join_and_count_in_any_order_of_columns():
    keys = {"fk": ["worker", "firm"], "pk": ["id", "tenant"]}
    assert frames.child_counts(STAFF, TASKS, **keys).tolist() == [1, 0, 0, 0, 2, 0]
    wide = frames.left_join_context(TASKS, STAFF, columns=["age", "tenant"], **keys)
    assert wide.index.tolist() == list(range(10, 16))
    assert wide["__ctx__age"].tolist() == [60, 51, pd.NA, 51, pd.NA, pd.NA]
    assert wide["__ctx__tenant"].tolist()[:2] == ["x", "y"]
    counts = frames.count_values(TASKS, ["firm", "worker"])
    assert counts.to_dict("list") == {
        "firm": ["x", "y", "z"],
        "worker": [1.0, 2.0, 7.0],
        "count": [1, 2, 1],
    }


@pytest.mark.parametrize(
    ("values", "fractions"),
    [
        ([1.0, 2.5], True),
        ([1.0, 2.0, None], False),
        ([Decimal("1.5")], True),
        ([Decimal(2)], False),
        ([float("inf")], True),
    ],
)
def test_numbers_in_keys_are_whole_or_not(values, fractions):
    schema = Metadata()
    schema.add_table("t", "id")
    found = frames.facts({"t": pd.DataFrame({"id": values, "x": 0.5})}, schema)["t"]
    assert found.columns["id"].fractions is fractions
    # Looked at in keys alone.
    assert not found.columns["x"].fractions


MOMENTS = pd.Series(pd.date_range("2024-01-01", periods=4, freq="h"))


@pytest.mark.parametrize(
    "child",
    [MOMENTS, MOMENTS.astype("datetime64[us]"), MOMENTS.astype(object)],
    ids=["ns", "us", "objects"],
)
@pytest.mark.parametrize("parent", [MOMENTS, MOMENTS.astype(object)], ids=["ns", "objects"])
def test_times_match_whatever_their_dtype(child, parent):
    places = locate(child.to_frame("c"), ["c"], parent[::-1].to_frame("p"), ["p"])
    assert places.tolist() == [3, 2, 1, 0]


def test_dates_match_dates():
    days = pd.Series([dt.date(2024, 1, d) for d in (3, 1, 2)], dtype=object)
    assert locate(days.to_frame("c"), ["c"], days[:2].to_frame("p"), ["p"]).tolist() == [0, 1, -1]
