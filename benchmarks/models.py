"""Row models on flat tables: floor, independent columns, published peers, ours, in one run.

python -m benchmarks.models --data ../shared/data --epochs 40 --seeds 3
"""

from __future__ import annotations

import argparse
import statistics
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from benchmarks.data import FlatSet, adult
from benchmarks.judge import judge
from benchmarks.results import markdown, peak_mib, save, stopwatch

if TYPE_CHECKING:
    from collections.abc import Callable


def independent_columns(data: FlatSet, seed: int) -> dict[str, Any]:
    """Shuffle each column alone: perfect shapes, no relation."""
    shuffled = {
        name: data.train[name].sample(frac=1, random_state=seed * 1000 + i).to_numpy()
        for i, name in enumerate(data.columns)
    }
    return judge(data, pd.DataFrame(shuffled), seed=seed).rounded()


def ctgan(data: FlatSet, seed: int, epochs: int) -> dict[str, Any]:
    """Fit and judge our CTGAN."""
    from synthohive_jupyter.models.ctgan.model import CTGAN
    from synthohive_jupyter.schema.metadata import Metadata

    metadata = Metadata()
    metadata.add_table(data.name, pk=None)
    model = CTGAN(metadata, epochs=epochs)
    with stopwatch() as fit:
        model.fit(data.train, table_name=data.name, seed=seed)
    with stopwatch() as sample:
        synthetic = model.sample(len(data.train), seed=seed)
    return {
        **judge(data, synthetic, seed=seed).rounded(),
        "fit cpu s": round(fit.cpu, 1),
        "fit wall s": round(fit.wall, 1),
        "cpu s/epoch": round(fit.cpu / epochs, 2),
        "rows/s": round(len(synthetic) / sample.wall),
        "peak MiB": round(peak_mib()),
    }


def median_of(run: Callable[[int], dict[str, Any]], seeds: int) -> dict[str, Any]:
    """Run once a seed and return the median of every figure."""
    results = [run(seed) for seed in range(seeds)]
    return {
        name: statistics.median(r[name] for r in results) if value is not None else None
        for name, value in results[0].items()
    }


def main() -> None:
    """Measure and write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--epochs", type=int, default=40)
    parser.add_argument("--seeds", type=int, default=3)
    options = parser.parse_args()
    data = adult(options.data)
    floor = judge(data, data.holdout, seed=0, is_holdout=True).rounded()
    rows = [{"adult": "floor: disjoint holdout", **floor}]
    rows += [
        {"adult": f"{name}, published sample", **judge(data, frame, seed=0).rounded()}
        for name, frame in data.peers.items()
    ]
    rows.append(
        {
            "adult": "independent columns",
            **median_of(lambda seed: independent_columns(data, seed), options.seeds),
        }
    )
    rows.append(
        {
            "adult": f"CTGAN, {options.epochs} epochs",
            **median_of(lambda seed: ctgan(data, seed, options.epochs), options.seeds),
        }
    )
    save("models-adult", rows)
    print(markdown(rows))


if __name__ == "__main__":
    main()
