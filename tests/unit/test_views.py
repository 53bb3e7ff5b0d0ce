"""Everything still that a notebook shows: cards, text, diagrams; right, bounded and standing alone."""

import json
import re

import pytest

from synthohive_jupyter.events import EpochEnded, RunFinished, RunStarted
from synthohive_jupyter.io.frames import facts
from synthohive_jupyter.notebook.card import MAX_PICTURES, result_bundle
from synthohive_jupyter.notebook.check import count_keys
from synthohive_jupyter.notebook.layout import aligned, folded, page, short
from synthohive_jupyter.notebook.markup import html, node
from synthohive_jupyter.notebook.report import RowCount
from synthohive_jupyter.notebook.reporting.diagram import diagram
from synthohive_jupyter.progress.state import RunState
from synthohive_jupyter.schema.metadata import Metadata
from tests.reports import report, shop_state
from tests.shop import make_shop

RUN = "application/vnd.synthohive.run+json"


@pytest.fixture(scope="module")
def state():
    return shop_state()


def test_the_text_has_rows_keys_linkage_and_curves(state):
    text = repr(report(state))
    assert text.splitlines()[0] == "shop: 2 tables · 220 rows · 6.0 s · seed 7 · CTGAN"
    assert re.search(r"users +100 +110 +✓ id", text)
    assert "✗ user_id → users.id" in text
    told = "users → orders (user_id)  mean 0.7 → 0.68  variance 0.61 → 0.6  childless 50 % → 52 %"
    assert f"{told}  TVD 0.02" in text
    assert re.search("orders +generator +[▁-█]+ +-0.5", text)


def test_the_bundle_has_every_form_and_stands_alone(state):
    bundle = result_bundle(report(state))
    assert set(bundle) == {"text/plain", "text/html", "image/png", RUN}
    page = bundle["text/html"]
    assert page.count('<img src="data:image/png;base64,') == 3
    for lost in ("<script", "<link", "<iframe", "url(", "href", "@import", "<style", "<svg"):
        assert lost not in page
    assert bundle["image/png"].startswith("iVBOR")
    json.dumps(bundle[RUN], allow_nan=False)


def test_what_is_passed_in_stands_before_the_notes(state):
    below = folded("users: first rows", node("p", {}, "rows"))
    page = result_bundle(report(state, notices=("hm",)), below=[below])["text/html"]
    assert page.index("Children per parent") < page.index("first rows") < page.index("Note: hm")


def test_a_result_without_training_has_no_picture():
    state = RunState()
    state.apply(RunFinished(seconds=1.0))
    bundle = result_bundle(report(state, keys=(), rows={"airlines": RowCount(16, 16)}))
    assert "image/png" not in bundle
    assert "airlines" in bundle["text/html"]


def test_an_unfinished_run_says_what_is_kept_and_how_to_go_on(state):
    trouble = "stopped; kept: users; not finished: orders; --resume goes on"
    stopped = report(
        state, rows={"users": RowCount(100, None)}, keys=(), status="stopped", trouble=trouble
    )
    text = repr(stopped)
    assert re.search(r"users +100 +–", text)
    assert "stopped · 0 tables" in text.splitlines()[0]
    assert text.splitlines()[1] == trouble
    assert trouble in result_bundle(stopped)["text/html"]


def test_a_failed_run_tells_why_in_lines(state):
    trouble = "failed: the loss is not a number\nwhat to try:\n  - fewer epochs\nkept: users"
    failed = report(state, status="failed", trouble=trouble)
    assert "\n".join(repr(failed).splitlines()[1:5]) == trouble
    page = result_bundle(failed)["text/html"]
    assert "<div>  - fewer epochs</div>" in page
    assert failed.to_dict()["trouble"] == trouble


def test_many_tables_do_not_make_a_heavy_notebook():
    state = RunState()
    names = tuple(f"table_number_{i}" for i in range(100))
    state.apply(RunStarted(names, seed=1, epochs=50, model="CTGAN"))
    for name in names:
        for epoch in range(1, 51):
            losses = {"critic": 1 / epoch, "generator": epoch % 7, "wasserstein": -epoch}
            state.apply(EpochEnded(name, epoch, 50, losses))
    bundle = result_bundle(report(state, **many(names)))
    assert bundle["text/html"].count("<img") == MAX_PICTURES
    assert f"and {200 - MAX_PICTURES} more pictures" in bundle["text/html"]
    assert len(json.dumps(bundle)) < 300_000
    assert len(bundle["text/plain"].splitlines()) < 200


def many(names):
    """Return parts of a report with a key, a histogram and three columns for each table."""
    from synthohive_jupyter.notebook.reporting.fidelity import (
        ColumnFit,
        Fidelity,
        Likeness,
        TableFit,
    )
    from synthohive_jupyter.validation.integrity import KeyCheck

    one = Likeness(0.97, 0.95)
    columns = tuple(ColumnFit(f"column_{i}", "TVD", one) for i in range(3))
    linkage = report(shop_state()).linkage[0]
    return {
        "keys": tuple(KeyCheck(n, k, 110) for n in names for k in ("id", "parent → other.id")),
        "linkage": tuple({**linkage, "table": name} for name in names),
        "fidelity": Fidelity({name: TableFit(columns, one, one) for name in names}),
    }


def test_markup_is_escaped_in_text_and_attributes():
    element = node("b", {"title": '"><script>'}, "<i>", node("i", {}, "x"), "a & b")
    assert html(element) == '<b title="&quot;&gt;&lt;script&gt;">&lt;i&gt;<i>x</i>a &amp; b</b>'


def test_a_page_carries_its_looks_in_its_elements():
    shown = html(page("t", "f", node("span", {"class": "s"}, "x")))
    assert '<span style="opacity:0.8">x</span>' in shown
    assert 'class="shj-card mathjax_ignore tex2jax_ignore"' in shown


def test_long_names_are_cut():
    assert short("a" * 100) == "a" * 79 + "…"
    assert short("a" * 80) == "a" * 80


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


def test_the_diagram_is_a_picture_too_unless_it_is_huge():
    def chain(length):
        metadata = Metadata()
        for place in range(length):
            fk = {"above": f"t{place - 1}.id"} if place else {"round": "t0.id"}
            metadata.add_table(f"t{place}", pk="id", fk=fk)
        return metadata

    assert diagram(chain(3))["image/png"].startswith("iVBOR")
    assert "image/png" not in diagram(chain(12))
    assert len(diagram(chain(12))["text/plain"].splitlines()) == 12


def test_tables_in_a_circle_can_be_drawn():
    metadata = Metadata()
    metadata.add_table("a", pk="id", fk={"b": "b.id"}, nullable_fks=["b"])
    metadata.add_table("b", pk="id", fk={"a": "a.id"})
    assert "image/png" in diagram(metadata)


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
