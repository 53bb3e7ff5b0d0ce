"""The embedded engine: a Spark Connect server (Sail) inside this process, for laptops without Java.

It listens on the loopback interface only, on a port of the system's choice, and dies with the
process, because it is a thread of it.
"""

from __future__ import annotations

import atexit
import hashlib
import os
import re
import shutil
import tempfile
import threading
import time
from contextlib import contextmanager
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

from synthohive_jupyter.errors import SessionError

if TYPE_CHECKING:
    from collections.abc import Iterator

_SERVER_ENVIRONMENT = {
    # The server prints every session and task at level "info", which would end in the notebook.
    "RUST_LOG": "error",
    # An idle session is dropped after a while, and with it temp views; a notebook may sit for days.
    "SAIL_SPARK__SESSION_TIMEOUT_SECS": str(10 * 365 * 24 * 3600),
    # gRPC's fork handlers kill one in twenty child processes of this one before they start, such as
    # the JVM of a classic session that the user opens later.
    "GRPC_ENABLE_FORK_SUPPORT": "0",
}
_ADDRESS = "127.0.0.1"
_PLAIN_PATH = re.compile(r"^[A-Za-z0-9/._-]*$")


class EmbeddedEngine:
    """The one server of a process and its one session. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._server: Any = None
        self._session: Any = None
        self._scratch: Path | None = None
        self._seconds = 0.0

    def running_session(self) -> Any:  # noqa: ANN401 - pyspark is untyped
        """Return the session if it is usable, else ``None``; nothing is started."""
        if self._session is None or self._session.is_stopped or not self._server.running:
            return None
        return self._session

    def describe(self) -> str:
        """Return one line about the engine."""
        version = metadata.version("pysail")
        return f"embedded engine (Sail {version}), started in {self._seconds:.1f} s"

    def start(self) -> Any:  # noqa: ANN401 - pyspark is untyped
        """Return the session; start the server, or connect anew, where needed.

        Raises:
            SessionError: If pysail or Spark Connect is not installed, or the server cannot start.
        """
        with self._lock:
            session = self.running_session()
            if session is not None:
                return session
            began = time.perf_counter()
            with _defaults(_SERVER_ENVIRONMENT):
                self._session = self._connect()
            self._seconds = time.perf_counter() - began
            return self._session

    def scratch(self) -> Path:
        """Return a private folder for data on the way to the engine; it goes with the process."""
        with self._lock:
            if self._scratch is None:
                self._scratch = Path(tempfile.mkdtemp(prefix="synthohive-"))
                atexit.register(shutil.rmtree, self._scratch, ignore_errors=True)
            return self._scratch

    def plain_path(self, folder: Path) -> Path:
        """Return a path to ``folder`` that the engine's Delta can be given.

        Sail 0.7 encodes blanks and letters beyond ASCII in the path of a Delta table twice, and
        scatters the table over folders called ``a%20b`` and ``a%2520b``. A link with a plain name
        leads around that. The folder has to exist.
        """
        if _PLAIN_PATH.match(str(folder)):
            return folder
        link = self.scratch() / hashlib.sha256(str(folder).encode()).hexdigest()[:32]
        if not link.is_symlink():
            link.symlink_to(folder, target_is_directory=True)
        return link

    def stop(self) -> None:
        """End the session and the server; a later `start` makes new ones.

        Only our client is closed. `SparkSession.stop` would also stop a local Spark Connect server
        that the user has started in this process.
        """
        with self._lock:
            if self._session is not None:
                self._session.client.close()
                self._session = None
            if self._server is not None and self._server.running:
                self._server.stop()
            self._server = None

    def _connect(self) -> Any:  # noqa: ANN401 - pyspark is untyped
        try:
            from pysail.spark import SparkConnectServer
            from pyspark.sql.connect.session import SparkSession
        except ImportError as error:
            raise SessionError(
                f"the embedded engine cannot be loaded ({error}); install it with "
                "`pip install pysail 'pyspark[connect]'`, or start a Spark session called 'spark'"
            ) from error
        try:
            if self._server is None or not self._server.running:
                self._server = SparkConnectServer(_ADDRESS, 0)
                self._server.start(background=True)
                atexit.register(self.stop)
            _, port = self._server.listening_address
            # The constructor, not the builder: the builder would make ours the default and active
            # session, and hand it to a user who asks for a session of their own.
            session = SparkSession(connection=_loopback(port))
            reached = answers(session)
        except Exception as error:
            raise SessionError(
                f"the embedded engine could not be started ({type(error).__name__}: {error}); "
                f"is opening a port on {_ADDRESS} allowed here? You can start a Spark session "
                "called 'spark' instead"
            ) from error
        if not reached:
            raise SessionError(
                f"the embedded engine was started but does not answer on {_ADDRESS}:{port}; does a "
                "firewall bar this address? You can start a Spark session called 'spark' instead"
            )
        return session


def answers(spark: Any, *, seconds: float = 4.0) -> bool:  # noqa: ANN401 - pyspark is untyped
    """Return whether the server of a Connect session can be reached.

    pyspark itself would retry for ten minutes before it says no.
    """
    import grpc

    channel = getattr(spark.client, "_channel", None)
    if channel is None:
        return True
    ready = grpc.channel_ready_future(channel)
    try:
        ready.result(timeout=seconds)
    except grpc.FutureTimeoutError:
        return False
    finally:
        ready.cancel()
    return True


def _loopback(port: int) -> Any:  # noqa: ANN401 - pyspark is untyped
    """Return the builder of a plain channel to a port of this machine."""
    from pyspark.sql.connect.client import DefaultChannelBuilder

    class Loopback(DefaultChannelBuilder):
        def toChannel(self) -> Any:  # noqa: ANN401, N802 - the name is pyspark's
            # pyspark would ask for TLS where a token for another server is in the environment, as
            # it is beside a local Spark Connect server.
            return self._insecure_channel(self.endpoint)

    # A proxy set for the internet must not be asked for the way to our own process.
    return Loopback(f"sc://{_ADDRESS}:{port}", [("grpc.enable_http_proxy", 0)])


@contextmanager
def _defaults(values: dict[str, str]) -> Iterator[None]:
    """Set environment variables that the user has not set, for the time of the block."""
    missing = [name for name in values if name not in os.environ]
    os.environ.update({name: values[name] for name in missing})
    try:
        yield
    finally:
        for name in missing:
            os.environ.pop(name, None)


ENGINE = EmbeddedEngine()
"""The engine of this process."""


def is_embedded(spark: object) -> bool:
    """Return whether ``spark`` is the session of the embedded engine."""
    return spark is not None and spark is ENGINE.running_session()
