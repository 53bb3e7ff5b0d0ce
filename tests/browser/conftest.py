"""A real JupyterLab in Chromium: one server and one browser for all tests."""

from __future__ import annotations

import pytest

from tests.browser.lab import CELL_MS, ROOT, Notebook, chromium, jupyter, write_notebook

__all__ = ["CELL_MS", "ROOT"]


@pytest.fixture(scope="session")
def lab(tmp_path_factory):
    """The address of a JupyterLab and its folder."""
    with jupyter(tmp_path_factory.mktemp("lab")) as started:
        yield started


@pytest.fixture(scope="session")
def browser():
    with chromium() as started:
        yield started


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    report = yield
    item.failed = getattr(item, "failed", False) or report.failed
    return report


@pytest.fixture
def open_notebook(lab, browser, request):
    """Give a function that writes cells to a notebook and opens it.

    Where the test fails, what the notebooks show is kept as a picture.
    """
    address, work = lab
    contexts, views = [], []

    def opened(name, cells=None, *, height=1500, width=1200, app="lab", **context_options):
        path = work / f"{name}.ipynb"
        if cells is not None:
            write_notebook(path, cells)
        size = {"width": width, "height": height}
        contexts.append(browser.new_context(viewport=size, **context_options))
        views.append(Notebook(contexts[-1], address, path, app=app))
        return views[-1]

    yield opened
    if request.node.failed:
        for view in views:
            view.screenshot(f"failed-{view.path.stem}")
    for context in contexts:
        context.close()
