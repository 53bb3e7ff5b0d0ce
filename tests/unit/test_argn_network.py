"""Variables, orders, and a network that is a distribution whatever the order."""

import itertools

import numpy as np
import pandas as pd
import pytest
import torch

from synthohive_jupyter.models.argn import calibration
from synthohive_jupyter.models.argn.basis import WIDTH, smooth_basis
from synthohive_jupyter.models.argn.network import MAX_WEIGHTS, Network, fit_widths
from synthohive_jupyter.models.argn.orders import Orders, mask
from synthohive_jupyter.models.argn.parts import MAX_CODES, PartSpace
from synthohive_jupyter.tabular.transformer import TableTransformer

ROWS = 400


def coded(frame):
    return TableTransformer().fit(frame, table="t", numbers="cells")


@pytest.fixture
def frame():
    rng = np.random.default_rng(0)
    return pd.DataFrame(
        {
            "wide": rng.normal(size=ROWS),
            "constant": ["x"] * ROWS,
            "flag": rng.random(ROWS) < 0.3,
            "level": rng.choice(["a", "b", "c", None], ROWS),
        }
    )


@pytest.fixture
def context():
    return pd.DataFrame({"region": np.random.default_rng(1).choice(["n", "s"], ROWS)})


@pytest.fixture
def large():
    """A declared column of 100,000 levels, of which 900 occur: nothing is too rare."""
    rng = np.random.default_rng(0)
    levels = pd.CategoricalDtype([f"l{i}" for i in range(3000)])
    seen = np.repeat(np.arange(3000), rng.integers(5, 12, 3000))
    return pd.DataFrame({"level": pd.Categorical.from_codes(seen, dtype=levels), "b": seen % 2})


def network(frame, context=None, *, embedding=4, hidden=8):
    made = Network(
        coded(frame),
        None if context is None else coded(context),
        embedding_width=embedding,
        hidden_width=hidden,
    )
    made.initialise(torch.Generator().manual_seed(0))
    with torch.no_grad():  # far from the marginals, so that every path through it matters
        for head in made.heads:
            head.mul_(30)
    return made


def test_parts_are_sorted_by_size_and_constants_have_none(frame):
    space = PartSpace(coded(frame))
    assert [part.column for part in space.parts] == [2, 3, 0]
    assert list(space.sizes) == sorted(space.sizes)
    assert space.total == sum(space.sizes)
    covered = [i for b in space.buckets for i in range(b.first, b.stop)]
    assert covered == list(range(len(space.parts)))
    for bucket in space.buckets:
        assert bucket.width == max(space.sizes[bucket.first : bucket.stop])


def test_codes_come_back_from_digits(frame, large):
    for data in (frame, large):
        transformer = coded(data)
        codes = transformer.encode(data, np.random.default_rng(0)).codes
        space = PartSpace(transformer)
        digits = space.digits(codes)
        assert (digits < np.array(space.sizes)).all()
        assert (digits >= 0).all()
        assert (space.codes(digits) == codes).all()


def test_a_column_of_many_codes_is_two_digits_by_frequency(large):
    transformer = coded(large)
    assert transformer.layout[0].n_codes > MAX_CODES
    space = PartSpace(transformer)
    assert len(space.parts) == 3
    assert max(space.sizes) <= 56  # about the root of 3,000
    ranked = space.ranked(transformer.frequencies[0], 0)
    assert (np.diff(ranked) <= 0).all()
    for shares, size in zip(space.shares(), space.sizes, strict=True):
        assert len(shares) == size
        assert shares.sum() == pytest.approx(1)
    # Digits that no code has decode to the rarest code instead of failing.
    beyond = np.array([[size - 1 for size in space.sizes]])
    assert space.codes(beyond)[0, 0] < transformer.layout[0].n_codes


def test_unknown_codes_are_unknown_digits(large):
    space = PartSpace(coded(large))
    codes = np.array([[-1, 1], [7, -1]], dtype=np.int32)
    known = space.known_digits(codes)
    column = np.array([part.column for part in space.parts])
    assert (known[0, column == 0] == -1).all()
    assert (known[1, column == 1] == -1).all()
    assert (known[1, column == 0] == space.digits(np.array([[7, 0]]))[0, column == 0]).all()


def test_the_basis_is_smooth_in_numbers_and_nothing_else(frame):
    transformer = coded(frame.assign(when=pd.date_range("1850-01-01", periods=ROWS)))
    space = PartSpace(transformer)
    basis = smooth_basis(transformer, space)
    assert basis.shape == (space.total, WIDTH)
    for part, start in zip(space.parts, space.offsets, strict=True):
        own = basis[start : start + part.size]
        if part.column in {2, 3}:
            assert not own.any()
        else:
            assert np.abs(own).max() <= 1
            # Neighbouring cells of 20: the first cosine moves by at most pi / 20.
            assert np.abs(np.diff(own[:, 0])).max() < 0.2


def test_a_mask_lets_through_what_comes_before():
    seen = mask(np.array([2, 0, 1])).squeeze()
    assert seen.tolist() == [[0, 0, 0], [1, 0, 1], [1, 0, 0]]


def test_a_batch_is_part_canonical_part_random():
    rng = np.random.default_rng(0)
    canonical = mask(np.arange(5))
    first, second = Orders(5, 0.75).mixed(100, rng)
    assert (first[0], second[0]) == (75, 25)
    assert torch.equal(first[1], canonical)
    assert not torch.equal(second[1], canonical)
    assert [rows for rows, _ in Orders(5, 1.0).mixed(100, rng)] == [100]
    assert [rows for rows, _ in Orders(5, 0.0).mixed(100, rng)] == [100]


