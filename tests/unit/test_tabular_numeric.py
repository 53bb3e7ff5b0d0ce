"""Numbers: range, atoms, grid, modes, and that tiny tables give nothing away."""

import json
from datetime import datetime

import numpy as np
import pandas as pd
import pytest

from synthohive_jupyter.errors import DataError, ModelFileError
from synthohive_jupyter.schema.tables import Constraint
from synthohive_jupyter.tabular.axis import Lattice, Range, find_digits, find_step
from synthohive_jupyter.tabular.numeric import ATOM_ROWS, NumericCodec
from synthohive_jupyter.tabular.ranges import protected_range
from synthohive_jupyter.tabular.transformer import TableTransformer


def fitted(series, **declared):
    frame = pd.DataFrame({"x": series})
    constraints = {"x": Constraint(**declared)} if declared else {}
    return TableTransformer().fit(frame, table="t", constraints=constraints), frame


def through(series, **declared):
    transformer, frame = fitted(series, **declared)
    encoded = transformer.encode(frame, np.random.default_rng(1))
    return transformer.decode(encoded, np.random.default_rng(2))["x"]


def drawn(series, rows=4000, **declared):
    """Return what a model without any knowledge would make: codes by frequency, any scalar."""
    transformer, _ = fitted(series, **declared)
    rng = np.random.default_rng(3)
    frame = pd.DataFrame({"x": series.sample(rows, replace=True, random_state=1)})
    encoded = transformer.encode(frame, rng)
    encoded.scalars[:] = rng.uniform(-1, 1, encoded.scalars.shape)
    return transformer.decode(encoded, rng)["x"]


def test_the_fit_is_deterministic_and_independent_of_the_order_of_rows():
    series = pd.Series(np.random.default_rng(0).lognormal(0, 1, 3000))
    one, _ = fitted(series)
    other, _ = fitted(series.sample(frac=1, random_state=1))
    codec, again = (t.to_dict()["columns"][0]["codec"] for t in (one, other))
    assert fitted(series)[0].to_dict() == one.to_dict()
    # Sums in another order differ in their last bits only.
    assert again["rest"]["means"] == pytest.approx(codec["rest"]["means"], abs=1e-6)


@pytest.mark.parametrize("decades", [1, 6])
def test_heavy_tails_keep_their_shape_over_decades(decades):
    rng = np.random.default_rng(0)
    values = pd.Series(10.0 ** rng.uniform(-decades / 2, decades / 2, 5000))
    found = through(values)
    assert np.log10(found / values).abs().quantile(0.99) < 1e-3
    assert fitted(values)[0].columns[0].codec.rest.bend.bent == (decades == 6)


@pytest.mark.parametrize("shape", ["left", "both"])
def test_tails_on_any_side_are_bent(shape):
    rng = np.random.default_rng(0)
    tail = rng.lognormal(0, 2, 5000)
    values = pd.Series({"left": -tail, "both": tail * rng.choice([-1, 1], 5000)}[shape] + 1e4)
    codec = fitted(values)[0].columns[0].codec
    assert codec.rest.bend.bent
    away = (values - codec.axis.values(np.array([codec.rest.bend.centre]))[0]).abs()
    error = (through(values) - values).abs()
    # Far from the centre the scale is logarithmic: float32 keeps about six digits of the distance.
    assert (error / (away + 1)).quantile(0.99) < 1e-5


@pytest.mark.parametrize("size", [1e-300, 1e-12, 1.0, 1e12, 1e300])
def test_the_size_of_numbers_does_not_matter(size):
    values = pd.Series(np.random.default_rng(0).normal(size=2000) * size)
    found = through(values)
    inside = values.between(*np.sort(values)[[4, -5]])
    reached = np.abs(values / size) < 3.9
    # Four deviations in float32: 4 * 2**-24 = 2.4e-7 of a deviation.
    assert ((found - values)[inside & reached].abs() <= 3e-7 * size).all()


def test_int64_extremes_are_exact_as_atoms():
    values = pd.Series([-(2**63), 2**63 - 1, 2**62, 2**62 + 1] * 20)
    assert through(values).tolist() == values.tolist()


def test_nanoseconds_keep_their_grid_far_from_1970():
    start = pd.Timestamp("2200-01-01T00:00:00.123")
    values = pd.Series(
        start + pd.to_timedelta(np.random.default_rng(0).integers(0, 10**6, 500), "s")
    )
    found = through(values)
    assert ((found - start).dt.total_seconds() % 1 == 0).all()
    inside = values.between(*values.sort_values().iloc[[4, -5]])
    assert ((found - values)[inside].abs() < pd.Timedelta("2s")).all()


def test_a_value_of_many_rows_is_an_atom_and_no_other():
    rng = np.random.default_rng(0)
    values = pd.Series(np.concatenate([np.zeros(500), [40.5] * ATOM_ROWS, rng.normal(100, 9, 492)]))
    codec = fitted(values)[0].columns[0].codec
    assert codec.atoms.tolist() == [0.0, 40.5]
    assert codec.shares[:2].tolist() == [0.5, 0.008]
    found = through(values)
    assert (found[:508] == values[:508]).all()


