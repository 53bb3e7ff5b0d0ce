"""Runs that were stopped or have failed: what they leave, and how they go on."""

import json
import os
import signal
import stat
import time

import pandas as pd
import pytest
from IPython.utils.capture import capture_output

from synthohive_jupyter import events as ev
from synthohive_jupyter.engine.marks import content_digest
from synthohive_jupyter.engine.orchestrator import StagedOrchestrator
from synthohive_jupyter.errors import ResumeError, RunInterrupted, TrainingError
from synthohive_jupyter.events import CancelToken
from synthohive_jupyter.models import registry
from synthohive_jupyter.notebook.runs.store import MOST_RUNS, MOST_SECONDS, RunStore, store_at
from synthohive_jupyter.progress.sinks import Recorder
from synthohive_jupyter.schema.metadata import Metadata
from tests.fakes import ResamplingModel
from tests.shells import loaded_shell, new_shell
from tests.shop import make_shop

CELL = """\
users: id pk, region cat, age int[18..110]
products: id pk, price float
orders: id pk, user_id -> users.id, total float
order_items: id pk, order_id -> orders.id, quantity int
"""
SHOP = make_shop(40)
COLUMNS = {
    "users": ["id", "region", "age"],
    "products": ["id", "price"],
    "orders": ["id", "user_id", "total"],
    "order_items": ["id", "order_id", "quantity"],
}
FRAMES = {name: getattr(SHOP, name)[columns] for name, columns in COLUMNS.items()}
TABLES = tuple(COLUMNS)


class Model(ResamplingModel):
    """Does something at a certain epoch of a certain table."""

    table_at, epoch_at, action = "", 0, None

    def fit(self, data, context=None, *, on_event=None, **options):
        def emit(event):
            on_event(event)
            here = isinstance(event, ev.EpochEnded) and event.table == self.table_at
            if here and event.epoch == self.epoch_at:
                type(self).action()

        return super().fit(data, context, on_event=emit, **options)


def press():
    signal.raise_signal(signal.SIGINT)


@pytest.fixture
def at(monkeypatch):
    """Let the model do something when it is at an epoch of a table; ``None``: nothing any more."""

    def arrange(table, epoch, action=press):
        monkeypatch.setattr(Model, "table_at", table)
        monkeypatch.setattr(Model, "epoch_at", epoch)
        monkeypatch.setattr(Model, "action", staticmethod(action))

    return arrange


@pytest.fixture
def shell(monkeypatch, tmp_path):
    monkeypatch.setattr(registry, "model_class", lambda _name: Model)
    monkeypatch.setenv("SYNTHOHIVE_DISPLAY", "none")
    monkeypatch.setenv("SYNTHOHIVE_CHECKPOINTS", str(tmp_path / "kept"))
    with loaded_shell(**FRAMES) as ip:
        yield ip


def run(shell, line, cell=CELL):
    """Run a cell; return what it has printed and its outcome."""
    source = f"%synthohive {line}" if cell is None else f"%%synthohive {line}\n{cell}"
    with capture_output(display=False) as captured:
        outcome = shell.run_cell(source)
    return captured.stdout, outcome


def folders(tmp_path):
    return sorted((tmp_path / "kept").glob("run-*"))


def told(result):
    return {(e.table, e.message) for e in result.run.events if isinstance(e, ev.Notice)}


def epochs(result, table):
    return [e.epoch for e in result.run.events if isinstance(e, ev.EpochEnded) and e.table == table]


def same(left, right):
    assert list(left) == list(right)
    for table in left:
        pd.testing.assert_frame_equal(left[table], right[table])


# In a notebook


