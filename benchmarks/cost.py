"""What relations cost: seconds and memory over 10,000 to a million children, and one huge family.

python -m benchmarks.cost --rows 10000,30000,100000,300000,1000000 --huge 100000

Not part of `benchmarks.relations`, for here no likeness is judged.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from benchmarks.job import Job
from benchmarks.meters import machine, moment
from benchmarks.models import ARTIFACTS, RESULTS, commit, sizes_of
from benchmarks.processes import JobError, Limits, carry_out
from benchmarks.relation_contest import engine_entry
from benchmarks.relation_worker import SCHEMA
from benchmarks.results import as_lines, save
from synthohive_jupyter.schema.metadata import Metadata
from synthohive_jupyter.validation.integrity import key_checks

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from benchmarks.contenders import Entry
    from benchmarks.databases import Tables

SIZES = (10_000, 30_000, 100_000, 300_000, 1_000_000)
FAMILY = 10
"""Mean children of a customer."""
CUSTOM = 100
"""Mean orders of a shop."""
HUGE = 100_000
ONE = "one parent with"
ABOUT = """Customers with orders (the families, in the order of their days) and shops, the orders'
second parent: ten orders a customer, a hundred a shop, made from a seed by `benchmarks/cost.py`.
Every size is fitted and drawn in a process of its own."""


def schema() -> Metadata:
    """Return the description of the tables."""
    metadata = Metadata()
    metadata.add_table("customers", pk="id")
    metadata.add_table("shops", pk="id")
    metadata.add_table(
        "orders",
        pk="id",
        fk={"customer": "customers.id", "shop": "shops.id"},
        driver="customer",
        linkage_method="conditional",
        order_by="day",
    )
    return metadata


def tables(rows: int, *, huge: int = 0, seed: int = 0) -> Tables:
    """Return about so many orders; with ``huge``, one more customer has so many.

    >>> {name: len(frame) for name, frame in tables(1000, huge=500).items()}["customers"]
    101
    """
    rng = np.random.default_rng(seed)
    people = max(1, rows // FAMILY)
    plan = rng.choice(["basic", "plus", "pro"], people, p=[0.6, 0.3, 0.1])
    rate = pd.Series({"basic": 0.7, "plus": 1.2, "pro": 2.2})[plan].to_numpy()
    counts = rng.poisson(FAMILY * rate)
    if huge:
        plan, counts = np.append(plan, "pro"), np.append(counts, huge)
    age = rng.integers(18, 80, len(plan))
    customers = pd.DataFrame({"id": np.arange(len(plan)), "plan": plan, "age": age})
    size = rng.lognormal(0, 1, max(2, rows // CUSTOM))
    town = rng.choice(["north", "south", "east", "west"], len(size))
    shops = pd.DataFrame({"id": np.arange(len(size)), "town": town, "staff": np.ceil(5 * size)})
    of = np.repeat(np.arange(len(plan)), counts)
    day = pd.Series(rng.exponential(20, len(of))).groupby(of).cumsum().to_numpy()
    orders = pd.DataFrame({"id": np.arange(len(of)), "customer": of})
    orders["shop"] = _home(of, size, rng)
    orders["day"] = np.datetime64("2020-01-01", "us") + np.floor(day).astype("timedelta64[D]")
    price = rng.lognormal(2 + 0.5 * (plan[of] == "pro"), 0.6)
    orders["price"] = np.round(price, 2)
    orders["item"] = rng.choice(["book", "disc", "game", "toy"], len(of), p=[0.4, 0.3, 0.2, 0.1])
    return {"customers": customers, "shops": shops, "orders": orders}


def _home(of: np.ndarray, size: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return a shop for each order: mostly that of the customer, the larger the likelier."""
    share = size / size.sum()
    usual = rng.choice(len(size), of.max(initial=0) + 1, p=share)[of]
    other = rng.choice(len(size), len(of), p=share)
    return np.where(rng.random(len(of)) < 0.8, usual, other)


def exponent(sizes: Sequence[float], seconds: Sequence[float]) -> float:
    """Return the power of the size that the seconds grow with, by least squares of the logarithms.

    >>> round(exponent([10, 100, 1000], [1, 10, 100]), 3)
    1.0
    """
    return float(np.polyfit(np.log(sizes), np.log(seconds), 1)[0])


