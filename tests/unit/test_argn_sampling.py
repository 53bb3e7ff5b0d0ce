"""Drawing rows: the distribution of the network, exactly, with and without evidence."""

import itertools

import numpy as np
import pandas as pd
import pytest
import torch

from synthohive_jupyter.models.argn import conditional, sampling
from synthohive_jupyter.models.argn.conditional import Factors, draw_restricted
from synthohive_jupyter.models.argn.network import Network
from synthohive_jupyter.models.argn.orders import mask
from synthohive_jupyter.models.argn.restrictions import Restriction
from synthohive_jupyter.models.argn.sampling import TILE, Sampler
from synthohive_jupyter.tabular.transformer import TableTransformer

ROWS = 20_000
# Total variation distance of 20,000 rows over 24 cells: about .4 * sqrt(24 / 20,000) = .014.
CLOSE = 0.03


@pytest.fixture
def rng():
    return np.random.default_rng(0)


@pytest.fixture
def network(rng):
    """Three columns of 2, 3 and 4 codes, strongly dependent."""
    frame = pd.DataFrame(
        {
            "c": rng.choice([5, 6, 7, 8], 90),
            "a": rng.choice(["x", "y"], 90),
            "b": rng.choice([1, 2, 3], 90),
        }
    )
    return made(frame)


def made(frame, context=None):
    def coded(data):
        return TableTransformer().fit(data, table="t", numbers="cells")

    network = Network(
        coded(frame), None if context is None else coded(context), embedding_width=4, hidden_width=8
    )
    network.initialise(torch.Generator().manual_seed(3))
    with torch.no_grad():
        for head in network.heads:
            head.mul_(25)
    return network


@torch.no_grad()
def joint(network, order=(0, 1, 2)):
    """Return the probability of every row, an array with one axis for each part."""
    sizes = network.space.sizes
    rows = torch.tensor(list(itertools.product(*(range(n) for n in sizes))))
    ranks = np.argsort(np.array(order))
    logits = network(rows, None, [(len(rows), mask(ranks))])
    logs = [torch.log_softmax(part, 2) for part in logits]
    total = torch.zeros(len(rows))
    at = 0
    for bucket, part in zip(network.space.buckets, logs, strict=True):
        for i in range(bucket.stop - bucket.first):
            total += part[i].gather(1, rows[:, at : at + 1]).squeeze(1)
            at += 1
    return torch.exp(total).numpy().reshape(sizes).astype(float)


def uniforms(rng, rows, parts=3):
    return rng.random((rows, parts), dtype=np.float32)


def shares(digits, sizes):
    counts = np.zeros(sizes)
    np.add.at(counts, tuple(digits.T), 1)
    return counts / len(digits)


def distance(one, other):
    return np.abs(one - other).sum() / 2


def test_rows_have_the_distribution_of_the_network(network, rng):
    digits, _ = Sampler(network).draw(uniforms(rng, ROWS))
    assert distance(shares(digits, network.space.sizes), joint(network)) < CLOSE


def test_tables_and_products_draw_the_same(network, rng, monkeypatch):
    given = uniforms(rng, 500)
    known = np.where(rng.random((500, 3)) < 0.3, 1, -1)
    sampler = Sampler(network)
    fast = [sampler.draw(given)[0], sampler.draw(given, known=known)[0]]
    monkeypatch.setattr(sampling, "_MAX_TABLE", 0)
    wide = Sampler(network)
    assert type(wide._inputs) is not type(sampler._inputs)
    for one, other in zip(
        fast, (wide.draw(given)[0], wide.draw(given, known=known)[0]), strict=True
    ):
        # Sums in another order: a draw differs only where a number hits a boundary.
        assert (one != other).mean() < 0.01


@pytest.mark.parametrize("kind", ["tables", "products"])
def test_a_context_is_one_more_thing_that_is_known(rng, monkeypatch, kind):
    if kind == "products":
        monkeypatch.setattr(sampling, "_MAX_TABLE", 0)
    frame = pd.DataFrame({"a": rng.choice(["x", "y"], 90), "b": rng.choice([1, 2, 3], 90)})
    context = pd.DataFrame({"r": rng.choice(["n", "s"], 90)})
    network = made(frame, context)
    for region in (0, 1):
        beside = np.full((ROWS, 1), region)
        digits, _ = Sampler(network).draw(uniforms(rng, ROWS, 2), beside)
        rows = torch.tensor([[0, 0]])
        with torch.no_grad():
            first = network(rows, torch.tensor([[region]]), [(1, mask(np.arange(2)))])[0][0, 0, :2]
        wanted = torch.softmax(first, 0)[1].item()
        assert (digits[:, 0] == 1).mean() == pytest.approx(wanted, abs=0.02)


def test_a_row_has_the_same_bytes_however_many_there_are(network, rng):
    given = uniforms(rng, 3 * TILE)
    known = np.where(rng.random((3 * TILE, 3)) < 0.3, 1, -1)
    sampler = Sampler(network)
    for evidence in (None, known):
        many, _ = sampler.draw(given, known=evidence)
        for few in (1, TILE - 1, TILE, TILE + 1):
            part = None if evidence is None else evidence[:few]
            assert (sampler.draw(given[:few], known=part)[0] == many[:few]).all()


