"""Conditions of SQL as ranges, sets and comparisons of columns."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from synthohive_jupyter.dsl.ast import Atom, Choices, Property, Span, Word
from synthohive_jupyter.dsl.bounds import MOMENT, NUMBER
from synthohive_jupyter.dsl.notations.sql_nodes import Nodes, UnreadableError, parse_statement

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from synthohive_jupyter.dsl.notations.drafts import DraftColumn, DraftTable
    from synthohive_jupyter.dsl.notations.sql_nodes import Expression
    from synthohive_jupyter.dsl.problems import Source

_LONGEST_INTEGER = 18
"""Digits up to which one is added to an exclusive bound."""


class CheckReader:
    """Reads the conditions of one table.

    Args:
        table: What they are added to.
        atom: Returns the name or value of a node with its place.
    """

    def __init__(self, table: DraftTable, atom: Callable[[Expression], Atom]) -> None:
        self._table = table
        self._atom = atom

    def read(self, condition: Expression, span: Span) -> Iterator[str]:
        """Take a condition over; return what cannot be, in words."""
        from sqlglot import exp

        node = _bare(condition)
        match node:
            case exp.And():
                yield from self.read(node.this, span)
                yield from self.read(node.expression, span)
            case exp.Or() if (other := _unless_null(node)) is not None:
                yield from self.read(other, span)
            case exp.Between():
                yield from self._compare(exp.GTE(this=node.this, expression=node.args["low"]), span)
                yield from self._compare(
                    exp.LTE(this=node.this, expression=node.args["high"]), span
                )
            case exp.GTE() | exp.GT() | exp.LTE() | exp.LT():
                yield from self._compare(node, span)
            case exp.In() | exp.EQ():
                yield from self._among(node)
            case exp.Is(this=exp.Column() as column, expression=exp.Null()) if _negated(node):
                self._column(column).required = True
            case _:
                yield _said(condition)

    def _column(self, node: Expression) -> DraftColumn:
        return self._table.column(self._atom(node.this))

    def _name(self, node: Expression) -> Atom:
        """Return a column as it is declared, at the place where it is compared."""
        return replace(self._atom(node.this), text=self._column(node).name.text)

    def _compare(self, node: Expression, span: Span) -> Iterator[str]:
        from sqlglot import exp

        left, right = _bare(node.this), _bare(node.expression)
        upper, strict = isinstance(node, (exp.LTE, exp.LT)), isinstance(node, (exp.GT, exp.LT))
        if isinstance(right, exp.Column) and not isinstance(left, exp.Column):
            left, right, upper = right, left, not upper
        if isinstance(left, exp.Column) and isinstance(right, exp.Column):
            first, second = (left, right) if upper else (right, left)
            operands = (self._name(first), self._name(second))
            span = operands[0].span
            check = Property("check", operands, span)
            if check not in self._table.properties:
                self._table.properties.append(check)
            if strict:
                yield f"{_said(node)} is read as '{operands[0].text} <= {operands[1].text}'"
            return
        bound = self._bound(right) if isinstance(left, exp.Column) else None
        if bound is None:
            yield _said(node)
            return
        column = self._column(left)
        if strict:
            moved = _moved(bound, column, upper=upper)
            if moved is None:
                yield f"{_said(node)} is read with the bound itself allowed"
            bound = moved or bound
        column.bound(None if upper else bound, bound if upper else None, bound.span)

    def _bound(self, node: Expression) -> Atom | None:
        """Return the end of a range: a number or a date."""
        atom = self._value(node)
        if atom is None:
            return None
        pattern = MOMENT if atom.quoted else NUMBER
        text = atom.text.replace(" ", "T") if atom.quoted else atom.text.rstrip(".")
        return Atom(text, span=atom.span) if pattern.fullmatch(text) else None

    def _value(self, node: Expression) -> Atom | None:
        """Return a literal; ``quoted`` where it is a text."""
        from sqlglot import exp

        match _bare(node):
            case exp.Literal() as literal:
                return self._atom(literal)
            case exp.Neg(this=exp.Literal(is_string=False) as literal):
                positive = self._atom(literal)
                return Atom(f"-{positive.text}", span=positive.span)
            case exp.Boolean() as truth:
                return Atom(str(truth.this).lower(), span=Span(1, 1, 1))
        return None

    def _among(self, node: Expression) -> Iterator[str]:
        """Take over ``column IN (…)``, ``column = ANY (ARRAY[…])`` and ``column = value``."""
        from sqlglot import exp

        column, values = _bare(node.this), []
        if isinstance(node, exp.In):
            values = list(node.expressions)
        elif isinstance(node.expression, exp.Any):
            array = _bare(node.expression.this)
            values = list(array.expressions) if isinstance(array, exp.Array) else []
        elif _bare(node.expression).key in {"literal", "neg"}:
            values = [node.expression]
        atoms = [self._value(value) for value in values]
        known = [atom for atom in atoms if atom is not None]
        if not isinstance(column, exp.Column) or not known or len(known) < len(atoms):
            yield _said(node)
            return
        unique = {atom.text: atom for atom in known}
        self._column(column).put(Choices(tuple(unique.values()), known[0].span))


def read_condition(text: str, start: int, table: DraftTable, source: Source) -> Iterator[str]:
    """Take over a condition that stands by itself; return what cannot be, in words.

    Args:
        text: The condition.
        start: Its offset in the text of ``source``.
        table: What it is added to.
        source: The whole text.
    """
    nodes = Nodes(source, start)
    try:
        condition = parse_statement(text, start, "postgres")
    except UnreadableError:
        yield f"CHECK ({text}) is left out"
        return
    for said in CheckReader(table, nodes.atom).read(condition, source.clipped(start, start + 1)):
        yield left_out(said)


def left_out(said: str) -> str:
    """Return a sentence about a condition that was read in part, or not at all."""
    return said if " is read " in said else f"{said} is left out"


def _bare(node: Expression) -> Expression:
    """Return a node without brackets and casts around it."""
    from sqlglot import exp

    while isinstance(node, (exp.Paren, exp.Cast)):
        node = node.this
    return node


def _negated(node: Expression) -> bool:
    return bool(node.args.get("negate"))


def _unless_null(node: Expression) -> Expression | None:
    """Return the condition beside ``x IS NULL OR``, or ``None``."""
    from sqlglot import exp

    for test, other in ((node.this, node.expression), (node.expression, node.this)):
        match _bare(test):
            case exp.Is(this=exp.Column(), expression=exp.Null()) as null if not _negated(null):
                return other
    return None


def _moved(bound: Atom, column: DraftColumn, *, upper: bool) -> Atom | None:
    """Return the next whole number, where only whole numbers are meant."""
    whole = re.fullmatch(r"-?[0-9]+", bound.text) and len(bound.text) <= _LONGEST_INTEGER
    if not whole or column.items.get("type") != Word("int"):
        return None
    return Atom(str(int(bound.text) + (-1 if upper else 1)), span=bound.span)


def _said(node: Expression) -> str:
    """Return a condition as SQL."""
    return f"CHECK ({node.sql()})"
