"""How much of a run is done, and how long the rest may take: an honest guess or none."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection

    from synthohive_jupyter.progress.table import TableProgress

GENERATING = 0.1
"""Share of a run's progress that generation stands for; fitting is the rest."""


def part_done(tables: Collection[TableProgress], *, fits: bool = True) -> float:
    """Return how much of a run is done, 0 to 1; tables weigh by their rows where all are known.

    Args:
        tables: All tables of the run.
        fits: Whether the run fits, or only generates.
    """
    weighed = all(table.rows for table in tables)
    weights = [table.rows if weighed else 1 for table in tables]
    parts = (_table_part(table, fits=fits) for table in tables)
    done = sum(weight * part for weight, part in zip(weights, parts, strict=True))
    return done / sum(weights) if weights else 0.0


def time_left(tables: Collection[TableProgress], now: float | None = None) -> float | None:
    """Return the seconds of fitting still to come, or ``None`` where nobody can tell.

    Tables that wait are taken to need as long for a row as those before them.

    Args:
        tables: All tables of the run.
        now: The clock of the run.
    """
    open_tables = [t for t in tables if not t.fitted and t.status in {"waiting", "running"}]
    pace = _seconds_per_row(tables, now)
    total = 0.0
    for table in open_tables:
        left = table.remaining
        if left is None:
            if pace is None or not table.rows:
                return None
            left = max(table.rows * pace - table.elapsed(now), 0.0)
        total += left
    return total if open_tables else None


def _table_part(table: TableProgress, *, fits: bool) -> float:
    made = float(table.sampled is not None)
    if not fits:
        return made
    trained = table.epoch / table.epochs if table.epochs else 0.0
    return (1 - GENERATING) * (1.0 if table.fitted else trained) + GENERATING * made


def _seconds_per_row(tables: Collection[TableProgress], now: float | None) -> float | None:
    seconds, rows = 0.0, 0
    for table in tables:
        known = table.fitted or table.remaining is not None
        if known and table.epoch and table.rows and not table.reused:
            seconds += table.elapsed(now) + (table.remaining or 0.0)
            rows += table.rows
    return seconds / rows if rows else None
