"""Children per parent of every foreign key, as events tell them: of the data, and as generated."""

import numpy as np
import pandas as pd
import pytest

from synthohive_jupyter import events as ev
from synthohive_jupyter.engine.degrees import Degrees
from synthohive_jupyter.engine.orchestrator import StagedOrchestrator
from synthohive_jupyter.engine.record import TableRecord
from synthohive_jupyter.errors import ModelFileError
from synthohive_jupyter.progress.sinks import Recorder
from synthohive_jupyter.relational.counts.linkage import MAX_CELLS
from synthohive_jupyter.schema.metadata import Metadata
from tests.fakes import ResamplingModel


def school():
    """Lessons are driven by classes; their other keys are of every other kind."""
    metadata = Metadata()
    metadata.add_table("subjects", pk="code", keep=True)
    metadata.add_table("teachers", pk="id", fk={"head": "teachers.id"}, nullable_fks=["head"])
    metadata.add_table("rooms", pk=("house", "number"))
    metadata.add_table("classes", pk="id")
    metadata.add_table(
        "lessons",
        pk="id",
        fk={
            "class": "classes.id",
            "teacher": "teachers.id",
            "second": "teachers.id",
            "subject": "subjects.code",
            ("house", "number"): "rooms.(house, number)",
        },
        nullable_fks=["second"],
        driver="class",
    )
    return metadata


def school_data(seed=2):
    rng = np.random.default_rng(seed)
    rooms = [(house, number) for house in "AB" for number in range(1, 6)]
    rows = 120
    room = [rooms[i] for i in rng.integers(0, 8, rows)]  # two rooms stay empty
    second = pd.array(rng.integers(1, 5, rows), dtype="Int64")
    second[::3] = pd.NA
    return {
        "subjects": pd.DataFrame({"code": ["ma", "la", "fr"], "hours": [4, 3, 3]}),
        "teachers": pd.DataFrame(
            {"id": range(1, 7), "head": pd.array([None, 1, 1, 1, 2, 2], dtype="Int64")}
        ),
        "rooms": pd.DataFrame(rooms, columns=["house", "number"]).assign(seats=30),
        "classes": pd.DataFrame({"id": range(1, 31), "grade": rng.integers(1, 9, 30)}),
        "lessons": pd.DataFrame(
            {
                "id": range(rows),
                "class": rng.integers(1, 31, rows),
                "teacher": rng.integers(1, 6, rows),
                "second": second,
                "subject": rng.choice(["ma", "la"], rows),
                "house": [house for house, _ in room],
                "number": [number for _, number in room],
            }
        ),
    }


PARENTS = {
    ("teachers", "head"): ("teachers", ["head"], ["id"]),
    ("lessons", "class"): ("classes", ["class"], ["id"]),
    ("lessons", "teacher"): ("teachers", ["teacher"], ["id"]),
    ("lessons", "second"): ("teachers", ["second"], ["id"]),
    ("lessons", "subject"): ("subjects", ["subject"], ["code"]),
    ("lessons", "(house, number)"): ("rooms", ["house", "number"], ["house", "number"]),
}


def counted(tables, table, key):
    """Return the rows of each parent by plain pandas, childless parents included."""
    parent, own, theirs = PARENTS[table, key]
    rows = tables[table][own].dropna()
    rows = rows.set_axis(theirs, axis=1).value_counts().rename("n").reset_index()
    return tables[parent][theirs].merge(rows, how="left")["n"].fillna(0).to_numpy()


def cells_of(counts, cells):
    return tuple((np.minimum(counts, cells - 1) == k).sum() for k in range(cells))


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    seen = Recorder()
    orchestrator = StagedOrchestrator(school(), model_cls=ResamplingModel)
    folder = tmp_path_factory.mktemp("run")
    orchestrator.fit_all(
        school_data(), epochs=1, seed=7, progress_bar=False, checkpoint_dir=folder, on_event=seen
    )
    made = orchestrator.generate({"classes": 60, "rooms": 12, "teachers": 9}, on_event=seen)
    return orchestrator, made, seen, folder


def test_the_real_side_of_every_key_is_what_the_data_has(run):
    events = {(e.table, e.foreign_key): e for e in run[2].of(ev.LinkageFitted)}
    assert events.keys() == PARENTS.keys()
    for place, event in events.items():
        counts = counted(school_data(), *place)
        assert event.parent == PARENTS[place][0]
        assert event.counts == cells_of(counts, len(event.counts))
        assert len(event.counts) == min(counts.max() + 2, MAX_CELLS)
        assert event.real_mean == pytest.approx(counts.mean())
        assert event.real_variance == pytest.approx(counts.var())
    assert [place for place, e in events.items() if e.driving] == [("lessons", "class")]
    assert {place[1]: e.method for place, e in events.items()} == {
        "head": "hierarchy",
        "class": "empirical",
        "teacher": "matching",
        "second": "matching",
        "subject": "value",
        "(house, number)": "matching",
    }


