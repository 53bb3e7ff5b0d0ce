"""`Synthesizer`: sources, sampling, the trial, and what is saved."""

import numpy as np
import pandas as pd
import pytest

from synthohive_jupyter.engine import synthesizer as module
from synthohive_jupyter.engine.synthesizer import Synthesizer
from synthohive_jupyter.errors import (
    DataError,
    ModelFileError,
    NotFittedError,
    SchemaError,
    StorageError,
    TrainingError,
)
from synthohive_jupyter.events import CancelToken, RunStarted, TableStarted
from synthohive_jupyter.privacy.config import PrivacyConfig
from synthohive_jupyter.progress.sinks import Recorder
from synthohive_jupyter.schema.metadata import Metadata
from synthohive_jupyter.validation.integrity import KeyCheck, key_checks
from tests.fakes import MemoryIO, ResamplingModel
from tests.shop import make_shop


def described():
    metadata = Metadata()
    metadata.add_table("users", pk="id", pii_cols=["email", "ssn"])
    metadata.add_table("products", pk="id")
    metadata.add_table("orders", pk="id", fk={"user_id": "users.id"}, linkage_method="negbinom")
    metadata.add_table(
        "order_items", pk="id", fk={"order_id": "orders.id", "product_id": "products.id"}
    )
    return metadata


def make(metadata=None, **more):
    return Synthesizer(metadata or described(), model=ResamplingModel, **more)


def fit(synthesizer, data=None, **more):
    more = {"epochs": 1, "seed": 3, "progress_bar": False, **more}
    return synthesizer.fit(make_shop(60).tables() if data is None else data, **more)


@pytest.fixture(scope="module")
def fitted():
    return fit(make(privacy_config=PrivacyConfig({"users.ssn": "mask"})))


def same(first, second):
    assert first.keys() == second.keys()
    for name, frame in first.items():
        pd.testing.assert_frame_equal(frame, second[name])


def test_a_shop_in_and_a_shop_out(fitted):
    made, real = fitted.sample({"users": 90, "products": 30}), make_shop(60)
    assert all(check.holds for check in key_checks(described(), made))
    for name, frame in real.tables().items():
        assert list(made[name].columns) == list(frame.columns)
        assert [str(t) for t in made[name].dtypes] == [str(t) for t in frame.dtypes]
    assert len(made["users"]) == 90
    # Twice the users, about twice the orders.
    per_user = len(real.orders) / 60
    assert len(made["orders"]) == pytest.approx(90 * per_user, rel=0.1)
    for column in ("email", "ssn"):
        assert not set(made["users"][column]) & set(real.users[column])
    assert made["users"]["ssn"].str.fullmatch(r"[*]{3}-[*]{2}-[*]{4}").all()


def test_equal_calls_give_equal_rows(fitted):
    same(fitted.sample(20), fitted.sample(20))
    same(fitted.sample(20, seed=5), fitted.sample(20, seed=5))
    assert not fitted.sample(20, seed=5)["orders"].equals(fitted.sample(20)["orders"])
    assert len(fitted.sample(scale=0.5)["users"]) == 30


def test_nothing_before_the_fit(tmp_path):
    with pytest.raises(NotFittedError):
        make().sample(3)
    with pytest.raises(NotFittedError):
        make().save(tmp_path / "x")
    with pytest.raises(TypeError):
        Synthesizer(described(), model=dict)


def test_written_tables_come_back_as_places(fitted):
    fitted.orchestrator.io = MemoryIO()
    places = fitted.sample(8, output_format="parquet", output_path="/out")
    assert places == {name: f"/out/{name}" for name in described().tables}
    assert set(fitted.orchestrator.io.formats.values()) == {"parquet"}
    with pytest.raises(ValueError, match="delta"):
        fitted.sample(8, output_format="xml", output_path="/out")
    fitted.orchestrator.io = MemoryIO({"orders": 1})
    with pytest.raises(StorageError, match="orders"):
        fitted.sample(8, output_path="/out")


def test_saved_and_loaded_without_data(fitted, tmp_path):
    fitted.save(tmp_path / "shop")
    loaded = Synthesizer.load(tmp_path / "shop", model=ResamplingModel)
    same(loaded.sample(40), fitted.sample(40))
    assert loaded.metadata == described()
    loaded.save(tmp_path / "again")
    names = [
        {p.relative_to(tmp_path / d) for p in (tmp_path / d).rglob("*")} for d in ("shop", "again")
    ]
    assert names[0] == names[1]
    with pytest.raises(ModelFileError):
        Synthesizer.load(tmp_path / "nowhere", model=ResamplingModel)


