"""ARGN with columns that are coded together: what is given of gaps and of combinations."""

import numpy as np
import pandas as pd
import pytest

from synthohive_jupyter.errors import DataError
from synthohive_jupyter.models.argn.evidence import evidence_of
from synthohive_jupyter.models.argn.model import ARGN
from synthohive_jupyter.schema.metadata import Metadata
from synthohive_jupyter.schema.tables import Constraint
from synthohive_jupyter.tabular.transformer import TableTransformer

ROWS = 3000
SMALL = {"embedding_dim": 8, "hidden_dim": 32, "precision": "float32", "epochs": 40}
PLACES = {"Rome": "IT", "Milan": "IT", "Bonn": "DE", "Ulm": "DE", "Paris": "FR"}


@pytest.fixture(scope="module")
def metadata():
    metadata = Metadata()
    metadata.add_table(
        "orders",
        pk=None,
        checks=[("ordered", "shipped"), ("shipped", "billed")],
        combinations=[("city", "country")],
    )
    return metadata


@pytest.fixture(scope="module")
def orders():
    """Shipping takes a day or two in Italy and about twenty elsewhere; some cells are null."""
    rng = np.random.default_rng(0)
    city = rng.choice(list(PLACES), ROWS)
    country = np.array([PLACES[c] for c in city])
    ordered = np.datetime64("2024-01-01") + rng.integers(0, 300, ROWS)
    wait = np.where(country == "IT", rng.integers(1, 3, ROWS), rng.integers(15, 25, ROWS))
    shipped = ordered + wait
    frame = pd.DataFrame(
        {
            "billed": (shipped + rng.integers(0, 5, ROWS)).astype("M8[us]"),
            "city": city,
            "total": rng.lognormal(3, 1, ROWS).round(2),
            "country": country,
            "ordered": ordered.astype("M8[us]"),
            "shipped": shipped.astype("M8[us]"),
        }
    )
    frame.loc[rng.random(ROWS) < 0.05, "shipped"] = pd.NaT
    return frame


@pytest.fixture(scope="module")
def model(metadata, orders):
    return ARGN(metadata, **SMALL).fit(orders, table_name="orders", seed=1)


def holds(frame):
    """Return whether every check and the combination hold."""
    known = set(zip(frame["city"], frame["country"], strict=True)) <= set(PLACES.items())
    later = (frame["shipped"] >= frame["ordered"]) | frame["shipped"].isna()
    last = (frame["billed"] >= frame["shipped"]) | frame[["billed", "shipped"]].isna().any(axis=1)
    return bool(known and later.all() and last.all())


def wait(frame):
    return (frame["shipped"] - frame["ordered"]).dt.days


@pytest.mark.parametrize("enforce", [True, False])
def test_everything_holds_without_mending(model, orders, enforce):
    sample = model.sample(2000, seed=3, enforce_constraints=enforce)
    assert holds(sample)
    assert list(sample) == list(orders)
    assert sample.dtypes.to_dict() == orders.dtypes.to_dict()
    # A day or two of 5,000 rows: 2 standard errors of a mean of 20 days are .3.
    for country in ("IT", "DE"):
        real, made = (wait(f[f["country"] == country]).mean() for f in (orders, sample))
        assert made == pytest.approx(real, abs=2.5)


