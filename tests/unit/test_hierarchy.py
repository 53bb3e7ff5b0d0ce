"""Keys of a table to itself: known hierarchies come back, whatever their shape."""

import json

import numpy as np
import pandas as pd
import pytest

from synthohive_jupyter.errors import ModelFileError
from synthohive_jupyter.models.tree.model import TreeSynth
from synthohive_jupyter.relational.ancestry import ANY
from synthohive_jupyter.relational.hierarchy.levels import climb
from synthohive_jupyter.relational.hierarchy.link import SelfLink
from synthohive_jupyter.relational.keys.references import NULL
from synthohive_jupyter.schema.metadata import Metadata

TITLES = ["boss", "director", "manager", "lead", "clerk"]


def closeness(real, drawn):
    """One minus the Kolmogorov-Smirnov distance of two samples."""
    values = np.union1d(real, drawn)
    below = [np.searchsorted(np.sort(x), values, side="right") / len(x) for x in (real, drawn)]
    return 1 - np.abs(below[0] - below[1]).max()


def depths(positions):
    """Depth of each row; fails where there is a circle longer than one."""
    itself = positions == np.arange(len(positions))
    depth, far = climb(np.where(itself, NULL, positions))
    assert (far == NULL).all()
    return depth


def fan_outs(positions):
    return np.bincount(positions[positions != NULL], minlength=len(positions))


def learnt(frame, positions, family=None, **more):
    """Learn a key and give it back from its saved form."""
    family = np.arange(len(frame)) if family is None else family
    link, told = SelfLink.learn("up", frame, positions, frame, family, table="t", **more)
    return SelfLink.from_dict(json.loads(json.dumps(link.to_dict()))), told


def row_model(frame, told, link):
    metadata = Metadata()
    metadata.add_table("t", pk=None, constraints=link.constraints)
    model = TreeSynth(metadata)
    return model.fit(pd.concat([frame, told], axis=1), table_name="t", seed=0)


def drawn(frame, positions, rows=None, seed=1):
    """Learn rows and their key; return new rows with their parents, placed."""
    link, told = learnt(frame, positions)
    rows = len(frame) if rows is None else rows
    sample = row_model(frame, told, link).sample(rows, seed=seed)
    new = sample[list(frame.columns)]
    placed = link.place(sample, new, np.arange(rows), rng=np.random.default_rng(seed))
    assert not placed.lost.any()
    return link, new, placed.positions


def agreement(frame, positions, parent, child):
    """Share of each pair of parent's and child's value among all that have a parent."""
    rows = np.flatnonzero(positions != NULL)
    above, below = frame[parent].to_numpy()[positions[rows]], frame[child].to_numpy()[rows]
    return pd.crosstab(above, below, normalize=True)


def gap_closed(frame, positions, new, placed, parent, child):
    """Share of the distance between random links and real ones that is closed."""
    real = agreement(frame, positions, parent, child)
    own = agreement(new, placed, parent, child)
    rows = placed != NULL
    shuffled = placed.copy()
    shuffled[rows] = np.random.default_rng(0).integers(0, len(new), rows.sum())
    chance = agreement(new, shuffled, parent, child)
    far = [x.sub(real, fill_value=0).abs().to_numpy().sum() for x in (own, chance)]
    return 1 - far[0] / far[1]


def staff(rows, seed, tops=8):
    """People with a title by level; who has a boss is mostly of the same department."""
    rng = np.random.default_rng(seed)
    reports = {"eng": 7, "sales": 4, "ops": 6}
    above, depth, unit, pay, at = [NULL] * tops, [0] * tops, ["eng"] * tops, [200.0] * tops, 0
    while len(above) < rows and at < len(above):
        leads = depth[at] < 3 or (depth[at] < 4 and rng.random() < 0.3)
        for _ in range(rng.poisson(reports[unit[at]]) * leads):
            above.append(at)
            depth.append(depth[at] + 1)
            keeps = rng.random() < 0.85
            unit.append(unit[at] if keeps else str(rng.choice(list(reports))))
            pay.append(round(pay[at] * 0.6 + rng.normal(20, 3) + 8 * (unit[-1] == "eng"), 1))
        at += 1
    frame = pd.DataFrame(
        {
            "title": [TITLES[min(d, 4)] for d in depth],
            "unit": unit,
            "pay": pay,
            "remote": rng.random(len(above)) < 0.3,
        }
    )
    return frame[:rows], np.array(above)[:rows]


