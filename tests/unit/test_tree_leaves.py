"""What leaves keep of their rows: shares and averages, never a row."""

import numpy as np
import pytest

from synthohive_jupyter.errors import ModelFileError
from synthohive_jupyter.trees.leaves import CONTINUOUS, KNOTS, Cells, Entries, Leaves


def continuous(ranks, families=None):
    ranks = np.asarray(ranks, np.float64)
    return Cells(np.full(len(ranks), CONTINUOUS), ranks, families)


def one_group(cells):
    return Entries.count(np.zeros(len(cells.symbols), np.int64), 1, cells)


def test_symbols_have_their_shares():
    groups = np.repeat([0, 1], [10, 40])
    symbols = np.concatenate([np.repeat([0, 2], 5), np.repeat([1, 2], [30, 10])])
    entries = Entries.count(groups, 2, Cells(symbols, np.zeros(50)))
    assert entries.symbol.tolist() == [0, 2, 1, 2]
    assert np.allclose(entries.upper, [0.5, 1.0, 1.75, 2.0])
    drawn, _ = entries.draw(np.array([0, 0, 1, 1]), np.array([0.49, 0.5, 0.74, 0.75]))
    assert drawn.tolist() == [0, 2, 1, 2]


def test_knots_are_means_of_five_rows_and_no_row_is_kept():
    ranks = np.sort(np.random.default_rng(0).uniform(0.3, 0.7, 20))
    entries = one_group(continuous(ranks))
    means = ranks.reshape(4, 5).mean(axis=1)
    middles = (means[1:] + means[:-1]) / 2
    assert np.allclose(entries.high[:-1], middles)
    assert np.allclose(entries.low[1:], middles)
    # The outer intervals reach as far outwards as inwards from their mean.
    assert np.allclose(entries.low[0] + entries.high[0], 2 * means[0])
    assert np.allclose(entries.low[-1] + entries.high[-1], 2 * means[-1])
    kept = np.concatenate([entries.low, entries.high])
    assert not np.isin(kept, ranks.astype(np.float32)).any()


def test_many_rows_have_few_knots():
    entries = one_group(continuous(np.linspace(0, 1, 5000)))
    assert len(entries.upper) == KNOTS
    _, drawn = entries.draw(np.zeros(1000, np.int64), (np.arange(1000) + 0.5) / 1000)
    # 64 intervals of a uniform distribution: no quantile is off by more than half of one.
    assert np.abs(drawn - (np.arange(1000) + 0.5) / 1000).max() < 1 / KNOTS / 2


def test_one_knot_is_as_wide_as_its_rows():
    ranks = np.linspace(0.4, 0.6, 7)
    entries = one_group(continuous(ranks))
    uniform = (np.arange(4000) + 0.5) / 4000
    _, drawn = entries.draw(np.zeros(4000, np.int64), uniform)
    assert np.isclose(drawn.mean(), ranks.mean())
    assert np.isclose(drawn.std(), ranks.std(), rtol=1e-3)


def test_too_few_rows_have_the_ranks_of_the_whole_column():
    entries = one_group(continuous([0.3, 0.31, 0.32, 0.33]))
    assert (entries.low.tolist(), entries.high.tolist()) == ([0.0], [1.0])


def test_knots_need_five_families():
    ranks = np.linspace(0.1, 0.9, 60)
    few = continuous(ranks, families=np.repeat([0, 1, 2, 3], 15))
    assert one_group(few).high.tolist() == [1.0]
    # Sorted, the families come in runs of six: a knot needs five runs.
    runs = continuous(ranks, families=np.repeat(np.arange(10), 6))
    assert len(one_group(runs).upper) == 1
    spread = continuous(ranks, families=np.tile(np.arange(10), 6))
    assert len(one_group(spread).upper) == 12


def test_atoms_stand_beside_intervals():
    symbols = np.concatenate([np.full(50, 3), np.full(50, CONTINUOUS)])
    cells = Cells(symbols, np.concatenate([np.full(50, 0.5), np.linspace(0, 1, 50)]))
    drawn, ranks = one_group(cells).draw(np.zeros(1000, np.int64), (np.arange(1000) + 0.5) / 1000)
    assert (drawn == 3).mean() == 0.5
    assert ((ranks >= 0) & (ranks <= 1)).all()


