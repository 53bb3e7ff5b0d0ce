"""The syntax tree of a cell: what was written and where, before anything is resolved.

Nodes compare without their spans, so ``parse(render(program)) == program`` can be said plainly.
Items stay in the order of the text, and words may be unknown ones: judging is the compiler's work.
"""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of one line of the cell.

    Attributes:
        line: Line, from 1; the ``%%synthohive`` line is line 1.
        column: First character, from 1.
        end: Column after the last character.
    """

    line: int
    column: int
    end: int

    @property
    def length(self) -> int:
        """Characters to underline, at least one."""
        return max(self.end - self.column, 1)

    def to(self, other: Span) -> Span:
        """Return the span from here to the end of ``other``, or itself if that is another line."""
        return Span(self.line, self.column, other.end) if other.line == self.line else self


NOWHERE = Span(0, 0, 0)
"""The span of a node that was not read from a text."""


@dataclass(frozen=True, slots=True)
class Atom:
    """A name, word, number or value; ``quoted`` tells whether the text had double quotes."""

    text: str
    quoted: bool = field(default=False, compare=False, repr=False)
    span: Span = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Word:
    """A type or mark of a column: ``int``, ``pk``, ``unique``."""

    text: str
    span: Span = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Range:
    """``[low..high]``, both ends as written; an open end is ``None``."""

    low: Atom | None = None
    high: Atom | None = None
    span: Span = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Choices:
    """``{new, paid, sent}``."""

    values: tuple[Atom, ...] = ()
    span: Span = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Pii:
    """``pii``, ``pii(action)`` or ``pii(action:provider)``."""

    action: Atom | None = None
    provider: Atom | None = None
    span: Span = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Target:
    """``-> table.column``, ``-> table.(a, b)``, with ``?`` nullable."""

    table: Atom
    columns: tuple[Atom, ...]
    nullable: bool = False
    span: Span = field(default=NOWHERE, compare=False, repr=False)


Item = Word | Range | Choices | Pii | Target


@dataclass(frozen=True, slots=True)
class Column:
    """A column with its items, in the order of the text."""

    name: Atom
    items: tuple[Item, ...] = ()
    span: Span = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class CompositeKey:
    """``(a, b) -> table.(x, y)``."""

    columns: tuple[Atom, ...]
    target: Target
    span: Span = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Reference:
    """A column of ``@context``, bare or with its table."""

    column: Atom
    table: Atom | None = None
    span: Span = field(default=NOWHERE, compare=False, repr=False)


Operand = Atom | Reference | Range
"""What may follow the word of a property; a range only after ``@linkage``."""


@dataclass(frozen=True, slots=True)
class Property:
    """An ``@`` line; ``keyword`` is without the ``@`` and may be unknown."""

    keyword: str
    operands: tuple[Operand, ...] = ()
    span: Span = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Table:
    """A table with its columns, composite keys and properties."""

    name: Atom
    entries: tuple[Column | CompositeKey, ...] = ()
    properties: tuple[Property, ...] = ()
    span: Span = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class CellProgram:
    """A whole cell."""

    tables: tuple[Table, ...] = ()
    span: Span = field(default=NOWHERE, compare=False, repr=False)
