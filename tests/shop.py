"""A shop database with a known truth, for tests of the whole path.

Every law is stated here, so that a test can compare what was generated with the truth instead of
with another sample.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

CELL = """\
users:       id pk, email pii(fake), ssn pii(mask), region cat, age int[18..110]
products:    id pk, category cat, price float[0..999]
orders:      id pk, user_id -> users.id, status cat, placed_at datetime, total float[0..]
  @linkage negbinom
  @context users.region, users.age
order_items: id pk, order_id -> orders.id, product_id -> products.id,
             quantity int[1..20], unit_price float[0..]
  @driver  order_id
  @context orders.status, orders.total
"""
"""The cell of the language's own page, without its first line."""

REGIONS = {"north": 0.5, "south": 0.3, "east": 0.2}
STATUSES = {"new": 0.2, "paid": 0.5, "sent": 0.3}
ORDERS_MEAN, ORDERS_VARIANCE = 2.0, 4.0
"""Orders per user are negative binomial: shape 2, success probability one half."""
ITEMS = (0.4, 0.3, 0.2, 0.1)
"""Probability of 1, 2, 3 and 4 items in an order; there is no order without an item."""


@dataclass(frozen=True, slots=True)
class Shop:
    """The four tables."""

    users: pd.DataFrame
    products: pd.DataFrame
    orders: pd.DataFrame
    order_items: pd.DataFrame

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return the tables by name."""
        return {name: getattr(self, name) for name in self.__slots__}


def make_shop(n_users: int = 400, seed: int = 11) -> Shop:
    """Draw a shop from its laws."""
    rng = np.random.default_rng(seed)
    users = _users(n_users, rng)
    products = pd.DataFrame(
        {
            "id": np.arange(1, 41),
            "category": rng.choice(["book", "toy", "tool"], 40),
            "price": np.round(rng.lognormal(3, 0.6, 40), 2),
        }
    )
    orders_per_user = rng.negative_binomial(2, 0.5, n_users)
    n_orders = int(orders_per_user.sum())
    orders = pd.DataFrame(
        {
            "id": np.arange(1, n_orders + 1),
            "user_id": np.repeat(users["id"].to_numpy(), orders_per_user),
            "status": rng.choice(list(STATUSES), n_orders, p=list(STATUSES.values())),
            "placed_at": pd.Timestamp("2024-01-01")
            + pd.to_timedelta(rng.integers(0, 365 * 24 * 60, n_orders), unit="min"),
            "total": np.round(rng.gamma(3.0, 30.0, n_orders), 2),
        }
    )
    items_per_order = rng.choice(np.arange(1, 5), n_orders, p=ITEMS)
    n_items = int(items_per_order.sum())
    product = rng.integers(0, 40, n_items)
    order_items = pd.DataFrame(
        {
            "id": np.arange(1, n_items + 1),
            "order_id": np.repeat(orders["id"].to_numpy(), items_per_order),
            "product_id": products["id"].to_numpy()[product],
            "quantity": rng.integers(1, 6, n_items),
            "unit_price": products["price"].to_numpy()[product],
        }
    )
    return Shop(users, products, orders, order_items)


def _users(n: int, rng: np.random.Generator) -> pd.DataFrame:
    ssn = [f"{a:03d}-{b:02d}-{c:04d}" for a, b, c in rng.integers(1, [900, 99, 9999], (n, 3))]
    return pd.DataFrame(
        {
            "id": np.arange(1, n + 1),
            "email": [
                f"customer{i}.{t:04x}@realmail.test"
                for i, t in enumerate(rng.integers(0, 65536, n))
            ],
            "ssn": ssn,
            "region": rng.choice(list(REGIONS), n, p=list(REGIONS.values())),
            "age": rng.integers(18, 90, n),
        }
    )
