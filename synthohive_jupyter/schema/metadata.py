"""`Metadata`: what a database looks like. Pure description, no data and no behaviour."""

from __future__ import annotations

import operator
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from synthohive_jupyter.errors import Problem, SchemaError
from synthohive_jupyter.schema.facts import describe
from synthohive_jupyter.schema.graph import SchemaGraph
from synthohive_jupyter.schema.tables import (
    COLUMN_TYPES,
    LINKAGE_METHODS,
    Bounds,
    Constraint,
    ForeignKey,
    Key,
    TableConfig,
    key_name,
    parse_target,
)
from synthohive_jupyter.schema.validate import find_problems

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = [
    "COLUMN_TYPES",
    "LINKAGE_METHODS",
    "Constraint",
    "ForeignKey",
    "Key",
    "Metadata",
    "TableConfig",
    "key_name",
    "parse_target",
]


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
        self._graphed: list[TableConfig] = []
        self._deferred: frozenset[tuple[str, str]] = frozenset()

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
        combinations: Sequence[Sequence[str]] = (),
        model: str | None = None,
        strict: bool = False,
        columns: Sequence[str] = (),
        children: Sequence[int | None] | None = None,
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
            combinations=_combinations(name, combinations),
            model=model,
            strict=strict,
            columns=tuple(columns),
            children=None if children is None else _children(name, children),
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

        Keys to reference tables (``keep``) are learnt as values, keys to the table itself point to
        other rows of it, and deferred keys to rows that come later: none of them drives.
        """
        table = self.get_table(name)
        keys = [
            key
            for key in self.structural_keys(name)
            if key.parent != name and (name, key.name) not in self.deferred
        ]
        named = [key for key in table.named_drivers if key in keys]
        return next(iter([*named, *keys]), None)

    def driving_chain(self, name: str) -> tuple[str, ...]:
        """Return the tables above ``name`` by their driving keys, its own parent first.

        >>> shop = Metadata()
        >>> shop.add_table("users", pk="id")
        >>> shop.add_table("orders", pk="id", fk={"user_id": "users.id"})
        >>> shop.add_table("items", pk=None, fk={"order_id": "orders.id"})
        >>> shop.driving_chain("items")
        ('orders', 'users')
        """
        chain: list[str] = []
        while (key := self.driving_key(name)) is not None and key.parent not in chain:
            name = key.parent
            chain.append(name)
        return tuple(chain)

    @property
    def deferred(self) -> frozenset[tuple[str, str]]:
        """Table and name of the nullable keys that wait; see `SchemaGraph.deferred`."""
        tables = list(self.tables.values())
        # Looked up for every key of every table, found by a search: remembered for these tables.
        known = len(tables) == len(self._graphed) and all(map(operator.is_, tables, self._graphed))
        if not known:
            self._graphed, self._deferred = tables, SchemaGraph(self).deferred
        return self._deferred

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


def _combinations(table: str, groups: Sequence[Sequence[str]]) -> tuple[Key, ...]:
    if isinstance(groups, str) or any(isinstance(group, str) for group in groups):
        raise SchemaError(
            f"combinations of {table} are groups of columns, like [('city', 'country')]"
        )
    return tuple(tuple(group) for group in groups)


def _children(table: str, bounds: Sequence[int | None]) -> Bounds:
    """Return bounds in their form; whether they make sense is checked with the rest."""
    wrong = SchemaError(
        [
            Problem(
                f"children of '{table}' are the smallest and the largest number of rows for each "
                "row of the parent, like (1, 20) or (1, None)",
                locus=(table, "linkage"),
            )
        ]
    )
    if not isinstance(bounds, (tuple, list)) or len(bounds) != len(("low", "high")):
        raise wrong
    low, high = bounds
    whole = [n for n in bounds if isinstance(n, int) and not isinstance(n, bool)]
    if not isinstance(low, int) or len(whole) < (1 if high is None else len(bounds)):
        raise wrong
    return low, high


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
