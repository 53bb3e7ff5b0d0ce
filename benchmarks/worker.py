"""The process of a model of the project, or of a baseline: ``python -m benchmarks.worker JOB``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from benchmarks.job import EpochClock, Epochs, Job, serve

if TYPE_CHECKING:
    from benchmarks.job import Contender
    from synthohive_jupyter.events import Event
    from synthohive_jupyter.models.base import ConditionalGenerativeModel

TABLE = "table"


class Independent:
    """Every column drawn alone: perfect shapes, no relation. What a model has to beat."""

    def __init__(self) -> None:
        self.epochs = Epochs()
        self._frame = pd.DataFrame()

    def fit(self, frame: pd.DataFrame, *, seed: int) -> None:
        """Keep the table, shuffled, so that a sample of its size has exactly its shapes."""
        rng = np.random.default_rng(seed)
        self._frame = pd.DataFrame(
            {name: column.array[rng.permutation(len(column))] for name, column in frame.items()}
        )

    def sample(self, rows: int, *, seed: int) -> pd.DataFrame:
        """Return the shuffled columns, over and over, each from a place of its own."""
        rng = np.random.default_rng(seed)
        size = len(self._frame)
        starts = rng.integers(size, size=self._frame.shape[1])
        return pd.DataFrame(
            {
                name: column.array[(start + np.arange(rows)) % size]
                for start, (name, column) in zip(starts, self._frame.items(), strict=True)
            }
        )


class Own:
    """A model of the project, told nothing about the table but its rows."""

    def __init__(self, kind: str, parameters: dict[str, Any]) -> None:
        self.epochs = Epochs()
        self._model = _model(kind, parameters)
        # The trees' epochs are columns.
        self._has_epochs = kind != "tree"

    def fit(self, frame: pd.DataFrame, *, seed: int) -> None:
        """Fit, and look at the clock whenever an epoch has ended."""
        from synthohive_jupyter.events import EpochEnded

        clock = EpochClock()

        def watch(event: Event) -> None:
            if isinstance(event, EpochEnded):
                clock.step()

        self._model.fit(frame, table_name=TABLE, seed=seed, on_event=watch)
        if self._has_epochs:
            self.epochs = clock.epochs(self._model.epochs_run)

    def sample(self, rows: int, *, seed: int) -> pd.DataFrame:
        """Draw rows."""
        return self._model.sample(rows, seed=seed)


def _model(kind: str, parameters: dict[str, Any]) -> ConditionalGenerativeModel:
    """Build a model; what it imports later is imported now, for no time counts imports."""
    from synthohive_jupyter.schema.metadata import Metadata

    metadata = Metadata()
    metadata.add_table(TABLE, pk=None)
    if kind == "tree":
        from synthohive_jupyter.models.tree.model import TreeSynth
        from synthohive_jupyter.trees.library import load_library

        load_library()
        return TreeSynth(metadata, **parameters)
    if kind == "argn":
        from synthohive_jupyter.models.argn.model import ARGN

        return ARGN(metadata, **parameters)
    from synthohive_jupyter.models.ctgan.model import CTGAN

    if kind == "ctgan-published":
        return CTGAN.as_published(metadata, **parameters)
    return CTGAN(metadata, **parameters)


def contender(job: Job) -> Contender:
    """Return what the job names."""
    if job.model == "independent":
        return Independent()
    if job.model.startswith("cart"):
        from benchmarks.cart import CartChain

        return CartChain(**job.parameters)
    if job.model in {"tree", "argn", "ctgan", "ctgan-published"}:
        return Own(job.model, job.parameters)
    raise ValueError(f"no contender is called {job.model!r}")


if __name__ == "__main__":
    serve(contender)
