"""Whatever the data, what is guessed of it compiles, and the same data fits it."""

import os

import pandas as pd
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from synthohive_jupyter.dsl.compiler import compile_cell
from synthohive_jupyter.engine.discovery.guess import discover
from synthohive_jupyter.io.frames import facts
from synthohive_jupyter.notebook.first_schema import FirstSchema
from synthohive_jupyter.privacy.sanitizer import PIISanitizer
from tests.property.databases import databases

EXAMPLES = int(os.environ.get("SCHEMAS", "60"))
profile = settings(
    max_examples=EXAMPLES,
    derandomize="SCHEMAS" not in os.environ,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
)


def compiled(frames):
    discovery = discover(frames)
    cell = compile_cell(FirstSchema(discovery).text.partition("\n")[2])
    cell.check(facts(frames, cell.metadata))
    return discovery, cell


@profile
@given(databases())
def test_what_is_guessed_of_any_database_fits_it(database):
    discovery, cell = compiled(database.data)
    assert cell.metadata == discovery.metadata
    assert dict(cell.privacy.items()) == dict(discovery.privacy.items())
    sanitizer = PIISanitizer(cell.metadata, cell.privacy)
    for name, frame in database.data.items():
        sanitizer.fit(name, frame)


names = st.text(st.characters(blacklist_categories=["Cs"]), min_size=1, max_size=12)
words = st.sampled_from(
    ["id", "email", "name", "user_id", "age", "pk", "none", "count", "date", "is x"]
)
cells = st.one_of(
    st.none(), st.integers(-5, 5), st.floats(allow_nan=True), st.text(max_size=5), st.booleans(),
    st.dates(), st.datetimes(), st.lists(st.integers(), max_size=1), st.binary(max_size=2),
    st.just("a@b.org"), st.just("2020-01-31"), st.just("078-05-1120"),
)  # fmt: skip


@st.composite
def frames(draw):
    """Draw frames of any cells under any names."""
    tables = {}
    for name in draw(st.lists(st.one_of(names, words), min_size=1, max_size=3, unique=True)):
        columns = draw(st.lists(st.one_of(names, words), min_size=1, max_size=4, unique=True))
        rows = draw(st.integers(1, 8))
        one_kind = draw(st.booleans())
        data = {}
        for column in columns:
            chosen = draw(cells)
            values = [chosen if one_kind else draw(cells) for _ in range(rows)]
            data[column] = pd.Series(values, dtype=object)
        tables[name] = pd.DataFrame(data)
    return tables


@profile
@given(frames())
def test_any_cells_under_any_names_do_no_harm(tables):
    tables = {name: frame for name, frame in tables.items() if not {"\n", "\r"} & set(name)}
    if tables:
        compiled(tables)
