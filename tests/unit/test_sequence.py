"""The column that orders siblings: places, steps, window, types."""

import datetime as dt
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest

from synthohive_jupyter.errors import DataError, ModelFileError
from synthohive_jupyter.relational.siblings.drawing import ALONE, TOGETHER, turns, walk
from synthohive_jupyter.relational.siblings.timeline import Timeline, run_lengths, steps
from synthohive_jupyter.schema.metadata import Constraint

N = 60
DAYS = pd.Series(pd.date_range("2024-02-01", periods=N, unit="us"))


def holding(values, dtype=None):
    return pd.Series(values, dtype=dtype, name="at")


KINDS = {
    "int": holding(np.arange(N)),
    "int8": holding(np.arange(N), "int8"),
    "uint32": holding(np.arange(N), "uint32"),
    "Int64": holding([*range(N - 1), None], "Int64"),
    "float": holding(np.arange(N) / 4),
    "float32": holding(np.arange(N) / 4, "float32"),
    "nulls": holding([*np.arange(N - 1) / 4, None]),
    "line": holding(np.random.default_rng(0).random(N)),
    "date": holding([d.date() for d in DAYS]),
    "datetime us": holding(DAYS.to_numpy()),
    "datetime ns": holding(DAYS.to_numpy().astype("M8[ns]") + np.timedelta64(90, "s")),
    "tz": holding(DAYS.dt.tz_localize("Europe/Rome").array),
    "utc": holding(DAYS.dt.tz_localize("UTC").array),
    "Decimal": holding([Decimal(i) / 4 for i in range(N)]),
    "iso": holding(DAYS.dt.strftime("%Y-%m-%d").to_numpy(dtype=object)),
}


def fitted(column, **more):
    return Timeline.fit(column, np.arange(len(column)), table="t", **more)


@pytest.mark.parametrize("name", KINDS)
def test_columns_come_back_in_their_types(name):
    column = KINDS[name]
    line = fitted(column)
    places = line.places(column, table="t")
    back = line.column(places)
    assert back.dtype == column.dtype
    low, high = line.window
    inside = (places > low) & (places < high)
    assert inside.sum() >= N - 12
    exact = column[inside].reset_index(drop=True)
    pd.testing.assert_series_equal(back[inside].reset_index(drop=True), exact, check_names=False)
    assert back.isna().tolist() == column.isna().tolist()
    again = Timeline.from_dict(line.to_dict())
    pd.testing.assert_series_equal(again.column(places), back)


@pytest.mark.parametrize("name", KINDS)
def test_order_is_kept_and_nothing_leaves_the_window(name):
    line = fitted(KINDS[name])
    low, high = line.window
    places = np.sort(np.random.default_rng(1).uniform(low - 9, high + 9, 400))
    found = line.column(places)
    values = found.rank(method="dense").to_numpy() if name == "iso" else found
    assert pd.Series(values).is_monotonic_increasing
    known = KINDS[name].dropna().sort_values().to_list()
    # The four lowest and highest of sixty rows, each its own family, stand for nobody else.
    assert known[4] == found.min() or name == "line"
    assert known[4] <= found.min()
    assert found.max() <= known[-5]


@pytest.mark.parametrize(
    ("column", "rule"),
    [
        (holding(["b", "a", "c"] * 20), None),
        (holding(["b", "a"] * 20, "category"), None),
        (holding([1, 2] * 20, "category"), None),
        (holding([True, False] * 20), None),
        (holding([1, 2] * 20, "uint64"), None),
        (holding([1, 2] * 20), Constraint(dtype="cat")),
        (holding([1, 2] * 20), Constraint(values=("1", "2"))),
        (holding([None] * 20), None),
        (holding(np.zeros(0)), None),
        (holding([1.0] * 20), Constraint(min=5)),
    ],
)
def test_what_cannot_be_counted_is_no_timeline(column, rule):
    assert fitted(column, rule=rule) is None


