"""Siblings: what they are told of each other, in the data and while they are drawn."""

import json

import numpy as np
import pandas as pd
import pytest

from synthohive_jupyter.engine.synthesizer import Synthesizer
from synthohive_jupyter.errors import ModelFileError
from synthohive_jupyter.relational.keys.references import number_in_family
from synthohive_jupyter.relational.plan import make_plan
from synthohive_jupyter.relational.siblings import drawing
from synthohive_jupyter.relational.siblings.gates import recurring
from synthohive_jupyter.relational.siblings.history import History
from synthohive_jupyter.relational.siblings.past import COPY, FIRST, LEFT, PREVIOUS, RANK
from synthohive_jupyter.schema.metadata import Constraint, Metadata
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
    assert "siblings told (in the declared order of day)" in str(step)
    assert make_plan(described("none"), columns).step("orders").history_columns == ()


def test_rows_of_the_data_are_told_of_their_siblings():
    rows = pd.DataFrame(
        {"n": [1, 2, 3, 9], "s": ["a", "b", "c", "z"], "b": [True, False, True, True]}
    )
    history = History.plain(rows.columns, rows.columns)
    own, told = history.encode(rows, np.array([4, 4, 4, 7]))
    pd.testing.assert_frame_equal(own, rows)
    assert told[RANK].tolist() == [0, 1, 2, 0]
    assert told[LEFT].tolist() == [2, 1, 0, 0]
    assert told[PREVIOUS + "n"].fillna(-1).tolist() == [-1, 1, 2, -1]
    assert told[PREVIOUS + "b"].astype(object).tolist()[1:3] == [True, False]
    assert [str(told[PREVIOUS + c].dtype) for c in "nsb"] == ["Int64", "object", "boolean"]


class Counter:
    """Draws rows that say what they were told: a chain that a test can follow."""

    def __init__(self):
        self.calls = []

    def __call__(self, told, rank):
        self.calls.append((rank, len(told)))
        before = pd.to_numeric(told[PREVIOUS + "n"]).fillna(0).astype("int64")
        return pd.DataFrame({"n": before + 1, "up": told["up"], "rank": told[RANK],
                             "left": told[LEFT]})  # fmt: skip


NAMES = ("n", "up", "rank", "left")


def draw(history, sizes, above, sample, seed=0):
    return history.draw(np.array(sizes), above, sample, rng=np.random.default_rng(seed))


def test_families_are_drawn_rank_by_rank_and_put_in_order():
    sample = Counter()
    above = pd.DataFrame({"up": list("abcd")})
    rows = draw(History.plain(NAMES, ("n",)), [3, 0, 1, 2], above, sample)
    assert rows["up"].tolist() == ["a", "a", "a", "c", "d", "d"]
    assert rows["n"].tolist() == [1, 2, 3, 1, 1, 2]
    assert rows["rank"].tolist() == [0, 1, 2, 0, 0, 1]
    assert rows["left"].tolist() == [2, 1, 0, 0, 1, 0]
    assert sample.calls == [(0, 3), (1, 2), (2, 1)]


def test_a_family_of_a_hundred_thousand_takes_few_calls():
    sample = Counter()
    above = pd.DataFrame({"up": list("abc")})
    rows = draw(History.plain(NAMES, ("n",)), [100_000, 3, 1], above, sample)
    assert rows["rank"].tolist() == [*range(100_000), 0, 1, 2, 0]
    assert rows["left"].iloc[:100_000].tolist() == list(range(99_999, -1, -1))
    assert len(sample.calls) < 8 * drawing.ALONE
    # The chain goes on from the last row of what was drawn together.
    assert rows["n"].iloc[drawing.ALONE] == drawing.ALONE + 1


def test_no_families_are_no_rows():
    above = pd.DataFrame({"up": ["a", "b"]})
    rows = draw(History.plain(NAMES, ("n",)), [0, 0], above, Counter())
    assert list(rows.columns) == list(NAMES)
    assert rows.empty


