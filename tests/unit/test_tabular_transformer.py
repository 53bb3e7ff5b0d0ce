"""The whole table: layout, determinism, privacy of the saved form, errors."""

import json

import numpy as np
import pandas as pd
import pytest

from synthohive_jupyter.errors import DataError, ModelFileError, NotFittedError
from synthohive_jupyter.schema.tables import Constraint
from synthohive_jupyter.tabular.codecs import ColumnLayout
from synthohive_jupyter.tabular.transformer import FORMAT, TableTransformer


def shop(n=600, seed=0):
    rng = np.random.default_rng(seed)
    return pd.DataFrame({
        "total": rng.lognormal(3, 1, n).round(2),
        "status": rng.choice(["new", "paid", "sent"], n),
        "placed": pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.integers(0, 10**7, n), "s"),
        "gift": pd.Series(rng.random(n) < 0.3, dtype="boolean").mask(rng.random(n) < 0.1),
        "note": [f"#{x:06d}" for x in rng.integers(0, 10**6, n)],
        "empty": [None] * n,
    })  # fmt: skip


@pytest.fixture(scope="module")
def fitted():
    return TableTransformer().fit(shop(), table="orders", seed=1)


def rng(seed=0):
    return np.random.default_rng(seed)


def test_the_layout_tells_models_what_they_need(fitted):
    layout = {column.name: column for column in fitted.layout}
    assert list(layout) == list(shop())
    assert layout["status"] == ColumnLayout("status", 3, (), embedded=False)
    assert layout["gift"] == ColumnLayout("gift", 3, (), embedded=False)
    assert layout["note"].n_codes == layout["empty"].n_codes == 1
    assert len(layout["total"].scalar_codes) == layout["total"].n_codes


def test_frequencies_are_those_of_the_codes(fitted):
    data = shop()
    encoded = fitted.encode(data, rng())
    for place, (column, known) in enumerate(zip(fitted.layout, fitted.frequencies, strict=True)):
        assert known.shape == (column.n_codes,)
        assert known.sum() == pytest.approx(1)
        counted = np.bincount(encoded.codes[:, place], minlength=column.n_codes) / len(data)
        # Modes are drawn, so these have a standard error of at most .5 / sqrt(600) = .02.
        assert counted == pytest.approx(known, abs=0.08 if column.scalar_codes else 1e-12)


def test_encoded_arrays_have_the_promised_types_and_range(fitted):
    encoded = fitted.encode(shop(), rng())
    assert encoded.codes.dtype == np.int32
    assert encoded.scalars.dtype == np.float32
    assert encoded.codes.shape == encoded.scalars.shape == (600, 6)
    assert np.abs(encoded.scalars).max() <= 1
    for place, column in enumerate(fitted.layout):
        without = ~np.isin(encoded.codes[:, place], column.scalar_codes)
        assert (encoded.scalars[without, place] == 0).all()


def test_a_saved_transformer_encodes_and_decodes_the_same(fitted):
    saved = json.dumps(fitted.to_dict(), allow_nan=False)
    again = TableTransformer.from_dict(json.loads(saved))
    one, two = (t.encode(shop(), rng(3)) for t in (fitted, again))
    assert (one.codes == two.codes).all()
    assert (one.scalars == two.scalars).all()
    pd.testing.assert_frame_equal(fitted.decode(one, rng(4)), again.decode(two, rng(4)))
    assert again.layout == fitted.layout
    assert all((a == b).all() for a, b in zip(again.frequencies, fitted.frequencies, strict=True))


def test_the_same_seed_gives_the_same_rows_and_a_prefix_is_a_prefix(fitted):
    encoded = fitted.encode(shop(), rng())
    whole = fitted.decode(encoded, rng(9))
    pd.testing.assert_frame_equal(whole, fitted.decode(encoded, rng(9)))
    encoded.codes, encoded.scalars = encoded.codes[:50], encoded.scalars[:50]
    pd.testing.assert_frame_equal(whole[:50], fitted.decode(encoded, rng(9)))
    assert (whole["note"] != fitted.decode(fitted.encode(shop(), rng()), rng(8))["note"]).any()


def test_fit_has_no_hidden_state():
    one, two = (TableTransformer().fit(shop(), table="orders", seed=5) for _ in range(2))
    assert one.to_dict() == two.to_dict()


