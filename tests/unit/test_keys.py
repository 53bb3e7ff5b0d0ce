"""Keys: their types, who points to whom, and the hard checks."""

import json
import sys
import time
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest

from synthohive_jupyter.errors import DataError, ModelFileError
from synthohive_jupyter.relational.keys.references import (
    NULL,
    KeyFormat,
    check_foreign_key,
    check_primary_key,
    merge_columns,
    number_in_family,
    number_within,
    refer,
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


OTHER = [[1.5, 2.0], [True, False], [Decimal("1.5")], [b"x"]]


@pytest.mark.parametrize("values", OTHER)
def test_other_keys_cannot_be_counted(values):
    with pytest.raises(DataError, match=r"t\.id: a key must be whole numbers, text or dates, this"):
        KeyFormat.fit(series(values), table="t")
    with pytest.raises(DataError, match="cannot be counted"):
        KeyFormat.of(series(values)).numbers(np.arange(2), seed=0)


@pytest.mark.parametrize(
    "keys",
    [
        *map(series, OTHER),
        series([True, False], "boolean"),
        series([True, False], "category"),
        series([0.5, 2.5], "float32"),
        series([0.5, 2.5], "Float64"),
        series([pd.Timedelta(1, "D"), pd.Timedelta(2, "D")]),
    ],
    ids=lambda keys: str(keys.dtype),
)
def test_columns_of_any_type_can_point(keys):
    own = KeyFormat.of(keys)
    assert own.kind == "value"
    made = own.refer(keys, np.array([0, NULL]), nullable=True)
    assert made.isna().tolist() == [False, True]
    assert made[0] == keys[0]
    whole = own.refer(keys, np.array([0, 0]), nullable=False)
    assert str(whole.dtype) == str(keys.dtype)


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
    own = KeyFormat.of(series([1.0, None]))
    made = own.refer(series([10, 20]), np.array([NULL, 1]), nullable=True)
    assert str(made.dtype) == "Int64"
    assert made.isna().tolist() == [True, False]


def test_text_references_have_none_for_nobody():
    own = KeyFormat.of(series(["x", None]))
    made = own.refer(series(["a", "b"], "string"), np.array([1, NULL]), nullable=True)
    assert made.tolist() == ["b", None]
    assert str(made.dtype) == "object"


@pytest.mark.parametrize("dtype", ["float64", "object"])
def test_a_column_of_nulls_stays_one(dtype):
    own = KeyFormat.of(series([None, None], dtype))
    made = own.refer(series([], "int64"), np.full(3, NULL), nullable=True)
    assert made.isna().all()
    assert len(made) == 3


def test_format_survives_json():
    for values in (series([1, 2]), series([f"k{n}" for n in range(20)])):
        form = KeyFormat.fit(values, table="t")
        copy = KeyFormat.from_dict(json.loads(json.dumps(form.to_dict())))
        ordinals = np.arange(100)
        assert copy.numbers(ordinals, seed=4).equals(form.numbers(ordinals, seed=4))


@pytest.mark.parametrize(
    "damage", [{"kind": "code"}, {"dtype": "int65"}, {"pattern": {"x": 1}}, {"grid": {"unit": "D"}}]
)
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


def test_hard_checks():
    frame = pd.DataFrame({"id": [1, 2, 2], "line": [1, 1, 2]})
    check_primary_key(frame, ("id", "line"), table="t")
    check_primary_key(frame, (), table="t")
    with pytest.raises(DataError, match=r"t\.id: .*not unique"):
        check_primary_key(frame, ("id",), table="t")
    with pytest.raises(DataError, match="not unique"):
        check_primary_key(pd.DataFrame({"id": [1, None]}), ("id",), table="t")
    keys = pd.DataFrame({"id": [1, 2]})
    column = pd.DataFrame({"ref": pd.Series([2, None], dtype="Int64")})
    check_foreign_key(column, keys, table="t", nullable=True)
    with pytest.raises(DataError, match=r"t\.ref: .*null"):
        check_foreign_key(column, keys, table="t", nullable=False)
    with pytest.raises(DataError, match="no parent"):
        check_foreign_key(pd.DataFrame({"ref": [3]}), keys, table="t", nullable=True)


PARENTS = pd.DataFrame({"tenant": ["a", "a", "b"], "id": [1, 2, 1]})


def test_composite_keys_hold_as_a_whole():
    rows = pd.DataFrame(
        {"t": ["b", "a", None, "b"], "n": pd.Series([1, 2, 2, None], dtype="Int64")}
    )
    # A null in any column is no reference, whatever stands in the other.
    check_foreign_key(rows, PARENTS, table="t", nullable=True)
    with pytest.raises(DataError, match=r"t\.t, n: a generated key is null"):
        check_foreign_key(rows, PARENTS, table="t", nullable=False)
    wrong = pd.DataFrame({"t": ["b"], "n": [2]})
    with pytest.raises(DataError, match=r"t\.t, n: a generated key has no parent"):
        check_foreign_key(wrong, PARENTS, table="t", nullable=True)
    with pytest.raises(DataError, match="no parent"):
        check_foreign_key(rows, PARENTS.iloc[:0], table="t", nullable=True)


def test_keys_are_compared_whatever_they_are_stored_as():
    rows = pd.DataFrame({"t": pd.Series(["b"], dtype="category"), "n": [1.0]})
    parents = PARENTS.astype({"tenant": "string", "id": object})
    check_foreign_key(rows, parents, table="t", nullable=False)


def test_a_check_tells_columns_apart_that_have_one_name():
    rows = pd.DataFrame({"id": [1, 2], "tenant": ["a", "a"]})
    check_foreign_key(rows, PARENTS[["id", "tenant"]], table="t", nullable=False)
    twice = pd.DataFrame([["a", 1]], columns=["x", "x"])
    check_foreign_key(twice, PARENTS, table="t", nullable=False)


@pytest.mark.parametrize("columns", [("tenant", "id"), ("id", "tenant")])
def test_composite_keys_are_unique_together(columns):
    check_primary_key(PARENTS, columns, table="t")
    with pytest.raises(DataError, match="not unique"):
        check_primary_key(pd.concat([PARENTS, PARENTS.iloc[[1]]]), columns, table="t")
    gap = PARENTS.astype({"id": "Int64"})
    gap.loc[0, "id"] = pd.NA
    with pytest.raises(DataError, match="not unique"):
        check_primary_key(gap, columns, table="t")


def test_a_key_refers_column_by_column():
    formats = [KeyFormat.of(PARENTS["id"].astype("int16")), KeyFormat.of(PARENTS["tenant"])]
    keys = PARENTS[["id", "tenant"]]
    number, tenant = refer(formats, keys, np.array([2, NULL, 1]), nullable=True)
    assert number.tolist() == [1, pd.NA, 2]
    assert str(number.dtype) == "Int16"
    assert tenant.tolist() == ["b", None, "a"]
    whole, _ = refer(formats, keys, np.array([0]), nullable=False)
    assert str(whole.dtype) == "int16"


def test_shared_columns_are_filled_by_whichever_key_is_there():
    user = (("tenant", "user"), [series(["a", None, None]), series([1, pd.NA, pd.NA], "Int64")])
    product = (("tenant", "product"), [series(["a", "b", None]), series([7, 8, pd.NA], "Int64")])
    merged = merge_columns([user, product], table="t")
    assert list(merged) == ["tenant", "user", "product"]
    assert merged["tenant"].tolist() == ["a", "b", None]
    assert merged["user"].tolist() == [1, pd.NA, pd.NA]
    other = (("tenant",), [series(["a", "c", "d"])])
    with pytest.raises(DataError, match=r"t\.tenant: two keys disagree about a shared column"):
        merge_columns([user, product, other], table="t")


def test_a_shared_column_that_is_never_null_is_stored_so():
    loose, strict = series([1, pd.NA], "Int64"), series([1, 2], "int64")
    for parts in ([loose, strict], [strict, loose]):
        merged = merge_columns([(("t",), [part]) for part in parts], table="t")
        assert str(merged["t"].dtype) == "int64"
        assert merged["t"].tolist() == [1, 2]


def test_numbers_within_groups():
    letters, digits = np.array(list("abaab")), np.array([1, 1, 1, 2, 1])
    assert number_within(letters).tolist() == [0, 0, 1, 2, 1]
    assert number_within(letters, digits).tolist() == [0, 0, 1, 0, 1]
    assert number_within(np.array([], dtype=object)).tolist() == []
    # Null is a value like others here.
    assert number_within(pd.Series(["x", None, None, "x"])).tolist() == [0, 0, 1, 1]


def test_a_million_keys_are_checked_in_no_time():
    if sys.gettrace() is not None:
        pytest.skip("measured without a tracer")
    rows = 1_000_000
    parents = pd.DataFrame({"tenant": np.arange(rows // 2) % 997, "id": np.arange(rows // 2)})
    formats = [KeyFormat.of(parents[c]) for c in parents]
    positions = rng().integers(-1, rows // 2, rows)
    start = time.process_time()
    columns = refer(formats, parents, positions, nullable=True)
    frame = pd.DataFrame({"t": columns[0], "n": columns[1]})
    check_foreign_key(frame, parents, table="t", nullable=True)
    check_primary_key(parents, ("tenant", "id"), table="t")
    # Half a second on an idle core.
    assert time.process_time() - start < 3
