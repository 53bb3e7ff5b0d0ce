"""The panel in Chromium: read by pointer and keyboard, in every theme and width, light with 100 tables.

Most tests have the panel on a bare page (`stage.py`); the last ones have it in JupyterLab. The
screenshots ``panel-*`` are there to be looked at.
"""

import json
import math
import random
import statistics

import pytest

from benchmarks.panel import long_run
from synthohive_jupyter.events import (
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
)
from synthohive_jupyter.notebook.panel.widget import packed
from synthohive_jupyter.progress.state import RunState
from tests.browser.lab import CELL_MS, ROOT, SCREENSHOTS
from tests.browser.stage import Stage

pytestmark = pytest.mark.browser

TABLES = ("users", "products", "orders", "order_items")
ROWS = (12_000, 400, 26_200, 53_200)
REAL = (320, 240, 250, 90, 80, 90, 50, 30, 0, 10, 0, 0, 5)
MADE = (330, 230, 250, 95, 80, 80, 50, 30, 5, 10, 0, 0, 5)
MILLISECONDS_A_TICK = 4.0


def training(table, epochs, planned, first=1):
    noise = random.Random(1)
    for epoch in range(first, epochs + 1):
        losses = {
            "critic": 2 * math.exp(-epoch / 6) + noise.gauss(0, 0.1),
            "generator": epoch / 60 - 0.5 + noise.gauss(0, 0.08),
            "wasserstein": 1 / epoch + noise.gauss(0, 0.03),
        }
        metric = 0.4 * math.exp(-epoch / 8) + 0.1 if epoch % 2 == 0 else None
        yield EpochEnded(
            table, epoch, planned, losses, metric,
            best=epoch == 10, seconds=0.6, rows_per_second=7571.3,
        )  # fmt: skip


def linked(table):
    yield PhaseStarted(table, "link")
    yield LinkageFitted(table, "users", "user_id", "negbinom", REAL, 2.18, 4.9)
    yield LinkageFitted(
        table, "products", "product_id", "matching", REAL[::-1], 2.9, 3.9, driving=False
    )


def beginning(at=12, epochs=30):
    """A run that is training its third table."""
    yield RunStarted(TABLES, 7, epochs, "CTGAN", "pandas", rows=ROWS)
    lost = "24 rows of 'user_id' point nowhere\n  - mend them, or write user_id -> users.id?"
    yield Notice(lost, table="orders", level="warning")
    for number, table in enumerate(TABLES[:2]):
        yield TableStarted(table, ROWS[number], 5)
        yield PhaseStarted(table, "train")
        yield from training(table, epochs, epochs)
        yield TableFitted(table, 18.2, epochs, 10, "CTGAN")
    yield TableStarted("orders", ROWS[2], 5, "users")
    yield from linked("orders")
    yield PhaseStarted("orders", "train")
    yield from training("orders", at, epochs)


def ending():
    yield TableFitted("orders", 18.2, 30, 10, "CTGAN")
    yield LinkageSampled("orders", "users", "user_id", MADE, 2.1, 4.7)
    for table, rows in zip(TABLES[:3], ROWS, strict=False):
        yield TableSampled(table, rows, 0.5)
    yield RunFinished(62.0)


@pytest.fixture
def stage(browser):
    """Give a function that opens a bare page with a panel."""
    contexts = []

    def opened(*, width=1000, height=1000, saved="", **options):
        contexts.append(browser.new_context(viewport={"width": width, "height": height}, **options))
        page = contexts[-1].new_page()
        page.errors = []
        page.on("pageerror", lambda error: page.errors.append(str(error)))
        return Stage(page, saved=saved)

    yield opened
    errors = [error for context in contexts for page in context.pages for error in page.errors]
    for context in contexts:
        context.close()
    assert errors == []


def picture(stage, name):
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    stage.page.wait_for_timeout(250)
    stage.page.screenshot(path=SCREENSHOTS / f"panel-{name}.png")


def text(stage, selector):
    return stage.page.locator(selector).first.inner_text()


