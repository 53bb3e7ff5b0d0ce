"""Joint distributions of columns that keys bring together, over any number of keys.

One key up is a *1-hop* pair, two keys up a *2-hop* pair (ClavaDDPM's k-hop trends, with every key
counted where two tables have several); a column of one parent with a column of another parent of
the same row is a *V-hop* pair. Mostly marginals stand behind such a figure: look at it beside real
rows under random keys, and see `gap_closed`.
"""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

from synthohive_jupyter.validation.codes import DEFAULT_BINS, CodedPair, code_pair
from synthohive_jupyter.validation.pairs import joint_similarity

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from synthohive_jupyter.validation.database import Database, Path

Columns = tuple["Sequence[str]", "Sequence[str]"]


def joint_scores(
    real: Database,
    synthetic: Database,
    table: str,
    paths: tuple[Path, Path],
    *,
    columns: Columns | None = None,
    bins: int = DEFAULT_BINS,
) -> dict[tuple[str, str], float]:
    """Return the similarity of each pair of columns of two tables that rows of a table reach.

    Rows from which one of the paths leads nowhere (nulls, orphans) are left out.

    Args:
        real: The real database.
        synthetic: The synthetic one.
        table: Where the paths start.
        paths: The way to the first and to the second column; ``()`` is the table itself.
        columns: Columns at the two ends; ``None`` takes all modelled ones.
        bins: Quantile bins of ordered columns.
    """
    ends = [real.end(table, path) for path in paths]
    names = columns or (real.columns(ends[0]), real.columns(ends[1]))
    reached = [[d.follow(table, path) for path in paths] for d in (real, synthetic)]
    whole = [(first >= 0) & (second >= 0) for first, second in reached]
    sides: list[dict[str, CodedPair]] = []
    for place, end in enumerate(ends):
        rows = [way[place][kept] for way, kept in zip(reached, whole, strict=True)]
        coded = {
            name: code_pair(real.tables[end][name], synthetic.tables[end][name], bins)
            for name in names[place]
        }
        sides.append({name: pair.taken(rows[0], rows[1]) for name, pair in coded.items()})
    return {(a, b): joint_similarity(sides[0][a], sides[1][b]) for a, b in product(*names)}


def gap_closed(
    scores: Mapping[tuple[str, str], float],
    random: Mapping[tuple[str, str], float],
    real: Mapping[tuple[str, str], float],
    least: float = 0.02,
) -> float | None:
    """Return how much of the way from random keys to real rows is gone: 1 is all, 0 is none.

    Pairs that random keys hardly hurt say nothing and are left out; ``None`` where all are such.

    Args:
        scores: Pairs of the synthetic database.
        random: The same pairs of real rows under random keys.
        real: Those of held-back real rows.
        least: Smallest gap that counts.

    >>> gap_closed({("a", "b"): 0.9}, {("a", "b"): 0.5}, {("a", "b"): 1.0})
    0.8
    """
    told = [pair for pair in scores if real[pair] - random[pair] >= least]
    way = sum(real[pair] - random[pair] for pair in told)
    return sum(scores[pair] - random[pair] for pair in told) / way if told else None
