"""`Fitted`: what a fitted model is made of, how it draws rows block by block, and its files."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import pandas as pd
import torch

from synthohive_jupyter.errors import DataError, ModelFileError
from synthohive_jupyter.models import checkpoint
from synthohive_jupyter.models.base import BLOCK_ROWS
from synthohive_jupyter.models.hardware import thread_count
from synthohive_jupyter.seeding import stream
from synthohive_jupyter.tabular.codecs import Encoded
from synthohive_jupyter.tabular.transformer import TableTransformer

if TYPE_CHECKING:
    from torch import Tensor

    from synthohive_jupyter.models.checkpoint import Checkpoint


@dataclass(slots=True)
class Fitted(ABC):
    """A fitted model of one table.

    Attributes:
        table: Name of the table.
        transformer: Codes of the columns.
        context: Codes of the context columns, or ``None`` without context.
        threads: Threads of torch while rows are drawn.
    """

    table: str
    transformer: TableTransformer
    context: TableTransformer | None
    threads: int

    @abstractmethod
    def draw(
        self, rows: int, context: pd.DataFrame | None, rng: np.random.Generator
    ) -> pd.DataFrame:
        """Draw the first ``rows`` rows of one block, at most `BLOCK_ROWS`.

        Args:
            rows: How many; the first ones do not depend on it.
            context: The context columns, one row for each, or ``None``.
            rng: The stream of the block.
        """

    def sample(self, num_rows: int, context: pd.DataFrame | None, *, seed: int) -> pd.DataFrame:
        """Draw rows block by block; see `ConditionalGenerativeModel.sample`."""
        context = self.context_columns(num_rows, context)
        columns = len(self.transformer.layout)
        if not columns:
            return pd.DataFrame(index=pd.RangeIndex(num_rows))
        if num_rows == 0:
            nothing = Encoded(np.zeros((0, columns), np.int32), np.zeros((0, columns), np.float32))
            return self.transformer.decode(nothing, stream(seed, self.table, "sample"))
        blocks = []
        with thread_count(self.threads):
            for block, start in enumerate(range(0, num_rows, BLOCK_ROWS)):
                rows = min(BLOCK_ROWS, num_rows - start)
                part = None if context is None else context.iloc[start : start + rows]
                blocks.append(self.draw(rows, part, stream(seed, self.table, "sample", block)))
        return blocks[0] if len(blocks) == 1 else pd.concat(blocks, ignore_index=True)

    def context_columns(self, num_rows: int, context: pd.DataFrame | None) -> pd.DataFrame | None:
        """Return the columns of the context that the model was fitted with, in their order.

        Raises:
            DataError: If there are none, one is missing, or the number of rows is another.
        """
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
            "transformer": self.transformer.to_dict(),
            "context": None if self.context is None else self.context.to_dict(),
            "layout": _layout(self.transformer),
            "versions": _versions(),
        }

    @abstractmethod
    def tensors(self, weights: dict[str, Tensor] | None = None) -> dict[str, Tensor]:
        """Return the tensors of ``weights.safetensors``: with these weights, or its own."""

    @abstractmethod
    def use(self, weights: dict[str, Tensor]) -> None:
        """Draw from these weights from now on, and keep nothing that only training needs."""

    @abstractmethod
    def restore(self, tensors: dict[str, Tensor]) -> None:
        """Draw from the tensors of a file, which have the right shapes and are finite.

        Raises:
            ModelFileError: If their values are not possible.
        """

    def read(self, saved: Checkpoint) -> Self:
        """Fill with the tensors of a file, after their names and shapes have been compared.

        Raises:
            ModelFileError: If they are not those of this model, or not finite.
        """
        tensors = saved.tensors(checkpoint.WEIGHTS, checkpoint.specs(self.tensors()))
        if not all(bool(torch.isfinite(tensor).all()) for tensor in tensors.values()):
            raise ModelFileError(f"{saved.path} holds numbers that are not finite")
        self.restore(tensors)
        return self


def columns_of(saved: Checkpoint) -> tuple[str, TableTransformer, TableTransformer | None]:
    """Return table name, transformer and context of a saved model.

    Raises:
        ModelFileError: If they are damaged.
    """
    record = saved.config
    table = record.get("table")
    if not isinstance(table, str):
        raise ModelFileError(f"{saved.path} names no table")
    transformer = TableTransformer.from_dict(record.get("transformer", {}))
    context = record.get("context")
    if record.get("layout") != _layout(transformer):
        raise ModelFileError(f"{saved.path}: the layout is not that of its transformer")
    return table, transformer, None if context is None else TableTransformer.from_dict(context)


def _layout(transformer: TableTransformer) -> list[list[Any]]:
    return [[c.name, c.n_codes, list(c.scalar_codes), c.embedded] for c in transformer.layout]


def _versions() -> dict[str, str]:
    found = {"torch": torch.__version__, "numpy": np.__version__}
    try:
        return {"synthohive-jupyter": version("synthohive-jupyter"), **found}
    except PackageNotFoundError:
        return found
