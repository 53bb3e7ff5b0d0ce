"""Quantile cells: ranks that are uniform, boundaries that round trip, nothing of a single row."""

import json

import numpy as np
import pandas as pd
import pytest

from synthohive_jupyter.errors import ModelFileError
from synthohive_jupyter.tabular.axis import Lattice, Line, Range
from synthohive_jupyter.tabular.cells import CELLS, KNOTS, QuantileCells
from synthohive_jupyter.tabular.codecs import RARE
from synthohive_jupyter.tabular.transformer import TableTransformer

ROWS = 4000


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def line(positions):
    ends = Range(float(positions.min()), float(positions.max()))
    return Line.fit(ends, ends)


def lattice(values):
    ends = Range(int(values.min()), int(values.max()))
    return Lattice.fit(ends, ends, digits=None, step=1, phase=0)


def fit_line(values, families=None):
    axis = line(values)
    positions = axis.positions(values)
    return QuantileCells.fit(positions, families=families, axis=axis), positions


def test_cells_have_equal_mass_and_few_knots(rng):
    cells, _ = fit_line(rng.lognormal(size=ROWS))
    assert len(cells.shares) == CELLS
    # Cells are runs of whole knots of 5 rows, so a cell may have one knot more or less.
    np.testing.assert_allclose(cells.shares, 1 / CELLS, atol=RARE / ROWS + 1e-12)
    assert np.diff(cells.edges).max() <= KNOTS + 1


def test_scalars_are_uniform_inside_every_cell(rng):
    cells, positions = fit_line(rng.normal(size=ROWS))
    codes, scalars = cells.encode(positions, rng)
    # 40 rows a cell: their mean rank has a deviation of .09.
    means = np.array([scalars[codes == code].mean() for code in range(CELLS)])
    assert np.abs(means).max() < 0.45
    assert abs(scalars.std() - 3**-0.5) < 0.02


def test_a_drawn_number_has_the_distribution_of_the_data(rng):
    cells, positions = fit_line(rng.lognormal(sigma=1.5, size=ROWS))
    codes = rng.choice(CELLS, ROWS, p=cells.shares)
    drawn = cells.decode(codes, rng.uniform(-1, 1, ROWS).astype(np.float32), rng)
    # Kolmogorov-Smirnov distance of two samples of 4,000: .036 at the 1 % level.
    at = np.sort(np.concatenate([drawn, positions]))
    distance = np.abs(
        np.searchsorted(np.sort(drawn), at, side="right")
        - np.searchsorted(np.sort(positions), at, side="right")
    )
    assert distance.max() / ROWS < 0.036


@pytest.mark.parametrize("scalar", [-1.0, -0.3, 0.0, 0.99, 1.0])
def test_a_code_comes_back_from_its_value(rng, scalar):
    whole = rng.poisson(300, ROWS)
    axis = lattice(whole)
    cells = QuantileCells.fit(axis.positions(whole), families=None, axis=axis)
    real = fit_line(rng.normal(size=ROWS))[0]
    for found, snap in ((cells, np.rint), (real, np.asarray)):
        codes = np.arange(len(found.shares))
        drawn = snap(found.decode(codes, np.full(len(codes), scalar, np.float32), rng))
        assert (found.encode(drawn, rng)[0] == codes).all()


def test_values_come_back_from_code_and_scalar(rng):
    cells, positions = fit_line(rng.normal(size=ROWS))
    back = cells.decode(*cells.encode(positions, rng), rng)
    # Scalars are float32, cells up to 4 wide.
    assert np.abs(back - positions).max() < 1e-5


def test_no_knot_and_no_boundary_is_the_value_of_a_row(rng):
    values = rng.normal(size=ROWS)
    cells, positions = fit_line(values)
    inner = cells.places[1:-1]  # the ends are those of the axis, which the codec protects
    assert not np.isin(inner, positions).any()


def test_every_knot_has_rows_of_enough_families(rng):
    values = np.sort(rng.normal(size=600))
    families = np.arange(600) // 60  # ten families, each side by side
    cells, positions = fit_line(values, families)
    bounds = cells.places
    for low, high in zip(bounds[:-2], bounds[2:], strict=True):
        # Between the neighbours of a knot lie the rows of at least its own group.
        inside = (positions >= low) & (positions <= high)
        assert len(np.unique(families[inside])) >= RARE
    assert QuantileCells.fit(positions[:200], families=families[:200], axis=line(values)) is None


def test_a_value_that_fills_cells_leaves_none_empty(rng):
    whole = np.concatenate([np.full(900, 50), rng.integers(0, 100, 900)])
    axis = lattice(whole)
    cells = QuantileCells.fit(axis.positions(whole), families=None, axis=axis)
    assert (cells.shares > 0).all()
    codes, _ = cells.encode(axis.positions(whole), rng)
    assert len(np.unique(codes)) == len(cells.shares)


