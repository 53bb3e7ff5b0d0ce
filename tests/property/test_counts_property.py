"""Numbers of children: whatever was learnt, bounds hold and totals are exact or refused."""

import json

import numpy as np
import pandas as pd
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from synthohive_jupyter.errors import DataError
from synthohive_jupyter.relational.counts.laws import CountLaw
from synthohive_jupyter.relational.counts.linkage import LinkageModel

METHODS = st.sampled_from(["empirical", "negbinom", "conditional"])
COUNTS = st.lists(st.integers(0, 60), min_size=1, max_size=60)
BOUNDS = st.one_of(
    st.tuples(st.integers(0, 70), st.none()),
    st.tuples(st.integers(0, 40), st.integers(0, 40)).map(lambda pair: tuple(sorted(pair))),
)


def frame(n):
    places = np.arange(n)
    return pd.DataFrame({"kind": (places % 3).astype(str), "size": places * 0.5, "empty": None})


@settings(deadline=None, max_examples=60)
@given(COUNTS, METHODS, BOUNDS, st.integers(0, 80), st.floats(0, 1), st.booleans())
def test_bounds_and_totals(counts, method, bounds, n, place, reload):
    model = LinkageModel(method).fit_counts(np.array(counts), frame(len(counts)), bounds=bounds)
    if reload:
        model = LinkageModel.from_dict(json.loads(json.dumps(model.to_dict(), allow_nan=False)))
    least, most = bounds
    free = model.sample_counts(frame(n), rng=np.random.default_rng(n))
    assert free.shape == (n,)
    assert free.dtype == np.int64
    total = round(place * n * (70 if most is None else most))
    try:
        exact = model.sample_counts(frame(n), rng=np.random.default_rng(n), total=total)
    except DataError:
        inside = [c for c in counts if least <= c <= (most if most is not None else 10**9)]
        low, high = (min(inside), max(inside)) if inside else (0, 0)
        # Refused only where the least or the most that was learnt of each is not enough.
        assert not (inside and n * low <= total <= n * high)
    else:
        assert exact.sum() == total
        free = np.append(free, exact)
    assert (free >= least).all()
    assert most is None or (free <= most).all()


@settings(deadline=None)
@given(st.dictionaries(st.integers(0, 400), st.integers(1, 9), min_size=1, max_size=12),
       st.floats(0, 1), st.integers(1, 200), st.integers(0, 99))  # fmt: skip
def test_every_total_between_the_ends_is_met(histogram, place, n, seed):
    values = np.array(sorted(histogram))
    law = CountLaw.of(values, np.array([histogram[v] for v in values.tolist()]))
    total = round(n * (values[0] + place * (values[-1] - values[0])))
    counts = law.exactly(np.random.default_rng(seed).random(n), total)
    assert counts.sum() == total
    assert (counts >= values[0]).all()
    assert (counts <= values[-1]).all()
    # At most one parent stands between two counts that were learnt.
    assert (~np.isin(counts, values)).sum() <= 1


@settings(deadline=None, max_examples=15)
@given(st.integers(0, 10_000), st.integers(30, 400), st.integers(1, 5))
def test_forests_draw_what_the_histogram_has(seed, n, levels):
    rng = np.random.default_rng(seed)
    level = rng.integers(0, levels, n)
    parents = pd.DataFrame({"level": level.astype(str), "x": rng.normal(size=n)})
    counts = rng.poisson(1 + 2 * level)
    model = LinkageModel("conditional").fit_counts(counts, parents)
    assume(model.fitted_as == "conditional")
    drawn = model.sample_counts(parents, rng=rng)
    assert set(drawn) <= set(counts)
    loaded = LinkageModel.from_dict(json.loads(json.dumps(model.to_dict(), allow_nan=False)))
    again = [m.sample_counts(parents, rng=np.random.default_rng(seed)) for m in (model, loaded)]
    assert (again[0] == again[1]).all()
