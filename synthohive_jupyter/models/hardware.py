"""What the machine offers: the device, bfloat16, and threads that are only borrowed."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import torch

from synthohive_jupyter.errors import TrainingError

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def thread_count(count: int) -> Iterator[None]:
    """Give torch ``count`` threads, and the caller's number afterwards.

    >>> before = torch.get_num_threads()
    >>> with thread_count(1):
    ...     torch.get_num_threads()
    1
    >>> torch.get_num_threads() == before
    True
    """
    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def find_device(name: str) -> torch.device:
    """Return the device that ``"cpu"``, ``"cuda"`` or ``"auto"`` means.

    Raises:
        TrainingError: If it is CUDA and there is none.
    """
    if name == "cpu":
        return torch.device("cpu")
    available = torch.cuda.is_available()
    if name == "cuda" and not available:
        raise TrainingError("there is no CUDA device here; use device='cpu' or device='auto'")
    return torch.device("cuda" if available else "cpu")


def low_precision(precision: str, device: str) -> bool:
    """Return whether products run in bfloat16: asked for, or ``"auto"`` and native there."""
    if precision != "auto":
        return precision == "bfloat16"
    if device == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    # Older releases of torch cannot tell; float32 is always right.
    capabilities: dict[str, Any] = getattr(torch.cpu, "get_capabilities", dict)()
    return bool(capabilities.get("avx512_bf16") or capabilities.get("amx_bf16"))