def test_declared_limits_end_the_window():
    line = fitted(holding(np.arange(100)), rule=Constraint(min=20, max=30))
    assert line.column(np.array([-50.0, 5000.0])).tolist() == [24, 26]
    with pytest.raises(DataError, match="declared date"):
        fitted(holding(np.arange(100)), rule=Constraint(dtype="date"))


def test_a_damaged_timeline_is_refused():
    record = fitted(KINDS["date"]).to_dict()
    for broken in (
        record | {"axis": {}},
        record | {"name": 3},
        record | {"storage": fitted(KINDS["line"]).to_dict()["storage"]},
        record | {"storage": {"kind": "text", "dtype": "object", "objects": "str"}},
    ):
        with pytest.raises(ModelFileError):
            Timeline.from_dict(broken)


def test_steps_and_runs_do_not_cross_families():
    places = np.array([5.0, 5, 9, 2, 2, 2, np.nan, np.nan])
    rank = np.array([0, 1, 2, 0, 1, 2, 3, 4])
    step = steps(places, rank)
    nan = np.nan
    np.testing.assert_array_equal(step, [nan, 0, 4, nan, 0, 0, nan, nan])
    begin = np.arange(8) - rank
    assert run_lengths(step == 0, begin).tolist() == [0, 1, 0, 0, 1, 2, 0, 0]
    assert run_lengths(np.zeros(0, dtype=bool), np.zeros(0, dtype=np.int64)).tolist() == []


def test_turns_are_every_row_once_and_few():
    sizes = np.array([3, 0, 100_000, 70, 1])
    seen = {0: [], 2: [], 3: [], 4: []}
    calls = 0
    for turn in turns(sizes):
        calls += 1
        assert len(turn.rank) <= max(TOGETHER, 100_000 // ALONE)
        for family, ranks in seen.items():
            ranks.append(turn.rank[turn.family == family])
        assert (turn.left == sizes[turn.family] - 1 - turn.rank).all()
        assert (turn.rank - turn.rank[turn.begin] == np.arange(len(turn.rank)) - turn.begin).all()
    for family, ranks in seen.items():
        assert np.concatenate(ranks).tolist() == list(range(sizes[family]))
    assert calls < 8 * ALONE


def test_the_tail_of_few_families_takes_few_turns():
    sizes = np.append(np.full(3000, 4), np.full(3, 50))
    found = list(turns(sizes))
    assert len(found) == 5
    assert [len(turn.rank) for turn in found[3:]] == [3003, 3 * 46]
    family, rank = (np.concatenate([getattr(t, n) for t in found]) for n in ("family", "rank"))
    rows = sorted(zip(family.tolist(), rank.tolist(), strict=True))
    assert rows == [(family, rank) for family in range(3003) for rank in range(sizes[family])]


def test_many_long_families_take_few_turns_too():
    sizes = np.full(2000, 20_000)
    assert sum(1 for _ in turns(np.minimum(sizes, 6000))) < 6000 / 8


def test_a_walk_stays_in_the_window_and_ends_with_nulls():
    rng = np.random.default_rng(0)
    last = np.repeat([0.0, 90.0, np.nan], 4)
    begin = np.repeat([0, 4, 8], 4)

    def draw(rows):
        step = rng.uniform(0, 30, len(rows))
        step[rows == 1] = np.nan
        return step

    place, step = walk(last, begin, 100.0, draw)
    assert np.isnan(place[1:4]).all()
    assert np.isnan(place[8:]).all()
    assert (np.diff(place[4:8]) >= 0).all()
    assert np.nanmax(place) <= 100.0
    np.testing.assert_allclose(step[4:8], np.diff(place[4:8], prepend=90.0))


def test_dates_are_counted_in_days():
    line = fitted(KINDS["date"])
    assert line.column(np.array([0.0, 1.0])).tolist() == [
        dt.date(2024, 2, 5), dt.date(2024, 2, 6),
    ]  # fmt: skip
