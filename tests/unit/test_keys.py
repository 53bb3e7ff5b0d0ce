"""Keys: their types, who points to whom, and the hard checks."""

import json
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest

from synthohive_jupyter.errors import DataError, ModelFileError
from synthohive_jupyter.relational.keys import (
    NULL,
    KeyFormat,
    check_foreign_key,
    check_primary_key,
    draw_parents,
    earlier_rows,
    null_rows,
    number_in_family,
    repeat_parents,
    whole_dtype,
)


def rng(seed=3):
    return np.random.default_rng(seed)


def series(values, dtype=None):
    return pd.Series(values, dtype=dtype, name="id")


def numbered(values, n=4):
    return KeyFormat.fit(values, table="t").numbers(np.arange(n), seed=1)


@pytest.mark.parametrize(
    ("values", "dtype"),
    [
        (series([7, 9]), "int64"),
        (series([7, 9], "int16"), "int16"),
        (series([7, 9], "uint8"), "uint8"),
        (series([7, 9], "Int64"), "Int64"),
        (series([7, 9], "int32[pyarrow]"), "int32[pyarrow]"),
        (series([7.0, 9.0]), "int64"),
        (series([7, 9], object), "int64"),
    ],
)
def test_numbers_are_dense_in_the_type_of_the_source(values, dtype):
    made = numbered(values)
    assert str(made.dtype) == dtype
    assert made.tolist() == [1, 2, 3, 4]


def test_a_small_type_is_widened_when_it_cannot_count_so_far():
    made = numbered(series([1, 2], "int8"), n=200)
    assert str(made.dtype) == "int64"
    assert made.max() == 200


def test_whole_decimals_stay_decimals():
    made = numbered(series([Decimal(5), Decimal(9)]))
    assert made.tolist() == [Decimal(1), Decimal(2), Decimal(3), Decimal(4)]
    assert isinstance(made[0], Decimal)


@pytest.mark.parametrize("dtype", ["object", "string", "category"])
def test_text_keys_keep_their_form_and_are_unique(dtype):
    real = series([f"AB-{n:04d}" for n in range(50)], dtype)
    made = numbered(real, n=3_000)
    assert str(made.dtype) == dtype
    assert made.is_unique
    assert made.astype(str).str.fullmatch(r"[A-Z]{2}-[0-9]{4,}").all()


@pytest.mark.parametrize(
    "values", [[1.5, 2.0], [True, False], pd.to_datetime(["2024-01-01"]), [Decimal("1.5")]]
)
def test_other_keys_are_refused_by_name(values):
    with pytest.raises(DataError, match=r"t\.id: a key must be whole numbers or text"):
        KeyFormat.fit(series(values), table="t")


@pytest.mark.parametrize(
    ("source", "nullable", "dtype"),
    [
        ("int64", False, "int64"),
        ("int64", True, "Int64"),
        ("uint16", True, "UInt16"),
        ("float64", True, "Int64"),
        ("float64", False, "int64"),
        ("object", True, "Int64"),
        ("Int32", False, "Int32"),
    ],
)
def test_foreign_keys_are_whole_numbers(source, nullable, dtype):
    assert whole_dtype(source, nullable=nullable) == dtype
    own = KeyFormat("int", source)
    positions = np.array([1, NULL, 0] if nullable else [1, 1, 0])
    made = own.refer(series([10, 20]), positions, nullable=nullable)
    assert str(made.dtype) == dtype
    assert made.tolist() == ([20, pd.NA, 10] if nullable else [20, 20, 10])


def test_floats_with_nulls_come_back_as_integers():
    own = KeyFormat.of(series([1.0, None]), table="t")
    made = own.refer(series([10, 20]), np.array([NULL, 1]), nullable=True)
    assert str(made.dtype) == "Int64"
    assert made.isna().tolist() == [True, False]


def test_text_references_have_none_for_nobody():
    own = KeyFormat.of(series(["x", None]), table="t")
    made = own.refer(series(["a", "b"], "string"), np.array([1, NULL]), nullable=True)
    assert made.tolist() == ["b", None]
    assert str(made.dtype) == "object"


@pytest.mark.parametrize("dtype", ["float64", "object"])
def test_a_column_of_nulls_stays_one(dtype):
    own = KeyFormat.of(series([None, None], dtype), table="t")
    made = own.refer(series([], "int64"), np.full(3, NULL), nullable=True)
    assert made.isna().all()
    assert len(made) == 3


