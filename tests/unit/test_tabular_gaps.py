"""``a <= b`` by construction: columns coded as gaps, and back."""

import json
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest

from synthohive_jupyter.errors import DataError, ModelFileError
from synthohive_jupyter.schema.tables import Constraint
from synthohive_jupyter.tabular.codecs import RARE
from synthohive_jupyter.tabular.constraints import violations
from synthohive_jupyter.tabular.transformer import TableTransformer

ROWS = 600
STRATEGIES = ("mixture", "cells")


def days(n=ROWS, seed=0):
    return np.datetime64("2023-01-01") + np.random.default_rng(seed).integers(0, 400, n)


def rng(seed=0):
    return np.random.default_rng(seed)


def steps(n=ROWS, seed=1):
    return rng(seed).geometric(0.3, n) - 1


def paris(stamps):
    return pd.Series(stamps.astype("M8[us]")).dt.tz_localize("UTC").dt.tz_convert("Europe/Paris")


def pairs():
    """Return pairs of columns with ``a <= b``, by name."""
    day, wait = days(), steps()
    cents = rng(2).integers(0, 5000, ROWS)
    money = [Decimal(int(c)).scaleb(-2) for c in cents]
    whole = rng(3).integers(-50, 50, ROWS)
    line = rng(4).normal(size=ROWS)
    hours = day.astype("M8[s]") + rng(5).integers(0, 24, ROWS) * 3600
    minutes = hours + rng(6).integers(0, 5000, ROWS) * 60
    return {
        "days": (pd.Series(day.astype("M8[us]")), pd.Series((day + wait).astype("M8[us]"))),
        "date objects": (pd.Series(day.astype(object)), pd.Series((day + wait).astype(object))),
        "ISO text": (
            pd.Series(day.astype(str).astype(object)),
            pd.Series((day + wait).astype(str).astype(object)),
        ),
        "times": (pd.Series(hours.astype("M8[ns]")), pd.Series(minutes.astype("M8[ns]"))),
        "time zone": (paris(hours), paris(minutes)),
        "date and time": (pd.Series(day.astype(object)), pd.Series(minutes.astype("M8[ns]"))),
        "time and date": (
            pd.Series(hours.astype("M8[s]")),
            pd.Series((day + wait + 1).astype(object)),
        ),
        "integers": (pd.Series(whole), pd.Series(whole + wait, dtype="Int64")),
        "small integers": (
            pd.Series(whole + 50, dtype="uint8"),
            pd.Series(whole + wait + 50, dtype="int16"),
        ),
        "cents": (pd.Series(cents / 100), pd.Series((cents + 5 * wait) / 100)),
        "decimals": (
            pd.Series(money, dtype=object),
            pd.Series([m + int(w) for m, w in zip(money, wait, strict=True)], dtype=object),
        ),
        "floats": (pd.Series(line), pd.Series(line + rng(7).exponential(1, ROWS))),
        "short floats": (
            pd.Series(line),
            pd.Series((line + rng(7).exponential(1, ROWS) + 1e-3).astype("float32")),
        ),
        "float below integer": (pd.Series(line * 9), pd.Series(np.ceil(line * 9).astype(int) + wait)),
        "integer below float": (pd.Series(whole), pd.Series(whole + rng(8).exponential(1, ROWS))),
    }  # fmt: skip


PAIRS = pairs()


def learnt(frame, checks=(("a", "b"),), **options):
    return TableTransformer().fit(frame, table="t", checks=checks, **options)


def anything(transformer, n=ROWS, seed=0):
    """Return what a model decodes that has learnt nothing: every code and scalar at random."""
    found = rng(seed)
    encoded = transformer.encode(pd.DataFrame(columns=list(transformer.names)), rng())
    layout = transformer.layout
    encoded.codes = np.column_stack([found.integers(0, c.n_codes, n) for c in layout])
    encoded.scalars = found.uniform(-1, 1, (n, len(layout))).astype(np.float32)
    return transformer.decode(encoded, found)


def same(one, other):
    return ((one == other) | (one.isna() & other.isna())).mean()


