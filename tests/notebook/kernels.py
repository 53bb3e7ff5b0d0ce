"""Real kernels of several versions of ipykernel, behind a real Jupyter server, as Lab has them.

A version that is not that of the environment is unpacked into ``.venv/kernels`` once, from its
lock, and stands before the environment's on the path of the kernel.
"""

from __future__ import annotations

import contextlib
import functools
import json
import os
import queue
import secrets
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest
from jupyter_client.blocking.client import BlockingKernelClient

ROOT = Path(__file__).parents[2]
LOCKS = Path(__file__).parent / "locks"
VERSIONS = tuple(sorted(lock.stem.removeprefix("ipykernel-") for lock in LOCKS.glob("*.lock")))
PATIENCE = 120.0
DEAF_SECONDS = 15.0


class DeafError(Exception):
    """A kernel says nothing at all of a cell, not even that it is busy.

    ipykernel 7.3.0 becomes so after some fifty requests, of plain cells too, and its main thread
    sleeps from then on; 6.31 and 7.4 do not. Nobody is helped but by a new kernel.
    """


def with_hearing(test):
    """Run a test again, with a new kernel, where its kernel has become deaf."""

    @functools.wraps(test)
    def run(**fixtures):
        for _ in range(4):
            try:
                return test(**fixtures)
            except DeafError:
                if "kernel" in fixtures:
                    fixtures["kernel"].renew()
        raise TimeoutError("every kernel has become deaf")

    return run


def ipykernel(version):
    """Return the folder of a version; the test is skipped where it cannot be fetched.

    With ``CI=true`` nothing is skipped.
    """
    lock = LOCKS / f"ipykernel-{version}.lock"
    place = Path(sys.prefix) / "kernels" / version
    done = place / ".installed"
    if done.exists() and done.read_text() == lock.read_text():
        return place
    command = [
        sys.executable, "-m", "uv", "pip", "install", "--quiet", "--no-deps", "--require-hashes",
        "--target", str(place), "--requirements", str(lock),
    ]  # fmt: skip
    installed = subprocess.run(command, capture_output=True, text=True, check=False)
    if installed.returncode:
        if os.environ.get("CI") == "true":
            raise RuntimeError(installed.stderr)
        pytest.skip(f"ipykernel {version} cannot be fetched here")
    done.write_text(lock.read_text())
    return place


