"""The report of a run: what is compared, what is written down, and that no real row is in it."""

import json
from pathlib import Path
from types import SimpleNamespace

import jsonschema
import numpy as np
import pandas as pd
import pytest

from synthohive_jupyter.dsl.compiler import compile_cell
from synthohive_jupyter.errors import StorageError
from synthohive_jupyter.events import EpochEnded, RunStarted
from synthohive_jupyter.notebook.report import PrivateColumn, Report, _trouble
from synthohive_jupyter.notebook.report_page import report_page
from synthohive_jupyter.notebook.reporting import fidelity as module
from synthohive_jupyter.notebook.reporting.fidelity import (
    MAX_COLUMNS,
    SAMPLE_ROWS,
    Fidelity,
    compare,
)
from synthohive_jupyter.notebook.reporting.record import MAX_POINTS, run_record
from synthohive_jupyter.privacy.config import PiiRule, PrivacyConfig
from synthohive_jupyter.progress.state import RunState
from synthohive_jupyter.schema.metadata import Metadata
from tests.reports import report, shop_state
from tests.shop import CELL, make_shop

SCHEMA = json.loads((Path(__file__).parents[2] / "docs" / "run.schema.json").read_text())


@pytest.fixture(scope="module")
def cell():
    return compile_cell(CELL)


@pytest.fixture(scope="module")
def compared(cell):
    real, synthetic = make_shop(300).tables(), make_shop(300, seed=12).tables()
    return compare(cell.metadata, cell.privacy, real, synthetic)


def one_table(**columns):
    metadata = Metadata()
    metadata.add_table("t", pk=None)
    return metadata, {"t": pd.DataFrame(columns)}


def test_keys_and_personal_data_are_not_compared(compared):
    columns = {name: [c.column for c in fit.columns] for name, fit in compared.tables.items()}
    assert columns == {
        "users": ["region", "age"],
        "products": ["category", "price"],
        "orders": ["status", "placed_at", "total"],
        "order_items": ["quantity", "unit_price"],
    }
    assert [c.measure for c in compared.tables["orders"].columns] == ["TVD", "KS", "KS"]


def test_a_column_with_a_rule_that_keeps_it_is_compared():
    metadata, frames = one_table(a=[1, 2], b=[1, 2], c=[1, 2])
    rules = PrivacyConfig({"t.a": PiiRule("mask"), "t.b": PiiRule("keep")})
    (fit,) = compare(metadata, rules, frames, frames).tables.values()
    assert [column.column for column in fit.columns] == ["b", "c"]


def test_samples_of_one_law_are_as_alike_as_expected():
    # Forty pairs of samples: the mean deviates by less than four of its standard errors.
    rng = np.random.default_rng(5)
    gaps = {"KS": [], "TVD": [], "pair": []}
    for _ in range(40):
        frames = [
            one_table(x=rng.normal(size=400), y=rng.choice(list("abcde"), 400)) for _ in range(2)
        ]
        fits = compare(frames[0][0], PrivacyConfig(), frames[0][1], frames[1][1])
        for column in fits.tables["t"].columns:
            gaps[column.measure].append(column.likeness.similarity - column.likeness.expected)
        pair = fits.tables["t"].pair
        gaps["pair"].append(pair.similarity - pair.expected)
    for found in gaps.values():
        assert abs(np.mean(found)) < 4 * np.std(found) / np.sqrt(len(found)) + 0.005


def test_equal_tables_are_alike_and_others_are_not():
    metadata, frames = one_table(x=np.arange(200.0), y=["a", "b"] * 100)
    _, others = one_table(x=np.arange(200.0) + 1_000, y=["c", "d"] * 100)
    same = compare(metadata, PrivacyConfig(), frames, frames).tables["t"]
    other = compare(metadata, PrivacyConfig(), frames, others).tables["t"]
    assert same.shape.similarity == same.pair.similarity == 1
    assert other.shape.similarity == other.pair.similarity == 0


def test_a_bounded_sample_is_looked_at(monkeypatch):
    seen = []
    monkeypatch.setattr(module, "_column", lambda real, _: seen.append(len(real)) or stop())
    metadata, frames = one_table(x=np.arange(3 * SAMPLE_ROWS + 1))
    compare(metadata, PrivacyConfig(), frames, frames)
    assert SAMPLE_ROWS / 2 < seen[0] <= SAMPLE_ROWS


def stop():
    raise RuntimeError("secret value 4711")


def test_what_cannot_be_compared_is_said_without_quoting_it(monkeypatch):
    monkeypatch.setattr(module, "_column", lambda *_: stop())
    metadata, frames = one_table(x=[1, 2])
    found = compare(metadata, PrivacyConfig(), frames, frames)
    assert found == Fidelity({}, {"t": "it cannot be compared (RuntimeError)"})


def test_too_many_columns_are_passed_over_and_that_is_said():
    metadata, frames = one_table(**{f"c{i}": [1, 2] for i in range(MAX_COLUMNS + 1)})
    found = compare(metadata, PrivacyConfig(), frames, frames)
    assert found.left_out == {"t": f"more than {MAX_COLUMNS} columns in all"}