@pytest.mark.parametrize("numbers", STRATEGIES)
@pytest.mark.parametrize("name", PAIRS)
def test_gaps_come_back_and_hold_whatever_is_drawn(name, numbers):
    low, high = PAIRS[name]
    frame = pd.DataFrame({"b": high, "x": rng().normal(size=ROWS), "a": low})
    transformer = learnt(frame, numbers=numbers)
    assert list(transformer.links.gaps) == ["b"]
    assert [column.name for column in transformer.layout] == ["b", "x", "a"]
    found = transformer.decode(transformer.encode(frame, rng()), rng())
    assert found.dtypes.equals(frame.dtypes)
    if "float" not in name:
        # Only what lies beyond the protected ends may differ: at most 4 rows at either end of each.
        assert same(found["b"][found["a"] == low], high[found["a"] == low]) > 1 - 16 / ROWS
    drawn = anything(transformer)
    for one in (found, drawn):
        assert violations(one, {}, [("a", "b")]) == []
        assert one["b"].dtype == high.dtype
    assert one["b"].min() >= np.sort(high)[RARE - 2]
    above = drawn["b"] > high.max()
    assert (drawn["a"][above] >= high.max()).all() if type(low[0]) is type(high[0]) else True


def test_the_law_of_the_gap_is_recovered_in_independent_codes():
    frame = pd.DataFrame({"a": days(4000), "b": 0})
    wait = steps(4000)
    frame["b"] = frame["a"] + pd.to_timedelta(wait, unit="D")
    transformer = learnt(frame, numbers="cells")
    encoded = transformer.encode(frame, rng())
    # A model that knows the distribution of each column alone, and nothing of the other.
    for place in range(2):
        order = rng(place).permutation(4000)
        encoded.codes[:, place] = encoded.codes[order, place]
        encoded.scalars[:, place] = encoded.scalars[order, place]
    found = transformer.decode(encoded, rng())
    gap = (found["b"] - found["a"]).dt.days
    real, made = (np.bincount(g, minlength=60)[:60] / 4000 for g in (wait, gap))
    # What reaches beyond the last date is mirrored: 1 row in 100. A share has a deviation of .007.
    assert np.abs(real - made).max() < 0.02
    assert gap.min() == 0


def test_overshoot_is_mirrored_and_piles_up_nowhere():
    a = rng().integers(0, 1000, 5000)
    frame = pd.DataFrame({"a": a, "b": np.minimum(a + rng(1).integers(0, 400, 5000), 1000)})
    frame = frame[frame["b"] < 1000].reset_index(drop=True)
    found = anything(learnt(frame, numbers="cells"), 20_000)
    at_end = (found["b"] == found["b"].max()) & (found["a"] < found["b"])
    assert at_end.mean() < 0.01


def test_chains_and_trees_hold_together():
    wait = [steps(seed=seed) for seed in range(4)]
    frame = pd.DataFrame({"d": 0, "a": rng().integers(0, 99, ROWS)})
    frame["b"] = frame["a"] + wait[0]
    frame["c"] = frame["b"] + wait[1]
    frame["side"] = rng(9).integers(0, 99, ROWS)
    frame["d"] = frame[["c", "side"]].max(axis=1) + wait[2]
    checks = [("c", "d"), ("a", "b"), ("b", "c"), ("side", "d"), ("a", "d"), ("d", "a")]
    transformer = learnt(frame, checks)
    gaps = transformer.links.gaps
    assert {name: gap.sources for name, gap in gaps.items()} == {
        "b": ("a",), "c": ("b",), "d": ("c", "side", "a"),
    }  # fmt: skip
    assert list(gaps).index("b") < list(gaps).index("c") < list(gaps).index("d")
    for found in (
        anything(transformer),
        transformer.decode(transformer.encode(frame, rng()), rng()),
    ):
        assert list(found) == list(frame)
        assert violations(found, {}, checks[:-1]) == []


def test_nulls_on_either_side_come_back():
    frame = pd.DataFrame({"a": days().astype("M8[us]"), "b": days().astype("M8[us]")})
    frame["b"] = frame["a"] + pd.to_timedelta(steps(), unit="D")
    frame.loc[:80, "a"] = pd.NaT
    frame.loc[60:150, "b"] = pd.NaT
    transformer = learnt(frame, numbers="cells")
    found = transformer.decode(transformer.encode(frame, rng()), rng())
    assert (found.isna() == frame.isna()).all(axis=None)
    assert same(found["b"], frame["b"]) > 0.97
    assert violations(anything(transformer), {}, [("a", "b")]) == []


