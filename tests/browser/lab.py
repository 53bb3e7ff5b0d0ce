"""A JupyterLab server of its own, and a notebook opened in it (or in Notebook 7, its other face)."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import nbformat

ROOT = Path(__file__).parents[2]
SCREENSHOTS = ROOT / "artifacts" / "screenshots"
CHROMIUM = shutil.which("chromium") or "/usr/bin/chromium"
FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip
TOKEN = "browser-tests"
START_SECONDS = 90
CELL_MS = 120_000
KERNEL = {"name": "python3", "display_name": "Python 3", "language": "python"}
SETTINGS = {
    "apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
    "docmanager-extension/plugin": {"autosave": False},
}
ADDRESSES = {
    "lab": "/lab/workspaces/{name}/tree/{name}.ipynb?token={token}&reset",
    "notebook": "/notebooks/{name}.ipynb?token={token}",
}
IDLE = """() => {
    const view = window.jupyterapp && window.jupyterapp.shell.currentWidget;
    const session = view && view.sessionContext && view.sessionContext.session;
    return session && session.kernel && session.kernel.status === "idle";
}"""
RUN = """([index, name]) => {
    const app = window.jupyterapp;
    const notebook = app.shell.currentWidget.content;
    notebook.activeCellIndex = index;
    notebook.deselectAll();
    const node = notebook.widgets[index].node;
    node.dataset.done = "";
    void notebook.scrollToItem(index, "start");
    void app.commands.execute(name).then(() => { node.dataset.done = "yes"; });
}"""
DONE = """(index) => {
    const cell = window.jupyterapp.shell.currentWidget.content.widgets[index];
    return cell.node.dataset.done === "yes";
}"""


@contextmanager
def jupyter(home):
    """Start a server with a configuration of its own; give its address and its folder."""
    work = home / "work"
    work.mkdir()
    for name, values in SETTINGS.items():
        file = home / "settings" / "@jupyterlab" / f"{name}.jupyterlab-settings"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(values))
    port = _free_port()
    environment = {
        **os.environ,
        "OMP_NUM_THREADS": "1",
        "PYTHONPATH": str(ROOT),
        "SYNTHOHIVE_CHECKPOINTS": str(home / "checkpoints"),
        "JUPYTERLAB_SETTINGS_DIR": str(home / "settings"),
        "IPYTHONDIR": str(home / "ipython"),
        **{f"JUPYTER_{part}_DIR": str(home / part) for part in ("CONFIG", "DATA", "RUNTIME")},
    }
    environment.pop("SYNTHOHIVE_DISPLAY", None)
    command = [
        sys.executable, "-m", "jupyterlab", "--no-browser", f"--port={port}", "--allow-root",
        f"--IdentityProvider.token={TOKEN}", f"--ServerApp.root_dir={work}",
        "--ServerApp.port_retries=0", "--LabApp.expose_app_in_browser=True",
        "--JupyterNotebookApp.expose_app_in_browser=True",
    ]  # fmt: skip
    with (home / "lab.log").open("wb") as log:
        server = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
        try:
            _wait_for(f"http://127.0.0.1:{port}/api/status?token={TOKEN}", server)
            yield f"http://127.0.0.1:{port}", work
        finally:
            server.terminate()
            server.wait(timeout=30)


def _free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _wait_for(address, server):
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if server.poll() is not None:
            raise RuntimeError("JupyterLab has ended")
        try:
            with urlopen(address, timeout=2):
                return
        except (URLError, OSError):
            time.sleep(0.5)
    raise TimeoutError("JupyterLab did not answer")


@contextmanager
def chromium():
    """Start the browser."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield started
        started.close()


def write_notebook(path, cells):
    """Write a notebook: strings become code cells."""
    made = [nbformat.v4.new_code_cell(c) if isinstance(c, str) else c for c in cells]
    book = nbformat.v4.new_notebook(cells=made, metadata={"kernelspec": KERNEL})
    nbformat.write(book, path)


class Notebook:
    """A notebook in the browser.

    Attributes:
        page: The page; ``page.errors`` lists what its scripts could not do.
        path: The file.
    """

    def __init__(self, context, address, path, *, app="lab"):
        self.path = path
        self.page = context.new_page()
        self.page.errors = []
        self.page.on("pageerror", lambda error: self.page.errors.append(str(error)))
        self._app = app
        self._address = address + ADDRESSES[app].format(name=path.stem, token=TOKEN)
        self.open()

    def open(self):
        """Load the page, also anew, and wait for its kernel."""
        self.page.goto(self._address)
        self.page.wait_for_selector(".jp-Notebook .jp-CodeCell", timeout=60_000)
        self.page.wait_for_function(IDLE, timeout=60_000)
        # Notebook 7 stumbles over a setting of its own while it opens: that is not ours.
        self.page.errors.clear()
        if self._app == "lab":
            self.command("application:toggle-left-area")

    def command(self, name, **arguments):
        """Execute a command of JupyterLab without waiting for what it starts."""
        script = "([n, a]) => { void window.jupyterapp.commands.execute(n, a); }"
        self.page.evaluate(script, [name, arguments])

    def run_all(self):
        self.command("notebook:run-all-cells")

    def start(self, index, command="notebook:run-cell"):
        """Run a cell without waiting for its end."""
        self.page.evaluate(RUN, [index, command])

    def wait(self, index):
        """Wait until a cell that was started has ended."""
        self.page.wait_for_function(DONE, arg=index, timeout=CELL_MS)

    def run(self, index):
        """Run a cell to its end; return its output."""
        self.start(index)
        self.wait(index)
        return self.output(index)

    def cell(self, index):
        """The cell, as a locator."""
        return self.page.locator(f'.jp-Cell[data-windowed-list-index="{index}"]')

    def output(self, index):
        """What a cell shows, as a locator."""
        return self.cell(index).locator(".jp-Cell-outputArea")

    def theme(self, name):
        self.command("apputils:change-theme", theme=name)
        light = str(name == "JupyterLab Light").lower()
        self.page.wait_for_selector(f'body[data-jp-theme-light="{light}"]', state="attached")

    def save(self):
        """Save the notebook and return it."""
        script = "() => window.jupyterapp.commands.execute('docmanager:save').then(() => true)"
        self.page.evaluate(script)
        return nbformat.read(self.path, as_version=4)

    def screenshot(self, name):
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=SCREENSHOTS / f"{name}.png")
