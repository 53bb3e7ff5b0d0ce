"""Where what is declared ends: it can be left out, and it does not bind a context."""

import numpy as np
import pandas as pd

from synthohive_jupyter.schema.metadata import Metadata
from tests.contract.cases import FAST

ROWS = 240


def test_constraints_can_be_left_out(model_cls):
    metadata = Metadata()
    metadata.add_table("trips", pk=None, constraints={"ticket": {"unique": True}})
    data = pd.DataFrame({"ticket": np.arange(ROWS) * 3, "class": ["a", "b", None] * (ROWS // 3)})
    model = model_cls(metadata, **FAST[model_cls], epochs=1).fit(data, table_name="trips")
    assert model.sample(2000, seed=1)["ticket"].is_unique
    # 240 tickets in the data, and nothing that tells a model that each is there once.
    assert not model.sample(2000, seed=1, enforce_constraints=False)["ticket"].is_unique


def test_a_bound_that_no_row_meets_still_holds(model_cls):
    metadata = Metadata()
    metadata.add_table("trips", pk=None, constraints={"fare": {"min": 10, "max": 12}})
    data = pd.DataFrame({"fare": np.linspace(50, 90, 60), "b": ["x", "y"] * 30})
    model = model_cls(metadata, **FAST[model_cls], epochs=1).fit(data, table_name="trips")
    assert model.sample(100)["fare"].between(10, 12).all()


def test_a_context_does_not_have_to_meet_what_is_declared_of_the_rows(model_cls):
    metadata = Metadata()
    metadata.add_table("trips", pk=None, constraints={"fare": {"max": 1}}, checks=[("low", "high")])
    context = pd.DataFrame({"fare": np.arange(ROWS), "low": range(ROWS), "high": 7})
    data = pd.DataFrame({"city": ["Rome", "Bonn"] * (ROWS // 2)})
    model = model_cls(metadata, **FAST[model_cls], epochs=1).fit(data, context, table_name="trips")
    assert len(model.sample(ROWS, context[::-1], seed=1)) == ROWS
