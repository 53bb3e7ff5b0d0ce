"""The error tree. Every error that a user can cause derives from `SynthoHiveError`.

::

    SynthoHiveError
    ├── SchemaError (ValueError)      the description is wrong; carries every problem found
    ├── DataError (ValueError)        the data does not fit the description
    ├── NotFittedError (ValueError)   something was asked of a model before `fit`
    ├── TrainingError                 training cannot go on (not a number, collapsed)
    │   └── ResumeError               nothing to go on from, or that of another fit
    ├── PrivacyError                  a privacy rule cannot be applied
    ├── SessionError                  no engine session can be found or started
    ├── StorageError                  reading or writing a table failed
    ├── ModelFileError                a saved model is damaged, hostile or of another version
    ├── CommandError                  an option or verb of the magic is wrong
    └── RunInterrupted                the user stopped the run; finished work was kept
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

MAX_PROBLEMS = 10
"""At most so many problems are reported at once; more would not be read."""


class SynthoHiveError(Exception):
    """Base of all errors of this package."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with a description, and where.

    Attributes:
        message: What is wrong, in one sentence, without a final stop.
        hint: What to do about it, or ``None``.
        locus: The element concerned, as a path: ``("orders", "fk", "user_id")``. The first part is
            the table; the second one of ``table pk fk column constraint pii context driver linkage
            data check together order rows model``; the third the name inside the table. The
            language finds the span by it.
        line: Line in the cell, from 1, or ``None`` where there is no text.
        column: Column in the line, from 1.
        length: Characters to underline.
        source: The line of text concerned, or ``None``.
    """

    message: str
    hint: str | None = None
    locus: tuple[str, ...] = ()
    line: int | None = None
    column: int | None = None
    length: int = 1
    source: str | None = None

    def at(self, line: int, column: int, length: int, source: str) -> Problem:
        """Return the same problem, placed in a text."""
        return replace(self, line=line, column=column, length=length, source=source)


class SchemaError(SynthoHiveError, ValueError):
    """The description of the database is wrong.

    Attributes:
        problems: Every problem found (at most `MAX_PROBLEMS` are printed).
        rendered: The whole text with carets where a source text exists, else ``None``.
    """

    def __init__(self, problems: Iterable[Problem] | str, *, rendered: str | None = None) -> None:
        if isinstance(problems, str):
            problems = [Problem(problems)]
        self.problems: tuple[Problem, ...] = tuple(problems)
        self.rendered = rendered
        # A plain traceback names the class itself.
        super().__init__((rendered or _plain(self.problems)).removeprefix("SchemaError: "))


def _plain(problems: tuple[Problem, ...]) -> str:
    lines = []
    for problem in problems[:MAX_PROBLEMS]:
        place = f"line {problem.line}, column {problem.column}: " if problem.line else ""
        hint = f" ({problem.hint})" if problem.hint else ""
        lines.append(f"{place}{problem.message}{hint}")
    if len(problems) > MAX_PROBLEMS:
        lines.append(f"… and {len(problems) - MAX_PROBLEMS} more")
    if len(lines) == 1:
        return lines[0]
    return f"{len(problems)} problems\n  " + "\n  ".join(lines)


class DataError(SynthoHiveError, ValueError):
    """The data does not fit the description; names table and column, never a value."""

    def __init__(
        self, message: str, *, table: str | None = None, column: str | None = None
    ) -> None:
        self.table = table
        self.column = column
        place = ".".join(part for part in (table, column) if part)
        super().__init__(f"{place}: {message}" if place else message)


class NotFittedError(SynthoHiveError, ValueError):
    """`fit` (or `load`) has to come first."""


class TrainingError(SynthoHiveError):
    """Training cannot go on; the message says why and what to try.

    Attributes:
        reason: Why.
        remedies: What to try, a sentence each.
    """

    def __init__(self, reason: str, *, remedies: Iterable[str] = ()) -> None:
        self.reason = reason
        self.remedies = tuple(remedies)
        super().__init__("\n".join([reason, *tried(self.remedies)]))


def tried(remedies: tuple[str, ...]) -> list[str]:
    """Return the lines that name remedies, none where there are none."""
    return ["what to try:", *(f"  - {remedy}" for remedy in remedies)] if remedies else []


class ResumeError(TrainingError):
    """What a run is to go on from belongs to other data or parameters, or is not there."""


class PrivacyError(SynthoHiveError):
    """A privacy rule cannot be applied."""


class SessionError(SynthoHiveError):
    """No engine session can be found or started; the message says the next step."""


class StorageError(SynthoHiveError):
    """Reading or writing a table failed."""


class ModelFileError(SynthoHiveError):
    """A saved model is damaged, hostile, or of a version that this one cannot read."""


class CommandError(SynthoHiveError):
    """An option or verb of the magic is wrong."""


class RunInterrupted(SynthoHiveError):  # noqa: N818 - an interruption is not an error of anybody
    """The user stopped the run; what was finished has been kept."""
