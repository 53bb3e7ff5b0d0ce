"""What a fit is given: coded rows, and how it is run; what it goes on from."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING

from synthohive_jupyter.errors import ResumeError

if TYPE_CHECKING:
    from contextlib import AbstractContextManager
    from pathlib import Path

    import numpy as np

    from synthohive_jupyter.events import CancelToken, EventSink
    from synthohive_jupyter.models.checkpoint import Checkpoint
    from synthohive_jupyter.tabular.codecs import Encoded
    from synthohive_jupyter.tabular.transformer import TableTransformer

BEST, FINAL = "best_checkpoint", "final_checkpoint"

FIRST_BLOCK = 1_000_000
"""First block of the stage ``fit`` that belongs to models; those before belong to the columns."""
ENCODING, CONTEXT_ENCODING = FIRST_BLOCK, FIRST_BLOCK + 1


@dataclass(frozen=True, slots=True)
class Coded:
    """A table and its context, as codes, with what makes codes of them.

    Attributes:
        table: Name of the table.
        transformer: Codes of its columns.
        rows: Its rows.
        context: Codes of the context columns, or ``None``.
        context_rows: The context of each row.
        families: Family of each row, or ``None``.
    """

    table: str
    transformer: TableTransformer
    rows: Encoded
    context: TableTransformer | None
    context_rows: Encoded | None
    families: np.ndarray | None


@dataclass(frozen=True, slots=True)
class Run:
    """How one fit is run.

    Attributes:
        seed: Root seed.
        emit: Receives the events.
        cancel: Stops the fit, or ``None``.
        place: Folder of the checkpoints, or ``None``.
        interval: Epochs between two of them.
        resume: Whether to go on from one.
    """

    seed: int
    emit: EventSink
    cancel: CancelToken | None
    place: Path | None
    interval: int
    resume: bool

    def breakable(self) -> AbstractContextManager[None]:
        """Mark work that a stop may break off, since nothing of it is kept."""
        return nullcontext() if self.cancel is None else self.cancel.breakable()

    def unfinished(self, kind: str) -> Checkpoint | None:
        """Return the checkpoint of this kind of model to go on from, where there is one.

        Raises:
            ModelFileError: If it is damaged.
        """
        if not self.resume or self.place is None or not (self.place / FINAL).exists():
            return None
        from synthohive_jupyter.models import checkpoint

        return checkpoint.read(self.place / FINAL, kind=kind)


def check_fingerprint(found: object, wanted: str, *, table: str) -> None:
    """Refuse to resume from a checkpoint whose fingerprint is not that of the fit.

    Raises:
        ResumeError: If it is another one; it says what to do.
    """
    if found != wanted:
        raise ResumeError(
            f"cannot resume {table!r}: the data, the seed or the parameters are not those of the "
            "checkpoint. Give them back, choose another checkpoint_dir, or start anew with "
            "resume=False"
        )
