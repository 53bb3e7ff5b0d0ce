"""History as context: what a row is told of its siblings.

A model draws rows given a context and knows of no families. So the rows of a family are drawn one
rank after the other, for all families at once, and each row's context says which of how many it is
and what the sibling before it and the first one hold. Any model that reads a context thereby keeps
what siblings have in common, and how they follow each other.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from synthohive_jupyter.relational.keys import number_in_family

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

    Positions = NDArray[np.int64]

RANK, LEFT = "__sib__rank", "__sib__left"
"""Number of a row within its family from 0, and how many siblings come after it."""
PREVIOUS, FIRST = "__prev__", "__first__"
"""Stand before the names of a sibling's columns."""

ALONE = 64
"""From this rank on a few families may be left, and several ranks are drawn at once."""
TOGETHER = 256
"""Rows that are drawn at once then, at most; they share what they are told of the past."""


@dataclass(frozen=True, slots=True)
class History:
    """What siblings are told of each other.

    Attributes:
        columns: Columns of the child that are shown.
    """

    columns: tuple[str, ...]

    def of(self, rows: pd.DataFrame, family: Positions) -> pd.DataFrame:
        """Return what each row of the data would have been told.

        Args:
            rows: Rows in the order of drawing, those of a family together.
            family: Number of each row's family.

        >>> rows = pd.DataFrame({"n": [5, 6, 7]})
        >>> told = History(("n",)).of(rows, np.array([0, 0, 1]))
        >>> told[["__sib__rank", "__sib__left"]].to_numpy().tolist()
        [[0, 1], [1, 0], [0, 0]]
        >>> told["__prev__n"].tolist()
        [<NA>, 5, <NA>]
        """
        rank = number_in_family(family)
        at = np.arange(len(rows), dtype=np.int64)
        sizes = np.diff(np.append(np.flatnonzero(rank == 0), len(rows)))
        left = np.repeat(sizes, sizes) - 1 - rank
        follows = rank > 0
        previous, first = np.where(follows, at - 1, -1), np.where(follows, at - rank, -1)
        shown = _nullable(rows[list(self.columns)])
        return self._told(rank, left, _taken(shown, previous), _taken(shown, first))

    def draw(
        self,
        sizes: Positions,
        above: pd.DataFrame,
        sample: Callable[[pd.DataFrame, int], pd.DataFrame],
        *,
        dtypes: Mapping[str, str],
    ) -> pd.DataFrame:
        """Draw whole families, rank by rank.

        Long families cost calls, not memory: from rank `ALONE` on the families that are left
        are drawn several ranks at a time, `TOGETHER` rows at most.

        Args:
            sizes: Number of rows of each family.
            above: Further context of each family, one row for each; columns may be none.
            sample: Draws one row for each row of a context; also given the first rank.
            dtypes: Types of the columns of `of`, by name.

        Returns:
            The rows, family by family, in the order of their ranks.
        """
        families = np.flatnonzero(sizes > 0)
        starts = np.cumsum(sizes) - sizes
        previous = first = None
        rank, pieces, places = 0, [], []
        while len(families):
            several = 1 if rank < ALONE else max(TOGETHER // len(families), 1)
            taken = np.minimum(sizes[families] - rank, several)
            family = np.repeat(np.arange(len(families)), taken)
            ranks = rank + number_in_family(family)
            left = sizes[families][family] - 1 - ranks
            told = self._told(ranks, left, *self._before(previous, first, family, dtypes))
            context = above.iloc[families[family]].reset_index(drop=True)
            drawn = sample(pd.concat([context, told], axis=1), rank).reset_index(drop=True)
            pieces.append(drawn)
            places.append(starts[families][family] + ranks)
            shown, ends = _nullable(drawn[list(self.columns)]), np.cumsum(taken)
            rank += several
            goes_on = sizes[families] > rank
            first = shown.iloc[ends - taken] if first is None else first
            previous, first = shown.iloc[ends - 1][goes_on], first[goes_on]
            families = families[goes_on]
        if not pieces:
            return sample(self._nobody(above, dtypes), 0)
        whole = pd.concat(pieces, ignore_index=True)
        return whole.iloc[np.argsort(np.concatenate(places))].reset_index(drop=True)

    def _before(
        self,
        previous: pd.DataFrame | None,
        first: pd.DataFrame | None,
        family: Positions,
        dtypes: Mapping[str, str],
    ) -> tuple[pd.DataFrame, pd.DataFrame]:
        if previous is None or first is None:
            index = pd.RangeIndex(len(family))
            nothing = {
                name: pd.Series(index=index, dtype=dtypes[PREVIOUS + name]) for name in self.columns
            }
            return (pd.DataFrame(nothing, index=index),) * 2
        return (
            previous.iloc[family].reset_index(drop=True),
            first.iloc[family].reset_index(drop=True),
        )

    def _nobody(self, above: pd.DataFrame, dtypes: Mapping[str, str]) -> pd.DataFrame:
        none = np.zeros(0, dtype=np.int64)
        told = self._told(none, none, *self._before(None, None, none, dtypes))
        return pd.concat([above.iloc[:0].reset_index(drop=True), told], axis=1)

    def _told(
        self, rank: Positions, left: Positions, previous: pd.DataFrame, first: pd.DataFrame
    ) -> pd.DataFrame:
        numbers = pd.DataFrame({RANK: rank, LEFT: left})
        shown = (previous.add_prefix(PREVIOUS), first.add_prefix(FIRST))
        return pd.concat([numbers, *(part.reset_index(drop=True) for part in shown)], axis=1)


def _taken(shown: pd.DataFrame, positions: Positions) -> pd.DataFrame:
    """Return rows by position; -1 is a row of nulls."""
    return shown.reset_index(drop=True).reindex(positions).reset_index(drop=True)


def _nullable(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the rows in types that have a null, the same ones whether there is any."""
    types = {
        name: "boolean" if rows[name].dtype.kind == "b" else "Int64"
        for name in rows.columns
        if isinstance(rows[name].dtype, np.dtype) and rows[name].dtype.kind in "biu"
    }
    return rows.astype(types)
