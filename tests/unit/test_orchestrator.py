"""`StagedOrchestrator` with a tiny model: the fit, the keys, storage, stops and resumes."""

import json
import logging

import numpy as np
import pandas as pd
import pytest

from synthohive_jupyter import events as ev
from synthohive_jupyter.engine.orchestrator import StagedOrchestrator
from synthohive_jupyter.engine.siblings import sibling_order
from synthohive_jupyter.errors import (
    DataError,
    ModelFileError,
    NotFittedError,
    RunInterrupted,
    SchemaError,
    StorageError,
    TrainingError,
)
from synthohive_jupyter.events import CancelToken
from synthohive_jupyter.models.ctgan.model import CTGAN
from synthohive_jupyter.privacy.config import PrivacyConfig
from synthohive_jupyter.progress.sinks import Recorder, read_events
from synthohive_jupyter.schema.metadata import Constraint, Metadata
from synthohive_jupyter.validation.integrity import key_checks
from tests.fakes import MemoryIO, ResamplingModel


def airline():
    """Planes and airports drive or are pointed to by flights; airlines are kept."""
    metadata = Metadata()
    metadata.add_table("airlines", pk="code", keep=True)
    metadata.add_table("planes", pk="tail", pii_cols=["owner"])
    metadata.add_table("airports", pk="id", fk={"near": "airports.id"}, nullable_fks=["near"])
    metadata.add_table(
        "flights",
        pk="id",
        fk={"plane": "planes.tail", "origin": "airports.id", "line": "airlines.code"},
        nullable_fks=["plane", "line"],
        driver="plane",
        order_by="at",
    )
    metadata.add_table("notes", pk=None, fk={"flight_id": "flights.id"})
    return metadata


def airline_data(n=60, seed=4):
    rng = np.random.default_rng(seed)
    per_plane = rng.integers(0, 6, n)
    tails = np.array([f"N{100 + 14 * i}X" for i in range(n)], dtype=object)
    plane = np.repeat(tails, per_plane)
    plane = np.concatenate([plane, [None] * 30, ["N999Z"] * 10])
    rows = len(plane)
    near = pd.Series([None, 1, None, 2, 1, 5, 6, 1], dtype="float64")
    return {
        "airlines": pd.DataFrame({"code": ["AA", "BB", "CC"], "country": ["x", "y", "y"]}),
        "planes": pd.DataFrame(
            {
                "tail": tails,
                "owner": [f"Owner Number{i}" for i in range(n)],
                "maker": rng.choice(["airbus", "boeing"], n),
                "year": rng.integers(1980, 2024, n),
            }
        ),
        "airports": pd.DataFrame({"id": range(1, 9), "near": near, "city": list("abcdabcd")}),
        "flights": pd.DataFrame(
            {
                "id": np.arange(rows) * 7 + 3,
                "at": pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.integers(0, 999, rows), "h"),
                "plane": plane,
                "origin": rng.choice([1, 1, 1, 2, 3], rows),
                "line": rng.choice(["AA", "BB", None, "ZZ"], rows),
                "miles": np.where(rng.random(rows) < 0.1, np.nan, rng.integers(1, 9, rows)),
            }
        ),
        "notes": pd.DataFrame({"flight_id": [3, 3, 10], "text": ["u", "v", "w"]}),
    }


def fit(metadata=None, data=None, *, epochs=2, seed=7, cls=StagedOrchestrator, **more):
    own = {"model_cls": ResamplingModel}
    own |= {k: more.pop(k) for k in ("io", "on_write_failure", "privacy") if k in more}
    orchestrator = cls(metadata or airline(), **own)
    data = airline_data() if data is None else data
    return orchestrator.fit_all(data, epochs=epochs, seed=seed, progress_bar=False, **more)


@pytest.fixture(scope="module")
def fitted():
    return fit()


@pytest.fixture(scope="module")
def made(fitted):
    return fitted.generate({"planes": 200, "airports": 20})


def same(first, second):
    assert first.keys() == second.keys()
    for name, frame in first.items():
        pd.testing.assert_frame_equal(frame, second[name])


def test_constructor_refuses_what_is_no_model():
    for wrong in (dict, 7, None):
        with pytest.raises(TypeError, match="ConditionalGenerativeModel"):
            StagedOrchestrator(airline(), model_cls=wrong)
    with pytest.raises(ValueError, match="did you mean 'ctgan'"):
        StagedOrchestrator(airline(), model_cls="cgtan")
    with pytest.raises(ValueError, match="cleanup"):
        StagedOrchestrator(airline(), on_write_failure="ignore")
    default = StagedOrchestrator(airline())
    assert default.model_cls is CTGAN
    assert default.io is None
    assert default.graph.roots() == ["airlines", "airports", "planes"]
    assert default.models == default.linkage_models == {}


def test_attributes_after_the_fit(fitted):
    assert set(fitted.models) == {"planes", "airports", "flights", "notes"}
    assert set(fitted.linkage_models) == {"flights", "notes"}
    assert fitted.finished == ("airlines", "airports", "planes", "flights", "notes")
    assert not fitted.stopped
    assert fitted.seed == 7


