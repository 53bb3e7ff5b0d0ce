"""The harness of `benchmarks/` on tiny tables; its measures are tested where they are at home."""

import doctest
import json
import subprocess
import sys
from subprocess import PIPE

import numpy as np
import pandas as pd
import pytest

from benchmarks import contest as contest_module
from benchmarks import job as job_module
from benchmarks import models, store, wide
from benchmarks.cart import CartChain
from benchmarks.contenders import Entry
from benchmarks.contest import Contest
from benchmarks.data import FlatSet
from benchmarks.job import BULK, EpochClock, Epochs, Job, measure
from benchmarks.judge import predicts_numbers, train_on_synthetic
from benchmarks.meters import stopwatch
from benchmarks.models import main, page
from benchmarks.plain import PlainForm
from benchmarks.results import Row, markdown, memory_table
from benchmarks.store import Shelf

SHUFFLE = Entry("independent", "a fake of ours", sources=("seeding.py",))
UNHEARD = Entry("unheard", "one that the worker does not know")
SILENT = Entry("silent", "one that answers nothing", module="__init__")
ABSENT = Entry("peer-nobody", "a peer", module="peers", package="nobody-has-this")


def pairs(rows=240, seed=0, target="b"):
    """Two columns that are nearly the same number, and a label."""
    rng = np.random.default_rng(seed)

    def part():
        a = rng.integers(0, 50, rows)
        return pd.DataFrame({"a": a, "b": a * 2.0 + rng.normal(size=rows), "c": a > 20})

    return FlatSet("pairs", part(), part(), target, about="Made here.")


@pytest.fixture(scope="module")
def ran(tmp_path_factory):
    """A contest of a fake, two broken ones and one that is not installed."""
    folder = tmp_path_factory.mktemp("pairs")
    contest = Contest(pairs(), Shelf(folder), range(1), memory_rows=(500, 1000))
    return contest, contest.rows([SHUFFLE, UNHEARD, SILENT, ABSENT])


def test_contest_measures_and_judges(ran):
    contest, rows = ran
    assert [row.name for row in rows] == ["floor", "independent"]
    floor, fake = (row.median() for row in rows)
    assert floor["c2st_holdout"] is None
    assert "fit_cpu" not in floor
    assert fake["shapes"] == 1.0
    assert fake["tstr"] < 0.2
    assert floor["tstr"] > 0.9
    assert fake["fit_wall"] > 0
    assert fake["rows_per_s"] > 0
    assert fake["peak_mib"] > 20
    run = rows[1].seeds[0]["run"]
    assert run["bulk"]["rows"] == BULK * len(contest.data.train)
    assert [draw["rows"] for draw in run["memory"]] == [500, 1000]
    assert json.loads(json.dumps(rows[1].record()))["range"]["c2st_train"][0] > 0.5


def test_contest_goes_on_after_failures_and_says_so(ran):
    contest, _ = ran
    log = contest.shelf.folder / "unheard-0.log"
    assert contest.failed[0] == (
        f"unheard, seed 0: ValueError: no contender is called 'unheard' (see {log})"
    )
    assert contest.failed[1].startswith("silent, seed 0: no output")
    assert "Traceback" in log.read_text()
    assert not list(contest.shelf.folder.glob("*.job*"))
    assert contest.left_out == ["peer-nobody is left out; `make bench-peers` installs it"]


def test_contest_keeps_what_is_done(ran, monkeypatch):
    contest, rows = ran

    def never(*_, **__):
        raise AssertionError("is done already")

    monkeypatch.setattr(contest_module, "carry_out", never)
    monkeypatch.setattr(contest_module, "judge", never)
    again = Contest(contest.data, contest.shelf, range(1), memory_rows=contest.memory_rows)
    assert again.rows([SHUFFLE])[1].record() == rows[1].record()
    for other in (
        Contest(pairs(seed=1), contest.shelf, range(1)),
        Contest(contest.data, Shelf(contest.shelf.folder, fresh=True), range(1)),
    ):
        with pytest.raises(AssertionError, match="done already"):
            other.rows([SHUFFLE])


