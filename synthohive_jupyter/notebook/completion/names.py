"""What the notebook holds that a cell may name: frames and their columns, views, results, sessions.

Nothing is computed, and of the data only the column names and types are read; Spark is asked
through `Remote`.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from synthohive_jupyter.errors import SessionError
from synthohive_jupyter.io.relations import quote
from synthohive_jupyter.io.session import find_session, is_session
from synthohive_jupyter.notebook.data import is_frame, is_spark_frame
from synthohive_jupyter.notebook.interpolate import INSERTABLE
from synthohive_jupyter.schema.facts import describe
from synthohive_jupyter.schema.metadata import Metadata

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from synthohive_jupyter.notebook.completion.remote import Remote

SAMPLE = 100
"""Rows of a pandas frame that are looked at to tell the type of a column of objects."""


class Names:
    """The names of one notebook, as they are when Tab is pressed.

    Args:
        namespace: Its variables.
        remote: The answers of Spark.
        session: The variable after ``--spark``, or ``None``.
    """

    def __init__(
        self, namespace: Mapping[str, Any], remote: Remote, session: str | None = None
    ) -> None:
        self._namespace = namespace
        self._remote = remote
        self._session = session

    def frames(self) -> list[str]:
        """Return the variables that hold frames."""
        return self._where(is_frame)

    def sessions(self) -> list[str]:
        """Return the variables that hold Spark sessions."""
        return self._where(is_session)

    def results(self) -> list[str]:
        """Return the variables that hold results."""
        module = sys.modules.get("synthohive_jupyter.notebook.result")
        # Where the module is not loaded, there is no result.
        return (
            [] if module is None else self._where(lambda v: isinstance(v, module.SyntheticResult))
        )

    def schemas(self) -> list[str]:
        """Return the variables that a description can be read from: objects, and long texts."""
        return self._where(
            lambda value: isinstance(value, Metadata) or (isinstance(value, str) and "\n" in value)
        )

    def insertable(self) -> list[str]:
        """Return the variables that ``{{name}}`` can insert."""
        return self._where(lambda value: isinstance(value, INSERTABLE))

    def tables_of(self, result: str) -> list[str]:
        """Return the tables of a result."""
        return list(self._namespace[result]) if result in self.results() else []

    def views(self) -> list[str]:
        """Return the temporary views of the session, as far as it has answered."""
        spark = self._spark()
        if spark is None:
            return []

        def ask() -> list[str]:
            # `catalog.listTables` gives the same, but takes Spark jobs for it.
            rows = spark.sql("SHOW TABLES").collect()
            return [str(row["tableName"]) for row in rows if row["isTemporary"]]

        found: list[str] = self._remote.ask(spark, "views", ask, changes=True, otherwise=[])
        return found

    def places(self) -> list[str]:
        """Return whatever can be the data of a table: frames, then views."""
        return list(dict.fromkeys([*self.frames(), *self.views()]))

    def columns(self, place: str) -> tuple[str, ...]:
        """Return the columns of a frame or view; none where it is neither."""
        frame: Any = self._namespace.get(place)
        if is_frame(frame) and not is_spark_frame(frame):
            return tuple(map(str, frame.columns))
        return tuple(self._kinds(place))

    def kind(self, place: str, column: str) -> str | None:
        """Return the kind of a column (see `schema.facts.KINDS`), or ``None`` where unknown."""
        frame: Any = self._namespace.get(place)
        if not is_frame(frame) or is_spark_frame(frame):
            return self._kinds(place).get(column)
        positions = [i for i, name in enumerate(frame.columns) if str(name) == column]
        if not positions:
            return None
        facts = describe(frame.iloc[:SAMPLE, positions[:1]])
        return facts.columns[column].kind

    def _kinds(self, place: str) -> dict[str, str]:
        """Return column to kind of a Spark frame or a temporary view."""
        owner: Any = self._namespace.get(place)
        if not is_spark_frame(owner):
            owner = self._spark()
            if owner is None or place not in self.views():
                return {}

        def ask() -> dict[str, str]:
            frame = owner if is_spark_frame(owner) else owner.table(quote(place))
            return {name: facts.kind for name, facts in describe(frame).columns.items()}

        changes = not is_spark_frame(owner)
        found: dict[str, str] = self._remote.ask(
            owner, ("columns", place), ask, changes=changes, otherwise={}
        )
        return found

    def _spark(self) -> Any:  # noqa: ANN401 - pyspark is untyped
        """Return the session that a run would use; none is started."""
        try:
            found = find_session(self._session, self._namespace)
        except SessionError:
            return None
        return None if found is None else found.spark

    def _where(self, test: Callable[[Any], bool]) -> list[str]:
        found = []
        for name, value in list(self._namespace.items()):
            if not name.startswith("_") and name not in _SHELLS and _holds(test, value):
                found.append(name)
        return found


_SHELLS = {"In", "Out", "get_ipython", "exit", "quit", "open"}
"""What IPython itself keeps among the variables."""


def _holds(test: Callable[[Any], bool], value: object) -> bool:
    try:
        return test(value)
    except Exception:  # noqa: BLE001 - some objects of users raise when they are looked at
        return False
