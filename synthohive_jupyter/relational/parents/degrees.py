"""Degrees: how many entities, and how many rows, a parent of a further key takes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from synthohive_jupyter.errors import ModelFileError
from synthohive_jupyter.relational.counts.linkage import LinkageModel

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from synthohive_jupyter.tabular.codecs import Floats, Integers

TAKEN = "__link__taken"
"""Column that tells the model of rows how many entities a parent has."""


@dataclass(frozen=True, slots=True, eq=False)
class Degrees:
    """What parents take.

    Attributes:
        entities: Entities of each parent, given its columns.
        rows: Rows of a parent that has any entity, given its columns and the entities; ``None``
            where every entity is one row.
        single: Whether no parent has two entities.
    """

    entities: LinkageModel
    rows: LinkageModel | None
    single: bool

    @classmethod
    def fit(cls, parents: pd.DataFrame, entities: Integers, rows: Integers, *, table: str) -> Self:
        """Learn from all parents, at least one.

        Args:
            parents: Their modelled columns; there may be none.
            entities: Entities of each parent, zeros included.
            rows: Rows of each parent.
            table: Name of the parent table, for errors.
        """
        model = LinkageModel("conditional").fit_counts(entities, parents, table=table)
        of_rows = None
        if (rows != entities).any():
            taken = entities > 0
            known = parents[taken].assign(**{TAKEN: entities[taken]})
            of_rows = LinkageModel("conditional").fit_counts(rows[taken], known, table=table)
        return cls(model, of_rows, bool(entities.max() <= 1))

    def draw(self, parents: pd.DataFrame, rng: np.random.Generator) -> tuple[Floats, Floats]:
        """Draw the entities of each parent, and the mean number of rows of each of them."""
        entities = self.entities.sample_counts(parents, rng=rng).astype(np.int64)
        sizes = np.ones(len(parents))
        taken = entities > 0
        if self.rows is not None and taken.any():
            known = parents[taken].assign(**{TAKEN: entities[taken]})
            sizes[taken] = self.rows.sample_counts(known, rng=rng) / entities[taken]
        return entities.astype(np.float64), sizes

    def to_dict(self) -> dict[str, Any]:
        """Return the degrees as JSON-safe values."""
        rows = None if self.rows is None else self.rows.to_dict()
        return {"entities": self.entities.to_dict(), "rows": rows, "single": self.single}

    @classmethod
    def from_dict(cls, record: Mapping[str, Any]) -> Self:
        """Rebuild the degrees.

        Raises:
            ModelFileError: If the record is damaged.
        """
        try:
            entities, rows, single = record["entities"], record["rows"], record["single"]
        except (KeyError, TypeError) as error:
            raise ModelFileError("the record of a key's degrees is damaged") from error
        if not isinstance(single, bool) or not isinstance(entities, dict):
            raise ModelFileError("the record of a key's degrees is damaged")
        of_rows = None if rows is None else LinkageModel.from_dict(rows)
        return cls(LinkageModel.from_dict(entities), of_rows, single)