def test_a_running_table_shows_everything_there_is_to_know(stage):
    panel = stage()
    panel.feed(beginning(), seconds=0.2)
    assert text(panel, ".shj-title") == "Fitting orders"
    assert text(panel, ".shj-memory") == "512 MiB (peak 512 MiB)"
    assert text(panel, ".shj-total-left").startswith("about 1 min left")
    assert text(panel, ".shj-clock").startswith("0:1"), "it runs on between two messages"
    facts = panel.page.locator(".shj-facts div").all_inner_texts()
    assert [fact.replace("\n", ": ") for fact in facts] == [
        "Phase: training", "Epoch: 12 of 30", "Best epoch: 10 (0.215)", "Rows a second: 7,571",
        "Elapsed: 3.2 s", "Left: 10.8 s", "Real rows: 26,200",
    ]  # fmt: skip
    assert panel.page.locator(".shj-plot").count() == 4
    curves = panel.page.locator('.shj-plot[aria-label="Losses of orders"] polyline.shj-curve')
    assert curves.count() == 3
    for bar in panel.page.get_by_role("progressbar").all():
        assert bar.get_attribute("aria-valuetext")
    assert "point nowhere" in text(panel, ".shj-notices")
    assert "\ufffd" not in text(panel, ".shj")
    picture(panel, "light")


def test_a_curve_is_read_by_the_pointer(stage):
    panel = stage()
    panel.feed(beginning(), seconds=0.2)
    plot = panel.page.locator('.shj-plot[aria-label="Losses of orders"]')
    box = plot.bounding_box()
    plot.hover(position={"x": box["width"] / 2, "y": 60})
    tip = plot.locator(".shj-tip")
    assert tip.is_visible()
    lines = tip.inner_text().splitlines()
    assert lines[0].startswith("epoch ")
    assert {"critic", "generator", "wasserstein"} <= set(lines)
    before = lines[0]
    plot.hover(position={"x": box["width"] - 100, "y": 60})
    assert tip.inner_text().splitlines()[0] != before
    picture(panel, "reading")
    # New epochs do not take away what is being read.
    panel.feed(training("orders", 13, 30, first=13))
    assert tip.is_visible()
    panel.page.mouse.move(5, 5)
    assert not tip.is_visible()


def test_a_curve_and_a_histogram_are_read_by_the_keyboard(stage):
    panel = stage()
    panel.feed(beginning(), seconds=0.2)
    plot = panel.page.locator('.shj-plot[aria-label="Losses of orders"]')
    plot.focus()
    said = []
    for key in ("Home", "ArrowRight", "End", "ArrowLeft"):
        plot.press(key)
        said.append(plot.get_attribute("aria-valuetext").split(":")[0])
    assert said == ["epoch 1", "epoch 2", "epoch 12", "epoch 11"]
    assert "wasserstein" in plot.get_attribute("aria-valuetext")
    plot.press("Escape")
    assert not plot.locator(".shj-tip").is_visible()
    bars = panel.page.locator('.shj-plot[aria-label*="by user_id"]')
    assert bars.get_attribute("aria-valuetext").startswith("real mean 2.18, childless 27.5 %")
    bars.focus()
    bars.press("Home")
    assert bars.get_attribute("aria-valuetext") == "0 children: real 27.5 %, synthetic not yet"
    bars.press("End")
    assert bars.get_attribute("aria-valuetext").startswith("12+ children: real 0.4 %")


def test_the_numbers_of_a_picture_are_a_table(stage):
    panel = stage()
    panel.feed(beginning(), seconds=0.2)
    assert panel.page.locator(".shj-data").count() == 0, "built when somebody looks"
    panel.page.locator("summary").nth(0).click()
    losses = panel.page.locator(".shj-data").first
    assert losses.locator("thead th").all_inner_texts() == [
        "epoch", "critic", "generator", "wasserstein", "validation",
    ]  # fmt: skip
    assert losses.locator("tbody tr").count() == 12
    panel.feed([*list(ending())[:2]])
    panel.page.locator("summary").nth(1).click()
    cells = panel.page.locator(".shj-data").nth(1).locator("tbody tr")
    assert cells.first.inner_text().split() == ["0", "27.5", "%", "28.3", "%"]
    assert cells.count() == len(REAL)


