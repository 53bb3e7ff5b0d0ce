"""Templates of text: which characters may stand where, and texts made from them by number."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from synthohive_jupyter.tabular.bijection import MAX_DOMAIN, Words, scramble
from synthohive_jupyter.tabular.records import damaged, part

if TYPE_CHECKING:
    from collections.abc import Mapping

    from synthohive_jupyter.tabular.codecs import Integers, Values

MAX_LENGTH = 200
"""Longer texts are cut."""

MAX_WIDTH = 5 * MAX_LENGTH
"""No template makes longer texts, its runs in their greatest lengths taken together."""

Points = np.ndarray[Any, np.dtype[np.uint32]]
"""Unicode code points; 0 is no character."""


@dataclass(frozen=True, slots=True)
class Part:
    """A run of characters.

    Attributes:
        head: Characters that may come first.
        tail: Characters that may follow; one that is there twice is drawn twice as often.
        lengths: Lengths of the run; one that is there twice is drawn twice as often.
    """

    head: str
    tail: str = ""
    lengths: tuple[int, ...] = (1,)

    def fixed(self) -> list[Part]:
        """Return the run in its greatest length, as parts of one character each."""
        tail = Part("".join(dict.fromkeys(self.tail)))
        return [Part("".join(dict.fromkeys(self.head)))] + [tail] * (max(self.lengths) - 1)


@dataclass(frozen=True, slots=True)
class Template:
    """Parts in a row.

    Attributes:
        parts: The parts; none for the empty text.
        share: Share of the values that the template describes.
        exact: Every part is one character, and no other exact template can make the same text:
            they differ in length or in punctuation.
    """

    parts: tuple[Part, ...]
    share: float
    exact: bool = False

    @property
    def width(self) -> int:
        """Length of the longest text."""
        return sum(max(one.lengths) for one in self.parts)

    def fill(self, words: Words) -> Values:
        """Return a text for each 64-bit word, as an array of objects."""
        rows = np.arange(len(words))
        matrix = np.zeros((len(words), max(self.width, 1)), dtype=np.uint32)
        at = np.zeros(len(words), dtype=np.int64)
        for number, one in enumerate(self.parts):
            lengths = np.array(one.lengths)
            ends = lengths[_pick(words, number * (MAX_LENGTH + 1), len(lengths))]
            for place in range(int(lengths.max())):
                # Every place of every part has a hash of its own.
                chars = code_points(one.tail if place else one.head)
                drawn = chars[_pick(words, number * (MAX_LENGTH + 1) + place + 1, len(chars))]
                here = rows[ends > place] if len(lengths) > 1 else rows
                matrix[here, at[here] + place] = drawn[here]
            at += ends
        return to_text(matrix)

    @property
    def capacity(self) -> int:
        """How many texts can be told apart by number, at most `MAX_DOMAIN`; for exact ones."""
        capacity = 1
        for one in self.parts:
            if capacity * len(one.head) <= MAX_DOMAIN:
                capacity *= len(one.head)
        return capacity

    def spell(self, numbers: Integers, key: int) -> Values:
        """Return the texts with these numbers, below `capacity`: digits of a mixed radix."""
        matrix = np.zeros((len(numbers), max(self.width, 1)), dtype=np.uint32)
        capacity, left = 1, numbers
        for place, one in enumerate(self.parts):
            size = len(one.head)
            if capacity * size <= MAX_DOMAIN:
                capacity *= size
                left, digits = np.divmod(left, size)
            else:  # the number is spent: the other places only have to look like the rest
                digits = _pick(scramble(numbers.astype(np.uint64), key), place, size)
            matrix[:, place] = code_points(one.head)[digits]
        return to_text(matrix)

    def to_dict(self) -> dict[str, Any]:
        """Return the template as JSON-safe values."""
        parts = [[one.head, one.tail, list(one.lengths)] for one in self.parts]
        return {"share": self.share, "exact": self.exact, "parts": parts}

    @classmethod
    def from_dict(cls, record: Mapping[str, Any]) -> Self:
        """Rebuild a template; `ModelFileError` if the record is damaged."""
        parts = []
        for item in part(record, "parts", list):
            if not isinstance(item, list) or len(item) != len(("head", "tail", "lengths")):
                raise damaged("a part of a template is of a wrong form")
            names = dict(zip(("head", "tail", "lengths"), item, strict=True))
            lengths = part(names, "lengths", list)
            if not lengths or not all(type(n) is int and 1 <= n <= MAX_LENGTH for n in lengths):
                raise damaged("a length in a template is out of range")
            one = Part(part(names, "head", str), part(names, "tail", str), tuple(lengths))
            if not one.head or (max(lengths) > 1 and not one.tail) or "\0" in one.head + one.tail:
                raise damaged("a template has a place without characters")
            parts.append(one)
        exact = part(record, "exact", bool)
        if exact and any(p.lengths != (1,) or len(set(p.head)) < len(p.head) for p in parts):
            raise damaged("a template is not exact")
        template = cls(tuple(parts), part(record, "share", float), exact)
        if template.width > MAX_WIDTH:
            raise damaged("a template is too long")
        return template


def _pick(words: Words, place: int, size: int) -> Integers:
    if size == 1:
        return np.zeros(len(words), dtype=np.int64)
    return (scramble(words, place) % np.uint64(size)).astype(np.int64)


def code_points(text: str) -> Points:
    """Return the code points of a text."""
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype="<u4")


def to_matrix(texts: Values) -> Points:
    """Return texts as code points, shape (texts, length of the longest), filled up with zeros."""
    fixed = np.asarray(texts, dtype=np.str_)
    width = max(1, fixed.dtype.itemsize // 4)
    points = np.ascontiguousarray(fixed.astype(f"<U{width}")).view("<u4").reshape(len(fixed), width)
    points = points[:, :MAX_LENGTH].copy()
    inside = np.maximum.accumulate(points[:, ::-1] > 0, axis=1)[:, ::-1]
    points[inside & (points == 0)] = ord(" ")
    return points


def to_text(matrix: Points) -> Values:
    """Return code points as an array of text objects, the inverse of `to_matrix`."""
    rows, width = matrix.shape
    return np.ascontiguousarray(matrix, dtype="<u4").view(f"<U{width}").reshape(rows).astype(object)
