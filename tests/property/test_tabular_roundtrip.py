"""decode(encode(x)) is x wherever it can be, and inside the bounds everywhere."""

import decimal
import json
from datetime import datetime

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synthohive_jupyter.errors import ModelFileError
from synthohive_jupyter.schema.tables import Constraint
from synthohive_jupyter.tabular.codecs import RARE, Encoded
from synthohive_jupyter.tabular.constraints import violations
from synthohive_jupyter.tabular.mixture import EDGE, REACH
from synthohive_jupyter.tabular.transformer import TableTransformer

FEW = settings(max_examples=40, deadline=None)

naive = datetime.fromisoformat
exact_values = {
    "Int64": st.integers(-(2**63), 2**63 - 1),
    "UInt64": st.integers(0, 2**64 - 1),
    "Float64": st.floats(allow_nan=False, allow_infinity=False),
    "boolean": st.booleans(),
    "string": st.text(max_size=8).filter(lambda text: "\0" not in text),
    "datetime64[us]": st.datetimes(naive("0001-01-02"), naive("9999-12-30")),
    "datetime64[ns]": st.datetimes(naive("1700-01-01"), naive("2262-01-01")),
    "date": st.dates(),
    "decimal": st.decimals(-(10**12), 10**12, places=3, allow_nan=False),
    "datetime64[us, Europe/Paris]": st.datetimes(naive("1950-01-01"), naive("2100-01-01")),
}


def column(values, dtype):
    if dtype in {"date", "decimal"}:
        return pd.Series(values, dtype=object)
    if "Paris" in dtype:
        stamps = pd.Series(values, dtype="datetime64[us]")
        return stamps.dt.tz_localize("UTC").dt.tz_convert("Europe/Paris")
    return pd.Series(values, dtype=dtype)


def through(frame, transformer):
    encoded = transformer.encode(frame, np.random.default_rng(1))
    return transformer.decode(encoded, np.random.default_rng(2))


def same_after_json(transformer):
    saved = json.dumps(transformer.to_dict(), allow_nan=False)
    again = TableTransformer.from_dict(json.loads(saved))
    assert json.dumps(again.to_dict()) == saved
    return again


@pytest.mark.parametrize("dtype", exact_values)
@given(data=st.data())
@FEW
def test_frequent_values_and_nulls_of_every_type_come_back_exactly(dtype, data):
    distinct = data.draw(st.lists(exact_values[dtype], min_size=1, max_size=4, unique=True))
    nulls = data.draw(st.integers(0, 6))
    # 30 rows a value: enough for an atom (8 rows) and for a level (5 rows).
    values = distinct * 30 + [None] * nulls
    order = np.random.default_rng(data.draw(st.integers(0, 9))).permutation(len(values))
    frame = pd.DataFrame({"x": column([values[i] for i in order], dtype)})
    transformer = TableTransformer().fit(frame, table="t")
    pd.testing.assert_frame_equal(through(frame, transformer), frame)
    assert transformer.layout[0].scalar_codes == ()
    again = same_after_json(transformer)
    pd.testing.assert_frame_equal(through(frame, again), frame)


@given(
    values=st.lists(st.integers(-(10**12), 10**12), min_size=10, max_size=200),
    power=st.integers(0, 4),
    kind=st.sampled_from(["int64", "float64", "Int64", "decimal"]),
)
@FEW
def test_numbers_stay_on_their_grid_inside_their_range_and_near(values, power, kind):
    if kind == "decimal":
        series = pd.Series([decimal.Decimal(v).scaleb(-power) for v in values], dtype=object)
    else:
        series = pd.Series(values, dtype=kind) if "nt" in kind else pd.Series(values) / 10.0**power
    power = 0 if "nt" in kind else power
    frame = pd.DataFrame({"x": series})
    transformer = TableTransformer().fit(frame, table="t")
    found = through(frame, transformer)["x"]
    assert found.dtype == series.dtype
    ticks = np.array([round(decimal.Decimal(str(v)).scaleb(power)) for v in found])
    grid = np.array([float(decimal.Decimal(int(t)).scaleb(-power)) for t in ticks])
    assert (found.astype(float).to_numpy() == grid).all()
    ends = np.sort(values)[[RARE - 1, -RARE]]
    assert ends[0] <= ticks.min() <= ticks.max() <= ends[1]
    assert_near(transformer.columns[0], series, found)


def assert_near(column, series, found):
    """Where a mode reaches a value, it comes back within half a step and float32's rounding."""
    codec = column.codec
    if codec.rest is None:
        return
    bend, deviations = codec.rest.bend, codec.rest.deviations
    wanted, got = (
        codec.axis.positions(codec.learnt.clip(column.storage.read(one, table="t")[0]))
        for one in (series, found)
    )
    scaled = bend.forward(wanted)
    reached = (np.abs(scaled[:, None] - codec.rest.means) <= REACH * EDGE * deviations).any(axis=1)
    slope = bend.width * (np.cosh(scaled) if bend.bent else 1.0)
    resolution = REACH * deviations.max() * 2.0**-23 * slope
    assert (
        np.abs(got - wanted)[reached] <= codec.axis.spacing / 2 + (resolution + 0 * wanted)[reached]
    ).all()


