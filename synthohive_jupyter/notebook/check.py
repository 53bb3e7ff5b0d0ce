"""What ``check`` shows: every table with its rows and keys, and how the tables hang together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from synthohive_jupyter.notebook.layout import aligned, group, page, short, table, tick
from synthohive_jupyter.notebook.markup import html
from synthohive_jupyter.notebook.wording import count, share
from synthohive_jupyter.schema.metadata import key_name

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from synthohive_jupyter.notebook.markup import Child
    from synthohive_jupyter.schema.facts import TableFacts
    from synthohive_jupyter.schema.metadata import ForeignKey, Metadata, TableConfig


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
        for line in self.tables:
            size = (short(line.name), count(line.rows, "row"), count(line.columns, "column"))
            keys = "; ".join(map(_key_text, line.keys))
            rows.append((_mark(good=line.good), *size, keys))
        return "\n".join([self._headline(), *aligned(rows, "<<>><", indent=2)])

    def _headline(self) -> str:
        return f"{count(len(self.tables), 'table')}, counted by {short(self.engine)}"

    def __repr__(self) -> str:
        return str(self)

    def _repr_mimebundle_(self, **_options: object) -> dict[str, str]:
        rows: list[Sequence[Child]] = []
        for line in self.tables:
            keys = [tick(short(key.label), good=key.good, detail=key.detail) for key in line.keys]
            name = tick(short(line.name), good=line.good)
            rows.append((name, count(line.rows), count(line.columns), group(*keys)))
        heads = (("Table", ""), ("Rows", "n"), ("Columns", "n"), ("Keys", ""))
        title = "The data fits the description" if self.valid else "The data does not fit"
        card = page(title, self._headline(), table(heads, rows))
        return {"text/plain": str(self), "text/html": html(card)}


def count_keys(metadata: Metadata, facts: Mapping[str, TableFacts], engine: str) -> CheckReport:
    """Return what was counted of every table of a description."""
    lines = []
    for name, described in metadata.tables.items():
        mine = facts.get(name)
        keys = () if mine is None else tuple(_keys(described, mine))
        rows = None if mine is None else mine.rows
        lines.append(TableLine(name, rows, 0 if mine is None else len(mine.columns), keys))
    return CheckReport(tuple(lines), engine)


def _keys(described: TableConfig, facts: TableFacts) -> Iterator[KeyLine]:
    if described.primary_key and facts.pk_duplicates is not None:
        wrong = [
            f"{count(number)} {what}"
            for number, what in ((facts.pk_duplicates, "not unique"), (facts.pk_nulls, "null"))
            if number
        ]
        yield KeyLine(key_name(described.primary_key), ", ".join(wrong) or "unique", not wrong)
    for key in described.foreign_keys:
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
    return f"{_mark(good=key.good)} {short(key.label)}: {short(key.detail)}"


def _mark(*, good: bool) -> str:
    return "✓" if good else "✗"