def test_every_key_holds(fitted, made):
    assert set(made) == set(fitted.finished)
    checks = key_checks(airline(), made)
    assert len(checks) == 10 - 1
    assert all(check.holds for check in checks), checks
    assert made["flights"]["id"].tolist() == list(range(1, len(made["flights"]) + 1))


def test_columns_and_types_are_those_of_the_data(made):
    real = airline_data()
    for name, frame in made.items():
        assert list(frame.columns) == list(real[name].columns)
    assert str(made["airports"]["near"].dtype) == "Int64"
    assert str(made["flights"]["id"].dtype) == "int64"
    assert str(made["flights"]["at"].dtype) == "datetime64[ns]"
    assert made["planes"]["tail"].str.fullmatch(r"N\d{3}X").mean() > 0.9


def test_kept_tables_are_copied(made):
    pd.testing.assert_frame_equal(made["airlines"], airline_data()["airlines"])


def test_personal_data_is_replaced(made):
    assert not set(made["planes"]["owner"]) & set(airline_data()["planes"]["owner"])
    assert made["planes"]["owner"].notna().all()


def test_counts_follow_the_data(made):
    real = airline_data()["flights"]
    driven = made["flights"]["plane"].notna()
    per_plane = real["plane"].isin(airline_data()["planes"]["tail"]).sum() / 60
    # Stratified draws of counts from 0 to 5: the total is within a few of its expectation.
    assert driven.sum() == pytest.approx(200 * per_plane, rel=0.02)
    share = 40 / len(real)
    assert (~driven).mean() == pytest.approx(share, abs=0.005)


def test_rows_without_a_driver_have_a_context_of_nulls():
    metadata, data = airline(), airline_data()
    data["flights"].loc[data["flights"]["plane"].isna(), "miles"] = 500.0
    data["flights"].loc[data["flights"]["plane"] == "N999Z", "miles"] = 500.0
    flights = fit(metadata, data).generate(300)["flights"]
    assert (flights.loc[flights["plane"].isna(), "miles"] == 500.0).all()
    assert not (flights.loc[flights["plane"].notna(), "miles"] == 500.0).any()


def test_children_follow_the_context_of_their_parent():
    metadata = Metadata()
    metadata.add_table("users", pk="id")
    metadata.add_table("orders", pk="id", fk={"user_id": "users.id"})
    users = pd.DataFrame({"id": range(40), "kind": ["a", "b"] * 20})
    orders = pd.DataFrame({"id": range(80), "user_id": list(range(40)) * 2})
    orders["what"] = orders["user_id"].map(users["kind"]).map({"a": "apple", "b": "bread"})
    made = fit(metadata, {"users": users, "orders": orders}).generate(500)
    kinds = made["orders"]["user_id"].map(made["users"].set_index("id")["kind"])
    assert (kinds.map({"a": "apple", "b": "bread"}) == made["orders"]["what"]).all()


def test_other_keys_keep_their_degrees(made):
    real, flights = airline_data()["flights"], made["flights"]
    # Five of eight airports are never an origin, and one has most flights.
    assert flights["origin"].nunique() <= 20 * 3 / 8 + 1
    top = real["origin"].value_counts(normalize=True).iloc[0]
    degrees = flights["origin"].value_counts(normalize=True)
    assert degrees.iloc[:4].sum() == pytest.approx(top, abs=0.25)


def test_orphans_of_kept_tables_are_nulls(made):
    lines = made["flights"]["line"]
    assert set(lines.dropna()) == {"AA", "BB"}
    assert lines.isna().mean() == pytest.approx(0.5, abs=0.12)


def test_families_are_in_their_declared_order(made):
    flights = made["flights"].dropna(subset="plane")
    assert (
        flights.groupby("plane", sort=False)["at"].apply(lambda s: s.is_monotonic_increasing).all()
    )


def test_dates_as_objects_can_order_a_family():
    data = airline_data()
    data["flights"]["at"] = data["flights"]["at"].dt.date
    flights = fit(data=data).generate(40)["flights"].dropna(subset="plane")
    ordered = flights.groupby("plane", sort=False)["at"].agg(list)
    assert all(days == sorted(days) for days in ordered)


def test_self_references_lead_to_a_top(made):
    airports = made["airports"]
    assert airports["near"].notna().sum() == pytest.approx(20 * 6 / 8, abs=4)
    # Four levels in the data: above each row the top is reached in three steps; nobody circles.
    above = airports.set_index("id")["near"]
    reached = airports["near"]
    for _ in range(3):
        reached = above.reindex(reached).reset_index(drop=True)
    assert reached.isna().all()


def test_same_seed_same_frames(fitted, made):
    rows = {"planes": 200, "airports": 20}
    same(fitted.generate(rows), made)
    same(fit().generate(rows), made)
    same(fitted.generate(rows, seed=7), made)
    assert not fitted.generate(rows, seed=8)["planes"].equals(made["planes"])


def test_the_frames_of_the_user_are_left_alone():
    data, before = airline_data(), airline_data()
    data["flights"].index = before["flights"].index = range(5, 5 + len(data["flights"]))
    same(fit(data=data).generate(9), fit().generate(9))
    same(data, before)


def test_the_order_of_tables_does_not_matter(made):
    metadata = Metadata()
    metadata.tables = dict(reversed(airline().tables.items()))
    data = dict(reversed(airline_data().items()))
    again = fit(metadata, data).generate({"planes": 200, "airports": 20})
    same(dict(sorted(again.items())), dict(sorted(made.items())))


