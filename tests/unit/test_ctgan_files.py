"""CTGAN's own part of a model file: every value in it is doubted."""

import hashlib
import json

import numpy as np
import pandas as pd
import pytest
import safetensors.torch

from synthohive_jupyter.errors import ModelFileError
from synthohive_jupyter.models.checkpoint import CONFIG, WEIGHTS
from synthohive_jupyter.models.ctgan.model import CTGAN
from synthohive_jupyter.schema.metadata import Metadata


@pytest.fixture(scope="module")
def model():
    metadata = Metadata()
    metadata.add_table("users", pk=None)
    metadata.add_table("orders", pk=None)
    rng = np.random.default_rng(0)
    users = pd.DataFrame(
        {"plan": rng.choice(["free", "pro"], 80), "town": rng.choice(list("abcdefgh"), 80)}
    )
    context = pd.DataFrame({"region": rng.choice(["north", "south"], 80)})
    sizes = {"embedding_dim": 4, "generator_dim": (8,), "discriminator_dim": (8,)}
    model = CTGAN(metadata, batch_size=40, epochs=1, embedding_threshold=5, **sizes)
    return model.fit(users, context, table_name="users", seed=11)


@pytest.fixture
def saved(model, tmp_path):
    model.save(tmp_path / "model")
    return tmp_path / "model"


def edit(path, change):
    record = json.loads((path / CONFIG).read_text())
    change(record)
    (path / CONFIG).write_text(json.dumps(record))


def test_the_file_holds_one_table_the_parameters_and_the_seed(saved, model):
    record = json.loads((saved / CONFIG).read_text())
    assert [table["name"] for table in record["metadata"]["tables"]] == ["users"]
    assert record["parameters"] == model.config.to_dict()
    assert (record["seed"], record["epochs_run"], record["best_epoch"]) == (11, 1, 1)
    assert record["layout"] == [["plan", 2, [], False], ["town", 8, [], True]]
    assert {"torch", "numpy"} <= set(record["versions"])


def test_the_same_model_gives_the_same_files(saved, model, tmp_path):
    model.save(tmp_path / "again")
    for member in (CONFIG, WEIGHTS):
        assert (saved / member).read_bytes() == (tmp_path / "again" / member).read_bytes()


def test_loading_remembers_how_good_the_model_was(saved, model):
    loaded = CTGAN.load(saved)
    assert (loaded.best_epoch, loaded.best_metric) == (model.best_epoch, model.best_metric)
    assert loaded.config == model.config
    assert list(loaded.metadata.tables) == ["users"]


def test_a_model_that_is_filled_keeps_its_own_description(saved, model):
    filled = CTGAN(model.metadata)
    filled.load(saved)
    assert list(filled.metadata.tables) == ["users", "orders"]


CHANGES = {
    "a parameter that is not known": lambda r: r["parameters"].update(hidden=3),
    "a parameter out of range": lambda r: r["parameters"].update(pac=0),
    "a layer beyond all measure": lambda r: r["parameters"].update(generator_dim=[10**12]),
    "a network that fills the memory": lambda r: r["parameters"].update(
        generator_dim=[65_536] * 50
    ),
    "another architecture": lambda r: r["parameters"].update(generator_dim=[8, 8]),
    "another kind of scalars": lambda r: r["parameters"].update(embedding_dim=5),
    "no parameters": lambda r: r.pop("parameters"),
    "parameters as a list": lambda r: r.update(parameters=[1]),
    "no transformer": lambda r: r.pop("transformer"),
    "a transformer as text": lambda r: r.update(transformer="x"),
    "a context as a list": lambda r: r.update(context=[]),
    "a context less": lambda r: r.update(context=None),
    "another layout": lambda r: r["layout"][0].__setitem__(1, 3),
    "no layout": lambda r: r.pop("layout"),
    "no metadata": lambda r: r.pop("metadata"),
    "metadata of another version": lambda r: r["metadata"].update(version=9),
    "metadata without the table": lambda r: r["metadata"].update(tables=[]),
    "a table that is a number": lambda r: r.update(table=3),
    "a seed below zero": lambda r: r.update(seed=-1),
    "epochs as text": lambda r: r.update(epochs="3"),
    "epochs run as truth": lambda r: r.update(epochs_run=True),
    "a best epoch as text": lambda r: r.update(best_epoch="x"),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_changed_configuration_is_refused(saved, name):
    edit(saved, CHANGES[name])
    with pytest.raises(ModelFileError):
        CTGAN.load(saved)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -1.0])
@pytest.mark.parametrize("name", ["entry.weight", "frequencies"])
def test_changed_weights_are_refused(saved, name, value):
    tensors = safetensors.torch.load((saved / WEIGHTS).read_bytes())
    tensors[name].view(-1)[0] = value
    data = safetensors.torch.save(tensors)
    (saved / WEIGHTS).write_bytes(data)
    edit(saved, lambda r: r["members"].update({WEIGHTS: hashlib.sha256(data).hexdigest()}))
    if name == "entry.weight" and value == -1.0:
        CTGAN.load(saved)  # a weight may be anything finite
    else:
        with pytest.raises(ModelFileError):
            CTGAN.load(saved)


def test_a_damaged_file_leaves_the_model_that_loads_it_alone(saved, model):
    wanted = CTGAN(model.metadata)
    wanted.load(saved)
    context = pd.DataFrame({"region": ["north"] * 5})
    rows = wanted.sample(5, context, seed=1)
    edit(saved, CHANGES["another layout"])
    with pytest.raises(ModelFileError):
        wanted.load(saved)
    assert wanted.sample(5, context, seed=1).equals(rows)


def test_no_data_is_kept_but_what_the_transformer_keeps(model, saved):
    assert {p.name for p in saved.iterdir()} == {CONFIG, WEIGHTS}
    names = set(safetensors.torch.load((saved / WEIGHTS).read_bytes()))
    assert names == {*model._fitted.generator.state_dict(), "frequencies"}
    # The sampler of training holds the rows; nothing of it may stay with the model.
    assert type(model._fitted.conditions).__name__ == "ConditionTable"
    assert not any(
        isinstance(value, np.ndarray) and len(value) == 80
        for value in vars(model._fitted.conditions).values()
    )
