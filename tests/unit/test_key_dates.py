"""Keys that are dates or times: their steps, their types, and what is not stored of them."""

import datetime as dt
import json

import numpy as np
import pandas as pd
import pytest

from synthohive_jupyter.errors import DataError, ModelFileError
from synthohive_jupyter.relational.keys.dates import DateGrid
from synthohive_jupyter.relational.keys.references import NULL, KeyFormat, check_foreign_key

HOURS = pd.Series(pd.date_range("2013-01-01 03:00", periods=200, freq="h"), name="at")
DAYS = pd.Series(pd.date_range("2013-03-01", periods=200, freq="D"), name="at")

TYPES = {
    "ns": HOURS,
    "us": HOURS.astype("datetime64[us]"),
    "zone": HOURS.dt.tz_localize("America/New_York"),
    "arrow": HOURS.astype("timestamp[us][pyarrow]"),
    "days of arrow": DAYS.astype("date32[day][pyarrow]"),
    "dates": DAYS.dt.date,
    "aware": pd.Series([dt.datetime(2020, 1, d, tzinfo=dt.UTC) for d in range(1, 9)], dtype=object),
    "datetimes": pd.Series([dt.datetime(2020, 1, 1, h % 24, 30) for h in range(24)], dtype=object),  # noqa: DTZ001
}


@pytest.mark.parametrize("values", TYPES.values(), ids=TYPES.keys())
def test_every_type_of_time_comes_back(values):
    form = KeyFormat.fit(values, table="t")
    copy = KeyFormat.from_dict(json.loads(json.dumps(form.to_dict())))
    made = copy.numbers(np.arange(500), seed=1)
    assert made.dtype == values.dtype
    assert type(made[0]) is type(values.iloc[0])
    assert made.is_unique
    assert made.tolist() == sorted(made)
    own = KeyFormat.of(values)
    column = own.refer(made, np.array([3, NULL, 0]), nullable=True)
    assert column.dtype == values.dtype
    assert column.isna().tolist() == [False, True, False]
    assert [column[0], column[2]] == [made[3], made[0]]
    check_foreign_key(column.to_frame(), made.to_frame(), table="t", nullable=True)
    assert own.refer(made[:0], np.array([NULL]), nullable=True).isna().all()


@pytest.mark.parametrize(
    ("freq", "unit", "step", "first"),
    [
        ("h", "h", 1, "2013-03-05T00"),
        ("15min", "m", 15, "2013-03-05T00:00"),
        ("7s", "s", 7, "2013-03-05T00:00:00"),
        ("250ms", "ms", 250, "2013-03-05T00:00:00.000"),
        ("D", "D", 1, "2013-03-01"),
        ("B", "D", 1, "2013-03-01"),
        ("7D", "D", 7, "2013-03-01"),
        ("MS", "M", 1, "2013-01"),
        ("YS", "M", 12, "2014-01"),
    ],
)
def test_the_steps_of_the_data_are_found(freq, unit, step, first):
    values = pd.Series(pd.date_range("2013-03-05", periods=120, freq=freq)).sample(frac=1)
    assert DateGrid.fit(values) == DateGrid(first, step, unit)


def test_the_steps_cover_what_irregular_data_covers():
    rng = np.random.default_rng(1)
    seconds = np.cumsum(rng.integers(1, 10_000, 3_000))
    values = pd.Series(np.datetime64("2020-01-05") + seconds.astype("timedelta64[s]"))
    made = DateGrid.fit(values).points(np.arange(3_000), "datetime64[us]")
    span, new = (v.max() - v.min() for v in (values, made))
    # The middle one of uniform gaps is their mean.
    assert new / span == pytest.approx(1, abs=0.1)


def test_nothing_stored_is_a_rare_value():
    rng = np.random.default_rng(2)
    values = pd.Series(np.sort(rng.integers(0, 10**15, 50))).astype("datetime64[us]")
    grid = DateGrid.fit(values)
    gaps = np.diff(values.astype(np.int64))
    assert grid.step not in gaps
    assert pd.Timestamp(grid.first) not in set(values)
    # Nor the distance of the only two.
    two = DateGrid.fit(pd.to_datetime(pd.Series(["2020-01-03 04:05:06", "2020-01-09 11:12:13"])))
    assert two.step == 540_000


def test_one_value_and_none():
    assert DateGrid.fit(DAYS[:1]) == DateGrid("2013-01", 1, "M")
    assert DateGrid.fit(DAYS[:0]) == DateGrid("2020-01-01", 1, "D")


@pytest.mark.parametrize("values", [DAYS, DAYS.dt.date], ids=["ns", "dates"])
def test_a_calendar_that_is_too_short_is_said(values):
    form = KeyFormat.fit(values, table="t")
    with pytest.raises(
        DataError, match=r"cannot count to 100,000,001 in its steps before the year"
    ):
        form.numbers(np.array([100_000_000]), seed=0)


@pytest.mark.parametrize(
    "damage",
    [{"unit": "fortnight"}, {"step": 0}, {"first": "yesterday"}, {"first": "NaT"}, {"objects": "x"}, {"step": None}],
)  # fmt: skip
def test_damaged_grids_are_refused(damage):
    record = DateGrid.fit(DAYS).to_dict()
    with pytest.raises(ModelFileError):
        DateGrid.from_dict({**record, **damage})


def test_objects_with_a_time_zone_keep_one():
    zone = dt.timezone(dt.timedelta(hours=2))
    hours = [dt.datetime(2024, 1, 1, hour, tzinfo=zone) for hour in range(20)]
    made = DateGrid.fit(pd.Series(hours, dtype=object)).points(np.arange(30), "object")
    assert made.map(lambda moment: moment.tzinfo is not None).all()
    assert made.is_unique
