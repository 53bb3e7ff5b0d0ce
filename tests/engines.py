"""How the tests start a JVM session: by the environment, with the Delta JARs of ``.jars``."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
ENGINES = ("embedded", "classic", "connect")
CHOSEN = os.environ.get("SYNTHOHIVE_ENGINE", "embedded")
"""The engine of this pytest process."""


def require_java(engine: str) -> None:
    """Skip where there is no Java; in CI nothing may be skipped."""
    if shutil.which("java") is None and "JAVA_HOME" not in os.environ:
        if os.environ.get("CI") == "true":
            pytest.fail(f"the {engine} engine needs Java, which is missing here")
        pytest.skip(f"the {engine} engine needs Java")


def jvm_environment(warehouse: Path) -> dict[str, str]:
    """Return the variables under which a new JVM session has Delta and suits two cores.

    By the environment, since a Connect session would refuse most of these confs, and its server
    reads them from there.
    """
    confs = {
        "spark.jars": _jars(),
        "spark.sql.extensions": "io.delta.sql.DeltaSparkSessionExtension",
        "spark.sql.catalog.spark_catalog": "org.apache.spark.sql.delta.catalog.DeltaCatalog",
        "spark.sql.warehouse.dir": str(warehouse),
        # Two cores and tiny tables: the defaults take minutes.
        "spark.sql.shuffle.partitions": "2",
        "spark.databricks.delta.snapshotPartitions": "1",
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.driver.memory": "1g",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.host": "127.0.0.1",
    }
    arguments = [f"--conf {key}={value}" for key, value in confs.items()]
    return {
        "PYSPARK_SUBMIT_ARGS": " ".join([*arguments, "pyspark-shell"]),
        "PYSPARK_PYTHON": sys.executable,
    }


def _jars() -> str:
    script = ROOT / "scripts" / "fetch_delta_jars.py"
    done = subprocess.run(
        [sys.executable, str(script)], capture_output=True, text=True, check=False, timeout=500
    )
    if done.returncode != 0:
        raise RuntimeError(f"the Delta JARs could not be fetched:\n{done.stderr[-2000:]}")
    return done.stdout.strip().splitlines()[-1]
