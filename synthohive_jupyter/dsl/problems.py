"""Where problems stand in a cell, and how they are shown: line, column, source line, carets."""

from __future__ import annotations

import bisect
import itertools
import re
from dataclasses import replace
from typing import TYPE_CHECKING

from synthohive_jupyter.dsl.ast import Span
from synthohive_jupyter.errors import MAX_PROBLEMS, Problem, SchemaError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

TAB = 4
"""Cells that a tab is shown with; front ends differ, so none is left in the output."""


class Source:
    """The text of a cell, and the places of what is described in it.

    Args:
        text: The body of the cell. A byte order mark and carriage returns are dropped.
        first_line: Line of the cell on which ``text`` begins.
        reword: Puts hints, which are in the words of the compact notation, into those of the text.

    Attributes:
        padded: The text with one newline for each line before it and one at the end, so that
            offsets in it give lines of the cell.
    """

    def __init__(
        self, text: str, first_line: int = 2, *, reword: Callable[[str], str] | None = None
    ) -> None:
        plain = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
        self.padded = "\n" * (first_line - 1) + plain + "\n"
        self._begin = first_line - 1
        self._lines = self.padded.split("\n")
        self._starts = [0, *itertools.accumulate(len(line) + 1 for line in self._lines)]
        self._spans: dict[tuple[str, ...], Span] = {}
        self._reword = reword

    def record(self, span: Span, *locus: str) -> None:
        """Remember where the element with this locus is written; the first place counts."""
        self._spans.setdefault(locus, span)

    def problem(self, span: Span, message: str, hint: str | None = None) -> Problem:
        """Return a problem with a place."""
        line = self._lines[span.line - 1]
        return Problem(message, hint).at(span.line, span.column, span.length, line)

    def at(self, start: int, end: int, message: str, hint: str | None = None) -> Problem:
        """Return a problem placed by offsets in `padded`."""
        return self.problem(self.span(start, end), message, hint)

    def span(self, start: int, end: int) -> Span:
        """Return the span of offsets in `padded`."""
        line = bisect.bisect_right(self._starts, start) - 1
        column = start - self._starts[line] + 1
        return Span(line + 1, column, column + end - start)

    def clipped(self, start: int, end: int) -> Span:
        """Return the span of offsets in `padded` that may be of several lines or outside of it.

        It stays on the line of its start, and does not leave it.
        """
        start = min(max(start, self._begin), len(self.padded) - 1)
        span = self.span(start, max(end, start + 1))
        stop = len(self._lines[span.line - 1]) + 1
        return Span(span.line, span.column, max(min(span.end, stop), span.column + 1))

    def place(self, problem: Problem) -> Problem:
        """Return a problem at the span of its locus, or of the longest recorded part of it."""
        if problem.line is not None:
            return problem
        for size in range(len(problem.locus), 0, -1):
            if span := self._spans.get(problem.locus[:size]):
                line = self._lines[span.line - 1]
                return problem.at(span.line, span.column, span.length, line)
        return problem

    def error(self, problems: Iterable[Problem]) -> SchemaError:
        """Return the error that shows all these problems, each once, in the order of the cell."""
        placed = dict.fromkeys(self._worded(self.place(problem)) for problem in problems)
        ordered = sorted(placed, key=_position)
        return SchemaError(ordered, rendered=render_problems(ordered))

    def _worded(self, problem: Problem) -> Problem:
        """Return a problem whose hint is in the words of the text."""
        if self._reword is None or problem.hint is None:
            return problem
        return replace(problem, hint=self._reword(problem.hint))


def _position(problem: Problem) -> tuple[bool, int, int]:
    return problem.line is None, problem.line or 0, problem.column or 0


def render_problems(problems: Sequence[Problem]) -> str:
    """Return the text that users see.

    >>> print(render_problems([Problem("unknown table 'usrs'").at(4, 4, 4, "a->usrs.id")]))
    SchemaError: cell line 4, column 4: unknown table 'usrs'
        a->usrs.id
           ^^^^
    """
    if len(problems) == 1:
        return "\n".join(["SchemaError: " + _headline(problems[0]), *_details(problems[0])])
    lines = [f"SchemaError: {len(problems)} problems in %%synthohive (nothing was trained)"]
    for problem in problems[:MAX_PROBLEMS]:
        lines += ["", "  " + _headline(problem), *_details(problem)]
    if len(problems) > MAX_PROBLEMS:
        lines += ["", f"  … and {len(problems) - MAX_PROBLEMS} more"]
    return "\n".join(lines)


def _headline(problem: Problem) -> str:
    if problem.line is None:
        return problem.message
    return f"cell line {problem.line}, column {problem.column}: {problem.message}"


def _details(problem: Problem) -> list[str]:
    if problem.source is None or problem.column is None:
        return [f"    {problem.hint}"] if problem.hint else []
    start = problem.column - 1
    shown, edges = _shown(problem.source, start, start + problem.length)
    carets = " " * edges[0] + "^" * max(edges[1] - edges[0], 1)
    hint = f" {problem.hint}" if problem.hint else ""
    return [f"    {shown}".rstrip(), f"    {carets}{hint}"]


def _shown(line: str, *positions: int) -> tuple[str, list[int]]:
    """Return a line without tabs and control characters, and positions in it as screen cells."""
    if line.isascii() and line.isprintable():
        return line, list(positions)
    from wcwidth import wcswidth

    wanted = {min(position, len(line)) for position in positions}
    shown = ""
    cells = {}
    for index, character in enumerate([*line, ""]):
        if index in wanted:
            cells[index] = max(wcswidth(shown), 0)
        if character == "\t":
            shown += " " * (TAB - max(wcswidth(shown), 0) % TAB)
        else:
            shown += _CONTROL.sub("�", character)
    return shown, [cells[min(position, len(line))] for position in positions]


_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
"""What would move the cursor, turn the text around, or cannot be encoded at all."""
