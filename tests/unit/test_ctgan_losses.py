"""The losses against slow and obvious versions: autograd twice, loops over spans."""

import numpy as np
import pytest
import torch

from synthohive_jupyter.models.ctgan.losses import (
    condition_loss,
    critic_loss,
    gumbel_softmax,
    marginal_loss,
)
from synthohive_jupyter.models.ctgan.networks import LEAK, Critic
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


def plain_score(critic, packed, masks):
    """The critic written down once more, on packed input."""
    hidden = packed
    for index, layer in enumerate(critic.layers):
        hidden = torch.nn.functional.leaky_relu(layer(hidden), LEAK)
        hidden = hidden if masks is None else hidden * masks[index]
    return critic.score_layer(hidden).squeeze(1)


@pytest.mark.parametrize("dropout", [0.0, 0.5])
@pytest.mark.parametrize("pac", [1, 3])
@pytest.mark.parametrize("widths", [(16,), (16, 12), (16, 12, 8)])
def test_the_penalty_in_closed_form_equals_two_backward_passes(random, dropout, pac, widths):
    inputs, packs = 9 + 4 + 5, 6  # a row, its condition, its context
    padding = torch.zeros(inputs, dtype=torch.bool)
    padding[[2, 10]] = True
    critic = Critic(padding, pac=pac, widths=widths, dropout=dropout).double()
    critic.initialise(random)
    real = torch.randn(packs * pac, inputs, generator=random, dtype=torch.float64)
    fake = torch.randn(packs * pac, inputs, generator=random, dtype=torch.float64)
    real[:, padding] = fake[:, padding] = 0
    mix = torch.rand(packs, 1, generator=random, dtype=torch.float64)
    score_masks, between_masks = critic.masks(2 * packs, random), critic.masks(packs, random)
    parameters = list(critic.parameters())

    loss = critic_loss(
        critic, real, fake, mix=mix, masks=(score_masks, between_masks), penalty_weight=10.0
    )
    gradients = torch.autograd.grad(loss.total, parameters)

    packed_real, packed_fake = real.view(packs, -1), fake.view(packs, -1)
    between = (mix * packed_real + (1 - mix) * packed_fake).requires_grad_()
    score = plain_score(critic, between, between_masks)
    (slope,) = torch.autograd.grad(score.sum(), between, create_graph=True)
    # The padding's weights are 0, so it is in neither norm.
    penalty = ((slope.norm(dim=1) - 1) ** 2).mean()
    scores = plain_score(critic, torch.cat([packed_real, packed_fake]), score_masks)
    wasserstein = scores[:packs].mean() - scores[packs:].mean()
    wanted = torch.autograd.grad(10.0 * penalty - wasserstein, parameters)

    # Scores and norms are float32 whatever the weights are.
    close = {"rel": 1e-6, "abs": 1e-6}
    assert loss.penalty.item() == pytest.approx(penalty.item(), **close)
    assert loss.wasserstein.item() == pytest.approx(wasserstein.item(), **close)
    assert loss.gradient_norm.item() == pytest.approx(slope.norm(dim=1).mean().item(), **close)
    for mine, theirs in zip(gradients, wanted, strict=True):
        assert torch.allclose(mine.double(), theirs, rtol=1e-5, atol=1e-6)


def test_weights_of_padding_are_zero_and_stay_so(random):
    padding = torch.tensor([False, True, False])
    critic = Critic(padding, pac=2, widths=(8, 8), dropout=0.2)
    critic.initialise(random)
    real, fake = torch.randn(8, 3, generator=random), torch.randn(8, 3, generator=random)
    real[:, 1] = fake[:, 1] = 0
    loss = critic_loss(
        critic,
        real,
        fake,
        mix=torch.rand(4, 1, generator=random),
        masks=(critic.masks(8, random), critic.masks(4, random)),
        penalty_weight=10.0,
    )
    weight = critic.layers[0].weight
    (gradient,) = torch.autograd.grad(loss.total, [weight])
    for packed in (1, 4):
        assert not weight[:, packed].any()
        assert not gradient[:, packed].any()
    assert gradient[:, 0].any()


def test_dropout_masks_keep_the_mean(random):
    critic = Critic(torch.zeros(4, dtype=torch.bool), pac=1, widths=(50, 30), dropout=0.2)
    first, second = critic.masks(2000, random)
    assert (first.shape, second.shape) == ((2000, 50), (2000, 30))
    assert set(first.unique().tolist()) == {0.0, 1.25}
    # 100,000 draws: deviation of the mean .5 / 316 = .0016; five of them.
    assert first.mean().item() == pytest.approx(1.0, abs=0.008)


@pytest.mark.parametrize("tau", [0.2, 1.0])
def test_the_gumbel_softmax_in_buckets_equals_a_loop_over_spans(space, random, tau):
    logits = logits_of(space, random)
    uniforms = torch.rand(logits.shape, generator=random)
    soft = gumbel_softmax(space, logits, uniforms, tau)
    for i, column in enumerate(space.columns):
        span = slice(int(space.base[i]), int(space.base[i]) + column.n_codes)
        noise = -torch.log(-torch.log(uniforms[:, span]))
        wanted = torch.softmax((logits[:, span] + noise) / tau, 1)
        assert torch.allclose(soft[:, span], wanted, atol=1e-6)
    assert not soft[:, space.padding].any()
    (gradient,) = torch.autograd.grad((soft**2).sum(), logits)
    assert torch.isfinite(gradient).all()


def test_the_gumbel_softmax_survives_extreme_uniform_numbers(space, random):
    logits = logits_of(space, random, rows=2)
    uniforms = torch.zeros(logits.shape)
    uniforms[1] = 1 - 2**-24
    soft = gumbel_softmax(space, logits, uniforms, 0.2)
    assert torch.isfinite(soft).all()
    assert torch.allclose(soft.sum(1), torch.full((2,), float(len(SIZES))))


def test_a_cold_gumbel_softmax_draws_codes_by_their_probability(space, random):
    logits = logits_of(space, random, rows=1).detach()
    rows = 20_000
    uniforms = torch.rand(rows, space.cell_width, generator=random)
    soft = gumbel_softmax(space, logits.expand(rows, -1), uniforms, 0.01)
    span = slice(int(space.base[3]), int(space.base[3]) + 5)
    drawn = torch.bincount(soft[:, span].argmax(1), minlength=5) / rows
    # Deviation of a share at most .5 / sqrt(20,000) = .0035; five of them.
    assert torch.allclose(drawn, torch.softmax(logits[0, span], 0), atol=0.018)


def test_the_condition_loss_is_the_cross_entropy_of_the_conditioned_span(space, random):
    logits = logits_of(space, random)
    columns = torch.tensor([0, 1, 2, 3, 4, 5, 6, 7, -1, 3, 7])
    codes = torch.tensor([0, 1, 0, 4, 2, 7, 29, 63, 0, 1, 0])
    loss = condition_loss(space, logits, columns, codes)
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
        space, logits_of(space, random), torch.rand(11, space.cell_width, generator=random), 0.2
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
