"""Everything still that a notebook shows: charts, cards, text; right, bounded and never active."""

import itertools
import math
import re
from dataclasses import replace
from xml.etree import ElementTree as ET

import pytest

from synthohive_jupyter.events import EpochEnded, Notice, RunFinished, RunStarted
from synthohive_jupyter.io.frames import facts
from synthohive_jupyter.notebook.card import MAX_PICTURES, result_bundle, result_text
from synthohive_jupyter.notebook.charts import curves_chart, linkage_chart, nice_ticks
from synthohive_jupyter.notebook.check import count_keys, diagram
from synthohive_jupyter.notebook.layout import aligned
from synthohive_jupyter.notebook.markup import html, node, xml
from synthohive_jupyter.notebook.report import Report, RowCount
from synthohive_jupyter.progress.state import RunState
from synthohive_jupyter.schema.metadata import Metadata
from synthohive_jupyter.validation.integrity import KeyCheck
from tests.shop import make_shop
from tests.unit.test_progress_state import shop_events

HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '" onload="alert(1)',
    "' style='position:fixed",
    "</style><script>x</script>",
    "]]><b>",
    "javascript:alert(1)",
    "a\x00b",
    "\x1b[31mred",
    "\u202ereversed",
    "name\nwith lines",
    "{{7*7}}",
    "&amp;",
    "ユーザー",
    "__proto__",
]


def report(state, **changes):
    values = {
        "name": "shop",
        "rows": {name: RowCount(100, 110) for name in state.tables},
        "keys": (
            KeyCheck("users", "id", 110),
            KeyCheck("orders", "user_id → users.id", 110, orphans=2),
        ),
        "linkage": tuple(
            {"table": table.name, **linkage.to_dict()}
            for table in state.tables.values()
            for linkage in table.linkages.values()
        ),
        "seed": 7,
        "sampled_with": 7,
        "model": "CTGAN",
        "seconds": 6.0,
        "status": "finished",
        "notices": (),
        "state": state.snapshot(),
    }
    return Report(**{**values, **changes})


@pytest.fixture(scope="module")
def shop_state():
    return RunState.from_events(shop_events(epochs=12))


def test_the_text_has_rows_keys_linkage_and_curves(shop_state):
    text = result_text(report(shop_state))
    assert text.splitlines()[0] == "shop: 2 tables · 220 rows · 6.0 s · seed 7 · CTGAN"
    assert re.search(r"users +100 +110 +✓ id", text)
    assert "✗ user_id → users.id" in text
    assert "users → orders  mean 0.7 → 0.68, childless 50 % → 52 %, distance 0.02" in text
    assert "generator" in text


def test_the_bundle_has_every_form_and_stands_alone(shop_state):
    bundle = result_bundle(report(shop_state))
    assert set(bundle) == {"text/plain", "text/html", "image/svg+xml"}
    page = bundle["text/html"]
    assert page.count("<svg") == 3
    for active in ("<script", "<link", "<iframe", "url(", " src=", " href=", "@import"):
        assert active not in page
    assert ET.fromstring(bundle["image/svg+xml"]).tag.endswith("svg")


def test_a_result_without_training_has_no_picture():
    state = RunState()
    state.apply(RunFinished(seconds=1.0))
    bundle = result_bundle(report(state, keys=(), rows={"airlines": RowCount(16, 16)}))
    assert "image/svg+xml" not in bundle
    assert "airlines" in bundle["text/html"]


def test_an_unfinished_table_has_a_dash(shop_state):
    text = result_text(
        report(shop_state, rows={"users": RowCount(100, None)}, keys=(), status="stopped")
    )
    assert re.search(r"users +100 +–", text)
    assert "stopped" in text.splitlines()[0]


def test_many_tables_do_not_make_a_heavy_notebook():
    state = RunState()
    names = tuple(f"t{i}" for i in range(100))
    state.apply(RunStarted(names, seed=1, epochs=50, model="CTGAN"))
    for name in names:
        for epoch in range(1, 51):
            state.apply(EpochEnded(name, epoch, 50, {"critic": 1 / epoch}))
    page = result_bundle(report(state, keys=()))["text/html"]
    assert page.count("<svg") == MAX_PICTURES
    assert f"and {100 - MAX_PICTURES} more pictures" in page
    assert len(page) < 200_000


