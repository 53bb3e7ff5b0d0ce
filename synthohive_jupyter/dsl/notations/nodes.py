"""Trees of mappings, sequences and scalars with their places: what YAML and JSON are read into."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from synthohive_jupyter.dsl.ast import Atom, Span
from synthohive_jupyter.dsl.notations.fragments import Piece

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True, slots=True)
class Scalar:
    """A text, a number, a truth value or nothing.

    Attributes:
        text: The text, without quotes and escapes.
        span: Its place.
        plain: Whether it stood without quotes, so that ``true`` is a truth value.
        exact: Whether its characters are those of the place inside the quotes.
    """

    text: str
    span: Span
    plain: bool = False
    exact: bool = True

    @property
    def null(self) -> bool:
        """Whether this is nothing."""
        return self.plain and self.text.lower() in {"", "~", "null"}

    @property
    def truth(self) -> bool | None:
        """The truth value, or ``None`` if it is none."""
        return {"true": True, "false": False}.get(self.text.lower()) if self.plain else None

    @property
    def atom(self) -> Atom:
        """The text as a name; whatever it is, it is no word of the notation."""
        return Atom(self.text, quoted=True, span=self.span)

    @property
    def piece(self) -> Piece:
        """The text as a piece of the compact notation."""
        span, quoted = self.span, int(not self.plain)
        inside = Span(span.line, span.column + quoted, max(span.end - quoted, span.column + 1))
        return Piece(self.text, inside if self.exact else span, self.exact)


@dataclass(frozen=True, slots=True)
class Sequence:
    """A list."""

    items: tuple[Node, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Mapping:
    """Keys with their values, in the order of the text; a key may be there twice."""

    pairs: tuple[tuple[Scalar, Node], ...]
    span: Span

    def get(self, key: str) -> Node | None:
        """Return the first value of a key."""
        return next((value for name, value in self.pairs if name.text == key), None)

    def text(self, key: str) -> str | None:
        """Return the first value of a key, if it is a text."""
        value = self.get(key)
        return value.text if isinstance(value, Scalar) and not value.null else None

    def __iter__(self) -> Iterator[tuple[Scalar, Node]]:
        return iter(self.pairs)


Node: TypeAlias = Scalar | Sequence | Mapping