GIVEN = {
    "a part": ({"country": "IT"}, lambda s: s["country"] == "IT"),
    "the other part": ({"city": "Ulm"}, lambda s: (s["city"] == "Ulm") & (s["country"] == "DE")),
    "a set of parts": ({"city": ["Ulm", "Rome", "nowhere"]}, lambda s: s["city"].isin(["Ulm", "Rome"])),
    "both parts": ({"city": ["Ulm", "Rome"], "country": "DE"}, lambda s: s["city"] == "Ulm"),
    "a of a gap": ({"ordered": pd.Timestamp("2024-03-01")}, lambda s: s["ordered"] == pd.Timestamp("2024-03-01")),
    "a range of a": (
        {"ordered": {"min": "2024-03-01", "max": "2024-03-09"}},
        lambda s: s["ordered"].between("2024-03-01", "2024-03-09"),
    ),
    "a and b": (
        {"ordered": pd.Timestamp("2024-03-01"), "shipped": pd.Timestamp("2024-03-20")},
        lambda s: wait(s) == 19,
    ),
    "a and a range of b": (
        {"ordered": pd.Timestamp("2024-03-01"), "shipped": {"min": "2024-03-02", "max": "2024-03-04"}},
        lambda s: wait(s).between(1, 3),
    ),
    "a and a set of b": (
        {"ordered": pd.Timestamp("2024-03-01"), "shipped": list(pd.to_datetime(["2024-03-18", "2024-03-19"]))},
        lambda s: wait(s).isin([17, 18]),
    ),
    "a null of b": ({"shipped": None}, lambda s: s["shipped"].isna()),
    "a chain": (
        {name: pd.Timestamp("2024-03-03") for name in ("ordered", "shipped", "billed")},
        lambda s: (s["billed"] == s["ordered"]),
    ),
}  # fmt: skip


@pytest.mark.parametrize("enforce", [True, False])
@pytest.mark.parametrize("name", GIVEN)
def test_what_is_given_holds(model, orders, name, enforce):
    given, wanted = GIVEN[name]
    sample = model.sample(200, seed=2, given=given, enforce_constraints=enforce)
    assert wanted(sample).all()
    assert holds(sample)
    assert sample.dtypes.to_dict() == orders.dtypes.to_dict()
    assert model.sample(90, seed=2, given=given, enforce_constraints=enforce).equals(sample[:90])


def test_a_given_part_steers_the_others(model):
    italy = model.sample(300, seed=1, given={"country": "IT"})
    # What is given is exact; what follows is learnt, by a small network in a few epochs.
    assert (wait(italy).dropna() <= 3).mean() > 0.8
    assert italy["city"].value_counts(normalize=True).to_dict() == pytest.approx(
        {"Rome": 0.5, "Milan": 0.5}, abs=0.12
    )


def test_a_given_gap_steers_the_others(model):
    given = {"ordered": pd.Timestamp("2024-03-01"), "shipped": pd.Timestamp("2024-03-20")}
    assert (model.sample(300, seed=1, given=given)["country"] != "IT").mean() > 0.8


def test_a_frame_may_give_parts_row_by_row(model, orders):
    known = orders[["country", "ordered"]][:400].reset_index(drop=True)
    sample = model.sample(400, seed=1, given=known)
    pd.testing.assert_frame_equal(sample[["country", "ordered"]], known)
    assert holds(sample)
    fast = wait(sample)[sample["country"] == "IT"].dropna()
    assert (fast <= 3).mean() > 0.8
    assert model.sample(90, seed=1, given=known[:90]).equals(sample[:90])
    both = orders[["city", "country", "ordered", "shipped"]][:300].reset_index(drop=True)
    sample = model.sample(300, seed=1, given=both)
    pd.testing.assert_frame_equal(sample[list(both)], both)
    assert holds(sample)


ERRORS = {
    "b alone": ({"shipped": pd.Timestamp("2024-03-03")}, r"orders\.shipped: .*'ordered'.*too"),
    "a range of b alone": ({"shipped": {"min": "2024-03-03"}}, r"orders\.shipped: .*'ordered'"),
    "b with a range of a": (
        {"shipped": pd.Timestamp("2024-03-03"), "ordered": {"max": "2024-03-03"}},
        r"orders\.shipped: .*one value of 'ordered'",
    ),
    "b that cannot be": (
        {"ordered": pd.Timestamp("2024-03-03"), "shipped": {"max": "2024-02-01"}},
        r"orders\.shipped",
    ),
    "an unknown part": ({"city": "Atlantis"}, r"orders\.city"),
    "parts that do not meet": ({"city": "Rome", "country": "DE"}, r"orders\.country"),
    "a null part": ({"city": None}, r"orders\.city"),
    "a null where none is": ({"billed": None}, r"orders\.billed"),
    "a range of a text part": ({"city": {"min": "a"}}, r"orders\.city: cannot be restricted"),
    "no such column": ({"(city, country)": "Rome"}, "no such column"),
}