def test_every_foreign_key_has_its_histogram(stage):
    panel = stage()
    panel.feed(beginning())
    panel.feed(list(ending())[:2])
    figures = panel.page.locator("figure:has(.shj-real)")
    assert figures.count() == 2
    assert figures.nth(0).locator(".shj-synthetic").count() == len(MADE)
    assert "total variation distance 0.0172" in figures.nth(0).inner_text()
    assert "not driving" in figures.nth(1).inner_text()
    assert "after generation" in figures.nth(1).inner_text()


def test_tables_are_picked_by_mouse_and_arrow_keys(stage):
    panel = stage()
    panel.feed(beginning())
    panel.page.locator(".shj-row", has_text="products").click()
    assert text(panel, ".shj-name-shown") == "products"
    panel.feed(training("orders", 14, 30, first=13))
    assert text(panel, ".shj-name-shown") == "products", "a pick stays"
    picked = panel.page.locator('.shj-pick[tabindex="0"]')
    assert picked.count() == 1
    picked.focus()
    for key, name in (("ArrowDown", "orders"), ("End", "order_items"), ("Home", "users")):
        panel.page.keyboard.press(key)
        assert text(panel, ".shj-name-shown") == name
        assert panel.page.evaluate("() => document.activeElement.textContent") == name
    panel.page.get_by_role("button", name="Follow the run").click()
    assert text(panel, ".shj-name-shown") == "orders"


CONTRASTS = """() => {
  const canvas = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
  const rgba = (color) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = color;
    canvas.fillRect(0, 0, 1, 1);
    return canvas.getImageData(0, 0, 1, 1).data;
  };
  const light = (color) => {
    const [r, g, b] = [...color].slice(0, 3).map((v) => v / 255)
      .map((v) => (v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ground = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const color = rgba(getComputedStyle(at).backgroundColor);
      if (color[3] === 255) return color;
    }
    return [255, 255, 255];
  };
  const found = [];
  const walker = document.createTreeWalker(document.querySelector(".shj"), NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    const box = element.getBoundingClientRect();
    if (!walker.currentNode.textContent.trim() || !box.width || element.closest(".shj-hidden, .shj-mark")) continue;
    const style = getComputedStyle(element);
    const ink = rgba(element instanceof SVGElement ? style.fill : style.color);
    const [a, b] = [light(ink), light(ground(element))].sort((x, y) => y - x);
    found.push([walker.currentNode.textContent, (a + 0.05) / (b + 0.05)]);
  }
  return found;
}"""


def contrasts(page):
    found = page.evaluate(CONTRASTS)
    assert len(found) > 60
    return {name: ratio for name, ratio in found if ratio < 4.5}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_has_contrast(stage, scheme):
    panel = stage(color_scheme=scheme)
    panel.feed(beginning(), seconds=0.2)
    panel.page.locator("summary").first.click()
    assert contrasts(panel.page) == {}
    panel.page.locator('.shj-plot[aria-label="Losses of orders"]').hover()
    assert contrasts(panel.page) == {}
    picture(panel, scheme)


def test_the_host_decides_about_the_theme(stage):
    panel = stage(color_scheme="light")
    panel.feed(beginning())
    ink = "() => getComputedStyle(document.querySelector('.shj')).color"
    light = panel.page.evaluate(ink)
    panel.page.evaluate("() => document.body.classList.add('vscode-dark')")
    assert panel.page.evaluate(ink) != light
    panel.page.evaluate(
        "() => { document.body.className = ''; document.body.dataset.jpThemeLight = 'false'; }"
    )
    assert panel.page.evaluate(ink) != light
    panel.page.evaluate("() => { document.body.dataset.jpThemeLight = 'true'; }")
    assert panel.page.evaluate(ink) == light


def test_motion_is_reduced_where_it_is_unwelcome(stage):
    panel = stage(reduced_motion="reduce")
    panel.feed(beginning())
    moving = panel.page.evaluate(
        """() => [...document.querySelectorAll(".shj, .shj *")].filter((element) => {
          const style = getComputedStyle(element);
          return style.animationName !== "none" || style.transitionDuration !== "0s";
        }).length"""
    )
    assert moving == 0


def test_forced_colours_keep_the_pictures(stage):
    panel = stage(forced_colors="active")
    panel.feed(beginning(), seconds=0.2)
    stroke = panel.page.evaluate(
        "() => getComputedStyle(document.querySelector('polyline.shj-curve')).stroke"
    )
    assert stroke == panel.page.evaluate("() => getComputedStyle(document.body).color")
    picture(panel, "forced-colours")


