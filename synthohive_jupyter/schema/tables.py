"""`TableConfig`: one table of a description, its keys and constraints. Pure records."""

from __future__ import annotations

import functools
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


Bounds = tuple[int, int | None]
"""The smallest number and the largest one; ``None`` where there is no largest."""

NO_ORDER = "none"
"""What `TableConfig.order_by` says where siblings are told nothing of each other."""


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
        parent_context_cols: Columns that condition this table: of the driving parent, bare or as
            ``parent.column``, or of the tables above it, as ``table.column``. ``None`` takes all
            modelled columns of the parent; ``()`` none.
        constraints: Column name to `Constraint`.
        linkage_method: How child counts are modelled, one of `LINKAGE_METHODS`.
        pii_cols: Columns with personal data; without a rule of their own they are faked.
        high_cardinality_cols: Columns to embed instead of one-hot encoding.
        driver: Foreign key column whose parent drives this table; ``None`` takes the
            alphabetically first one.
        nullable_fks: Foreign keys (by `ForeignKey.name`) that may be null.
        keep: A public reference table: copied, not synthesised.
        order_by: Column that orders the rows of one family; `NO_ORDER` where siblings are told
            nothing of each other, ``'"none"'`` for a column of that name (see `order_column`).
        children: Smallest and largest number of rows for each row of the driving parent;
            ``(1, None)`` is at least one, ``None`` leaves the number to the data.
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
    children: Bounds | None = None

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
    def named_drivers(self) -> tuple[ForeignKey, ...]:
        """The foreign keys that `driver` names: by their name, else by their first column."""
        keys = self.foreign_keys
        named = tuple(key for key in keys if key.name == self.driver)
        return named or tuple(key for key in keys if key.columns[0] == self.driver)

    @property
    def order_column(self) -> str | None:
        """The column that `order_by` names; ``None`` where it names none."""
        if self.order_by in {None, NO_ORDER}:
            return None
        return NO_ORDER if self.order_by == f'"{NO_ORDER}"' else self.order_by

    def null_columns(self, key: ForeignKey) -> Key:
        """Return the columns that are null where a nullable key of this table refers to nobody.

        A key is null as a whole as soon as one of its columns is (``MATCH SIMPLE``), so columns
        that something else needs keep their values: of ``(tenant, boss)`` only ``boss`` is null
        where ``tenant`` is a key too. Empty where every column is part of the primary key or of a
        key that is never null.

        >>> staff = TableConfig(
        ...     "staff",
        ...     pk=("tenant", "id"),
        ...     fk={("tenant", "boss"): "staff.(tenant, id)"},
        ...     nullable_fks=("(tenant, boss)",),
        ... )
        >>> staff.null_columns(staff.foreign_keys[0])
        ('boss',)
        """
        others = [other for other in self.foreign_keys if other.columns != key.columns]
        needed = {c for other in others if not other.nullable for c in other.columns}
        free = [c for c in key.columns if c not in needed and c not in self.primary_key]
        shared = {c for other in others for c in other.columns}
        return tuple([c for c in free if c not in shared] or free)

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


@functools.lru_cache(maxsize=4096)
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