def test_the_synthetic_side_is_what_the_finished_tables_have(run):
    _, made, seen, _ = run
    real = {(e.table, e.foreign_key): e for e in seen.of(ev.LinkageFitted)}
    events = {(e.table, e.foreign_key): e for e in seen.of(ev.LinkageSampled)}
    assert events.keys() == PARENTS.keys()
    for place, event in events.items():
        counts = counted(made, *place)
        assert len(event.counts) == len(real[place].counts)
        assert event.counts == cells_of(counts, len(event.counts))
        assert event.mean == pytest.approx(counts.mean())
        assert event.variance == pytest.approx(counts.var())
        assert event.driving == real[place].driving


def test_real_ones_come_before_training_and_synthetic_ones_before_the_table_is_told(run):
    events = [e for e in run[2].events if getattr(e, "table", None) == "lessons"]
    kinds = [type(e) for e in events]
    fitted = [i for i, kind in enumerate(kinds) if kind is ev.LinkageFitted]
    assert max(fitted) < kinds.index(ev.EpochEnded)
    sampled = [i for i, kind in enumerate(kinds) if kind is ev.LinkageSampled]
    assert max(sampled) < kinds.index(ev.TableSampled)


def test_a_saved_database_knows_them(run, tmp_path):
    orchestrator, made, seen, _ = run
    orchestrator.save(tmp_path / "school")
    again = Recorder()
    loaded = StagedOrchestrator.load(tmp_path / "school", model_cls=ResamplingModel)
    tables = loaded.generate({"classes": 60, "rooms": 12, "teachers": 9}, on_event=again)
    assert again.of(ev.LinkageSampled) == seen.of(ev.LinkageSampled)
    pd.testing.assert_frame_equal(tables["lessons"], made["lessons"])


def test_a_resumed_fit_tells_them_of_tables_that_it_takes_over(run):
    _, _, seen, folder = run
    again = Recorder()
    orchestrator = StagedOrchestrator(school(), model_cls=ResamplingModel)
    orchestrator.fit_all(
        school_data(), epochs=1, seed=7, progress_bar=False, checkpoint_dir=folder, resume=True,
        on_event=again,
    )  # fmt: skip
    assert all(e.reused for e in again.of(ev.TableStarted))
    assert again.of(ev.LinkageFitted) == seen.of(ev.LinkageFitted)


def test_the_cells_are_bounded_and_hold_every_parent():
    degrees = Degrees.of(np.array([0, 5000, 3]))
    assert len(degrees.cells) == MAX_CELLS
    assert degrees.cells[-1] == 1
    assert Degrees.of(np.array([0, 9, 1]), 3).cells == (1, 1, 1)


def test_a_parent_without_rows_has_no_histogram():
    metadata = school()
    data = school_data()
    empty = data["lessons"].head(0)
    seen = Recorder()
    orchestrator = StagedOrchestrator(metadata, model_cls=ResamplingModel)
    orchestrator.fit_all({**data, "lessons": empty}, epochs=1, seed=1, progress_bar=False)
    orchestrator.generate(5, on_event=seen)
    lessons = [e for e in seen.of(ev.LinkageSampled) if e.table == "lessons"]
    assert {e.counts[1:] for e in lessons} == {(0,)}
    seen.events.clear()
    orchestrator.generate({"classes": 0, "rooms": 0, "teachers": 0}, on_event=seen)
    assert {e.foreign_key for e in seen.of(ev.LinkageSampled)} == {"subject"}


@pytest.mark.parametrize(
    "wrong",
    [
        {"cells": [], "mean": 0.0, "variance": 0.0},
        {"cells": [1] * (MAX_CELLS + 1), "mean": 0.0, "variance": 0.0},
        {"cells": [1], "mean": float("nan"), "variance": 0.0},
        {"cells": [1], "mean": 0.0},
        [],
    ],
)
def test_a_damaged_histogram_is_no_model_file(wrong):
    record = TableRecord(3, {"a": "int64"}, degrees={"a": Degrees((1, 2), 0.5, 0.25)})
    assert TableRecord.from_dict(record.to_dict()) == record
    with pytest.raises(ModelFileError):
        TableRecord.from_dict({**record.to_dict(), "degrees": {"a": wrong}})
