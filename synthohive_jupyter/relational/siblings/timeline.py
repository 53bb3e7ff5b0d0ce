"""`Timeline`: the column that orders siblings, as steps from one sibling to the next.

Siblings follow each other: what repeats is not the date but how much later it is. So the first
sibling has a *place* on the axis of the column, and each other one a *step* from the last one whose
value is known. Whatever is drawn, places are in order, on the grid of the data, and inside its
*window*, which reaches from the `RARE`-th lowest to the `RARE`-th highest value, counted in
families: nothing runs past the data, and no extreme is given away.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from synthohive_jupyter.tabular import declared
from synthohive_jupyter.tabular.axis import Lattice, axis_from_dict
from synthohive_jupyter.tabular.columns import Source, grid_of
from synthohive_jupyter.tabular.numeric import find_axis, snapped
from synthohive_jupyter.tabular.ranges import learnt_range, within
from synthohive_jupyter.tabular.records import damaged, part
from synthohive_jupyter.tabular.storage import Storage

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from synthohive_jupyter.schema.tables import Constraint
    from synthohive_jupyter.tabular.axis import Axis
    from synthohive_jupyter.tabular.codecs import Flags, Floats, Integers

_COUNTED = {None, "int", "float", "date", "datetime"}
"""Declared types of columns that can be counted in steps."""


@dataclass(frozen=True, slots=True, eq=False)
class Timeline:
    """The axis of a column that orders siblings.

    Attributes:
        name: The column.
        storage: How it is stored.
        axis: Its grid, and its window.

    Example:
        >>> import pandas as pd
        >>> days = pd.Series(pd.to_datetime(["2024-05-01", "2024-05-03"] * 10), name="day")
        >>> line = Timeline.fit(days, np.arange(20), table="visits")
        >>> line.places(days[:2], table="visits").tolist()
        [0.0, 2.0]
        >>> line.column(np.array([1.0, np.nan])).tolist()
        [Timestamp('2024-05-02 00:00:00'), NaT]
    """

    name: str
    storage: Storage
    axis: Axis

    @classmethod
    def fit(
        cls,
        column: pd.Series[Any],
        family: Integers,
        *,
        table: str,
        rule: Constraint | None = None,
    ) -> Self | None:
        """Learn a column.

        Args:
            column: Numbers, dates or times.
            family: Number of each row's family, from 0.
            table: Name of the table, for errors.
            rule: What is declared of the column.

        Returns:
            The timeline; ``None`` where the column cannot be counted in steps.

        Raises:
            DataError: If the column is of a type that cannot be modelled, or not as declared.
        """
        texts = None if rule is None else rule.values  # noqa: PD011 - a field of the rule
        if texts is not None or (rule is not None and rule.dtype not in _COUNTED):
            return None
        source, _ = Source.of(
            column,
            rule,
            table=table,
            families=family,
            rng=np.random.default_rng(0),
            numbers="cells",
        )
        storage = source.storage
        if not _countable(storage):
            return None
        source.check()
        limits = declared.limits(rule, storage, table=table, column=source.place[1])
        grid = grid_of(source)
        values = snapped(source.present, grid.snap)
        allowed = within(values, limits)
        if not allowed.any() or source.families is None:
            return None
        values = values[allowed]
        window, _ = learnt_range(values, limits, source.families[allowed])
        return cls(source.place[1], storage, find_axis(values, window, limits, grid))

    @property
    def window(self) -> tuple[float, float]:
        """Lowest and highest place that may be drawn."""
        return self.axis.low, self.axis.high

    def places(self, column: pd.Series[Any], *, table: str) -> Floats:
        """Return where values lie, those outside the window at its end; nulls as NaN.

        Raises:
            DataError: If the column is of another kind than the one that was learnt.
        """
        values, nulls = self.storage.read(column, table=table)
        found = np.clip(self.axis.positions(values), *self.window)
        return np.where(nulls, np.nan, found)

    def column(self, places: Floats) -> pd.Series[Any]:
        """Return places as a column of the type of the data; NaN as null."""
        nulls: Flags = np.isnan(places)
        inside = np.clip(np.where(nulls, self.axis.low, places), *self.window)
        return self.storage.write(self.axis.values(inside), nulls)

    def to_dict(self) -> dict[str, Any]:
        """Return the timeline as JSON-safe values."""
        return {"name": self.name, "storage": self.storage.to_dict(), "axis": self.axis.to_dict()}

    @classmethod
    def from_dict(cls, record: Mapping[str, Any]) -> Self:
        """Rebuild a timeline; `ModelFileError` if the record is damaged."""
        name, storage = part(record, "name", str), Storage.from_dict(part(record, "storage", dict))
        line = cls(name, storage, axis_from_dict(part(record, "axis", dict)))
        whole = isinstance(line.axis, Lattice) and line.axis.digits is None
        if not _countable(storage) or whole != (storage.canonical.kind == "i"):
            raise damaged("a timeline is no column of numbers, or of others than its grid")
        try:  # a grid that does not fit the type shows when a value is written
            line.column(np.array(line.window))
        except Exception as error:
            raise damaged("a timeline does not fit the type of its column") from error
        return line


def _countable(storage: Storage) -> bool:
    # Unsigned 64-bit integers are held so far from 0 that differences of them are not exact.
    known = storage.kind in {"number", "temporal"}
    return known and not storage.categorical and not storage.unsigned


def steps(places: Floats, rank: Integers) -> Floats:
    """Return how far each row of the data lies after the sibling before it.

    Args:
        places: Place of each row, families together, each in its order; NaN for null.
        rank: Number of each row within its family, from 0.

    Returns:
        Steps, not negative; NaN for the first sibling and where a place is null.

    >>> steps(np.array([3.0, 5, 5, np.nan, 1]), np.array([0, 1, 2, 3, 0])).tolist()
    [nan, 2.0, 0.0, nan, nan]
    """
    between = np.maximum(np.diff(places, prepend=np.nan), 0.0)
    return np.where(rank > 0, between, np.nan)


def run_lengths(same: Flags, begin: Integers, so_far: Floats | float = 0.0) -> Floats:
    """Return how many rows, each like the one before it, end at each row.

    Args:
        same: Whether each row is like the one before it.
        begin: For each row the index of the first row of its run of siblings.
        so_far: How many such rows end directly before that first row.

    >>> run_lengths(np.array([False, True, True, True]), np.array([0, 0, 0, 3])).tolist()
    [0.0, 1.0, 2.0, 1.0]
    """
    at = np.arange(len(same))
    broken = np.maximum.accumulate(np.where(same, -1, at))
    found: Floats = np.where(broken >= begin, at - broken, at - begin + 1 + so_far)
    return found
