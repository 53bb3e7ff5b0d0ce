"""`Cursor`: how much of a run one display has been told."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(slots=True)
class Cursor:
    """How much of a run one display has seen already; `RunState.increment` moves it on.

    Attributes:
        version: Version of the run, -1 before the first look.
        told: How many notices there had been.
        tables: Version of each table.
        linkages: How often the linkages of each table had changed.
        points: Generation and length of each curve, by table and name.
    """

    version: int = -1
    told: int = 0
    tables: dict[str, int] = field(default_factory=dict)
    linkages: dict[str, int] = field(default_factory=dict)
    points: dict[tuple[str, str], tuple[int, int]] = field(default_factory=dict)
