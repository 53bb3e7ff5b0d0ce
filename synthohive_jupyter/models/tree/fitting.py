"""Fitting a chain: scales, order, then one tree after the other, each an event."""

from __future__ import annotations

import time
from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from synthohive_jupyter.events import EpochEnded, Stopped
from synthohive_jupyter.models.tree.chain import NULL, PRESENT, Chain, Link
from synthohive_jupyter.trees.grower import Grower
from synthohive_jupyter.trees.leaves import Cells
from synthohive_jupyter.trees.likelihood import held_out_nll
from synthohive_jupyter.trees.pruning import prune
from synthohive_jupyter.trees.scales import Scale
from synthohive_jupyter.trees.targets import (
    Sketch,
    class_scores,
    feature_scores,
    mid_ranks,
    standardised,
)
from synthohive_jupyter.trees.tree import ConditionalTree

if TYPE_CHECKING:
    from collections.abc import Iterator

    from synthohive_jupyter.events import CancelToken
    from synthohive_jupyter.models.tree.config import TreeConfig
    from synthohive_jupyter.tabular.codecs import Encoded, Flags, Floats, Integers
    from synthohive_jupyter.tabular.transformer import TableTransformer

MAX_FEATURES = 64
"""A tree looks at most at so many features: those that its target goes with most closely."""

HELD_SHARE, HELD_ROWS = 0.1, 1000
"""Rows held out for the likelihood while trees are grown; their leaves are filled with all rows."""

_MIN_HELD = 50


@dataclass(slots=True)
class Table:
    """One table (or context) as trees see it.

    Attributes:
        scales: One for each column.
        rows: Its codes and scalars.
    """

    scales: list[Scale]
    rows: Encoded

    @classmethod
    def of(cls, transformer: TableTransformer, rows: Encoded) -> Table:
        """Return the table; its categories have no scores yet."""
        return cls([Scale.of(column) for column in transformer.columns], rows)

    def numbers(self, column: int) -> np.ndarray:
        """Return a column as a feature."""
        rows = self.rows
        return self.scales[column].numbers(rows.codes[:, column], rows.scalars[:, column])


@dataclass(slots=True)
class ChainFit:
    """A fit in progress.

    Attributes:
        chain: Usable at any time: columns not reached yet are drawn from their marginals.
        done: How many columns have their trees.
        features: Context and columns as numbers, shape (rows, columns), in the order of the chain.
    """

    chain: Chain
    done: int
    _table: Table
    _config: TreeConfig
    _families: Integers | None
    _held: Flags
    features: np.ndarray = field(repr=False)
    _sketch: Sketch = field(repr=False)
    _grower: Grower = field(repr=False)

    @classmethod
    def start(
        cls,
        table: Table,
        context: Table | None,
        config: TreeConfig,
        *,
        families: Integers | None,
        rng: np.random.Generator,
    ) -> ChainFit:
        """Prepare everything that all trees share.

        Args:
            table: The rows to learn.
            context: What each is given, or ``None``.
            config: Parameters.
            families: Family of every row, from 0, or ``None``.
            rng: Chooses the rows that are held out.
        """
        _score(table, context)
        order = _order(table)
        n_rows = len(table.rows.codes)
        before = [] if context is None else [context.numbers(i) for i in range(len(context.scales))]
        features = np.stack([*before, *(table.numbers(column) for column in order)], axis=1)
        held = _hold_out(n_rows, families, rng)
        sketch = Sketch(n_rows, features.shape[1])
        for place, values in enumerate(before):
            sketch.add(place, standardised(values))
        grower = Grower(features[~held], min_leaf=config.min_leaf, threads=config.threads)
        links = [_marginal(table, column, families) for column in order]
        scales = () if context is None else tuple(context.scales)
        return cls(Chain(scales, links), 0, table, config, families, held, features, sketch, grower)

    def run(self, table: str, *, cancel: CancelToken | None = None) -> Iterator[EpochEnded]:
        """Fit the columns that are left; a stop is heard before each, an interrupt at once.

        Args:
            table: Name of the table, for the events.
            cancel: Stops the fit.
        """
        links = self.chain.links
        for place in range(self.done, len(links)):
            if cancel is not None and cancel.cancelled:
                return
            begin = time.perf_counter()
            try:
                with nullcontext() if cancel is None else cancel.breakable():
                    nll = self._fit(place)
            except Stopped:
                # What there is of its trees can be drawn from; the column is begun anew.
                return
            self.done = place + 1
            seconds = time.perf_counter() - begin
            yield EpochEnded(
                table=table,
                epoch=self.done,
                epochs=len(links),
                losses={"nll": nll},
                seconds=seconds,
                rows_per_second=len(self._held) / seconds,
                unit="column",
            )

    def adopt(self, links: list[Link]) -> None:
        """Take over the first links of a fit of the same data."""
        for place, link in enumerate(links):
            self.chain.links[place] = link
            self._note(place)
        self.done = len(links)

    def _note(self, place: int) -> None:
        """Make a column that is done a feature of those to come."""
        at = len(self.chain.context) + place
        self._sketch.add(at, standardised(self.features[:, at]))

    def _fit(self, place: int) -> float:
        """Grow the trees of a column and return its held-out negative log-likelihood a row."""
        link = self.chain.links[place]
        cells = _cells(self._table, link.column, self._families)
        present = np.ones(len(self._held), dtype=np.bool_)
        nll = 0.0
        if link.gate is not None:
            present = cells.symbols != 0
            null_or_not = _null_or_not(cells)
            every = np.ones(len(present), dtype=np.bool_)
            target = present[~self._held]
            link.gate, nll = self._tree(place, null_or_not, every, target, gate=True)
        grown = present & ~self._held
        link.body, of_body = self._tree(place, cells, present, self._target(place, cells, grown))
        self._note(place)
        return nll + of_body

    def _target(self, place: int, cells: Cells, grown: Flags) -> Floats:
        """Return the number by which the rows that a tree is grown on shall differ."""
        at = len(self.chain.context) + place
        scale = self.chain.links[place].scale
        if scale.ordered or not grown.any():
            return mid_ranks(self.features[grown, at])
        own = cells.symbols[grown]
        scores: Floats = class_scores(own, scale.n_codes, self._sketch.total[grown, :at])
        return scores[own]

    def _tree(
        self, place: int, cells: Cells, rows: Flags, target: Floats | Flags, *, gate: bool = False
    ) -> tuple[ConditionalTree, float]:
        """Grow and prune a tree on the rows that are not held out, and fill it with all of them.

        Returns:
            The tree, and its part of the held-out negative log-likelihood of the column.
        """
        at = len(self.chain.context) + place
        whole, number = bool(rows.all()), target.astype(np.float64)
        splits = self._grower.grow(
            number,
            self._choose(at, number, rows & ~self._held),
            rows=None if whole else np.flatnonzero(rows[~self._held]),
        )
        features = self.features if whole else self.features[rows]
        grown, mine = ~self._held[rows], cells.of(rows)
        ordered = self.chain.links[place].scale.ordered and not gate
        splits, wider = prune(splits, splits.leaves(features[grown]), number, ordered=ordered)
        leaves = splits.leaves(features)
        tree = ConditionalTree.filled(splits, leaves, wider, mine, smoothing=self._config.smoothing)
        nll = held_out_nll(leaves, mine, self._held[rows])
        return tree, nll * float(rows.mean())

    def _choose(self, at: int, target: Floats, grown: Flags) -> list[int]:
        """Return the features a tree may look at: all before it, or those nearest to its target."""
        if at <= MAX_FEATURES or not len(target):
            return list(range(at))
        features = self.features[grown, :at]
        spread = np.maximum(features.std(axis=0), np.finfo(np.float32).tiny)
        close = np.abs((target - target.mean()).astype(np.float32) @ features) / spread
        return sorted(np.argsort(-close, kind="stable")[:MAX_FEATURES].tolist())