def leaves_of(symbols, leaves, wider, smoothing=4.0):
    cells = Cells(np.asarray(symbols), np.zeros(len(symbols)))
    return Leaves.fit(np.asarray(leaves), np.asarray(wider), cells, smoothing=smoothing)


def test_a_leaf_of_one_symbol_gives_nothing_away():
    found = leaves_of(np.repeat([0, 1], 20), np.repeat([0, 1], 20), [0, 0, 2][:2])
    assert found.share.tolist() == [0.0, 0.0]


def test_leaves_alone_in_their_group_have_only_their_own_rows():
    found = leaves_of(np.arange(60) % 2, np.repeat([0, 1, 2], 20), [7, 3, 7])
    assert found.share[1] == 0.0
    assert found.group.tolist() == [3, 1, 3]
    assert found.entries.upper[-1] == 4.0


def test_chances_are_shares_of_the_draws():
    symbols = np.concatenate([np.repeat([0, 1], [18, 2]), np.repeat([0, 3], [2, 18])])
    found = leaves_of(symbols, np.repeat([0, 1], 20), [0, 0])
    leaves = np.repeat([0, 1], 5)
    chances = found.chances(leaves, np.tile(np.arange(5), 2)).reshape(2, 5)
    assert np.allclose(chances.sum(axis=1), 1.0)
    uniform = (np.arange(24_000) + 0.5) / 24_000
    for leaf in (0, 1):
        drawn, _ = found.draw(np.full(24_000, leaf), uniform)
        assert np.allclose(np.bincount(drawn, minlength=5) / 24_000, chances[leaf], atol=1e-3)


def test_the_chance_of_a_number_is_that_of_all_its_intervals():
    symbols = np.concatenate([np.full(25, 3), np.full(75, CONTINUOUS)])
    entries = one_group(Cells(symbols, np.linspace(0, 1, 100)))
    asked = np.array([CONTINUOUS, 3, 2, 9])
    assert np.allclose(entries.chances(np.zeros(4, np.int64), asked), [0.75, 0.25, 0, 0])


def test_a_mixed_leaf_leans_on_its_group():
    symbols = np.concatenate([np.repeat([0, 1], [18, 2]), np.repeat([0, 1], [2, 18])])
    leaves = np.repeat([0, 1], 20)
    alone = leaves_of(symbols, leaves, [0, 0], smoothing=0.0)
    found = leaves_of(symbols, leaves, [0, 0])
    share = 4 / (20 + 4)
    assert np.allclose(found.share, share)
    uniform = (np.arange(12_000) + 0.5) / 12_000
    for leaf, own in ((0, 0.1), (1, 0.9)):
        at = np.full(12_000, leaf)
        assert np.isclose(alone.draw(at, uniform)[0].mean(), own, atol=1e-3)
        wanted = (1 - share) * own + share * 0.5
        assert np.isclose(found.draw(at, uniform)[0].mean(), wanted, atol=1e-3)


def test_the_ends_of_the_uniform_numbers_stay_in_their_leaf():
    rng = np.random.default_rng(0)
    leaves = np.repeat(np.arange(500), 20)
    symbols = leaves * 2 + rng.integers(0, 2, 10_000)
    found = leaves_of(symbols, leaves, np.arange(500), smoothing=0.0)
    for uniform in (0.0, np.nextafter(1.0, 0.0)):
        drawn, _ = found.draw(np.arange(500), np.full(500, uniform))
        assert np.array_equal(drawn // 2, np.arange(500))


@pytest.mark.parametrize(
    ("name", "index", "value"),
    [
        ("upper", 0, np.nan),
        ("upper", 0, 3.0),
        ("upper", -1, 9.0),
        ("symbol", 0, 2),
        ("symbol", 0, -2),
        ("low", 0, -0.5),
        ("high", 0, 1.5),
        ("group", 0, -1),
        ("group", 0, 2**31 - 1),
        ("share", 0, 1.0),
        ("share", 0, np.nan),
    ],
)
def test_damaged_arrays_are_refused(name, index, value):
    leaves = leaves_of(np.arange(80) % 2, np.repeat([0, 1, 2, 3], 20), [0, 0, 2, 2])
    arrays = {key: array.copy() for key, array in leaves.to_arrays().items()}
    Leaves.from_arrays(arrays, n_leaves=4, n_symbols=2)
    arrays[name][index] = value
    with pytest.raises(ModelFileError):
        Leaves.from_arrays(arrays, n_leaves=4, n_symbols=2)
