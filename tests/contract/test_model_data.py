"""Every model copes with every table: tiny, wide, strange, empty-handed."""

import warnings

import numpy as np
import pandas as pd
import pytest

from synthohive_jupyter.errors import DataError
from synthohive_jupyter.models.tree.model import TreeSynth
from tests.contract.cases import SHAPES, VALUES, digest


def types(frame):
    """Return the types as text: a category need not keep levels that no row has."""
    return [str(dtype) for dtype in frame.dtypes]


def check_nulls(sample, data):
    """Nulls come only where there were some, and nothing else where there was nothing else."""
    for name in data:
        if not data[name].isna().any():
            assert not sample[name].isna().any(), name
        if data[name].isna().all():
            assert sample[name].isna().all(), name


@pytest.mark.parametrize("name", SHAPES)
@pytest.mark.parametrize("with_context", [False, True])
def test_tables_that_are_hardly_tables_work(make, name, with_context, tmp_path):
    data = SHAPES[name]
    context = pd.DataFrame({"x": np.arange(len(data)) % 3}) if with_context else None
    model = make(epochs=1, batch_size=7).fit(data, context, table_name="users")
    given = None if context is None else context.iloc[np.zeros(5, int)]
    sample = model.sample(5, given, seed=1)
    assert sample.dtypes.to_dict() == data.dtypes.to_dict()
    assert len(sample) == 5
    model.save(tmp_path / "model")
    assert type(model).load(tmp_path / "model").sample(5, given, seed=1).equals(sample)
    if name in {"constant", "all null"}:
        assert sample.equals(data[:5])


@pytest.mark.parametrize("rows", [3, None])
@pytest.mark.parametrize("name", VALUES)
def test_values_of_every_kind_work_as_data_and_as_context(make, name, rows, tmp_path):
    data = VALUES[name][:rows]
    context = data.add_prefix("__ctx__")
    model = make(epochs=1).fit(data, context, table_name="users")
    sample = model.sample(len(data), context, seed=1)
    assert list(sample.columns) == list(data.columns)
    assert types(sample) == types(data)
    check_nulls(sample, data)
    numbers = sample.select_dtypes("float")
    assert (np.isfinite(numbers) | numbers.isna()).to_numpy().all()
    model.save(tmp_path / "model")
    again = type(model).load(tmp_path / "model").sample(len(data), context, seed=1)
    assert digest(again) == digest(sample)


CONTEXT = pd.DataFrame(
    {
        "region": ["n", "s"] * 50,
        "size": np.arange(100) / 8,
        "since": pd.date_range("2000", periods=100),
        "kind": pd.Categorical(["x", "y"] * 50),
        "flag": [True, False] * 50,
    }
)
STRANGE = {
    "an unseen category": {"region": "west"},
    "an unseen category of a categorical": {"kind": pd.Categorical(["z"] * 100)},
    "far out": {"size": 1e12, "since": pd.Timestamp("2200-01-01")},
    "nulls that fit had none of": dict.fromkeys(CONTEXT),
    "another column": {"more": 1},
    "other types of the same kind": {
        "region": pd.Series(["n"] * 100, dtype="string"),
        "size": pd.Series([3] * 100, dtype="Int64"),
        "since": pd.Series(pd.date_range("2000", periods=100).astype("M8[s]")),
    },
}


@pytest.fixture
def with_context(make):
    rng = np.random.default_rng(0)
    data = pd.DataFrame({"a": rng.normal(size=100), "b": rng.choice(["u", "v"], 100)})
    return make(epochs=1).fit(data, CONTEXT, table_name="users")


def test_a_context_that_fit_has_not_seen_is_drawn_from_all_the_same(with_context):
    for name, changed in STRANGE.items():
        sample = with_context.sample(100, CONTEXT.assign(**changed), seed=1)
        assert len(sample) == 100, name
        assert sample.notna().all().all(), name


