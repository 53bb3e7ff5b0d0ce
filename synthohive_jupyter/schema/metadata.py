"""`Metadata`: what a database looks like. Pure description, no data and no behaviour."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from synthohive_jupyter.errors import Problem, SchemaError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

COLUMN_TYPES = ("int", "float", "cat", "bool", "date", "datetime", "text", "id")
LINKAGE_METHODS = ("empirical", "negbinom")

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


class Metadata:
    """The description of a database.

    >>> shop = Metadata()
    >>> shop.add_table("users", pk="id")
    >>> shop.add_table("orders", pk="id", fk={"user_id": "users.id"})
    >>> shop.validate_schema()
    >>> shop.get_table("orders").has_dependencies
    True
    """

    def __init__(self) -> None:
        self.tables: dict[str, TableConfig] = {}

    def __repr__(self) -> str:
        return f"Metadata({', '.join(self.tables)})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Metadata) and self.to_dict() == other.to_dict()

    __hash__ = None  # type: ignore[assignment]

    def add_table(
        self,
        name: str,
        pk: str | Key | None,
        fk: Mapping[str | Key, str] | None = None,
        parent_context_cols: Sequence[str] | None = None,
        constraints: Mapping[str, Constraint | Mapping[str, Any]] | None = None,
        linkage_method: str = "empirical",
        pii_cols: Sequence[str] | None = None,
        high_cardinality_cols: Sequence[str] | None = None,
        *,
        driver: str | None = None,
        nullable_fks: Sequence[str] = (),
        keep: bool = False,
        order_by: str | None = None,
        checks: Sequence[tuple[str, str]] = (),
        model: str | None = None,
        strict: bool = False,
        columns: Sequence[str] = (),
    ) -> None:
        """Add a table; the parameters are the attributes of `TableConfig`.

        Raises:
            SchemaError: If the name is empty or taken, or a value has the wrong form.
        """
        if not name:
            raise SchemaError("a table needs a name")
        if name in self.tables:
            raise SchemaError([Problem(f"table {name!r} is declared twice", locus=(name, "table"))])
        self.tables[name] = TableConfig(
            name=name,
            pk=tuple(pk) if isinstance(pk, (tuple, list)) else pk,
            fk=dict(fk or {}),
            parent_context_cols=None if parent_context_cols is None else tuple(parent_context_cols),
            constraints={c: _constraint(name, c, v) for c, v in (constraints or {}).items()},
            linkage_method=linkage_method,
            pii_cols=tuple(pii_cols or ()),
            high_cardinality_cols=tuple(high_cardinality_cols or ()),
            driver=driver,
            nullable_fks=tuple(nullable_fks),
            keep=keep,
            order_by=order_by,
            checks=tuple((a, b) for a, b in checks),
            model=model,
            strict=strict,
            columns=tuple(columns),
        )

    def get_table(self, name: str) -> TableConfig:
        """Return a table.

        Raises:
            SchemaError: If there is no table of that name.
        """
        try:
            return self.tables[name]
        except KeyError:
            known = ", ".join(self.tables) or "none"
            raise SchemaError(f"unknown table {name!r}; known tables: {known}") from None

    def driving_key(self, name: str) -> ForeignKey | None:
        """Return the foreign key that drives ``name``; ``None`` for a root.

        Keys to reference tables (``keep``) are learnt as values, and keys to the table itself point
        to earlier rows: neither drives.
        """
        table = self.get_table(name)
        keys = [k for k in self.structural_keys(name) if k.parent != name]
        named = [k for k in keys if table.driver in (k.name, k.columns[0])]
        return next(iter([*named, *keys]), None)

    def structural_keys(self, name: str) -> tuple[ForeignKey, ...]:
        """Return the foreign keys of ``name`` that point to synthesised tables."""
        return tuple(
            key
            for key in self.get_table(name).foreign_keys
            if key.parent in self.tables and not self.tables[key.parent].keep
        )

    def validate_schema(self, real_data: Mapping[str, Any] | None = None) -> None:
        """Check the description, and the data against it, and report every problem at once.

        Args:
            real_data: Table name to `TableFacts`, or to any frame with ``dtypes`` (pandas, Spark).

        Raises:
            SchemaError: With all problems.
        """
        from synthohive_jupyter.schema.facts import describe
        from synthohive_jupyter.schema.validate import find_problems

        facts = None if real_data is None else {n: describe(f) for n, f in real_data.items()}
        if problems := find_problems(self, facts):
            raise SchemaError(problems)

    def to_dict(self) -> dict[str, Any]:
        """Return the description as JSON-safe values."""
        tables = []
        for table in self.tables.values():
            record = asdict(table)
            record["fk"] = [
                [[c] if isinstance(c, str) else list(c), target] for c, target in table.fk.items()
            ]
            tables.append(record)
        return {"version": 1, "tables": tables}

    @classmethod
    def from_dict(cls, record: Mapping[str, Any]) -> Metadata:
        """Rebuild a description from `to_dict`.

        Raises:
            SchemaError: If the version is unknown or a part has the wrong form.
        """
        if record.get("version") != 1:
            raise SchemaError(f"schema version {record.get('version')!r} is not known here")
        metadata = cls()
        try:
            for entry in record["tables"]:
                values = dict(entry)
                values["fk"] = {
                    (c[0] if len(c) == 1 else tuple(c)): target for c, target in values["fk"]
                }
                metadata.add_table(**values)
        except (KeyError, TypeError, ValueError) as error:
            raise SchemaError(f"the schema record is damaged: {error}") from error
        return metadata


def _constraint(table: str, column: str, value: Constraint | Mapping[str, Any]) -> Constraint:
    if isinstance(value, Constraint):
        return value
    known = set(Constraint.__dataclass_fields__)
    if unknown := sorted(set(value) - known):
        raise SchemaError(
            f"constraint of {table}.{column} has no part {unknown[0]!r}; "
            f"known parts: {', '.join(sorted(known))}"
        )
    parts = dict(value)
    if parts.get("values") is not None:
        parts["values"] = tuple(str(v) for v in parts["values"])
    return Constraint(**parts)
