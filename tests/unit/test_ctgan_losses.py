"""The losses against slow and obvious versions: autograd twice, loops over spans."""

import numpy as np
import pytest
import torch

from synthohive_jupyter.models.ctgan.losses import (
    condition_loss,
    critic_loss,
    gumbel,
    gumbel_softmax,
    marginal_loss,
    softmax,
)
from synthohive_jupyter.models.ctgan.networks import LEAK, Critic, Side
from synthohive_jupyter.models.ctgan.rows import RowSpace
from synthohive_jupyter.tabular.codecs import ColumnLayout

SIZES = (1, 2, 3, 5, 7, 8, 30, 64)


@pytest.fixture
def space():
    columns = [ColumnLayout(f"c{n}", n, (), embedded=n == 64) for n in SIZES]
    return RowSpace(columns)


@pytest.fixture
def random():
    return torch.Generator().manual_seed(5)


def logits_of(space, random, rows=11):
    logits = 3 * torch.randn(rows, space.cell_width, generator=random)
    return logits.masked_fill(space.padding, -torch.inf).requires_grad_()


def keep_mask(random, packs, critic):
    """Dropout masks, or none without dropout."""
    if not critic.dropout:
        return None
    share = 1 - critic.dropout
    uniform = torch.rand(packs, critic.units, generator=random, dtype=torch.float64)
    return (uniform < share).double() / share


def plain_score(critic, packed, beside, keep):
    """The critic written down once more, on packed rows."""
    hidden, widths = packed, [layer.out_features for layer in critic.layers]
    masks = [1.0] * len(widths) if keep is None else keep.split(widths, 1)
    for index, (layer, mask) in enumerate(zip(critic.layers, masks, strict=True)):
        out = layer(hidden) if index else layer(hidden) + beside
        hidden = torch.nn.functional.leaky_relu(out, LEAK) * mask
    return critic.score_layer(hidden).squeeze(1)


@pytest.mark.parametrize("dropout", [0.0, 0.5])
@pytest.mark.parametrize("pac", [1, 3])
@pytest.mark.parametrize("widths", [(16,), (16, 12), (16, 12, 8)])
def test_gradients_in_closed_form_equal_two_backward_passes(random, dropout, pac, widths):
    width, conditions, packs = 9, 4, 6
    padding = torch.zeros(width, dtype=torch.bool)
    padding[2] = True
    critic = Critic(padding, (conditions, 5), pac=pac, widths=widths, dropout=dropout).double()
    critic.initialise(random)
    rows = packs * pac
    real = torch.randn(rows, width, generator=random, dtype=torch.float64)
    fake = torch.randn(rows, width, generator=random, dtype=torch.float64)
    real[:, padding] = fake[:, padding] = 0
    cells = torch.randint(0, conditions, (rows,), generator=random)
    dense = torch.randn(rows, 5, generator=random, dtype=torch.float64)
    mix = torch.rand(packs, 1, generator=random, dtype=torch.float64)
    keep = keep_mask(random, 3 * packs, critic)
    named = dict(critic.named_parameters())

    side = Side(cells, dense)
    loss = critic_loss(critic, real, fake, side, mix=mix, keep=keep, penalty_weight=10.0)

    hot = torch.nn.functional.one_hot(cells, conditions).double().view(packs, -1)
    slow = hot @ critic.condition + dense.view(packs, -1) @ critic.dense
    assert torch.allclose(critic.beside(side), slow)
    packed_real, packed_fake = real.view(packs, -1), fake.view(packs, -1)
    between = (mix * packed_real + (1 - mix) * packed_fake).requires_grad_()
    last = None if keep is None else keep[2 * packs :]
    score = plain_score(critic, between, slow, last)
    (slope,) = torch.autograd.grad(score.sum(), between, create_graph=True)
    # The padding's weights are 0, so it is in neither norm.
    penalty = ((slope.norm(dim=1) - 1) ** 2).mean()
    both = None if keep is None else keep[: 2 * packs]
    scores = plain_score(critic, torch.cat([packed_real, packed_fake]), slow.repeat(2, 1), both)
    wasserstein = scores[:packs].mean() - scores[packs:].mean()
    wanted = torch.autograd.grad(10.0 * penalty - wasserstein, list(named.values()))

    assert loss.total.item() == pytest.approx((10 * penalty - wasserstein).item())
    assert loss.penalty.item() == pytest.approx(penalty.item())
    assert loss.wasserstein.item() == pytest.approx(wasserstein.item())
    assert loss.gradient_norm.item() == pytest.approx(slope.norm(dim=1).mean().item())
    assert loss.gradients.keys() == named.keys()
    for name, theirs in zip(named, wanted, strict=True):
        assert torch.allclose(loss.gradients[name], theirs, rtol=1e-6, atol=1e-9), name


def test_weights_of_padding_are_zero_and_stay_so(random):
    padding = torch.tensor([False, True, False])
    critic = Critic(padding, (3, 0), pac=2, widths=(8, 8), dropout=0.0)
    critic.initialise(random)
    real, fake = torch.randn(8, 3, generator=random), torch.randn(8, 3, generator=random)
    real[:, 1] = fake[:, 1] = 0
    loss = critic_loss(
        critic,
        real,
        fake,
        Side(torch.arange(8) % 3, torch.zeros(8, 0)),
        mix=torch.rand(4, 1, generator=random),
        keep=None,
        penalty_weight=10.0,
    )
    weight = critic.layers[0].weight
    gradient = loss.gradients["layers.0.weight"]
    for packed in (1, 4):
        assert not weight[:, packed].any()
        assert not gradient[:, packed].any()
    assert gradient[:, 0].any()