def test_a_stopped_cell_goes_on_with_resume_to_the_same_rows(shell, at, tmp_path):
    at("orders", 12)
    run(shell, "fit --epochs 20 -o shop")
    stopped = shell.user_ns["shop"]
    assert (stopped.run.status, stopped.run.error) == ("stopped", None)
    assert set(stopped) == {"products", "users"}
    assert len(folders(tmp_path)) == 1
    at("", 0)
    # As after a restart of the kernel: nothing but the files is left, and no seed is given.
    shell = new_shell(**FRAMES)
    _, outcome = run(shell, "fit --epochs 20 -o shop --resume")
    resumed = outcome.result
    assert resumed.run.status == "finished"
    assert resumed.report.seed == stopped.report.seed
    assert any(table == "users" and "unchanged since" in text for table, text in told(resumed))
    assert ("orders", "goes on from its last checkpoint") in told(resumed)
    _, outcome = run(shell, f"fit --epochs 20 --seed {resumed.report.seed} -o whole")
    same(outcome.result, resumed)
    assert not folders(tmp_path), "a run that has succeeded leaves nothing"


def test_a_result_resumes_itself(shell, at):
    at("order_items", 3)
    run(shell, "fit --epochs 5 -o shop")
    at("", 0)
    again = shell.user_ns["shop"].run.resume()
    assert shell.user_ns["shop"] is again
    assert again.run.finished == ("products", "users", "orders", "order_items")
    with pytest.raises(ResumeError, match="nothing to resume: every table is fitted"):
        again.run.resume()


def test_changed_data_is_named_and_trained_again(shell, at):
    at("order_items", 2)
    run(shell, "fit --epochs 4 -o shop")
    at("", 0)
    changed = FRAMES["orders"].copy()
    changed.loc[0, "total"] += 1
    shell.user_ns["orders"] = changed
    _, outcome = run(shell, "fit --epochs 4 -o shop --resume")
    again = {
        table: text for table, text in told(outcome.result) if text.startswith("trained again")
    }
    assert again == {
        "orders": "trained again: its data has changed",
        "order_items": "trained again: the data of 'orders' has changed",
    }
    assert epochs(outcome.result, "orders") == [1, 2, 3, 4]


def test_a_changed_schema_is_named(shell, at):
    at("order_items", 2)
    run(shell, "fit --epochs 4 -o shop")
    at("", 0)
    _, outcome = run(shell, "fit --epochs 4 -o shop --resume", CELL.replace("18..110", "16..110"))
    again = {
        table: text for table, text in told(outcome.result) if text.startswith("trained again")
    }
    assert again["users"] == "trained again: its description has changed"
    assert again["orders"] == "trained again: the description of 'users' has changed"
    assert "products" not in again


def test_changed_options_are_named(shell, at):
    at("orders", 2)
    run(shell, "fit --epochs 4 --seed 5 -o shop")
    at("", 0)
    _, outcome = run(shell, "fit --epochs 6 --seed 6 -o shop --resume")
    text = "trained again: the number of epochs and the seed have changed"
    assert ("users", text) in told(outcome.result)


def test_nothing_to_resume_is_said(shell):
    shown, _ = run(shell, "fit --resume -o shop")
    assert "ResumeError: there is nothing to resume: no stopped or failed run of users" in shown
    assert "Traceback" not in shown
    assert "shop" not in shell.user_ns


def test_checkpoints_can_be_off(shell, at, tmp_path, monkeypatch):
    monkeypatch.setenv("SYNTHOHIVE_CHECKPOINTS", "off")
    at("orders", 2)
    run(shell, "fit --epochs 4 -o shop")
    assert shell.user_ns["shop"].run.status == "stopped"
    assert not folders(tmp_path)
    shown, _ = run(shell, "fit --resume -o shop")
    assert "nothing is kept for --resume: checkpoints are off" in shown


def test_a_cache_that_cannot_be_written_keeps_nobody_from_training(shell, tmp_path):
    (tmp_path / "kept").write_text("a file where a folder should be")
    _, outcome = run(shell, "fit --epochs 2 -o shop")
    assert outcome.result.run.status == "finished"


def test_a_stop_before_the_first_table_can_be_resumed(shell, at, tmp_path):
    at("products", 11)
    shown, _ = run(shell, "fit --epochs 15 -o shop")
    assert "RunInterrupted: stopped before the first table was finished" in shown
    assert len(folders(tmp_path)) == 1
    at("", 0)
    _, outcome = run(shell, "fit --epochs 15 -o shop --resume")
    assert outcome.result.run.status == "finished"
    assert epochs(outcome.result, "products")[-1] == 15