@pytest.mark.parametrize("name", HOSTILE)
def test_names_never_become_markup(name):
    state = RunState()
    for event in shop_events():
        changes = {"tables": (name,), "table": name, "parent": name, "model": name}
        fields = [f for f in changes if hasattr(event, f) and getattr(event, f) != "users"]
        state.apply(replace(event, **{f: changes[f] for f in fields}))
    state.apply(Notice(name, table=name))
    bad = report(state, name=name, notices=(name,), keys=(KeyCheck(name, name, 3),), model=name)
    bundle = result_bundle(bad)
    assert harmless(bundle["text/html"])
    assert harmless(bundle["image/svg+xml"])
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f\u202a-\u202e]", bundle["text/plain"])
    assert len(bundle["text/plain"].splitlines()) == len(result_text(bad).splitlines())


def harmless(markup):
    """Parse the markup and look at every element and attribute."""
    style = re.compile(r"<style>.*?</style>", re.DOTALL)
    known = {"div", "p", "b", "i", "span", "table", "thead", "tbody", "tr", "th", "td", "svg",
             "text", "line", "rect", "polyline", "circle"}  # fmt: skip
    plain = {"class", "scope", "role", "aria-label", "xmlns", "opacity"}
    tree = ET.fromstring(style.sub("", markup, count=1))
    for element in tree.iter():
        assert element.tag.split("}")[-1] in known
        for attribute, value in element.attrib.items():
            assert not attribute.startswith("on")
            assert attribute in plain or not re.search(r"url|script|:", value)
    return True


def test_markup_is_escaped_in_text_and_attributes():
    element = node("b", {"title": '"><script>'}, "<i>", node("i", {}, "x"), "a & b")
    assert html(element) == '<b title="&quot;&gt;&lt;script&gt;">&lt;i&gt;<i>x</i>a &amp; b</b>'


@pytest.mark.parametrize(
    ("low", "high"), [(0, 0), (-1, 1), (1e-9, 2e-9), (3, 3), (-5e6, 2e6), (0.1, 0.11), (-7, -7)]
)
def test_ticks_are_round_and_span_the_range(low, high):
    ticks = nice_ticks(low, high)
    assert 2 <= len(ticks) <= 6
    assert ticks == sorted(ticks)
    assert ticks[0] <= low
    assert ticks[-1] >= high


@pytest.mark.parametrize(
    "values", [[1.0], [2.0, 2.0], [math.nan, 1.0], [math.nan], [1e30, -1e30, 0]]
)
def test_curves_of_any_numbers_give_finite_coordinates(values):
    state = RunState()
    for epoch, value in enumerate(values, 1):
        state.apply(EpochEnded("t", epoch, 9, {"critic": value, "generator": -value}))
    drawing = xml(curves_chart(state.snapshot()["tables"]["t"]))
    assert not re.search(r"nan|inf", drawing)


def test_a_chart_says_what_the_model_counts(shop_state):
    table = shop_state.snapshot()["tables"]["users"]
    assert "loss per epoch" in xml(curves_chart(table))
    columns = {**table, "unit": "column"}
    assert "loss per column" in xml(curves_chart(columns))
    alone = xml(curves_chart({**columns, "best_epoch": None}))
    assert "epoch" not in alone
    # Columns do not follow each other: no line joins them.
    assert "polyline" not in alone
    assert alone.count("<circle") == sum(
        len(c["points"]) for name, c in columns["curves"].items() if name != "metric"
    )


def test_a_first_epoch_that_dwarfs_the_others_is_cut_off():
    state = RunState()
    for epoch in range(1, 21):
        state.apply(EpochEnded("t", epoch, 20, {"critic": 100.0 if epoch == 1 else epoch % 2}))
    drawing = xml(curves_chart(state.snapshot()["tables"]["t"]))
    assert ">100<" not in drawing
    assert ">1<" in drawing


