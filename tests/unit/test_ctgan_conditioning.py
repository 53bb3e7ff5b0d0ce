"""Conditions and training-by-sampling."""

import numpy as np
import pytest

from synthohive_jupyter.models.ctgan.conditioning import (
    ConditionTable,
    TrainingSampler,
    code_frequencies,
)
from synthohive_jupyter.tabular.codecs import ColumnLayout

LAYOUT = (
    ColumnLayout("kind", 3, (), embedded=False),
    ColumnLayout("constant", 1, (), embedded=False),
    ColumnLayout("price", 4, (2, 3), embedded=False),
)
ROWS = 1000
DRAWS = 60_000
# Shares of at most .5 over DRAWS / 2 rows: deviation below .0029; five of them.
TOLERANCE = 0.015


@pytest.fixture
def rng():
    return np.random.default_rng(3)


@pytest.fixture
def codes(rng):
    kind = rng.choice(3, ROWS, p=[0.9, 0.08, 0.02])
    price = rng.choice([0, 1, 3], ROWS, p=[0.5, 0.3, 0.2])  # code 2 never occurs
    return np.stack([kind, np.zeros(ROWS, int), price], 1).astype(np.int32)


def sampler(codes, **changed):
    options = {"condition_on": "all", "log_frequency": False, "free_share": 0.0} | changed
    return TrainingSampler(LAYOUT, codes, **options)


def test_every_row_fulfils_its_condition(codes, rng):
    batch = sampler(codes).batch(rng, DRAWS)
    conditions = batch.conditions
    assert (codes[batch.rows, conditions.columns] == conditions.codes).all()
    assert set(conditions.columns.tolist()) == {0, 2}  # a constant says nothing


def test_columns_are_drawn_evenly_and_codes_by_frequency(codes, rng):
    conditions = sampler(codes).draw(rng, DRAWS)
    frequencies = code_frequencies(LAYOUT, codes)
    assert (conditions.columns == 0).mean() == pytest.approx(0.5, abs=TOLERANCE)
    for column, start, size in ((0, 0, 3), (2, 4, 4)):
        drawn = conditions.codes[conditions.columns == column]
        shares = np.bincount(drawn, minlength=size) / len(drawn)
        assert shares == pytest.approx(frequencies[start : start + size], abs=TOLERANCE)


def test_rows_of_a_code_are_drawn_evenly(codes, rng):
    batch = sampler(codes).batch(rng, DRAWS)
    rare = (batch.conditions.columns == 0) & (batch.conditions.codes == 2)
    members = np.flatnonzero(codes[:, 0] == 2)
    counts = np.array([(batch.rows[rare] == row).sum() for row in members])
    assert counts.sum() == rare.sum()
    # Poisson with a mean of about 30: five deviations.
    assert np.abs(counts - counts.mean()).max() < 5 * np.sqrt(counts.mean())


def test_log_frequencies_favour_rare_codes_and_the_weights_take_that_back(codes, rng):
    biased = sampler(codes, log_frequency=True)
    batch = biased.batch(rng, DRAWS)
    at_kind = batch.conditions.columns == 0
    drawn = np.bincount(batch.conditions.codes[at_kind], minlength=3) / at_kind.sum()
    logs = np.log1p(np.bincount(codes[:, 0]))
    assert drawn == pytest.approx(logs / logs.sum(), abs=TOLERANCE)
    weighted = np.bincount(batch.conditions.codes[at_kind], batch.weights[at_kind], minlength=3)
    true = np.bincount(codes[:, 0]) / ROWS
    assert weighted / weighted.sum() == pytest.approx(true, abs=TOLERANCE)
    assert batch.weights.sum() == pytest.approx(1.0, abs=1e-4)


def test_sampling_uses_true_frequencies_even_after_training_by_logs(codes, rng):
    drawn = sampler(codes, log_frequency=True).draw(rng, DRAWS)
    shares = np.bincount(drawn.codes[drawn.columns == 0]) / (drawn.columns == 0).sum()
    assert shares == pytest.approx(np.bincount(codes[:, 0]) / ROWS, abs=TOLERANCE)


def test_discrete_conditions_leave_numbers_out(codes, rng):
    assert set(sampler(codes, condition_on="discrete").draw(rng, 500).columns.tolist()) == {0}


def test_free_rows_have_no_condition_and_come_from_all_rows(codes, rng):
    batch = sampler(codes, free_share=0.5).batch(rng, DRAWS)
    free = batch.conditions.columns == -1
    assert free.mean() == pytest.approx(0.5, abs=TOLERANCE)
    assert (batch.conditions.codes[free] == 0).all()
    shares = np.bincount(codes[batch.rows[free], 2], minlength=4) / free.sum()
    assert shares == pytest.approx(np.bincount(codes[:, 2], minlength=4) / ROWS, abs=TOLERANCE)


def test_without_a_column_to_condition_on_all_rows_are_free(rng):
    layout = LAYOUT[1:2]
    batch = TrainingSampler(
        layout,
        np.zeros((7, 1), np.int32),
        condition_on="all",
        log_frequency=True,
        free_share=0.0,
    ).batch(rng, 100)
    assert (batch.conditions.columns == -1).all()
    assert set(batch.rows.tolist()) == set(range(7))


def test_a_uniform_number_next_to_one_stays_inside():
    table = ConditionTable(LAYOUT[:1], np.array([0.5, 0.5, 0.0]), condition_on="all")

    class Last:
        def random(self, rows):
            return np.full(rows, np.nextafter(1.0, 0.0))

    assert table.draw(Last(), 2).codes.tolist() == [1, 1]