@pytest.mark.parametrize("name", ERRORS)
def test_what_cannot_be_given_is_named(model, name):
    given, message = ERRORS[name]
    with pytest.raises(DataError, match=message) as caught:
        model.sample(5, given=given)
    assert "Atlantis" not in str(caught.value)


def test_a_frame_with_unknown_combinations_is_an_error(model):
    for frame in (
        pd.DataFrame({"city": ["Rome", "Rome"], "country": ["IT", "DE"]}),
        pd.DataFrame({"city": ["Rome", "Atlantis"]}),
    ):
        with pytest.raises(DataError, match=r"orders\.city"):
            model.sample(2, given=frame)


def test_imputing_keeps_what_is_there_and_every_rule(model, orders):
    rng = np.random.default_rng(5)
    whole = orders.dropna()[:600].reset_index(drop=True)
    holes = whole.copy()
    for name in holes:
        holes[name] = holes[name].mask(rng.random(len(holes)) < 0.3)
    holes.index = holes.index + 7
    filled = model.impute(holes, seed=1)
    assert filled.notna().all(axis=None)
    assert filled.index.equals(holes.index)
    for name in holes:
        there = holes[name].notna()
        pd.testing.assert_series_equal(filled[name][there], holes[name][there], check_dtype=False)
    assert holds(filled)
    part = holes["country"].notna() & holes["city"].isna()
    assert part.sum() > 50
    open_end = (holes["ordered"].isna() & holes["shipped"].notna()).to_numpy()
    away = (filled["ordered"].to_numpy() - whole["ordered"].to_numpy())[open_end]
    # A random order date is 100 days off in the mean; the nearest of 16 is about 10.
    assert np.abs(away).astype("m8[D]").astype(int).mean() < 30


def test_a_saved_model_samples_the_same(model, tmp_path):
    model.save(tmp_path / "m")
    again = ARGN.load(tmp_path / "m")
    given = {"country": "IT", "ordered": {"max": "2024-05-01"}}
    assert again.sample(50, seed=1).equals(model.sample(50, seed=1))
    assert again.sample(50, seed=1, given=given).equals(model.sample(50, seed=1, given=given))


def test_a_heap_of_a_gap_can_be_left_or_excluded():
    rng = np.random.default_rng(0)
    start = np.datetime64("2024-01-01") + rng.integers(0, 300, 2000)
    end = np.where(
        np.arange(2000) % 2, np.datetime64("9999-12-31"), start + rng.integers(0, 60, 2000)
    )
    frame = pd.DataFrame({"start": start.astype("M8[s]"), "end": end.astype("M8[s]")})
    transformer = TableTransformer().fit(
        frame, table="t", checks=[("start", "end")], numbers="cells"
    )
    day = pd.Timestamp("2024-03-01")
    for demand, heap in (
        ({"min": "2024-03-10"}, 1),
        ({"max": "2024-03-10"}, 0),
        ({"min": "3000-01-01"}, 1),
        ({"values": ["9999-12-31"]}, 1),
        ({"values": ["2024-03-09"]}, 0),
    ):
        evidence = evidence_of(
            {"start": day, "end": Constraint(**demand)}, transformer, rows=3, table="t"
        )
        ((place, left),) = evidence.restrictions.items()
        column = transformer.columns[place]
        at = len(column.codec.atoms) - 1
        assert left.weights[at] == heap
        alone = {"3000-01-01", "9999-12-31"} & {
            str(v) for v in (demand.get("min"), *demand.get("values", ()))
        }
        assert (left.weights.sum() == heap) == bool(alone)
