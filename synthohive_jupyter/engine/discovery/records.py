"""What is guessed of a database, with the reasons, so that a person can judge it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from synthohive_jupyter.schema.tables import key_name

if TYPE_CHECKING:
    from synthohive_jupyter.privacy.config import PrivacyConfig
    from synthohive_jupyter.schema.metadata import Metadata
    from synthohive_jupyter.schema.tables import Key


@dataclass(frozen=True, slots=True)
class Guess:
    """One thing that was guessed.

    Attributes:
        table: The table.
        columns: Its columns concerned.
        what: ``primary key``, ``foreign key``, ``personal data``, ``range``, ``set``, ``check``,
            ``order`` or ``driver``.
        said: What the cell says of it.
        why: The evidence, without any value of the data.
        sure: How sure, from 0 to 1.
    """

    table: str
    columns: Key
    what: str
    said: str
    why: str
    sure: float


@dataclass(frozen=True, slots=True)
class Note:
    """Something of a table that a person should look at: nothing was guessed from it."""

    table: str
    text: str


@dataclass(frozen=True, slots=True)
class PrimaryGuess:
    """Columns that seem to be the primary key of a table."""

    columns: Key
    why: str
    sure: float


@dataclass(frozen=True, slots=True)
class ForeignGuess:
    """Columns that seem to point to another table.

    Attributes:
        columns: Columns of the child.
        parent: Table they point to.
        parent_columns: Its primary key, in the same order.
        nullable: Whether some rows point nowhere.
        why: The evidence.
        sure: How sure, from 0 to 1.
        orphans: Rows that hold a key that no row of the parent has.
    """

    columns: Key
    parent: str
    parent_columns: Key
    nullable: bool
    why: str
    sure: float
    orphans: int = 0

    @property
    def name(self) -> str:
        """The name that a description gives it."""
        return key_name(self.columns)


@dataclass(frozen=True, slots=True)
class Discovery:
    """A guessed description.

    Attributes:
        metadata: Tables, keys, types and rules.
        privacy: What to do with the personal data that was found.
        guesses: Everything guessed, table by table, with its reasons.
        notes: What a person should look at.
    """

    metadata: Metadata
    privacy: PrivacyConfig
    guesses: tuple[Guess, ...]
    notes: tuple[Note, ...]
