"""The cell of the language's page, in a real kernel, on the engine of this pytest process.

The tables are temp views of the session, so that counting, joining and reading are the engine's.
"""

from __future__ import annotations

import json
import re

import nbformat
import numpy as np
import pytest
from nbclient import NotebookClient

from tests.engines import CHOSEN, ROOT, jvm_environment, require_java
from tests.shop import CELL, ITEMS, ORDERS_MEAN, make_shop

pytestmark = [pytest.mark.engine, pytest.mark.kernel]

N_USERS = 400

SESSION = {
    "embedded": """
from synthohive_jupyter.io.session import open_session
engine_session = open_session().spark
""",
    "classic": """
from pyspark.sql import SparkSession
spark = engine_session = SparkSession.builder.master("local[2]").getOrCreate()
""",
    "connect": """
from pyspark.sql import SparkSession
spark = engine_session = SparkSession.builder.remote("local[2]").getOrCreate()
""",
}
VIEWS = f"""
import sys; sys.path.insert(0, {str(ROOT)!r})
from synthohive_jupyter.io.frames import from_pandas
from tests.shop import make_shop
for name, frame in make_shop({N_USERS}).tables().items():
    from_pandas(frame, engine_session).createOrReplaceTempView(name)
"""
FACTS = """
import hashlib, json, os
import numpy as np
import pandas as pd

shop.save("model")
tables = {name: shop.pandas[name] for name in shop}
stored = engine_session.read.format("delta").load("out/orders")
def digest(result):
    return {n: hashlib.sha256(f.to_csv().encode()).hexdigest() for n, f in result.pandas.items()}
def served(column):
    return int(stored.filter(f"{column} IS NOT NULL").count())
print("FACTS", json.dumps({
    "rows": {n: len(f) for n, f in tables.items()},
    "keys": {n: [int(f["id"].min()), int(f["id"].max()), int(f["id"].nunique())]
             for n, f in tables.items()},
    "orphans": [int((~tables["orders"]["user_id"].isin(tables["users"]["id"])).sum()),
                int((~tables["order_items"]["order_id"].isin(tables["orders"]["id"])).sum()),
                int((~tables["order_items"]["product_id"].isin(tables["products"]["id"])).sum())],
    "orders_per_user": tables["orders"].groupby("user_id").size()
        .reindex(tables["users"]["id"], fill_value=0).tolist(),
    "items_per_order": tables["order_items"].groupby("order_id").size()
        .reindex(tables["orders"]["id"], fill_value=0).tolist(),
    "types": [type(shop[n]).__module__.split(".")[0] for n in shop],
    "stored": served("id"),
    "first": digest(shop), "second": digest(again),
    "ages": [int(tables["users"]["age"].min()), int(tables["users"]["age"].max())],
    "quantity": [int(tables["order_items"]["quantity"].min()),
                 int(tables["order_items"]["quantity"].max())],
}))
"""
STOP = "engine_session.stop()"


@pytest.fixture(scope="module")
def notebook(tmp_path_factory):
    """The executed notebook, and the folder it ran in."""
    folder = tmp_path_factory.mktemp("engine")
    environment = {}
    if CHOSEN != "embedded":
        require_java(CHOSEN)
        environment = jvm_environment(folder / "warehouse")
    sources = [
        SESSION[CHOSEN] + VIEWS,
        "%load_ext synthohive_jupyter",
        f"%%synthohive fit --seed 7 -o shop --write delta:out\n{CELL}",
        f"%%synthohive fit --seed 7 -o again\n{CELL}",
        FACTS,
        STOP,
    ]
    if CHOSEN == "embedded":
        sources.pop()  # The embedded engine ends with its kernel.
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(s) for s in sources])
    with pytest.MonkeyPatch.context() as patch:
        for name, value in environment.items():
            patch.setenv(name, value)
        NotebookClient(
            book, timeout=540, kernel_name="python3", resources={"metadata": {"path": str(folder)}}
        ).execute()
    return book, folder


@pytest.fixture(scope="module")
def facts(notebook):
    """What the notebook found out about its own result."""
    (line,) = [
        line
        for output in notebook[0].cells[4].outputs
        for line in output.get("text", "").splitlines()
        if line.startswith("FACTS ")
    ]
    return json.loads(line.removeprefix("FACTS "))


def test_primary_keys_are_dense_and_foreign_keys_valid(facts):
    for table, count in facts["rows"].items():
        assert facts["keys"][table] == [1, count, count]
    assert facts["orphans"] == [0, 0, 0]


def test_counts_are_within_noise_of_the_truth(facts):
    orders = np.array(facts["orders_per_user"])
    items = np.array(facts["items_per_order"])
    real = make_shop(N_USERS)
    # The real sample is one draw of the law; synthetic counts are drawn from what it shows. Four
    # standard errors of a mean of 400 negative binomial counts (variance 4) are .4.
    assert orders.mean() == pytest.approx(ORDERS_MEAN, abs=0.4)
    assert orders.mean() == pytest.approx(len(real.orders) / N_USERS, rel=0.02)
    assert (orders == 0).mean() == pytest.approx(0.25, abs=4 * np.sqrt(0.25 * 0.75 / N_USERS))
    shares = np.bincount(items, minlength=5)[:5] / len(items)
    assert shares[0] == 0
    assert items.max() <= len(ITEMS)
    # Four standard errors of a share near .4 of about 800 orders, twice (real and synthetic).
    assert np.abs(shares[1:] - ITEMS).max() < 4 * np.sqrt(2 * 0.24 / len(items))


def test_values_keep_their_bounds(facts):
    assert 18 <= facts["ages"][0] <= facts["ages"][1] <= 110
    assert 1 <= facts["quantity"][0] <= facts["quantity"][1] <= 20


def test_tables_come_back_as_what_went_in_and_stand_in_delta(facts):
    assert set(facts["types"]) == {"pyspark"}
    assert facts["stored"] == facts["rows"]["orders"]


def test_the_same_seed_gives_the_same_bytes(facts):
    assert facts["first"] == facts["second"]


def test_no_personal_value_stands_anywhere(notebook):
    book, folder = notebook
    users = make_shop(N_USERS).users
    secrets = {*users["email"], *users["ssn"]}
    files = [p for p in folder.rglob("*") if p.is_file() and "warehouse" not in p.parts]
    assert any(p.suffix == ".safetensors" for p in files)
    texts = [nbformat.writes(book), *(p.read_bytes().decode("latin-1") for p in files)]
    found = [s for text in texts for s in secrets if s in text]
    assert not found
    # The same search does find what is there: the synthetic region names.
    assert any(re.search("north", text) for text in texts)


def test_the_page_says_which_engine_it_used(notebook):
    printed = json.dumps([cell.get("outputs", []) for cell in notebook[0].cells[1:4]])
    assert {"embedded": "embedded engine", "classic": "(classic)", "connect": "(connect)"}[
        CHOSEN
    ] in printed
    assert "Traceback" not in printed