@given(
    values=st.lists(st.floats(-1e300, 1e300), min_size=10, max_size=100),
    low=st.floats(-1e6, 0),
    high=st.floats(0, 1e6),
    dtype=st.sampled_from(["float64", "float32"]),
)
@FEW
def test_declared_bounds_hold_whatever_a_model_draws(values, low, high, dtype):
    with np.errstate(over="ignore"):
        frame = pd.DataFrame({"x": pd.Series(values).clip(-3e38, 3e38).astype(dtype)})
    constraints = {"x": Constraint(min=low, max=high)}
    transformer = TableTransformer().fit(frame, table="t", constraints=constraints)
    encoded = transformer.encode(frame, np.random.default_rng(0))
    rng = np.random.default_rng(1)
    encoded.codes[:] = rng.integers(-1, transformer.layout[0].n_codes + 1, encoded.codes.shape)
    encoded.scalars[:] = rng.uniform(-1, 1, encoded.scalars.shape)
    found = transformer.decode(encoded, rng)["x"]
    assert found.dtype == dtype
    assert found.between(np.dtype(dtype).type(low), np.dtype(dtype).type(high)).all()


@given(
    days=st.lists(st.integers(-60_000, 60_000), min_size=10, max_size=80),
    kind=st.sampled_from(["date", "iso", "datetime64[s]", "datetime64[us]", "Paris"]),
    nulls=st.integers(0, 3),
)
@FEW
def test_days_stay_days(days, kind, nulls):
    stamps = np.array(days).astype("M8[D]")
    series = pd.Series({
        "date": lambda: stamps.astype(object),
        "iso": lambda: stamps.astype(str).astype(object),
        "datetime64[s]": lambda: stamps.astype("M8[s]"),
        "datetime64[us]": lambda: stamps.astype("M8[us]"),
        "Paris": lambda: pd.Series(stamps.astype("M8[s]")).dt.tz_localize(
            "Europe/Paris", nonexistent="shift_forward", ambiguous=np.zeros(len(days), bool)),
    }[kind]())  # fmt: skip
    series[:nulls] = None
    frame = pd.DataFrame({"x": series})
    transformer = TableTransformer().fit(frame, table="t")
    found = through(frame, transformer)["x"]
    assert found.dtype == series.dtype
    assert (found.isna() == series.isna()).all()
    texts = found.dropna().astype(str)
    assert texts.str.fullmatch(r"\d{4}-\d\d-\d\d( 00:00:00)?([+-]\d\d:\d\d(:\d\d)?)?").all()
    wanted = np.sort(stamps[nulls:].astype(str))
    if len(wanted) >= 2 * RARE:
        assert wanted[RARE - 1] <= texts.str[:10].min()
        assert texts.str[:10].max() <= wanted[-RARE]


def leaves(record):
    if isinstance(record, dict):
        record = list(record.values())
    if isinstance(record, list):
        for item in record:
            yield from leaves(item)
    else:
        yield record


@given(
    common=st.lists(st.text("abcdef", min_size=3, max_size=3), min_size=1, max_size=3, unique=True),
    rare=st.lists(st.text("uvwxyz", min_size=6, max_size=6), min_size=0, max_size=6, unique=True),
    times=st.integers(1, RARE - 1),
    as_category=st.booleans(),
)
@FEW
def test_no_rare_level_is_stored_or_comes_out(common, rare, times, as_category):
    values = pd.Series(common * 40 + rare * times, dtype=object)
    frame = pd.DataFrame({"x": values.astype("category") if as_category else values})
    transformer = TableTransformer().fit(frame, table="t")
    saved = json.dumps(transformer.to_dict())
    assert not [level for level in rare if level in saved]
    found = through(frame, transformer)["x"]
    assert set(found) <= set(common)
    assert (found[: len(common) * 40].astype(object) == values[: len(common) * 40]).all()


@given(
    values=st.lists(st.floats(1e3, 1e9).filter(lambda x: x % 1 > 0), min_size=12, max_size=80,
                    unique=True),
    times=st.integers(1, RARE - 1),
    whole=st.booleans(),
)  # fmt: skip
@FEW
def test_no_extreme_number_is_stored_or_comes_out(values, times, whole):
    values = sorted({round(v) * 7 + 1 for v in values} if whole else values)
    low, high = values[0], values[-1]
    frame = pd.DataFrame({"x": [low] * times + values[1:-1] * 5 + [high] * times})
    transformer = TableTransformer().fit(frame, table="t")
    numbers = [leaf for leaf in leaves(transformer.to_dict()) if isinstance(leaf, (int, float))]
    if len(values) < 4:
        return
    assert low not in numbers
    assert high not in numbers
    found = through(frame, transformer)["x"]
    assert low < found.min() <= found.max() < high


