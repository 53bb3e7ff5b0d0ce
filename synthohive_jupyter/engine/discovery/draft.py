"""The description of one table: its keys, and what is guessed of its other columns."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from synthohive_jupyter.engine.discovery.kinds import ColumnGuess, guess_kind
from synthohive_jupyter.engine.discovery.records import Guess, Note
from synthohive_jupyter.engine.discovery.rules import always_smaller, driver_of, order_of
from synthohive_jupyter.engine.discovery.sound import target
from synthohive_jupyter.schema.tables import Constraint

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from synthohive_jupyter.engine.discovery.looks import Counter, TableLook
    from synthohive_jupyter.engine.discovery.records import ForeignGuess, PrimaryGuess
    from synthohive_jupyter.privacy.detect import Finding
    from synthohive_jupyter.schema.tables import Key

LOOKUP_ROWS = 300
"""Rows of a table up to which it may be a public reference table."""

_PRIVACY_SURE = 0.75
"""Below this a guess at personal data is pointed out."""


@dataclass(frozen=True, slots=True)
class TableDraft:
    """What is guessed of a table.

    Attributes:
        look: What was seen of it.
        primary: Its primary key.
        links: Its foreign keys.
        columns: Column to guess, of those that are no keys.
        personal: Column to finding, of those that are no keys.
        unique: Other columns in which no value occurs twice.
        checks: Columns with ``a <= b``, and why.
        order: Column that orders siblings, and why.
        driver: Foreign key that drives, and why; ``None`` where there is no choice.
    """

    look: TableLook
    primary: PrimaryGuess | None
    links: Sequence[ForeignGuess]
    columns: Mapping[str, ColumnGuess] = field(default_factory=dict)
    personal: Mapping[str, Finding] = field(default_factory=dict)
    unique: frozenset[str] = frozenset()
    checks: Sequence[tuple[str, str, str]] = ()
    order: tuple[str, str] | None = None
    driver: tuple[ForeignGuess, str] | None = None

    @property
    def bare(self) -> TableDraft:
        """The keys alone."""
        return TableDraft(self.look, self.primary, self.links)

    @property
    def names(self) -> tuple[str, ...]:
        """The columns that a cell can name, in their order."""
        return tuple(name for name in self.look.columns if writable(name))

    def arguments(self) -> dict[str, Any]:
        """Return the table as `Metadata.add_table` takes it."""
        constraints = {
            name: replace(guess.constraint, unique=name in self.unique)
            for name, guess in self.columns.items()
        }
        return {
            "pk": None if self.primary is None else _one_or_all(self.primary.columns),
            "fk": {_one_or_all(link.columns): target(link) for link in self.links},
            "nullable_fks": [link.name for link in self.links if link.nullable],
            "constraints": {c: k for c, k in constraints.items() if k != Constraint()},
            "high_cardinality_cols": [c for c, guess in self.columns.items() if guess.high],
            "linkage_method": "conditional" if self.links else "empirical",
            "driver": None if self.driver is None else self.driver[0].name,
            "order_by": None if self.order is None else self.order[0],
            "checks": [(first, second) for first, second, _ in self.checks],
            "columns": self.names,
        }

    def guesses(self) -> Iterator[Guess]:
        """Return everything guessed that is worth a reason; plain types are seen in the cell."""
        name = self.look.name
        if self.primary is not None:
            own = self.primary
            yield Guess(name, own.columns, "primary key", "pk", own.why, own.sure)
        for link in self.links:
            said = f"-> {target(link)}{'?' if link.nullable else ''}"
            yield Guess(name, link.columns, "foreign key", said, link.why, link.sure)
        for column, finding in self.personal.items():
            rule = finding.rule
            said = f"pii({rule.action}{f':{rule.provider}' if rule.provider else ''})"
            yield Guess(name, (column,), "personal data", said, finding.reason, finding.sure)
        for column, guess in self.columns.items():
            if guess.rule:
                kind, said = _ends(guess.constraint)
                yield Guess(name, (column,), kind, said, guess.rule, 0.8)
        for first, second, why in self.checks:
            yield Guess(name, (first, second), "check", f"@check {first} <= {second}", why, 0.8)
        if self.order is not None:
            column, why = self.order
            yield Guess(name, (column,), "order", f"@order {column}", why, 0.8)
        if self.driver is not None:
            link, why = self.driver
            yield Guess(name, link.columns, "driver", f"@driver {link.name}", why, 0.7)

    def notes(self, *, pointed_at: bool) -> Iterator[Note]:
        """Return what a person should look at.

        Args:
            pointed_at: Whether other tables point to this one.
        """
        name = self.look.name
        for link in self.links:
            if link.orphans:
                yield Note(
                    name,
                    f"{link.name}: {link.orphans:,} of {self.look.rows:,} rows point to no row of "
                    f"{link.parent} and are treated as null",
                )
        for column, finding in self.personal.items():
            if finding.sure < _PRIVACY_SURE:
                yield Note(name, f"{column}: personal data? {finding.reason}")
        for column, guess in self.columns.items():
            if guess.remark:
                yield Note(name, f"{column}: {guess.remark}")
        for column in self.look.columns:
            if not writable(column):
                yield Note(name, "a column with a line break in its name is left out of the text")
        public = not self.personal and not self.links and self.primary is not None
        if public and pointed_at and self.look.rows <= LOOKUP_ROWS:
            yield Note(name, "a public reference table? then add @keep: it is copied, keys and all")


def _one_or_all(columns: Key) -> str | Key:
    return columns[0] if len(columns) == 1 else columns


def writable(name: str) -> bool:
    """Return whether a cell can hold a name."""
    return bool(name) and "\n" not in name and "\r" not in name


def _ends(constraint: Constraint) -> tuple[str, str]:
    """Return whether a constraint is a range or a set, and how a cell writes it."""
    levels = constraint.values
    if levels is not None:
        return "set", f"{{{', '.join(levels)}}}"
    low = "" if constraint.min is None else str(constraint.min)
    high = "" if constraint.max is None else str(constraint.max)
    return "range", f"[{low}..{high}]"


def draft_table(
    table: TableLook,
    primary: PrimaryGuess | None,
    links: Sequence[ForeignGuess],
    personal: Mapping[str, Finding],
    tables: Mapping[str, TableLook],
    counter: Counter,
) -> TableDraft:
    """Guess the rest of a table whose keys are known."""
    structural = {c for link in links for c in link.columns}
    structural |= set(() if primary is None else primary.columns)
    found = {c: f for c, f in personal.items() if c not in structural and writable(c)}
    barred = structural | set(found) | {c for c in table.columns if not writable(c)}
    driver = driver_of(table, links, tables)
    leading = driver[0] if driver else next(iter(sorted(links, key=lambda link: link.name)), None)
    families = () if leading is None or leading.parent == table.name else leading.columns
    columns = {
        name: ColumnGuess(Constraint())  # nothing of it is learnt, so it needs no type
        if name in found
        else guess_kind(look, table, families)
        for name, look in table.columns.items()
        if name not in structural and writable(name)
    }
    return TableDraft(
        table,
        primary,
        links,
        columns,
        found,
        _unique(table, found, counter),
        always_smaller(table, barred),
        order_of(table, links, barred),
        driver,
    )


def _unique(table: TableLook, personal: Mapping[str, Finding], counter: Counter) -> frozenset[str]:
    """Return the faked columns in which no value occurs twice, of kinds that log people in."""
    return frozenset(
        name
        for name, finding in personal.items()
        if finding.kind in _UNIQUE_KINDS
        and finding.rule.action == "fake"
        and table.rows >= _UNIQUE_ROWS
        and table.columns[name].unique_so_far
        and counter.unique(table.name, [name])
    )


_UNIQUE_KINDS = frozenset({"email", "user_name"})
_UNIQUE_ROWS = 20
