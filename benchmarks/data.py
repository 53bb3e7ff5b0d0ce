"""The benchmark's tables, read from the folder given by ``--data``; nothing here ships."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class FlatSet:
    """One table with a disjoint holdout, and published samples of peers."""

    name: str
    train: pd.DataFrame
    holdout: pd.DataFrame
    target: str
    peers: dict[str, pd.DataFrame]

    @property
    def columns(self) -> list[str]:
        """The columns, in the order of the training table."""
        return list(self.train.columns)


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
    return FlatSet("adult", train, read(base / "holdout.parquet"), "income", peers)
