"""What `explain` predicts beside what came: time and memory of varied tables and all three models.

python -m benchmarks.costs --data FOLDER

The constants of `synthohive_jupyter.engine.cost_laws` were set by 35 fits of other tables, and of
other sizes or other halves of the published ones: so for adult, baseball, cdnow and wide this is no
independent check. Every case runs in a process of its own; seconds are those of the processor, so
that neighbours do not count.
"""

from __future__ import annotations

import argparse
import json
import math
import subprocess
import sys
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from benchmarks import cost, data, databases
from benchmarks.contenders import ROOT
from benchmarks.meters import cpu_seconds, machine, moment, peak_mib, reset_peak, resident_mib
from benchmarks.models import RESULTS, commit
from benchmarks.processes import Limits
from benchmarks.results import as_lines, save
from synthohive_jupyter.engine.cost_laws import slowness
from synthohive_jupyter.engine.costs import Costs, estimate
from synthohive_jupyter.engine.memory import MIB
from synthohive_jupyter.engine.preparing import prepare
from synthohive_jupyter.engine.synthesizer import Synthesizer
from synthohive_jupyter.models.registry import ModelClasses
from synthohive_jupyter.privacy.config import PrivacyConfig
from synthohive_jupyter.schema.metadata import Metadata

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from benchmarks.databases import Tables

FACTOR = 2.0
"""A prediction is good if what came lies within this factor."""
LEVELS = 12

Made = tuple["Metadata", "Tables"]


@dataclass(frozen=True, slots=True)
class Case:
    """One database, model and number of epochs."""

    name: str
    make: Callable[[Path], Made]
    model: str
    epochs: int = 300
    batch: int = 500


def flat(rows: int, numbers: int, words: int, _: Path) -> Made:
    """Return one table of numbers and words that hang together."""
    rng = np.random.default_rng(rows)
    hidden = rng.normal(size=(rows, 2))
    columns: dict[str, Any] = {"id": np.arange(rows)}
    for place in range(numbers + words):
        value = hidden @ rng.normal(size=2) + rng.normal(size=rows)
        if place < numbers:
            columns[f"n{place}"] = np.round(np.exp(value) if place % 2 else 50 + 9 * value, 1)
        else:
            edges = np.quantile(value, np.linspace(0, 1, LEVELS + 1)[1:-1])
            columns[f"w{place}"] = np.array(list("abcdefghijkl"))[np.searchsorted(edges, value)]
    metadata = Metadata()
    metadata.add_table("t", pk="id")
    return metadata, {"t": pd.DataFrame(columns)}


def linked(rows: int, _: Path) -> Made:
    """Return customers, shops and so many orders."""
    return cost.schema(), cost.tables(rows, seed=7)


def published(name: str, rows: int, folder: Path) -> Made:
    """Return the first rows of a published table."""
    metadata = Metadata()
    metadata.add_table("t", pk=None)
    return metadata, {"t": data.SETS[name](folder).train.head(rows).reset_index(drop=True)}


def families(name: str, folder: Path) -> Made:
    """Return published linked tables."""
    found = getattr(databases, name)(folder)
    return found.metadata, found.holdout


CASES = (
    Case("3,000 × 8", partial(flat, 3_000, 4, 4), "tree"),
    Case("120,000 × 14", partial(flat, 120_000, 8, 6), "tree"),
    Case("60,000 orders, 2 parents", partial(linked, 60_000), "tree"),
    Case("baseball, holdout", partial(families, "baseball"), "tree"),
    Case("wide, 5,000 × 60", partial(published, "wide", 5_000), "tree"),
    Case("2,500 × 9", partial(flat, 2_500, 5, 4), "argn"),
    Case("7,000 × 12", partial(flat, 7_000, 3, 9), "argn"),
    Case("30,000 × 30", partial(flat, 30_000, 15, 15), "argn"),
    Case("adult, 12,000 × 15", partial(published, "adult", 12_000), "argn"),
    Case("20,000 orders, 2 parents", partial(linked, 20_000), "argn"),
    Case("baseball, holdout", partial(families, "baseball"), "argn"),
    Case("3,000 × 8", partial(flat, 3_000, 4, 4), "ctgan", 60),
    Case("12,000 × 20", partial(flat, 12_000, 12, 8), "ctgan", 15, 300),
    Case("adult, 12,000 × 15", partial(published, "adult", 12_000), "ctgan"),
    Case("10,000 orders, 2 parents", partial(linked, 10_000), "ctgan", 10),
    Case("cdnow, holdout", partial(families, "cdnow"), "ctgan", 5),
)


