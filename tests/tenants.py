"""A database with every awkward form of key, for tests of several layers."""

from __future__ import annotations

import numpy as np
import pandas as pd

from synthohive_jupyter.schema.metadata import Metadata


def tangled(rng: np.random.Generator) -> tuple[Metadata, dict[str, pd.DataFrame]]:
    """Return tenants with users, products and orders by both: composite keys that share a column.

    Users have a boss of their own tenant and a last order, which closes a cycle of tables; kinds of
    products form a tree.
    """
    schema = Metadata()
    schema.add_table("tenants", pk="id")
    schema.add_table(
        "users",
        pk=("tenant", "id"),
        fk={
            "tenant": "tenants.id",
            ("tenant", "boss"): "users.(tenant, id)",
            ("tenant", "last"): "orders.(tenant, id)",
        },
        nullable_fks=["(tenant, boss)", "(tenant, last)"],
    )
    schema.add_table("kinds", pk="id", fk={"above": "kinds.id"}, nullable_fks=["above"])
    schema.add_table(
        "products",
        pk=("tenant", "id"),
        fk={"tenant": "tenants.id", "kind": "kinds.id"},
        driver="tenant",
    )
    schema.add_table(
        "orders",
        pk=("tenant", "id"),
        fk={
            ("user", "tenant"): "users.(id, tenant)",
            ("tenant", "product"): "products.(tenant, id)",
        },
        nullable_fks=["(tenant, product)"],
    )
    n_tenants, n_users, n_products, n_orders = 20, 40, 15, 90
    tenant = np.repeat(np.arange(n_tenants), n_users)
    user = np.tile(np.arange(n_users), n_tenants)
    order_tenant = np.repeat(np.arange(n_tenants), n_orders)
    buyer = rng.integers(0, n_users, len(order_tenant))
    data = {
        "tenants": pd.DataFrame({"id": np.arange(n_tenants)}),
        "users": pd.DataFrame(
            {
                "tenant": tenant,
                "id": user,
                "boss": pd.Series(user // 3, dtype="Int64").mask(user == 0),
                "last": pd.Series(rng.integers(0, n_orders, len(user)), dtype="Int64"),
            }
        ),
        "kinds": pd.DataFrame({"id": np.arange(64), "above": [None, *(np.arange(1, 64) // 4)]}),
        "products": pd.DataFrame(
            {
                "tenant": np.repeat(np.arange(n_tenants), n_products),
                "id": np.tile(np.arange(n_products), n_tenants),
                "kind": rng.integers(40, 64, n_tenants * n_products),
            }
        ),
        "orders": pd.DataFrame(
            {
                "tenant": order_tenant,
                "id": np.tile(np.arange(n_orders), n_tenants),
                "user": buyer,
                "product": pd.Series(rng.integers(0, n_products, len(buyer)), dtype="Int64").mask(
                    rng.random(len(buyer)) < 0.3
                ),
            }
        ),
    }
    return schema, data
