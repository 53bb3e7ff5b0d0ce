"""`LinkageModel`: how many children a parent has."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

import numpy as np
import pandas as pd

from synthohive_jupyter.errors import DataError, ModelFileError, NotFittedError, SchemaError
from synthohive_jupyter.io import frames
from synthohive_jupyter.io.lookup import locate
from synthohive_jupyter.relational.counts.forest import CountForest
from synthohive_jupyter.relational.counts.laws import (
    UNBOUNDED,
    CountLaw,
    are_bounds,
    clipped,
    is_within,
    moments,
    shape_of,
)
from synthohive_jupyter.schema.metadata import LINKAGE_METHODS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sized

    from numpy.typing import NDArray

    from synthohive_jupyter.relational.counts.laws import Bounds

    Counts = NDArray[np.int64]


MAX_CELLS = 32
"""A histogram for displays has at most so many cells."""


class LinkageModel:
    """Children per parent, learnt from counts that include the childless parents.

    The methods:

    - ``"empirical"``: the histogram itself, so no count above `max_children` is ever drawn.
    - ``"negbinom"``: a negative binomial by the method of moments, ``shape = mean² / (variance -
      mean)`` within `SHAPE_BOUNDS`. Where the moments allow none it falls back: all zero →
      empirical; no variance → the constant; variance not above the mean → Poisson. Its tail is not
      capped at `max_children`.
    - ``"conditional"``: trees on the parent's columns (see `counts.CountForest`), calibrated: over
      many parents the counts have the histogram of ``"empirical"``. It is that where there are no
      columns, or they say nothing of the counts of held-back parents.

    Bounds always hold. What is learnt is the law of the counts within them; where the data has
    none, every parent has the nearest bound. A parametric law that they cut keeps its mean.

    Counts are drawn by inverting the distribution at one uniform number per parent. The numbers are
    stratified (one in each of n equal intervals, in random order): each parent's count has exactly
    the learnt distribution, and totals vary far less than with independent draws. A total can be
    asked for and is met exactly, see `laws.CountLaw.exactly`; who has many children stays the same.

    Parents may be drawn block by block. Each block is stratified and, with a total, exact on its
    own; where the blocks shall have a common total, its parts are the caller's to choose.

    Attributes:
        method: The method asked for.
        fitted_as: The distribution in use after the fallbacks: ``empirical``, ``negbinom``,
            ``poisson``, ``constant`` or ``conditional``; ``None`` before `fit`.
        max_children: Most children that a real parent has.
        mean: Mean number of children of a real parent.
        variance: Its variance (divided by the number of parents).
        parents: Number of real parents.
        bounds: Least and most children that a parent is ever given.

    >>> model = LinkageModel().fit_counts(np.array([0, 2, 2, 4]))
    >>> model.max_children, model.mean, model.histogram(4)
    (4, 2.0, (1, 0, 2, 1))
    >>> sorted(int(n) for n in model.sample_counts(range(4), rng=np.random.default_rng(0)))
    [0, 2, 2, 4]
    """

    def __init__(self, method: str = "empirical") -> None:
        if method not in LINKAGE_METHODS:
            known = ", ".join(LINKAGE_METHODS)
            raise SchemaError(f"unknown linkage method {method!r}; known: {known}")
        self.method = method
        self.fitted_as: str | None = None
        self.max_children = 0
        self.mean = 0.0
        self.variance = 0.0
        self.parents = 0
        self.bounds = UNBOUNDED
        self._table = ""
        self._values: Counts = np.zeros(0, dtype=np.int64)
        self._weights: Counts = np.zeros(0, dtype=np.int64)
        self._forest: CountForest | None = None

    def __repr__(self) -> str:
        state = "not fitted" if self.fitted_as is None else f"{self.fitted_as}, {self.mean:.4g}"
        return f"LinkageModel({self.method!r}: {state})"

    def fit(
        self,
        parent_df: Any,  # noqa: ANN401 - a pandas or Spark frame
        child_df: Any,  # noqa: ANN401 - a pandas or Spark frame
        fk_col: str,
        pk_col: str = "id",
        *,
        table: str = "",
        bounds: Bounds = UNBOUNDED,
    ) -> Self:
        """Learn from a parent and a child table; Spark frames are counted in Spark.

        Args:
            parent_df: Frame with one row per parent; all its columns but the key are looked at by
                ``"conditional"``, and no column by the other methods.
            child_df: Frame with one row per child.
            fk_col: Column of the child that holds the parent's key. Nulls and orphans do not count.
            pk_col: The parent's key.
            table: Name of the parent table, for errors.
            bounds: Least and most children of a parent, as the schema declares them.

        Raises:
            DataError: If a column is missing or cannot be modelled, or there is no parent.
        """
        for frame, column, which in ((parent_df, pk_col, "parent"), (child_df, fk_col, "child")):
            if column not in frames.columns(frame):
                raise DataError(f"the {which} has no such column", column=column)
        if self.method != "conditional":
            counts = frames.child_counts(parent_df, child_df, pk=pk_col, fk=fk_col)
            return self.fit_counts(counts, table=table, bounds=bounds)
        parents, counts = _counted(parent_df, child_df, pk=pk_col, fk=fk_col)
        return self.fit_counts(counts, parents, table=table, bounds=bounds)

    def fit_counts(
        self,
        counts: NDArray[Any],
        parents: pd.DataFrame | None = None,
        *,
        table: str = "",
        bounds: Bounds = UNBOUNDED,
    ) -> Self:
        """Learn from the children of each parent, zeros included.

        Args:
            counts: Non-negative integers of shape ``(parents,)``.
            parents: Columns of the same parents, for ``"conditional"``: their own, those of their
                ancestors, and how many children of other tables they have.
            table: Name of the parent table, for errors.
            bounds: Least and most children of a parent. Real parents outside teach nothing.

        Raises:
            DataError: If there is no parent, or a column cannot be modelled.
            ValueError: If the bounds are none.
        """
        numbers = np.asarray(counts, dtype=np.int64)
        if numbers.size == 0:
            raise DataError("children per parent cannot be learnt without a single parent")
        if not are_bounds(*bounds):
            raise ValueError(f"bounds are whole numbers from 0, the least first, not {bounds}")
        self._learn(*np.unique(numbers, return_counts=True), bounds)
        self._table, self._forest = table, None
        if self.method == "conditional" and parents is not None and parents.shape[1]:
            inside = is_within(numbers, bounds)
            self._forest = CountForest.fit(parents[inside], numbers[inside], table=table)
        self.fitted_as = self._choose()
        return self

    def sample_counts(
        self,
        parent_context: Sized,
        *,
        rng: np.random.Generator | None = None,
        total: int | None = None,
    ) -> Counts:
        """Draw the number of children of each parent.

        Args:
            parent_context: The parents' frame with the columns of the fit; for the methods that do
                not look at columns anything with one element per parent.
            rng: Source of randomness; ``None`` takes a fresh one from the operating system.
            total: Sum of the counts, if it shall be exact.

        Returns:
            Non-negative integers of shape ``(len(parent_context),)``, within the bounds.

        Raises:
            NotFittedError: Before `fit`.
            DataError: If a column that the counts depend on is missing, or so many parents cannot
                have that total by the learnt counts and the bounds.
        """
        self._require_fit()
        rng = np.random.default_rng() if rng is None else rng
        n = len(parent_context)
        uniform = self._quantiles(parent_context, n, rng)
        if total is not None:
            return self._law(total / max(n, 1)).exactly(uniform, total, table=self._table)
        return self._law().at(uniform)

    def _quantiles(self, parents: Sized, n: int, rng: np.random.Generator) -> NDArray[np.float64]:
        """Return where each parent's count lies among those of all, in (0, 1), evenly spread."""
        if self._forest is None or n == 0:
            return (rng.permutation(n) + rng.random(n)) / max(n, 1)
        if not isinstance(parents, pd.DataFrame):
            raise DataError("counts that depend on the parent need the frame of the parents")
        if missing := [c for c in self._forest.columns if c not in parents.columns]:
            raise DataError("the number of children depends on it", column=missing[0])
        return self._forest.quantiles(parents, rng)

    def histogram(self, cells: int = MAX_CELLS) -> tuple[int, ...]:
        """Return how many real parents have 0, 1, 2, … children; the last cell holds the rest.

        Raises:
            NotFittedError: Before `fit`.
        """
        self._require_fit()
        return histogram(self._values, cells, weights=self._weights)

    @property
    def cells(self) -> int:
        """Cells that show this distribution: up to one above the maximum, or `MAX_CELLS`."""
        return min(self.max_children + 2, MAX_CELLS)

    def to_dict(self) -> dict[str, Any]:
        """Return the model as JSON-safe values: a histogram of counts, no key and no row.

        Raises:
            NotFittedError: Before `fit`.
        """
        self._require_fit()
        record: dict[str, Any] = {
            "method": self.method,
            "values": self._values.tolist(),
            "weights": self._weights.tolist(),
            "bounds": list(self.bounds),
            "table": self._table,
        }
        return record if self._forest is None else record | {"forest": self._forest.to_dict()}

    @classmethod
    def from_dict(cls, record: Mapping[str, Any]) -> Self:
        """Rebuild a model from `to_dict`.

        Raises:
            ModelFileError: If the record is damaged.
        """
        try:
            values = np.array(record["values"], dtype=np.int64)
            weights = np.array(record["weights"], dtype=np.int64)
            model = cls(record["method"])
            least, most = record["bounds"]
            model._table = str(record["table"])
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            raise ModelFileError(f"a linkage record is damaged: {error}") from error
        if not (values.ndim == 1 and values.shape == weights.shape and len(values) > 0):
            raise ModelFileError("a linkage record is damaged: not one weight per value")
        if values[0] < 0 or (np.diff(values) <= 0).any() or (weights <= 0).any():
            raise ModelFileError("a linkage record is damaged: not a histogram")
        if not are_bounds(least, most):
            raise ModelFileError("a linkage record is damaged: its bounds are none")
        model._learn(values, weights, (least, most))
        if record.get("forest") is not None:
            model._forest = CountForest.from_dict(record["forest"])
        model.fitted_as = model._choose()
        return model

    def _learn(self, values: Counts, weights: Counts, bounds: Bounds) -> None:
        """Take over a histogram of real counts, whether they are within the bounds or not."""
        self._values, self._weights, self.bounds = values, weights.astype(np.int64), bounds
        self.parents = int(weights.sum())
        self.max_children = int(values[-1])
        self.mean, self.variance = moments(values, weights)

    def _require_fit(self) -> None:
        if self.fitted_as is None:
            raise NotFittedError("call fit before asking a LinkageModel for anything")

    def _inside(self) -> tuple[Counts, Counts]:
        """Return the part of the histogram within the bounds; all at the nearest one if empty."""
        inside = is_within(self._values, self.bounds)
        if inside.any():
            return self._values[inside], self._weights[inside]
        values, place = np.unique(clipped(self._values, self.bounds), return_inverse=True)
        return values, np.bincount(place, self._weights).astype(np.int64)

    def _choose(self) -> str:
        """Return the distribution that the moments allow."""
        values, weights = self._inside()
        if self.method == "conditional":
            return "empirical" if self._forest is None else "conditional"
        if self.method == "empirical" or values[-1] == 0:
            return "empirical"
        if len(values) == 1:
            return "constant"
        mean, variance = moments(values, weights)
        return "poisson" if variance <= mean else "negbinom"

    def _law(self, mean: float | None = None) -> CountLaw:
        """Return the distribution of the counts; a parametric one about another mean if asked."""
        values, weights = self._inside()
        if self.fitted_as not in {"poisson", "negbinom"}:
            return CountLaw.of(values, weights)
        own, variance = moments(values, weights)
        wanted = own if mean is None else mean
        if wanted <= 0:
            return CountLaw.of(np.zeros(1, np.int64), np.ones(1)).within(self.bounds)
        if self.fitted_as == "poisson":
            law = CountLaw.poisson(wanted).within(self.bounds)
        else:
            shape = shape_of(own, variance, self.bounds)
            law = CountLaw.negative_binomial(wanted, shape).within(self.bounds)
        return law if mean is not None else law.tilted(wanted)


