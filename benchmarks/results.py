"""Rows of a table of results: medians of seeds, JSON with every raw figure, Markdown to read."""

from __future__ import annotations

import json
import statistics
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path

    from benchmarks.contenders import Entry


@dataclass(frozen=True, slots=True)
class Row:
    """One contender of one set.

    Attributes:
        name: What the options call it.
        label: What the table calls it.
        seeds: For each seed, its ``run`` (``None`` where nothing is fitted) and ``figures``.
        parameters: What it was told.
        versions: Releases it ran with.
    """

    name: str
    label: str
    seeds: list[dict[str, Any]]
    parameters: dict[str, Any] = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, entry: Entry, seeds: list[dict[str, Any]]) -> Row:
        """Return the row of a contender."""
        return cls(entry.name, entry.label, seeds, entry.parameters, entry.versions())

    def median(self) -> dict[str, float | None]:
        """Return the median of every figure and every measure over the seeds."""
        columns: dict[str, list[float | None]] = {}
        for seed in self.seeds:
            for name, value in {**seed["figures"], **measures(seed["run"])}.items():
                columns.setdefault(name, []).append(value)
        return {name: _median(values) for name, values in columns.items()}

    def ranges(self) -> dict[str, list[float]]:
        """Return the least and the largest of what moves most between seeds: C2ST."""
        found = {
            name: [seed["figures"][name] for seed in self.seeds]
            for name in self.seeds[0]["figures"]
            if "c2st" in name
        }
        return {
            name: [min(values), max(values)] for name, values in found.items() if None not in values
        }

    def record(self) -> dict[str, Any]:
        """Return everything, JSON-safe."""
        return {"median": self.median(), "range": self.ranges(), **asdict(self)}


def measures(run: Mapping[str, Any] | None) -> dict[str, float | None]:
    """Return the costs of a fit and its samples, one number each."""
    if run is None:
        return {}
    found = {
        "imports_cpu": run["imports"]["cpu"],
        "fit_cpu": run["fit"]["cpu"],
        "fit_wall": run["fit"]["wall"],
        "sample_cpu": run["sample"]["cpu"],
        "sample_wall": run["sample"]["wall"],
        "peak_mib": run["peak_mib"]["sample"],
    }
    if bulk := run.get("bulk"):
        found["rows_per_s"] = bulk["rows"] / bulk["wall"]
        found["rows_per_cpu_s"] = bulk["rows"] / bulk["cpu"]
    if epochs := run.get("epochs"):
        found |= {"epochs": epochs["count"], "epoch_cpu": epochs["cpu"]}
    return found


def _median(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return statistics.median(known) if known else None


def columns_of(*, score: str) -> dict[str, Callable[[Mapping[str, float]], str]]:
    """Return the columns of the table; ``score`` is what TSTR is here, AUC or R²."""
    return {
        "shapes": lambda m: digits(m["shapes"]),
        "pairs": lambda m: digits(m["pairs"]),
        "C2ST train": lambda m: digits(m["c2st_train"]),
        "C2ST holdout": lambda m: digits(m["c2st_holdout"]),
        f"TSTR {score}": lambda m: digits(m["tstr"]),
        "DCR": lambda m: digits(m["dcr"]),
        "copies %": lambda m: f"{100 * m['copies']:.2f}",
        "import CPU s": lambda m: f"{m['imports_cpu']:.1f}",
        "fit CPU s": lambda m: f"{m['fit_cpu']:.1f}",
        "fit s": lambda m: f"{m['fit_wall']:.1f}",
        "epochs": lambda m: f"{m['epochs']:.0f}",
        "CPU s / epoch": lambda m: f"{m['epoch_cpu']:.2f}",
        "rows/s": lambda m: f"{m['rows_per_s']:,.0f}",
        "rows / CPU s": lambda m: f"{m['rows_per_cpu_s']:,.0f}",
        "peak MiB": lambda m: f"{m['peak_mib']:,.0f}",
    }


def digits(value: float) -> str:
    """Return a figure with four decimals, without the zero before them."""
    return f"{value:.4f}".replace("0.", ".", 1)


def _cell(text: Callable[[Mapping[str, float]], str], median: Mapping[str, Any]) -> str:
    """Return a figure, or a dash where there is none."""
    try:
        return text(median)
    except (KeyError, TypeError):
        return "–"


def markdown(rows: Sequence[Row], *, score: str) -> str:
    """Return the rows as a Markdown table."""
    columns = columns_of(score=score)
    lines = [["model", *columns], ["---"] * (len(columns) + 1)]
    for row in rows:
        median = row.median()
        lines.append([row.label, *(_cell(text, median) for text in columns.values())])
    return as_lines(lines)


def memory_table(rows: Sequence[Row]) -> str:
    """Return what large samples take: the peak, and bytes a row beside those of the table."""
    lines = [["model", "rows drawn", "peak MiB", "table MiB", "bytes / row", "of which table"]]
    lines.append(["---"] * len(lines[0]))
    for row in rows:
        draws = [draw for s in row.seeds for draw in (s["run"] or {}).get("memory", [])]
        for before, draw in zip([None, *draws], draws, strict=False):
            growth = ["–", "–"]
            if before is not None:
                more = draw["rows"] - before["rows"]
                growth = [
                    f"{(draw[part] - before[part]) * 2**20 / more:,.0f}"
                    for part in ("peak_mib", "table_mib")
                ]
            sizes = (f"{draw['rows']:,}", f"{draw['peak_mib']:,.0f}", f"{draw['table_mib']:,.0f}")
            lines.append([row.label, *sizes, *growth])
    return as_lines(lines) if len(lines) > 2 else ""


def as_lines(cells: Sequence[Sequence[str]]) -> str:
    """Return rows of cells as the lines of a Markdown table."""
    return "".join(f"| {' | '.join(line)} |\n" for line in cells)


def save(folder: Path, name: str, record: Mapping[str, Any], page: str) -> None:
    """Write ``<name>.json`` and ``<name>.md``."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.json").write_text(json.dumps(record, indent=1) + "\n")
    (folder / f"{name}.md").write_text(page)
