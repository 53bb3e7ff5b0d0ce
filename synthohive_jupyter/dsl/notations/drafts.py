"""Tables as SQL, DBML and SDV metadata describe them, before they become a syntax tree."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
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
    Span,
    Table,
    Target,
    Word,
)
from synthohive_jupyter.schema.tables import COLUMN_TYPES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from synthohive_jupyter.errors import Problem


@dataclass(slots=True)
class Reading:
    """What was read of a text.

    Attributes:
        program: Its syntax tree.
        problems: What is wrong with it, besides what the compiler finds.
        notices: What it says and the tree cannot, one sentence each.
    """

    program: CellProgram
    problems: list[Problem] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)


@dataclass(slots=True)
class DraftColumn:
    """A column.

    Attributes:
        name: Its name.
        items: What is said of it, one item for each part (`part_of`).
        required: Whether it is never null.
        noted: The parts that a note says, see `notes`.
    """

    name: Atom
    items: dict[str, Item] = field(default_factory=dict)
    required: bool = False
    noted: set[str] = field(default_factory=set)

    def put(self, *items: Item) -> None:
        """Say something of the column; what was said of the same part before is forgotten."""
        for item in items:
            self.items[part_of(item)] = item

    def bound(self, low: Atom | None, high: Atom | None, span: Span) -> None:
        """Narrow the range of the column; an end that is there already stays."""
        known = self.items.get("range")
        before = known if isinstance(known, Range) else Range(span=span)
        self.put(Range(before.low or low, before.high or high, before.span))


def part_of(item: Item) -> str:
    """Return which part of a column an item is; types are one part, each mark is one."""
    match item:
        case Word(text):
            return "type" if text in COLUMN_TYPES else text
        case Range():
            return "range"
        case Choices():
            return "set"
        case Pii():
            return "pii"
        case Target():
            return "target"


@dataclass(slots=True)
class DraftKey:
    """A foreign key; no ``targets`` are the primary key of the table that it points to."""

    columns: tuple[Atom, ...]
    table: Atom
    targets: tuple[Atom, ...]
    span: Span


@dataclass(slots=True)
class DraftTable:
    """A table."""

    name: Atom
    columns: dict[str, DraftColumn] = field(default_factory=dict)
    keys: list[DraftKey] = field(default_factory=list)
    properties: list[Property] = field(default_factory=list)

    def add(self, name: Atom) -> DraftColumn:
        """Return a new column."""
        self.columns[name.text] = DraftColumn(name)
        return self.columns[name.text]

    def column(self, name: Atom) -> DraftColumn:
        """Return the column that a name means, which is there from now on."""
        known = meant(name.text, self.columns)
        return self.add(name) if known is None else self.columns[known]

    def mark(self, names: Sequence[Atom], word: str, span: Span) -> None:
        """Mark columns with a word."""
        for name in names:
            self.column(name).put(Word(word, span))

    @property
    def primary(self) -> tuple[DraftColumn, ...]:
        """The columns of the primary key."""
        return tuple(column for column in self.columns.values() if "pk" in column.items)


def meant(name: str, known: Iterable[str]) -> str | None:
    """Return the known name that a name is: spelt so, else, as databases do, in other case."""
    names = list(known)
    if name in names:
        return name
    return next((other for other in names if other.casefold() == name.casefold()), None)


def build(drafts: Sequence[DraftTable]) -> CellProgram:
    """Return the syntax tree of tables."""
    by_name = {draft.name.text: draft for draft in drafts}
    return CellProgram(tuple(_table(draft, by_name) for draft in drafts))


def _table(draft: DraftTable, others: Mapping[str, DraftTable]) -> Table:
    single: dict[str, list[Target]] = {}
    composite: list[CompositeKey] = []
    for key in draft.keys:
        columns = [draft.column(name) for name in key.columns]
        # A key is null as soon as one of its columns is; those of a primary key never are.
        nullable = any(not c.required and "pk" not in c.items for c in columns)
        target = _target(key, others, nullable=nullable)
        if len(columns) == 1:
            single.setdefault(columns[0].name.text, []).append(target)
        else:
            own = (replace(n, text=c.name.text) for n, c in zip(key.columns, columns, strict=True))
            composite.append(CompositeKey(tuple(own), target, key.span))
    keyed = {draft.column(name).name.text for key in draft.keys for name in key.columns}
    entries = []
    for name, column in draft.columns.items():
        items = _items(column, key="pk" in column.items or name in keyed)
        entries.append(Column(column.name, (*items, *single.get(name, ())), column.name.span))
    return Table(draft.name, (*entries, *composite), tuple(draft.properties), draft.name.span)


def _target(key: DraftKey, others: Mapping[str, DraftTable], *, nullable: bool) -> Target:
    """Return what a key points to, spelt as it is declared."""
    name = meant(key.table.text, others)
    parent = None if name is None else others[name]
    table = key.table if name is None else replace(key.table, text=name)
    if key.targets:
        known = () if parent is None else parent.columns
        spelt = ((atom, meant(atom.text, known) or atom.text) for atom in key.targets)
        columns = tuple(replace(atom, text=text) for atom, text in spelt)
    else:
        primary = () if parent is None else parent.primary
        names = [column.name.text for column in primary] or ["id"]
        columns = tuple(Atom(text, quoted=True, span=table.span) for text in names)
    return Target(table, columns, nullable, table.span.to(columns[-1].span))


def in_order(parts: Mapping[str, Item]) -> list[Item]:
    """Return the items of a column in their usual order; what nobody knows comes last."""
    known = [part for part in _ORDER if part in parts]
    return [parts[part] for part in (*known, *(part for part in parts if part not in _ORDER))]


_ORDER = ("type", "range", "set", "pk", "unique", "high", "pii", "target")


def _items(column: DraftColumn, *, key: bool) -> list[Item]:
    """Return the items in their usual order. The type of a key is seen in the data."""
    parts = dict(column.items)
    if key:
        # Keys are always new ones: of what type is seen in the data.
        parts = {
            part: item
            for part, item in parts.items()
            if part not in {"type", "pii"} or part in column.noted
        }
    if "set" in parts:
        parts.pop("range", None)
    return in_order(parts)
