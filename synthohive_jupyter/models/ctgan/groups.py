"""`CodeGroups`: columns of very many codes, as groups of codes that the networks can afford.

Head, relaxed draw, condition and marginal of a column cost as much a row as it has codes. So the
networks see at most `CTGANConfig.max_codes` of them: frequent codes stand alone, rarer ones share a
group. Which code of its group a row gets is drawn afterwards from their shares, whatever else is in
the row: a code keeps its share of its group, and codes of one group are alike to other columns.

Groups follow from the shares that the transformer keeps, so a model file holds nothing of them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Self

import numpy as np

from synthohive_jupyter.tabular.codecs import Encoded

if TYPE_CHECKING:
    from synthohive_jupyter.tabular.codecs import Codes, ColumnLayout, Floats, Integers
    from synthohive_jupyter.tabular.transformer import TableTransformer


@dataclass(frozen=True, slots=True, eq=False)
class Groups:
    """The codes of one column in groups.

    Attributes:
        of_code: The group of each code, (codes,) int32.
        order: The codes, group by group.
        cumulative: Sums of their shares, in this order.
        starts: First place of each group in ``order``.
        ends: Last place of each group that has a share.
    """

    of_code: Codes
    order: Integers
    cumulative: Floats
    starts: Integers
    ends: Integers

    @classmethod
    def of(cls, shares: Floats, most: int) -> Self:
        """Return at most so many groups of codes with these shares.

        From the most frequent code on, one with at least the mean share of the groups that are
        left stands alone; the others are cut into groups of nearly equal shares, rarer ones with
        more codes. Codes that were never seen are in the last group, and are never drawn.

        >>> Groups.of(np.array([0.04, 0.5, 0.06, 0.3, 0.05, 0.05]), 4).of_code.tolist()
        [3, 0, 2, 1, 2, 3]
        """
        order = np.argsort(-shares, kind="stable")
        falling = shares[order]
        seen = int((falling > 0).sum())
        most = min(most, seen)
        left = np.cumsum(falling[::-1])[::-1]
        frequent = falling[:most] * np.arange(most, 0, -1) >= left[:most]
        alone = most - 1 if frequent.all() else int(frequent.argmin())
        rest = falling[alone:]
        # Every code is smaller than a group, so the middles of two neighbours skip none.
        middles = (np.cumsum(rest) - rest / 2) / rest.sum() * (most - alone)
        pooled = alone + np.minimum(middles.astype(np.int64), most - alone - 1)
        grouped = np.concatenate([np.arange(alone), pooled])
        _, starts, group = np.unique(grouped, return_index=True, return_inverse=True)
        of_code = np.empty(len(shares), np.int32)
        of_code[order] = group
        ends = np.minimum(np.append(starts[1:], len(shares)), seen) - 1
        return cls(of_code, order, np.cumsum(falling), starts, ends)

    def draw(self, groups: Codes, rng: np.random.Generator) -> Integers:
        """Return for each group one of its codes, drawn by their shares."""
        first, last = self.starts[groups], self.ends[groups]
        low = np.where(first > 0, self.cumulative[first - 1], 0.0)
        target = low + rng.random(len(groups)) * (self.cumulative[last] - low)
        place = np.searchsorted(self.cumulative, target, side="right")
        # Rounding may reach the end of the group.
        return self.order[np.minimum(place, last)]


@dataclass(frozen=True, slots=True, eq=False)
class CodeGroups:
    """What the networks see of the columns of a table.

    Attributes:
        layout: The columns, with groups for codes where there are too many.
        columns: The groups of each such column, by its place.
    """

    layout: tuple[ColumnLayout, ...]
    columns: dict[int, Groups]

    @classmethod
    def of(cls, transformer: TableTransformer, most: int) -> Self:
        """Return the columns of a transformer with at most so many codes.

        Columns of numbers are left alone: a scalar means something within its mode only.
        """
        layout = list(transformer.layout)
        columns: dict[int, Groups] = {}
        for index, shares in enumerate(transformer.frequencies):
            if layout[index].n_codes > most and not layout[index].scalar_codes:
                columns[index] = Groups.of(shares, most)
                count = len(columns[index].starts)
                layout[index] = replace(layout[index], n_codes=count)
        return cls(tuple(layout), columns)

    def group(self, rows: Encoded) -> Encoded:
        """Return rows with groups for codes; the same ones where no column has groups."""
        if not self.columns:
            return rows
        codes = rows.codes.copy()
        for index, groups in self.columns.items():
            codes[:, index] = groups.of_code[codes[:, index]]
        return Encoded(codes, rows.scalars)

    def draw(self, rows: Encoded, rng: np.random.Generator) -> Encoded:
        """Return rows with a code drawn for each group; one random number for each."""
        if not self.columns:
            return rows
        codes = rows.codes.copy()
        for index, groups in self.columns.items():
            codes[:, index] = groups.draw(codes[:, index], rng)
        return Encoded(codes, rows.scalars)
