"""Whether the keys of a database hold, and how many children its parents have."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from synthohive_jupyter.io.lookup import locate
from synthohive_jupyter.validation.columns import ks_distance

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd
    from numpy.typing import NDArray

    from synthohive_jupyter.schema.metadata import ForeignKey, Metadata


@dataclass(frozen=True, slots=True)
class KeyCheck:
    """The check of one key.

    Attributes:
        table: Table that holds the key.
        key: ``"id"`` for a primary key, ``"user_id → users.id"`` for a foreign one.
        rows: Rows looked at.
        duplicates: Rows whose primary key another row has too.
        nulls: Rows with a null where none is allowed.
        orphans: Rows that point to no parent.
    """

    table: str
    key: str
    rows: int
    duplicates: int = 0
    nulls: int = 0
    orphans: int = 0

    @property
    def holds(self) -> bool:
        """Whether nothing is wrong."""
        return not (self.duplicates or self.nulls or self.orphans)


def key_checks(metadata: Metadata, tables: Mapping[str, pd.DataFrame]) -> list[KeyCheck]:
    """Check every primary and foreign key of the tables that are there.

    >>> import pandas as pd
    >>> from synthohive_jupyter.schema.metadata import Metadata
    >>> shop = Metadata()
    >>> shop.add_table("users", pk="id")
    >>> shop.add_table("orders", pk=None, fk={"user_id": "users.id"})
    >>> frames = {"users": pd.DataFrame({"id": [1, 2]}),
    ...           "orders": pd.DataFrame({"user_id": [1, 1, 3]})}
    >>> [(check.key, check.orphans) for check in key_checks(shop, frames)]
    [('id', 0), ('user_id → users.id', 1)]
    """
    checks = []
    for name, table in metadata.tables.items():
        frame = tables.get(name)
        if frame is None:
            continue
        if table.primary_key:
            checks.append(_primary(name, list(table.primary_key), frame))
        checks.extend(
            _foreign(name, key, frame, tables[key.parent])
            for key in table.foreign_keys
            if key.parent in tables
        )
    return checks


def _primary(name: str, columns: list[str], frame: pd.DataFrame) -> KeyCheck:
    return KeyCheck(
        name,
        ", ".join(columns),
        len(frame),
        duplicates=int(frame.duplicated(columns, keep=False).sum()),
        nulls=int(frame[columns].isna().any(axis=1).sum()),
    )


def _foreign(name: str, key: ForeignKey, frame: pd.DataFrame, parent: pd.DataFrame) -> KeyCheck:
    columns, targets = list(key.columns), list(key.parent_columns)
    null = frame[columns].isna().any(axis=1).to_numpy()
    known = locate(frame.loc[~null], columns, parent, targets) >= 0
    label = f"{key.name} → {key.parent}.{', '.join(targets)}"
    nulls = 0 if key.nullable else int(null.sum())
    return KeyCheck(name, label, len(frame), nulls=nulls, orphans=int((~known).sum()))


def children_per_parent(
    parent: pd.DataFrame, child: pd.DataFrame, key: ForeignKey
) -> NDArray[np.int64]:
    """Return the number of children of each parent row, childless ones included."""
    rows = locate(child, key.columns, parent, key.parent_columns)
    return np.bincount(rows[rows >= 0], minlength=len(parent))


def cardinality_similarity(real: NDArray[np.int64], synthetic: NDArray[np.int64]) -> float:
    """Return 1 minus the Kolmogorov–Smirnov distance of two counts of children per parent."""
    return 1 - ks_distance(real.astype(np.float64), synthetic.astype(np.float64))
