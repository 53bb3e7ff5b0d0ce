"""Small real parts for tests of the engine: a model that fits in microseconds, storage in memory."""

# ruff: noqa: A002 - the names are those of Spark

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd

# Before any test puts a model of its own into the registry: modules keep what they have imported.
import synthohive_jupyter.engine.synthesizer  # noqa: F401
from synthohive_jupyter.errors import DataError, ModelFileError, NotFittedError, StorageError
from synthohive_jupyter.events import CheckpointSaved, EpochEnded
from synthohive_jupyter.models.base import BLOCK_ROWS, ConditionalGenerativeModel
from synthohive_jupyter.seeding import stream


class ResamplingModel(ConditionalGenerativeModel):
    """Draws each column by itself from what was seen beside the row's first context value.

    It keeps the whole contract: blocks of the seed, checkpoints, cancelling, save and load.
    """

    kind = "resampling"

    def __init__(self, metadata, batch_size=500, epochs=300, *, embedding_threshold=50):
        super().__init__(metadata, batch_size=batch_size, epochs=epochs)
        self.embedding_threshold = embedding_threshold
        self.table = None
        self.columns = {}
        self.context_columns = None
        self.seen = {}

    def fit(
        self, data, context=None, *, table_name, seed=0, on_event=None, cancel=None,
        checkpoint_dir=None, checkpoint_interval=10, resume=False, families=None,
    ):  # fmt: skip
        if data.empty:
            raise DataError("no rows", table=table_name)
        if families is not None and len(families) != len(data):
            raise DataError("families do not fit", table=table_name)
        emit = on_event or (lambda event: None)
        self.table, self.cancelled, self.epochs_run = table_name, False, 0
        self.columns = {c: str(t) for c, t in data.dtypes.items()}
        self.context_columns = None if context is None else list(context.columns)
        groups = _groups(context, len(data))
        self.seen = {"": {c: _levels(data[c]) for c in data.columns}}
        for group in np.unique(groups):
            rows = data[groups == group]
            self.seen[str(group)] = {c: _levels(rows[c]) for c in data.columns}
        last = None if checkpoint_dir is None else Path(checkpoint_dir) / "final_checkpoint"
        if resume and last is not None and (last / "epoch.json").exists():
            self.epochs_run = json.loads((last / "epoch.json").read_text())["epoch"]
        while self.epochs_run < self.epochs:
            if cancel is not None and cancel.cancelled:
                self.cancelled = True
                break
            self.epochs_run += 1
            emit(EpochEnded(table_name, self.epochs_run, self.epochs, {"nll": 1.0}))
            if last is not None and self.epochs_run % checkpoint_interval == 0:
                for name in ("best_checkpoint", "final_checkpoint"):
                    folder = last.with_name(name)
                    folder.mkdir(parents=True, exist_ok=True)
                    # As those of real models: whole or absent.
                    (folder / "epoch.new").write_text(json.dumps({"epoch": self.epochs_run}))
                    (folder / "epoch.new").replace(folder / "epoch.json")
                    emit(CheckpointSaved(table_name, name, self.epochs_run))
        return self

    def sample(self, num_rows, context=None, *, seed=0, enforce_constraints=True):
        if self.table is None:
            raise NotFittedError("fit first")
        if (context is None) != (self.context_columns is None):
            raise DataError("context missing, or not asked for", table=self.table)
        if context is not None and (
            len(context) != num_rows or list(context.columns) != self.context_columns
        ):
            raise DataError("the context is another one", table=self.table)
        blocks = range(-(-num_rows // BLOCK_ROWS))
        shape = (BLOCK_ROWS, len(self.columns))
        drawn = [stream(seed, self.table, "sample", block).random(shape) for block in blocks]
        uniform = np.concatenate(drawn)[:num_rows] if drawn else np.zeros((0, len(self.columns)))
        groups = _groups(context, num_rows)
        columns = {}
        for place, (column, dtype) in enumerate(self.columns.items()):
            values = np.full(num_rows, None, dtype=object)
            for group in np.unique(groups):
                rows = np.flatnonzero(groups == group)
                levels, weights = self.seen.get(group, self.seen[""])[column]
                places = np.searchsorted(np.cumsum(weights), uniform[rows, place] * sum(weights))
                values[rows] = [levels[p] for p in places]
            columns[column] = _typed(values, dtype)
        return pd.DataFrame(columns, index=pd.RangeIndex(num_rows))

    def save(self, path, *, overwrite=False):
        path = Path(path)
        if path.exists() and not overwrite:
            raise StorageError("something is there")
        path.mkdir(parents=True, exist_ok=True)
        record = {"table": self.table, "columns": self.columns, "context": self.context_columns,
                  "seen": self.seen, "epochs_run": self.epochs_run}  # fmt: skip
        (path / "config.json").write_text(json.dumps(record))

    def load(self, path):
        try:
            record = json.loads((Path(path) / "config.json").read_text())
        except (OSError, ValueError) as error:
            raise ModelFileError("model damaged") from error
        self.table, self.columns = record["table"], record["columns"]
        self.context_columns, self.seen = record["context"], record["seen"]
        self.epochs_run = record["epochs_run"]
        return self


def _groups(context, rows):
    if context is None:
        return np.full(rows, "all")
    return context.iloc[:, 0].astype(object).map(_text, na_action=None).to_numpy(dtype=str)


def _text(value):
    if value is None or value is pd.NA or value != value:  # noqa: PLR0124 - NaN
        return "null"
    return f"{value:g}" if isinstance(value, (int, float, np.number)) else f"is {value}"


def _levels(column):
    counts = column.astype(object).map(_json, na_action=None).value_counts(dropna=False, sort=False)
    counts = counts.sort_index(key=lambda index: index.map(repr))
    levels = [None if value is None or value != value else value for value in counts.index]  # noqa: PLR0124
    return [levels, [int(n) for n in counts]]


def _json(value):
    if value is None or value is pd.NA or value is pd.NaT or value != value:  # noqa: PLR0124
        return None
    if hasattr(value, "isoformat"):
        return value.isoformat()
    return value.item() if hasattr(value, "item") else value


def _typed(values, dtype):
    series = pd.Series(values, dtype=object)
    return series if dtype == "object" else series.astype(dtype)


class MemoryIO:
    """Storage in a dictionary; `failures` says how often writing to a place fails."""

    def __init__(self, failures=None):
        self.data = {}
        self.formats = {}
        self.log = []
        self.failures = dict(failures or {})

    def read_dataset(self, place, format=None):
        self.log.append(("read", str(place)))
        if str(place) not in self.data:
            raise StorageError(f"nothing at '{place}'")
        # Storage promises no order of rows: give them in another one.
        return self.data[str(place)].sample(frac=1, random_state=0).reset_index(drop=True)

    def write_dataset(self, df, path, format="delta", mode="overwrite"):
        self.log.append(("write", str(path)))
        folder = str(path).rsplit("/", 1)[-1]
        if self.failures.get(folder, 0) > 0:
            self.failures[folder] -= 1
            raise OSError("disk full")
        if mode != "overwrite":
            raise StorageError(f"mode {mode!r}")
        self.data[str(path)], self.formats[str(path)] = df.copy(), format

    def write_pandas(self, pdf, path, mode="overwrite", format="delta"):
        self.write_dataset(pdf, path, format=format, mode=mode)

    def exists(self, path):
        return str(path) in self.data

    def delete(self, path):
        self.log.append(("delete", str(path)))
        self.data.pop(str(path), None)
