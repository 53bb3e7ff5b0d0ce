"""The training loop: events, best weights, cancelling, resuming, determinism, what it leaves alone."""

import dataclasses
import random

import numpy as np
import pandas as pd
import pytest
import torch

from synthohive_jupyter.errors import ModelFileError, NotFittedError, TrainingError
from synthohive_jupyter.events import CancelToken, CheckpointSaved, EpochEnded, Notice
from synthohive_jupyter.models.ctgan import trainer as trainer_module
from synthohive_jupyter.models.ctgan.adversary import Adversary, Pool
from synthohive_jupyter.models.ctgan.config import PUBLISHED, CTGANConfig
from synthohive_jupyter.models.ctgan.model import CTGAN
from synthohive_jupyter.models.optimiser import Adam, average
from synthohive_jupyter.schema.metadata import Metadata

ROWS, STEPS = 60, 3  # rows of the table, steps of an epoch
SMALL = {
    "batch_size": 20,
    "embedding_dim": 8,
    "generator_dim": (16,),
    "discriminator_dim": (16,),
    "min_steps_per_epoch": 2,
    "precision": "float32",
}


@pytest.fixture
def metadata():
    metadata = Metadata()
    metadata.add_table("users", pk=None)
    return metadata


@pytest.fixture
def users():
    rng = np.random.default_rng(0)
    plan = rng.choice(["free", "pro", "team"], ROWS, p=[0.6, 0.3, 0.1])
    spend = np.where(plan == "free", 0.0, rng.normal(50, 9, ROWS).round(2))
    town = rng.choice([f"town {i}" for i in range(4)], ROWS)
    return pd.DataFrame({"plan": plan, "spend": spend, "town": town})


@pytest.fixture
def small(metadata):
    def make(**changed):
        return CTGAN(metadata, **{**SMALL, "epochs": 4, **changed})

    return make


def weights(model):
    return {name: t.numpy().tobytes() for name, t in model._fitted.tensors().items()}


def fit(model, users, **options):
    return model.fit(users, table_name="users", **options)


class StopAfter(CancelToken):
    """Cancels when it has been asked ``asked`` times, in the middle of an epoch or not."""

    def __init__(self, asked):
        super().__init__()
        self.left = asked

    @property
    def cancelled(self):
        self.left -= 1
        return self.left < 0


def test_every_epoch_is_an_event_with_losses_and_the_best_is_kept(small, users):
    events = []
    model = fit(small(epochs=5), users, on_event=events.append, checkpoint_interval=2)
    assert [e.epoch for e in events] == [1, 2, 3, 4, 5]
    assert all(type(e) is EpochEnded and e.table == "users" and e.epochs == 5 for e in events)
    named = {"critic", "generator", "wasserstein", "penalty", "gradient_norm", "condition"}
    assert all(named <= set(e.losses) for e in events)
    assert all(e.rows_per_second > 0 and e.seconds > 0 for e in events)
    assert [e.epoch for e in events if e.metric is not None] == [2, 4, 5]
    best = min((e for e in events if e.metric is not None), key=lambda e: e.metric)
    assert (model.best_epoch, model.best_metric) == (best.epoch, best.metric)
    assert [e for e in events if e.best][-1] == best
    assert (model.epochs_run, model.cancelled) == (5, False)


def test_the_same_seed_gives_the_same_weights_and_another_seed_others(small, users):
    first, second = fit(small(), users, seed=3), fit(small(), users, seed=3)
    assert weights(first) == weights(second)
    assert weights(first) != weights(fit(small(), users, seed=4))


def test_the_caller_keeps_threads_and_random_numbers(small, users):
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        states = [torch.get_rng_state(), str(np.random.get_state()), random.getstate()]  # noqa: NPY002
        seen = []
        model = fit(
            small(threads=1), users, on_event=lambda _: seen.append(torch.get_num_threads())
        )
        model.sample(10)
        assert set(seen) == {2}
        assert torch.get_num_threads() == 2
        assert torch.equal(states[0], torch.get_rng_state())
        assert states[1:] == [str(np.random.get_state()), random.getstate()]  # noqa: NPY002
    finally:
        torch.set_num_threads(before)


def test_a_cancelled_fit_leaves_a_usable_model(small, users):
    events = []
    model = fit(small(), users, cancel=StopAfter(2 * STEPS + 1), on_event=events.append)
    assert model.cancelled
    assert model.epochs_run == len(events) == 2
    assert len(model.sample(7)) == 7


def test_a_fit_cancelled_before_its_first_step_can_still_sample(small, users):
    model = fit(small(), users, cancel=StopAfter(0))
    assert (model.cancelled, model.epochs_run) == (True, 0)
    assert len(model.sample(7)) == 7


