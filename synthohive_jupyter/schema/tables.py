"""`TableConfig`: one table of a description, its keys and constraints. Pure records."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from synthohive_jupyter.errors import SchemaError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

COLUMN_TYPES = ("int", "float", "cat", "bool", "date", "datetime", "text", "id")
LINKAGE_METHODS = ("empirical", "negbinom", "conditional")

Key = tuple[str, ...]
Bound = int | float | str
"""A bound of a range: a number, or an ISO date in quotes."""


@dataclass(frozen=True, slots=True)
class Constraint:
    """What is declared of a column.

    Attributes:
        dtype: One of `COLUMN_TYPES`, or ``None`` to infer it from the data.
        min: Smallest value allowed (a number, or an ISO date), inclusive.
        max: Largest value allowed, inclusive.
        values: The only values allowed, as text, or ``None``.
        unique: Whether no value may occur twice.
    """

    dtype: str | None = None
    min: Bound | None = None
    max: Bound | None = None
    values: tuple[str, ...] | None = None
    unique: bool = False


@dataclass(frozen=True, slots=True)
class ForeignKey:
    """Columns of a child that point to columns of a parent, in order."""

    columns: Key
    parent: str
    parent_columns: Key
    nullable: bool = False

    @property
    def name(self) -> str:
        """The name users see: the column, or ``(a, b)`` for a composite key."""
        return key_name(self.columns)


def key_name(columns: Sequence[str]) -> str:
    """Return ``a`` for one column, ``(a, b)`` for several."""
    return columns[0] if len(columns) == 1 else f"({', '.join(columns)})"


@dataclass(frozen=True, slots=True)
class TableConfig:
    """One table of the description.

    Attributes:
        name: Name of the table.
        pk: Primary key: ``None``, a column, or a tuple of columns.
        fk: Foreign keys: ``{"user_id": "users.id"}``; a composite one is
            ``{("a", "b"): "t.(x, y)"}``.
        parent_context_cols: Columns of the driving parent that condition this table, bare or as
            ``parent.column``. ``None`` takes all modelled columns of the parent; ``()`` none.
        constraints: Column name to `Constraint`.
        linkage_method: How child counts are modelled, one of `LINKAGE_METHODS`.
        pii_cols: Columns with personal data; without a rule of their own they are faked.
        high_cardinality_cols: Columns to embed instead of one-hot encoding.
        driver: Foreign key column whose parent drives this table; ``None`` takes the
            alphabetically first one.
        nullable_fks: Foreign keys (by `ForeignKey.name`) that may be null.
        keep: A public reference table: copied, not synthesised.
        order_by: Column that orders the rows of one family.
        checks: Pairs ``(a, b)`` of columns with ``a <= b`` in every row.
        combinations: Groups of columns of which only the tuples that the data has may occur:
            ``("city", "country")``.
        model: Name of the model for this table, or ``None`` for the run's.
        strict: Leave out columns that are not declared.
        columns: Declared columns in the order of the text; may be empty.
    """

    name: str
    pk: str | Key | None = None
    fk: Mapping[str | Key, str] = field(default_factory=dict)
    parent_context_cols: tuple[str, ...] | None = None
    constraints: Mapping[str, Constraint] = field(default_factory=dict)
    linkage_method: str = "empirical"
    pii_cols: tuple[str, ...] = ()
    high_cardinality_cols: tuple[str, ...] = ()
    driver: str | None = None
    nullable_fks: tuple[str, ...] = ()
    keep: bool = False
    order_by: str | None = None
    checks: tuple[tuple[str, str], ...] = ()
    combinations: tuple[Key, ...] = ()
    model: str | None = None
    strict: bool = False
    columns: tuple[str, ...] = ()

    @property
    def has_dependencies(self) -> bool:
        """Whether the table has a foreign key."""
        return bool(self.fk)

    @property
    def primary_key(self) -> Key:
        """The primary key as a tuple; empty where there is none."""
        if self.pk is None:
            return ()
        return (self.pk,) if isinstance(self.pk, str) else tuple(self.pk)

    @property
    def foreign_keys(self) -> tuple[ForeignKey, ...]:
        """The foreign keys, in alphabetical order of their names."""
        keys = []
        for columns, target in self.fk.items():
            own = (columns,) if isinstance(columns, str) else tuple(columns)
            parent, parent_columns = parse_target(target)
            keys.append(
                ForeignKey(own, parent, parent_columns, nullable=key_name(own) in self.nullable_fks)
            )
        return tuple(sorted(keys, key=lambda key: key.name))

    @property
    def known_columns(self) -> tuple[str, ...]:
        """Every column that the description names, each once."""
        names: dict[str, None] = dict.fromkeys(self.columns)
        names.update(dict.fromkeys(self.primary_key))
        for key in self.foreign_keys:
            names.update(dict.fromkeys(key.columns))
        for more in (self.constraints, self.pii_cols, self.high_cardinality_cols):
            names.update(dict.fromkeys(more))
        return tuple(names)


_TARGET = re.compile(r"^(?P<table>.+?)\.(?:\((?P<many>[^()]+)\)|(?P<one>[^()]+))$", re.DOTALL)


def parse_target(target: str) -> tuple[str, Key]:
    """Split ``"users.id"`` or ``"t.(x, y)"`` into the table and its columns.

    Raises:
        SchemaError: If the text has another form.

    >>> parse_target("users.id"), parse_target("t.(x, y)")
    (('users', ('id',)), ('t', ('x', 'y')))
    """
    match = _TARGET.match(target)
    if match is None:
        raise SchemaError(f"foreign key target {target!r} is not of the form 'table.column'")
    if match["one"]:
        return match["table"], (match["one"],)
    return match["table"], tuple(part.strip() for part in match["many"].split(","))
