"""`LinkageModel`: how many children a parent has."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

import numpy as np
import pandas as pd

from synthohive_jupyter.errors import DataError, ModelFileError, NotFittedError, SchemaError
from synthohive_jupyter.io import frames
from synthohive_jupyter.io.lookup import locate
from synthohive_jupyter.relational.counts import CountTree
from synthohive_jupyter.schema.metadata import LINKAGE_METHODS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sized

    from numpy.typing import NDArray

    Counts = NDArray[np.int64]

SHAPE_BOUNDS = (0.1, 1e6)
"""The negative binomial's shape stays in this interval."""

MAX_CELLS = 32
"""A histogram for displays has at most so many cells."""

_TAIL = 30.0
"""Parametric counts end where less than about exp(-30) of the distribution is left."""


class LinkageModel:
    """Children per parent, learnt from counts that include the childless parents.

    The methods:

    - ``"empirical"``: the histogram itself, so no count above `max_children` is ever drawn.
    - ``"negbinom"``: a negative binomial by the method of moments, ``shape = mean² / (variance -
      mean)`` within `SHAPE_BOUNDS`. Where the moments allow none it falls back: all zero →
      empirical; no variance → the constant; variance not above the mean → Poisson. Its tail is not
      capped at `max_children`.
    - ``"conditional"``: a tree on the parent's columns (see `counts.CountTree`), calibrated: over
      all parents the counts have the histogram of ``"empirical"``. Without columns it is that.

    Counts are drawn by inverting the distribution at one uniform number per parent. The numbers are
    stratified (one in each of n equal intervals, in random order): each parent's count has exactly
    the learnt distribution, and totals vary far less than with independent draws.

    Attributes:
        method: The method asked for.
        fitted_as: The distribution in use after the fallbacks: ``empirical``, ``negbinom``,
            ``poisson``, ``constant`` or ``conditional``; ``None`` before `fit`.
        max_children: Most children that a real parent has.
        mean: Mean number of children of a real parent.
        variance: Its variance (divided by the number of parents).
        parents: Number of real parents.

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
        self._values: Counts = np.zeros(0, dtype=np.int64)
        self._weights: Counts = np.zeros(0, dtype=np.int64)
        self._tree: CountTree | None = None

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
    ) -> Self:
        """Learn from a parent and a child table; Spark frames are counted in Spark.

        Args:
            parent_df: Frame with one row per parent; all its columns but the key are looked at by
                ``"conditional"``, and no column by the other methods.
            child_df: Frame with one row per child.
            fk_col: Column of the child that holds the parent's key. Nulls and orphans do not count.
            pk_col: The parent's key.
            table: Name of the parent table, for errors.

        Raises:
            DataError: If a column is missing or cannot be modelled, or there is no parent.
        """
        for frame, column, which in ((parent_df, pk_col, "parent"), (child_df, fk_col, "child")):
            if column not in frames.columns(frame):
                raise DataError(f"the {which} has no such column", column=column)
        if self.method != "conditional":
            return self.fit_counts(frames.child_counts(parent_df, child_df, pk=pk_col, fk=fk_col))
        parents, counts = _counted(parent_df, child_df, pk=pk_col, fk=fk_col)
        return self.fit_counts(counts, parents, table=table)

    def fit_counts(
        self, counts: NDArray[Any], parents: pd.DataFrame | None = None, *, table: str = ""
    ) -> Self:
        """Learn from the children of each parent, zeros included.

        Args:
            counts: Non-negative integers of shape ``(parents,)``.
            parents: Columns of the same parents, for ``"conditional"``.
            table: Name of the parent table, for errors.

        Raises:
            DataError: If there is no parent, or a column cannot be modelled.
        """
        numbers = np.asarray(counts, dtype=np.int64)
        if numbers.size == 0:
            raise DataError("children per parent cannot be learnt without a single parent")
        self._values, self._weights = np.unique(numbers, return_counts=True)
        self.parents = int(numbers.size)
        self.max_children = int(self._values[-1])
        self.mean = float(numbers.mean())
        self.variance = float(numbers.var())
        self._tree = None
        several = len(self._values) > 1
        if self.method == "conditional" and several and parents is not None and parents.shape[1]:
            self._tree = CountTree.fit(parents, numbers, table=table)
        self.fitted_as = self._choose()
        return self

    def sample_counts(
        self, parent_context: Sized, *, rng: np.random.Generator | None = None
    ) -> Counts:
        """Draw the number of children of each parent.

        Args:
            parent_context: The parents' frame with the columns of the fit; for the methods that do
                not look at columns anything with one element per parent.
            rng: Source of randomness; ``None`` takes a fresh one from the operating system.

        Returns:
            Non-negative integers of shape ``(len(parent_context),)``.

        Raises:
            NotFittedError: Before `fit`.
            DataError: If a column that the counts depend on is missing.
        """
        self._require_fit()
        rng = np.random.default_rng() if rng is None else rng
        n = len(parent_context)
        if n == 0:
            return np.zeros(0, dtype=np.int64)
        uniform = self._quantiles(parent_context, n, rng)
        support, cumulative = self._distribution()
        places = np.searchsorted(cumulative, uniform, side="right")
        return support[np.minimum(places, len(support) - 1)]

    def _quantiles(self, parents: Sized, n: int, rng: np.random.Generator) -> NDArray[np.float64]:
        """Return where each parent's count lies among those of all, in (0, 1), evenly spread."""
        if self._tree is None:
            return (rng.permutation(n) + rng.random(n)) / n
        if not isinstance(parents, pd.DataFrame):
            raise DataError("counts that depend on the parent need the frame of the parents")
        missing = [c for c in self._tree.columns if c not in parents.columns]
        if missing:
            raise DataError("the number of children depends on it", column=missing[0])
        return self._tree.quantiles(parents, rng)

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
        }
        return record if self._tree is None else record | {"tree": self._tree.to_dict()}

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
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            raise ModelFileError(f"a linkage record is damaged: {error}") from error
        if not (values.ndim == 1 and values.shape == weights.shape and len(values) > 0):
            raise ModelFileError("a linkage record is damaged: not one weight per value")
        if values[0] < 0 or (np.diff(values) <= 0).any() or (weights <= 0).any():
            raise ModelFileError("a linkage record is damaged: not a histogram")
        model._values, model._weights = values, weights
        model.parents = int(weights.sum())
        model.max_children = int(values[-1])
        model.mean = float((values * weights).sum() / model.parents)
        model.variance = float((weights * (values - model.mean) ** 2).sum() / model.parents)
        if record.get("tree") is not None:
            model._tree = CountTree.from_dict(record["tree"])
        model.fitted_as = model._choose()
        return model

    def _require_fit(self) -> None:
        if self.fitted_as is None:
            raise NotFittedError("call fit before asking a LinkageModel for anything")

    def _choose(self) -> str:
        """Return the distribution that the moments allow."""
        if self.method == "conditional":
            return "empirical" if self._tree is None else "conditional"
        if self.method == "empirical" or self.max_children == 0:
            return "empirical"
        if len(self._values) == 1:
            return "constant"
        return "poisson" if self.variance <= self.mean else "negbinom"

    def _distribution(self) -> tuple[Counts, NDArray[np.float64]]:
        """Return the possible counts and the probability of each or less, both rising."""
        if self.fitted_as in {"empirical", "constant", "conditional"}:
            return self._values, np.cumsum(self._weights) / self.parents
        from scipy import special

        if self.fitted_as == "poisson":
            support = self._support(scale=1.0)
            return support, np.asarray(special.pdtr(support, self.mean), dtype=np.float64)
        shape = float(np.clip(self.mean**2 / (self.variance - self.mean), *SHAPE_BOUNDS))
        support = self._support(scale=1.0 + self.mean / shape)
        success = shape / (shape + self.mean)
        below = special.betainc(shape, support + 1.0, success)
        return support, np.asarray(below, dtype=np.float64)

    def _support(self, scale: float) -> Counts:
        """Return 0, 1, … up to the tail, which falls like exp(-count / scale) at the slowest."""
        deviation = float(np.sqrt(self.mean * scale))
        return np.arange(int(self.mean + _TAIL * (scale + deviation)) + 1, dtype=np.int64)


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
