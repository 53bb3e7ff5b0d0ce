"""Syntax tree to `Metadata` and `PrivacyConfig`, with every problem at its place in the cell."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from synthohive_jupyter.dsl.parser import parse_source
from synthohive_jupyter.dsl.problems import Source
from synthohive_jupyter.dsl.tables import TableReader
from synthohive_jupyter.errors import Problem
from synthohive_jupyter.privacy.config import PrivacyConfig
from synthohive_jupyter.schema.metadata import Metadata
from synthohive_jupyter.schema.validate import find_problems

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from synthohive_jupyter.dsl.ast import CellProgram
    from synthohive_jupyter.errors import SchemaError
    from synthohive_jupyter.schema.facts import TableFacts


@dataclass(frozen=True, slots=True)
class CompiledCell:
    """A cell whose description is sound.

    Attributes:
        text: The text of the cell, as it was given.
        program: Its syntax tree.
        metadata: The description of the database.
        privacy: The rules of its personal data.
        data: Table name to the name or path after ``@data``, where there is one.
        rows: Table name to the number after ``@rows``, where there is one.
        source: The places of everything in the text.
        notices: What the text says and the description cannot, one sentence each.
    """

    text: str
    program: CellProgram
    metadata: Metadata
    privacy: PrivacyConfig
    data: Mapping[str, str]
    rows: Mapping[str, int]
    source: Source
    notices: tuple[str, ...] = ()

    def check(self, facts: Mapping[str, TableFacts]) -> None:
        """Check the description against its data.

        Args:
            facts: Table name to the facts of its data; a table without data is not in it.

        Raises:
            SchemaError: With all problems, placed in the text.
        """
        if problems := find_problems(self.metadata, facts, sources=self.data):
            raise self.error(problems)

    def locate(self, problems: Iterable[Problem]) -> tuple[Problem, ...]:
        """Return problems with the places of their loci in the text."""
        return tuple(self.source.place(problem) for problem in problems)

    def error(self, problems: Iterable[Problem]) -> SchemaError:
        """Return the error that shows problems found later, at their places in the text."""
        return self.source.error(problems)


def compile_cell(
    text: str, *, first_line: int = 2, facts: Mapping[str, TableFacts] | None = None
) -> CompiledCell:
    r"""Read a cell and check all that it says.

    Args:
        text: The body of the cell, without the ``%%synthohive`` line.
        first_line: Line of the cell on which ``text`` begins.
        facts: Facts of the data, if they are known already; see `CompiledCell.check`.

    Raises:
        SchemaError: With the first place that cannot be read, or all problems that were found;
            ``rendered`` is the text to show.

    >>> cell = compile_cell("users: id pk, email pii\norders: id pk, user_id -> users.id")
    >>> cell.metadata
    Metadata(users, orders)
    >>> cell.privacy.rule("users", "email").action
    'fake'
    """
    source = Source(text, first_line)
    program = parse_source(source)
    return compile_program(
        text, source, program, problems=list(_layout(source, program)), facts=facts
    )


def compile_program(
    text: str,
    source: Source,
    program: CellProgram,
    *,
    notices: Iterable[str] = (),
    problems: Iterable[Problem] = (),
    facts: Mapping[str, TableFacts] | None = None,
) -> CompiledCell:
    """Check all that a syntax tree says, whatever the notation that it was read from.

    Args:
        text: What was read.
        source: Its lines; the places of everything are recorded in it.
        program: The syntax tree, its spans in ``source``.
        notices: What could not be carried into the tree, one sentence each.
        problems: What is wrong with the text already.
        facts: Facts of the data, if they are known already.

    Raises:
        SchemaError: With all problems that were found.
    """
    metadata = Metadata()
    reader = TableReader(source, metadata)
    for table in program.tables:
        reader.read(table)
    privacy = PrivacyConfig(dict(reader.rules))
    found = [
        *problems,
        *reader.problems,
        *find_problems(metadata, facts, sources=reader.data),
        *privacy.validate(metadata),
        *_row_counts(metadata, reader.rows),
    ]
    if found:
        raise source.error(found)
    return CompiledCell(
        text, program, metadata, privacy, reader.data, reader.rows, source, tuple(notices)
    )


def _layout(source: Source, program: CellProgram) -> Iterator[Problem]:
    """Report properties that are not indented under their table."""
    for table in program.tables:
        for item in table.properties:
            if item.span.column <= table.name.span.column:
                message = (
                    f"'@{item.keyword}' must be indented, as it belongs to '{table.name.text}'"
                )
                yield source.problem(item.span, message, "put two spaces before it")


def _row_counts(metadata: Metadata, rows: Mapping[str, int]) -> Iterator[Problem]:
    """Report numbers of rows for tables that are copied."""
    for name in rows:
        if metadata.tables[name].keep:
            yield Problem(
                f"'{name}' is kept as it is and takes no number of rows",
                hint="remove @rows or @keep",
                locus=(name, "rows"),
            )
