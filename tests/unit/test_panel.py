"""What the panel is sent, and that its page can never show markup."""

import json
import re

import pytest

from synthohive_jupyter.events import CancelToken, EpochEnded, RunStarted
from synthohive_jupyter.notebook.panel import UPDATES_PER_SECOND, PanelSink, RunPanel
from tests.unit.test_progress_state import merge, shop_events


class Page:
    """Stands in for the widget: keeps what it is sent, in order."""

    def __init__(self):
        self.sent = []

    def send(self, message):
        self.sent.append(json.loads(json.dumps(message)))

    @property
    def state(self):
        return None

    @state.setter
    def state(self, value):
        self.sent.append({"kind": "state", "change": json.loads(json.dumps(value))})

    def kinds(self):
        return [message["kind"] for message in self.sent]


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture
def sink():
    return PanelSink(Page(), CancelToken(), Clock())


def shown(page):
    """Return what a page that has followed everything shows."""
    view = {}
    for message in page.sent:
        change = message.get("change")
        if message["kind"] == "state":
            view = {}
        if change:
            view = merge(view, change)
    return view


def test_states_and_increments_together_show_the_run(sink):
    for event in shop_events(epochs=30):
        sink(event)
        sink._clock.now += 0.2
        sink.flush()
    assert set(sink.panel.kinds()) == {"state", "increment"}
    assert shown(sink.panel) == sink.run.snapshot()


def test_nothing_new_sends_nothing(sink):
    sink(RunStarted(("t",), 1, 5, "CTGAN"))
    sink.flush()
    sink.flush()
    sink._clock.now = 100
    sink.flush()
    assert sink.panel.kinds() == ["state"]


def test_a_page_that_missed_increments_gets_a_whole_state_soon(sink):
    sink(RunStarted(("t",), 1, 5, "CTGAN"))
    sink.flush()
    for epoch in (1, 2, 3):
        sink(EpochEnded("t", epoch, 5, {"critic": 1.0}))
        sink.flush()
    sink._clock.now = 2.1
    sink.flush()
    assert sink.panel.kinds() == ["state", "increment", "increment", "increment", "state"]


def test_a_burst_is_one_increment(sink):
    sink(RunStarted(("t",), 1, 5, "CTGAN"))
    sink.flush()
    for epoch in range(1, 5):
        sink(EpochEnded("t", epoch, 5, {"critic": 1.0}))
    sink.flush()
    assert len(sink.panel.sent) == 2
    assert len(sink.panel.sent[1]["change"]["tables"]["t"]["curves"]["critic"]["points"]) == 4


def test_the_end_is_always_sent_as_a_whole(sink):
    sink.start()
    for event in shop_events():
        sink(event)
    sink.close()
    assert sink.panel.kinds()[-1] == "state"
    assert sink.panel.sent[-1]["change"]["status"] == "finished"
    assert not sink._thread.is_alive()
    assert sink.summary() == "run finished: 2 of 2 tables, 6.0 s"


def test_a_stop_is_acknowledged_once(sink):
    sink._token.cancel()
    sink.flush()
    sink.flush()
    assert sink.panel.kinds().count("stopping") == 1


def test_updates_are_limited():
    assert UPDATES_PER_SECOND <= 8


def test_the_page_builds_text_nodes_only_and_loads_nothing():
    module, style = RunPanel._esm, RunPanel._css
    for active in (
        "innerHTML",
        "outerHTML",
        "insertAdjacent",
        "document.write",
        "eval(",
        "Function(",
    ):
        assert active not in module
    assert not re.search(r"\bimport\b", re.sub(r"//.*", "", module))
    assert "http" not in module.replace("http://www.w3.org/2000/svg", "")
    assert not re.search(r"url\(|@import", style)
    assert "prefers-reduced-motion" in style