def test_another_table_does_not_change_the_others(made):
    metadata, data = airline(), airline_data()
    del metadata.tables["notes"], data["notes"]
    again = fit(metadata, data).generate({"planes": 200, "airports": 20})
    same(again, {name: frame for name, frame in made.items() if name != "notes"})


def test_root_rows(fitted):
    assert len(fitted.generate(5)["planes"]) == 5
    by_name = fitted.generate({"planes": 5})
    assert (len(by_name["planes"]), len(by_name["airports"])) == (5, 1000)
    scaled = fitted.generate({"airports": 3}, scale=0.5)
    assert (len(scaled["planes"]), len(scaled["airports"])) == (30, 3)
    assert len(fitted.generate()["planes"]) == 1000
    assert len(fitted.generate(np.int64(4))["planes"]) == 4
    total = fitted.generate({"planes": 30, "flights": 77})
    assert (len(total["planes"]), len(total["flights"])) == (30, 77)
    assert len(fitted.generate({"flights": 0})["flights"]) == 0
    for wrong in ({"plans": 5}, {"airlines": 5}):
        with pytest.raises(SchemaError, match=next(iter(wrong))):
            fitted.generate(wrong)
    for wrong in (-1, {"planes": 1.5}, {"planes": True}):
        with pytest.raises(ValueError, match="whole number"):
            fitted.generate(wrong)
    for wrong in (-1, float("nan"), float("inf")):
        with pytest.raises(ValueError, match="scale"):
            fitted.generate(scale=wrong)


def test_no_rows_at_all(fitted, made):
    empty = fitted.generate({"planes": 0, "airports": 4})
    assert len(empty["flights"]) == len(empty["notes"]) == 0
    for name in ("planes", "flights", "notes"):
        assert list(empty[name].columns) == list(made[name].columns)
        assert [str(t) for t in empty[name].dtypes] == [str(t) for t in made[name].dtypes]


def test_a_child_of_a_table_without_a_row():
    data, seen = airline_data(), Recorder()
    data["flights"] = data["flights"].iloc[:0]
    data["notes"]["flight_id"] = pd.Series([None] * 3, dtype="float64")
    metadata = airline()
    del metadata.tables["notes"]
    metadata.add_table("notes", pk=None, fk={"flight_id": "flights.id"}, nullable_fks=["flight_id"])
    made = fit(metadata, data, on_event=seen).generate(9)
    assert made["flights"].shape == (0, 6)
    # Real notes without a flight are as many whatever the number of planes.
    assert made["notes"].shape == (3, 2)
    assert made["notes"]["flight_id"].isna().all()
    assert [n.table for n in seen.of(ev.Notice)] == ["notes"]


def test_a_child_without_a_real_row():
    data = airline_data()
    data["notes"] = data["notes"].iloc[:0].astype({"flight_id": "int64"})
    notes = fit(data=data).generate(9)["notes"]
    assert notes.shape == (0, 2)
    assert [str(t) for t in notes.dtypes] == ["int64", "object"]


def test_rows_that_could_point_to_nobody_are_left_out_with_a_warning(fitted):
    seen = Recorder()
    made = fitted.generate({"planes": 50, "airports": 0}, on_event=seen)
    assert made["flights"].shape == (0, 6)
    assert [(n.table, n.level) for n in seen.of(ev.Notice)] == [("flights", "warning")]
    assert "'airports'" in seen.of(ev.Notice)[0].message


def test_tables_of_keys_alone():
    metadata = Metadata()
    metadata.add_table("a", pk="id")
    metadata.add_table("b", pk=None, fk={"a_id": "a.id"})
    data = {"a": pd.DataFrame({"id": [1, 2]}), "b": pd.DataFrame({"a_id": [1.0, 1.0, 2.0]})}
    orchestrator = fit(metadata, data)
    made = orchestrator.generate(10)
    assert orchestrator.models == {}
    assert len(made["b"]) == 15
    assert str(made["b"]["a_id"].dtype) == "int64"


def test_one_to_one_and_line_numbers():
    metadata = Metadata()
    metadata.add_table("orders", pk="id")
    metadata.add_table("bills", pk="order_id", fk={"order_id": "orders.id"})
    metadata.add_table("lines", pk=("order_id", "line"), fk={"order_id": "orders.id"})
    metadata.add_table("stamps", pk="id", fk={"bill": "bills.order_id"})
    data = {
        "orders": pd.DataFrame({"id": [4, 5, 6, 7], "v": list("abab")}),
        "bills": pd.DataFrame({"order_id": [4, 6], "w": [1.5, 2.5]}),
        "lines": pd.DataFrame({"order_id": [4, 4, 5, 7, 7], "line": [1, 2, 1, 1, 2]}),
        "stamps": pd.DataFrame({"id": [1, 2], "bill": [6, 6]}),
    }
    made = fit(metadata, data).generate(40)
    assert all(check.holds for check in key_checks(metadata, made))
    assert len(made["bills"]) == 20
    assert len(made["stamps"]) == 20
    assert sorted(made["lines"].groupby("order_id")["line"].max().unique()) == [1, 2]