def _score(table: Table, context: Table | None) -> None:
    """Give the categories of both tables their places."""
    parts = [table] if context is None else [context, table]
    owners = [(part, column) for part in parts for column in range(len(part.scales))]
    if not owners:
        return
    scores = feature_scores(
        [None if p.scales[i].ordered else p.rows.codes[:, i].astype(np.int64) for p, i in owners],
        [part.scales[i].n_codes for part, i in owners],
        [part.numbers(i).astype(np.float64) for part, i in owners],
    )
    for (part, column), found in zip(owners, scores, strict=True):
        if found is not None:
            part.scales[column] = part.scales[column].placed(found)


def _order(table: Table) -> list[int]:
    """Return the columns in the order of drawing: categories, then numbers, each few values first.

    What a column with few values depends on is cheap to say by one with many, and hardly the other
    way round: a tree on many-valued features spends its leaves on splitting these.
    """
    different = [len(np.unique(table.numbers(column))) for column in range(len(table.scales))]
    return sorted(
        range(len(different)),
        key=lambda column: (table.scales[column].ordered, different[column], column),
    )


def _hold_out(n_rows: int, families: Integers | None, rng: np.random.Generator) -> Flags:
    """Choose rows for the likelihood, whole families where there are any; none of a small table."""
    n_units = n_rows if families is None else int(families.max()) + 1
    if n_units < _MIN_HELD:
        return np.zeros(n_rows, dtype=np.bool_)
    unit = rng.random(n_units) < min(HELD_SHARE, HELD_ROWS / n_rows)
    return unit if families is None else unit[families]


def _cells(table: Table, column: int, families: Integers | None) -> Cells:
    rows = table.rows
    return table.scales[column].cells(rows.codes[:, column], rows.scalars[:, column], families)


def _marginal(table: Table, column: int, families: Integers | None) -> Link:
    """Return a column that is drawn from the distribution of all rows."""
    scale, cells = table.scales[column], _cells(table, column, families)
    present = cells.symbols != 0
    if not scale.nulls or present.all() or not present.any():
        return Link(column, scale, None, ConditionalTree.marginal(cells))
    gate = ConditionalTree.marginal(_null_or_not(cells))
    return Link(column, scale, gate, ConditionalTree.marginal(cells.of(present)))


def _null_or_not(cells: Cells) -> Cells:
    """Return a column that has nulls as the column of its gate."""
    symbols = np.where(cells.symbols == 0, NULL, PRESENT)
    return Cells(symbols, cells.ranks, cells.families)
