"""A bank with a known law: accounts with one client or two, each client once, and its staff.

The second parent is 1:1 (every client has exactly one account), partners are of opposite sex, of
near age, and live in the account's district; the staff is a tree of up to five levels. Made from
a seed, after the law of the well-known Czech bank; two calls with other seeds are two draws of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from synthohive_jupyter.io.lookup import locate
from synthohive_jupyter.schema.metadata import Metadata

if TYPE_CHECKING:
    from benchmarks.databases import Tables

ACCOUNTS = 4500
DISTRICTS = 40
STAFF = 3000
JOINT = 0.19
"""Share of accounts with two clients."""
AT_HOME = 0.91
"""Share of owners who live in the district of their account."""
HEADS = 60
TEAM = (3, 3, 2, 2)
"""Mean number of people below one of each level."""

_DAY = np.datetime64("1900-01-01", "us")


def bank_schema() -> Metadata:
    """Return the description."""
    metadata = Metadata()
    metadata.add_table("districts", pk="id")
    metadata.add_table("clients", pk="id", fk={"district": "districts.id"})
    metadata.add_table("accounts", pk="id", fk={"district": "districts.id"})
    metadata.add_table(
        "links",
        pk=None,
        fk={"account": "accounts.id", "client": "clients.id"},
        driver="account",
        linkage_method="conditional",
        # Only an owner stands before a partner.
        order_by="role",
    )
    metadata.add_table("staff", pk="id", fk={"boss": "staff.id"}, nullable_fks=["boss"])
    return metadata


def bank_tables(*, seed: int) -> Tables:
    """Return a draw of the law; the districts are always the same.

    >>> {name: frame.shape[1] for name, frame in bank_tables(seed=1).items()}
    {'districts': 3, 'clients': 4, 'accounts': 4, 'links': 3, 'staff': 5}
    """
    law, rng = np.random.default_rng(7), np.random.default_rng(seed)
    districts = pd.DataFrame({
        "id": np.arange(1, DISTRICTS + 1),
        "region": law.choice(["north", "south", "east", "west", "capital"], DISTRICTS),
        "income": law.integers(80, 130, DISTRICTS) * 100,
    })  # fmt: skip
    crowd = law.dirichlet(np.full(DISTRICTS, 2.0))
    where = rng.choice(DISTRICTS, ACCOUNTS, p=crowd)
    joint = rng.random(ACCOUNTS) < JOINT
    accounts = pd.DataFrame({
        "id": np.arange(1, ACCOUNTS + 1),
        "district": where + 1,
        "opened": _days(rng.integers(34_000, 35_800, ACCOUNTS)),
        "fee": np.where(joint, "joint", rng.choice(["month", "week"], ACCOUNTS, p=[0.9, 0.1])),
    })  # fmt: skip
    of, partner = np.repeat(np.arange(ACCOUNTS), 1 + joint), np.zeros(ACCOUNTS + joint.sum(), bool)
    partner[1:] = of[1:] == of[:-1]
    home = np.where(rng.random(ACCOUNTS) < AT_HOME, where, rng.choice(DISTRICTS, ACCOUNTS, p=crowd))
    owner_born = rng.uniform(5_000, 30_000, ACCOUNTS)
    man = rng.random(ACCOUNTS) < 0.5
    born = owner_born[of] + partner * rng.normal(0, 1_900, len(of))
    order = rng.permutation(len(of))
    clients = pd.DataFrame({
        "id": np.arange(1, len(of) + 1),
        "district": home[of][order] + 1,
        "sex": np.where(man[of] ^ partner, "m", "f")[order],
        "born": _days(born.astype(np.int64))[order],
    })  # fmt: skip
    links = pd.DataFrame({
        "account": of + 1,
        "client": np.argsort(order) + 1,
        "role": np.where(partner, "partner", "owner"),
    })  # fmt: skip
    return {"districts": districts, "clients": clients, "accounts": accounts, "links": links,
            "staff": _staff(rng)}  # fmt: skip


def _staff(rng: np.random.Generator) -> pd.DataFrame:
    """Return people and who is above them: pay follows that of the boss, teams the level."""
    boss, level, pay = [-1] * HEADS, [0] * HEADS, list(rng.normal(200, 20, HEADS))
    person = 0
    while len(boss) < STAFF:
        if level[person] < len(TEAM):
            team = int(rng.poisson(TEAM[level[person]]))
            boss += [person] * team
            level += [level[person] + 1] * team
            pay += list(pay[person] * rng.normal(0.72, 0.05, team))
        person += 1
    numbers = rng.permutation(len(boss))
    places = np.array(boss)
    above = pd.Series(np.where(places < 0, np.nan, numbers[places] + 1)).astype("Int64")
    office = np.where(np.array(level) < 2, "head", rng.choice(["desk", "field"], len(boss)))
    frame = pd.DataFrame({
        "id": numbers + 1,
        "boss": above,
        "grade": np.array(level) + (rng.random(len(boss)) < 0.1),
        "pay": np.round(pay, 1),
        "office": office,
    })  # fmt: skip
    return frame.sort_values("id", ignore_index=True)


def bank_facts(tables: Tables) -> dict[str, float]:
    """Return what the law fixes: of accounts and their clients, and of couples."""
    links, clients, accounts = tables["links"], tables["clients"], tables["accounts"]
    at = locate(links, ["client"], clients, ["id"])
    on = locate(links, ["account"], accounts, ["id"])
    whole = (at >= 0) & (on >= 0)
    people = clients.iloc[at[whole]].reset_index(drop=True)
    account = on[whole]
    own = people["district"].to_numpy() == accounts["district"].to_numpy()[account]
    order = np.argsort(account, kind="stable")
    first, second = order[:-1], order[1:]
    pair = account[first] == account[second]
    first, second = first[pair], second[pair]
    days = people["born"].to_numpy("datetime64[D]").astype(float)
    sex, district = people["sex"].to_numpy(), people["district"].to_numpy()
    return {
        "client in the account's district": float(own.mean()),
        "partners' ages, correlation": float(np.corrcoef(days[first], days[second])[0, 1]),
        "partners of opposite sex": float((sex[first] != sex[second]).mean()),
        "partners in one district": float((district[first] == district[second]).mean()),
        "clients with exactly one account": float(
            (np.bincount(at[whole], minlength=len(clients)) == 1).mean()
        ),
    }


def _days(numbers: np.ndarray) -> np.ndarray:
    moments: np.ndarray = _DAY + numbers.astype("timedelta64[D]")
    return moments
