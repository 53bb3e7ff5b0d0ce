"""Where generated tables go, what happens when a write fails, and how children get them back."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import pandas as pd

from synthohive_jupyter.engine.artifacts import folder_names
from synthohive_jupyter.engine.generating import Parent
from synthohive_jupyter.errors import StorageError, SynthoHiveError
from synthohive_jupyter.events import Event, Notice, PhaseStarted, TableWritten
from synthohive_jupyter.io import frames

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable

    from synthohive_jupyter.relational.plan import Plan, TableStep

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


class ParentStore:
    """The generated tables, as far as tables still to come need them.

    In memory the columns that children read are kept. With a writer only the keys stay, and the
    context is read back from storage; CSV keeps no types, so there it stays in memory too.

    Args:
        plan: The run.
        writer: Storage of the run, or ``None``.
    """

    def __init__(self, plan: Plan, writer: TableWriter | None) -> None:
        self._plan = plan
        self._writer = writer if writer is not None and writer.format != "csv" else None
        self._kept: dict[str, Parent] = {}

    def put(self, step: TableStep, frame: pd.DataFrame) -> None:
        """Keep what later tables need of a table just generated (and written)."""
        if step.role == "kept" or not self._readers(step):
            return
        columns = [] if self._writer is not None else self._context(step)
        keys = frame[step.primary_key[0]].reset_index(drop=True)
        self._kept[step.table] = Parent(keys, frame[columns].reset_index(drop=True))

    def parents_of(self, step: TableStep) -> dict[str, Parent]:
        """Return the synthesised parents of a table."""
        found = {name: self._kept[name] for name in step.parents if name in self._kept}
        if self._writer is not None and step.driver is not None and step.context_columns:
            driving = self._plan.step(step.driver.parent)
            found[driving.table] = self._read_back(driving, list(step.context_columns))
        return found

    def release(self, done: Collection[str]) -> None:
        """Forget the tables whose children are all done."""
        for name in list(self._kept):
            if {reader.table for reader in self._readers(self._plan.step(name))}.issubset(done):
                del self._kept[name]

    def _readers(self, step: TableStep) -> tuple[TableStep, ...]:
        return self._plan.readers(step.table)

    def _context(self, step: TableStep) -> list[str]:
        driven = [r for r in self._readers(step) if r.driver and r.driver.parent == step.table]
        return list(dict.fromkeys(c for reader in driven for c in reader.context_columns))

    def _read_back(self, step: TableStep, columns: list[str]) -> Parent:
        """Return the context of a written table in the order in which it was generated."""
        assert self._writer is not None
        keys, name = self._kept[step.table].keys, step.primary_key[0]
        frame = self._writer.read(step.table, [name, *columns])
        places = pd.Index(frame[name].astype(keys.dtype)).get_indexer(pd.Index(keys))
        if (places < 0).any() or len(frame) != len(keys):
            raise StorageError(f"table '{step.table}' was changed in storage during the run")
        return Parent(keys, frame[columns].iloc[places].reset_index(drop=True))