WRONG = {
    "text for a number": {"size": "large"},
    "a number for a text": {"region": 7},
    "a number for a date": {"since": 3.5},
    "infinity": {"size": np.inf},
    "lists": {"region": [["n"]] * 100},
    "several types": {"region": [1, "n"] * 50},
}


@pytest.mark.parametrize("name", WRONG)
def test_a_context_of_another_kind_is_named_with_its_place(with_context, name):
    with pytest.raises(DataError) as caught:
        with_context.sample(100, CONTEXT.assign(**WRONG[name]), seed=1)
    assert (caught.value.table, caught.value.column) == ("users", *WRONG[name])
    assert "large" not in str(caught.value)


BROKEN = {
    "infinity": ("a", [1.0, np.inf] * 10),
    "several types": ("a", [1, "x"] * 10),
    "lists": ("a", [[1]] * 20),
    "dictionaries": ("a", [{}] * 20),
    "bytes": ("a", [b"x"] * 20),
    "durations": ("a", pd.to_timedelta(range(20), unit="s")),
    "complex": ("a", [1j] * 20),
    "periods": ("a", pd.period_range("2024", periods=20, freq="M")),
    "very long integers": ("a", [2**70, 1] * 10),
}


@pytest.mark.parametrize("name", BROKEN)
@pytest.mark.parametrize("place", ["data", "context"])
def test_what_cannot_be_modelled_is_named_with_its_place(make, name, place):
    column, values = BROKEN[name]
    broken = pd.DataFrame({"good": range(20), column: pd.Series(values)})
    good = pd.DataFrame({"good": range(20)})
    frames = (broken, good) if place == "data" else (good, broken)
    with pytest.raises(DataError) as caught:
        make().fit(*frames, table_name="users")
    assert (caught.value.table, caught.value.column) == ("users", "a")


@pytest.mark.parametrize("columns", [[0, "b"], ["a", "a"]])
@pytest.mark.parametrize("place", ["data", "context"])
def test_names_that_cannot_be_used_are_an_error(make, columns, place):
    broken = pd.DataFrame([[1, 2]] * 20, columns=columns)
    good = pd.DataFrame({"good": range(20)})
    frames = (broken, good) if place == "data" else (good, broken)
    with pytest.raises(DataError, match="users"):
        make().fit(*frames, table_name="users")


def test_a_table_of_keys_only_has_rows_without_columns(make, tmp_path):
    model = make().fit(pd.DataFrame(index=range(9)), table_name="users")
    model.save(tmp_path / "model")
    for other in (model, type(model).load(tmp_path / "model")):
        sample = other.sample(7)
        assert sample.shape == (7, 0)
        assert sample.index.equals(pd.RangeIndex(7))


def test_no_rows_cannot_be_learnt(make, orders):
    with pytest.raises(DataError, match="no rows"):
        make().fit(orders[:0], table_name="orders")


def test_the_data_is_not_changed(make, orders, context):
    before = digest(orders), digest(context)
    make(epochs=1).fit(orders, context, table_name="orders").sample(150, context)
    assert (digest(orders), digest(context)) == before


def test_five_hundred_columns_work(make, tmp_path):
    rng = np.random.default_rng(0)
    hidden = rng.random(80) < 0.5
    data = {f"flag {i}": (rng.random(80) < 0.9) == hidden for i in range(440)}
    data |= {f"number {i}": rng.normal(size=80) for i in range(30)}
    data |= {f"text {i}": rng.choice(["a", "b", None], 80) for i in range(30)}
    frame = pd.DataFrame(data)
    model = make(epochs=1).fit(frame, table_name="users")
    sample = model.sample(30, seed=1)
    assert sample.dtypes.to_dict() == frame.dtypes.to_dict()
    check_nulls(sample, frame)
    if type(model) is not TreeSynth:  # one file of hundreds of trees is slow to check
        model.save(tmp_path / "model")
        assert type(model).load(tmp_path / "model").sample(30, seed=1).equals(sample)


def test_warnings_are_the_callers(make, orders):
    before = list(warnings.filters)
    make(epochs=1).fit(orders, table_name="orders").sample(5)
    assert warnings.filters == before