def test_rows_that_break_the_check_teach_nothing():
    frame = pd.DataFrame({"a": rng().integers(0, 500, 2000)})
    frame["b"] = frame["a"] + 20 + rng(1).integers(0, 50, 2000)
    frame.loc[:399, "b"] = frame["a"] - 5
    transformer = learnt(frame, numbers="cells")
    found = transformer.decode(transformer.encode(frame, rng()), rng())
    gap = found["b"] - found["a"]
    # Clipped, 400 rows would have the gap 0.
    assert (gap < 20).mean() < 0.01
    assert gap.between(20, 69).mean() > 0.99


def test_a_date_without_end_keeps_its_heap():
    start = days(2000)
    end = start + steps(2000) + rng(3).integers(0, 90, 2000)
    end[::3] = np.datetime64("9999-12-31")
    frame = pd.DataFrame({"a": start.astype("M8[s]"), "b": end.astype("M8[s]")})
    transformer = learnt(frame, numbers="cells")
    gap = transformer.links.gaps["b"]
    assert len(gap.heaps) == 1
    found = transformer.decode(transformer.encode(frame, rng()), rng())
    last = frame["b"].max()
    assert (found["b"] == last).equals(frame["b"] == last)
    others = found["b"] < last
    # The others are as far from a as ever: the heap has not stretched their range.
    assert (found["b"] - found["a"])[others].dt.days.max() <= 115
    assert violations(anything(transformer), {}, [("a", "b")]) == []


def test_a_heap_below_the_floor_gives_way():
    rows = 3000
    frame = pd.DataFrame({"a": rng().integers(0, 1000, rows)})
    frame["b"] = frame["a"] + rng(1).integers(0, 800, rows)
    frame.loc[(frame["a"] < 500) & (np.arange(rows) % 2 == 0), "b"] = 500
    transformer = learnt(frame, numbers="cells")
    assert transformer.links.gaps["b"].heaps.tolist() == [500]
    found = anything(transformer)
    assert violations(found, {}, [("a", "b")]) == []


def test_extremes_are_neither_kept_nor_come_out():
    frame = pd.DataFrame({"a": rng().integers(0, 500, ROWS), "b": 0})
    frame["b"] = frame["a"] + rng(1).integers(0, 90, ROWS)
    frame.loc[0, "b"] = 7_654_321
    frame.loc[1, ["a", "b"]] = [-8_765_432, 100]
    for numbers in STRATEGIES:
        transformer = learnt(frame, numbers=numbers)
        saved = json.dumps(transformer.to_dict())
        assert "7654" not in saved
        assert "8765" not in saved
        for found in (
            anything(transformer),
            transformer.decode(transformer.encode(frame, rng()), rng()),
        ):
            assert found["b"].max() < 600
            assert found["a"].min() >= 0


def test_what_few_families_repeat_is_no_heap():
    frame = pd.DataFrame({"a": rng().integers(0, 500, 900), "b": 0})
    frame["b"] = frame["a"] + rng(1).integers(0, 300, 900)
    frame.loc[:199, "b"] = 77_777
    who = np.arange(900)
    who[:200] = np.arange(200) % (RARE - 1)
    assert learnt(frame).links.gaps["b"].heaps.tolist() == [77_777]
    transformer = learnt(frame, families=who)
    assert transformer.links.gaps["b"].heaps.tolist() == []
    assert "77777" not in json.dumps(transformer.to_dict())


@pytest.mark.parametrize(
    ("frame", "constraints"),
    [
        ({"a": ["x", "y"] * 30, "b": ["y", "z"] * 30}, {}),
        ({"a": [1, 2] * 30, "b": ["x", "y"] * 30}, {}),
        ({"a": [1, 2] * 30, "b": [2, 3] * 30}, {"b": Constraint(values=("2", "3"))}),
        ({"a": [1, 2] * 30, "b": [2, 3] * 30}, {"b": Constraint(dtype="cat")}),
        ({"a": [1, 2] * 30, "b": pd.Categorical([2, 3] * 30)}, {}),
        ({"a": [None] * 60, "b": [2, 3] * 30}, {}),
        ({"a": [1, 2] * 30, "b": [None] * 60}, {}),
        ({"a": [9, 8] * 30, "b": [2, 3] * 30}, {}),
        ({"a": pd.Series([1, 2] * 30, dtype="uint64"), "b": [2, 3] * 30}, {}),
        ({"a": [-(2**62), 2] * 30, "b": [2, 2**62] * 30}, {}),
        ({"a": pd.date_range("2020", periods=60, tz="UTC"), "b": pd.date_range("2021", periods=60)}, {}),
    ],
)  # fmt: skip
def test_what_cannot_be_counted_stays_as_it_is(frame, constraints):
    frame = pd.DataFrame(frame)
    transformer = learnt(frame, constraints=constraints)
    assert transformer.links.gaps == {}
    plain = TableTransformer().fit(frame, table="t", constraints=constraints)
    assert transformer.to_dict() == plain.to_dict()


