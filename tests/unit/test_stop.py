"""■: what the first press, a double click and the second press do, and what a stop breaks off."""

import signal
import threading

import pytest

from synthohive_jupyter.errors import RunInterrupted
from synthohive_jupyter.events import CancelToken, EpochEnded, Stopped
from synthohive_jupyter.models.tree import fitting as trees
from synthohive_jupyter.models.tree.model import TreeSynth
from synthohive_jupyter.notebook.interrupt import Presses, interruptible, stop_on_interrupt
from synthohive_jupyter.schema.metadata import Metadata
from synthohive_jupyter.tabular.transformer import TableTransformer
from tests.shop import make_shop

USERS = make_shop(80).users[["region", "age"]]


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


def presses(token, before=signal.default_int_handler):
    clock = Clock()
    handler = Presses(token, before, clock)
    return clock, lambda: handler(signal.SIGINT, None)


def test_the_first_press_asks_and_the_second_raises():
    token = CancelToken()
    clock, press = presses(token)
    press()
    assert token.cancelled
    clock.now = 0.4
    press()  # a double click
    clock.now = 0.6
    with pytest.raises(KeyboardInterrupt):
        press()


def test_a_stop_that_was_asked_for_otherwise_is_no_press():
    token = CancelToken()
    token.cancel()  # by the panel
    clock, press = presses(token)
    press()
    clock.now = 1.0
    with pytest.raises(KeyboardInterrupt):
        press()


def test_a_press_breaks_off_what_leaves_nothing_behind():
    token = CancelToken()
    _, press = presses(token)
    with pytest.raises(Stopped), token.breakable():
        press()
    press()  # no more
    assert token.cancelled


@pytest.mark.parametrize("before", [signal.SIG_IGN, signal.SIG_DFL, None])
def test_whatever_was_set_before_the_second_press_raises(before):
    clock, press = presses(CancelToken(), before)
    press()
    clock.now = 1.0
    with pytest.raises(KeyboardInterrupt):
        press()


def test_handlers_of_others_break_off_their_work_too():
    jobs = ["running"]

    def of_spark(number, frame):
        jobs.clear()
        raise KeyboardInterrupt

    token = CancelToken()
    _, press = presses(token, of_spark)
    with pytest.raises(Stopped), token.breakable():
        press()
    assert not jobs


def test_interrupts_break_off_a_block_and_are_as_before_behind_it():
    before, reached = signal.getsignal(signal.SIGINT), []

    def work():
        with interruptible("nothing was changed"):
            signal.raise_signal(signal.SIGINT)
            reached.append("what follows")

    with pytest.raises(RunInterrupted, match="stopped; nothing was changed"):
        work()
    assert not reached
    assert signal.getsignal(signal.SIGINT) is before


def test_other_threads_are_left_alone():
    before, seen = signal.getsignal(signal.SIGINT), []

    def work():
        with stop_on_interrupt(CancelToken()):
            seen.append(signal.getsignal(signal.SIGINT))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert seen == [before]


# Models


def fit(token=None, **options):
    shop = Metadata()
    shop.add_table("users", pk=None)
    return TreeSynth(shop).fit(USERS, table_name="users", cancel=token, **options)


def test_encoding_is_broken_off(monkeypatch):
    token = CancelToken()
    monkeypatch.setattr(TableTransformer, "fit", lambda *_, **__: token.interrupt())
    with pytest.raises(Stopped):
        fit(token)


def test_a_tree_is_broken_off_and_grown_anew_by_a_resumed_fit(monkeypatch, tmp_path):
    token, real = CancelToken(), trees.ChainFit._tree
    grown = []

    def second(self, *arguments, **options):
        grown.append(1)
        if len(grown) == 2:
            token.interrupt()
        return real(self, *arguments, **options)

    monkeypatch.setattr(trees.ChainFit, "_tree", second)
    stopped = fit(token, checkpoint_dir=tmp_path)
    assert (stopped.cancelled, stopped.epochs_run) == (True, 1)
    assert len(stopped.sample(5)) == 5
    seen = []
    resumed = fit(checkpoint_dir=tmp_path, resume=True, on_event=seen.append)
    assert [e.epoch for e in seen if isinstance(e, EpochEnded)] == [2]
    assert resumed.sample(50, seed=1).equals(fit().sample(50, seed=1))
