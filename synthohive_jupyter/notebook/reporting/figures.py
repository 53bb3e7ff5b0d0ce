"""The pictures of a report: loss curves, and children per parent.

Names of tables stand beside a picture, not in it, as far as they can: fonts of pages have letters
that the one of matplotlib lacks.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from synthohive_jupyter.notebook.layout import short
from synthohive_jupyter.notebook.reporting.canvas import INK, SHARP, drawable, drawn
from synthohive_jupyter.notebook.wording import number, share

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WIDTH, HEIGHT = 340, 150
"""Size of a picture in the page, in its pixels."""

COLOURS = ("#3a7bd5", "#c77414", "#12917f", "#9a5bc4")
"""At least 3:1 on both."""

DASHES = ("-", (0, (4, 2)), (0, (1, 1.5)), (0, (5, 1.5, 1, 1.5)))
"""A pattern for each curve: colour alone never tells them apart."""

LEFT, CURVES_WIDTH = 0.13, 0.66
"""Shares of the width: the numbers before the axes, and the axes with names of curves behind."""

LABEL_GAP = 0.13
"""Least distance of two names of curves, as a share of the height."""

START_EPOCHS, ENOUGH_POINTS, DWARFED = 2, 8, 2.5
"""The first points are cut off where the whole range is so many times that of the others."""

LARGEST = 1e30
"""Losses beyond are drawn there: axes cannot be longer than a float."""


@dataclass(frozen=True, slots=True)
class Picture:
    """One picture and what is said of it.

    Attributes:
        title: What it shows, with the names.
        subject: Which quantity.
        draw: Draws it into axes.
        width: Share of the picture that the axes take, from the left margin on.
    """

    title: str
    subject: str
    draw: Callable[[Axes], None]
    width: float = 0.84


def pictures(state: Mapping[str, Any], linkage: Iterable[Mapping[str, Any]]) -> list[Picture]:
    """Return the curves of each table of a snapshot, followed by its histograms."""
    known = list(linkage)
    found = []
    for name, table in state["tables"].items():
        # What is learnt column by column is no curve.
        if losses(table) and table["unit"] == "epoch":
            found.append(Picture(short(name), "loss per epoch", _Curves(table), CURVES_WIDTH))
        for each in known:
            if each["table"] == name and each["real"]:
                title = f"{short(each['parent'])} → {short(name)}"
                subject = f"children per parent, {short(each['foreign_key'])}"
                found.append(Picture(title, subject, _Histogram(each)))
    return found


def losses(table: Mapping[str, Any]) -> dict[str, list[list[float]]]:
    """Return the curves of a table that are drawn: name to its points."""
    curves = table["curves"].items()
    return {name: c["points"] for name, c in curves if name != "metric" and c["points"]}


def png(picture: Picture) -> bytes:
    """Return one picture, without its title."""

    def draw(figure: Figure) -> None:
        picture.draw(figure.add_axes((LEFT, 0.13, picture.width, 0.8)))

    return drawn(WIDTH, HEIGHT, draw, sharp=SHARP)


def sheet(shown: Sequence[Picture]) -> bytes:
    """Return pictures side by side with their titles, for places that show no HTML."""
    across = min(len(shown), 2)
    down = -(-len(shown) // across)

    def draw(figure: Figure) -> None:
        for place, picture in enumerate(shown):
            left, top = place % across / across, 1 - place // across / down
            width = picture.width / across
            box = (left + LEFT / across, top - 0.88 / down, width, 0.62 / down)
            picture.draw(figure.add_axes(box))
            figure.text(left + 0.02, top - 0.1 / down, drawable(picture.title, 34), weight="bold")
            subject = drawable(picture.subject, 34)
            figure.text(left + 0.98 / across, top - 0.1 / down, subject, ha="right", size=7)

    return drawn(WIDTH * across, (HEIGHT + 34) * down, draw)


@dataclass(frozen=True, slots=True)
class _Curves:
    """Draws the loss curves of one table."""

    table: Mapping[str, Any]

    def __call__(self, axes: Axes) -> None:
        curves = losses(self.table)
        low, high = drawn_range(curves.values())
        ends = []
        for slot, (name, points) in enumerate(curves.items()):
            x = [point[0] for point in points]
            y = [min(max(point[1], low), high) for point in points]
            colour, dash = COLOURS[slot % len(COLOURS)], DASHES[slot % len(DASHES)]
            dot = "o" if len(x) == 1 else ""
            axes.plot(x, y, color=colour, linestyle=dash, linewidth=1.3, marker=dot, markersize=3)
            ends.append((y[-1], name, colour))
        last = max(self.table["epochs"], self.table["epoch"], 2)
        margin = ((high - low) or abs(high) or 1.0) * 0.06
        axes.set_xlim(1 - 0.02 * last, last)
        axes.set_ylim(low - margin, high + margin)
        _frame(axes, number_of=_figures)
        axes.set_xticks([1, last] if last < 10 else [1, (1 + last) // 2, last])  # noqa: PLR2004
        if self.table["best_epoch"]:
            axes.axvline(self.table["best_epoch"], color=INK, linewidth=0.8, linestyle=(0, (1, 2)))
        _name_ends(axes, ends)


@dataclass(frozen=True, slots=True)
class _Histogram:
    """Draws children per parent: the real ones as an outline, the synthetic ones filled."""

    linkage: Mapping[str, Any]

    def __call__(self, axes: Axes) -> None:
        real, made = self.linkage["real"], self.linkage["synthetic"]
        cells = max(len(real), len(made))
        edges = [k - 0.5 for k in range(len(real) + 1)]
        if made:
            axes.bar(range(len(made)), made, 0.64, color=COLOURS[0], label="synthetic")
        axes.stairs(real, edges, color=INK, linewidth=1.2, label="real")
        axes.set_xlim(-0.6, cells - 0.4)
        top = max([*real, *made, 0.01]) * 1.3
        axes.set_ylim(0, top)
        _frame(axes, number_of=share)
        # Room for the names of the shapes, but no share above the whole.
        axes.set_yticks([tick for tick in axes.get_yticks() if 0 <= tick <= min(top, 1)])
        every = math.ceil(cells / 11)
        # The last cell holds all that is beyond.
        last = cells - 1
        shown = [k for k in range(0, last, every) if last - k >= every]
        axes.set_xticks([*shown, last], [*map(str, shown), f"{last}+" if last else "0"])
        axes.legend(loc="upper right", ncols=2, frameon=False, fontsize=7)


def _frame(axes: Axes, *, number_of: Callable[[float], str]) -> None:
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    axes.set_facecolor("none")
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.tick_params(length=0, labelsize=7)
    axes.yaxis.set_major_locator(MaxNLocator(4))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: number_of(float(value))))
    axes.grid(visible=True, axis="y", color=INK, alpha=0.25, linewidth=0.6)
    axes.set_axisbelow(True)


def _figures(value: float) -> str:
    """Return a tick's number; large ones in powers of ten.

    >>> _figures(0.25), _figures(2e30)
    ('0.25', '2e+30')
    """
    return number(value) if abs(value) < 1e6 else f"{value:.3g}"  # noqa: PLR2004 - seven letters


def _name_ends(axes: Axes, ends: Sequence[tuple[float, str, str]]) -> None:
    """Write the names of the curves beside their ends, pushed apart where they would overlap."""
    low, high = axes.get_ylim()
    heights: list[float] = []
    for value, _, _ in sorted(ends):
        height = (value - low) / (high - low)
        heights.append(max(height, heights[-1] + LABEL_GAP) if heights else height)
    overflow = max(heights[-1] - 1, 0.0) if heights else 0.0
    for height, (_, name, colour) in zip(heights, sorted(ends), strict=True):
        place = (1.03, height - overflow)
        text = drawable(name, 12)
        axes.text(*place, text, color=colour, size=7, va="center", transform=axes.transAxes)


def drawn_range(curves: Iterable[Sequence[Sequence[float]]]) -> tuple[float, float]:
    """Return the range of values to draw: without the first epochs where they dwarf the others.

    >>> drawn_range([[[1, 90.0], [2, 3.0], *([e, e % 2] for e in range(3, 11))]])
    (0, 1)
    """
    known = list(curves)
    values = [min(max(v, -LARGEST), LARGEST) for points in known for _, v in points]
    low, high = min(values), max(values)
    later = [v for points in known for _, v in points[START_EPOCHS:]]
    if min(map(len, known)) >= ENOUGH_POINTS and high - low > DWARFED * (max(later) - min(later)):
        return min(later), max(later)
    return low, high