def test_what_a_model_gets_to_see():
    asked = {}

    class Spy(ResamplingModel):
        def fit(self, data, context=None, **more):
            asked[more["table_name"]] = (self.metadata, data, context, more["families"])
            return super().fit(data, context, **more)

    metadata = airline()
    metadata.tables["planes"].constraints["year"] = Constraint("int", min=1900)
    metadata.tables["flights"].constraints["miles"] = Constraint("float", max=9)
    orchestrator = StagedOrchestrator(metadata, model_cls=Spy)
    orchestrator.fit_all(airline_data(), epochs=1, progress_bar=False)
    description, data, context, families = asked["flights"]
    table = description.tables["flights"]
    assert (table.pk, dict(table.fk)) == (None, {})
    # When a flight was is drawn before the model; the airport that it comes from is looked for.
    origin = [c for c in data.columns if c.startswith("__link__origin__")]
    drawn = ["line", "miles", *origin]
    assert list(data.columns) == drawn
    assert origin
    above = ["__ctx__maker", "__ctx__year"]
    places = [f"__sib__{what}" for what in ("rank", "left", "place", "step", "ties")]
    again = [c.removeprefix("__copy__") for c in context.columns if c.startswith("__copy__")]
    siblings = [*(f"__prev__{c}" for c in drawn), *(f"__first__{c}" for c in again)]
    assert [c for c in context.columns if "__copy__" not in c] == [*above, *places, *siblings]
    # A key to a kept table is a category, never a quantity; of the parent the type alone counts.
    told = ("__link__", "__first__", "__copy__")
    rules = {c: rule for c, rule in table.constraints.items() if not any(t in c for t in told)}
    assert rules == {
        "line": Constraint("cat"),
        "miles": Constraint("float", max=9),
        "__ctx__year": Constraint("int"),
        "__prev__line": Constraint("cat"),
        "__prev__miles": Constraint("float"),
    }
    real = airline_data()["flights"]["plane"]
    nobody = ~real.isin(airline_data()["planes"]["tail"])
    assert len(np.unique(families)) == real[~nobody].nunique() + nobody.sum()
    assert context[above].isna().all(axis=1).sum() == nobody.sum()
    assert pd.Series(families).is_monotonic_increasing
    assert context.groupby(families)["__sib__place"].is_monotonic_increasing.all()
    assert asked["planes"][3] is None
    assert asked["planes"][2] is None


def test_events_of_a_fit_and_of_a_generation():
    seen = Recorder()
    orchestrator = fit(on_event=seen)
    started = seen.of(ev.RunStarted)[0]
    assert started.tables == orchestrator.finished
    assert (started.seed, started.epochs, started.model) == (7, 2, "ResamplingModel")
    assert [e.table for e in seen.of(ev.TableFitted)] == list(orchestrator.finished)
    assert len(seen.of(ev.EpochEnded)) == 2 * 4
    linkage = next(e for e in seen.of(ev.LinkageFitted) if e.driving)
    assert (linkage.table, linkage.parent, linkage.foreign_key) == ("flights", "planes", "plane")
    assert sum(linkage.counts) == 60
    assert isinstance(seen.events[-1], ev.RunFinished)
    phases = [e.phase for e in seen.of(ev.PhaseStarted) if e.table == "flights"]
    assert phases == ["read", "protect", "link", "train"]
    seen.events.clear()
    orchestrator.generate({"planes": 80, "airports": 5}, on_event=seen)
    sampled = next(e for e in seen.of(ev.LinkageSampled) if e.driving)
    assert len(sampled.counts) == len(linkage.counts)
    assert sum(sampled.counts) == 80
    assert [e.table for e in seen.of(ev.TableSampled)] == list(orchestrator.finished)


def test_no_value_of_a_cell_is_logged(caplog):
    with caplog.at_level(logging.DEBUG, logger="synthohive_jupyter"):
        fit().generate(5)
    text = " ".join(json.dumps(r.synthohive) for r in caplog.records) + caplog.text
    assert "table_fitted" in text
    for value in ("Owner Number", "airbus", "N114X", "N999Z"):
        assert value not in text


def test_progress_bars_are_text_on_standard_error(capsys):
    orchestrator = StagedOrchestrator(airline(), model_cls=ResamplingModel)
    orchestrator.fit_all(airline_data(), epochs=2, seed=1)
    out = capsys.readouterr()
    assert "flights" in out.err
    assert out.out == ""


def test_tables_without_data_are_left_out_with_a_warning(caplog):
    data = airline_data()
    del data["flights"]
    seen = Recorder()
    with caplog.at_level(logging.WARNING, logger="synthohive_jupyter"):
        orchestrator = fit(data=data, on_event=seen)
    assert orchestrator.finished == ("airlines", "airports", "planes")
    notices = {notice.table: notice for notice in seen.of(ev.Notice)}
    assert set(notices) == {"flights", "notes"}
    assert "'flights'" in notices["notes"].message
    assert {notice.level for notice in notices.values()} == {"warning"}
    assert len([r for r in caplog.records if r.levelno == logging.WARNING]) == 2
    assert set(orchestrator.generate(3)) == {"airlines", "airports", "planes"}
    with pytest.raises(SchemaError, match="no table has data"):
        fit(data={"planes": None})


