"""The training of ARGN: stopping by itself, resuming, held-out families, leaving things alone."""

import json
import random
import re

import numpy as np
import pandas as pd
import pytest
import torch

from synthohive_jupyter.errors import ModelFileError, TrainingError
from synthohive_jupyter.events import CancelToken, CheckpointSaved, EpochEnded, Notice
from synthohive_jupyter.models.argn import trainer as trainer_module
from synthohive_jupyter.models.argn.config import ARGNConfig
from synthohive_jupyter.models.argn.model import ARGN
from synthohive_jupyter.models.argn.trainer import Trainer, held_out
from synthohive_jupyter.models.fits import Coded
from synthohive_jupyter.schema.metadata import Metadata
from synthohive_jupyter.tabular.transformer import TableTransformer

ROWS = 300
SMALL = {"embedding_dim": 4, "hidden_dim": 16, "precision": "float32"}


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
    return pd.DataFrame({"plan": plan, "spend": spend, "seats": rng.integers(1, 9, ROWS)})


@pytest.fixture
def small(metadata):
    return lambda **changed: ARGN(metadata, **{**SMALL, "epochs": 4, **changed})


def fit(model, users, **options):
    return model.fit(users, table_name="users", **options)


def weights(model):
    return {name: t.numpy().tobytes() for name, t in model.fitted.tensors().items()}


def coded(users, families=None):
    transformer = TableTransformer().fit(users, table="users", numbers="cells")
    rows = transformer.encode(users, np.random.default_rng(0))
    return Coded("users", transformer, rows, None, None, families)


def test_it_stops_by_itself_and_says_how_far_it_will_go(small, users):
    events = []
    model = fit(small(epochs=300), users, on_event=events.append)
    assert model.epochs_run < 150
    assert [e.epoch for e in events] == list(range(1, model.epochs_run + 1))
    assert events[0].epochs == 300
    known = [e.epochs for e in events if e.epochs < 300]
    assert known
    assert set(known) == {known[0]}
    assert model.epochs_run <= known[0]
    for event in events:
        assert set(event.losses) == {"nll", "validation_nll"}
        assert event.metric == event.losses["validation_nll"]
        assert event.rows_per_second > 0
    best = [e.epoch for e in events if e.best]
    assert best[-1] == model.best_epoch
    assert model.best_metric == events[model.best_epoch - 1].metric


def test_more_learning_is_a_better_likelihood(small, users):
    # Independent columns: the sum of the entropies of the marginals.
    transformer = TableTransformer().fit(users, table="users", numbers="cells")
    alone = sum(-(f[f > 0] * np.log(f[f > 0])).sum() for f in transformer.frequencies)
    model = fit(small(epochs=300), users)
    # Given the plan, whether the spend is 0 is certain: .67 nats less, a part of it overfitted.
    assert model.best_metric < alone - 0.2


def test_the_rate_is_constant_and_then_falls_to_zero(users):
    config = ARGNConfig(**SMALL)
    model = ARGN(Metadata(), **SMALL)
    _, trainer = model._prepare(coded(users), seed=0)
    steps = trainer.steps_per_epoch
    warm = trainer_module._WARM_UP
    assert trainer._rate(0) < trainer._rate(warm - 1) == trainer._rate(10 * steps + warm)
    full = trainer._rate(warm)
    assert full <= config.learning_rate
    trainer.cooling = 10
    rates = [trainer._rate(step) for step in range(10 * steps, 30 * steps)]
    assert (np.diff(rates) < 0).all()
    assert rates[0] == full
    assert rates[-1] < 0.01 * rates[0]


def test_small_tables_have_small_steps(users):
    def rows_of(n_rows, batch):
        flags = pd.DataFrame({"flag": np.arange(n_rows) % 2 == 0, "b": users["plan"][0]})
        data = coded(flags)
        model = ARGN(Metadata(), batch_size=batch, **SMALL)
        _, trainer = model._prepare(data, seed=0)
        return trainer._rows, trainer.steps_per_epoch

    assert rows_of(2, 500) == (2, 1)
    assert rows_of(25, 500)[1] == 1
    assert rows_of(300, 500) == (32, 7)
    assert rows_of(300, 10) == (10, 24)
    assert rows_of(30_000, 500) == (500, 57)