def test_a_table_without_columns_keeps_its_rows():
    frame = pd.DataFrame(index=range(7))
    transformer = TableTransformer().fit(frame, table="links")
    encoded = transformer.encode(frame, rng())
    assert encoded.codes.shape == (7, 0)
    assert transformer.decode(encoded, rng()).shape == (7, 0)


def test_nulls_where_none_were_seen_become_the_commonest_value():
    transformer = TableTransformer().fit(pd.DataFrame({"x": ["a"] * 20 + ["b"] * 9}), table="t")
    encoded = transformer.encode(pd.DataFrame({"x": ["b", None]}), rng())
    assert transformer.decode(encoded, rng())["x"].tolist() == ["b", "a"]


def test_a_column_of_nulls_stays_one_whatever_comes(fitted):
    data = shop()
    data["empty"] = "something"
    assert (fitted.encode(data, rng()).codes[:, 5] == 0).all()


def test_other_columns_and_their_order_do_not_matter(fitted):
    data = shop()
    turned = data[data.columns[::-1]].assign(more=1)
    assert (fitted.encode(turned, rng()).codes == fitted.encode(data, rng()).codes).all()


def test_planted_values_are_nowhere_in_the_saved_form():
    data = shop()
    data.loc[0, ["total", "status", "note"]] = [7_654_321.25, "leaked", "canary-0001"]
    data.loc[1, "placed"] = pd.Timestamp("1987-06-05T04:03:02")
    transformer = TableTransformer().fit(data, table="orders")
    saved = json.dumps(transformer.to_dict())
    ticks = str(data.loc[1, "placed"].value)
    assert not [c for c in ("7654321", "leaked", "canary", "1987", ticks) if c in saved]
    found = transformer.decode(transformer.encode(data, rng()), rng())
    assert found["total"].max() < 10_000
    assert found["placed"].min() >= pd.Timestamp("2024-01-01")
    assert "leaked" not in set(found["status"])


def test_use_before_fit_is_an_error():
    with pytest.raises(NotFittedError, match="fitted first"):
        TableTransformer().encode(shop(), rng())


@pytest.mark.parametrize(
    ("frame", "message"),
    [
        (pd.DataFrame({"x": []}), "no rows"),
        (pd.DataFrame({1: [1, 2]}), "names must be text"),
        (pd.DataFrame([[1, 2]], columns=["x", "x"]), r"t\.x: the column is there twice"),
    ],
)
def test_frames_that_cannot_be_learnt_are_errors(frame, message):
    with pytest.raises(DataError, match=message):
        TableTransformer().fit(frame, table="t")


def test_a_missing_column_and_wrong_families_are_errors(fitted):
    with pytest.raises(DataError, match=r"orders\.status: the column is missing"):
        fitted.encode(shop().drop(columns="status"), rng())
    with pytest.raises(DataError, match="families"):
        TableTransformer().fit(shop(), table="t", families=np.arange(3))


def test_constraints_reach_their_columns():
    constraints = {"total": Constraint(min=5, max=50), "note": Constraint(dtype="text")}
    transformer = TableTransformer().fit(shop(), table="t", constraints=constraints)
    encoded = transformer.encode(shop(), rng())
    encoded.scalars[:] = rng().uniform(-1, 1, encoded.scalars.shape)
    assert transformer.decode(encoded, rng())["total"].between(5, 50).all()


@pytest.mark.parametrize(
    "damage",
    [
        {"version": FORMAT + 1},
        {"version": True},
        {"table": None},
        {"columns": {}},
        {"columns": [None]},
        {"columns": [{"name": "x"}]},
    ],
)
def test_a_damaged_file_is_refused(fitted, damage):
    with pytest.raises(ModelFileError):
        TableTransformer.from_dict({**fitted.to_dict(), **damage})


def test_no_record_at_all_and_a_column_twice_are_refused(fitted):
    record = fitted.to_dict()
    with pytest.raises(ModelFileError):
        TableTransformer.from_dict(None)
    with pytest.raises(ModelFileError, match="twice"):
        TableTransformer.from_dict({**record, "columns": record["columns"] * 2})


def test_a_type_that_pandas_does_not_know_is_refused(fitted):
    record = json.loads(json.dumps(fitted.to_dict()))
    record["columns"][2]["storage"]["tz"] = "Europe/Atlantis"
    with pytest.raises(ModelFileError, match="type is not known"):
        TableTransformer.from_dict(record)
