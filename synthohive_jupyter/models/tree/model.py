"""`TreeSynth`: the public class."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pandas as pd

from synthohive_jupyter.errors import ModelFileError, NotFittedError, TrainingError
from synthohive_jupyter.events import CheckpointSaved
from synthohive_jupyter.models.base import ConditionalGenerativeModel, LoadMethod, check_context
from synthohive_jupyter.models.strict_json import whole
from synthohive_jupyter.models.tree.chain import Chain
from synthohive_jupyter.models.tree.config import TreeConfig
from synthohive_jupyter.models.tree.fitted import Fitted, to_tensors
from synthohive_jupyter.models.tree.fitting import ChainFit, Table
from synthohive_jupyter.schema.metadata import Metadata
from synthohive_jupyter.seeding import stream
from synthohive_jupyter.tabular.constraints import enforce
from synthohive_jupyter.tabular.transformer import TableTransformer

if TYPE_CHECKING:
    from synthohive_jupyter.events import CancelToken, EventSink
    from synthohive_jupyter.schema.tables import TableConfig

BEST, FINAL = "best_checkpoint", "final_checkpoint"

_OWN = 1 << 20
_ENCODING, _CONTEXT_ENCODING, _HOLDING_OUT = range(_OWN, _OWN + 3)
"""Blocks of the stage ``fit``, above those of the transformer, which has one a column."""


class TreeSynth(ConditionalGenerativeModel):
    """A chain of conditional trees (sequential CART after Reiter, 2005), one for each column.

    A row is drawn column by column, each from the leaf that its context and the columns before
    lead to. The leaves hold counts and averages, never rows (see `leaves`). LightGBM grows the
    trees; a fitted or loaded model does not need it.

    Trees have neither batches nor epochs: ``batch_size`` and ``epochs`` belong to the contract of
    all models and change nothing here. An epoch in the events is a column, its loss the held-out
    negative log-likelihood of this column given those before.

    Args:
        metadata: The description; constraints are read from it.
        batch_size: Of no effect.
        epochs: Of no effect.
        kwargs: Parameters of `TreeConfig`, where each is explained.

    Attributes:
        config: The parameters.

    Example:
        >>> from synthohive_jupyter.schema.metadata import Metadata
        >>> shop = Metadata()
        >>> shop.add_table("users", pk=None)
        >>> users = pd.DataFrame({"plan": ["free", "pro"] * 50, "age": range(20, 120)})
        >>> model = TreeSynth(shop).fit(users, table_name="users")
        >>> model.sample(3, seed=1).shape
        (3, 2)
    """

    kind: ClassVar[str] = "tree"

    def __init__(
        self,
        metadata: Metadata,
        batch_size: int = 500,
        epochs: int = 300,
        **kwargs: Any,  # noqa: ANN401 - each parameter has a type of its own
    ) -> None:
        super().__init__(metadata, batch_size, epochs)
        self.config = TreeConfig.of(kwargs)
        self._seed = 0
        self._fitted: Fitted | None = None

    def fit(
        self,
        data: pd.DataFrame,
        context: pd.DataFrame | None = None,
        *,
        table_name: str,
        seed: int = 0,
        on_event: EventSink | None = None,
        cancel: CancelToken | None = None,
        checkpoint_dir: str | Path | None = None,
        checkpoint_interval: int = 10,
        resume: bool = False,
        families: np.ndarray | None = None,
    ) -> TreeSynth:
        """Learn the rows of ``data``, each given its row of ``context``; see the base class.

        The token is asked before every column. A stopped fit draws the columns that it has not
        reached from their marginals; with ``resume=True`` and the same ``checkpoint_dir``, data,
        seed and parameters it goes on, and ends in the same bytes as one that was never stopped.
        ``final_checkpoint`` is written every ``checkpoint_interval`` columns and at the end,
        ``best_checkpoint`` when all columns are done, since every column makes the model better.

        Raises:
            DataError: If there are no rows, or the context has another number of them.
            TrainingError: If the checkpoint to resume from belongs to other data or parameters.
            ModelFileError: If the checkpoint to resume from is damaged.
            StorageError: If a checkpoint cannot be written.
        """
        if checkpoint_interval < 1:
            raise ValueError("checkpoint_interval is a positive whole number")
        if resume and checkpoint_dir is None:
            raise ValueError("resume=True needs the checkpoint_dir of the fit to go on with")
        table = self.metadata.get_table(table_name)
        context = check_context(data, context, table=table_name)
        self._seed, self.cancelled, self.epochs_run, self._fitted = seed, False, 0, None
        fitted, work = self._prepare(data, context, table, seed=seed, families=families)
        self._fitted = fitted
        if work is None:
            return self
        place = None if checkpoint_dir is None else Path(checkpoint_dir)
        if resume and place is not None and (place / FINAL).exists():
            self._resume(work, place / FINAL)
        emit = on_event or (lambda _: None)
        for event in work.run(table_name, cancel=cancel):
            self.epochs_run = work.done
            emit(event)
            last = work.done == event.epochs
            if place is not None and (last or work.done % checkpoint_interval == 0):
                self._checkpoint(work, place, best=last, emit=emit)
        self.epochs_run = work.done
        self.cancelled = work.done < len(work.chain.links)
        if place is not None and self.cancelled:
            self._checkpoint(work, place, best=False, emit=emit)
        return self

    def _prepare(
        self,
        data: pd.DataFrame,
        context: pd.DataFrame | None,
        table: TableConfig,
        *,
        seed: int,
        families: np.ndarray | None,
    ) -> tuple[Fitted, ChainFit | None]:
        """Fit the transformers and encode; no work where there are no columns."""
        transformer = self._transformer(data, table, seed=seed, families=families)
        rows = transformer.encode(data, stream(seed, table.name, "fit", _ENCODING))
        own, beside, given = Table.of(transformer, rows), None, None
        if context is not None:
            beside = self._transformer(context, table, seed=seed, families=families)
            rng = stream(seed, table.name, "fit", _CONTEXT_ENCODING)
            given = Table.of(beside, beside.encode(context, rng))
        if not own.scales:
            return Fitted(table.name, transformer, beside, Chain((), [])), None
        number = None
        if families is not None:
            number = pd.factorize(np.asarray(families), use_na_sentinel=False)[0].astype(np.int64)
        rng = stream(seed, table.name, "fit", _HOLDING_OUT)
        work = ChainFit.start(own, given, self.config, families=number, rng=rng)
        return Fitted(table.name, transformer, beside, work.chain), work

    def _transformer(
        self, frame: pd.DataFrame, table: TableConfig, *, seed: int, families: np.ndarray | None
    ) -> TableTransformer:
        """Fit the codes of the rows, or of their context, with what is declared of each column."""
        return TableTransformer().fit(
            frame,
            table=table.name,
            constraints={c: v for c, v in table.constraints.items() if c in frame.columns},
            families=families,
            seed=seed,
            numbers="cells",
        )

    def _resume(self, work: ChainFit, path: Path) -> None:
        """Take over the columns that an earlier fit of the same data has done."""
        from synthohive_jupyter.models import checkpoint

        saved = checkpoint.read(path, kind=self.kind)
        if saved.config.get("fingerprint") != self._fingerprint(work):
            raise TrainingError(
                f"the checkpoint at {path} belongs to other data, parameters or another seed; "
                "give them back, choose another checkpoint_dir, or start anew with resume=False"
            )
        done, links = whole(saved.config, "epochs_run"), Fitted.from_checkpoint(saved).chain.links
        if [x.column for x in links] != [x.column for x in work.chain.links] or done > len(links):
            raise ModelFileError(f"{path} is damaged: its columns are not those of its data")
        work.adopt(links[:done])

    def _fingerprint(self, work: ChainFit) -> str:
        """Return a hash of all that the trees depend on."""
        fixed = [self.config.to_dict(), self._existing().table, self._seed]
        digest = hashlib.sha256(json.dumps(fixed).encode())
        digest.update(np.ascontiguousarray(work.features).tobytes())
        return digest.hexdigest()

    def _checkpoint(self, work: ChainFit, place: Path, *, best: bool, emit: EventSink) -> None:
        extra = {"fingerprint": self._fingerprint(work)}
        for name in (FINAL, BEST) if best else (FINAL,):
            self._write(place / name, overwrite=True, extra=extra)
            emit(CheckpointSaved(self._existing().table, name, self.epochs_run))

    def sample(
        self,
        num_rows: int,
        context: pd.DataFrame | None = None,
        *,
        seed: int = 0,
        enforce_constraints: bool = True,
    ) -> pd.DataFrame:
        """Draw rows, each given its row of ``context``; see the base class.

        Raises:
            NotFittedError: Before `fit` or `load`.
            DataError: If the context is missing, or does not fit.
        """
        fitted = self._existing()
        if num_rows < 0:
            raise ValueError("num_rows is not negative")
        rows = fitted.sample(num_rows, context, seed=seed)
        if not enforce_constraints:
            return rows
        table = self.metadata.get_table(fitted.table)
        present = set(rows.columns)
        constraints = {c: v for c, v in table.constraints.items() if c in present}
        checks = tuple(pair for pair in table.checks if set(pair) <= present)
        return enforce(rows, constraints, checks)

    def save(self, path: str | Path, *, overwrite: bool = False) -> None:
        """Write the model to a directory; see the base class."""
        self._write(path, overwrite=overwrite, extra={})

    def _write(self, path: str | Path, *, overwrite: bool, extra: dict[str, Any]) -> None:
        from synthohive_jupyter.models import checkpoint

        tensors = {checkpoint.WEIGHTS: to_tensors(self._existing().arrays())}
        record = self._record() | extra
        checkpoint.write(path, kind=self.kind, config=record, tensors=tensors, overwrite=overwrite)

    def _record(self) -> dict[str, Any]:
        fitted = self._existing()
        alone = Metadata()
        alone.tables[fitted.table] = self.metadata.get_table(fitted.table)
        return fitted.record() | {
            "parameters": self.config.to_dict(),
            "metadata": alone.to_dict(),
            "batch_size": self.batch_size,
            "epochs": self.epochs,
            "seed": self._seed,
            "epochs_run": self.epochs_run,
        }

    def _load(self, path: str | Path) -> TreeSynth:
        """Read a model that `save` has written: ``TreeSynth.load(path)``, or into a model.

        A model that is filled keeps its own metadata where that describes the table.

        Raises:
            ModelFileError: If the directory is damaged, hostile, or of another kind or version.
        """
        from synthohive_jupyter.models import checkpoint

        saved = checkpoint.read(path, kind=self.kind)
        record = saved.config
        try:
            metadata = Metadata.from_dict(record["metadata"])
            made = type(self)(
                metadata,
                batch_size=record["batch_size"],
                epochs=record["epochs"],
                **record["parameters"],
            )
            fitted = Fitted.from_checkpoint(saved)
            metadata.get_table(fitted.table)
            facts = [whole(record, name) for name in ("seed", "epochs_run")]
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise ModelFileError(
                f"{saved.path} has a configuration that is no TreeSynth's"
            ) from error
        if fitted.table in self.metadata.tables:
            metadata = self.metadata
        self.__dict__.update(made.__dict__)
        self.metadata, self._fitted = metadata, fitted
        self._seed, self.epochs_run = facts
        return self

    load: Any = LoadMethod(_load)

    def _existing(self) -> Fitted:
        if self._fitted is None:
            raise NotFittedError("fit the model, or load one, before")
        return self._fitted
