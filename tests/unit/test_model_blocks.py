"""Rows block by block: the rows of a sample, in memory that does not grow with their number."""

import tracemalloc

import numpy as np
import pandas as pd
import pytest

from synthohive_jupyter.errors import DataError, NotFittedError
from synthohive_jupyter.models.argn.model import ARGN
from synthohive_jupyter.models.base import BLOCK_ROWS
from synthohive_jupyter.models.ctgan.model import CTGAN
from synthohive_jupyter.models.tree.model import TreeSynth
from synthohive_jupyter.schema.metadata import Metadata

RNG = np.random.default_rng(3)
USERS = pd.DataFrame({
    "plan": RNG.choice(["free", "pro"], 400), "age": RNG.integers(18, 80, 400),
    "spend": RNG.gamma(2, 20, 400),
})  # fmt: skip
CONTEXT = pd.DataFrame({"country": RNG.choice(["FR", "DE"], 400)})


@pytest.fixture(scope="module", params=[CTGAN, ARGN, TreeSynth])
def model(request):
    metadata = Metadata()
    metadata.add_table("users", pk=None)
    return request.param(metadata, epochs=1).fit(USERS, CONTEXT, table_name="users", seed=1)


def context(rows):
    return pd.DataFrame({"country": np.resize(["FR", "DE", "FR"], rows)})


def test_put_together_they_are_the_sample(model):
    rows = 2 * BLOCK_ROWS + 100
    blocks = list(model.sample_blocks(rows, context(rows), seed=4))
    assert [len(block) for block in blocks] == [BLOCK_ROWS, BLOCK_ROWS, 100]
    whole = model.sample(rows, context(rows), seed=4)
    pd.testing.assert_frame_equal(pd.concat(blocks, ignore_index=True), whole)


def test_no_rows_are_one_empty_block(model):
    (block,) = model.sample_blocks(0, context(0))
    pd.testing.assert_frame_equal(block, model.sample(0, context(0)))


def test_mistakes_are_those_of_sample(model):
    with pytest.raises(DataError, match="country"):
        next(model.sample_blocks(3))
    with pytest.raises(ValueError, match="not negative"):
        next(model.sample_blocks(-1, context(0)))
    with pytest.raises(NotFittedError):
        next(type(model)(Metadata()).sample_blocks(1))


def peak(model, blocks):
    rows = blocks * BLOCK_ROWS
    given = context(rows)
    tracemalloc.start()
    try:
        for _ in model.sample_blocks(rows, given, seed=1):
            pass
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_memory_does_not_grow_with_the_rows(model):
    peak(model, 1)
    # Tensors of torch are not traced; frames and arrays, which would pile up, are.
    assert peak(model, 12) < 1.3 * peak(model, 3)
