"""Fits and judgements that were done before, so that a broken run goes on where it stopped.

A fit is kept as long as its data, parameters, code, releases and threads are the same; a judgement
as long as its sample, the holdout and the judge are.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

Record = dict[str, Any]


def fingerprint(**parts: object) -> str:
    """Return a short key of JSON-safe parts.

    >>> fingerprint(a=1) == fingerprint(a=1), fingerprint(a=1) == fingerprint(a=2)
    (True, False)
    """
    text = json.dumps(parts, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:20]


@dataclass(frozen=True, slots=True)
class Shelf:
    """The folder of one set: ``<name>-<seed>.json`` and its sample beside it.

    Attributes:
        folder: Where it is.
        fresh: Forget what was kept.
    """

    folder: Path
    fresh: bool = False

    def sample(self, name: str, seed: int) -> Path:
        """Return where the synthetic rows of a fit are."""
        return self.folder / f"{name}-{seed}.parquet"

    def get(self, name: str, seed: int, part: str, key: str) -> Record | None:
        """Return a part of a record if it was kept under this key."""
        record = {} if self.fresh else self._read(name, seed)
        kept = record.get(part)
        return kept["record"] if kept and kept["key"] == key else None

    def put(self, name: str, seed: int, part: str, key: str, record: Record) -> None:
        """Keep a part of a record; whoever reads sees the old file or the new one."""
        self.folder.mkdir(parents=True, exist_ok=True)
        whole = {**self._read(name, seed), part: {"key": key, "record": record}}
        path = self._path(name, seed)
        beside = path.with_suffix(".tmp")
        beside.write_text(json.dumps(whole, indent=1))
        beside.replace(path)

    def _read(self, name: str, seed: int) -> Record:
        path = self._path(name, seed)
        return json.loads(path.read_text()) if path.exists() else {}

    def _path(self, name: str, seed: int) -> Path:
        return self.folder / f"{name}-{seed}.json"
