"""Which notation a text is in: the first token decides."""

from __future__ import annotations

import re
from typing import Literal

Notation = Literal["compact", "yaml", "sql", "dbml", "sdv"]

TITLES: dict[Notation, str] = {
    "compact": "compact", "yaml": "YAML", "sql": "SQL", "dbml": "DBML", "sdv": "SDV metadata",
}  # fmt: skip
"""The notations as users know them."""

_SKIPPED = re.compile(r"(?:\s|\ufeff|\#[^\n]*(?:\n|$)|---[ \t]*(?:\n|$))*")
_COMMENTS = re.compile(r"(?:\s|--[^\n]*(?:\n|$)|//[^\n]*(?:\n|$)|/\*.*?(?:\*/|$))*", re.DOTALL)
_SQL = re.compile(
    r"(?:CREATE|ALTER|DROP|SET|USE|BEGIN|COMMIT|PRAGMA|INSERT|COMMENT|COPY|SELECT|GRANT|REVOKE|DECLARE|EXEC|GO|START|LOCK|IF)\b(?!\s*:)",
    re.IGNORECASE,
)
_DBML = re.compile(
    r"""(?:Table(?:Group|Partial)?|Enum|Project|Ref|Note)\b
    (?: \s*(?:[\w.]+|"[^"\n]*")[^:{\[\n]*(?:\[[^\n]*\])?\s*\{  # Table users [note: 'x'] {
      | [ \t]*\{                                     # Ref {
      | [^:\n{]*:\s*[\w."]+\.[^\n]*?[<>-]            # Ref: orders.user_id > users.id
      | [ \t]+(?:\w+|"[^"\n]*")[^:\n]*$              # Table users, and no colon
    )""",
    re.IGNORECASE | re.VERBOSE | re.MULTILINE,
)
_YAML = re.compile(r"""tables[ \t]*:[ \t]*(?:\#[^\n]*)?\n(?:[ \t]*(?:\#[^\n]*)?\n)*[ \t]+[^\s@]""")


def notation_of(text: str) -> Notation:
    r"""Return the notation of a text; ``compact`` where nothing speaks for another one.

    >>> notation_of("users: id pk"), notation_of("tables:\n  users: {}")
    ('compact', 'yaml')
    >>> notation_of("-- shop\ncreate table users"), notation_of("Table users {")
    ('sql', 'dbml')
    >>> notation_of('{"tables": {}}'), notation_of("Table: id pk"), notation_of("tables: id pk")
    ('sdv', 'compact', 'compact')
    """
    start = _after(_SKIPPED, text, 0)
    if text.startswith("{", start):
        return "sdv"
    if _YAML.match(text, start):
        return "yaml"
    begin = _after(_COMMENTS, text, start)
    if _DBML.match(text, begin):
        return "dbml"
    if _SQL.match(text, begin):
        return "sql"
    if begin > start and text[start:begin].strip():
        return "dbml" if text.startswith("//", start) else "sql"
    return "compact"


def _after(skipped: re.Pattern[str], text: str, start: int) -> int:
    """Return the offset after what is passed over, which may be nothing."""
    match = skipped.match(text, start)
    return start if match is None else match.end()
