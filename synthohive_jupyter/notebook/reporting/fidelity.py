"""How alike the synthetic tables are, measured at once on a bounded sample of the real ones.

What is kept are similarities: no reference to a real row stays behind, and none is in an output.
Beside each stands what chance alone leaves of it: the similarity that a second sample of the same
law, of the same size, has on average. Small tables never reach 100 %, however good the model.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from itertools import combinations
from statistics import fmean
from typing import TYPE_CHECKING, Any

from synthohive_jupyter.notebook.data import is_spark_frame
from synthohive_jupyter.notebook.wording import count

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    from synthohive_jupyter.privacy.config import PrivacyConfig
    from synthohive_jupyter.schema.metadata import Metadata

SAMPLE_ROWS = 5_000
"""Rows of either side that are compared; a distance is then known to within 0.03 or so."""

MAX_COLUMNS = 300
"""Columns of all tables together; tables beyond are passed over, and the report says so."""

PAIRED_COLUMNS = 12
"""Columns of one table that are looked at in pairs: the first ones, 66 pairs."""

MAX_PAIRS = 600
"""Pairs of all tables together."""

ROWS_PER_CELL, MAX_BINS = 25, 10
"""Ordered columns are cut so coarsely for pairs that so many rows are in a cell on average."""

MEAN_KOLMOGOROV = math.sqrt(math.pi / 2) * math.log(2)
"""Mean of the limit law of the Kolmogorov-Smirnov statistic."""


@dataclass(frozen=True, slots=True)
class Likeness:
    """One minus a distance: 1 is the same distribution, 0 a disjoint one.

    Attributes:
        similarity: As measured.
        expected: Mean of a second sample of the same law, of the same size.
    """

    similarity: float
    expected: float


@dataclass(frozen=True, slots=True)
class ColumnFit:
    """How alike one column is.

    Attributes:
        column: Its name.
        measure: ``KS`` where its values have an order, else ``TVD``.
        likeness: One minus that distance.
    """

    column: str
    measure: str
    likeness: Likeness


@dataclass(frozen=True, slots=True)
class TableFit:
    """How alike one table is.

    Attributes:
        columns: Its columns, in their order.
        shape: Mean of the columns.
        pair: Mean of the pairs looked at (TVD of their joint cells); ``None`` if there was none.
    """

    columns: tuple[ColumnFit, ...]
    shape: Likeness
    pair: Likeness | None


@dataclass(frozen=True, slots=True)
class Fidelity:
    """How alike a database is.

    Attributes:
        tables: Table name to what was measured.
        left_out: Table name to why it was not compared.
    """

    tables: Mapping[str, TableFit] = field(default_factory=dict)
    left_out: Mapping[str, str] = field(default_factory=dict)


def compare(
    metadata: Metadata,
    privacy: PrivacyConfig,
    real: Mapping[str, Any],
    synthetic: Mapping[str, pd.DataFrame],
) -> Fidelity:
    """Compare the tables that are there on both sides.

    Keys, personal data and kept tables say nothing about likeness and are left out.

    Args:
        metadata: The description.
        privacy: Tells which columns are personal data.
        real: Table name to its frame; Spark frames are passed over.
        synthetic: Table name to its frame.
    """
    tables: dict[str, TableFit] = {}
    left_out: dict[str, str] = {}
    columns_left, pairs_left = MAX_COLUMNS, MAX_PAIRS
    for name, table in metadata.tables.items():
        if name not in real or name not in synthetic or table.keep:
            continue
        if is_spark_frame(real[name]):
            left_out[name] = "its data is a Spark frame"
            continue
        columns = _columns(metadata, privacy, name, real[name], synthetic[name])
        if not columns or not len(real[name]) or not len(synthetic[name]):
            continue
        if len(columns) > columns_left:
            left_out[name] = f"more than {count(MAX_COLUMNS, 'column')} in all"
            continue
        try:
            tables[name], pairs = _table(real[name], synthetic[name], columns, pairs_left)
        except Exception as error:  # noqa: BLE001 - a measure must not cost the user a long fit
            left_out[name] = f"it cannot be compared ({type(error).__name__})"
            continue
        columns_left, pairs_left = columns_left - len(columns), pairs_left - pairs
    return Fidelity(tables, left_out)


def _columns(
    metadata: Metadata,
    privacy: PrivacyConfig,
    name: str,
    real: pd.DataFrame,
    synthetic: pd.DataFrame,
) -> list[str]:
    from synthohive_jupyter.validation.database import modelled_columns

    rules = privacy.for_table(name)
    private = {column for column, rule in rules.items() if not rule.modelled}
    found = modelled_columns(metadata, name, real)
    return [c for c in found if c in synthetic.columns and c not in private]


def _table(
    real: pd.DataFrame, synthetic: pd.DataFrame, columns: Sequence[str], pairs_left: int
) -> tuple[TableFit, int]:
    """Return how alike a table is, and how many pairs were looked at."""
    seen, made = (_sample(frame[list(columns)]) for frame in (real, synthetic))
    fits = tuple(_column(seen[name], made[name]) for name in columns)
    pairs = _pairs(seen, made, columns[:PAIRED_COLUMNS], pairs_left)
    pair = _mean(pairs) if pairs else None
    return TableFit(fits, _mean([fit.likeness for fit in fits]), pair), len(pairs)


def _mean(all_of: Sequence[Likeness]) -> Likeness:
    return Likeness(fmean(one.similarity for one in all_of), fmean(one.expected for one in all_of))


def _column(real: pd.Series, synthetic: pd.Series) -> ColumnFit:
    import numpy as np

    from synthohive_jupyter.validation.codes import code_pair, is_ordered
    from synthohive_jupyter.validation.columns import column_similarity

    similarity = column_similarity(real, synthetic)
    if is_ordered(real):
        noise = MEAN_KOLMOGOROV * math.sqrt(1 / len(real) + 1 / len(synthetic))
        return ColumnFit(str(real.name), "KS", Likeness(similarity, max(1 - noise, 0.0)))
    coded = code_pair(real, synthetic)
    cells = np.bincount(np.concatenate([coded.real, coded.synthetic]))
    expected = _expected(cells, len(real), len(synthetic))
    return ColumnFit(str(real.name), "TVD", Likeness(similarity, expected))


def _pairs(
    real: pd.DataFrame, synthetic: pd.DataFrame, columns: Sequence[str], most: int
) -> list[Likeness]:
    """Return how alike each pair of columns is; none of them where they are too many."""
    import numpy as np

    from synthohive_jupyter.validation.codes import code_tables
    from synthohive_jupyter.validation.pairs import joint_similarity

    if math.comb(len(columns), 2) > most:
        return []
    rows = min(len(real), len(synthetic))
    bins = min(max(math.isqrt(rows // ROWS_PER_CELL), 2), MAX_BINS)
    coded = code_tables(real, synthetic, columns, bins)
    found = []
    for first, second in combinations(columns, 2):
        one, other = coded[first], coded[second]
        both = [a * other.n_codes + b for a, b in
                ((one.real, other.real), (one.synthetic, other.synthetic))]  # fmt: skip
        cells = np.unique(np.concatenate(both), return_counts=True)[1]
        expected = _expected(cells, len(real), len(synthetic))
        found.append(Likeness(joint_similarity(one, other), expected))
    return found


def _expected(cells: NDArray[np.int64], real: int, synthetic: int) -> float:
    """Return one minus the mean total variation distance of two samples of one law.

    The difference of the shares of a cell is nearly normal; half its mean size is added up.

    >>> import numpy as np
    >>> round(_expected(np.array([50, 50]), 50, 50), 2)
    0.92
    """
    shares = cells / cells.sum()
    spread = shares * (1 - shares) * (1 / real + 1 / synthetic)
    return max(1 - float((spread**0.5).sum()) / math.sqrt(2 * math.pi), 0.0)


def _sample(frame: pd.DataFrame) -> pd.DataFrame:
    """Return rows at even distances: the same ones each time, from start to end."""
    step = -(-len(frame) // SAMPLE_ROWS)
    return frame.iloc[::step]
