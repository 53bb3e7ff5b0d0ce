"""Every type comes back as it was, and what cannot be modelled is named."""

import zoneinfo
from datetime import UTC, date, datetime, time
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest

from synthohive_jupyter.errors import DataError
from synthohive_jupyter.schema.tables import Constraint
from synthohive_jupyter.tabular import temporal
from synthohive_jupyter.tabular.codecs import count_up_to
from synthohive_jupyter.tabular.declared import allowed
from synthohive_jupyter.tabular.storage import Storage
from synthohive_jupyter.tabular.transformer import TableTransformer

PARIS = zoneinfo.ZoneInfo("Europe/Paris")
NOON = datetime(2024, 7, 1, 12, tzinfo=UTC)
NAIVE = datetime.fromisoformat("0001-01-01T08:00:00.000001")

COLUMNS = {
    "int8": pd.Series([1, -5, 3], dtype="int8"),
    "uint64": pd.Series([0, 2**64 - 1, 2**63], dtype="uint64"),
    "UInt64": pd.Series([0, 2**64 - 1, None], dtype="UInt64"),
    "Int64": pd.Series([1, None, 3], dtype="Int64"),
    "float32": pd.Series([0.1, np.nan, 2.5], dtype="float32"),
    "Float32": pd.Series([0.1, None, 2.5], dtype="Float32"),
    "integers with nulls": pd.Series([1.0, np.nan, 3.0]),
    "bool": pd.Series([True, False, True]),
    "boolean": pd.Series([True, None, False], dtype="boolean"),
    "bool objects": pd.Series([True, None, False], dtype=object),
    "int objects": pd.Series([1, None, 2**62], dtype=object),
    "float objects": pd.Series([1.0, 2.5, None], dtype=object),
    "text, None": pd.Series(["a", None, "b"], dtype=object),
    "text, nan": pd.Series(["a", np.nan, "b"], dtype=object),
    "text, NA": pd.Series(["a", pd.NA, "b"], dtype=object),
    "string": pd.Series(["a", None, "b"], dtype="string"),
    "string[pyarrow]": pd.Series(["a", None, "b"], dtype="string[pyarrow]"),
    "category": pd.Series(pd.Categorical(["z", None, "a"], categories=["z", "a"])),
    "ordered": pd.Series(pd.Categorical(["S", "L", "M"], categories=["S", "M", "L"], ordered=True)),
    "category of ints": pd.Series(pd.Categorical([2013, 2014, None])),
    "category of dates": pd.Series(pd.Categorical(pd.to_datetime(["2024-01-01", None, "2024-02-01"]))),
    "datetime64[ns]": pd.Series(np.array(["1850-01-01", "NaT", "2261-12-31T23:59:59"], dtype="M8[ns]")),
    "datetime64[s]": pd.Series(np.array(["0001-01-01", "NaT", "9999-12-31"], dtype="M8[s]")),
    "datetime64[us]": pd.Series(np.array(["1812-06-24", "2500-01-01", "NaT"], dtype="M8[us]")),
    "summer and winter": pd.Series(pd.to_datetime(["2024-01-01", None, "2024-07-01"])).dt.tz_localize("Europe/Paris"),
    "hour that is there twice": pd.Series(pd.to_datetime(["2024-10-27 00:30", "2024-10-27 01:30", None])).dt.tz_localize("UTC").dt.tz_convert("Europe/Paris"),
    "fixed offset": pd.Series(pd.to_datetime(["2024-01-01 10:00", None, "2024-07-01 10:00"])).dt.tz_localize("UTC+02:00"),
    "dates": pd.Series([date(1066, 10, 14), None, date(9999, 12, 31)], dtype=object),
    "times": pd.Series([NOON.replace(tzinfo=None), None, NAIVE], dtype=object),
    "times with zone": pd.Series([NOON.astimezone(PARIS), None, NOON.astimezone(PARIS)], dtype=object),
    "ISO dates": pd.Series(["1899-12-31", None, "2024-02-29"], dtype=object),
    "ISO times": pd.Series(["1899-12-31 08:00:00", None, "2024-02-29 23:59:59"], dtype=object),
    "ISO times with T": pd.Series(["1899-12-31T08:00:00", None, "2024-02-29T23:59:59"], dtype=object),
    "Decimal": pd.Series([Decimal("1.50"), None, Decimal("-3.25")], dtype=object),
    "long Decimal": pd.Series([Decimal("1.5") + Decimal(0).scaleb(-18), None, Decimal("12345678.25")], dtype=object),
    "nothing": pd.Series([None, None, None], dtype=object),
    "nothing, float": pd.Series([np.nan] * 3),
    "nothing, Int64": pd.Series([None] * 3, dtype="Int64"),
    "nothing, category": pd.Series(pd.Categorical([None] * 3)),
    "int64[pyarrow]": pd.Series([1, None, 3], dtype="int64[pyarrow]"),
    "bool[pyarrow]": pd.Series([True, None, False], dtype="bool[pyarrow]"),
    "timestamp[us][pyarrow]": pd.Series(pd.to_datetime(["2024-01-01", None, "2024-07-01"])).astype("timestamp[us][pyarrow]"),
    "date32[day][pyarrow]": pd.Series([date(2024, 1, 1), None, date(1800, 1, 1)], dtype=object).astype("date32[day][pyarrow]"),
}  # fmt: skip