def test_a_failed_run_is_bound_with_what_is_finished(shell, at):
    def fail():
        raise MemoryError("cannot hold the cell 'secret'")

    at("orders", 3, fail)
    shown, outcome = run(shell, "fit --epochs 4 -o shop")
    assert isinstance(outcome.error_in_exec, TrainingError)
    assert isinstance(outcome.error_in_exec.__cause__, MemoryError)
    assert shown.startswith("TrainingError: training of table 'orders' failed: there is not enough")
    assert "what to try:\n  - a smaller --batch-size" in shown
    assert "secret" not in shown
    assert "Traceback" not in shown
    shop = shell.user_ns["shop"]
    assert (shop.run.status, shop.run.finished) == ("failed", ("products", "users"))
    assert str(shop.run.error) == str(outcome.error_in_exec)
    assert shop.run.error.__traceback__ is None, "no frame with data is kept"
    assert len(shop.users) == len(SHOP.users)
    _, outcome = run(shell, "generate shop --rows users=7 -o few", None)
    assert outcome.success, "the error is that of the fit alone"
    assert len(shell.user_ns["few"].users) == 7
    at("", 0)
    assert shop.run.resume().run.status == "finished"


def test_debug_shows_what_others_have_said(shell, at):
    def fail():
        raise ZeroDivisionError("in their library")

    at("users", 1, fail)
    shown, _ = run(shell, "fit --epochs 2 --debug")
    assert "in their library" in shown
    assert "an error of another library (ZeroDivisionError)" in shown


def test_a_failure_before_the_first_table_is_told(shell, at):
    at("products", 1, lambda: 1 / 0)
    shown, _ = run(shell, "fit --epochs 2 -o shop")
    assert shown.startswith("TrainingError: training of table 'products' failed")
    assert "shop" not in shell.user_ns


def test_a_stop_while_rows_are_made_keeps_the_models(shell, at, monkeypatch):
    sample = Model.sample

    def stopping(self, *arguments, **options):
        if self.table == "orders":
            press()
        return sample(self, *arguments, **options)

    monkeypatch.setattr(Model, "sample", stopping)
    _, outcome = run(shell, "fit --epochs 2 -o shop")
    assert list(outcome.result) == []
    assert outcome.result.run.status == "finished"
    assert "kept: the models of" in str(outcome.result)
    monkeypatch.setattr(Model, "sample", sample)
    _, outcome = run(shell, "generate shop -o more", None)
    assert set(outcome.result) == set(TABLES)


def test_a_failed_generation_keeps_the_models(shell, monkeypatch):
    def failing(self, *arguments, **options):
        raise MemoryError

    monkeypatch.setattr(Model, "sample", failing)
    shown, _ = run(shell, "fit --epochs 2 -o shop")
    assert "generation of table 'products' failed: there is not enough memory" in shown
    assert set(shell.user_ns["shop"].run.finished) == set(TABLES)


def test_a_stop_while_the_data_is_counted_trains_nothing(shell, monkeypatch):
    from synthohive_jupyter.notebook.verbs import fit as verb

    def counting(*_):
        press()
        time.sleep(30)

    monkeypatch.setattr(verb, "facts_of", counting)
    before = signal.getsignal(signal.SIGINT)
    started = time.monotonic()
    shown, _ = run(shell, "fit -o shop")
    assert time.monotonic() - started < 5
    assert shown.strip() == "RunInterrupted: stopped; nothing has been trained"
    assert signal.getsignal(signal.SIGINT) is before


def test_nothing_is_written_of_a_run_that_was_stopped(shell, at, monkeypatch):
    from synthohive_jupyter.notebook.data import Engine
    from synthohive_jupyter.notebook.verbs import running

    monkeypatch.setattr(Engine, "open", lambda _self: None)
    monkeypatch.setattr(running, "write_tables", lambda *_, **__: pytest.fail("written"))
    at("orders", 2)
    _, outcome = run(shell, "fit --epochs 4 --write parquet:somewhere")
    notices = [notice.message for notice in outcome.result.run.state.notices]
    assert "stopped: not every table was written to 'somewhere'" in notices


