"""How results are kept: one JSON with machine and versions, one Markdown table beside it."""

from __future__ import annotations

import json
import os
import platform
import resource
import time
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

RESULTS = Path(__file__).parent / "results"
PACKAGES = ("numpy", "pandas", "torch", "scikit-learn", "lightgbm")


@dataclass(slots=True)
class Stopwatch:
    """Seconds of one step: of the clock, and of all cores together."""

    wall: float = 0.0
    cpu: float = 0.0


@contextmanager
def stopwatch() -> Iterator[Stopwatch]:
    """Measure the block."""
    watch = Stopwatch()
    wall, cpu = time.perf_counter(), time.process_time()
    try:
        yield watch
    finally:
        watch.wall, watch.cpu = time.perf_counter() - wall, time.process_time() - cpu


def peak_mib() -> float:
    """Return the largest resident memory of this process so far, in MiB (Linux counts KiB)."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def machine() -> dict[str, Any]:
    """Return what the figures depend on."""
    return {
        "cores": os.cpu_count(),
        "machine": platform.machine(),
        "python": platform.python_version(),
        "packages": {name: version(name) for name in PACKAGES},
    }


def markdown(rows: Sequence[dict[str, Any]]) -> str:
    """Return the rows as a Markdown table; columns in the order of their first appearance."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    lines = [" | ".join(names), " | ".join("---" for _ in names)]
    lines += [" | ".join("–" if r.get(n) is None else str(r[n]) for n in names) for r in rows]
    return "\n".join(f"| {line} |" for line in lines) + "\n"


def save(name: str, rows: Sequence[dict[str, Any]]) -> None:
    """Write ``results/<name>.json`` and ``.md``."""
    RESULTS.mkdir(exist_ok=True)
    record = {"machine": machine(), "rows": list(rows)}
    (RESULTS / f"{name}.json").write_text(json.dumps(record, indent=1) + "\n")
    (RESULTS / f"{name}.md").write_text(markdown(rows))
