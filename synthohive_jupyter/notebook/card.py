"""The still pictures of a result: text, HTML without script, SVG. All names are escaped."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from synthohive_jupyter.notebook.charts import (
    HEIGHT,
    WIDTH,
    curves_chart,
    drawn_range,
    linkage_chart,
)
from synthohive_jupyter.notebook.layout import aligned, page, tick
from synthohive_jupyter.notebook.markup import html, node, svg, xml
from synthohive_jupyter.notebook.wording import count, duration, number, plain, share, sparkline

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from xml.etree.ElementTree import Element

    from synthohive_jupyter.notebook.report import Report
    from synthohive_jupyter.validation.integrity import KeyCheck

MAX_PICTURES = 12
"""A notebook with more pictures would be slow to open; the curves are all in ``.losses``."""

GAP = 18.0


def result_bundle(report: Report) -> dict[str, str]:
    """Return a report in every form that a notebook can keep."""
    bundle = {"text/plain": result_text(report), "text/html": html(_card(report))}
    if pictures := _pictures(report):
        bundle["image/svg+xml"] = xml(_sheet(pictures))
    return bundle


def headline(report: Report) -> str:
    """Return the facts of a result in one line."""
    made = sum(rows.synthetic or 0 for rows in report.rows.values())
    tables = sum(rows.synthetic is not None for rows in report.rows.values())
    parts = [
        count(tables, "table"),
        count(made, "row"),
        duration(report.seconds),
        f"seed {report.sampled_with}",
        plain(report.model),
    ]
    if report.status == "stopped":
        parts.insert(0, "stopped")
    return " · ".join(part for part in parts if part)


def result_text(report: Report) -> str:
    """Return a report as plain text.

    It is also what ``repr`` of the result gives, in a terminal and in notebooks without HTML.
    """
    title = f"{plain(report.name)}: " if report.name else ""
    rows = [("", "real", "synthetic", "keys")]
    for table, counted in report.rows.items():
        keys = "  ".join(f"{_mark(c)} {plain(c.key)}" for c in _checks(report, table))
        rows.append((plain(table), count(counted.real), count(counted.synthetic), keys))
    lines = [title + headline(report), *aligned(rows, "<>><", indent=2)]
    if report.linkage:
        lines += [
            "children per parent",
            *aligned(map(_linkage_row, report.linkage), "<<", indent=2),
        ]
    curves = [
        (plain(table["name"]), _curve_name(name), sparkline(_values(curve)), number(curve["last"]))
        for table in report.state["tables"].values()
        for name, curve in table["curves"].items()
        # What is learnt column by column is no curve.
        if curve["points"] and table["unit"] == "epoch"
    ]
    if curves:
        lines += ["loss", *aligned(curves, "<<<>", indent=2)]
    lines += [f"note: {plain(text)}" for text in report.notices]
    return "\n".join(lines)


def _curve_name(name: str) -> str:
    return "validation" if name == "metric" else plain(name)


def _values(curve: Mapping[str, Any]) -> list[float]:
    low, high = drawn_range([curve["points"]])
    return [min(max(value, low), high) for _, value in curve["points"]]


def _linkage_row(linkage: Mapping[str, Any]) -> tuple[str, str]:
    name = f"{plain(linkage['parent'])} → {plain(linkage['table'])}"
    real, made = linkage["real_stats"], linkage["synthetic_stats"]
    if not real:
        return name, "–"
    parts = [
        f"{label} {text(real[label])}" + (f" → {text(made[label])}" if made else "")
        for label, text in (("mean", number), ("childless", share))
    ]
    if linkage["distance"] is not None:
        parts.append(f"distance {number(linkage['distance'])}")
    return name, ", ".join(parts)


def _checks(report: Report, table: str) -> list[KeyCheck]:
    return [check for check in report.keys if check.table == table]


def _mark(check: KeyCheck) -> str:
    return "✓" if check.holds else "✗"


def _card(report: Report) -> Element:
    rows = []
    for table, counted in report.rows.items():
        keys = [_key(check) for check in _checks(report, table)]
        cells = [
            node("th", {"scope": "row"}, table),
            node("td", {"class": "n"}, count(counted.real)),
            node("td", {"class": "n"}, count(counted.synthetic)),
            node("td", {}, *keys),
        ]
        rows.append(node("tr", {}, *cells))
    heads = (("Table", ""), ("Real rows", "n"), ("Synthetic rows", "n"), ("Keys", ""))
    head = node("tr", {}, *(node("th", {"scope": "col", "class": c}, t) for t, c in heads))
    figures = _pictures(report)
    missing = _count_pictures(report) - len(figures)
    return page(
        report.name or "Synthetic data",
        headline(report),
        node("table", {}, node("thead", {}, head), node("tbody", {}, *rows)),
        node("div", {"class": "f"}, *figures) if figures else None,
        node("p", {"class": "s"}, f"… and {count(missing, 'more picture')}") if missing else None,
        *(_linkage_line(linkage) for linkage in report.linkage),
        *(node("p", {"class": "s"}, f"Note: {text}") for text in report.notices),
    )


def _key(check: KeyCheck) -> Element:
    return tick(check.key, good=check.holds, detail=_trouble(check))


def _trouble(check: KeyCheck) -> str:
    counted = (
        (check.duplicates, "duplicates"),
        (check.nulls, "nulls"),
        (check.orphans, "orphans"),
        (check.outside, "parents with too few or too many rows"),
    )
    return ", ".join(f"{count(n)} {what}" for n, what in counted if n)


def _linkage_line(linkage: Mapping[str, Any]) -> Element:
    name, text = _linkage_row(linkage)
    return node("p", {"class": "s"}, node("b", {}, name), f"  {text}")


def _count_pictures(report: Report) -> int:
    trained = sum(bool(_losses(table)) for table in report.state["tables"].values())
    return trained + len(report.linkage)


def _losses(table: Mapping[str, Any]) -> list[str]:
    return [n for n, curve in table["curves"].items() if n != "metric" and curve["points"]]


def _pictures(report: Report) -> list[Element]:
    """Return each table's curves followed by its histograms."""
    pictures: list[Element] = []
    for name, table in report.state["tables"].items():
        if _losses(table):
            pictures.append(curves_chart(table))
        linked: Iterable[Any] = (each for each in report.linkage if each["table"] == name)
        pictures += [linkage_chart(name, linkage) for linkage in linked]
    return pictures[:MAX_PICTURES]


def _sheet(pictures: list[Element]) -> Element:
    """Return the pictures side by side on white paper, for places that show no HTML."""
    across = min(len(pictures), 2)
    down = -(-len(pictures) // across)
    width, height = across * (WIDTH + GAP) + GAP, down * (HEIGHT + GAP) + GAP
    for place, picture in enumerate(pictures):
        picture.set("x", f"{GAP + place % across * (WIDTH + GAP):g}")
        picture.set("y", f"{GAP + place // across * (HEIGHT + GAP):g}")
        # One declaration is enough, at the root.
        picture.attrib.pop("xmlns", None)
    paper = node("rect", {"width": width, "height": height, "fill": "#ffffff", "rx": 6})
    sheet = svg(width, height, "Loss curves and children per parent", paper, *pictures)
    sheet.set("color", "#24292f")
    return sheet
