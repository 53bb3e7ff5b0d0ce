"""What a caller sees of ARGN: evidence of every kind, imputation, contexts, odd data."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from synthohive_jupyter.errors import DataError
from synthohive_jupyter.models.argn.model import ARGN
from synthohive_jupyter.models.base import BLOCK_ROWS
from synthohive_jupyter.schema.metadata import Metadata
from synthohive_jupyter.schema.tables import Constraint

ROWS = 2400
SMALL = {"embedding_dim": 8, "hidden_dim": 32, "precision": "float32", "epochs": 40}


@pytest.fixture(scope="module")
def metadata():
    metadata = Metadata()
    metadata.add_table(
        "visits",
        pk=None,
        constraints={"score": {"min": 0, "max": 100}},
        checks=[("opened", "closed")],
    )
    metadata.add_table("plain", pk=None)
    return metadata


@pytest.fixture(scope="module")
def visits():
    """Plan decides level (1-4 or 5-8) and amount (about 10 or 100); some nulls."""
    rng = np.random.default_rng(0)
    pro = rng.random(ROWS) < 0.4
    opened = pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.integers(0, 365, ROWS), unit="D")
    amount = np.where(pro, rng.normal(100, 5, ROWS), rng.normal(10, 2, ROWS)).round(2)
    amount[rng.random(ROWS) < 0.1] = np.nan
    return pd.DataFrame(
        {
            "plan": np.where(pro, "pro", "free"),
            "level": np.where(pro, rng.integers(5, 9, ROWS), rng.integers(1, 5, ROWS)),
            "amount": amount,
            "score": rng.uniform(0, 100, ROWS),
            "opened": opened,
            "closed": opened + pd.to_timedelta(rng.integers(0, 30, ROWS), unit="D"),
            "born": rng.choice([dt.date(1899, 1, 2), dt.date(1950, 3, 4), None], ROWS),
            "kind": pd.Categorical(rng.choice(["a", "b", "c"], ROWS)),
            "note": [f"text {i} {rng.integers(1e6)}" for i in range(ROWS)],
        }
    )


@pytest.fixture(scope="module")
def model(metadata, visits):
    return ARGN(metadata, **SMALL).fit(visits, table_name="visits", seed=1)


def test_a_fixed_value_steers_the_other_columns(model):
    free = model.sample(400, seed=1, given={"plan": "free"})
    pro = model.sample(400, seed=1, given={"plan": "pro"})
    assert (free["plan"] == "free").all()
    assert (pro["plan"] == "pro").all()
    # In the data the rule has no exception; a network of this size has a few.
    assert (free["level"] <= 4).mean() > 0.97
    assert (pro["level"] >= 5).mean() > 0.97


def test_evidence_steers_backwards_too(model):
    # In canonical order the plan comes before the amount.
    assert (model.sample(300, seed=1, given={"amount": 100.0})["plan"] == "pro").mean() > 0.95
    sample = model.sample(300, seed=1, given={"level": {"min": 6}})
    assert (sample["level"] >= 6).all()
    assert (sample["plan"] == "pro").mean() > 0.95


GIVEN = {
    "text": ({"plan": "pro"}, lambda s: s["plan"] == "pro"),
    "number": ({"amount": 33.33}, lambda s: s["amount"] == 33.33),
    "whole number": ({"level": 3}, lambda s: s["level"] == 3),
    "null": ({"amount": None}, lambda s: s["amount"].isna()),
    "nan": ({"amount": float("nan")}, lambda s: s["amount"].isna()),
    "date": ({"born": dt.date(1899, 1, 2)}, lambda s: s["born"] == dt.date(1899, 1, 2)),
    "time": (
        {"opened": pd.Timestamp("2024-05-06")},
        lambda s: s["opened"] == pd.Timestamp("2024-05-06"),
    ),
    "free text": ({"note": "as it is"}, lambda s: s["note"] == "as it is"),
    "category": ({"kind": "b"}, lambda s: s["kind"] == "b"),
    "set": ({"kind": {"a", "c"}}, lambda s: s["kind"].isin(["a", "c"])),
    "set of numbers": ({"level": [2, 7]}, lambda s: s["level"].isin([2, 7])),
    "set inside cells": ({"score": (10.5, 90.25)}, lambda s: s["score"].isin([10.5, 90.25])),
    "set of times": (
        {"opened": [pd.Timestamp("2024-02-01"), pd.Timestamp("2024-02-03")]},
        lambda s: s["opened"].isin(pd.to_datetime(["2024-02-01", "2024-02-03"])),
    ),
    "range": ({"amount": {"min": 95, "max": 105}}, lambda s: s["amount"].between(95, 105)),
    "open range": ({"score": {"max": 12.5}}, lambda s: s["score"] <= 12.5),
    "range of dates": (
        {"opened": {"min": "2024-03-01", "max": "2024-03-31"}},
        lambda s: s["opened"].between("2024-03-01", "2024-03-31"),
    ),
    "constraint": ({"level": Constraint(min=2, max=3)}, lambda s: s["level"].between(2, 3)),
    "several": (
        {"plan": ["pro"], "level": {"min": 5, "max": 6}, "score": {"min": 50}},
        lambda s: (s["plan"] == "pro") & s["level"].between(5, 6) & (s["score"] >= 50),
    ),
}


@pytest.mark.parametrize("name", GIVEN)
@pytest.mark.parametrize("enforce", [True, False])
def test_what_is_given_holds_in_every_row(model, visits, name, enforce):
    given, holds = GIVEN[name]
    sample = model.sample(200, seed=2, given=given, enforce_constraints=enforce)
    assert holds(sample).all()
    assert sample.dtypes.to_dict() == visits.dtypes.to_dict()
    assert list(sample.columns) == list(visits.columns)
    if enforce:
        both = sample[["opened", "closed"]].notna().all(axis=1)
        assert (sample["opened"] <= sample["closed"])[both].all()
        assert sample["score"].between(0, 100).all()
    assert model.sample(90, seed=2, given=given, enforce_constraints=enforce).equals(sample[:90])


def test_a_range_has_the_shape_of_the_data_inside(model, visits):
    inside = visits["score"].between(20, 60)
    sample = model.sample(2000, seed=1, given={"score": {"min": 20, "max": 60}})["score"]
    # Uniform in the data; quartiles of 480 rows have a deviation of about .9.
    for share in (0.25, 0.5, 0.75):
        real = visits["score"][inside].quantile(share)
        assert sample.quantile(share) == pytest.approx(real, abs=4)


def test_a_frame_fixes_cells_row_by_row(model, visits):
    known = visits[["amount", "plan", "note"]].sample(300, random_state=3)
    sample = model.sample(300, seed=1, given=known)
    for name in known:
        pd.testing.assert_series_equal(
            sample[name], known[name].reset_index(drop=True), check_names=False
        )
    right = (sample["level"] >= 5) == (sample["plan"] == "pro")
    assert right.mean() > 0.97
    assert model.sample(0, given=known[:0]).dtypes.to_dict() == visits.dtypes.to_dict()


def test_a_given_column_wins_over_a_bound(metadata, model):
    sample = model.sample(20, given={"score": 250.0})
    assert (sample["score"] == 250).all()


ERRORS = {
    "no such column": ({"plann": "pro"}, "plann"),
    "unknown category": ({"plan": "gold"}, r"visits\.plan"),
    "only unknown categories": ({"plan": {"gold", "silver"}}, r"visits\.plan"),
    "beyond the data": ({"level": {"min": 50}}, r"visits\.level"),
    "no nulls there": ({"plan": None}, r"visits\.plan"),
    "null in a set": ({"amount": [1.0, None]}, r"visits\.amount"),
    "a set of free texts": ({"note": ["a", "b"]}, r"visits\.note"),
    "a range of categories": ({"plan": {"min": "a"}}, r"visits\.plan"),
    "another type": ({"level": "seven"}, r"visits\.level"),
    "an empty set": ({"plan": []}, r"visits\.plan"),
}


@pytest.mark.parametrize("name", ERRORS)
def test_what_cannot_be_given_is_named(model, name):
    given, message = ERRORS[name]
    with pytest.raises(DataError, match=message) as caught:
        model.sample(5, given=given)
    for secret in ("gold", "silver", "seven"):
        assert secret not in str(caught.value)


def test_wrong_forms_are_errors_too(model, visits):
    with pytest.raises(DataError, match="3 rows"):
        model.sample(5, given=visits[["plan"]][:3])
    with pytest.raises(ValueError, match="range"):
        model.sample(5, given={"level": {"from": 1}})
    with pytest.raises(ValueError, match="num_rows"):
        model.sample(-1, given={"plan": "pro"})


def test_nulls_are_filled_given_the_rest_of_the_row(model, visits):
    rng = np.random.default_rng(5)
    holes = visits[:400].copy()
    holes.loc[rng.random(400) < 0.3, "plan"] = None
    holes.loc[rng.random(400) < 0.3, "kind"] = None
    holes.loc[rng.random(400) < 0.3, "opened"] = pd.NaT
    holes["extra"] = np.where(rng.random(400) < 0.5, np.nan, 1.0)
    holes.index = np.arange(400)[::-1]
    before = holes.copy(deep=True)
    filled = model.impute(holes, seed=1)
    pd.testing.assert_frame_equal(holes, before)
    assert filled.index.equals(holes.index)
    assert filled.dtypes.to_dict() == holes.dtypes.to_dict()
    assert filled.drop(columns="extra").notna().all().all()
    assert filled["extra"].equals(holes["extra"])
    for name in holes:
        kept = holes[name].notna()
        assert (filled[name][kept] == holes[name][kept]).all()
    right = filled["plan"].to_numpy() == visits["plan"][:400].to_numpy()
    assert right.mean() > 0.98
    missing = holes["amount"].isna()
    pro = filled["plan"][missing] == "pro"
    assert ((filled["amount"][missing] > 50) == pro).mean() > 0.9
    assert model.impute(holes, seed=1).equals(filled)
    with pytest.raises(DataError, match=r"visits\.kind"):
        model.impute(holes.drop(columns="kind"))


def test_a_column_of_nulls_stays_null(metadata):
    data = pd.DataFrame({"x": [1, 2] * 30, "empty": [None] * 60})
    model = ARGN(metadata, **{**SMALL, "epochs": 2}).fit(data, table_name="plain")
    assert model.impute(data)["empty"].isna().all()
    assert model.sample(5, given={"empty": None})["empty"].isna().all()
    with pytest.raises(DataError, match=r"plain\.empty"):
        model.sample(5, given={"empty": 3})


def test_whole_numbers_with_holes_are_filled(metadata):
    data = pd.DataFrame({"x": pd.array([1, 2, None] * 30, dtype="Int64"), "y": [1, 2, 1] * 30})
    model = ARGN(metadata, **{**SMALL, "epochs": 2}).fit(data, table_name="plain")
    filled = model.impute(data)
    assert filled["x"].dtype == "Int64"
    assert filled["x"].isin([1, 2]).all()


def test_evidence_and_context_together(metadata):
    rng = np.random.default_rng(0)
    region = pd.DataFrame({"region": rng.choice(["n", "s", None], 900)})
    plan = np.where(region["region"] == "n", "ski", "swim")
    days = np.where(plan == "ski", rng.integers(1, 5, 900), rng.integers(5, 9, 900))
    data = pd.DataFrame({"plan": plan, "days": days})
    model = ARGN(metadata, **SMALL).fit(data, region, table_name="plain", seed=1)
    sample = model.sample(900, region, seed=1, given={"days": {"min": 2, "max": 7}})
    assert sample["days"].between(2, 7).all()
    assert ((sample["plan"] == "ski") == (region["region"] == "n")).mean() > 0.95
    holes = data.assign(plan=None)
    right = model.impute(holes, region, seed=1)["plan"] == data["plan"]
    assert right.mean() > 0.95
    with pytest.raises(DataError, match="context"):
        model.sample(5, given={"days": 3})
    strange = region.assign(region="west")  # a region that the fit has not seen
    assert len(model.sample(900, strange, seed=1)) == 900


def test_blocks_are_independent_of_their_number(model):
    many = model.sample(BLOCK_ROWS + 200, seed=4)
    assert model.sample(100, seed=4).equals(many[:100])
    given = {"plan": "pro"}
    many = model.sample(BLOCK_ROWS + 200, seed=4, given=given)
    assert model.sample(100, seed=4, given=given).equals(many[:100])


def test_a_column_of_very_many_levels(metadata):
    rng = np.random.default_rng(0)
    level = np.repeat(np.arange(4000), 5)
    data = pd.DataFrame({"level": [f"l{i}" for i in level], "odd": level % 2 == 1})
    data = data.sample(frac=1, random_state=1).reset_index(drop=True)
    model = ARGN(metadata, **{**SMALL, "epochs": 2}).fit(data, table_name="plain", seed=1)
    sample = model.sample(3000, seed=1)
    assert set(sample["level"]) <= set(data["level"])
    assert sample["level"].nunique() > 1000
    wanted = [f"l{i}" for i in rng.choice(4000, 20, replace=False)]
    assert set(model.sample(500, given={"level": wanted})["level"]) <= set(wanted)
    assert (model.sample(50, given={"level": "l17"})["level"] == "l17").all()


@pytest.mark.parametrize("with_context", [False, True])
def test_extreme_numbers_and_odd_names(metadata, with_context):
    rng = np.random.default_rng(0)
    data = pd.DataFrame(
        {
            "huge": rng.normal(size=300) * 1e300,
            "tiny": rng.normal(size=300) * 1e-300,
            "whole": rng.integers(-(2**62), 2**62, 300),
            "naïve ☃": rng.choice(["ä", "日本", ""], 300),
            "heap": np.where(rng.random(300) < 0.98, 0.0, 7.0),
        }
    )
    context = data[["huge", "naïve ☃"]].add_prefix("__ctx__") if with_context else None
    model = ARGN(metadata, **{**SMALL, "epochs": 2})
    model.fit(data, context, table_name="plain")
    sample = model.sample(300, context, seed=1)
    assert np.isfinite(sample[["huge", "tiny", "heap"]].to_numpy()).all()
    assert sample.dtypes.to_dict() == data.dtypes.to_dict()


def test_a_wide_table_is_learnt(metadata):
    rng = np.random.default_rng(0)
    hidden = rng.random(200) < 0.5
    data = pd.DataFrame({f"c{i}": (rng.random(200) < 0.9) == hidden for i in range(120)})
    model = ARGN(metadata, epochs=3).fit(data, table_name="plain")
    assert model.sample(20).shape == (20, 120)
