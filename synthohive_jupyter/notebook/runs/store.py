"""`RunStore`: what ``--resume`` needs of runs that were stopped, failed, or lost their kernel.

Each run has a folder that only its owner may read, in the user's cache or where ``checkpoints``
says. It holds models, counts and events, and no rows, but for tables declared public (``@keep``).
It goes when the run has succeeded, when five newer ones are there, and after two weeks.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import shutil
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

SWITCH = "SYNTHOHIVE_CHECKPOINTS"
"""Environment variable that decides where ``checkpoints`` says ``auto``."""
MOST_RUNS = 5
MOST_SECONDS = 14 * 24 * 3600.0
_VERSION = 1
_PREFIX = "run-"


@dataclass(frozen=True, slots=True)
class KeptRun:
    """A run in the store.

    Attributes:
        folder: What the engine keeps of it.
        cell: Digest of the cell and of where it runs.
        tables: Names of its tables.
        seed: Its seed.
        started: When it began, in seconds since the epoch.
        owner: The process that works on it: number, and time of its start.
    """

    folder: Path
    cell: str
    tables: tuple[str, ...]
    seed: int
    started: float
    owner: tuple[int, float]

    @classmethod
    def read(cls, folder: Path) -> Self | None:
        """Return the run of a folder; ``None`` where there is none that this user may trust."""
        try:
            if hasattr(os, "getuid") and folder.stat().st_uid != os.getuid():
                return None
            record = json.loads((folder / "run.json").read_text(encoding="utf-8"))
            if record["version"] != _VERSION:
                return None
            pid, begun = record["owner"]
            return cls(
                folder,
                str(record["cell"]),
                tuple(str(table) for table in record["tables"]),
                int(record["seed"]),
                float(record["started"]),
                (int(pid), float(begun)),
            )
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def write(self) -> None:
        """Write ``run.json``, at once or not at all."""
        record: dict[str, Any] = {
            "version": _VERSION,
            "cell": self.cell,
            "tables": self.tables,
            "seed": self.seed,
            "started": self.started,
            "owner": self.owner,
        }
        fresh = self.folder / f".run.{secrets.token_hex(4)}"
        fresh.write_text(json.dumps(record), encoding="utf-8")
        fresh.replace(self.folder / "run.json")

    def claimed(self, cell: str, tables: Iterable[str], seed: int) -> KeptRun:
        """Return this run as that of the cell which now goes on with it, and note so.

        Raises:
            OSError: If that cannot be written.
        """
        run = replace(self, cell=cell, tables=tuple(tables), seed=seed, owner=_this_process())
        run.write()
        return run

    @property
    def busy(self) -> bool:
        """Whether another process is at work on it."""
        return self.owner != _this_process() and _alive(*self.owner)

    def remove(self) -> None:
        """Forget the run."""
        shutil.rmtree(self.folder, ignore_errors=True)


class RunStore:
    """The runs that ``--resume`` can go on with.

    Args:
        root: Folder of all runs; it is made when the first one begins.
    """

    def __init__(self, root: Path) -> None:
        self._root = root

    def find(self, cell: str, tables: Iterable[str]) -> KeptRun | None:
        """Return the run to go on with: of the same cell, else of the most of its tables.

        Args:
            cell: Digest of the cell.
            tables: Its tables.
        """
        wanted = set(tables)
        runs = [run for run in self._runs() if wanted & set(run.tables) and not run.busy]
        ranked = sorted(
            runs, key=lambda r: (r.cell == cell, len(wanted & set(r.tables)), r.started)
        )
        return ranked[-1] if ranked else None

    def begin(self, cell: str, tables: Iterable[str], seed: int) -> KeptRun:
        """Make the folder of a new run; an older one of the same cell goes.

        Raises:
            OSError: If that cannot be done.
        """
        self._root.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._prune(cell)
        # Never named after anything of the user's.
        folder = self._root / f"{_PREFIX}{secrets.token_hex(8)}"
        folder.mkdir(mode=0o700)
        run = KeptRun(folder, cell, tuple(tables), seed, time.time(), _this_process())
        run.write()
        return run

    def _prune(self, cell: str) -> None:
        oldest = time.time() - MOST_SECONDS
        idle = [run for run in self._runs() if not run.busy]
        idle.sort(key=lambda run: run.started, reverse=True)
        for place, run in enumerate(idle):
            if run.cell == cell or place >= MOST_RUNS - 1 or run.started < oldest:
                run.remove()

    def _runs(self) -> Iterator[KeptRun]:
        folders: list[Path] = []
        with contextlib.suppress(OSError):
            folders = sorted(self._root.glob(f"{_PREFIX}*"))
        for folder in folders:
            if (run := KeptRun.read(folder)) is not None:
                yield run


def store_at(setting: str) -> RunStore | None:
    """Return the store that the setting ``checkpoints`` names, ``None`` for ``off``.

    Args:
        setting: ``auto`` (the user's cache), ``off``, or a folder.

    >>> store_at("off") is None
    True
    """
    wish = os.environ.get(SWITCH, "").strip() or "auto" if setting == "auto" else setting
    if wish == "off":
        return None
    if wish != "auto":
        return RunStore(Path(wish).expanduser())
    from platformdirs import user_cache_path

    return RunStore(user_cache_path("synthohive_jupyter", appauthor=False) / "runs")


def _this_process() -> tuple[int, float]:
    import psutil

    return os.getpid(), psutil.Process().create_time()


def _alive(pid: int, begun: float) -> bool:
    """Return whether a process is there; its number may belong to another one by now."""
    import psutil

    try:
        process = psutil.Process(pid)
        # A kernel that was killed stays until its server has heard of it.
        return process.create_time() == begun and process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False
