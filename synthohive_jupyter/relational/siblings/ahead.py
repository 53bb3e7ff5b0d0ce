"""`Ahead`: what is drawn of a row ahead of the model, its place and what it repeats."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from synthohive_jupyter.errors import ModelFileError
from synthohive_jupyter.relational.siblings.drawing import walk
from synthohive_jupyter.relational.siblings.given import (
    Growth,
    Numbers,
    NumberTree,
    tree_from_dict,
    tree_to_dict,
)
from synthohive_jupyter.relational.siblings.past import ANEW, NOBODY, REPEATS, RETURNS, Now, Past
from synthohive_jupyter.relational.siblings.timeline import Timeline, run_lengths
from synthohive_jupyter.tabular.records import part

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd
    from numpy.typing import NDArray

    from synthohive_jupyter.relational.siblings.drawing import Turn
    from synthohive_jupyter.trees.splits import Features
    from synthohive_jupyter.trees.tree import ConditionalTree

    Floats = NDArray[np.float64]
    Positions = NDArray[np.int64]

_PARTS = ("timeline", "above", "shown", "begins", "goes_on")
_OWN, _BEFORE = 3, 5
"""How many features tell of places: of a row's own, and of those before it."""
_LEAST = 1e-300


@dataclass(frozen=True, slots=True, eq=False)
class Ahead:
    """The trees that draw places and repetitions.

    Each is given what the parent holds, rank and rows left, what the siblings before leave, and
    what has been drawn ahead of it: first the place, then one repetition after the other.

    Attributes:
        timeline: The column that orders siblings; ``None`` where none is counted in steps.
        above: What the trees are given of the parents.
        shown: What they are given of the sibling before.
        begins: Draws the place of a first sibling.
        goes_on: Draws the step of a later one; ``None`` if no family has two rows.
        repeats: For each column that may repeat a sibling, the tree that says whether it repeats
            the one before.
        returns: For some of these, the tree that says whether it returns to what the first one
            holds, where the one before holds something else and is not repeated.
    """

    timeline: Timeline | None
    above: Numbers
    shown: Numbers
    begins: NumberTree | None
    goes_on: NumberTree | None
    repeats: Mapping[str, ConditionalTree]
    returns: Mapping[str, ConditionalTree]

    @classmethod
    def nothing(cls) -> Self:
        """Return what leaves all to the model."""
        return cls(None, Numbers.nothing(), Numbers.nothing(), None, None, {}, {})

    def grown(
        self, past: Past, now: Now, numbers: Features, families: Positions, *, table: str
    ) -> Self:
        """Return it with trees.

        Args:
            past: What the siblings before each row of the data leave.
            now: Places and repetitions of the rows; of these columns there will be trees.
            numbers: What each row's parent holds, as numbers, shape (rows, columns).
            families: Family of each row, from 0.
            table: Name of the table, for errors.
        """
        begins, goes_on = None, None
        if self.timeline is not None:
            first = now.rank == 0
            given = _first(numbers[first], now.left[first])
            growth = Growth.of(given, families[first])
            width = given.shape[1]
            begins = NumberTree.fit(now.place[first], given, growth, table=table, width=width)
        later = np.flatnonzero(now.rank > 0)
        if not len(later):
            return replace(self, begins=begins)
        past, now = past.of(later), now.of(later)
        matrix, free = self._features(past, now, numbers[later])
        growth = Growth.of(matrix, families[later])
        if self.timeline is not None:
            # After a null there are only nulls: nothing to learn.
            known = np.flatnonzero(~np.isnan(past.place))
            if len(known):
                some = growth.part(known)
                given = matrix[known]
                goes_on = NumberTree.fit(now.step[known], given, some, table=table, width=free)
            free += _OWN
        repeats, returns = {}, {}
        for place, (name, codes) in enumerate(now.copies.items()):
            repeats[name] = growth.chance(matrix, codes == REPEATS, width=free)
            away = np.flatnonzero(past.away[:, place] & (codes != REPEATS))
            if (codes == RETURNS).any():
                some = growth.part(away)
                returns[name] = some.chance(matrix[away], codes[away] == RETURNS, width=free)
            free += 1
        return replace(self, begins=begins, goes_on=goes_on, repeats=repeats, returns=returns)

    def places(self, rows: pd.DataFrame, *, table: str = "") -> Floats:
        """Return the places of rows on the timeline, NaN for null and where there is none."""
        if self.timeline is None:
            return np.full(len(rows), np.nan)
        return self.timeline.places(rows[self.timeline.name], table=table)

    def draw(self, past: Past, turn: Turn, above: Features, rng: np.random.Generator) -> Now:
        """Draw what is known of rows before the model draws them.

        Args:
            past: What the siblings before the family's next row leave, row by row.
            turn: The rows.
            above: What their parents hold, as numbers, shape (rows, columns).
            rng: Source of places and repetitions.
        """
        now = Now.unknown(turn.rank, turn.left)
        if self.timeline is None and not self.repeats:
            return now
        if not past.before.any():
            nothing = np.full(len(turn.rank), ANEW, dtype=np.int8)
            now = replace(now, copies=dict.fromkeys(self.repeats, nothing))
            if self.timeline is None or self.begins is None:
                return now
            drawn = self.begins.draw(_first(above, turn.left), rng)
            return replace(now, place=np.clip(drawn, *self.timeline.window))
        matrix, free = self._features(past, now, above)
        if self.timeline is not None:
            now = self._placed(now, past, turn, matrix, rng)
            matrix[:, free : free + _OWN] = self._own(now)
            free += _OWN
        copies = {}
        for place, (name, tree) in enumerate(self.repeats.items()):
            yes = tree.draw(matrix, rng.random(len(turn.rank)))[0] == 1
            codes = np.where(yes & past.before, REPEATS, ANEW).astype(np.int8)
            away = np.flatnonzero(past.away[:, place] & ~yes)
            if name in self.returns and len(away):
                again = self.returns[name].draw(matrix[away], rng.random(len(away)))[0]
                codes[away] = np.where(again == 1, RETURNS, ANEW)
            matrix[:, free] = copies[name] = codes
            free += 1
        return replace(now, copies=copies)

    def _placed(
        self, now: Now, past: Past, turn: Turn, given: Features, rng: np.random.Generator
    ) -> Now:
        """Return rows after a sibling with their places."""
        assert self.timeline is not None

        def draw(rows: Positions) -> Floats:
            if self.goes_on is None:
                return np.zeros(len(rows))
            return self.goes_on.draw(given if len(rows) == len(given) else given[rows], rng)

        place, step = walk(past.place, turn.begin, self.timeline.window[1], draw)
        ties = run_lengths(step == 0, turn.begin, past.ties)
        return replace(now, place=place, step=step, ties=ties)

    def _features(self, past: Past, now: Now, above: Features) -> tuple[Features, int]:
        """Return what trees are given of rows, and how much of it before anything is drawn.

        After it are the place and what repeats, as far as the rows have them already.
        """
        parts: list[NDArray[np.generic]] = [above, now.rank, now.left]
        if self.timeline is not None:
            low, width = self._scale
            there = (past.place - low) / width
            # The last is how far steps may go if all that are left are to find room.
            parts += [
                there, (past.place - past.start) / width, past.step / width, past.ties,
                (1.0 - there) / (now.left + 1.0),
            ]  # fmt: skip
        parts += [past.runs, past.away, past.numbers]
        free = sum(_width(one) for one in parts)
        if self.timeline is not None:
            parts.append(self._own(now))
        # Room for what repeats, where it is not known yet.
        parts += [*now.copies.values()] or [past.runs]
        matrix = np.empty((len(now.rank), sum(_width(one) for one in parts)), np.float32)
        at = 0
        for one in parts:
            matrix[:, at : at + _width(one)] = one.reshape(len(one), -1)
            at += _width(one)
        matrix[np.isnan(matrix)] = NOBODY
        return matrix, free

    def _own(self, now: Now) -> Floats:
        """Return place, step and ties of rows as features."""
        low, width = self._scale
        own = np.column_stack([(now.place - low) / width, now.step / width, now.ties])
        return np.nan_to_num(own, nan=NOBODY)

    @property
    def _scale(self) -> tuple[float, float]:
        """Begin and width of the window."""
        assert self.timeline is not None
        low, high = self.timeline.window
        return low, max(high - low, _LEAST)

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON-safe values: averages, counts and shared levels."""
        parts = (self.timeline, self.above, self.shown, self.begins, self.goes_on)
        saved = [None if own is None else own.to_dict() for own in parts]
        record: dict[str, Any] = dict(zip(_PARTS, saved, strict=True))
        for kind, trees in (("repeats", self.repeats), ("returns", self.returns)):
            record[kind] = {name: tree_to_dict(tree) for name, tree in trees.items()}
        return record

    @classmethod
    def from_dict(cls, record: Mapping[str, Any]) -> Self:
        """Rebuild from `to_dict`; `ModelFileError` if the record is damaged."""
        saved = {name: part(record, name, (dict, type(None))) for name in _PARTS}
        trees, again = (part(record, name, dict) for name in ("repeats", "returns"))
        line, begins, goes_on = saved["timeline"], saved["begins"], saved["goes_on"]
        timeline = None if line is None else Timeline.from_dict(line)
        above, shown = (Numbers.from_dict(part(record, n, dict)) for n in ("above", "shown"))
        alone = line is None and goes_on is not None
        if (line is None) != (begins is None) or alone or not set(again) <= set(trees):
            raise ModelFileError("a saved history is damaged: its parts are not of one table")
        first = len(above.scales) + len(("left",))
        free = first + len(("rank",)) + 2 * len(trees) + len(shown.scales)
        free += _BEFORE if timeline is not None else 0
        drawn = free + (_OWN if timeline is not None else 0)

        def saved_trees(kind: Mapping[str, Any]) -> dict[str, ConditionalTree]:
            return {
                name: tree_from_dict(part(kind, name, dict), n_features=drawn + place, n_symbols=2)
                for place, name in enumerate(trees)
                if name in kind
            }

        return cls(
            timeline,
            above,
            shown,
            None if begins is None else NumberTree.from_dict(begins, n_features=first),
            None if goes_on is None else NumberTree.from_dict(goes_on, n_features=free),
            saved_trees(trees),
            saved_trees(again),
        )


def _first(above: Features, left: Positions) -> Features:
    """Return what the tree of the first siblings is given."""
    return np.column_stack([above, left]).astype(np.float32)


def _width(part: NDArray[Any]) -> int:
    """Return how many features an array holds."""
    return 1 if part.ndim == 1 else part.shape[1]
