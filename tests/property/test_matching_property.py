"""Parents of further keys: what holds whatever the data."""

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from synthohive_jupyter.relational.keys.references import NULL
from synthohive_jupyter.relational.parents.link import ParentLink
from synthohive_jupyter.relational.parents.matching import NOBODY, Side, allot, anyone, match
from synthohive_jupyter.relational.parents.repeats import entities, number_repeats

small = settings(max_examples=25, deadline=None)
seeds = st.integers(0, 2**32)


def database(rng, *, parents, rows, families, groups, columns):
    """Return a parent table, and rows that point to it inside their groups."""
    frame = pd.DataFrame(
        {
            "kind": rng.choice(["a", "b", "c"], parents),
            "size": rng.integers(0, 50, parents),
            "when": pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.integers(0, 99, parents), "D"),
        }
    )[list(columns)]
    of_parent = rng.integers(0, groups, parents)
    family = np.sort(rng.integers(0, families, rows))
    of_row = rng.integers(0, groups, families)[family] if rows else np.zeros(0, np.int64)
    positions = np.full(rows, NULL)
    for group in range(groups):
        mine, theirs = np.flatnonzero(of_row == group), np.flatnonzero(of_parent == group)
        if len(theirs):
            positions[mine] = rng.choice(theirs, len(mine))
    return frame, of_parent, family, of_row, positions


shapes = st.fixed_dictionaries(
    {
        "parents": st.integers(1, 60),
        "rows": st.integers(0, 150),
        "families": st.integers(1, 40),
        "groups": st.integers(1, 4),
        "columns": st.sets(st.sampled_from(["kind", "size", "when"])),
    }
)


@small
@given(shapes, st.floats(0, 0.5), st.booleans(), st.booleans(), seeds)
def test_a_row_has_a_parent_whenever_one_is_allowed(shape, nulls, hard, adopt, seed):
    rng = np.random.default_rng(seed)
    frame, of_parent, family, of_row, positions = database(rng, **shape)
    positions[rng.random(len(positions)) < nulls] = NULL
    rows = pd.DataFrame({"x": rng.normal(size=len(positions))})
    must = (of_row, of_parent) if hard else None
    anchors = {} if hard else {"group": (of_row, of_parent)}
    link, told = ParentLink.learn(
        "k", frame, positions, rows, family, table="p", must=must, anchors=anchors
    )
    link = ParentLink.from_dict(link.to_dict())
    assert list(told) == list(link.constraints)
    again = [
        link.place(
            told,
            frame,
            family,
            rng=np.random.default_rng(seed),
            must=must,
            anchors=anchors,
            adopt=adopt,
        )
        for _ in range(2)
    ]
    found = again[0]
    np.testing.assert_array_equal(found.positions, again[1].positions)
    # The rows say what the real ones say, whose parents exist: nobody is lost, and no null moves.
    np.testing.assert_array_equal(found.positions == NULL, positions == NULL)
    assert not found.lost.any()
    if hard or link.ancestors.always:
        placed = positions != NULL
        assert (of_parent[found.positions[placed]] == of_row[placed]).all()
    if found.adopted is not None:
        assert set(found.adopted.columns) <= set(frame.columns)
        assert found.adopted.dtypes.equals(frame.dtypes[found.adopted.columns])


@small
@given(shapes, st.integers(1, 30), seeds)
def test_rows_of_a_set_have_different_parents(shape, sets, seed):
    rng = np.random.default_rng(seed)
    frame, of_parent, family, of_row, positions = database(rng, **shape)
    rows = pd.DataFrame(index=pd.RangeIndex(len(positions)))
    link, told = ParentLink.learn("k", frame, positions, rows, family, table="p")
    apart = rng.integers(0, sets, len(positions))
    found = link.place(told, frame, family, rng=rng, must=(of_row, of_parent), apart=apart)
    placed = found.positions != NULL
    pairs = pd.DataFrame({"set": apart[placed], "parent": found.positions[placed]})
    assert not pairs.duplicated().any()
    assert (of_parent[found.positions[placed]] == of_row[placed]).all()
    # A row is lost only where its set has every parent of its group already.
    for row in np.flatnonzero(found.lost):
        used = set(found.positions[(apart == apart[row]) & placed])
        assert set(np.flatnonzero(of_parent == of_row[row])) <= used


@small
@given(st.integers(0, 80), st.integers(1, 30), st.integers(1, 3), st.integers(0, 2), seeds)
def test_nobody_takes_more_than_it_offers(rows, parents, groups, columns, seed):
    rng = np.random.default_rng(seed)
    sides = [
        Side(
            rng.integers(-1, 9, (n, columns)).astype(np.int32),
            rng.integers(0, groups, n),
            number,
            np.ones(n),
        )
        for n, number in ((rows, np.ones(rows, np.int64)), (parents, rng.integers(0, 4, parents)))
    ]
    found = match(*sides, ordered=[True] * columns, rng=rng)
    placed = found != NOBODY
    assert (sides[1].group[found[placed]] == sides[0].group[placed]).all()
    taken = np.bincount(found[placed], minlength=parents)
    assert (taken <= sides[1].number).all()
    for group in range(groups):
        offered = sides[1].number[sides[1].group == group].sum()
        asked = int((sides[0].group == group).sum())
        assert placed[sides[0].group == group].sum() == min(asked, offered)


@small
@given(st.lists(st.tuples(st.integers(0, 3), st.floats(0, 50)), min_size=1, max_size=40), seeds)
def test_totals_are_exact_and_numbers_next_to_their_share(parents, seed):
    rng = np.random.default_rng(seed)
    group = np.array([g for g, _ in parents])
    wanted = np.array([w for _, w in parents])
    totals = rng.integers(0, 200, 4)
    given_ = allot(wanted, group, totals, rng=rng)
    for number in range(4):
        mine = group == number
        if not mine.any():
            continue
        assert given_[mine].sum() == totals[number]
        share = wanted[mine] if wanted[mine].sum() > 0 else np.ones(mine.sum())
        exact = share / share.sum() * totals[number]
        assert (np.abs(given_[mine] - exact) < 1 + 1e-6).all()


@small
@given(st.lists(st.integers(0, 5), max_size=30), st.lists(st.integers(0, 5), max_size=20), seeds)
def test_anyone_is_of_the_group(asked, group, seed):
    rng = np.random.default_rng(seed)
    asked, group = np.array(asked, dtype=np.int64), np.array(group, dtype=np.int64)
    found = anyone(asked, group, rng.random(len(group)).round(), rng=rng)
    for own, parent in zip(asked, found, strict=True):
        assert (parent == NOBODY) == (own not in group)
        assert parent == NOBODY or group[parent] == own


@small
@given(st.lists(st.tuples(st.integers(0, 4), st.integers(-1, 6)), max_size=60), seeds)
def test_repeats_give_the_entities_back(rows, seed):
    rows = sorted(rows, key=lambda row: row[0])
    family = np.array([f for f, _ in rows], dtype=np.int64)
    parent = np.array([p for _, p in rows], dtype=np.int64)
    numbers = np.where(parent < 0, -1, number_repeats(family, parent))
    found = entities(family, numbers, rng=np.random.default_rng(seed))
    linked = parent >= 0
    frame = pd.DataFrame({"family": family, "parent": parent, "entity": found})[linked]
    kinds = frame.drop_duplicates()
    assert kinds["entity"].is_unique
    assert not kinds.duplicated(["family", "parent"]).any()
    assert len(set(found[~linked])) == (~linked).sum()
