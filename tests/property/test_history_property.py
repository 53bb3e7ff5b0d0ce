"""Whatever the data and however bad the model: siblings come in order, typed, inside the window."""

import json

import numpy as np
import pandas as pd
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from synthohive_jupyter.relational.siblings.history import History
from synthohive_jupyter.relational.siblings.past import PREVIOUS

ORDERS = {
    "int": lambda i: i,
    "Int64": lambda i: pd.array(i, dtype="Int64"),
    "float": lambda i: i / 3,
    "decimals": lambda i: i / 10,
    "date": lambda i: i.astype("M8[D]").astype(object),
    "ns": lambda i: (i * 3600).astype("M8[s]").astype("M8[ns]"),
    # In New York, other than in Rome, there is every midnight, and once.
    "tz": lambda i: pd.DatetimeIndex(i.astype("M8[D]").astype("M8[us]"), tz="America/New_York"),
}
NULLABLE = ["Int64", "float", "decimals", "date", "ns", "tz"]


def ranks(column):
    """Rank values, nulls as NaN: pandas ranks the nulls of Int64 like numbers."""
    return np.where(column.isna(), np.nan, column.rank().to_numpy(dtype=float))


@st.composite
def tables(draw):
    kind = draw(st.sampled_from(sorted(ORDERS)))
    sizes = np.array(draw(st.lists(st.integers(0, 6), min_size=1, max_size=30)))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    family = np.repeat(np.arange(len(sizes)), sizes)
    ticks = rng.integers(-40, draw(st.sampled_from([-38, 40, 4000])), len(family))
    rows = pd.DataFrame({"at": pd.Series(ORDERS[kind](ticks))})
    rows["item"] = rng.choice(["pen", "car"], len(family))
    rows["club"] = family % 2
    if kind in NULLABLE and draw(st.booleans()):
        rows["at"] = rows["at"].mask(rng.random(len(rows)) < 0.3)
    order = np.lexsort((ranks(rows["at"]), family))
    return rows.iloc[order].reset_index(drop=True), family, sizes


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(tables(), st.lists(st.integers(0, 12), max_size=8), st.integers(0, 2**32))
def test_siblings_hold_together(table, sizes, seed):
    rows, family, _ = table
    sizes = np.array(sizes, dtype=np.int64)
    history = History.learn(rows, family, columns=list(rows), order_by="at", table="t")
    history = History.from_dict(json.loads(json.dumps(history.to_dict())))
    own, told = history.encode(rows, family)
    assert list(own) == list(history.modelled)
    assert len(told) == len(rows)
    rng = np.random.default_rng(seed)
    seen = []

    def careless(context, rank):
        seen.append(context)
        if not len(own):
            return own.reindex(range(len(context))).astype(rows[list(own)].dtypes)
        return own.iloc[rng.integers(0, len(own), len(context))].reset_index(drop=True)

    if not len(rows):  # a model of no rows draws none
        sizes = sizes * 0
    made = history.draw(sizes, pd.DataFrame(index=range(len(sizes))), careless, rng=rng)
    assert made.dtypes.equals(rows.dtypes)
    assert len(made) == sizes.sum()
    made_family = np.repeat(np.arange(len(sizes)), sizes)
    if history.ahead.timeline is not None and len(made):
        assert made["at"].isna().sum() <= len(made) * rows["at"].isna().any()
        order = np.lexsort((ranks(made["at"]), made_family))
        assert (order == np.arange(len(made))).all()
    for context in seen[:1]:
        assert list(context) == list(told)
        assert context[PREVIOUS + "item"].isna().all()


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(tables())
def test_the_window_holds_the_extremes_back(table):
    rows, family, _ = table
    history = History.learn(rows, family, columns=list(rows), order_by="at", table="t")
    line = history.ahead.timeline
    if line is None or len(np.unique(family[rows["at"].notna()])) < 10:
        return
    low, high = line.column(np.array(line.window))
    known = rows["at"].dropna()
    families = [pd.Series(family[known.index][known <= low]).nunique(),
                pd.Series(family[known.index][known >= high]).nunique()]  # fmt: skip
    assert min(families) >= 5
