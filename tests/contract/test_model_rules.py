"""What is declared between columns and of whole tables holds in the rows of every model."""

import numpy as np
import pandas as pd
import pytest

from synthohive_jupyter.errors import DataError
from synthohive_jupyter.models.base import BLOCK_ROWS
from synthohive_jupyter.schema.metadata import Metadata
from synthohive_jupyter.tabular.constraints import violations
from tests.contract.cases import FAST

RULES = {
    "constraints": {
        "badge": {"unique": True, "min": 1, "max": 2 * BLOCK_ROWS},
        "code": {"unique": True, "dtype": "text"},
        "level": {"values": ("low", "high", "never")},
        "price": {"min": 5, "max": 40},
    },
    "checks": [("cost", "price"), ("hired", "left")],
    "combinations": [("city", "country", "zone")],
}


@pytest.fixture(scope="module")
def staff():
    rng = np.random.default_rng(0)
    rows = 300
    at = rng.integers(0, 4, rows)
    hired = np.datetime64("2020-01-01") + rng.integers(0, 900, rows)
    left = hired + rng.integers(0, 400, rows)
    cost = rng.lognormal(2, 0.5, rows).round(2)
    return pd.DataFrame(
        {
            "badge": rng.permutation(rows) + 1,
            "city": np.array(["Rome", "Milan", "Bonn", "Lisbon"])[at],
            "left": pd.Series(left.astype("M8[us]")).mask(rng.random(rows) < 0.2),
            "level": rng.choice(["low", "high", "odd"], rows, p=[0.5, 0.4, 0.1]),
            "country": np.array(["IT", "IT", "DE", None], dtype=object)[at],
            "price": (cost * rng.uniform(1, 3, rows)).round(2),
            "cost": cost,
            "zone": np.array([1, 2, 3, 3])[at],
            "hired": pd.Series(hired.astype(object)),
            "code": [f"E-{n:05d}" for n in rng.permutation(99_999)[:rows]],
        }
    )


@pytest.fixture(scope="module", params=list(FAST), ids=lambda model: model.__name__)
def model(request, staff):
    metadata = Metadata()
    metadata.add_table("staff", pk=None, **RULES)
    metadata.validate_schema({"staff": staff})
    return request.param(metadata, epochs=2, **FAST[request.param]).fit(staff, table_name="staff")


def test_every_rule_holds_over_the_blocks_of_a_table(model, staff):
    rows = 2 * BLOCK_ROWS
    sample = model.sample(rows, seed=3)
    assert len(sample) == rows
    assert sample.dtypes.to_dict() == staff.dtypes.to_dict()
    table = model.metadata.tables["staff"]
    assert violations(sample, table.constraints, table.checks) == []
    # The range holds exactly as many badges as there are rows.
    assert sorted(sample["badge"]) == list(range(1, rows + 1))
    assert sample["code"].is_unique
    assert sample["code"].str.fullmatch(r"E-\d{5}").all()
    assert set(sample["level"]) == {"low", "high"}
    group = ["city", "country", "zone"]
    known, drawn = (
        set(f[group].fillna("").itertuples(index=False, name=None)) for f in (staff, sample)
    )
    assert drawn <= known
    assert model.sample(rows, seed=3).equals(sample)


def test_a_unique_column_that_is_too_small_is_an_error(model):
    with pytest.raises(DataError, match=rf"staff\.badge.*{2 * BLOCK_ROWS:,} different .* {9000:,}"):
        model.sample(9000)


def test_rules_survive_a_save(model, tmp_path):
    model.save(tmp_path / "m")
    again = type(model).load(tmp_path / "m")
    assert again.sample(200, seed=1).equals(model.sample(200, seed=1))
    assert again.metadata.tables["staff"].combinations == (("city", "country", "zone"),)
