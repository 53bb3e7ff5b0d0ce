"""What completion asks a real engine: columns and views, and no Spark job for it."""

import pandas as pd
import pytest

from synthohive_jupyter.notebook.completion import remote
from synthohive_jupyter.notebook.completion.names import Names
from synthohive_jupyter.notebook.completion.remote import Remote

pytestmark = pytest.mark.engine


def test_columns_and_views_take_no_job(engine, monkeypatch):
    monkeypatch.setattr(remote, "PATIENCE", 60.0)
    spark = engine.spark
    frame = spark.createDataFrame(pd.DataFrame({"id": [1], "unit price": [1.5]}))
    frame.createOrReplaceTempView("seen_by_tab")
    before = jobs(engine)
    names = Names({"spark": spark, "frame": frame}, Remote())
    assert names.columns("frame") == ("id", "unit price")
    assert names.kind("frame", "unit price") == "float"
    assert "seen_by_tab" in names.views()
    assert names.columns("seen_by_tab") == ("id", "unit price")
    assert names.columns("nowhere") == ()
    assert jobs(engine) == before
    spark.catalog.dropTempView("seen_by_tab")


def jobs(engine):
    """Return the Spark jobs so far; only a classic session tells."""
    if engine.name != "classic":
        return 0
    return len(engine.spark.sparkContext.statusTracker().getJobIdsForGroup(None))