def test_everything_wrong_is_said_before_anything_is_trained():
    metadata, data, seen = airline(), airline_data(), Recorder()
    metadata.tables["notes"] = airline().tables["notes"]
    data["flights"].loc[0, "origin"] = 999
    data["planes"].loc[1, "tail"] = "N100X"
    with pytest.raises(SchemaError) as caught:
        fit(metadata, data, on_event=seen)
    assert {p.locus for p in caught.value.problems} >= {
        ("planes", "pk"), ("flights", "fk", "origin"),
    }  # fmt: skip
    assert seen.events == []


@pytest.mark.parametrize(
    ("change", "match"),
    [
        ({"data": {"plains": pd.DataFrame()}}, "did you mean 'planes'"),
        ({"metadata": "model"}, "unknown model 'cgtan'"),
        ({"metadata": "context"}, "planes.yaer"),
        ({"privacy": PrivacyConfig({"planes.owner": "burn"})}, "unknown pii action"),
    ],
)
def test_mistakes_of_the_description(change, match):
    metadata, data = airline(), {**airline_data(), **change.get("data", {})}
    if change.get("metadata") == "model":
        metadata.add_table("extra", pk="id", model="cgtan")
    if change.get("metadata") == "context":
        metadata.add_table(
            "extra", pk="id", fk={"plane": "planes.tail"}, parent_context_cols=["yaer"]
        )
        data["extra"] = pd.DataFrame({"id": [1], "plane": ["N100X"]})
    with pytest.raises(SchemaError, match=match):
        fit(metadata, data, privacy=change.get("privacy"))


def test_a_root_without_rows_is_an_error():
    data = airline_data()
    data = {"planes": data["planes"].iloc[:0]}
    with pytest.raises(DataError, match=r"planes: .*no rows"):
        fit(data=data)


def test_wrong_parameters_of_the_model_are_told_first():
    seen = Recorder()
    with pytest.raises(TypeError, match="momentum"):
        fit(on_event=seen, momentum=0.9)
    with pytest.raises(ValueError, match="epochs"):
        fit(on_event=seen, epochs=0)
    with pytest.raises(ValueError, match="checkpoint_dir"):
        fit(resume=True)
    assert seen.events == []


def test_nothing_before_the_fit(tmp_path):
    empty = StagedOrchestrator(airline(), model_cls=ResamplingModel)
    with pytest.raises(NotFittedError):
        empty.generate(5)
    with pytest.raises(NotFittedError):
        empty.save(tmp_path / "x")


def test_names_and_paths_are_read_through_storage():
    io = MemoryIO()
    io.data = {f"db.{name}": frame for name, frame in airline_data().items()}
    orchestrator = fit(data={name: f"db.{name}" for name in airline().tables}, io=io)
    assert orchestrator.io is io
    assert len(orchestrator.generate(4)["planes"]) == 4
    with pytest.raises(StorageError):
        fit(data={"planes": "db.nowhere"}, io=MemoryIO())


def stop_in(table):
    token, seen = CancelToken(), Recorder()

    def sink(event):
        seen(event)
        if isinstance(event, ev.EpochEnded) and event.table == table:
            token.cancel()

    return token, seen, sink


def test_a_stop_keeps_the_finished_tables():
    token, seen, sink = stop_in("flights")
    orchestrator = fit(on_event=sink, cancel=token, epochs=5)
    assert orchestrator.stopped
    assert orchestrator.finished == ("airlines", "airports", "planes")
    assert seen.events[-1] == ev.RunStopped(
        orchestrator.finished, "flights", seen.events[-1].seconds
    )
    later = Recorder()
    made = orchestrator.generate(6, on_event=later)
    assert set(made) == set(orchestrator.finished)
    assert [n.table for n in later.of(ev.Notice)] == ["flights", "notes"]


def test_a_stop_before_the_first_table():
    token = CancelToken()
    token.cancel()
    orchestrator = fit(cancel=token)
    assert orchestrator.finished == ()
    with pytest.raises(NotFittedError):
        orchestrator.generate(1)


def test_an_interrupt_passes_through_and_keeps_the_finished_tables():
    seen = Recorder()

    def sink(event):
        seen(event)
        if isinstance(event, ev.EpochEnded) and event.table == "planes":
            raise KeyboardInterrupt

    orchestrator = StagedOrchestrator(airline(), model_cls=ResamplingModel)
    with pytest.raises(KeyboardInterrupt):
        orchestrator.fit_all(airline_data(), epochs=2, progress_bar=False, on_event=sink)
    assert orchestrator.finished == ("airlines", "airports")
    assert isinstance(seen.events[-1], ev.RunStopped)


def test_a_failure_tells_the_table_but_no_value():
    class Failing(ResamplingModel):
        def fit(self, data, context=None, **more):
            if more["table_name"] == "flights":
                raise RuntimeError(f"cell {data.iloc[0, 0]}")
            return super().fit(data, context, **more)

    seen = Recorder()
    orchestrator = StagedOrchestrator(airline(), model_cls=Failing)
    with pytest.raises(TrainingError, match="training of table 'flights' failed") as caught:
        orchestrator.fit_all(airline_data(), epochs=1, progress_bar=False, on_event=seen)
    assert seen.events[-1] == ev.RunFailed(str(caught.value), "flights")
    assert isinstance(caught.value.__cause__, RuntimeError)
    assert "cell" not in str(caught.value)
    assert orchestrator.finished == ("airlines", "airports", "planes")


