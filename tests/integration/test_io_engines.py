"""Frames, storage and samples on a real engine; the same suite runs on each of them."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest

from synthohive_jupyter.errors import DataError, StorageError
from synthohive_jupyter.io import frames
from synthohive_jupyter.schema.metadata import Metadata
from tests.tenants import tangled

pytestmark = pytest.mark.engine


def mixed() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "i": pd.array([1, None, 3], dtype="Int64"),
            "small": np.array([1, 2, 3], dtype="int16"),
            "f": [1.5, None, 2.0],
            "b": pd.array([True, None, False], dtype="boolean"),
            "s": ['a,"q"', None, "x\ny é"],
            "d": [dt.date(2020, 2, 29), None, dt.date(1850, 1, 2)],
            "t": pd.to_datetime(
                ["2020-01-01 01:02:03.000004", None, "1999-12-31 00:00:00.5"]
            ).as_unit("us"),
            "z": pd.to_datetime(
                ["2020-07-01 01:02:03.000004", None, "1999-12-31 00:00:00.5"], utc=True
            ).as_unit("us"),
            "n": [Decimal("1.50"), None, Decimal("-2.25")],
            "nothing": [None, None, None],
        }
    )


def by(frame, *columns):
    return frames.to_pandas(frame).sort_values(list(columns), ignore_index=True)


def test_pandas_to_spark_and_back_keeps_every_type(engine):
    data = mixed()
    there = frames.from_pandas(data, engine.spark)
    types = dict(there.dtypes)
    assert types["i"] == "bigint"
    assert types["d"] == "date"
    assert types["t"] == "timestamp_ntz"
    assert types["z"] == "timestamp"
    assert types["nothing"] == "string"
    back = frames.to_pandas(there)
    pd.testing.assert_frame_equal(back, data)


def test_an_empty_frame_keeps_its_columns_and_types(engine):
    back = frames.to_pandas(frames.from_pandas(mixed().iloc[:0], engine.spark))
    assert list(back.columns) == list(mixed().columns)
    assert len(back) == 0


def test_limit_bounds_what_comes_to_the_driver(engine):
    assert len(frames.to_pandas(engine.spark.range(1000), limit=7)) == 7


def test_names_with_blanks_dots_and_backticks(engine):
    odd = pd.DataFrame({"a b.c`d": [1, 1, 2], "é;x": ["u", "v", None]})
    spark = frames.from_pandas(odd, engine.spark)
    assert frames.columns(spark) == list(odd.columns)
    counts = frames.count_values(spark, "a b.c`d")
    pd.testing.assert_frame_equal(counts, frames.count_values(odd, "a b.c`d"), check_dtype=False)
    joined = frames.left_join_context(
        spark, spark.limit(0), fk="é;x", pk="é;x", columns=["a b.c`d"]
    )
    assert frames.columns(joined) == ["a b.c`d", "é;x", "__ctx__a b.c`d"]


def test_spark_counts_what_pandas_counts(shop, on_spark):
    schema, data = shop
    data["users"].loc[3, "id"] = 1  # a duplicate, and orders of user 4 without a parent
    by_spark, by_pandas = frames.facts(on_spark(data), schema), frames.facts(data, schema)
    for name, expected in by_pandas.items():
        got = by_spark[name]
        assert got.rows == expected.rows
        assert got.pk_duplicates == expected.pk_duplicates
        assert got.pk_nulls == expected.pk_nulls
        assert got.keys == expected.keys
        assert {c: f.nulls for c, f in got.columns.items()} == {
            c: f.nulls for c, f in expected.columns.items()
        }
        assert got.label == "Spark DataFrame"
    assert by_pandas["orders"].keys["user_id"].orphans > 0
    assert by_pandas["users"].pk_duplicates == 2


def test_child_counts_and_context_agree_with_pandas(shop, on_spark):
    _, data = shop
    spark = on_spark(data)
    expected = np.sort(frames.child_counts(data["users"], data["orders"], pk="id", fk="user_id"))
    got = frames.child_counts(spark["users"], spark["orders"], pk="id", fk="user_id")
    np.testing.assert_array_equal(got, expected)
    assert expected[0] == 0  # childless users are counted
    key = {"fk": "user_id", "pk": "id", "columns": ["region"]}
    wide = frames.left_join_context(spark["orders"], spark["users"], **key)
    expected_wide = frames.left_join_context(data["orders"], data["users"], **key)
    column = "__ctx__region"
    assert by(wide, "id")["id"].tolist() == data["orders"]["id"].tolist()
    assert by(wide, "id")[column].fillna("-").tolist() == expected_wide[column].fillna("-").tolist()


def test_a_pandas_and_a_spark_frame_do_not_join(engine, shop):
    _, data = shop
    spark = frames.from_pandas(data["users"], engine.spark)
    with pytest.raises(DataError, match="same kind"):
        frames.child_counts(spark, data["orders"], pk="id", fk="user_id")


@pytest.mark.parametrize("kind", ["delta", "parquet"])
def test_paths_round_trip_and_overwrite_replaces(io, tmp_path, kind):
    path = tmp_path / "José 50% #1" / "users"
    data = mixed()
    io.write_pandas(data, path, format=kind)
    assert io.exists(path)
    pd.testing.assert_frame_equal(by(io.read_dataset(path), "small"), data)
    other = pd.DataFrame({"only": [1, 2]})
    io.write_pandas(other, path, format=kind)
    io.write_pandas(other, str(path), format=kind)
    pd.testing.assert_frame_equal(by(io.read_dataset(str(path)), "only"), other)
    io.write_pandas(other, path, mode="append", format=kind)
    assert io.read_dataset(path, format=kind).count() == 4
    with pytest.raises(StorageError, match="exists already"):
        io.write_pandas(other, path, mode="error", format=kind)
    io.write_pandas(mixed(), path, mode="ignore", format=kind)
    assert io.read_dataset(path).columns == ["only"]
    io.delete(path)
    assert not path.exists()
    assert list(path.parent.iterdir()) == []  # nothing staged is left behind


def test_csv_has_header_quotes_and_iso_dates(io, tmp_path):
    data = mixed().drop(columns=["nothing", "n"])
    io.write_pandas(data, tmp_path / "users", format="csv")
    text = "".join(p.read_text() for p in (tmp_path / "users").glob("*.csv"))
    assert "1850-01-02" in text
    assert '"a,""q"""' in text
    back = by(io.read_dataset(tmp_path / "users"), "small")
    assert back["s"].tolist()[0] == 'a,"q"'
    assert back["s"].tolist()[2] == "x\ny é"
    assert back["d"].tolist()[2] == dt.date(1850, 1, 2)
    assert back["t"].iloc[0].microsecond == 4
    assert back["i"].isna().tolist() == [False, True, False]


