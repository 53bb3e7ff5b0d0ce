"""Finding the templates of a column of text; nothing that few values have is kept.

Three tries, from the strictest to the loosest, each on what the one before has left:

1. *positions*: values of one length with the same punctuation (``AB-1234``, UUIDs);
2. *words*: values with the same punctuation and words of any length (``Ann Lee``);
3. *mix*: the rest, characters by their frequency (free text).

A template needs the support of `RARE` values (or of all of them, in a table with fewer), and so
does every character that is kept because it was seen.
"""

from __future__ import annotations

import string
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from synthohive_jupyter.tabular.codecs import RARE
from synthohive_jupyter.tabular.templates import MAX_WIDTH, Part, Points, Template, code_points

if TYPE_CHECKING:
    from collections.abc import Sequence

    from synthohive_jupyter.tabular.codecs import Flags, Integers, Values

MAX_TEMPLATES = 100

_UPPER, _LOWER, _DIGIT, _LETTER, _LITERAL = 1, 2, 3, 4, 5
_DEFAULT = {
    _UPPER: string.ascii_uppercase,
    _LOWER: string.ascii_lowercase,
    _DIGIT: string.digits,
    _LETTER: string.ascii_lowercase,
}
_HEX = "abcdef"
_MIN_HEX_LETTERS = 8
_MIN_FOREIGN = 10
_TELLING = 10
_KNOTS = 16
_MIX = 64
_UUID_HYPHENS = (8, 13, 18, 23)
_UUID_LENGTH, _UUID_VERSION, _UUID_VARIANT = 36, 14, 19
_UNICODE = 0x110000
_CHUNK = 2048


class Learner:
    """Finds the templates of texts, given as code points; made for one call of `templates`."""

    def __init__(self, matrix: Points) -> None:
        self.matrix = matrix
        self.least = min(RARE, len(matrix))
        number = np.zeros(_UNICODE, dtype=np.int64)
        number[matrix] = 1
        unique = np.flatnonzero(number)
        number[unique] = np.arange(len(unique))
        place = number[matrix]
        self.kinds = np.array([_class_of(int(one)) for one in unique], dtype=np.int8)[place]
        rows_with = np.zeros(len(unique), dtype=np.int64)
        for start in range(0, len(matrix), _CHUNK):
            chunk = place[start : start + _CHUNK]
            seen = np.zeros((len(chunk), len(unique)), dtype=np.bool_)
            seen[np.arange(len(chunk))[:, None], chunk] = True
            rows_with += seen.sum(axis=0)
        # Characters that enough values have.
        self.common = [chr(point) for point in unique[rows_with >= RARE] if point]
        self.alphabets = {kind: self._alphabet(kind) for kind in _DEFAULT}
        literal = self.kinds == _LITERAL
        # Punctuation stands for itself, everything else is one and the same; 0 is no character.
        self.shapes = np.where(literal, matrix + np.uint32(1), self.kinds > 0).astype(np.uint32)

    def _alphabet(self, kind: int) -> str:
        default = _DEFAULT[kind]
        mine = self.matrix[self.kinds == kind]
        seen = [c for c in self.common if _class_of(ord(c)) == kind]
        foreign = float((mine > ord("z")).mean()) if len(mine) else 0.0
        if foreign > 1 / 2 and len(seen) >= _MIN_FOREIGN:
            return "".join(seen)
        letters = self.matrix[(self.kinds == _UPPER) | (self.kinds == _LOWER)]
        hexadecimal = np.isin(letters, code_points(_HEX + _HEX.upper())).all()
        if kind in {_UPPER, _LOWER} and len(letters) >= _MIN_HEX_LETTERS and hexadecimal:
            return _HEX.upper() if kind == _UPPER else _HEX
        return default

    def templates(self) -> list[Template]:
        """Return the templates, the most frequent first; their shares sum to 1."""
        found: list[Template] = []
        left = np.arange(len(self.matrix))
        for exact, shapes in ((True, self.shapes), (False, _collapse(self.shapes))):
            for rows in self._groups(shapes, left)[: MAX_TEMPLATES - len(found)]:
                parts = self._positions(rows) if exact else self._words(rows)
                template = Template(parts, len(rows), exact)
                if template.width <= MAX_WIDTH:
                    found.append(template)
                    left = np.setdiff1d(left, rows)
        if len(left) >= RARE or not found:
            found.append(Template((self._mix(left),), len(left)))
        total = sum(one.share for one in found)
        found.sort(key=lambda one: -one.share)
        return [replace(one, share=one.share / total) for one in found]

    def _groups(self, shapes: Points, left: Integers) -> list[Integers]:
        """Return the rows of each shape that enough rows share, the most frequent shape first."""
        if not len(left):
            return []
        keys = np.ascontiguousarray(shapes[left]).view(f"V{4 * shapes.shape[1]}").reshape(-1)
        _, group, counts = np.unique(keys, return_inverse=True, return_counts=True)
        order = np.argsort(-counts, kind="stable")
        sorted_rows = left[np.argsort(group, kind="stable")]
        starts = np.cumsum(counts) - counts
        return [
            sorted_rows[starts[one] : starts[one] + counts[one]]
            for one in order
            if counts[one] >= self.least
        ]

    def _positions(self, rows: Integers) -> tuple[Part, ...]:
        points, kinds = self.matrix[rows], self.kinds[rows]
        width = int((kinds[0] > 0).sum())
        parts = [Part(self._characters(points[:, at], kinds[:, at])) for at in range(width)]
        return tuple(_as_uuid(parts, points))

    def _words(self, rows: Integers) -> tuple[Part, ...]:
        """Return one part a run of letters and digits, and one a punctuation mark."""
        points, kinds, shapes = self.matrix[rows], self.kinds[rows], self.shapes[rows]
        starts = _starts(shapes)
        run = np.cumsum(starts, axis=1) - 1
        inside = shapes > 0
        n_runs = int(run[0, -1]) + 1 if shapes[0, -1] else int(run[0, -1])
        parts = []
        for number in range(n_runs):
            here = (run == number) & inside
            heads, tails = here & starts, here & ~starts
            head = self._characters(points[heads], kinds[heads])
            tail = self._characters(points[tails], kinds[tails]) if tails.any() else ""
            parts.append(Part(head, tail, self._lengths(here.sum(axis=1))))
        return tuple(parts)

    def _mix(self, rows: Integers) -> Part:
        """Return one run of the characters of the rows, each as often as it is frequent."""
        points = self.matrix[rows]
        lengths = (points > 0).sum(axis=1)
        chars = [c for c in self.common if c.isprintable()]
        counts = np.array([(points == ord(c)).sum() for c in chars], dtype=np.float64)
        if not counts.sum():
            return Part(string.ascii_lowercase, string.ascii_lowercase, self._lengths(lengths))
        times = np.rint(counts / counts.sum() * _MIX).astype(int)
        tail = "".join(c * n for c, n in zip(chars, times, strict=True))
        head = "".join(c for c in tail if c.isalnum()) or string.ascii_lowercase
        return Part(head, tail or head, self._lengths(lengths))

    def _lengths(self, lengths: Integers) -> tuple[int, ...]:
        """Return quantiles of the lengths that enough rows have, else their mean."""
        counts = np.bincount(np.maximum(lengths, 1))
        frequent = np.where(counts >= RARE, counts, 0)
        if not frequent.sum():
            return (max(1, round(float(lengths.mean()))),)
        if (frequent > 0).sum() == 1:
            return (int(frequent.argmax()),)
        place = (np.arange(_KNOTS) + 0.5) / _KNOTS * frequent.sum()
        return tuple(np.searchsorted(np.cumsum(frequent), place).tolist())

    def _characters(self, points: Values, kinds: Values) -> str:
        """Return the characters that may stand in a place where these were seen."""
        seen, counts = np.unique(points, return_counts=True)
        if kinds[0] == _LITERAL:
            mark = chr(int(seen[0]))
            return mark if counts[0] >= RARE or mark in string.punctuation + " " else "-"
        of_kind = np.bincount(kinds, minlength=_LITERAL)
        frequent = of_kind >= self.least
        present = np.flatnonzero(frequent if frequent.any() else of_kind)
        allowed = "".join(dict.fromkeys("".join(self.alphabets[int(k)] for k in present)))
        # What was never seen in so many rows does not belong here: a first digit that is no 0.
        found = "".join(chr(int(point)) for point in seen)
        telling = len(found) == 1 or counts.sum() >= _TELLING * len(allowed)
        shared = counts.min() >= RARE and set(found) <= set(self.common)
        return found if telling and shared else allowed


