"""A model's files: what they must not hold, and what must not be taken for them."""

import json
import shutil

import numpy as np
import pandas as pd
import pytest

from synthohive_jupyter.errors import ModelFileError, NotFittedError, StorageError
from tests.contract.cases import FAST, digest


def test_a_saved_model_is_the_same_model(make, model_cls, metadata, orders, context, tmp_path):
    model = make().fit(orders, context, table_name="orders", seed=5)
    wanted = digest(model.sample(150, context, seed=1))
    model.save(tmp_path / "model")
    loaded = model_cls.load(tmp_path / "model")
    filled = model_cls(metadata)
    assert filled.load(tmp_path / "model") is filled
    for other in (loaded, filled):
        assert type(other) is model_cls
        assert digest(other.sample(150, context, seed=1)) == wanted
        assert (other.epochs, other.batch_size) == (2, 30)
        assert other.epochs_run == model.epochs_run
    loaded.save(tmp_path / "again")
    for name in ("config.json", "weights.safetensors"):
        both = [(tmp_path / place / name).read_bytes() for place in ("model", "again")]
        assert both[0] == both[1]


def test_saving_overwrites_only_when_asked(make, orders, tmp_path):
    model = make().fit(orders, table_name="orders")
    model.save(tmp_path / "model")
    with pytest.raises(StorageError):
        model.save(tmp_path / "model")
    model.save(tmp_path / "model", overwrite=True)


def test_loading_a_strange_place_is_a_model_file_error(model_cls, tmp_path):
    (tmp_path / "notes.txt").write_text("hello")
    for place in (tmp_path, tmp_path / "nowhere", tmp_path / "notes.txt"):
        with pytest.raises(ModelFileError):
            model_cls.load(place)


def test_before_fit_there_is_nothing(make, tmp_path):
    with pytest.raises(NotFittedError):
        make().sample(1)
    with pytest.raises(NotFittedError):
        make().save(tmp_path / "model")
    assert not (tmp_path / "model").exists()


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    """Return the folder with one small model of every kind, by class."""
    from synthohive_jupyter.schema.metadata import Metadata

    metadata = Metadata()
    metadata.add_table("users", pk=None)
    users = pd.DataFrame({"plan": ["free", "pro"] * 30, "age": range(60)})
    place = tmp_path_factory.mktemp("models")
    for cls, parameters in FAST.items():
        model = cls(metadata, epochs=1, **parameters).fit(users, table_name="users")
        model.save(place / cls.__name__)
    return place


def test_a_model_of_another_kind_is_refused(model_cls, saved, tmp_path):
    for other in set(FAST) - {model_cls}:
        with pytest.raises(ModelFileError, match=other.kind):
            model_cls.load(saved / other.__name__)
        # And one that only says that it is of this kind.
        place = tmp_path / other.__name__
        shutil.copytree(saved / other.__name__, place)
        record = json.loads((place / "config.json").read_text())
        for parameters in (record["parameters"], {}):
            lie = record | {"kind": model_cls.kind, "parameters": parameters}
            (place / "config.json").write_text(json.dumps(lie))
            with pytest.raises(ModelFileError):
                model_cls.load(place)


def test_a_damaged_configuration_is_a_model_file_error_or_of_no_matter(model_cls, saved, tmp_path):
    place = tmp_path / "model"
    shutil.copytree(saved / model_cls.__name__, place)
    record = json.loads((place / "config.json").read_text())
    refused = set()
    for name in record:
        for odd in ("missing", None, -1, "x", [[]], {"a": {}}):
            changed = record | {name: odd}
            if odd == "missing":
                del changed[name]
            (place / "config.json").write_text(json.dumps(changed))
            # Nothing else may be raised, by loading or by what has been loaded.
            try:
                model_cls.load(place).sample(3)
            except ModelFileError:
                refused.add((name, str(odd)))
    for name in ("kind", "table", "transformer", "parameters", "metadata", "epochs", "batch_size"):
        for odd in ("missing", "None", "-1", "[[]]"):
            assert (name, odd) in refused


SECRET = "Zx9-Qmirabell"
NUMBER = 987_654.321
DATE = "1871-03-18"


@pytest.fixture
def guarded():
    """A table with values that few rows have, in every kind of column."""
    rng = np.random.default_rng(0)
    rows = 200
    frame = pd.DataFrame(
        {
            "level": rng.choice(["a", "b"], rows).astype(object),
            "note": [f"note {i}" for i in range(rows)],
            "amount": rng.normal(50, 9, rows).round(3),
            "count": rng.integers(0, 50, rows),
            "day": pd.Timestamp("2020-01-01")
            + pd.to_timedelta(rng.integers(0, 99, rows), unit="D"),
            "kind": pd.Categorical(
                rng.choice(["x", "y"], rows), categories=["x", "y", SECRET + "kind", SECRET]
            ),
        }
    )
    frame.loc[[3, 77], "level"] = SECRET
    frame.loc[5, "note"] = SECRET
    frame.loc[[9, 90], "amount"] = [NUMBER, -NUMBER]
    frame.loc[11, "count"] = 7_777_777
    frame.loc[13, "day"] = pd.Timestamp(DATE)
    frame.loc[[17, 18], "kind"] = SECRET
    return frame


def test_no_rare_value_and_no_extreme_is_in_a_file_or_in_a_sample(make, guarded, tmp_path):
    context = guarded.add_prefix("__ctx__")
    events = []
    model = make(epochs=1).fit(
        guarded,
        context,
        table_name="users",
        checkpoint_dir=tmp_path / "checkpoints",
        on_event=events.append,
    )
    model.save(tmp_path / "model")
    sample = model.sample(200, context, seed=1)
    ticks = pd.Timestamp(DATE).as_unit("ns").value
    traces = [SECRET.encode(), b"987654.321", b"7777777", DATE.encode(), str(ticks).encode()]
    traces += [np.array(NUMBER, kind).tobytes() for kind in ("f4", "f8")]
    traces += [np.array(v, kind).tobytes() for v in (7_777_777, ticks) for kind in ("i8", "f8")]
    written = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert len(written) >= 4
    for path in written:
        content = path.read_bytes()
        assert [trace for trace in traces if trace in content] == [], path.name
    shown = (sample.to_csv() + str([event.to_dict() for event in events])).encode()
    assert [trace for trace in traces if trace in shown] == []
    # Far from the extremes: the ends are those that several rows share.
    assert sample["amount"].abs().max() < 1000
    assert sample["count"].max() < 100
    assert sample["day"].min() >= pd.Timestamp("2019-12-01")
    assert set(sample["level"]) == {"a", "b"}
