"""`RunDirectory`: what a fit leaves on disk, and the only place that names its files.

::

    <run>/
      metadata.json   the description             plan.json     columns, model, seed
      privacy.json    the privacy rules           events.jsonl  the events of the fit
      tables/<slug-hash>/
        started.json  mark of a fit that has begun
        model/        config.json, *.safetensors
        linkage.json  children per parent         keys.json     keys, shares and types
        links.json    parents by other keys       history.json  what siblings are told
        kept.parquet  the rows of a kept table    done.json     its mark; written last
      <table>/{best_checkpoint, final_checkpoint}

Files are written beside their place and renamed, so that a file is whole or absent. They hold no
real row, but for the tables that their owner has declared public (``keep``).
"""

from __future__ import annotations

import hashlib
import json
import re
import secrets
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from synthohive_jupyter.engine.record import LINKS, Learnt, TableRecord
from synthohive_jupyter.errors import ModelFileError, StorageError
from synthohive_jupyter.relational.counts.linkage import LinkageModel
from synthohive_jupyter.relational.siblings.history import History

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Iterable, Mapping

    from synthohive_jupyter.engine.record import Links
    from synthohive_jupyter.models.base import ConditionalGenerativeModel

    LoadModel = Callable[[Path], ConditionalGenerativeModel]

VERSION = 2
"""Version of the directory's layout."""

MAX_JSON_BYTES = 64 * 2**20
"""No JSON file of a run is larger; a larger one is damage or an attack."""

_PLAIN = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]{0,63}")
_DEVICES = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)", re.IGNORECASE)
"""Names that Windows gives to devices."""


def folder_names(tables: Iterable[str]) -> dict[str, str]:
    """Return a folder name for each table: its own where that is safe, else a slug with a hash.

    No folder name has a path separator, a dot or a space, and no two differ by case alone.

    >>> folder_names(["users", "../etc"])
    {'../etc': 'etc-f7f9121f', 'users': 'users'}
    """
    names: dict[str, str] = {}
    taken: set[str] = set()
    for table in sorted(tables):
        plain = _PLAIN.fullmatch(table) and not _DEVICES.fullmatch(table)
        name = table if plain and table.casefold() not in taken else hashed_name(table)
        taken.add(name.casefold())
        names[table] = name
    return names


def hashed_name(table: str) -> str:
    """Return a safe folder name that belongs to one table alone: a slug and a hash."""
    slug = re.sub(r"[^A-Za-z0-9]+", "-", table).strip("-")[:40]
    digest = hashlib.sha256(table.encode()).hexdigest()[:8]
    return f"{slug or 'table'}-{digest}"


class RunDirectory:
    """The folder of a run, for checkpoints or as a saved synthesizer.

    Args:
        root: The folder; it is made when something is written.
        tables: Names of all tables of the run.
    """

    def __init__(self, root: str | os.PathLike[str], tables: Iterable[str] = ()) -> None:
        self.root = Path(root)
        self._folders = folder_names(tables)

    @property
    def events(self) -> Path:
        """File of the events."""
        return self.root / "events.jsonl"

    def checkpoints(self, table: str) -> Path:
        """Return the folder of a table's checkpoints."""
        return self.root / self._folders[table]

    def table(self, table: str) -> TableDirectory:
        """Return the folder of what was learnt of a table."""
        return TableDirectory(self.root / "tables" / hashed_name(table))

    def write_json(self, name: str, record: Mapping[str, Any]) -> None:
        """Write ``<name>.json``: one of ``metadata``, ``plan``, ``privacy``."""
        write_json(self.root / f"{name}.json", record)

    def read_json(self, name: str) -> dict[str, Any]:
        """Read ``<name>.json``.

        Raises:
            ModelFileError: If it is missing or damaged.
        """
        return read_json(self.root / f"{name}.json")

    def replace(self, write: Callable[[RunDirectory], None]) -> None:
        """Write a whole run beside this place and put it here when it is complete.

        A run that is here already is replaced; anything else is left alone.

        Args:
            write: Writes everything into the directory that it is given.

        Raises:
            StorageError: If something else is here, or writing fails.
        """
        if self.root.exists() and not self._is_run():
            raise StorageError(f"'{self.root}' exists and is not a saved run: choose another place")
        token = secrets.token_hex(4)
        fresh = self.root.with_name(f".{self.root.name}.new-{token}")
        old = self.root.with_name(f".{self.root.name}.old-{token}")
        try:
            fresh.mkdir(parents=True)
            write(RunDirectory(fresh, self._folders))
            if self.root.exists():
                self.root.rename(old)
            try:
                fresh.rename(self.root)
            except OSError:
                if old.exists():
                    old.rename(self.root)
                raise
        except OSError as error:
            raise StorageError(f"'{self.root}' could not be written: {error.strerror}") from error
        finally:
            shutil.rmtree(fresh, ignore_errors=True)
        shutil.rmtree(old, ignore_errors=True)

    def _is_run(self) -> bool:
        if not self.root.is_dir():
            return False
        files = ("metadata.json", "plan.json")
        return not any(self.root.iterdir()) or all((self.root / f).is_file() for f in files)


