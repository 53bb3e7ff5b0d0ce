"""What a fit will cost, told before: the laws, the rows that are expected, the memory."""

from functools import partial
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from benchmarks.costs import Case, flat, measure, page
from synthohive_jupyter import events as ev
from synthohive_jupyter.dsl.compiler import compile_cell
from synthohive_jupyter.engine import costs as module
from synthohive_jupyter.engine.cost_laws import MOST_SLOWNESS, SPREAD, law_of, slowness
from synthohive_jupyter.engine.costs import Costs, Span, estimate, made_rows, memory_warning
from synthohive_jupyter.engine.memory import MIB, free_memory
from synthohive_jupyter.engine.orchestrator import StagedOrchestrator
from synthohive_jupyter.engine.preparing import prepare
from synthohive_jupyter.models import auto
from synthohive_jupyter.models.registry import ModelClasses
from synthohive_jupyter.notebook.explain import Explanation, Setting, about
from synthohive_jupyter.progress.sinks import Recorder
from synthohive_jupyter.schema.metadata import Metadata
from tests.fakes import ResamplingModel
from tests.shop import CELL, make_shop


@pytest.fixture(scope="module")
def shop():
    cell = compile_cell(CELL)
    data = make_shop(60).tables()
    return prepare(cell.metadata, cell.privacy, data, read=dict, models=ModelClasses())


def rows_of(prepared):
    return {name: facts.rows for name, facts in prepared.facts.items()}


def told(prepared, rows=None, *, model="tree", epochs=300, batch_size=500, **more):
    rows = rows_of(prepared) if rows is None else rows
    return estimate(prepared.plan, rows, model=model, epochs=epochs, batch_size=batch_size, **more)


# Time


@pytest.mark.parametrize("model", ["tree", "argn", "ctgan"])
def test_more_of_everything_costs_more(shop, model):
    few, many = (dict.fromkeys(rows_of(shop), rows) for rows in (20_000, 200_000))
    assert told(shop, many, model=model).fit.likely > told(shop, few, model=model).fit.likely
    assert (
        told(shop, many, model=model).generate.likely
        > 2 * told(shop, few, model=model).generate.likely
    )
    slow = told(shop, few, model=model, factor=3.0)
    assert slow.fit.likely == pytest.approx(3 * told(shop, few, model=model).fit.likely)


def test_epochs_cost_until_the_network_stops_itself(shop):
    one, three, many, more = (
        told(shop, model="ctgan", epochs=n).tables[0].fit.likely for n in (10, 30, 3000, 30_000)
    )
    assert 2 < three / one < 3.2
    assert many == more
    assert told(shop, epochs=1).fit == told(shop, epochs=300).fit


def test_the_range_holds_the_likely_time_and_sums_up(shop):
    costs = told(shop, model="ctgan")
    for table in costs.tables:
        assert table.fit.low == table.fit.likely / SPREAD
        assert table.fit.high == table.fit.likely * SPREAD
    tables = sum(t.fit.likely for t in costs.tables)
    assert costs.fit.likely == pytest.approx(tables + costs.loading.likely)
    assert [t.table for t in costs.tables] == [step.table for step in shop.plan.steps]


def test_the_model_of_each_table():
    cell = compile_cell("a: id pk, x float\n  @model ctgan\nb: id pk\nc: id pk, y int\n  @keep")
    frame = pd.DataFrame({"id": [1, 2], "x": [0.5, 1.5], "y": [1, 2]})
    data = {"a": frame[["id", "x"]], "b": frame[["id"]], "c": frame[["id", "y"]]}
    prepared = prepare(cell.metadata, cell.privacy, data, read=dict, models=ModelClasses())
    names = {cost.table: cost.model for cost in told(prepared, model="auto").tables}
    assert names == {"a": "CTGAN", "b": "", "c": ""}
    assert law_of("auto", 10).model == "TreeSynth"
    assert law_of("AutoModel", 60).model == "ARGN"
    assert law_of("treesynth", 1) is law_of("TREE", 1)


def test_nothing_is_said_of_a_model_that_nobody_knows(shop):
    costs = told(shop, model="mine")
    assert costs.fit is None
    assert costs.generate is None
    assert "unknown" in str(Explanation(shop.plan, rows_of(shop), costs))


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.0, "under 1 s"),
        (0.6, "about 0.6 s (0.3–1.2 s)"),
        (40, "about 40 s (20–80 s)"),
        (120, "about 2 min (1–4 min)"),
        (3600 * 30, "about 30 h (15–60 h)"),
    ],
)
def test_times_are_told_roughly(seconds, text):
    assert about(Span.about(seconds, 2)) == text


def test_the_probe_is_short_and_no_machine_is_out_of_this_world():
    assert 1 / MOST_SLOWNESS <= slowness() <= MOST_SLOWNESS


def test_asking_for_parameters_loads_no_library_of_networks(monkeypatch):
    def load(_name):
        raise AssertionError("a model was imported")

    monkeypatch.setattr(auto, "_class", load)
    assert auto.AutoModel.accepts("embedding_dim")
    assert auto.AutoModel.accepts("min_leaf")
    assert not auto.AutoModel.accepts("pac")
    assert auto.AutoModel(Metadata(), min_leaf=30).name == "AutoModel"
    with pytest.raises(TypeError, match="did you mean 'min_leaf'"):
        auto.AutoModel(Metadata(), min_leav=30)


# Rows


