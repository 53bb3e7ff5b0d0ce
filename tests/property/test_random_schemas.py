"""Any schema: whatever the keys look like and whatever the model draws, all of them hold.

``SCHEMAS=2000 pytest tests/property/test_random_schemas.py`` looks at more of them, each time at
others. Without it the examples are the same in every run.
"""

import os
import tempfile

import pandas as pd
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from synthohive_jupyter.engine.orchestrator import StagedOrchestrator
from tests.fakes import MemoryIO
from tests.property.bootstrap import BootstrapModel
from tests.property.databases import databases
from tests.property.key_checks import bounded, problems_of

EXAMPLES = int(os.environ.get("SCHEMAS", "150"))
EVER_NEW = "SCHEMAS" in os.environ
profile = settings(
    max_examples=EXAMPLES,
    derandomize=not EVER_NEW,
    deadline=None,
    database=None,
    print_blob=True,
    suppress_health_check=[
        HealthCheck.too_slow,
        HealthCheck.data_too_large,
        HealthCheck.filter_too_much,
    ],
)
second_times = st.sampled_from(["generated", "generated", "fitted anew", "written", "loaded"])
"""Whatever way a database is made a second time, the same seed gives the same bytes."""


def fitted(database, seed, model=BootstrapModel):
    orchestrator = StagedOrchestrator(database.metadata, io=MemoryIO(), model_cls=model)
    return orchestrator.fit_all(database.data, epochs=1, seed=seed, progress_bar=False)


def same(one, other):
    assert set(one) == set(other)
    for name, frame in one.items():
        pd.testing.assert_frame_equal(frame, other[name], check_exact=True)


@profile
@given(databases(), st.integers(0, 40), st.integers(0, 2**31), second_times)
def test_all_keys_of_any_schema_hold(database, rows, seed, second):
    orchestrator = fitted(database, seed)
    roots = set(orchestrator.plan.roots)
    made = orchestrator.generate(rows)
    assert problems_of(database, made, rows=dict.fromkeys(roots, rows), roots=roots) == []
    assert list(bounded(database, made)) == []
    same(again(orchestrator, database, rows, second), made)


def again(orchestrator, database, rows, second):
    """Return the same database, made once more in one of four ways."""
    if second == "fitted anew":
        return fitted(database, orchestrator.seed).generate(rows)
    if second == "written":
        orchestrator.generate(rows, "/out")
        return {name: orchestrator.io.data[f"/out/{name}"] for name in database.data}
    if second == "loaded":
        with tempfile.TemporaryDirectory() as folder:
            orchestrator.save(f"{folder}/run")
            orchestrator = StagedOrchestrator.load(f"{folder}/run", model_cls=BootstrapModel)
    return orchestrator.generate(rows)


@settings(profile, max_examples=max(EXAMPLES // 10, 10))
@given(databases(), st.integers(0, 40), st.integers(0, 2**31))
def test_a_model_that_has_learnt_holds_them_too(database, rows, seed):
    orchestrator = fitted(database, seed, "tree")
    roots = set(orchestrator.plan.roots)
    made = orchestrator.generate(rows)
    assert problems_of(database, made, rows=dict.fromkeys(roots, rows), roots=roots) == []
    same(orchestrator.generate(rows), made)
