"""Children per parent of every foreign key, as displays are told: of the data, and as generated."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from synthohive_jupyter.events import LinkageFitted, LinkageSampled
from synthohive_jupyter.relational.ancestry import children
from synthohive_jupyter.relational.counts.linkage import MAX_CELLS, histogram

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    from synthohive_jupyter.engine.record import Learnt
    from synthohive_jupyter.engine.tables import RealTables
    from synthohive_jupyter.relational.ancestry import Tables
    from synthohive_jupyter.relational.steps import TableStep
    from synthohive_jupyter.schema.metadata import ForeignKey

    Counts = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Degrees:
    """How many rows parents have by one foreign key: a histogram of at most `MAX_CELLS` cells.

    Attributes:
        cells: Parents with 0, 1, 2, … rows; the last cell holds the rest.
        mean: Mean number of rows of a parent.
        variance: Its variance (divided by the number of parents).
    """

    cells: tuple[int, ...]
    mean: float
    variance: float

    @classmethod
    def of(cls, counts: Counts, cells: int | None = None) -> Self:
        """Return the degrees of parents, at least one.

        Args:
            counts: Rows of each parent, zeros included.
            cells: Number of cells; ``None``: up to one above the largest count, as
                `LinkageModel.cells`.

        >>> import numpy as np
        >>> Degrees.of(np.array([0, 2, 2]))
        Degrees(cells=(1, 0, 2, 0), mean=1.3333333333333333, variance=0.888888888888889)
        """
        if cells is None:
            cells = min(int(counts.max()) + 2, MAX_CELLS)
        return cls(histogram(counts, cells), float(counts.mean()), float(counts.var()))

    def to_dict(self) -> dict[str, Any]:
        """Return the degrees as JSON-safe values."""
        return {"cells": list(self.cells), "mean": self.mean, "variance": self.variance}

    @classmethod
    def from_dict(cls, record: Mapping[str, Any]) -> Self:
        """Rebuild degrees from `to_dict`; KeyError, TypeError or ValueError where damaged."""
        cells = tuple(int(number) for number in record["cells"])
        numbers = float(record["mean"]), float(record["variance"])
        if not 1 <= len(cells) <= MAX_CELLS or not all(0 <= n < math.inf for n in numbers):
            raise ValueError("a histogram of children is damaged")
        return cls(cells, *numbers)


def real_degrees(step: TableStep, tables: RealTables) -> dict[str, Degrees]:
    """Return the degrees of the keys that do not drive, by name.

    The positions are those that are learnt from, so nothing is read or counted again. A parent
    without a row has none.
    """
    found = {}
    for key in _undriven(step):
        if parents := tables.rows(key.parent):
            counts = children(tables.positions(step.table, key), parents)
            found[key.name] = Degrees.of(counts)
    return found


def fitted_events(step: TableStep, learnt: Learnt) -> Iterator[LinkageFitted]:
    """Yield what is told of each foreign key of a fitted table, the driving one first."""
    if step.driver is not None and learnt.linkage is not None:
        model = learnt.linkage
        yield LinkageFitted(
            table=step.table,
            parent=step.driver.parent,
            foreign_key=step.driver.name,
            method=model.fitted_as or model.method,
            counts=model.histogram(model.cells),
            real_mean=model.mean,
            real_variance=model.variance,
        )
    for key in _undriven(step):
        if (real := learnt.record.degrees.get(key.name)) is not None:
            yield LinkageFitted(
                table=step.table,
                parent=key.parent,
                foreign_key=key.name,
                method=_method(step, key),
                counts=real.cells,
                real_mean=real.mean,
                real_variance=real.variance,
                driving=False,
            )


def sampled_events(
    step: TableStep, learnt: Learnt, tables: Tables, kept: Mapping[str, pd.DataFrame]
) -> Iterator[LinkageSampled]:
    """Yield what is told of each foreign key of a generated table whose keys are all placed.

    Args:
        step: The table.
        learnt: What was learnt of it; it decides the cells.
        tables: The generated tables.
        kept: Foreign key name to the rows of its kept table.
    """
    cells = {name: len(real.cells) for name, real in learnt.record.degrees.items()}
    if step.driver is not None and learnt.linkage is not None:
        cells[step.driver.name] = learnt.linkage.cells
    for key in (*step.structural_keys, *step.kept_keys):
        public = kept.get(key.name)
        parents = tables.rows(key.parent) if public is None else len(public)
        if parents and key.name in cells:
            counts = children(tables.positions(step.table, key), parents)
            made = Degrees.of(counts, cells[key.name])
            yield LinkageSampled(
                table=step.table,
                parent=key.parent,
                foreign_key=key.name,
                counts=made.cells,
                mean=made.mean,
                variance=made.variance,
                driving=key == step.driver,
            )


def _undriven(step: TableStep) -> tuple[ForeignKey, ...]:
    return (*step.other_keys, *step.self_keys, *step.kept_keys)


def _method(step: TableStep, key: ForeignKey) -> str:
    """Return how the parents of a key that does not drive are found, in one word."""
    if key in step.kept_keys:
        return "value"
    return "hierarchy" if key in step.self_keys else "matching"