@pytest.mark.parametrize("size", [RARE, RARE + 1, 19, 40])
def test_small_columns_have_few_cells(rng, size):
    cells, positions = fit_line(rng.normal(size=size))
    assert len(cells.shares) == max(size // 20, 1)
    assert np.isfinite(cells.decode(*cells.encode(positions, rng), rng)).all()


def test_steps_next_to_nothing_have_no_slope(rng):
    places, masses = np.array([0.0, 1e-309, 0.5, 1.0]), np.array([0.0, 0.3, 0.7, 1.0])
    cells = QuantileCells(places, masses, np.array([0, 3]))
    codes, scalars = cells.encode(np.array([0.0, 5e-310, 0.25, 1.0]), rng)
    assert set(codes) == {0}
    assert np.isfinite(scalars).all()
    assert scalars[-1] == 1.0


def test_a_range_cuts_cells(rng):
    cells, positions = fit_line(rng.normal(size=ROWS))
    low, high = np.quantile(positions, [0.2, 0.7])
    lower, upper = cells.between(low, high)
    kept = (upper - lower) / 2 * cells.shares
    assert kept.sum() == pytest.approx(0.5, abs=0.003)
    codes = rng.choice(len(kept), 500, p=kept / kept.sum())
    scalars = rng.uniform(lower[codes], upper[codes]).astype(np.float32)
    drawn = cells.decode(codes, scalars, rng)
    # float32 ranks: one part in 2**24 of a cell.
    assert drawn.min() >= low - 1e-5
    assert drawn.max() <= high + 1e-5


def test_it_survives_json_and_refuses_damage(rng):
    cells, positions = fit_line(rng.normal(size=200))
    record = json.loads(json.dumps(cells.to_dict()))
    again = QuantileCells.from_dict(record)
    assert again.to_dict() == cells.to_dict()
    assert (again.encode(positions, rng)[1] == cells.encode(positions, rng)[1]).all()
    masses, places = record["masses"], record["places"]
    damage = [
        {"edges": record["edges"][:-1]},
        {"edges": [0, 0, len(places) - 1]},
        {"edges": [0, "1", len(places) - 1]},
        {"edges": [0]},
        {"places": places[::-1]},
        {"places": places[:-1]},
        {"masses": [0.1, *masses[1:]]},
        {"masses": [*masses[:-1], 0.9]},
        {"masses": [float("nan")] * len(masses)},
    ]
    for wrong in damage:
        with pytest.raises(ModelFileError):
            QuantileCells.from_dict(record | wrong)


TYPES = {
    "int64": lambda n: n.astype(np.int64),
    "float32": lambda n: (n / 7).astype(np.float32),
    "float64": lambda n: n / 10,
    "datetime64[ns]": lambda n: pd.Timestamp("1850-01-01") + pd.to_timedelta(n, unit="D"),
    "Int64": lambda n: pd.array(n, dtype="Int64"),
}


@pytest.mark.parametrize("dtype", TYPES)
def test_a_transformer_with_cells_keeps_types_grids_and_nulls(rng, dtype):
    numbers = rng.integers(-5000, 5000, 900)
    column = pd.Series(TYPES[dtype](numbers)).astype(dtype)
    if dtype != "int64":
        column[rng.random(900) < 0.1] = None
    frame = pd.DataFrame({"x": column})
    transformer = TableTransformer().fit(frame, table="t", numbers="cells")
    again = TableTransformer.from_dict(json.loads(json.dumps(transformer.to_dict())))
    encoded = again.encode(frame, np.random.default_rng(1))
    back = again.decode(encoded, np.random.default_rng(2))
    assert back.dtypes.to_dict() == frame.dtypes.to_dict()
    assert (back["x"].isna() == frame["x"].isna()).all()
    kept = frame["x"].notna() & frame["x"].rank().between(6, frame["x"].notna().sum() - 5)
    if dtype != "float32":  # no grid: exact up to the precision of a scalar
        assert (back["x"][kept] == frame["x"][kept]).all()


def test_more_values_are_atoms_than_for_a_mixture(rng):
    # 240 values of 15 rows each: .4 % of the rows, too rare for the atoms of a mixture.
    few = pd.DataFrame({"x": np.repeat(np.arange(240), 15)})
    frame = pd.concat([few, pd.DataFrame({"x": rng.permutation(6000) * 7 + 1000})])
    wide = TableTransformer().fit(frame, table="t", numbers="cells")
    fine = TableTransformer().fit(few, table="t", numbers="cells")
    plain = TableTransformer().fit(few, table="t")

    def atoms(transformer):
        (layout,) = transformer.layout
        return layout.n_codes - len(layout.scalar_codes)

    assert atoms(fine) == fine.layout[0].n_codes == 240
    assert atoms(plain) == 0
    # Where most rows have a value of their own, repeated ones are accidents.
    assert atoms(wide) == 0
