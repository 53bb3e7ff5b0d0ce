"""The codec of categories: one code a level, and one for all levels that too few share.

A level that fewer than `RARE` families have is never kept. Its rows share one code, which decodes
to one of the other levels, drawn by frequency: no token such as "other" ever appears.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np
import pandas as pd

from synthohive_jupyter.tabular.axis import INT_MAX, INT_MIN
from synthohive_jupyter.tabular.codecs import (
    RARE,
    Codec,
    Codes,
    Floats,
    Integers,
    Scalars,
    Values,
    count_families,
    draw,
)
from synthohive_jupyter.tabular.records import damaged, floats, integer, part, shares

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True, eq=False)
class CategoryCodec(Codec):
    """Levels as codes.

    Attributes:
        levels: Different canonical values, shape (levels,), at least one.
        weights: Share of every level and, where there is one more, of the pooled ones; a level that
            was declared but never seen has 0.
    """

    kind: ClassVar[str] = "category"

    levels: Values
    weights: Floats
    _index: pd.Index[Any] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        # Kept, for the table of places that it builds when it is first asked.
        object.__setattr__(self, "_index", _index(self.levels))

    @property
    def shares(self) -> Floats:
        """Share of every code."""
        return self.weights

    @property
    def pooled(self) -> bool:
        """Whether the last code stands for the pooled levels."""
        return len(self.weights) > len(self.levels)

    def covers(self, values: Values) -> float:
        """Return the share of the values that have a level of their own."""
        return float((self._places(values) >= 0).mean())

    @classmethod
    def fit(
        cls,
        values: Values,
        *,
        families: Integers | None,
        public: Values | None = None,
        order: Values | None = None,
    ) -> Self | None:
        """Learn the levels and their shares.

        Args:
            values: Canonical values, at least one.
            families: Family of every row, or ``None``.
            public: The only levels allowed, where the schema or the type tells them: these are no
                secret, so none is too rare. A level that no row has keeps the share 0.
            order: Levels in the order to keep, of a categorical column.

        Returns:
            The codec; ``None`` if no level is frequent enough to be kept.
        """
        group, found = pd.factorize(values)
        counts = np.bincount(group, minlength=len(found)).astype(np.float64)
        if public is not None:
            levels = public
        else:
            kept = found[count_families(group, families, len(found)) >= RARE]
            levels = _in_order(kept, order)
        if not len(levels):
            return None
        at = pd.Index(found).get_indexer(pd.Index(levels))
        weights = np.where(at >= 0, counts[at], 0.0)
        pooled = ~np.isin(np.arange(len(found)), at)
        rest = pooled[group]
        together = np.zeros(int(rest.sum()), dtype=np.int64)
        mine = None if families is None else families[rest]
        # A code that few families have would tell a model about just these rows.
        if count_families(together, mine, 1)[0] >= RARE:
            weights = np.append(weights, counts[pooled].sum())
        if not weights[: len(levels)].sum():
            weights[: len(levels)] = 1.0
        return cls(levels, weights / weights.sum())

    def encode(self, values: Values, rng: np.random.Generator) -> tuple[Codes, Scalars | None]:
        """Return the level, or the code of the pooled ones (a drawn level if there is none)."""
        codes = self._places(values)
        unknown = codes < 0
        if self.pooled:
            codes[unknown] = len(self.levels)
        elif unknown.any():
            codes[unknown] = draw(np.cumsum(self.weights), rng.random(len(values))[unknown])
        return codes, None

    def decode(self, codes: Codes, scalars: Scalars, rng: np.random.Generator) -> Values:  # noqa: ARG002 - categories have no scalars
        """Return the levels; codes without a level of their own, or never seen, draw one."""
        codes = np.clip(codes, 0, len(self.weights) - 1)
        seen = self.weights[: len(self.levels)]
        without = np.append(seen == 0, True)[np.minimum(codes, len(seen))]
        if without.any():
            codes = np.where(without, draw(np.cumsum(seen), rng.random(len(codes))), codes)
        return self.levels[codes]

    def _places(self, values: Values) -> Codes:
        """Return the place of each value among the levels, -1 where it is none."""
        return self._index.get_indexer(_index(values)).astype(np.int32)

    def to_dict(self) -> dict[str, Any]:
        """Return the codec as JSON-safe values: levels kept and shares."""
        return {
            "kind": self.kind,
            **levels_record(self.levels),
            "shares": self.weights.tolist(),
        }

    @classmethod
    def from_dict(cls, record: Mapping[str, Any]) -> Self:
        """Rebuild the codec; `ModelFileError` if the record is damaged."""
        levels = levels_of(record)
        weights = shares(record, "shares")
        if len(weights) not in {len(levels), len(levels) + 1} or not len(levels):
            raise damaged("levels and their shares do not fit")
        if len(pd.unique(levels)) != len(levels) or not weights[: len(levels)].sum():
            raise damaged("levels are there twice, or were never seen")
        return cls(levels, weights)


def _index(values: Values) -> pd.Index[Any]:
    # With its type, or pandas looks at every text for what it might be instead.
    return pd.Index(values, dtype=values.dtype)


def levels_record(levels: Values) -> dict[str, Any]:
    """Return canonical values as JSON-safe ones."""
    form = {"O": "text", "b": "bool", "i": "whole"}.get(levels.dtype.kind, "float")
    return {"form": form, "levels": levels.tolist()}


def levels_of(record: Mapping[str, Any]) -> Values:
    """Return the canonical values of `levels_record`; `ModelFileError` if they are damaged."""
    form, items = part(record, "form", str), part(record, "levels", list)
    if form == "float":
        return floats(record, "levels")
    if form == "whole":
        numbers = [integer({"level": item}, "level", INT_MIN, INT_MAX) for item in items]
        return np.array(numbers, dtype=np.int64)
    kind = {"text": str, "bool": bool}.get(form)
    if kind is None or not all(type(item) is kind for item in items):
        raise damaged("levels are of a wrong type")
    return np.array(items, dtype=np.bool_ if kind is bool else object)


def _in_order(kept: Values, order: Values | None) -> Values:
    if order is None:
        return np.sort(kept)
    return order[pd.Index(kept).get_indexer(pd.Index(order)) >= 0]
