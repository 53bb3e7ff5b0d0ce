"""How much memory is free: of the machine, or of the container that this process lives in."""

from __future__ import annotations

from pathlib import Path

MIB = 2**20

_GROUP = Path("/sys/fs/cgroup")
_FILES = (
    ("memory.max", "memory.current"),
    ("memory/memory.limit_in_bytes", "memory/memory.usage_in_bytes"),
)
"""Limit and use of a container, in the second and in the first version of control groups."""


def free_memory(group: Path = _GROUP) -> int | None:
    """Return the bytes that this process could still take; ``None`` where nobody tells.

    Args:
        group: Folder of the control group.
    """
    import psutil

    try:
        free = int(psutil.virtual_memory().available)
    except (OSError, NotImplementedError, RuntimeError):
        return None
    for limit, used in _FILES:
        try:
            rest = int((group / limit).read_text()) - int((group / used).read_text())
        except (OSError, ValueError):  # no group, or no limit: "max"
            continue
        free = min(free, max(rest, 0))
    return free


def size_text(size: int) -> str:
    """Return a number of bytes as people read it.

    >>> size_text(735 * MIB), size_text(2000 * MIB)
    ('735 MiB', '2.0 GiB')
    """
    mebibytes = size / MIB
    return f"{mebibytes:.0f} MiB" if mebibytes < 1000 else f"{mebibytes / 1024:.1f} GiB"  # noqa: PLR2004 - four digits
