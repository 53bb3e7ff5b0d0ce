"""One fit and its samples, measured from inside a process of their own.

The same code runs in the project's environment and in that of the peers, so it needs pandas only.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, Self

import pandas as pd

from benchmarks.meters import cpu_seconds, moment, peak_mib, reset_peak, resident_mib, stopwatch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from benchmarks.meters import Stopwatch

BULK = 5
"""Rows a second are taken from a sample that is so many times larger than the table."""


@dataclass(frozen=True, slots=True)
class Job:
    """What a process is asked for.

    Attributes:
        model: Name of the contender.
        parameters: Its parameters.
        table: Parquet file to learn from.
        sample: Parquet file to write as many rows to.
        seed: Root seed of fit and sample.
        memory_rows: Sizes of further samples, whose memory is measured.
    """

    model: str
    parameters: dict[str, Any]
    table: str
    sample: str
    seed: int
    memory_rows: tuple[int, ...] = ()

    def write(self, path: Path) -> None:
        """Write the job for the process to read."""
        path.write_text(json.dumps(asdict(self)))

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read what `write` has written."""
        record = json.loads(path.read_text())
        return cls(**{**record, "memory_rows": tuple(record["memory_rows"])})


@dataclass(slots=True)
class Epochs:
    """Epochs of a fit, and the CPU seconds of one; ``None`` where there are none.

    Attributes:
        count: Epochs that were run.
        cpu: Seconds of one: training alone, without what is done once before and after.
    """

    count: int | None = None
    cpu: float | None = None


class Contender(Protocol):
    """A model as the harness sees it."""

    epochs: Epochs

    def fit(self, frame: pd.DataFrame, *, seed: int) -> None:
        """Learn the table."""

    def sample(self, rows: int, *, seed: int) -> pd.DataFrame:
        """Draw rows in the columns of the table."""


class EpochClock:
    """CPU seconds at the steps of a training, of which the first and the last are kept."""

    def __init__(self) -> None:
        self.steps = 0
        self._first = self._last = 0.0

    def step(self, *_: object) -> None:
        """Note that a step has ended."""
        self._last = cpu_seconds()
        if not self.steps:
            self._first = self._last
        self.steps += 1

    def epochs(self, count: int) -> Epochs:
        """Return the cost of an epoch; the time before the end of the first step is unknown."""
        if self.steps < 2 or not count:
            return Epochs(count)
        share = (self.steps - 1) / self.steps
        return Epochs(count, (self._last - self._first) / share / count)


def measure(job: Job, contender: Contender) -> dict[str, Any]:
    """Fit, sample and measure; write the sample and return the measures."""
    imports = cpu_seconds()
    frame = pd.read_parquet(job.table)
    rows = len(frame)
    begun, start = moment(), resident_mib()
    with stopwatch() as fit:
        contender.fit(frame, seed=job.seed)
    after_fit = peak_mib()
    drawn, first = _timed(stopwatch(), lambda: contender.sample(rows, seed=job.seed))
    after_sample = peak_mib()
    drawn[list(frame.columns)].to_parquet(job.sample)
    del drawn
    _, bulk = _timed(stopwatch(), lambda: contender.sample(BULK * rows, seed=job.seed))
    return {
        "begun": begun,
        "rows": rows,
        "imports": {"cpu": imports},
        "fit": asdict(fit),
        "sample": {"rows": rows, **asdict(first)},
        "bulk": {"rows": BULK * rows, **asdict(bulk)},
        "epochs": asdict(contender.epochs),
        "peak_mib": {"start": start, "fit": after_fit, "sample": after_sample},
        "memory": list(_memory(job, contender)),
    }


def _timed(
    watch: AbstractContextManager[Stopwatch], draw: Callable[[], pd.DataFrame]
) -> tuple[pd.DataFrame, Stopwatch]:
    with watch as seconds:
        drawn = draw()
    return drawn, seconds


def _memory(job: Job, contender: Contender) -> Iterator[dict[str, Any]]:
    """Yield the peak of each further sample, and what the returned table itself takes."""
    for rows in job.memory_rows:
        reset_peak()
        drawn = contender.sample(rows, seed=job.seed)
        # Shallow: texts are shared between the cells, and pandas would count them once a cell.
        size = int(drawn.memory_usage(index=False).sum())
        yield {"rows": rows, "peak_mib": peak_mib(), "table_mib": size / 2**20}
        del drawn


def serve(contenders: Callable[[Job], Contender]) -> None:
    """Carry out the job whose file is the only argument; the answer goes to a file beside it."""
    import sys

    path = Path(sys.argv[1])
    job = Job.read(path)
    answer = measure(job, contenders(job))
    path.with_suffix(".answer.json").write_text(json.dumps(answer))
