"""How the rows of one family follow each other."""

import numpy as np
import pandas as pd
import pytest

from synthohive_jupyter.schema.metadata import Metadata
from tests.known_truth.laws import (
    Law,
    View,
    cases,
    children,
    choose,
    joined,
    keyed,
    learnable,
    random_keys,
    some,
)

# --- a Markov chain in time

MACHINES = 1200
KINDS = {"press": 0.6, "drill": 0.4}
LENGTHS = dict.fromkeys(range(2, 10), 1 / 8)
FIRST = {"press": {"idle": 0.7, "run": 0.3}, "drill": {"run": 0.8, "fail": 0.2}}
NEXT = {
    "idle": {"idle": 0.2, "run": 0.8},
    "run": {"idle": 0.3, "run": 0.5, "fail": 0.2},
    "fail": {"idle": 0.9, "fail": 0.1},
}
GAPS = {"idle": {1: 0.7, 2: 0.3}, "run": {3: 0.5, 5: 0.5}, "fail": {10: 0.8, 14: 0.2}}
"""Days since the event before, given the state that begins."""


def chain_schema():
    metadata = Metadata()
    metadata.add_table("machines", pk="id")
    metadata.add_table("events", pk="id", fk={"machine_id": "machines.id"}, order_by="at")
    return metadata


def draw_chain(rng):
    machines = keyed(MACHINES, kind=some(rng, KINDS, MACHINES))
    events = children(machines, "machine_id", some(rng, LENGTHS, MACHINES))
    rank = events.groupby("machine_id").cumcount().to_numpy()
    first, states = np.flatnonzero(rank == 0), np.empty(len(events), dtype=object)
    days = np.zeros(len(events), dtype=int)
    states[first], days[first] = (
        choose(rng, FIRST, machines["kind"]),
        rng.integers(0, 200, MACHINES),
    )
    for step in range(1, rank.max() + 1):
        at = np.flatnonzero(rank == step)
        states[at] = choose(rng, NEXT, states[at - 1])
        days[at] = days[at - 1] + choose(rng, GAPS, states[at]).astype(int)
    events["state"] = states
    events["at"] = pd.Timestamp("2024-01-01") + pd.to_timedelta(days, unit="D")
    return {"machines": machines, "events": events.sample(frac=1, random_state=3)}


def following(tables):
    """Return the events in order, each with the state and the time of the one before."""
    events = tables["events"].sort_values(["machine_id", "at"])
    before = events.groupby("machine_id")[["state", "at"]].shift()
    return events.assign(before=before["state"], gap=(events["at"] - before["at"]).dt.days)


def transitions(tables):
    return following(tables).dropna(subset="before")[["before", "state"]]


def gaps(tables):
    return following(tables).dropna(subset="before")[["state", "gap"]]


def beginnings(tables):
    events = following(tables | {"events": joined(tables, "events", machine_id="machines")})
    return events[events["before"].isna()][["machines.kind", "state"]]


CHAIN = Law(
    "chain",
    chain_schema,
    draw_chain,
    random_keys("events", "machine_id", "machines"),
    (
        View("first state | kind", FIRST, beginnings),
        View("state | state before", NEXT, transitions),
        View("days | state", GAPS, gaps),
    ),
)

# --- what the first row says of all others, and the last of itself

METERS = 1500
TARIFFS = dict.fromkeys("abcd", 0.25)
SAME = {True: 0.8, False: 0.2}
CLOSED = {"last": {True: 0.9, False: 0.1}, "others": {True: 0.05, False: 0.95}}


def first_schema():
    metadata = Metadata()
    metadata.add_table("meters", pk="id")
    metadata.add_table("readings", pk=None, fk={"meter_id": "meters.id"}, order_by="step")
    return metadata


def draw_first(rng):
    meters = keyed(METERS, size=rng.integers(1, 4, METERS))
    readings = children(meters, "meter_id", some(rng, LENGTHS, METERS)).drop(columns="id")
    step = readings.groupby("meter_id").cumcount()
    tariff = some(rng, TARIFFS, METERS)[readings["meter_id"] - 1]
    other = (step > 0) & (some(rng, SAME, len(step)) == False)  # noqa: E712 - objects
    turned = np.array([ord(t) for t in tariff]) - ord("a") + rng.integers(1, 4, len(step))
    last = step == readings.groupby("meter_id")["meter_id"].transform("size") - 1
    readings["tariff"] = np.where(other, np.array(list("abcd"))[turned % 4], tariff)
    readings["closed"] = choose(rng, CLOSED, np.where(last, "last", "others")).astype(bool)
    readings["step"] = step
    return {"meters": meters, "readings": readings}


def numbered(tables):
    readings = tables["readings"].sort_values(["meter_id", "step"], kind="stable")
    by = readings.groupby("meter_id")
    return readings.assign(
        rank=by.cumcount(), n=by["step"].transform("size"), first=by["tariff"].transform("first")
    )


def like_the_first(tables):
    rows = numbered(tables).query("rank > 0")
    return pd.DataFrame({"all": 0, "same": rows["tariff"] == rows["first"]})


def closings(tables):
    rows = numbered(tables)
    place = np.where(rows["rank"] == rows["n"] - 1, "last", "others")
    return pd.DataFrame({"place": place, "closed": rows["closed"]})


def steps(tables):
    rows = numbered(tables)
    return pd.DataFrame({"all": 0, "in order": rows["step"] == rows["rank"]})


FIRST_ROW = Law(
    "first and last",
    first_schema,
    draw_first,
    random_keys("readings", "meter_id", "meters"),
    (
        View("tariff of the first | not the first", {0: SAME}, like_the_first),
        View("closed | last", CLOSED, closings),
        View("the step is the rank", {0: {True: 1.0, False: 0.0}}, steps),
    ),
)

CASES = cases([CHAIN, FIRST_ROW])


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_data_keeps_the_law_of_siblings(case):
    case.check_data()


@pytest.mark.parametrize("case", learnable(CASES), ids=str)
def test_the_law_of_siblings_comes_back(case):
    case.check_generated()


@pytest.mark.parametrize("case", CASES, ids=str)
def test_random_keys_break_the_law_of_siblings(case):
    case.check_it_can_fail()
