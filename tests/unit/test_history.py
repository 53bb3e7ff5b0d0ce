"""Siblings: what they are told of each other, in the data and while they are drawn."""

import numpy as np
import pandas as pd
import pytest

from synthohive_jupyter.engine.synthesizer import Synthesizer
from synthohive_jupyter.relational import history
from synthohive_jupyter.relational.history import FIRST, LEFT, PREVIOUS, RANK, History
from synthohive_jupyter.relational.keys import number_in_family
from synthohive_jupyter.relational.plan import make_plan
from synthohive_jupyter.schema.metadata import Metadata
from synthohive_jupyter.validation.links import Link, sibling_coherence

ITEMS = ["pen", "car", "cup"]
LOYAL = 0.85
"""Chance that a row repeats the item before it; else it is drawn anew (and may be the same)."""


def shop(n=2500, seed=1):
    """Orders of a user follow each other in time and repeat the item; some have no user."""
    rng = np.random.default_rng(seed)
    users = pd.DataFrame({"id": np.arange(n) + 1, "plan": rng.choice(["free", "pro"], n)})
    counts = rng.poisson(np.where(users["plan"] == "pro", 5, 2))
    family = np.repeat(np.arange(n), counts)
    rank = number_in_family(family)
    items = rng.choice(ITEMS, len(family))
    for at in np.flatnonzero(rank > 0):
        if rng.random() < LOYAL:
            items[at] = items[at - 1]
    day = pd.Series(rng.integers(1, 30, len(family))).groupby(family).cumsum()
    orders = pd.DataFrame({
        "user_id": pd.array(family + 1, dtype="Int64"),
        "day": day.to_numpy(), "item": items, "note": [f"n{i}" for i in range(len(family))],
    })  # fmt: skip
    # Some have nobody: their key is taken away.
    orders.loc[rng.random(len(orders)) < 0.02, "user_id"] = pd.NA
    return {"users": users, "orders": orders.sample(frac=1, random_state=seed, ignore_index=True)}


def described(order_by="day"):
    metadata = Metadata()
    metadata.add_table("users", pk="id")
    metadata.add_table(
        "orders", pk=None, fk={"user_id": "users.id"}, nullable_fks=["user_id"], order_by=order_by,
        constraints={"note": {"dtype": "text"}},
    )  # fmt: skip
    return metadata


def test_the_plan_says_who_is_told_what():
    columns = {name: tuple(frame.columns) for name, frame in shop(20).items()}
    step = make_plan(described(), columns).step("orders")
    assert step.history_columns == ("day", "item")
    assert "given plan of its parent and its siblings before" in str(step)
    assert make_plan(described(None), columns).step("orders").history_columns == ()


def test_rows_of_the_data_are_told_of_their_siblings():
    rows = pd.DataFrame(
        {"n": [1, 2, 3, 9], "s": ["a", "b", "c", "z"], "b": [True, False, True, True]}
    )
    told = History(("n", "s", "b")).of(rows, np.array([4, 4, 4, 7]))
    assert told[RANK].tolist() == [0, 1, 2, 0]
    assert told[LEFT].tolist() == [2, 1, 0, 0]
    assert told[PREVIOUS + "n"].fillna(-1).tolist() == [-1, 1, 2, -1]
    assert told[FIRST + "s"].fillna("").tolist() == ["", "a", "a", ""]
    assert told[PREVIOUS + "b"].astype(object).tolist()[1:3] == [True, False]
    assert [str(told[PREVIOUS + c].dtype) for c in "nsb"] == ["Int64", "object", "boolean"]


class Counter:
    """Draws rows that say what they were told: a chain that a test can follow."""

    def __init__(self):
        self.calls = []

    def __call__(self, told, rank):
        self.calls.append((rank, len(told)))
        before = told[PREVIOUS + "n"].fillna(0).astype("int64")
        return pd.DataFrame({"n": before + 1, "up": told["up"], "rank": told[RANK], "left": told[LEFT],
                             "first": told[FIRST + "n"]})  # fmt: skip


TYPES = {PREVIOUS + "n": "Int64", FIRST + "n": "Int64"}


