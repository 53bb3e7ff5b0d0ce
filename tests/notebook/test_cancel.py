"""The cancel matrix: every way to stop, on every kernel that behaves in a way of its own.

■ and the panel's Stop go through a real Jupyter server. Messages of the panel go over the subshell
that Lab 4.4 and later send them on: ipykernel 6.31 knows none and hears them when the cell has
ended, 7.3 hears them at once, and 7.4 does where the panel has pinned its reply route.
"""

import os
import shutil
import signal
import subprocess
import sys
import time

import psutil
import pytest

from tests.notebook.kernels import PATIENCE, ROOT, VERSIONS, Kernel, Server, with_hearing

pytestmark = pytest.mark.kernel

PROMPT = 20.0
"""None of these cells would end by itself. Here other tests may hold the machine; how quick a stop
is on one at rest is measured in `benchmarks`."""

SETUP = """\
import signal, time
import numpy as np
import pandas as pd
from synthohive_jupyter.models import registry
from synthohive_jupyter.notebook.verbs import check, fit
from tests.fakes import ResamplingModel

class Endless(ResamplingModel):
    "Learns orders as long as it is let; a step takes some milliseconds."

    def __init__(self, metadata, batch_size=500, epochs=300):
        super().__init__(metadata, batch_size, epochs)

    def fit(self, data, context=None, *, table_name, on_event=None, **options):
        if table_name != "orders":
            self.epochs = 2
        told = []
        def step(event):
            if table_name == "orders" and not told:
                told.append(print("begun", flush=True))
            np.linalg.svd(np.random.default_rng(0).random((60, 60)))
            on_event(event)
        return super().fit(data, context, table_name=table_name, on_event=step, **options)

registry.model_class = lambda name: Endless
users = pd.DataFrame({"id": range(30), "age": range(30)})
orders = pd.DataFrame({"id": range(90), "user_id": [i % 30 for i in range(90)], "total": range(90)})
before = signal.getsignal(signal.SIGINT)
%load_ext synthohive_jupyter
"""
SCHEMA = "users: id pk, age int\norders: id pk, user_id -> users.id, total int\n"
FIT = "%%synthohive fit --epochs 1000000 --seed 1 -o shop\n" + SCHEMA
SLOW = "real = {0}; {0} = lambda *a, **k: (print('slow', flush=True), time.sleep(60))"


@pytest.fixture(scope="module", params=VERSIONS)
def server(request, tmp_path_factory):
    found = Server(request.param, tmp_path_factory.mktemp("server"))
    yield found
    found.close()


@pytest.fixture(scope="module")
def kernel(server):
    """A kernel of the version, with the extension and data."""
    talk = Kernel(server, SETUP)
    assert talk.value("__import__('ipykernel').__version__").strip("'").startswith(server.version)
    return talk


def training(cell):
    """Say whether the table that never ends is in training."""
    return "begun" in cell.text


def slow(cell):
    """Say whether a step has begun that takes a minute."""
    return "slow" in cell.text


def is_fine(kernel):
    """Say whether the kernel is alive and interrupts are what they were."""
    return kernel.value("signal.getsignal(signal.SIGINT) is before") == "True"


def stopped_gracefully(kernel, cell):
    assert cell.seconds < PROMPT
    assert cell.error is None, cell.error
    assert cell.text == "begun\n"
    assert kernel.value("shop.run.status, shop.run.finished, len(shop.users)") == (
        "('stopped', ('users',), 30)"
    )
    assert is_fine(kernel)


@with_hearing
def test_interrupt_while_training(kernel):
    cell = kernel.start(FIT).wait(training)
    kernel.interrupt()
    stopped_gracefully(kernel, cell.wait())


@with_hearing
def test_a_double_click_asks_for_one_stop(kernel):
    cell = kernel.start(FIT).wait(training)
    kernel.interrupt()
    kernel.interrupt()
    stopped_gracefully(kernel, cell.wait())


@with_hearing
def test_interrupt_twice_raises(kernel):
    kernel.run("shop = None")
    kernel.run(SLOW.format("Endless.fit"))
    cell = kernel.start(FIT).wait(slow)
    kernel.interrupt()
    time.sleep(0.7)  # no double click
    kernel.interrupt()
    cell.wait()
    kernel.run("Endless.fit = real")
    assert cell.error[0] == "KeyboardInterrupt"
    assert kernel.value("shop is None") == "True"
    assert is_fine(kernel)


@with_hearing
def test_interrupt_while_the_data_is_counted(kernel):
    kernel.run(SLOW.format("fit.facts_of"))
    cell = kernel.start(FIT).wait(slow)
    kernel.interrupt()
    cell.wait()
    kernel.run("fit.facts_of = real")
    assert cell.seconds < PROMPT
    assert cell.error == ("RunInterrupted", "RunInterrupted: stopped; nothing has been trained")
    assert is_fine(kernel)