def test_children_follow_their_parents(shop):
    real = {"users": 10, "products": 4, "orders": 30, "order_items": 60}
    made = made_rows(shop.plan, real, {"users": 100}, 0.5)
    assert made == {"users": 100, "products": 2, "orders": 300, "order_items": 600}
    assert made_rows(shop.plan, real, {"orders": 15}, 1.0)["order_items"] == 30
    assert made_rows(shop.plan, real, {}, 1.0) == real
    assert made_rows(shop.plan, dict.fromkeys(real, 0), {}, 1.0) == dict.fromkeys(real, 0)


def test_expected_rows_are_near_those_that_come(shop):
    data = make_shop(300).tables()
    real = {name: len(frame) for name, frame in data.items()}
    cell = compile_cell(CELL)
    orchestrator = StagedOrchestrator(
        cell.metadata, model_cls=ResamplingModel, privacy=cell.privacy
    )
    orchestrator.fit_all(data, epochs=1, seed=1, progress_bar=False)
    wanted = {"users": 3000, "products": 7}
    expected = made_rows(shop.plan, real, wanted, 1.0)
    for name, frame in orchestrator.generate(wanted).items():
        # Totals of stratified counts; negbinom is fitted by its moments.
        assert len(frame) == pytest.approx(expected[name], rel=0.05)


# Memory


def test_networks_need_their_library_unless_it_is_loaded(shop, monkeypatch):
    monkeypatch.setattr(module, "sys", SimpleNamespace(modules={}))
    new, trees = told(shop, model="argn"), told(shop)
    assert new.memory > 500 * MIB > trees.memory
    assert trees.loading == Span()
    monkeypatch.setattr(module, "sys", SimpleNamespace(modules={"torch": None}))
    again = told(shop, model="argn")
    assert again.memory < 300 * MIB
    assert again.fit.likely < new.fit.likely - 1


def test_large_tables_need_more_than_the_cells_that_they_hold(shop):
    million = dict.fromkeys(rows_of(shop), 1_000_000)
    assert told(shop, million).memory > 1_000 * MIB
    assert told(shop, rows_of(shop), made=million).memory > 1_000 * MIB


def test_a_warning_only_where_memory_is_short():
    assert memory_warning(Costs((), Span(), 700 * MIB, 1000 * MIB)) is None
    assert memory_warning(Costs((), Span(), 700 * MIB, None)) is None
    text = memory_warning(Costs((), Span(), 900 * MIB, 1000 * MIB))
    assert "memory about 900 MiB of 1.0 GiB free" in text


def test_a_fit_that_may_not_have_room_says_so_and_goes_on(monkeypatch):
    metadata = Metadata()
    metadata.add_table("t", pk="id")
    data = {"t": pd.DataFrame({"id": range(30), "x": np.arange(30) % 4})}
    for free, notices in ((1 * MIB, 1), (10**12, 0), (None, 0)):
        monkeypatch.setattr(module, "free_memory", lambda free=free: free)
        seen = Recorder()
        orchestrator = StagedOrchestrator(metadata, model_cls=ResamplingModel)
        orchestrator.fit_all(data, epochs=1, seed=1, progress_bar=False, on_event=seen)
        found = [e for e in seen.of(ev.Notice) if "memory" in e.message]
        assert len(found) == notices
        assert orchestrator.finished == ("t",)


def test_a_container_has_less_than_its_machine(tmp_path):
    whole = free_memory(tmp_path / "none")
    assert whole > 0
    (tmp_path / "memory.max").write_text("5000\n")
    (tmp_path / "memory.current").write_text("2000\n")
    assert free_memory(tmp_path) == 3000
    (tmp_path / "memory.current").write_text("6000\n")
    assert free_memory(tmp_path) == 0
    (tmp_path / "memory.max").write_text("max\n")
    assert free_memory(tmp_path) > 10 * MIB
    old = tmp_path / "old" / "memory"
    old.mkdir(parents=True)
    (old / "memory.limit_in_bytes").write_text("900")
    (old / "memory.usage_in_bytes").write_text("100")
    assert free_memory(tmp_path / "old") == 800


# What explain shows


def test_the_explanation_tells_costs_settings_and_what_is_hidden(shop):
    rows = rows_of(shop)
    settings = (Setting("epochs", 30, "this line"), Setting("seed", None, "built in"))
    costs = told(shop, rows, model="ctgan", made={**rows, "users": 1000, "orders": 2000})
    explanation = Explanation(
        shop.plan, rows, costs, settings, {"users": ("email (fake)", "ssn (mask)")}
    )
    text = str(explanation)
    assert text.splitlines()[1].startswith("  fit about ")
    assert "GiB free" in text or "MiB free" in text
    assert "epochs 30 (this line), seed drawn anew (built in)" in text
    assert "users (root, 60 real, 1,000 synthetic)" in text
    assert "about 2,000 synthetic" in text
    assert "personal  email (fake), ssn (mask): never learnt" in text
    assert "cost      CTGAN, fit about" in text
    html = explanation._repr_mimebundle_()["text/html"]
    for part in ("email (fake), ssn (mask)", "1,000 synthetic", "CTGAN, fit about", "built in"):
        assert part in html
    assert "fit" not in str(Explanation(shop.plan, rows)).splitlines()[1]


# The benchmark


def test_the_benchmark_puts_what_was_told_beside_what_came():
    case = Case("tiny", partial(flat, 300, 2, 2), "tree")
    run = {"name": case.name, "model": case.model, "epochs": 1, **measure(case, Path())}
    assert run["rows"] == 300
    about = {"machine": {"processor": "p", "cores": 1}, "commit": "c"}
    about |= {key: {"load": 0, "date": "2026-11-22T15:00"} for key in ("begun", "ended")}
    text = page([run], about)
    assert "| tiny | tree | 1 | 300 |" in text
    assert "Within a factor of 2: fit " in text