@dataclass(slots=True)
class CostRun:
    """A run over several sizes.

    Attributes:
        entry: What is fitted.
        folder: Where tables and samples go.
        limits: Of every process.
        runs: Measures by label, in order.
        failed: What went wrong.
    """

    entry: Entry
    folder: Path
    limits: Limits
    runs: dict[str, dict[str, Any]] = field(default_factory=dict)
    failed: list[str] = field(default_factory=list)

    def measure(self, label: str, data: Tables) -> None:
        """Fit and draw in a process of its own; note its measures and whether the keys hold."""
        stem = f"cost-{len(self.runs)}"
        source, sample = self.folder / stem, self.folder / f"{stem}-sample"
        source.mkdir(parents=True, exist_ok=True)
        for table, frame in data.items():
            frame.to_parquet(source / f"{table}.parquet")
        (source / SCHEMA).write_text(json.dumps(schema().to_dict()))
        job = Job(stem, self.entry.parameters, str(source), str(sample), seed=0)
        try:
            run = carry_out(self.entry, job, self.folder, self.limits)
        except JobError as error:
            self.failed.append(f"{label}: {error}")
            print(self.failed[-1], flush=True)
            return
        drawn = {table: pd.read_parquet(sample / f"{table}.parquet") for table in data}
        run["children"] = len(data["orders"])
        run["keys hold"] = all(check.holds for check in key_checks(schema(), drawn))
        run["largest"] = [int(f["customer"].value_counts().iloc[0]) for f in
                          (data["orders"], drawn["orders"])]  # fmt: skip
        self.runs[label] = run
        print(f"{label}: fit {run['fit']['cpu']:.1f}, sample {run['sample']['cpu']:.1f} CPU s",
              flush=True)  # fmt: skip

    def exponents(self) -> dict[str, tuple[float, float]]:
        """Return, for fit and sample, the exponent over all even sizes and over the last two."""
        even = [run for label, run in self.runs.items() if not label.startswith(ONE)]
        sizes = [run["children"] for run in even]
        found = {}
        for part in ("fit", "sample"):
            seconds = [run[part]["cpu"] for run in even]
            found[part] = exponent(sizes, seconds), exponent(sizes[-2:], seconds[-2:])
        return found


def page(cost: CostRun, about: dict[str, Any]) -> str:
    """Return the page of results."""
    heads = ["children", "drawn", "fit CPU s", "fit s", "sample CPU s", "sample s", "fit µs / row"]
    heads += ["sample µs / row", "peak MiB", "largest family: real, drawn", "keys hold"]
    lines = [heads, ["---"] * len(heads)]
    for label, run in cost.runs.items():
        fit, sample, drawn = run["fit"], run["sample"], run["rows"]["orders"]
        seconds = [fit["cpu"], fit["wall"], sample["cpu"], sample["wall"]]
        each = [1e6 * fit["cpu"] / run["children"], 1e6 * sample["cpu"] / drawn]
        lines.append([
            label,
            f"{drawn:,}",
            *(f"{value:.1f}" for value in (*seconds, *each)),
            f"{run['peak_mib']['sample']:,.0f}",
            ", ".join(f"{size:,}" for size in run["largest"]),
            "yes" if run["keys hold"] else "NO",
        ])  # fmt: skip
    model = cost.entry.parameters["model"]
    parts = [f"# Cost of relations\n\n{ABOUT} Row model: {model}.\n", as_lines(lines)]
    if len(cost.runs) > 1:
        parts.append(
            "Time grows with the rows to the power of "
            + "; ".join(
                f"{whole:.2f} ({part}; {last:.2f} between the last two sizes)"
                for part, (whole, last) in cost.exponents().items()
            )
            + ".\n"
        )
    parts += [f"- {note}\n" for note in cost.failed]
    computer = about["machine"]
    parts.append(
        f"{computer['processor']}, {computer['cores']} cores, threads: {cost.limits.threads}; load "
        f"{about['begun']['load']} to {about['ended']['load']}; {about['ended']['date'][:10]}, "
        f"commit {about['commit']}.\n"
    )
    return "\n".join(parts)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print and write; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rows", type=sizes_of, default=SIZES, help="children of each run")
    parser.add_argument("--huge", type=int, default=HUGE, help="children of one parent; 0 for none")
    parser.add_argument("--model", default="tree", help="the row model")
    options = parser.parse_args(arguments)
    limits = Limits()
    limits.bind()
    folder = ARTIFACTS / "cost"
    cost = CostRun(engine_entry("cost", "", options.model), folder, limits)
    about: dict[str, Any] = {"begun": moment(), "machine": machine(), "commit": commit()}
    for rows in options.rows:
        cost.measure(f"{rows:,}", tables(rows))
    if options.huge:
        cost.measure(f"{ONE} {options.huge:,}", tables(options.huge, huge=options.huge))
    about |= {"ended": moment(), "limits": asdict(limits), "failed": cost.failed}
    text = page(cost, about)
    is_whole = (options.rows, options.huge) == (SIZES, HUGE)
    place = RESULTS if is_whole else ARTIFACTS / "results"
    save(place, f"cost-{options.model}", {**about, "runs": cost.runs}, text)
    print(f"\n{text}")
    return int(bool(cost.failed))


if __name__ == "__main__":
    sys.exit(main())
