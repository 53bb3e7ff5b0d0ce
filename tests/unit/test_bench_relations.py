"""The harness of `benchmarks.relations` and `benchmarks.cost` on tiny tables."""

import json
from dataclasses import replace
from functools import partial

import numpy as np
import pandas as pd
import pytest
from sklearn import ensemble

from benchmarks import cost, databases, relation_contest, relations
from benchmarks.bank import TEAM, bank_facts, bank_schema, bank_tables
from benchmarks.contenders import Entry
from benchmarks.cost import CostRun, exponent, tables
from benchmarks.databases import DatabaseSet
from benchmarks.job import Job
from benchmarks.processes import JobError, Limits
from benchmarks.relation_contest import OWN, RANDOM_SECOND, RelationContest
from benchmarks.relation_judge import RelationJudge
from benchmarks.relation_results import page, sections, table
from benchmarks.relation_views import frequent_levels, joints, random_keys
from benchmarks.relation_worker import SCHEMA, measure
from benchmarks.results import Row
from benchmarks.store import Shelf
from synthohive_jupyter.io.lookup import locate
from synthohive_jupyter.schema.metadata import Metadata
from synthohive_jupyter.validation.hierarchy import CIRCLE, depths
from synthohive_jupyter.validation.integrity import key_checks


def shop(seed, people=150):
    """Customers of two plans, whose orders follow the plan, in stores of the town they order in."""
    rng = np.random.default_rng(seed)
    towns = pd.DataFrame({"id": range(8), "far": np.repeat([True, False], 4)})
    plan = rng.choice(["a", "b"], people)
    users = pd.DataFrame(
        {"id": np.arange(people), "plan": plan, "age": rng.integers(20, 60, people)}
    )
    of = np.repeat(np.arange(people), rng.poisson(np.where(plan == "a", 4, 1)))
    far = plan[of] == "a"
    orders = pd.DataFrame({"user": of, "town": np.where(far, 0, 4) + rng.integers(4, size=len(of))})
    orders["day"] = rng.integers(100, size=len(of))
    orders["fee"] = np.where(far, 50, 5) + rng.normal(size=len(of)).round(2)
    return {"towns": towns, "users": users, "orders": orders.sort_values("user", ignore_index=True)}


def described():
    metadata = Metadata()
    metadata.add_table("towns", pk="id")
    metadata.add_table("users", pk="id")
    metadata.add_table(
        "orders",
        pk=None,
        fk={"town": "towns.id", "user": "users.id"},
        driver="user",
        order_by="day",
    )
    return metadata


def shops():
    train, holdout = shop(1), shop(2)
    judged = {"towns": ["far"], "users": ["plan"], "orders": ["day", "fee"]}
    return DatabaseSet(
        "shops", described(), train, holdout, "orders", judged, ("day",), ("age",), "age",
        peers={"twin": shop(3)}, about="Made here.",
    )  # fmt: skip


class Copy:
    """A model that gives back what it has seen, and notes what it is asked for."""

    def __init__(self):
        self.calls, self.tables = [], {}

    def fit(self, tables, *, seed):
        self.calls.append(("fit", sorted(tables), seed))
        self.tables = tables

    def sample(self, *, seed):
        self.calls.append(("sample", seed))
        return self.tables


@pytest.fixture(scope="module")
def judge():
    return RelationJudge(shops())


@pytest.fixture(scope="module")
def figures(judge):
    """A copy of train, and the holdout under random keys; a few trees are enough to tell."""
    wild = random_keys(described(), shop(2))
    with pytest.MonkeyPatch.context() as patch:
        few = partial(ensemble.HistGradientBoostingClassifier, max_iter=12)
        patch.setattr(ensemble, "HistGradientBoostingClassifier", few)
        return judge.figures(shop(1), seed=0), judge.figures(wild, seed=0, is_real=True)


def test_random_keys_move_only_keys_and_those_of_one_block_together():
    data = tables(600)
    moved = random_keys(cost.schema(), data)
    assert sorted(moved["orders"]["shop"]) == sorted(data["orders"]["shop"])
    assert (moved["orders"]["shop"] != data["orders"]["shop"]).any()
    assert (
        moved["orders"]
        .drop(columns=["customer", "shop"])
        .equals(data["orders"].drop(columns=["customer", "shop"]))
    )
    stays = random_keys(cost.schema(), data, driver=False)
    assert stays["orders"]["customer"].equals(data["orders"]["customer"])
    pairs = Metadata()
    pairs.add_table("p", pk=("x", "y"))
    pairs.add_table("q", pk="x")
    pairs.add_table("c", pk=None, fk={("x", "y"): "p.(x, y)", "x": "q.x"})
    rows = pd.DataFrame({"x": range(50), "y": range(50), "v": range(50)})
    together = random_keys(pairs, {"c": rows})["c"]
    assert together["x"].equals(together["y"])
    assert not together["x"].equals(rows["x"])