def test_kept_rows_are_saved_because_they_are_declared_public(tmp_path):
    metadata = Metadata()
    metadata.add_table("lines", pk="code", keep=True)
    metadata.add_table("trips", pk="id", fk={"line": "lines.code"})
    lines = pd.DataFrame({"code": [7, 8, 9], "when": pd.to_datetime(["2024-01-01"] * 3)})
    trips = pd.DataFrame({"id": range(30), "line": [7, 9] * 15})
    synthesizer = fit(make(metadata), {"lines": lines, "trips": trips})
    synthesizer.save(tmp_path / "run")
    made = Synthesizer.load(tmp_path / "run", model=ResamplingModel).sample(50)
    pd.testing.assert_frame_equal(made["lines"], lines)
    assert set(made["trips"]["line"]) == {7, 9}
    assert len(list((tmp_path / "run").rglob("*.parquet"))) == 1


def test_a_database_by_name():
    synthesizer = make()
    storage = MemoryIO()
    tables = make_shop(30).tables()
    del tables["order_items"]
    storage.data = {f"shop.`{name}`": frame for name, frame in tables.items()}
    synthesizer.orchestrator.io = storage
    fit(synthesizer, "shop")
    assert set(synthesizer.sample(5)) == {"users", "products", "orders"}


def rows_seen(sampling, size, data=None):
    seen = Recorder()
    data = make_shop(200).tables() if data is None else data
    fit(make(), data, sampling_strategy=sampling, sample_size=size, on_event=seen)
    return {event.table: event.rows for event in seen.of(TableStarted)}


def test_large_roots_are_sampled_with_all_that_belongs_to_them():
    real = make_shop(200)
    for sampling in ("relational_stratified", "relational"):
        rows = rows_seen(sampling, 100)
        assert rows["users"] == 100
        assert rows["orders"] == pytest.approx(len(real.orders) / 2, rel=0.3)
        assert rows["products"] == 40
    full = {name: len(frame) for name, frame in real.tables().items()}
    assert rows_seen("full", 100) == full
    assert rows_seen("relational_stratified", 200) == full
    with pytest.raises(ValueError, match="relational_stratified"):
        rows_seen("random", 100)


def test_strata_are_the_first_column_with_few_values(monkeypatch):
    asked = []

    class Sampler(module.RelationalSampler):
        def sample_relational(self, root_table, sample_size, stratify_by=None):
            asked.append((root_table, sample_size, stratify_by))
            return super().sample_relational(root_table, sample_size, stratify_by)

    monkeypatch.setattr(module, "RelationalSampler", Sampler)
    rows_seen("relational_stratified", 50)
    rows_seen("relational", 50)
    assert asked == [("users", 50, "region"), ("users", 50, None)]
    data = make_shop(200).tables()
    data["users"] = data["users"].drop(columns="region")
    rows_seen("relational_stratified", 50, data)
    assert asked[-1] == ("users", 50, None)


def test_the_sample_follows_the_seed():
    first, again, other = (make() for _ in range(3))
    data = make_shop(100).tables()
    fit(first, data, sample_size=50)
    fit(again, data, sample_size=50)
    fit(other, data, sample_size=50, seed=4)
    same(first.sample(30), again.sample(30))
    assert not first.sample(30, seed=1)["users"].equals(other.sample(30, seed=1)["users"])


def test_the_trial_checks_the_keys(monkeypatch):
    fit(make(), validate=True)
    broken = [KeyCheck("orders", "user_id → users.id", 9, orphans=1)]
    monkeypatch.setattr(module, "key_checks", lambda metadata, tables: broken)
    with pytest.raises(TrainingError, match=r"orders\.user_id"):
        fit(make(), validate=True)
    fit(make(), validate=False)


def test_a_stopped_fit_has_no_trial():
    token = CancelToken()
    token.cancel()
    assert fit(make(), validate=True, cancel=token).orchestrator.finished == ()


def test_embedding_threshold_reaches_the_models_that_have_one():
    synthesizer = fit(make(embedding_threshold=9))
    assert synthesizer.orchestrator.models["orders"].embedding_threshold == 9
    assert fit(make(), embedding_threshold=4).orchestrator.models["users"].embedding_threshold == 4

    class Plain(ResamplingModel):
        def __init__(self, metadata, batch_size=500, epochs=300):
            super().__init__(metadata, batch_size=batch_size, epochs=epochs)

    fit(Synthesizer(described(), model=Plain))


def test_mistakes_come_before_the_training():
    seen = Recorder()
    data = make_shop(20).tables()
    data["orders"] = data["orders"].assign(user_id=np.arange(len(data["orders"])) + 1)
    with pytest.raises(SchemaError, match="user_id"):
        fit(make(), data, on_event=seen)
    with pytest.raises(DataError, match="no rows"):
        fit(make(), {"users": make_shop(1).users.iloc[:0]}, on_event=seen)
    assert not seen.of(RunStarted)