def test_a_narrow_place_is_enough(stage):
    panel = stage(width=336, height=1500)
    panel.feed(beginning(), seconds=0.2)
    panel.page.wait_for_timeout(100)
    beyond = panel.page.evaluate(
        """() => {
          const right = document.querySelector(".shj").getBoundingClientRect().right;
          return [...document.querySelectorAll(".shj *")].filter((element) => {
            const box = element.getBoundingClientRect();
            return box.width > 1 && box.right > right - 4;
          }).map((element) => element.getAttribute("class") || element.tagName)
            .filter((name) => !/shj-(header|total|body)$/.test(name) && name !== "DIV");
        }"""
    )
    assert beyond == []
    assert panel.page.locator(".shj-stop").is_visible()
    picture(panel, "narrow")


def many(tables=100, active=40, epochs=30):
    names = tuple(f"table_{number:03}" for number in range(tables))
    yield RunStarted(names, 7, epochs, "CTGAN", rows=(1000,) * tables)
    for name in names[:active]:
        yield TableStarted(name, 1000, 3)
        yield from training(name, epochs, epochs)
        yield TableFitted(name, 3.0, epochs, 10)
    yield TableStarted(names[active], 1000, 3)
    yield PhaseStarted(names[active], "train")
    yield from training(names[active], 10, epochs)


IN_VIEW = """(name) => {
  const scroll = document.querySelector(".shj-scroll").getBoundingClientRect();
  const row = [...document.querySelectorAll(".shj-row")].find((r) => r.textContent.includes(name));
  const box = row.getBoundingClientRect();
  return box.top >= scroll.top && box.bottom <= scroll.bottom;
}"""


def test_a_hundred_tables_stay_usable(stage):
    panel = stage()
    panel.feed(many(), seconds=0.01)
    page = panel.page
    assert page.evaluate(IN_VIEW, "table_040"), "the table in work is in view"
    assert page.locator(".shj").bounding_box()["height"] < 900
    assert page.evaluate("() => window.scrollY") == 0
    page.get_by_role("button", name="Hide done").click()
    assert page.locator(".shj-row:visible").count() == 60
    page.get_by_role("searchbox").fill("_09")
    assert page.locator(".shj-row:visible").count() == 10
    assert "10 of 100 tables" in page.locator(".shj-tools").inner_text()
    page.locator(".shj-row:visible").first.click()
    assert text(panel, ".shj-name-shown") == "table_090"
    page.locator('.shj-pick[tabindex="0"]').focus()
    page.keyboard.press("ArrowDown")
    assert text(panel, ".shj-name-shown") == "table_091"
    picture(panel, "many")


def test_an_update_of_a_hundred_tables_takes_little_of_the_page(stage):
    panel = stage()
    panel.feed(many(), seconds=0.01)
    changes = []
    panel.sink.panel.show_increment = lambda change: changes.append(packed(change))
    for epoch in range(11, 71):
        panel.sink(EpochEnded("table_040", epoch, 30, {"critic": 1 / epoch, "generator": 0.1}, 0.2))
        panel.sink.flush()
    times = panel.page.evaluate(
        """async (changes) => {
          const frames = [], real = window.requestAnimationFrame;
          window.requestAnimationFrame = (draw) => frames.push(draw);
          const times = [];
          for (const change of changes) {
            const began = performance.now();
            stage.message(JSON.stringify({ kind: "increment", change }));
            frames.splice(0).forEach((draw) => draw());
            times.push(performance.now() - began);
            await new Promise((done) => setTimeout(done));
          }
          window.requestAnimationFrame = real;
          return times;
        }""",
        changes,
    )
    assert len(times) == 60
    assert text(panel, ".shj-facts").startswith("Phase")
    assert statistics.median(times) < MILLISECONDS_A_TICK, times


