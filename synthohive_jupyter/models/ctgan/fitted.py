"""`FittedCTGAN`: all that a fitted CTGAN is made of, how it draws, how it becomes files."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np
import torch

from synthohive_jupyter.errors import ModelFileError
from synthohive_jupyter.models.base import BLOCK_ROWS
from synthohive_jupyter.models.ctgan.conditioning import ConditionTable
from synthohive_jupyter.models.ctgan.groups import CodeGroups
from synthohive_jupyter.models.ctgan.networks import Generator
from synthohive_jupyter.models.ctgan.rows import RowSpace
from synthohive_jupyter.models.ctgan.sampling import draw, inputs
from synthohive_jupyter.models.fitted import columns_of
from synthohive_jupyter.models.hardware import low_precision
from synthohive_jupyter.models.trained import FittedNetwork

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from torch import Tensor

    from synthohive_jupyter.models.checkpoint import Checkpoint
    from synthohive_jupyter.models.ctgan.config import CTGANConfig
    from synthohive_jupyter.tabular.codecs import ColumnLayout
    from synthohive_jupyter.tabular.transformer import TableTransformer


@dataclass(slots=True)
class FittedCTGAN(FittedNetwork):
    """A fitted CTGAN.

    Attributes:
        config: Parameters.
        groups: What the networks see of the columns.
        generator: The generator with the weights to draw from, on the CPU, in evaluation mode.
        conditions: True frequencies of all cells.
    """

    config: CTGANConfig
    groups: CodeGroups
    generator: Generator
    conditions: ConditionTable

    def draw(
        self, rows: int, context: pd.DataFrame | None, rng: np.random.Generator
    ) -> pd.DataFrame:
        """Draw a whole block, the context padded with its last row, and cut it."""
        encoded = None
        if self.context is not None and context is not None:
            padded = context.iloc[np.minimum(np.arange(BLOCK_ROWS), rows - 1)]
            encoded = self.context.encode(padded, rng)
        x = inputs(self.generator, self.conditions, rng, rows=BLOCK_ROWS, context=encoded)
        low = low_precision(self.config.precision, "cpu")
        drawn = draw(self.generator, *x, rng, low_precision=low)
        return self.transformer.decode(self.groups.draw(drawn, rng), rng).iloc[:rows]

    def tensors(self, weights: dict[str, Tensor] | None = None) -> dict[str, Tensor]:
        """Return the tensors of ``weights.safetensors``: of ``weights``, or of the generator."""
        named = self.generator.state_dict() if weights is None else weights
        return {**named, "frequencies": torch.from_numpy(self.conditions.frequencies)}

    def use(self, weights: dict[str, Tensor]) -> None:
        """Draw from these weights from now on, and keep nothing that only training needs."""
        self.generator.to("cpu").load_state_dict(weights)
        self.generator.requires_grad_(requires_grad=False).eval()
        self.conditions = ConditionTable(
            self.groups.layout,
            self.conditions.frequencies,
            condition_on=self.config.condition_on,
        )

    def restore(self, tensors: dict[str, Tensor]) -> None:
        """Take over the tensors of a file."""
        self.conditions.frequencies = tensors.pop("frequencies").numpy()
        if (self.conditions.frequencies < 0).any():
            raise ModelFileError("a saved model holds frequencies below 0")
        self.generator.load_state_dict(tensors, assign=True)
        self.use(tensors)

    @classmethod
    def from_checkpoint(cls, saved: Checkpoint, config: CTGANConfig) -> Self:
        """Rebuild from files; tensors are read only after their shapes have been compared.

        Raises:
            ModelFileError: If the files do not fit each other.
        """
        table, transformer, context = columns_of(saved)
        groups = CodeGroups.of(transformer, config.max_codes)
        generator = build_generator(groups.layout, context, config, device="meta")
        nothing = np.zeros(sum(column.n_codes for column in groups.layout))
        conditions = ConditionTable(groups.layout, nothing, condition_on=config.condition_on)
        empty = cls(
            table, transformer, context, config.threads, config, groups, generator, conditions
        )
        return empty.read(saved)


def build_generator(
    layout: Sequence[ColumnLayout],
    context: TableTransformer | None,
    config: CTGANConfig,
    *,
    device: str = "cpu",
) -> Generator:
    """Return a generator for these columns and this context, without weights.

    Raises:
        ModelFileError: If the columns have more codes than any table.
    """
    try:
        spaces = [
            RowSpace(
                part,
                scalar_weight=config.scalar_weight,
                device=device,
            )
            for part in (layout, () if context is None else context.layout)
        ]
    except ValueError as error:
        raise ModelFileError(str(error)) from error
    return Generator(
        *spaces,
        noise_width=config.embedding_dim,
        widths=config.generator_dim,
        scalar_per_mode=config.scalar_per_mode,
        device=device,
    )