STAFF = staff(4000, 0)


@pytest.fixture(scope="module")
def firm():
    return drawn(*STAFF)


def test_a_firm_comes_back(firm):
    frame, positions = STAFF
    link, new, placed = firm
    assert link.shape == "levels"
    assert closeness(depths(positions), depths(placed)) >= 0.995  # levels have exact sizes
    assert closeness(fan_outs(positions), fan_outs(placed)) >= 0.98
    assert set(link.shown[:2]) == {"unit", "pay"}
    assert gap_closed(frame, positions, new, placed, "unit", "unit") >= 0.93
    assert gap_closed(frame, positions, new, placed, "title", "title") >= 0.93


def test_depth_and_fan_out_depend_on_the_row(firm):
    frame, positions = STAFF
    _, new, placed = firm
    for title in TITLES[2:]:
        real, own = (
            depths(p)[(f["title"] == title).to_numpy()].mean()
            for f, p in ((frame, positions), (new, placed))
        )
        assert own == pytest.approx(real, abs=0.1)
    for unit, leads in (("eng", 7), ("sales", 4)):
        mine = ((new["unit"] == unit) & (new["title"] == "manager")).to_numpy()
        # Poisson, some ten managers a unit: five standard errors.
        assert fan_outs(placed)[mine].mean() == pytest.approx(
            leads, abs=5 * (leads / mine.sum()) ** 0.5
        )


@pytest.mark.parametrize("scale", [0.1, 10])
def test_a_firm_of_another_size_has_the_same_shape(scale):
    frame, positions = STAFF[0][:1000], STAFF[1][:1000]
    _, _, placed = drawn(frame, positions, rows=int(1000 * scale))
    assert closeness(depths(positions), depths(placed)) >= 0.97
    assert closeness(fan_outs(positions), fan_outs(placed)) >= 0.97
    assert (placed == NULL).sum() == round(8 * scale)