class Server:
    """A Jupyter server with kernels of one version.

    Args:
        version: Of ipykernel.
        folder: Where it keeps its files.
    """

    def __init__(self, version, folder):
        self._token, self.folder, self.version = secrets.token_hex(), folder, version
        for mode in ("signal", "message"):
            spec = folder / "share" / "kernels" / mode
            spec.mkdir(parents=True)
            argv = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
            (spec / "kernel.json").write_text(
                json.dumps({"argv": argv, "display_name": mode, "interrupt_mode": mode})
            )
        environment = {
            **os.environ,
            "PYTHONPATH": os.pathsep.join([str(ipykernel(version)), str(ROOT)]),
            "IPYTHONDIR": str(folder / "ipython"),
            "JUPYTER_RUNTIME_DIR": str(folder / "runtime"),
            "JUPYTER_CONFIG_DIR": str(folder / "config"),
            "JUPYTER_PATH": str(folder / "share"),
            "JUPYTER_TOKEN": self._token,
            "SYNTHOHIVE_CHECKPOINTS": str(folder / "kept"),
        }
        environment.pop("SYNTHOHIVE_DISPLAY", None)
        # Containers run as root.
        arguments = ["--no-browser", "--port=0", "--ip=127.0.0.1", "--allow-root"]
        self._log = (folder / "server.log").open("w")
        self._process = subprocess.Popen(
            [sys.executable, "-m", "jupyter_server", *arguments, f"--ServerApp.root_dir={folder}"],
            env=environment,
            cwd=folder,
            stdout=self._log,
            stderr=subprocess.STDOUT,
        )
        self._url = self._found()

    def _found(self):
        """Return the address, when the server answers there."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            assert self._process.poll() is None, (self.folder / "server.log").read_text()
            for record in (self.folder / "runtime").glob("jpserver-*.json"):
                with contextlib.suppress(OSError, ValueError):
                    url = json.loads(record.read_text())["url"]
                    urllib.request.urlopen(url + "api", timeout=5).close()
                    return url
            time.sleep(0.1)
        raise TimeoutError("the server did not start")

    def post(self, path, body=None):
        """Ask the server for something, as the page does."""
        request = urllib.request.Request(
            self._url + path,
            data=json.dumps(body or {}).encode(),
            headers={"Authorization": f"token {self._token}"},
        )
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            return json.loads(answer.read() or b"null")

    def kernel(self, mode="signal"):
        """Start a kernel; return its name and its file."""
        name = self.post("api/kernels", {"name": mode})["id"]
        return name, self.folder / "runtime" / f"kernel-{name}.json"

    def close(self):
        """End the server and its kernels."""
        self._process.terminate()
        self._process.wait(PATIENCE)
        self._log.close()


class Kernel:
    """A kernel of a server, spoken to as the page does.

    Args:
        server: The server.
        setup: Run first.
        mode: How it is interrupted: ``signal`` or ``message``.
    """

    def __init__(self, server, setup, mode="signal"):
        self._server, self._setup, self._mode = server, setup, mode
        self.renew()

    def renew(self):
        """Start a new kernel in place of this one."""
        self._subshell = None
        self._name, connection_file = self._server.kernel(self._mode)
        self.client = BlockingKernelClient(connection_file=str(connection_file))
        self.client.load_connection_file()
        self.client.start_channels()
        self._wait_until_ready()
        ready = self.run(self._setup)
        assert ready.error is None, ready.error
        self.pid = int(self.value("__import__('os').getpid()"))

    def _wait_until_ready(self):
        """Ask until the kernel's answer is heard on the channel of its outputs too."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            self.client.kernel_info()
            try:
                self.client.get_iopub_msg(timeout=0.3)
            except queue.Empty:
                continue
            return
        raise TimeoutError("the kernel did not start")

    def interrupt(self):
        """Press ■, which is also what the panel's Stop does in Lab."""
        self._server.post(f"api/kernels/{self._name}/interrupt")

    def subshell(self):
        """Return the id of the subshell on which Lab sends messages of widgets, or ``None``."""
        if self._subshell is not None:
            return self._subshell
        info = self._control("kernel_info_request")
        if "kernel subshells" not in info.get("supported_features", []):
            return None
        self._subshell = self._control("create_subshell_request")["subshell_id"]
        return self._subshell

    def _control(self, kind):
        message = self.client.session.msg(kind, {})
        self.client.control_channel.send(message)
        while True:
            reply = self.client.get_control_msg(timeout=PATIENCE)
            if reply["parent_header"].get("msg_id") == message["header"]["msg_id"]:
                return reply["content"]

    def widget_message(self, comm, content, subshell):
        """Send what a page's `model.send` sends."""
        body = {"comm_id": comm, "data": {"method": "custom", "content": content}}
        message = self.client.session.msg("comm_msg", body)
        if subshell is not None:
            message["header"]["subshell_id"] = subshell
        self.client.shell_channel.send(message)

    def start(self, code):
        """Begin a cell."""
        return Cell(self.client, self.client.execute(code))

    def run(self, code):
        """Run a cell to its end."""
        return self.start(code).wait()

    def value(self, expression):
        """Return what an expression shows."""
        return self.run(expression).of("execute_result")[0]["data"]["text/plain"]


class Cell:
    """A cell that has begun, and what the kernel has said of it."""

    def __init__(self, client, request):
        self._client, self._request = client, request
        self.said = []
        self.seconds = 0.0

    def wait(self, until=None):
        """Read until ``until`` is true of what was said, or the cell ends; return itself."""
        started = time.monotonic()
        while time.monotonic() < started + PATIENCE:
            if until is not None and until(self):
                return self
            if not self.said and time.monotonic() > started + DEAF_SECONDS:
                raise DeafError
            try:
                message = self._client.get_iopub_msg(timeout=0.2)
            except queue.Empty:
                continue
            if message["parent_header"].get("msg_id") != self._request:
                continue
            self.said.append(message)
            if message["msg_type"] == "status" and message["content"]["execution_state"] == "idle":
                assert until is None, f"the cell has ended before: {self.error}"
                self.seconds = time.monotonic() - started
                return self
        kinds = [message["msg_type"] for message in self.said]
        raise TimeoutError(f"the kernel did not come to rest: {kinds} {self.text}")

    def of(self, kind):
        """Return the contents of all messages of a kind."""
        return [message["content"] for message in self.said if message["msg_type"] == kind]

    @property
    def error(self):
        """Name and text of the error that the cell has ended with, or ``None``."""
        errors = self.of("error")
        return (errors[0]["ename"], "\n".join(errors[0]["traceback"])) if errors else None

    @property
    def text(self):
        """Everything that was printed."""
        return "".join(content["text"] for content in self.of("stream"))
