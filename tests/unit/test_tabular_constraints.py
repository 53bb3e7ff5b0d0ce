"""Ranges, sets and checks: made to hold, or counted."""

from datetime import date
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest

from synthohive_jupyter.errors import DataError
from synthohive_jupyter.schema.tables import Constraint
from synthohive_jupyter.tabular.constraints import enforce, violations


def enforced(cells, /, **declared):
    constraints = {"x": Constraint(**declared)}
    frame = pd.DataFrame({"x": cells})
    found = enforce(frame, constraints)
    assert violations(found, {"x": Constraint(**{**declared, "unique": False})}) == []
    assert found["x"].dtype == frame["x"].dtype
    assert (found["x"].isna() == frame["x"].isna()).all()
    return found["x"].tolist()


@pytest.mark.parametrize(
    ("values", "declared", "expected"),
    [
        ([1, 5, 99], {"min": 2, "max": 50}, [2, 5, 50]),
        ([1, 5, 99], {"min": 1.5, "max": 50.5}, [2, 5, 50]),
        ([0.5, 2.5], {"max": 1.0}, [0.5, 1.0]),
        (pd.Series([1, 99], dtype="uint64"), {"max": 50}, [1, 50]),
        ([date(2024, 1, 1), None], {"min": "2024-02-01"}, [date(2024, 2, 1), None]),
        (["2024-01-01", None], {"min": "2024-02-01"}, ["2024-02-01", None]),
        ([Decimal("1.25"), Decimal("9.75")], {"max": 5}, [Decimal("1.25"), Decimal("5.00")]),
        ([1, 4, 9], {"values": ("2", "8")}, [2, 2, 8]),
        ([1, 4, 9], {"values": ("2", "8"), "max": 5}, [2, 2, 2]),
        (["a", "b", "b", "?"], {"values": ("a", "b", "c")}, ["a", "b", "b", "b"]),
        (["?"], {"values": ("a", "b")}, ["a"]),
    ],
)
def test_values_move_to_the_nearest_that_is_allowed(values, declared, expected):
    assert enforced(values, **declared) == expected


def test_bounds_of_float32_are_those_of_float32():
    frame = pd.DataFrame({"x": np.array([0.1, 0.2], dtype="float32")})
    constraints = {"x": Constraint(min=0.1, max=0.1)}
    assert len(violations(frame, constraints)) == 1
    found = enforce(frame, constraints)
    assert violations(found, constraints) == []
    assert found["x"].tolist() == [np.float32(0.1)] * 2


def test_a_categorical_moves_within_its_levels_or_gains_one():
    frame = pd.DataFrame({"x": pd.Categorical(["a", "?", "a"])})
    found = enforce(frame, {"x": Constraint(values=("a", "b"))})["x"]
    assert found.tolist() == ["a", "a", "a"]
    assert found.cat.categories.tolist() == ["?", "a"]


def test_what_holds_is_left_as_it_is():
    frame = pd.DataFrame({"x": [1, 2], "y": [5.0, np.nan]}, index=[7, 3])
    found = enforce(frame, {"x": Constraint(min=0), "gone": Constraint(min=9)}, [("x", "y")])
    pd.testing.assert_frame_equal(found, frame)
    assert found is not frame


def test_broken_rows_are_swapped_and_keep_their_index_and_type():
    frame = pd.DataFrame({"a": [5, 1, 7], "b": [2, 9, 7]}, index=[4, 2, 0])
    found = enforce(frame, {}, [("a", "b")])
    assert found.to_dict("list") == {"a": [2, 1, 7], "b": [5, 9, 7]}
    assert found.index.tolist() == [4, 2, 0]
    assert frame["a"].tolist() == [5, 1, 7]


