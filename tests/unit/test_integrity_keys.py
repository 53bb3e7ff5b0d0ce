"""The integrity of composite keys, of shared columns, of keys to the own table, and of bounds."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from synthohive_jupyter.schema.metadata import Metadata
from synthohive_jupyter.validation.integrity import key_checks
from tests.tenants import tangled


@pytest.fixture
def tenants():
    return tangled(np.random.default_rng(8))


def fault_of(database, table, key):
    schema, data = database
    checks = {(check.table, check.key): check for check in key_checks(schema, data)}
    return checks[table, key]


def test_every_key_is_looked_at(tenants):
    schema, data = tenants
    checks = key_checks(schema, data)
    assert all(check.holds for check in checks)
    assert [check.key for check in checks if check.table == "users"] == [
        "tenant, id",
        "(tenant, boss) → users.(tenant, id)",
        "(tenant, last) → orders.(tenant, id)",
        "tenant → tenants.id",
    ]


def test_a_composite_key_must_be_right_as_a_whole(tenants):
    _, data = tenants
    orders = data["orders"]
    product = "(tenant, product) → products.(tenant, id)"
    orders["product"] = orders["product"].fillna(3)
    orders.loc[:4, "product"] = 14  # another product of the same tenant is fine
    assert fault_of(tenants, "orders", product).holds
    orders.loc[:4, "product"] = 40
    orders.loc[5:6, "product"] = pd.NA
    fault = fault_of(tenants, "orders", product)
    # The key may be null, so nulls are no fault.
    assert (fault.orphans, fault.nulls, fault.rows) == (5, 0, len(orders))


def test_a_column_that_two_keys_share_breaks_both(tenants):
    _, data = tenants
    data["orders"]["product"] = data["orders"]["product"].fillna(3)
    data["orders"].loc[:9, "tenant"] = 99
    for key in ("(tenant, product) → products.(tenant, id)", "(user, tenant) → users.(id, tenant)"):
        assert fault_of(tenants, "orders", key).orphans == 10


def test_a_null_in_one_column_of_a_key_that_is_never_null(tenants):
    _, data = tenants
    data["orders"]["user"] = data["orders"]["user"].astype("Int64")
    data["orders"].loc[:2, "user"] = pd.NA
    fault = fault_of(tenants, "orders", "(user, tenant) → users.(id, tenant)")
    assert (fault.nulls, fault.orphans, fault.holds) == (3, 0, False)


def test_a_boss_of_another_tenant_is_nobody(tenants):
    _, data = tenants
    users = data["users"]
    data["users"] = users[~((users["tenant"] == 4) & (users["id"] == 0))]
    fault = fault_of(tenants, "users", "(tenant, boss) → users.(tenant, id)")
    assert fault.orphans == 2  # users 1 and 2 of tenant 4


def test_composite_primary_keys(tenants):
    _, data = tenants
    data["products"] = pd.concat([data["products"], data["products"].iloc[[3, 3]]])
    fault = fault_of(tenants, "products", "tenant, id")
    assert (fault.duplicates, fault.holds) == (3, False)


@pytest.mark.parametrize(
    ("bounds", "outside"), [((0, 3), 0), ((1, 3), 2), ((0, 2), 1), ((1, 2), 3), ((2, None), 3)]
)
def test_bounds_count_the_parents_outside(bounds, outside):
    schema = Metadata()
    schema.add_table("a", "id")
    schema.add_table(
        "b", None, {"x": "a.id", "y": "a.id"}, nullable_fks=["x", "y"], children=bounds
    )
    data = {
        "a": pd.DataFrame({"id": [1, 2, 3, 4, 5]}),
        # The other key has no bounds.
        "b": pd.DataFrame({"x": [1, 1, 1, 2, 3, 3, None], "y": [1, 1, 1, 1, 1, 1, 1]}),
    }
    primary, driving, other = key_checks(schema, data)
    assert (driving.key, driving.outside, driving.holds) == ("x → a.id", outside, not outside)
    assert primary.holds
    assert other.holds