def test_the_largest_uniform_number_draws_a_code_with_mass(network):
    highest = np.full((TILE, 3), 1 - 2.0**-24, dtype=np.float32)
    weights = [None, np.array([1.0, 1.0, 0.0]), np.array([0.0, 1.0, 0.0, 0.0])]
    digits, _ = Sampler(network).draw(highest, weights=weights)
    assert (digits < network.space.sizes).all()
    assert (digits[:, 1] <= 1).all()
    assert (digits[:, 2] == 1).all()


@pytest.mark.parametrize("fixed", [(0,), (2,), (1, 2), (0, 1, 2)])
def test_what_is_known_stays_and_steers_the_rest(network, rng, fixed):
    known = np.full((ROWS, 3), -1)
    known[:, list(fixed)] = 1
    digits, _ = Sampler(network).draw(uniforms(rng, ROWS), known=known)
    assert (digits[:, list(fixed)] == 1).all()
    # The order of the draw: what is known, then the rest in canonical order.
    rest = [part for part in range(3) if part not in fixed]
    wanted = joint(network, [*fixed, *rest])
    keep = np.ix_(*([1] if p in fixed else range(n) for p, n in enumerate(network.space.sizes)))
    only = np.zeros_like(wanted)
    only[keep] = wanted[keep] / wanted[keep].sum()
    assert distance(shares(digits, network.space.sizes), only) < CLOSE


def test_rows_with_evidence_in_different_columns_are_drawn_together(network, rng):
    given = uniforms(rng, 300)
    known = np.where(rng.random((300, 3)) < 0.5, 1, -1)
    sampler = Sampler(network)
    together, _ = sampler.draw(given, known=known)
    for row in range(0, 300, 37):
        alone, _ = sampler.draw(given[row : row + 1], known=known[row : row + 1])
        assert (alone == together[row]).all()


def restriction(weights):
    weights = np.array(weights, dtype=float)
    return Restriction(weights, -np.ones(len(weights)), np.ones(len(weights)))


def test_one_restriction_is_exact(network, rng):
    column = network.space.parts[2].column
    factors = Factors.of(network.space, {column: restriction([0, 1, 0.5, 0])})
    sampler = Sampler(network)
    known = np.full((ROWS, 3), -1)
    digits = draw_restricted(sampler, known, None, factors, rng)
    assert (digits[:, :2] == -1).all()
    digits, _ = sampler.draw(uniforms(rng, ROWS), known=digits)
    wanted = joint(network, (2, 0, 1)) * np.array([0, 1, 0.5, 0])
    assert distance(shares(digits, network.space.sizes), wanted / wanted.sum()) < CLOSE


def test_several_restrictions_need_candidates(network, rng, monkeypatch):
    space = network.space
    allowed = {1: np.array([0.0, 1, 1]), 2: np.array([0.0, 0, 1, 0])}
    factors = Factors.of(
        space, {space.parts[part].column: restriction(w) for part, w in allowed.items()}
    )
    wanted = joint(network, (1, 2, 0)).sum(axis=0)
    wanted = wanted * allowed[1][:, None] * allowed[2]
    wanted /= wanted.sum()
    sampler, known = Sampler(network), np.full((4000, 3), -1)

    def measured():
        digits = draw_restricted(sampler, known, None, factors, np.random.default_rng(1))
        return distance(shares(digits[:, 1:], space.sizes[1:]), wanted)

    assert measured() < CLOSE
    monkeypatch.setattr(conditional, "CANDIDATES", 1)
    assert measured() > 2 * CLOSE


def test_restrictions_of_a_column_of_many_codes_are_met(rng):
    seen = np.repeat(np.arange(1500), 6)
    frame = pd.DataFrame({"level": seen.astype(str), "half": np.where(seen < 750, "a", "b")})
    network = made(frame)
    weights = np.zeros(1500)
    weights[[3, 700, 1499]] = 1
    column = next(part.column for part in network.space.parts if part.stride > 1)
    factors = Factors.of(network.space, {column: restriction(weights)})
    known = np.full((2000, 3), -1)
    sampler = Sampler(network)
    digits = draw_restricted(sampler, known, None, factors, rng)
    digits, _ = sampler.draw(uniforms(rng, 2000), known=digits)
    codes = network.space.codes(digits)[:, column]
    assert set(codes) == {3, 700, 1499}
    # The same three rows of the joint distribution over both digits, one after the other.
    first, second = (i for i, part in enumerate(network.space.parts) if part.column == column)
    three = network.space.known_digits(np.array([[c, -1] for c in (3, 700, 1499)], dtype=np.int32))
    chance = []
    with torch.no_grad():
        for row in three:
            given = torch.from_numpy(np.maximum(row, 0))[None]
            order = np.argsort([first, second, 3 - first - second])
            logits = network(given, None, [(1, mask(order))])
            both = [
                torch.log_softmax(part[i, 0], 0)[row[b.first + i]].item()
                for b, part in zip(network.space.buckets, logits, strict=True)
                for i in range(b.stop - b.first)
                if b.first + i in {first, second}
            ]
            chance.append(np.exp(sum(both)))
    wanted = np.array(chance) / sum(chance)
    found = np.array([(codes == code).mean() for code in (3, 700, 1499)])
    assert distance(found, wanted) < 0.06  # 16 candidates and 2,000 rows
