"""A real Jupyter kernel, spoken to as a front end does: what travels while a cell fits."""

from __future__ import annotations

import json
import os
import queue
import time
from pathlib import Path

import nbformat
import pytest
from jupyter_client.manager import start_new_kernel

from tests.shop import CELL, make_shop

pytestmark = pytest.mark.kernel

ROOT = Path(__file__).parents[2]
PATIENCE = 120.0
USERS = 60
SETUP = f"""\
import sys; sys.path.insert(0, {str(ROOT)!r})
from tests.shop import make_shop
users, products, orders, order_items = make_shop({USERS}).tables().values()
%load_ext synthohive_jupyter
"""
FIT = "%%synthohive fit --model ctgan --epochs {epochs} --seed 7 -o shop\n" + CELL


class Kernel:
    """A kernel and what it has said."""

    def __init__(self, manager, client):
        self.manager = manager
        self.client = client

    def start(self, code):
        return self.client.execute(code)

    def messages(self, request):
        """Yield what the kernel publishes for a request until it is idle again."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            try:
                message = self.client.get_iopub_msg(timeout=1)
            except queue.Empty:
                continue
            if message["parent_header"].get("msg_id") != request:
                continue
            if message["msg_type"] == "status" and message["content"]["execution_state"] == "idle":
                return
            yield message
        raise TimeoutError("the kernel did not come to rest")

    def run(self, code):
        """Run a cell to its end; return its messages and its reply."""
        request = self.start(code)
        said = list(self.messages(request))
        return said, self.reply(request)

    def reply(self, request):
        while True:
            reply = self.client.get_shell_msg(timeout=PATIENCE)
            if reply["parent_header"]["msg_id"] == request:
                return reply["content"]

    def value(self, expression):
        said, _ = self.run(expression)
        (result,) = of(said, "execute_result")
        return result["data"]["text/plain"]


@pytest.fixture(scope="module")
def kernel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("kernel")
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "IPYTHONDIR": str(folder / "ipython")}
    environment.pop("SYNTHOHIVE_DISPLAY", None)
    manager, client = start_new_kernel(kernel_name="python3", env=environment, cwd=str(folder))
    talk = Kernel(manager, client)
    said, reply = talk.run(SETUP)
    assert reply["status"] == "ok", said
    yield talk
    client.stop_channels()
    manager.shutdown_kernel(now=True)


def of(said, kind):
    return [message["content"] for message in said if message["msg_type"] == kind]


def panel_messages(said):
    """Return the states and increments that the panel was sent, in order."""
    found = []
    for message in said:
        data = message["content"].get("data", {})
        if message["msg_type"] == "comm_open" and "state" in data.get("state", {}):
            found.append(("state", unpacked(data["state"]["state"]), message))
        elif message["msg_type"] == "comm_msg" and data.get("method") == "update":
            if "state" in data["state"]:
                found.append(("state", unpacked(data["state"]["state"]), message))
        elif message["msg_type"] == "comm_msg" and data.get("method") == "custom":
            change = unpacked(data["content"].get("change"))
            found.append((data["content"]["kind"], change, message))
    return found


def unpacked(text):
    return json.loads(text) if text else None


def text_of(said, stream):
    return "".join(c["text"] for c in of(said, "stream") if c["name"] == stream)


def test_a_fit_sends_its_epochs_to_the_panel_and_leaves_a_still_result(kernel):
    said, reply = kernel.run(FIT.format(epochs=6))
    assert reply["status"] == "ok"
    assert text_of(said, "stderr") == ""
    assert text_of(said, "stdout") == ""
    sent = panel_messages(said)
    last = sent[-1][1]
    assert sent[-1][0] == "state"
    assert last["status"] == "finished"
    assert list(last["tables"]) == ["products", "users", "orders", "order_items"]
    for table in last["tables"].values():
        assert [epoch for epoch, _ in table["curves"]["critic"]["points"]] == [1, 2, 3, 4, 5, 6]
    seen = {
        (name, table["epoch"])
        for _, change, _ in sent
        if change
        for name, table in change["tables"].items()
        if table["status"] == "running"
    }
    assert len(seen) >= 8, "epochs were shown while they ran"
    assert last["tables"]["orders"]["linkages"][0]["synthetic"]
    (result,) = of(said, "execute_result")
    assert {"text/plain", "text/html", "image/png"} <= set(result["data"])
    (panel,) = [
        c
        for c in of(said, "display_data")
        if "application/vnd.jupyter.widget-view+json" in c["data"]
    ]
    assert panel["data"]["text/plain"].startswith("SynthoHive run")
    (final,) = of(said, "update_display_data")
    assert final["data"]["text/plain"].startswith("✓ run finished · 4 of 4 tables")
    assert "application/vnd.jupyter.widget-view+json" not in final["data"]


def test_the_run_shows_the_panel_again(kernel):
    kernel.run("%config SynthoHiveMagics.model = 'tree'")
    kernel.run(FIT.format(epochs=6).replace("--model ctgan ", ""))
    said, _ = kernel.run("shop.run")
    (shown,) = of(said, "execute_result")
    assert "application/vnd.jupyter.widget-view+json" in shown["data"]
    assert panel_messages(said)[-1][1]["status"] == "finished"


def test_the_panel_is_not_flooded(kernel):
    said, _ = kernel.run(FIT.format(epochs=15))
    times = [message["header"]["date"] for _, _, message in panel_messages(said)[1:-1]]
    for first, ninth in zip(times, times[9:], strict=False):
        assert (ninth - first).total_seconds() > 0.9, "at most about eight updates a second"


def test_the_panel_is_there_at_once(kernel):
    started = time.monotonic()
    request = kernel.start(FIT.format(epochs=2))
    first = next(m for m in kernel.messages(request) if m["msg_type"] == "display_data")
    assert "application/vnd.jupyter.widget-view+json" in first["content"]["data"]
    assert time.monotonic() - started < 2.0
    list(kernel.messages(request))
    kernel.reply(request)


def wait_until_done(kernel, request, tables):
    """Read messages until so many tables are fitted; return them."""
    said = []
    for message in kernel.messages(request):
        said.append(message)
        done = {
            name
            for _, change, _ in panel_messages([message])
            if change
            for name, table in change["tables"].items()
            if table["status"] == "done"
        }
        if len(done) >= tables:
            return said
    raise AssertionError("the cell has ended before")


def test_an_interrupt_keeps_finished_tables(kernel):
    request = kernel.start(FIT.format(epochs=25))
    said = wait_until_done(kernel, request, 1)
    pressed = time.monotonic()
    kernel.manager.interrupt_kernel()
    said += list(kernel.messages(request))
    assert time.monotonic() - pressed < 20
    assert kernel.reply(request)["status"] == "ok"
    assert text_of(said, "stderr") == ""
    # "Stopping" is shown in between only where the batch outlasts an update of the panel.
    assert panel_messages(said)[-1][1]["status"] == "stopped"
    (result,) = of(said, "execute_result")
    assert "stopped; kept: products" in result["data"]["text/plain"]
    assert kernel.value("sorted(shop)[0], len(shop.products)") == "('products', 40)"


def test_the_kernel_can_be_interrupted_as_before_afterwards(kernel):
    request = kernel.start("import time\ntime.sleep(60)")
    time.sleep(1)
    kernel.manager.interrupt_kernel()
    said = list(kernel.messages(request))
    assert of(said, "error")[0]["ename"] == "KeyboardInterrupt"
    kernel.reply(request)


def test_a_second_interrupt_raises(kernel):
    kernel.run("shop = None")
    # A batch that never ends by itself: only the second interrupt gets out of it.
    slow = (
        "from synthohive_jupyter.models.ctgan.model import CTGAN\n"
        "import time\n"
        "real_fit = CTGAN.fit\n"
        "CTGAN.fit = lambda *a, **k: time.sleep(60)\n"
    )
    kernel.run(slow)
    request = kernel.start(FIT.format(epochs=2))
    messages = kernel.messages(request)
    next(m for m in messages if m["msg_type"] == "display_data")
    time.sleep(1)
    kernel.manager.interrupt_kernel()
    time.sleep(1)
    kernel.manager.interrupt_kernel()
    said = list(messages)
    assert of(said, "error")[0]["ename"] == "KeyboardInterrupt"
    kernel.reply(request)
    assert panel_messages(said)[-1][1]["status"] == "stopped"
    kernel.run("CTGAN.fit = real_fit")
    assert kernel.value("shop is None") == "True"


def test_a_mistake_comes_without_a_traceback(kernel):
    said, reply = kernel.run("%%synthohive fit\nusers: id pk\norders: id pk, user_id -> usrs.id")
    assert reply["status"] == "error"
    (error,) = of(said, "error")
    assert error["ename"] == "SchemaError"
    assert error["traceback"][0].startswith("SchemaError: cell line 3, column 27: unknown table")
    assert len(error["traceback"]) == 3
    assert not of(said, "display_data")


def test_silent_cells_say_nothing(kernel):
    said, reply = kernel.run(FIT.format(epochs=1).replace("-o shop", "-o quiet --display none"))
    assert reply["status"] == "ok"
    assert not of(said, "display_data")
    assert not of(said, "execute_result")
    assert not of(said, "stream")
    said, _ = kernel.run("%synthohive generate quiet --rows users=4 -o less;")
    assert not of(said, "execute_result")
    assert kernel.value("len(less.users)") == "4"


def test_lines_of_text_instead_of_the_panel(kernel):
    said, _ = kernel.run("%env SYNTHOHIVE_DISPLAY=text")
    said, _ = kernel.run(FIT.format(epochs=2))
    kernel.run("%env SYNTHOHIVE_DISPLAY=auto")
    assert not panel_messages(said)
    lines = text_of(said, "stderr").splitlines()
    assert any(line.startswith("users: fitted in") for line in lines)
    assert f"users: {USERS} synthetic rows" in lines
    tables = ("users: ", "products: ", "orders: ", "order_items: ")
    told = [line for line in lines if line.startswith(tables)]
    assert len(told) == 8, "a saved notebook keeps every line: two a table, beside warnings"


def test_an_executed_notebook_becomes_a_page_with_pictures_and_without_the_data(tmp_path):
    from nbclient import NotebookClient
    from nbconvert import HTMLExporter

    cells = [SETUP, FIT.format(epochs=2), "%%synthohive check\n" + CELL]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(c) for c in cells])
    NotebookClient(notebook, timeout=PATIENCE, resources={"metadata": {"path": tmp_path}}).execute()
    page, _ = HTMLExporter(template_name="lab").from_notebook_node(notebook)
    assert page.count('class="shj-card ') == 2
    assert "children per parent" in page
    outputs = notebook.cells[2].outputs
    assert any("text/vnd.mermaid" in o.get("data", {}) for o in outputs)
    saved = nbformat.writes(notebook)
    assert len(saved) < 1_000_000
    for secret in (*make_shop(USERS).users.email, *make_shop(USERS).users.ssn):
        assert secret not in saved
