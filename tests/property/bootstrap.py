"""A model that fits in microseconds and respects nothing: whatever it draws, the keys must hold."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd

from synthohive_jupyter.errors import DataError, ModelFileError, NotFittedError, StorageError
from synthohive_jupyter.models.base import BLOCK_ROWS, ConditionalGenerativeModel
from synthohive_jupyter.seeding import stream


class BootstrapModel(ConditionalGenerativeModel):
    """Draws each column by itself from the rows that it has seen, whatever the context says.

    So the parts of one link contradict each other, null flags meet values, hierarchies have no top:
    the engine has to hold the keys against any model, not only against a good one.
    """

    kind = "bootstrap"

    def __init__(self, metadata, batch_size=500, epochs=300):
        super().__init__(metadata, batch_size=batch_size, epochs=epochs)
        self.table = None
        self.seen = pd.DataFrame()
        self.context = None

    def fit(
        self, data, context=None, *, table_name, seed=0, on_event=None, cancel=None,
        checkpoint_dir=None, checkpoint_interval=10, resume=False, families=None,
    ):  # fmt: skip
        if data.empty:
            raise DataError("no rows", table=table_name)
        for other in (context, families):
            if other is not None and len(other) != len(data):
                raise DataError("rows, context and families differ", table=table_name)
        self.table, self.epochs_run = table_name, self.epochs
        self.seen = data.reset_index(drop=True)
        self.context = None if context is None else list(context.columns)
        return self

    def sample(self, num_rows, context=None, *, seed=0, enforce_constraints=True):
        if self.table is None:
            raise NotFittedError("fit first")
        if (context is None) != (self.context is None):
            raise DataError("context missing, or not asked for", table=self.table)
        if context is not None and (list(context.columns), len(context)) != (
            self.context,
            num_rows,
        ):
            raise DataError("the context is another one", table=self.table)
        shape = (BLOCK_ROWS, self.seen.shape[1])
        blocks = range(-(-num_rows // BLOCK_ROWS))
        drawn = [
            stream(seed, self.table, "sample", b).integers(0, len(self.seen), shape) for b in blocks
        ]
        rows = np.concatenate([np.zeros((0, shape[1]), dtype=np.int64), *drawn])[:num_rows]
        columns = {
            name: self.seen[name].take(rows[:, place]).reset_index(drop=True)
            for place, name in enumerate(self.seen.columns)
        }
        return pd.DataFrame(columns, index=pd.RangeIndex(num_rows))

    def save(self, path, *, overwrite=False):
        path = Path(path)
        if path.exists() and not overwrite:
            raise StorageError("something is there")
        path.mkdir(parents=True, exist_ok=True)
        self.seen.to_parquet(path / "seen.parquet")
        (path / "config.json").write_text(
            json.dumps([self.table, self.context, {c: str(t) for c, t in self.seen.dtypes.items()}])
        )

    def load(self, path):
        try:
            self.table, self.context, dtypes = json.loads((Path(path) / "config.json").read_text())
            self.seen = pd.read_parquet(Path(path) / "seen.parquet").astype(dtypes)
        except (OSError, ValueError) as error:
            raise ModelFileError("model damaged") from error
        return self
