"""Which session is taken, with stand-ins: no engine is started."""

from __future__ import annotations

import sys

import pytest

from synthohive_jupyter.errors import SessionError
from synthohive_jupyter.io import embedded, session
from synthohive_jupyter.io.session import find_session, open_session


class SparkSession:
    """A stand-in for a classic session; the look-up goes by the name of the class."""

    __module__ = "pyspark.sql.session"

    def __init__(self, *, stopped=False):
        self._sc = type("Context", (), {"_jsc": None if stopped else object()})()
        self.version = "4.2.0"


@pytest.fixture(autouse=True)
def nothing_active(monkeypatch):
    for module in ("pyspark.sql.session", "pyspark.sql.connect.session"):
        monkeypatch.delitem(sys.modules, module, raising=False)
    monkeypatch.setattr(session, "ENGINE", embedded.EmbeddedEngine())


def activate(monkeypatch, active):
    stand_in = type("Module", (), {"SparkSession": type("S", (), {"active": staticmethod(active)})})
    monkeypatch.setitem(sys.modules, "pyspark.sql.session", stand_in)


def test_without_any_session_nothing_is_found():
    assert find_session(namespace={"spark": "a string", "df": 1}) is None
    assert find_session() is None


def test_the_named_one_wins_over_spark_and_spark_over_the_active_one(monkeypatch):
    mine, spark, active = SparkSession(), SparkSession(), SparkSession()
    activate(monkeypatch, lambda: active)
    space = {"mine": mine, "spark": spark}
    assert find_session("mine", space).spark is mine
    assert find_session(None, space).spark is spark
    assert find_session(None, {}).spark is active
    assert find_session(None, {}).origin == "active session"


def test_one_line_says_what_and_where_from():
    found = open_session(namespace={"spark": SparkSession()})
    assert found.describe() == "Spark 4.2.0 (classic), 'spark' of the notebook"


def test_a_stopped_session_is_not_taken_silently(monkeypatch):
    dead = SparkSession(stopped=True)
    activate(monkeypatch, lambda: dead)
    assert find_session(namespace={"spark": dead}) is None
    with pytest.raises(SessionError, match="has been stopped; start it again, or `del spark`"):
        open_session(namespace={"spark": dead})
    with pytest.raises(SessionError, match="'mine' has been stopped"):
        open_session("mine", {"mine": dead})


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("sprak", "no variable is called 'sprak' \\(did you mean 'spark'"),
        ("other", "no variable is called 'other' \\(sessions here: spark"),
        ("frame", "'frame' is of type int, not a Spark session"),
    ],
)
def test_a_wrong_name_is_explained(name, message):
    with pytest.raises(SessionError, match=message):
        find_session(name, {"spark": SparkSession(), "frame": 3})


def test_the_embedded_engine_can_be_turned_off(monkeypatch):
    monkeypatch.setenv("SYNTHOHIVE_EMBEDDED", "0")
    with pytest.raises(SessionError, match="turned off \\(SYNTHOHIVE_EMBEDDED=0\\)"):
        open_session()


def test_a_missing_package_is_explained(monkeypatch):
    monkeypatch.setitem(sys.modules, "pysail.spark", None)
    with pytest.raises(SessionError, match="pip install pysail"):
        open_session()