KINDS = {
    "text": lambda i: np.array(["a", "b", "c"], dtype=object)[i % 3],
    "string": lambda i: pd.array(np.array(["a", "b", "c"])[i % 3], dtype="string"),
    "category": lambda i: pd.Categorical.from_codes(i % 3, categories=["x", "y", "z"]),
    "bool": lambda i: i % 2 == 0,
    "boolean": lambda i: pd.array(i % 2 == 0, dtype="boolean"),
    "int": lambda i: i % 7,
    "uint64": lambda i: (i % 7).astype("uint64") + np.uint64(2**63),
    "Int64": lambda i: pd.array(i % 7, dtype="Int64"),
    "float": lambda i: i / 8,
    "date": lambda i: np.array(i % 50, dtype="M8[D]").astype(object),
    "stamp": lambda i: np.array(i % 50, dtype="M8[D]").astype("M8[us]"),
    "tz": lambda i: pd.DatetimeIndex(
        np.array(i % 50, dtype="M8[D]").astype("M8[ns]"), tz="Europe/Rome"
    ),
    "never": lambda i: np.full(len(i), None, dtype=object),
    "nan": lambda i: np.full(len(i), np.nan),
}


def visits(families=80, seed=0):
    """Visits of any number; every kind of column; what is null of first visits never is later."""
    rng = np.random.default_rng(seed)
    sizes = rng.integers(0, 7, families)
    family = np.repeat(np.arange(families), sizes)
    i = rng.integers(0, 400, len(family))
    rows = pd.DataFrame({name: make(i) for name, make in KINDS.items()})
    rank = number_in_family(family)
    rows["later"] = pd.array(np.where(rank > 0, i % 5, 0), dtype="Int64")
    rows.loc[rank == 0, "later"] = pd.NA
    steps = pd.Series(rng.integers(0, 4, len(family)))
    rows["day"] = steps.groupby(family).cumsum().to_numpy().astype("M8[D]").astype("M8[s]")
    # Half of the clubs stay, so that they are a column that repeats.
    rows["club"] = np.where(
        family % 2 == 0, "red", np.array(["blue", "green"], dtype=object)[i % 2]
    )
    return rows, family, sizes


class Careless:
    """Draws any rows of the data, whatever it is told; all nulls of some columns in one rank."""

    def __init__(self, rows, seed=0):
        self.rows, self.rng = rows, np.random.default_rng(seed)

    def __call__(self, told, rank):
        taken = self.rows.iloc[self.rng.integers(0, len(self.rows), len(told))]
        drawn = taken.reset_index(drop=True)
        if rank == 1:
            drawn["text"] = pd.Series([None] * len(drawn), dtype=object)
            drawn["Int64"] = pd.array([pd.NA] * len(drawn), dtype="Int64")
            drawn["category"] = drawn["category"].where(drawn["bool"] != drawn["bool"])
        return drawn


@pytest.fixture(scope="module")
def learnt():
    rows, family, sizes = visits()
    history = History.learn(rows, family, columns=list(rows), order_by="day", table="visits")
    return rows, family, sizes, history


def test_any_model_gives_rows_in_order_in_the_window_in_the_types_of_the_data(learnt):
    rows, family, sizes, history = learnt
    own = history.encode(rows, family)[0]
    assert "day" not in own
    sample = Careless(own)
    above = pd.DataFrame(index=range(len(sizes)))
    made = draw(history, sizes, above, sample)
    assert made.dtypes.equals(rows.dtypes)
    assert list(made.columns) == list(rows.columns)
    assert len(made) == sizes.sum()
    day = made["day"].groupby(np.repeat(np.arange(len(sizes)), sizes))
    assert day.is_monotonic_increasing.all()
    assert rows["day"].min() <= made["day"].min() <= made["day"].max() <= rows["day"].max()
    assert not made["day"].isna().any()
    assert "club" in history.ahead.repeats
    later = number_in_family(np.repeat(np.arange(80), sizes)) > 0
    kept = made["club"].eq(made["club"].shift())[later].mean()
    real = rows["club"].eq(rows["club"].shift())[number_in_family(family) > 0].mean()
    # What repeats is copied; of what does not, the careless model draws the same by chance (.5).
    # 180 rows: standard error .03.
    assert abs(kept - (real + 0.5 * (1 - real))) < 0.1