def test_only_what_has_changed_is_drawn(stage):
    panel = stage()
    panel.feed(many(), seconds=0.01)
    panel.page.evaluate(
        """() => {
          window.touched = new Set();
          new MutationObserver((records) => records.forEach((record) => {
            const row = (record.target.closest ? record.target : record.target.parentElement).closest(".shj-row");
            if (row) window.touched.add(row.querySelector(".shj-pick").textContent);
          })).observe(document.querySelector(".shj-tables"), { subtree: true, childList: true, attributes: true, characterData: true });
        }"""
    )
    for epoch in (11, 12, 13):
        panel.feed([EpochEnded("table_040", epoch, 30, {"critic": 0.2}, seconds=0.1)])
    # A whole state comes now and then; it is compared, not drawn.
    panel.now += 60
    panel.feed([EpochEnded("table_040", 14, 30, {"critic": 0.2}, seconds=0.1)])
    assert panel.page.evaluate("() => [...window.touched]") == ["table_040"]


def test_a_long_run_is_drawn_from_its_saved_state(stage):
    state = RunState.from_events(long_run(100, 300))
    panel = stage(saved=packed(state.snapshot()))
    assert text(panel, ".shj-title") == "100 tables"
    panel.page.locator(".shj-fold").click()
    assert panel.page.locator(".shj-row").count() == 100


def test_stop_without_a_kernel_asks_and_then_points_to_the_toolbar(stage):
    panel = stage()
    panel.feed(beginning())
    panel.page.locator(".shj-stop").click()
    panel.drawn()
    assert panel.page.locator(".shj-stop").is_disabled()
    assert panel.page.evaluate("() => stage.model.sent") == [{"kind": "stop"}]
    panel.page.wait_for_function(
        "() => document.querySelector('.shj').innerText.includes('press ■')", timeout=4000
    )
    assert not panel.page.locator(".shj-stop").is_visible()


def test_a_stop_that_is_heard_says_so_and_the_end_says_how_to_go_on(stage):
    panel = stage()
    panel.feed(beginning())
    panel.page.locator(".shj-stop").click()
    panel.token.cancel()
    panel.flush()
    assert text(panel, ".shj-note-line") == "Stopping after this batch…"
    panel.feed([RunStopped(("users", "products"), "orders", 30.0)])
    assert text(panel, ".shj-title") == "Stopped, 2 of 4 tables kept"
    assert panel.page.locator(".shj-outcome p").all_inner_texts() == [
        "users and products are kept.",
        "To go on where it stopped, run the cell again with --resume.",
    ]
    assert text(panel, ".shj-note-line") == ""
    picture(panel, "stopped")


def test_a_failure_shows_its_reason_and_its_remedies(stage):
    panel = stage()
    panel.feed(beginning(), seconds=0.2)
    reason = "table 'orders': the loss of the critic is not a number\n- lower the rate\n- use argn"
    panel.feed([RunFailed(reason, "orders")])
    outcome = panel.page.get_by_role("alert")
    assert outcome.locator("p").all_inner_texts() == reason.split("\n")
    assert text(panel, ".shj-title") == "Failed at orders"
    assert panel.page.locator(".shj-body").is_visible()
    assert (
        panel.page.locator(".shj-row", has_text="order_items").inner_text().count("left out") == 1
    )
    picture(panel, "failed")


def test_a_run_folds_to_one_line_at_its_end(stage):
    panel = stage()
    panel.feed(beginning(30), seconds=0.2)
    panel.feed(ending())
    assert text(panel, ".shj-title") == "4 tables"
    assert not panel.page.locator(".shj-body").is_visible()
    assert panel.page.locator(".shj").bounding_box()["height"] < 60
    fold = panel.page.locator(".shj-fold")
    assert fold.get_attribute("aria-expanded") == "false"
    fold.click()
    assert panel.page.locator(".shj-body").is_visible()
    picture(panel, "end")


def test_a_view_that_opens_late_has_missed_nothing(stage):
    panel = stage()
    panel.feed(beginning(5), seconds=0.01)
    panel.feed(training("orders", 12, 30, first=6))
    panel.page.evaluate("() => { stage.second = stage.view(); }")
    views = panel.page.locator(".shj")
    assert views.count() == 2
    path = ".shj-row:nth-child(3) .shj-epoch"
    assert views.nth(1).locator(path).inner_text() == views.nth(0).locator(path).inner_text()
    views.nth(1).locator(".shj-row", has_text="users").click()
    assert views.nth(0).locator(".shj-name-shown").inner_text() == "orders"
    panel.page.evaluate("() => stage.second()")
    panel.feed(training("orders", 13, 30, first=13))
    assert views.nth(0).locator(path).inner_text() == "13/30"