def test_checkpoints_and_events_are_filed(tmp_path):
    fit(epochs=4, checkpoint_interval=2, checkpoint_dir=tmp_path / "run")
    for table in ("planes", "flights"):
        for name in ("best_checkpoint", "final_checkpoint"):
            assert (tmp_path / "run" / table / name).is_dir()
    events = list(read_events(tmp_path / "run" / "events.jsonl"))
    assert isinstance(events[0], ev.RunStarted)
    assert isinstance(events[-1], ev.RunFinished)
    files = "".join(p.read_text() for p in (tmp_path / "run").rglob("*.json"))
    for value in ("Owner Number1", "N114X"):
        assert value not in files


def test_resume_takes_over_finished_tables_and_goes_on(tmp_path):
    token, _, sink = stop_in("flights")
    settings = {"epochs": 6, "checkpoint_interval": 1, "checkpoint_dir": tmp_path}
    fit(on_event=sink, cancel=token, **settings)
    seen = Recorder()
    resumed = fit(on_event=seen, resume=True, **settings)
    reused = {event.table: event.reused for event in seen.of(ev.TableStarted)}
    assert reused == {
        "airlines": True, "airports": True, "planes": True, "flights": False, "notes": False,
    }  # fmt: skip
    # One epoch was run before the stop, and is told again.
    assert [e.epoch for e in seen.of(ev.EpochEnded) if e.table == "flights"] == [1, 2, 3, 4, 5, 6]
    assert [e.epoch for e in seen.of(ev.EpochEnded) if e.table == "planes"] == [1, 2, 3, 4, 5, 6]
    same(resumed.generate(30), fit(epochs=6).generate(30))


@pytest.mark.parametrize("change", ["seed", "epochs", "rows", "constraint"])
def test_resume_refits_what_has_changed(tmp_path, change):
    fit(checkpoint_dir=tmp_path)
    metadata, data, seen = airline(), airline_data(), Recorder()
    more = {"seed": 8} if change == "seed" else {"epochs": 3} if change == "epochs" else {}
    if change == "rows":
        data["flights"] = data["flights"].iloc[:-1]
    if change == "constraint":
        del metadata.tables["notes"]
        metadata.add_table(
            "notes", pk=None, fk={"flight_id": "flights.id"}, constraints={"text": {"dtype": "cat"}}
        )
    fit(metadata, data, checkpoint_dir=tmp_path, resume=True, on_event=seen, **more)
    fresh = {event.table for event in seen.of(ev.TableStarted) if not event.reused}
    expected = {
        "rows": {"flights", "notes"}, "constraint": {"notes"},
    }.get(change, set(airline().tables))  # fmt: skip
    assert fresh == expected
    epochs = [e.epoch for e in seen.of(ev.EpochEnded) if e.table == "notes"]
    assert epochs[0] == 1


def test_without_resume_everything_is_fitted_again(tmp_path):
    fit(checkpoint_dir=tmp_path)
    seen = Recorder()
    fit(checkpoint_dir=tmp_path, on_event=seen)
    assert not any(event.reused for event in seen.of(ev.TableStarted))
    assert len(list(read_events(tmp_path / "events.jsonl"))) == len(seen.events)


@pytest.mark.parametrize("format", ["delta", "parquet", "csv"])
def test_written_tables_equal_those_in_memory(format):  # noqa: A002 - the name is Spark's
    io, seen = MemoryIO(), Recorder()
    orchestrator = fit(io=io)
    made = orchestrator.generate(50, "/base/", format=format, on_event=seen)
    assert made == {}
    assert orchestrator.written == {name: f"/base/{name}" for name in airline().tables}
    assert set(io.formats.values()) == {format}
    same(
        {name: io.data[f"/base/{name}"] for name in orchestrator.finished},
        orchestrator.generate(50),
    )
    read = {place for what, place in io.log if what == "read"}
    # What a flight looks for in its airport and its plane; a note in its flight.
    parents = {"/base/planes", "/base/airports", "/base/flights"}
    assert read == (set() if format == "csv" else parents)
    assert {e.table for e in seen.of(ev.TableWritten)} == set(airline().tables)
    before = {place: frame.copy() for place, frame in io.data.items()}
    orchestrator.generate(50, "/base", format=format)
    same(io.data, before)


def test_hostile_names_stay_in_their_folder(tmp_path):
    metadata = Metadata()
    names = ["../../etc", "a/b", "A B", "Name", "name", "con", ".hidden", "x" * 300]
    for name in names:
        metadata.add_table(name, pk="id")
    data = {name: pd.DataFrame({"id": [1, 2], "v": [1, 2]}) for name in names}
    io = MemoryIO()
    fit(metadata, data, io=io, checkpoint_dir=tmp_path / "run").generate(2, "/base")
    folders = [place.removeprefix("/base/") for place in io.data]
    assert len({folder.casefold() for folder in folders}) == len(names)
    for folder in folders:
        assert folder.replace("-", "").replace("_", "").isalnum()
        assert len(folder) < 100
    assert [path.name for path in tmp_path.iterdir()] == ["run"]