@pytest.mark.parametrize("steps", [2, 2 * STEPS, 10])
def test_a_resumed_fit_ends_in_the_same_bytes(small, users, tmp_path, steps):
    context = pd.DataFrame({"region": np.where(np.arange(len(users)) % 3, "north", "south")})
    whole = small()
    fit(whole, users, context=context, checkpoint_interval=2)
    stopped = small()
    kept = {"context": context, "checkpoint_dir": tmp_path, "checkpoint_interval": 2}
    fit(stopped, users, cancel=StopAfter(steps), **kept)
    assert stopped.cancelled
    events = []
    resumed = fit(small(), users, resume=True, on_event=events.append, **kept)
    assert not resumed.cancelled
    assert [e.epoch for e in events if type(e) is EpochEnded] == list(range(steps // STEPS + 1, 5))
    assert weights(resumed) == weights(whole)
    assert (resumed.best_epoch, resumed.best_metric) == (whole.best_epoch, whole.best_metric)
    assert resumed.sample(30, context[:30], seed=1).equals(whole.sample(30, context[:30], seed=1))


def test_checkpoints_are_models_and_events_say_when(small, users, tmp_path):
    events = []
    model = fit(
        small(), users, checkpoint_dir=tmp_path, checkpoint_interval=2, on_event=events.append
    )
    saved = [(e.name, e.epoch) for e in events if type(e) is CheckpointSaved]
    assert ("best_checkpoint", model.best_epoch) in saved
    assert ("final_checkpoint", 4) in saved
    best = CTGAN.load(tmp_path / "best_checkpoint")
    assert weights(best) == weights(model)
    assert len(CTGAN.load(tmp_path / "final_checkpoint").sample(5)) == 5
    assert sorted(p.name for p in tmp_path.iterdir()) == ["best_checkpoint", "final_checkpoint"]


def test_resuming_a_finished_fit_trains_nothing_more(small, users, tmp_path):
    done = fit(small(), users, checkpoint_dir=tmp_path)
    events = []
    again = fit(small(), users, checkpoint_dir=tmp_path, resume=True, on_event=events.append)
    assert events == []
    assert weights(again) == weights(done)


def test_resuming_a_fit_that_stopped_early_trains_nothing_more(small, users, tmp_path, monkeypatch):
    monkeypatch.setattr(trainer_module, "_LEAST_STEPS", STEPS)
    monkeypatch.setattr(trainer_module.CellDistance, "__call__", lambda *_: (0.5, 0.5))
    options = {"checkpoint_dir": tmp_path, "checkpoint_interval": 1}
    done = fit(small(epochs=20, patience=1), users, **options)
    again = fit(small(epochs=20, patience=1), users, resume=True, **options)
    assert (done.epochs_run, again.epochs_run) == (5, 5)
    assert weights(again) == weights(done)


def test_a_fit_resumed_while_its_rates_fall_ends_in_the_same_bytes(
    small, users, tmp_path, monkeypatch
):
    monkeypatch.setattr(trainer_module, "_LEAST_STEPS", STEPS)
    monkeypatch.setattr(trainer_module.CellDistance, "__call__", lambda *_: (0.5, 0.5))
    whole = fit(small(epochs=20, patience=1), users, checkpoint_interval=1)
    options = {"checkpoint_dir": tmp_path, "checkpoint_interval": 1}
    fit(small(epochs=20, patience=1), users, cancel=StopAfter(3 * STEPS), **options)
    resumed = fit(small(epochs=20, patience=1), users, resume=True, **options)
    assert (whole.epochs_run, resumed.epochs_run) == (5, 5)
    assert weights(resumed) == weights(whole)


def test_resuming_with_more_epochs_goes_on(small, users, tmp_path):
    fit(small(), users, checkpoint_dir=tmp_path)
    events = []
    longer = fit(
        small(epochs=6), users, checkpoint_dir=tmp_path, resume=True, on_event=events.append
    )
    assert [e.epoch for e in events if type(e) is EpochEnded] == [5, 6]
    assert longer.epochs_run == 6


def test_resuming_where_nothing_is_starts_anew(small, users, tmp_path):
    fresh = fit(small(), users)
    assert weights(fit(small(), users, checkpoint_dir=tmp_path, resume=True)) == weights(fresh)


@pytest.mark.parametrize("changed", ["data", "seed", "parameter"])
def test_resuming_with_something_else_is_an_error(small, users, tmp_path, changed):
    fit(small(), users, checkpoint_dir=tmp_path)
    model = small(pac=4) if changed == "parameter" else small()
    seed = 1 if changed == "seed" else 0
    data = users.iloc[::-1] if changed == "data" else users
    with pytest.raises(TrainingError, match="cannot resume 'users'"):
        fit(model, data, seed=seed, checkpoint_dir=tmp_path, resume=True)


def test_resuming_needs_a_directory_and_a_state(small, users, tmp_path):
    with pytest.raises(ValueError, match="checkpoint_dir"):
        fit(small(), users, resume=True)
    fit(small(), users).save(tmp_path / "final_checkpoint")
    with pytest.raises(ModelFileError, match="no state"):
        fit(small(), users, checkpoint_dir=tmp_path, resume=True)


def diverge_from(monkeypatch, number):
    step = Adversary.step

    def broken(self, rng, **options):
        losses = step(self, rng, **options)
        return losses if options["number"] < number else losses | {"critic": torch.tensor(np.nan)}

    monkeypatch.setattr(Adversary, "step", broken)


def test_divergence_names_its_loss_and_keeps_the_best_weights(small, users, monkeypatch):
    good = fit(small(epochs=4), users, checkpoint_interval=2, cancel=StopAfter(2 * STEPS))
    diverge_from(monkeypatch, 2 * STEPS + 1)
    model, told = small(epochs=4), []
    fit(model, users, checkpoint_interval=2, on_event=told.append)
    text = next(event.message for event in told if isinstance(event, Notice))
    assert "critic loss" in text
    assert "epoch 3 of 4" in text
    assert "the weights of epoch 2 are used" in text
    for remedy in ("--model tree", "--batch-size", "generator_lr"):
        assert remedy in text
    assert weights(model) == weights(good)


def test_divergence_at_once_leaves_no_model(small, users, monkeypatch):
    diverge_from(monkeypatch, 0)
    model = small()
    with pytest.raises(TrainingError, match="epoch 1 of 4"):
        fit(model, users)
    with pytest.raises(NotFittedError):
        model.sample(1)


@pytest.mark.parametrize(
    ("changed", "constant", "epochs_run"),
    [
        ({}, 4, 9),
        ({"lr_schedule": "constant"}, 4, 4),
        ({"patience": None}, 8, 20),  # from 40 % of the epochs on
        ({"epochs": 9}, 3.6, 9),  # which is before the standstill
    ],
)
def test_the_rates_fall_at_a_standstill_and_that_is_the_end(
    small, users, monkeypatch, changed, constant, epochs_run
):
    monkeypatch.setattr(trainer_module, "_LEAST_STEPS", STEPS)
    metrics = iter([(0.5, 0.5), (0.2, 0.2), (0.197, 0.197), (0.3, 0.3)])
    monkeypatch.setattr(
        trainer_module.CellDistance, "__call__", lambda *_: next(metrics, (0.1, 0.1))
    )
    seen, rates, events = Adversary.step, [], []

    def step(self, rng, **options):
        rates.append(options["rate"])
        return seen(self, rng, **options)

    monkeypatch.setattr(Adversary, "step", step)
    model = small(**{"epochs": 20, "patience": 2, **changed})
    fit(model, users, checkpoint_interval=1, on_event=events.append)
    assert (model.epochs_run, model.cancelled) == (epochs_run, False)
    assert events[-1].epochs == epochs_run
    first = round(constant * STEPS)
    assert set(rates[:first]) == {1.0}
    assert all(np.diff(rates[first:]) < 0)
    assert constant == epochs_run or 0 < rates[-1] < 0.1


def test_a_standstill_over_a_few_steps_means_nothing(small, users, monkeypatch):
    monkeypatch.setattr(trainer_module, "_LEAST_STEPS", 4 * STEPS)
    monkeypatch.setattr(trainer_module.CellDistance, "__call__", lambda *_: (0.5, 0.5))
    model = fit(small(epochs=40, patience=1), users, checkpoint_interval=1)
    assert model.epochs_run == 18  # compared after 4 epochs, and after 8


def test_long_epochs_are_validated_each(small, users, monkeypatch):
    monkeypatch.setattr(trainer_module, "_LEAST_STEPS", STEPS)
    monkeypatch.setattr(trainer_module, "_MOST_STEPS", STEPS)
    events = []
    fit(small(), users, on_event=events.append, checkpoint_interval=10)
    assert all(event.metric is not None for event in events)


def test_a_pool_is_cut_at_any_place():
    pool, rng = Pool(torch.arange(10.0)), np.random.default_rng(0)
    cuts = {tuple(pool.cut((2, 3), rng).flatten().tolist()) for _ in range(200)}
    assert cuts == {tuple(float(start + i) for i in range(6)) for start in range(5)}


CHANGES = {
    "embedding_dim": 9,
    "generator_dim": (17,),
    "discriminator_dim": (16, 16),
    "pac": 4,
    "dropout": 0.6,
    "generator_lr": 5e-3,
    "discriminator_lr": 5e-3,
    "generator_decay": 0.1,
    "discriminator_decay": 0.1,
    "lr_schedule": "constant",
    "discriminator_steps": 2,
    "tau": 0.9,
    "gradient_penalty": 1.0,
    "marginal_weight": 9.0,
    "ema": 0.1,
    "log_frequency": True,
    "condition_on": "discrete",
    "scalar_per_mode": False,
    "scalar_weight": 1.0,
    "min_steps_per_epoch": 9,
    "embedding_threshold": 2,
    "max_codes": 2,
    "precision": "bfloat16",
}


def test_every_parameter_is_read(small):
    rng = np.random.default_rng(0)
    dear = rng.random(200) < 0.5
    price = np.where(dear, rng.normal(900, 30, 200), rng.normal(10, 2, 200))  # two modes
    sales = pd.DataFrame({"plan": rng.choice(["free", "pro", "team"], 200), "price": price})
    usual = weights(fit(small(epochs=2, batch_size=100), sales, checkpoint_interval=2))
    for name, value in CHANGES.items():
        changed = {"epochs": 2, "batch_size": 100, name: value}
        other = fit(small(**changed), sales, checkpoint_interval=2)
        assert weights(other) != usual, name


def test_no_parameter_is_untested():
    fields = {field.name for field in dataclasses.fields(CTGANConfig)}
    # patience, threads and device have tests of their own.
    assert fields == {*CHANGES, "patience", "threads", "device"}


def test_without_cuda_asking_for_it_is_an_error(small, users, monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(TrainingError, match="no CUDA device"):
        fit(small(device="cuda"), users)
    assert weights(fit(small(device="auto"), users)) == weights(fit(small(), users))


def test_the_published_settings_are_a_preset(metadata):
    model = CTGAN.as_published(metadata, epochs=7, dropout=0.4)
    expected = {**PUBLISHED, "dropout": 0.4}
    assert {name: getattr(model.config, name) for name in expected} == expected
    assert (model.config.pac, model.config.log_frequency, model.epochs) == (10, True, 7)


def test_a_misspelt_parameter_names_the_near_one(metadata):
    with pytest.raises(TypeError, match="'genrator_lr'; did you mean 'generator_lr'"):
        CTGAN(metadata, genrator_lr=1e-4)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("pac", 0),
        ("pac", True),
        ("dropout", 1.0),
        ("ema", "high"),
        ("generator_dim", ()),
        ("generator_dim", 256),
        ("discriminator_dim", (0,)),
        ("tau", float("nan")),
        ("lr_schedule", "step"),
        ("device", "tpu"),
        ("log_frequency", 1),
        ("patience", 0),
        ("batch_size", 0),
        ("epochs", 2.5),
    ],
)
def test_a_value_out_of_range_is_named(metadata, name, value):
    with pytest.raises(ValueError, match=name):
        CTGAN(metadata, **{name: value})


def test_adam_is_adam_with_l2_decay():
    generator = torch.Generator().manual_seed(0)
    mine = [torch.randn(5, 3, generator=generator, requires_grad=True)]
    theirs = [mine[0].detach().clone().requires_grad_()]
    target = torch.randn(5, 3, generator=generator)
    adam = Adam(mine, decay=0.01)
    # The formula of Kingma and Ba with L2 decay, written out.
    first, second = torch.zeros(5, 3), torch.zeros(5, 3)
    for step in range(1, 6):
        adam.minimise(((mine[0] - target) ** 2).sum(), rate=0.1)
        value = theirs[0].detach()
        gradient = 2 * (value - target) + 0.01 * value
        first = 0.5 * first + 0.5 * gradient
        second = 0.9 * second + 0.1 * gradient**2
        change = (first / (1 - 0.5**step)) / ((second / (1 - 0.9**step)).sqrt() + 1e-8)
        theirs = [value - 0.1 * change]
    assert torch.allclose(mine[0].detach(), theirs[0], atol=1e-6)


def test_the_running_average_is_short_at_first():
    running, current = [torch.zeros(1)], [torch.ones(1)]
    average(running, current, decay=0.999, step=0)
    assert running[0].item() == pytest.approx(0.9)
    running = [torch.zeros(1)]
    average(running, current, decay=0.999, step=100_000)
    assert running[0].item() == pytest.approx(0.001)
