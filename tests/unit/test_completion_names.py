"""What completion asks Spark, and that it waits for nobody: without an engine."""

import sys
import threading
import time
import types

import pytest

from synthohive_jupyter.notebook.completion import remote as remotes
from synthohive_jupyter.notebook.completion.names import Names
from synthohive_jupyter.notebook.completion.remote import Remote


class Frame:
    """What `is_spark` takes for a frame of Spark; it answers when it is let."""

    __module__ = "pyspark.sql.connect.dataframe"

    def __init__(self, let=None):
        self.let = let
        self.asked = 0

    @property
    def dtypes(self):
        self.asked += 1
        if self.let is not None:
            self.let.wait(10)
        return [("id", "bigint"), ("price", "double")]


DataFrame = type("DataFrame", (Frame,), {"__module__": "pyspark.sql.connect.dataframe"})


@pytest.fixture
def spark(monkeypatch):
    """As if pyspark were loaded, and nobody in a hurry."""
    monkeypatch.setitem(
        sys.modules, "pyspark", sys.modules.get("pyspark", types.ModuleType("pyspark"))
    )
    monkeypatch.setattr(remotes, "PATIENCE", 10.0)


@pytest.mark.usefixtures("spark")
def test_columns_of_a_spark_frame_are_asked_for_once():
    frame, remote = DataFrame(), Remote()
    for _ in range(3):
        names = Names({"t": frame}, remote)
        assert names.columns("t") == ("id", "price")
        assert names.kind("t", "price") == "float"
    assert frame.asked == 1


@pytest.mark.usefixtures("spark")
def test_a_server_that_hangs_holds_nobody_up(monkeypatch):
    monkeypatch.setattr(remotes, "PATIENCE", 0.02)
    let = threading.Event()
    frame, remote = DataFrame(let), Remote()
    names = Names({"t": frame}, remote)
    assert names.columns("t") == ()
    monkeypatch.setattr(remotes, "PATIENCE", 60.0)
    started = time.perf_counter()
    assert names.columns("t") == ()
    assert time.perf_counter() - started < 5, "the first Tab has waited for all"
    assert frame.asked == 1
    let.set()
    (answer,) = remote._answers.values()
    answer.thread.join()
    assert names.columns("t") == ("id", "price")


@pytest.mark.usefixtures("spark")
def test_an_error_of_the_server_is_no_answer_and_asked_again_later(monkeypatch):
    class Failing(DataFrame):
        @property
        def dtypes(self):
            if self.asked == 0:
                self.asked += 1
                raise OSError
            return super().dtypes

    frame, remote = Failing(), Remote()
    names = Names({"t": frame}, remote)
    assert names.columns("t") == names.columns("t") == ()
    assert frame.asked == 1
    monkeypatch.setattr(remotes, "FRESH", -1.0)
    assert names.columns("t") == ("id", "price")


@pytest.mark.usefixtures("spark")
def test_servers_that_hang_gather_no_threads(monkeypatch):
    monkeypatch.setattr(remotes, "PATIENCE", 0.001)
    let = threading.Event()
    frames = [DataFrame(let) for _ in range(9)]
    remote = Remote()
    for frame in frames:
        assert Names({"t": frame}, remote).columns("t") == ()
    assert sum(frame.asked for frame in frames) <= remotes.MOST_THREADS
    let.set()


@pytest.mark.usefixtures("spark")
def test_a_frame_that_is_gone_is_forgotten():
    remote = Remote()
    assert Names({"t": DataFrame()}, remote).columns("t") == ("id", "price")
    other = DataFrame()
    Names({"t": other}, remote).columns("t")
    assert len(remote._answers) == 1


@pytest.mark.usefixtures("spark")
def test_views_of_the_session_are_tables_and_data():
    rows = [
        {"tableName": "old orders", "isTemporary": True},
        {"tableName": "warehouse", "isTemporary": False},
    ]

    class Session:
        def sql(self, text):
            assert text == "SHOW TABLES"
            return types.SimpleNamespace(collect=lambda: rows)

        def table(self, name):
            assert name == "`old orders`"
            return DataFrame()

    session = type("SparkSession", (Session,), {"__module__": "pyspark.sql.connect.session"})()
    names = Names({"spark": session}, Remote())
    assert names.views() == ["old orders"]
    assert names.columns("old orders") == ("id", "price")
    assert names.columns("warehouse") == ()
