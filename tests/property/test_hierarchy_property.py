"""Keys of a table to itself: whatever points to whom, nothing comes out that cannot be."""

import numpy as np
import pandas as pd
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from synthohive_jupyter.relational.hierarchy.kinship import FORESTS
from synthohive_jupyter.relational.hierarchy.levels import (
    climb,
    fitted,
    in_order,
    in_sizes,
    level_sizes,
    units,
    without_gaps,
)
from synthohive_jupyter.relational.hierarchy.link import SelfLink
from synthohive_jupyter.relational.keys.references import NULL

CHEAP = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
SEEDS = st.integers(0, 2**32)


@st.composite
def tables(draw):
    """A table of 1 to 60 rows with a key to itself of any shape, and families that fit or not."""
    rows = draw(st.integers(1, 60))
    at = np.arange(rows)
    kind = draw(st.sampled_from(["any", "forest", "chain", "star", "tops", "pairs", "itself"]))
    some = draw(arrays.arrays(np.int64, rows, elements=st.integers(NULL, rows - 1)))
    positions = {
        "any": some,
        "forest": np.minimum(some, at - 1),
        "chain": at - 1,
        "star": np.where(at > 0, 0, NULL),
        "tops": np.full(rows, NULL),
        "pairs": np.where(at ^ 1 < rows, at ^ 1, NULL),
        "itself": np.where(some == NULL, at, np.minimum(some, at)),
    }[kind]
    family = np.sort(draw(arrays.arrays(np.int64, rows, elements=st.integers(0, 3))))
    if draw(st.booleans()):  # parents of the same family only
        away = (positions != NULL) & (family[positions] != family)
        positions = np.where(away, NULL, positions)
    letters = draw(arrays.arrays(np.int64, rows, elements=st.integers(0, 2)))
    numbers = draw(arrays.arrays(np.int64, rows, elements=st.integers(0, 99)))
    return pd.DataFrame({"a": np.array(list("xyz"))[letters], "n": numbers}), positions, family


def again(table, scale, seed):
    """Learn a key, and place it on rows of the table drawn with replacement."""
    frame, positions, old = table
    link, told = SelfLink.learn("up", frame, positions, frame, old, table="t")
    rng = np.random.default_rng(seed)
    rows = max(int(len(frame) * scale), 1)
    order = np.sort(rng.integers(0, len(frame), rows))
    new = frame.iloc[order].reset_index(drop=True)
    shuffled = told.iloc[rng.permutation(order)].reset_index(drop=True)
    family = old[order]
    placed = link.place(shuffled, new, family, rng=rng)
    return link, placed, family


@CHEAP
@given(tables(), st.sampled_from([0.1, 0.5, 1, 3, 10]), SEEDS)
def test_whatever_is_learnt_a_placement_holds(table, scale, seed):
    _, positions, _ = table
    link, placed, family = again(table, scale, seed)
    found, at = placed.positions, np.arange(len(placed.positions))
    assert ((found >= NULL) & (found < len(found))).all()
    if not (positions == np.arange(len(positions))).any():
        assert (found != at).all()
    if (positions != NULL).all():
        assert ((found == NULL) == placed.lost).all()
    else:
        assert not placed.lost.any()
    linked = found != NULL
    if link.within:
        assert (family[found[linked]] == family[linked]).all()
    if link.shape == "replies":
        assert (found[linked] <= at[linked]).all()
    if link.shape == "pairs":
        others = linked & (found != at)
        assert (found[found[others]] == at[others]).all()


@CHEAP
@given(tables(), st.sampled_from([0.1, 1, 10]), SEEDS)
def test_without_circles_in_the_data_there_are_none(table, scale, seed):
    link, placed, _ = again(table, scale, seed)
    own = placed.positions == np.arange(len(placed.positions))
    up = np.where(own, NULL, placed.positions)
    if link.shape in FORESTS:
        depth, far = climb(up)
        assert (far == NULL).all()
        assert depth.max() < max(len(link.sizes), 1)
        assert not placed.lost.any()


@CHEAP
@given(tables(), SEEDS)
def test_the_same_seed_gives_the_same_parents(table, seed):
    first, second = (again(table, 1, seed)[1].positions for _ in range(2))
    assert (first == second).all()


@CHEAP
@given(tables(), SEEDS)
def test_rows_of_the_data_keep_their_depth(table, seed):
    """Their own link columns give a forest its levels again."""
    frame, positions, family = table
    link, told = SelfLink.learn("up", frame, positions, frame, family, table="t")
    if link.shape != "levels":
        return
    placed = link.place(told, frame, family, rng=np.random.default_rng(seed)).positions
    depths = [
        np.sort(climb(np.where(p == np.arange(len(p)), NULL, p))[0]) for p in (positions, placed)
    ]
    if (climb(np.where(positions == np.arange(len(positions)), NULL, positions))[1] == NULL).all():
        assert (depths[0] == depths[1]).all()


@given(st.lists(st.integers(1, 50), min_size=1, max_size=40), st.integers(1, 500))
@example([1] * 40, 3)
@example([1, 40], 1)
@example([1, 1, 1, 1, 2], 4)
def test_sizes_of_levels_leave_no_gap(real, rows):
    sizes = level_sizes(np.array(real), rows)
    assert sizes.sum() == rows
    assert (sizes > 0).all()
    assert len(sizes) <= len(real)


DEPTHS = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 9)), min_size=1, max_size=60)


@given(DEPTHS, SEEDS)
def test_levels_of_groups_have_no_gap(rows, seed):
    group, depth = np.array(sorted(rows)).T[0], np.array([d for _, d in sorted(rows)])
    ties = np.random.default_rng(seed).random(len(rows))
    for found in (without_gaps(depth, group, ties), in_order(depth, group)):
        assert (found <= depth).all()
        for number in np.unique(group):
            own = found[group == number]
            assert set(own) == set(range(own.max() + 1))
        unit, above = units(found, group)
        below = found > 0
        assert np.isin(above[below], unit).all()


@given(DEPTHS)
def test_in_order_each_row_follows_a_parent(rows):
    group, depth = np.array(sorted(rows)).T[0], np.array([d for _, d in rows])
    found = in_order(depth, group)
    for row in np.flatnonzero(found):
        assert (found[:row][group[:row] == group[row]] == found[row] - 1).any()


@given(st.lists(st.integers(0, 9), min_size=1, max_size=60), SEEDS)
def test_given_sizes_are_met_in_the_order_of_depths(depth, seed):
    depth = np.array(depth)
    sizes = level_sizes(np.bincount(depth)[np.bincount(depth) > 0], len(depth))
    found = in_sizes(depth, sizes, np.random.default_rng(seed).random(len(depth)))
    assert (np.bincount(found) == sizes).all()
    for level in range(found.max()):
        assert depth[found == level].max() <= depth[found == level + 1].min()


@given(
    st.lists(st.integers(0, 5), min_size=1, max_size=60),
    st.lists(st.integers(0, 40), min_size=6, max_size=6),
    st.lists(st.integers(0, 30), min_size=1, max_size=4),
    SEEDS,
)
def test_fan_outs_sum_to_what_is_asked(group, totals, values, seed):
    group, rng = np.array(group), np.random.default_rng(seed)
    asked = np.where(np.bincount(group, minlength=6) > 0, totals, 0)
    found = fitted(group, asked, lambda rows: rng.choice(values, len(rows)), rng)
    assert (found >= 0).all()
    assert (np.bincount(group, found, minlength=6) == asked).all()
