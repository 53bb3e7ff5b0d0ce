"""`TreeSynth`: the public class."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pandas as pd

from synthohive_jupyter.errors import ModelFileError
from synthohive_jupyter.models.fits import (
    BEST,
    FINAL,
    FIRST_BLOCK,
    Coded,
    Run,
    check_fingerprint,
)
from synthohive_jupyter.models.stored import StoredModel
from synthohive_jupyter.models.strict_json import whole
from synthohive_jupyter.models.tree.chain import Chain
from synthohive_jupyter.models.tree.config import TreeConfig
from synthohive_jupyter.models.tree.fitted import FittedTrees
from synthohive_jupyter.models.tree.fitting import ChainFit, Table
from synthohive_jupyter.seeding import stream

if TYPE_CHECKING:
    from synthohive_jupyter.models.checkpoint import Checkpoint

_HOLDING_OUT = FIRST_BLOCK + 2
"""Block of the stage ``fit`` that chooses the rows held out."""


class TreeSynth(StoredModel[FittedTrees]):
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
    config_class: ClassVar = TreeConfig
    config: TreeConfig

    def _coding(self) -> dict[str, Any]:
        return {"numbers": "cells"}

    def rebuild(self, saved: Checkpoint) -> FittedTrees:
        """Return the fitted model of a file."""
        return FittedTrees.from_checkpoint(saved)

    def _learn(self, coded: Coded, run: Run) -> None:
        """Fit column after column; the token is asked before each.

        A stopped fit draws the columns that it has not reached from their marginals.
        ``final_checkpoint`` is written every ``checkpoint_interval`` columns and at the end,
        ``best_checkpoint`` when all columns are done, since every column makes the model better.
        """
        with run.breakable():
            work = self._prepare(coded, seed=run.seed)
            if work is not None and (saved := run.unfinished(self.kind)) is not None:
                self._resume(work, saved, table=coded.table)
        chain = Chain((), []) if work is None else work.chain
        self._fitted = FittedTrees(coded.table, coded.transformer, coded.context, chain)
        if work is None:
            return
        for event in work.run(coded.table, cancel=run.cancel):
            self.epochs_run = work.done
            run.emit(event)
            last = work.done == event.epochs
            if last or work.done % run.interval == 0:
                self._keep(work, run, best=last)
        self.epochs_run = work.done
        self.cancelled = work.done < len(chain.links)
        if self.cancelled:
            self._keep(work, run, best=False)

    def _prepare(self, coded: Coded, *, seed: int) -> ChainFit | None:
        """Return the fit to run; none where there are no columns."""
        own = Table.of(coded.transformer, coded.rows)
        if not own.scales:
            return None
        given = None
        if coded.context is not None and coded.context_rows is not None:
            given = Table.of(coded.context, coded.context_rows)
        number = None
        if coded.families is not None:
            number = pd.factorize(np.asarray(coded.families), use_na_sentinel=False)[0]
        rng = stream(seed, coded.table, "fit", _HOLDING_OUT)
        return ChainFit.start(own, given, self.config, families=number, rng=rng)

    def _resume(self, work: ChainFit, saved: Checkpoint, *, table: str) -> None:
        """Take over the columns that an earlier fit of the same data has done."""
        check_fingerprint(saved.config.get("fingerprint"), self._fingerprint(work), table=table)
        done, links = whole(saved.config, "epochs_run"), self.rebuild(saved).chain.links
        if [x.column for x in links] != [x.column for x in work.chain.links] or done > len(links):
            raise ModelFileError(f"{saved.path} is damaged: its columns are not those of its data")
        work.adopt(links[:done])

    def _fingerprint(self, work: ChainFit) -> str:
        """Return a hash of all that the trees depend on."""
        digest = hashlib.sha256(json.dumps([self.config.to_dict(), self._seed]).encode())
        digest.update(np.ascontiguousarray(work.features).tobytes())
        return digest.hexdigest()

    def _keep(self, work: ChainFit, run: Run, *, best: bool) -> None:
        """Write the checkpoints, where they are wanted."""
        if run.place is None:
            return
        from synthohive_jupyter.models.checkpoint import WEIGHTS

        members, extra = {WEIGHTS: self.fitted.tensors()}, {"fingerprint": self._fingerprint(work)}
        for name in (FINAL, BEST) if best else (FINAL,):
            self.keep(run, name, members, extra, epoch=self.epochs_run)
