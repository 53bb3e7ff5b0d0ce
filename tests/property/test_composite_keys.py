"""Keys of any columns: tuples match as a whole, and what refers is found again."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from synthohive_jupyter.errors import DataError
from synthohive_jupyter.io.lookup import locate
from synthohive_jupyter.relational.keys.references import (
    NULL,
    KeyFormat,
    check_foreign_key,
    check_primary_key,
    merge_columns,
    number_within,
    refer,
)

COLUMN_KINDS = (
    "int64",
    "Int64",
    "int8",
    "float64",
    "object",
    "string",
    "category",
    "datetime64[ns]",
    "date",
    "bool",
)
columns_of_keys = st.lists(st.sampled_from(COLUMN_KINDS), min_size=1, max_size=3)


def column(kind, codes):
    """Return values of a type that are equal where codes are; -1 is null."""
    codes = np.asarray(codes, dtype=np.int64)
    null = pd.Series(codes < 0)
    if kind in {"object", "string", "category"}:
        return pd.Series([f"v{code}" for code in codes], dtype=object).mask(null).astype(kind)
    days = pd.Series(np.datetime64("2024-01-01") + codes.astype("timedelta64[D]"))
    if kind == "datetime64[ns]":
        return days.astype(kind).mask(null)
    if kind == "date":
        return days.dt.date.where(~null, None)
    if kind == "bool":
        return pd.Series(codes % 2 == 0).astype("boolean").mask(null)
    whole = pd.Series(codes).astype("Int64").mask(null)
    return whole.astype("float64") if null.any() or kind == "float64" else whole.astype(kind)


@st.composite
def tables(draw, kinds, *, lowest=-1, fewest=0):
    """Draw codes of some rows, and the frame that holds them; -1 is null."""
    rows = st.tuples(*[st.integers(lowest, 2) for _ in kinds])
    codes = draw(st.lists(rows, min_size=fewest, max_size=12))
    values = {f"c{i}": column(kind, [row[i] for row in codes]) for i, kind in enumerate(kinds)}
    return codes, pd.DataFrame(values)


def raises(check, *arguments, **options):
    """Return whether a check fails."""
    try:
        check(*arguments, table="t", **options)
    except DataError:
        return True
    return False


@settings(deadline=None, max_examples=100)
@given(st.data(), columns_of_keys)
def test_rows_find_the_first_parent_with_their_key(data, kinds):
    """Whole tuples match, a null matches nothing, types do not matter."""
    own, child = data.draw(tables(kinds))
    other, parent = data.draw(tables(kinds))

    def key(row):
        """Return what a row holds; two codes are one truth value."""
        return tuple(c % 2 if k == "bool" else c for c, k in zip(row, kinds, strict=True))

    null = [min(row, default=0) < 0 for row in own]
    known = [None if min(row) < 0 else key(row) for row in other]
    keys = [key(row) for row in own]
    expected = [
        known.index(k) if k in known and not gap else -1 for k, gap in zip(keys, null, strict=True)
    ]
    names = list(child.columns)
    assert locate(child, names, parent, names).tolist() == expected
    lost = [place < 0 for place in expected]
    orphans = [a and not b for a, b in zip(lost, null, strict=True)]
    assert raises(check_foreign_key, child, parent, nullable=False) == any(lost)
    assert raises(check_foreign_key, child, parent, nullable=True) == any(orphans)
    twice = len(set(keys)) < len(keys)
    assert raises(check_primary_key, child, names) == (any(null) or twice)


@settings(deadline=None, max_examples=100)
@given(st.data(), columns_of_keys)
def test_what_refers_is_found_again(data, kinds):
    codes, parent = data.draw(tables(kinds, lowest=0, fewest=1))
    nullable = data.draw(st.booleans())
    positions = np.array(
        data.draw(st.lists(st.integers(NULL if nullable else 0, len(codes) - 1), max_size=15)),
        dtype=np.int64,
    )
    formats = [KeyFormat.of(parent[name]) for name in parent]
    made = refer(formats, parent, positions, nullable=nullable)
    frame = pd.DataFrame(dict(zip(parent.columns, made, strict=True)))
    check_foreign_key(frame, parent, table="t", nullable=nullable)
    names = list(parent.columns)
    found = locate(frame, names, parent, names)
    assert (found < 0).tolist() == (positions < 0).tolist()
    linked = positions >= 0
    first = locate(parent, names, parent, names)
    assert found[linked].tolist() == first[positions[linked]].tolist()
    # Another key with the same columns, known where this one is not, fills the gaps.
    rest = refer(formats, parent, np.where(positions < 0, 0, positions), nullable=False)
    merged = merge_columns([(names, made), (names, rest)], table="t")
    check_foreign_key(pd.DataFrame(merged), parent, table="t", nullable=False)


@given(st.lists(st.tuples(st.integers(0, 2), st.sampled_from("ab")), max_size=20))
def test_rows_are_numbered_within_their_group(rows):
    seen: dict = {}
    expected = []
    for row in rows:
        expected.append(seen.get(row, 0))
        seen[row] = expected[-1] + 1
    numbers = np.array([row[0] for row in rows], dtype=np.int64)
    letters = np.array([row[1] for row in rows], dtype=object)
    assert number_within(numbers, letters).tolist() == expected
    assert number_within(letters, numbers).tolist() == expected


days = st.lists(st.integers(-20_000, 40_000), min_size=1, max_size=30)


@settings(deadline=None)
@given(
    days,
    st.sampled_from([1, 60, 3_600, 86_400, 86_399]),
    st.sampled_from(["datetime64[ns]", "datetime64[us]", "datetime64[s]", "object"]),
    st.integers(1, 300),
)
def test_keys_of_any_times_are_unique_and_of_their_type(days, seconds, dtype, rows):
    start = dt.datetime(1970, 1, 1, tzinfo=dt.UTC).replace(tzinfo=None)
    moments = [start + dt.timedelta(seconds=day * seconds) for day in days]
    values = pd.Series(moments, dtype=object).astype(dtype)
    form = KeyFormat.fit(values.rename("at"), table="t")
    # Few values far from each other have long steps: count no further than a hundred years.
    span = (max(days) - min(days) + 1) * seconds
    rows = min(rows, 1 + 100 * 365 * 86_400 // span)
    made = form.numbers(np.arange(rows), seed=0)
    assert made.dtype == values.dtype
    assert made.nunique() == rows
    assert made.notna().all()
