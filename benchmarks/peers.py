"""The process of a peer, run by the Python of ``make bench-peers``: ``-m benchmarks.peers JOB``.

Peers run with their own defaults but for the limits that `benchmarks.contenders` states. No line
of theirs is copied or imported anywhere else.
"""

from __future__ import annotations

import csv
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch.optim.optimizer import register_optimizer_step_post_hook

from benchmarks.job import EpochClock, Epochs, Job, serve
from benchmarks.plain import PlainForm

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

    from benchmarks.job import Contender


class Ctgan:
    """The CTGAN of its authors, on the usual preparation of a table."""

    def __init__(self, parameters: dict[str, Any]) -> None:
        from ctgan import CTGAN

        self.epochs = Epochs()
        self._model = CTGAN(enable_gpu=False, **parameters)
        self._count = parameters["epochs"]
        self._form: PlainForm | None = None

    def fit(self, frame: pd.DataFrame, *, seed: int) -> None:
        """Fit; the clock is looked at after every step of an optimiser."""
        self._form = PlainForm(frame)
        torch.manual_seed(seed)
        np.random.seed(seed)  # noqa: NPY002 - the peer draws from the global generator
        self._model.set_random_state(seed)
        clock = EpochClock()
        with _watched(clock):
            self._model.fit(self._form.prepare(frame), self._form.names)
        self.epochs = clock.epochs(self._count)

    def sample(self, rows: int, *, seed: int) -> pd.DataFrame:
        """Draw rows."""
        assert self._form is not None
        self._model.set_random_state(seed)
        return self._form.restore(self._model.sample(rows))


class MostlyAI:
    """TabularARGN of its authors, with the engine's defaults; it knows nulls and times itself."""

    def __init__(self, parameters: dict[str, Any]) -> None:
        from mostlyai.engine import TabularARGN

        self.epochs = Epochs()
        self._folder = tempfile.TemporaryDirectory()
        self._model = TabularARGN(device="cpu", workspace_dir=self._folder.name, **parameters)

    def fit(self, frame: pd.DataFrame, *, seed: int) -> None:
        """Fit on all rows; the engine holds a part of them back for its own stopping."""
        self._model.random_state = seed
        clock = EpochClock()
        with _watched(clock):
            self._model.fit(frame)
        log = Path(self._folder.name) / "ModelStore" / "model-data" / "progress-messages.csv"
        with log.open() as lines:
            done = [float(line["epoch"]) for line in csv.DictReader(lines) if line["epoch"]]
        self.epochs = clock.epochs(round(max(done)))

    def sample(self, rows: int, *, seed: int) -> pd.DataFrame:
        """Draw rows."""
        from mostlyai.engine import set_random_state

        set_random_state(seed)
        drawn: pd.DataFrame = self._model.sample(rows)
        return drawn


@contextmanager
def _watched(clock: EpochClock) -> Iterator[None]:
    """Let the clock note every step of any optimiser."""
    hook = register_optimizer_step_post_hook(clock.step)
    try:
        yield
    finally:
        hook.remove()


def contender(job: Job) -> Contender:
    """Return the peer that the job names."""
    return Ctgan(job.parameters) if job.model == "peer-ctgan" else MostlyAI(job.parameters)


if __name__ == "__main__":
    serve(contender)
