"""Fetch the JARs with which a JVM Spark session reads and writes Delta, for the tests.

Resolved once by Spark's own Ivy into a folder, from where sessions take them by ``spark.jars``:
a session that resolves by itself (``spark.jars.packages``) dies where there is no network. Needs
Java; does nothing where the folder has the JARs already. Prints their paths, comma-separated.

    python scripts/fetch_delta_jars.py [--into .jars]
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
from importlib import metadata
from pathlib import Path

SCALA = "2.13"
# Spark brings the rest (Hadoop, Parquet, Jackson, …) itself.
NEEDED = ("io.delta_", "io.unitycatalog_")
ROOT = Path(__file__).resolve().parents[1]


def coordinates() -> str:
    """Return the Maven coordinates of Delta for the installed pyspark and delta-spark."""
    spark = ".".join(metadata.version("pyspark").split(".")[:2])
    return f"io.delta:delta-spark_{spark}_{SCALA}:{metadata.version('delta-spark')}"


def present(folder: Path) -> list[Path]:
    """Return the JARs of the folder, if they are of the versions wanted."""
    marker = folder / "resolved.txt"
    if not marker.is_file() or marker.read_text(encoding="utf-8") != coordinates():
        return []
    return sorted(folder.glob("*.jar"))


def fetch(folder: Path) -> list[Path]:
    """Resolve the JARs into ``folder``, through a session that ends with this process."""
    from pyspark.sql import SparkSession

    os.environ["PYSPARK_PYTHON"] = sys.executable
    with tempfile.TemporaryDirectory(prefix="ivy-") as ivy:
        session = (
            SparkSession.builder.master("local[1]")
            .config("spark.jars.packages", coordinates())
            .config("spark.jars.ivy", ivy)
            .config("spark.ui.enabled", "false")
            .config("spark.driver.memory", "512m")
            .getOrCreate()
        )
        session.stop()
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        for jar in sorted((Path(ivy) / "jars").glob("*.jar")):
            if jar.name.startswith(NEEDED):
                shutil.copy(jar, folder / jar.name)
    (folder / "resolved.txt").write_text(coordinates(), encoding="utf-8")
    return present(folder)


def main() -> int:
    """Fetch what is missing and print the paths."""
    parser = argparse.ArgumentParser(description="Fetch the Delta JARs for JVM Spark sessions.")
    parser.add_argument("--into", type=Path, default=ROOT / ".jars")
    folder = parser.parse_args().into.resolve()
    jars = present(folder) or fetch(folder)
    print(",".join(map(str, jars)))
    return 0 if jars else 1


if __name__ == "__main__":
    sys.exit(main())
