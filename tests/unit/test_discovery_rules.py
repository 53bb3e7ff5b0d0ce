"""Types, ranges, sets and comparisons are guessed as rules, and hold no value of anybody."""

import numpy as np
import pandas as pd
import pytest

from synthohive_jupyter.engine.discovery.guess import discover
from tests.guesses import ID, N, frame, tables

RNG = np.random.default_rng(0)


def constraint(values, name):
    found = tables({"t": frame(id=ID, **{name: values})})["t"]
    return found.constraints.get(name)


@pytest.mark.parametrize(
    ("name", "values", "kind"),
    [
        ("a", np.arange(N) - 7, "int"),
        ("a", RNG.normal(size=N), "float"),
        ("a", pd.Series(np.arange(N), dtype=float).mask(ID < 9), "int"),
        ("a", np.arange(N) % 2 == 0, "bool"),
        ("is_new", np.arange(N) % 2, "bool"),
        ("a", np.arange(N) % 2, "int"),
        ("a", pd.date_range("2024-01-01", periods=N, freq="h"), "datetime"),
        ("a", pd.date_range("2024-01-01", periods=N).date, "date"),
        ("a", pd.date_range("2024-01-01", periods=N).strftime("%Y-%m-%d"), "date"),
        ("a", pd.date_range("2024-01-01", periods=N).strftime("%d/%m/%Y"), "text"),
        ("a", [f"some words {n}" for n in range(N)], "text"),
        ("a", [f"k{n % 20}" for n in range(N)], "cat"),
    ],
)
def test_types(name, values, kind):
    assert constraint(values, name).dtype == kind


def test_many_levels_are_marked_and_odd_columns_left_alone():
    many = tables({"t": frame(id=np.arange(2000), a=[f"k{n % 80}" for n in range(2000)])})["t"]
    assert many.high_cardinality_cols == ("a",)
    assert constraint([[n] for n in range(N)], "a") is None
    assert constraint([None] * N, "a") is None


@pytest.mark.parametrize(
    ("name", "low", "high", "ends"),
    [
        ("age", 19, 77, (0, 120)),
        ("price", 3, 812, (0, None)),
        ("quantity", 1, 17, (1, None)),
        ("quantity", 0, 17, (0, None)),
        ("rating", 1, 5, (1, 5)),
        ("month", 1, 12, (1, 12)),
        ("month", 0, 11, (None, None)),
        ("balance", -5, 90, (None, None)),
        ("price", -5, 90, (None, None)),
        ("x", 3, 812, (None, None)),
    ],
)
def test_ranges_are_rules_and_never_the_extremes_of_the_data(name, low, high, ends):
    values = np.r_[low, high, np.random.default_rng(0).integers(low, high + 1, N - 2)]
    found = constraint(values, name)
    assert (found.min, found.max) == ends


def test_shares_and_coordinates():
    unit = np.random.default_rng(0).random(N)
    assert (constraint(unit, "tax_rate").min, constraint(unit, "tax_rate").max) == (0, 1)
    assert constraint(unit * 80, "latitude").max == 90
    assert constraint(unit * 3, "tax_rate").max is None


def test_levels_are_shown_where_they_are_few_and_frequent():
    assert constraint(["b", "a"] * 100, "a").values == ("a", "b")
    assert constraint(["b", "a"] * 98 + ["a", "a", "a", "rare"], "a").values is None
    assert constraint([f"k{n % 9}" for n in range(N)], "a").values is None
    assert constraint(["tel 5551234", "tel 5551235"] * 100, "a").values is None
    assert constraint(["x\ny", "z"] * 100, "a").values is None


def test_a_level_of_one_family_is_not_shown():
    users = frame(id=ID)
    child = frame(id=ID, user_id=ID % 40 + 1, ward=np.where(ID % 40 == 3, "secret", "open"))
    child.loc[child["ward"] == "secret", "user_id"] = 7
    assert (child["ward"] == "secret").sum() >= 5
    found = tables({"users": users, "visits": child})["visits"]
    assert found.constraints["ward"].values is None


def test_comparisons_need_names_and_all_rows():
    start = pd.Series(pd.date_range("2024-01-01", periods=N))
    later = start + pd.Timedelta(days=3)
    found = tables({"t": frame(id=ID, started_at=start, ended_at=later, min_x=ID, max_x=ID + 1)})[
        "t"
    ]
    assert set(found.checks) == {("started_at", "ended_at"), ("min_x", "max_x")}
    later[5] = start[5] - pd.Timedelta(days=1)
    assert tables({"t": frame(id=ID, started_at=start, ended_at=later)})["t"].checks == ()
    assert tables({"t": frame(id=ID, a_at=start, b_at=start)})["t"].checks == ()


def test_personal_data_is_in_no_rule():
    users = frame(
        id=ID,
        email=[f"u{n}@mail.test" for n in ID],
        birth_date=pd.date_range("1950-01-01", periods=N, freq="60D"),
        last_seen_at=pd.date_range("2024-01-01", periods=N),
    )
    found = discover({"users": users})
    table = found.metadata.tables["users"]
    assert table.checks == ()
    assert table.constraints["email"].unique
    assert found.privacy.rule("users", "birth_date").action == "fake"


def test_nothing_but_frequent_levels_of_the_data_is_in_the_result():
    secrets = [f"secret{n:03d}" for n in ID]
    data = frame(
        id=secrets, age=np.r_[113, RNG.integers(20, 60, N - 1)], price=RNG.random(N) * 1000 + 123,
        name=secrets, kind=["a", "b"] * 100,
    )  # fmt: skip
    found = discover({"users": data})
    text = repr((found.metadata.to_dict(), found.privacy, found.guesses, found.notes))
    assert "secret" not in text
    assert "113" not in text
    assert repr(float(data["price"].min())) not in text


def test_a_name_that_no_cell_can_hold_is_left_out_and_told():
    found = discover({"t": pd.DataFrame({"id": ID, "a\nb": ID})})
    assert "a\nb" not in found.metadata.tables["t"].known_columns
    assert [note.text for note in found.notes] == [
        "a column with a line break in its name is left out of the text"
    ]
