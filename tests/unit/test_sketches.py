"""Sketches of parents: codes, what they mean, and what is kept of a parent."""

import json

import numpy as np
import pandas as pd
import pytest

from synthohive_jupyter.errors import ModelFileError
from synthohive_jupyter.relational.parents.ranks import CELLS
from synthohive_jupyter.relational.parents.sketches import LINK, UNKNOWN, Sketch
from synthohive_jupyter.schema.tables import Constraint

ROWS = 3000


@pytest.fixture(scope="module")
def people():
    rng = np.random.default_rng(1)
    return pd.DataFrame(
        {
            "age": rng.normal(40, 12, ROWS).round(2),
            "city": rng.choice([f"c{n}" for n in range(90)], ROWS),
            "vip": rng.random(ROWS) < 0.2,
            "owes": np.where(rng.random(ROWS) < 0.6, 0.0, rng.gamma(2, 50, ROWS)),
            "born": pd.Timestamp("1990-01-01") + pd.to_timedelta(rng.integers(0, 9999, ROWS), "D"),
            "score": pd.Series(rng.integers(0, 1000, ROWS)).where(rng.random(ROWS) < 0.7),
            "name": [f"person {n}" for n in range(ROWS)],
            "planet": "earth",
        }
    )


def test_codes_mean_what_the_rows_hold(people):
    sketch = Sketch.fit(people, table="people")
    assert sketch.columns == ("age", "city", "vip", "owes", "born", "score")
    codes = sketch.codes(people)
    values = sketch.values(codes, np.random.default_rng(0))
    assert values.dtypes.equals(people[list(sketch.columns)].dtypes)
    # Drawn inside a range and rounded, a few values fall into the next one.
    assert ((sketch.codes(values) == codes).mean(axis=0) > 0.98).all()
    assert values["city"].equals(people["city"])
    assert (values["owes"] == 0).equals(people["owes"] == 0)
    assert values["score"].isna().equals(people["score"].isna())
    assert np.corrcoef(people["age"], values["age"])[0, 1] > 0.99


def test_a_number_has_few_codes_and_each_several_parents(people):
    sketch = Sketch.fit(people, table="people", order=["age", "owes"])
    codes = sketch.codes(people)
    for place, part in enumerate(sketch.parts):
        assert part.n_codes <= CELLS + 1
        assert np.bincount(codes[:, place]).min() >= 5
    few = Sketch.fit(people.iloc[:16], table="people", order=["age"])
    assert np.bincount(few.codes(people.iloc[:16])[:, 0]).min() >= 5


def test_order_and_choice_of_columns(people):
    sketch = Sketch.fit(people, table="people", order=["vip", "age"])
    assert sketch.columns == ("vip", "age")
    assert sketch.only(["age"]).columns == ("age",)


@pytest.mark.parametrize("rows", [0, 1, 4])
def test_too_few_parents_to_say_much(people, rows):
    sketch = Sketch.fit(people.iloc[:rows][["age", "city", "name"]], table="people")
    assert sketch.columns == ()
    assert sketch.codes(people).shape == (ROWS, 0)


def test_rare_levels_are_spread_over_the_others():
    frame = pd.DataFrame({"kind": ["a"] * 60 + ["b"] * 30 + [f"only {n}" for n in range(10)]})
    sketch = Sketch.fit(frame, table="t")
    codes = sketch.codes(frame)[:, 0]
    assert set(codes[90:]) == {0, 1}
    assert "only" not in json.dumps(sketch.to_dict())


def test_what_rows_say_is_read_back(people):
    sketch = Sketch.fit(people, table="people", order=["city", "age"])
    codes, positions = sketch.codes(people), np.array([5, -1, 0])
    told = sketch.told(codes, positions, prefix=f"{LINK}k__")
    assert list(told) == list(sketch.constraints(f"{LINK}k__"))
    assert told.isna().to_numpy().tolist() == [[False] * 2, [True] * 2, [False] * 2]
    heard = sketch.heard(told, prefix=f"{LINK}k__")
    np.testing.assert_array_equal(heard[[0, 2]], codes[[5, 0]])
    assert (heard[1] == UNKNOWN).all()


def test_declared_categories_keep_their_codes():
    frame = pd.DataFrame({"district": np.repeat(np.arange(80), 10)})
    number = Sketch.fit(frame, table="t")
    declared = Sketch.fit(frame, table="t", constraints={"district": Constraint(dtype="cat")})
    assert number.parts[0].ordered
    assert not declared.parts[0].ordered
    assert declared.parts[0].n_codes == 80


def test_saved_and_loaded(people):
    sketch = Sketch.fit(people, table="people")
    again = Sketch.from_dict(json.loads(json.dumps(sketch.to_dict())))
    np.testing.assert_array_equal(again.codes(people), sketch.codes(people))


def test_damaged_records_are_refused(people):
    record = Sketch.fit(people, table="people", order=["age", "city"]).to_dict()
    age, city = record["columns"]
    for columns in (
        [age, age],
        [{**age, "edges": None}],
        [{**city, "edges": [0.0, 1.0]}],
        [{**age, "edges": [0.0, 0.7, 0.3, 1.0]}],
        [{**age, "edges": ["x"]}],
        [{"edges": None}],
        "x",
    ):
        with pytest.raises(ModelFileError):
            Sketch.from_dict({"columns": columns})
    with pytest.raises(ModelFileError):
        Sketch.from_dict({})
