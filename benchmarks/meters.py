"""Seconds and memory of a process and its children, as Linux counts them; no dependencies."""

from __future__ import annotations

import os
import platform
import resource
import time
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

PROC = Path("/proc")
FAST_PRODUCTS = ("avx512f", "avx512_bf16", "amx_bf16", "amx_tile")
"""Instructions that decide how fast networks are, and whether ours train in bfloat16."""

_USER_TIME = 11
"""Place of the user time after the name in ``/proc/<pid>/stat``; three more times follow it."""


@dataclass(slots=True)
class Stopwatch:
    """Seconds of one step: of the clock, and of all cores together."""

    wall: float = 0.0
    cpu: float = 0.0


@contextmanager
def stopwatch() -> Iterator[Stopwatch]:
    """Measure the block."""
    watch = Stopwatch()
    wall, cpu = time.perf_counter(), cpu_seconds()
    try:
        yield watch
    finally:
        watch.wall, watch.cpu = time.perf_counter() - wall, cpu_seconds() - cpu


def cpu_seconds() -> float:
    """Return the seconds that this process and its children, living or ended, have computed."""
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + ended.ru_utime + ended.ru_stime + sum(map(_ticks, descendants()))


def descendants() -> list[int]:
    """Return the living children of this process, and theirs."""
    found, todo = [], [os.getpid()]
    while todo:
        for listing in PROC.glob(f"{todo.pop()}/task/*/children"):
            try:
                children = [int(pid) for pid in listing.read_text().split()]
            except OSError:  # it has just ended
                continue
            found += children
            todo += children
    return found


def _ticks(pid: int) -> float:
    """Return the seconds of a child, with those of its own ended children."""
    try:
        fields = (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    times = fields[_USER_TIME : _USER_TIME + 4]
    return sum(map(int, times)) / os.sysconf("SC_CLK_TCK")


def resident_mib() -> float:
    """Return the memory of this process that is resident now, in MiB."""
    return _status_mib("self", "VmRSS")


def peak_mib() -> float:
    """Return the most resident memory of this process and its living children, in MiB."""
    return sum(_status_mib(str(pid), "VmHWM") for pid in ("self", *descendants()))


def reset_peak() -> None:
    """Let `peak_mib` of this process count anew from what is resident now."""
    (PROC / "self" / "clear_refs").write_text("5")


def _status_mib(pid: str, field: str) -> float:
    try:
        lines = (PROC / pid / "status").read_text().splitlines()
    except OSError:
        return 0.0
    return sum(int(line.split()[1]) / 1024 for line in lines if line.startswith(f"{field}:"))


def machine() -> dict[str, Any]:
    """Return what seconds depend on."""
    return {
        "processor": _cpuinfo("model name") or platform.processor(),
        "cores": len(os.sched_getaffinity(0)),
        "instructions": sorted(set(_cpuinfo("flags").split()) & set(FAST_PRODUCTS)),
        "memory GiB": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30),
        "system": platform.system() + " " + platform.machine(),
        "python": platform.python_version(),
    }


def moment() -> dict[str, Any]:
    """Return the time of day, and how busy the machine has been in the last minute."""
    return {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "load": round(os.getloadavg()[0], 2),
    }


def _cpuinfo(field: str) -> str:
    """Return a field of the first core."""
    for line in (PROC / "cpuinfo").read_text().splitlines():
        name, _, value = line.partition(":")
        if name.strip() == field:
            return value.strip()
    return ""
