"""RunState: what displays are told, and that it stays small."""

import json
import math

import pytest

from synthohive_jupyter.events import (
    CheckpointSaved,
    EpochEnded,
    LinkageFitted,
    LinkageSampled,
    Notice,
    PhaseStarted,
    RunFailed,
    RunFinished,
    RunStarted,
    RunStopped,
    TableFitted,
    TableSampled,
    TableStarted,
    TableWritten,
)
from synthohive_jupyter.progress.cursor import Cursor
from synthohive_jupyter.progress.curves import Curve
from synthohive_jupyter.progress.linkage import total_variation
from synthohive_jupyter.progress.state import RunState


def shop_events(epochs=4):
    """A whole run of two tables."""
    yield RunStarted(
        tables=("users", "orders"), seed=7, epochs=epochs, model="ctgan", engine="pandas"
    )
    for table, parent in (("users", None), ("orders", "users")):
        yield TableStarted(table, rows=100, columns=3, parent=parent)
        if parent:
            yield PhaseStarted(table, "link")
            yield LinkageFitted(table, parent, "user_id", "empirical", (50, 30, 20), 0.7, 0.61)
        yield PhaseStarted(table, "train")
        for epoch in range(1, epochs + 1):
            metric = 1 / epoch if epoch % 2 == 0 else None
            yield EpochEnded(
                table, epoch, epochs, {"critic": 1 / epoch, "generator": -0.5}, metric,
                best=metric is not None, seconds=0.5, rows_per_second=200.0,
            )  # fmt: skip
        yield CheckpointSaved(table, "best_checkpoint", epochs)
        yield TableFitted(table, seconds=2.5, epochs=epochs, best_epoch=epochs)
    for table in ("users", "orders"):
        yield PhaseStarted(table, "sample")
        if table == "orders":
            yield LinkageSampled(table, "users", "user_id", (52, 28, 20), 0.68, 0.6)
        yield TableSampled(table, rows=110, seconds=0.1)
        yield TableWritten(table, rows=110, format="parquet", place="out/x")
    yield RunFinished(seconds=6.0)


def merge(record, change):
    """What the page does with an increment (panel/page/state.mjs has the same rule)."""
    tables = record.setdefault("tables", {})
    for name, table in change["tables"].items():
        known = tables.get(name, {})
        curves = known.get("curves", {})
        for label, curve in table["curves"].items():
            old = curves.get(label, {}).get("points", [])
            curve["points"] = old[: curve["from"]] + curve["points"]
            curve["from"] = 0
        tables[name] = {**known, **table}
    assert record.get("version", -1) == change["since"]
    record.update({k: v for k, v in change.items() if k not in {"tables", "since"}}, since=-1)
    return record


def test_a_whole_run_ends_with_every_table_done():
    state = RunState.from_events(shop_events())
    assert state.status == "finished"
    assert state.ended
    assert state.seconds == 6.0
    users, orders = state.tables["users"], state.tables["orders"]
    assert (users.status, users.epoch, users.best_epoch, users.sampled) == ("done", 4, 4, 110)
    assert users.seconds == 2.5
    assert orders.parent == "users"
    assert orders.written == "parquet"
    assert [p[0] for p in orders.curves["metric"].points] == [2, 4]


def test_linkage_statistics_and_distance():
    orders = RunState.from_events(shop_events()).snapshot()["tables"]["orders"]
    (linkage,) = orders["linkages"]
    assert linkage["real"] == [0.5, 0.3, 0.2]
    assert linkage["real_stats"] == {
        "parents": 100,
        "mean": 0.7,
        "variance": 0.61,
        "childless": 0.5,
    }
    assert linkage["synthetic_stats"]["childless"] == 0.52
    assert linkage["distance"] == pytest.approx(0.02)


def test_total_variation_takes_histograms_of_different_length():
    assert total_variation((1,), (0, 1)) == 1.0
    assert total_variation((), (1,)) is None