def test_peers_run_with_fewer_seeds(ran, monkeypatch):
    contest, rows = ran
    once = rows[1].seeds[0]
    asked = []
    monkeypatch.setattr(
        Contest, "_meet", lambda _, entry, seed: asked.append((entry, seed)) or once
    )
    monkeypatch.setattr(Contest, "_figures", lambda *_, **__: once["figures"])
    monkeypatch.setattr(Entry, "available", True)
    monkeypatch.setattr(Entry, "versions", lambda _: {})
    again = Contest(contest.data, contest.shelf, range(2), peer_seeds=1)
    again.rows([SHUFFLE, ABSENT])
    assert asked == [(SHUFFLE, 0), (ABSENT, 0), (SHUFFLE, 1)]


def test_page_has_the_table_and_what_is_missing(ran):
    contest, rows = ran
    computer = {"processor": "P", "cores": 2, "instructions": []}
    now = {"date": "2026-01-01T00:00:00", "load": 0.5}
    text = page(contest, rows, {"machine": computer, "begun": now, "ended": now, "commit": "c"})
    lines = text.splitlines()
    assert "| floor: real holdout |" in text
    assert len({line.count("|") for line in lines[4:8]}) == 1
    assert "TSTR R²" in text
    assert "P, 2 cores, no AVX-512" in text
    assert lines[-2].startswith("- unheard, seed 0")


def test_tables_show_medians_and_growth():
    def seed(area, peak):
        figures = {"shapes": 0.9, "pairs": 1.0, "c2st_train": area, "c2st_holdout": None}
        figures |= {"tstr": -0.5, "dcr": None, "copies": 0.0123}
        once = {"rows": 10, "cpu": 2.0, "wall": 4.0}
        memory = [{"rows": n, "peak_mib": peak + n, "table_mib": n / 2} for n in (1, 3)]
        epochs = {"count": 3, "cpu": None}
        run = {
            "imports": {"cpu": 1.5},
            "fit": once,
            "sample": once,
            "bulk": once,
            "epochs": epochs,
            "memory": memory,
        }
        return {"seed": 0, "run": {**run, "peak_mib": {"sample": peak}}, "figures": figures}

    row = Row("x", "X", [seed(0.5, 100), seed(0.7, 300), seed(0.9, 200)])
    assert row.ranges() == {"c2st_train": [0.5, 0.9]}
    cells = markdown([row], score="AUC").splitlines()[2].split(" | ")
    assert cells == ["| X", ".9000", "1.0000", ".7000", "–", "-.5000", "–", "1.23", "1.5", "2.0", "4.0",
                     "3", "–", "2", "5", "200 |"]  # fmt: skip
    last = memory_table([Row("x", "X", [seed(0.5, 100)])]).splitlines()[-1]
    assert last == "| X | 3 | 103 | 2 | 1,048,576 | 524,288 |"


class Fake:
    """A contender that notes what it is asked for."""

    def __init__(self):
        self.epochs, self.calls = Epochs(2, 0.5), []

    def fit(self, frame, *, seed):
        self.calls.append(("fit", len(frame), seed))

    def sample(self, rows, *, seed):
        self.calls.append(("sample", rows, seed))
        return pd.DataFrame({"b": np.zeros(rows), "a": np.arange(rows)})


def test_measure_asks_for_every_sample_once(tmp_path):
    table, sample = tmp_path / "t.parquet", tmp_path / "s.parquet"
    pd.DataFrame({"a": range(7), "b": 0.0}).to_parquet(table)
    job = Job("fake", {}, str(table), str(sample), seed=3, memory_rows=(50,))
    job.write(tmp_path / "job.json")
    fake = Fake()
    answer = measure(Job.read(tmp_path / "job.json"), fake)
    sizes = [7, BULK * 7, 50]
    assert fake.calls == [("fit", 7, 3), *(("sample", n, 3) for n in sizes)]
    assert answer["epochs"] == {"count": 2, "cpu": 0.5}
    assert list(pd.read_parquet(sample).columns) == ["a", "b"]


