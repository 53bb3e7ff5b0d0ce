"""Relational samples of pandas frames."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from synthohive_jupyter.errors import DataError
from synthohive_jupyter.io import frames, selection
from synthohive_jupyter.io.sampler import RelationalSampler
from synthohive_jupyter.schema.metadata import Metadata
from synthohive_jupyter.validation.integrity import key_checks
from tests.tenants import tangled


def database() -> tuple[Metadata, dict[str, pd.DataFrame]]:
    """A diamond (users → accounts, orders → items), another root, a reference table, a tree."""
    rng = np.random.default_rng(11)
    schema = Metadata()
    schema.add_table("countries", pk="code", keep=True)
    schema.add_table("users", pk="id", fk={"country": "countries.code"})
    schema.add_table("accounts", pk="id", fk={"user_id": "users.id"})
    schema.add_table(
        "orders",
        pk="id",
        fk={"user_id": "users.id", "account_id": "accounts.id"},
        nullable_fks=["account_id"],
    )
    schema.add_table("items", pk=None, fk={"order_id": "orders.id", "product_id": "products.id"})
    schema.add_table("products", pk="id", fk={"supplier_id": "suppliers.id"})
    schema.add_table("suppliers", pk="id")
    schema.add_table("photos", pk=None, fk={"product_id": "products.id"})
    schema.add_table("staff", pk="id", fk={"boss": "staff.id"}, nullable_fks=["boss"])
    data = {
        "countries": pd.DataFrame({"code": list("abc")}),
        "users": pd.DataFrame({"id": np.arange(500), "country": rng.choice(list("abc"), 500)}),
        "accounts": pd.DataFrame({"id": np.arange(800), "user_id": rng.integers(0, 500, 800)}),
        "orders": pd.DataFrame({"id": np.arange(2000), "user_id": rng.integers(0, 500, 2000), "account_id": rng.integers(0, 900, 2000).astype(float)}),
        "items": pd.DataFrame({"order_id": rng.integers(0, 2000, 5000), "product_id": rng.integers(0, 300, 5000)}),
        "products": pd.DataFrame({"id": np.arange(300), "supplier_id": rng.integers(0, 90, 300)}),
        "suppliers": pd.DataFrame({"id": np.arange(90)}),
        "photos": pd.DataFrame({"product_id": rng.integers(0, 300, 900)}),
        "staff": pd.DataFrame({"id": np.arange(200), "boss": [None, *rng.integers(0, 100, 199)]}),
    }  # fmt: skip
    data["orders"].loc[::7, "account_id"] = np.nan
    return schema, data


def dangling(schema, sample, full):
    """Foreign keys that had a parent in the full data and have none in the sample."""
    bad = {}
    for name, frame in sample.items():
        for key in schema.get_table(name).foreign_keys:
            had = frame[key.columns[0]].isin(full[key.parent][key.parent_columns[0]])
            has = frame[key.columns[0]].isin(sample[key.parent][key.parent_columns[0]])
            bad[name, key.name] = int((had & ~has).sum())
    return {k: n for k, n in bad.items() if n}


@pytest.mark.parametrize(
    ("root", "size"), [("users", 50), ("suppliers", 20), ("orders", 100), ("staff", 40)]
)
def test_no_key_loses_its_parent_whatever_the_root(root, size):
    schema, data = database()
    sample = RelationalSampler(schema, data=data).sample_relational(root, size)
    assert list(sample) == list(schema.tables)
    assert len(sample[root]) == size
    assert dangling(schema, sample, data) == {}
    for name, frame in sample.items():
        assert list(frame.columns) == list(data[name].columns)
        assert frame.index.is_monotonic_increasing
        assert set(frame.index) <= set(data[name].index)


def test_families_are_whole_and_other_roots_are_bounded():
    schema, data = database()
    sample = RelationalSampler(schema, data=data).sample_relational("users", 50)
    users = set(sample["users"]["id"])
    assert len(sample["accounts"]) == int(data["accounts"]["user_id"].isin(users).sum())
    both = data["orders"]["user_id"].isin(users) & (
        data["orders"]["account_id"].isin(sample["accounts"]["id"])
        | ~data["orders"]["account_id"].isin(data["accounts"]["id"])
    )
    assert set(sample["orders"]["id"]) == set(data["orders"].loc[both, "id"])
    assert set(sample["items"]["product_id"]) <= set(sample["products"]["id"])
    assert len(sample["countries"]) == 3
    needed = sample["products"]["supplier_id"].nunique()
    assert len(sample["suppliers"]) == max(50, needed)
    assert len(sample["staff"]) == 50


def test_the_sample_does_not_depend_on_the_order_of_rows():
    schema, data = database()
    mixed = {n: f.sample(frac=1, random_state=np.random.default_rng(1)) for n, f in data.items()}
    first = RelationalSampler(schema, data=data).sample_relational("users", 50)
    second = RelationalSampler(schema, data=mixed).sample_relational("users", 50)
    third = RelationalSampler(schema, data=data, seed=1).sample_relational("users", 50)
    assert set(first["users"]["id"]) == set(second["users"]["id"])
    assert set(first["users"]["id"]) != set(third["users"]["id"])


def test_rows_of_no_family_are_drawn_in_proportion():
    schema = Metadata()
    schema.add_table("a", pk="id")
    schema.add_table("b", pk="id", fk={"a_id": "a.id"}, nullable_fks=["a_id"])
    data = {"a": pd.DataFrame({"id": np.arange(1000)})}
    data["b"] = pd.DataFrame({"id": np.arange(4000), "a_id": [None, *range(999)] * 4})
    data["b"].loc[data["b"]["id"] % 2 == 0, "a_id"] = np.nan
    sample = RelationalSampler(schema, data=data).sample_relational("a", 200)
    nulls = int(data["b"]["a_id"].isna().sum())
    kept = int(sample["b"]["a_id"].isna().sum())
    # Binomial(nulls, 1/5), four standard deviations.
    assert abs(kept - nulls / 5) <= 4 * np.sqrt(nulls * 0.2 * 0.8)


def test_allocation_is_exact_and_breaks_ties_by_size_then_name():
    take = selection.allocate(np.array([1, 1, 2]), 2, np.array(["b", "a", "c"]))
    assert take.tolist() == [0, 1, 1]
    rng = np.random.default_rng(3)
    for _ in range(200):
        counts = rng.integers(1, 1000, rng.integers(1, 30))
        total = int(rng.integers(1, counts.sum() + 1))
        take = selection.allocate(counts, total, np.arange(len(counts)))
        assert take.sum() == total
        assert (take <= counts).all()
        assert (np.abs(take - counts * total / counts.sum()) < 1).all()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [(("users", 0), "at least one row"), (("users", 5, "contry"), "did you mean 'country'")],
)
def test_wrong_requests_are_explained(arguments, message):
    schema, data = database()
    with pytest.raises(DataError, match=message):
        RelationalSampler(schema, data=data).sample_relational(*arguments)
    with pytest.raises(DataError, match="needs a Spark session"):
        RelationalSampler(schema).sample_relational("users", 5)


# --- every form of key ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("root", "size"), [("tenants", 5), ("users", 100), ("orders", 50), ("kinds", 10)]
)
def test_every_form_of_key_finds_its_rows(root, size):
    schema, data = tangled(np.random.default_rng(5))
    schema.validate_schema(frames.facts(data, schema))
    assert schema.deferred == {("users", "(tenant, last)")}
    sample = RelationalSampler(schema, data=data).sample_relational(root, size)
    assert len(sample[root]) == size
    for check in key_checks(schema, sample):
        assert check.holds, check
    for name, frame in sample.items():
        assert list(frame.columns) == list(data[name].columns)
        # What is not null has not changed.
        known = frame.notna()
        assert frame.where(known, 0).eq(data[name].loc[frame.index].where(known, 0)).all(axis=None)


def test_only_the_columns_of_the_own_table_become_null():
    schema, data = tangled(np.random.default_rng(5))
    sample = RelationalSampler(schema, data=data).sample_relational("users", 100)
    users, real = sample["users"], data["users"]
    assert users["tenant"].notna().all()
    assert users["boss"].isna().sum() > real.loc[users.index, "boss"].isna().sum()
    # Whole tenants keep everything: nobody's boss and no order is elsewhere.
    whole = RelationalSampler(schema, data=data).sample_relational("tenants", 5)["users"]
    pd.testing.assert_frame_equal(whole, real.loc[whole.index])


def test_rows_that_are_needed_bring_those_above_them():
    schema, data = tangled(np.random.default_rng(5))
    full = data["kinds"]
    sampled = RelationalSampler(schema, data=data).sample_relational("tenants", 1)
    kinds, used = sampled["kinds"], set(sampled["products"]["kind"])
    above = full.set_index("id")["above"]
    while used:
        assert used <= set(kinds["id"])
        used = set(above.loc[list(used)].dropna())
    # Nothing of their way up has become null.
    needed = kinds[kinds["id"].isin(sampled["products"]["kind"])]
    assert needed["above"].notna().all()


def test_a_circle_of_rows_ends():
    rows = pd.DataFrame({"id": np.arange(60), "next": np.roll(np.arange(60), 1)})
    schema = Metadata()
    schema.add_table("ring", pk="id", fk={"next": "ring.id"}, nullable_fks=["next"])
    found = selection.with_ancestors(rows, rows[:1], schema.tables["ring"].foreign_keys, ("id",))
    assert len(found) == 1 + selection.MAX_GENERATIONS


def test_a_key_that_is_null_in_part_stays_as_it_is():
    parent = pd.DataFrame({"a": [1], "b": [1]})
    child = pd.DataFrame({"x": [1, 1, 2], "y": pd.Series([1, pd.NA, 5], dtype="Int64")})
    schema = Metadata()
    schema.add_table("p", pk=("a", "b"))
    schema.add_table("c", None, {("x", "y"): "p.(a, b)"}, nullable_fks=["(x, y)"])
    (key,) = schema.tables["c"].foreign_keys
    cleared = selection.clear_dangling(child, key, parent, ["x", "y"])
    assert cleared["x"].tolist() == [1, 1, pd.NA]
    assert cleared["y"].tolist() == [1, pd.NA, pd.NA]
    sound = child[:2]
    assert selection.clear_dangling(sound, key, parent, ["x", "y"]) is sound
