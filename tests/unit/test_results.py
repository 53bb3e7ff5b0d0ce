"""What a cell gives back: tables as a mapping and as attributes, previews, losses, writing."""

import copy
import pickle
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from IPython.utils.capture import capture_output

from synthohive_jupyter import Synthesizer
from synthohive_jupyter.errors import CommandError, StorageError
from synthohive_jupyter.models import registry
from synthohive_jupyter.notebook.layout import page
from synthohive_jupyter.notebook.markup import html
from synthohive_jupyter.notebook.previews import COLUMNS, LONGEST, ROWS, TABLES, previews
from synthohive_jupyter.notebook.writing import Written
from synthohive_jupyter.schema.metadata import Metadata
from tests.fakes import MemoryIO, ResamplingModel
from tests.hostile import HOSTILE
from tests.shells import loaded_shell
from tests.shop import CELL, make_shop

TRICKY = ("items", "report", "save", "_own", "class", "unit price")


@pytest.fixture(scope="module")
def shell():
    patch = pytest.MonkeyPatch()
    patch.setattr(registry, "model_class", lambda _name: ResamplingModel)
    patch.setenv("SYNTHOHIVE_DISPLAY", "none")
    tricky = {name: pd.DataFrame({"id": range(30), "a": "x"}) for name in TRICKY}
    with loaded_shell(**make_shop(40).tables(), **tricky) as ip:
        yield ip
    patch.undo()


def run(shell, line, cell=None):
    source = f"%synthohive {line}" if cell is None else f"%%synthohive {line}\n{cell}"
    with capture_output():
        outcome = shell.run_cell(source)
    outcome.raise_error()
    return outcome.result


@pytest.fixture(scope="module")
def shop(shell):
    run(shell, "fit --epochs 2 --seed 7 -o shop", CELL)
    return shell.user_ns["shop"]


@pytest.fixture(scope="module")
def tricky(shell):
    names = "\n".join(f'"{name}": id pk' for name in TRICKY)
    run(shell, "fit --epochs 1 --seed 1 -o tricky", names)
    return shell.user_ns["tricky"]


# A mapping with attributes


def test_tables_by_brackets_and_by_attribute(shop):
    assert list(shop) == ["users", "products", "orders", "order_items"]
    assert len(shop) == 4
    assert shop.users is shop["users"]
    assert "users" in shop
    assert "usrs" not in shop
    assert shop != ["users"]
    with pytest.raises(KeyError, match="no table is called 'usrs'; tables: users, products"):
        shop["usrs"]
    with pytest.raises(AttributeError, match="no table is called 'usrs'"):
        _ = shop.usrs
    assert set(shop) <= set(dir(shop))
    assert shop._ipython_key_completions_() == list(shop)


def test_two_results_are_compared_without_their_frames(shop, tricky):
    assert shop == shop  # noqa: PLR0124 - frames have no truth
    assert shop != tricky
    assert len({shop, tricky}) == 2


def test_names_that_are_taken_are_reached_by_brackets_and_that_is_said(tricky):
    assert set(tricky) == set(TRICKY)
    assert callable(tricky.save)
    assert callable(tricky.items)
    assert all(len(tricky[name]) == 30 for name in TRICKY)
    text, bundle = repr(tricky), tricky._repr_mimebundle_()
    assert 'by brackets alone, as in result["items"]: "items", "report", "save"' in text
    assert "by brackets alone" in bundle["text/html"]
    assert bundle["text/plain"] == text


def test_nothing_is_said_where_every_name_is_free(shop):
    assert "brackets" not in repr(shop)


def test_asking_whether_a_spark_table_is_there_opens_no_session(shop):
    class Closed:
        def open(self):
            raise AssertionError

    spark = type(shop.spark)(shop.pandas, Closed())
    assert "users" in spark
    assert "usrs" not in spark
    assert list(spark) == list(shop)


@pytest.mark.parametrize("make", [pickle.dumps, copy.copy, copy.deepcopy])
def test_a_result_is_neither_copied_nor_pickled_and_says_what_is(shop, make):
    with pytest.raises(TypeError, match=r"dict\(result\) has its tables, \.save\(path\) keeps"):
        make(shop)
    assert dict(shop)["users"] is shop.users


def test_the_parts_of_a_result(shop):
    assert isinstance(shop.schema, Metadata)
    assert set(shop.schema.tables) == set(shop)
    assert shop.pandas["users"] is shop.users
    assert shop.run.finished
    assert shop.report.valid


# Losses


def test_losses_are_a_frame_of_one_form(shop, tricky):
    losses = shop.losses
    assert list(losses.columns[:2]) == ["table", "epoch"]
    assert {"metric", "best", "seconds"} <= set(losses.columns)
    assert losses.groupby("table")["epoch"].max().to_dict() == dict.fromkeys(shop, 2)
    assert losses["epoch"].dtype == "int64"
    assert losses["best"].dtype == bool
    nothing = type(shop)({}, shop.report, replace(shop.run, events=())).losses
    assert nothing.empty
    assert set(nothing.columns) == {"table", "epoch", "metric", "best", "seconds"}
    assert nothing.dtypes.equals(losses.dtypes[nothing.columns])