def test_epoch_clock_leaves_out_what_is_done_once(monkeypatch):
    clock = EpochClock()
    for seconds in (100.0, 102.0, 104.0, 106.0):
        monkeypatch.setattr(job_module, "cpu_seconds", lambda now=seconds: now)
        clock.step()
    assert clock.epochs(2) == Epochs(2, 4.0)
    assert EpochClock().epochs(1) == Epochs(1, None)


def test_stopwatch_counts_children():
    code = "import time\nwhile time.process_time() < .3: pass"
    with stopwatch() as ended:
        subprocess.run([sys.executable, "-c", code], check=True)
    assert ended.cpu >= 0.29
    code += "\nprint(flush=True); input()"
    with subprocess.Popen([sys.executable, "-c", code], stdin=PIPE, stdout=PIPE) as child:
        with stopwatch() as living:
            child.stdout.readline()
        child.communicate(b"\n")
    assert 0.2 <= living.cpu < 5


def test_plain_form_loses_nothing():
    frame = wide.wide_table(300, seed=5)
    form = PlainForm(frame)
    plain = form.prepare(frame)
    assert not plain.isna().any(axis=None)
    assert sorted(plain.columns) == sorted([*form.numbers, *form.names])
    back = form.restore(plain.sample(frac=1, random_state=0).sort_index())
    pd.testing.assert_frame_equal(back, frame, check_exact=False, rtol=1e-9)


def test_cart_chain_draws_real_values_that_belong_together():
    frame = pairs(rows=600).train
    chain = CartChain(leaf=5)
    chain.fit(frame, seed=0)
    drawn = chain.sample(400, seed=1)
    assert set(drawn["b"]) <= set(frame["b"])
    assert list(drawn.dtypes) == list(frame.dtypes)
    assert (drawn["b"] / 2 - drawn["a"]).abs().median() < 1.5
    pd.testing.assert_frame_equal(drawn, chain.sample(400, seed=1))


def test_wide_table_keeps_its_law():
    first, second = (wide.wide_table(4000, seed=seed) for seed in (1, 2))
    assert first.shape == (4000, 60)
    assert (first.dtypes == second.dtypes).all()
    pd.testing.assert_frame_equal(first, wide.wide_table(4000, seed=1))
    assert first.isna().any().sum() == 15
    assert not (first["ordered"] < first["joined"]).any()
    whole = first.dropna(subset=["count_2", "count_3", "count_total"])
    assert (whole["count_total"] == whole["count_2"] + whole["count_3"]).all()
    means = [part.select_dtypes("float").mean() for part in (first, second)]
    spread = first.select_dtypes("float").std() / np.sqrt(2000)
    # Five deviations of the difference of two means of 4,000 rows.
    assert ((means[0] - means[1]).abs() < 5 * spread).all()


@pytest.mark.parametrize(("target", "kind"), [("b", "R²"), ("c", "AUC")])
def test_tstr_fits_the_target(target, kind):
    data = pairs(target=target)
    assert predicts_numbers(data) == (kind == "R²")
    assert train_on_synthetic(data, data.train, seed=0) > 0.95
    shuffled = data.train.assign(
        **{target: data.train[target].sample(frac=1, random_state=0).array}
    )
    nothing = train_on_synthetic(data, shuffled, seed=0)
    assert abs(nothing - (0.0 if kind == "R²" else 0.5)) < 0.45


def test_options_name_what_is_known(capsys):
    with pytest.raises(SystemExit):
        main(["--models", "tree,gpt"])
    assert "gpt; known: tree, argn, ctgan" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "whole"),
    [([], True), (["--models", "tree"], False), (["--rows", "9"], False), (["--seeds", "1"], True)],
)
def test_only_whole_line_ups_are_results(arguments, whole):
    options = models._options(arguments)
    assert models.is_whole(options) == whole
    names = [entry.name for entry in models.line_up(options)]
    assert names[0] == "independent"
    assert "tree" in names


@pytest.mark.parametrize("module", [store, wide])
def test_examples(module):
    result = doctest.testmod(module)
    assert result.attempted
    assert not result.failed
