"""`TreeSynth` beyond the contract of all models: relations, protection, files, resumption."""

import json
import sys

import numpy as np
import pandas as pd
import pytest

from synthohive_jupyter.errors import ModelFileError, TrainingError
from synthohive_jupyter.events import CancelToken, CheckpointSaved, EpochEnded
from synthohive_jupyter.models.tree.fitting import MAX_FEATURES
from synthohive_jupyter.models.tree.model import TreeSynth
from synthohive_jupyter.schema.metadata import Metadata


@pytest.fixture(scope="module")
def metadata():
    metadata = Metadata()
    metadata.add_table("people", pk=None)
    return metadata


@pytest.fixture(scope="module")
def people():
    """A table with rules: a city has one country, a bonus is null exactly for the unemployed."""
    rng = np.random.default_rng(0)
    rows = 3000
    city = rng.integers(0, 12, rows)
    working = rng.random(rows) < 0.7
    age = rng.integers(18, 90, rows)
    pay = np.exp(rng.normal(7 + 0.01 * age, 0.4)).round(2)
    return pd.DataFrame(
        {
            "pay": pay,
            "age": age,
            "bonus": np.where(working, rng.choice([0.0, 100.0, 250.0], rows), np.nan),
            "country": np.array(["DE", "FR", "IT"])[city % 3],
            "city": np.array([f"c{i}" for i in range(12)])[city],
            "job": np.where(working, rng.choice(["nurse", "cook"], rows), "none"),
        }
    )


@pytest.fixture(scope="module")
def model(metadata, people):
    return TreeSynth(metadata).fit(people, table_name="people", seed=1)


@pytest.fixture(scope="module")
def sample(model):
    return model.sample(12_000, seed=2)


def test_rules_of_the_data_stay_rules(people, sample):
    assert set(zip(sample["city"], sample["country"], strict=True)) == set(
        zip(people["city"], people["country"], strict=True)
    )
    assert (sample["bonus"].isna() == (sample["job"] == "none")).all()


def test_marginals_and_relations_come_back(people, sample):
    shares = [frame["job"].value_counts(normalize=True) for frame in (people, sample)]
    # Three standard errors of a share of 3,000 rows.
    assert (shares[0] - shares[1]).abs().max() < 0.028
    for quantile in (0.01, 0.25, 0.5, 0.75, 0.99):
        real, drawn = (frame["pay"].quantile(quantile) for frame in (people, sample))
        assert abs(np.log(drawn / real)) < 0.1
    logs = [np.corrcoef(np.log(frame["pay"]), frame["age"])[0, 1] for frame in (people, sample)]
    # 1 / sqrt(3000) is .018.
    assert abs(logs[0] - logs[1]) < 0.05


def test_the_first_rows_do_not_depend_on_how_many_follow(model, sample):
    assert model.sample(10_000, seed=2).equals(sample[:10_000])


def test_threads_change_nothing(metadata, people, sample):
    other = TreeSynth(metadata, threads=2).fit(people, table_name="people", seed=1)
    assert other.sample(1000, seed=2).equals(sample[:1000])


def test_rare_and_extreme_values_never_come_out(metadata, people):
    planted = people.copy()
    planted.loc[0, ["city", "pay", "age"]] = ["canary", 9.9e6, 117]
    planted.loc[1:4, "city"] = "four of a kind"
    drawn = TreeSynth(metadata).fit(planted, table_name="people").sample(30_000, seed=0)
    assert not set(drawn["city"]) & {"canary", "four of a kind"}
    assert drawn["pay"].max() <= people["pay"].max()
    assert drawn["age"].max() < 117


def test_values_of_one_family_never_come_out(metadata, people, tmp_path):
    families = np.arange(len(people))
    families[:40] = 0
    planted = people.copy()
    planted.loc[:39, "city"] = "family"
    planted.loc[:39, "pay"] = 123_456.78
    model = TreeSynth(metadata).fit(planted, table_name="people", families=families)
    drawn = model.sample(30_000, seed=0)
    assert "family" not in set(drawn["city"])
    assert not (drawn["pay"] == 123_456.78).any()
    model.save(tmp_path / "model")
    assert "family" not in (tmp_path / "model" / "config.json").read_text()


def test_every_column_is_an_event_with_its_likelihood(metadata, people):
    events = []
    model = TreeSynth(metadata).fit(people, table_name="people", on_event=events.append)
    assert [event.epoch for event in events] == [1, 2, 3, 4, 5, 6]
    assert all(event.epochs == 6 and list(event.losses) == ["nll"] for event in events)
    by_rule = events[[link.column for link in model._fitted.chain.links].index(4)]
    # A city given its country is one of four: ln 4. Without a tree it would be ln 12.
    assert abs(by_rule.losses["nll"] - np.log(4)) < 0.1


def test_a_saved_model_needs_no_lightgbm(model, sample, tmp_path, monkeypatch):
    model.save(tmp_path / "model")
    monkeypatch.setitem(sys.modules, "lightgbm", None)
    monkeypatch.delitem(sys.modules, "synthohive_jupyter.trees.grower", raising=False)
    loaded = TreeSynth.load(tmp_path / "model")
    assert loaded.sample(5000, seed=2).equals(sample[:5000])
    assert (loaded.epochs_run, loaded.config) == (6, model.config)


