"""SQL to a syntax tree: ``CREATE TABLE`` and what alters tables; sqlglot does the reading.

The dialect is found by trying: names in double quotes first, then backticks and square brackets.
"""

from __future__ import annotations

import logging
import re
from collections import Counter
from contextlib import contextmanager
from typing import TYPE_CHECKING

from synthohive_jupyter.dsl.notations.drafts import DraftTable, Reading, build, meant
from synthohive_jupyter.dsl.notations.fragments import Piece
from synthohive_jupyter.dsl.notations.notes import MARK, read_column_note, read_table_note
from synthohive_jupyter.dsl.notations.personal import personal_notice
from synthohive_jupyter.dsl.notations.sql_nodes import (
    Expression,
    Nodes,
    UnreadableError,
    parse_statement,
)
from synthohive_jupyter.dsl.notations.sql_statements import Script, Statement, split
from synthohive_jupyter.dsl.notations.sql_tables import PartReader
from synthohive_jupyter.schema.suggestions import closest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from synthohive_jupyter.dsl.ast import Atom
    from synthohive_jupyter.dsl.problems import Source
    from synthohive_jupyter.errors import Problem

_DIALECTS = ("postgres", "mysql", "tsql", "", "sqlite", "oracle", "snowflake", "bigquery", "duckdb")


def parse_sql(source: Source) -> Reading:
    """Read a script; of its statements those count that make or alter tables.

    Raises:
        SchemaError: At the first place that no dialect can read.
    """
    text = source.padded
    meant_one = "mysql" if "`" in text else "tsql" if _BRACKETS.search(text) else "postgres"
    failed: dict[str, UnreadableError] = {}
    with _quiet_log():
        for dialect in _DIALECTS:
            try:
                return _read(source, dialect)
            except UnreadableError as error:
                failed[dialect] = error
    told = failed[meant_one]
    span = source.clipped(told.start, told.end)
    raise source.error([source.problem(span, told.message, told.hint)])


_LISTED = 12
"""Kinds of statements that a notice lists; dumps hold many."""

_BRACKETS = re.compile(r"\[\w[^\]\n]*\]\s")


@contextmanager
def _quiet_log() -> Iterator[None]:
    """Keep what sqlglot logs of statements that it cannot read to itself; notices say it."""
    log = logging.getLogger("sqlglot")
    before = log.disabled
    log.disabled = True
    try:
        yield
    finally:
        log.disabled = before


def _read(source: Source, dialect: str) -> Reading:
    script = split(source.padded, dialect)
    reader = _StatementReader(source, dialect)
    for statement in script.statements:
        reader.read(statement)
    if not reader.tables:
        raise source.error([_nothing(script, source)])
    reader.notes(script)
    program = build(list(reader.tables.values()))
    notices = [*reader.notices(), *personal_notice(program, f"a comment: -- {MARK} pii(fake)")]
    return Reading(program, reader.problems, notices)


def _nothing(script: Script, source: Source) -> Problem:
    """Return the problem of a script that makes no table."""
    first = script.statements[0] if script.statements else Statement("", 0, 1, ())
    near = next((word for word in first.words[1:3] if closest(word, ["TABLE"])), None)
    hint = f"did you mean CREATE TABLE instead of {' '.join(first.words[:2])}?" if near else None
    span = source.clipped(first.start, first.start + len(" ".join(first.words[:1])))
    return source.problem(span, "no CREATE TABLE is in this SQL", hint)


