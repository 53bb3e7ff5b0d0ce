"""`SparkIO`: reading and writing tables and paths through a Spark session."""

from __future__ import annotations

import os
import secrets
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from synthohive_jupyter.errors import StorageError, SynthoHiveError
from synthohive_jupyter.io.convert import from_pandas
from synthohive_jupyter.io.embedded import ENGINE, is_embedded
from synthohive_jupyter.io.places import (
    FORMATS,
    Place,
    parse_place,
    recognise,
    remove,
    staging_beside,
    swap,
)
from synthohive_jupyter.io.relations import Frame, is_spark, quote, require_unique
from synthohive_jupyter.io.session import is_connect
from synthohive_jupyter.io.trouble import explain

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import pandas as pd

_MODES = ("overwrite", "append", "error", "errorifexists", "ignore")
_CSV = {"header": "true", "escape": '"'}
_CSV_READ = {**_CSV, "inferSchema": "true", "multiLine": "true"}
_CSV_WRITE = {
    **_CSV,
    # Everything quoted, so that a row of nulls in a table of one column is no empty line.
    "quoteAll": "true",
    "dateFormat": "yyyy-MM-dd",
    "timestampFormat": "yyyy-MM-dd'T'HH:mm:ss.SSSSSSXXX",
    "timestampNTZFormat": "yyyy-MM-dd'T'HH:mm:ss.SSSSSS",
}
_NOT_IN_DELTA = frozenset(" ,;{}()\n\t=")