@pytest.mark.parametrize("width", [1, 2, 15, 16, 40])
def test_the_softmax_of_short_spans_is_the_softmax(random, width):
    span = torch.randn(6, 3, width, generator=random, requires_grad=True)
    weights = torch.randn(6, 3, width, generator=random)
    mine, theirs = softmax(span), torch.softmax(span, -1)
    assert torch.allclose(mine, theirs, atol=1e-6)
    slopes = [torch.autograd.grad((out * weights).sum(), span)[0] for out in (mine, theirs)]
    assert torch.allclose(*slopes, atol=1e-6)


def test_gumbel_numbers_have_their_distribution(random):
    drawn = gumbel((200_000,), random)
    # Mean .5772 and deviation 1.2825, over 447; five of them. P(x < 0) is 1 / e.
    assert drawn.mean().item() == pytest.approx(0.5772, abs=0.0144)
    assert (drawn < 0).float().mean().item() == pytest.approx(np.exp(-1), abs=0.006)
    assert torch.isfinite(drawn).all()


@pytest.mark.parametrize("tau", [0.2, 1.0])
def test_the_gumbel_softmax_in_buckets_equals_a_loop_over_spans(space, random, tau):
    logits = logits_of(space, random)
    noise = gumbel(tuple(logits.shape), random)
    soft = gumbel_softmax(space, logits, noise / tau, tau)
    for i, column in enumerate(space.columns):
        span = slice(int(space.base[i]), int(space.base[i]) + column.n_codes)
        wanted = torch.softmax((logits[:, span] + noise[:, span]) / tau, 1)
        assert torch.allclose(soft[:, span], wanted, atol=1e-6)
    assert not soft[:, space.padding].any()
    (gradient,) = torch.autograd.grad((soft**2).sum(), logits)
    assert torch.isfinite(gradient).all()


def test_the_gumbel_softmax_survives_extreme_noise(space, random):
    logits = logits_of(space, random, rows=2)
    noise = torch.full(logits.shape, -3.0)
    noise[1] = 17.0
    soft = gumbel_softmax(space, logits, noise / 0.2, 0.2)
    assert torch.isfinite(soft).all()
    assert torch.allclose(soft.sum(1), torch.full((2,), float(len(SIZES))))


def test_a_cold_gumbel_softmax_draws_codes_by_their_probability(space, random):
    logits = logits_of(space, random, rows=1).detach()
    rows = 20_000
    noise = gumbel((rows, space.cell_width), random) / 0.01
    soft = gumbel_softmax(space, logits.expand(rows, -1), noise, 0.01)
    span = slice(int(space.base[3]), int(space.base[3]) + 5)
    drawn = torch.bincount(soft[:, span].argmax(1), minlength=5) / rows
    # Deviation of a share at most .5 / sqrt(20,000) = .0035; five of them.
    assert torch.allclose(drawn, torch.softmax(logits[0, span], 0), atol=0.018)


def test_the_condition_loss_is_the_cross_entropy_of_the_conditioned_span(space, random):
    logits = logits_of(space, random)
    columns = torch.tensor([0, 1, 2, 3, 4, 5, 6, 7, -1, 3, 7])
    codes = torch.tensor([0, 1, 0, 4, 2, 7, 29, 63, 0, 1, 0])
    loss = condition_loss(space, logits, columns.numpy(), codes.numpy())
    wanted = torch.zeros(())
    for row, (column, code) in enumerate(zip(columns.tolist(), codes.tolist(), strict=True)):
        if column >= 0:
            start = int(space.base[column])
            span = logits[row : row + 1, start : start + SIZES[column]]
            wanted = wanted + torch.nn.functional.cross_entropy(span, torch.tensor([code]))
    assert loss.item() == pytest.approx(wanted.item() / len(columns), rel=1e-5)
    (gradient,) = torch.autograd.grad(loss, logits)
    assert not gradient[8].any()
    touched = gradient[3].nonzero().flatten()
    start = int(space.base[3])
    assert set(touched.tolist()) <= set(range(start, start + 5))
    assert torch.isfinite(gradient).all()


def test_the_marginal_loss_is_the_weighted_l1_distance(space, random):
    soft = gumbel_softmax(
        space, logits_of(space, random), gumbel((11, space.cell_width), random) / 0.2, 0.2
    ).detach()
    weights = torch.rand(11, generator=random)
    weights /= weights.sum()
    frequencies = torch.zeros(space.cell_width)
    wanted = 0.0
    for i, size in enumerate(SIZES):
        start = int(space.base[i])
        frequencies[start : start + size] = 1 / size
        mean = (weights[:, None] * soft[:, start : start + size]).sum(0)
        wanted += np.abs(mean.numpy() - 1 / size).sum()
    loss = marginal_loss(space, soft, weights, frequencies)
    assert loss.item() == pytest.approx(wanted / len(SIZES), rel=1e-5)
