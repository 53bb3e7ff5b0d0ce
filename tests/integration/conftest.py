"""One engine per pytest process, chosen by ``SYNTHOHIVE_ENGINE``: embedded (default), classic or
connect. A process that holds a local Spark Connect server cannot hold a classic session too, so
each engine has a run of its own (see the Makefile). The engine starts when the first test asks.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from tests.engines import CHOSEN, ENGINES, jvm_environment, require_java

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@dataclass(frozen=True)
class Engine:
    """A running engine: its name and its session."""

    name: str
    spark: Any


def pytest_configure() -> None:
    if CHOSEN not in ENGINES:
        raise pytest.UsageError(f"SYNTHOHIVE_ENGINE={CHOSEN}: choose one of {', '.join(ENGINES)}")


@pytest.fixture(scope="session", params=[CHOSEN])
def engine(request: pytest.FixtureRequest, tmp_path_factory: Any) -> Iterator[Engine]:
    """The engine of this run."""
    if request.param == "embedded":
        from synthohive_jupyter.io.embedded import ENGINE

        yield Engine("embedded", ENGINE.start())
        ENGINE.stop()
    else:
        yield from _jvm(request.param, tmp_path_factory.mktemp("warehouse"))


def _jvm(name: str, warehouse: Path) -> Iterator[Engine]:
    require_java(name)
    os.environ.update(jvm_environment(warehouse))
    from pyspark import SparkContext
    from pyspark.sql import SparkSession

    builder = SparkSession.builder
    builder = builder.master("local[2]") if name == "classic" else builder.remote("local[2]")
    session = builder.getOrCreate()
    yield Engine(name, session)
    session.stop()
    gateway = SparkContext._gateway
    if gateway is not None:
        gateway.shutdown()
        gateway.proc.stdin.close()  # The JVM ends when its standard input does.
        gateway.proc.wait(timeout=60)


@pytest.fixture
def on_spark(engine: Engine) -> Any:
    """Hands a dict of pandas frames to the engine."""
    from synthohive_jupyter.io import frames

    return lambda data: {name: frames.from_pandas(f, engine.spark) for name, f in data.items()}


@pytest.fixture
def shop() -> tuple[Any, dict[str, Any]]:
    """Users with orders (some without a user), orders with items of a product."""
    import numpy as np
    import pandas as pd

    from synthohive_jupyter.schema.metadata import Metadata

    rng = np.random.default_rng(5)
    users = pd.DataFrame({"id": np.arange(1, 401), "region": rng.choice(list("aab"), 400)})
    orders = pd.DataFrame(
        {
            "id": np.arange(1000, 1900),
            "user_id": pd.array(rng.integers(1, 401, 900), dtype="Int64"),
        }
    )
    orders.loc[::10, "user_id"] = pd.NA
    items = pd.DataFrame(
        {"order_id": rng.integers(1000, 1900, 2000), "product": rng.integers(1, 31, 2000)}
    )
    products = pd.DataFrame({"id": np.arange(1, 31), "kind": rng.choice(list("xy"), 30)})
    schema = Metadata()
    schema.add_table("users", pk="id")
    schema.add_table("orders", pk="id", fk={"user_id": "users.id"}, nullable_fks=["user_id"])
    schema.add_table("items", pk=None, fk={"order_id": "orders.id", "product": "products.id"})
    schema.add_table("products", pk="id")
    return schema, {"users": users, "orders": orders, "items": items, "products": products}


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Relative places of the embedded engine (its warehouse) belong to the test."""
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def io(engine: Engine) -> Any:
    from synthohive_jupyter.io.spark import SparkIO

    return SparkIO(engine.spark)