def test_the_extremes_are_clipped_to_the_fifth_value():
    values = pd.Series(np.random.default_rng(0).permutation(1000) * 1.5)
    assert protected_range(values.to_numpy(), None) == Range(6.0, 1492.5)
    found = through(values)
    assert (found.min(), found.max()) == (6.0, 1492.5)


def test_extremes_are_counted_in_families():
    values, families = np.arange(60.0), np.repeat(np.arange(20), 3)
    # Rows 0 to 11 belong to four families; the fifth begins at row 12, and ends at row 47 from above.
    assert protected_range(values, families) == Range(12.0, 47.0)
    assert protected_range(values, np.repeat(np.arange(9), 7)[:60]) is None


def test_a_family_of_many_rows_at_the_end_is_one_family():
    values = np.arange(1000.0)
    families = np.where(values < 700, 0, values)
    assert protected_range(values, families.astype(int)).low == 703.0


def test_an_atom_needs_families_not_rows():
    values = np.concatenate([np.arange(400) / 2, np.full(60, 77.77)])
    frame = pd.DataFrame({"x": values})
    families = np.concatenate([np.arange(400), np.full(60, 999)])
    for known, expected in ((None, True), (families, False)):
        transformer = TableTransformer().fit(frame, table="t", families=known)
        assert (77.77 in transformer.columns[0].codec.atoms) == expected


@pytest.mark.parametrize(
    ("values", "digits"),
    [
        ([1.0, 2.0, 3e9], 0),
        ([0.1, 0.25, 1e6], 2),
        ([0.1 + 0.2, 0.1], 1),
        ([1 / 3, 2 / 3], None),
        ([1e20, 1.0], None),
    ],
)
def test_decimals_are_found(values, digits):
    assert find_digits(np.array(values), 8) == digits


def test_decimals_of_float32_are_found_in_its_precision():
    values = np.array([0.1, 0.7, 12.3], dtype=np.float32)
    assert find_digits(values.astype(np.float64), 4) == 1


def test_steps_are_natural_and_need_many_values():
    assert find_step(np.arange(30) * 700, [1, 10, 100]) == (100, 0)
    assert find_step(np.arange(3) * 700, [1, 10, 100]) == (1, 0)
    assert find_step(np.arange(3) * 86_400, [1, 60, 86_400], usual=86_400) == (86_400, 0)
    assert find_step(np.array([-(2**63), 2**63 - 1] * 10), [1, 10]) == (1, 0)


def test_prices_that_end_in_99_go_on_ending_in_99():
    values = pd.Series(np.random.default_rng(0).integers(1, 500, 3000) + 0.99)
    found = drawn(values)
    assert (found.round(2) == found).all()
    assert ((found - 0.99).round(6) % 1 == 0).all()


def test_weeks_and_hours_are_kept():
    rng = np.random.default_rng(0)
    mondays = pd.Series(
        pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.integers(0, 200, 3000) * 7, "D")
    )
    assert set(drawn(mondays).dt.dayofweek) == {0}
    hours = pd.Series(
        pd.Timestamp("2024-01-01 00:30") + pd.to_timedelta(rng.integers(0, 9000, 3000), "h")
    )
    assert set(drawn(hours).dt.minute) == {30}


def test_overshoot_is_mirrored_not_piled_up_at_the_end():
    values = pd.Series(np.random.default_rng(0).uniform(0, 1000, 5000))
    found = drawn(values)
    ends = np.sort(values)[[4, -5]]
    assert ((found >= ends[0]) & (found <= ends[1])).all()
    assert found.isin(ends).mean() < 0.005


@pytest.mark.parametrize(
    ("values", "declared", "low", "high"),
    [
        (np.arange(100), {"min": 18, "max": 65}, 18, 65),
        (np.arange(100), {"min": 17.5}, 18, 95),
        (np.arange(100) / 4, {"max": 10.1}, 1.0, 10.0),
        (np.random.default_rng(0).normal(size=100), {"min": 0.0}, 0.0, 9.0),
        (np.arange(100), {"min": -(10**30), "max": 10**30}, -(10**19), 10**19),
    ],
)
def test_declared_ranges_are_hard(values, declared, low, high):
    found = drawn(pd.Series(values), **declared)
    assert low <= found.min() <= found.max() <= high
    assert found.nunique() > 5


def test_declared_dates_bound_and_the_last_day_counts_whole():
    values = pd.Series(pd.date_range("2023-01-01", periods=1000, freq="13h"))
    found = drawn(values, min="2023-02-01", max="2023-12-31")
    assert found.min() >= pd.Timestamp("2023-02-01")
    assert found.max() < pd.Timestamp("2024-01-01")
    assert found.max() > pd.Timestamp("2023-12-31")


def test_timestamps_declared_as_dates_lose_their_time_of_day():
    values = pd.Series(pd.date_range("2023-01-01", periods=1000, freq="13h"))
    found = through(values, dtype="date")
    assert found.dtype == values.dtype
    assert (found == found.dt.normalize()).all()
    inside = slice(20, -20)
    assert (found[inside] == values.dt.normalize()[inside]).all()


