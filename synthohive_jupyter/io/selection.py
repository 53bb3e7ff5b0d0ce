"""Choosing rows of pandas and Spark frames: by keys of another frame, by a hash, by strata.

What is chosen by a hash depends on values and a seed only: not on the order of rows, not on
partitions, and for Spark frames not on the engine.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from synthohive_jupyter.errors import DataError
from synthohive_jupyter.io.convert import from_pandas, to_pandas
from synthohive_jupyter.io.frames import n_rows
from synthohive_jupyter.io.lookup import complete, locate
from synthohive_jupyter.io.relations import (
    Frame,
    hash_text,
    is_spark,
    join_on,
    keyed,
    present,
    quote,
    same_kind,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from synthohive_jupyter.schema.metadata import ForeignKey

_ORDER = "__order"
_RANK = "__rank"
_STRATUM = "__stratum"
_OWN = "__own_stratum"
_TAKE = "__take"
_HASH_RANGE = 2**32
_MAX_STRATA = 1_000_000

MAX_GENERATIONS = 16
"""Rows above a row in its own table that are taken along; real hierarchies are less deep."""


def prepare(frame: Frame) -> Frame:
    """Return the frame as the functions here want it: a pandas row is labelled by its position."""
    return frame if is_spark(frame) else frame.set_axis(range(len(frame)), axis=0)


def finish(original: Frame, chosen: Frame) -> Frame:
    """Return chosen rows in their original order and with their original labels."""
    if is_spark(original):
        return chosen
    chosen = chosen.sort_index()
    return chosen.set_axis(original.index[chosen.index], axis=0)


def matching(
    frame: Frame, columns: Sequence[str], other: Frame, other_columns: Sequence[str]
) -> Frame:
    """Return the rows whose key occurs in ``other`` (a semi-join)."""
    if same_kind(frame, other):
        return join_on(frame, columns, keyed(other, other_columns), "left_semi")
    return frame[locate(frame, columns, other, other_columns) >= 0]


def not_matching(
    frame: Frame, columns: Sequence[str], other: Frame, other_columns: Sequence[str]
) -> Frame:
    """Return the rows whose key does not occur in ``other`` (an anti-join); nulls stay."""
    if same_kind(frame, other):
        return join_on(frame, columns, keyed(other, other_columns), "left_anti")
    return frame[locate(frame, columns, other, other_columns) < 0]


def referenced(parent: Frame, children: Sequence[tuple[Frame, ForeignKey]]) -> Frame:
    """Return the rows of ``parent`` that a row of one of the children points to."""
    if is_spark(parent):
        # Keys of one parent may be written in another order by each child.
        pk = children[0][1].parent_columns
        keys = [keyed(frame, _aligned(key, pk)) for frame, key in children]
        wanted = keys[0]
        for more in keys[1:]:
            wanted = wanted.unionByName(more)
        return join_on(parent, pk, wanted, "left_semi")
    hit = np.zeros(len(parent), dtype=bool)
    for frame, key in children:
        places = locate(frame, key.columns, parent, key.parent_columns)
        hit[places[places >= 0]] = True
    return parent[hit]


def stack(parts: Sequence[Frame]) -> Frame:
    """Return disjoint parts of one table as one frame."""
    whole = parts[0]
    if not is_spark(whole):
        return pd.concat(parts)
    for part in parts[1:]:
        whole = whole.unionByName(part)
    return whole


def first_rows(frame: Frame, n: int, identity: Sequence[str], seed: int) -> Frame:
    """Return the ``n`` rows whose hash of ``identity`` is smallest: a random sample."""
    if not is_spark(frame):
        return frame.iloc[np.sort(_hash_order(frame, identity, seed)[:n])]
    ordered = frame.selectExpr("*", f"{hash_text(frame, identity, seed)} as {_ORDER}")
    return ordered.orderBy(_ORDER, *map(quote, identity)).limit(n).drop(_ORDER)


def first_rows_by(frame: Frame, stratum: str, n: int, identity: Sequence[str], seed: int) -> Frame:
    """Return ``n`` rows, of each value of ``stratum`` (null is one) in exact proportion.

    Raises:
        DataError: If there are too many different values to be strata.
    """
    if not is_spark(frame):
        codes, _ = pd.factorize(frame[stratum], use_na_sentinel=False)
        names = frame[stratum].drop_duplicates().astype(str).to_numpy()
        take = allocate(np.bincount(codes), n, names)
        order = _hash_order(frame, identity, seed)
        rank = pd.Series(codes[order]).groupby(codes[order]).cumcount().to_numpy()
        return frame.iloc[np.sort(order[rank < take[codes[order]]])]
    # As text, in which not-a-number is a value of its own and not null.
    as_text = f"cast({quote(stratum)} as string)"
    counted = frame.selectExpr(f"{as_text} as {_STRATUM}").groupBy(_STRATUM).count()
    groups = to_pandas(counted, limit=_MAX_STRATA + 1)
    if len(groups) > _MAX_STRATA:
        raise DataError(
            f"has more than {_MAX_STRATA:,} different values; choose a coarser column to stratify",
            column=stratum,
        )
    counts = groups.pop("count").to_numpy()
    groups[_TAKE] = allocate(counts, n, groups[_STRATUM].astype(str).to_numpy())
    wanted = from_pandas(groups, frame.sparkSession)
    keys = ", ".join(map(quote, identity))
    ranked = frame.selectExpr(
        "*", f"{as_text} as {_OWN}", f"{hash_text(frame, identity, seed)} as {_ORDER}"
    ).selectExpr(
        "*", f"row_number() over (partition by {_OWN} order by {_ORDER}, {keys}) as {_RANK}"
    )
    joined = ranked.join(wanted, ranked[_OWN].eqNullSafe(wanted[_STRATUM]), "inner")
    return joined.filter(f"{_RANK} <= {_TAKE}").drop(_ORDER, _RANK, _OWN, _STRATUM, _TAKE)


def share(frame: Frame, fraction: float, identity: Sequence[str], seed: int) -> Frame:
    """Return about ``fraction`` of the rows, each decided by the hash of its ``identity``."""
    limit = round(fraction * _HASH_RANGE)
    if not is_spark(frame):
        return frame[_hashes(frame, identity, seed) % _HASH_RANGE < limit]
    return frame.filter(f"pmod({hash_text(frame, identity, seed)}, {_HASH_RANGE}L) < {limit}L")


def clear_dangling(frame: Frame, key: ForeignKey, parent: Frame, cleared: Sequence[str]) -> Frame:
    """Return the frame with nulls where a key finds no row.

    Args:
        frame: Rows that point.
        key: The key, which can be null.
        parent: Rows that it may point to; the frame itself where it refers to its own table.
        cleared: The columns of the key that are null in a row that refers to nobody.
    """
    if is_spark(frame):
        targets = keyed(parent, key.parent_columns, more=[f"true as {_RANK}"])
        joined = join_on(frame, key.columns, targets, "left")
        found = f"case when {_RANK} or not ({present(key.columns)}) then"
        return joined.selectExpr(
            *(
                f"{found} {quote(c)} end as {quote(c)}" if c in cleared else quote(c)
                for c in frame.columns
            )
        )
    lost = locate(frame, key.columns, parent, key.parent_columns) < 0
    # A key that is null in part stays as it is: it refers to nobody.
    lost &= complete(frame, key.columns)
    if not bool(lost.any()):
        return frame
    changed = {}
    for column in cleared:
        values = frame[column]
        if values.dtype.kind in "iu":
            values = values.astype("Int64")
        changed[column] = values.mask(lost)
    return frame.assign(**changed)


def with_ancestors(
    full: Frame, rows: Frame, keys: Sequence[ForeignKey], pk: Sequence[str]
) -> Frame:
    """Return rows of a table with those that they point to by ``keys`` to the table itself.

    Generation after generation, at most `MAX_GENERATIONS`; what they leave out stays outside.
    """
    generations = [rows]
    while keys and len(generations) <= MAX_GENERATIONS:
        above = referenced(full, [(generations[-1], key) for key in keys])
        if n_rows(above) == 0:
            break
        generations.append(above)
    if len(generations) == 1:
        return rows
    whole = stack([_only(generation, pk) for generation in generations])
    return matching(full, pk, whole, pk)


def _only(frame: Frame, columns: Sequence[str]) -> Frame:
    return frame.selectExpr(*map(quote, columns)) if is_spark(frame) else frame[list(columns)]


def allocate(
    counts: np.ndarray[Any, Any], total: int, names: np.ndarray[Any, Any]
) -> np.ndarray[Any, np.dtype[np.int64]]:
    """Divide ``total`` rows among strata in proportion to ``counts``, by largest remainder.

    Ties go to the larger stratum, then by name. With ``total <= sum(counts)`` no stratum gets more
    than it has.

    >>> allocate(np.array([50, 30, 20]), 7, np.array(["a", "b", "c"]))
    array([4, 2, 1])
    """
    counts = counts.astype(object)  # Python integers: the product must not overflow
    whole = int(counts.sum())
    exact = counts * total
    take = exact // whole
    missing = total - int(take.sum())
    order = sorted(
        range(len(counts)), key=lambda i: (-(exact[i] % whole), -counts[i], str(names[i]))
    )
    take[order[:missing]] += 1
    return take.astype(np.int64)


def _aligned(key: ForeignKey, pk: Sequence[str]) -> list[str]:
    """Return the columns of the child in the order of the parent's ``pk``."""
    own = dict(zip(key.parent_columns, key.columns, strict=True))
    return [own[column] for column in pk]


