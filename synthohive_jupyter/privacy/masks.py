"""Masks: a value with its letters and digits covered, and the shapes that a column has of them."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

import numpy as np

from synthohive_jupyter.privacy.codes import fill

if TYPE_CHECKING:
    from collections.abc import Mapping

    from synthohive_jupyter.privacy.rows import Rows

COVER = "*"
SEPARATORS = frozenset(" -_./@:+(),'")
"""Characters that say how a value is written and stay visible; everything else is covered."""
_COVERED = re.compile(f"[^{re.escape(''.join(sorted(SEPARATORS)))}]")
RARE = 5
"""What fewer rows have is not remembered."""
NEUTRAL_SHAPE = COVER * 8
_RUN = 4
_MAX_SHAPES = 200
_DIGIT, _LETTER = "#", "?"  # slots of `codes.fill`; no separator looks like them


def _covered(text: str, keep_last: int) -> tuple[str, str]:
    """Return the mask of a value, and the same with slots in place of what stays visible."""
    if keep_last == 0:
        covered = _COVERED.sub(COVER, text)
        return covered, covered
    visible = min(keep_last, sum(c.isalnum() for c in text) // 2)
    mask, shape = [], []
    for char in reversed(text):
        shown = visible > 0 and char.isalnum()
        visible -= shown
        mask.append(char if shown or char in SEPARATORS else COVER)
        shape.append((_DIGIT if char.isdecimal() else _LETTER) if shown else mask[-1])
    return "".join(reversed(mask)), "".join(reversed(shape))


def mask(text: str, keep_last: int = 0) -> str:
    """Return ``text`` with everything but separators covered.

    ``keep_last`` letters and digits at the end stay visible, never more than half of them.

    >>> mask("078-05-1120"), mask("078-05-1120", 4), mask("4711", 4)
    ('***-**-****', '***-**-1120', '**11')
    """
    return _covered(text, keep_last)[0]


def mask_all(texts: np.ndarray, keep_last: int = 0) -> np.ndarray:
    """Return the mask of each text, an object array."""
    known = {text: mask(text, keep_last) for text in set(texts.tolist())}
    return np.array([known[text] for text in texts.tolist()], dtype=object)


class MaskShapes:
    """How often a column has which mask; holds no value and no shape of few rows.

    Shapes of fewer than `RARE` rows are pooled: first with every run of covers brought to one
    length, and what is rare even so as `NEUTRAL_SHAPE`.

    Attributes:
        shapes: Shape to number of rows.
    """

    __slots__ = ("shapes",)

    def __init__(self, shapes: Mapping[str, int]) -> None:
        self.shapes = dict(shapes)

    @classmethod
    def fit(cls, texts: np.ndarray, keep_last: int = 0) -> MaskShapes:
        """Count the shapes of texts."""
        counts: dict[str, int] = {}
        for text, number in Counter(texts.tolist()).items():
            shape = _covered(text, keep_last)[1]
            counts[shape] = counts.get(shape, 0) + number
        kept, rare = _split(counts)
        pooled: dict[str, int] = {}
        for shape, number in rare.items():
            pooled[_even(shape)] = pooled.get(_even(shape), 0) + number
        common, left = _split(pooled)
        for shape, number in (*common.items(), (NEUTRAL_SHAPE, sum(left.values()))):
            if number:
                kept[shape] = kept.get(shape, 0) + number
        return cls(dict(sorted(kept.items())))

    def sample(self, rows: Rows, *lane: object) -> np.ndarray:
        """Return one mask a row; what a rule leaves visible is random. Object array of text."""
        names = list(self.shapes) or [NEUTRAL_SHAPE]
        weights = np.array(list(self.shapes.values()) or [1], dtype=np.float64)
        edges = np.cumsum(weights) / weights.sum()
        chosen = np.searchsorted(edges[:-1], rows.uniform("shape", *lane), side="right")
        values = np.empty(len(rows), dtype=object)
        for number, shape in enumerate(names):
            at = np.flatnonzero(chosen == number)
            if len(at):
                values[at] = fill(shape, rows.take(at), "shape", *lane)
        return values


def _split(counts: Mapping[str, int]) -> tuple[dict[str, int], dict[str, int]]:
    """Return the shapes to keep, at most `_MAX_SHAPES`, and the others."""
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    kept = {shape: number for shape, number in ranked[:_MAX_SHAPES] if number >= RARE}
    return kept, {shape: number for shape, number in ranked if shape not in kept}


def _even(shape: str) -> str:
    """Return the shape with every run of covers and slots as `_RUN` covers."""
    pieces: list[str] = []
    for char in shape:
        covered = char not in SEPARATORS
        if not covered:
            pieces.append(char)
        elif not pieces or pieces[-1] in SEPARATORS:
            pieces.append(COVER * _RUN)
    return "".join(pieces)
