"""Whether the keys of a database hold, and how many children its parents have."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from synthohive_jupyter.io.lookup import complete, locate
from synthohive_jupyter.schema.tables import key_name
from synthohive_jupyter.validation.columns import ks_distance

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd
    from numpy.typing import NDArray

    from synthohive_jupyter.schema.metadata import ForeignKey, Metadata
    from synthohive_jupyter.schema.tables import Bounds


@dataclass(frozen=True, slots=True)
class KeyCheck:
    """The check of one key.

    Attributes:
        table: Table that holds the key.
        key: ``"id"`` for a primary key, ``"user_id → users.id"`` for a foreign one, with several
            columns ``"(tenant, user) → users.(tenant, id)"``.
        rows: Rows looked at.
        duplicates: Rows whose primary key another row has too.
        nulls: Rows with a null where none is allowed.
        orphans: Rows that point to no parent; one with a null in any column points to nobody.
        outside: Parents with fewer or more rows than declared.
    """

    table: str
    key: str
    rows: int
    duplicates: int = 0
    nulls: int = 0
    orphans: int = 0
    outside: int = 0

    @property
    def holds(self) -> bool:
        """Whether nothing is wrong."""
        return not (self.duplicates or self.nulls or self.orphans or self.outside)


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
        driver = None if table.children is None else metadata.driving_key(name)
        for key in table.foreign_keys:
            if key.parent in tables:
                bounds = table.children if key == driver else None
                checks.append(_foreign(name, key, frame, tables[key.parent], bounds))
    return checks


def _primary(name: str, columns: list[str], frame: pd.DataFrame) -> KeyCheck:
    return KeyCheck(
        name,
        ", ".join(columns),
        len(frame),
        duplicates=int(frame.duplicated(columns, keep=False).sum()),
        nulls=int((~complete(frame, columns)).sum()),
    )


def _foreign(
    name: str,
    key: ForeignKey,
    frame: pd.DataFrame,
    parent: pd.DataFrame,
    bounds: Bounds | None,
) -> KeyCheck:
    known = complete(frame, key.columns)
    places = locate(frame, key.columns, parent, key.parent_columns)
    outside = 0
    if bounds is not None:
        counts = np.bincount(places[places >= 0], minlength=len(parent))
        low, high = bounds
        outside = int((counts < low).sum())
        outside += 0 if high is None else int((counts > high).sum())
    return KeyCheck(
        name,
        f"{key.name} → {key.parent}.{key_name(key.parent_columns)}",
        len(frame),
        nulls=0 if key.nullable else int((~known).sum()),
        orphans=int((known & (places < 0)).sum()),
        outside=outside,
    )


def children_per_parent(
    parent: pd.DataFrame, child: pd.DataFrame, key: ForeignKey
) -> NDArray[np.int64]:
    """Return the number of children of each parent row, childless ones included."""
    rows = locate(child, key.columns, parent, key.parent_columns)
    return np.bincount(rows[rows >= 0], minlength=len(parent))


def cardinality_similarity(real: NDArray[np.int64], synthetic: NDArray[np.int64]) -> float:
    """Return 1 minus the Kolmogorov–Smirnov distance of two counts of children per parent."""
    return 1 - ks_distance(real.astype(np.float64), synthetic.astype(np.float64))