def _hashes(
    frame: pd.DataFrame, columns: Sequence[str], seed: int
) -> np.ndarray[Any, np.dtype[np.uint64]]:
    """Return a 64-bit hash per row."""
    hash_key = hashlib.sha256(str(seed).encode()).hexdigest()[:16]
    plain = {}
    for column in columns:
        values = frame[column]
        if isinstance(values.dtype, pd.CategoricalDtype):
            values = values.astype(object)
        plain[column] = values.astype(str) if values.dtype == object else values
    hashed = pd.util.hash_pandas_object(pd.DataFrame(plain), index=False, hash_key=hash_key)
    numbers = hashed.to_numpy(dtype=np.uint64)
    return _mixed(np.bitwise_xor(numbers, np.uint64(int(hash_key[:15], 16)), dtype=np.uint64))


def _mixed(numbers: np.ndarray[Any, np.dtype[np.uint64]]) -> np.ndarray[Any, np.dtype[np.uint64]]:
    """Mix the bits again: pandas hashes numbers without the key, so the seed must enter here."""
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        numbers = (numbers ^ (numbers >> np.uint64(shift))) * np.uint64(factor)
    return numbers ^ (numbers >> np.uint64(31))


def _hash_order(
    frame: pd.DataFrame, columns: Sequence[str], seed: int
) -> np.ndarray[Any, np.dtype[np.intp]]:
    return np.argsort(_hashes(frame, columns, seed), kind="stable")