@pytest.mark.parametrize("every", [1, 2, 5])
def test_increments_put_together_are_the_snapshot(every):
    state, cursor, page = RunState(), Cursor(), {}
    for number, event in enumerate(shop_events(epochs=40)):
        state.apply(event)
        if number % every == 0:
            page = merge(page, json.loads(json.dumps(state.increment(cursor))))
    page = merge(page, state.increment(cursor))
    assert page == state.snapshot()


def test_increments_survive_a_curve_that_becomes_coarser():
    state, cursor, page = RunState(), Cursor(), {}
    for epoch in range(1, 2001):
        state.apply(EpochEnded("t", epoch, 2000, {"critic": float(epoch)}))
        if epoch % 7 == 0:
            page = merge(page, state.increment(cursor))
    page = merge(page, state.increment(cursor))
    assert page == state.snapshot()


def test_an_increment_holds_only_what_changed():
    state, cursor = RunState(), Cursor()
    for event in shop_events():
        state.apply(event)
    state.increment(cursor)
    state.apply(EpochEnded("users", 5, 5, {"critic": 0.1}))
    change = state.increment(cursor)
    assert list(change["tables"]) == ["users"]
    assert not {"order", "notices"} & set(change)
    assert "linkages" not in change["tables"]["users"]
    assert change["tables"]["users"]["curves"]["critic"] == {
        "from": 4,
        "points": [[5, 0.1]],
        "last": 0.1,
    }
    assert state.increment(cursor)["tables"] == {}


def test_hundred_tables_of_ten_thousand_epochs_stay_light():
    names = tuple(f"t{i}" for i in range(100))
    state = RunState()
    state.apply(RunStarted(names, seed=1, epochs=10_000, model="ctgan"))
    for name in names[:3]:
        for epoch in range(1, 10_001):
            state.apply(
                EpochEnded(name, epoch, 10_000, {"critic": epoch / 3, "generator": 1 / epoch})
            )
    per_table = len(json.dumps(state.snapshot()["tables"]["t0"]))
    assert per_table * 100 < 1_000_000
    assert all(len(c.points) <= 60 for c in state.tables["t0"].curves.values())
    assert state.tables["t0"].curves["critic"].points[-1][0] > 9_000


def test_a_foreign_key_that_only_points_is_told_apart():
    state = RunState()
    state.apply(LinkageFitted("t", "p", "k", "matching", (1, 2), 0.6, 0.2, driving=False))
    state.apply(LinkageFitted("t", "q", "k", "empirical", (2, 1), 0.3, 0.2))
    linkages = state.snapshot()["tables"]["t"]["linkages"]
    assert [(each["parent"], each["driving"]) for each in linkages] == [("p", False), ("q", True)]


class Clock:
    now = 100.0

    def __call__(self):
        return self.now


def test_the_clock_counts_what_no_event_has_told_yet():
    clock = Clock()
    state = RunState(clock)
    state.apply(RunStarted(("t",), 1, 5, "CTGAN"))
    clock.now += 3
    state.apply(TableStarted("t", rows=10, columns=2))
    clock.now += 2
    record = state.snapshot()
    assert record["seconds"] == 5.0
    assert record["tables"]["t"]["seconds"] == 2.0
    state.apply(TableFitted("t", seconds=1.9))
    state.apply(RunFailed("no"))
    clock.now += 50
    assert state.snapshot()["seconds"] == 5.0
    assert state.snapshot()["tables"]["t"]["seconds"] == 1.9


def started(rows=(100, 300), epochs=10):
    state = RunState()
    state.apply(RunStarted(("a", "b"), 1, epochs, "CTGAN", rows=rows))
    return state


def test_the_time_left_counts_waiting_tables_by_their_rows():
    state = started()
    assert state.snapshot()["remaining"] is None
    state.apply(TableStarted("a", rows=100, columns=2))
    for epoch in range(1, 6):
        state.apply(EpochEnded("a", epoch, 10, seconds=1.0))
    # Five epochs of this table, and ten seconds for each hundred rows of the other.
    assert state.snapshot()["remaining"] == pytest.approx(5 + 30)
    state.apply(TableFitted("a", seconds=20.0, epochs=10))
    assert state.snapshot()["remaining"] == pytest.approx(60)


