"""The benchmark's tables, read from the folder given by ``--data`` or made here; nothing ships."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from benchmarks.wide import TARGET, wide_table

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

WIDE_ROWS = 10_000


@dataclass(frozen=True, slots=True)
class FlatSet:
    """One table with a disjoint holdout, and published samples of peers.

    Attributes:
        name: Name of the set.
        train: What models learn from.
        holdout: Rows of the same kind that no model sees.
        target: The column that a model grown on synthetic rows has to predict on the holdout.
        peers: Published samples by the name of the peer.
        about: What the table is, for the page of results.
    """

    name: str
    train: pd.DataFrame
    holdout: pd.DataFrame
    target: str
    peers: dict[str, pd.DataFrame] = field(default_factory=dict)
    about: str = ""

    @property
    def columns(self) -> list[str]:
        """The columns, in the order of the training table."""
        return list(self.train.columns)

    def part(self, rows: int) -> FlatSet:
        """Return a smaller set of random rows, to try the harness."""
        parts = [part.sample(rows, random_state=0) for part in (self.train, self.holdout)]
        about = f"{self.about} Only {rows:,} of the rows."
        train, holdout = (part.reset_index(drop=True) for part in parts)
        return FlatSet(self.name, train, holdout, self.target, self.peers, about)


def digest(frame: pd.DataFrame) -> str:
    """Return a fingerprint of names, types and cells."""
    cells = pd.util.hash_pandas_object(frame, index=False).to_numpy().tobytes()
    return hashlib.sha256(str(dict(frame.dtypes)).encode() + cells).hexdigest()[:16]


def read(path: Path) -> pd.DataFrame:
    """Read a table; text is stripped, since published files differ in blanks only."""
    frame = pd.read_parquet(path)
    for name in frame.columns:
        if not pd.api.types.is_numeric_dtype(frame[name].dtype):
            frame[name] = frame[name].astype(object).str.strip()
    return frame


def adult(folder: Path) -> FlatSet:
    """Return the census incomes, 24,403 training rows and a disjoint holdout."""
    base = folder / "adult"
    train = read(base / "train.parquet")
    peers = {
        path.stem.removeprefix("peer-"): read(path)[list(train.columns)]
        for path in sorted(base.glob("peer-*.parquet"))
    }
    holdout = read(base / "holdout.parquet")
    about = "Census incomes: 15 columns, 9 of them categories. Holdout rows that stand in the "
    about += "training table were taken out, so its own rate of copies is 0."
    return FlatSet("adult", train, holdout, "income", peers, about)


def cdnow(folder: Path) -> FlatSet:
    """Return the purchases of a music shop as one table without keys, halved by customer."""
    purchases = pd.read_parquet(folder / "cdnow" / "purchases.parquet")
    users = np.sort(purchases["users_id"].unique())
    chosen = np.random.default_rng(0).permutation(users)[: len(users) // 2]
    is_train = purchases["users_id"].isin(chosen)
    flat = purchases.drop(columns="users_id")
    flat["date"] = pd.to_datetime(flat["date"])
    parts = [flat[rows].reset_index(drop=True) for rows in (is_train, ~is_train)]
    about = "Purchases without keys: date, number of discs, amount. Half of the customers are the "
    about += "holdout. With so few columns many real rows are equal by chance."
    return FlatSet("cdnow", parts[0], parts[1], "amt", about=about)


def wide(_: Path) -> FlatSet:
    """Return two draws of the law of `benchmarks.wide`."""
    about = "Made by `benchmarks/wide.py`: 60 columns of every type, with nulls, whose law is "
    about += "known; the holdout is a second draw of it."
    parts = [wide_table(WIDE_ROWS, seed=seed) for seed in (1, 2)]
    return FlatSet("wide", parts[0], parts[1], TARGET, about=about)


SETS: Mapping[str, Callable[[Path], FlatSet]] = {"adult": adult, "cdnow": cdnow, "wide": wide}
