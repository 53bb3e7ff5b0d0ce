"""The sinks that need no Jupyter."""

import io
import json
import logging
import math
import stat

import pytest

from synthohive_jupyter.events import (
    EpochEnded,
    EventBus,
    Notice,
    PhaseStarted,
    RunFailed,
    RunFinished,
    RunStarted,
    TableFitted,
    TableSampled,
    TableStarted,
)
from synthohive_jupyter.progress.lines import QUIET_SECONDS, LineSink, text_sink
from synthohive_jupyter.progress.sinks import JsonlSink, LogSink, Recorder, TqdmSink, read_events

RUN = (
    RunStarted(("users",), seed=7, epochs=10, model="ctgan"),
    TableStarted("users", rows=50, columns=2),
    PhaseStarted("users", "train"),
    EpochEnded("users", 1, 10, {"critic": 0.5}, seconds=0.1),
    EpochEnded("users", 2, 10, {"critic": 0.25}, metric=0.1, best=True, seconds=0.1),
    TableFitted("users", seconds=0.2, epochs=2, best_epoch=2),
    TableSampled("users", rows=50, seconds=0.1),
    RunFinished(seconds=0.4),
)


def test_recorder_selects_by_class():
    recorder = Recorder()
    for event in RUN:
        recorder(event)
    assert len(recorder.events) == len(RUN)
    assert [e.epoch for e in recorder.of(EpochEnded)] == [1, 2]


def test_jsonl_can_be_read_back(tmp_path):
    path = tmp_path / "events.jsonl"
    with JsonlSink(path) as sink:
        for event in RUN:
            sink(event)
    assert tuple(read_events(path)) == RUN
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_jsonl_is_on_disk_after_each_event(tmp_path):
    path = tmp_path / "events.jsonl"
    with JsonlSink(path) as sink:
        sink(RUN[0])
        assert json.loads(path.read_text())["event"] == "run_started"


def test_jsonl_is_strict_json_and_a_half_line_is_ignored(tmp_path):
    path = tmp_path / "events.jsonl"
    with JsonlSink(path) as sink:
        sink(EpochEnded("users", 1, 2, {"critic": math.nan}))
    assert "NaN" not in path.read_text()
    with path.open("a") as file:
        file.write('{"event": "run_fin')
    (event,) = read_events(path)
    assert event.losses == {"critic": None}


def test_jsonl_adds_to_a_file(tmp_path):
    path = tmp_path / "events.jsonl"
    for _ in range(2):
        with JsonlSink(path) as sink:
            sink(RUN[-1])
    assert len(list(read_events(path))) == 2


def test_log_lines_are_structured_and_levels_fit(caplog):
    sink = LogSink()
    with caplog.at_level(logging.INFO, logger="synthohive_jupyter.run"):
        sink(RUN[3])
        sink(Notice("no data", table="a", level="warning"))
        sink(RunFailed("collapsed"))
    first, warning, failure = caplog.records
    assert first.getMessage().startswith('epoch_ended table="users" epoch=1 epochs=10')
    assert first.synthohive["losses"] == {"critic": 0.5}
    assert (warning.levelno, failure.levelno) == (logging.WARNING, logging.ERROR)


def test_a_name_cannot_forge_a_log_line(caplog):
    with caplog.at_level(logging.INFO, logger="synthohive_jupyter.run"):
        LogSink()(TableStarted("a\nERROR forged", rows=1, columns=1))
    assert "\n" not in caplog.records[0].getMessage()


def test_the_last_text_of_a_bar_is_right():
    screen = io.StringIO()
    sink = TqdmSink(screen)
    for event in RUN:
        sink(event)
    last = screen.getvalue().split("\r")[-1]
    assert "users" in last
    assert "100%" in last
    assert "2/2" in last
    assert "50 synthetic rows" in last


def test_a_bar_counts_what_the_model_counts():
    screen = io.StringIO()
    sink = TqdmSink(screen)
    sink(TableStarted("users", rows=50, columns=2))
    sink(EpochEnded("users", 1, 2, {"nll": 0.5}, seconds=0.1, unit="column"))
    sink(EpochEnded("users", 2, 2, {"nll": 0.4}, seconds=0.1, unit="column"))
    sink(TableFitted("users", seconds=0.2, epochs=2))
    sink.close()
    assert "2/2 columns" in screen.getvalue()
    assert "epoch" not in screen.getvalue()


def test_a_run_that_fails_leaves_its_bar_and_no_open_one():
    screen = io.StringIO()
    sink = TqdmSink(screen)
    for event in (*RUN[:4], RunFailed("x", table="users")):
        sink(event)
    assert "1/10" in screen.getvalue()
    assert not sink._bars


def test_bars_of_hostile_names_and_warnings():
    screen = io.StringIO()
    sink = TqdmSink(screen)
    sink(TableStarted("a\x1b[31m", rows=1, columns=1))
    sink(Notice("look here", table="a", level="warning"))
    sink.close()
    assert "\x1b[31m" not in screen.getvalue()
    assert "warning: a: look here" in screen.getvalue()


def test_lines_are_few_and_whole():
    page, now = io.StringIO(), [0.0]
    sink = LineSink(page, lambda: now[0])
    for event in RUN:
        sink(event)
    sink(Notice("look here", table="a\x1b[31m", level="warning"))
    sink(Notice("nothing to see"))
    now[0] += QUIET_SECONDS
    for epoch in (3, 4):
        sink(EpochEnded("users", epoch, 10, {"critic": 0.5}, seconds=0.1))
    assert page.getvalue().splitlines() == [
        "users: fitted in 0.2 s, best epoch 2",
        "users: 50 synthetic rows",
        "warning: a�[31m: look here",
        "users: epoch 3/10, critic 0.5",
    ]


def test_bars_are_for_terminals():
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    assert isinstance(text_sink(Terminal()), TqdmSink)
    assert isinstance(text_sink(io.StringIO()), LineSink)


@pytest.mark.parametrize(
    "sink",
    [LogSink, Recorder, lambda: TqdmSink(io.StringIO()), lambda: LineSink(io.StringIO())],
)
def test_every_sink_takes_every_event_and_stays_subscribed(sink):
    seen = Recorder()
    bus = EventBus(made := sink(), seen)
    for event in RUN:
        bus.emit(event)
    assert made in bus._sinks
    assert len(seen.events) == len(RUN)