def test_a_large_run_that_was_stopped_makes_no_rows(shell, at, monkeypatch):
    from synthohive_jupyter.notebook.verbs import running

    monkeypatch.setattr(running, "MOST_ROWS_AFTER_A_STOP", 50)
    at("orders", 2)
    _, outcome = run(shell, "fit --epochs 4 -o shop")
    assert list(outcome.result) == []
    notices = [notice.message for notice in outcome.result.run.state.notices]
    assert "no rows were made after the stop: %synthohive generate shop makes them" in notices
    _, outcome = run(shell, "generate shop -o rows", None)
    assert set(outcome.result) == {"users", "products"}


def test_a_stop_is_heard_between_two_writes(shell, monkeypatch):
    from synthohive_jupyter.notebook.data import Engine
    from synthohive_jupyter.notebook.verbs import running

    written = []

    def write(_engine, tables, *_, emit):
        for name in tables:
            emit(ev.PhaseStarted(name, "write"))
            written.append(name)
            press()
        return {}

    monkeypatch.setattr(Engine, "open", lambda _self: None)
    monkeypatch.setattr(running, "write_tables", write)
    _, outcome = run(shell, "fit --epochs 2 --write parquet:somewhere")
    assert len(written) == 1
    assert set(outcome.result) == set(TABLES)


# The store


def test_folders_are_private_and_named_after_nothing(tmp_path):
    run_ = RunStore(tmp_path / "runs").begin("cell", ["../users", "Kund_innen"], 3)
    for folder in (run_.folder, run_.folder.parent):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert "users" not in str(run_.folder.relative_to(tmp_path))


def test_the_most_like_run_is_found(tmp_path):
    store = RunStore(tmp_path)
    one = store.begin("one", ["a", "b"], 1)
    two = store.begin("two", ["a", "b", "c"], 2)
    assert store.find("one", ["a", "b", "c"]) == one, "the same cell wins"
    assert store.find("three", ["c"]) == two
    assert store.find("three", ["d"]) is None
    assert store.begin("one", ["a"], 4).seed == 4
    assert not one.folder.exists(), "a cell that starts anew forgets its last run"


def test_old_and_many_runs_are_pruned(tmp_path):
    store = RunStore(tmp_path)
    runs = [store.begin(f"cell {number}", ["a"], number) for number in range(MOST_RUNS + 3)]
    assert [run_.folder.exists() for run_ in runs].count(True) == MOST_RUNS
    assert runs[-1].folder.exists()
    record = json.loads((runs[-1].folder / "run.json").read_text())
    record["started"] -= MOST_SECONDS + 1
    (runs[-1].folder / "run.json").write_text(json.dumps(record))
    store.begin("next", ["a"], 1)
    assert not runs[-1].folder.exists()


def test_a_run_of_another_kernel_that_is_alive_is_left_alone(tmp_path):
    import psutil

    store = RunStore(tmp_path)
    kept = store.begin("cell", ["a"], 1)
    parent = psutil.Process(os.getppid())
    record = json.loads((kept.folder / "run.json").read_text())
    for owner, free in (
        ([parent.pid, parent.create_time()], False),
        ([parent.pid, parent.create_time() - 1000], True),
    ):
        (kept.folder / "run.json").write_text(json.dumps({**record, "owner": owner}))
        assert (store.find("cell", ["a"]) is not None) is free
    (kept.folder / "run.json").write_text(
        json.dumps({**record, "owner": [parent.pid, parent.create_time()]})
    )
    store.begin("cell", ["a"], 1)
    assert kept.folder.exists()


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"version": 99}', '{"version": 1, "owner": 3}'])
def test_damaged_records_are_passed_over(tmp_path, text):
    kept = RunStore(tmp_path).begin("cell", ["a"], 1)
    (kept.folder / "run.json").write_text(text)
    assert RunStore(tmp_path).find("cell", ["a"]) is None


def test_where_runs_are_kept(monkeypatch, tmp_path):
    monkeypatch.delenv("SYNTHOHIVE_CHECKPOINTS")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    run_ = store_at("auto").begin("cell", ["a"], 1)
    assert run_.folder.parent.name == "runs"
    assert "synthohive_jupyter" in str(run_.folder)
    run_.remove()
    monkeypatch.setenv("SYNTHOHIVE_CHECKPOINTS", "off")
    assert store_at("auto") is None
    assert (
        store_at(str(tmp_path / "mine")).begin("cell", ["a"], 1).folder.parent == tmp_path / "mine"
    )


