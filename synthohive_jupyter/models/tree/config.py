"""The parameters of `TreeSynth`, checked once."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING, Any, Self

from synthohive_jupyter.models.base import reject_unknown
from synthohive_jupyter.models.tree.tree import MIN_LEAF, SMOOTHING

if TYPE_CHECKING:
    from collections.abc import Mapping

_MAX = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class TreeConfig:
    """Parameters of `TreeSynth`.

    Attributes:
        min_leaf: Least rows of a leaf. Below 20 a tree gains only on its own training rows.
        smoothing: How much a leaf leans on its wider group; 0 not at all.
        threads: Threads for growing trees. The rows drawn do not depend on it.
    """

    min_leaf: int = MIN_LEAF
    smoothing: float = SMOOTHING
    threads: int = 1

    def __post_init__(self) -> None:
        """Check every value; a wrong one is a `ValueError` that names it."""
        for name, low in (("min_leaf", 5), ("threads", 1)):
            value = getattr(self, name)
            if type(value) is not int or not low <= value <= _MAX:
                raise ValueError(f"{name} is a whole number from {low} to {_MAX:,}, not {value!r}")
        smoothing = self.smoothing
        if type(smoothing) not in {int, float} or not math.isfinite(smoothing) or smoothing < 0:
            raise ValueError(f"smoothing is a number from 0, not {smoothing!r}")

    @classmethod
    def of(cls, parameters: Mapping[str, Any]) -> Self:
        """Return the configuration of keyword arguments.

        Raises:
            TypeError: If a name is unknown; the message has the near match.
            ValueError: If a value is out of its range.
        """
        known = [*(f.name for f in fields(cls)), "batch_size", "epochs"]
        reject_unknown("TreeSynth", parameters, known)
        return cls(**parameters)

    def to_dict(self) -> dict[str, Any]:
        """Return the parameters as JSON-safe values."""
        return asdict(self)