def stopped_after(columns, metadata, people, place):
    token, seen = CancelToken(), []

    def stop(event):
        seen.append(event)
        if sum(type(e) is EpochEnded for e in seen) == columns:
            token.cancel()

    model = TreeSynth(metadata).fit(
        people,
        table_name="people",
        seed=1,
        cancel=token,
        on_event=stop,
        checkpoint_dir=place,
        checkpoint_interval=2,
    )
    return model, seen


def test_a_stopped_fit_draws_the_rest_from_marginals(metadata, people, tmp_path):
    model, events = stopped_after(3, metadata, people, tmp_path)
    assert model.cancelled
    assert model.epochs_run == 3
    drawn = model.sample(3000, seed=0)
    assert list(drawn.columns) == list(people.columns)
    for name in ("pay", "age"):
        assert abs(drawn[name].median() / people[name].median() - 1) < 0.05
    saved = [(e.name, e.epoch) for e in events if type(e) is CheckpointSaved]
    assert saved == [("final_checkpoint", 2), ("final_checkpoint", 3)]


def test_a_stopped_fit_goes_on_to_the_same_bytes(metadata, people, sample, tmp_path):
    stopped_after(3, metadata, people, tmp_path)
    events = []
    resumed = TreeSynth(metadata).fit(
        people,
        table_name="people",
        seed=1,
        on_event=events.append,
        checkpoint_dir=tmp_path,
        resume=True,
    )
    assert [e.epoch for e in events if type(e) is EpochEnded] == [4, 5, 6]
    assert {e.name for e in events if type(e) is CheckpointSaved} == {
        "final_checkpoint",
        "best_checkpoint",
    }
    assert resumed.sample(12_000, seed=2).equals(sample)
    best = TreeSynth.load(tmp_path / "best_checkpoint")
    assert best.sample(100, seed=2).equals(sample[:100])


@pytest.mark.parametrize("change", ["data", "seed", "parameters"])
def test_a_checkpoint_of_another_fit_is_refused(metadata, people, tmp_path, change):
    stopped_after(2, metadata, people, tmp_path)
    other = people.assign(age=people["age"].to_numpy()[::-1]) if change == "data" else people
    parameters = {"min_leaf": 40} if change == "parameters" else {}
    with pytest.raises(TrainingError, match="resume=False"):
        TreeSynth(metadata, **parameters).fit(
            other,
            table_name="people",
            seed=2 if change == "seed" else 1,
            checkpoint_dir=tmp_path,
            resume=True,
        )


def test_a_context_with_nulls_and_new_values_is_taken(metadata, people):
    context = people[["country", "bonus"]].rename(columns=lambda name: f"__ctx__{name}")
    model = TreeSynth(metadata).fit(people[["city", "age"]], context, table_name="people")
    given = context[:2000].copy()
    given.loc[0, "__ctx__country"] = "a country never seen"
    given.loc[1, "__ctx__country"] = None
    drawn = model.sample(2000, given, seed=0)
    country = dict(zip(people["city"], people["country"], strict=True))
    assert (drawn["city"].map(country)[2:] == given["__ctx__country"][2:]).all()


def test_wide_tables_look_at_the_nearest_features(metadata):
    rng = np.random.default_rng(0)
    first = rng.integers(0, 50, 400)
    noise = {f"n{i}": rng.integers(0, 50 + i, 400) for i in range(MAX_FEATURES + 10)}
    frame = pd.DataFrame(
        {"first": first, **noise, "last": first * 1000 + rng.integers(0, 900, 400)}
    )
    drawn = TreeSynth(metadata).fit(frame, table_name="people").sample(2000, seed=0)
    assert np.corrcoef(drawn["first"], drawn["last"])[0, 1] > 0.9


def test_parameters_are_checked(metadata):
    with pytest.raises(TypeError, match="did you mean 'min_leaf'"):
        TreeSynth(metadata, minleaf=3)
    for wrong in ({"min_leaf": 4}, {"threads": 0}, {"smoothing": -1}, {"smoothing": float("nan")}):
        with pytest.raises(ValueError, match=next(iter(wrong))):
            TreeSynth(metadata, **wrong)


def edit(path, change):
    record = json.loads((path / "config.json").read_text())
    change(record)
    (path / "config.json").write_text(json.dumps(record))


@pytest.mark.parametrize(
    "change",
    [
        lambda r: r.pop("chain"),
        lambda r: r["chain"].pop(),
        lambda r: r["chain"][0].update(column=1),
        lambda r: r["chain"][0].update(column=True),
        lambda r: r["chain"][0]["trees"].pop("body"),
        lambda r: r["chain"][0]["trees"].update(body=[1, 2]),
        lambda r: r["chain"][0]["trees"].update(body=[2**40, 2]),
        lambda r: r["chain"][0]["trees"].update(other=[1, 1]),
        lambda r: r["chain"].__setitem__(0, "hello"),
        lambda r: r.update(parameters={"min_leaf": -1}),
        lambda r: r.update(table=3),
    ],
)
def test_damaged_files_are_refused(model, tmp_path, change):
    model.save(tmp_path / "model")
    edit(tmp_path / "model", change)
    with pytest.raises(ModelFileError):
        TreeSynth.load(tmp_path / "model")
