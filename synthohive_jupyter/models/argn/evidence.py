"""Evidence: what a caller knows or demands of the rows, in the codes of the columns.

A column can be *fixed* (one value for all rows, or one for each), or *restricted* to a set or a
range. Fixed values are clamped and steer all others; a restriction becomes factors on the
probabilities of codes: 0 for what is excluded, and for a cell that a range cuts, its part inside.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from synthohive_jupyter.errors import DataError
from synthohive_jupyter.schema.tables import Constraint
from synthohive_jupyter.tabular import declared
from synthohive_jupyter.tabular.categorical import CategoryCodec
from synthohive_jupyter.tabular.cells import QuantileCells
from synthohive_jupyter.tabular.numeric import NumericCodec

if TYPE_CHECKING:
    from collections.abc import Sequence

    from synthohive_jupyter.tabular.codecs import Codes, Floats, Values
    from synthohive_jupyter.tabular.columns import Column
    from synthohive_jupyter.tabular.storage import Storage
    from synthohive_jupyter.tabular.transformer import TableTransformer

Given = Mapping[str, Any] | pd.DataFrame
"""What `ARGN.sample` takes: see `evidence_of`."""

_RANGE = frozenset({"min", "max", "values"})
_NARROW = 1e-6
"""Half the width, as a share of the axis, that stands for one value where there is no grid."""
_SETS = (set, frozenset, list, tuple, np.ndarray, pd.Series, pd.Index)


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


@dataclass(slots=True)
class Evidence:
    """Evidence about rows.

    Attributes:
        codes: Codes of fixed cells, -1 where a cell is to be drawn, (rows, columns).
        fixed: The fixed columns, in the types of the data.
        restrictions: Index of a column to what is left of it.
        constraints: The same demands for `constraints.enforce`, which makes them exact.
        complete: Whether no cell that is drawn may be null.
    """

    codes: Codes
    fixed: pd.DataFrame
    restrictions: dict[int, Restriction] = field(default_factory=dict)
    constraints: dict[str, Constraint] = field(default_factory=dict)
    complete: bool = False


def evidence_of(given: Given, transformer: TableTransformer, *, rows: int, table: str) -> Evidence:
    """Return evidence as codes.

    Args:
        given: Column name to a value (``None`` for null), to a set, list or tuple of values, or to
            a range ``{"min": 18, "max": 30}`` (or a `Constraint`; dates as ISO text). Or a frame
            whose cells are fixed, nulls included, one row for each row to draw.
        transformer: The codes of the columns.
        rows: Rows to draw.
        table: Name of the table, for messages.

    Raises:
        DataError: If a column is unknown or a demand cannot be met.
    """
    columns = {column.layout.name: i for i, column in enumerate(transformer.columns)}
    codes = np.full((rows, len(columns)), -1, dtype=np.int32)
    evidence = Evidence(codes, pd.DataFrame(index=pd.RangeIndex(rows)))
    framed = isinstance(given, pd.DataFrame)
    if framed and len(given) != rows:
        raise DataError(f"{len(given):,} rows are given for {rows:,} rows to draw", table=table)
    for name in map(str, given):
        if name not in columns:
            raise DataError("is given, but the model has no such column", table=table, column=name)
        column, wanted = transformer.columns[columns[name]], given[name]
        demand = None if framed else _demand(wanted, column, table)
        if demand is not None:
            evidence.restrictions[columns[name]] = _restrict(column, demand, table)
            evidence.constraints[name] = demand
            continue
        series = wanted.reset_index(drop=True) if framed else pd.Series([wanted], name=name)
        known, values = fix(column, series, table)
        if not framed:
            values = values.iloc[np.zeros(rows, dtype=np.int64)].reset_index(drop=True)
            if not values.isna().any() and rows:
                evidence.constraints[name] = Constraint(values=_texts(column, series, table))
        evidence.codes[:, columns[name]] = known
        evidence.fixed[name] = values
    return evidence


def present_cells(data: pd.DataFrame, transformer: TableTransformer, *, table: str) -> Evidence:
    """Return as evidence what is not null in rows whose nulls are to be filled.

    Raises:
        DataError: If a column is missing, or holds what the model does not know.
    """
    codes = np.empty((len(data), len(transformer.columns)), dtype=np.int32)
    for place, column in enumerate(transformer.columns):
        name = column.layout.name
        if name not in data.columns:
            raise DataError("the column is missing", table=table, column=name)
        found, _ = column.encode(data[name], table=table, rng=np.random.default_rng(0))
        codes[:, place] = np.where(data[name].isna(), -1, found)
    fixed = pd.DataFrame(index=pd.RangeIndex(len(data)))
    return Evidence(codes, fixed, complete=True)


def unrestricted(column: Column) -> Restriction:
    """Return what leaves out nothing but null."""
    n_codes = column.layout.n_codes
    weights = np.ones(n_codes)
    weights[: int(column.null_share > 0)] = 0.0
    return Restriction(weights, -np.ones(n_codes), np.ones(n_codes))


def fix(column: Column, series: pd.Series[Any], table: str) -> tuple[Codes, pd.Series[Any]]:
    """Return the codes of fixed values, and the values in the type of the column.

    Raises:
        DataError: If the model knows no such value.
    """
    name, codec = column.layout.name, column.codec
    if series.isna().all():
        # Nulls alone have no type that could fit that of the column.
        series = pd.Series([None] * len(series), dtype=object, name=name)
    values, nulls = column.storage.read(series, table=table)
    if nulls.any() and column.null_share == 0:
        raise DataError("a null is given, but the column has none", table=table, column=name)
    if codec is None and not nulls.all():
        raise DataError("a value is given, but the column has none", table=table, column=name)
    levels = None
    if isinstance(codec, CategoryCodec):
        strange = values[(pd.Index(codec.levels).get_indexer(pd.Index(values)) < 0) & ~nulls]
        if len(strange) and not codec.pooled:
            raise _unknown(table, name)
        levels = pd.unique(np.concatenate([codec.levels, strange]))
    codes, _ = column.encode(series, table=table, rng=np.random.default_rng(0))
    return codes, column.storage.write(values, nulls, levels)


def _demand(wanted: object, column: Column, table: str) -> Constraint | None:
    """Return a set or a range as a constraint, ``None`` for one fixed value."""
    if isinstance(wanted, Constraint):
        return wanted
    if isinstance(wanted, Mapping):
        if not wanted or set(wanted) - _RANGE:
            raise ValueError("a range is given as {'min': 18, 'max': 30}, or one of the two")
        return Constraint(**wanted)
    if not isinstance(wanted, _SETS):
        return None
    series = pd.Series(list(wanted), name=column.layout.name)
    return Constraint(values=_texts(column, series, table))


def _texts(column: Column, series: pd.Series[Any], table: str) -> tuple[str, ...]:
    """Return values as the text that constraints hold."""
    values, nulls = column.storage.read(series, table=table)
    if nulls.any():
        raise DataError("nulls cannot be in a set", table=table, column=column.layout.name)
    return _written(values, column.storage)


def _written(values: Values, storage: Storage) -> tuple[str, ...]:
    if storage.form or storage.kind == "text" or storage.scale or storage.unsigned:
        written: Sequence[Any] = list(storage.write(values, np.zeros(len(values), np.bool_)))
    elif storage.kind == "temporal":
        stamps = np.datetime_as_string(values.view(f"M8[{storage.unit}]"))
        zone = "+00:00" if storage.tz and not storage.wall else ""
        written = [f"{stamp}{zone}" for stamp in stamps]
    else:
        written = values.tolist()
    return tuple(str(value) for value in written)


def _restrict(column: Column, demand: Constraint, table: str) -> Restriction:
    name, codec = column.layout.name, column.codec
    texts = demand.values  # noqa: PD011 - a field of the constraint, not of a frame
    allowed = None if texts is None else declared.allowed(texts, column.storage)
    if isinstance(codec, NumericCodec):
        limits = declared.limits(demand, column.storage, table=table, column=name)
        weights, low, high = _of_numbers(codec, limits, allowed)
    elif isinstance(codec, CategoryCodec) and allowed is not None:
        weights = np.zeros(codec.n_codes)
        found = pd.Index(codec.levels).get_indexer(pd.Index(allowed))
        weights[found[found >= 0]] = 1.0
        low, high = -np.ones_like(weights), np.ones_like(weights)
    else:
        raise DataError("cannot be restricted to a set or a range", table=table, column=name)
    if not (weights > 0).any():
        raise _unknown(table, name)
    null = np.zeros(column.layout.n_codes - len(weights))
    return Restriction(*(np.concatenate([null, part]) for part in (weights, low, high)))


def _of_numbers(
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


def _unknown(table: str, name: str) -> DataError:
    return DataError(
        "what is given never occurs in the data that the model was fitted on",
        table=table,
        column=name,
    )