def test_a_family_longer_than_any_of_the_data_stays_in_order(learnt):
    rows, family, _, history = learnt
    sample = Careless(history.encode(rows, family)[0])
    made = draw(history, [6000, 2, 100], pd.DataFrame(index=range(3)), sample)
    assert len(made) == 6102
    assert made["day"].iloc[:6000].is_monotonic_increasing
    assert made["day"].max() <= rows["day"].max()


def test_what_a_row_repeats_is_told_and_copied(learnt):
    rows, family, _, history = learnt
    _, told = history.encode(rows, family)
    repeats = told[COPY + "club"].notna().to_numpy()
    later, first = number_in_family(family) > 0, rows["club"].groupby(family).transform("first")
    same = rows["club"].eq(rows["club"].shift()).to_numpy() & later
    # Half of the families know two clubs: who leaves the second is back at the first.
    assert "club" in history.ahead.returns
    assert (repeats == (same | (rows["club"].eq(first).to_numpy() & later))).all()
    assert (told[COPY + "club"][repeats] == rows["club"][repeats]).all()
    assert history.sources[COPY + "club"] == history.sources[PREVIOUS + "club"] == "club"
    assert set(history.sources) <= set(told.columns)
    assert FIRST + "club" in told
    assert FIRST + "float" not in told


def test_rows_return_to_what_the_first_one_holds():
    rng = np.random.default_rng(0)
    family = np.repeat(np.arange(900), rng.integers(2, 9, 900))
    rank = number_in_family(family)
    tariff = rng.integers(0, 6, len(family))
    first = tariff[np.arange(len(family)) - rank]
    stays = (rng.random(len(family)) < 0.7) | (rank == 0)
    tariff = np.where(stays, first, (first + rng.integers(1, 6, len(family))) % 6)
    rows = pd.DataFrame({"tariff": tariff, "n": rng.random(len(family))})
    history = History.learn(rows, family, columns=list(rows), order_by=None, table="t")
    assert set(history.ahead.returns) == {"tariff"}
    sizes = np.bincount(family)

    def careless(told, rank):
        return rows.iloc[rng.integers(0, len(rows), len(told))].reset_index(drop=True)

    made = draw(history, sizes, pd.DataFrame(index=range(900)), careless)
    like = made["tariff"].to_numpy() == made["tariff"].to_numpy()[np.arange(len(made)) - rank]
    # Of the 30 % that are drawn anew the careless model draws the same by chance (1 / 6). 3,600
    # rows: standard error .007.
    assert abs(like[rank > 0].mean() - (0.7 + 0.3 / 6)) < 0.03


def test_what_is_met_by_chance_is_no_return():
    rng = np.random.default_rng(0)
    family = np.repeat(np.arange(300), 5)
    rank = number_in_family(family)
    rows = pd.DataFrame({"tariff": rng.integers(0, 5, len(family))})
    repeating, returning = recurring({"tariff": rows["tariff"].to_numpy()}, rank)
    assert repeating == returning == ()


def test_places_of_the_data_are_told(learnt):
    rows, family, _, history = learnt
    _, told = history.encode(rows, family)
    day = (rows["day"] - rows["day"].min()).dt.days
    step = day.diff().where(number_in_family(family) > 0)
    inside = rows["day"].between(rows["day"].quantile(0.1), rows["day"].quantile(0.9))
    inside &= inside.shift(fill_value=False)
    pd.testing.assert_series_equal(told["__sib__step"][inside], step[inside], check_names=False)
    ties = told["__sib__ties"]
    assert ((ties > 0) == (told["__sib__step"] == 0)).all()


