"""Hostile names, levels, notices and errors through everything still that a notebook shows.

The markup is parsed: only our own elements and attributes may be there, and text is one line each.
What a browser makes of it is looked at in ``tests/browser``.
"""

import json
import re
from dataclasses import replace
from html.parser import HTMLParser

import pandas as pd
import pytest

from synthohive_jupyter.engine.discovery.records import Discovery, Guess, Note
from synthohive_jupyter.errors import CommandError, Problem, SchemaError
from synthohive_jupyter.events import Notice
from synthohive_jupyter.notebook import card, layout
from synthohive_jupyter.notebook.check import CheckReport, KeyLine, TableLine
from synthohive_jupyter.notebook.explain import Explanation
from synthohive_jupyter.notebook.first_schema import FirstSchema
from synthohive_jupyter.notebook.markup import html
from synthohive_jupyter.notebook.notices import notices_bundle
from synthohive_jupyter.notebook.previews import previews
from synthohive_jupyter.notebook.report import PrivateColumn, RowCount
from synthohive_jupyter.notebook.report_page import report_page
from synthohive_jupyter.notebook.reporting.diagram import diagram
from synthohive_jupyter.notebook.reporting.fidelity import ColumnFit, Fidelity, Likeness, TableFit
from synthohive_jupyter.notebook.reporting.figures import Picture, sheet
from synthohive_jupyter.notebook.reporting.record import MIME
from synthohive_jupyter.notebook.writing import Written
from synthohive_jupyter.privacy.config import PrivacyConfig
from synthohive_jupyter.progress.state import RunState
from synthohive_jupyter.relational.steps import Plan, TableStep
from synthohive_jupyter.schema.metadata import Metadata
from synthohive_jupyter.validation.integrity import KeyCheck
from tests.hostile import GROUPS, HOSTILE, ONE_LINE
from tests.reports import report, shop_state
from tests.unit.test_progress_state import shop_events

TAGS = {
    "html", "head", "body", "meta", "title", "style", "h2", "div", "p", "b", "i", "span", "br", "pre",
    "img", "table", "thead", "tbody", "tr", "th", "td", "details", "summary", "ul", "li",
}  # fmt: skip
ATTRIBUTES = {
    "class", "scope", "colspan", "cellpadding", "open", "alt", "width", "height", "lang", "charset",
    "name", "content", "http-equiv",
}  # fmt: skip
LOOKS = set(layout._STYLES.values())
UNSEEN = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")
BATCHES = [HOSTILE[start : start + 35] for start in range(0, len(HOSTILE), 35)]


@pytest.fixture(autouse=True)
def one_picture(monkeypatch):
    """Drawing takes its time: titles on pictures have a test of their own."""
    monkeypatch.setattr(card, "MAX_PICTURES", 1)
    monkeypatch.setattr(card, "MAX_ON_SHEET", 1)


class Looker(HTMLParser):
    """Looks at every element and attribute."""

    def __init__(self):
        super().__init__()
        self.elements = 0
        self.styles = []

    def handle_starttag(self, tag, attributes):
        assert tag in TAGS
        self.elements += 1
        for name, value in attributes:
            if name == "src":
                assert re.fullmatch("data:image/png;base64,[A-Za-z0-9+/=]+", value)
            elif name == "style":
                assert value in LOOKS
            else:
                assert name in ATTRIBUTES

    def handle_data(self, data):
        assert not UNSEEN.search(data.replace("\t", "�")) or self.cdata_elem == "style"

    def handle_comment(self, data):
        raise AssertionError("a comment")

    def handle_pi(self, data):
        raise AssertionError("an instruction")

    def unknown_decl(self, data):
        raise AssertionError("a declaration")


def assert_harmless(markup, *, at_least=1):
    looker = Looker()
    looker.feed(markup)
    looker.close()
    assert looker.elements >= at_least
    markup.encode()


def assert_plain(text, *, longest=2_500):
    assert not UNSEEN.search(text)
    assert all(c.isprintable() for c in text if c != "\n")
    assert max(map(len, text.split("\n"))) <= longest
    text.encode()


def hostile_report(names):
    """Return a report in which every place holds a hostile string."""
    state = RunState()
    for name in names:
        for event in shop_events(epochs=2):
            wanted = {
                "tables": (name,), "table": name, "parent": name, "foreign_key": name,
                "model": name, "losses": {name: 1.0},
            }  # fmt: skip
            fields = [f for f in wanted if getattr(event, f, "users") != "users"]
            state.apply(replace(event, **{f: wanted[f] for f in fields}))
        state.apply(Notice(name, table=name))
    likeness = Likeness(0.9, 0.95)
    linkage = report(shop_state()).linkage[0]
    texts = ("table", "parent", "foreign_key", "method")
    first = names[0]
    return report(
        state,
        name=first,
        model=first,
        status=first,
        trouble=first,
        protection=first,
        rows={name: RowCount(1, 2) for name in names},
        keys=tuple(KeyCheck(name, name, 3, orphans=1) for name in names),
        linkage=tuple({**linkage, **dict.fromkeys(texts, name)} for name in names),
        notices=tuple(names),
        fidelity=Fidelity(
            {n: TableFit((ColumnFit(n, "KS", likeness),), likeness, likeness) for n in names},
            dict.fromkeys(names, "why"),
        ),
        privacy=tuple(PrivateColumn(name, name, "fake") for name in names),
        metadata=described(names),
    )


