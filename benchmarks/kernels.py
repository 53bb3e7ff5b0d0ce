"""A Jupyter kernel spoken to as a front end does, with every message read and timed."""

from __future__ import annotations

import json
import os
import queue
import re
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jupyter_client.manager import start_new_kernel

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[1]
PATIENCE = 300.0


@dataclass(frozen=True, slots=True)
class Heard:
    """A message of the kernel, and when it came: seconds after the request was sent."""

    after: float
    kind: str
    content: dict[str, Any]

    @property
    def has_epochs(self) -> bool:
        """Whether this tells the panel of a table in training."""
        text = json.dumps(self.content).replace("\\", "")
        return re.search(r'"epoch": ?[1-9]', text) is not None


class Kernel:
    """A kernel in a process of its own."""

    def __init__(self, manager: Any, client: Any) -> None:  # noqa: ANN401 - jupyter_client
        self._manager = manager
        self._client = client

    def listen(self, code: str) -> Iterator[Heard]:
        """Run a cell; yield what the kernel says until the cell has ended."""
        begun = time.perf_counter()
        request = self._client.execute(code)
        while time.perf_counter() - begun < PATIENCE:
            try:
                message = self._client.get_iopub_msg(timeout=1)
            except queue.Empty:
                continue
            if message["parent_header"].get("msg_id") != request:
                continue
            heard = Heard(time.perf_counter() - begun, message["msg_type"], message["content"])
            yield heard
            if heard.kind == "status" and heard.content["execution_state"] == "idle":
                return
        raise TimeoutError(f"the kernel did not come to rest after {code[:60]}")

    def run(self, code: str) -> list[Heard]:
        """Run a cell that has to succeed.

        Raises:
            RuntimeError: With the kernel's traceback.
        """
        heard = list(self.listen(code))
        for failure in (each for each in heard if each.kind == "error"):
            raise RuntimeError("\n".join(failure.content["traceback"]))
        return heard

    def printed(self, code: str) -> str:
        """Run a cell; return what it printed."""
        texts = (each.content for each in self.run(code) if each.kind == "stream")
        return "".join(each["text"] for each in texts if each["name"] == "stdout")

    def interrupt(self) -> None:
        """Press ■."""
        self._manager.interrupt_kernel()


@contextmanager
def kernel(first: str) -> Iterator[Kernel]:
    """Start a kernel in an empty folder and run a first cell."""
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "OMP_NUM_THREADS": "1", "IPYTHONDIR": folder}
        environment["PYTHONPATH"] = str(ROOT)
        environment.pop("SYNTHOHIVE_DISPLAY", None)
        manager, client = start_new_kernel(kernel_name="python3", env=environment, cwd=folder)
        talk = Kernel(manager, client)
        try:
            talk.run(first)
            yield talk
        finally:
            client.stop_channels()
            manager.shutdown_kernel(now=True)
