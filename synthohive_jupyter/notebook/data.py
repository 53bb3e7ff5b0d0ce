"""Where a table's data comes from: ``@data``, a variable, the session's catalogue, or a path."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from synthohive_jupyter.io.session import EngineSession, find_session, open_session

if TYPE_CHECKING:
    from collections.abc import Mapping

    from synthohive_jupyter.schema.facts import TableFacts
    from synthohive_jupyter.schema.metadata import Metadata


@dataclass(slots=True)
class Engine:
    """The session of one command: looked up when something needs it, started as late as possible.

    Attributes:
        name: Variable after ``--spark``, or ``None``.
        namespace: Variables of the notebook.
        session: The session in use, or ``None`` as long as nothing needed one.
    """

    name: str | None
    namespace: Mapping[str, Any]
    session: EngineSession | None = field(default=None)

    def find(self) -> EngineSession | None:
        """Return the session that is there, and start none.

        Raises:
            SessionError: If the session named is none.
        """
        if self.session is None:
            self.session = find_session(self.name, self.namespace)
        return self.session

    def open(self) -> EngineSession:
        """Return the session; the embedded engine is started where there is none.

        Raises:
            SessionError: If none can be found or started.
        """
        self.session = open_session(self.name, self.namespace)
        return self.session


def is_frame(value: object) -> bool:
    """Return whether ``value`` is a pandas or Spark frame; imports neither."""
    pandas = sys.modules.get("pandas")
    if pandas is not None and isinstance(value, pandas.DataFrame):
        return True
    return is_spark_frame(value)


def is_spark_frame(value: object) -> bool:
    """Return whether ``value`` is a Spark frame, classic or Connect; does not import pyspark."""
    if "pyspark" not in sys.modules:
        return False
    from synthohive_jupyter.io.frames import is_spark

    return is_spark(value)


def find_data(metadata: Metadata, places: Mapping[str, str], engine: Engine) -> dict[str, Any]:
    """Return the frame of every table whose data is found.

    For each table: what ``@data`` names (a variable, else a table or path), else the frame of the
    table's name among the variables, else the temp view or table of that name in the session.

    Args:
        metadata: The description.
        places: Table name to what follows ``@data``.
        engine: The session, opened only for paths.

    Raises:
        SessionError: If a path is to be read and there is no session.
        StorageError: If something is there and cannot be read.
    """
    found = {name: _frame(name, places.get(name), engine) for name in metadata.tables}
    return {name: frame for name, frame in found.items() if frame is not None}


def facts_of(frames: Mapping[str, Any], metadata: Metadata) -> dict[str, TableFacts]:
    """Return what is counted of each frame: rows, keys, columns."""
    from synthohive_jupyter.io.frames import facts

    return facts(frames, metadata)


def engine_name(frames: Mapping[str, Any], engine: Engine) -> str:
    """Return what the frames are worked on with, for displays."""
    if not any(map(is_spark_frame, frames.values())):
        return "pandas"
    session = engine.find()
    return "Spark" if session is None else session.describe()


def _frame(table: str, place: str | None, engine: Engine) -> Any:  # noqa: ANN401 - any frame
    value = engine.namespace.get(table if place is None else place)
    if is_frame(value):
        return value
    if place is not None and _is_path(place):
        return _read(place, engine.open())
    session = engine.find()
    # A catalogue that would have to be started first has no tables.
    return None if session is None else _read(_name(table, place), session)


def _is_path(place: str) -> bool:
    from synthohive_jupyter.io.places import parse_place

    return parse_place(place, shares_files=True).table is None


def _name(table: str, place: str | None) -> str:
    from synthohive_jupyter.io.relations import quote

    return quote(table) if place is None else place


def _read(place: str, session: EngineSession) -> Any:  # noqa: ANN401 - any frame
    from synthohive_jupyter.io.spark import SparkIO

    storage = SparkIO(session.spark)
    return storage.read_dataset(place) if storage.exists(place) else None
