"""Drawing rows: exact codes, evaluation mode, statistics of the averaged weights, the metric."""

import numpy as np
import pandas as pd
import pytest
import torch

from synthohive_jupyter.models.base import BLOCK_ROWS
from synthohive_jupyter.models.ctgan.conditioning import ConditionTable
from synthohive_jupyter.models.ctgan.evaluation import CellDistance
from synthohive_jupyter.models.ctgan.model import CTGAN
from synthohive_jupyter.models.ctgan.networks import Generator, Side
from synthohive_jupyter.models.ctgan.rows import RowSpace
from synthohive_jupyter.models.ctgan.sampling import draw, inputs, refresh_statistics
from synthohive_jupyter.schema.metadata import Metadata
from synthohive_jupyter.tabular.codecs import ColumnLayout, Encoded

LAYOUT = (
    ColumnLayout("plan", 3, (), embedded=False),
    ColumnLayout("price", 5, (3, 4), embedded=False),
    ColumnLayout("town", 60, (), embedded=True),
)
ROWS = 20_000
# Shares of at most .5 over 20,000 rows: deviation below .0036; five of them.
TOLERANCE = 0.018


@pytest.fixture
def rng():
    return np.random.default_rng(4)


@pytest.fixture
def generator(rng):
    space = RowSpace(LAYOUT)
    space.draw_vectors(rng)
    network = Generator(space, RowSpace(()), noise_width=4, widths=(8,), scalar_per_mode=True)
    network.initialise(torch.Generator().manual_seed(1))
    return network


@pytest.fixture
def table():
    frequencies = np.concatenate([[0.7, 0.2, 0.1], np.full(5, 0.2), np.full(60, 1 / 60)])
    return ConditionTable(LAYOUT, frequencies, condition_on="all")


def test_codes_are_drawn_from_the_softmax_of_their_span(generator, table, rng):
    noise, side = inputs(generator, table, rng, rows=2, context=None)
    generator.eval()
    many = Side(side.cells[:1].expand(ROWS), side.dense[:1].expand(ROWS, -1))
    rows = draw(generator, noise[:1].expand(ROWS, -1), many, rng)
    logits, scalars = generator(noise[:1], side[:1])
    for i, column in enumerate(LAYOUT):
        start = int(generator.space.base[i])
        wanted = torch.softmax(logits[0, start : start + column.n_codes], 0).detach().numpy()
        shares = np.bincount(rows.codes[:, i], minlength=column.n_codes) / ROWS
        assert shares == pytest.approx(wanted, abs=TOLERANCE)
    modes = rows.codes[:, 1] - 3
    assert (rows.scalars[:, [0, 2]] == 0).all()
    assert (rows.scalars[modes < 0, 1] == 0).all()
    for mode in (0, 1):
        drawn = rows.scalars[modes == mode, 1]
        assert len(drawn)
        assert np.abs(drawn - scalars[0, 0, mode].item()).max() < 1e-6  # another product's shape
    assert (rows.codes.dtype, rows.scalars.dtype) == (np.int32, np.float32)


def test_codes_stay_inside_their_span_whatever_the_uniform_number(generator, table, rng):
    x = inputs(generator, table, rng, rows=BLOCK_ROWS, context=None)
    generator.eval()

    class Last:
        def random(self, shape, dtype):
            return np.full(shape, np.nextafter(dtype(1), dtype(0)))

    codes = draw(generator, *x, Last()).codes
    assert (codes < [column.n_codes for column in LAYOUT]).all()


def test_conditions_of_sampling_have_the_true_frequencies(generator, table, rng):
    _, side = inputs(generator, table, rng, rows=3 * ROWS, context=None)
    start = int(generator.space.base[0])
    plans = torch.bincount(side.cells, minlength=start + 3)[start : start + 3]
    assert (plans / plans.sum()).numpy() == pytest.approx([0.7, 0.2, 0.1], abs=TOLERANCE)


def test_a_row_does_not_depend_on_its_neighbours(generator, table, rng):
    noise, side = inputs(generator, table, rng, rows=64, context=None)
    refresh_statistics(generator, noise, side)
    alone = torch.cat([noise[:1], torch.randn(63, noise.shape[1])])
    with torch.no_grad():
        assert torch.equal(generator(noise, side)[0][0], generator(alone, side)[0][0])


def test_refreshed_statistics_are_those_of_the_inputs(generator, table, rng):
    noise, side = inputs(generator, table, rng, rows=1024, context=None)
    refresh_statistics(generator, noise, side)
    assert not generator.training
    with torch.no_grad():
        dense = torch.cat([noise, side.dense], 1)
        first = generator.entry(dense) + generator.condition[side.cells]
        normal = generator.norms[0](first[:, :8])
    # Variances within the two halves, not over both: they differ by the halves' means.
    assert normal.mean(0).numpy() == pytest.approx(np.zeros(8), abs=1e-4)
    assert normal.std(0).numpy() == pytest.approx(np.ones(8), abs=0.02)


def test_low_precision_draws_nearly_the_same_codes(generator, table):
    noise, side = inputs(generator, table, np.random.default_rng(1), rows=2048, context=None)
    refresh_statistics(generator, noise, side)
    full, low = (
        draw(generator, noise, side, np.random.default_rng(2), low_precision=low)
        for low in (False, True)
    )
    # Logits differ by about 2**-8 of their size, which is below 4.
    assert (full.codes != low.codes).mean() < 0.02
    assert (full.codes != low.codes).any()


