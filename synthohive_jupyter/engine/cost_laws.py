"""The laws of `costs`: seconds by rows, columns, epochs and rows of a step.

Fits to measurements of one core of an AMD EPYC server (threads=1), 35 fits of the three models over
tables of 1,000 to 1,000,000 rows and 2 to 60 columns. They know nothing of the values: a network
stops when *its* data says so, and a column of three values costs less than one of three hundred.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from synthohive_jupyter.models.auto import choose
from synthohive_jupyter.models.base import BLOCK_ROWS

if TYPE_CHECKING:
    from collections.abc import Callable

SPREAD = 2.0
"""The factor, up and down, within which the seconds lie nearly always."""
MOST_SLOWNESS = 5.0
"""No machine is further from the one of the measurements: more is a mistake of the clock."""
PROBE_SECONDS = 0.00122
"""Seconds of `slowness`'s probe where the laws were measured."""
_MICRO = 1e-6


@dataclass(frozen=True, slots=True)
class Work:
    """What decides the cost of one table.

    Attributes:
        rows: Real rows.
        made: Synthetic rows.
        columns: Columns that its model draws, those of its links included.
        context: Columns that each row is told.
        links: Foreign keys that do not drive.
        siblings: Whether rows are drawn one after the other.
        personal: Columns of personal data that are made anew.
        width: Columns of the result.
        epochs: Most epochs.
        batch: Rows of a step.
    """

    rows: int
    made: int
    columns: int
    context: int
    links: int
    siblings: bool
    personal: int
    width: int
    epochs: int
    batch: int


@dataclass(frozen=True, slots=True)
class Law:
    """What a model costs.

    Attributes:
        model: Name of its class, ``""`` where there is none.
        fit: Seconds of a fit.
        drawing: Microseconds of a drawn value.
        turns: Seconds that drawing one sibling after the other costs besides.
        block: Rows that are drawn at least.
    """

    model: str
    fit: Callable[[Work], float]
    drawing: float
    turns: float
    block: int = 0


def _tree(work: Work) -> float:
    """Return the seconds of `TreeSynth`: one tree a column, grown on all columns before it."""
    column = 0.9 + 0.035 * work.columns
    of_row = work.columns * column + 0.4 * work.context
    # Large tables leave the cache.
    return 0.005 * work.columns + of_row * _MICRO * work.rows * (1 + work.rows / 450_000)


_EPOCHS_OF_ARGN = 9
"""Epochs after which a network has stopped, in the middle of 20 tables (4 to 21)."""


def _argn(work: Work) -> float:
    """Return the seconds of `ARGN`: steps of an epoch, until the likelihood stands still."""
    seen = 0.95 * work.rows
    batch = min(work.batch, max(seen / 40, 32), seen)
    epochs = min(work.epochs, _EPOCHS_OF_ARGN)
    width = work.columns + 0.25 * work.context
    step = (500 + 280 * width + batch * (0.53 * width + 0.03 * width**2)) * _MICRO
    return 0.1 + epochs * max(seen / batch, 1) * step


_STEPS_OF_CTGAN = 3500
"""Steps after which the adversaries have stopped, in the middle; 10 an epoch at least."""


def _ctgan(work: Work) -> float:
    """Return the seconds of `CTGAN`: steps of an epoch, until the distance stands still."""
    steps = min(work.epochs * max(work.rows // work.batch, 10), _STEPS_OF_CTGAN)
    width = work.columns + 0.5 * work.context
    return 0.2 + steps * (5e-3 + work.batch * (12 + 1.2 * width) * _MICRO)


def preparing(work: Work) -> float:
    """Return the seconds of reading, protecting and linking."""
    of_row = 0.1 * work.columns + 3 * work.personal
    if work.context or work.links:
        of_row += 4 + 0.3 * (work.columns + work.context) + 3 * work.links
    return 0.01 + of_row * _MICRO * work.rows


def making(work: Work, law: Law) -> float:
    """Return the seconds of drawing rows, placing their keys and making their personal data."""
    values = law.drawing * (work.columns + 0.5 * work.context)
    others = 3.5 * work.personal + work.links
    once = 0.01 + 0.35 * bool(work.personal)
    if work.siblings:
        values += law.drawing * work.columns
        others += 2
        once += law.turns
    return once + (values * max(work.made, law.block) + others * work.made) * _MICRO


NO_MODEL = Law("", lambda _work: 0.0, drawing=0.0, turns=0.0)
_LAWS = {
    "tree": Law("TreeSynth", _tree, drawing=0.25, turns=0.08),
    "argn": Law("ARGN", _argn, drawing=0.8, turns=0.2, block=BLOCK_ROWS),
    "ctgan": Law("CTGAN", _ctgan, drawing=0.8, turns=0.5, block=BLOCK_ROWS),
}


def law_of(model: str, columns: int) -> Law | None:
    """Return the law of a model by its name; ``None`` where nobody knows it.

    Args:
        model: The name, as `registry.model_class` takes it.
        columns: Columns that it draws; without one there is no model.
    """
    if not columns:
        return NO_MODEL
    name = model.casefold()
    if name in {"auto", "automodel"}:
        name = choose(columns)
    return next((law for key, law in _LAWS.items() if name in {key, law.model.casefold()}), None)


def slowness() -> float:
    """Return how many times as long as the machine of the measurements this one takes.

    A sort, a sum and a loop of Python are timed for a few milliseconds, three times; the fastest
    counts.
    """
    import numpy as np

    numbers = np.sin(np.arange(50_000.0))

    def probe() -> float:
        # Not the clock: what others do on the machine now is over before a long fit is.
        start = time.thread_time()
        np.sort(numbers)
        np.exp(numbers).cumsum()
        sum(math.sqrt(i) for i in range(20_000))
        return time.thread_time() - start

    found = min(probe() for _ in range(3)) / PROBE_SECONDS
    return min(max(found, 1 / MOST_SLOWNESS), MOST_SLOWNESS)
