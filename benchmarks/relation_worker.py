"""The process of a whole database: ``python -m benchmarks.relation_worker JOB``.

The job's table is a folder with one Parquet file for each table and ``schema.json``; its sample is
a folder that gets as many. The harness is that of `benchmarks.job`, for several tables.
"""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import pandas as pd

from benchmarks.job import Job
from benchmarks.meters import cpu_seconds, moment, peak_mib, resident_mib, stopwatch

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Tables = dict[str, pd.DataFrame]
SCHEMA = "schema.json"


class Relational(Protocol):
    """A model of a database as the harness sees it."""

    def fit(self, tables: Tables, *, seed: int) -> None:
        """Learn the tables."""

    def sample(self, *, seed: int) -> Tables:
        """Draw a database of the size of the one that was learnt."""


class Own:
    """The engine of the project.

    Args:
        schema: What `Metadata.to_dict` has written.
        model: Name of the row model.
        below: What is changed in the description of every table with a foreign key.
    """

    def __init__(
        self, schema: Mapping[str, Any], *, model: str, below: Mapping[str, Any] | None = None
    ) -> None:
        # What they import later is imported now, for no time counts imports.
        from synthohive_jupyter.engine.orchestrator import StagedOrchestrator
        from synthohive_jupyter.schema.metadata import Metadata
        from synthohive_jupyter.trees.library import load_library

        load_library()
        for table in schema["tables"]:
            if table["fk"]:
                table.update(below or {})
        self._run = StagedOrchestrator(Metadata.from_dict(schema), model_cls=model)

    def fit(self, tables: Tables, *, seed: int) -> None:
        """Fit every table."""
        self._run.fit_all(tables, seed=seed, progress_bar=False)

    def sample(self, *, seed: int) -> Tables:
        """Generate as many roots as there were."""
        return self._run.generate(scale=1.0, seed=seed)


def measure(job: Job, build: Callable[[Job, Mapping[str, Any]], Relational]) -> dict[str, Any]:
    """Fit, sample and measure; write the sample and return the measures."""
    source, target = Path(job.table), Path(job.sample)
    schema = json.loads((source / SCHEMA).read_text())
    names = [table["name"] for table in schema["tables"]]
    tables = {name: pd.read_parquet(source / f"{name}.parquet") for name in names}
    contender = build(job, schema)
    imports, begun, start = cpu_seconds(), moment(), resident_mib()
    with stopwatch() as fit:
        contender.fit(tables, seed=job.seed)
    after_fit = peak_mib()
    with stopwatch() as sample:
        drawn = contender.sample(seed=job.seed)
    after_sample = peak_mib()
    target.mkdir(parents=True, exist_ok=True)
    for name, frame in drawn.items():
        frame.to_parquet(target / f"{name}.parquet")
    return {
        "begun": begun,
        "imports": {"cpu": imports},
        "rows": {name: len(frame) for name, frame in drawn.items()},
        "fit": asdict(fit),
        "sample": asdict(sample),
        "peak_mib": {"start": start, "fit": after_fit, "sample": after_sample},
    }


def serve(build: Callable[[Job, Mapping[str, Any]], Relational]) -> None:
    """Carry out the job whose file is the only argument; the answer goes to a file beside it."""
    path = Path(sys.argv[1])
    answer = measure(Job.read(path), build)
    path.with_suffix(".answer.json").write_text(json.dumps(answer))


if __name__ == "__main__":
    serve(lambda job, schema: Own(schema, **job.parameters))
