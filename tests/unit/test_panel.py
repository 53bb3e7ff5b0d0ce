"""What the panel is sent, that it never disturbs a run, and that its page can show no markup."""

import json
import os
import re
import shutil
import subprocess

import pytest

from benchmarks.panel import long_run, notebook_bytes
from synthohive_jupyter.engine.memory import size_text
from synthohive_jupyter.events import (
    CancelToken,
    EpochEnded,
    EventBus,
    RunFailed,
    RunStarted,
    RunStopped,
)
from synthohive_jupyter.notebook.panel.memory import MemoryGauge, resident_bytes
from synthohive_jupyter.notebook.panel.page_files import MODULES, joined, module, style
from synthohive_jupyter.notebook.panel.sink import UPDATES_PER_SECOND, PanelSink
from synthohive_jupyter.notebook.panel.widget import RunPanel, packed
from synthohive_jupyter.progress.state import RunState
from tests.unit.test_progress_state import merge, shop_events

START = RunStarted(("t",), 1, 5, "CTGAN")
MEGABYTE = 2**20


class Page:
    """Stands in for the widget: keeps what it is sent, in order."""

    def __init__(self):
        self.sent = []
        self.heard = None

    def show_state(self, snapshot):
        self.sent.append({"kind": "state", "change": json.loads(packed(snapshot))})

    def show_increment(self, change):
        self.sent.append({"kind": "increment", "change": json.loads(packed(change))})

    def answer_stop(self):
        self.sent.append({"kind": "stopping"})

    def on_stop(self, heard):
        self.heard = heard

    def kinds(self):
        return [message["kind"] for message in self.sent]


class BrokenPage(Page):
    def show_state(self, snapshot):
        raise OSError("the page is gone")

    show_increment = show_state


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


def make_sink(page, bytes_held=lambda: 5 * MEGABYTE):
    return PanelSink(page, CancelToken(), Clock(), MemoryGauge(bytes_held))


@pytest.fixture
def sink():
    return make_sink(Page())


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
    memory = {"now": 5 * MEGABYTE, "peak": 5 * MEGABYTE}
    assert shown(sink.panel) == {**sink.run.snapshot(), "memory": memory}


def test_nothing_new_sends_nothing(sink):
    sink(START)
    sink.flush()
    sink.flush()
    sink._clock.now = 1.0
    sink.flush()
    assert sink.panel.kinds() == ["state"]


def test_a_silent_kernel_gives_a_sign_of_life(sink):
    sink(START)
    sink.flush()
    sink._clock.now = 2.5
    sink.flush()
    sink.flush()
    assert sink.panel.kinds() == ["state", "increment"]
    assert sink.panel.sent[-1]["change"]["tables"] == {}
    assert sink.panel.sent[-1]["change"]["seconds"] == 2.5


def test_a_page_that_missed_increments_gets_a_whole_state_soon(sink):
    sink(START)
    sink.flush()
    for epoch in (1, 2, 3):
        sink(EpochEnded("t", epoch, 5, {"critic": 1.0}))
        sink.flush()
    sink._clock.now = 2.1
    sink(EpochEnded("t", 4, 5, {"critic": 1.0}))
    sink.flush()
    assert sink.panel.kinds() == ["state", "increment", "increment", "increment", "state"]


def test_a_burst_is_one_increment(sink):
    sink(START)
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


DONE = "✓ run finished · 2 of 2 tables · 6.0 s · {memory}"


@pytest.mark.parametrize(
    ("events", "name", "text"),
    [
        (shop_events(), "shop", f"{DONE} · shop.run shows the panel again"),
        (shop_events(), None, DONE),
        ([START, RunStopped((), "t", 2.0)], "shop", "■ run stopped · 0 of 1 table · 2.0 s · {memory}"),
        ([START, RunFailed("no", "t")], "shop", "✗ run failed · 0 of 1 table · 0.0 s · {memory}"),
    ],
)  # fmt: skip
def test_a_still_line_stays_in_the_place_of_the_panel(sink, events, name, text):
    for event in events:
        sink(event)
    sink.close()
    bundle = sink.ending(name)
    memory = f"peak memory {size_text(sink._memory.peak)}"
    assert bundle["text/plain"] == text.format(memory=memory)
    assert set(bundle) == {"text/plain", "text/html"}
    assert "script" not in bundle["text/html"]


def test_a_stop_is_acknowledged_once(sink):
    sink._token.cancel()
    sink.flush()
    sink.flush()
    assert sink.panel.kinds().count("stopping") == 1


def test_the_page_can_stop_a_run_by_a_message(sink):
    sink.start()
    sink.panel.heard()
    sink.close()
    assert sink._token.cancelled


