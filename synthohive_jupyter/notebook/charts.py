"""The two pictures of a run as still SVG: loss curves, and children per parent.

They use the colour of the surrounding text, so they are right in light and dark themes. The live
panel draws the same pictures in the page (``panel.js``).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from synthohive_jupyter.notebook.markup import node, svg
from synthohive_jupyter.notebook.wording import number, share

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from xml.etree.ElementTree import Element

WIDTH, HEIGHT = 340.0, 168.0
LEFT, RIGHT, TOP, BOTTOM = 40.0, 76.0, 34.0, 24.0
"""Margins: ticks on the left, names of curves on the right, the title above, the axis below."""

COLOURS = ("#3a7bd5", "#c77414", "#12917f", "#9a5bc4")
"""Mid-tones with a contrast of at least 3:1 on white and on near-black."""

DASHES = ("", "6 3", "2 3", "8 3 2 3")
"""A pattern for each curve: colour alone never tells them apart."""

LABEL_GAP = 13.0
START_EPOCHS, ENOUGH_POINTS, DWARFED = 2, 8, 2.5
"""The first points are cut off where the whole range is so many times that of the others."""

FAINT = {"opacity": 0.62}
GRID = {"stroke": "currentColor", "stroke-opacity": 0.14, "stroke-width": 1}


def curves_chart(table: dict[str, Any]) -> Element:
    """Return the loss curves of one table of a run snapshot."""
    curves = {
        name: curve["points"]
        for name, curve in table["curves"].items()
        if name != "metric" and curve["points"]
    }
    last = max(table["epochs"], table["epoch"], 2)
    unit = str(table["unit"])
    title = _title(table["name"], f"loss per {unit}")
    label = f"Loss per {unit} of {table['name']}"
    if not curves:
        return svg(WIDTH, HEIGHT, label, *title, _note("no training: nothing to draw"))
    # Columns do not follow each other: each stands alone, on the ground.
    apart = unit != "epoch"
    shown = [*curves.values(), [[0, 0.0]]] if apart else list(curves.values())
    ticks = nice_ticks(*drawn_range(shown))
    low, high = ticks[0], ticks[-1]
    shapes = _grid(ticks, low, high) + _epoch_axis(last, unit)
    if table["best_epoch"]:
        shapes += _best(table["best_epoch"], last)
    ends = []
    for slot, (name, points) in enumerate(curves.items()):
        path = [(_x(e, last), _y(min(max(v, low), high), low, high)) for e, v in points]
        if apart:
            shapes += _stems(path, _y(max(low, 0.0), low, high), slot)
        else:
            shapes.append(_line(path, slot))
        ends.append((path[-1][1], name, slot))
    return svg(WIDTH, HEIGHT, label, *title, *shapes, *_end_labels(ends))


def linkage_chart(table: str, linkage: dict[str, Any]) -> Element:
    """Return children per parent: the real histogram as an outline, the synthetic one filled."""
    real, synthetic = linkage["real"], linkage["synthetic"]
    cells = max(len(real), len(synthetic), 1)
    top = max([*real, *synthetic, 0.01])
    width = (WIDTH - LEFT - 12) / cells
    floor = HEIGHT - BOTTOM
    shapes = _grid([0.0, top], 0.0, top, wide=True, text=share)
    for k, value in enumerate(synthetic):
        y = _y(value, 0.0, top)
        place = {"x": LEFT + width * (k + 0.18), "y": y, "width": width * 0.64, "rx": 1}
        shapes.append(node("rect", {**place, "height": floor - y, "fill": COLOURS[0]}))
    shapes.append(_outline(real, top, width))
    shapes += _cell_labels(cells, width)
    shapes += _key(has_synthetic=bool(synthetic))
    label = f"Rows of {table} per row of {linkage['parent']}, real and synthetic"
    title = _title(f"{linkage['parent']} → {table}", "children per parent")
    return svg(WIDTH, HEIGHT, label, *title, *shapes)


def drawn_range(curves: Iterable[Sequence[Sequence[float]]]) -> tuple[float, float]:
    """Return the range of values to draw: without the first epochs where they dwarf the others.

    >>> drawn_range([[[1, 90.0], [2, 3.0], *([e, e % 2] for e in range(3, 11))]])
    (0, 1)
    """
    known = list(curves)
    values = [value for points in known for _, value in points]
    low, high = min(values), max(values)
    later = [v for points in known for _, v in points[START_EPOCHS:]]
    if min(map(len, known)) >= ENOUGH_POINTS and high - low > DWARFED * (max(later) - min(later)):
        return min(later), max(later)
    return low, high


def nice_ticks(low: float, high: float, wanted: int = 3) -> list[float]:
    """Return round numbers that span ``low`` to ``high``.

    >>> nice_ticks(-0.23, 1.9)
    [-1.0, 0.0, 1.0, 2.0]
    """
    span = (high - low) or abs(high) or 1.0
    raw = span / wanted
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(m * power for m in (1, 2, 5, 10) if m * power >= raw * 0.999)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    if first == last:
        last += 1
    return [float(f"{k * step:.10g}") for k in range(first, last + 1)]


def _x(epoch: float, last: float) -> float:
    return LEFT + (epoch - 1) / (last - 1) * (WIDTH - LEFT - RIGHT)


def _y(value: float, low: float, high: float) -> float:
    floor = HEIGHT - BOTTOM
    return floor - (value - low) / ((high - low) or 1.0) * (floor - TOP)


def _title(name: str, subject: str) -> list[Element]:
    shown = name if len(name) <= 30 else name[:29] + "…"  # noqa: PLR2004 - what fits
    return [
        node("text", {"x": 4, "y": 14, "font-size": 12, "font-weight": 600}, shown),
        node("text", {"x": WIDTH - 12, "y": 14, "text-anchor": "end", **FAINT}, subject),
    ]


def _note(text: str) -> Element:
    return node("text", {"x": WIDTH / 2, "y": HEIGHT / 2, "text-anchor": "middle", **FAINT}, text)


def _grid(
    ticks: Sequence[float],
    low: float,
    high: float,
    *,
    wide: bool = False,
    text: Callable[[float], str] = number,
) -> list[Element]:
    right = WIDTH - (12 if wide else RIGHT)
    shapes = []
    for tick in ticks:
        y = _y(tick, low, high)
        shapes.append(node("line", {"x1": LEFT, "x2": right, "y1": y, "y2": y, **GRID}))
        place: dict[str, object] = {"x": LEFT - 6, "y": y + 3.5, "text-anchor": "end", **FAINT}
        shapes.append(node("text", {**place, "font-size": 10}, text(tick)))
    return shapes


def _epoch_axis(last: int, unit: str) -> list[Element]:
    y = HEIGHT - 8
    ends = ((1, "start"), (last, "end"))
    return [
        node("text", {"x": _x(e, last), "y": y, "text-anchor": a, "font-size": 10, **FAINT}, f"{e}")
        for e, a in ends
    ] + [
        node(
            "text",
            {"x": _x((1 + last) / 2, last), "y": y, "text-anchor": "middle", **FAINT},
            unit,
        )
    ]


def _best(epoch: int, last: int) -> list[Element]:
    x = _x(epoch, last)
    mark = {"x1": x, "x2": x, "y1": TOP - 4, "y2": HEIGHT - BOTTOM, "stroke-dasharray": "1 3"}
    line = node("line", {**mark, "stroke": "currentColor", "stroke-opacity": 0.6})
    text = node(
        "text",
        {"x": x - 3, "y": TOP, "text-anchor": "end", "font-size": 10, **FAINT},
        f"best {epoch}",
    )
    return [line, text] if x > LEFT + 48 else [line]


def _stems(path: Sequence[tuple[float, float]], ground: float, slot: int) -> list[Element]:
    colour = COLOURS[slot % len(COLOURS)]
    shapes = []
    for x, y in path:
        place = {"x1": x, "x2": x, "y1": ground, "y2": y}
        shapes.append(node("line", {**place, "stroke": colour, "stroke-width": 1.8}))
        shapes.append(node("circle", {"cx": x, "cy": y, "r": 2.5, "fill": colour}))
    return shapes


def _line(path: Sequence[tuple[float, float]], slot: int) -> Element:
    style: dict[str, object] = {
        "fill": "none",
        "stroke": COLOURS[slot % len(COLOURS)],
        "stroke-width": 1.8,
        "stroke-linejoin": "round",
        "stroke-linecap": "round",
    }
    if dash := DASHES[slot % len(DASHES)]:
        style["stroke-dasharray"] = dash
    if len(path) == 1:
        (x, y) = path[0]
        return node("circle", {"cx": x, "cy": y, "r": 2.5, "fill": style["stroke"]})
    points = " ".join(f"{x:.1f},{y:.1f}" for x, y in path)
    return node("polyline", {"points": points, **style})


def _end_labels(ends: Sequence[tuple[float, str, int]]) -> list[Element]:
    """Return the names of the curves beside their ends, pushed apart where they would overlap."""
    ordered = sorted(ends)
    ys: list[float] = []
    for y, _, _ in ordered:
        ys.append(max(y, ys[-1] + LABEL_GAP) if ys else y)
    overflow = max((ys[-1] if ys else 0.0) - (HEIGHT - BOTTOM), 0.0)
    return [
        node(
            "text",
            {"x": WIDTH - RIGHT + 7, "y": y - overflow + 3.5, "fill": COLOURS[slot % len(COLOURS)]},
            name[:12],
        )
        for y, (_, name, slot) in zip(ys, ordered, strict=True)
    ]


def _outline(real: Sequence[float], top: float, width: float) -> Element:
    """Return the step line over the cells of the real histogram."""
    floor = HEIGHT - BOTTOM
    points = [f"{LEFT:.1f},{floor:.1f}"]
    for k, value in enumerate(real):
        y = _y(value, 0.0, top)
        points += [f"{LEFT + width * k:.1f},{y:.1f}", f"{LEFT + width * (k + 1):.1f},{y:.1f}"]
    points.append(f"{LEFT + width * len(real):.1f},{floor:.1f}")
    style = {"fill": "none", "stroke": "currentColor", "stroke-width": 1.4}
    return node("polyline", {"points": " ".join(points), **style})


def _cell_labels(cells: int, width: float) -> list[Element]:
    every = max(math.ceil(20 / width), 1)
    shapes = []
    for k in range(0, cells, every):
        text = f"{k}+" if k == cells - 1 and k else f"{k}"
        place = {"x": LEFT + width * (k + 0.5), "y": HEIGHT - 9, "text-anchor": "middle"}
        shapes.append(node("text", {**place, "font-size": 10, **FAINT}, text))
    return shapes


def _key(*, has_synthetic: bool) -> list[Element]:
    """Return the legend: which shape is which."""
    y = 21
    box = {"y": y, "width": 10, "height": 9}
    outline = {"fill": "none", "stroke": "currentColor", "stroke-width": 1.4}
    shapes = [
        node("rect", {"x": LEFT, **box, **outline}),
        node("text", {"x": LEFT + 14, "y": y + 8}, "real"),
    ]
    if has_synthetic:
        shapes.append(node("rect", {"x": LEFT + 46, **box, "rx": 1, "fill": COLOURS[0]}))
        shapes.append(node("text", {"x": LEFT + 60, "y": y + 8}, "synthetic"))
    return shapes
