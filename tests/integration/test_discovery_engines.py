"""Guesses on a real engine are those that pandas gives."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from synthohive_jupyter.engine.discovery import guess, looks
from synthohive_jupyter.io import frames
from synthohive_jupyter.io.glance import extents, rows_above, sample_rows
from tests.shop import make_shop

pytestmark = pytest.mark.engine


def test_a_shop_is_guessed_as_from_pandas(on_spark):
    data = make_shop(120).tables()
    data["orders"]["paid_at"] = data["orders"]["placed_at"] + pd.Timedelta(days=2)
    spark, pandas = guess.discover(on_spark(data)), guess.discover(data)
    assert spark.metadata == pandas.metadata
    assert dict(spark.privacy.items()) == dict(pandas.privacy.items())
    assert ("placed_at", "paid_at") in spark.metadata.tables["orders"].checks


def test_what_a_sample_cannot_say_is_counted_by_the_engine(on_spark, monkeypatch):
    monkeypatch.setattr(looks, "SAMPLE_ROWS", 50)
    rows = 3_000
    number = np.arange(1, rows + 1)
    data = {
        "users": pd.DataFrame({"id": number, "code": np.where(number == 77, 5, number)}),
        "visits": pd.DataFrame(
            {"id": number, "user_id": number, "kind": np.where(number == 9, "rare", "usual")}
        ),
    }
    data["visits"].loc[0, "user_id"] = rows + 100
    found = guess.discover(on_spark(data)).metadata
    assert found.tables["users"].primary_key == ("id",)
    assert found.tables["visits"].fk == {"user_id": "users.id"}
    assert found.tables["visits"].nullable_fks == ("user_id",)  # one of 3,000 points nowhere
    assert found.tables["visits"].constraints["kind"].values is None
    del data["users"]["id"]
    assert guess.discover(on_spark(data)).metadata.tables["users"].pk is None  # one code twice


def test_extents_and_comparisons_are_those_of_pandas(on_spark):
    data = pd.DataFrame(
        {"a": [1.5, np.nan, -2.0, np.inf], "b": [2.0, 1.0, -3.0, 5.0], "c": [None, 4, 2, 1]}
    )
    data["c"] = data["c"].astype("Int64")
    (frame,) = on_spark({"t": data}).values()
    assert extents(frame, ["a", "b", "c"]) == extents(data, ["a", "b", "c"])
    assert rows_above(frame, [("c", "b")]) == rows_above(data, [("c", "b")])
    assert sorted(sample_rows(frame, 2).columns) == ["a", "b", "c"]
    assert len(sample_rows(frame, 2)) == 2
    assert frames.n_rows(frame) == 4
