"""What a saved database with every kind of relation holds: nothing that one row alone has."""

import numpy as np
import pandas as pd
import pytest

from synthohive_jupyter.engine.orchestrator import StagedOrchestrator
from synthohive_jupyter.schema.metadata import Metadata

RARE = {"city": "Canaryville", "income": 91357246.13, "rent": 77319.53, "amount": 83527194.29}
LONG_AGO = pd.Timestamp("1971-03-09")


def shop(users=500, shops=30, seed=0):
    """Users, shops and orders, each with something that nobody else has."""
    rng = np.random.default_rng(seed)
    counts = rng.poisson(4, users)
    family = np.repeat(np.arange(users), counts)
    rows = len(family)
    tables = {
        "users": pd.DataFrame({
            "id": [f"usr{i:05d}" for i in range(users)],
            "city": rng.choice(["Rome", "Bonn", "Oslo"], users),
            "income": rng.normal(3e4, 5e3, users).round(2),
        }),
        "shops": pd.DataFrame({
            "id": [f"shp{i:03d}" for i in range(shops)],
            "city": rng.choice(["Rome", "Bonn"], shops),
            "rent": rng.normal(100, 5, shops).round(2),
        }),
        "orders": pd.DataFrame({
            "id": np.arange(rows),
            "user": [f"usr{i:05d}" for i in family],
            "shop": [f"shp{i:03d}" for i in rng.integers(0, shops, rows)],
            "at": pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.integers(0, 300, rows), "D"),
            "amount": rng.gamma(2, 10, rows).round(2),
            "returns": pd.array([None, *(rng.integers(0, np.arange(1, rows)))], dtype="Int64"),
        }),
    }  # fmt: skip
    tables["users"].loc[5, ["city", "income"]] = RARE["city"], RARE["income"]
    tables["shops"].loc[4, ["city", "rent"]] = RARE["city"], RARE["rent"]
    tables["orders"].loc[7, "amount"] = RARE["amount"]
    tables["orders"].loc[8, "at"] = LONG_AGO
    return tables


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    metadata = Metadata()
    metadata.add_table("users", pk="id")
    metadata.add_table("shops", pk="id")
    metadata.add_table(
        "orders", pk="id", driver="user", nullable_fks=["returns"], linkage_method="conditional",
        fk={"user": "users.id", "shop": "shops.id", "returns": "orders.id"},
    )  # fmt: skip
    orchestrator = StagedOrchestrator(metadata, model_cls="tree")
    orchestrator.fit_all(shop(), seed=0, progress_bar=False)
    folder = tmp_path_factory.mktemp("saved") / "run"
    orchestrator.save(folder)
    return folder


def test_every_relation_is_there(saved):
    files = {path.name for path in saved.rglob("*.json")}
    assert {"linkage.json", "links.json", "history.json"} <= files


@pytest.mark.parametrize(
    "canary",
    [
        *(str(value).split(".")[0] for value in RARE.values()),
        "usr0", "shp0", "1971-03-09", str(LONG_AGO.value), str(LONG_AGO.value // 86_400_000_000_000),
    ],
)  # fmt: skip
def test_what_one_row_alone_has_is_not(saved, canary):
    text = b"".join(path.read_bytes() for path in saved.rglob("*") if path.is_file())
    # The day is a short number: as a value of its own.
    found = f" {canary}," if len(canary) < 4 else canary
    assert found.encode() not in text


def test_it_generates_without_it(saved):
    made = StagedOrchestrator.load(saved).generate(400, seed=1)
    assert RARE["city"] not in set(made["users"]["city"]) | set(made["shops"]["city"])
    assert made["users"]["income"].max() < 1e5
    assert made["shops"]["rent"].max() < 1e3
    assert made["orders"]["amount"].max() < 1e4
    assert made["orders"]["at"].min() >= pd.Timestamp("2024-01-01")