def test_the_first_rows_do_not_depend_on_how_many_follow():
    metadata = Metadata()
    metadata.add_table("users", pk=None)
    rng = np.random.default_rng(0)
    users = pd.DataFrame({"plan": rng.choice(list("abc"), 200), "age": rng.normal(40, 9, 200)})
    context = pd.DataFrame({"region": rng.choice(["n", "s"], 12_000)})
    sizes = {"batch_size": 50, "embedding_dim": 8, "generator_dim": (8,), "discriminator_dim": (8,)}
    for given in (None, context):
        model = CTGAN(metadata, epochs=1, **sizes)
        model.fit(users, None if given is None else given[:200], table_name="users")
        few = model.sample(10_000, None if given is None else given[:10_000], seed=2)
        many = model.sample(12_000, given, seed=2)
        assert few.equals(many[:10_000])
        assert not few.equals(model.sample(10_000, None if given is None else given[:10_000]))
        blocks = [many[start : start + 3000] for start in (0, BLOCK_ROWS, 2 * BLOCK_ROWS)]
        assert len({block.to_csv(index=False) for block in blocks}) == 3


def test_the_distance_is_the_mass_in_other_cells():
    codes = np.array([[0, 0, 1], [1, 1, 2]] * 50, np.int32)
    reference = Encoded(codes, np.zeros(codes.shape, np.float32))
    distance = CellDistance(LAYOUT, reference)
    assert distance(reference) == (0.0, 0.0)
    other = np.where(codes > 0, 0, 2).astype(np.int32)
    marginal, pairs = distance(Encoded(other, reference.scalars))
    # Plans and prices of 0 became 2, and those of 1 became 0; the towns are all other ones.
    assert marginal == pytest.approx((0.5 + 0.5 + 1.0) / 3)
    assert pairs == pytest.approx((0.5 + 1.0 + 1.0) / 3)


def test_the_distance_sees_joints_where_marginals_agree():
    rng = np.random.default_rng(0)
    plan, price = rng.integers(0, 2, 4000), rng.integers(0, 2, 4000)
    zeros = np.zeros(4000, int)
    scalars = np.zeros((4000, 3), np.float32)
    together = Encoded(np.stack([plan, plan, zeros], 1).astype(np.int32), scalars)
    apart = Encoded(np.stack([plan, price, zeros], 1).astype(np.int32), scalars)
    marginal, pairs = CellDistance(LAYOUT, together)(apart)
    # Half the mass of one pair of three is in other cells; noise .5 / sqrt(4,000) = .008.
    assert marginal < 0.02
    assert pairs == pytest.approx(0.5 / 3, abs=0.02)


def test_the_distance_sees_a_context_that_is_ignored():
    rng = np.random.default_rng(0)
    region, plan = rng.integers(0, 2, 4000), rng.integers(0, 2, 4000)
    layout = (LAYOUT[0], ColumnLayout("region", 2, (), embedded=False))
    scalars = np.zeros((4000, 2), np.float32)
    follows = Encoded(np.stack([region, region], 1).astype(np.int32), scalars)
    ignores = Encoded(np.stack([plan, region], 1).astype(np.int32), scalars)
    marginal, pairs = CellDistance(layout, follows, n_context=1)(ignores)
    assert marginal < 0.04
    assert pairs == pytest.approx(0.5, abs=0.04)
    both = Encoded(follows.codes[:, ::-1].copy(), scalars)
    assert CellDistance(layout, follows, n_context=1)(both) == (0.0, 0.0)


def test_a_wide_table_is_compared_on_some_columns():
    layout = [ColumnLayout(f"c{i}", 2, (), embedded=False) for i in range(90)]
    rows = Encoded(np.zeros((10, 90), np.int32), np.zeros((10, 90), np.float32))
    other = Encoded(np.ones((10, 90), np.int32), rows.scalars)
    distance = CellDistance(layout, rows, n_context=40)
    assert distance(rows) == (0.0, 0.0)
    assert distance(other) == (1.0, 1.0)


def test_the_distance_sees_scalars_within_a_code():
    rng = np.random.default_rng(0)
    codes = np.tile(np.array([0, 3, 0], np.int32), (2000, 1))
    spread = np.zeros((2000, 3), np.float32)
    spread[:, 1] = rng.uniform(-1, 1, 2000)
    point = spread * np.float32(0.01)
    distance = CellDistance(LAYOUT, Encoded(codes, spread))
    assert distance(Encoded(codes, spread))[0] == 0
    assert distance(Encoded(codes, point))[0] > 0.1


@pytest.mark.parametrize("dtype", ["cat", None])
def test_what_is_declared_of_a_context_column_holds(dtype):
    # Whole numbers of a wide range: a quantity with modes, unless they are declared to be names.
    shops = np.repeat(np.arange(1000, 61_000, 1000), 5)
    metadata = Metadata()
    metadata.add_table("visits", pk=None, constraints={"__ctx__shop": {"dtype": dtype}})
    model = CTGAN(metadata, epochs=1, generator_dim=(8,), discriminator_dim=(8,))
    model.fit(
        pd.DataFrame({"kind": np.where(shops > 30_000, "a", "b")}),
        pd.DataFrame({"__ctx__shop": shops}),
        table_name="visits",
    )
    (column,) = model._fitted.context.layout
    assert bool(column.scalar_codes) is (dtype is None)
