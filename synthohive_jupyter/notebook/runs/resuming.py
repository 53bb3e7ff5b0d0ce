"""What ``--resume`` goes on with, and where a run keeps what a later ``--resume`` needs."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING

from synthohive_jupyter.errors import ResumeError
from synthohive_jupyter.notebook.runs.store import store_at

if TYPE_CHECKING:
    from collections.abc import Iterable

    from synthohive_jupyter.notebook.runs.store import KeptRun
    from synthohive_jupyter.notebook.verbs.request import Request


def earlier_run(request: Request, tables: Iterable[str]) -> KeptRun | None:
    """Return the run that ``--resume`` asks for; ``None`` where it is not asked for.

    Args:
        request: The call.
        tables: Tables of its schema.

    Raises:
        ResumeError: If there is none.
    """
    if not request.options.resume:
        return None
    store, names = store_at(request.settings.checkpoints), ", ".join(tables)
    if store is None:
        raise ResumeError(
            "nothing is kept for --resume: checkpoints are off (%config "
            "SynthoHiveMagics.checkpoints = 'auto' turns them on)"
        )
    found = store.find(_digest(request), tables)
    if found is None:
        raise ResumeError(
            f"there is nothing to resume: no stopped or failed run of {names} is kept here; run "
            "the cell without --resume"
        )
    return found


def begin_run(
    request: Request, tables: Iterable[str], seed: int, earlier: KeptRun | None
) -> KeptRun | None:
    """Return the run that is now begun, or gone on with; ``None`` where nothing can be kept.

    Args:
        request: The call.
        tables: Tables of its schema.
        seed: Its seed.
        earlier: The run to go on with.
    """
    store = store_at(request.settings.checkpoints)
    if store is None:
        return None
    try:
        if earlier is not None:
            return earlier.claimed(_digest(request), tables, seed)
        return store.begin(_digest(request), tables, seed)
    except OSError:
        # A cache that cannot be written must not keep anybody from training.
        return None


def _digest(request: Request) -> str:
    """Return what tells a cell from others: its schema, its result, and where it runs."""
    options = request.options
    said = [request.body, options.targets, options.out, str(Path.cwd())]
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()