def measure(case: Case, folder: Path) -> dict[str, Any]:
    """Predict, fit and generate in this process."""
    metadata, tables = case.make(folder)
    told = predict(case, metadata, tables)
    reset_peak()
    memory, start = resident_mib(), cpu_seconds()
    synthesizer = Synthesizer(metadata, model=case.model)
    synthesizer.fit(tables, epochs=case.epochs, batch_size=case.batch, seed=3, progress_bar=False)
    fitted = cpu_seconds()
    synthesizer.sample(scale=1.0)
    assert told.fit is not None
    assert told.generate is not None
    return {
        "rows": sum(map(len, tables.values())),
        "fit": [told.fit.likely, fitted - start],
        "generate": [told.generate.likely, cpu_seconds() - fitted],
        # A table that fits into what is free already takes nothing.
        "memory": [told.memory / MIB, max(peak_mib() - memory, 1.0)],
    }


def predict(case: Case, metadata: Metadata, tables: Tables) -> Costs:
    """Return what `explain` would say."""
    prepared = prepare(metadata, PrivacyConfig(), tables, read=dict, models=ModelClasses())
    return estimate(
        prepared.plan,
        {name: facts.rows or 0 for name, facts in prepared.facts.items()},
        model=case.model,
        epochs=case.epochs,
        batch_size=case.batch,
        factor=slowness(),
    )


def page(runs: Sequence[dict[str, Any]], about: dict[str, Any]) -> str:
    """Return the page of results."""
    heads = ["tables", "model", "epochs", "rows", "fit s: told, came", "ratio"]
    heads += ["generate s", "ratio", "MiB", "ratio"]
    lines = [heads, ["---"] * len(heads)]
    ratios: dict[str, list[float]] = {"fit": [], "generate": [], "memory": []}
    for run in runs:
        cells = [run["name"], run["model"], str(run["epochs"]), f"{run['rows']:,}"]
        for part, form in (("fit", ".1f"), ("generate", ".2f"), ("memory", ",.0f")):
            told, came = run[part]
            ratios[part].append(told / came)
            cells += [f"{told:{form}}, {came:{form}}", f"{told / came:.2f}"]
        lines.append(cells)
    within = {
        part: sum(1 / FACTOR <= ratio <= FACTOR for ratio in found)
        for part, found in ratios.items()
    }
    spread = {p: math.exp(np.std(np.log(found))) for p, found in ratios.items()}
    said = "; ".join(f"{p} {within[p]} of {len(runs)} (spread {spread[p]:.2f})" for p in ratios)
    told = f"Within a factor of {FACTOR:.0f}: {said}. The spread is the standard deviation of the "
    told += "ratio, as a factor.\n"
    computer = about["machine"]
    where = f"{computer['processor']}, {computer['cores']} cores, threads: 1; load "
    where += (
        f"{about['begun']['load']} to {about['ended']['load']}; {about['ended']['date'][:10]}, "
    )
    where += f"commit {about['commit']}.\n"
    how = (__doc__ or "").partition("FOLDER")[2].strip()
    title = f"# What `explain` predicts\n\n{how}\n"
    return "\n".join([title, as_lines(lines), told, where])


def in_process(place: int, folder: Path, limits: Limits) -> dict[str, Any]:
    """Measure a case in a process of its own."""
    command = [
        sys.executable,
        "-m",
        "benchmarks.costs",
        "--data",
        str(folder),
        "--case",
        str(place),
    ]
    done = subprocess.run(
        command, cwd=ROOT, env=limits.environment(), capture_output=True, text=True, check=True
    )
    case = CASES[place]
    told = {"name": case.name, "model": case.model, "epochs": case.epochs, "batch": case.batch}
    return {**told, **json.loads(done.stdout.splitlines()[-1])}


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print and write; return the exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--data", type=Path, required=True, help="folder of the published tables")
    parser.add_argument("--case", type=int, help="measure one case in this process")
    options = parser.parse_args(arguments)
    if options.case is not None:
        print(json.dumps(measure(CASES[options.case], options.data)))
        return 0
    limits = Limits()
    about: dict[str, Any] = {"begun": moment(), "machine": machine(), "commit": commit()}
    runs = []
    for place in range(len(CASES)):
        runs.append(in_process(place, options.data, limits))
        print(runs[-1], flush=True)
    about |= {"ended": moment(), "limits": asdict(limits)}
    text = page(runs, about)
    save(RESULTS, "costs", {**about, "runs": runs}, text)
    print(f"\n{text}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
