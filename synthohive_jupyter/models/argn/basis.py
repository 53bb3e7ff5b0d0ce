"""A smooth basis for codes that stand for numbers.

Atoms and cells of a number are codes like any other, and a network would have to learn for each
alone what its neighbours already teach. So the embedding of such a code has a second term: a
projection of smooth functions of its rank and of its value, learnt for the whole column.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from synthohive_jupyter.tabular.numeric import NumericCodec

if TYPE_CHECKING:
    from synthohive_jupyter.models.argn.parts import PartSpace
    from synthohive_jupyter.tabular.codecs import Floats
    from synthohive_jupyter.tabular.columns import Column
    from synthohive_jupyter.tabular.transformer import TableTransformer

FREQUENCIES = 4
WIDTH = 2 * FREQUENCIES
"""Functions in the basis: cosines of the rank, and of the value between the quantiles."""

_TAILS = (0.01, 0.99)


def smooth_basis(transformer: TableTransformer | None, space: PartSpace) -> np.ndarray:
    """Return the basis at every code of every part, (codes, `WIDTH`) float32.

    It is 0 for nulls, for categories, and for the digits of columns with very many codes.
    """
    found = np.zeros((space.total, WIDTH), dtype=np.float32)
    columns = () if transformer is None else transformer.columns
    for part, start in zip(space.parts, space.offsets, strict=True):
        column = columns[part.column]
        if isinstance(column.codec, NumericCodec) and column.layout.n_codes == part.size:
            present = column.codec.n_codes
            at = start + part.size - present
            found[at : at + present] = _functions(column)
    return found


def _functions(column: Column) -> Floats:
    codec = column.codec
    assert codec is not None
    codes = np.arange(codec.n_codes, dtype=np.int32)
    middle = np.zeros(len(codes), dtype=np.float32)
    values = codec.decode(codes, middle, np.random.default_rng(0)).astype(np.float64)
    order = np.argsort(values, kind="stable")
    mass = codec.shares[order]
    cumulative = np.cumsum(mass) - mass / 2
    ranks = np.empty(len(codes))
    ranks[order] = cumulative
    low, high = np.interp(_TAILS, cumulative, values[order])
    # Halves, so that the distance of the ends of int64 does not overflow.
    width = high / 2 - low / 2
    scaled = np.clip((values / 2 - low / 2) / (width or 1.0), 0.0, 1.0)
    waves = np.pi * np.arange(1, FREQUENCIES + 1)
    return np.cos(np.concatenate([np.outer(ranks, waves), np.outer(scaled, waves)], axis=1))