def test_a_history_comes_back_from_its_record(learnt):
    _, _, sizes, history = learnt
    again = History.from_dict(json.loads(json.dumps(history.to_dict())))
    assert again.to_dict() == history.to_dict()
    above = pd.DataFrame(index=range(len(sizes)))
    own = learnt[0].drop(columns="day")
    made = [draw(h, sizes, above, Careless(own), seed=3) for h in (history, again)]
    pd.testing.assert_frame_equal(*made)


@pytest.mark.parametrize("name", ["names", "columns", "timeline", "above", "shown", "begins",
                                  "goes_on", "repeats", "returns"])  # fmt: skip
@pytest.mark.parametrize("value", [3, [1], ["no"], {"club": {}}])
def test_a_damaged_history_is_refused(learnt, name, value):
    with pytest.raises(ModelFileError):
        History.from_dict(learnt[3].to_dict() | {name: value})


def test_nothing_rare_is_kept():
    rows, family, _ = visits(families=200)
    rows["club"] = rows["club"].mask(np.arange(len(rows)) == 7, "only-one-was-here")
    rows["int"] = rows["int"].mask(np.arange(len(rows)) == 8, 987654321)
    rows.loc[np.flatnonzero(np.diff(family, append=-1) != 0)[3], "day"] = np.datetime64(
        "2155-03-04"
    )
    history = History.learn(rows, family, columns=list(rows), order_by="day", table="visits")
    text = json.dumps(history.to_dict())
    assert "only-one" not in text
    assert "987654321" not in text
    late = history.ahead.timeline.column(np.array(history.ahead.timeline.window)).max()
    assert late < np.datetime64("1970-02-01")


def test_rules_reach_what_is_told(learnt):
    history = learnt[3]
    rules = {"day": Constraint(dtype="date"), "club": Constraint(dtype="cat", unique=True)}
    found = history.rules(rules)
    assert found["club"] == rules["club"]
    assert found[COPY + "club"] == found[PREVIOUS + "club"] == Constraint(dtype="cat")
    assert "day" not in found


@pytest.mark.parametrize(
    "sizes", [[1], [5], [1, 1, 1, 1], [0, 0, 3]], ids=["row", "family", "single", "late"]
)
def test_tiny_tables_can_be_learnt(sizes):
    rows, *_ = visits()
    family = np.repeat(np.arange(len(sizes)), sizes)
    rows = rows.iloc[: len(family)].sort_values("day", ignore_index=True)
    history = History.learn(rows, family, columns=list(rows), order_by="day", table="visits")
    own, _ = history.encode(rows, family)
    made = draw(history, [3, 80, 0, 1], pd.DataFrame(index=range(4)), Careless(own))
    assert made.dtypes.equals(rows.dtypes)
    assert len(made) == 84
    assert made["day"].iloc[3:83].is_monotonic_increasing


def test_no_rows_leave_all_to_the_model():
    rows = visits()[0].iloc[:0]
    history = History.learn(
        rows, np.zeros(0, np.int64), columns=list(rows), order_by="day", table="visits"
    )
    assert history.modelled == tuple(rows.columns)
    made = draw(history, [0, 0], pd.DataFrame(index=range(2)), lambda told, rank: rows)
    assert made.dtypes.equals(rows.dtypes)


def test_a_table_of_nothing_but_its_order_needs_no_model():
    rows, family, sizes = visits()
    rows = rows[["day"]].assign(day=rows["day"].where(np.diff(family, append=-1) == 0))
    order = np.lexsort((rows["day"].rank(), family))
    rows = rows.iloc[order].reset_index(drop=True)
    history = History.learn(rows, family, columns=["day"], order_by="day", table="visits")
    assert history.encode(rows, family)[0].shape == (len(rows), 0)
    made = draw(history, np.repeat(sizes, 20), pd.DataFrame(index=range(1600)), None)
    made_family = np.repeat(np.arange(1600), np.repeat(sizes, 20))
    null = made["day"].isna().to_numpy()
    # Nulls come last in each family, and as often: 250 families, standard error .03.
    after = null[:-1] & ~null[1:] & (np.diff(made_family) == 0)
    assert not after.any()
    assert abs(null.mean() - rows["day"].isna().mean()) < 0.1


