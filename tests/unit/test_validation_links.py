"""Measures of linked tables against databases whose answer is known."""

import numpy as np
import pandas as pd
import pytest

from synthohive_jupyter.io.lookup import locate
from synthohive_jupyter.validation.detection import c2st
from synthohive_jupyter.validation.links import (
    COUNT,
    Link,
    aggregates,
    c2st_aggregates,
    cardinality,
    count_scores,
    hop_scores,
    sibling_coherence,
)
from synthohive_jupyter.validation.risk import dcr_share


def families(seed, n=1500, *, loyal=0.9):
    """Users of two plans; the count follows the plan, siblings repeat the item with ``loyal``."""
    rng = np.random.default_rng(seed)
    plan = rng.choice(["free", "pro"], n)
    users = pd.DataFrame({"id": np.arange(n), "plan": plan, "age": rng.integers(18, 80, n)})
    counts = rng.poisson(np.where(plan == "pro", 4, 1))
    of = np.repeat(np.arange(n), counts)
    rank = np.arange(len(of)) - np.repeat(np.cumsum(counts) - counts, counts)
    item = rng.choice(["pen", "car", "cup"], len(of))
    for at in range(1, len(of)):
        if rank[at] and rng.random() < loyal:
            item[at] = item[at - 1]
    price = np.where(plan[of] == "pro", 100, 10) + rng.normal(0, 3, len(of))
    orders = pd.DataFrame({"user_id": of, "rank": rank, "item": item, "price": price})
    return Link(users, orders, ("id",), ("user_id",))


def shuffled(link, seed=0):
    """The same rows under random keys."""
    keys = np.random.default_rng(seed).permutation(link.child["user_id"].to_numpy())
    return Link(link.parent, link.child.assign(user_id=keys), ("id",), ("user_id",))


REAL, OTHER = families(1), families(2)


def test_another_draw_of_the_same_law_is_alike():
    # The largest of a few Kolmogorov–Smirnov distances of 1,500 parents each is about .05.
    assert cardinality(REAL, OTHER) > 0.94
    assert min(count_scores(REAL, OTHER, ["plan", "age"]).values()) > 0.8
    assert min(hop_scores(REAL, OTHER, ["plan"], ["item", "price"]).values()) > 0.93
    assert min(sibling_coherence(REAL, OTHER, ["item"], ["rank"]).values()) > 0.93
    assert 0.45 < c2st_aggregates(REAL, OTHER, ["plan", "age"], ["item", "price"]) < 0.55


def test_real_rows_under_random_keys_are_found_out():
    wrong = shuffled(REAL)
    assert cardinality(REAL, wrong) == 1.0  # a permutation of the keys keeps the counts
    assert hop_scores(REAL, wrong, ["plan"], ["price"])["plan", "price"] < 0.75
    assert sibling_coherence(REAL, wrong, ["item"], ["rank"])["item"] < 0.75
    assert c2st_aggregates(REAL, wrong, ["plan", "age"], ["item", "price"]) > 0.7


def test_counts_that_ignore_the_parent_are_found_out():
    free = Link(
        REAL.parent.assign(plan=np.random.default_rng(0).permutation(REAL.parent["plan"])),
        REAL.child, ("id",), ("user_id",),
    )  # fmt: skip
    assert cardinality(REAL, free) == 1.0
    assert count_scores(REAL, free, ["plan"])["plan"] < 0.8


def test_counts_have_childless_parents_and_skip_orphans_and_nulls():
    parents = pd.DataFrame({"id": [10, 20, 30]})
    children = pd.DataFrame({"of": [20, 20, 99, None]})
    link = Link(parents, children, ("id",), ("of",))
    assert link.rows().tolist() == [1, 1, -1, -1]
    assert link.counts().tolist() == [0, 2, 0]
    assert link.with_counts()[COUNT].tolist() == [0, 2, 0]
    assert len(link.joined("up.")) == 2


def test_composite_keys_are_matched_as_a_whole():
    parents = pd.DataFrame({"a": [1, 1, 2], "b": ["x", "y", "x"]})
    children = pd.DataFrame({"c": [1, 2, 2, None], "d": ["y", "x", "y", "x"]})
    rows = locate(children, ["c", "d"], parents, ["a", "b"])
    assert rows.tolist() == [1, 2, -1, -1]
    none = locate(children, ["c", "d"], parents.iloc[:0], ["a", "b"])
    assert none.tolist() == [-1] * 4


def test_a_joined_link_reaches_the_grandparent():
    tiers = pd.DataFrame({"plan": ["free", "pro"], "tier": ["low", "high"]})
    upper = Link(tiers, REAL.parent, ("plan",), ("plan",)).joined("tiers.")
    link = Link(upper, REAL.child, ("id",), ("user_id",))
    wrong = shuffled(link)
    same = hop_scores(link, link, ["tiers.tier"], ["price"])["tiers.tier", "price"]
    assert same == pytest.approx(1.0)
    assert hop_scores(link, wrong, ["tiers.tier"], ["price"])["tiers.tier", "price"] < 0.75


def test_aggregates_are_counts_levels_and_means():
    parents = pd.DataFrame({"id": [1, 2]})
    children = pd.DataFrame({"of": [1, 1, 1], "item": ["a", "b", None], "price": [1.0, 3.0, None]})
    table = aggregates(Link(parents, children, ("id",), ("of",)), ["item", "price"])
    assert table[COUNT].tolist() == [3, 0]
    assert table["item: different"].tolist() == [2, 0]
    assert table["price: mean"].iloc[0] == 2.0
    assert np.isnan(table["price: mean"].iloc[1])


def test_families_can_be_looked_at_for_memory():
    tables = [
        pd.concat([link.parent[["plan", "age"]], aggregates(link, ["item", "price"])], axis=1)
        for link in (REAL, OTHER, families(3), REAL)
    ]
    columns = list(tables[0].columns)
    fresh = dcr_share(tables[0], tables[1], tables[2], columns, queries=500)
    copied = dcr_share(tables[0], tables[1], tables[3], columns, queries=500)
    # Standard error .022 with 500 queries.
    assert abs(fresh - 0.5) < 0.09
    assert copied > 0.9


def test_accuracy_and_area_are_two_measures():
    with pytest.raises(ValueError, match="'auc' or 'accuracy'"):
        c2st(REAL.parent, OTHER.parent, ["age"], measure="f1")
    halves = c2st(REAL.parent, OTHER.parent.iloc[:300], ["age"], measure="accuracy")
    assert 0.4 < halves < 0.6
    wrong = REAL.parent.assign(age=REAL.parent["age"] + 200)
    for measure in ("auc", "accuracy"):
        assert c2st(REAL.parent, wrong, ["age"], measure=measure) == 1.0