@with_hearing
def test_interrupt_while_checking(kernel):
    kernel.run(SLOW.format("check.facts_of"))
    cell = kernel.start("%%synthohive check\n" + SCHEMA).wait(slow)
    kernel.interrupt()
    cell.wait()
    kernel.run("check.facts_of = real")
    assert cell.seconds < PROMPT
    assert cell.error[0] == "RunInterrupted"
    assert len(cell.error[1].splitlines()) == 1
    assert is_fine(kernel)


@with_hearing
def test_interrupt_while_rows_are_made(kernel):
    kernel.run(SLOW.format("Endless.sample"))
    cell = kernel.start(FIT.replace("1000000", "3")).wait(slow)
    kernel.interrupt()
    cell.wait()
    kernel.run("Endless.sample = real")
    assert cell.seconds < PROMPT
    assert cell.error is None
    assert kernel.value("shop.run.status, list(shop)") == "('finished', [])"
    kernel.run("%synthohive generate shop -o rows")
    assert kernel.value("len(rows.users)") == "30"
    assert is_fine(kernel)


def panel_of(cell):
    """Return the comm of the panel that a cell shows."""
    opened = cell.of("comm_open")
    return next(c["comm_id"] for c in opened if "anywidget" in str(c["data"]))


@with_hearing
def test_stop_by_a_message_of_the_panel(kernel, server):
    cell = kernel.start(FIT).wait(training)
    kernel.widget_message(panel_of(cell), {"kind": "stop"}, kernel.subshell())
    if server.version == "6.31":
        # Heard when the cell has ended: the page tells to press ■, which stays what it was.
        time.sleep(1)
        kernel.interrupt()
    stopped_gracefully(kernel, cell.wait())


@with_hearing
def test_a_message_after_the_end_does_no_harm(kernel):
    cell = kernel.start(FIT).wait(training)
    kernel.interrupt()
    cell.wait()
    kernel.widget_message(panel_of(cell), {"kind": "stop"}, kernel.subshell())
    again = kernel.run(FIT.replace("1000000", "3"))
    assert again.error is None
    assert kernel.value("shop.run.status") == "'finished'"
    assert is_fine(kernel)


@with_hearing
def test_an_interrupt_and_a_message_are_one_stop(kernel):
    cell = kernel.start(FIT).wait(training)
    kernel.interrupt()
    kernel.widget_message(panel_of(cell), {"kind": "stop"}, kernel.subshell())
    stopped_gracefully(kernel, cell.wait())


@with_hearing
def test_interrupt_by_message_of_the_protocol(server):
    kernel = Kernel(server, SETUP, "message")
    cell = kernel.start(FIT).wait(training)
    kernel.interrupt()
    stopped_gracefully(kernel, cell.wait())


@with_hearing
def test_another_kernel_resumes_what_one_that_was_killed_has_left(server):
    victim, other = Kernel(server, SETUP), Kernel(server, SETUP)
    shutil.rmtree(server.folder / "kept", ignore_errors=True)
    # The first checkpoint is that of epoch 10.
    victim.start(FIT).wait(lambda cell: training(cell) and "final_checkpoint" in kept(server))
    process = psutil.Process(victim.pid)
    process.kill()
    psutil.wait_procs([process], timeout=PATIENCE)
    cell = other.start(FIT.replace("-o shop", "-o shop --resume")).wait(training)
    other.interrupt()
    stopped_gracefully(other, cell.wait())
    notices = other.value("sorted((n.table, n.message[:15]) for n in shop.run.state.notices)")
    assert notices == "[('orders', 'goes on from it'), ('users', 'unchanged since')]"


def kept(server):
    """Return what the server's kernels keep for orders."""
    return str(list((server.folder / "kept").glob("run-*/orders/*")))


def in_terminal(tmp_path, code):
    """Run code in IPython without a kernel; return what it prints after an interrupt."""
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "IPYTHONDIR": str(tmp_path / "ipython"),
        "SYNTHOHIVE_DISPLAY": "none",
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "IPython", "--no-banner", "--colors=NoColor", "-c", code],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert any(line.strip() == "begun" for line in process.stdout)
    process.send_signal(signal.SIGINT)
    return process.communicate(timeout=PATIENCE)[0]


def test_interrupt_in_a_terminal(tmp_path):
    code = (
        f"shell = get_ipython()\nshell.run_cell({SETUP!r})\n"
        f"ran = shell.run_cell({FIT!r})\n"
        "print(shell.user_ns['shop'].run.status, shell.user_ns['shop'].run.finished)\n"
        "ran = shell.run_cell('print(signal.getsignal(signal.SIGINT) is before)')\n"
    )
    said = in_terminal(tmp_path, code)
    assert said.splitlines()[-2:] == ["stopped ('users',)", "True"], said
