"""Fixed combinations: one category for models, and only tuples of the data when decoded."""

import json
from datetime import date

import numpy as np
import pandas as pd
import pytest

from synthohive_jupyter.errors import DataError, ModelFileError
from synthohive_jupyter.schema.tables import Constraint
from synthohive_jupyter.tabular.codecs import RARE, Encoded
from synthohive_jupyter.tabular.transformer import TableTransformer

PLACES = [("Rome", "IT", 39), ("Milan", "IT", 39), ("Bonn", "DE", 49), ("Paris", "FR", None)]


def places(n=400, seed=0):
    at = np.random.default_rng(seed).integers(0, len(PLACES), n)
    frame = pd.DataFrame([PLACES[i] for i in at], columns=["city", "country", "code"])
    frame.insert(1, "x", np.random.default_rng(1).normal(size=n))
    return frame


def learnt(frame, *groups, **options):
    return TableTransformer().fit(frame, table="t", combinations=groups, **options)


def rng(seed=0):
    return np.random.default_rng(seed)


def anything(transformer, n=2000):
    layout = transformer.layout
    codes = np.column_stack([rng(i).integers(0, c.n_codes, n) for i, c in enumerate(layout)])
    scalars = rng().uniform(-1, 1, codes.shape).astype(np.float32)
    return transformer.decode(Encoded(codes.astype(np.int32), scalars), rng())


def tuples(frame, names):
    return set(
        frame[names]
        .astype(object)
        .where(frame[names].notna(), None)
        .itertuples(index=False, name=None)
    )


def test_a_group_is_one_category_and_comes_back():
    frame = places()
    transformer = learnt(frame, ("country", "city", "code"))
    names = [(c.name, c.n_codes, c.scalar_codes) for c in transformer.layout]
    assert [name for name, _, _ in names] == ["x", "(country, city, code)"]
    assert names[1][1:] == (len(PLACES), ())
    found = transformer.decode(transformer.encode(frame, rng()), rng())
    columns = ["city", "country", "code"]
    pd.testing.assert_frame_equal(found[columns], frame[columns])
    assert list(found) == list(frame)
    drawn = anything(transformer)
    assert tuples(drawn, columns) == tuples(frame, columns)
    assert drawn.dtypes.equals(frame.dtypes)


def test_frequencies_are_those_of_the_tuples():
    frame = places()
    transformer = learnt(frame, ("city", "country"))
    place = [c.name for c in transformer.layout].index("(city, country)")
    codes = transformer.encode(frame, rng()).codes[:, place]
    shares = np.bincount(codes, minlength=len(PLACES)) / len(frame)
    assert transformer.frequencies[place] == pytest.approx(shares)


def test_parts_of_every_type():
    n = 300
    at = rng().integers(0, 3, n)
    frame = pd.DataFrame({
        "f": np.array([0.5, 1.25, np.nan])[at], "i": np.array([1, 2, 3])[at],
        "d": pd.Series([date(1890, 1, 1), None, date(2024, 2, 29)], dtype=object)[at].to_numpy(),
        "t": pd.Series(pd.to_datetime(["2024-01-01", "2024-03-31", None]).tz_localize("Europe/Paris"))[at].reset_index(drop=True),
        "b": pd.array([True, None, False], dtype="boolean")[at],
        "k": pd.Categorical(np.array(["y", "x", "y"])[at], categories=["z", "y", "x"], ordered=True),
        "s": pd.array(["p", "q", None], dtype="string")[at],
    })  # fmt: skip
    transformer = learnt(frame, tuple(frame))
    found = transformer.decode(transformer.encode(frame, rng()), rng())
    # A level of a categorical that no row has is not kept, as in every other column.
    expected = frame.assign(k=frame["k"].cat.remove_unused_categories())
    pd.testing.assert_frame_equal(found, expected)
    again = TableTransformer.from_dict(json.loads(json.dumps(transformer.to_dict())))
    pd.testing.assert_frame_equal(anything(again), anything(transformer))


def test_rare_tuples_are_pooled_and_never_come_out():
    frame = places()
    frame.loc[: RARE - 2, ["city", "country"]] = ["Canary", "ES"]
    frame.loc[10:13, "city"] = ["Nice", "Lyon", "Brest", "Metz"]
    transformer = learnt(frame, ("city", "country"))
    saved = json.dumps(transformer.to_dict())
    assert not [name for name in ("Canary", "ES", "Nice", "Metz") if name in saved]
    place = [c.name for c in transformer.layout].index("(city, country)")
    assert transformer.layout[place].n_codes == len(PLACES) + 1
    for found in (
        anything(transformer),
        transformer.decode(transformer.encode(frame, rng()), rng()),
    ):
        assert tuples(found, ["city", "country"]) == {place[:2] for place in PLACES}


