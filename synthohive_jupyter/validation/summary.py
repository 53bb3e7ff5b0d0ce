"""One page of measures for a whole database: rows, shapes, pairs, keys, children per parent."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from synthohive_jupyter.validation.columns import shape_scores
from synthohive_jupyter.validation.database import modelled_columns
from synthohive_jupyter.validation.integrity import (
    KeyCheck,
    cardinality_similarity,
    children_per_parent,
    key_checks,
)
from synthohive_jupyter.validation.pairs import pair_scores

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from synthohive_jupyter.schema.metadata import Metadata


@dataclass(frozen=True, slots=True)
class TableScore:
    """How alike one table is; scores are in [0, 1], 1 is equal, ``None`` where nothing compares.

    Attributes:
        rows: Rows of the real and of the synthetic table.
        shapes: Similarity of each modelled column.
        shape: Mean of ``shapes``.
        pair: Mean similarity of all pairs of modelled columns.
    """

    rows: tuple[int, int]
    shapes: dict[str, float]
    shape: float | None
    pair: float | None


@dataclass(frozen=True, slots=True)
class DatabaseScore:
    """How alike a database is, and whether its keys hold.

    Attributes:
        tables: Table name to its score.
        keys: Checks of every key of the synthetic tables.
        cardinality: ``"orders.user_id"`` to the similarity of children per parent.
    """

    tables: dict[str, TableScore]
    keys: list[KeyCheck]
    cardinality: dict[str, float]

    @property
    def keys_hold(self) -> bool:
        """Whether every key is unique, present and valid."""
        return all(check.holds for check in self.keys)

    def to_dict(self) -> dict[str, Any]:
        """Return the score as JSON-safe values."""
        return {**asdict(self), "keys": [{**asdict(k), "holds": k.holds} for k in self.keys]}


def score_database(
    metadata: Metadata,
    real: Mapping[str, pd.DataFrame],
    synthetic: Mapping[str, pd.DataFrame],
) -> DatabaseScore:
    """Compare synthetic tables with the real ones.

    Keys, personal data and tables that were kept as they are say nothing about likeness and are
    left out of the scores; the keys of every synthetic table are checked.
    """
    tables = {
        name: _score_table(metadata, name, real[name], synthetic[name])
        for name, table in metadata.tables.items()
        if name in real and name in synthetic and not table.keep
    }
    cardinality = {}
    for name in metadata.tables:
        for key in metadata.structural_keys(name):
            frames = [(f.get(key.parent), f.get(name)) for f in (real, synthetic)]
            counts = [
                children_per_parent(parent, child, key)
                for parent, child in frames
                if parent is not None and child is not None
            ]
            if len(counts) == len(frames):
                cardinality[f"{name}.{key.name}"] = cardinality_similarity(counts[0], counts[1])
    return DatabaseScore(tables, key_checks(metadata, synthetic), cardinality)


def _score_table(
    metadata: Metadata, name: str, real: pd.DataFrame, synthetic: pd.DataFrame
) -> TableScore:
    columns = [c for c in modelled_columns(metadata, name, real) if c in synthetic.columns]
    shapes = shape_scores(real, synthetic, columns)
    pairs = list(pair_scores(real, synthetic, columns).values())
    return TableScore(
        rows=(len(real), len(synthetic)),
        shapes=shapes,
        shape=float(np.mean(list(shapes.values()))) if shapes else None,
        pair=float(np.mean(pairs)) if pairs else None,
    )