def test_the_judge_names_every_key_pair_and_way(judge):
    real = shops().seen(shop(1))
    assert list(joints(real)) == [
        "hop|orders.town", "hop|orders.user", "V-hop|orders.town × user",
    ]  # fmt: skip
    assert real.columns("users") == ["plan"]
    assert frequent_levels(real) == {
        ("towns", "far"): ["True", "False"], ("users", "plan"): list("ab")
    } or set(frequent_levels(real)["users", "plan"]) == {"a", "b"}  # fmt: skip


def test_a_copy_is_told_as_such_and_random_keys_are_found_out(figures):
    copy, wild = figures
    assert copy["train|hop|orders.user"] == copy["train|cardinality|orders.town"] == 1.0
    assert copy["train|copies"] == copy["train|personal"] == 1.0
    assert copy["both|dcr families"] > 0.85
    # More than all: the floor is a second draw, the copy is nearer than that.
    assert copy["both|gap hop|orders.user"] > 1.0
    assert copy["both|kept"] == pytest.approx(1.0, abs=0.01)
    assert copy["both|rows|orders"] == len(shop(1)["orders"])
    assert wild["both|gap hop|orders.user"] == wild["both|gap V-hop|orders.town × user"] == 0.0
    # Three in eight rows are beside a user of the wrong plan.
    assert wild["train|joined|orders.user"] > 0.58
    assert "train|agg|users" not in wild  # too few of them
    assert "holdout|hop|orders.user" in copy
    assert not [name for name in wild if name.startswith("holdout|")]
    assert copy["both|repeats|orders.town"] == copy["both|repeats of train|orders.town"]


def test_process_fits_samples_and_writes_every_table(tmp_path):
    source, target = tmp_path / "in", tmp_path / "out"
    source.mkdir()
    for name, frame in shop(1).items():
        frame.to_parquet(source / f"{name}.parquet")
    (source / SCHEMA).write_text(json.dumps(described().to_dict()))
    model = Copy()
    answer = measure(Job("copy", {}, str(source), str(target), seed=5), lambda *_: model)
    assert model.calls == [("fit", ["orders", "towns", "users"], 5), ("sample", 5)]
    assert answer["rows"]["users"] == 150
    assert pd.read_parquet(target / "orders.parquet").equals(shop(1)["orders"])
    assert answer["peak_mib"]["sample"] > 20


@pytest.fixture
def contest(tmp_path, monkeypatch):
    """A contest whose processes are played: they hand out the holdout, or fail."""

    def played(entry, job, folder, limits):
        if entry.name == "broken":
            raise JobError("broken, seed 0: no output")
        for name, frame in shop(2).items():
            (folder / f"{entry.name}-{job.seed}").mkdir(exist_ok=True)
            frame.to_parquet(folder / f"{entry.name}-{job.seed}" / f"{name}.parquet")
        seconds = {"cpu": 2.0, "wall": 3.0}
        peaks = {"sample": 100.0}
        return {"imports": seconds, "fit": seconds, "sample": seconds, "peak_mib": peaks}

    monkeypatch.setattr(relation_contest, "carry_out", played)
    monkeypatch.setattr(
        RelationJudge,
        "figures",
        lambda _, tables, **__: {"train|hop|x": float(len(tables["users"]))},
    )
    return RelationContest(shops(), Shelf(tmp_path), range(2))


def test_contest_runs_models_with_every_seed_and_ablations_with_few(contest):
    broken = Entry("broken", "one that fails", {}, sources=("seeding.py",))
    once = Entry("once", "an ablation", {}, sources=("seeding.py",))
    rows = {row.name: row for row in contest.rows([OWN, once, RANDOM_SECOND, broken])}
    assert list(rows) == ["floor", "random", "published-twin", "tree", "once", "random-second"]
    assert [len(row.seeds) for row in rows.values()] == [2, 2, 1, 2, 1, 1]
    assert contest.failed == ["broken, seed 0: broken, seed 0: no output"]
    assert rows["tree"].median()["fit_cpu"] == 2.0
    assert rows["random-second"].seeds[0]["run"] is None
    assert (contest.shelf.folder / "train" / SCHEMA).exists()


