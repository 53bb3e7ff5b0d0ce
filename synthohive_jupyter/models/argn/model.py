"""`ARGN`: the public class."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from synthohive_jupyter.models.argn.config import ARGNConfig
from synthohive_jupyter.models.argn.evidence import evidence_of, present_cells
from synthohive_jupyter.models.argn.fitted import FittedARGN, build_network
from synthohive_jupyter.models.argn.trainer import Trainer
from synthohive_jupyter.models.trained import TrainedModel

if TYPE_CHECKING:
    import pandas as pd

    from synthohive_jupyter.models.argn.evidence import Given
    from synthohive_jupyter.models.checkpoint import Checkpoint
    from synthohive_jupyter.models.fits import Coded


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
                drawn given all of it. What is given wins over declared constraints.

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
        rows = fitted.draw_given(num_rows, context, evidence, seed=seed)
        names = evidence.fixed.columns
        rows[names] = evidence.fixed
        rows = self.enforced(rows, evidence.constraints, declared=enforce_constraints)
        # A frame may hold values that a check or a bound would move; what is given stays.
        rows[names] = evidence.fixed
        return rows

    def impute(
        self, data: pd.DataFrame, context: pd.DataFrame | None = None, *, seed: int = 0
    ) -> pd.DataFrame:
        """Return rows with their nulls filled, drawn given everything else in the row.

        Columns that the model does not know, cells that are not null, index and types stay as they
        are. A column that was null in every row of `fit` stays null.

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
        drawn = fitted.draw_given(len(data), context, evidence, seed=seed)
        filled = data.copy(deep=False)
        for name in drawn.columns:
            missing = data[name].isna()
            if missing.any():
                fill = drawn[name].set_axis(data.index)
                filled[name] = data[name].where(~missing, fill)
        return filled
