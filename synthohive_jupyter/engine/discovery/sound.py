"""Leaves out guessed keys that cannot stand together, the least sure ones first."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from synthohive_jupyter.schema.facts import KeyFacts, TableFacts
from synthohive_jupyter.schema.metadata import Metadata
from synthohive_jupyter.schema.tables import key_name
from synthohive_jupyter.schema.validate import find_problems

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from synthohive_jupyter.engine.discovery.looks import Counter, TableLook
    from synthohive_jupyter.engine.discovery.records import ForeignGuess, PrimaryGuess
    from synthohive_jupyter.errors import Problem


@dataclass(frozen=True, slots=True)
class Keys:
    """The keys of a database: primary ones by table, foreign ones by table."""

    primary: Mapping[str, PrimaryGuess]
    foreign: Mapping[str, Sequence[ForeignGuess]]

    def metadata(self, tables: Mapping[str, TableLook]) -> Metadata:
        """Return the description of the keys alone."""
        described = Metadata()
        for name in tables:
            own, links = self.primary.get(name), self.foreign[name]
            described.add_table(
                name,
                pk=None if own is None else own.columns,
                fk={link.columns: target(link) for link in links},
                nullable_fks=[link.name for link in links if link.nullable],
            )
        return described

    def without_link(self, table: str, link: ForeignGuess) -> Keys:
        """Return the keys without a foreign one."""
        left = [other for other in self.foreign[table] if other is not link]
        return Keys(self.primary, {**self.foreign, table: left})

    def without_key(self, table: str) -> Keys:
        """Return the keys without a primary one, and without those that point to it."""
        primary = {name: key for name, key in self.primary.items() if name != table}
        foreign = {
            name: [link for link in links if link.parent != table]
            for name, links in self.foreign.items()
        }
        return Keys(primary, foreign)


def target(link: ForeignGuess) -> str:
    """Return the target of a foreign key as a description writes it."""
    columns = link.parent_columns
    return f"{link.parent}.{key_name(columns)}"


def sound_keys(keys: Keys, tables: Mapping[str, TableLook], counter: Counter) -> Keys:
    """Return keys whose description has no problem, neither by itself nor with the data."""
    keys = Keys(
        keys.primary,
        {
            name: [replace(k, nullable=k.nullable or k.parent == name) for k in links]
            for name, links in keys.foreign.items()
        },
    )
    while problems := _problems(keys, tables, counter):
        keys = _mended(keys, problems[0])
    return keys


def _problems(keys: Keys, tables: Mapping[str, TableLook], counter: Counter) -> list[Problem]:
    described = keys.metadata(tables)
    return find_problems(described, facts_of(keys, tables, counter))


def facts_of(
    keys: Keys, tables: Mapping[str, TableLook], counter: Counter
) -> dict[str, TableFacts]:
    """Return what was counted of the tables, with their keys; nothing is counted again."""
    found = {}
    for name, table in tables.items():
        own, counted = keys.primary.get(name), {}
        for link in keys.foreign[name]:
            match = counter.match(name, link.columns, link.parent, link.parent_columns)
            if match is not None:
                counted[link.name] = KeyFacts(match.nulls, match.orphans)
        repeated = 0 if own is None or counter.unique(name, own.columns) else 1
        found[name] = replace(
            table.facts,
            pk_duplicates=None if own is None else repeated,
            pk_nulls=None if own is None else 0,
            keys=counted,
        )
    return found


def _mended(keys: Keys, problem: Problem) -> Keys:
    """Return the keys without the one that a problem is about."""
    table, part, *rest = (*problem.locus, "", "")
    named = [link for link in keys.foreign.get(table, ()) if part == "fk" and link.name == rest[0]]
    if named:
        return keys.without_link(table, named[0])
    if part == "table" and (found := _closing(keys, table)):
        return keys.without_link(*found)
    if table in keys.primary:
        return keys.without_key(table)
    weakest = min(
        ((link.sure, name, link) for name, links in keys.foreign.items() for link in links),
        key=lambda entry: entry[0],
    )
    return keys.without_link(weakest[1], weakest[2])


def _closing(keys: Keys, start: str) -> tuple[str, ForeignGuess] | None:
    """Return the least sure foreign key of a circle of tables through ``start``."""
    options = [
        (name, link)
        for name, links in keys.foreign.items()
        for link in links
        if link.parent != name
        and start in _above(keys, link.parent)
        and name in _above(keys, start)
    ]
    return min(options, key=lambda entry: entry[1].sure, default=None)


def _above(keys: Keys, table: str) -> set[str]:
    """Return a table and all that it leads to by its keys."""
    found, left = set[str](), [table]
    while left:
        name = left.pop()
        if name not in found:
            found.add(name)
            left += [link.parent for link in keys.foreign.get(name, ())]
    return found