def test_page_leaves_out_what_nobody_has():
    figures = {
        "train|cardinality|orders.user": 0.5, "train|c2st|orders": None, "both|repeats|orders.town": 0.25
    }  # fmt: skip
    rows = [Row(name, name, [{"seed": s, "run": None, "figures": figures} for s in range(n)])
            for name, n in (("x", 1), ("y", 3))]  # fmt: skip
    assert table(rows, {"a": ("train|c2st|orders", str), "b": ("nothing", str)}) == ""
    found = sections(shops(), rows)
    assert found["Against train"].splitlines()[2:] == ["| x ¹ | .500 |", "| y | .500 |"]
    assert "Against the holdout" not in found
    moment = {"date": "2026-01-01T00:00:00", "load": 0.5}
    about = {"begun": moment, "ended": moment, "commit": "c", "seeds": 3, "limits": {"threads": 1}}
    about |= {"machine": {"processor": "P", "cores": 2}, "left_out": [], "failed": ["z: broke"]}
    text = page(shops(), rows, about)
    assert "150 users" in text
    assert "- z: broke" in text
    assert "¹ One seed" in text


def test_sets_give_keys_that_hold():
    """The flights are made from installed files; the others need the folder of ``--data``."""
    data = databases.flights(None)
    for side in (data.train, data.holdout):
        assert all(check.holds for check in key_checks(data.metadata, side))
    shared = set(data.train["planes"]["tailnum"]) & set(data.holdout["planes"]["tailnum"])
    assert not shared
    small = data.part(20)
    assert len(small.train["planes"]) == 20
    assert set(small.train["flights"]["tailnum"]) <= set(small.train["planes"]["tailnum"])


def test_bank_keeps_its_law():
    first, second = (bank_tables(seed=seed) for seed in (1, 2))
    assert first["districts"].equals(second["districts"])
    for side in (first, second):
        assert all(check.holds for check in key_checks(bank_schema(), side))
    facts = bank_facts(first)
    # Standard errors: .004 of a share of 5,300, .003 of the correlation of 850 couples.
    assert facts["client in the account's district"] == pytest.approx(0.911, abs=0.016)
    assert facts["partners' ages, correlation"] == pytest.approx(0.966, abs=0.012)
    assert facts["partners of opposite sex"] == facts["clients with exactly one account"] == 1.0
    above = locate(first["staff"], ["boss"], first["staff"], ["id"])
    assert depths(above).max() == len(TEAM)
    assert (depths(above) == CIRCLE).sum() == 0


def test_cost_tables_and_their_growth(tmp_path, monkeypatch):
    data = tables(2000, huge=700)
    counts = data["orders"]["customer"].value_counts()
    assert counts.iloc[0] == 700
    assert 1600 < len(data["orders"]) - 700 < 2400
    assert all(check.holds for check in key_checks(cost.schema(), data))
    assert exponent([1, 10, 100], [3, 30, 300]) == pytest.approx(1.0)

    def played(_entry, job, folder, _limits):
        for name, frame in data.items():
            (folder / f"{job.model}-sample").mkdir(exist_ok=True)
            frame.to_parquet(folder / f"{job.model}-sample" / f"{name}.parquet")
        size = len(pd.read_parquet(folder / job.model / "orders.parquet"))
        seconds = {"cpu": size / 1000, "wall": 1.0}
        return {"fit": seconds, "sample": seconds, "peak_mib": {"sample": 99.0},
                "rows": {"orders": len(data["orders"])}}  # fmt: skip

    monkeypatch.setattr(cost, "carry_out", played)
    run = CostRun(OWN, tmp_path, Limits())
    for rows in (500, 2000):
        run.measure(str(rows), tables(rows))
    run.measure(f"{cost.ONE} 700", data)
    assert run.exponents()["fit"] == pytest.approx((1.0, 1.0))
    assert run.runs[f"{cost.ONE} 700"]["largest"] == [700, 700]
    assert all(one["keys hold"] for one in run.runs.values())


@pytest.mark.parametrize(
    ("arguments", "whole"),
    [
        ([], True),
        (["--models", "tree"], False),
        (["--families", "9"], False),
        (["--no-peers"], False),
    ],
)
def test_only_whole_line_ups_of_relations_are_results(arguments, whole):
    options = relations._options(arguments)
    assert relations.is_whole(options) == whole
    names = [entry.name for entry in relations.line_up(options, shops())]
    assert names[0] == "tree"
    assert ("random-second" in names) == (arguments[:1] != ["--models"])
    assert "peer-mostlyai" not in names  # the set has two keys


def test_live_peers_meet_sets_of_one_key_without_published_samples():
    metadata = Metadata()
    metadata.add_table("users", pk="id")
    metadata.add_table("orders", pk=None, fk={"user": "users.id"})
    alone = replace(shops(), metadata=metadata, peers={})
    names = [e.name for e in relations.line_up(relations._options([]), alone)]
    assert names[-1] == "peer-mostlyai"
    assert "random-second" not in names
    known = replace(alone, peers={"twin": shop(3)})
    assert "peer-mostlyai" not in [e.name for e in relations.line_up(relations._options([]), known)]
