"""The panel in Notebook 7, and where Stop cannot reach the kernel (`docs/hosts.md`)."""

from __future__ import annotations

import pytest

from tests.browser.lab import CELL_MS, ROOT
from tests.shop import CELL

pytestmark = pytest.mark.browser

SETUP = f"""\
import sys; sys.path.insert(0, {str(ROOT)!r})
from tests.shop import make_shop
users, products, orders, order_items = make_shop(60).tables().values()
%load_ext synthohive_jupyter"""
FIT = f"%%synthohive fit --model ctgan --epochs {{epochs}} --seed 7 -o shop\n{CELL.rstrip()}"
# What the manager of a host without a reachable kernel does, told by their sources: VS Code's
# kernel answers with the error of a server that is not there, Colab's manager has no kernel.
UNREACHABLE = {
    "rejects": '() => Promise.reject(new TypeError("Failed to fetch"))',
    "hangs": "() => new Promise(() => {})",
    "missing": "undefined",
}
REPLACE = """() => {{
    const kernel = window.jupyterapp.shell.currentWidget.sessionContext.session.kernel;
    window.press = kernel.interrupt.bind(kernel);
    kernel.interrupt = {interrupt};
}}"""


def test_notebook_7_shows_the_panel_and_stops(open_notebook):
    view = open_notebook("seven", [SETUP, FIT.format(epochs=60)], height=1000, app="notebook")
    view.run(0)
    view.start(1)
    panel = view.output(1).locator(".shj")
    panel.locator(".shj-curve").first.wait_for(timeout=CELL_MS)
    view.theme("JupyterLab Dark")
    panel.locator("tr.shj-done").first.wait_for(timeout=CELL_MS)
    view.screenshot("notebook7-dark")
    panel.locator(".shj-stop").click()
    view.wait(1)
    assert view.output(1).locator(".shj-ended").inner_text().startswith("■ run stopped")
    assert view.output(1).locator(".shj-card").is_visible()
    view.theme("JupyterLab Light")
    view.screenshot("notebook7-stopped")
    assert view.page.errors == []
    outputs = view.save().cells[1].outputs
    assert not any(output.output_type == "error" for output in outputs)


@pytest.mark.parametrize("kernel", UNREACHABLE)
def test_where_stop_cannot_reach_the_kernel_the_panel_says_what_does(open_notebook, kernel):
    view = open_notebook(f"stop-{kernel}", [SETUP, FIT.format(epochs=200)], height=1000)
    view.run(0)
    view.start(1)
    panel = view.output(1).locator(".shj")
    panel.locator("tr.shj-running").first.wait_for(timeout=CELL_MS)
    view.page.evaluate(REPLACE.format(interrupt=UNREACHABLE[kernel]))
    panel.locator(".shj-stop").click()
    view.page.wait_for_function(
        "() => { const header = document.querySelector('.shj-header');"
        " return !header || header.innerText.includes('■'); }",
        timeout=10_000,
    )
    if panel.count():
        view.page.evaluate("() => window.press()")
    view.wait(1)
    assert view.output(1).locator(".shj-ended").inner_text().startswith("■ run stopped")
    assert view.page.errors == []
