"""Models by name: in the API, per table, in saved runs, and ``auto``."""

import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from synthohive_jupyter.engine.orchestrator import StagedOrchestrator
from synthohive_jupyter.engine.synthesizer import Synthesizer
from synthohive_jupyter.errors import ModelFileError, NotFittedError, SchemaError
from synthohive_jupyter.events import TableFitted
from synthohive_jupyter.models.argn.model import ARGN
from synthohive_jupyter.models.auto import AutoModel
from synthohive_jupyter.models.ctgan.model import CTGAN
from synthohive_jupyter.models.registry import ModelClasses, model_class
from synthohive_jupyter.models.tree.model import TreeSynth
from synthohive_jupyter.schema.metadata import Metadata
from tests.fakes import ResamplingModel

RNG = np.random.default_rng(5)
USERS = pd.DataFrame({
    "id": np.arange(60), "plan": RNG.choice(["free", "pro"], 60), "age": RNG.integers(18, 80, 60),
})  # fmt: skip
ORDERS = pd.DataFrame({
    "id": np.arange(150), "user_id": RNG.integers(0, 60, 150), "total": RNG.gamma(2, 20, 150),
})  # fmt: skip
DATA = {"users": USERS, "orders": ORDERS}


def shop(**models):
    metadata = Metadata()
    metadata.add_table("users", pk="id", model=models.get("users"))
    metadata.add_table(
        "orders", pk="id", fk={"user_id": "users.id"}, model=models.get("orders")
    )  # fmt: skip
    return metadata


@pytest.mark.parametrize(
    ("name", "cls"),
    [("ctgan", CTGAN), ("ARGN", ARGN), ("tree", TreeSynth), ("TreeSynth", TreeSynth),
     ("auto", AutoModel), (TreeSynth, TreeSynth), (ResamplingModel, ResamplingModel)],
)  # fmt: skip
def test_a_name_or_a_class_is_a_class(name, cls):
    assert model_class(name) is cls


def test_what_is_neither_is_told():
    with pytest.raises(ValueError, match="did you mean 'tree'"):
        model_class("tre")
    with pytest.raises(TypeError, match="ConditionalGenerativeModel, or one of the names ctgan"):
        model_class(dict)


def test_others_answer_to_the_name_of_their_class():
    classes = ModelClasses(ResamplingModel)
    assert classes["resamplingmodel"] is ResamplingModel
    assert "ResamplingModel" in classes
    assert "nobody" not in classes
    assert None not in classes
    assert len(classes) == len(list(classes)) == len(ModelClasses()) + 1
    with pytest.raises(KeyError):
        classes["nobody"]


def test_trees_need_no_torch():
    code = (
        "import sys, pandas as pd;"
        "from synthohive_jupyter.engine.synthesizer import Synthesizer;"
        "from synthohive_jupyter.schema.metadata import Metadata;"
        "m = Metadata(); m.add_table('t', pk=None);"
        "s = Synthesizer(m, model='tree');"
        "s.fit({'t': pd.DataFrame({'a': range(50)})}, progress_bar=False, seed=1);"
        "assert len(s.sample(9)['t']) == 9;"
        "print('torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_each_table_has_the_model_that_it_names(tmp_path):
    made = StagedOrchestrator(shop(orders="tree"), model_cls="argn")
    # A parameter of the run's model is no mistake for a table with another one.
    made.fit_all(DATA, epochs=2, progress_bar=False, seed=1, hidden_dim=16)
    assert type(made.models["users"]) is ARGN
    assert type(made.models["orders"]) is TreeSynth
    made.save(tmp_path / "run")
    loaded = StagedOrchestrator.load(tmp_path / "run")
    assert loaded.model_cls is ARGN
    again, first = loaded.generate(seed=3), made.generate(seed=3)
    for name, frame in first.items():
        pd.testing.assert_frame_equal(again[name], frame)


def test_an_unknown_model_of_a_table_is_a_problem_of_the_schema():
    with pytest.raises(SchemaError, match="did you mean 'tree'"):
        StagedOrchestrator(shop(orders="treee")).fit_all(DATA, progress_bar=False)


def test_a_parameter_that_the_runs_model_does_not_know_is_told():
    with pytest.raises(TypeError, match="min_leaf"):
        StagedOrchestrator(shop(), model_cls="tree").fit_all(DATA, progress_bar=False, min_leav=3)
    with pytest.raises(TypeError, match="AutoModel has no parameter 'min_leav'"):
        AutoModel(Metadata(), min_leav=3)


def test_auto_says_what_it_takes_and_is_that_model(tmp_path):
    fitted = []
    made = Synthesizer(shop(), model="auto")
    made.fit(
        DATA, progress_bar=False, seed=1, min_leaf=10,
        on_event=lambda event: fitted.append(event) if isinstance(event, TableFitted) else None,
    )  # fmt: skip
    model = made.orchestrator.models["orders"]
    assert type(model.chosen) is TreeSynth
    assert model.chosen.config.min_leaf == 10
    assert model.epochs_run == model.chosen.epochs_run > 0
    assert [(e.table, e.model) for e in fitted] == [("users", "TreeSynth"), ("orders", "TreeSynth")]
    made.save(tmp_path / "run")
    loaded = Synthesizer.load(tmp_path / "run")
    assert loaded.model is AutoModel
    for name, frame in made.sample(20, seed=3).items():
        pd.testing.assert_frame_equal(loaded.sample(20, seed=3)[name], frame)


def test_auto_takes_the_network_for_wide_tables():
    metadata = Metadata()
    metadata.add_table("wide", pk=None)
    frame = pd.DataFrame({f"c{i}": RNG.integers(0, 3, 80) for i in range(40)})
    narrow, beside = frame[["c0", "c1"]], frame.add_prefix("above.")
    wide = AutoModel(metadata, epochs=1).fit(frame, table_name="wide", seed=1)
    given = AutoModel(metadata, epochs=1).fit(narrow, beside, table_name="wide", seed=1)
    assert (wide.name, given.name) == ("ARGN", "TreeSynth")
    assert given.sample(5, beside.iloc[:5], seed=2).shape == (5, 2)


def test_auto_reads_the_files_of_every_model(tmp_path):
    for cls in (ARGN, TreeSynth, CTGAN):
        metadata = Metadata()
        metadata.add_table("users", pk=None)
        model = cls(metadata, epochs=1).fit(USERS, table_name="users", seed=1)
        model.save(tmp_path / cls.kind)
        read = AutoModel.load(tmp_path / cls.kind)
        assert type(read.chosen) is cls
        pd.testing.assert_frame_equal(read.sample(30, seed=2), model.sample(30, seed=2))


def test_auto_before_a_fit():
    with pytest.raises(NotFittedError):
        AutoModel(Metadata()).sample(1)
    with pytest.raises(ModelFileError):
        AutoModel.load("nowhere")


def test_accepts_reads_the_signature_of_other_classes():
    assert ResamplingModel.accepts("embedding_threshold")
    assert not ResamplingModel.accepts("pac")
