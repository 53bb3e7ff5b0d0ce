"""The panel on a bare page: real `PanelSink`, real module and style, no notebook around them."""

from __future__ import annotations

import json

from synthohive_jupyter.events import CancelToken
from synthohive_jupyter.notebook.panel.memory import MemoryGauge
from synthohive_jupyter.notebook.panel.page_files import module, style
from synthohive_jupyter.notebook.panel.sink import PanelSink
from synthohive_jupyter.notebook.panel.widget import packed

PAGE = """<!doctype html><html><head><meta charset="utf-8"><title>panel</title></head>
<body style="margin: 8px"><main></main></body></html>"""

STAGE = """async ([module, style]) => {
  const sheet = document.createElement("style");
  sheet.textContent = style;
  document.head.append(sheet);
  const address = URL.createObjectURL(new Blob([module], { type: "text/javascript" }));
  const widget = (await import(address)).default();
  const heard = {};
  const model = {
    state: "",
    sent: [],
    get: (name) => model[name],
    on: (name, callback) => { (heard[name] = heard[name] || []).push(callback); },
    off: () => {},
    send: (message) => model.sent.push(message),
    widget_manager: {},
  };
  const tell = (name, value) => (heard[name] || []).forEach((callback) => callback(value));
  window.stage = {
    model,
    view() {
      const el = document.createElement("div");
      document.querySelector("main").append(el);
      return widget.render({ model, el });
    },
    restart(state) { model.state = state; },
    state(text) { model.state = text; tell("change:state"); },
    message(text) { tell("msg:custom", JSON.parse(text)); },
  };
  window.stage.open = () => { widget.initialize({ model }); window.stage.close = window.stage.view(); };
}"""


class PagePanel:
    """A panel whose page is under test."""

    def __init__(self, page):
        self.page = page
        self.heard = None

    def show_state(self, snapshot):
        self.page.evaluate("(text) => stage.state(text)", packed(snapshot))

    def show_increment(self, change):
        self._message({"kind": "increment", "change": packed(change)})

    def answer_stop(self):
        self._message({"kind": "stopping"})

    def on_stop(self, heard):
        self.heard = heard

    def _message(self, message):
        self.page.evaluate("(text) => stage.message(text)", json.dumps(message))


class Stage:
    """A page with one panel, and the sink that feeds it by hand."""

    def __init__(self, page, *, saved=""):
        self.page = page
        self.token = CancelToken()
        self.now = 0.0
        page.set_content(PAGE)
        page.evaluate(STAGE, [module(), style()])
        page.evaluate("(text) => { stage.restart(text); stage.open(); }", saved)
        memory = MemoryGauge(lambda: 512 * 2**20)
        self.sink = PanelSink(PagePanel(page), self.token, lambda: self.now, memory)

    def feed(self, events, *, seconds=0.0):
        """Apply events, show them, and wait until they are drawn."""
        for event in events:
            self.now += seconds
            self.sink(event)
        self.flush()

    def flush(self):
        self.sink.flush()
        self.drawn()

    def drawn(self):
        self.page.evaluate(
            "() => new Promise((done) => requestAnimationFrame(() => setTimeout(done)))"
        )
