"""`TableProgress`: how far one table of a run is."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from synthohive_jupyter.progress.curves import MAX_POINTS, Curve, drawn, tidy
from synthohive_jupyter.progress.linkage import LinkageProgress

if TYPE_CHECKING:
    from synthohive_jupyter.events import EpochEnded, LinkageFitted, LinkageSampled

SMOOTHING = 0.3
"""Weight of the newest epoch in the running mean of seconds an epoch."""

WARM_UP_EPOCHS = 3
"""Epochs before a remaining time is given; the first ones are no guide."""


@dataclass(slots=True)
class TableProgress:
    """One table of the run.

    Attributes:
        name: Name of the table.
        status: ``waiting``, ``running``, ``done``, ``stopped`` or ``failed``.
        phase: Phase it is in (`events.PhaseStarted`), ``""`` before the first one.
        began: When its fit began on the clock of the run, ``None`` where no fit is going on.
        curves: The losses that are drawn, and the validation metric under ``metric``.
        linkages: Children per parent, by parent and foreign key.
        linkage_changes: Grows by one whenever a linkage has changed.
    """

    name: str
    limit: int = MAX_POINTS
    status: str = "waiting"
    phase: str = ""
    parent: str | None = None
    reused: bool = False
    rows: int = 0
    columns: int = 0
    epoch: int = 0
    epochs: int = 0
    unit: str = "epoch"
    best_epoch: int | None = None
    seconds: float = 0.0
    began: float | None = None
    pace: float = 0.0
    rows_per_second: float = 0.0
    fitted: bool = False
    sampled: int | None = None
    written: str | None = None
    curves: dict[str, Curve] = field(default_factory=dict)
    linkages: dict[tuple[str, str], LinkageProgress] = field(default_factory=dict)
    linkage_changes: int = 0

    def epoch_ended(self, event: EpochEnded) -> None:
        """Take one epoch into the counters and the curves."""
        self.epoch, self.epochs, self.unit = event.epoch, event.epochs, event.unit
        self.seconds += event.seconds
        weight = SMOOTHING if self.pace else 1.0
        self.pace += weight * (event.seconds - self.pace)
        self.rows_per_second = event.rows_per_second
        for name in drawn(event.losses):
            self.curve(name).add(event.epoch, event.losses[name])
        if event.metric is not None:
            self.curve("metric").add(event.epoch, event.metric)
        if event.best:
            self.best_epoch = event.epoch

    @property
    def remaining(self) -> float | None:
        """Seconds of training still to come, or ``None`` where nobody can tell yet."""
        if self.status != "running" or self.fitted or self.epoch < WARM_UP_EPOCHS:
            return None
        return max(self.epochs - self.epoch, 0) * self.pace

    def elapsed(self, now: float | None) -> float:
        """Return the seconds of its fit so far; ``now`` is the clock, ``None`` for none."""
        if now is None or self.began is None:
            return self.seconds
        return max(now - self.began, 0.0)

    def curve(self, name: str) -> Curve:
        """Return the curve of that name, new where there was none."""
        return self.curves.setdefault(name, Curve(self.limit))

    def linkage_of(self, event: LinkageFitted | LinkageSampled) -> LinkageProgress:
        """Return the linkage that an event is about, new where there was none, to be changed."""
        self.linkage_changes += 1
        key = (event.parent, event.foreign_key)
        linkage = self.linkages.setdefault(key, LinkageProgress(*key))
        linkage.driving = event.driving
        return linkage

    def to_dict(self, now: float | None = None) -> dict[str, Any]:
        """Return everything but curves and linkages, as JSON-safe values."""
        return {
            "name": self.name,
            "status": self.status,
            "phase": self.phase,
            "parent": self.parent,
            "reused": self.reused,
            "rows": self.rows,
            "columns": self.columns,
            "epoch": self.epoch,
            "epochs": self.epochs,
            "unit": self.unit,
            "best_epoch": self.best_epoch,
            "seconds": tidy(self.elapsed(now)) or 0.0,
            "remaining": tidy(self.remaining),
            "rows_per_second": tidy(self.rows_per_second) or 0.0,
            "fitted": self.fitted,
            "sampled": self.sampled,
            "written": self.written,
        }
