"""Unique columns: every value once, nothing dropped, hardly anything moved."""

from datetime import date
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synthohive_jupyter.errors import DataError
from synthohive_jupyter.schema.tables import Constraint
from synthohive_jupyter.tabular.constraints import enforce, violations
from synthohive_jupyter.tabular.unique import spread


def unique(cells, /, **declared):
    """Return the column made unique, after checking what always holds."""
    frame = pd.DataFrame({"x": cells})
    constraints = {"x": Constraint(unique=True, **declared)}
    found = enforce(frame, constraints, table="t")
    assert violations(found, constraints) == []
    assert found["x"].dtype == frame["x"].dtype
    assert (found["x"].isna() == frame["x"].isna()).all()
    assert found.index.equals(frame.index)
    pd.testing.assert_frame_equal(found, enforce(frame, constraints, table="t"))
    return found["x"]


@given(
    values=st.lists(st.integers(-50, 50) | st.integers(-(2**62), 2**62), max_size=40),
    slack=st.integers(0, 30),
)
@settings(max_examples=300, deadline=None)
def test_points_are_spread_in_their_order(values, slack):
    points = np.array(values, dtype=np.int64)
    low, high = min(values, default=0), max(values, default=0)
    high = max(high, low + len(values) - 1 + slack)
    found = spread(points, low, high)
    assert len(set(found.tolist())) == len(points)
    assert ((found >= low) & (found <= high)).all()
    order = np.lexsort((np.arange(len(points)), points))
    assert (np.diff(found[order]) > 0).all()
    # A value with nobody within the number of rows stays where it is.
    for at, value in enumerate(values):
        near = [abs(value - other) for i, other in enumerate(values) if i != at]
        room = min(value - low, high - value)
        if min(near, default=2**63) > 2 * len(values) and room >= len(values):
            assert found[at] == value


@pytest.mark.parametrize(
    ("values", "declared", "expected"),
    [
        ([7, 7, 7, 20], {}, [7, 8, 9, 20]),
        ([5, 5, 5, 9, 1], {}, [4, 5, 6, 9, 1]),
        ([3, 3, 3], {"min": 1, "max": 3}, [1, 2, 3]),
        ([3, 3, 3], {"max": 3}, [1, 2, 3]),
        ([0.5, 0.5, 0.1], {"min": 0.1, "max": 0.5}, [0.4, 0.5, 0.1]),
        (pd.Series([250, 255, 255, 255], dtype="uint8"), {}, [250, 253, 254, 255]),
        (pd.Series([2**63, 2**63], dtype="uint64"), {}, [2**63, 2**63 + 1]),
        ([date(2024, 1, 1)] * 2 + [None, None], {}, [date(2024, 1, 1), date(2024, 1, 2), None, None]),
        (["2024-01-31"] * 2, {"dtype": "date"}, ["2024-01-31", "2024-02-01"]),
        ([Decimal("1.50"), Decimal("1.50")], {"max": 2}, [Decimal("1.50"), Decimal("1.51")]),
        ([1, 1, 9], {"values": ("9", "1", "4")}, [1, 4, 9]),
        (["a", "a"], {"values": ("a", "b")}, ["a", "b"]),
        ([True, True], {}, [False, True]),
    ],
)  # fmt: skip
def test_repetitions_move_to_the_nearest_free_values(values, declared, expected):
    assert unique(values, **declared).where(lambda s: s.notna(), None).tolist() == expected


def test_a_column_without_repetitions_is_left():
    frame = pd.DataFrame({"x": [5, 1, 3], "y": ["a", None, None]})
    constraints = {name: Constraint(unique=True) for name in frame}
    pd.testing.assert_frame_equal(enforce(frame, constraints), frame)


