"""`TableFacts`: types of pandas, Arrow and Spark are one vocabulary."""

import datetime as dt
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest

from synthohive_jupyter.schema.facts import KINDS, ColumnFacts, TableFacts, describe, kind_of


@pytest.mark.parametrize(
    ("kind", "dtypes"),
    [
        ("int", "int8 int64 Int64 uint16 UInt8 bigint smallint tinyint long short byte int64[pyarrow]"),
        ("float", "float32 float64 Float64 double decimal(10,2) decimal128(10,2) halffloat double[pyarrow]"),
        ("bool", "bool boolean bool[pyarrow]"),
        ("text", "object str string string[pyarrow] large_string utf8 varchar(20) char(3) category dictionary<values=string,indices=int8>"),
        ("date", "date date32[day]"),
        ("datetime", "datetime64[ns] datetime64[us,UTC] timestamp timestamp_ntz timestamp[us]"),
        ("binary", "binary large_binary bytes"),
        ("other", "array<int> map<string,int> struct<a:int> list<item:int64> timedelta64[ns] interval[int64] duration[ns] period[D] complex128 void variant"),
    ],
)  # fmt: skip
def test_kinds(kind, dtypes):
    assert kind in KINDS
    assert {dtype: kind_of(dtype) for dtype in dtypes.split()} == dict.fromkeys(
        dtypes.split(), kind
    )


def test_a_pandas_frame():
    frame = pd.DataFrame(
        {
            "id": [1, 2],
            "price": [0.5, np.nan],
            "name": ["a", None],
            "at": pd.to_datetime(["2020-01-01", "2020-01-02"]),
            7: pd.array([1, None], dtype="Int64"),
        }
    )
    facts = describe(frame)
    assert {name: column.kind for name, column in facts.columns.items()} == {
        "id": "int", "price": "float", "name": "text", "at": "datetime", "7": "int",
    }  # fmt: skip
    assert facts.columns["7"] == ColumnFacts("int", "Int64")
    assert (facts.rows, facts.pk_nulls, facts.keys) == (None, None, {})


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (Decimal("1.5"), "float"),
        (dt.date(2020, 1, 1), "date"),
        (dt.datetime(2020, 1, 1, tzinfo=dt.UTC), "datetime"),
        (pd.Timestamp("2020-01-01"), "datetime"),
        (3, "int"),
        (2.5, "float"),
        (True, "bool"),
        (b"x", "binary"),
        ("x", "text"),
        (object(), "text"),
        (None, "text"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_objects_are_judged_by_the_first_one(value, kind):
    frame = pd.DataFrame({"x": [1, 2], "a": pd.Series([None, value], dtype=object)})
    assert describe(frame).columns["a"] == ColumnFacts(kind, "object")


def test_columns_of_the_same_name_do_not_hurt():
    frame = pd.DataFrame([[1, "a"]], columns=["x", "x"], dtype=object)
    assert list(describe(frame).columns) == ["x"]


class SparkLike:
    """A frame with ``dtypes`` as Spark has them."""

    dtypes = [("id", "bigint"), ("at", "timestamp")]


def test_a_spark_frame():
    assert describe(SparkLike()) == TableFacts(
        {"id": ColumnFacts("int", "bigint"), "at": ColumnFacts("datetime", "timestamp")}
    )


def test_facts_stay_facts():
    facts = TableFacts({}, rows=3)
    assert describe(facts) is facts