def test_a_failed_write_raises_and_leaves_the_rest():
    io = MemoryIO({"planes": 99})
    orchestrator, seen = fit(io=io), Recorder()
    with pytest.raises(StorageError, match=r"'planes'.*OSError"):
        orchestrator.generate(5, "/base", on_event=seen)
    assert set(io.data) == {"/base/airlines", "/base/airports"}
    assert orchestrator.written == {n: f"/base/{n}" for n in ("airlines", "airports")}
    assert seen.of(ev.RunFailed)[0].table == "planes"


def test_cleanup_removes_what_this_run_has_written_and_nothing_else():
    io = MemoryIO({"planes": 1})
    other = pd.DataFrame({"x": [1]})
    io.data = {"/base/other": other, "/base/planes": other}
    orchestrator = fit(io=io, on_write_failure="cleanup")
    with pytest.raises(StorageError):
        orchestrator.generate(5, "/base")
    # 'planes' was there before and could not be replaced: it is not ours to remove.
    assert set(io.data) == {"/base/other", "/base/planes"}
    assert orchestrator.written == {}
    assert orchestrator.generate(5, "/base") == {}


def test_cleanup_removes_the_half_written_table_too():
    io = MemoryIO({"planes": 1})
    orchestrator = fit(io=io, on_write_failure="cleanup")
    with pytest.raises(StorageError):
        orchestrator.generate(5, "/base")
    assert [place for what, place in io.log if what == "delete"] == [
        "/base/airlines", "/base/airports", "/base/planes",
    ]  # fmt: skip


def test_cleanup_goes_on_when_removing_fails(caplog):
    class Stuck(MemoryIO):
        def delete(self, path):
            super().delete(path)
            raise OSError("no")

    io = Stuck({"planes": 1})
    with pytest.raises(StorageError, match="planes"):
        fit(io=io, on_write_failure="cleanup").generate(5, "/base")
    assert io.data == {}
    assert "could not be removed" in caplog.text


@pytest.mark.parametrize(("failures", "written"), [(1, True), (2, False)])
def test_retry_tries_once_more(failures, written):
    io, seen = MemoryIO({"planes": failures}), Recorder()
    orchestrator = fit(io=io, on_write_failure="retry")
    if written:
        orchestrator.generate(5, "/base", on_event=seen)
        assert set(io.data) == {f"/base/{name}" for name in airline().tables}
    else:
        with pytest.raises(StorageError):
            orchestrator.generate(5, "/base", on_event=seen)
    assert io.log.count(("write", "/base/planes")) == 2
    assert [n.table for n in seen.of(ev.Notice)] == ["planes"]


def test_a_parent_that_changes_in_storage_is_noticed():
    class Losing(MemoryIO):
        def read_dataset(self, place, format=None):  # noqa: A002 - the name is Spark's
            return super().read_dataset(place, format).iloc[1:]

    with pytest.raises(StorageError, match="changed in storage"):
        fit(io=Losing()).generate(5, "/base")


def test_a_generation_can_be_stopped(fitted):
    token, seen = CancelToken(), Recorder()

    def sink(event):
        seen(event)
        if isinstance(event, ev.TableSampled) and event.table == "planes":
            token.cancel()

    with pytest.raises(RunInterrupted, match="flights"):
        fitted.generate(5, on_event=sink, cancel=token)
    assert seen.events[-1].finished == ("airlines", "airports", "planes")


def test_unknown_format(fitted):
    with pytest.raises(ValueError, match="parquet"):
        fitted.generate(5, "/base", format="orc")


def test_saved_and_loaded(fitted, made, tmp_path):
    fitted.save(tmp_path / "run")
    loaded = StagedOrchestrator.load(tmp_path / "run", model_cls=ResamplingModel)
    assert loaded.finished == fitted.finished
    assert loaded.metadata == fitted.metadata
    same(loaded.generate({"planes": 200, "airports": 20}), made)
    fitted.save(tmp_path / "run")
    assert [path.name for path in tmp_path.iterdir()] == ["run"]


