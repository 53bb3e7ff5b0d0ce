"""Where the cursor is: in the first line of our magic, in the body of its cell, or elsewhere.

A front end that sends the current line alone (VS Code in places, IPython's older `complete`) gives
no first line to go by. Such a line is taken for ours only where Python could not mean it:
``name: … pk``, ``name: … -> …``, or an indented ``@property`` with something after it.
"""

from __future__ import annotations

import keyword
import re
from dataclasses import dataclass

_CELL = re.compile(r"\s*%%synthohive(?:[ \t]+|$)")
_LINE = re.compile(r"\s*(?:[^\W\d][\w.,\[\]\"' \t]*=[ \t]*)?%synthohive[ \t]+")
_WRAPPER = re.compile(r"\s*%%(?:time|capture|prun)\b")
"""Cell magics that run what is below them as a cell of its own."""

_LONE_PROPERTY = re.compile(r"[ \t]+@[a-z]+[ \t]")
_LONE_TABLE = re.compile(r"[ \t]*(?:(?P<name>\w+)|\"[^\"]+\")[ \t]*:")
_LONE_MARK = re.compile(r"->|\w\"?[ \t]+pk\b")


@dataclass(frozen=True, slots=True)
class Place:
    """The cursor in one of our cells or lines.

    Attributes:
        line: The words after the magic's name: up to the cursor where it stands in them, else all.
        body: The text below the first line; ``None`` for a line magic.
        cursor: Offset of the cursor in ``body``; ``None`` where it stands in the line.
    """

    line: str
    body: str | None
    cursor: int | None


def locate(text: str, row: int, column: int) -> Place | None:
    """Return where the cursor is, or ``None`` where the text is none of ours.

    Args:
        text: What the front end gave of the cell.
        row: Line of the cursor, from 0.
        column: Column of the cursor, from 0.

    >>> locate("%%synthohive fit --see", 0, 22)
    Place(line='fit --see', body='', cursor=None)
    >>> locate("x = %synthohive generate sh", 0, 27).line
    'generate sh'
    >>> locate("x = 100 %synthohive", 0, 19) is None
    True
    """
    lines = text.split("\n")
    before = lines[row][:column]
    first = _first_line(lines)
    if first is None:
        if match := _LINE.match(before):
            return Place(before[match.end() :], None, None)
        return Place("", text, column) if len(lines) == 1 and _is_lone(before) else None
    if row < first:
        return None
    start = _CELL.match(lines[first])
    body = "\n".join(lines[first + 1 :])
    assert start is not None
    if row > first:
        cursor = sum(len(line) + 1 for line in lines[first + 1 : row]) + column
        return Place(lines[first][start.end() :], body, cursor)
    # In the name of the magic, IPython completes.
    inside = column >= start.end() and before[start.end() - 1 : start.end()] in {" ", "\t"}
    return Place(before[start.end() :], body, None) if inside else None


def _first_line(lines: list[str]) -> int | None:
    """Return the row of ``%%synthohive``, below blank lines and magics that run a cell."""
    for row, line in enumerate(lines):
        if _CELL.match(line):
            return row
        if line.strip() and not _WRAPPER.match(line):
            return None
    return None


def _is_lone(before: str) -> bool:
    """Return whether a line without its cell can only be ours."""
    if _LONE_PROPERTY.match(before):
        return True
    table = _LONE_TABLE.match(before)
    if table is None or (table["name"] and keyword.iskeyword(table["name"])):
        return False
    said = before[table.end() :].partition("#")[0]
    return not re.search(r"['=]", said) and _LONE_MARK.search(said) is not None
