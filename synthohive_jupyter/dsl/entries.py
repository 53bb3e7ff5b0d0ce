"""The columns and keys of one table, together: what `Metadata.add_table` takes of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from synthohive_jupyter.dsl.ast import Column, CompositeKey
from synthohive_jupyter.dsl.columns import ReadColumn, Report, read_column
from synthohive_jupyter.errors import SchemaError
from synthohive_jupyter.schema.tables import Constraint, Key, key_name, parse_target

if TYPE_CHECKING:
    from collections.abc import Sequence

    from synthohive_jupyter.dsl.ast import Atom, Span, Target
    from synthohive_jupyter.dsl.problems import Source
    from synthohive_jupyter.privacy.config import PiiRule


class EntryReader:
    """Reads the entries of a table one after the other.

    Attributes:
        rules: Column to the rule of its personal data.
    """

    def __init__(self, source: Source, table: str, report: Report) -> None:
        self.rules: dict[str, PiiRule] = {}
        self._source = source
        self._table = table
        self._report = report
        self._columns: dict[str, ReadColumn] = {}
        self._named: dict[str, None] = {}
        self._fk: dict[str | Key, str] = {}
        self._nullable: list[str] = []

    def read(self, entry: Column | CompositeKey) -> None:
        """Take in a column or a composite key."""
        if isinstance(entry, CompositeKey):
            self._named.update((column.text, None) for column in entry.columns)
            self._foreign_key(entry.columns, entry.target, entry.span)
            return
        for column in read_column(entry, self._report):
            self._column(column)

    def arguments(self) -> dict[str, Any]:
        """Return what was read as arguments of `Metadata.add_table`."""
        columns = self._columns.values()
        key = tuple(column.name.text for column in columns if column.primary)
        return {
            "pk": key[0] if len(key) == 1 else key or None,
            "fk": self._fk,
            "nullable_fks": self._nullable,
            "constraints": {
                column.name.text: column.constraint
                for column in columns
                if column.constraint != Constraint()
            },
            # A column that is kept as it is takes part in everything, as if it had no mark.
            "pii_cols": [name for name, rule in self.rules.items() if not rule.modelled],
            "high_cardinality_cols": [column.name.text for column in columns if column.high],
            "columns": list(self._named),
        }

    def _column(self, column: ReadColumn) -> None:
        name, span = column.name.text, column.name.span
        if not name:
            self._report(span, "a column needs a name", None)
            return
        if first := self._columns.get(name):
            hint = f"the first one is on line {first.name.span.line}"
            self._report(span, f"column '{name}' is declared twice in '{self._table}'", hint)
            return
        self._columns[name] = column
        self._named[name] = None
        self._places(column)
        if column.rule is not None:
            self.rules[name] = column.rule
        if column.target is not None:
            self._foreign_key((column.name,), column.target, span)

    def _places(self, column: ReadColumn) -> None:
        """Remember where the parts of a column stand."""
        name, span, spans = column.name.text, column.name.span, column.spans
        typed = spans.get("type", span)
        record = self._source.record
        record(span, self._table, "column", name)
        record(typed, self._table, "column", name, "type")
        record(spans.get("range") or spans.get("set", typed), self._table, "constraint", name)
        record(spans.get("pii", span), self._table, "pii", name)
        if column.primary:
            record(span, self._table, "pk")

    def _foreign_key(self, columns: Sequence[Atom], target: Target, span: Span) -> None:
        own = tuple(column.text for column in columns)
        name = key_name(own)
        pointed = tuple(column.text for column in target.columns)
        written = f"{target.table.text}.{key_name(pointed)}"
        key = own[0] if len(own) == 1 else own
        if len(set(own)) < len(own):
            self._report(span, f"the foreign key '{name}' has a column twice", "remove one")
        elif key in self._fk:
            self._report(span, f"'{name}' has two targets", "keep one of them")
        elif not _readable(written, target.table.text, pointed) or "" in own:
            message = "a foreign key cannot name a table with a dot, nor columns with brackets"
            self._report(target.span, message, "rename it in the data")
        else:
            self._fk[key] = written
            if target.nullable:
                self._nullable.append(name)
            locus = (self._table, "fk", name)
            self._source.record(span, *locus)
            self._source.record(target.table.span, *locus, "table")
            self._source.record(target.span, *locus, "column")


def _readable(written: str, table: str, columns: Key) -> bool:
    """Return whether the text form of a target, which `Metadata` keeps, can be read back."""
    try:
        return parse_target(written) == (table, columns)
    except SchemaError:
        return False
