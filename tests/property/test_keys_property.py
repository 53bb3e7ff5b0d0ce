"""Random databases: whatever the schema, every generated key holds."""

import numpy as np
import pandas as pd
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from synthohive_jupyter.engine.orchestrator import StagedOrchestrator
from synthohive_jupyter.relational.counts.linkage import LinkageModel
from synthohive_jupyter.schema.metadata import Metadata
from synthohive_jupyter.validation.integrity import key_checks
from tests.fakes import MemoryIO, ResamplingModel

KEY_KINDS = ("int64", "int16", "Int64", "float64", "text", "string")
SHARES = (0.0, 0.3, 1.0)


def key_values(kind, n, offset):
    if kind in {"text", "string"}:
        values = pd.Series([f"K{offset + 3 * i:05d}" for i in range(n)], dtype=object)
        return values.astype("string") if kind == "string" else values
    return pd.Series(np.arange(n) * 2 + offset).astype(kind)


def references(known, rows, share, rng):
    """Return keys of random parents, null in about a share of the rows."""
    if len(known) == 0:
        numeric = pd.api.types.is_numeric_dtype(known.dtype)
        return pd.Series([None] * rows, dtype="float64" if numeric else object)
    chosen = known.take(rng.integers(0, len(known), rows)).reset_index(drop=True)
    return chosen.mask(rng.random(rows) < share) if share else chosen


@st.composite
def databases(draw):
    """A description of one to five tables, a directed acyclic graph, and data that fits it."""
    metadata, data, keys = Metadata(), {}, {}
    for number in range(draw(st.integers(1, 5))):
        name, rng = f"t{number}", np.random.default_rng(draw(st.integers(0, 2**16)))
        kept = draw(st.integers(0, 5)) == 0
        possible = [p for p in keys if not kept or metadata.tables[p].keep]
        parents = draw(st.lists(st.sampled_from(possible), max_size=3)) if possible else []
        driven = any(not metadata.tables[parent].keep for parent in parents)
        rows = draw(st.integers(0 if driven else 1, 12))
        fk, nullable, columns = {}, [], {}
        for place, parent in enumerate(parents):
            column, known = f"fk{place}", keys[parent]
            share = draw(st.sampled_from(SHARES)) if len(known) else 1.0
            fk[column], columns[column] = f"{parent}.id", references(known, rows, share, rng)
            if share:
                nullable.append(column)
        if kept or draw(st.integers(0, 4)):
            own = key_values(draw(st.sampled_from(KEY_KINDS)), rows, int(rng.integers(1, 50)))
            keys[name] = own
            if not kept and draw(st.integers(0, 2)) == 0:
                fk["boss"] = f"{name}.id"
                nullable.append("boss")
                columns["boss"] = references(own, rows, 0.4, rng)
            columns = {"id": own, **columns}
        metadata.add_table(
            name,
            pk="id" if name in keys else None,
            fk=fk,
            nullable_fks=nullable,
            keep=kept,
            linkage_method=draw(st.sampled_from(["empirical", "negbinom", "conditional"])),
        )
        values = {"v": rng.integers(0, 4, rows), "w": rng.choice(list("abc"), rows).astype(object)}
        data[name] = pd.DataFrame({**columns, **values})
    return metadata, data


@settings(deadline=None, max_examples=30, suppress_health_check=[HealthCheck.too_slow])
@given(databases(), st.integers(0, 40), st.integers(0, 2**31))
def test_every_key_of_every_database_holds(database, rows, seed):
    metadata, data = database
    storage = MemoryIO()
    orchestrator = StagedOrchestrator(metadata, io=storage, model_cls=ResamplingModel)
    orchestrator.fit_all(data, epochs=1, seed=seed, progress_bar=False)
    made = orchestrator.generate(rows)
    assert set(made) == set(metadata.tables)
    for check in key_checks(metadata, made):
        assert check.holds, check
    for name, frame in made.items():
        table, record = metadata.tables[name], data[name]
        assert list(frame.columns) == list(record.columns)
        if table.keep:
            continue
        if table.primary_key and frame["id"].dtype.kind in "iu":
            assert frame["id"].tolist() == list(range(1, len(frame) + 1))
        for key in metadata.structural_keys(name):
            column = frame[key.name]
            assert key.nullable or column.notna().all()
            assert column.dtype.kind != "f"
    orchestrator.generate(rows, "/out")
    for name, frame in made.items():
        pd.testing.assert_frame_equal(storage.data[f"/out/{name}"], frame)


@settings(deadline=None)
@given(
    st.lists(st.integers(0, 60), min_size=1, max_size=40),
    st.sampled_from(["empirical", "negbinom", "conditional"]),
    st.integers(0, 500),
)
def test_sampled_counts_are_counts(counts, method, parents):
    model = LinkageModel(method).fit_counts(np.array(counts))
    drawn = model.sample_counts(range(parents), rng=np.random.default_rng(parents))
    assert drawn.shape == (parents,)
    assert (drawn >= 0).all()
    if model.fitted_as in {"empirical", "constant"}:
        assert set(drawn) <= set(counts)