def _counted(
    parent: Any,  # noqa: ANN401 - a pandas or Spark frame
    child: Any,  # noqa: ANN401 - a pandas or Spark frame
    *,
    pk: str,
    fk: str,
) -> tuple[pd.DataFrame, Counts]:
    """Return the columns of every parent without its key, and its number of children.

    Children of Spark frames are counted in Spark; parents come to the driver.
    """
    parents = frames.to_pandas(parent)
    counted = frames.count_values(child, fk)
    found = locate(parents, [pk], counted, [fk])
    # The last place is that of nobody, which -1 points to.
    counts = np.append(counted["count"].to_numpy(np.int64), 0)[found]
    return parents.drop(columns=pk), counts


def histogram(
    counts: NDArray[Any], cells: int = MAX_CELLS, *, weights: NDArray[Any] | None = None
) -> tuple[int, ...]:
    """Return how often 0, 1, 2, … occur in ``counts``; the last cell holds all above.

    Args:
        counts: Non-negative integers.
        cells: Number of cells, at least 1.
        weights: How often each count stands for itself; once where ``None``.

    >>> histogram(np.array([0, 1, 1, 7]), 3)
    (1, 2, 1)
    """
    if cells < 1:
        raise ValueError("a histogram has at least one cell")
    clipped = np.minimum(np.asarray(counts, dtype=np.int64), cells - 1)
    table = np.bincount(clipped, weights=weights, minlength=cells)
    return tuple(round(n) for n in table.tolist())