def test_integers_in_float_columns_stay_integers():
    values = pd.Series([1.0, 2.0, None, 7.0] * 30 + list(range(50)))
    found = drawn(values, dtype="int")
    assert found.dtype == "float64"
    assert (found.dropna() % 1 == 0).all()
    assert found.isna().any()


@pytest.mark.parametrize(
    ("values", "declared", "message"),
    [
        ([1.5, 2.0] * 9, {"dtype": "int"}, "with a fraction"),
        ([1.0, np.inf] * 9, {}, "infinite"),
        ([1, 2] * 9, {"min": "2024-01-01"}, "its range needs a number"),
        ([datetime.fromisoformat("2024-01-01")] * 9, {"max": 3}, "needs an ISO date"),
        ([1, 2] * 9, {"min": 0.2, "max": 0.8}, "no value of its type"),
        ([1, 2] * 9, {"dtype": "date"}, "declared date"),
        ([1, 2] * 9, {"dtype": "text"}, "declared text"),
        (["a", "b"] * 9, {"dtype": "int"}, "declared int"),
        (["31/12/2020"] * 9, {"dtype": "date"}, "declared date"),
        (["a", "b", "c"] * 9, {"dtype": "bool"}, "more than two"),
    ],
)
def test_what_does_not_fit_its_declaration_is_an_error_with_its_place(values, declared, message):
    with pytest.raises(DataError, match=message) as caught:
        fitted(pd.Series(values), **declared)
    assert (caught.value.table, caught.value.column) == ("t", "x")


@pytest.mark.parametrize(
    "values", [[37.25], [37.25, 41.5], [37.25, 41.5, 90.125, 12.75, 60.5, 7.5]]
)
def test_tiny_tables_tell_no_value(values):
    transformer, _ = fitted(pd.Series(values))
    saved = json.dumps(transformer.to_dict())
    assert not [value for value in values if str(value) in saved]
    found = drawn(pd.Series(values), rows=200)
    # What is kept is the mean and the spread, rounded to one digit.
    assert found.between(-200, 300).all()
    assert found.nunique() > 20


def test_a_few_rare_values_between_atoms_do_not_become_a_mode():
    values = pd.Series([0] * 5000 + [100] * 5000 + [50] * 2)
    transformer, _ = fitted(values)
    codec = transformer.columns[0].codec
    assert codec.rest is None
    assert set(through(values)) == {0, 100}
    assert codec.shares.sum() == pytest.approx(1)


def test_a_range_without_a_point_of_the_grid_still_holds():
    values = pd.Series(np.arange(40.0))
    assert drawn(values, min=2.25, max=2.75).between(2.25, 2.75).all()


@pytest.mark.parametrize(
    "damage",
    [
        {"axis": {"exponent": 3, "ends": [0.0, 1e9, 0.0, 1e9]}},
        {"axis": {"exponent": 3, "ends": [2.0, 1.0, 0.0, 9.0]}},
        {"axis": {"digits": None, "step": 1, "phase": 0, "points": [0, 9, 0]}},
        {"axis": {"digits": 1, "step": 1, "phase": 0, "points": [0, 9, 3, 5]}},
        {"axis": {"digits": 99, "step": 1, "phase": 0, "points": [0, 9, 0, 9]}},
        {"atoms": [2.0, 1.0]},
        {"learnt": [1.0]},
        {"shares": [1.0, 0.0, 0.0]},
        {"rest": {"kind": "magic"}},
        {"snap": 0},
    ],
)
def test_damaged_numbers_are_refused(damage):
    record = fitted(pd.Series([1.5, 2.5] * 9))[0].columns[0].codec.to_dict()
    NumericCodec.from_dict(record)
    with pytest.raises(ModelFileError):
        NumericCodec.from_dict({**record, **damage})


def test_the_lattice_reaches_the_ends_of_int64():
    ends = Range(-(2**63), 2**63 - 1)
    lattice = Lattice.fit(ends, ends, digits=None, step=1, phase=0)
    values = np.array([-(2**63), 0, 2**63 - 1])
    found = lattice.values(lattice.positions(values))
    assert found[0] == -(2**63)
    # Positions are float64: 53 of 64 bits.
    assert abs(int(found[1])) <= 2**11
    assert 2**63 - 1 - int(found[2]) <= 2**11


def test_days_over_centuries_stay_days():
    # Their nanoseconds are more than a float can tell apart; the days are not.
    rng = np.random.default_rng(3)
    days = pd.Timestamp("1850-01-01") + pd.to_timedelta(rng.integers(0, 60_000, 3000), "D")
    frame = pd.DataFrame({"born": days.astype("datetime64[ns]")})
    transformer = TableTransformer().fit(frame, table="people", numbers="cells")
    encoded = transformer.encode(frame, np.random.default_rng(0))
    back = transformer.decode(encoded, np.random.default_rng(0))["born"]
    assert (back.dt.normalize() == back).all()
