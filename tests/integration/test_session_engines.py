"""Sessions on a real engine: found, described, started, and gone with their process."""

from __future__ import annotations

import socket
import subprocess
import sys
import time

import pandas as pd
import pytest

from synthohive_jupyter.errors import SessionError
from synthohive_jupyter.io import frames
from synthohive_jupyter.io.session import find_session, open_session

pytestmark = pytest.mark.engine


def test_the_session_of_the_notebook_is_found(engine):
    found = open_session(namespace={"spark": engine.spark})
    assert found.spark is engine.spark
    assert found.kind == engine.name
    line = found.describe()
    assert "\n" not in line
    if engine.name == "embedded":
        assert line.startswith("embedded engine (Sail ")
    else:
        assert line == f"Spark {engine.spark.version} ({engine.name}), 'spark' of the notebook"


def test_the_active_session_is_found_and_the_embedded_engine_runs_beside_it(engine):
    from synthohive_jupyter.io.embedded import ENGINE

    embedded = ENGINE.start()
    assert embedded.range(5).count() == 5
    found = find_session()
    assert found.spark is engine.spark
    assert found.origin == ("embedded engine" if engine.name == "embedded" else "active session")
    assert frames.from_pandas(pd.DataFrame({"a": [1]}), embedded).count() == 1
    if engine.name != "embedded":
        ENGINE.stop()
        assert engine.spark.range(5).count() == 5


def test_the_embedded_engine_is_no_default_session_of_the_user(engine):
    from pyspark.sql.connect.session import SparkSession

    from synthohive_jupyter.io.embedded import ENGINE

    embedded = ENGINE.start()
    assert ENGINE.start() is embedded
    assert SparkSession.getActiveSession() is not embedded
    assert SparkSession._get_default_session() is not embedded
    if engine.name != "embedded":
        ENGINE.stop()


def test_a_server_that_does_not_answer_is_said_within_seconds():
    from pyspark.sql.connect.session import SparkSession

    # Port 1 of this machine: nobody listens there.
    dead = SparkSession(connection="sc://127.0.0.1:1")
    began = time.perf_counter()
    with pytest.raises(SessionError, match="does not answer"):
        open_session(namespace={"spark": dead})
    assert time.perf_counter() - began < 10
    dead.client.close()


def test_a_refused_port_is_explained(monkeypatch):
    from synthohive_jupyter.io.embedded import EmbeddedEngine

    class Refusing:
        running = False

        def __init__(self, ip, port):
            assert (ip, port) == ("127.0.0.1", 0)

        def start(self, *, background):
            raise OSError("Operation not permitted")

    monkeypatch.setattr("pysail.spark.SparkConnectServer", Refusing)
    with pytest.raises(SessionError, match=r"is opening a port on 127\.0\.0\.1 allowed here"):
        EmbeddedEngine().start()


def test_the_engine_ends_with_its_process_however_that_ends():
    code = (
        "import os, signal, sys\n"
        "from synthohive_jupyter.io.embedded import ENGINE\n"
        "ENGINE.start()\n"
        "print(ENGINE._server.listening_address[1], flush=True)\n"
        "if sys.argv[1] == 'kill': os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    for how in ("exit", "kill"):
        done = subprocess.run(
            [sys.executable, "-W", "error", "-c", code, how],
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == (0 if how == "exit" else -9), done.stderr
        assert done.stderr == ""  # the server's log does not end in the notebook
        with socket.socket() as probe:
            assert probe.connect_ex(("127.0.0.1", int(done.stdout))) != 0


def test_child_processes_start_beside_the_engine():
    # As pyspark starts its JVM. Without the setting about one child in twenty dies: 60 find it.
    code = (
        "import signal, subprocess\n"
        "from synthohive_jupyter.io.embedded import ENGINE\n"
        "spark = ENGINE.start()\n"
        "def quiet(): signal.signal(signal.SIGINT, signal.SIG_IGN)\n"
        "for _ in range(60):\n"
        "    spark.range(1).collect()\n"
        "    subprocess.run(['true'], preexec_fn=quiet, check=True)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