def test_format_survives_json():
    for values in (series([1, 2]), series([f"k{n}" for n in range(20)])):
        form = KeyFormat.fit(values, table="t")
        copy = KeyFormat.from_dict(json.loads(json.dumps(form.to_dict())))
        ordinals = np.arange(100)
        assert copy.numbers(ordinals, seed=4).equals(form.numbers(ordinals, seed=4))


@pytest.mark.parametrize("damage", [{"kind": "code"}, {"dtype": "int65"}, {"pattern": {"x": 1}}])
def test_damaged_formats_are_refused(damage):
    record = KeyFormat.fit(series(["a1", "b2"]), table="t").to_dict()
    with pytest.raises(ModelFileError):
        KeyFormat.from_dict({**record, **damage})
    with pytest.raises(ModelFileError):
        KeyFormat.from_dict({"kind": "int"})


def test_text_without_a_pattern_is_an_error():
    with pytest.raises(DataError):
        KeyFormat("text", "object").numbers(np.arange(2), seed=0)


def test_families():
    positions = repeat_parents(np.array([2, 0, 3]))
    assert positions.tolist() == [0, 0, 2, 2, 2]
    assert number_in_family(positions).tolist() == [0, 1, 0, 1, 2]
    assert number_in_family(np.array([], dtype=np.int64)).tolist() == []


@pytest.mark.parametrize("share", [0.0, 0.1, 1.0])
def test_null_rows_keep_the_share(share):
    assert null_rows(1_000, share, rng()).sum() == round(1_000 * share)
    assert null_rows(0, share, rng()).tolist() == []


def test_null_rows_of_small_tables_are_right_on_average():
    drawn = [null_rows(3, 0.1, rng(seed)).sum() for seed in range(2_000)]
    # Mean of 2,000 draws of 0 or 1 with probability 0.3: standard error 0.01.
    assert np.mean(drawn) == pytest.approx(0.3, abs=0.04)


def test_every_place_is_taken_when_rows_and_places_agree():
    degrees = np.array([0, 1, 2, 3])
    positions = draw_parents(6, degrees, rng())
    assert np.bincount(positions, minlength=4).tolist() == [0, 1, 2, 3]


def test_more_rows_than_places_scale_the_degrees():
    positions = draw_parents(15, np.array([0, 1, 2, 3]), rng())
    counts = np.bincount(positions, minlength=4)
    assert counts.sum() == 15
    assert counts[0] == 0
    assert (counts >= [0, 2, 4, 6]).all()
    assert (counts <= [0, 3, 6, 9]).all()


def test_fewer_rows_than_places_never_exceed_a_degree():
    degrees = np.array([5, 1, 0, 9])
    counts = np.bincount(draw_parents(7, degrees, rng()), minlength=4)
    assert counts.sum() == 7
    assert (counts <= degrees).all()


def test_without_a_place_every_parent_is_as_likely():
    counts = np.bincount(draw_parents(4_000, np.zeros(4, dtype=np.int64), rng()), minlength=4)
    # Binomial(4000, 1/4): standard deviation 27.
    assert np.abs(counts - 1_000).max() < 5 * 28
    assert draw_parents(0, np.array([1]), rng()).tolist() == []


@pytest.mark.parametrize("share", [0.0, 0.002, 0.25, 1.0])
def test_self_references_point_back_and_keep_their_share(share):
    positions = earlier_rows(1_000, share, rng())
    linked = positions != NULL
    assert (positions[linked] < np.flatnonzero(linked)).all()
    assert (~linked).sum() == max(round(1_000 * share), 1)
    assert positions[0] == NULL


@pytest.mark.parametrize("rows", [0, 1, 2])
def test_self_references_of_tiny_tables(rows):
    assert earlier_rows(rows, 0.5, rng()).tolist()[:1] == [NULL][:rows]


def test_hard_checks():
    frame = pd.DataFrame({"id": [1, 2, 2], "line": [1, 1, 2]})
    check_primary_key(frame, ("id", "line"), table="t")
    check_primary_key(frame, (), table="t")
    with pytest.raises(DataError, match=r"t\.id: .*not unique"):
        check_primary_key(frame, ("id",), table="t")
    with pytest.raises(DataError, match="not unique"):
        check_primary_key(pd.DataFrame({"id": [1, None]}), ("id",), table="t")
    keys = pd.Series([1, 2])
    column = pd.Series([2, None], dtype="Int64", name="ref")
    check_foreign_key(column, keys, table="t", nullable=True)
    with pytest.raises(DataError, match=r"t\.ref: .*null"):
        check_foreign_key(column, keys, table="t", nullable=False)
    with pytest.raises(DataError, match="no parent"):
        check_foreign_key(pd.Series([3], name="ref"), keys, table="t", nullable=True)
