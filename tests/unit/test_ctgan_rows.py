"""The geometry of rows: spans, buckets, scalars, code vectors, conditions."""

import numpy as np
import pytest
import torch

from synthohive_jupyter.models.ctgan.rows import RowSpace
from synthohive_jupyter.tabular.codecs import ColumnLayout

LAYOUT = (
    ColumnLayout("plan", 3, (), embedded=False),
    ColumnLayout("price", 6, (4, 5), embedded=False),
    ColumnLayout("town", 60, (), embedded=True),
    ColumnLayout("score", 70, (67, 68, 69), embedded=True),
    ColumnLayout("constant", 1, (), embedded=False),
    ColumnLayout("kind", 4, (), embedded=False),
)


@pytest.fixture
def space():
    space = RowSpace(LAYOUT)
    space.draw_vectors(np.random.default_rng(0))
    return space


def some_rows(rng, rows=40):
    codes = np.stack([rng.integers(0, c.n_codes, rows) for c in LAYOUT], 1)
    carries = np.stack([np.isin(codes[:, i], c.scalar_codes) for i, c in enumerate(LAYOUT)], 1)
    scalars = np.where(carries, rng.uniform(-1, 1, codes.shape), 0).astype(np.float32)
    return torch.from_numpy(codes), torch.from_numpy(scalars)


def test_every_code_has_a_cell_of_its_own(space):
    cells = [int(space.base[i]) + k for i, c in enumerate(LAYOUT) for k in range(c.n_codes)]
    assert len(set(cells)) == sum(c.n_codes for c in LAYOUT)
    assert not space.padding[cells].any()
    assert int((~space.padding).sum()) == len(cells)


def test_a_bucket_pads_no_span_to_more_than_half_more(space):
    sizes = [c.n_codes for c in LAYOUT]
    for bucket in space.buckets:
        for column in bucket.columns:
            assert sizes[column] <= bucket.width <= 1.5 * sizes[column]


def test_real_rows_are_one_hot_spans_scalars_and_code_vectors(space):
    codes, scalars = some_rows(np.random.default_rng(1))
    rows = space.real(codes, scalars)
    assert rows.shape == (40, space.width)
    for i, column in enumerate(LAYOUT):
        if column.embedded:
            place = space.embedded.index(i)
            start = space.plain_width + len(space.scalar_columns) + place * space.vector_width
            first = int(space.base[i]) - space.plain_width
            wanted = space.vectors[first + codes[:, i]]
            assert torch.equal(rows[:, start : start + space.vector_width], wanted)
        else:
            start = int(space.base[i])
            wanted = torch.nn.functional.one_hot(codes[:, i], column.n_codes).float()
            assert torch.equal(rows[:, start : start + column.n_codes], wanted)
    carried = rows[:, space.plain_width : space.plain_width + len(space.scalar_columns)]
    assert torch.equal(carried, scalars[:, list(space.scalar_columns)])
    assert not rows[:, space.row_padding].any()


@pytest.mark.parametrize("shared", [False, True])
def test_certain_soft_rows_are_the_real_ones(space, shared):
    codes, scalars = some_rows(np.random.default_rng(2))
    certain = torch.zeros(len(codes), space.cell_width).scatter_(1, codes + space.base, 1.0)
    picked = scalars[:, list(space.scalar_columns)].unsqueeze(2)
    given = picked if shared else picked.expand(-1, -1, space.modes)
    soft = space.soft(certain, given)
    assert torch.allclose(soft, space.real(codes, scalars))


def test_code_vectors_have_unit_length_and_differ(space):
    assert torch.allclose(space.vectors.norm(dim=1), torch.ones(130))
    products = space.vectors @ space.vectors.T - torch.eye(130)
    # Random directions in 35 dimensions: a cosine has the deviation 35 ** -0.5 = .17.
    assert products.abs().max() < 0.85


def test_a_condition_is_a_cell_or_a_code_vector(space):
    cells, vectors = space.condition(torch.tensor([1, 2, -1, 3]), torch.tensor([5, 59, 0, 7]))
    none = space.plain_width
    assert cells.tolist() == [int(space.base[1]) + 5, none, none, none]
    assert vectors.shape == (4, 2 * space.vector_width)
    assert not vectors[[0, 2]].any()
    width = space.vector_width
    assert torch.equal(vectors[1, :width], space.vectors[59])
    assert torch.equal(vectors[3, width:], space.vectors[60 + 7])
    assert not vectors[1, width:].any()
    assert not vectors[3, :width].any()


def test_spans_are_views_of_the_columns(space):
    cells = torch.arange(space.cell_width).expand(3, -1)
    for span, members, width in zip(
        space.spans(cells), space.span_columns(), space.span_widths(), strict=True
    ):
        assert span.shape == (3, len(members), width)
        assert span[0, :, 0].tolist() == space.base[list(members)].tolist()
    assert sorted(sum(space.span_columns(), ())) == list(range(len(LAYOUT)))


def test_no_columns_are_a_row_of_width_zero():
    nothing = RowSpace(())
    assert nothing.width == nothing.side_width == 0
    assert nothing.real(torch.zeros(3, 0, dtype=torch.int64), torch.zeros(3, 0)).shape == (3, 0)


def test_an_absurd_number_of_codes_is_refused():
    with pytest.raises(ValueError, match="codes"):
        RowSpace([ColumnLayout("x", 10**12, (), embedded=False)])
