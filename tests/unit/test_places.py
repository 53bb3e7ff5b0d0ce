"""Tables or paths, and what may be replaced: no engine is needed to tell."""

from __future__ import annotations

import uuid

import pytest

from synthohive_jupyter.errors import StorageError
from synthohive_jupyter.io.places import parse_place, recognise, swap
from synthohive_jupyter.io.trouble import explain


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("users", "`users`"),
        ("db.users", "`db`.`users`"),
        ("c.db.my table", "`c`.`db`.`my table`"),
        ("`a.b`.`c``d`", "`a.b`.`c``d`"),
        ("db.x`; DROP TABLE y", None),
        ("a.b.c.d", None),
        ("a..b", None),
        ("", None),
    ],
)
def test_names_are_quoted_or_refused(text, address):
    if address is None:
        with pytest.raises(StorageError):
            parse_place(text, shares_files=True)
    else:
        assert parse_place(text, shares_files=True).address == address


def test_paths_are_told_from_names(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "here").mkdir()
    for text in ("./x", "/a/b", "a/b", "here", "~/x", "file:///a/b", tmp_path):
        assert parse_place(text, shares_files=True).local is not None, text
    assert parse_place("file:///a/b", shares_files=True).address == "/a/b"
    assert parse_place("../x", shares_files=True).local == tmp_path.parent / "x"
    for text in ("s3://b/k", "dbfs:/x", "abfss://c@h/x"):
        place = parse_place(text, shares_files=True)
        assert (place.table, place.local, place.address) == (None, None, text)
    assert parse_place("here", shares_files=False).table == ("here",)
    assert parse_place("`here`", shares_files=True).table == ("here",)


def test_only_data_sets_are_recognised(tmp_path):
    def make(*names):
        folder = tmp_path / uuid.uuid4().hex
        folder.mkdir()
        for name in names:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text("")
        return folder

    assert recognise(make()) == "empty"
    assert recognise(make("part-0.parquet", "_SUCCESS", "._SUCCESS.crc")) == "parquet"
    assert recognise(make("year=2020/part-0.csv", "year=2021/part-0.csv.gz")) == "csv"
    assert recognise(make("_delta_log/0.json", "part-0.parquet", "a=1/p.parquet")) == "delta"
    assert recognise(make("part-0.parquet", "thesis.txt")) is None
    assert recognise(make("users/part-0.parquet", "orders/part-0.parquet")) is None
    assert recognise(make("_delta_log/0.json", "thesis.txt")) is None
    assert recognise(make(".git/config", "a.csv")) is None
    assert recognise(make("_private/notes.txt")) is None
    assert recognise(tmp_path / "none") is None
    link = tmp_path / "link"
    link.symlink_to(make("a.csv"))
    assert recognise(link) is None


def test_a_failed_swap_puts_the_old_data_back(tmp_path):
    target = tmp_path / "t"
    target.mkdir()
    (target / "old").write_text("1")
    with pytest.raises(OSError, match="No such file"):
        swap(tmp_path / "not staged", target)
    assert (target / "old").read_text() == "1"
    assert [p.name for p in tmp_path.iterdir()] == ["t"]


def test_a_session_without_delta_is_explained():
    text = explain(RuntimeError("[DELTA_CONFIGURE_SPARK_SESSION_WITH_EXTENSION_AND_CATALOG] …"))
    assert "spark.sql.extensions = io.delta.sql.DeltaSparkSessionExtension" in text
    assert "spark.sql.catalog.spark_catalog" in text
    assert "parquet" in text
    assert "embedded engine" in text
