"""Keys to kept tables: they exist and differ whatever a model draws."""

import numpy as np
import pandas as pd
import pytest

from synthohive_jupyter.engine.keeping import existing_keys, made_distinct
from synthohive_jupyter.schema.tables import ForeignKey

KEPT = pd.DataFrame({"a": [1, 1, 2], "b": ["x", "y", "x"]})
KEY = ForeignKey(("own_a", "own_b"), "kept", ("a", "b"))


def drawn(a, b):
    return pd.DataFrame({"own_a": a, "own_b": b, "other": range(len(a))})


def test_a_key_that_nobody_has_becomes_one_that_exists():
    rows = drawn([1, 2, 2], ["y", "y", "x"])
    changed, none = existing_keys(rows, KEY, KEPT, set(), np.random.default_rng(0))
    assert not none.any()
    pairs = set(zip(KEPT["a"], KEPT["b"], strict=True))
    assert set(zip(changed["own_a"], changed["own_b"], strict=True)) <= pairs
    pd.testing.assert_frame_equal(changed.iloc[[0, 2]], rows.iloc[[0, 2]])
    assert changed.dtypes.tolist() == rows.dtypes.tolist()


def test_what_another_key_has_decided_stays():
    rows = drawn([2, 2, 3], ["y", "y", "x"])
    changed, none = existing_keys(rows, KEY, KEPT, {"own_a"}, np.random.default_rng(0))
    assert changed["own_a"].tolist() == [2, 2, 3]
    assert changed["own_b"].tolist()[:2] == ["x", "x"]
    # Nothing that exists has a three.
    assert none.tolist() == [False, False, True]
    assert changed["own_b"].isna().tolist() == [False, False, True]


def test_a_key_with_a_null_points_to_nobody_and_stays():
    rows = drawn(pd.array([None, 1], dtype="Int64"), ["q", "x"])
    changed, none = existing_keys(rows, KEY, KEPT, set(), np.random.default_rng(0))
    assert not none.any()
    pd.testing.assert_frame_equal(changed, rows)


@pytest.mark.parametrize("seed", range(5))
def test_rows_of_a_group_differ_as_long_as_there_are_values(seed):
    rng = np.random.default_rng(seed)
    group, values = rng.integers(0, 9, 60), rng.integers(-1, 6, 60)
    found = made_distinct(values, group, 6, np.random.default_rng(1))
    for number in np.unique(group):
        mine = found[group == number]
        there = mine[mine >= 0]
        assert len(np.unique(there)) == len(there) == min(len(mine), 6)
    kept = found == values
    first = ~pd.DataFrame({"g": group, "v": values}).duplicated().to_numpy() & (values >= 0)
    assert kept[first].all()
