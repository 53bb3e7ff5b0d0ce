"""Publishing tables to storage."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    import pandas as pd

    from synthohive_jupyter.events import Event
    from synthohive_jupyter.notebook.data import Engine


def write_tables(
    engine: Engine,
    tables: Mapping[str, pd.DataFrame],
    kind: str,
    path: str | Path,
    *,
    emit: Callable[[Event], None] | None = None,
) -> dict[str, str]:
    """Write each table to ``path/<table>``; what lies there is replaced.

    Args:
        engine: The session to write with.
        tables: Table name to frame.
        kind: ``delta``, ``parquet`` or ``csv``.
        path: Folder, or address of other storage.
        emit: Receives the events.

    Returns:
        Table name to its place.

    Raises:
        SessionError: If there is no session.
        StorageError: If a table cannot be written.
    """
    from synthohive_jupyter.engine.writing import TableWriter
    from synthohive_jupyter.io.spark import SparkIO

    writer = TableWriter(
        SparkIO(engine.open().spark),
        str(path),
        format=kind,
        policy="raise",
        tables=tables,
        emit=emit or (lambda _event: None),
    )
    for table, frame in tables.items():
        writer.write(table, frame)
    return dict(writer.written)