def test_save_replaces_runs_and_nothing_else(fitted, tmp_path):
    (tmp_path / "metadata.json").write_text("{}")
    with pytest.raises(StorageError, match="not a saved run"):
        fitted.save(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["metadata.json"]


def test_no_real_row_is_saved_but_those_of_kept_tables(fitted, tmp_path):
    fitted.save(tmp_path / "run")
    files = {path.name for path in (tmp_path / "run").rglob("*") if path.is_file()}
    assert files == {
        "metadata.json", "plan.json", "privacy.json", "keys.json", "linkage.json", "done.json",
        "config.json", "kept.parquet", "links.json", "history.json",
    }  # fmt: skip
    text = "".join(path.read_text() for path in (tmp_path / "run").rglob("*.json"))
    for value in ("Owner Number1", "N114X"):
        assert value not in text


@pytest.mark.parametrize(
    "name", ["metadata", "plan", "privacy", "keys", "linkage", "links", "history", "done"]
)
@pytest.mark.parametrize("damage", ["[1]", "{", "{}", None])
def test_damaged_runs_are_refused(fitted, tmp_path, name, damage):
    fitted.save(tmp_path / "run")
    for path in (tmp_path / "run").rglob(f"{name}.json"):
        path.unlink() if damage is None else path.write_text(damage)
    with pytest.raises(ModelFileError):
        StagedOrchestrator.load(tmp_path / "run", model_cls=ResamplingModel)


def test_a_run_of_another_class_or_version_is_refused(fitted, tmp_path):
    fitted.save(tmp_path / "run")
    with pytest.raises(ModelFileError, match="'ResamplingModel', which is not one of this package"):
        StagedOrchestrator.load(tmp_path / "run")
    with pytest.raises(ModelFileError, match="'ResamplingModel', not 'CTGAN'"):
        StagedOrchestrator.load(tmp_path / "run", model_cls=CTGAN)
    plan = json.loads((tmp_path / "run" / "plan.json").read_text())
    (tmp_path / "run" / "plan.json").write_text(json.dumps({**plan, "version": 99}))
    with pytest.raises(ModelFileError, match="version 99"):
        StagedOrchestrator.load(tmp_path / "run", model_cls=ResamplingModel)


@pytest.mark.parametrize("dtype", ["Int64", "float64", "datetime64[us]", "object", "string"])
def test_siblings_without_a_place_in_their_order_come_last(dtype):
    values = pd.Series([3, None, 1, None, 2], dtype="Int64")
    column = values.astype(dtype) if dtype != "object" else values.astype(str).where(values.notna())
    order = sibling_order(pd.DataFrame({"at": column}), np.array([7, 7, 7, 9, 9]), by="at")
    assert order.tolist() == [2, 0, 1, 4, 3]


def test_an_order_of_text_is_kept_too():
    data = airline_data()
    data["flights"]["at"] = data["flights"]["at"].dt.strftime("at %Y-%m-%d")
    flights = fit(data=data).generate(40)["flights"].dropna(subset="plane")
    ordered = flights.groupby("plane", sort=False)["at"].agg(list)
    assert all(days == sorted(days) for days in ordered)


def test_few_parents_are_told_and_protect_no_rows():
    metadata, seen, asked = Metadata(), Recorder(), {}

    class Spy(ResamplingModel):
        def fit(self, data, context=None, **more):
            asked[more["table_name"]] = more["families"]
            return super().fit(data, context, **more)

    metadata.add_table("stores", pk="id")
    metadata.add_table("sales", pk="id", fk={"store": "stores.id"})
    for stores, told in ((3, True), (20, False)):
        data = {
            "stores": pd.DataFrame({"id": range(stores), "v": range(stores)}),
            "sales": pd.DataFrame({"id": range(90), "store": np.arange(90) % stores, "w": 1.5}),
        }
        seen.events.clear()
        StagedOrchestrator(metadata, model_cls=Spy).fit_all(
            data, epochs=1, progress_bar=False, on_event=seen
        )
        said = [n.message for n in seen.of(ev.Notice) if n.table == "sales"]
        assert any("only 3 rows of 'stores'" in text for text in said) == told
        assert (asked["sales"] is None) == told


def test_a_driving_key_that_shares_a_column_with_a_kept_one():
    metadata = Metadata()
    metadata.add_table("places", pk="code", keep=True)
    metadata.add_table("weather", pk=("code", "hour"), fk={"code": "places.code"})
    metadata.add_table(
        "trips", pk=None, nullable_fks=["(code, hour)"],
        fk={"code": "places.code", ("code", "hour"): "weather.(code, hour)"},
    )  # fmt: skip
    rng = np.random.default_rng(0)
    codes = np.array(["A", "B", "C"])
    hours = pd.DataFrame([(c, h) for c in codes for h in range(40)], columns=["code", "hour"])
    trips = hours.iloc[rng.integers(0, 120, 300)].reset_index(drop=True).astype({"hour": "Int64"})
    trips.loc[rng.random(300) < 0.1, "hour"] = pd.NA
    data = {
        "places": pd.DataFrame({"code": codes}),
        "weather": hours.assign(rain=rng.random(120).round(2)),
        "trips": trips.assign(miles=rng.integers(1, 9, 300)),
    }
    made = fit(metadata, data).generate(scale=1.0)
    assert all(check.holds for check in key_checks(metadata, made))
    assert made["trips"]["code"].notna().all()
    assert made["trips"]["hour"].isna().mean() == pytest.approx(0.1, abs=0.06)


def test_rows_differ_by_a_key_that_is_all_of_their_own():
    metadata = Metadata()
    metadata.add_table("towns", pk=("state", "name"))
    metadata.add_table("shops", pk=("state", "number"))
    metadata.add_table(
        "tills", pk=("state", "number"), driver="(state, town)",
        fk={("state", "town"): "towns.(state, name)", ("state", "number"): "shops.(state, number)"},
        nullable_fks=["(state, town)"],
    )  # fmt: skip
    states = np.repeat(["x", "y"], 30)
    data = {
        "towns": pd.DataFrame({"state": ["x", "x", "y"], "name": [1, 2, 1]}),
        "shops": pd.DataFrame({"state": states, "number": np.tile(np.arange(1, 31), 2)}),
        "tills": pd.DataFrame(
            {
                "state": states,
                "number": np.tile(np.arange(1, 31), 2),
                "town": pd.array([1, None, 1] * 20, dtype="Int64"),
            }
        ),
    }
    made = fit(metadata, data).generate(scale=1.0)
    assert all(check.holds for check in key_checks(metadata, made))
    assert len(made["tills"]) > 30
