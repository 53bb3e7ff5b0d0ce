"""The parameters of `TreeSynth`, checked once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from synthohive_jupyter.models.parameters import Parameters
from synthohive_jupyter.trees.tree import MIN_LEAF, SMOOTHING

SMALLEST_LEAF = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class TreeConfig(Parameters):
    """Parameters of `TreeSynth`.

    Attributes:
        min_leaf: Least rows of a leaf. Below 20 a tree gains only on its own training rows.
        smoothing: How much a leaf leans on its wider group; 0 not at all.
        threads: Threads for growing trees. The rows drawn do not depend on it.
    """

    model: ClassVar = "TreeSynth"
    ranges: ClassVar = {"smoothing": (0.0, 1e6)}
    largest: ClassVar = 1_000_000

    min_leaf: int = MIN_LEAF
    smoothing: float = SMOOTHING
    threads: int = 1

    @classmethod
    def wanted(cls, name: str, value: object) -> str | None:
        """Return what a parameter has to be where it is something else."""
        if name == "min_leaf" and cls.is_count(value) and value in range(SMALLEST_LEAF):
            return f"{SMALLEST_LEAF} or more: a leaf of fewer rows would show them"
        return super(TreeConfig, cls).wanted(name, value)
