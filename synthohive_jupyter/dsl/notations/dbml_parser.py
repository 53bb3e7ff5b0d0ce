"""The elements of DBML: what a text says, before it is put together.

Our own reader instead of pydbml: every name keeps its place, names in brackets keep their quotes,
and newer elements (``checks``) are read. The tests compare it with pydbml.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from synthohive_jupyter.dsl.notations.dbml_elements import (
    DbmlColumn,
    DbmlTable,
    Document,
    End,
    Index,
    Ref,
    Setting,
)
from synthohive_jupyter.dsl.notations.dbml_tokens import Cursor, Token, tokenize
from synthohive_jupyter.schema.suggestions import suggest

if TYPE_CHECKING:
    from collections.abc import Callable

    from synthohive_jupyter.dsl.problems import Source

_ELEMENTS = ("table", "ref", "enum", "project", "tablegroup", "tablepartial", "note")
RELATIONS = ("<", ">", "-", "<>")


class DbmlParser:
    """Reads the elements of a text, one token ahead."""

    def __init__(self, source: Source) -> None:
        self._cursor = Cursor(tokenize(source), source)
        self.document = Document()

    def parse(self) -> Document:
        """Read the whole text.

        Raises:
            SchemaError: At the first place that cannot be read.
        """
        while self._cursor.skip().kind != "END":
            word = self._cursor.next()
            if not word.says(*_ELEMENTS):
                near = suggest(word.raw, ["Table", "Enum", "Ref", "Project", "TableGroup"])
                raise self._cursor.error(word, "expected Table, Enum or Ref", near)
            match word.raw.lower():
                case "table":
                    self._table()
                case "ref":
                    self._ref()
                case "enum":
                    self._enum()
                case kind:
                    self._pass(kind)
        return self.document

    def _table(self) -> None:
        *schema, name = self._cursor.path("the name of the table")
        table = DbmlTable(name, schema=schema[-1] if schema else None)
        if self._cursor.take("as"):
            table.alias = self._cursor.name("the other name of the table")
        self._notes(table.notes, self._settings())
        self._block(lambda: self._table_line(table), f"write Table {name.raw} {{")
        self.document.tables.append(table)

    def _block(self, line: Callable[[], None], hint: str) -> None:
        """Read lines in curly brackets."""
        self._cursor.skip()
        opening = self._cursor.expect("{", hint)
        while not self._cursor.skip().says("}"):
            if self._cursor.peek.kind == "END":
                raise self._cursor.error(opening, "this '{' is not closed", "close it with '}'")
            line()
        self._cursor.next()

    def _table_line(self, table: DbmlTable) -> None:
        token, after = self._cursor.peek, self._cursor.after()
        if token.says("note") and after.says(":", "{"):
            self._note(table.notes)
        elif token.says("indexes") and self._opens():
            self._cursor.next()
            self._block(lambda: self._index(table), "write indexes {")
        elif token.says("checks") and self._opens():
            self._cursor.next()
            self._block(lambda: self._check(table), "write checks {")
        elif self._cursor.take("~"):
            partial = self._cursor.name("the name of a TablePartial")
            self.document.left_out.append(f"TablePartial {partial.text}")
        else:
            table.columns.append(self._column())

    def _opens(self) -> bool:
        """Return whether a block follows the word that is next."""
        ahead = 1
        while self._cursor.after(ahead).kind == "NL":
            ahead += 1
        return self._cursor.after(ahead).says("{")

    def _column(self) -> DbmlColumn:
        name = self._cursor.name("a column", "a column is NAME TYPE [settings]")
        parts, sizes, marks = [], [], []
        if self._cursor.peek.kind in {"NAME", "QUOTED"}:
            parts = [token.text for token in self._cursor.path("a type")]
            if self._cursor.take("("):
                while not self._cursor.peek.says(")") and self._cursor.peek.kind not in {
                    "NL",
                    "END",
                }:
                    sizes.append(self._cursor.next().text)
                self._cursor.expect(")", "close the size of the type")
            if self._cursor.peek.says("[") and self._cursor.after().says("]"):
                self._cursor.next()
                self._cursor.next()
                parts.append("array")
        while self._cursor.peek.kind == "NAME":
            marks.append(Setting(self._cursor.peek.raw.lower(), self._cursor.next()))
        settings = (*marks, *self._settings())
        self._line_end("a column is NAME TYPE [settings], one a line")
        kind = "array" if parts[-1:] == ["array"] else (parts[-1] if parts else "")
        return DbmlColumn(name, kind, tuple(s for s in sizes if s != ","), settings)

    def _line_end(self, hint: str) -> None:
        if self._cursor.peek.kind not in {"NL", "END"} and not self._cursor.peek.says("}"):
            raise self._cursor.error(self._cursor.peek, "expected the end of the line", hint)

    def _settings(self) -> tuple[Setting, ...]:
        """Read settings in square brackets, which may go over several lines."""
        if not self._cursor.take("["):
            return ()
        settings = []
        while not self._cursor.skip().says("]"):
            words = []
            while self._cursor.skip().kind in {"NAME", "QUOTED"}:
                words.append(self._cursor.next())
            if not words:
                raise self._cursor.error(
                    self._cursor.peek, "expected a setting", "like [pk, not null, ref: > users.id]"
                )
            value = self._value() if self._cursor.take(":") else ()
            name = " ".join(word.raw.lower() for word in words)
            settings.append(Setting(name, words[0], tuple(value)))
            if not self._cursor.skip().says("]"):
                self._cursor.expect(",", "a comma stands between settings, and ']' after the last")
        self._cursor.next()
        return tuple(settings)

    def _value(self) -> list[Token]:
        value: list[Token] = []
        self._cursor.skip()
        depth = 0
        while self._cursor.peek.kind not in {"NL", "END"} and (
            depth or not self._cursor.peek.says(",", "]")
        ):
            depth += self._cursor.peek.says("(") - self._cursor.peek.says(")")
            value.append(self._cursor.next())
        if not value:
            raise self._cursor.error(self._cursor.peek, "expected a value after the colon")
        return value

    def _notes(self, notes: list[Token], settings: tuple[Setting, ...]) -> None:
        notes += [s.value[0] for s in settings if s.name == "note" and s.value[0].kind == "TEXT"]

    def _note(self, notes: list[Token]) -> None:
        self._cursor.next()
        block = self._cursor.next().says("{")
        self._cursor.skip()
        if self._cursor.peek.kind not in {"TEXT", "QUOTED"}:
            raise self._cursor.error(
                self._cursor.peek, "expected a text in quotes", "write Note: 'text'"
            )
        notes.append(self._cursor.next())
        if block:
            self._cursor.skip()
            self._cursor.expect("}")

    def _index(self, table: DbmlTable) -> None:
        if self._cursor.take("("):
            columns = []
            while not self._cursor.skip().says(")"):
                if self._cursor.peek.kind not in {"NAME", "QUOTED", "EXPR"}:
                    raise self._cursor.error(self._cursor.peek, "expected a column of the index")
                columns.append(self._cursor.next())
                if not self._cursor.skip().says(")"):
                    self._cursor.expect(",", "a comma stands between columns")
            self._cursor.next()
        elif self._cursor.peek.kind in {"NAME", "QUOTED", "EXPR"}:
            columns = [self._cursor.next()]
        else:
            raise self._cursor.error(self._cursor.peek, "expected a column or (a, b)")
        table.indexes.append(Index(tuple(columns), self._settings()))

    def _check(self, table: DbmlTable) -> None:
        if self._cursor.peek.kind != "EXPR":
            raise self._cursor.error(
                self._cursor.peek, "expected a condition in backticks", "write `age > 17`"
            )
        table.checks.append(self._cursor.next())
        self._settings()

    def _ref(self) -> None:
        if self._cursor.peek.kind in {"NAME", "QUOTED"}:
            self._cursor.path("the name of the relation")
        if self._cursor.take(":"):
            self._relation()
        else:
            self._block(self._relation, "write Ref: orders.user_id > users.id")

    def _relation(self) -> None:
        left = read_end(self._cursor)
        sign = self._cursor.take(*RELATIONS)
        if sign is None:
            hint = "write orders.user_id > users.id"
            raise self._cursor.error(self._cursor.peek, "expected one of > < - <>", hint)
        self.document.refs.append(Ref(left, sign.raw, read_end(self._cursor)))
        self._settings()
        self._line_end("one relation a line")

    def _enum(self) -> None:
        *_, name = self._cursor.path("the name of the enum")
        values: list[Token] = []

        def line() -> None:
            values.append(self._cursor.name("a value of the enum"))
            self._settings()

        self._block(line, f"write Enum {name.raw} {{")
        self.document.enums[name.text] = tuple(values)

    def _pass(self, kind: str) -> None:
        """Pass over an element that says nothing of the data."""
        while self._cursor.skip().kind != "END" and not self._cursor.peek.says("{", ":"):
            self._cursor.next()
        depth = 0
        while self._cursor.peek.kind != "END":
            token = self._cursor.next()
            depth += token.says("{") - token.says("}")
            if not depth and (token.says("}") or self._cursor.peek.kind == "NL"):
                break
        if kind == "tablepartial":
            self.document.left_out.append("TablePartial")


def read_end(cursor: Cursor) -> End:
    """Read ``table.column``, ``schema.table.column`` or ``table.(a, b)``.

    Raises:
        SchemaError: If there is something else.
    """
    hint = "a relation is table.column > table.column"
    names = [cursor.name("a table and its column", hint)]
    while cursor.take("."):
        if cursor.take("("):
            columns = [cursor.name("a column", hint)]
            while cursor.take(","):
                columns.append(cursor.name("a column", hint))
            cursor.expect(")", hint)
            return End(names[-1], tuple(columns))
        names.append(cursor.name("a column", hint))
    if len(names) == 1:
        raise cursor.error(names[0], "expected a table and its column", hint)
    return End(names[-2], (names[-1],))