def test_a_long_chain_stays_a_chain():
    rows = 10_000
    frame = pd.DataFrame({"kind": np.tile(["a", "b", "c", "b"], rows // 4)})
    link, _, placed = drawn(frame, np.arange(rows) - 1)
    assert sorted(depths(placed)) == list(range(rows))
    assert len(json.dumps(link.to_dict())) < 20_000  # no level by level list


def test_comments_answer_earlier_comments_of_their_post():
    rng = np.random.default_rng(0)
    sizes = 1 + rng.geometric(0.15, 400)
    post = np.repeat(np.arange(400), sizes)
    start = np.repeat(np.cumsum(sizes) - sizes, sizes)
    at = np.arange(len(post))
    back = np.minimum(rng.geometric(0.4, len(post)), at - start)
    positions = np.where((at > start) & (rng.random(len(post)) < 0.8), at - back, NULL)
    frame = pd.DataFrame({"likes": rng.poisson(3, len(post))})
    link, told = learnt(frame, positions, post)
    assert (link.shape, link.within, link.alone) == ("replies", True, False)
    order = np.concatenate([np.flatnonzero(post == p) for p in rng.permutation(400)])
    again = link.place(told.iloc[order], frame.iloc[order], post[order], rng=rng).positions
    rows = np.flatnonzero(again != NULL)
    assert (again[rows] < rows).all()
    assert (post[order][again[rows]] == post[order][rows]).all()
    assert closeness(depths(positions), depths(again)) >= 0.97
    assert closeness(fan_outs(positions), fan_outs(again)) >= 0.97
    steps = [(np.arange(len(p)) - p)[p != NULL] for p in (positions, again)]
    assert closeness(*steps) >= 0.85  # depth comes first, how long ago follows


@pytest.mark.parametrize("recent", [False, True])
def test_long_families_answer_as_far_back_as_in_the_data(recent):
    rng = np.random.default_rng(0)
    rows = 3000
    at = np.arange(rows)
    back = rng.geometric(0.1, rows) if recent else 1 + rng.integers(0, np.maximum(at, 1))
    positions = np.where(at > 0, np.maximum(at - back, 0), NULL)
    family = np.zeros(rows, dtype=np.int64)
    frame = pd.DataFrame({"likes": rng.poisson(3, rows)})
    link, told = learnt(frame, positions, family)
    placed = link.place(told, frame, family, rng=rng).positions
    assert (placed < at).all()
    assert closeness(depths(positions), depths(placed)) >= 0.97
    assert closeness(fan_outs(positions), fan_outs(placed)) >= 0.97
    steps = [np.median(at[1:] - p[1:]) for p in (positions, placed)]
    assert steps[1] == pytest.approx(steps[0], rel=0.5)  # some 7 rows back, or some 900


def test_no_reply_is_deeper_than_in_the_data():
    rng = np.random.default_rng(0)
    post = np.repeat(np.arange(300), 8)
    mood = rng.choice(["ok", "angry"], len(post))
    start = np.arange(len(post)) // 8 * 8
    first = start + rng.integers(0, 2, len(post))
    positions = np.where(np.arange(len(post)) - start > 1, first, NULL)
    frame = pd.DataFrame({"mood": mood, "seen": mood[first]})
    link, told = learnt(frame, positions, post)
    shuffled = told.iloc[rng.permutation(len(told))].reset_index(drop=True)
    placed = link.place(shuffled, frame, post, rng=rng).positions
    assert depths(placed).max() == 1


def test_spouses_are_mutual_of_the_other_sex_and_of_like_age():
    rng = np.random.default_rng(0)
    n = 4000
    sex, age = np.repeat(["f", "m"], n // 2), rng.integers(18, 90, n)
    wed = [
        half[np.argsort(age[half] + rng.normal(0, 3, n // 2))] for half in np.split(np.arange(n), 2)
    ]
    keep = rng.random(n // 2) < 0.6
    positions = np.full(n, NULL)
    positions[wed[0][keep]], positions[wed[1][keep]] = wed[1][keep], wed[0][keep]
    frame = pd.DataFrame({"sex": sex, "age": age, "noise": rng.normal(size=n)})
    link, new, placed = drawn(frame, positions)
    assert (link.shape, link.shown) == ("pairs", ("sex", "age"))
    rows = np.flatnonzero(placed != NULL)
    assert (placed[placed[rows]] == rows).all()
    assert (new["sex"].to_numpy()[placed[rows]] != new["sex"].to_numpy()[rows]).all()
    assert len(rows) / n == pytest.approx(0.6, abs=0.05)
    likeness = np.corrcoef(new["age"].to_numpy()[placed[rows]], new["age"].to_numpy()[rows])[0, 1]
    assert likeness > 0.9


def test_father_and_mother_are_two_keys():
    rng = np.random.default_rng(0)
    n = 3000
    sex, age = rng.choice(["f", "m"], n), np.sort(rng.integers(0, 100, n))[::-1]
    frame = pd.DataFrame({"sex": sex, "age": age})
    keys = {}
    for key, kind in (("father", "m"), ("mother", "f")):
        could = np.flatnonzero(sex == kind)
        position = np.array([rng.choice(could[(age[could] > a + 20)][-200:]) if (age[could] > a + 20).any() else NULL for a in age])  # fmt: skip
        keys[key] = SelfLink.learn(key, frame, position, frame, np.arange(n), table="people")
    told = [told for _, told in keys.values()]
    assert not set(told[0].columns) & set(told[1].columns)
    rng = np.random.default_rng(1)
    for (link, told), kind in zip(keys.values(), "mf", strict=True):
        placed = link.place(told, frame, np.arange(n), rng=rng).positions
        depths(placed)
        parents = placed[placed != NULL]
        assert (frame["sex"].to_numpy()[parents] == kind).mean() > 0.98
        older = frame["age"].to_numpy()[parents] - frame["age"].to_numpy()[placed != NULL]
        assert (older > 10).mean() > 0.95


@pytest.mark.parametrize("also_nobody", [False, True])
def test_rows_that_refer_to_themselves_do_so(also_nobody):
    frame, positions = STAFF[0][:600], STAFF[1][:600].copy()
    tops = np.arange(0, 600, 3)
    positions[tops] = tops
    positions[positions == NULL] = np.flatnonzero(positions == NULL)
    if also_nobody:
        positions[tops[::2]] = NULL
    _, _, placed = drawn(frame, positions)
    depths(placed)
    own = placed == np.arange(len(placed))
    real = positions == np.arange(600)
    assert own.mean() == pytest.approx(real.mean(), abs=0.06)
    assert (placed == NULL).any() == also_nobody


def test_a_few_circles_are_slips():
    frame, positions = STAFF[0][:600], STAFF[1][:600].copy()
    positions[[598, 599]] = 599, 598
    link, _, placed = drawn(frame, positions)
    assert link.shape == "levels"
    depths(placed)


def test_free_links_have_the_degrees_of_the_data():
    rng = np.random.default_rng(0)
    n = 2000
    club = rng.choice(list("abcd"), n)
    positions = np.empty(n, dtype=np.int64)
    for name in "abcd":
        own = np.flatnonzero(club == name)
        popular = own[: len(own) // 3]
        positions[own] = rng.choice(popular, len(own))
    positions[positions == np.arange(n)] = (positions[positions == np.arange(n)] + 4) % n
    frame = pd.DataFrame({"club": club})
    link, new, placed = drawn(frame, positions)
    assert link.shape == "free"
    assert (placed != np.arange(n)).all()
    assert closeness(fan_outs(positions), fan_outs(placed)) >= 0.97
    same = new["club"].to_numpy()[placed] == new["club"].to_numpy()
    assert same.mean() > 0.97


def test_a_free_link_places_no_rows():
    positions = (np.arange(40) + np.arange(40) % 3 + 1) % 40
    frame = pd.DataFrame({"n": np.arange(40)})
    link, told = learnt(frame, positions)
    assert link.shape == "free"
    placed = link.place(told[:0], frame[:0], np.arange(0), rng=np.random.default_rng(0))
    assert len(placed.positions) == len(placed.lost) == 0


def test_few_rows_of_a_deep_hierarchy_have_a_top():
    parents = [13, -1, 8, 15, 8, 12, 5, 1, 9, 1, 3, 0, 9, 9, 0, 11, 8]
    nothing = pd.DataFrame(index=pd.RangeIndex(len(parents)))
    link, told = learnt(nothing, np.array(parents))
    few = pd.DataFrame({told.columns[0]: [4, 7, 2, 3]})
    placed = link.place(few, nothing[:4], np.arange(4), rng=np.random.default_rng(0))
    depths(placed.positions)
    assert (placed.positions == NULL).any()
    assert (placed.positions != np.arange(4)).all()


def test_parents_are_of_their_group():
    frame, positions = staff(300, 1, tops=1)
    firms = 8
    frame = pd.concat([frame] * firms, ignore_index=True)
    tenant = np.repeat(np.arange(firms), len(positions))
    shift = tenant * len(positions)
    above = np.tile(positions, firms)
    above = np.where(above == NULL, NULL, above + shift)
    link, told = learnt(frame, above, must=(tenant, tenant))
    assert link.alone
    rng = np.random.default_rng(0)
    other = rng.permutation(tenant)
    placed = link.place(told, frame, np.arange(len(frame)), rng=rng, must=(other, other)).positions
    rows = np.flatnonzero(placed != NULL)
    assert (other[placed[rows]] == other[rows]).all()
    assert (np.bincount(other[placed == NULL]) == 1).all()
    depths(placed)


def test_who_must_point_to_another_group_points_to_nobody():
    frame, positions = STAFF[0][:200], STAFF[1][:200]
    link, told = learnt(frame, positions)
    own = np.zeros(200, dtype=np.int64)
    asked = np.where(np.arange(200) < 50, ANY, np.where(np.arange(200) < 100, 1, own))
    rng = np.random.default_rng(0)
    placed = link.place(told, frame, np.arange(200), rng=rng, must=(asked, own))
    linked = placed.positions != NULL
    assert not linked[50:100].any()
    assert linked[:50].any()
    assert (np.flatnonzero(placed.lost) >= 50).all()
    assert (np.flatnonzero(placed.lost) < 100).all()


def test_rows_share_ancestors_with_their_parents_as_often_as_in_the_data():
    frame, positions = STAFF
    rng = np.random.default_rng(0)
    site = rng.integers(0, 40, len(frame))
    for row in np.flatnonzero(positions != NULL):
        if rng.random() < 0.7:
            site[row] = site[positions[row]]
    anchors = {"sites": (site, site)}
    link, told = learnt(frame, positions, anchors=anchors)
    assert link.ancestors.often == "sites"
    placed = link.place(told, frame, np.arange(len(frame)), rng=rng, anchors=anchors).positions
    shares = [(site[p[p != NULL]] == site[p != NULL]).mean() for p in (positions, placed)]
    assert shares[1] == pytest.approx(shares[0], abs=0.1)


def test_the_odd_one_out_is_lost_where_all_must_have_somebody():
    frame = pd.DataFrame({"x": np.arange(10) % 2})
    positions = np.arange(10) ^ 1
    link, told = learnt(frame, positions)
    placed = link.place(told[:9], frame[:9], np.arange(9), rng=np.random.default_rng(0))
    assert placed.lost.sum() == 1
    assert (placed.positions[placed.lost] == NULL).all()


@pytest.mark.parametrize("rows", [0, 1, 50])
def test_a_table_without_columns_and_tables_of_any_size(rows):
    nothing = pd.DataFrame(index=pd.RangeIndex(40))
    link, told = learnt(nothing, (np.arange(40) - 1) // 2)
    assert link.constraints.keys() == set(told.columns)
    some = told.iloc[np.arange(rows) % 40].reset_index(drop=True)
    bare = pd.DataFrame(index=pd.RangeIndex(rows))
    placed = link.place(some, bare, np.arange(rows), rng=np.random.default_rng(0))
    assert len(depths(placed.positions)) == rows


def test_link_columns_are_declared():
    for frame, positions in (STAFF, (STAFF[0][:100], np.arange(100) ^ 1)):
        link, told = learnt(frame, positions)
        assert link.constraints.keys() == set(told.columns)
        assert all(name.startswith("__link__up__") for name in told.columns)


def test_no_value_of_few_rows_is_saved():
    frame, positions = staff(500, 2)
    frame["name"] = [f"person-{i}" for i in range(len(frame))]
    frame.loc[3, "unit"] = "secret"
    frame.loc[4, "pay"] = 987_654.25
    text = json.dumps(learnt(frame, positions)[0].to_dict())
    assert "person-" not in text
    assert "secret" not in text
    assert "987654" not in text


def test_the_same_seed_gives_the_same_parents():
    frame, positions = STAFF
    link, told = learnt(frame, positions)
    placed = [
        link.place(told, frame, np.arange(len(frame)), rng=np.random.default_rng(s)).positions
        for s in (1, 1, 2)
    ]
    assert (placed[0] == placed[1]).all()
    assert (placed[0] != placed[2]).any()


def broken(record, path, value):
    changed = json.loads(json.dumps(record))
    part = changed
    for name in path[:-1]:
        part = part[name]
    part[path[-1]] = value
    return changed


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("shape",), "ring"),
        (("key",), 7),
        (("shown",), ["nobody"]),
        (("telling",), [1.0]),
        (("telling",), ["x", "y"]),
        (("sizes",), [[1, 0]]),
        (("sizes",), [[1, 1 << 40]]),
        (("sizes",), 3),
        (("within",), "yes"),
        (("recency",), []),
        (("recency",), [-1.0]),
        (("fans", "values"), [3, 1]),
        (("fans", "first"), [1]),
        (("fans", "rows"), [1]),
        (("fans", "places"), [[float("inf")]]),
        (("fans", "tree"), {}),
        (("whole",), {}),
        (("ancestors",), None),
    ],
)
def test_damaged_records_are_refused(path, value):
    record = learnt(STAFF[0][:200], STAFF[1][:200])[0].to_dict()
    with pytest.raises(ModelFileError):
        SelfLink.from_dict(broken(record, path, value))


def test_records_without_a_part_are_refused():
    record = learnt(STAFF[0][:200], STAFF[1][:200])[0].to_dict()
    for name in record:
        with pytest.raises(ModelFileError):
            SelfLink.from_dict({part: record[part] for part in record if part != name})
