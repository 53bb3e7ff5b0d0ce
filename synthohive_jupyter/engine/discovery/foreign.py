"""Guesses at foreign keys: a name that points somewhere, and values that are found there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from synthohive_jupyter.engine.discovery import naming
from synthohive_jupyter.engine.discovery.evidence import bits, comparable, covers, overlap
from synthohive_jupyter.engine.discovery.records import ForeignGuess

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from synthohive_jupyter.engine.discovery.looks import ColumnLook, Counter, Match, TableLook
    from synthohive_jupyter.engine.discovery.records import PrimaryGuess

LEAST_FOUND = {
    naming.CERTAIN: 0.75,
    naming.ROLE: 0.9,
    naming.PLAIN: 0.95,
    naming.SHORT: 0.99,
    naming.VAGUE: 0.99,
    naming.MARKED: 1.0,
    0.0: 0.95,
}
"""Evidence of the name to the share of the values that has to be found."""

_LEAST_BITS = {
    naming.PLAIN: 10.0,
    naming.SHORT: 6.0,
    naming.VAGUE: 10.0,
    naming.MARKED: 40.0,
    0.0: 40.0,
}
"""Evidence of the name to the bits (`evidence.bits`) that the values have to add."""

_WHY = {
    naming.CERTAIN: "its name says so",
    naming.ROLE: "its name ends like the table",
    naming.PLAIN: "it is called like the table",
    naming.SHORT: "its name is short for the table",
    naming.VAGUE: "its name may say so",
    naming.MARKED: "it is called like a key",
    0.0: "its values are keys there",
}
_REACHES = frozenset({naming.PLAIN, naming.SHORT, naming.VAGUE})
"""Evidence of the name for which values all over a dense key are enough."""


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A table that a column may point to, by its name."""

    parent: str
    named: float
    match: Match


def single_links(
    tables: Mapping[str, TableLook],
    keys: Mapping[str, PrimaryGuess],
    counter: Counter,
    personal: Mapping[str, Collection[str]],
) -> dict[str, list[ForeignGuess]]:
    """Return the foreign keys of one column of every table."""
    found: dict[str, list[ForeignGuess]] = {name: [] for name in tables}
    for name, table in tables.items():
        own = keys[name].columns if name in keys else ()
        for column in table.columns.values():
            alone = own == (column.name,)
            least = naming.ROLE if alone or column.name in personal.get(name, ()) else 0.0
            if not column.filled or (alone and not naming.is_specific(column.name)):
                continue
            link = _best(column, table, tables, keys, counter, least)
            if link is not None:
                found[name].append(link)
    return found


def _best(
    column: ColumnLook,
    table: TableLook,
    tables: Mapping[str, TableLook],
    keys: Mapping[str, PrimaryGuess],
    counter: Counter,
    least: float,
) -> ForeignGuess | None:
    """Return where a column points to; ``None`` if nothing, or more than one table, convinces."""
    candidates = sorted(
        _candidates(column, table, tables, keys, counter, least),
        key=lambda c: (c.named, c.match.share, -tables[c.parent].rows),
        reverse=True,
    )
    if not candidates:
        return None
    best = candidates[0]
    rivals = [c for c in candidates[1:] if c.named == best.named]
    if rivals and best.named <= naming.VAGUE:
        return None
    if rivals and best.named == naming.CERTAIN:
        # Several tables have this key: it is named after the one whose own it is.
        stem = naming.take_apart(column.name).stem
        mine = [c for c in (best, *rivals) if naming.same(stem, naming.table_words(c.parent))]
        best = mine[0] if mine else max((best, *rivals), key=lambda c: tables[c.parent].rows)
    return _guess((column.name,), best.parent, keys[best.parent].columns, best.match, best.named)


def _candidates(
    column: ColumnLook,
    table: TableLook,
    tables: Mapping[str, TableLook],
    keys: Mapping[str, PrimaryGuess],
    counter: Counter,
    least: float,
) -> Iterator[_Candidate]:
    for parent, key in keys.items():
        if len(key.columns) != 1 or (parent == table.name and key.columns == (column.name,)):
            continue
        above = tables[parent].columns[key.columns[0]]
        if not comparable(column, above):
            continue
        named = naming.points(column.name, table.name, parent, above.name)
        if (
            named < least
            or not _may_be(column, above, named, itself=parent == table.name)
            or naming.means_another(column.name, above.name, tables[parent].columns)
            or _is_turned(column, table, parent, tables, keys)
        ):
            continue
        match = counter.match(table.name, [column.name], parent, [above.name])
        if match is not None and match.complete and match.share >= LEAST_FOUND[named]:
            yield _Candidate(parent, named, match)


def _may_be(column: ColumnLook, above: ColumnLook, named: float, *, itself: bool) -> bool:
    """Return whether name and sample say enough to count in all rows."""
    if named >= naming.ROLE:
        return True
    if itself and named < naming.PLAIN:
        return False
    if named == 0.0 and (above.kind != "text" or column.unique_so_far):
        return False
    reaches = named in _REACHES and covers(column, above)
    enough = reaches or bits(column, above) >= _LEAST_BITS[named]
    return enough and overlap(column, above)