class SparkIO:
    """Reads and writes data sets: ``"db.table"`` or a path, in delta, parquet or csv.

    What replaces old data never destroys it first. Delta commits in one step. Parquet and CSV go to
    a folder beside the target and then take its place by a rename. Two cases have no rename: on
    storage elsewhere (``s3://…``) Spark's own overwrite is used, which loses the old files if it
    fails half-way, so use Delta there; a catalogue table in Parquet or CSV is computed in full
    into a table beside it and copied.

    CSV knows no types: they are inferred again on reading, text of digits only becomes numbers,
    and empty text becomes null.
    """

    def __init__(self, spark: Any) -> None:  # noqa: ANN401 - pyspark is untyped
        self.spark = spark
        self._shares_files: bool | None = None

    def read_dataset(self, place: str | os.PathLike[str], format: str | None = None) -> Frame:  # noqa: A002 - the name is Spark's
        """Read a data set as a Spark frame.

        Args:
            place: ``"db.table"``, or a path.
            format: One of `FORMATS`; ``None`` finds out from what lies there. For tables the
                catalogue knows, and it is ignored.

        Raises:
            StorageError: If nothing is there, or it cannot be read.
        """
        where = self._place(place)
        _require_format(format, none_allowed=True)
        with _trouble("read", where):
            if where.table is not None:
                frame = self.spark.table(where.address)
                _ = frame.schema  # Connect looks only now whether the table is there.
                return frame
            return self._load(where, format or self._format_at(where))

    def write_dataset(
        self,
        df: Frame,
        path: str | os.PathLike[str],
        format: str = "delta",  # noqa: A002 - the name is Spark's
        mode: str = "overwrite",
    ) -> None:
        """Write a frame; writing twice to one place replaces, it never appends unless told to.

        Args:
            df: Spark frame (a pandas frame is handed to the session first).
            path: ``"db.table"``, or a path; on this machine its folders are made.
            format: One of `FORMATS`.
            mode: ``overwrite``, ``append``, ``error`` (if something is there) or ``ignore``.

        Raises:
            StorageError: If the format or mode is unknown, something that is no data set lies
                there, or the engine cannot write; the old data is kept.
            DataError: If column names repeat, or a pandas column has a type that Spark has not.
        """
        where = self._place(path)
        _require_format(format)
        if mode not in _MODES:
            raise StorageError(f"unknown mode {mode!r}; known: {', '.join(_MODES)}")
        if where.has_wildcards:
            raise StorageError(
                f"{where.text!r} has a wildcard (* ? [ ] {{ }}); choose another path"
            )
        frame = _writable(df if is_spark(df) else from_pandas(df, self.spark), format)
        with _trouble("write", where):
            if where.table is not None:
                self._write_table(frame, where, format, mode)
            elif where.local is not None:
                self._write_local(frame, where.local, format, mode)
            else:
                _writer(frame, format, mode).save(where.address)

    def write_pandas(
        self,
        pdf: pd.DataFrame,
        path: str | os.PathLike[str],
        mode: str = "overwrite",
        format: str = "delta",  # noqa: A002 - the name is Spark's
    ) -> None:
        """Write a pandas frame; as `write_dataset`, types as in `from_pandas`."""
        self.write_dataset(from_pandas(pdf, self.spark), path, format=format, mode=mode)

    def exists(self, path: str | os.PathLike[str]) -> bool:
        """Return whether a table or a data set is there.

        Raises:
            StorageError: If the catalogue cannot be asked.
        """
        where = self._place(path)
        if where.local is not None:
            return where.local.exists()
        with _trouble("look up", where):
            if where.table is not None:
                return bool(self.spark.catalog.tableExists(where.address))
        return self._readable(where) is not None

    def delete(self, path: str | os.PathLike[str]) -> None:
        """Remove a table or a data set; nothing there is no error.

        Raises:
            StorageError: If what lies there is no data set, or lies where only Spark can reach it.
        """
        where = self._place(path)
        with _trouble("delete", where):
            if where.table is not None:
                self.spark.sql(f"DROP TABLE IF EXISTS {where.address}").collect()
            elif where.local is None:
                raise StorageError(
                    f"cannot delete '{where.text}': remove it with the storage's tool"
                )
            elif where.local.exists() or where.local.is_symlink():
                _require_data_set(where.local, "delete")
                remove(where.local)

    def _place(self, place: str | os.PathLike[str]) -> Place:
        if self._shares_files is None:
            self._shares_files = _shares_files(self.spark)
        return parse_place(place, shares_files=self._shares_files)

    def _load(self, where: Place, kind: str) -> Frame:
        reader = self.spark.read.format(kind)
        if kind == "csv":
            reader = reader.options(**_CSV_READ)
        frame = reader.load(where.address if where.local is None else self._path(where.local, kind))
        if not frame.columns:
            raise StorageError(f"there is no data at '{where.text}'")
        return frame

    def _format_at(self, where: Place) -> str:
        if where.local is None or where.has_wildcards:
            kind = self._readable(where)
        elif where.local.exists():
            kind = recognise(where.local.resolve())
        else:
            raise StorageError(f"there is nothing at '{where.text}'")
        if kind == "empty":
            raise StorageError(f"the folder '{where.text}' is empty")
        if kind is None:
            raise StorageError(
                f"no Delta, Parquet or CSV data was recognised at '{where.text}'; say which with "
                "format="
            )
        return kind

    def _readable(self, where: Place) -> str | None:
        """Return the first format in which the session can read a path, or ``None``."""
        csv = where.text.lower().endswith((".csv", ".csv.gz"))
        for kind in ("csv",) if csv else ("delta", "parquet"):
            try:
                self._load(where, kind)
            except Exception:  # noqa: BLE001, S112 - a trial; the caller says that all have failed
                continue
            return kind
        return None

    def _write_table(self, frame: Frame, where: Place, kind: str, mode: str) -> None:
        assert where.table is not None
        replaces = mode == "overwrite" and self.spark.catalog.tableExists(where.address)
        if kind == "delta" or not replaces:
            _writer(frame, kind, mode).saveAsTable(where.address)
            return
        *database, name = where.table
        staged = ".".join(map(quote, [*database, f"{name}_synthohive_{secrets.token_hex(4)}"]))
        try:
            _writer(frame, kind, "error").saveAsTable(staged)
            _writer(self.spark.table(staged), kind, "overwrite").saveAsTable(where.address)
        finally:
            self.spark.sql(f"DROP TABLE IF EXISTS {staged}").collect()

    def _write_local(self, frame: Frame, target: Path, kind: str, mode: str) -> None:
        there = target.exists() or target.is_symlink()
        if there and mode in {"error", "errorifexists"}:
            raise StorageError(f"'{target}' exists already; choose mode='overwrite' or 'append'")
        if there and mode == "ignore":
            return
        found = _require_data_set(target, "replace") if there else None
        if mode == "append" and found not in {None, "empty", kind}:
            raise StorageError(f"'{target}' holds {found}; {kind} cannot be appended to it")
        in_place = kind == "delta" and found in {None, "empty", "delta"}
        if in_place or (mode == "append" and found == kind):
            self._save_local(frame, target, kind, mode)
        else:
            self._replace(frame, target, kind)

    def _save_local(self, frame: Frame, target: Path, kind: str, mode: str) -> None:
        new = kind == "delta" and not target.exists()
        if new:
            target.mkdir(parents=True)
        try:
            _writer(frame, kind, mode).save(self._path(target, kind))
        except BaseException:
            if new and recognise(target) == "empty":
                remove(target)
            raise

    def _replace(self, frame: Frame, target: Path, kind: str) -> None:
        """Write beside the target, then take its place."""
        target.parent.mkdir(parents=True, exist_ok=True)
        staged = staging_beside(target)
        try:
            self._save_local(frame, staged, kind, "error")
            if recognise(staged) in {None, "empty"}:
                _write_empty(frame, staged, kind)
            swap(staged, target)
        finally:
            remove(staged)

    def _path(self, path: Path, kind: str) -> str:
        """Return a path as the engine has to be given it."""
        if kind == "delta" and is_embedded(self.spark):
            path = ENGINE.plain_path(path)
        return str(path)