# The engine


def two_tables():
    metadata = Metadata()
    metadata.add_table("users", pk="id")
    metadata.add_table("orders", pk="id", fk={"user_id": "users.id"})
    data = {"users": SHOP.users[["id", "region", "age"]], "orders": SHOP.orders}
    return metadata, data


def fit(place, data=None, *, on_event=None, cancel=None, **options):
    metadata, frames = two_tables()
    orchestrator = StagedOrchestrator(metadata, model_cls=ResamplingModel)
    return orchestrator.fit_all(
        data or frames, 4, progress_bar=False, seed=1, checkpoint_dir=place, checkpoint_interval=1,
        on_event=on_event, cancel=cancel, **options,
    )  # fmt: skip


def test_a_stop_that_breaks_off_keeps_the_finished_tables(monkeypatch, tmp_path):
    from synthohive_jupyter.engine import fitting

    token, seen = CancelToken(), Recorder()

    def counting(*_, **__):
        token.interrupt()

    monkeypatch.setattr(fitting.LinkageModel, "fit_counts", counting)
    orchestrator = fit(tmp_path, cancel=token, on_event=seen)
    assert orchestrator.finished == ("users",)
    assert isinstance(seen.events[-1], ev.RunStopped)


def test_a_generation_can_be_broken_off(tmp_path, monkeypatch):
    orchestrator, token = fit(tmp_path), CancelToken()
    monkeypatch.setattr(ResamplingModel, "sample", lambda *_, **__: token.interrupt())
    with pytest.raises(RunInterrupted, match="while table 'users' was generated"):
        orchestrator.generate(5, cancel=token)


@pytest.mark.parametrize("name", ["keys.json", "model/config.json"])
def test_a_damaged_table_is_trained_again(tmp_path, name):
    fit(tmp_path)
    (damaged,) = (tmp_path / "tables").glob(f"orders-*/{name}")
    damaged.write_text("{")
    seen = Recorder()
    orchestrator = fit(tmp_path, resume=True, on_event=seen)
    assert orchestrator.finished == ("users", "orders")
    assert {n.table for n in seen.of(ev.Notice) if "damaged" in n.message} == {"orders"}


def test_halves_of_surrogate_pairs_are_kept_and_told_apart(tmp_path):
    odd, other = (
        pd.DataFrame({"id": range(40), "v": [text, "b"] * 20}) for text in ("\ud800", "\ud801")
    )
    assert content_digest(odd) == content_digest(odd.copy())
    assert content_digest(odd) != content_digest(other)
    assert content_digest(odd) != content_digest(odd.rename(columns={"v": "\ud800"}))
    description = Metadata()
    description.add_table("t", pk="id")
    run = StagedOrchestrator(description, model_cls="tree")
    run.fit_all({"t": odd}, progress_bar=False, seed=1, checkpoint_dir=tmp_path / "run")
    again = StagedOrchestrator(description, model_cls="tree")
    recorder = Recorder()
    again.fit_all(
        {"t": odd},
        progress_bar=False,
        seed=1,
        checkpoint_dir=tmp_path / "run",
        resume=True,
        on_event=recorder,
    )
    assert any(isinstance(e, ev.TableStarted) and e.reused for e in recorder.events)
    pd.testing.assert_frame_equal(run.generate({"t": 20})["t"], again.generate({"t": 20})["t"])


def test_digests_tell_content_order_and_types_apart():
    frame = pd.DataFrame({"a": [1, 2], "b": ["x", None]})
    others = [
        frame[::-1].reset_index(drop=True),
        frame.astype({"a": "float64"}),
        frame.rename(columns={"a": "c"}),
        frame.assign(b=["x", "y"]),
        frame[["b", "a"]],
    ]
    digests = {content_digest(f) for f in [frame, frame.copy(), *others]}
    assert len(digests) == 1 + len(others)
    lists = pd.DataFrame({"a": [[1], [2]]})
    assert content_digest(lists) == content_digest(lists.copy())
