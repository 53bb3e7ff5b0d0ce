"""What the storyboard does not tell: the default model, the first schema, a session's tables."""

from __future__ import annotations

import pytest

from tests.browser.lab import CELL_MS, ROOT
from tests.shop import CELL

pytestmark = pytest.mark.browser

SETUP = f"""\
import sys; sys.path.insert(0, {str(ROOT)!r})
from tests.shop import make_shop
users, products, orders, order_items = make_shop(120).tables().values()
%load_ext synthohive_jupyter"""


def test_the_default_model_is_done_in_a_moment_and_counts_columns(open_notebook):
    fit = f"%%synthohive fit --seed 7 -o shop\n{CELL}"
    view = open_notebook("default", [SETUP, fit, "shop.run"])
    view.run_all()
    live = view.page.locator(".shj")
    view.page.wait_for_selector('.shj[data-status="finished"]', timeout=CELL_MS)
    card = view.page.locator(".shj-card")
    card.locator("img").first.wait_for()
    assert view.page.locator(".shj-ended").inner_text().endswith("shop.run shows the panel again")
    live.locator(".shj-fold").click()
    assert live.locator(".shj-tables th").nth(3).inner_text() == "Column"
    # Of the orders two: when one was placed is drawn before the model.
    assert "2/2" in live.locator(".shj-tables tbody").inner_text()
    assert "TreeSynth" in card.inner_text()
    view.screenshot("default-end")
    assert view.page.errors == []


def test_init_writes_the_next_cell_and_that_cell_runs(open_notebook):
    view = open_notebook("init", [SETUP, "%synthohive init users orders", "1 + 1"], height=1100)
    view.run(0)
    view.run(1)
    editor = view.cell(2).locator(".cm-content")
    view.page.wait_for_function(
        "() => window.jupyterapp.shell.currentWidget.content.widgets.length === 4"
    )
    written = editor.inner_text()
    assert written.startswith("%%synthohive")
    for part in ("users:", "pii(fake)", "user_id -> users.id"):
        assert part in written
    view.screenshot("init")
    output = view.run(2)
    output.locator(".shj-card").first.wait_for(timeout=CELL_MS)
    assert "Error" not in output.inner_text()
    assert view.page.errors == []