def _writer(frame: Frame, kind: str, mode: str) -> Any:  # noqa: ANN401 - pyspark is untyped
    writer = frame.write.format(kind).mode(mode)
    if kind == "csv":
        return writer.options(**_CSV_WRITE)
    if kind == "delta" and mode == "overwrite":
        return writer.option("overwriteSchema", "true")
    return writer


def _write_empty(frame: Frame, folder: Path, kind: str) -> None:
    """Write the columns of a frame without rows, for which the embedded engine writes no file."""
    from pyarrow import csv, parquet

    table = frame.limit(0).toArrow()
    folder.mkdir(exist_ok=True)
    file = folder / f"part-00000.{kind}"
    if kind == "parquet":
        parquet.write_table(table, file)
    else:
        csv.write_csv(table, file)


def _writable(frame: Frame, kind: str) -> Frame:
    """Return a frame whose columns the format can hold: columns of nulls alone become text."""
    require_unique(frame.columns)
    if kind == "delta":
        refused = [name for name in frame.columns if not _NOT_IN_DELTA.isdisjoint(name)]
        if refused:
            raise StorageError(
                f"Delta allows no blanks and none of ,;{{}}()= in column names: {refused[0]!r}; "
                "rename the column, or write parquet"
            )
    if all(dtype != "void" for _, dtype in frame.dtypes):
        return frame
    return frame.selectExpr(
        *(
            f"cast({quote(name)} as string) as {quote(name)}" if dtype == "void" else quote(name)
            for name, dtype in frame.dtypes
        )
    )


def _require_format(name: str | None, *, none_allowed: bool = False) -> None:
    if name not in FORMATS and not (none_allowed and name is None):
        raise StorageError(f"unknown format {name!r}; known: {', '.join(FORMATS)}")


def _require_data_set(path: Path, action: str) -> str:
    found = recognise(path)
    if found is None:
        raise StorageError(
            f"will not {action} '{path}': it is no Delta, Parquet or CSV data set (or has other "
            "files in it); choose another path"
        )
    return found


def _shares_files(spark: Any) -> bool:  # noqa: ANN401 - pyspark is untyped
    """Return whether the engine works on the files of this machine."""
    if is_embedded(spark):
        return True
    if "DATABRICKS_RUNTIME_VERSION" in os.environ:
        return False
    if is_connect(spark) and spark.client.host not in {"localhost", "127.0.0.1", "::1"}:
        return False
    return str(spark.conf.get("spark.master", "")).startswith("local")


@contextmanager
def _trouble(action: str, where: Place) -> Iterator[None]:
    """Turn whatever an engine or file system raises into a `StorageError` without data in it."""
    try:
        yield
    except SynthoHiveError:
        raise
    except Exception as error:
        raise StorageError(f"cannot {action} '{where.text}': {explain(error)}") from error
