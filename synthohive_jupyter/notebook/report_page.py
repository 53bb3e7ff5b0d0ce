"""A report as one page of its own: no script, nothing from elsewhere, fit for print."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from synthohive_jupyter.errors import StorageError
from synthohive_jupyter.notebook.card import card, image
from synthohive_jupyter.notebook.layout import short
from synthohive_jupyter.notebook.markup import html, node
from synthohive_jupyter.notebook.reporting.canvas import SHARP
from synthohive_jupyter.notebook.reporting.diagram import drawing
from synthohive_jupyter.notebook.reporting.figures import pictures

if TYPE_CHECKING:
    from synthohive_jupyter.notebook.report import Report

POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
"""What the page may load: its own styles and pictures."""

STYLE = """
:root{color-scheme:light dark}
body{max-width:900px;margin:24px auto;padding:0 16px;font-family:system-ui,sans-serif}
.shj-card{border:0!important;padding:0!important;overflow:visible!important}
h2{font-size:14px}img{max-width:100%;height:auto}
details{break-inside:avoid}summary{font-weight:600}
@media print{:root{color-scheme:light}body{margin:0;max-width:none}
details::details-content{content-visibility:visible;block-size:auto}}
"""


def report_page(report: Report) -> str:
    """Return the page."""
    body = card(report, pictures(report.state, report.linkage))
    picture = None if report.metadata is None else drawing(report.metadata, sharp=SHARP)
    if picture is not None:
        body.append(node("h2", {}, "Tables and their keys"))
        body.append(image(picture.data, picture.width, picture.height, "Tables and their keys"))
    for part in body.iter("details"):
        # On paper nobody can unfold.
        part.set("open", "open")
    style = ET.Element("style")
    style.text = STYLE
    head = node(
        "head",
        {},
        node("meta", {"charset": "utf-8"}),
        node("meta", {"http-equiv": "Content-Security-Policy", "content": POLICY}),
        node("meta", {"name": "viewport", "content": "width=device-width"}),
        node("title", {}, f"{short(report.name or 'Synthetic data')} - synthohive"),
        style,
    )
    return "<!DOCTYPE html>\n" + html(node("html", {"lang": "en"}, head, node("body", {}, body)))


def save_page(report: Report, path: str | Path) -> Path:
    """Write the page; return where.

    Raises:
        StorageError: If the place cannot be written.
    """
    place = Path(path).expanduser()
    try:
        place.write_text(report_page(report), encoding="utf-8")
    except OSError as error:
        raise StorageError(f"cannot write '{place}': {error.strerror or error}") from error
    return place