def _class_of(point: int) -> int:
    char = chr(point)
    if point == 0:
        return 0
    if char.isdecimal() and char.isascii():
        return _DIGIT
    if char.isupper():
        return _UPPER
    if char.islower():
        return _LOWER
    return _LETTER if char.isalpha() else _LITERAL


def _starts(shapes: Points) -> Flags:
    """Return where a run starts: at a change, and at every punctuation mark."""
    starts = np.ones(shapes.shape, dtype=np.bool_)
    starts[:, 1:] = (shapes[:, 1:] != shapes[:, :-1]) | (shapes[:, 1:] > 1)
    return starts


def _collapse(shapes: Points) -> Points:
    """Return the shapes with every run shortened to one place."""
    starts = _starts(shapes)
    run = np.cumsum(starts, axis=1) - 1
    short = np.zeros_like(shapes)
    rows, places = np.nonzero(starts)
    short[rows, run[rows, places]] = shapes[rows, places]
    return short


def _as_uuid(parts: Sequence[Part], points: Points) -> list[Part]:
    """Keep the version and the variant of UUIDs, which few rows already tell."""
    hyphens = [at for at, one in enumerate(parts) if one.head == "-"]
    allowed = set("-0123456789abcdefABCDEF")
    found = list(parts)
    if (
        len(parts) == _UUID_LENGTH
        and tuple(hyphens) == _UUID_HYPHENS
        and all(set(one.head) <= allowed for one in parts)
    ):
        for at, known in ((_UUID_VERSION, "12345678"), (_UUID_VARIANT, "89abAB")):
            seen = "".join(chr(int(point)) for point in np.unique(points[:, at]))
            if set(seen) <= set(known):
                found[at] = Part(seen)
    return found
