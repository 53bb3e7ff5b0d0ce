"""`ARGN`: the public class."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pandas as pd

from synthohive_jupyter.models.argn.config import ARGNConfig
from synthohive_jupyter.models.argn.evidence import evidence_of, present_cells
from synthohive_jupyter.models.argn.fitted import FittedARGN, build_network
from synthohive_jupyter.models.argn.imputing import CANDIDATES, closed, nearest, open_ends
from synthohive_jupyter.models.argn.trainer import Trainer
from synthohive_jupyter.models.trained import TrainedModel
from synthohive_jupyter.seeding import integer_seed

if TYPE_CHECKING:
    from synthohive_jupyter.models.argn.evidence import Evidence, Given
    from synthohive_jupyter.models.checkpoint import Checkpoint
    from synthohive_jupyter.models.fits import Coded
    from synthohive_jupyter.tabular.codecs import Integers

_PATTERNS = 2**40
"""Block of the stage ``sample`` from which on patterns of evidence have streams of their own."""


class ARGN(TrainedModel[FittedARGN]):
    """An any-order autoregressive network on codes.

    A row is drawn column by column, each from its distribution given all before it (and given the
    context). Numbers are atoms and quantile cells with an exact draw inside the cell. As a part of
    every batch is learnt in a random order, any columns can be given and the others drawn.

    Sources: Uria, Murray and Larochelle, *A Deep and Tractable Density Estimator* (ICML 2014), for
    orders that are drawn anew; Tiwald et al., *TabularARGN* (2025), for the use on tables. The
    masked product, the smooth basis, cells with knots, and the schedule are our own.

    Args:
        metadata: The description; constraints are read from it.
        batch_size: Most rows of a step; tables of few rows have smaller steps.
        epochs: Most epochs; training ends by itself, see `trainer`.
        kwargs: Parameters of `ARGNConfig`, where each is explained.

    Attributes:
        config: The parameters.

    Example:
        >>> import pandas as pd
        >>> from synthohive_jupyter.schema.metadata import Metadata
        >>> shop = Metadata()
        >>> shop.add_table("users", pk=None)
        >>> users = pd.DataFrame({"plan": ["free", "pro"] * 50, "age": [20, 60] * 50})
        >>> model = ARGN(shop, epochs=40).fit(users, table_name="users")
        >>> sorted(set(model.sample(50, given={"plan": "pro"})["plan"]))
        ['pro']
    """

    kind: ClassVar[str] = "argn"
    config_class: ClassVar = ARGNConfig
    config: ARGNConfig

    def _coding(self) -> dict[str, Any]:
        return {"numbers": "cells"}

    def _prepare(self, coded: Coded, *, seed: int) -> tuple[FittedARGN, Trainer | None]:
        """Build network and training; where every column has one value, there is none."""
        network = build_network(coded.transformer, coded.context, self.config)
        fitted = FittedARGN(
            coded.table, coded.transformer, coded.context, self.config.threads, network
        )
        if not network.space.parts:
            return fitted, None
        return fitted, Trainer(
            network,
            coded,
            self.config,
            epochs=self.epochs,
            batch_size=self.batch_size,
            seed=seed,
        )

    def rebuild(self, saved: Checkpoint) -> FittedARGN:
        """Return the fitted model of a file."""
        return FittedARGN.from_checkpoint(saved, self.config)

    def sample(
        self,
        num_rows: int,
        context: pd.DataFrame | None = None,
        *,
        seed: int = 0,
        enforce_constraints: bool = True,
        given: Given | None = None,
    ) -> pd.DataFrame:
        """Draw rows, each given its row of ``context``; see the base class.

        Args:
            num_rows: How many.
            context: The context columns of `fit`, ``num_rows`` rows.
            seed: Root seed of the draw.
            enforce_constraints: Make the declared bounds, sets and checks hold exactly.
            given: What the rows shall be: column name to a value (``None`` for null), to a set,
                list or tuple of values, or to a range ``{"min": 18, "max": 30}`` (dates as ISO
                text); or a frame of ``num_rows`` rows whose cells are fixed. The other columns are
                drawn given all of it. What is given wins over declared constraints. A column that
                is checked to be at least others (``a <= b``) is coded as its distance from them,
                and can be given only together with one value of each.

        Raises:
            NotFittedError: Before `fit` or `load`.
            DataError: If the context does not fit, or what is given cannot be.
        """
        if given is None:
            return super().sample(
                num_rows, context, seed=seed, enforce_constraints=enforce_constraints
            )
        if num_rows < 0:
            raise ValueError("num_rows is not negative")
        fitted = self.fitted
        evidence = evidence_of(given, fitted.transformer, rows=num_rows, table=fitted.table)
        rows = self._draw(context, evidence, seed=seed)
        names = evidence.fixed.columns
        rows[names] = evidence.fixed
        rows = self.enforced(rows, evidence.constraints, declared=enforce_constraints)
        # A frame may hold values that a check or a bound would move; what is given stays.
        rows[names] = evidence.fixed
        return rows

    def _draw(self, context: pd.DataFrame | None, evidence: Evidence, *, seed: int) -> pd.DataFrame:
        """Draw the rows of evidence, those of each pattern for themselves."""
        fitted = self.fitted
        if not evidence.patterns:
            return fitted.draw_given(len(evidence.codes), context, evidence, seed=seed)
        drawn = []
        for number, rows, mine in evidence.split():
            beside = None if context is None else context.iloc[rows]
            own = integer_seed(seed, fitted.table, "sample", _PATTERNS + number) if number else seed
            drawn.append(fitted.draw_given(len(rows), beside, mine, seed=own).set_axis(rows))
        return pd.concat(drawn).sort_index()

    def impute(
        self, data: pd.DataFrame, context: pd.DataFrame | None = None, *, seed: int = 0
    ) -> pd.DataFrame:
        """Return rows with their nulls filled, drawn given everything else in the row.

        Columns that the model does not know, cells that are not null, index and types stay as they
        are. A column that was null in every row of `fit` stays null. What is filled keeps declared
        checks with what is there, as far as the columns are coded by their distance (``a <= b``).

        Args:
            data: Rows with all columns of the model.
            context: The context columns of `fit`, as many rows.
            seed: Root seed of the draw.

        Raises:
            NotFittedError: Before `fit` or `load`.
            DataError: If a column is missing, or the context does not fit.
        """
        fitted = self.fitted
        evidence = present_cells(data, fitted.transformer, table=fitted.table)
        drawn = self._draw(context, evidence, seed=seed)
        gaps = fitted.transformer.links.gaps.values()
        open_rows = np.flatnonzero(np.any([open_ends(data, gap) for gap in gaps], axis=0))
        if len(open_rows):
            drawn = self._close(data, context, drawn, open_rows, seed=seed)
        filled = data.copy(deep=False)
        for name in drawn.columns:
            missing = data[name].isna()
            if missing.any():
                fill = drawn[name].set_axis(data.index)
                filled[name] = data[name].where(~missing, fill)
        return filled

    def _close(
        self,
        data: pd.DataFrame,
        context: pd.DataFrame | None,
        drawn: pd.DataFrame,
        rows: Integers,
        *,
        seed: int,
    ) -> pd.DataFrame:
        """Draw again the rows in which a gap has no end to count from; see `imputing`."""
        transformer, table = self.fitted.transformer, self.fitted.table
        again = np.repeat(rows, CANDIDATES)
        asked = data.iloc[again].reset_index(drop=True)
        evidence = present_cells(asked, transformer, table=table)
        assert evidence.known is not None
        for gap in transformer.links.gaps.values():
            free = open_ends(asked, gap)
            evidence.known[gap.name] = evidence.known[gap.name].mask(free)
        beside = None if context is None else context.iloc[again]
        own = integer_seed(seed, table, "sample", _PATTERNS)
        candidates = self._draw(beside, evidence, seed=own)
        chosen = candidates.iloc[nearest(asked, candidates, transformer, table=table)]
        filled = closed(
            data.iloc[rows].set_axis(rows), chosen.set_axis(rows), transformer, table=table
        )
        beside = None if context is None else context.iloc[rows]
        evidence = present_cells(filled, transformer, table=table)
        last = self._draw(beside, evidence, seed=own).set_axis(rows)
        # Cells that were filled on the way are kept as they are.
        for name in last.columns:
            last[name] = filled[name].where(filled[name].notna(), last[name])
        others = drawn.drop(index=rows.tolist())
        return pd.concat([others, last]).sort_index() if len(others) else last
