"""A description to its syntax tree, so that what Python or a guess has built becomes a cell."""

from __future__ import annotations

from typing import TYPE_CHECKING

from synthohive_jupyter.dsl.ast import (
    Atom,
    CellProgram,
    Choices,
    Column,
    CompositeKey,
    Item,
    Pii,
    Property,
    Range,
    Reference,
    Table,
    Target,
    Word,
)
from synthohive_jupyter.dsl.bounds import MOMENT, NUMBER
from synthohive_jupyter.dsl.tables import DEFAULT_LINKAGE
from synthohive_jupyter.privacy.locales import DEFAULT_LOCALE
from synthohive_jupyter.schema.tables import NO_ORDER, Constraint, TableConfig

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from synthohive_jupyter.privacy.config import PiiRule, PrivacyConfig
    from synthohive_jupyter.schema.metadata import ForeignKey, Metadata
    from synthohive_jupyter.schema.tables import Bound


def describe(
    metadata: Metadata,
    privacy: PrivacyConfig,
    *,
    data: Mapping[str, str] | None = None,
    rows: Mapping[str, int] | None = None,
) -> CellProgram:
    """Return the program that says what a description says.

    Compiling it gives the description back, as far as a cell can say it: see `unsaid`.

    Args:
        metadata: The description; it need not be sound.
        privacy: The rules of its personal data.
        data: Table name to what stands after ``@data``.
        rows: Table name to the number after ``@rows``.

    Raises:
        SchemaError: If the target of a foreign key cannot be read.

    >>> from synthohive_jupyter.dsl.render import render
    >>> from synthohive_jupyter.privacy.config import PrivacyConfig
    >>> from synthohive_jupyter.schema.metadata import Metadata
    >>> shop = Metadata()
    >>> shop.add_table("users", pk="id", pii_cols=["email"])
    >>> shop.add_table("orders", pk="id", fk={"user_id": "users.id"}, driver="user_id")
    >>> print(render(describe(shop, PrivacyConfig(), rows={"users": 9})), end="")
    users:  id pk, email pii(fake)
      @rows 9
    orders: id pk, user_id -> users.id
      @linkage empirical
      @driver user_id
    """
    full = privacy.with_defaults(metadata)
    tables = []
    for name, table in metadata.tables.items():
        told = (("data", (data or {}).get(name)), ("rows", (rows or {}).get(name)))
        said = (Property(word, (Atom(str(value)),)) for word, value in told if value is not None)
        properties = (*said, *_properties(metadata, table))
        tables.append(Table(_name(name), _entries(table, full.for_table(name)), properties))
    return CellProgram(tuple(tables))


def unsaid(metadata: Metadata, privacy: PrivacyConfig) -> tuple[str, ...]:
    """Return what no cell can say of a description, one sentence each; empty for what cells say."""
    lost = []
    for (table, column), rule in privacy.items():
        if rule.action == "custom":
            lost.append(f"{table}.{column}: a function of your own is written as pii(fake)")
        if rule.keep_last:
            lost.append(f"{table}.{column}: keep_last={rule.keep_last} of the mask is left out")
    if privacy.locale != DEFAULT_LOCALE:
        lost.append(f"the locale of fakes, {privacy.locale}, is left out")
    for config in metadata.tables.values():
        for column, constraint in config.constraints.items():
            ends = (constraint.min, constraint.max)
            if any(end is not None and _bound(end) is None for end in ends):
                lost.append(
                    f"{config.name}.{column}: a bound that is no number and no date is left out"
                )
    return tuple(lost)


def _name(text: str) -> Atom:
    # Bare, these two are words of the notation.
    return Atom(text, quoted=text in {"pk", NO_ORDER})


