"""`SyntheticResult`: what a cell gives back: tables, a report, and the means to make more."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from synthohive_jupyter.events import EpochEnded
from synthohive_jupyter.notebook import card
from synthohive_jupyter.notebook.writing import write_tables
from synthohive_jupyter.progress.state import RunState

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from synthohive_jupyter.engine.synthesizer import Synthesizer
    from synthohive_jupyter.events import Event
    from synthohive_jupyter.notebook.data import Engine
    from synthohive_jupyter.notebook.report import Report
    from synthohive_jupyter.schema.metadata import Metadata


@dataclass(frozen=True, slots=True)
class Run:
    """The fit behind a result.

    Attributes:
        synthesizer: Generates more; `Synthesizer.save` keeps it.
        events: Everything that happened, in order.
        real_rows: Table name to the number of real rows.
        spark_tables: Tables whose data was a Spark frame; they come back as such.
        engine: The session for `SyntheticResult.spark` and for writing.
    """

    synthesizer: Synthesizer
    events: tuple[Event, ...]
    real_rows: Mapping[str, int]
    spark_tables: frozenset[str]
    engine: Engine

    @property
    def state(self) -> RunState:
        """The run as its events told it."""
        return RunState.from_events(self.events)

    @property
    def finished(self) -> tuple[str, ...]:
        """The tables that are fitted."""
        return self.synthesizer.orchestrator.finished

    @property
    def stopped(self) -> bool:
        """Whether the fit ended before every table was fitted."""
        return self.synthesizer.orchestrator.stopped


class SparkTables(Mapping[str, Any]):
    """The tables as Spark frames, each made when it is first asked for."""

    def __init__(self, tables: Mapping[str, pd.DataFrame], engine: Engine) -> None:
        self._tables = tables
        self._engine = engine
        self._frames: dict[str, Any] = {}

    def __getitem__(self, table: str) -> Any:  # noqa: ANN401 - a Spark frame
        if table not in self._frames:
            from synthohive_jupyter.io.frames import from_pandas

            frame = self._tables[table]
            self._frames[table] = from_pandas(frame, self._engine.open().spark)
        return self._frames[table]

    def __iter__(self) -> Iterator[str]:
        return iter(self._tables)

    def __len__(self) -> int:
        return len(self._tables)

    def __repr__(self) -> str:
        return f"SparkTables({', '.join(self._tables)})"


class SyntheticResult(Mapping[str, Any]):
    """The synthetic tables, as a mapping and as attributes.

    A table comes back as what its data was: a pandas frame, or a Spark frame.

    Attributes:
        report: Rows, key checks, linkage, seed and time.
        run: The fit: the synthesizer and its history.
        pandas: Every table as a pandas frame.
        spark: Every table as a Spark frame; a session is opened when it is first used.
    """

    def __init__(self, tables: Mapping[str, pd.DataFrame], report: Report, run: Run) -> None:
        self.pandas = dict(tables)
        self.report = report
        self.run = run
        self.spark = SparkTables(self.pandas, run.engine)
        self._hidden: Callable[[], bool] | None = None

    @property
    def schema(self) -> Metadata:
        """The description that was fitted."""
        return self.run.synthesizer.metadata

    @property
    def losses(self) -> pd.DataFrame:
        """The training: one row per table and epoch, one column per loss."""
        import pandas as pd

        rows = [
            {"table": e.table, "epoch": e.epoch, **e.losses, "metric": e.metric, "best": e.best,
             "seconds": e.seconds}
            for e in self.run.events
            if isinstance(e, EpochEnded)
        ]  # fmt: skip
        frame = pd.DataFrame(rows, columns=None if rows else ["table", "epoch"])
        return frame.astype({"metric": "float64"}) if rows else frame

    def save(self, path: str | Path) -> None:
        """Save what generates these tables to a folder; `Synthesizer.load` reads it."""
        self.run.synthesizer.save(path)

    def to_delta(self, path: str | Path) -> dict[str, str]:
        """Write each table to ``path/<table>`` as Delta; return the places."""
        return write_tables(self.run.engine, self.pandas, "delta", path)

    def to_parquet(self, path: str | Path) -> dict[str, str]:
        """Write each table to ``path/<table>`` as Parquet; return the places."""
        return write_tables(self.run.engine, self.pandas, "parquet", path)

    def to_csv(self, path: str | Path) -> dict[str, str]:
        """Write each table to ``path/<table>`` as CSV with a header; return the places."""
        return write_tables(self.run.engine, self.pandas, "csv", path)

    def hide_while(self, condition: Callable[[], bool]) -> None:
        """Show nothing as the output of a cell as long as ``condition`` is true."""
        self._hidden = condition

    def __getitem__(self, table: str) -> Any:  # noqa: ANN401 - a pandas or Spark frame
        if table not in self.pandas:
            raise KeyError(self._missing(table))
        return self.spark[table] if table in self.run.spark_tables else self.pandas[table]

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - a pandas or Spark frame
        if name.startswith("_") or "pandas" not in self.__dict__:
            raise AttributeError(name)
        if name not in self.pandas:
            raise AttributeError(self._missing(name))
        return self[name]

    def _missing(self, table: str) -> str:
        if table in self.run.real_rows:
            return f"table '{table}' is not there: the run was stopped before it was finished"
        return f"no table is called '{table}'; tables: {', '.join(self.pandas) or 'none'}"

    def __iter__(self) -> Iterator[str]:
        return iter(self.pandas)

    def __len__(self) -> int:
        return len(self.pandas)

    def __dir__(self) -> list[str]:
        tables = [name for name in self.pandas if name.isidentifier()]
        return sorted({*super().__dir__(), *tables})

    def _ipython_key_completions_(self) -> list[str]:
        return list(self.pandas)

    def _ipython_display_(self) -> None:
        if self._hidden is None or not self._hidden():
            # IPython goes on to the other forms then.
            raise NotImplementedError

    def __repr__(self) -> str:
        return card.result_text(self.report)

    def _repr_mimebundle_(self, **_options: object) -> dict[str, str]:
        return card.result_bundle(self.report)