@given(families=st.integers(1, RARE - 1), rows=st.integers(50, 100))
@FEW
def test_what_few_families_repeat_counts_as_rare(families, rows):
    common = pd.DataFrame({"level": ["a", "b"] * 100, "n": [10.5, 20.5] * 100})
    own = pd.DataFrame({"level": ["secret"] * rows, "n": [777.25] * rows})
    frame = pd.concat([common, own], ignore_index=True)
    who = np.concatenate([np.arange(200), 1000 + np.arange(rows) % families])
    transformer = TableTransformer().fit(frame, table="t", families=who)
    saved = json.dumps(transformer.to_dict())
    assert "secret" not in saved
    assert 777.25 not in leaves(transformer.to_dict())
    found = through(frame, transformer)
    assert set(found["level"]) == {"a", "b"}
    assert found["n"].max() <= 20.5
    alone = TableTransformer().fit(frame, table="t")
    assert "secret" in json.dumps(alone.to_dict())


@given(data=st.data())
@settings(max_examples=200, deadline=None)
def test_a_damaged_record_is_a_model_file_error(data):
    saved = json.loads(_SAVED)
    place, key = saved, data.draw(st.sampled_from(list(saved)))
    while isinstance(place[key], (dict, list)) and place[key] and data.draw(st.integers(0, 5)):
        place = place[key]
        key = data.draw(
            st.sampled_from(range(len(place)) if isinstance(place, list) else list(place))
        )
    junk = [None, True, -1, 0, 2**70, 1.5, -1e308, "x", [], {}, ["x"], [[]], {"kind": "x"}]
    action = data.draw(st.sampled_from(["replace", "delete"]))
    if action == "delete":
        del place[key]
    else:
        place[key] = data.draw(st.sampled_from(junk))
    try:
        transformer = TableTransformer.from_dict(saved)
    except ModelFileError:
        return
    # What still loads has to work: the change was within what the part may be.
    shape = (3, len(transformer.layout))
    encoded = Encoded(np.zeros(shape, np.int32), np.ones(shape, np.float32))
    assert len(transformer.decode(encoded, np.random.default_rng(0))) == 3


_FRAME = pd.DataFrame({
    "n": np.random.default_rng(0).normal(size=60), "i": list(range(50)) + [3] * 10,
    "c": ["a", "b", None] * 20, "b": [True, False] * 30,
    "d": pd.date_range("2020", periods=60), "t": [f"K-{i:03d}" for i in range(60)],
    "k": pd.Categorical(["x", "y"] * 30), "e": pd.date_range("2020-01-03", periods=60),
    "y": np.random.default_rng(1).normal(size=60) + 9, "p": ["u", None] * 30,
})  # fmt: skip
_SAVED = json.dumps(
    TableTransformer()
    .fit(_FRAME, table="t", checks=[("d", "e"), ("n", "y")], combinations=[("k", "p")])
    .to_dict()
)


steps = {
    "int64": st.integers(-1000, 1000),
    "Int64": st.integers(-1000, 1000) | st.none(),
    "float64": st.floats(-1e6, 1e6) | st.integers(-9999, 9999).map(lambda n: n / 100),
    "float32": st.floats(-1e6, 1e6, width=32),
    "datetime64[us]": st.datetimes(naive("1900-01-01"), naive("2100-01-01")) | st.none(),
    "date": st.dates(naive("1900-01-01").date(), naive("2100-01-01").date()) | st.none(),
    "decimal": st.decimals(-1000, 1000, places=2),
}


@given(data=st.data(), numbers=st.sampled_from(["mixture", "cells"]))
@FEW
def test_a_check_holds_whatever_is_drawn(data, numbers):
    kinds = data.draw(
        st.lists(st.sampled_from(["int64", "Int64", "float64", "float32", "decimal"]), min_size=2, max_size=3)
        | st.lists(st.sampled_from(["datetime64[us]", "date"]), min_size=2, max_size=3)
    )  # fmt: skip
    rows = data.draw(st.integers(10, 40))
    frame = pd.DataFrame({
        f"c{i}": column(data.draw(st.lists(steps[kind], min_size=rows, max_size=rows)), kind)
        for i, kind in enumerate(kinds)
    })  # fmt: skip
    checks = [(f"c{i}", f"c{i + 1}") for i in range(len(kinds) - 1)]
    transformer = TableTransformer().fit(frame, table="t", checks=checks, numbers=numbers)
    same_after_json(transformer)
    rng = np.random.default_rng(0)
    encoded = transformer.encode(frame, rng)
    learnt = transformer.decode(encoded, rng)
    sizes = [layout.n_codes for layout in transformer.layout]
    encoded.codes = rng.integers(0, sizes, encoded.codes.shape).astype(np.int32)
    encoded.scalars = rng.uniform(-1, 1, encoded.scalars.shape).astype(np.float32)
    gaps = [pair for pair in checks if pair[1] in transformer.links.gaps]
    for found in (learnt, transformer.decode(encoded, rng)):
        assert found.dtypes.equals(frame.dtypes)
        assert violations(found, {}, gaps) == []
