"""`SyntheticResult`: what a cell gives back: tables, a report, and the means to make more."""

from __future__ import annotations

import keyword
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, NoReturn

from synthohive_jupyter.errors import CommandError
from synthohive_jupyter.events import EpochEnded
from synthohive_jupyter.notebook import card
from synthohive_jupyter.notebook.markup import node
from synthohive_jupyter.notebook.previews import previews
from synthohive_jupyter.notebook.pycode import literal
from synthohive_jupyter.notebook.wording import count
from synthohive_jupyter.notebook.writing import write_tables

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from synthohive_jupyter.notebook.data import Engine
    from synthohive_jupyter.notebook.report import Report
    from synthohive_jupyter.notebook.runs.run import Run
    from synthohive_jupyter.notebook.writing import Written
    from synthohive_jupyter.schema.metadata import Metadata

SHOWN = 8
"""So many names of tables are listed."""


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

    def __contains__(self, table: object) -> bool:
        return table in self._tables

    def __iter__(self) -> Iterator[str]:
        return iter(self._tables)

    def __len__(self) -> int:
        return len(self._tables)

    def __repr__(self) -> str:
        return f"SparkTables({', '.join(self._tables)})"


class SyntheticResult(Mapping[str, Any]):
    """The synthetic tables, as a mapping and as attributes.

    A table comes back as what its data was: a pandas frame, or a Spark frame. One whose name is
    taken here, or is no Python name, is reached by brackets alone: ``shop["items"]``.

    Attributes:
        report: Rows, key checks, linkage, seed and time.
        run: The fit: the synthesizer and its history.
        pandas: Every table as a pandas frame.
        spark: Every table as a Spark frame; a session is opened when it is first used.
    """

    def __init__(self, tables: Mapping[str, pd.DataFrame], report: Report, run: Run) -> None:
        # In the order of the cell; they were made in that of the work.
        order = [*(name for name in run.real_rows if name in tables), *tables]
        self.pandas = {name: tables[name] for name in order}
        self.report = report
        self.run = run
        self.spark = SparkTables(self.pandas, run.engine)
        self._hidden: Callable[[], bool] | None = None
        self._drawn: dict[str, Any] | None = None

    @property
    def schema(self) -> Metadata:
        """The description that was fitted."""
        return self.run.synthesizer.metadata

    @property
    def losses(self) -> pd.DataFrame:
        """The training: one row per table and epoch, one column per loss.

        Models that learn column by column have a row per column.
        """
        import pandas as pd

        steps = [event for event in self.run.events if isinstance(event, EpochEnded)]
        curves = dict.fromkeys(name for step in steps for name in step.losses)
        rows = [
            {**dict.fromkeys(curves), **step.losses}
            | {"table": step.table, "epoch": step.epoch, "metric": step.metric}
            | {"best": step.best, "seconds": step.seconds}
            for step in steps
        ]
        types = {"table": "object", "epoch": "int64", **dict.fromkeys(curves, "float64")}
        types |= {"metric": "float64", "best": "bool", "seconds": "float64"}
        return pd.DataFrame(rows, columns=list(types)).astype(types)

    def save(self, path: str | Path) -> Path:
        """Save what generates these tables to a folder, and return it; `Synthesizer.load` reads it.

        A synthesizer that was saved there before is replaced as a whole, nothing else ever is.
        """
        from pathlib import Path

        place = Path(path).expanduser()
        self.run.synthesizer.save(place)
        return place

    def to_delta(self, path: str | Path) -> Written:
        """Write each table to ``path/<table>`` as Delta; return the places."""
        return self._write("delta", path)

    def to_parquet(self, path: str | Path) -> Written:
        """Write each table to ``path/<table>`` as Parquet; return the places."""
        return self._write("parquet", path)

    def to_csv(self, path: str | Path) -> Written:
        """Write each table to ``path/<table>`` as CSV with a header; return the places."""
        return self._write("csv", path)

    def _write(self, kind: str, path: str | Path) -> Written:
        if not self.pandas:
            raise CommandError("there is no table to write: the run was stopped before")
        return write_tables(self.run.engine, self.pandas, kind, path)

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
            ended = "failed" if self.run.status == "failed" else "was stopped"
            return f"table '{table}' is not there: the run {ended} before it was made"
        return f"no table is called '{table}'; tables: {', '.join(self.pandas) or 'none'}"

    # A mapping would compare its frames, and look a table up to know that it is there.
    __eq__ = object.__eq__
    __hash__ = object.__hash__

    def __contains__(self, table: object) -> bool:
        return table in self.pandas

    def __iter__(self) -> Iterator[str]:
        return iter(self.pandas)

    def __len__(self) -> int:
        return len(self.pandas)

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *(name for name in self.pandas if name.isidentifier())})

    def __reduce__(self) -> NoReturn:
        raise TypeError(
            "a result holds a session and is not copied or pickled: dict(result) has its tables, "
            ".save(path) keeps what generates them"
        )

    @property
    def _by_brackets(self) -> list[str]:
        """The tables that attributes do not reach."""
        here = {*super().__dir__(), *keyword.kwlist}
        return [n for n in self.pandas if n in here or n.startswith("_") or not n.isidentifier()]

    def _ipython_key_completions_(self) -> list[str]:
        return list(self.pandas)

    def _ipython_display_(self) -> None:
        if self._hidden is None or not self._hidden():
            # IPython goes on to the other forms then.
            raise NotImplementedError

    def __repr__(self) -> str:
        notes = [f"note: {line}" for line in self._access()]
        return "\n".join([str(self.report), *notes])

    def _access(self) -> list[str]:
        """Return how tables are reached that attributes do not reach; empty where all are."""
        names = [literal(name) for name in self._by_brackets]
        if not names:
            return []
        more = f" and {count(len(names) - SHOWN)} more" if len(names) > SHOWN else ""
        return [f"by brackets alone, as in result[{names[0]}]: {', '.join(names[:SHOWN])}{more}"]

    def draw(self) -> None:
        """Draw the card now, so that showing it for the first time costs nothing."""
        self._drawn = self._card()

    def _repr_mimebundle_(self, **_options: object) -> dict[str, Any]:
        # Shown once: the user may change the frames that it shows rows of.
        drawn, self._drawn = self._drawn, None
        return drawn or self._card()

    def _card(self) -> dict[str, Any]:
        notes = [node("p", {"class": "s"}, f"Note: {line}") for line in self._access()]
        below = [*previews(self.pandas), *notes]
        return {**card.result_bundle(self.report, below=below), "text/plain": repr(self)}
