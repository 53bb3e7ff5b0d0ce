"""What the pictures are drawn on: PNG files by matplotlib, without a trace in it.

They have no paper, and mid-tones that can be read on white and on near-black. No state of
matplotlib is touched: no ``pyplot``, no backend, and the user's ``rcParams`` are neither used nor
changed. Equal drawings give equal bytes.
"""

from __future__ import annotations

from contextlib import contextmanager
from io import BytesIO
from typing import TYPE_CHECKING

from synthohive_jupyter.notebook.layout import short

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from matplotlib.figure import Figure

DPI = 100
SHARP = 2
"""Pixels of the file for one of the page: sharp on fine screens and on paper."""

COLOURS_OF_FILE = 40
"""So few are enough, and a third of the bytes."""

INK = "#7a7a7a"
"""Text and lines: 4.3:1 on white, 4.4:1 on JupyterLab's dark paper; no grey has more on both."""

NOT_OURS = ("backend", "interactive", "toolbar", "tk.", "webagg.", "date.epoch")
"""Settings of windows: they belong to the user's figures."""


def drawn(width: float, height: float, draw: Callable[[Figure], None], *, sharp: int = 1) -> bytes:
    """Return what a function draws into an empty figure, as PNG.

    Args:
        width: Of the figure, in pixels of the page.
        height: Likewise.
        draw: Draws.
        sharp: Pixels of the file for one of the page.
    """
    with _own_settings():
        from matplotlib.figure import Figure

        figure = Figure(figsize=(width / DPI, height / DPI), dpi=DPI, facecolor="none")
        draw(figure)
        return _file(figure, DPI * sharp)


def drawable(text: str, longest: int) -> str:
    """Return a text without letters that the font lacks, cut where it is too long."""
    from matplotlib.font_manager import FontProperties, findfont, get_font

    font = get_font(findfont(FontProperties(family=["DejaVu Sans"])))
    shown = short(text, longest)
    return "".join(c if font.get_char_index(ord(c)) else "\N{WHITE SQUARE}" for c in shown)


@contextmanager
def _own_settings() -> Iterator[None]:
    import matplotlib as mpl

    fresh = {k: v for k, v in mpl.rcParamsDefault.items() if not k.startswith(NOT_OURS)}
    ours = {
        "font.family": ["DejaVu Sans"],
        "font.size": 8,
        "text.color": INK,
        "text.parse_math": False,
        "axes.edgecolor": INK,
        "axes.labelcolor": INK,
        "xtick.color": INK,
        "ytick.color": INK,
    }
    with mpl.rc_context({**fresh, **ours}):
        yield


def _file(figure: Figure, dpi: int) -> bytes:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from PIL import Image

    canvas = FigureCanvasAgg(figure)
    figure.dpi = dpi
    canvas.draw()
    pixels = Image.frombytes("RGBA", canvas.get_width_height(), bytes(canvas.buffer_rgba()))
    few = pixels.quantize(COLOURS_OF_FILE, Image.Quantize.FASTOCTREE)
    buffer = BytesIO()
    few.save(buffer, "PNG", optimize=True, dpi=(dpi, dpi))
    return buffer.getvalue()
