"""Trainings that do not succeed: they say so, and what to try."""

import numpy as np
import pandas as pd
import pytest
import torch

from synthohive_jupyter.errors import TrainingError
from synthohive_jupyter.events import Notice
from synthohive_jupyter.models.argn.model import ARGN
from synthohive_jupyter.models.ctgan.adversary import Adversary
from synthohive_jupyter.models.ctgan.model import CTGAN
from synthohive_jupyter.models.health import collapse, some_rows
from synthohive_jupyter.schema.metadata import Metadata
from tests.shop import make_shop

USERS = make_shop(120).users[["region", "age"]]
SMALL = {
    CTGAN: {"generator_dim": (32,), "discriminator_dim": (32,), "min_steps_per_epoch": 4},
    ARGN: {"hidden_dim": 32},
}


def warnings_of(cls, epochs=4, **parameters):
    """Fit a small model; return it and its warnings."""
    shop = Metadata()
    shop.add_table("users", pk=None)
    model, told = cls(shop, epochs=epochs, batch_size=60, **{**SMALL[cls], **parameters}), []
    model.fit(USERS, table_name="users", on_event=told.append, checkpoint_interval=1)
    return model, [e.message for e in told if isinstance(e, Notice) and e.level == "warning"]


@pytest.mark.parametrize(
    ("cls", "parameters", "reason"),
    [
        (CTGAN, {"generator_lr": 10.0, "discriminator_lr": 10.0}, "at a distance of"),
        (ARGN, {"learning_rate": 10.0}, "worse than that of columns drawn one by one"),
    ],
)
def test_a_rate_that_is_far_too_high_is_told_with_remedies(cls, parameters, reason):
    model, told = warnings_of(cls, **parameters)
    text = next(text for text in told if reason in text)
    first, *rest = text.splitlines()
    assert first.startswith("the training has not succeeded")
    assert rest[0] == "what to try:"
    assert len(rest) == 4
    assert "--model tree" in rest[1]
    assert len(model.sample(5)) == 5


@pytest.mark.parametrize("cls", [CTGAN, ARGN])
def test_a_training_that_succeeds_says_nothing(cls):
    assert warnings_of(cls, epochs=25)[1] == []


def test_weights_that_are_no_numbers_are_found_though_the_losses_are(monkeypatch):
    step = Adversary.step

    def broken(self, rng, **options):
        losses = step(self, rng, **options)
        with torch.no_grad():
            next(self.generator.parameters()).view(-1)[0] = float("nan")
        return {name: torch.tensor(0.0) for name in losses}

    monkeypatch.setattr(Adversary, "step", broken)
    with pytest.raises(TrainingError, match="weight generator") as caught:
        warnings_of(CTGAN)
    assert len(caught.value.remedies) == 3
    assert "what to try:" in str(caught.value)


def test_rows_that_are_all_the_same_have_collapsed():
    one = pd.concat([USERS.iloc[:1]] * len(USERS), ignore_index=True)
    assert "the generator has collapsed" in collapse(one, USERS)


def test_a_few_modes_have_collapsed():
    rng = np.random.default_rng(0)
    real = pd.DataFrame(rng.random((1000, 4)))
    assert "the generator has collapsed" in collapse(real.iloc[rng.integers(0, 10, 1000)], real)


def test_columns_that_are_stuck_are_named():
    stuck = USERS.assign(region="north")
    assert collapse(stuck, USERS) == (
        "every generated row has the same value in 'region': this column has collapsed"
    )
    many = pd.DataFrame({f"c{i}": np.arange(100) for i in range(9)})
    text = collapse(many.assign(**{f"c{i}": 0 for i in range(7)}), many)
    assert "'c4' and 2 more: these columns have collapsed" in text


@pytest.mark.parametrize(
    "real",
    [
        USERS.iloc[:10],
        pd.DataFrame({"flag": [True] * 99 + [False], "x": range(100)}),
        pd.DataFrame({"none": [None] * 100, "x": range(100)}),
    ],
    ids=["few rows", "hardly varied", "nothing but null"],
)
def test_what_says_nothing_is_no_collapse(real):
    first = real.columns[0]
    drawn = real.assign(**{first: [real[first].iloc[0]] * len(real)})
    assert collapse(drawn, real) is None


def test_the_rows_compared_are_spread():
    assert list(some_rows(3)) == [0, 1, 2]
    assert len(some_rows(10**6)) == 1000
    assert some_rows(10**6)[-1] == 10**6 - 1