def test_parents_are_looked_at():
    rng = np.random.default_rng(0)
    sizes = np.full(400, 4)
    family = np.repeat(np.arange(400), sizes)
    quick = pd.DataFrame({"plan": np.where(np.arange(400) % 2 == 0, "quick", "slow")})
    step = np.where(family % 2 == 0, 1, 10) + rng.integers(0, 2, 1600)
    rows = pd.DataFrame({"at": pd.Series(step).groupby(family).cumsum()})
    history = History.learn(
        rows, family, columns=["at"], order_by="at", table="t",
        above=quick.iloc[family].reset_index(drop=True),
    )  # fmt: skip
    made = draw(history, sizes, quick, None)
    last = made["at"].groupby(family).last()
    # Four steps of 1.5 or 10.5: the last place is 6 and 42.
    assert abs(last[::2].mean() - 6) < 0.5
    assert abs(last[1::2].mean() - 42) < 2


@pytest.fixture(scope="module")
def data():
    return shop()


def made(data, order_by, *, model="tree"):
    synthesizer = Synthesizer(described(order_by), model=model)
    synthesizer.fit(data, progress_bar=False, seed=1)
    return synthesizer


@pytest.fixture(scope="module")
def fitted(data):
    return made(data, "day")


def coherence(data, tables):
    links = [Link(t["users"], t["orders"], ("id",), ("user_id",)) for t in (data, tables)]
    return sibling_coherence(links[0], links[1], ["item", "day"], ["day"])


def repeats(tables):
    orders = (
        tables["orders"].dropna(subset="user_id").sort_values(["user_id", "day"], kind="stable")
    )
    same = orders["user_id"].eq(orders["user_id"].shift())
    return float(orders["item"].eq(orders["item"].shift())[same].mean())


def test_a_chain_of_siblings_comes_back(data, fitted):
    truth = LOYAL + (1 - LOYAL) / 3
    told = fitted.sample({"users": 2500}, seed=3)
    # 6,000 pairs of siblings: standard error .004.
    assert abs(repeats(told) - truth) < 0.02
    found = coherence(data, told)
    assert found["item"] > 0.96
    assert found["day"] > 0.9
    assert told["orders"]["user_id"].isna().sum() > 0
    known = told["orders"].dropna(subset="user_id")
    assert known.groupby("user_id")["day"].is_monotonic_increasing.all()
    assert told["orders"]["day"].max() <= data["orders"]["day"].max()


def test_without_an_order_it_does_not(data):
    without = made(data, "none").sample({"users": 2500}, seed=3)
    assert repeats(without) < 0.5
    assert coherence(data, without)["item"] < 0.7


def test_a_network_keeps_the_chain_too():
    data = shop(800)
    told = made(data, "day", model="argn").sample({"users": 2500}, seed=3)
    assert abs(repeats(told) - (LOYAL + (1 - LOYAL) / 3)) < 0.03
    assert coherence(data, told)["item"] > 0.94


def test_it_is_the_same_after_saving(fitted, tmp_path):
    fitted.save(tmp_path / "run")
    again = Synthesizer.load(tmp_path / "run").sample({"users": 300}, seed=5)
    for name, frame in fitted.sample({"users": 300}, seed=5).items():
        pd.testing.assert_frame_equal(again[name], frame)


def test_unique_columns_stay_unique_across_ranks(data):
    orders = data["orders"].assign(code=np.arange(len(data["orders"])))
    metadata = Metadata()
    metadata.add_table("users", pk="id")
    metadata.add_table(
        "orders", pk=None, fk={"user_id": "users.id"}, nullable_fks=["user_id"], order_by="day",
        constraints={"code": {"unique": True}, "note": {"dtype": "text"}},
    )  # fmt: skip
    synthesizer = Synthesizer(metadata, model="tree")
    synthesizer.fit({"users": data["users"], "orders": orders}, progress_bar=False, seed=1)
    assert synthesizer.sample({"users": 400}, seed=2)["orders"]["code"].is_unique
