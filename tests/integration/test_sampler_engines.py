"""Relational samples on a real engine: consistent, and the same rows everywhere."""

from __future__ import annotations

import numpy as np
import pytest

from synthohive_jupyter.errors import DataError
from synthohive_jupyter.io import frames
from synthohive_jupyter.io.sampler import RelationalSampler
from tests.tenants import tangled

pytestmark = pytest.mark.engine


def check_consistent(schema, sample):
    for name, frame in sample.items():
        for key in schema.get_table(name).foreign_keys:
            known = frame[list(key.columns)].dropna()
            parents = sample[key.parent][list(key.parent_columns)]
            assert set(known.itertuples(index=False, name=None)) <= set(
                parents.itertuples(index=False, name=None)
            ), (name, key.name)


EXPECTED_USERS = [12, 17, 30, 79, 86, 87]


def test_a_sample_is_consistent_at_every_level(shop, on_spark):
    schema, data = shop
    sampler = RelationalSampler(schema, data=on_spark(data), seed=3)
    sample = {n: frames.to_pandas(f) for n, f in sampler.sample_relational("users", 100).items()}
    assert list(sample) == list(data)
    assert len(sample["users"]) == 100
    check_consistent(schema, sample)
    users = set(sample["users"]["id"])
    mine = data["orders"][data["orders"]["user_id"].isin(users)]
    assert set(mine["id"]) <= set(sample["orders"]["id"])  # families are whole
    loose = int(sample["orders"]["user_id"].isna().sum())
    # 90 orders have no user; a quarter stays, within 4 standard deviations of Binomial(90, 1/4).
    assert abs(loose - 22.5) <= 4 * np.sqrt(90 * 0.25 * 0.75)
    assert len(sample["products"]) == 30  # at most the sample size: kept whole


def test_the_same_rows_on_every_engine(shop, on_spark):
    schema, data = shop
    spark = on_spark(data)
    first = RelationalSampler(schema, data=spark, seed=3).sample_relational("users", 40)
    shuffled = {n: f.orderBy(f.columns[0], ascending=False) for n, f in spark.items()}
    second = RelationalSampler(schema, data=shuffled, seed=3).sample_relational("users", 40)
    other = RelationalSampler(schema, data=spark, seed=4).sample_relational("users", 40)
    ids = sorted(frames.to_pandas(first["users"])["id"])
    assert ids == sorted(frames.to_pandas(second["users"])["id"])
    assert ids != sorted(frames.to_pandas(other["users"])["id"])
    assert ids[: len(EXPECTED_USERS)] == EXPECTED_USERS


def test_strata_keep_their_shares_exactly(shop, on_spark):
    schema, data = shop
    data["users"].loc[5:20, "region"] = None
    sampler = RelationalSampler(schema, data=on_spark(data))
    sample = sampler.sample_relational("users", 50, stratify_by="region")
    got = frames.to_pandas(sample["users"])["region"].value_counts(dropna=False)
    full = data["users"]["region"].value_counts(dropna=False) / 8
    assert int(got.sum()) == 50
    assert (got - full).abs().max() < 1
    by_pandas = RelationalSampler(schema, data=data).sample_relational("users", 50, "region")
    assert by_pandas["users"]["region"].value_counts(dropna=False).to_dict() == got.to_dict()


def test_tables_by_their_names(engine, io, shop):
    schema, data = shop
    engine.spark.sql("CREATE DATABASE IF NOT EXISTS sampled").collect()
    for name, frame in data.items():
        io.write_pandas(frame, f"sampled.{name}", format="parquet")
    sampler = RelationalSampler(schema, engine.spark, database="sampled")
    sample = sampler.sample_relational("users", 10)
    assert sample["users"].count() == 10
    assert frames.is_spark(sample["items"])
    for name in data:
        io.delete(f"sampled.{name}")
    with pytest.raises(DataError, match="no table"):
        sampler.sample_relational("users", 10)


def test_every_form_of_key_finds_its_rows(on_spark):
    schema, data = tangled(np.random.default_rng(5))
    sampler = RelationalSampler(schema, data=on_spark(data), seed=3)
    sample = {n: frames.to_pandas(f) for n, f in sampler.sample_relational("users", 60).items()}
    assert len(sample["users"]) == 60
    check_consistent(schema, sample)
    # The tenant of a row without a boss is still known.
    assert sample["users"]["tenant"].notna().all()
    assert sample["users"]["boss"].isna().any()
    # What is needed of a tree comes with all that is above it.
    needed = sample["kinds"][sample["kinds"]["id"].isin(sample["products"]["kind"])]
    assert needed["above"].notna().all()
    assert not frames.facts(sample, schema)["users"].pk_duplicates