@pytest.mark.parametrize(
    "column",
    [
        [None, None],
        pd.Categorical(["a", None]),
        [True, False],
        pd.to_datetime(["2024-01-01", None]),
        pd.array([1, None], dtype="Int64"),
        [[1], [2]],
        [1, "a"],
    ],
)
def test_columns_of_every_kind_can_be_compared(column):
    metadata, frames = one_table(x=column)
    found = compare(metadata, PrivacyConfig(), frames, frames)
    assert found.tables["t"].shape.similarity == 1


def test_tables_without_rows_are_passed_over():
    metadata, frames = one_table(x=[1, 2])
    assert compare(metadata, PrivacyConfig(), frames, {"t": frames["t"].head(0)}) == Fidelity()
    assert compare(metadata, PrivacyConfig(), {}, frames) == Fidelity()


def test_the_report_holds_no_row(cell, compared):
    shown = full_report(cell, compared)
    real = make_shop(300).tables()
    forms = shown._repr_mimebundle_()
    text = "".join(form if isinstance(form, str) else json.dumps(form) for form in forms.values())
    text += report_page(shown) + repr(shown)
    for value in (*real["users"]["email"], *real["users"]["ssn"]):
        assert value not in text


def full_report(cell, compared, **changes) -> Report:
    parts = {
        "fidelity": compared,
        "privacy": (PrivateColumn("users", "email", "fake email"),),
        "protection": "Values of few are not stored.",
        "notices": ("hm",),
        "metadata": cell.metadata,
    }
    return report(shop_state(), **{**parts, **changes})


def test_the_text_tells_likeness_and_personal_data(cell, compared):
    lines = repr(full_report(cell, compared)).splitlines()
    assert lines[1].split("  ")[-1] == "keys"
    fit = compared.tables["users"]
    assert f"{fit.shape.similarity:.0%}".replace("%", " %") in lines[2]
    assert "  users  email (fake email)" in lines


def test_the_record_keeps_to_its_schema(cell, compared):
    shown = full_report(cell, compared)
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    record = json.loads(json.dumps(shown.to_dict(), allow_nan=False))
    jsonschema.validate(record, SCHEMA)
    assert record["version"] == 1
    assert record["valid"] is False
    users, orders = record["tables"]
    assert users["fidelity"]["columns"][0]["column"] == "region"
    assert orders["keys"] == [
        {"key": "user_id → users.id", "rows": 110, "holds": False, "orphans": 2}
    ]
    assert record["linkage"][0]["real"] == [0.5, 0.3, 0.2]


def test_a_stopped_run_keeps_to_the_schema_too():
    state = RunState()
    state.apply(RunStarted(("a",), seed=1, epochs=2, model="CTGAN"))
    record = run_record(report(state, name=None, status="stopped", trouble="stopped", keys=()))
    jsonschema.validate(json.loads(json.dumps(record)), SCHEMA)


MODELS_KEPT = "kept: the models of a, b; %synthohive generate shop makes the rows"


@pytest.mark.parametrize(
    ("status", "finished", "told"),
    [
        ("finished", ("a", "b"), ""),
        ("stopped", ("a",), "stopped; kept: a; not finished: b; --resume goes on"),
        (
            "stopped",
            ("a", "b"),
            "stopped before the rows were generated; " + MODELS_KEPT,
        ),
        ("failed", (), "failed: why\nkept: nothing; not finished: a, b; --resume goes on"),
        (
            "failed",
            ("a", "b"),
            "failed: why\n" + MODELS_KEPT,
        ),
    ],
)
def test_an_unfinished_run_says_what_is_kept(status, finished, told):
    run = SimpleNamespace(finished=finished, real_rows={"a": 1, "b": 2})
    assert _trouble(run, status, "why", "shop") == told


def test_long_trainings_are_thinned_out_in_the_record():
    state = RunState()
    for epoch in range(1, 10_001):
        losses = {"critic": 1 / epoch, "generator": 2.0}
        state.apply(EpochEnded("t", epoch, 10_000, losses, epoch / 7))
    (table,) = run_record(report(state, keys=()))["tables"]
    assert sum(map(len, table["curves"].values())) <= MAX_POINTS
    assert table["curves"]["metric"][-1] == state.tables["t"].curves["metric"].points[-1]


def test_the_page_is_one_file_without_script(tmp_path, cell, compared):
    shown = full_report(cell, compared)
    place = shown.save(tmp_path / "report.html")
    page = place.read_text(encoding="utf-8")
    assert page.startswith("<!DOCTYPE html>")
    assert "default-src 'none'" in page
    for reference in ("<script", "<link", " href", "url(", "@import"):
        assert reference not in page
    assert page.count("<details") == page.count(' open="open"') > 0
    assert page.count("<img") == 4
    assert 'alt="Tables and their keys"' in page


def test_a_page_that_cannot_be_written_says_so(tmp_path):
    with pytest.raises(StorageError, match="cannot write"):
        report(shop_state()).save(tmp_path / "no" / "folder.html")
