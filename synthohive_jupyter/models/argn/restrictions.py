"""Restrictions: what a set or a range leaves of a column, as factors on its codes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from synthohive_jupyter.errors import DataError
from synthohive_jupyter.tabular import declared
from synthohive_jupyter.tabular.categorical import CategoryCodec
from synthohive_jupyter.tabular.cells import QuantileCells
from synthohive_jupyter.tabular.numeric import NumericCodec

if TYPE_CHECKING:
    from synthohive_jupyter.schema.tables import Constraint
    from synthohive_jupyter.tabular.codecs import Floats, Values
    from synthohive_jupyter.tabular.columns import Column

_NARROW = 1e-6
"""Half the width, as a share of the axis, that stands for one value where there is no grid."""


@dataclass(frozen=True, slots=True)
class Restriction:
    """What a set or a range leaves of a column.

    Attributes:
        weights: Factor on the probability of every code, (codes,).
        low: Least scalar of every code, (codes,).
        high: Largest scalar of every code, (codes,).
    """

    weights: Floats
    low: Floats
    high: Floats


def unrestricted(column: Column) -> Restriction:
    """Return what leaves out nothing but null."""
    n_codes = column.layout.n_codes
    weights = np.ones(n_codes)
    weights[: int(column.null_share > 0)] = 0.0
    return Restriction(weights, -np.ones(n_codes), np.ones(n_codes))


def restrict(column: Column, demand: Constraint, table: str) -> Restriction:
    """Return what a set or a range leaves of a column that stands for itself.

    Raises:
        DataError: If it leaves nothing, or the column knows neither sets nor ranges.
    """
    name, codec = column.layout.name, column.codec
    texts = demand.values  # noqa: PD011 - a field of the constraint, not of a frame
    allowed = None if texts is None else declared.allowed(texts, column.storage)
    if isinstance(codec, NumericCodec):
        limits = declared.limits(demand, column.storage, table=table, column=name)
        weights, low, high = of_numbers(codec, limits, allowed)
    elif isinstance(codec, CategoryCodec) and allowed is not None:
        weights = np.zeros(codec.n_codes)
        found = pd.Index(codec.levels).get_indexer(pd.Index(allowed))
        weights[found[found >= 0]] = 1.0
        low, high = -np.ones_like(weights), np.ones_like(weights)
    else:
        raise DataError("cannot be restricted to a set or a range", table=table, column=name)
    if not (weights > 0).any():
        raise unknown(table, name)
    null = np.zeros(column.layout.n_codes - len(weights))
    return Restriction(*(np.concatenate([null, part]) for part in (weights, low, high)))


def of_numbers(
    codec: NumericCodec, limits: declared.Limits, allowed: Values | None
) -> tuple[Floats, Floats, Floats]:
    """Return the factors and the scalars of the codes of a number."""
    least, most = limits
    n_atoms = len(codec.atoms)
    fits = np.ones(n_atoms, dtype=np.bool_)
    if least is not None:
        fits &= codec.atoms >= least
    if most is not None:
        fits &= codec.atoms <= most
    if allowed is not None:
        fits &= np.isin(codec.atoms, allowed)
    weights, low, high = fits.astype(np.float64), -np.ones(n_atoms), np.ones(n_atoms)
    if isinstance(codec.rest, QuantileCells):
        scalars = np.stack(
            [codec.rest.between(*ends) for ends in _intervals(codec, limits, allowed)]
        )
        width = scalars[:, 1] - scalars[:, 0]
        lower = np.where(width > 0, scalars[:, 0], 1.0).min(axis=0)
        upper = np.where(width > 0, scalars[:, 1], -1.0).max(axis=0)
        weights = np.append(weights, np.minimum(width.sum(axis=0) / 2, 1.0))
        low, high = np.append(low, lower), np.append(high, upper)
    return weights, low, high


def _intervals(
    codec: NumericCodec, limits: declared.Limits, allowed: Values | None
) -> list[tuple[float, float]]:
    """Return the positions that are allowed: the range, or a grid step around each value."""
    axis, learnt = codec.axis, codec.learnt
    half = axis.spacing / 2 or (axis.high - axis.low) * _NARROW
    least, most = limits
    if allowed is None:
        low, high = -np.inf, np.inf
        if least is not None and least > learnt.low:
            low = _position(codec, least) - axis.spacing / 2 if least <= learnt.high else np.inf
        if most is not None and most < learnt.high:
            high = _position(codec, most) + axis.spacing / 2 if most >= learnt.low else -np.inf
        return [(low, high)]
    known = allowed[(allowed >= learnt.low) & (allowed <= learnt.high)]
    known = known[~np.isin(known, codec.atoms)]
    places = axis.positions(known).tolist()
    return [(place - half, place + half) for place in places] or [(np.inf, np.inf)]


def _position(codec: NumericCodec, value: float) -> float:
    return float(codec.axis.positions(np.array([value], dtype=codec.atoms.dtype))[0])


def unknown(table: str, name: str) -> DataError:
    """Return the error for what the model does not know."""
    return DataError(
        "what is given never occurs in the data that the model was fitted on",
        table=table,
        column=name,
    )
