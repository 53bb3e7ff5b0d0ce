"""What a user sees, step by step as the language's page tells it, in one JupyterLab notebook.

Each step leaves a picture in ``artifacts/screenshots``; they are there to be looked at.
"""

from __future__ import annotations

import re

import pytest
from nbconvert import HTMLExporter

from tests.browser.lab import CELL_MS, ROOT
from tests.shop import CELL

pytestmark = pytest.mark.browser

DATA = f"""\
import sys; sys.path.insert(0, {str(ROOT)!r})
from tests.shop import make_shop
users, products, orders, order_items = make_shop(120).tables().values()"""
SCHEMA = CELL.rstrip()
WRONG = SCHEMA.replace("-> users.id", "-> usrs.id").replace(
    "users.region, users", "users.regoin, users"
)
FIT = "%%synthohive fit --model ctgan --epochs 30 --seed 7 -o shop"
TABLES = ("products", "users", "orders", "order_items")
CELLS = {
    "data": DATA,
    "load": "%load_ext synthohive_jupyter",
    "typo": f"%%synthohive fit -o shop\n{WRONG}",
    "typing": "%%synthohive check\nusers: id pk\norders: id pk, user_id -> us",
    "check": f"%%synthohive check\n{SCHEMA}",
    "explain": f"%%synthohive explain --model ctgan --epochs 30\n{SCHEMA}",
    "fit": f"{FIT}\n{SCHEMA}",
    "stopped": "shop.run",
    "resume": f"{FIT} --resume\n{SCHEMA}",
    "run": "shop.run",
    "card": "shop",
    "frame": "shop.users.head()",
    "more": "%synthohive generate shop --rows users=1000 --seed 1 -o large",
    "count": "len(large.users)",
    "code": "%synthohive code",
}
MOVES = "(before) => document.querySelector('.shj .shj-figures').innerHTML !== before"
PLACES = {name: place for place, name in enumerate(CELLS)}


class Story:
    """The notebook with its cells by name; every step takes a picture when it is told."""

    def __init__(self, view):
        self.view = view
        self.page = view.page
        self.steps = 0

    def run(self, name):
        return self.view.run(PLACES[name])

    def start(self, name):
        self.view.start(PLACES[name])
        return self.view.output(PLACES[name])

    def wait(self, name):
        self.view.wait(PLACES[name])

    def output(self, name):
        return self.view.output(PLACES[name])

    def picture(self, label=""):
        """Take the picture of the next step, or one more of the same."""
        self.steps += not label
        name = f"storyboard-{self.steps:02d}{label and '-'}{label}"
        self.view.screenshot(name)

    def see(self, name):
        """Scroll to what a cell shows, as a reader would."""
        self.output(name).evaluate("(node) => node.scrollIntoView({ block: 'start' })")
        self.page.wait_for_timeout(300)


def test_the_storyboard(open_notebook):
    story = Story(open_notebook("storyboard", list(CELLS.values()), height=1000))
    story.run("data")
    for step in (
        loading_is_one_line, a_typo_is_a_message, check_counts_keys, explain_tells_the_plan,
        fit_shows_a_panel, children_are_counted, stop_keeps_the_work, a_report_stays,
        the_result_is_data, code_is_a_script,
    ):  # fmt: skip
        step(story)
    assert story.steps == 10
    assert story.page.errors == []


def loading_is_one_line(story):
    text = story.run("load").inner_text()
    assert re.fullmatch(r"synthohive_jupyter \S+ · .*engine.* · %synthohive help\s*", text)
    story.picture()


def a_typo_is_a_message(story):
    text = story.run("typo").inner_text()
    assert text.startswith("SchemaError: 2 problems in %%synthohive (nothing was trained)")
    assert "cell line 4, column 32: unknown table 'usrs'" in text
    assert "^^^^ did you mean 'users'?" in text
    assert "did you mean 'users.region'?" in text
    assert "Traceback" not in text
    story.picture()
    typing = story.view.cell(PLACES["typing"])
    typing.locator(".cm-content").click()
    story.page.keyboard.press("Control+End")
    story.page.keyboard.press("Tab")
    popup = story.page.locator(".jp-Completer")
    popup.wait_for()
    assert "users.id" in popup.inner_text()
    story.picture("completion")
    popup.locator(".jp-Completer-item", has_text="users.id").click()
    assert "user_id -> users.id" in typing.locator(".cm-content").inner_text()


def check_counts_keys(story):
    output = story.run("check")
    card = output.locator(".shj-card")
    text = card.inner_text()
    assert "The data fits the description" in text
    for table in TABLES:
        assert table in text
    assert text.count("100 % found") == 3
    output.locator(".jp-RenderedMermaid img, .jp-RenderedMermaid svg").first.wait_for()
    story.see("check")
    story.picture()