def test_a_broken_page_leaves_the_run_alone(caplog):
    sink, seen = make_sink(BrokenPage()), []
    bus = EventBus(sink, seen.append)
    sink.start()
    bus.emit(START)
    sink._thread.join(timeout=5)
    assert not sink._thread.is_alive(), "it has given up"
    for event in shop_events():
        bus.emit(event)
    sink.close()
    assert seen[-1].kind == "run_finished"
    assert sink.run.status == "finished"
    told = [record.message for record in caplog.records]
    assert told == [
        "the panel could not be updated and stays as it is",
        "the last state of the run did not reach the panel",
    ]


def test_memory_is_shown_now_and_at_most():
    sizes = iter([100, 300, 200, 200])
    sink = make_sink(Page(), lambda: next(sizes) * MEGABYTE)
    sink(START)
    sink.flush()
    sink(EpochEnded("t", 1, 5))
    sink.flush()
    sink.close()
    memory = [message["change"]["memory"] for message in sink.panel.sent]
    assert [each["now"] // MEGABYTE for each in memory] == [100, 300, 200]
    assert memory[-1]["peak"] == 300 * MEGABYTE
    assert resident_bytes() > MEGABYTE


def test_updates_are_limited():
    assert UPDATES_PER_SECOND <= 8


def test_names_beyond_any_encoding_can_be_sent(sink):
    sink(RunStarted(("\ud800", "__proto__"), 1, 5, "CTGAN"))
    sink.flush()
    assert list(sink.panel.sent[0]["change"]["tables"]) == ["\ud800", "__proto__"]
    packed(sink.run.snapshot()).encode("ascii")


def test_the_widget_sends_text_and_hears_a_stop(monkeypatch):
    panel, sent, heard = RunPanel(), [], []
    monkeypatch.setattr(panel, "send", sent.append)
    panel.on_stop(lambda: heard.append("stop"))
    panel.show_state({"version": 1})
    panel.show_increment({"version": 2})
    panel.answer_stop()
    panel._handle_custom_msg({"kind": "stop"}, [])
    panel._handle_custom_msg({"kind": "other"}, [])
    panel._handle_custom_msg("stop", [])
    assert panel.state == '{"version":1}'
    assert sent == [{"kind": "increment", "change": '{"version":2}'}, {"kind": "stopping"}]
    assert heard == ["stop"]
    panel.close()


def test_the_page_builds_text_nodes_only_and_loads_nothing():
    text, sheet = module(), style()
    for active in (
        "innerHTML",
        "outerHTML",
        "insertAdjacent",
        "document.write",
        "eval(",
        "Function(",
        "setAttributeNS",
        "srcdoc",
    ):
        assert active not in text
    assert not re.search(r"^(import|export (?!default))", text, re.MULTILINE)
    assert "http" not in text.replace("http://www.w3.org/2000/svg", "")
    assert not re.search(r"url\(|@import", sheet)
    assert "prefers-reduced-motion" in sheet


def test_every_module_comes_after_those_it_needs():
    known = {}
    for name in MODULES:
        text = joined(name)
        for defined in re.findall(
            r"^(?:async )?(?:function|class|const|let) (\w+)", text, re.MULTILINE
        ):
            assert defined not in known, f"{name} and {known.get(defined)} both define {defined}"
            known[defined] = name


def test_saved_notebooks_carry_a_small_page():
    assert len(module()) + len(style()) < 64_000


def test_a_hundred_tables_fit_into_a_saved_notebook():
    # Curves are full after 40 epochs; more make their numbers longer, not their number
    # (`python -m benchmarks.panel` does it with 10,000 epochs: half a megabyte).
    panel = RunPanel()
    panel.show_state(RunState.from_events(long_run(tables=100, epochs=120)).snapshot())
    assert notebook_bytes(panel) < 700_000
    panel.close()


def test_modules_of_the_page(request):
    """Run the tests of the page's own functions, which need no browser."""
    node = shutil.which("node")
    if node is None:
        if os.environ.get("CI") == "true":
            pytest.fail("node is needed where CI=true")
        pytest.skip("node is not installed: the tests of tests/page/*.test.mjs are left out")
    folder = request.config.rootpath / "tests" / "page"
    tests = sorted(str(file) for file in folder.glob("*.test.mjs"))
    done = subprocess.run([node, "--test", *tests], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-4000:]
    assert "# fail 0" in done.stdout


def test_the_joined_page_is_one_module(tmp_path):
    node = shutil.which("node")
    if node is None:
        pytest.skip("node is not installed")
    file = tmp_path / "page.mjs"
    file.write_text(module(), "utf-8")
    done = subprocess.run([node, "--check", str(file)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
