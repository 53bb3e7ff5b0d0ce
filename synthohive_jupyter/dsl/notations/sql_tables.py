"""Statements of SQL that make and alter tables, taken over into drafts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from synthohive_jupyter.dsl.ast import Atom, Choices, Word
from synthohive_jupyter.dsl.notations.drafts import DraftColumn, DraftKey, DraftTable
from synthohive_jupyter.dsl.notations.sql_checks import CheckReader, left_out
from synthohive_jupyter.dsl.notations.types import type_word

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Callable, Iterable

    from synthohive_jupyter.dsl.ast import Span
    from synthohive_jupyter.dsl.notations.sql_nodes import Expression, Nodes

_LEFT_OUT = {
    "defaultcolumnconstraint": "DEFAULT",
    "onupdatecolumnconstraint": "ON UPDATE",
    "computedcolumnconstraint": "computed columns",
    "indexcolumnconstraint": "INDEX",
}
"""What descriptions of data have no use for, worth a word."""

_SILENT = frozenset(
    f"{what}columnconstraint"
    for what in (
        "generatedasidentity", "autoincrement", "clustered", "comment", "collate", "characterset",
        "notforreplication", "encode",
    )
)  # fmt: skip
"""What says nothing about the values."""

_SEVERAL = "UNIQUE of several columns"


class PartReader:
    """Reads the parts of one statement into its table.

    Args:
        table: What they are added to.
        nodes: Names and places of the statement.
        enums: Values of the types that were made, by name in small letters.
        target: Returns the table that a node names.
        left: Counts what is left out.
        lost: Receives sentences about what is lost.
    """

    def __init__(
        self,
        table: DraftTable,
        nodes: Nodes,
        *,
        enums: dict[str, tuple[Atom, ...]],
        target: Callable[[Expression], Atom],
        left: Counter[str],
        lost: list[str],
    ) -> None:
        self.twice: list[tuple[Atom, Atom]] = []
        self._table = table
        self._nodes = nodes
        self._enums = enums
        self._target = target
        self._left = left
        self._lost = lost
        self._conditions: list[tuple[Expression, Span]] = []

    def read(self, parts: Iterable[Expression]) -> None:
        """Take over columns and constraints; ``twice`` holds columns that are there already."""
        for part in parts:
            self._part(part)
        # A condition may name columns that stand below it.
        for condition, span in self._conditions:
            for said in CheckReader(self._table, self._nodes.atom).read(condition, span):
                self._lost.append(f"{self._table.name.text}: {left_out(said)}")

    def _part(self, part: Expression) -> None:
        """Take over a column or a constraint of the table."""
        from sqlglot import exp

        match part:
            case exp.ColumnDef():
                self._column(part)
            case exp.Identifier():
                # A column without a type, as SQLite allows.
                self._column(exp.ColumnDef(this=part))
            case exp.Constraint():
                self._constraint(part.expressions)
            case exp.PrimaryKey():
                self._primary(part.expressions)
            case exp.UniqueColumnConstraint():
                self.unique(part.this.expressions if part.this else [])
            case exp.ForeignKey():
                columns = tuple(self._nodes.names(part.expressions))
                self._key(columns, part.args.get("reference"))
            case exp.CheckColumnConstraint():
                self._conditions.append((part.this, self._nodes.span(part)))
            case _ if part.key not in _SILENT:
                word = part.key.removesuffix("columnconstraint").upper()
                self._left[_LEFT_OUT.get(part.key, word)] += 1

    def _constraint(self, parts: list[Expression]) -> None:
        """Take over a constraint with a name."""
        from sqlglot import exp

        keys = [part for part in parts if isinstance(part, exp.ClusteredColumnConstraint)]
        for part in parts:
            # A key of SQL Server: its columns follow in a clause of their own.
            if isinstance(part, exp.PrimaryKeyColumnConstraint) and keys:
                self._primary(keys[0].this)
            elif isinstance(part, exp.UniqueColumnConstraint) and not part.this and keys:
                self.unique(keys[0].this)
            else:
                self._part(part)

    def _column(self, node: Expression) -> None:
        name = self._nodes.atom(node.this)
        if name.text in self._table.columns:
            self.twice.append((name, self._table.columns[name.text].name))
            return
        column = self._table.add(name)
        self._type(column, node.args.get("kind"))
        for constraint in node.args.get("constraints") or ():
            self._of_column(column, constraint.args.get("kind"))

    def _of_column(self, column: DraftColumn, kind: Expression) -> None:
        from sqlglot import exp

        match kind:
            case exp.PrimaryKeyColumnConstraint():
                column.put(Word("pk", column.name.span))
            case exp.NotNullColumnConstraint():
                column.required = not kind.args.get("allow_null")
            case exp.UniqueColumnConstraint():
                column.put(Word("unique", column.name.span))
            case exp.Reference():
                self._key((column.name,), kind)
            case _ if kind is not None:
                self._part(kind)

    def _type(self, column: DraftColumn, kind: Expression | None) -> None:
        if kind is None:
            return
        name = _type_name(kind)
        span = column.name.span
        own = name.rsplit(".", 1)[-1].strip('"').casefold()
        if own in self._enums:
            column.put(Choices(self._enums[own], span), Word("cat", span))
        elif name in {"ENUM", "ENUM8", "ENUM16"}:
            values = {v.name: self._nodes.atom(v) for v in kind.expressions if v.key == "literal"}
            column.put(Choices(tuple(values.values()), span), Word("cat", span))
        else:
            word = type_word(name, tuple(size.name for size in kind.expressions))
            if word is None:
                place = f"{self._table.name.text}.{column.name.text}"
                self._lost.append(f"{place}: the type {name} is left to the data")
            elif word:
                column.put(Word(word, span))

    def _primary(self, columns: list[Expression]) -> None:
        for name in self._nodes.names(columns):
            self._table.column(name).put(Word("pk", name.span))

    def unique(self, columns: list[Expression]) -> None:
        """Mark a column as unique; of several together nothing can be said."""
        names = list(self._nodes.names(columns))
        if len(names) == 1:
            self._table.column(names[0]).put(Word("unique", names[0].span))
        else:
            self._left[_SEVERAL] += 1

    def _key(self, columns: tuple[Atom, ...], reference: Expression | None) -> None:
        from sqlglot import exp

        if reference is None or not columns:
            return
        for option in reference.args.get("options") or ():
            self._left[str(option).split("(", 1)[0].upper()] += 1
        to = reference.this
        named = isinstance(to, exp.Schema)
        targets = tuple(self._nodes.names(to.expressions)) if named else ()
        table = self._target(to.this if named else to)
        self._table.keys.append(DraftKey(columns, table, targets, columns[0].span))


def _type_name(kind: Expression) -> str:
    """Return the name of a type, as it is written where sqlglot has none of its own."""
    name = getattr(kind.this, "name", "") if kind.this is not None else ""
    if name == "USERDEFINED" or not name:
        told = kind.args.get("kind") or name
        return str(getattr(told, "name", None) or told)
    return str(name)
