"""DBML to a syntax tree."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

from synthohive_jupyter.dsl.ast import Atom, Choices, Span, Word
from synthohive_jupyter.dsl.notations.dbml_parser import RELATIONS, DbmlParser, read_end
from synthohive_jupyter.dsl.notations.dbml_tokens import Cursor, Token
from synthohive_jupyter.dsl.notations.drafts import (
    DraftColumn,
    DraftKey,
    DraftTable,
    Reading,
    build,
)
from synthohive_jupyter.dsl.notations.fragments import Piece
from synthohive_jupyter.dsl.notations.notes import MARK, read_column_note, read_table_note
from synthohive_jupyter.dsl.notations.personal import personal_notice
from synthohive_jupyter.dsl.notations.types import type_word

if TYPE_CHECKING:
    from collections.abc import Iterator

    from synthohive_jupyter.dsl.notations.dbml_elements import (
        DbmlColumn,
        DbmlTable,
        End,
        Index,
        Ref,
        Setting,
    )
    from synthohive_jupyter.dsl.problems import Source
    from synthohive_jupyter.errors import Problem

_PLAIN = frozenset({"null", "increment", "headercolor"})
"""Settings that say nothing about the values."""


def parse_dbml(source: Source) -> Reading:
    """Read a description in DBML.

    Raises:
        SchemaError: At the first place that cannot be read.
    """
    reader = _Reader(source)
    reader.read()
    program = build(list(reader.tables.values()))
    notices = [*reader.notices, *personal_notice(program, f"[note: '{MARK} pii(fake)']")]
    return Reading(program, reader.problems, notices)


class _Reader:
    def __init__(self, source: Source) -> None:
        self.problems: list[Problem] = []
        self.notices: list[str] = []
        self.tables: dict[str, DraftTable] = {}
        self._source = source
        self._document = DbmlParser(source).parse()
        self._enums = self._document.enums
        self._names: dict[str, str] = {}
        self._left = Counter(self._document.left_out)
        self._inline_refs: list[tuple[DraftTable, DraftColumn, Setting]] = []

    def read(self) -> None:
        for table in self._document.tables:
            self._table(table)
        # Names and keys of all tables are known now.
        for inline in self._inline_refs:
            self._inline(*inline)
        for ref in self._document.refs:
            self._ref(ref)
        schemas = {t.schema.text for t in self._document.tables if t.schema is not None}
        if schemas:
            self.notices.append(f"names of schemas are left out: {', '.join(sorted(schemas))}")
        if self._left:
            counted = (f"{what} ({number})" for what, number in self._left.items())
            said = f"left out, as data has no place for it: {', '.join(counted)}"
            self.notices.append(said)

    def _atom(self, token: Token) -> Atom:
        return Atom(token.text, quoted=True, span=self._span(token))

    def _span(self, token: Token) -> Span:
        return self._source.clipped(token.start, token.end)

    def _twice(self, name: Atom, what: str, first: Atom) -> None:
        hint = f"the first one is on line {first.span.line}"
        self.problems.append(
            self._source.problem(name.span, f"{what} '{name.text}' is declared twice", hint)
        )

    def _table(self, written: DbmlTable) -> None:
        table = DraftTable(self._atom(written.name))
        name = table.name.text
        if name in self.tables:
            self._twice(table.name, "table", self.tables[name].name)
            return
        self.tables[name] = table
        self._names |= {name: name} | ({written.alias.text: name} if written.alias else {})
        for column in written.columns:
            self._column(table, column)
        for index in written.indexes:
            self._index(table, [self._atom(t) for t in index.columns if t.kind != "EXPR"], index)
        for check in written.checks:
            self._check(table, check)
        for note in written.notes:
            for piece in self._pieces(note):
                read_table_note(piece, table, self._source, self.problems)

    def _column(self, table: DraftTable, written: DbmlColumn) -> None:
        name = self._atom(written.name)
        if name.text in table.columns:
            self._twice(name, "column", table.columns[name.text].name)
            return
        column = table.add(name)
        self._type(table, column, written)
        for setting in written.settings:
            self._setting(table, column, setting)

    def _type(self, table: DraftTable, column: DraftColumn, written: DbmlColumn) -> None:
        span = column.name.span
        if written.type in self._enums:
            values = {t.text: self._atom(t) for t in self._enums[written.type]}
            column.put(Word("cat", span), Choices(tuple(values.values()), span))
            return
        word = type_word(written.type, written.sizes) if written.type else ""
        if word is None:
            place = f"{table.name.text}.{column.name.text}"
            self.notices.append(f"{place}: the type {written.type} is left to the data")
        elif word:
            column.put(Word(word, span))

    def _setting(self, table: DraftTable, column: DraftColumn, setting: Setting) -> None:
        match setting.name:
            case "pk" | "primary key":
                column.put(Word("pk", self._span(setting.place)))
            case "unique":
                column.put(Word("unique", self._span(setting.place)))
            case "not null":
                column.required = True
            case "note" if setting.value and setting.value[0].kind == "TEXT":
                for piece in self._pieces(setting.value[0]):
                    read_column_note(piece, column, self._source, self.problems)
            case "ref" if setting.value:
                self._inline_refs.append((table, column, setting))
            case "check" if setting.value and setting.value[0].kind == "EXPR":
                self._check(table, setting.value[0])
            case name if name not in _PLAIN:
                self._left[name] += 1

    def _inline(self, table: DraftTable, column: DraftColumn, setting: Setting) -> None:
        end = Token("END", "", setting.value[-1].end)
        cursor = Cursor((*setting.value, end), self._source)
        sign = cursor.take(*RELATIONS)
        if sign is None:
            raise cursor.error(cursor.peek, "expected one of > < -", "write [ref: > users.id]")
        self._relate((table, (column.name,)), sign.raw, read_end(cursor), column.name.span)

    def _index(self, table: DraftTable, columns: list[Atom], index: Index) -> None:
        names = {setting.name: setting for setting in index.settings}
        whole = len(columns) == len(index.columns)
        if "pk" in names and whole:
            table.mark(columns, "pk", columns[0].span)
        elif "unique" in names and whole and len(columns) == 1:
            table.mark(columns, "unique", columns[0].span)
        else:
            self._left["unique of several columns" if "unique" in names else "index"] += 1

    def _check(self, table: DraftTable, token: Token) -> None:
        from synthohive_jupyter.dsl.notations.sql_checks import read_condition

        start, text = token.inside
        said = read_condition(text, start, table, self._source)
        self.notices += [f"{table.name.text}: {notice}" for notice in said]

    def _pieces(self, note: Token) -> Iterator[Piece]:
        """Return what a note says to us, one piece a line."""
        start, raw = note.inside
        for match in re.finditer(rf"{MARK}[ \t]*([^\n]*)", raw):
            written = match[1].rstrip()
            text = re.sub(r"\\(.)", r"\1", written)
            offset = start + match.start(1)
            if written:
                span = self._source.clipped(offset, offset + len(written))
                yield Piece(text, span, exact=text == written)

    def _ref(self, ref: Ref) -> None:
        left = self._known(ref.left.table)
        table = self.tables.get(left.text)
        if table is None:
            problem = self._source.problem(left.span, f"unknown table '{left.text}'")
            self.problems.append(problem)
            return
        columns = tuple(self._atom(token) for token in ref.left.columns)
        self._relate((table, columns), ref.sign, ref.right, columns[0].span)

    def _known(self, token: Token) -> Atom:
        """Return the table that a name or another name of it means."""
        atom = self._atom(token)
        return Atom(self._names.get(atom.text, atom.text), quoted=True, span=atom.span)

    def _relate(
        self, left: tuple[DraftTable, tuple[Atom, ...]], sign: str, right: End, span: Span
    ) -> None:
        """Take over a relation; the key stands on its side of many."""
        table, columns = left
        other = self._known(right.table)
        targets = tuple(self._atom(token) for token in right.columns)
        if sign == "<>":
            message = f"{table.name.text} <> {other.text}: many to many needs a table of its own"
            self.notices.append(message)
            return
        parent = self.tables.get(other.text)
        turned = sign == "<" or (
            sign == "-" and parent is not None and _whole_key(table, columns)
            and not _whole_key(parent, targets)
        )  # fmt: skip
        if sign == "-":
            ends = (table.name.text, other.text)
            self.notices.append(f"{ends[0]} - {ends[1]}: one to one is read as many to one")
        if not turned:
            table.keys.append(DraftKey(columns, other, targets, span))
        elif parent is not None:
            parent.keys.append(DraftKey(targets, table.name, columns, targets[0].span))
        else:
            self.problems.append(self._source.problem(other.span, f"unknown table '{other.text}'"))


def _whole_key(table: DraftTable, columns: tuple[Atom, ...]) -> bool:
    primary = {column.name.text for column in table.primary}
    return bool(primary) and primary == {column.text for column in columns}
