"""A saved report, opened by somebody who does not trust the notebook: nothing of it is lost."""

import pytest

from tests.reports import notebook_cells

pytestmark = pytest.mark.browser

LOADED = "images => images.every(image => image.complete && image.naturalWidth > 300)"


@pytest.mark.parametrize("app", ["lab", "notebook"])
def test_tables_and_pictures_are_there_without_trust(open_notebook, app):
    view = open_notebook(f"report-{app}", notebook_cells(), app=app)
    card = view.page.locator(".shj-card")
    card.wait_for()
    # Notebook 7 draws Mermaid in Markdown alone: there the picture of ours is shown.
    view.page.wait_for_selector(f".jp-Rendered{'Mermaid' if app == 'lab' else 'Image'} img")
    pictures = card.locator("img")
    assert pictures.count() == 3
    assert pictures.evaluate_all(LOADED)
    assert "users → orders children per parent, user_id" in card.inner_text()
    assert card.locator("tbody").first.locator("tr").count() == 2
    linkage = card.locator("details").first
    assert not linkage.locator("table").is_visible()
    linkage.locator("summary").click()
    assert "50 % → 52 %" in linkage.inner_text()
    view.screenshot(f"report-untrusted-{app}-light")
    if app == "lab":
        trusted = "() => jupyterapp.shell.currentWidget.model.cells.get(1).trusted"
        assert view.page.evaluate(trusted) is False
        view.theme("JupyterLab Dark")
        view.screenshot("report-untrusted-lab-dark")
    assert view.page.errors == []


def test_a_narrow_page_puts_pictures_below_each_other(open_notebook):
    view = open_notebook("report-narrow", notebook_cells(), width=560)
    pictures = view.page.locator(".shj-card img")
    pictures.first.wait_for()
    boxes = [pictures.nth(place).bounding_box() for place in range(3)]
    assert len({round(box["x"]) for box in boxes}) == 1
    view.screenshot("report-narrow")