class _StatementReader:
    """Reads the statements of a script one after the other."""

    def __init__(self, source: Source, dialect: str) -> None:
        self.tables: dict[str, DraftTable] = {}
        self.problems: list[Problem] = []
        self._source = source
        self._dialect = dialect
        self._enums: dict[str, tuple[Atom, ...]] = {}
        self._made: list[tuple[Statement, DraftTable]] = []
        self._left: Counter[str] = Counter()
        self._lost: list[str] = []
        self._schemas: set[str] = set()

    def notices(self) -> list[str]:
        """Return what could not be taken over."""
        said = list(dict.fromkeys(self._lost))
        if self._schemas:
            said.append(f"names of schemas are left out: {', '.join(sorted(self._schemas))}")
        if self._left:
            counted = [f"{what} ({number})" for what, number in self._left.items()]
            more = ", …" if len(counted) > _LISTED else ""
            listing = ", ".join(counted[:_LISTED])
            said.append(f"left out, as data has no place for it: {listing}{more}")
        return said

    def read(self, statement: Statement) -> None:
        """Take a statement over.

        Raises:
            UnreadableError: If it makes a table and the dialect does not know it.
        """
        words = statement.words
        nodes = Nodes(self._source, statement.start)
        if words[0] == "CREATE" and {"TABLE", "TYPE", "UNIQUE"} & set(words):
            node = parse_statement(statement.text, statement.start, self._dialect)
            self._create(statement, node, nodes)
        elif words[:2] == ("ALTER", "TABLE"):
            node = parse_statement(statement.text, statement.start, self._dialect)
            self._alter(statement, node, nodes)
        else:
            number = 2 if words[0] in {"CREATE", "ALTER", "DROP"} else 1
            self._left[" ".join(words[:number])] += 1

    def notes(self, script: Script) -> None:
        """Take over the notes in comments: of tables, and of the column on the same line."""
        for start, text in script.notes():
            piece = Piece(text, self._source.clipped(start, start + len(text)))
            tables = [t for s, t in self._made if s.start <= start < s.end]
            columns = [
                column
                for table in tables
                for column in table.columns.values()
                if column.name.span.line == piece.span.line
            ]
            if tables and text.startswith("@"):
                read_table_note(piece, tables[0], self._source, self.problems)
            elif columns and not text.startswith("@"):
                read_column_note(piece, columns[-1], self._source, self.problems)
            else:
                hint = "notes stand inside of a table: on the line of a column, or with an @"
                message = "this note belongs to nothing"
                self.problems.append(self._source.problem(piece.span, message, hint))

    def _create(self, statement: Statement, node: Expression, nodes: Nodes) -> None:
        from sqlglot import exp

        kind = (node.args.get("kind") or "").upper() if isinstance(node, exp.Create) else ""
        made = node.this if kind else None
        if kind == "TYPE" and isinstance(node.expression, exp.DataType):
            values = {value.name: nodes.atom(value) for value in node.expression.expressions}
            self._enums[node.this.name.casefold()] = tuple(values.values())
        elif kind == "INDEX" and isinstance(made, exp.Index):
            self._index(made, nodes)
        elif kind == "TABLE" and isinstance(made, exp.Schema):
            table = self._table(made.this, nodes, new=True)
            self._parts(statement, table, made.expressions, nodes)
        elif kind == "TABLE" and node.find(exp.PartitionedOfProperty) is not None:
            self._left["partitions"] += 1
        elif kind == "TABLE" and isinstance(made, exp.Table):
            self._lost.append(f"'{made.name}' is made by a query: its columns are seen in the data")
            self._parts(statement, self._table(made, nodes, new=True), [], nodes)
        elif not kind and "TABLE" in statement.words:
            end = statement.start + len(statement.words[0])
            raise UnreadableError(statement.start, end, "this statement cannot be read")
        else:
            self._left[" ".join(statement.words[:2])] += 1

    def _alter(self, statement: Statement, node: Expression, nodes: Nodes) -> None:
        from sqlglot import exp

        if not isinstance(node, exp.Alter):
            self._unread(statement)
            return
        parts: list[Expression] = []
        for action in node.args.get("actions") or ():
            if isinstance(action, exp.AddConstraint):
                parts += action.expressions
            elif isinstance(action, exp.ColumnDef):
                parts.append(action)
            else:
                self._left["ALTER TABLE"] += 1
        if parts:
            self._parts(statement, self._table(node.this, nodes, new=False), parts, nodes)

    def _unread(self, statement: Statement) -> None:
        """Tell of an ``ALTER TABLE`` that sqlglot does not know, if it adds something."""
        if re.search(r"\bADD\b", statement.text, re.IGNORECASE):
            line = self._source.clipped(statement.start, statement.end).line
            self._lost.append(f"the ALTER TABLE on line {line} is left out")
        else:
            self._left["ALTER TABLE"] += 1

    def _parts(
        self, statement: Statement, table: DraftTable, parts: list[Expression], nodes: Nodes
    ) -> None:
        self._made.append((statement, table))
        reader = self._reader(table, nodes)
        reader.read(parts)
        for name, first in reader.twice:
            self._twice(
                f"column '{name.text}' is declared twice in '{table.name.text}'", name, first
            )

    def _reader(self, table: DraftTable, nodes: Nodes) -> PartReader:
        return PartReader(
            table,
            nodes,
            enums=self._enums,
            target=lambda node: self._table_name(node, nodes),
            left=self._left,
            lost=self._lost,
        )

    def _index(self, index: Expression, nodes: Nodes) -> None:
        """Take over a unique index."""
        parameters = index.args.get("params")
        if index.args.get("table") is not None and parameters is not None:
            table = self._table(index.args["table"], nodes, new=False)
            self._reader(table, nodes).unique(parameters.args.get("columns") or [])

    def _table(self, node: Expression, nodes: Nodes, *, new: bool) -> DraftTable:
        """Return the table of a name; where it is altered, the one that is there."""
        name = self._table_name(node, nodes)
        known = None if new else meant(name.text, self.tables)
        if known is not None:
            return self.tables[known]
        if name.text in self.tables:
            first = self.tables[name.text].name
            self._twice(f"table '{name.text}' is declared twice", name, first)
            return DraftTable(name)
        self.tables[name.text] = DraftTable(name)
        return self.tables[name.text]

    def _table_name(self, node: Expression, nodes: Nodes) -> Atom:
        from sqlglot import exp

        if not isinstance(node, exp.Table) or not isinstance(node.this, exp.Identifier):
            place = nodes.offset(node)
            raise UnreadableError(place, place + 1, "expected the name of a table")
        if node.db:
            self._schemas.add(node.db)
        return nodes.atom(node.this)

    def _twice(self, message: str, name: Atom, first: Atom) -> None:
        hint = f"the first one is on line {first.span.line}"
        self.problems.append(self._source.problem(name.span, message, hint))