def _entries(table: TableConfig, rules: Mapping[str, PiiRule]) -> tuple[Column | CompositeKey, ...]:
    """Return the columns in their order; a composite key stands for its columns where it can."""
    columns = {
        name: Column(_name(name), tuple(_items(table, name, rules.get(name))))
        for name in dict.fromkeys((*table.known_columns, *rules))
    }
    order, placed, after = list(columns), dict[str, CompositeKey | None](), list[CompositeKey]()
    for key in (key for key in table.foreign_keys if len(key.columns) > 1):
        start = order.index(key.columns[0])
        beside = tuple(order[start : start + len(key.columns)]) == key.columns
        free = not any(columns[name].items or name in placed for name in key.columns)
        written = CompositeKey(tuple(map(_name, key.columns)), _target(key))
        if beside and free:
            placed |= dict.fromkeys(key.columns) | {key.columns[0]: written}
        else:
            after.append(written)
    entries = (placed.get(name, column) for name, column in columns.items())
    return (*(entry for entry in entries if entry is not None), *after)


def _target(key: ForeignKey) -> Target:
    return Target(_name(key.parent), tuple(map(_name, key.parent_columns)), key.nullable)


def _items(table: TableConfig, column: str, rule: PiiRule | None) -> Iterator[Item]:
    constraint = table.constraints.get(column, Constraint())
    if constraint.dtype is not None:
        yield Word(constraint.dtype)
    low, high = _bound(constraint.min), _bound(constraint.max)
    if low is not None or high is not None:
        yield Range(low, high)
    if constraint.values is not None:
        yield Choices(tuple(map(Atom, constraint.values)))
    if column in table.primary_key:
        yield Word("pk")
    if constraint.unique:
        yield Word("unique")
    if column in table.high_cardinality_cols:
        yield Word("high")
    if rule is not None:
        action = "fake" if rule.action == "custom" else rule.action
        provider = rule.provider if action == "fake" else None
        yield Pii(Atom(action), None if provider is None else Atom(provider))
    for key in table.foreign_keys:
        if key.columns == (column,):
            yield _target(key)


def _bound(bound: Bound | None) -> Atom | None:
    """Return the end of a range as a cell writes it; ``None`` where it has no form there."""
    text = str(bound)
    if isinstance(bound, str) and MOMENT.fullmatch(bound):
        return Atom(bound.replace(" ", "T"))
    return Atom(text) if NUMBER.fullmatch(text) and not isinstance(bound, str) else None


def _properties(metadata: Metadata, table: TableConfig) -> Iterator[Property]:
    if table.keep:
        yield Property("keep")
    if table.strict:
        yield Property("strict")
    if linkage := _linkage(table):
        yield Property("linkage", linkage)
    if table.driver is not None:
        named = [key for key in table.foreign_keys if key.name == table.driver]
        columns = named[0].columns if named else (table.driver,)
        yield Property("driver", tuple(map(_name, columns)))
    if table.parent_context_cols is not None:
        references = [_reference(metadata, text) for text in table.parent_context_cols]
        yield Property("context", tuple(references) or (Reference(Atom("none")),))
    if table.order_by is not None:
        column = table.order_column
        yield Property("order", (Atom(NO_ORDER) if column is None else _name(column),))
    if table.model is not None:
        yield Property("model", (_name(table.model),))
    for first, second in table.checks:
        yield Property("check", (_name(first), _name(second)))
    for group in table.combinations:
        yield Property("together", tuple(map(_name, group)))


def _linkage(table: TableConfig) -> tuple[Atom | Range, ...]:
    """Return method and bounds of the counts, without the method that a cell means anyway."""
    usual = DEFAULT_LINKAGE if table.fk else TableConfig(table.name).linkage_method
    parts: list[Atom | Range] = []
    if table.linkage_method != usual:
        parts.append(_name(table.linkage_method))
    if table.children is not None:
        low, high = table.children
        parts.append(Range(Atom(str(low)), None if high is None else Atom(str(high))))
    return tuple(parts)


def _reference(metadata: Metadata, written: str) -> Reference:
    for table in metadata.tables:
        if written.startswith(f"{table}."):
            return Reference(_name(written.removeprefix(f"{table}.")), _name(table))
    return Reference(_name(written))
