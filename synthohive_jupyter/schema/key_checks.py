"""What can be wrong with the keys of a table, as they are described."""

from __future__ import annotations

from typing import TYPE_CHECKING

from synthohive_jupyter.errors import Problem
from synthohive_jupyter.schema.suggestions import suggest
from synthohive_jupyter.schema.tables import Constraint, ForeignKey, Key, TableConfig, key_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from synthohive_jupyter.schema.metadata import Metadata

NOT_COUNTED = ("float", "bool")
"""Declared types that no key can be counted in."""


def key_problems(metadata: Metadata, table: TableConfig) -> Iterator[Problem]:
    """Return what is wrong with the keys of a table, whose targets can all be read."""
    for key in table.foreign_keys:
        found = list(_target(metadata, table, key))
        yield from found or _nulls(table, key)
    names = [key.name for key in table.foreign_keys]
    for name in table.nullable_fks:
        if name not in names:
            yield Problem(
                f"'{name}' is not a foreign key of '{table.name}', so it cannot be nullable",
                hint=suggest(name, names) or f"foreign keys: {', '.join(names) or 'none'}",
                locus=(table.name, "fk", name),
            )
    yield from _primary(table)
    if not table.keep:
        yield from _values_beside_keys(metadata, table)


def _target(metadata: Metadata, table: TableConfig, key: ForeignKey) -> Iterator[Problem]:
    """Report a key whose target is not the primary key of a table that it may point to."""
    locus = (table.name, "fk", key.name)
    parent = metadata.tables.get(key.parent)
    if parent is None:
        yield Problem(
            f"unknown table '{key.parent}'",
            hint=suggest(key.parent, metadata.tables),
            locus=(*locus, "table"),
        )
        return
    if not parent.primary_key:
        yield Problem(
            f"'{parent.name}' has no primary key, so '{table.name}.{key.name}' cannot point to it",
            hint=f"mark the key of '{parent.name}' with pk",
            locus=locus,
        )
    elif sorted(key.parent_columns) != sorted(parent.primary_key):
        target = key_name(parent.primary_key)
        near = suggest(key_name(key.parent_columns), [target], f"{parent.name}.{{}}")
        yield Problem(
            f"'{parent.name}.{key_name(key.parent_columns)}' is not the primary key of "
            f"'{parent.name}'",
            hint=near or f"write '{parent.name}.{target}'",
            locus=(*locus, "column"),
        )
    if len(key.columns) != len(key.parent_columns):
        yield Problem(
            f"the foreign key has {len(key.columns)} columns and its target "
            f"{len(key.parent_columns)}",
            locus=locus,
        )
    elif len(set(key.columns)) < len(key.columns):
        yield Problem(
            f"the foreign key '{key.name}' has a column twice", hint="remove one", locus=locus
        )
    if table.keep and not parent.keep:
        yield Problem(
            f"the kept table '{table.name}' refers by '{key.name}' to '{key.parent}', whose keys "
            "will be new ones",
            hint=f"keep '{key.parent}' too, or do not keep '{table.name}'",
            locus=locus,
        )


def _nulls(table: TableConfig, key: ForeignKey) -> Iterator[Problem]:
    """Report keys that must be null in some rows and cannot."""
    locus = (table.name, "fk", key.name)
    if key.parent == table.name:
        if not table.null_columns(key):
            yield Problem(
                f"'{table.name}.{key.name}' refers to its own table and can never be null, because "
                "its columns are part of other keys: no row could be the first",
                hint="leave this key out, or give the table a primary key of its own",
                locus=locus,
            )
        elif not key.nullable:
            yield Problem(
                f"'{table.name}.{key.name}' refers to its own table and must be nullable, or no "
                "row could be the first",
                hint=f"write '{key.parent}.{key_name(key.parent_columns)}?'",
                locus=locus,
            )
    elif key.nullable and not table.null_columns(key):
        inside = set(key.columns) <= set(table.primary_key)
        holder = "the primary key" if inside else "keys that are never null"
        yield Problem(
            f"'{table.name}.{key.name}' cannot be nullable, because its columns are part of "
            f"{holder}",
            hint=f"write '{key.parent}.{key_name(key.parent_columns)}' without '?'",
            locus=locus,
        )


def _primary(table: TableConfig) -> Iterator[Problem]:
    """Report primary keys that cannot be made."""
    own = table.primary_key
    locus = (table.name, "pk")
    if len(set(own)) < len(own):
        yield Problem(
            f"the primary key of '{table.name}' has a column twice", hint="remove one", locus=locus
        )
    if table.keep:
        return
    for key in table.foreign_keys:
        for column, target in zip(key.columns, key.parent_columns, strict=False):
            if key.parent == table.name and column in own and column != target:
                yield Problem(
                    f"'{column}' of the primary key of '{table.name}' would be the '{target}' of "
                    "another row of it",
                    hint=f"leave '{key.name}' out, or take '{column}' out of the primary key",
                    locus=locus,
                )
    types = [table.constraints.get(c, Constraint()).dtype for c in free_key_columns(table)]
    if types and all(dtype in NOT_COUNTED for dtype in types):
        yield uncounted_key(table, str(types[0]))


def free_key_columns(table: TableConfig) -> Key:
    """Return the columns of the primary key that no foreign key fills."""
    filled = {column for key in table.foreign_keys for column in key.columns}
    return tuple(column for column in table.primary_key if column not in filled)


def uncounted_key(table: TableConfig, kind: str) -> Problem:
    """Return the problem of a primary key in none of whose columns one can count."""
    name = key_name(table.primary_key)
    return Problem(
        f"the primary key '{table.name}.{name}' cannot be made unique, because nobody can count in "
        f"a column of type '{kind}'",
        hint="take a key of whole numbers, text or dates, add such a column, or declare no pk",
        locus=(table.name, "pk"),
    )


def _values_beside_keys(metadata: Metadata, table: TableConfig) -> Iterator[Problem]:
    """Report keys to kept tables, learnt as values, in columns that must hold new numbers."""
    for key in table.foreign_keys:
        if key.parent not in metadata.tables or not metadata.tables[key.parent].keep:
            continue
        for other in metadata.structural_keys(table.name):
            pairs = zip(other.columns, other.parent_columns, strict=False)
            new = [c for c, up in pairs if c in key.columns and _new(metadata, other.parent, up)]
            if new and other.parent != table.name:
                yield Problem(
                    f"'{table.name}.{key.name}' points to the kept table '{key.parent}', but the "
                    f"'{new[0]}' of '{other.name}' will be a new key of '{other.parent}'",
                    hint=f"leave '{key.name}' out, or keep '{other.parent}' too",
                    locus=(table.name, "fk", key.name),
                )


def _new(metadata: Metadata, name: str, column: str) -> bool:
    """Return whether the values of a key column are numbered anew, so that none is a real one."""
    table = metadata.tables[name]
    holding = [key for key in table.foreign_keys if column in key.columns and key.parent != name]
    for key in holding:
        if key.parent in metadata.tables and not metadata.tables[key.parent].keep:
            above = dict(zip(key.columns, key.parent_columns, strict=False))[column]
            return (name, key.name) not in metadata.deferred and _new(metadata, key.parent, above)
    return not holding and free_key_columns(table) == (column,)