def test_a_csv_column_of_nulls_loses_no_row(io, tmp_path):
    io.write_pandas(pd.DataFrame({"a": ["x", None, "y"]}), tmp_path / "c", format="csv")
    assert io.read_dataset(tmp_path / "c").count() == 3


@pytest.mark.parametrize("kind", ["delta", "parquet", "csv"])
def test_no_rows_still_have_columns(io, tmp_path, kind):
    io.write_pandas(mixed().iloc[:0], tmp_path / "e", format=kind)
    back = io.read_dataset(tmp_path / "e")
    assert back.columns == list(mixed().columns)
    assert back.count() == 0


@pytest.mark.parametrize("kind", ["delta", "parquet", "csv"])
def test_a_failed_overwrite_keeps_the_old_data(io, engine, tmp_path, kind):
    path = tmp_path / "t"
    io.write_pandas(pd.DataFrame({"a": [1, 2, 3]}), path, format=kind)
    broken = engine.spark.range(3).selectExpr("cast(raise_error('secret-cell') as bigint) as a")
    with pytest.raises(StorageError) as caught:
        io.write_dataset(broken, path, format=kind)
    assert "secret-cell" not in str(caught.value)
    assert io.read_dataset(path).count() == 3
    assert [p.name for p in tmp_path.iterdir()] == ["t"]


def test_a_dataset_can_be_overwritten_from_itself(io, tmp_path):
    io.write_pandas(pd.DataFrame({"a": [1, 2, 3]}), tmp_path / "t", format="parquet")
    io.write_dataset(
        io.read_dataset(tmp_path / "t").filter("a > 1"), tmp_path / "t", format="parquet"
    )
    assert sorted(frames.to_pandas(io.read_dataset(tmp_path / "t"))["a"]) == [2, 3]


def test_a_format_can_replace_another(io, tmp_path):
    data = pd.DataFrame({"a": [1, 2]})
    for kind in ("parquet", "delta", "csv", "delta"):
        io.write_pandas(data, tmp_path / "t", format=kind)
        pd.testing.assert_frame_equal(
            by(io.read_dataset(tmp_path / "t"), "a"), data, check_dtype=False
        )


@pytest.mark.parametrize("kind", ["delta", "parquet", "csv"])
def test_tables_of_the_catalogue(io, engine, kind):
    engine.spark.sql("CREATE DATABASE IF NOT EXISTS io_suite").collect()
    name = f"io_suite.t_{kind}"
    data = pd.DataFrame({"a": [1, 2], "s": ["x", "y"]})
    assert not io.exists(name)
    io.write_pandas(data, name, format=kind)
    assert io.exists(name)
    assert by(io.read_dataset(name), "s")["s"].tolist() == ["x", "y"]
    io.write_pandas(data.iloc[:1], name, format=kind)
    assert io.read_dataset(name).count() == 1
    io.write_pandas(data, name, mode="append", format=kind)
    assert io.read_dataset(name).count() == 3
    broken = engine.spark.range(3).selectExpr("raise_error('secret-cell') as s")
    with pytest.raises(StorageError):
        io.write_dataset(broken, name, format=kind)
    assert io.read_dataset(name).count() == 3
    left = [t.name for t in engine.spark.catalog.listTables("io_suite")]
    assert left == [f"t_{kind}"]
    io.delete(name)
    io.delete(name)
    assert not io.exists(name)


