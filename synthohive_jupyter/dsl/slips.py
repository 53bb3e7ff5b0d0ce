"""What to say where a text cannot be read: what was expected, and the commonest slips by name.

Works on the text around the place and on the names of the terminals that could have followed; the
names never reach the user.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

NAME = r'(?:"(?:[^"\n]|"")*"|[^\s!-/:-@\[-^`{-~]+)'
"""A name as the grammar reads it, for looking around in a text that it cannot read."""


@dataclass(frozen=True, slots=True)
class Slip:
    """Where reading stopped and why: offsets into the text, message and hint."""

    start: int
    end: int
    message: str
    hint: str | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """The place where reading stopped.

    Attributes:
        text: The whole text.
        start: Offset of what cannot be read.
        found: What stands there; empty at the end of a line.
        accepted: Names of the terminals that could have stood there.
    """

    text: str
    start: int
    found: str
    accepted: frozenset[str]

    @property
    def line(self) -> str:
        """The line that holds the place."""
        return self.text[self._begin :].split("\n", 1)[0]

    @property
    def before(self) -> str:
        """The line up to the place."""
        return self.text[self._begin : self.start]

    @property
    def after(self) -> str:
        """The line from the place on."""
        return self.text[self.start :].split("\n", 1)[0]

    @property
    def above(self) -> str:
        """The nearest line above that holds anything but a comment, without its comment."""
        lines = (_code(line) for line in reversed(self.text[: self._begin].split("\n")))
        return next((line for line in lines if line), "")

    @property
    def _begin(self) -> int:
        return self.text.rfind("\n", 0, self.start) + 1

    def slip(self, message: str, hint: str | None, found: str | None = None) -> Slip:
        """Return a slip here; ``found`` is what to underline, if not the text found."""
        return Slip(self.start, self.start + len(found or self.found), message, hint)

    def expected(self, hint: str | None) -> Slip:
        """Return a slip that says what could have stood here."""
        return self.slip(f"expected {expectation(self.accepted)}", hint)


def explain(text: str, position: int, accepted: frozenset[str]) -> Slip:
    """Return what to say about a text that cannot be read from ``position`` on."""
    found = _FOUND.match(text, position)
    place = Place(text, position, found[0] if found else "", accepted)
    for rule in _RULES:
        if slip := rule(place):
            return slip
    return place.expected(None)


_FOUND = re.compile(r"[=\-~]+>|<-|[<>=]=|@[\w-]*|" + NAME + r"|[^\s#]")


def _code(line: str) -> str:
    """Return a line without its comment and outer white space."""
    return re.sub(r'("(?:[^"]|"")*")|#.*', lambda match: match[1] or "", line).strip()


# What could have stood there -------------------------------------------------------------------

_WORDS: dict[str, tuple[str, ...]] = {
    "ARROW": ("'->'",), "WORD": ("a type", "'pk'", "'pii'"), "VALUE": ("a value",),
    "NAME": ("a name",), "PATH": ("a name or path",), "BOUND": ("a number", "a date"),
    "COLON": ("':'",), "DOT": ("'.'",), "DOTS": ("'..'",), "LPAR": ("'('",),
    "LESS_EQUAL": ("'<='",), "COMMA": ("','",), "RPAR": ("')'",), "RSQB": ("']'",),
    "RBRACE": ("'}'",), "_NL": ("the end of the line",),
}  # fmt: skip
"""Terminals in words, in the order in which they are named; those left out go without saying."""


def expectation(accepted: frozenset[str]) -> str:
    """Return what could have followed, as words.

    >>> expectation(frozenset({"ARROW", "WORD", "PII", "COMMA", "_NL", "LSQB"}))
    "'->', a type, 'pk', 'pii' or ','"
    """
    if "PROPERTY" in accepted:
        return "a table ('name:') or a property ('@name')"
    if "$END" in accepted:
        return "a table ('name:')"
    if {"NAME", "LPAR"} <= accepted and "QUOTED" in accepted:
        return "a column" if "COMMA" not in accepted else "a name"
    said = dict.fromkeys(word for name, ws in _WORDS.items() if name in accepted for word in ws)
    if len(said) > 1:
        said.pop("the end of the line", None)
    if "BOUND" in accepted and not {"DOTS", "RSQB"} & accepted:
        said.pop("a date", None)
    if "WORD" in accepted and "ARROW" not in accepted:
        return "a word"
    *most, last = said or ["the end of the line"]
    return f"{', '.join(most)} or {last}" if most else last


# The slips, most telling first -----------------------------------------------------------------


def _quotes(place: Place) -> Slip | None:
    """Report quotes that do not close, and quotes of another kind."""
    if place.found == '"':
        return place.slip("this quote is not closed", 'close it with " on the same line')
    if place.found in {"'", "`"}:
        quoted = re.match(r"(['`])(.*?)\1", place.after)
        hint = f'write "{quoted[2]}"' if quoted else 'write "'
        found = quoted[0] if quoted else place.found
        return place.slip("names are quoted with double quotes", hint, found)
    return None


_BRACKETS = {"RSQB": "[]", "RBRACE": "{}", "RPAR": "()"}


def _brackets(place: Place) -> Slip | None:
    """Report a bracket that is still open at the end of its line, at the bracket."""
    names = {name for name in _BRACKETS if name in place.accepted}
    inside = bool(names) or bool({"DOTS", "BOUND", "VALUE"} & place.accepted)
    opened = max(place.before.rfind(opening) for opening in "[{(")
    if place.found or not inside or opened < 0:
        return None
    opening = place.before[opened]
    closing = next(pair[1] for pair in _BRACKETS.values() if pair[0] == opening)
    start = place.start - len(place.before) + opened
    return Slip(start, start + 1, f"this '{opening}' is not closed", f"close it with '{closing}'")


_BOUND = r"[+-]?[0-9][0-9_]*(?:\.[0-9]+|-[0-9]{1,2}-[0-9]{1,2})?"
_LOOSE_RANGE = re.compile(
    rf"\[\s*(?P<low>{_BOUND}?)\s*(?:\.{{2,}}|to|[-,:;…])\s*(?P<high>{_BOUND})?\s*\]"
)


def _ranges(place: Place) -> Slip | None:
    """Report ranges with another sign between the ends, and ends that are no numbers."""
    if not {"DOTS", "RSQB"} & place.accepted:
        return None
    opened = place.line.rfind("[", 0, len(place.before))
    loose = _LOOSE_RANGE.match(place.line, max(opened, 0))
    if loose and (loose["low"] or loose["high"]):
        low, high = (_plain_bound(loose[end]) for end in ("low", "high"))
        return place.expected(f"write '[{low}..{high}]'")
    if "BOUND" in place.accepted:
        return place.expected("a range is written [0..9], [0..] or [2020-01-31..]")
    return place.expected("close the range with ']'" if "RSQB" in place.accepted else None)


def _plain_bound(text: str | None) -> str:
    """Return an end of a range without stray dots, dates with two digits each."""
    parts = re.fullmatch(r"([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})", text or "")
    if parts:
        return f"{parts[1]}-{parts[2]:0>2}-{parts[3]:0>2}"
    return (text or "").strip(".")


def _sets(place: Place) -> Slip | None:
    """Report values with spaces in them."""
    if "RBRACE" not in place.accepted:
        return None
    words = re.search(r"([^,{]*)$", place.before)
    rest = re.match(r"[^,}]*", place.after)
    value = f"{words[1] if words else ''}{rest[0] if rest else ''}".strip()
    odd = '"' in value or "#" in value or not value
    return place.expected(None if odd else f'a value with spaces is quoted: "{value}"')


def _properties(place: Place) -> Slip | None:
    """Report a property that does not stand on a line of its own under its table."""
    if not place.found.startswith("@"):
        return None
    if place.accepted >= {"$END", "NAME"}:
        return place.slip("a property stands under its table", "write a table first: users: id pk")
    if place.above.endswith(",") and not place.before.strip():
        message = "expected a column, because the line above ends with a comma"
        return place.slip(message, "remove that comma")
    message = f"expected {expectation(place.accepted)}"
    return place.slip(message, f"put '{place.found}' on a line of its own, indented")


def _colons(place: Place) -> Slip | None:
    """Report a table line without its colon, and colons where none may be."""
    if place.accepted == {"COLON"}:
        name = place.before.strip()
        indented = place.before[:1].isspace()
        if indented and re.fullmatch(NAME + r"\s*:", place.above):
            return place.expected(
                f"columns begin on the line of their table: {place.above} {_code(place.line)}"
            )
        if indented and place.above:
            return place.expected("to go on with the line above, end that one with a comma")
        rest = _code(place.after).lstrip("=:; ")
        return place.expected(f"write '{name}: {rest}'" if rest else f"write '{name}:'")
    if place.found != ":" or "ARROW" not in place.accepted:
        return None
    name = place.before.strip()
    if place.above.endswith(",") and re.fullmatch(NAME, name):
        return place.expected(
            f"for a new table '{name}', remove the comma that ends the line above"
        )
    return place.expected("no colon after the name of a column")


def _linkage(place: Place) -> Slip | None:
    """Report bounds of the rows per parent that stand without brackets or in another place."""
    if not re.match(r"\s*@linkage\b", place.before) or {"DOTS", "RSQB"} & place.accepted:
        return None
    return place.expected("write '@linkage conditional', '@linkage [1..20]' or both in this order")


_LINKS = re.compile(
    rf"(?P<own>{NAME})\s+(?:{NAME}\s+)*?(?P<sign>=+>|-+>|<-|[=>~-]+>?|(?:references|refs?|fk|to)\b|)\s*"
    rf"(?P<table>{NAME})\s*[.(]\s*(?P<column>(?![0-9]){NAME})",
    re.IGNORECASE,
)


def _arrows(place: Place) -> Slip | None:
    """Report foreign keys that are written as other languages write them."""
    if "ARROW" not in place.accepted or "WORD" not in place.accepted:
        return None
    begin = max(place.before.rfind(mark) for mark in ",:") + 1
    entry = place.line[begin:]
    link = _LINKS.match(entry.lstrip())
    if link is None or link["sign"] == "->":
        return None
    hint = f"write '{link['own']} -> {link['table']}.{link['column']}'"
    offset = place.start - len(place.before) + begin + len(entry) - len(entry.lstrip())
    start, sign = offset + link.start("sign"), link["sign"]
    if not sign:
        start, sign = offset + link.start("table"), link["table"]
    return Slip(start, start + len(sign), f"expected {expectation(place.accepted)}", hint)


def _targets(place: Place) -> Slip | None:
    """Report a foreign key that names a table only."""
    named = re.search(rf"->\s*({NAME})\s*$", place.before)
    if place.accepted != {"DOT"} or named is None:
        return None
    return place.expected(f"name the key of the table too: '{named[1]}.id'")


def _checks(place: Place) -> Slip | None:
    """Report a check with another comparison."""
    if place.accepted != {"LESS_EQUAL"}:
        return None
    match = re.search(rf"@check\s+({NAME})\s*(>=?|<|≤|≥)\s*({NAME})", place.line)
    if match is None:
        return place.expected("a check is written '@check a <= b'")
    first, second = (match[1], match[3]) if match[2] in "<≤" else (match[3], match[1])
    return place.expected(f"write '@check {first} <= {second}'")


def _actions(place: Place) -> Slip | None:
    """Report ``pii()``."""
    if re.search(r"\bpii\s*\(\s*$", place.before) is None:
        return None
    hint = "write pii(drop), pii(mask), pii(hash), pii(fake) or pii(keep)"
    return place.slip("expected what to do with the personal data", hint)


def _hyphens(place: Place) -> Slip | None:
    """Report names with a hyphen."""
    if place.found != "-":
        return None
    left = re.search(r"[\w-]*$", place.before)
    right = re.match(r"[\w-]+", place.after)
    if left is None or right is None or not left[0]:
        return None
    return place.expected(f'put the name in double quotes: "{left[0]}{right[0]}"')


def _signs(place: Place) -> Slip | None:
    """Report sizes of types, and the ends of lines of other languages."""
    if place.found == "(" and "WORD" in place.accepted:
        return place.expected("types take no size; a range is written int[0..9]")
    if place.found == ";":
        return place.expected("remove it; a line ends by itself")
    if place.found == "." and "ARROW" in place.accepted:
        return place.expected("names with a dot go in double quotes")
    return None


def _commas(place: Place) -> Slip | None:
    """Report commas with nothing after them."""
    starts = {"NAME", "QUOTED"} <= place.accepted
    if starts and place.found == "," and place.before.rstrip().endswith(","):
        return place.expected("remove one comma")
    if starts and not place.found and place.before.rstrip().endswith(","):
        return place.expected("remove the comma, or go on")
    if place.found and not place.before.strip() and place.above.endswith(","):
        return place.expected("the comma at the end of the line above goes on with its columns")
    return None


_RULES: tuple[Callable[[Place], Slip | None], ...] = (
    _quotes, _brackets, _ranges, _sets, _properties, _colons, _linkage, _arrows, _targets,
    _checks, _actions, _hyphens, _signs, _commas,
)  # fmt: skip