def described(names):
    metadata = Metadata()
    above = None
    # A target is written with a point: names of tables that are pointed to have none.
    for name in (name.replace(".", "_") for name in names if name):
        fk = {} if above is None else {(name,): f"{above}.id"}
        metadata.add_table(name, pk=("id", name), fk=fk, columns=("id", name))
        above = name
    return metadata


@pytest.mark.parametrize("names", BATCHES)
def test_a_report_is_harmless_in_every_form(names):
    shown = hostile_report(names)
    bundle = card.result_bundle(shown)
    assert_harmless(bundle["text/html"], at_least=300)
    assert_harmless(report_page(shown), at_least=300)
    assert_plain(bundle["text/plain"])
    assert_plain(repr(shown))
    record = json.dumps(bundle[MIME], ensure_ascii=False, allow_nan=False)
    record.encode()
    assert not UNSEEN.search(record)
    assert len(record) < 100_000


@pytest.mark.parametrize("names", BATCHES)
def test_a_diagram_is_harmless_in_every_form(names):
    bundle = diagram(described(names))
    assert_plain(bundle["text/plain"])
    box = r'  t\d+\["[^"<>&;:`{}\[\]#%|\n]*"\]'
    line = r'  t\d+ \|\|--[o|][{|] t\d+ : "[^"<>&;:`{}\[\]#%|\n]*"'
    head, *lines = bundle["text/vnd.mermaid"].rstrip("\n").split("\n")
    assert head == "erDiagram"
    assert all(re.fullmatch(f"{box}|{line}|  direction LR", each) for each in lines)
    # So long a chain is too wide to be drawn.
    assert "image/png" not in bundle
    assert "image/png" in diagram(described(names[:5]))


@pytest.mark.parametrize("names", BATCHES)
def test_what_was_counted_and_what_is_planned_are_harmless(names):
    lines = tuple(TableLine(n, 1, 2, (KeyLine(n, n, good=False),)) for n in names)
    steps = tuple(
        TableStep(n, "root", (n,), modelled_columns=(n,), reasons=(("why", n),)) for n in names
    )
    explanation = Explanation(Plan(steps), dict.fromkeys(names, 1))
    for view in (CheckReport(lines, names[0]), explanation):
        bundle = view._repr_mimebundle_()
        assert_harmless(bundle["text/html"], at_least=100)
        assert_plain(bundle["text/plain"], longest=40_000)


@pytest.mark.parametrize("names", BATCHES)
def test_rows_and_places_are_harmless(names):
    frame = pd.DataFrame({"id": range(len(names)), "text": names})
    frame.columns = ["id", names[0]]
    for part in previews(dict.fromkeys(names, frame)):
        assert_harmless(html(layout.page("t", "f", part)), at_least=5)
    written = Written(dict(zip(names, names, strict=True)), dict.fromkeys(names, 1), "delta")
    assert_harmless(written._repr_mimebundle_()["text/html"])
    assert_plain(repr(written))


@pytest.mark.parametrize("names", BATCHES)
def test_a_guessed_schema_and_its_reasons_are_harmless(names):
    named = [name for name in names if name in ONE_LINE and len(name) < 200]
    guesses = tuple(Guess(n, (n,), "set", n, n, 0.5) for n in names)
    metadata = described(named)
    notes = tuple(Note(name, names[0]) for name in metadata.tables)
    view = FirstSchema(Discovery(metadata, PrivacyConfig(), guesses, notes))
    assert_harmless(view._repr_mimebundle_()["text/html"], at_least=50)


@pytest.mark.parametrize("names", BATCHES)
def test_notices_are_harmless(names):
    bundle = notices_bundle(names[0], names)
    assert_harmless(bundle["text/html"], at_least=35)
    assert_plain(bundle["text/plain"], longest=40_000)


def test_names_on_pictures_are_text_and_no_formula():
    titles = [*GROUPS["markup"], *GROUPS["steering"], *GROUPS["scripts"], *GROUPS["broken"], "$_{"]

    def nothing(axes):
        axes.set_axis_off()

    # Warnings are errors here: no letter may be missing in the font.
    assert sheet([Picture(title, title, nothing) for title in titles])


@pytest.mark.parametrize(
    "make", [CommandError, lambda text: SchemaError([Problem(text, hint=text)] * 2)]
)
def test_errors_reach_the_page_as_plain_lines(make):
    from synthohive_jupyter.notebook.magics import _show_without_traceback

    for text in HOSTILE:
        error = make(text)
        _show_without_traceback(error)
        assert_plain("\n".join(error._render_traceback_()), longest=25_000)


def test_there_are_two_hundred_hostile_strings():
    assert len(HOSTILE) >= 200
    assert len(ONE_LINE) >= 200
    assert all(len(text.splitlines()) == 1 for text in ONE_LINE)
