"""The pictures of the report: the same bytes each time, bounded, and without traces in matplotlib."""

import io
import math
import subprocess
import sys

import matplotlib as mpl
import pytest
from PIL import Image

from synthohive_jupyter.events import EpochEnded
from synthohive_jupyter.notebook.reporting.canvas import INK, SHARP
from synthohive_jupyter.notebook.reporting.figures import (
    COLOURS,
    HEIGHT,
    WIDTH,
    Picture,
    drawn_range,
    pictures,
    png,
    sheet,
)
from synthohive_jupyter.progress.state import RunState
from tests.reports import report, shop_state


@pytest.fixture(scope="module")
def drawn():
    known = report(shop_state())
    return pictures(known.state, known.linkage)


def of_epochs(values):
    """Return the picture of a table with these losses."""
    state = RunState()
    for epoch, value in enumerate(values, 1):
        state.apply(EpochEnded("t", epoch, 9, {"critic": value, "generator": -value}))
    return pictures(state.snapshot(), [])


def test_each_table_has_its_curves_and_each_key_its_histogram(drawn):
    assert [(p.title, p.subject) for p in drawn] == [
        ("users", "loss per epoch"),
        ("orders", "loss per epoch"),
        ("users → orders", "children per parent, user_id"),
    ]


def test_equal_numbers_give_equal_bytes_whatever_the_user_has_set(drawn):
    first = png(drawn[2]), sheet(drawn)
    with mpl.rc_context({"font.size": 30, "axes.facecolor": "red", "text.usetex": True}):
        assert (png(drawn[2]), sheet(drawn)) == first


def test_settings_of_the_user_stay_as_they_are(drawn):
    with mpl.rc_context({"font.size": 31, "lines.linewidth": 7}):
        before = dict(mpl.rcParams)
        png(drawn[0])
        assert dict(mpl.rcParams) == before


def test_nothing_of_pyplot_is_touched():
    script = (
        "import sys\n"
        "from synthohive_jupyter.notebook.reporting.figures import Picture, png\n"
        "png(Picture('t', 'loss', lambda axes: axes.plot([1, 2])))\n"
        "import matplotlib as mpl\n"
        "print('matplotlib.pyplot' in sys.modules, mpl.get_backend(auto_select=False))"
    )
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["False", "None"]


def test_a_picture_is_sharp_and_has_no_paper(drawn):
    image = Image.open(io.BytesIO(png(drawn[0]))).convert("RGBA")
    assert image.size == (WIDTH * SHARP, HEIGHT * SHARP)
    assert image.getpixel((0, 0))[3] == 0
    assert len(png(drawn[0])) < 8_000


@pytest.mark.parametrize("colour", [INK, *COLOURS])
@pytest.mark.parametrize("paper", ["#ffffff", "#111111"])
def test_colours_can_be_seen_on_light_and_on_dark_paper(colour, paper):
    light, dark = sorted((luminance(colour), luminance(paper)), reverse=True)
    assert (light + 0.05) / (dark + 0.05) >= (4.2 if colour == INK else 3.0)


def luminance(colour):
    """Return the relative luminance of WCAG 2."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize(
    "values", [[1.0], [2.0, 2.0], [math.nan, 1.0], [0.0, 0.0], [1e300, -1e300, 0], [1e-12, 2e-12]]
)
def test_any_numbers_can_be_drawn(values):
    (picture,) = of_epochs(values)
    assert png(picture)


def test_without_a_finite_number_there_is_no_picture():
    assert of_epochs([math.nan]) == []


def test_columns_are_no_curve():
    state = RunState()
    state.apply(EpochEnded("t", 1, 2, {"nll": 1.0}, unit="column"))
    assert pictures(state.snapshot(), []) == []


def test_a_first_epoch_that_dwarfs_the_others_is_cut_off():
    curve = [[1, 100.0], [2, 0.0], *([e, e % 2] for e in range(3, 21))]
    assert drawn_range([curve]) == (0, 1)
    assert drawn_range([curve[:5]]) == (0, 100)


def test_names_of_curves_do_not_overlap():
    heights = []
    state = RunState()
    for epoch in (1, 2, 3):
        losses = {"critic": 1, "generator": 1.001, "wasserstein": 0.999}
        state.apply(EpochEnded("t", epoch, 3, losses))
    (picture,) = pictures(state.snapshot(), [])

    def draw(axes):
        picture.draw(axes)
        heights.extend(sorted(text.get_position()[1] for text in axes.texts))

    png(Picture("t", "loss", draw))
    assert len(heights) == 3
    assert min(heights[1] - heights[0], heights[2] - heights[1]) > 0.12
    assert heights[2] <= 1


def test_the_histogram_keeps_cell_zero_and_marks_the_last(drawn):
    labels = []

    def draw(axes):
        drawn[2].draw(axes)
        labels.extend(tick.get_text() for tick in axes.get_xticklabels())

    png(Picture("t", "children", draw))
    assert labels == ["0", "1", "2+"]