def _is_turned(
    column: ColumnLook,
    table: TableLook,
    parent: str,
    tables: Mapping[str, TableLook],
    keys: Mapping[str, PrimaryGuess],
) -> bool:
    """Return whether two tables share their key and this one is rather the parent."""
    own = keys[table.name].columns if table.name in keys else ()
    if own != (column.name,):
        return False
    stem = naming.take_apart(column.name).stem
    mine = naming.same(stem, naming.table_words(table.name))
    theirs = naming.same(stem, naming.table_words(parent))
    if mine != theirs:
        return mine
    return tables[parent].rows <= table.rows


def composite_links(
    table: TableLook,
    tables: Mapping[str, TableLook],
    keys: Mapping[str, PrimaryGuess],
    links: Mapping[str, list[ForeignGuess]],
    counter: Counter,
) -> list[ForeignGuess]:
    """Return the foreign keys of several columns of a table."""
    found: list[ForeignGuess] = []
    for parent, key in keys.items():
        if len(key.columns) > 1:
            found += _composite(table, tables[parent], keys, links, counter)
    return found


def _composite(
    table: TableLook,
    above: TableLook,
    keys: Mapping[str, PrimaryGuess],
    links: Mapping[str, list[ForeignGuess]],
    counter: Counter,
) -> Iterator[ForeignGuess]:
    targets = keys[above.name].columns
    own = keys[table.name].columns if table.name in keys else ()
    pointing: list[list[str]] = []
    shared: list[list[str]] = []
    for target in targets:
        fitting = [c for c in table.columns.values() if comparable(c, above.columns[target])]
        pointing.append([
            c.name for c in fitting
            if naming.points(c.name, table.name, above.name, target) >= naming.PLAIN
            and c.name != target
        ])  # fmt: skip
        shared.append([
            c.name for c in fitting if _is_shared(c.name, target, table.name, above.name, links)
        ])  # fmt: skip
    seen = set()
    for columns, certain in _choices(pointing, shared):
        if len(set(columns)) < len(columns) or columns in seen:
            continue
        seen.add(columns)
        if set(columns) == set(own) and (table is above or table.rows > above.rows):
            continue
        match = counter.match(table.name, columns, above.name, targets)
        least = LEAST_FOUND[naming.ROLE] if certain else LEAST_FOUND[naming.PLAIN]
        if match is not None and match.complete and match.share >= least:
            named = naming.ROLE if certain else naming.PLAIN
            yield _guess(columns, above.name, targets, match, named)


def _choices(
    pointing: list[list[str]], shared: list[list[str]]
) -> Iterator[tuple[tuple[str, ...], bool]]:
    """Return the columns that may stand for a composite key, and whether one of them points."""
    n = len(pointing)
    for place in range(n):
        for column in pointing[place]:
            rest = [shared[i] or pointing[i] for i in range(n) if i != place]
            if all(rest):
                others = [options[0] for options in rest]
                yield (*others[:place], column, *others[place:]), True
    if all(shared):
        yield tuple(options[0] for options in shared), False


def _is_shared(
    column: str, target: str, table: str, parent: str, links: Mapping[str, list[ForeignGuess]]
) -> bool:
    """Return whether two columns are the same thing: of one specific name, or keys to one table."""
    if column == target and naming.is_specific(column):
        return True
    mine = {link.parent for link in links[table] if link.columns == (column,)}
    theirs = {link.parent for link in links[parent] if link.columns == (target,)}
    return not mine.isdisjoint(theirs)


def _guess(
    columns: tuple[str, ...], parent: str, targets: tuple[str, ...], match: Match, named: float
) -> ForeignGuess:
    found = "all values are found there" if not match.orphans else "most values are found there"
    sure = 0.6 + named / 8 - (0.15 if match.orphans else 0.0)
    nullable = bool(match.nulls or match.orphans)
    why = f"{_WHY[named]}, {found}"
    return ForeignGuess(columns, parent, targets, nullable, why, min(sure, 0.98), match.orphans)


def without_implied(
    links: list[ForeignGuess], above: Mapping[str, list[ForeignGuess]]
) -> list[ForeignGuess]:
    """Leave out keys that a composite key, never null, already leads to: its parent has them."""
    kept = []
    for link in links:
        implied = any(
            _implies(other, link, above)
            for other in links
            if len(other.columns) > len(link.columns) and not other.nullable
        )
        if not implied:
            kept.append(link)
    return kept


def _implies(
    other: ForeignGuess, link: ForeignGuess, above: Mapping[str, list[ForeignGuess]]
) -> bool:
    """Return whether rows that ``other`` points to point on to where ``link`` does."""
    if not set(link.columns) <= set(other.columns):
        return False
    targets = dict(zip(other.columns, other.parent_columns, strict=True))
    there = tuple(targets[column] for column in link.columns)
    return any(
        further.columns == there and further.parent == link.parent and not further.nullable
        for further in above[other.parent]
    )