def test_families_are_drawn_rank_by_rank_and_put_in_order():
    sample = Counter()
    sizes = np.array([3, 0, 1, 2])
    above = pd.DataFrame({"up": list("abcd")})
    rows = History(("n",)).draw(sizes, above, sample, dtypes=TYPES)
    assert rows["up"].tolist() == ["a", "a", "a", "c", "d", "d"]
    assert rows["n"].tolist() == [1, 2, 3, 1, 1, 2]
    assert rows["rank"].tolist() == [0, 1, 2, 0, 0, 1]
    assert rows["left"].tolist() == [2, 1, 0, 0, 1, 0]
    assert rows["first"].fillna(0).tolist() == [0, 1, 1, 0, 0, 1]
    assert sample.calls == [(0, 3), (1, 2), (2, 1)]


def test_long_families_take_few_calls():
    sample = Counter()
    sizes = np.array([5000, 3, 1])
    rows = History(("n",)).draw(sizes, pd.DataFrame({"up": list("abc")}), sample, dtypes=TYPES)
    assert len(rows) == sizes.sum()
    assert rows["rank"].tolist() == [*range(5000), 0, 1, 2, 0]
    assert rows["left"].iloc[:5000].tolist() == list(range(4999, -1, -1))
    assert len(sample.calls) <= history.ALONE + 5000 / history.TOGETHER + 1
    assert max(n for _, n in sample.calls) <= history.TOGETHER
    # The chain goes on from the last row of what was drawn together.
    assert rows["n"].iloc[history.ALONE] == history.ALONE + 1


def test_no_families_are_no_rows():
    rows = History(("n",)).draw(
        np.zeros(2, np.int64), pd.DataFrame({"up": ["a", "b"]}), Counter(), dtypes=TYPES
    )
    assert list(rows.columns) == ["n", "up", "rank", "left", "first"]
    assert rows.empty


@pytest.fixture(scope="module")
def data():
    return shop()


def made(data, order_by, **more):
    synthesizer = Synthesizer(described(order_by), model=more.pop("model", "tree"))
    synthesizer.fit(data, progress_bar=False, seed=1, **more)
    return synthesizer


def coherence(data, tables):
    links = [Link(t["users"], t["orders"], ("id",), ("user_id",)) for t in (data, tables)]
    return sibling_coherence(links[0], links[1], ["item", "day"], ["day"])


def repeats(tables):
    orders = (
        tables["orders"].dropna(subset="user_id").sort_values(["user_id", "day"], kind="stable")
    )
    same = orders["user_id"].eq(orders["user_id"].shift())
    return float(orders["item"].eq(orders["item"].shift())[same].mean())


@pytest.mark.parametrize("model", ["tree", "argn"])
def test_a_chain_of_siblings_comes_back(data, model):
    with_it = made(data, "day", model=model).sample({"users": 2500}, seed=3)
    without = made(data, None, model=model).sample({"users": 2500}, seed=3)
    truth = LOYAL + (1 - LOYAL) / 3
    # 8,000 pairs of siblings: standard error .003; the network rounds the law off a little.
    assert abs(repeats(with_it) - truth) < 0.06
    assert repeats(without) < 0.5
    assert coherence(data, with_it)["item"] > 0.94
    assert coherence(data, without)["item"] < 0.7
    assert with_it["orders"]["user_id"].isna().sum() > 0
    known = with_it["orders"].dropna(subset="user_id")
    assert known.groupby("user_id")["day"].is_monotonic_increasing.all()


def test_it_is_the_same_after_saving(data, tmp_path):
    synthesizer = made(data, "day")
    synthesizer.save(tmp_path / "run")
    again = Synthesizer.load(tmp_path / "run").sample({"users": 300}, seed=5)
    for name, frame in synthesizer.sample({"users": 300}, seed=5).items():
        pd.testing.assert_frame_equal(again[name], frame)


def test_unique_columns_stay_unique_across_ranks(data):
    metadata = described()
    table = metadata.tables["orders"]
    orders = data["orders"].assign(code=np.arange(len(data["orders"])))
    metadata = Metadata()
    metadata.add_table("users", pk="id")
    metadata.add_table(
        "orders", pk=None, fk={"user_id": "users.id"}, nullable_fks=["user_id"], order_by="day",
        constraints={"code": {"unique": True}, "note": table.constraints["note"]},
    )  # fmt: skip
    synthesizer = Synthesizer(metadata, model="tree")
    synthesizer.fit({"users": data["users"], "orders": orders}, progress_bar=False, seed=1)
    assert synthesizer.sample({"users": 400}, seed=2)["orders"]["code"].is_unique