@pytest.mark.parametrize("dtype", ["int64", "Int64", "float64", "float32", "datetime64[ns]"])
def test_a_dense_range_is_filled_to_the_last_point(dtype):
    cells = pd.Series(np.random.default_rng(0).integers(0, 1000, 1000).astype("int64"))
    rule = {"min": 0, "max": 999} if "date" not in dtype else {"max": "1972-09-26"}
    if "date" in dtype:
        cells = cells * 86_400 * 10**9
    found = unique(cells.astype(dtype), **rule)
    wanted = np.arange(1000) * (86_400 * 10**9 if "date" in dtype else 1)
    assert np.sort(found.to_numpy().astype("int64")).tolist() == wanted.tolist()


def test_floats_without_a_grid_move_by_the_least_step():
    values = np.repeat(np.random.default_rng(0).normal(size=50), 2)
    values[:4] = [0.0, -0.0, 1e300, 1e300]
    found = unique(values)
    assert np.abs(found / values - 1).iloc[4:].max() < 1e-15
    small = unique(values[4:].astype("float32"))
    assert np.abs(small / values[4:].astype("float32") - 1).max() < 1e-6


def test_the_grid_is_kept_and_refined_only_where_it_is_full():
    values = np.random.default_rng(0).integers(0, 100, 60) * 50
    assert (unique(values) % 50 == 0).all()
    assert unique(np.arange(30).repeat(3) * 10, min=0, max=290).between(0, 290).all()


def test_text_gets_new_text_of_its_format():
    texts = [f"K-{n:04d}" for n in np.random.default_rng(0).integers(0, 10_000, 3000)]
    found = unique(texts)
    assert found.str.fullmatch(r"K-\d{4}").all()
    first = ~pd.Series(texts).duplicated()
    assert (found[first] == pd.Series(texts)[first]).all()


def test_a_heap_spreads_to_both_sides():
    values = np.r_[np.full(101, 1000), np.arange(0, 500, 5), np.arange(1500, 2000, 5)]
    found = unique(values)
    assert sorted(found[:101]) == list(range(950, 1051))
    assert (found[101:] == values[101:]).all()


@pytest.mark.parametrize(
    ("values", "declared", "count"),
    [
        ([1] * 4, {"min": 1, "max": 3}, 3),
        ([1] * 4, {"values": ("1", "2")}, 2),
        (["a", "a", "b"], {"dtype": "cat"}, 2),
        (pd.Series(["a", "a", "b"], dtype="category"), {}, 2),
        ([True] * 3, {}, 2),
        ([0.5] * 7, {"min": 0.0, "max": 0.5}, 6),
        ([date(2024, 1, 1)] * 3, {"min": "2024-01-01", "max": "2024-01-02"}, 2),
        (pd.Series([1] * 300, dtype="int8"), {}, 256),
    ],
)
def test_too_few_values_are_an_error_that_counts(values, declared, count):
    with pytest.raises(DataError, match=rf"t\.x.*has {count} different values for") as caught:
        unique(values, **declared)
    assert f"for {len(values)} rows" in str(caught.value)


def test_checks_hold_after_values_have_moved():
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"a": rng.integers(0, 300, 300)})
    frame["b"] = frame["a"] + rng.integers(0, 3, 300)
    for names in (["a"], ["b"], ["a", "b"], ["b", "a"]):
        constraints = {name: Constraint(unique=True) for name in names}
        found = enforce(frame, constraints, [("a", "b")])
        assert violations(found, constraints, [("a", "b")]) == []
        assert (found - frame).abs().mean().max() < 60


def test_columns_that_are_fixed_are_not_changed_by_checks():
    frame = pd.DataFrame({"a": [5, 1], "b": [2, 9]})
    assert enforce(frame, {}, [("a", "b")], fixed=["a"])["b"].tolist() == [5, 9]
    assert enforce(frame, {}, [("a", "b")], fixed=["b"])["a"].tolist() == [2, 1]
    assert enforce(frame, {}, [("a", "b")], fixed=["a", "b"]).equals(frame)