@pytest.mark.parametrize("ranks", list(itertools.permutations(range(3))))
def test_logits_depend_on_exactly_what_comes_before(frame, context, ranks):
    made = network(frame, context)
    digits = torch.zeros(1, 3, dtype=torch.int64)
    beside = torch.zeros(1, 1, dtype=torch.int64)

    def logits(rows, about=beside):
        found = made(rows, about, [(1, mask(np.array(ranks)))])
        return [part[i] for part in found for i in range(len(part))]

    base = logits(digits)
    for changed in range(3):
        other = digits.clone()
        other[0, changed] = 1
        for part, (old, new) in enumerate(zip(base, logits(other), strict=True)):
            depends = ranks[changed] < ranks[part]
            assert torch.equal(old, new) != depends
    for old, new in zip(base, logits(digits, beside + 1), strict=True):
        assert not torch.equal(old, new)


def test_probabilities_of_all_rows_sum_to_one_in_any_order(context):
    rng = np.random.default_rng(0)
    small = pd.DataFrame(
        {
            "a": rng.choice(["x", "y"], 90),
            "b": rng.choice([1, 2, 3], 90),
            "c": rng.choice([5, 6, 7, 8], 90),
        }
    )
    made = network(small)
    rows = torch.tensor(list(itertools.product(*(range(n) for n in made.space.sizes))))
    for ranks in ([0, 1, 2], [2, 0, 1]):
        single = [
            made.negative_log_likelihood(
                made(row[None], None, [(1, mask(np.array(ranks)))]), row[None]
            )
            for row in rows
        ]
        assert torch.exp(-torch.stack(single)).sum().item() == pytest.approx(1, abs=1e-5)
    together = made.negative_log_likelihood(
        made(rows, None, [(len(rows), mask(np.arange(3)))]), rows
    )
    canonical = [
        made.negative_log_likelihood(made(row[None], None, [(1, mask(np.arange(3)))]), row[None])
        for row in rows
    ]
    assert together.item() == pytest.approx(torch.stack(canonical).mean().item(), abs=1e-5)


def test_heads_start_at_the_marginals(frame):
    transformer = coded(frame)
    made = Network(transformer, None, embedding_width=4, hidden_width=8)
    made.initialise(torch.Generator().manual_seed(0))
    rows = torch.zeros(1, 3, dtype=torch.int64)
    first = torch.softmax(made(rows, None, [(1, mask(np.arange(3)))])[0][0, 0], 0)
    assert first.detach().numpy() == pytest.approx(made.space.shares()[0], abs=0.02)


def test_wide_tables_have_narrow_layers():
    for columns in (1, 15, 100, 500, 2000):
        embedding, hidden = fit_widths(columns, columns, 16, 64)
        assert embedding >= 4
        assert hidden >= 16
        least = columns * 4 * columns * 16
        assert columns * embedding * columns * hidden <= max(MAX_WEIGHTS, least)


def test_a_hundred_thousand_codes_are_few_weights():
    space = PartSpace(None)
    assert space.total == 0
    levels = np.array([f"l{i}" for i in range(100_000)])
    frame = pd.DataFrame({"level": np.repeat(levels, 5)})
    made = Network(coded(frame), None, embedding_width=16, hidden_width=64)
    # 317 + 316 codes in two softmaxes, instead of 100,000 in one (6.4 million weights).
    assert sum(p.numel() for p in made.parameters()) < 200_000


def mean_probabilities(made, digits, beside=None):
    """Return for every part the mean probability of each code, rows as they are."""
    with torch.no_grad():
        logits = made(digits, beside, Orders(len(made.space.parts), 1.0).canonical(len(digits)))
    found = []
    for bucket, part in zip(made.space.buckets, logits, strict=True):
        means = torch.softmax(part, 2).mean(1)
        for place in range(bucket.stop - bucket.first):
            found.append(means[place, : made.space.sizes[bucket.first + place]])
    return found


@pytest.mark.parametrize("with_context", [False, True])
@pytest.mark.parametrize("most", [10**6, 150])
def test_calibration_makes_codes_as_frequent_as_in_the_data(
    frame, context, with_context, most, monkeypatch
):
    made = network(frame, context if with_context else None)
    monkeypatch.setattr(calibration, "MAX_ROWS", most)
    codes = coded(frame).encode(frame, np.random.default_rng(0)).codes
    digits = torch.from_numpy(made.space.digits(codes))
    beside = torch.arange(ROWS)[:, None] % 2 if with_context else None
    step = -(-ROWS // most)
    shares = [
        torch.bincount(digits[::step, part], minlength=size) / len(digits[::step])
        for part, size in enumerate(made.space.sizes)
    ]

    def distance():
        seen = None if beside is None else beside[::step]
        found = mean_probabilities(made, digits[::step], seen)
        return max(float((a - b).abs().sum()) for a, b in zip(found, shares, strict=True)) / 2

    before = {name: value.clone() for name, value in made.state_dict().items()}
    far = distance()
    calibration.calibrate(made, digits.to(torch.int16), beside)
    once = distance()
    assert far > 0.1
    # The logits of this network are thirty times as large as they begin: one pass is not exact.
    assert once < 0.7 * far
    for _ in range(20):
        calibration.calibrate(made, digits.to(torch.int16), beside)
    assert distance() < 0.02
    changed = {name for name, value in made.state_dict().items() if (value != before[name]).any()}
    assert changed
    assert all(name.startswith("head_biases") for name in changed)