@pytest.mark.parametrize(
    ("b", "declared", "message"),
    [
        (pd.date_range("2021", periods=60), {"dtype": "int"}, "declared int, but it holds dates"),
        (pd.date_range("2021", periods=60), {"min": 5}, "its range needs an ISO date"),
        (np.arange(60) + 70.5, {"dtype": "int"}, "declared int, but it holds numbers with a frac"),
    ],
)
def test_a_gap_is_as_strict_as_any_column(b, declared, message):
    a = pd.date_range("2020", periods=60) if b.dtype.kind == "M" else np.arange(60)
    frame = pd.DataFrame({"a": a, "b": b})
    with pytest.raises(DataError, match=rf"t\.b: {message}"):
        learnt(frame, constraints={"b": Constraint(**declared)})


def test_declared_limits_of_b_hold():
    frame = pd.DataFrame({"a": rng().integers(0, 90, ROWS)})
    frame["b"] = frame["a"] + rng(1).integers(0, 40, ROWS)
    transformer = learnt(frame, constraints={"b": Constraint(min=10, max=100)}, numbers="cells")
    found = anything(transformer, 3000)
    assert found["b"].between(10, 100).all()
    assert violations(found, {}, [("a", "b")]) == []
    assert (found["b"] == 100).mean() < 0.05


def test_a_saved_transformer_does_the_same():
    frame = pd.DataFrame({"a": days().astype("M8[us]"), "b": days().astype("M8[us]")})
    frame["b"] = frame["a"] + pd.to_timedelta(steps(), unit="D")
    transformer = learnt(frame)
    again = TableTransformer.from_dict(json.loads(json.dumps(transformer.to_dict())))
    assert again.to_dict() == transformer.to_dict()
    pd.testing.assert_frame_equal(anything(again), anything(transformer))
    few = transformer.encode(frame, rng())
    whole = transformer.decode(few, rng(1))
    few.codes, few.scalars = few.codes[:50], few.scalars[:50]
    pd.testing.assert_frame_equal(transformer.decode(few, rng(1)), whole[:50])


def test_cells_that_are_known_are_what_gaps_count_from():
    frame = pd.DataFrame({"a": rng().integers(0, 500, ROWS), "b": 0})
    frame["b"] = frame["a"] + rng(1).integers(1, 9, ROWS)
    transformer = learnt(frame, numbers="cells")
    encoded = transformer.encode(frame, rng())
    known = pd.DataFrame({"a": [100.0, np.nan] * (ROWS // 2)})
    found = transformer.decode(encoded, rng(), known=known)
    # Where an extreme a was clipped, its gap is another one.
    assert found["b"][::2].between(101, 108).mean() > 1 - 8 / ROWS
    assert found["b"][::2].between(100, 120).all()
    assert (found["a"][::2] == 100).all()
    assert (found["b"][1::2] - found["a"][1::2]).between(0, 20).all()


@pytest.mark.parametrize(
    "damage",
    [
        {"sources": []},
        {"sources": ["gone"]},
        {"sources": [1]},
        {"name": "gone"},
        {"snap": 0},
        {"most": -1},
        {"heaps": [3, 3]},
        {"heaps": ["x"]},
        {"limits": [None]},
        {"axis": {}},
        {"storage": {"kind": "text", "dtype": "object", "objects": "str"}},
        {"storage": {"kind": "number", "dtype": "float64"}},
        {"storage": {"kind": "temporal", "dtype": "datetime64", "unit": "s"}},
    ],
)
def test_a_damaged_gap_is_refused(damage):
    frame = pd.DataFrame({"a": range(60), "b": range(3, 63)})
    record = learnt(frame).to_dict()
    record["gaps"][0] |= damage
    with pytest.raises(ModelFileError):
        TableTransformer.from_dict(record)
