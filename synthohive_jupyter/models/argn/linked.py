"""Evidence about columns that are coded together: gaps, and parts of fixed combinations.

A part of a combination leaves those levels that have it: a restriction, exact for any parts
together. Where every row is given other parts, rows with the same ones are a *pattern*, and each
pattern is drawn for itself. A gap is known where the column and all that it counts from are.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from synthohive_jupyter.errors import DataError
from synthohive_jupyter.models.argn.restrictions import Restriction, of_numbers, unknown
from synthohive_jupyter.tabular import declared
from synthohive_jupyter.tabular.categorical import CategoryCodec
from synthohive_jupyter.tabular.numeric import NumericCodec

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from synthohive_jupyter.schema.tables import Constraint
    from synthohive_jupyter.tabular.codecs import Codes, Flags, Integers
    from synthohive_jupyter.tabular.columns import Column
    from synthohive_jupyter.tabular.combinations import Combination
    from synthohive_jupyter.tabular.comparison import Held
    from synthohive_jupyter.tabular.gaps import Gap

FREE = -3
"""The place of a cell that is to be drawn; `Combination.place_of` gives the others."""


@dataclass(frozen=True, slots=True)
class Pattern:
    """Rows that are given the same parts of combinations.

    Attributes:
        number: For a stream of its own; it depends on what is given alone.
        rows: The rows.
        restrictions: What is left of the combinations, by index of their column.
    """

    number: int
    rows: Integers
    restrictions: dict[int, Restriction]


def gap_codes(gap: Gap, column: Column, held: Mapping[str, Held], *, table: str) -> Codes:
    """Return the codes of gaps of which both ends are known.

    Args:
        gap: How the column is coded.
        column: The column as models see it.
        held: The column and those that it counts from.
        table: Name of the table, for messages.

    Raises:
        DataError: If a null is given and the column has none.
    """
    _, values, nulls = held[gap.name]
    if nulls.any() and column.null_share == 0:
        raise DataError("a null is given, but the column has none", table=table, column=gap.name)
    gaps = np.maximum(gap.forward(values, held), 0)
    return column.encode_values(gaps, nulls, np.random.default_rng(0))[0]


def alone(gap: Gap, *, table: str) -> DataError:
    """Return the error for a gap column that is given without what it counts from."""
    others = " and ".join(f"'{name}'" for name in gap.sources)
    return DataError(
        f"is modelled as its distance from {others}, because of a check, and cannot be given "
        f"without: give one value of {others} too",
        table=table,
        column=gap.name,
    )


def restrict_gap(
    gap: Gap, column: Column, demand: Constraint, held: Mapping[str, Held], *, table: str
) -> Restriction:
    """Return what a set or a range leaves of a gap column, all rows having the same floor.

    Args:
        gap: How the column is coded.
        column: The column as models see it.
        demand: The set or the range.
        held: The columns that it counts from, one row.
        table: Name of the table, for messages.

    Raises:
        DataError: If nothing is left.
    """
    codec = column.codec
    assert isinstance(codec, NumericCodec)
    least, most = declared.limits(demand, gap.storage, table=table, column=gap.name)
    texts = demand.values
    allowed = None if texts is None else declared.allowed(texts, gap.storage)
    whole = codec.atoms.dtype.kind == "i"
    span = gap.span(least, most, gap.floor(held))
    low, high = (int(end) for end in span) if whole else span
    gaps = None if allowed is None else gap.forward(allowed, held)
    gaps = None if gaps is None else gaps[gaps >= 0]
    weights, lower, upper = of_numbers(codec, (low, high), gaps)
    if len(gap.heaps):
        heaps, first = gap.heap_values(), len(codec.atoms) - len(gap.heaps)
        fits = gap.forward(heaps, held) >= 0
        fits &= (heaps >= (heaps.min() if least is None else least)) & (
            heaps <= (heaps.max() if most is None else most)
        )
        if allowed is not None:
            fits &= np.isin(heaps, allowed)
        weights[first : len(codec.atoms)] = fits
    if not (weights > 0).any():
        raise unknown(table, gap.name)
    null = np.zeros(column.layout.n_codes - len(weights))
    return Restriction(*(np.concatenate([null, part]) for part in (weights, lower, upper)))


def places_of(group: Combination, name: str, demand: Constraint, *, table: str) -> Integers:
    """Return which choices of one part a set or a range allows.

    Raises:
        DataError: If it is a range of something without an order.
    """
    place = group.names.index(name)
    choices, storage = group.choices[place], group.storages[place]
    texts = demand.values
    if texts is None and storage.kind not in {"number", "temporal"}:
        raise DataError("cannot be restricted to a range", table=table, column=name)
    least, most = declared.limits(demand, storage, table=table, column=name)
    fits = np.ones(len(choices), dtype=np.bool_)
    if least is not None:
        fits &= choices >= least
    if most is not None:
        fits &= choices <= most
    if texts is not None:
        fits &= np.isin(choices, declared.allowed(texts, storage))
    return np.flatnonzero(fits)


def of_levels(column: Column, levels: Flags) -> Restriction:
    """Return the restriction to some levels of a combination."""
    weights = np.zeros(column.layout.n_codes)
    weights[: len(levels)] = levels
    return Restriction(weights, -np.ones_like(weights), np.ones_like(weights))


def level_codes(column: Column, levels: Integers) -> Codes:
    """Return the codes of levels; of one that is not kept the pooled one, else -1."""
    assert isinstance(column.codec, CategoryCodec)
    pooled = len(column.codec.levels) if column.codec.pooled else -1
    return np.where(levels < 0, pooled, levels).astype(np.int32)


def patterns_of(
    groups: Sequence[tuple[int, Combination, Column]],
    places: Sequence[Integers],
    *,
    complete: bool,
) -> list[Pattern]:
    """Return the patterns of rows whose combinations are given in part.

    Args:
        groups: Index of the column, combination and column, for each combination.
        places: For each the places of its parts in every row, `FREE` where not given, shape
            (rows, parts).
        complete: Whether no part that is drawn may be null.

    Returns:
        The patterns; rows without any restriction are in none.
    """
    if not groups:
        return []
    chosen: list[Integers] = []
    known: list[dict[int, Restriction]] = []
    for (_, group, column), given in zip(groups, places, strict=True):
        unique, inverse = np.unique(given, axis=0, return_inverse=True)
        found = {}
        for number, pattern in enumerate(unique):
            left = (pattern != FREE).any() or complete
            if left and (pattern == FREE).any():
                levels = _levels(group, pattern, complete=complete)
                if levels.any():
                    found[number] = of_levels(column, levels)
        chosen.append(np.where(np.isin(inverse, list(found)), inverse, -1).reshape(-1))
        known.append(found)
    both = np.stack(chosen, axis=1)
    unique, inverse = np.unique(both, axis=0, return_inverse=True)
    patterns = []
    for number, pattern in enumerate(unique):
        rows = np.flatnonzero(inverse.reshape(-1) == number)
        partial = [i for i, at in enumerate(pattern.tolist()) if at >= 0]
        left = {groups[i][0]: known[i][int(pattern[i])] for i in partial}
        if left:
            text = repr([(i, places[i][rows[0]].tolist()) for i in partial])
            patterns.append(Pattern(zlib.crc32(text.encode()), rows, left))
    return patterns


def _levels(group: Combination, pattern: Integers, *, complete: bool) -> Flags:
    levels = group.match(pattern)
    if complete:
        for own, place in zip(group.places, pattern.tolist(), strict=True):
            present = levels & (own >= 0)
            if place == FREE and present.any():
                levels = present
    return levels
