"""Errors, events and random streams: what everything else stands on."""

import dataclasses
import json
import logging

import numpy as np
import pytest

from synthohive_jupyter import events, seeding
from synthohive_jupyter.errors import MAX_PROBLEMS, DataError, Problem, SchemaError, SynthoHiveError
from synthohive_jupyter.events import (
    EVENT_TYPES,
    CancelToken,
    EpochEnded,
    Event,
    EventBus,
    LinkageFitted,
    RunFinished,
    RunStarted,
    event_from_dict,
)


def test_schema_error_is_a_value_error_with_every_problem():
    error = SchemaError([Problem("one", hint="do this", line=2, column=3), Problem("two")])
    assert isinstance(error, ValueError)
    assert isinstance(error, SynthoHiveError)
    assert str(error) == "2 problems\n  line 2, column 3: one (do this)\n  two"


def test_schema_error_prints_ten_and_counts_the_rest():
    error = SchemaError([Problem(f"p{i}") for i in range(13)])
    assert len(error.problems) == 13
    assert str(error).endswith("p9\n  … and 3 more")
    assert MAX_PROBLEMS == 10


def test_data_error_names_the_place():
    error = DataError("is infinite", table="users", column="age")
    assert str(error) == "users.age: is infinite"
    assert (error.table, error.column) == ("users", "age")


EXAMPLES = [
    RunStarted(tables=("a", "b"), seed=7, epochs=3, model="CTGAN"),
    EpochEnded(table="a", epoch=1, epochs=3, losses={"critic": 0.5}, metric=0.2),
    LinkageFitted("b", "a", "a_id", "empirical", (3, 2, 1), 0.7, 0.5),
    RunFinished(seconds=1.5),
]


@pytest.mark.parametrize("event", EXAMPLES, ids=lambda e: e.kind)
def test_events_survive_json(event):
    assert event_from_dict(json.loads(json.dumps(event.to_dict()))) == event


def test_every_event_is_frozen_and_known_by_a_kind_of_its_own():
    public = [c for c in vars(events).values() if isinstance(c, type) and issubclass(c, Event)]
    assert set(EVENT_TYPES.values()) == set(public) - {Event}
    for kind, cls in EVENT_TYPES.items():
        assert cls.kind == kind
        assert cls.__dataclass_params__.frozen
    with pytest.raises(dataclasses.FrozenInstanceError):
        EXAMPLES[-1].seconds = 2.0


@pytest.mark.parametrize(
    "record", [{}, {"event": "nothing"}, {"event": ["x"]}, {"event": "run_finished", "rows": 1}]
)
def test_damaged_records_are_refused(record):
    with pytest.raises(ValueError, match="event"):
        event_from_dict(record)


def test_a_failing_sink_is_logged_once_and_detached(caplog):
    seen = []

    def broken(event):
        raise RuntimeError("display is gone")

    bus = EventBus(broken, seen.append)
    with caplog.at_level(logging.ERROR, logger="synthohive_jupyter"):
        bus.emit(EXAMPLES[0])
        bus.emit(EXAMPLES[-1])
    assert seen == [EXAMPLES[0], EXAMPLES[-1]]
    assert len(caplog.records) == 1


def test_unsubscribing_twice_is_harmless():
    seen = []
    bus = EventBus()
    leave = bus.subscribe(seen.append)
    leave()
    leave()
    bus.emit(EXAMPLES[0])
    assert seen == []


def test_cancel_token():
    token = CancelToken()
    assert not token.cancelled
    token.cancel()
    assert token.cancelled


def test_streams_differ_by_seed_table_stage_and_block():
    keys = [
        (7, "users", "rows", 0),
        (8, "users", "rows", 0),
        (7, "orders", "rows", 0),
        (7, "users", "keys", 0),
        (7, "users", "rows", 1),
    ]
    firsts = {seeding.stream(*key).random() for key in keys}
    assert len(firsts) == len(keys)


def test_streams_do_not_depend_on_what_was_drawn_before():
    first = seeding.stream(3, "t", "fit").integers(0, 2**60, 5)
    seeding.stream(3, "u", "fit").random(1000)
    np.testing.assert_array_equal(first, seeding.stream(3, "t", "fit").integers(0, 2**60, 5))


def test_stage_numbers_are_part_of_the_format():
    assert seeding.STAGES == {
        "fit": 1,
        "privacy": 2,
        "counts": 3,
        "rows": 4,
        "keys": 5,
        "parents": 6,
        "sample": 7,
        "validation": 8,
    }


def test_integer_seeds_fit_in_63_bits_and_fresh_ones_in_53():
    numbers = [seeding.integer_seed(s, "t", "fit") for s in range(200)]
    assert min(numbers) >= 0
    assert 2**55 < max(numbers) < 2**63
    assert 0 <= seeding.fresh_seed() < 2**53


def test_global_random_state_is_left_alone():
    before = np.random.get_state()[1].copy()  # noqa: NPY002 - the global state is what is tested
    seeding.stream(1, "t", "fit").random(10)
    np.testing.assert_array_equal(before, np.random.get_state()[1])  # noqa: NPY002