def test_a_hidden_panel_is_right_when_it_is_shown(stage):
    panel = stage()
    panel.page.evaluate("() => { document.querySelector('main').style.display = 'none'; }")
    panel.feed(beginning(), seconds=0.01)
    panel.page.evaluate("() => { document.querySelector('main').style.display = ''; }")
    panel.page.wait_for_timeout(100)
    width = panel.page.locator(".shj-plot svg").first.bounding_box()["width"]
    drawn = panel.page.locator(".shj-plot svg").first.get_attribute("viewBox").split()[2]
    assert float(drawn) == pytest.approx(width, abs=1)


def test_a_run_saved_in_its_middle_claims_no_life(stage):
    state = RunState.from_events(beginning())
    panel = stage(saved=packed(state.snapshot()))
    assert text(panel, ".shj-title") == "Saved before the end: Fitting orders"
    assert not panel.page.locator(".shj-stop").is_visible()
    clock = text(panel, ".shj-clock")
    panel.page.wait_for_timeout(1200)
    assert text(panel, ".shj-clock") == clock


FEED = f"""\
import sys; sys.path.insert(0, {str(ROOT)!r})
from synthohive_jupyter.events import CancelToken
from synthohive_jupyter.notebook.panel.sink import PanelSink
from synthohive_jupyter.notebook.panel.widget import RunPanel, show
from tests.browser.test_panel import beginning, ending
panel, token = RunPanel(), CancelToken()
sink = PanelSink(panel, token)
show(panel)
for event in beginning(): sink(event)
sink.flush()"""
MORE = """\
from tests.browser.test_panel import training
for event in training("orders", 14, 30, first=13): sink(event)
sink.flush()
panel"""
END = """\
for event in ending(): sink(event)
sink.close()"""


def test_a_panel_in_jupyterlab_lives_on_in_the_saved_notebook(open_notebook):
    view = open_notebook("panel", [FEED, MORE, END])
    page = view.page
    view.command("@jupyter-widgets/jupyterlab-manager:saveWidgetState")
    view.run(0)
    first = view.output(0).locator(".shj")
    first.locator(".shj-row.shj-selected").wait_for(timeout=CELL_MS)
    view.theme("JupyterLab Dark")
    page.wait_for_selector("#jupyterlab-splash", state="detached")
    assert contrasts(page) == {}
    view.screenshot("panel-lab-dark")
    view.theme("JupyterLab Light")
    assert contrasts(page) == {}
    # JupyterLab's own arrow keys move between cells: not while a picture is read.
    plot = first.locator('.shj-plot[aria-label="Losses of orders"]')
    plot.focus()
    plot.press("Home")
    plot.press("ArrowDown")
    plot.press("ArrowUp")
    assert plot.get_attribute("aria-valuetext").startswith("epoch 2:")
    view.run(1)
    second = view.output(1).locator(".shj")
    second.locator(".shj-row.shj-selected").wait_for(timeout=CELL_MS)
    assert "14/30" in second.locator(".shj-row.shj-selected").inner_text()
    page.evaluate("() => window.jupyterapp.shell.currentWidget.content.scrollToItem(0, 'start')")
    assert "14/30" in first.locator(".shj-row.shj-selected").inner_text()
    view.run(2)
    page.wait_for_selector('.shj[data-status="finished"]')
    saved = view.save()
    assert view.path.stat().st_size < 200_000
    states = saved.metadata["widgets"]["application/vnd.jupyter.widget-state+json"]["state"]
    (kept,) = [each["state"] for each in states.values() if "state" in each["state"]]
    assert json.loads(kept["state"])["status"] == "finished"

    # The same file under another name: its kernel knows nothing of the run.
    copy = view.path.with_name("panel_again.ipynb")
    copy.write_bytes(view.path.read_bytes())
    again = open_notebook("panel_again")
    shown = again.output(0).locator(".shj")
    shown.wait_for(timeout=CELL_MS)
    assert shown.locator(".shj-title").inner_text() == "4 tables"
    shown.locator(".shj-fold").click()
    assert shown.locator("polyline.shj-curve").count() >= 3
    again.screenshot("panel-lab-again")
    assert page.errors + again.page.errors == []
