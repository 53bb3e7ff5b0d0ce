"""A report as JSON: what renderers and tools read. Its form is in ``docs/run.schema.json``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from synthohive_jupyter.notebook.layout import short, short_lines
from synthohive_jupyter.progress.curves import tidy

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from synthohive_jupyter.notebook.report import Report
    from synthohive_jupyter.notebook.reporting.fidelity import Likeness, TableFit
    from synthohive_jupyter.validation.integrity import KeyCheck

MIME = "application/vnd.synthohive.run+json"
"""MIME type of the record."""

VERSION = 1
"""Grows when a reader of the older form could not read the new one."""

MAX_TABLES, MAX_POINTS, MIN_POINTS = 500, 900, 3
"""Tables; points of all curves together; and of one curve, however many there are."""

MAX_HISTOGRAMS, MAX_COLUMNS = 40, 300
"""Foreign keys whose histograms are written, and columns of all tables together; of the others
statistics and means stand there. A notebook writes every number of a list on a line of its own."""

NAME, TEXT = 200, 1_000
"""Letters of names and of sentences."""


def run_record(report: Report) -> dict[str, Any]:
    """Return a report as JSON-safe values of bounded size: names and numbers, no row."""
    names = list(report.rows)[:MAX_TABLES]
    curves = sum(len(table["curves"]) for table in report.state["tables"].values())
    points = max(MAX_POINTS // max(curves, 1), MIN_POINTS)
    return {
        "version": VERSION,
        "name": _text(report.name),
        "status": short(report.status, NAME),
        "trouble": "\n".join(short_lines(report.trouble))[:TEXT],
        "seed": report.seed,
        "sampled_with": report.sampled_with,
        "model": short(report.model, NAME),
        "seconds": tidy(report.seconds) or 0.0,
        "valid": report.valid,
        "tables": [_table(report, name, points) for name in names],
        "linkage": [
            _linkage(each, drawn=place < MAX_HISTOGRAMS)
            for place, each in enumerate(report.linkage[:MAX_TABLES])
        ],
        "privacy": [
            {
                "table": short(c.table, NAME),
                "column": short(c.column, NAME),
                "how": short(c.how, NAME),
            }
            for c in report.privacy[:MAX_TABLES]
        ],
        "notices": [short(text, TEXT) for text in report.notices],
    }


def _table(report: Report, name: str, points: int) -> dict[str, Any]:
    counted = report.rows[name]
    progress = report.state["tables"].get(name, {"curves": {}})
    return {
        "name": short(name, NAME),
        "real_rows": counted.real,
        "synthetic_rows": counted.synthetic,
        "status": progress.get("status"),
        "unit": progress.get("unit"),
        "epochs": progress.get("epoch"),
        "best_epoch": progress.get("best_epoch"),
        "seconds": progress.get("seconds"),
        "keys": [_key(check) for check in report.checks(name)],
        "curves": {
            short(label, NAME): _thinned(curve["points"], points)
            for label, curve in progress["curves"].items()
        },
        "fidelity": _fidelity(report.fidelity.tables.get(name), MAX_COLUMNS // len(report.rows)),
        "not_compared": _text(report.fidelity.left_out.get(name)),
    }


def _text(text: str | None) -> str | None:
    return None if text is None else short(text, NAME)


def _key(check: KeyCheck) -> dict[str, Any]:
    """Return a check; what was counted stands there only where it is not nought."""
    counted = ("duplicates", "nulls", "orphans", "outside")
    wrong = {name: getattr(check, name) for name in counted if getattr(check, name)}
    return {"key": short(check.key, NAME), "rows": check.rows, "holds": check.holds, **wrong}


def _linkage(linkage: Mapping[str, Any], *, drawn: bool) -> dict[str, Any]:
    names = ("table", "parent", "foreign_key", "method")
    found = {**linkage, **{name: short(linkage[name], NAME) for name in names}}
    return found if drawn else {**found, "real": [], "synthetic": []}


def _thinned(points: Sequence[Sequence[float]], most: int) -> list[list[float]]:
    """Return at most so many points at even distances, the last one among them.

    >>> _thinned([[1, 0.1], [2, 0.2], [3, 0.3], [4, 0.4]], 2)
    [[2, 0.2], [4, 0.4]]
    """
    step = -(-len(points) // most) or 1
    return [list(point) for point in points[(len(points) - 1) % step :: step]]


def _fidelity(fit: TableFit | None, most: int) -> dict[str, Any] | None:
    if fit is None:
        return None
    return {
        "shape": _likeness(fit.shape),
        "pair": _likeness(fit.pair),
        "columns": [
            {"column": short(c.column, NAME), "measure": c.measure, **_likeness(c.likeness)}
            for c in fit.columns[:most]
        ],
    }


def _likeness(likeness: Likeness | None) -> dict[str, Any]:
    if likeness is None:
        return {"similarity": None, "expected": None}
    return {"similarity": tidy(likeness.similarity), "expected": tidy(likeness.expected)}