def test_chains_of_checks_are_sorted():
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(rng.integers(0, 99, (500, 5)), columns=list("abcde"))
    checks = [("d", "e"), ("a", "b"), ("c", "d"), ("b", "c")]
    found = enforce(frame, {}, checks)
    assert (np.sort(frame.to_numpy(), axis=1) == found.to_numpy()).all()


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        ([8], [5.5], ([8], [8.0])),
        ([date(2024, 5, 2)], pd.to_datetime(["2024-05-01 10:00"]), (date(2024, 5, 2), pd.Timestamp("2024-05-02"))),
        (pd.to_datetime(["2024-05-02 10:00"]), [date(2024, 5, 1)], (pd.Timestamp("2024-05-02 10:00"), date(2024, 5, 3))),
        ([2.5], [1], ([2.5], [3])),
    ],
)  # fmt: skip
def test_columns_of_different_types_are_lifted_not_swapped(low, high, expected):
    frame = pd.DataFrame({"a": low, "b": high})
    found = enforce(frame, {}, [("a", "b")])
    assert violations(found, {}, [("a", "b")]) == []
    assert found.dtypes.equals(frame.dtypes)
    assert (found["a"].iloc[0], found["b"].iloc[0]) == tuple(np.ravel(e)[0] for e in expected)


def test_numbers_of_any_type_compare_by_their_value():
    frame = pd.DataFrame({
        "u": pd.Series([2**63 + 4096, 1], dtype="uint64"),
        "d": pd.Series([Decimal("1.50"), Decimal("0.99")], dtype=object),
        "f": [1.25, 1.0],
    })  # fmt: skip
    checks = [("u", "f"), ("d", "f"), ("f", "u")]
    counts = {p.locus[2]: p.message.split(": ")[1][0] for p in violations(frame, {}, checks)}
    assert counts == {"u <= f": "1", "d <= f": "1"}


def test_a_swap_that_leaves_a_range_becomes_a_lift():
    constraints = {"a": Constraint(max=8), "b": Constraint(max=5)}
    frame = pd.DataFrame({"a": [7, 4], "b": [5, 2]})
    found = enforce(frame, constraints, [("a", "b")])
    assert found.to_dict("list") == {"a": [5, 2], "b": [5, 4]}


def test_a_row_that_cannot_be_mended_is_left_and_reported():
    constraints = {"a": Constraint(min=10), "b": Constraint(max=5)}
    frame = pd.DataFrame({"a": [12], "b": [3]})
    found = enforce(frame, constraints, [("a", "b")])
    pd.testing.assert_frame_equal(found, frame)
    (problem,) = violations(found, constraints, [("a", "b")], table="t")
    assert problem.message == "'a <= b' does not hold: 1 row is the other way round"
    assert problem.locus == ("t", "check", "a <= b")


def test_nulls_break_nothing():
    frame = pd.DataFrame({"a": [9.0, np.nan], "b": [np.nan, 1.0]})
    assert violations(frame, {"a": Constraint(max=10)}, [("a", "b")]) == []
    pd.testing.assert_frame_equal(enforce(frame, {}, [("a", "b")]), frame)


def test_violations_count_rows_and_tell_no_value():
    frame = pd.DataFrame({"a": [1, 777, 888, 2], "c": ["x", "secret", "x", None]})
    constraints = {
        "a": Constraint(max=10),
        "c": Constraint(values=("x",), unique=True),
    }
    problems = violations(frame, constraints, [("a", "a")], table="t")
    assert [problem.message for problem in problems] == [
        "'t.a': 2 rows are outside the declared range or set",
        "'t.c': 1 row is outside the declared range or set",
        "'t.c' is declared unique: 1 row is a repetition",
    ]
    assert problems[0].locus == ("t", "constraint", "a")


def test_a_check_of_text_against_numbers_is_an_error():
    frame = pd.DataFrame({"a": ["x"], "b": [1]})
    with pytest.raises(DataError, match="compares text with number"):
        enforce(frame, {}, [("a", "b")], table="t")


def test_times_of_different_units_and_far_dates_compare_exactly():
    frame = pd.DataFrame({
        "a": np.array(["9999-12-31"], dtype="M8[s]"),
        "b": np.array(["2262-01-01"], dtype="M8[ns]"),
        "c": pd.Series([date(2262, 1, 1)], dtype=object),
    })  # fmt: skip
    checks = [("a", "b"), ("b", "c"), ("c", "b")]
    assert [p.locus[2] for p in violations(frame, {}, checks)] == ["a <= b"]
