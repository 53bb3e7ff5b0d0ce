"""A saved report through nbconvert: tables and pictures come out of every export."""

import nbformat
import pytest
from nbconvert import HTMLExporter, LatexExporter, MarkdownExporter

from tests.reports import notebook_cells


@pytest.fixture(scope="module")
def book():
    return nbformat.v4.new_notebook(cells=notebook_cells())


def test_the_saved_form_is_valid(book):
    nbformat.validate(book)


def test_html_has_the_tables_and_the_pictures(book):
    page, _ = HTMLExporter().from_notebook_node(book)
    assert page.count('src="data:image/png;base64,') == 3
    assert "children per parent, user_id" in page
    # Without a network this stays text; the keys stand in the card of ``check`` too.
    assert 't0["users"]' in page


def test_markdown_has_the_tables_and_the_pictures(book):
    text, resources = MarkdownExporter().from_notebook_node(book)
    assert text.count("data:image/png;base64,") == 3
    assert "<style" not in text
    assert "![png](output_0_0.png)" in text
    assert "output_0_0.png" in resources["outputs"]


def test_latex_has_the_pictures_and_asks_for_no_other_program(book):
    text, resources = LatexExporter().from_notebook_node(book)
    assert r"\adjustimage" in text
    assert [name for name in resources["outputs"] if name.endswith(".png")]
