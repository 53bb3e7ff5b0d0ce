"""A report as plain text: for terminals, logs, and notebooks that show nothing else."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any

from synthohive_jupyter.notebook.layout import aligned, short, short_lines
from synthohive_jupyter.notebook.reporting.figures import drawn_range
from synthohive_jupyter.notebook.wording import count, duration, number, share, sparkline

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from synthohive_jupyter.notebook.report import Report
    from synthohive_jupyter.notebook.reporting.fidelity import Likeness
    from synthohive_jupyter.validation.integrity import KeyCheck

MAX_LINES = 24
"""Tables, keys and curves of one kind that the text lists; the HTML has them all."""

HEADS = ("", "real", "synthetic", "columns alike", "pairs alike", "keys")


def headline(report: Report) -> str:
    """Return the facts of a result in one line."""
    made = sum(rows.synthetic or 0 for rows in report.rows.values())
    tables = sum(rows.synthetic is not None for rows in report.rows.values())
    parts = [
        "" if report.status == "finished" else short(report.status),
        count(tables, "table"),
        count(made, "row"),
        duration(report.seconds),
        f"seed {report.sampled_with}",
        short(report.model),
    ]
    return " · ".join(part for part in parts if part)


def result_text(report: Report) -> str:
    """Return a report as plain text; ``repr`` of a result gives it too."""
    title = f"{short(report.name)}: " if report.name else ""
    lines = [title + headline(report), *short_lines(report.trouble), *_tables(report)]
    if report.linkage:
        lines += ["children per parent", *_cut(map(linkage_row, report.linkage), "<<<<<<")]
    if curves := list(_curves(report)):
        lines += ["loss", *_cut(curves, "<<<>")]
    if report.privacy:
        lines += ["personal data, not learnt", *_cut(_replaced(report), "<<")]
    lines += [f"note: {short(text, 1000)}" for text in report.notices]
    return "\n".join(lines)


def alike(found: Likeness | None) -> str:
    """Return a similarity, and in brackets what chance leaves of it.

    >>> from synthohive_jupyter.notebook.reporting.fidelity import Likeness
    >>> alike(Likeness(0.971, 0.95)), alike(None)
    ('97 % (95 %)', '–')
    """
    if found is None:
        return "–"
    return f"{round(found.similarity * 100)} % ({round(found.expected * 100)} %)"


def likeness(report: Report, table: str) -> tuple[str, ...]:
    """Return the similarities of a table, columns and pairs; nothing where none was compared."""
    if not report.fidelity.tables:
        return ()
    fit = report.fidelity.tables.get(table)
    return ("–", "–") if fit is None else (alike(fit.shape), alike(fit.pair))


def linkage_row(linkage: Mapping[str, Any]) -> tuple[str, str, str, str, str, str]:
    """Return a foreign key, its statistics as ``real → synthetic``, and both histograms."""
    name = (
        f"{short(linkage['parent'])} → {short(linkage['table'])} ({short(linkage['foreign_key'])})"
    )
    real, made = linkage["real_stats"], linkage["synthetic_stats"]
    if not real:
        return name, "–", "–", "–", "–", ""
    told = [
        f"{label} {text(real[label])}" + (f" → {text(made[label])}" if made else "")
        for label, text in (("mean", number), ("variance", number), ("childless", share))
    ]
    far = linkage["distance"]
    shapes = " ".join(sparkline(linkage[side]) for side in ("real", "synthetic") if linkage[side])
    return name, told[0], told[1], told[2], "" if far is None else f"TVD {number(far)}", shapes


def _tables(report: Report) -> list[str]:
    compared = report.fidelity.tables
    rows: list[Sequence[str]] = [HEADS if compared else (*HEADS[:3], HEADS[-1])]
    for table, counted in report.rows.items():
        keys = "  ".join(f"{_mark(c)} {short(c.key)}" for c in report.checks(table))
        sizes = (count(counted.real), count(counted.synthetic))
        rows.append((short(table), *sizes, *likeness(report, table), keys))
    return _cut(rows, "<>>>><" if compared else "<>><")


def _curves(report: Report) -> Iterator[tuple[str, str, str, str]]:
    for table in report.state["tables"].values():
        for name, curve in table["curves"].items():
            # What is learnt column by column is no curve.
            if curve["points"] and table["unit"] == "epoch":
                shown = "validation" if name == "metric" else short(name)
                low, high = drawn_range([curve["points"]])
                line = sparkline([min(max(value, low), high) for _, value in curve["points"]])
                yield short(table["name"]), shown, line, number(curve["last"])


def _replaced(report: Report) -> Iterator[tuple[str, str]]:
    for table, columns in groupby(report.privacy, key=lambda column: column.table):
        yield short(table), ", ".join(f"{short(c.column)} ({c.how})" for c in columns)


def _cut(rows: Iterable[Sequence[str]], sides: str) -> list[str]:
    listed = list(rows)
    more = len(listed) - MAX_LINES
    end = [f"  … and {count(more, 'more')}"] if more > 0 else []
    return aligned(listed[:MAX_LINES], sides, indent=2) + end


def _mark(check: KeyCheck) -> str:
    return "✓" if check.holds else "✗"
