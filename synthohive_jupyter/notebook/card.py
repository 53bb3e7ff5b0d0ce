"""A report in every form that a notebook keeps: text, HTML without script, PNG, and our JSON."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

from synthohive_jupyter.notebook.layout import (
    folded,
    group,
    halted,
    page,
    short,
    short_lines,
    table,
    tick,
)
from synthohive_jupyter.notebook.markup import html, node
from synthohive_jupyter.notebook.reporting.figures import HEIGHT, WIDTH, pictures, png, sheet
from synthohive_jupyter.notebook.reporting.record import MIME, run_record
from synthohive_jupyter.notebook.reporting.text import (
    alike,
    headline,
    likeness,
    linkage_row,
    result_text,
)
from synthohive_jupyter.notebook.wording import count, number, share

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from xml.etree.ElementTree import Element

    from synthohive_jupyter.notebook.markup import Child
    from synthohive_jupyter.notebook.report import Report
    from synthohive_jupyter.notebook.reporting.figures import Picture
    from synthohive_jupyter.validation.integrity import KeyCheck

MAX_PICTURES, MAX_ON_SHEET = 10, 6
"""A notebook with more pictures would be slow to open; the curves are all in ``.losses``."""

MAX_COLUMNS = 60
"""Columns that are listed one by one, the least alike first."""

ALIKE = (
    "Alike: 1 minus the distance of real and synthetic (KS for ordered columns, else TVD); in "
    "brackets what a second real sample of this size would reach."
)


def result_bundle(report: Report, *, below: Sequence[Element] = ()) -> dict[str, Any]:
    """Return a report in every form that a notebook can keep.

    Args:
        report: The numbers.
        below: What else stands in the HTML, before the notes.
    """
    shown = pictures(report.state, report.linkage)
    bundle: dict[str, Any] = {
        "text/plain": result_text(report),
        "text/html": html(card(report, shown, below=below)),
        MIME: run_record(report),
    }
    if shown:
        bundle["image/png"] = _base64(sheet(shown[:MAX_ON_SHEET]))
    return bundle


def card(report: Report, shown: list[Picture], *, below: Sequence[Element] = ()) -> Element:
    """Return a report as HTML; it needs no script, no style sheet, and nothing from elsewhere."""
    more = len(shown) - MAX_PICTURES
    parts: list[Child] = [
        *(_trouble(report) if report.trouble else ()),
        _tables(report),
        node("p", {"class": "s"}, ALIKE) if report.fidelity.tables else None,
        node("div", {"class": "f"}, *map(_figure, shown[:MAX_PICTURES])) if shown else None,
        node("p", {"class": "s"}, f"… and {count(more, 'more picture')}") if more > 0 else None,
        *_more(report),
        *below,
        *(node("p", {"class": "s"}, f"Note: {short(text, 1000)}") for text in report.notices),
    ]
    return page(report.name or "Synthetic data", headline(report), *parts)


def _trouble(report: Report) -> list[Element]:
    first, *others = short_lines(report.trouble) or [""]
    head = halted(first) if report.status == "stopped" else tick(first, good=False)
    return [head, *(node("div", {}, line) for line in others)]


def _tables(report: Report) -> Element:
    compared = report.fidelity.tables
    heads = [("Table", ""), ("Real rows", "n"), ("Synthetic rows", "n")]
    heads += [("Columns alike", "n"), ("Pairs alike", "n")] if compared else []
    rows: list[Sequence[Child]] = []
    for name, counted in report.rows.items():
        keys = group(*(_key(check) for check in report.checks(name)))
        sizes = (count(counted.real), count(counted.synthetic))
        rows.append((short(name), *sizes, *likeness(report, name), keys))
    return table([*heads, ("Keys", "")], rows)


def _key(check: KeyCheck) -> Element:
    counted = (
        (check.duplicates, "duplicates"),
        (check.nulls, "nulls"),
        (check.orphans, "orphans"),
        (check.outside, "parents with too few or too many rows"),
    )
    trouble = ", ".join(f"{count(n)} {what}" for n, what in counted if n)
    return tick(short(check.key), good=check.holds, detail=trouble)


def _figure(picture: Picture) -> Element:
    title = node("b", {}, picture.title)
    subject = node("span", {"class": "s"}, f" {picture.subject}")
    words = f"{picture.title}: {picture.subject}"
    shown = image(png(picture), WIDTH, HEIGHT, words)
    return node("div", {}, node("div", {}, title, subject), shown)


def image(data: bytes, width: int, height: int, words: str) -> Element:
    """Return a PNG as an element that holds it: a notebook that is not trusted keeps it."""
    source = f"data:image/png;base64,{_base64(data)}"
    return node("img", {"src": source, "alt": words, "width": width, "height": height})


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def _more(report: Report) -> Iterable[Element]:
    """Yield what a click unfolds."""
    if report.linkage:
        yield folded("Children per parent", _linkage(report.linkage))
    if report.fidelity.tables:
        yield folded("Columns, the least alike first", _columns(report))
    if report.privacy:
        columns = count(len(report.privacy), "column")
        rows = [(short(c.table), short(c.column), c.how) for c in report.privacy]
        heads = (("Table", ""), ("Column", ""), ("Made anew by", ""))
        told = node("p", {"class": "s"}, f"No model has learnt these. {report.protection}")
        yield folded(f"Personal data: {columns}", told, table(heads, rows))
    elif report.protection:
        yield folded("Personal data: no column is marked", node("p", {}, report.protection))


def _linkage(linkage: Iterable[Mapping[str, Any]]) -> Element:
    heads = [("Parent → child (key)", "")]
    heads += [(text, "n") for text in ("Mean", "Variance", "Childless", "TVD")]
    rows = []
    for each in linkage:
        real, made = each["real_stats"] or {}, each["synthetic_stats"] or {}
        cells = [
            text(real.get(label)) + (f" → {text(made[label])}" if made else "")
            for label, text in (("mean", number), ("variance", number), ("childless", share))
        ]
        rows.append([linkage_row(each)[0], *cells, number(each["distance"])])
    return table(heads, rows)


def _columns(report: Report) -> Element:
    """Return the columns that are least alike, beside what chance explains, first."""
    found = [(n, c) for n, fit in report.fidelity.tables.items() for c in fit.columns]
    found.sort(key=lambda each: each[1].likeness.similarity - each[1].likeness.expected)
    rows = [(short(n), short(c.column), c.measure, alike(c.likeness)) for n, c in found]
    heads = (("Table", ""), ("Column", ""), ("Measure", ""), ("Alike", "n"))
    return table(heads, rows, most=MAX_COLUMNS)