@pytest.mark.parametrize("name", COLUMNS)
def test_a_type_comes_back_with_its_values_and_nulls(name):
    frame = pd.DataFrame({"x": pd.concat([COLUMNS[name]] * 30, ignore_index=True)})
    transformer = TableTransformer().fit(frame, table="t")
    encoded = transformer.encode(frame, np.random.default_rng(0))
    found = transformer.decode(encoded, np.random.default_rng(1))
    pd.testing.assert_frame_equal(found, frame)
    present = frame["x"].notna()
    assert [type(v) for v in found["x"][present]] == [type(v) for v in frame["x"][present]]
    assert [str(v) for v in found["x"][~present]] == [str(v) for v in frame["x"][~present]]


@pytest.mark.parametrize("name", COLUMNS)
def test_no_rows_decode_to_an_empty_column_of_the_type(name):
    frame = pd.DataFrame({"x": pd.concat([COLUMNS[name]] * 30, ignore_index=True)})
    transformer = TableTransformer().fit(frame, table="t")
    encoded = transformer.encode(frame.iloc[:0], np.random.default_rng(0))
    found = transformer.decode(encoded, np.random.default_rng(1))
    pd.testing.assert_frame_equal(found, frame.iloc[:0])


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (pd.Series([1, "a"] * 5), "several types"),
        (pd.Series([[1], [2]]), "several types"),
        (pd.Series([{}, {}]), "several types"),
        (pd.Series([b"x", b"y"]), "bytes objects"),
        (pd.Series([time(1), time(2)]), "time objects"),
        (pd.Series([date(2024, 1, 1), NAIVE]), "dates and times"),
        (pd.Series([2**70, 1], dtype=object), "64 bits"),
        (pd.Series([Decimal(10**25), Decimal("0.1")], dtype=object), "64 bits"),
        (pd.Series([1 + 2j]), "complex128 cannot be modelled"),
        (pd.to_timedelta(pd.Series([1, 2])), "cannot be modelled"),
        (pd.Series(pd.period_range("2024", periods=2, freq="M")), "cannot be modelled"),
        (pd.Series(pd.arrays.SparseArray([0, 1])), "cannot be modelled"),
        (pd.Series(pd.cut([1, 2], 2)), "cannot be modelled"),
        (pd.Series([1, 2], dtype="duration[s][pyarrow]"), "cannot be modelled"),
    ],
)
def test_what_cannot_be_modelled_is_named_with_its_place(values, message):
    with pytest.raises(DataError, match=message) as caught:
        TableTransformer().fit(pd.DataFrame({"x": values}), table="t")
    assert (caught.value.table, caught.value.column) == ("t", "x")


@pytest.mark.parametrize(
    ("learnt", "given"),
    [
        (pd.Series([1.0, None, 3.0]), pd.Series([3, 1, None], dtype="Int64")),
        (pd.Series([1, 2, 3]), pd.Series([3.0, 1.0, 2.0])),
        (pd.Series([True, False, True]), pd.Series([False, True, True], dtype="boolean")),
        (pd.Series(["a", "b", None]), pd.Series(["b", None, "a"], dtype="string")),
        (pd.Series(["a", "b", None]), pd.Series(["b", None, "a"], dtype="category")),
        (pd.Series(["a", None], dtype="category"), pd.Series(["a", None])),
        (pd.Series(["2024-01-01", None]), pd.Series([date(2024, 1, 1), None])),
        (
            pd.Series(np.array(["2024-01-01"], "M8[ns]")),
            pd.Series(np.array(["2024-01-01"], "M8[s]")),
        ),
        (pd.Series([Decimal("1.25"), Decimal(2)]), pd.Series([2.0, 1.25])),
        (pd.Series([7, 2**62], dtype="uint64"), pd.Series([2**62, 7], dtype="int64")),
        (pd.Series([7, 2**62], dtype="int64"), pd.Series([2**62, 7], dtype="uint64")),
        (pd.Series([7, 2**53], dtype="uint64"), pd.Series([2.0**53, 7.0])),
    ],
)
def test_related_types_are_read_alike(learnt, given):
    frame = pd.DataFrame({"x": pd.concat([learnt] * 30, ignore_index=True)})
    transformer = TableTransformer().fit(frame, table="t")
    encoded = transformer.encode(pd.DataFrame({"x": given}), np.random.default_rng(0))
    found = transformer.decode(encoded, np.random.default_rng(0))["x"]
    assert found.dtype == frame["x"].dtype
    assert found.isna().tolist() == given.isna().tolist()
    both = (found.dropna(), given.astype(learnt.dtype).dropna())
    assert [str(v).rstrip("0.") for v in both[0]] == [str(v).rstrip("0.") for v in both[1]]


