"""Every type of column goes in and comes out as what it was."""

import datetime as dt
import decimal
import re

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_series_equal

from synthohive_jupyter.errors import PrivacyError
from synthohive_jupyter.privacy.config import PrivacyConfig
from synthohive_jupyter.privacy.sanitizer import PIISanitizer
from synthohive_jupyter.schema.metadata import Metadata

KEY = bytes(range(32))


def sanitizer(rules, *, key=KEY, **columns):
    metadata = Metadata()
    metadata.add_table("users", pk="id", **columns)
    return PIISanitizer(metadata, PrivacyConfig(rules), seed=7, key=key)


TYPED = {
    "int64": pd.Series([612345678, 612345679, 612345680]),
    "int32": pd.Series([12345678, 12345679, 12345680], dtype="int32"),
    "uint8": pd.Series([200, 201, 202], dtype="uint8"),
    "Int64": pd.Series([612345678, None, 612345680], dtype="Int64"),
    "float64": pd.Series([612345678.0, np.nan, 612345680.0]),
    "float32": pd.Series([1.5, np.nan, 2.5], dtype="float32"),
    "bool": pd.Series([True, False, True]),
    "boolean": pd.Series([True, None, True], dtype="boolean"),
    "object": pd.Series(["alpha", None, "gamma"]),
    "string": pd.Series(["alpha", None, "gamma"], dtype="string"),
    "arrow": pd.Series(["alpha", None, "gamma"], dtype="string[pyarrow]"),
    "arrow_int": pd.Series([612345678, None, 3], dtype="int64[pyarrow]"),
    "category": pd.Series(["alpha", None, "gamma"], dtype="category"),
    "ns": pd.Series(pd.to_datetime(["1980-02-03", None, "1981-01-01"])),
    "us": pd.Series(pd.to_datetime(["1980-02-03", None, "1981-01-01"])).astype("datetime64[us]"),
    "zone": pd.Series(pd.to_datetime(["1980-02-03", None], utc=True)).dt.tz_convert("Europe/Paris"),
    "date": pd.Series([dt.date(1980, 2, 3), None, dt.date(1981, 1, 1)]),
    "decimal": pd.Series([decimal.Decimal("12.50"), None, decimal.Decimal("99.90")]),
    "bytes": pd.Series([b"alpha", None, b"gamma"]),
    "list": pd.Series([["a"], None, ["b"]]),
    "nothing": pd.Series([None, None], dtype="object"),
}


@pytest.mark.parametrize("kind", TYPED)
@pytest.mark.parametrize("rule", ["fake", "mask", "hash", "drop"])
def test_every_type_can_be_treated(kind, rule):
    real = pd.DataFrame({"id": range(len(TYPED[kind])), "x7": TYPED[kind]})
    box = sanitizer({"users.x7": rule})
    clean = box.sanitize("users", real)
    made = box.regenerate("users", pd.DataFrame({"id": range(20)}))
    empty = box.regenerate("users", pd.DataFrame({"id": []}))
    assert ("x7" in made) == ("x7" in clean) == ("x7" in empty) == (rule != "drop")
    if rule == "drop":
        return
    assert_series_equal(clean["x7"].isna(), real["x7"].isna())
    if rule == "fake":
        assert made["x7"].dtype.name == clean["x7"].dtype.name == real["x7"].dtype.name
        if kind in ("date", "decimal"):
            assert {type(v) for v in made["x7"].dropna()} == {type(real["x7"][0])}
        if kind != "category":
            assert empty["x7"].dtype == real["x7"].dtype


@pytest.mark.parametrize(
    ("kind", "column", "pattern"),
    [
        ("int64", "phone", r"\d{8,18}"),
        ("float64", "phone", r"\d{8,15}\.0"),
        ("object", "birthday", r"(19[3-9]|200)\d-\d\d-\d\d"),
        ("date", "birthday", r"(19[3-9]|200)\d-\d\d-\d\d"),
        ("ns", "dob", r"(19[3-9]|200)\d-\d\d-\d\d"),
        ("int64", "name", r"\d+"),
        ("float64", "latitude", r"-?\d+\.\d+"),
    ],
)
def test_the_type_decides_with_the_name(kind, column, pattern):
    real = pd.DataFrame({"id": range(len(TYPED[kind])), column: TYPED[kind]})
    box = sanitizer({f"users.{column}": "fake"}).fit("users", real)
    made = box.regenerate("users", pd.DataFrame({"id": range(20)}), null_shares={column: 0.0})
    assert all(re.fullmatch(pattern, str(v).removesuffix(" 00:00:00")) for v in made[column])


@pytest.mark.parametrize(
    ("kind", "provider"), [("int64", "email"), ("ns", "name"), ("date", "ssn")]
)
def test_a_provider_that_a_column_cannot_hold_is_refused(kind, provider):
    real = pd.DataFrame({"id": range(len(TYPED[kind])), "x": TYPED[kind]})
    with pytest.raises(PrivacyError, match=rf"users\.x: the column is .* cannot hold '{provider}'"):
        sanitizer({"users.x": f"fake:{provider}"}).fit("users", real)


def test_declared_unique_columns_stay_so_in_every_type():
    unique = {"tel": {"unique": True}, "who": {"unique": True}}
    rules = {"users.tel": "fake:phone_number", "users.who": "fake:first_name"}
    real = pd.DataFrame({"id": [0, 1], "tel": [5, 6], "who": ["a", "b"]}).astype({"tel": "int32"})
    box = sanitizer(rules, constraints=unique).fit("users", real)
    made = box.regenerate("users", pd.DataFrame({"id": range(9000)}))
    assert made["tel"].is_unique
    assert made["who"].is_unique
