"""The elements of DBML, as they are written."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from synthohive_jupyter.dsl.notations.dbml_tokens import Token


@dataclass(frozen=True, slots=True)
class End:
    """One side of a relation."""

    table: Token
    columns: tuple[Token, ...]


@dataclass(frozen=True, slots=True)
class Ref:
    """A relation: ``left > right``."""

    left: End
    sign: str
    right: End


@dataclass(frozen=True, slots=True)
class Setting:
    """``name: value`` in square brackets; the value is the tokens after the colon."""

    name: str
    place: Token
    value: tuple[Token, ...] = ()


@dataclass(frozen=True, slots=True)
class DbmlColumn:
    """A column: its type as names and sizes, and its settings."""

    name: Token
    type: str
    sizes: tuple[str, ...]
    settings: tuple[Setting, ...]


@dataclass(frozen=True, slots=True)
class Index:
    """An index over columns (or expressions)."""

    columns: tuple[Token, ...]
    settings: tuple[Setting, ...]


@dataclass(slots=True)
class DbmlTable:
    """A table."""

    name: Token
    alias: Token | None = None
    schema: Token | None = None
    columns: list[DbmlColumn] = field(default_factory=list)
    indexes: list[Index] = field(default_factory=list)
    checks: list[Token] = field(default_factory=list)
    notes: list[Token] = field(default_factory=list)


@dataclass(slots=True)
class Document:
    """A whole text; ``enums`` maps the name of an enum to its values."""

    tables: list[DbmlTable] = field(default_factory=list)
    refs: list[Ref] = field(default_factory=list)
    enums: dict[str, tuple[Token, ...]] = field(default_factory=dict)
    left_out: list[str] = field(default_factory=list)
