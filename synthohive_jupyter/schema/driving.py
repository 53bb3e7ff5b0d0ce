"""What can be wrong with the parent that drives a table: which one, how many rows, what it says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from synthohive_jupyter.errors import Problem
from synthohive_jupyter.schema.suggestions import closest, suggest
from synthohive_jupyter.schema.tables import LINKAGE_METHODS, ForeignKey, TableConfig

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from synthohive_jupyter.schema.facts import TableFacts
    from synthohive_jupyter.schema.metadata import Metadata

    Facts = Mapping[str, TableFacts]

MISSPELT = 0.82
"""Similarity from which an undeclared name is taken for a misspelt declared one, data unseen."""


def columns_of(metadata: Metadata, name: str, facts: Facts | None) -> tuple[str, ...]:
    """Return the columns of a table as far as they are known: of the data, else declared."""
    table = metadata.tables[name]
    if facts is not None and name in facts:
        return tuple(facts[name].columns)
    return table.known_columns


def driving_problems(
    metadata: Metadata, table: TableConfig, facts: Facts | None
) -> Iterator[Problem]:
    """Return what is wrong with the driver of a table, its linkage and its context."""
    if table.linkage_method not in LINKAGE_METHODS:
        yield Problem(
            f"unknown linkage method '{table.linkage_method}'",
            hint=suggest(table.linkage_method, LINKAGE_METHODS)
            or f"known: {', '.join(LINKAGE_METHODS)}",
            locus=(table.name, "linkage", table.linkage_method),
        )
    yield from _driver(metadata, table)
    yield from _children(metadata, table)
    yield from _context(metadata, table, facts)


def _driver(metadata: Metadata, table: TableConfig) -> Iterator[Problem]:
    if table.driver is None:
        return
    named = [key.name for key in table.named_drivers]
    hint: str | None
    if not named:
        names = [key.name for key in table.foreign_keys]
        message = f"'{table.driver}' is not a foreign key of '{table.name}'"
        hint = suggest(table.driver, names) or f"foreign keys: {', '.join(names) or 'none'}"
    elif len(named) > 1:
        message = f"'{table.driver}' begins {len(named)} foreign keys of '{table.name}'"
        hint = f"write {' or '.join(named)}"
    elif (found := _cannot_drive(metadata, table, table.named_drivers[0])) is not None:
        message, hint = found
    else:
        return
    yield Problem(message, hint=hint, locus=(table.name, "driver", table.driver))


def _cannot_drive(
    metadata: Metadata, table: TableConfig, key: ForeignKey
) -> tuple[str, str | None] | None:
    """Return why a key cannot drive its table, and what to do."""
    if key.parent == table.name:
        return f"'{table.driver}' refers to its own table and cannot drive it", None
    if key.parent in metadata.tables and metadata.tables[key.parent].keep:
        message = f"'{key.parent}' is a kept reference table: '{table.driver}' is learnt as a value"
        return f"{message} and cannot drive", None
    if (table.name, key.name) in metadata.deferred:
        message = (
            f"'{table.driver}' closes a circle of tables: '{key.parent}' is generated after "
            f"'{table.name}' and cannot drive it"
        )
        return message, "take another driver, or let another key of the circle be null with '?'"
    return None


def _children(metadata: Metadata, table: TableConfig) -> Iterator[Problem]:
    """Report bounds of the rows per parent that cannot hold."""
    if table.children is None:
        return
    low, high = table.children
    driver = metadata.driving_key(table.name)
    locus = (table.name, "linkage", "children")
    # A key that points nowhere is reported for itself, and may be the one that drives.
    broken = any(key.parent not in metadata.tables for key in table.foreign_keys)
    if table.keep or (driver is None and not broken):
        reason = "is kept as it is" if table.keep else "has no driving parent"
        yield Problem(
            f"'{table.name}' {reason}, so it has no number of rows per parent",
            hint="remove the bounds",
            locus=locus,
        )
    elif low < 0 or (high is not None and high < max(low, 1)):
        ends = f"[{low}..{'' if high is None else high}]"
        yield Problem(
            f"the bounds {ends} of the rows per parent allow no number",
            hint="write the smaller number first, both from 0: [1..20], [0..1] or [1..]",
            locus=locus,
        )
    elif low > 1 and driver and table.primary_key and set(table.primary_key) <= set(driver.columns):
        yield Problem(
            f"each row of '{driver.parent}' has at most one of '{table.name}', because its primary "
            f"key is the key to it: there cannot be {low}",
            hint="write [0..1] or [1..1], or give it another primary key",
            locus=locus,
        )


# The context ------------------------------------------------------------------------------------


def context_column(metadata: Metadata, name: str, written: str) -> tuple[str, str]:
    """Return table and column that a context column means; bare names mean the driving parent.

    The table is one of `Metadata.driving_chain` in a sound description.
    """
    key = metadata.driving_key(name)
    return _split_context(metadata, key.parent if key else "", written)


def _split_context(metadata: Metadata, parent: str, written: str) -> tuple[str, str]:
    for table in metadata.tables:
        if written.startswith(f"{table}."):
            return table, written[len(table) + 1 :]
    head, dot, tail = written.partition(".")
    known = metadata.tables[parent].known_columns if parent in metadata.tables else (written,)
    if head and dot and written not in known:
        return head, tail
    return parent, written


def _meant_chain(metadata: Metadata, table: TableConfig) -> tuple[str, ...] | None:
    """Return the tables above one; where a name in its key is misspelt, those that were meant.

    So a misspelt table does not hide what is wrong with the context columns. ``None`` where nobody
    can tell.
    """
    keys = [
        (key, key.parent if key.parent in metadata.tables else closest(key.parent, metadata.tables))
        for key in table.foreign_keys
        if (table.name, key.name) not in metadata.deferred
    ]
    drivers = [
        (key, parent)
        for key, parent in keys
        if parent is None or (parent != table.name and not metadata.tables[parent].keep)
    ]
    named = [pair for pair in drivers if pair[0] in table.named_drivers]
    meant = next((parent for _, parent in [*named, *drivers]), "")
    if not meant:
        return None if meant is None else ()
    return (meant, *metadata.driving_chain(meant))


def _context(metadata: Metadata, table: TableConfig, facts: Facts | None) -> Iterator[Problem]:
    chain = _meant_chain(metadata, table) if table.parent_context_cols else None
    if chain is None:
        return
    for written in table.parent_context_cols or ():
        locus = (table.name, "context", written)
        above, column = _split_context(metadata, chain[0] if chain else "", written)
        if not chain:
            yield Problem(f"'{table.name}' has no parent, so it has no context", locus=locus)
        elif above not in metadata.tables:
            near = suggest(above, metadata.tables, f"{{}}.{column}")
            yield Problem(f"unknown table '{above}'", hint=near, locus=locus)
        elif above not in chain:
            yield _not_above(table.name, above, chain, locus)
        else:
            yield from _context_known(metadata, table.name, (above, column), chain, facts, locus)


def _not_above(name: str, above: str, chain: Sequence[str], locus: tuple[str, ...]) -> Problem:
    tables = [f"'{parent}'" for parent in chain]
    if len(tables) == 1:
        message = f"'{above}' is not the driving parent of '{name}' ({tables[0]} is)"
    else:
        message = f"'{above}' is not above '{name}' by its driving parents ({', '.join(tables)})"
    hint = f"take a column of {' or '.join(tables)}, or change the parent with @driver"
    return Problem(message, hint=hint, locus=locus)


def _context_known(
    metadata: Metadata,
    name: str,
    place: tuple[str, str],
    chain: Sequence[str],
    facts: Facts | None,
    locus: tuple[str, ...],
) -> Iterator[Problem]:
    above, column = place
    known = columns_of(metadata, above, facts)
    config = metadata.tables[above]
    if column not in known:
        # The data may have columns that are not declared: without it only a misspelling is proof.
        with_data = facts is not None and above in facts
        if not (with_data or config.strict or closest(column, known, cutoff=MISSPELT)):
            return
        near = suggest(column, known, f"{above}.{{}}")
        listing = f"Columns: {', '.join(known)}"
        role = f"driving parent of '{name}'" if above == chain[0] else f"above '{name}'"
        yield Problem(
            f"'{above}.{column}' is not a column of '{above}' ({role})",
            hint=f"{near} {listing}" if near else listing,
            locus=locus,
        )
        return
    keys = {c for k in metadata.structural_keys(above) for c in k.columns}
    if column in {*config.primary_key, *keys}:
        yield Problem(
            f"'{above}.{column}' is a key; keys carry no information for '{name}'",
            hint="take a column that is not a key",
            locus=locus,
        )
    elif column in config.pii_cols:
        yield Problem(
            f"'{above}.{column}' is personal data and cannot be a context of '{name}'",
            locus=locus,
        )
