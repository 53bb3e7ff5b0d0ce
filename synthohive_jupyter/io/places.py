"""Where data lies: a table of the catalogue, a path of this machine, or a path elsewhere.

Names never become paths and paths never names. A path on this machine is only ever replaced or
removed where what lies there is a data set, so that a slip of the pen cannot delete a home folder.
"""

from __future__ import annotations

import os
import re
import secrets
import shutil
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from synthohive_jupyter.errors import StorageError
from synthohive_jupyter.io.relations import quote

FORMATS = ("delta", "parquet", "csv")

_SCHEME = re.compile(r"^[A-Za-z][A-Za-z0-9+.-]*:")
_FILE_SCHEME = re.compile(r"^file:(//)?(?=/)")
_NAME_PART = re.compile(r"`((?:[^`]|``)+)`|([^.`\s][^.`]*)")
_WILDCARDS = frozenset("*?[]{}")
_MAX_NAME_PARTS = 3
_SUFFIXES = {".parquet": "parquet", ".csv": "csv", ".csv.gz": "csv"}
_DELTA_LOG = "_delta_log"
_DELTA_PREFIX = 3
_OWN_FOLDERS = frozenset({"_delta_log", "_change_data", "_temporary"})
_OWN_FILES = re.compile(r"^(_SUCCESS|_committed_\d+|_started_\d+|_(common_)?metadata|\..*\.crc)$")
_DELTA_EXTRAS = re.compile(r"^deletion_vector_.*\.bin$")


@dataclass(frozen=True, slots=True)
class Place:
    """A place as the user wrote it, understood.

    Attributes:
        text: As written.
        table: Parts of a table name, or ``None`` for a path.
        local: Path on this machine, absolute, or ``None``.
    """

    text: str
    table: tuple[str, ...] | None = None
    local: Path | None = None

    @property
    def address(self) -> str:
        """What Spark is given: the name in backticks, or the path."""
        if self.table is not None:
            return ".".join(map(quote, self.table))
        return self.text if self.local is None else str(self.local)

    @property
    def has_wildcards(self) -> bool:
        """Whether Spark would read the path as a pattern."""
        return self.table is None and not _WILDCARDS.isdisjoint(self.address)


def parse_place(place: str | os.PathLike[str], *, shares_files: bool) -> Place:
    r"""Tell table names from paths.

    A path has a slash, a backslash, a scheme or a drive, starts with ``~``, is a `pathlib.Path`, or
    exists. Everything else is a table name of up to three parts, ``catalog.database.table``;
    backticks protect dots inside a part.

    Args:
        place: As the user wrote it.
        shares_files: Whether the engine sees the files of this machine. Where it does not, paths
            are passed on untouched.

    Raises:
        StorageError: If the text is empty or no well-formed name.

    >>> parse_place("shop.`order.items`", shares_files=False).address
    '`shop`.`order.items`'
    >>> parse_place("s3://bucket/users", shares_files=True).table is None
    True
    """
    text = os.fspath(place)
    if not text.strip() or "\0" in text:
        raise StorageError("a table name or path is empty or has a zero byte")
    is_path = (
        isinstance(place, os.PathLike)
        or "/" in text
        or "\\" in text
        or text.startswith("~")
        or _SCHEME.match(text) is not None
        or (shares_files and not text.startswith("`") and Path(text).exists())
    )
    if not is_path:
        return Place(text, table=_name_parts(text))
    if not shares_files:
        return Place(text)
    plain = _FILE_SCHEME.sub("", text)
    drive = re.match(r"^[A-Za-z]:[\\/]", plain) is not None
    if _SCHEME.match(plain) and not drive:
        return Place(text)
    return Place(text, local=Path(os.path.abspath(Path(plain).expanduser())))  # noqa: PTH100 - resolve() would follow links


def _name_parts(text: str) -> tuple[str, ...]:
    parts: list[str] = []
    position = 0
    while match := _NAME_PART.match(text, position):
        parts.append(match[1].replace("``", "`") if match[1] else match[2])
        position = match.end()
        if position == len(text):
            break
        if text[position] != ".":
            position = -1
            break
        position += 1
    if position != len(text) or not 0 < len(parts) <= _MAX_NAME_PARTS:
        raise StorageError(
            f"{text!r} is neither a table name (table, database.table) nor a path; write a path "
            f"with a slash, as in './{text}'"
        )
    return tuple(parts)


def recognise(path: Path) -> str | None:
    """Return what lies at a path of this machine.

    Returns:
        ``delta``, ``parquet`` or ``csv``; ``empty`` for an empty folder; ``None`` where nothing is,
        or something that is no data set, or a link.
    """
    if path.is_symlink() or not path.exists():
        return None
    if path.is_file():
        return _format_of_file(path.name)
    delta = (path / _DELTA_LOG).is_dir()
    found: set[str | None] = set()
    for _, folders, files in os.walk(path):
        inner = [name for name in folders if name not in _OWN_FOLDERS]
        found.update(None for name in inner if not _is_partition(name, delta=delta))
        folders[:] = inner
        found.update(
            "parquet" if delta and _DELTA_EXTRAS.match(name) else _format_of_file(name)
            for name in files
            if not _OWN_FILES.match(name)
        )
    if delta:
        return "delta" if found <= {"parquet"} else None
    if not found:
        return "empty"
    return found.pop() if len(found) == 1 else None


def _is_partition(folder: str, *, delta: bool) -> bool:
    """Return whether a folder can be part of a data set: ``year=2026``, or a prefix of Delta's.

    A folder of any other name is another data set or the user's; the whole is none of ours then.
    """
    return "=" in folder or (delta and len(folder) <= _DELTA_PREFIX)


def _format_of_file(name: str) -> str | None:
    lowered = name.lower()
    return next((kind for suffix, kind in _SUFFIXES.items() if lowered.endswith(suffix)), None)


def staging_beside(target: Path) -> Path:
    """Return a new name beside ``target``, on the same file system, hidden from readers."""
    return target.with_name(f".{target.name}.synthohive-{secrets.token_hex(4)}")


def swap(staged: Path, target: Path) -> None:
    """Put ``staged`` in the place of ``target``; on any failure the old data stays there.

    Both renames are of one file system. Between them, for an instant, there is nothing at
    ``target``; if the process is killed then, the old data lies beside it under a hidden name.

    Raises:
        OSError: If a rename fails.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    if not target.exists():
        staged.rename(target)
        return
    old = staging_beside(target)
    target.rename(old)
    try:
        staged.rename(target)
    except OSError:
        old.rename(target)
        raise
    remove(old)


def remove(path: Path) -> None:
    """Remove a file or a folder with all that is in it; nothing there is no error."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
        return
    with suppress(FileNotFoundError):
        path.unlink()
