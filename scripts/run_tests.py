"""`make test`: checks, then every test tier; the last lines are pytest's summary.

Each engine is tested in a process of its own, since a process that holds a local Spark Connect
server cannot hold a classic session too. What this machine lacks (Java, Chromium, Node) is skipped
and named at the end; with ``CI=true`` nothing may be missing.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parent.parent
BIN = Path(sys.executable).parent
CHECKS = (
    [str(BIN / "ruff"), "format", "--check", "."],
    [str(BIN / "ruff"), "check", "."],
    [str(BIN / "mypy")],
    [str(BIN / "lint-imports")],
)
ENGINES = ("embedded", "classic", "connect")
PYTEST = [sys.executable, "-m", "pytest", "-q"]
NOTES = "SYNTHOHIVE_TEST_NOTES"
"""The last pytest run prints what stands in this variable above its summary."""


def missing() -> list[str]:
    """Return what this machine lacks."""
    java = shutil.which("java") or os.environ.get("JAVA_HOME")
    chromium = shutil.which("chromium")
    tools = (("Java", java), ("Chromium", chromium), ("Node", shutil.which("node")))
    return [name for name, found in tools if not found]


def run(command: list[str], **environment: str) -> tuple[int, str]:
    """Run a command in the checkout; return its status and the last line it printed."""
    print(f"\n$ {' '.join(command)} {environment or ''}".rstrip(), flush=True)
    started = time.monotonic()
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    last = ""
    assert process.stdout is not None
    for line in process.stdout:
        print(line, end="", flush=True)
        last = line.strip() or last
    status = process.wait()
    print(f"({time.monotonic() - started:.0f} s)", flush=True)
    return status, last


def main() -> int:
    """Run everything; return the exit status."""
    lacking = missing()
    if lacking and os.environ.get("CI") == "true":
        print(f"CI=true and nothing may be skipped, but {' and '.join(lacking)} is missing")
        return 1
    failed = [" ".join(c) for c in CHECKS if run(c)[0]]
    notes = [f"skipped, since {name} is missing here" for name in lacking]
    for engine in ENGINES[:1] if "Java" in lacking else ENGINES:
        # Kernels start servers of their own, on the port that the other tests' server holds.
        for tests in ("tests/integration", "tests/notebook"):
            status, last = run([*PYTEST, "-m", "engine", tests], SYNTHOHIVE_ENGINE=engine)
            notes.append(f"{engine} engine, {tests}: {last}")
            if status:
                failed.append(f"{tests} on the {engine} engine")
    notes += [f"FAILED: {name}" for name in failed]
    # Everything else, on both cores. No -q: the last line is then the whole summary.
    chosen = "not engine and not browser" if "Chromium" in lacking else "not engine"
    everything = [sys.executable, "-m", "pytest", "-n", "2", "--dist", "loadfile", "-m", chosen]
    status, _ = run(everything, **{NOTES: "\n".join(notes)})
    return 1 if failed else status


if __name__ == "__main__":
    sys.exit(main())
