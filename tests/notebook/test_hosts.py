"""The cell where nobody looks on: plain IPython, nbclient, nbconvert, papermill; Colab by its rules.

`docs/hosts.md` tells what holds in each host, and which of it is checked here.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys

import nbformat
import papermill
import pytest
from jupyter_client.manager import start_new_kernel
from nbclient import NotebookClient
from nbconvert import HTMLExporter

from tests.engines import ROOT
from tests.shop import CELL

pytestmark = pytest.mark.kernel

SETUP = f"""\
import sys; sys.path.insert(0, {str(ROOT)!r})
from tests.shop import make_shop
users, products, orders, order_items = make_shop(60).tables().values()
"""
LOAD = "%load_ext synthohive_jupyter"
FIT = "%%synthohive fit --model ctgan --epochs 3 --seed 7 -o shop\n" + CELL
TYPO = "%%synthohive check\nusers: id pk\norders: id pk, user_id -> usrs.id\n"
WIDGET = "application/vnd.jupyter.widget-view+json"
TABLES = ("users", "products", "orders", "order_items")
JUNK = ("HBox", "RunPanel", "Traceback", "<div", "\x1b]")


@pytest.fixture
def environment(tmp_path, monkeypatch):
    """Give the processes started here a configuration of their own."""
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    monkeypatch.delenv("SYNTHOHIVE_DISPLAY", raising=False)
    return monkeypatch


def ipython(*arguments, stdin="", folder):
    command = [sys.executable, "-m", "IPython", "--colors=nocolor", "--no-banner", *arguments]
    return subprocess.run(
        command, input=stdin, cwd=folder, capture_output=True, text=True, check=False, timeout=120
    )


def write_notebook(path, *cells):
    made = [nbformat.v4.new_code_cell(cell) for cell in cells]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(nbformat.v4.new_notebook(cells=made, metadata={"kernelspec": kernel}), path)
    return path


def results(cell):
    return [output for output in cell.outputs if output.output_type == "execute_result"]


def stderr(cell):
    return "".join(o.text for o in cell.outputs if o.output_type == "stream" and o.name == "stderr")


def test_a_notebook_run_in_plain_ipython_shows_text_only(environment, tmp_path):
    write_notebook(tmp_path / "shop.ipynb", SETUP, LOAD, FIT, "len(shop.users)")
    after = "print(len(shop.users), shop.report.valid, len(more.users))"
    more = "%synthohive generate shop --rows users=5 -o more"
    done = ipython("-c", f"%run shop.ipynb\n{more}\n{after}", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "60 True 5" in done.stdout
    for table in TABLES:
        assert re.search(rf"^{table}\b.*synthetic rows", done.stderr, re.MULTILINE)
    assert not [junk for junk in JUNK if junk in done.stdout + done.stderr]


def test_a_terminal_shows_the_card_and_the_mistake_as_text(environment, tmp_path):
    typed = f"{SETUP}\n{LOAD}\n{FIT}\n\n{TYPO}\n\nshop\n1 + 1\n"
    done = ipython("--simple-prompt", "--no-confirm-exit", stdin=typed, folder=tmp_path)
    printed = done.stdout + done.stderr
    assert "did you mean 'users'?" in printed
    assert re.search(r"orders +\d+ +\d+", printed), "the card is a table of text"
    assert not [junk for junk in JUNK if junk in printed]
    assert "]: 2" in done.stdout, "the session goes on after the mistake"


def test_text_bars_do_not_fill_a_notebook_that_nobody_watches(environment, tmp_path):
    environment.setenv("SYNTHOHIVE_DISPLAY", "text")
    long = FIT.replace("--epochs 3", "--epochs 15")
    book = nbformat.read(write_notebook(tmp_path / "long.ipynb", SETUP, LOAD, long), as_version=4)
    NotebookClient(book, timeout=300, resources={"metadata": {"path": str(tmp_path)}}).execute()
    (_, _, fit) = book.cells
    assert not [o for o in fit.outputs if WIDGET in o.get("data", {})]
    lines = [line for line in re.split(r"[\r\n]+", stderr(fit)) if line.strip()]
    assert {re.split(r"\W", line)[0] for line in lines} == set(TABLES)
    assert len(lines) <= 3 * len(TABLES), "when it is fitted, when it is made, at the end"
    assert len(results(fit)) == 1


def test_nbconvert_executes_and_makes_a_page_that_needs_no_script(environment, tmp_path):
    path = write_notebook(tmp_path / "shop.ipynb", SETUP, LOAD, FIT, "%%synthohive check\n" + CELL)
    command = [sys.executable, "-m", "nbconvert", "--to", "html", "--execute", str(path)]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    page = (tmp_path / "shop.html").read_text()
    assert page.count('class="shj-card ') == 2
    assert "children per parent" in page
    assert "Traceback" not in page


def test_nbconvert_stops_at_a_mistake_and_quotes_it(environment, tmp_path):
    path = write_notebook(tmp_path / "typo.ipynb", LOAD, TYPO)
    command = [sys.executable, "-m", "nbconvert", "--to", "notebook", "--execute", str(path)]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "SchemaError" in done.stderr
    assert "did you mean 'users'?" in done.stderr


def test_papermill_fills_in_parameters(environment, tmp_path):
    parameters = nbformat.v4.new_code_cell(
        "seed = 1\nepochs = 1", metadata={"tags": ["parameters"]}
    )
    fit = FIT.replace("--epochs 3 --seed 7", "--epochs {{epochs}} --seed {{seed}}")
    check = "assert (shop.report.seed, len(shop.users)) == (23, 60)"
    path = write_notebook(tmp_path / "in.ipynb", SETUP, LOAD, fit, check)
    book = nbformat.read(path, as_version=4)
    book.cells.insert(0, parameters)
    nbformat.write(book, path)
    out = tmp_path / "out.ipynb"
    papermill.execute_notebook(
        str(path), str(out), parameters={"seed": 23, "epochs": 2}, cwd=str(tmp_path),
        progress_bar=False, log_output=False,
    )  # fmt: skip
    done = nbformat.read(out, as_version=4)
    cell = next(each for each in done.cells if each.source.startswith("%%synthohive fit"))
    (result,) = results(cell)
    assert {"text/plain", "text/html"} <= set(result.data)
    assert stderr(cell) == ""
    assert not [o for each in done.cells for o in each.outputs if o.output_type == "error"]
    assert out.stat().st_size < 1_000_000
    HTMLExporter(template_name="lab").from_notebook_node(done)


def test_the_first_cell_loads_what_a_mistake_needs_and_no_more():
    """The goal is an error within a tenth of a second; pandas alone takes half a second."""
    heavy = "numpy pandas torch pyspark pysail matplotlib anywidget sqlglot pydbml ruamel psutil"
    script = (
        "import sys, synthohive_jupyter.notebook.verbs.table\n"
        f"print(*[name for name in {heavy.split()!r} if name in sys.modules])"
    )
    command = [sys.executable, "-c", script]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


COLAB = '''
"""What Colab has, as far as widgets are concerned."""

from types import SimpleNamespace

_widgets = SimpleNamespace(_installed_url=None)


def enable_custom_widget_manager():
    _widgets._installed_url = "https://colab.test/manager.js"
'''


def test_colab_is_told_to_load_the_manager_that_knows_our_panel(environment, tmp_path):
    package = tmp_path / "google" / "colab"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("")
    (package / "output.py").write_text(COLAB)
    environment.setenv("PYTHONPATH", os.pathsep.join([str(ROOT), str(tmp_path)]))
    manager, client = start_new_kernel(kernel_name="python3", cwd=str(tmp_path))
    said = []
    try:
        for cell in (f"import google.colab.output\n{SETUP}", LOAD, FIT):
            client.execute_interactive(cell, output_hook=said.append, timeout=200)
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
    # As it is shown; at the end of the run a still line takes its place.
    shown = [m["content"] for m in said if WIDGET in m["content"].get("data", {})]
    loader = shown[0]["metadata"][WIDGET]["colab"]["custom_widget_manager"]
    assert loader == {"url": "https://colab.test/manager.js"}
    assert [m for m in said if m["msg_type"] == "execute_result"]