def test_what_is_not_there_is_said(io, tmp_path):
    with pytest.raises(StorageError, match="no such table"):
        io.read_dataset("io_suite_none.t")
    with pytest.raises(StorageError, match="nothing at"):
        io.read_dataset(tmp_path / "none")
    (tmp_path / "empty").mkdir()
    with pytest.raises(StorageError, match="is empty"):
        io.read_dataset(tmp_path / "empty")


def test_what_is_no_data_set_is_never_replaced_or_deleted(io, tmp_path):
    home = tmp_path / "home"
    home.mkdir()
    (home / "thesis.txt").write_text("years of work")
    for act in (
        lambda: io.write_pandas(pd.DataFrame({"a": [1]}), home, format="parquet"),
        lambda: io.write_pandas(pd.DataFrame({"a": [1]}), home, format="delta"),
        lambda: io.delete(home),
    ):
        with pytest.raises(StorageError, match="no Delta, Parquet or CSV data set"):
            act()
    assert (home / "thesis.txt").read_text() == "years of work"


def test_delta_refuses_names_that_other_readers_refuse(io, tmp_path):
    data = pd.DataFrame({"a b": [1]})
    with pytest.raises(StorageError, match="'a b'"):
        io.write_pandas(data, tmp_path / "t")
    io.write_pandas(data, tmp_path / "t", format="parquet")
    assert io.read_dataset(tmp_path / "t").columns == ["a b"]


def test_a_large_frame_reaches_the_engine(engine):
    rows = 3_000_000  # 48 MB in Arrow, above the limit of one message part
    data = pd.DataFrame({"a": np.arange(rows), "b": np.ones(rows)})
    if engine.name != "embedded":
        data = data.head(1000)  # the JVM splits by itself, slowly
    assert frames.from_pandas(data, engine.spark).count() == len(data)


def test_spark_counts_composite_keys_as_pandas_does(on_spark):
    schema, data = tangled(np.random.default_rng(5))
    # Orphans by one column of two, a null in another, a repeated key, a tenant without users.
    data["orders"].loc[:4, "user"] = 999
    data["users"].loc[7, "boss"] = 77
    data["users"].loc[8, ["tenant", "id"]] = [0, 0]
    data["tenants"].loc[20] = 20
    orders, users = data["orders"], schema.tables["users"]
    gone = int(((orders["tenant"] == 0) & orders["user"].isin([8, 999])).sum())
    schema.tables["users"] = replace(users, children=(1, 50), driver="tenant")
    by_spark, by_pandas = frames.facts(on_spark(data), schema), frames.facts(data, schema)
    for name, expected in by_pandas.items():
        assert (by_spark[name].keys, by_spark[name].pk_duplicates) == (
            expected.keys,
            expected.pk_duplicates,
        )
    assert by_pandas["orders"].keys["(user, tenant)"].orphans == gone >= 5
    assert by_pandas["users"].keys["tenant"].children == (0, 40)
    assert by_pandas["users"].pk_duplicates == 2


def test_composite_keys_join_as_in_pandas(on_spark):
    _, data = tangled(np.random.default_rng(5))
    spark = on_spark(data)
    keys = {"fk": ["product", "tenant"], "pk": ["id", "tenant"]}
    expected = frames.child_counts(data["products"], data["orders"], **keys)
    got = frames.child_counts(spark["products"], spark["orders"], **keys)
    np.testing.assert_array_equal(got, np.sort(expected))
    wide = by(
        frames.left_join_context(spark["orders"], spark["products"], columns=["kind"], **keys),
        "tenant",
        "id",
    )
    local = frames.left_join_context(data["orders"], data["products"], columns=["kind"], **keys)
    assert wide["__ctx__kind"].fillna(-1).tolist() == local["__ctx__kind"].fillna(-1).tolist()
    counted = frames.count_values(spark["orders"], ["tenant", "user"])
    pd.testing.assert_frame_equal(
        counted, frames.count_values(data["orders"], ["tenant", "user"]), check_dtype=False
    )


def test_numbers_in_keys_are_whole_or_not(on_spark):
    schema = Metadata()
    schema.add_table("a", "id")
    schema.add_table("b", "id")
    data = {
        "a": pd.DataFrame({"id": [1.0, 2.5, None]}),
        "b": pd.DataFrame({"id": [Decimal("1.00"), Decimal("2.00")]}),
    }
    found = frames.facts(on_spark(data), schema)
    assert found["a"].columns["id"].fractions
    assert not found["b"].columns["id"].fractions