class TableDirectory:
    """The folder of what was learnt of one table."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def started(self) -> Mapping[str, str] | None:
        """Return the mark of the last fit that began here, ``None`` where there is none."""
        return _read_mark(self.root / "started.json")

    def finished(self) -> Mapping[str, str] | None:
        """Return the mark of the fit that is complete here, ``None`` where there is none."""
        return _read_mark(self.root / "done.json")

    def finished_at(self) -> float:
        """Return when the fit was complete, in seconds since the epoch."""
        return (self.root / "done.json").stat().st_mtime

    def start(self, mark: Mapping[str, str]) -> None:
        """Note that a fit begins."""
        write_json(self.root / "started.json", {"version": VERSION, "mark": mark})
        (self.root / "done.json").unlink(missing_ok=True)

    def write(self, learnt: Learnt, mark: Mapping[str, str]) -> None:
        """Write everything that was learnt; ``done.json`` comes last.

        Raises:
            StorageError: If writing fails.
        """
        self.root.mkdir(parents=True, exist_ok=True)
        if learnt.model is not None:
            learnt.model.save(self.root / "model", overwrite=True)
        if learnt.linkage is not None:
            write_json(self.root / "linkage.json", learnt.linkage.to_dict())
        if learnt.links:
            write_json(self.root / "links.json", _links_to_dict(learnt.links))
        if learnt.history is not None:
            write_json(self.root / "history.json", learnt.history.to_dict())
        if learnt.kept is not None:
            self._write_kept(learnt.kept)
        write_json(self.root / "keys.json", learnt.record.to_dict())
        parts = {
            "model": learnt.model is not None,
            "linkage": learnt.linkage is not None,
            "links": bool(learnt.links),
            "history": learnt.history is not None,
            "kept": learnt.kept is not None,
        }
        write_json(self.root / "done.json", {"version": VERSION, "mark": mark, **parts})

    def read(self, load_model: LoadModel) -> Learnt:
        """Read what `write` has written.

        Args:
            load_model: Reads a model from its folder.

        Raises:
            ModelFileError: If a file is missing or damaged.
        """
        done = read_json(self.root / "done.json")
        if done.get("version") != VERSION:
            raise ModelFileError(f"{self.root.name}: done.json is damaged or of another version")
        learnt = Learnt(TableRecord.from_dict(read_json(self.root / "keys.json")))
        if done.get("model"):
            learnt.model = load_model(self.root / "model")
        if done.get("linkage"):
            learnt.linkage = LinkageModel.from_dict(read_json(self.root / "linkage.json"))
        if done.get("links"):
            learnt.links = _links_from_dict(read_json(self.root / "links.json"))
        if done.get("history"):
            learnt.history = History.from_dict(read_json(self.root / "history.json"))
        if done.get("kept"):
            learnt.kept = self._read_kept(learnt.record.dtypes)
        return learnt

    def _write_kept(self, rows: pd.DataFrame) -> None:
        try:
            _replace(self.root / "kept.parquet", rows.to_parquet)
        except (TypeError, ValueError) as error:
            raise StorageError("a kept table has a column that Parquet cannot hold") from error

    def _read_kept(self, dtypes: Mapping[str, str]) -> pd.DataFrame:
        """Return the rows in their own types: Parquet has no category without a value."""
        try:
            rows = pd.read_parquet(self.root / "kept.parquet")
            other = {c: dtypes[str(c)] for c, t in rows.dtypes.items() if str(t) != dtypes[str(c)]}
            return rows.astype(other)
        except (KeyError, OSError, TypeError, ValueError) as error:
            raise ModelFileError("the rows of a kept table cannot be read") from error


def _links_to_dict(links: Links) -> dict[str, Any]:
    kinds = {kind: name for name, kind in LINKS.items()}
    return {
        "links": [
            {"key": key, "kind": kinds[type(link)], "link": link.to_dict()}
            for key, link in links.items()
        ]
    }


def _links_from_dict(record: Mapping[str, Any]) -> Links:
    try:
        return {
            str(part["key"]): LINKS[part["kind"]].from_dict(part["link"])
            for part in record["links"]
        }
    except (KeyError, TypeError) as error:
        raise ModelFileError("links.json is damaged") from error


def write_json(path: Path, record: Mapping[str, Any]) -> None:
    """Write a JSON file at once or not at all.

    Raises:
        StorageError: If writing fails.
    """
    # ASCII: half of a surrogate pair, which text may hold, has no other way into a file.
    text = json.dumps(record, allow_nan=False)
    _replace(path, lambda place: place.write_text(text, encoding="utf-8"))


def read_json(path: Path) -> dict[str, Any]:
    """Read a JSON object.

    Raises:
        ModelFileError: If it is missing, too large, no object, or damaged.
    """
    try:
        if path.stat().st_size > MAX_JSON_BYTES:
            raise ModelFileError(f"{path.name} is larger than any that was written here")
        record = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise ModelFileError(f"{path.name} is missing or damaged") from error
    if not isinstance(record, dict):
        raise ModelFileError(f"{path.name} is damaged: not an object")
    return record


def _read_mark(path: Path) -> Mapping[str, str] | None:
    try:
        record = read_json(path)
    except ModelFileError:
        return None
    mark = record.get("mark")
    return mark if record.get("version") == VERSION and isinstance(mark, dict) else None


def _replace(path: Path, write: Callable[[Path], Any]) -> None:
    fresh = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write(fresh)
        fresh.replace(path)
    except OSError as error:
        raise StorageError(f"'{path}' could not be written: {error.strerror}") from error
    finally:
        fresh.unlink(missing_ok=True)
