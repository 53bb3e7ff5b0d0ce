"""Where generated tables go, what happens when a write fails, and how they are read back."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from synthohive_jupyter.engine.artifacts import folder_names
from synthohive_jupyter.errors import StorageError, SynthoHiveError
from synthohive_jupyter.events import Event, Notice, PhaseStarted, TableWritten
from synthohive_jupyter.io import frames

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    import pandas as pd

FORMATS = ("delta", "parquet", "csv")
POLICIES = ("raise", "cleanup", "retry")

_log = logging.getLogger("synthohive_jupyter")


class TableWriter:
    """Writes the tables of one run, each to ``<base>/<table>``.

    Args:
        io: Storage, as `io.spark.SparkIO`.
        base: Folder or address of the run's output.
        format: One of `FORMATS`.
        policy: What to do when a write fails, one of `POLICIES`. ``raise`` leaves everything as it
            is; ``cleanup`` removes the tables that this run has written; ``retry`` tries once more.
        tables: All tables of the run.
        emit: Receives the events.

    Attributes:
        written: Table name to its place, as far as this run has come.
    """

    def __init__(
        self,
        io: Any,  # noqa: ANN401 - SparkIO, or anything with its methods
        base: str,
        *,
        format: str,  # noqa: A002 - the word of every writer
        policy: str,
        tables: Iterable[str],
        emit: Callable[[Event], None],
    ) -> None:
        self._io = io
        self.format = format
        self._policy = policy
        self._emit = emit
        self._places = {t: f"{base.rstrip('/')}/{f}" for t, f in folder_names(tables).items()}
        self.written: dict[str, str] = {}

    def place(self, table: str) -> str:
        """Return where a table goes."""
        return self._places[table]

    def write(self, table: str, frame: pd.DataFrame) -> None:
        """Write a table over whatever is at its place.

        Raises:
            StorageError: If that fails, after what the policy says.
        """
        self._emit(PhaseStarted(table, "write"))
        place = self.place(table)
        new = self._policy == "cleanup" and not self._io.exists(place)
        try:
            self._attempt(table, frame)
        except Exception as error:
            if self._policy == "cleanup":
                # What was there before this run and may still be whole is not ours to remove.
                self._clean_up([*self.written.values(), *([place] if new else [])])
                self.written.clear()
            if isinstance(error, SynthoHiveError):
                raise
            raise StorageError(
                f"table '{table}' could not be written to '{place}': {type(error).__name__}"
            ) from error
        self.written[table] = place
        self._emit(TableWritten(table, len(frame), self.format, place))

    def _attempt(self, table: str, frame: pd.DataFrame) -> None:
        place = self.place(table)
        if self._policy == "retry":
            try:
                self._io.write_pandas(frame, place, mode="overwrite", format=self.format)
            except Exception as error:  # noqa: BLE001 - whatever storage raises is worth one retry
                message = f"writing failed ({type(error).__name__}), trying once more"
                self._emit(Notice(message, table=table, level="warning"))
            else:
                return
        self._io.write_pandas(frame, place, mode="overwrite", format=self.format)

    def _clean_up(self, places: list[str]) -> None:
        for place in places:
            try:
                self._io.delete(place)
            except Exception as error:  # noqa: BLE001 - the first error is the one to report
                _log.warning("'%s' could not be removed: %s", place, type(error).__name__)

    def read(self, table: str, columns: list[str]) -> pd.DataFrame:
        """Return columns of a table that this run has written.

        Raises:
            StorageError: If that fails.
        """
        place = self.place(table)
        try:
            frame = self._io.read_dataset(place, format=self.format)
            return frames.to_pandas(frame)[columns]
        except SynthoHiveError:
            raise
        except Exception as error:
            raise StorageError(
                f"table '{table}' could not be read back from '{place}': {type(error).__name__}"
            ) from error
