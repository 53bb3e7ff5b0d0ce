"""`Fitted`: all that a fitted CTGAN is made of, how it draws rows, and how it becomes files."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import pandas as pd
import torch

from synthohive_jupyter.errors import DataError, ModelFileError
from synthohive_jupyter.models import checkpoint
from synthohive_jupyter.models.base import BLOCK_ROWS
from synthohive_jupyter.models.ctgan.conditioning import ConditionTable
from synthohive_jupyter.models.ctgan.hardware import thread_count
from synthohive_jupyter.models.ctgan.networks import Generator
from synthohive_jupyter.models.ctgan.rows import RowSpace
from synthohive_jupyter.models.ctgan.sampling import draw, inputs
from synthohive_jupyter.seeding import stream
from synthohive_jupyter.tabular.codecs import Encoded
from synthohive_jupyter.tabular.transformer import TableTransformer

if TYPE_CHECKING:
    from torch import Tensor

    from synthohive_jupyter.models.checkpoint import Checkpoint
    from synthohive_jupyter.models.ctgan.config import CTGANConfig


@dataclass(slots=True)
class Fitted:
    """A fitted CTGAN.

    Attributes:
        table: Name of the table.
        config: Parameters.
        transformer: Codes of the columns.
        context: Codes of the context columns, or ``None`` without context.
        generator: The generator with the weights to draw from, on the CPU, in evaluation mode.
        conditions: True frequencies of all cells.
    """

    table: str
    config: CTGANConfig
    transformer: TableTransformer
    context: TableTransformer | None
    generator: Generator
    conditions: ConditionTable

    def sample(self, num_rows: int, context: pd.DataFrame | None, *, seed: int) -> pd.DataFrame:
        """Draw rows block by block; see `ConditionalGenerativeModel.sample`."""
        context = self._context_columns(num_rows, context)
        columns = len(self.transformer.layout)
        if not columns:
            return pd.DataFrame(index=pd.RangeIndex(num_rows))
        if num_rows == 0:
            nothing = Encoded(np.zeros((0, columns), np.int32), np.zeros((0, columns), np.float32))
            return self.transformer.decode(nothing, stream(seed, self.table, "sample"))
        blocks = []
        with thread_count(self.config.threads):
            for block, start in enumerate(range(0, num_rows, BLOCK_ROWS)):
                rows = np.minimum(np.arange(start, start + BLOCK_ROWS), num_rows - 1)
                part = None if context is None else context.iloc[rows]
                blocks.append(self._block(block, part, seed).iloc[: num_rows - start])
        return blocks[0] if len(blocks) == 1 else pd.concat(blocks, ignore_index=True)

    def _block(self, block: int, context: pd.DataFrame | None, seed: int) -> pd.DataFrame:
        rng = stream(seed, self.table, "sample", block)
        encoded = None
        if self.context is not None and context is not None:
            encoded = self.context.encode(context, rng)
        x = inputs(self.generator, self.conditions, rng, rows=BLOCK_ROWS, context=encoded)
        return self.transformer.decode(draw(self.generator, x, rng), rng)

    def _context_columns(self, num_rows: int, context: pd.DataFrame | None) -> pd.DataFrame | None:
        if self.context is None:
            return None
        wanted = [column.name for column in self.context.layout]
        if context is None:
            raise DataError(
                f"the model was fitted with a context; give one with {', '.join(wanted)}",
                table=self.table,
            )
        missing = [name for name in wanted if name not in context.columns]
        if missing:
            raise DataError(
                "the context lacks a column that the model was fitted with",
                table=self.table,
                column=missing[0],
            )
        if len(context) != num_rows:
            raise DataError(
                f"the context has {len(context):,} rows for {num_rows:,} rows to draw",
                table=self.table,
            )
        return context[wanted]

    def record(self) -> dict[str, Any]:
        """Return the JSON-safe part."""
        return {
            "table": self.table,
            "parameters": self.config.to_dict(),
            "transformer": self.transformer.to_dict(),
            "context": None if self.context is None else self.context.to_dict(),
            "layout": _layout(self.transformer),
            "versions": _versions(),
        }

    def tensors(self, weights: dict[str, Tensor] | None = None) -> dict[str, Tensor]:
        """Return the tensors of ``weights.safetensors``: of ``weights``, or of the generator."""
        named = self.generator.state_dict() if weights is None else weights
        return {**named, "frequencies": torch.from_numpy(self.conditions.frequencies)}

    def use(self, weights: dict[str, Tensor]) -> None:
        """Draw from these weights from now on, and keep nothing that only training needs."""
        self.generator.to("cpu").load_state_dict(weights)
        self.generator.requires_grad_(requires_grad=False).eval()
        self.conditions = ConditionTable(
            self.transformer.layout,
            self.conditions.frequencies,
            condition_on=self.config.condition_on,
        )

    @classmethod
    def from_checkpoint(cls, saved: Checkpoint, config: CTGANConfig) -> Self:
        """Rebuild from files; tensors are read only after their shapes have been compared.

        Raises:
            ModelFileError: If the files do not fit each other.
        """
        record = saved.config
        table = record.get("table")
        if not isinstance(table, str):
            raise ModelFileError(f"{saved.path} names no table")
        transformer = TableTransformer.from_dict(record.get("transformer", {}))
        context = record.get("context")
        context = None if context is None else TableTransformer.from_dict(context)
        if record.get("layout") != _layout(transformer):
            raise ModelFileError(f"{saved.path}: the layout is not that of its transformer")
        generator = build_generator(transformer, context, config, device="meta")
        nothing = np.zeros(sum(column.n_codes for column in transformer.layout))
        conditions = ConditionTable(transformer.layout, nothing, condition_on=config.condition_on)
        fitted = cls(table, config, transformer, context, generator, conditions)
        tensors = saved.tensors(checkpoint.WEIGHTS, checkpoint.specs(fitted.tensors()))
        if not all(bool(torch.isfinite(tensor).all()) for tensor in tensors.values()):
            raise ModelFileError(f"{saved.path} holds numbers that are not finite")
        conditions.frequencies = tensors.pop("frequencies").numpy()
        if (conditions.frequencies < 0).any():
            raise ModelFileError(f"{saved.path} holds frequencies below 0")
        generator.load_state_dict(tensors, assign=True)
        fitted.use(tensors)
        return fitted


def build_generator(
    transformer: TableTransformer,
    context: TableTransformer | None,
    config: CTGANConfig,
    *,
    device: str = "cpu",
) -> Generator:
    """Return a generator for these columns, without weights.

    Raises:
        ModelFileError: If the columns have more codes than any table.
    """
    try:
        spaces = [
            RowSpace(
                part.layout if part is not None else (),
                scalar_weight=config.scalar_weight,
                device=device,
            )
            for part in (transformer, context)
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


def _layout(transformer: TableTransformer) -> list[list[Any]]:
    return [[c.name, c.n_codes, list(c.scalar_codes), c.embedded] for c in transformer.layout]


def _versions() -> dict[str, str]:
    found = {"torch": torch.__version__, "numpy": np.__version__}
    try:
        return {"synthohive-jupyter": version("synthohive-jupyter"), **found}
    except PackageNotFoundError:
        return found