def explain_tells_the_plan(story):
    text = story.run("explain").locator(".shj-card").inner_text()
    assert text.index("products") < text.index("orders") < text.index("order_items")
    assert "driv" in text
    assert "region, age (declared)" in text
    for word in ("(mask): never learnt", "(fake)", "about 262 synthetic", "memory about"):
        assert word in text, word
    assert re.search(r"fit about \d+ s", text)
    story.see("explain")
    story.picture()


def fit_shows_a_panel(story):
    panel = story.start("fit").locator(".shj")
    panel.wait_for(timeout=CELL_MS)
    curve = panel.locator(".shj-curve").first
    curve.wait_for(timeout=CELL_MS)
    story.see("fit")
    assert panel.get_attribute("role") == "group"
    for table in TABLES:
        assert table in panel.locator(".shj-tables").inner_text()
    running = panel.locator("tr.shj-running")
    assert re.search(r"\d+/30", running.inner_text())
    assert running.locator('[role="progressbar"]').get_attribute("aria-valuemax") == "30"
    before = panel.locator(".shj-figures").inner_html()
    story.page.wait_for_function(MOVES, arg=before, timeout=CELL_MS)
    story.picture()


def children_are_counted(story):
    """Also in the dark: the theme is changed while the cell runs."""
    panel = story.output("fit").locator(".shj")
    story.page.wait_for_selector(".shj tr.shj-done", timeout=CELL_MS)
    story.view.theme("JupyterLab Dark")
    story.page.wait_for_selector(".shj .shj-real", timeout=CELL_MS)
    story.see("fit")
    figures = panel.locator(".shj-figures").inner_text()
    for word in ("children per parent", "mean", "variance", "childless", "distance"):
        assert word in figures, word
    story.picture()


def stop_keeps_the_work(story):
    output = story.output("fit")
    output.locator(".shj-stop").click()
    story.wait("fit")
    ended = output.locator(".shj-ended")
    ended.wait_for()
    assert re.match(r"■ run stopped · \d of 4 tables", ended.inner_text())
    assert "--resume" in output.locator(".shj-card").inner_text()
    story.see("fit")
    story.picture()
    panel = story.run("stopped").locator(".shj")
    panel.wait_for()
    assert panel.get_attribute("data-status") == "stopped"
    assert "kept" in panel.locator(".shj-title").inner_text()
    story.see("stopped")
    story.picture("panel")
    story.view.theme("JupyterLab Light")
    story.run("resume")
    panel = story.run("run").locator(".shj")
    panel.wait_for()
    assert panel.get_attribute("data-status") == "finished"
    assert panel.bounding_box()["height"] < 60, "one line"
    panel.locator(".shj-fold").click()
    assert "taken over" in panel.inner_text()
    story.see("run")
    story.picture("resumed")


def a_report_stays(story):
    output = story.output("resume")
    assert output.locator(".shj").count() == 0
    assert output.locator(".shj-ended").inner_text().startswith("✓ run finished · 4 of 4 tables")
    assert output.locator(".shj-card img").count() > 0
    saved = story.view.save()
    assert story.view.path.stat().st_size < 1_000_000
    (report,) = [
        o for o in saved.cells[PLACES["resume"]].outputs if o.output_type == "execute_result"
    ]
    assert {
        "text/plain", "text/html", "image/png", "application/vnd.synthohive.run+json",
    } <= set(report.data)  # fmt: skip
    assert "children per parent" in HTMLExporter().from_notebook_node(saved)[0]
    story.view.open()
    story.see("resume")
    shown = story.output("resume")
    shown.locator(".shj-ended").wait_for(timeout=CELL_MS)
    shown.locator(".shj-card img").first.wait_for()
    assert "Error displaying widget" not in shown.inner_text()
    story.picture()


def the_result_is_data(story):
    card = story.run("card").locator(".shj-card").inner_text()
    assert "✓ order_id → orders.id" in re.sub(r"\s+", " ", card)
    frame = story.run("frame").locator("table.dataframe")
    assert frame.locator("tbody tr").count() == 5
    story.run("more")
    assert story.run("count").inner_text().split()[-1] == "1000"
    story.see("frame")
    story.picture()


def code_is_a_script(story):
    output = story.run("code")
    story.see("code")
    # JupyterLab colours Markdown when it has come into view.
    output.get_by_text("Synthesizer").first.wait_for()
    text = output.inner_text()
    for word in ("Metadata()", "add_table", "Synthesizer(", "fit(", "seed"):
        assert word in text, word
    assert "%%synthohive" not in text
    story.see("code")
    story.picture()
