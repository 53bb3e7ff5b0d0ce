"""What the kernel's process holds in memory, now and at most."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

TELLING = 0.01
"""A change by less than this share is not worth a message."""


def resident_bytes() -> int:
    """Return the resident memory of this process in bytes, 0 where the system does not tell."""
    import psutil

    try:
        return int(psutil.Process().memory_info().rss)
    except psutil.Error:
        return 0


class MemoryGauge:
    """Follows the memory of the process while a run is shown.

    Args:
        read: Returns bytes.

    >>> sizes = iter([100, 300, 200])
    >>> gauge = MemoryGauge(lambda: next(sizes))
    >>> [gauge.measure() for _ in range(3)], gauge.to_dict()
    ([True, True, True], {'now': 200, 'peak': 300})
    """

    def __init__(self, read: Callable[[], int] = resident_bytes) -> None:
        self._read = read
        self.now = 0
        self.peak = 0

    def measure(self) -> bool:
        """Read the memory; return whether it has changed enough to be told."""
        size = self._read()
        changed = abs(size - self.now) > TELLING * self.now
        if changed:
            self.now = size
        self.peak = max(self.peak, size)
        return changed

    def to_dict(self) -> dict[str, int]:
        """Return both figures in bytes."""
        return {"now": self.now, "peak": self.peak}
