"""A notebook in JupyterLab: the panel moves, the histogram appears, Stop works, nothing is active.

The screenshots in ``artifacts/screenshots`` are there to be looked at.
"""

import pytest

from tests.browser.conftest import CELL_MS
from tests.shop import CELL

pytestmark = pytest.mark.browser

DATA = """\
import sys; sys.path.insert(0, {root!r})
from tests.shop import make_shop
shop_data = make_shop(120)
users, products, orders, order_items = shop_data.tables().values()
"""


def setup_cells():
    from tests.browser.conftest import ROOT

    return [DATA.format(root=str(ROOT)), "%load_ext synthohive_jupyter"]


def panel(view):
    return view.page.locator(".shj")


def test_a_fit_draws_curve_and_histogram_and_leaves_a_still_result(open_notebook):
    view = open_notebook(
        "fit",
        [
            *setup_cells(),
            f"%%synthohive fit --model ctgan --epochs 12 --seed 7 -o shop\n{CELL}",
            "shop.orders.head(3)",
        ],
    )
    page = view.page
    view.run_all()
    page.wait_for_selector(".shj .shj-curve", timeout=CELL_MS)
    live = panel(view).first
    assert live.locator(".shj-stop").is_visible()
    page.wait_for_function(
        "() => document.querySelectorAll('.shj polyline.shj-curve').length > 3", timeout=CELL_MS
    )
    page.wait_for_selector(".shj .shj-real", timeout=CELL_MS)
    view.screenshot("fit-light-live")
    view.theme("JupyterLab Dark")
    view.screenshot("fit-dark-live")
    page.wait_for_selector('.shj[data-status="finished"]', timeout=CELL_MS)
    assert live.locator(".shj-title").inner_text() == "4 tables"
    assert not live.locator(".shj-body").is_visible()
    page.wait_for_selector(".shj-card svg")
    live.locator(".shj-fold").click()
    assert live.locator(".shj-synthetic").count() > 2
    assert live.locator(".shj-tables tbody tr").count() == 4
    view.screenshot("fit-dark-end")
    view.theme("JupyterLab Light")
    view.screenshot("fit-light-end")
    assert page.errors == []
    saved = view.save()
    fit = saved.cells[2].outputs
    assert not any(output.output_type == "error" for output in fit)
    result = next(o for o in fit if o.output_type == "execute_result")
    assert {"text/plain", "text/html", "image/svg+xml"} <= set(result.data)
    assert view.path.stat().st_size < 1_000_000


def test_the_default_model_is_done_in_a_moment_and_counts_columns(open_notebook):
    view = open_notebook("default", [*setup_cells(), f"%%synthohive fit --seed 7 -o shop\n{CELL}"])
    page = view.page
    view.run_all()
    page.wait_for_selector('.shj[data-status="finished"]', timeout=CELL_MS)
    page.wait_for_selector(".shj-card svg")
    live = panel(view).first
    live.locator(".shj-fold").click()
    assert live.locator(".shj-tables th").nth(3).inner_text() == "Column"
    # Of the orders two: when one was placed is drawn before the model.
    assert "2/2" in live.locator(".shj-tables tbody").inner_text()
    assert live.locator('td[title="columns"]').count() == 4
    assert "loss per column" in page.locator(".shj-card").inner_text()
    assert "TreeSynth" in page.locator(".shj-card").inner_text()
    view.screenshot("default-end")
    assert page.errors == []


def test_check_draws_the_schema_and_trains_nothing(open_notebook):
    view = open_notebook("check", [*setup_cells(), f"%%synthohive check\n{CELL}"], height=1100)
    view.run_all()
    view.page.wait_for_selector(".jp-RenderedMermaid img, .jp-RenderedMermaid svg", timeout=CELL_MS)
    card = view.page.locator(".shj-card")
    card.wait_for()
    assert "The data fits the description" in card.inner_text()
    assert "100 % found" in card.inner_text()
    assert panel(view).count() == 0
    view.screenshot("check")
    assert view.page.errors == []


def test_stop_in_the_panel_keeps_what_is_finished(open_notebook):
    fit = f"%%synthohive fit --model ctgan --epochs 60 --seed 7 -o shop\n{CELL}"
    view = open_notebook("stop", [*setup_cells(), fit, "shop.run.finished, sorted(shop)"])
    page = view.page
    view.run_all()
    page.wait_for_selector(".shj tr.shj-done", timeout=CELL_MS)
    panel(view).first.locator(".shj-stop").click()
    page.wait_for_selector('.shj[data-status="stopped"]', timeout=30_000)
    page.wait_for_selector(".shj-card")
    view.screenshot("stopped")
    assert "kept" in panel(view).first.locator(".shj-title").inner_text()
    page.wait_for_function(
        "() => window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.status === 'idle'"
    )
    outputs = view.save().cells
    assert not any(output.output_type == "error" for output in outputs[2].outputs)
    assert "products" in outputs[3].outputs[0]["data"]["text/plain"]


def test_a_mistake_is_a_message_and_hostile_names_stay_text(open_notebook):
    name = "<img src=x onerror=window.hacked=1>"
    data = (
        "import pandas as pd\n"
        f"globals()[{name!r}] = pd.DataFrame({{'id': range(60), 'v': [1.0, 2.0] * 30}})"
    )
    hostile = f'%%synthohive fit --epochs 2 --seed 1 -o r\n"{name}": id pk, v float'
    wrong = "%%synthohive check\nusers: id pk\norders: id pk, user_id -> usrs.id"
    view = open_notebook("hostile", [setup_cells()[1], wrong, data, hostile])
    page = view.page
    view.command("notebook:run-cell-and-select-next")
    view.command("notebook:run-cell-and-select-next")
    page.wait_for_selector(
        ".jp-OutputArea-output[data-mime-type*=stderr], .jp-RenderedText pre", timeout=CELL_MS
    )
    page.wait_for_function(
        "() => document.body.innerText.includes(\"did you mean 'users'?\")", timeout=CELL_MS
    )
    assert "Traceback" not in page.locator(".jp-Notebook").inner_text()
    view.command("notebook:run-cell-and-select-next")
    view.command("notebook:run-cell-and-select-next")
    page.wait_for_selector('.shj[data-status="finished"]', timeout=CELL_MS)
    page.wait_for_selector(".shj-card svg")
    panel(view).first.locator(".shj-fold").click()
    view.screenshot("error-and-hostile-name")
    assert page.evaluate("() => window.hacked") is None
    assert page.locator(".shj img, .shj-card img").count() == 0
    assert name in panel(view).first.inner_text()