# Previews


def shown(tables):
    return html(page("x", "", *previews(tables)))


def test_the_card_shows_the_first_rows_of_each_table_folded(shop):
    found = shop._repr_mimebundle_()["text/html"]
    for name, frame in shop.items():
        assert f"{name}: first 5 rows of {len(frame):,}" in found
    assert found.count("<details") >= len(shop)
    last = shop.orders["placed_at"]
    assert str(last.iloc[ROWS - 1]) in found
    assert str(last.iloc[ROWS]) not in found


def test_previews_are_bounded():
    wide = pd.DataFrame({f"c{i}": ["y" * 5000] * 100 for i in range(300)})
    found = shown({f"t{i}": wide for i in range(200)})
    assert found.count("<details") == TABLES
    assert f"t0: first 5 rows of 100, {COLUMNS} of 300 columns" in found
    assert "y" * LONGEST not in found
    assert len(found) < 400_000


def test_previews_of_every_kind_of_value():
    frame = pd.DataFrame(
        {
            "n": [1.5, np.nan], "t": [pd.Timestamp("2024-01-31"), pd.NaT], "b": [True, False],
            "i": pd.array([1, None], dtype="Int64"), "l": [[1, 2], None], "c": ["a\nb", None],
        }
    )  # fmt: skip
    found = shown({"one": frame, "empty": frame.head(0), "bare": pd.DataFrame(index=range(3))})
    assert found.count("<details") == 1
    assert found.count("–") == 5
    for text in ("1.5", "2024-01-31", "True", "[1, 2]", "a�b"):
        assert text in found


def test_hostile_names_and_values_stay_text():
    frame = pd.DataFrame({text: [text] for text in HOSTILE[:COLUMNS]})
    tags, attributes = set(), set()

    class Reader(HTMLParser):
        def handle_starttag(self, tag, attrs):
            tags.add(tag)
            attributes.update(name for name, _ in attrs)

    for start in range(0, len(HOSTILE), TABLES):
        Reader().feed(shown(dict.fromkeys(HOSTILE[start : start + TABLES], frame)))
    assert tags <= {
        "div",
        "p",
        "b",
        "span",
        "details",
        "summary",
        "table",
        "thead",
        "tbody",
        "tr",
        "th",
        "td",
    }
    assert attributes <= {"style", "class", "scope", "cellpadding"}


# Writing


@pytest.fixture
def storage(monkeypatch):
    """Storage in memory instead of a session."""
    io = MemoryIO()
    monkeypatch.setattr("synthohive_jupyter.io.spark.SparkIO", lambda _spark: io)

    class Session:
        spark = None

    monkeypatch.setattr("synthohive_jupyter.notebook.data.Engine.open", lambda _self: Session)
    return io


@pytest.mark.parametrize("kind", ["delta", "parquet", "csv"])
def test_written_tables_are_told_with_their_places(shop, storage, kind, tmp_path):
    written = getattr(shop, f"to_{kind}")(tmp_path / "out")
    assert dict(written) == {name: f"{tmp_path}/out/{name}" for name in shop}
    assert written["users"].endswith("/users")
    assert len(written) == 4
    lines = repr(written).splitlines()
    assert lines[0] == f"written as {kind}"
    assert lines[1].split() == ["users", "40", f"{tmp_path}/out/users"]
    assert f"{tmp_path}/out/orders" in written._repr_mimebundle_()["text/html"]


def test_where_nothing_was_made_nothing_is_written(shop, storage):
    nothing = type(shop)({}, shop.report, shop.run)
    with pytest.raises(CommandError, match="there is no table to write: the run was stopped"):
        nothing.to_parquet("out")


def test_places_of_written_tables_are_text():
    written = Written({"<b>": "<i>/x\n"}, {"<b>": 1}, "csv")
    assert "<b>" not in written._repr_mimebundle_()["text/html"].replace("<b style", "")
    assert "\n/x" not in repr(written)


def test_what_generates_the_tables_is_saved_and_loaded(shop, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    assert shop.save("~/kept") == tmp_path / "kept"
    assert shop.save(Path("~/kept")) == tmp_path / "kept"
    loaded = Synthesizer.load(tmp_path / "kept", model=ResamplingModel)
    again = loaded.sample(scale=1.0)
    for name in ("products", "orders", "order_items"):
        pd.testing.assert_frame_equal(again[name], shop.pandas[name])
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("years of work")
    with pytest.raises(StorageError, match="is not a saved run"):
        shop.save(tmp_path / "mine")
    assert (tmp_path / "mine" / "thesis.txt").exists()
