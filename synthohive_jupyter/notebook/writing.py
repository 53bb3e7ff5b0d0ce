"""Publishing tables to storage, and what is said of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from synthohive_jupyter.notebook.layout import aligned, page, short, table
from synthohive_jupyter.notebook.markup import html
from synthohive_jupyter.notebook.wording import count

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import pandas as pd

    from synthohive_jupyter.events import Event
    from synthohive_jupyter.notebook.data import Engine


class Written(Mapping[str, str]):
    """Table name to the place where it was written.

    Args:
        places: The places.
        rows: Rows of each table.
        kind: ``delta``, ``parquet`` or ``csv``.
    """

    def __init__(self, places: Mapping[str, str], rows: Mapping[str, int], kind: str) -> None:
        self._places, self._rows, self._kind = dict(places), dict(rows), kind

    def __getitem__(self, table: str) -> str:
        return self._places[table]

    def __iter__(self) -> Iterator[str]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)

    def __repr__(self) -> str:
        return "\n".join([f"written as {self._kind}", *aligned(self._lines(), "<><", indent=2)])

    def _repr_mimebundle_(self, **_options: object) -> dict[str, str]:
        body = table((("Table", ""), ("Rows", "n"), ("Place", "")), self._lines())
        shown = html(page("Written", f"{count(len(self), 'table')} as {self._kind}", body))
        return {"text/plain": repr(self), "text/html": shown}

    def _lines(self) -> list[tuple[str, str, str]]:
        return [
            (short(name), count(self._rows[name]), short(place, longest=200))
            for name, place in self._places.items()
        ]


def write_tables(
    engine: Engine,
    tables: Mapping[str, pd.DataFrame],
    kind: str,
    path: str | Path,
    *,
    emit: Callable[[Event], None] | None = None,
) -> Written:
    """Write each table to ``path/<table>``; what lies there is replaced if it is a data set.

    Args:
        engine: The session to write with.
        tables: Table name to frame.
        kind: ``delta``, ``parquet`` or ``csv``.
        path: Folder, or address of other storage; ``~`` is the home folder.
        emit: Receives the events.

    Returns:
        Table name to its place.

    Raises:
        SessionError: If there is no session.
        StorageError: If a table cannot be written, or something else lies at its place.
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
    for name, frame in tables.items():
        writer.write(name, frame)
    return Written(writer.written, {name: len(frame) for name, frame in tables.items()}, kind)