def test_what_is_held_out_are_whole_families_and_enough_rows(users):
    families = np.arange(ROWS) // 6
    chosen = held_out(coded(users, families), 0.05, seed=0)
    assert 40 <= chosen.sum() <= 60
    for family in range(50):
        assert chosen[families == family].all() or not chosen[families == family].any()
    assert held_out(coded(users), 0.05, seed=0).sum() == 60
    assert not held_out(coded(users), 0.0, seed=0).any()
    assert not held_out(coded(users[:19]), 0.05, seed=0).any()
    assert not held_out(coded(users, np.zeros(ROWS, int)), 0.05, seed=0).any()
    many = coded(users.iloc[np.arange(40_000) % ROWS])
    assert held_out(many, 0.05, seed=0).sum() == 2000
    assert held_out(many, 0.5, seed=0).sum() == 5000


@pytest.mark.parametrize("families", [None, np.arange(ROWS) // 3])
def test_one_seed_one_model(small, users, families):
    one, same = (fit(small(epochs=2), users, seed=3, families=families) for _ in range(2))
    assert weights(one) == weights(same)
    assert weights(one) != weights(fit(small(epochs=2), users, seed=4, families=families))


def stop_after(steps):
    class Token(CancelToken):
        asked = 0

        @property
        def cancelled(self):
            self.asked += 1
            return self.asked > steps

    return Token()


@pytest.mark.parametrize("steps", [0, 3, 7, 11, 20])
def test_a_fit_stopped_after_any_step_goes_on_to_the_same_bytes(small, users, tmp_path, steps):
    wanted = fit(small(), users, seed=5)
    stopped = fit(small(), users, seed=5, checkpoint_dir=tmp_path, cancel=stop_after(steps))
    assert stopped.cancelled
    assert len(stopped.sample(3)) == 3
    resumed = fit(small(), users, seed=5, checkpoint_dir=tmp_path, resume=True)
    assert not resumed.cancelled
    assert weights(resumed) == weights(wanted)
    assert (resumed.best_epoch, resumed.best_metric) == (wanted.best_epoch, wanted.best_metric)


def test_checkpoints_are_written_each_interval_and_at_the_end(small, users, tmp_path):
    events = []
    fit(small(), users, on_event=events.append, checkpoint_dir=tmp_path, checkpoint_interval=3)
    saved = [(e.name, e.epoch) for e in events if type(e) is CheckpointSaved]
    assert [epoch for name, epoch in saved if name == "final_checkpoint"] == [3, 4]
    assert ARGN.load(tmp_path / "best_checkpoint").epochs_run == 4


def test_a_state_belongs_to_its_data_and_parameters(small, users, tmp_path):
    fit(small(), users, checkpoint_dir=tmp_path, cancel=stop_after(3))
    for model, data in ((small(dropout=0.2), users), (small(), users[::-1]), (small(), users[1:])):
        with pytest.raises(TrainingError, match="cannot resume 'users'"):
            fit(model, data, checkpoint_dir=tmp_path, resume=True)
    config = tmp_path / "final_checkpoint" / "config.json"
    record = json.loads(config.read_text())
    record["training"]["cooling"] = -1
    config.write_text(json.dumps(record))
    with pytest.raises(ModelFileError, match="cooling"):
        fit(small(), users, checkpoint_dir=tmp_path, resume=True)


def test_divergence_is_named_and_keeps_the_best_weights(small, users, monkeypatch):
    real = Trainer.make_step

    def broken(self, step, rng):
        losses = real(self, step, rng)
        return {"nll": losses["nll"] * np.nan} if step >= 2 * self.steps_per_epoch else losses

    monkeypatch.setattr(Trainer, "make_step", broken)
    model, told = small(), []
    fit(model, users, on_event=told.append)
    text = next(event.message for event in told if isinstance(event, Notice))
    assert re.search(r"epoch 3 of 4: the nll loss .* the weights of epoch 2 are used", text)
    assert model.best_epoch == 2
    assert len(model.sample(5)) == 5


def test_nothing_global_is_touched(small, users):
    torch.set_num_threads(2)
    try:
        legacy = np.random.mtrand._rand  # what np.random.seed would set
        before = torch.get_rng_state(), legacy.get_state()[1].copy(), random.getstate()
        threads = []
        model = fit(small(), users, on_event=lambda _: threads.append(torch.get_num_threads()))
        model.sample(10)
        assert set(threads) == {2}
        assert torch.get_num_threads() == 2
        assert torch.equal(torch.get_rng_state(), before[0])
        assert (legacy.get_state()[1] == before[1]).all()
        assert random.getstate() == before[2]
    finally:
        torch.set_num_threads(1)


def test_bfloat16_learns_the_same(small, users):
    low = fit(small(epochs=30, precision="bfloat16"), users)
    full = fit(small(epochs=30), users)
    assert weights(low) != weights(full)
    assert low.best_metric == pytest.approx(full.best_metric, abs=0.1)
    assert all(t.dtype == torch.float32 for t in low.fitted.tensors().values())


CHANGES = {
    "embedding_dim": 5,
    "hidden_dim": 17,
    "dropout": 0.3,
    "learning_rate": 1e-3,
    "weight_decay": 0.5,
    "canonical_share": 0.2,
    "ema": 0.1,
    "validation_share": 0.4,
    "precision": "bfloat16",
}


@pytest.mark.parametrize("name", CHANGES)
def test_every_parameter_is_read(small, users, name):
    one = fit(small(epochs=2), users)
    other = fit(small(epochs=2, **{name: CHANGES[name]}), users)
    assert weights(one) != weights(other)


def test_patience_and_threads_are_read(small, users, monkeypatch):
    seen = []
    metrics = iter(range(1, 1000))
    monkeypatch.setattr(Trainer, "_likelihood", lambda _: float(next(metrics)))
    real = trainer_module.thread_count
    monkeypatch.setattr(trainer_module, "thread_count", lambda n: seen.append(n) or real(n))
    for patience in (1, 2):
        # The first epoch is the best, so training stops after as many more.
        model = fit(small(epochs=300, patience=patience, threads=2), users)
        assert model.epochs_run == min(1 + patience, 4)
    assert set(seen) == {2}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("dropout", 1.0),
        ("ema", 1.0),
        ("hidden_dim", 0),
        ("hidden_dim", 5000),
        ("embedding_dim", 1.5),
        ("precision", "half"),
        ("patience", 0),
        ("learning_rate", float("nan")),
        ("validation_share", 0.9),
        ("threads", True),
    ],
)
def test_wrong_parameters_are_named(small, name, value):
    with pytest.raises(ValueError, match=name):
        small(**{name: value})


def test_events_are_all_epochs_without_checkpoints(small, users):
    events = []
    fit(small(), users, on_event=events.append)
    assert {type(e) for e in events} == {EpochEnded}


def test_the_best_weights_are_calibrated_wherever_they_are_kept(
    small, users, tmp_path, monkeypatch
):
    metrics = [5.0, 4.0, 4.5, 4.6, 4.7, 4.8]
    for every in (1, 2):
        monkeypatch.setattr(Trainer, "_likelihood", lambda t: metrics[t.epochs_run - 1])
        place = tmp_path / str(every)
        options = {"checkpoint_dir": place, "checkpoint_interval": every}
        # The best epoch is the second one, the last one the fifth: it is written before it ends.
        model = fit(small(epochs=6), users, **options)
        assert (model.best_epoch, model.epochs_run) == (2, 5)
        assert weights(ARGN.load(place / "best_checkpoint")) == weights(model)
        monkeypatch.setattr(trainer_module, "calibrate", lambda *_: None)
        assert weights(fit(small(epochs=6), users)) != weights(model)
        monkeypatch.undo()