def test_another_kind_is_an_error_when_encoding():
    transformer = TableTransformer().fit(pd.DataFrame({"x": [1, 2] * 9}), table="t")
    with pytest.raises(DataError, match=r"t\.x: the data is text"):
        transformer.encode(pd.DataFrame({"x": ["a"]}), np.random.default_rng(0))


def test_midnights_of_a_zone_stay_midnights_across_summer_time():
    days = pd.date_range("2024-01-01", periods=366, freq="D", tz="Europe/Paris")
    frame = pd.DataFrame({"x": days.repeat(3)})
    transformer = TableTransformer().fit(frame, table="t")
    encoded = transformer.encode(frame, np.random.default_rng(0))
    encoded.scalars[:] = np.random.default_rng(1).uniform(-1, 1, encoded.scalars.shape)
    found = transformer.decode(encoded, np.random.default_rng(0))["x"]
    assert (found == found.dt.normalize()).all()
    assert found.nunique() > 100


@pytest.mark.parametrize(
    ("text", "unit", "end", "ticks"),
    [
        ("1970-01-02", "D", False, 1),
        ("1970-01-02", "D", True, 1),
        ("1970-01-02T12:00", "D", False, 2),
        ("1970-01-02T12:00", "D", True, 1),
        ("1970-01-01", "ns", True, 86_400 * 10**9 - 1),
        ("1970-01-01T00:00:00.5", "s", False, 1),
        ("1969-12-31T23:59:59.5", "s", True, -1),
        ("9999-12-31", "ns", True, 2**63 - 1),
        ("0001-01-01", "ns", False, -(2**63 - 1)),
        ("1970-01-01T02:00+02:00", "s", False, 0),
    ],
)
def test_bounds_of_time_round_towards_the_inside(text, unit, end, ticks):
    assert temporal.bound_ticks(text, unit, tz=None, end=end) == ticks


def test_bounds_are_meant_in_the_zone_of_the_column():
    assert temporal.bound_ticks("1970-01-01", "s", tz="Europe/Paris", end=False) == -3600


def test_text_that_only_looks_like_dates_stays_text():
    for odd in (["2024-01-01", "2024-1-2"], ["2024-01-01", "soon......"], ["2024-13-01"], ["NaT"]):
        assert temporal.iso_format_of(np.array(odd, dtype=object)) is None


def test_declared_values_are_read_in_the_type_of_the_column():
    assert allowed(("1", "2.0", "2.5", "x"), Storage("number", "int64", whole=True)).tolist() == [
        1,
        2,
    ]
    assert allowed(("1", "0.5"), Storage("number", "float64")).tolist() == [1.0, 0.5]
    assert allowed(("True", "no", "maybe"), Storage("bool", "bool")).tolist() == [True, False]
    assert allowed(
        ("1970-01-02", "soon"), Storage("temporal", "datetime64", unit="s")
    ).tolist() == [86_400]


def test_categories_of_integers_come_back_as_integers():
    frame = pd.DataFrame({"zip": [75001, 75002, 13001] * 20})
    constraints = {"zip": Constraint(dtype="cat")}
    transformer = TableTransformer().fit(frame, table="t", constraints=constraints)
    assert transformer.layout[0].scalar_codes == ()
    encoded = transformer.encode(frame, np.random.default_rng(0))
    pd.testing.assert_frame_equal(transformer.decode(encoded, np.random.default_rng(0)), frame)


def test_the_short_way_to_read_a_column_gives_what_the_long_one_gives(monkeypatch):
    columns = [
        pd.Series([1.5, np.nan, 3.0]),
        pd.Series([1, 2, 3]),
        pd.Series([1, None, 3], dtype="Int64"),
        pd.Series([1.5, None, 3.0], dtype="Float64"),
        pd.Series([True, None, False], dtype="boolean"),
        pd.Series(["a", None, "b"], dtype=object),
        pd.Series(pd.to_datetime(["2024-01-02", None, "2024-01-03"])),
    ]
    for column in columns:
        storage = Storage.of(column, table="t")
        short = storage._plain(column)
        assert short is not None
        with monkeypatch.context() as patch:
            patch.setattr(Storage, "_plain", lambda *_: None)
            long = storage.read(column, table="t")
        for one, other in zip(short, long, strict=True):
            assert one.dtype == other.dtype
            assert np.array_equal(one, other)


def test_many_values_are_counted_like_few():
    rng = np.random.default_rng(0)
    ends, values = np.sort(rng.integers(0, 50, 40)), rng.integers(-5, 60, 1000)
    wanted = [int((ends <= value).sum()) for value in values]
    assert count_up_to(ends, values).tolist() == wanted
