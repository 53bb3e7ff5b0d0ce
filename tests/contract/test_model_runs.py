"""A fit can be stopped and resumed, and neither fit nor sample leaves traces in the process."""

import hashlib
import random
import signal

import numpy as np
import pytest
import torch

from synthohive_jupyter.errors import ModelFileError, TrainingError
from synthohive_jupyter.events import CancelToken, CheckpointSaved, EpochEnded, Notice
from synthohive_jupyter.models.base import BLOCK_ROWS
from tests.contract.cases import digest


def stop_after(times):
    """Return a token that stops at the question after ``times``."""

    class Token(CancelToken):
        asked = 0

        @property
        def cancelled(self):
            self.asked += 1
            return self.asked > times

    return Token()


def files(model, place):
    """Return hashes of the files of a model."""
    model.save(place)
    return {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in place.iterdir()}


def fit(model, orders, context, **options):
    return model.fit(orders, context, table_name="orders", seed=2, **options)


@pytest.mark.parametrize("times", [0, 1, 4])
def test_a_fit_that_was_stopped_is_usable_and_resumes_to_the_same_bytes(
    make, orders, context, tmp_path, times
):
    place = tmp_path / "checkpoints"
    stopped = fit(make(), orders, context, cancel=stop_after(times), checkpoint_dir=place)
    assert stopped.cancelled
    assert len(stopped.sample(5, context[:5])) == 5
    stopped.save(tmp_path / "stopped")
    again = type(stopped).load(tmp_path / "stopped").sample(5, context[:5], seed=1)
    assert again.equals(stopped.sample(5, context[:5], seed=1))
    resumed = fit(make(), orders, context, checkpoint_dir=place, resume=True)
    assert not resumed.cancelled
    whole = fit(make(), orders, context)
    assert files(resumed, tmp_path / "resumed") == files(whole, tmp_path / "whole")


def test_a_fit_that_had_ended_resumes_to_the_same_bytes(make, orders, context, tmp_path):
    ended = fit(make(), orders, context, checkpoint_dir=tmp_path / "checkpoints")
    resumed = fit(make(), orders, context, checkpoint_dir=tmp_path / "checkpoints", resume=True)
    assert files(resumed, tmp_path / "resumed") == files(ended, tmp_path / "ended")


def test_a_stop_from_within_an_event_is_heard(make, orders):
    token = CancelToken()

    def stop(event):
        if type(event) is EpochEnded:
            token.cancel()

    model = make().fit(orders, table_name="orders", cancel=token, on_event=stop)
    assert model.cancelled
    assert model.epochs_run == 1


def test_an_error_of_the_sink_reaches_the_caller(make, orders):
    def fail(event):
        if type(event) is EpochEnded:
            raise KeyboardInterrupt

    before = torch.get_num_threads(), signal.getsignal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt):
        make().fit(orders, table_name="orders", on_event=fail)
    assert (torch.get_num_threads(), signal.getsignal(signal.SIGINT)) == before


def test_a_checkpoint_belongs_to_its_data_seed_and_context(make, orders, context, tmp_path):
    fit(make(), orders, context, cancel=stop_after(2), checkpoint_dir=tmp_path)
    wrong = [
        (orders[::-1].reset_index(drop=True), context, 2),
        (orders, context[::-1].reset_index(drop=True), 2),
        (orders, None, 2),
        (orders, context, 3),
    ]
    for data, beside, seed in wrong:
        with pytest.raises((TrainingError, ModelFileError)):
            make().fit(
                data, beside, table_name="orders", seed=seed, checkpoint_dir=tmp_path, resume=True
            )


def test_events_are_epochs_checkpoints_and_notices(make, orders, tmp_path):
    events = []
    make(epochs=3).fit(
        orders,
        table_name="orders",
        on_event=events.append,
        checkpoint_dir=tmp_path,
        checkpoint_interval=1,
    )
    assert {type(event) for event in events} <= {EpochEnded, CheckpointSaved, Notice}
    assert {event.table for event in events} == {"orders"}
    epochs = [e for e in events if type(e) is EpochEnded]
    # Three as asked, or one for each column where a model has no other epochs.
    assert [e.epoch for e in epochs] == list(range(1, epochs[-1].epochs + 1))
    assert len(epochs) in {3, orders.shape[1]}
    for name in ("best_checkpoint", "final_checkpoint"):
        assert name in {e.name for e in events if type(e) is CheckpointSaved}
        assert (tmp_path / name / "config.json").is_file()


def test_nothing_of_the_process_is_changed_or_used(make, orders, context):
    legacy = np.random.mtrand._rand  # what np.random.seed would set
    torch.set_num_threads(2)
    try:
        threads, found = [], []
        for number in range(2):
            # Other global numbers, same result: nobody draws from them.
            torch.manual_seed(number)
            random.seed(number)
            legacy.seed(number)
            before = torch.get_rng_state(), legacy.get_state()[1].copy(), random.getstate()
            handler, low = signal.getsignal(signal.SIGINT), torch.get_default_dtype()
            model = make().fit(
                orders,
                context,
                table_name="orders",
                on_event=lambda _: threads.append(torch.get_num_threads()),
            )
            found.append(digest(model.sample(150, context, seed=1)))
            assert torch.equal(torch.get_rng_state(), before[0])
            assert (legacy.get_state()[1] == before[1]).all()
            assert random.getstate() == before[2]
            assert signal.getsignal(signal.SIGINT) is handler
            assert torch.get_default_dtype() is low
            assert torch.is_grad_enabled()
        assert set(threads) == {torch.get_num_threads()} == {2}
        assert found[0] == found[1]
    finally:
        torch.set_num_threads(1)


def test_a_block_depends_on_nothing_but_its_own_rows(make, orders, context):
    model = make(epochs=1).fit(orders, context, table_name="orders")
    rows = np.arange(BLOCK_ROWS + 60) % len(context)
    given = context.iloc[rows].reset_index(drop=True)
    whole = model.sample(len(given), given, seed=4)
    other = given.copy()
    other[:BLOCK_ROWS] = context.iloc[0].to_numpy()
    changed = model.sample(len(given), other, seed=4)
    assert not changed[:BLOCK_ROWS].equals(whole[:BLOCK_ROWS])
    assert changed[BLOCK_ROWS:].equals(whole[BLOCK_ROWS:])
    # Nor on the number of rows beside it, nor on the threads of the process.
    torch.set_num_threads(2)
    try:
        assert model.sample(70, given[:70], seed=4).equals(whole[:70])
    finally:
        torch.set_num_threads(1)
