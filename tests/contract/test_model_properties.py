"""Whatever the table: a fit and a sample give its columns, its types, and nulls where it has some.

CTGAN is left to the examples of `test_model_data`: its fits take ten times as long.
"""

import datetime as dt
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from synthohive_jupyter.models.argn.model import ARGN
from synthohive_jupyter.models.tree.model import TreeSynth
from synthohive_jupyter.schema.metadata import Metadata
from tests.contract.cases import FAST

SMALL = settings(
    max_examples=40,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)

VALUES = {
    "int64": st.integers(-(2**63), 2**63 - 1),
    "int8": st.integers(-128, 127),
    "uint64": st.integers(0, 2**64 - 1),
    "Int64": st.integers(-100, 100),
    "float64": st.floats(allow_nan=False, allow_infinity=False),
    "float32": st.floats(width=32, allow_nan=False, allow_infinity=False),
    "bool": st.booleans(),
    "boolean": st.booleans(),
    "str": st.text(max_size=5).filter(lambda text: "\0" not in text),
    "level": st.sampled_from(["a", "b", "ç"]),
    "category": st.sampled_from(["x", "y", "z"]),
    "string": st.sampled_from(["p", "q"]),
    "datetime64[us]": st.datetimes(dt.datetime(1, 1, 2), dt.datetime(9999, 12, 30)),  # noqa: DTZ001
    "date": st.dates(),
    "Decimal": st.decimals(-(10**6), 10**6, places=2, allow_nan=False).map(Decimal),
}
OBJECTS = {"str", "level", "date", "Decimal"}
NULLABLE = OBJECTS | {
    "Int64",
    "float64",
    "float32",
    "boolean",
    "category",
    "string",
    "datetime64[us]",
}


@st.composite
def tables(draw, *, rows):
    """Draw a frame of so many rows and up to four columns of any types."""
    columns = {}
    for place in range(draw(st.integers(1, 4))):
        kind = draw(st.sampled_from(sorted(VALUES)))
        # A few values for all rows: atoms and levels are as likely as numbers of a wide range.
        pool = draw(st.lists(VALUES[kind], min_size=1, max_size=8))
        if kind in NULLABLE and draw(st.booleans()):
            pool = [*pool, None]
        chosen = draw(st.lists(st.sampled_from(pool), min_size=rows, max_size=rows))
        columns[f"{kind} {place}"] = pd.Series(chosen, dtype=object if kind in OBJECTS else kind)
    return pd.DataFrame(columns)


@st.composite
def problems(draw):
    """Draw a table, and a context of as many rows or none."""
    rows = draw(st.integers(1, 24))
    table = draw(tables(rows=rows))
    return table, draw(st.none() | tables(rows=rows))


@pytest.mark.parametrize("model_cls", [ARGN, TreeSynth], ids=lambda cls: cls.__name__)
@given(problem=problems())
@SMALL
def test_any_table_is_fitted_and_drawn(model_cls, problem):
    data, context = problem
    metadata = Metadata()
    metadata.add_table("users", pk=None)
    model = model_cls(metadata, **FAST[model_cls], epochs=1)
    model.fit(data, context, table_name="users")
    sample = model.sample(len(data), context, seed=1)
    assert list(sample.columns) == list(data.columns)
    assert [str(dtype) for dtype in sample.dtypes] == [str(dtype) for dtype in data.dtypes]
    assert sample.index.equals(pd.RangeIndex(len(data)))
    for name in data:
        missing = data[name].isna()
        if not missing.any() or missing.all():
            assert sample[name].isna().equals(missing)
        if sample[name].dtype.kind == "f":
            assert np.isfinite(sample[name].dropna()).all()
    assert model.sample(len(data), context, seed=1).equals(sample)