def test_names_of_curves_do_not_overlap():
    state = RunState()
    for epoch in (1, 2, 3):
        state.apply(
            EpochEnded("t", epoch, 3, {"critic": 1, "generator": 1.001, "wasserstein": 0.999})
        )
    drawing = curves_chart(state.snapshot()["tables"]["t"])
    ys = sorted(
        float(text.get("y"))
        for text in drawing.iter("text")
        if text.text in {"critic", "generator", "wasserstein"}
    )
    assert all(b - a >= 12 for a, b in itertools.pairwise(ys))


def test_the_histogram_keeps_cell_zero_and_marks_the_last():
    linkage = RunState.from_events(shop_events()).snapshot()["tables"]["orders"]["linkages"][0]
    drawing = linkage_chart("orders", linkage)
    labels = [text.text for text in drawing.iter("text")]
    assert {"0", "1", "2+", "real", "synthetic"} <= set(labels)
    assert len(list(drawing.iter("rect"))) == 5


def test_columns_are_aligned_by_what_is_seen():
    lines = aligned([("ユーザー", "1"), ("ab", "22")], "<>")
    assert lines == ["ユーザー   1", "ab        22"]


@pytest.fixture
def shop_metadata():
    shop = Metadata()
    shop.add_table("users", pk="id")
    shop.add_table("orders", pk="id", fk={"user_id": "users.id"})
    return shop


def test_check_counts_matches_and_orphans(shop_metadata):
    tables = make_shop(50).tables()
    orders = tables["orders"].assign(user_id=tables["orders"]["user_id"])
    orders.loc[orders.index[:3], "user_id"] = 10_000
    counted = facts({"users": tables["users"], "orders": orders}, shop_metadata)
    checked = count_keys(shop_metadata, counted, "pandas")
    assert not checked.valid
    assert re.search(r"user_id → users.id: 9\d(\.\d)? % found, 3 orphans", str(checked))
    bundle = checked._repr_mimebundle_()
    assert "does not fit" in bundle["text/html"]
    assert harmless(bundle["text/html"])


def test_check_of_a_table_without_data(shop_metadata):
    checked = count_keys(shop_metadata, {}, "pandas")
    assert not checked.valid
    assert re.search("✗ +users +–", str(checked))


def test_the_diagram_quotes_names():
    shop = Metadata()
    shop.add_table('a"] click "x', pk="id")
    shop.add_table("b", pk="id", fk={"k": 'a"] click "x.id'}, nullable_fks=("k",))
    source = diagram(shop)["text/vnd.mermaid"]
    assert source.splitlines()[2] == '  t0["a?? click ?x"]'
    assert 't0 |o--o{ t1 : "k"' in source


def test_no_diagram_without_foreign_keys():
    lonely = Metadata()
    lonely.add_table("a", pk="id")
    assert diagram(lonely) is None


@pytest.mark.parametrize(
    ("options", "line", "ends"),
    [
        ({}, "a ──< b  (x)", "t0 ||--o{ t1"),
        ({"nullable_fks": ["x"]}, "a ──< b  (x)", "t0 |o--o{ t1"),
        ({"children": (1, None)}, "a ──< b  (x)", "t0 ||--|{ t1"),
        ({"children": (0, 1)}, "a ─── b  (x)", "t0 ||--o| t1"),
        ({"pk": "x"}, "a ─── b  (x)", "t0 ||--o| t1"),
        ({"pk": "x", "children": (1, 1)}, "a ─── b  (x)", "t0 ||--|| t1"),
        ({"pk": ("x", "n")}, "a ──< b  (x)", "t0 ||--o{ t1"),
    ],
)
def test_the_diagram_shows_how_many_rows_belong_together(options, line, ends):
    metadata = Metadata()
    metadata.add_table("a", "id")
    metadata.add_table("b", **{"pk": None, "fk": {"x": "a.id"}, **options})
    shown = diagram(metadata)
    assert shown["text/plain"] == line
    assert f'  {ends} : "x"' in shown["text/vnd.mermaid"].splitlines()