def test_the_time_left_is_unknown_where_the_rows_are():
    state = started(rows=())
    state.apply(TableStarted("a", rows=100, columns=2))
    for epoch in range(1, 6):
        state.apply(EpochEnded("a", epoch, 10, seconds=1.0))
    assert state.snapshot()["remaining"] is None


def test_the_part_done_grows_from_nothing_to_the_whole():
    parts = []
    state = RunState()
    for event in shop_events():
        state.apply(event)
        parts.append(state.snapshot()["part"])
    assert parts[0] == 0
    assert parts == sorted(parts)
    assert parts[-1] == pytest.approx(1.0)


def test_a_run_that_only_generates_counts_generated_tables():
    state = started(epochs=0)
    state.apply(TableSampled("a", rows=10, seconds=1.0))
    assert state.snapshot()["part"] == pytest.approx(0.25)


@pytest.mark.parametrize("limit", [2, 3, 7, 500])
@pytest.mark.parametrize("epochs", [1, 499, 500, 501, 3000])
def test_a_curve_is_bounded_and_keeps_order_and_range(limit, epochs):
    curve = Curve(limit)
    for epoch in range(1, epochs + 1):
        curve.add(epoch, epoch)
    xs = [x for x, _ in curve.points]
    assert len(xs) <= limit
    assert xs == sorted(set(xs))
    assert all(1 <= y <= epochs for _, y in curve.points)
    assert curve.last == epochs


def test_values_that_are_not_finite_are_counted_and_not_drawn():
    curve = Curve()
    for epoch, value in enumerate((1.0, math.nan, None, -math.inf, 2.0), 1):
        curve.add(epoch, value)
    assert curve.points == [[1, 1.0], [5, 2.0]]
    assert curve.gaps == 3


def test_snapshots_are_strict_json_whatever_the_numbers():
    state = RunState()
    state.apply(RunStarted(("t",), seed=1, epochs=2, model="ctgan"))
    state.apply(EpochEnded("t", 1, 2, {"critic": math.nan}, metric=math.inf, seconds=math.nan))
    state.apply(LinkageFitted("t", "p", "k", "negbinom", (1, 2), math.nan, math.inf))
    text = json.dumps(state.snapshot(), allow_nan=False)
    assert "NaN" not in text


def test_no_remaining_time_before_the_third_epoch():
    state = RunState()
    state.apply(TableStarted("t", rows=10, columns=2))
    for epoch in range(1, 4):
        assert state.tables["t"].remaining is None
        state.apply(EpochEnded("t", epoch, 10, seconds=2.0))
    assert state.tables["t"].remaining == pytest.approx(14.0)


def test_a_stop_keeps_what_is_finished_and_marks_the_rest():
    events = list(shop_events())
    cut = next(i for i, e in enumerate(events) if isinstance(e, EpochEnded) and e.table == "orders")
    state = RunState.from_events(events[: cut + 2])
    state.apply(RunStopped(finished=("users",), table="orders", seconds=3.0))
    assert state.status == "stopped"
    assert state.tables["users"].status == "done"
    assert state.tables["orders"].status == "stopped"
    assert state.current is None


def test_a_failure_names_the_table_and_the_reason():
    state = RunState.from_events(list(shop_events())[:4])
    state.apply(RunFailed("the critic is not a number", table="users"))
    assert state.status == "failed"
    assert state.tables["users"].status == "failed"
    assert state.snapshot()["message"] == "the critic is not a number"


def test_notices_are_bounded():
    state = RunState()
    for number in range(200):
        state.apply(Notice(f"n{number}"))
    assert len(state.notices) == 50
    assert state.notices[-1].message == "n199"
