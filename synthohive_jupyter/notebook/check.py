"""What ``check`` shows: every table with its rows and keys, and how the tables hang together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from synthohive_jupyter.notebook.layout import aligned, page, tick
from synthohive_jupyter.notebook.markup import html, node
from synthohive_jupyter.notebook.wording import count, plain, share
from synthohive_jupyter.schema.metadata import key_name

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from synthohive_jupyter.schema.facts import TableFacts
    from synthohive_jupyter.schema.metadata import ForeignKey, Metadata, TableConfig
    from synthohive_jupyter.schema.tables import Bounds


@dataclass(frozen=True, slots=True)
class KeyLine:
    """One key of the real data: its name, what was counted of it, and whether that is sound."""

    label: str
    detail: str
    good: bool


@dataclass(frozen=True, slots=True)
class TableLine:
    """One table of the real data; ``rows`` is ``None`` where there is no data."""

    name: str
    rows: int | None
    columns: int
    keys: tuple[KeyLine, ...]

    @property
    def good(self) -> bool:
        """Whether there is data and all its keys are sound."""
        return self.rows is not None and all(key.good for key in self.keys)


@dataclass(frozen=True, slots=True)
class CheckReport:
    """The data beside its description.

    Attributes:
        tables: One line each.
        engine: Where the data was counted.
    """

    tables: tuple[TableLine, ...]
    engine: str

    @property
    def valid(self) -> bool:
        """Whether every table has data and every key is sound."""
        return all(table.good for table in self.tables)

    def __str__(self) -> str:
        rows = []
        for table in self.tables:
            size = (plain(table.name), count(table.rows, "row"), count(table.columns, "column"))
            keys = "; ".join(map(_key_text, table.keys))
            rows.append((_mark(good=table.good), *size, keys))
        return "\n".join([self._headline(), *aligned(rows, "<<>><", indent=2)])

    def _headline(self) -> str:
        return f"{count(len(self.tables), 'table')}, counted by {self.engine}"

    def __repr__(self) -> str:
        return str(self)

    def _repr_mimebundle_(self, **_options: object) -> dict[str, str]:
        rows = []
        for table in self.tables:
            keys = [tick(key.label, good=key.good, detail=key.detail) for key in table.keys]
            cells = [
                node("th", {"scope": "row"}, tick(table.name, good=table.good)),
                node("td", {"class": "n"}, count(table.rows)),
                node("td", {"class": "n"}, count(table.columns)),
                node("td", {}, *keys),
            ]
            rows.append(node("tr", {}, *cells))
        heads = (("Table", ""), ("Rows", "n"), ("Columns", "n"), ("Keys", ""))
        head = node("tr", {}, *(node("th", {"scope": "col", "class": c}, t) for t, c in heads))
        title = "The data fits the description" if self.valid else "The data does not fit"
        body = node("table", {}, node("thead", {}, head), node("tbody", {}, *rows))
        return {"text/plain": str(self), "text/html": html(page(title, self._headline(), body))}


def count_keys(metadata: Metadata, facts: Mapping[str, TableFacts], engine: str) -> CheckReport:
    """Return what was counted of every table of a description."""
    lines = []
    for name, table in metadata.tables.items():
        mine = facts.get(name)
        keys = () if mine is None else tuple(_keys(table, mine))
        rows = None if mine is None else mine.rows
        lines.append(TableLine(name, rows, 0 if mine is None else len(mine.columns), keys))
    return CheckReport(tuple(lines), engine)


def _keys(table: TableConfig, facts: TableFacts) -> Iterator[KeyLine]:
    if table.primary_key and facts.pk_duplicates is not None:
        wrong = [
            f"{count(number)} {what}"
            for number, what in ((facts.pk_duplicates, "not unique"), (facts.pk_nulls, "null"))
            if number
        ]
        yield KeyLine(key_name(table.primary_key), ", ".join(wrong) or "unique", not wrong)
    for key in table.foreign_keys:
        if (counted := facts.keys.get(key.name)) is not None:
            yield _match_line(key, facts.rows or 0, counted.nulls, counted.orphans)


def _match_line(key: ForeignKey, rows: int, nulls: int, orphans: int) -> KeyLine:
    """Return how many of the rows that point somewhere have found their parent."""
    given = rows - nulls
    found = f"{share((given - orphans) / given)} found" if given else "always null"
    parts = [found]
    if orphans:
        parts.append(count(orphans, "orphan"))
    if nulls:
        parts.append(f"{share(nulls / rows)} null")
    label = f"{key.name} → {key.parent}.{key_name(key.parent_columns)}"
    return KeyLine(label, ", ".join(parts), good=key.nullable or not (orphans or nulls))


def _key_text(key: KeyLine) -> str:
    return f"{_mark(good=key.good)} {plain(key.label)}: {key.detail}"


def _mark(*, good: bool) -> str:
    return "✓" if good else "✗"


def diagram(metadata: Metadata) -> dict[str, str] | None:
    """Return the entity-relationship diagram as Mermaid and as text; ``None`` without foreign keys.

    >>> from synthohive_jupyter.schema.metadata import Metadata
    >>> shop = Metadata()
    >>> shop.add_table("users", pk="id")
    >>> shop.add_table("orders", pk="id", fk={"user_id": "users.id"})
    >>> print(diagram(shop)["text/plain"])
    users ──< orders  (user_id)
    """
    numbers = {name: f"t{i}" for i, name in enumerate(metadata.tables)}
    entities = [f'  {number}["{_quoted(name)}"]' for name, number in numbers.items()]
    relations, lines = [], []
    for name, table in metadata.tables.items():
        for key in table.foreign_keys:
            if key.parent not in numbers:
                continue
            low, high = _bounds(metadata, table, key)
            sides = ("|o" if key.nullable else "||", _CHILD_SIDES[low > 0, high == 1])
            ends = f"{numbers[key.parent]} {'--'.join(sides)} {numbers[name]}"
            relations.append(f'  {ends} : "{_quoted(key.name)}"')
            line = "───" if high == 1 else "──<"
            lines.append(f"{plain(key.parent)} {line} {plain(name)}  ({plain(key.name)})")
    if not relations:
        return None
    source = "\n".join(["erDiagram", "  direction LR", *entities, *relations])
    return {"text/vnd.mermaid": source, "text/plain": "\n".join(lines)}


_CHILD_SIDES = {
    (False, False): "o{", (True, False): "|{", (False, True): "o|", (True, True): "||",
}  # fmt: skip
"""Whether each parent has a row, and at most one, to the end of the line in Mermaid."""


def _bounds(metadata: Metadata, table: TableConfig, key: ForeignKey) -> Bounds:
    """Return how many rows can point to one row of the parent by a key."""
    declared = table.children if key == metadata.driving_key(table.name) else None
    low, high = declared or (0, None)
    alone = bool(table.primary_key) and set(table.primary_key) <= set(key.columns)
    return low, 1 if alone else high


def _quoted(name: str) -> str:
    """Return a name that cannot leave its quotes in Mermaid text, nor become markup."""
    return "".join(c if c.isalnum() or c in " _.,()-" else "?" for c in plain(name))