def test_what_one_family_repeats_is_rare():
    frame = places()
    frame.loc[:99, ["city", "country"]] = ["Canary", "ES"]
    who = np.arange(len(frame))
    who[:100] = 0
    assert "Canary" in json.dumps(learnt(frame, ("city", "country")).to_dict())
    assert "Canary" not in json.dumps(learnt(frame, ("city", "country"), families=who).to_dict())


def test_tuples_outside_declared_ranges_and_sets_are_not_kept():
    frame = places().fillna({"code": 33})
    constraints = {"code": Constraint(max=40), "country": Constraint(values=("IT", "FR"))}
    found = anything(learnt(frame, ("city", "country", "code"), constraints=constraints))
    assert tuples(found, ["country", "code"]) == {("IT", 39.0), ("FR", 33.0)}


def test_a_hundred_thousand_combinations_are_embedded():
    n = 100_000
    city = np.arange(n).repeat(RARE)
    frame = pd.DataFrame({"city": city, "country": city % 200})
    transformer = learnt(frame, ("city", "country"))
    (layout,) = transformer.layout
    assert (layout.n_codes, layout.embedded) == (n, True)
    found = transformer.decode(transformer.encode(frame, rng()), rng())
    pd.testing.assert_frame_equal(found, frame)


def test_several_groups_and_a_gap_from_a_part():
    frame = places().assign(low=lambda f: f["x"].round(1))
    frame["size"] = np.select([frame["city"] == c for c in ("Rome", "Milan")], [10, 20], 30)
    frame["most"] = frame["size"] + rng().integers(0, 9, len(frame))
    groups = [("city", "size"), ("country", "code")]
    transformer = learnt(frame, *groups, checks=[("size", "most"), ("most", "size")])
    assert list(transformer.links.gaps) == ["most"]
    found = anything(transformer)
    assert list(found) == list(frame)
    assert (found["size"] <= found["most"]).all()
    for group in groups:
        assert tuples(found, list(group)) == tuples(frame, list(group))


def test_unknown_tuples_are_drawn_from_those_that_are_known():
    frame = places()
    transformer = learnt(frame, ("city", "country"))
    strange = frame.assign(country=["IT", "DE", "XX", None] * 100)
    found = transformer.decode(transformer.encode(strange, rng()), rng())
    assert tuples(found, ["city", "country"]) <= {place[:2] for place in PLACES}


def test_a_group_without_a_frequent_tuple_is_an_error():
    frame = pd.DataFrame({"a": range(40), "b": range(40)})
    with pytest.raises(DataError, match=r"t\.a: none of the combinations of a, b is allowed"):
        learnt(frame, ("a", "b"))


@pytest.mark.parametrize(
    ("groups", "message"),
    [
        ([("city", "gone")], r"t\.gone: the column is missing"),
        ([("city", "city")], r"t\.city: is in two combinations"),
        ([("city", "country"), ("country", "code")], r"t\.country: is in two combinations"),
    ],
)
def test_groups_that_cannot_be_are_errors(groups, message):
    with pytest.raises(DataError, match=message):
        learnt(places(), *groups)


@pytest.mark.parametrize(
    "damage",
    [
        {"parts": []},
        {"parts": [None, None]},
        lambda parts: parts[:1],
        lambda parts: [parts[0], parts[0]],
        lambda parts: [parts[0] | {"places": [0]}, parts[1]],
        lambda parts: [parts[0] | {"places": [9] * 4}, parts[1]],
        lambda parts: [parts[0] | {"places": []}, parts[1] | {"places": []}],
        lambda parts: [parts[0] | {"levels": ["x"] * 4}, parts[1]],
        lambda parts: [parts[0] | {"form": "whole", "levels": [1, 2, 3, 4]}, parts[1]],
        lambda parts: [parts[0] | {"name": "x"}, parts[1]],
    ],
)
def test_a_damaged_group_is_refused(damage):
    record = json.loads(json.dumps(learnt(places(), ("city", "country")).to_dict()))
    saved = record["combinations"][0]
    saved |= damage if isinstance(damage, dict) else {"parts": damage(saved["parts"])}
    with pytest.raises(ModelFileError):
        TableTransformer.from_dict(record)


def test_names_that_do_not_fit_are_refused():
    record = learnt(places(), ("city", "country")).to_dict()
    for names in ([*record["names"], "more"], record["names"][1:], [1, 2, 3, 4]):
        with pytest.raises(ModelFileError):
            TableTransformer.from_dict(record | {"names": names})
