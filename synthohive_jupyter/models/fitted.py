"""`Fitted`: what a fitted model is made of, how it draws rows block by block, and its files.

It keeps clear of torch: a model of trees draws its rows without.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from contextlib import nullcontext, suppress
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from synthohive_jupyter.errors import DataError, ModelFileError
from synthohive_jupyter.models.base import BLOCK_ROWS
from synthohive_jupyter.seeding import stream
from synthohive_jupyter.tabular.codecs import Encoded
from synthohive_jupyter.tabular.transformer import TableTransformer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager

    from synthohive_jupyter.models.checkpoint import Checkpoint


@dataclass(slots=True)
class Fitted(ABC):
    """A fitted model of one table.

    Attributes:
        table: Name of the table.
        transformer: Codes of the columns.
        context: Codes of the context columns, or ``None`` without context.
    """

    table: str
    transformer: TableTransformer
    context: TableTransformer | None

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

    def drawing(self) -> AbstractContextManager[None]:
        """Return what holds while rows are drawn; nothing by default."""
        return nullcontext()

    def sample(self, num_rows: int, context: pd.DataFrame | None, *, seed: int) -> pd.DataFrame:
        """Draw rows block by block; see `ConditionalGenerativeModel.sample`."""
        blocks = list(self.blocks(num_rows, context, seed=seed))
        return blocks[0] if len(blocks) == 1 else pd.concat(blocks, ignore_index=True)

    def blocks(
        self, num_rows: int, context: pd.DataFrame | None, *, seed: int
    ) -> Iterator[pd.DataFrame]:
        """Yield the blocks of a sample, each with an index from 0; one empty block of no rows."""
        if num_rows < 0:
            raise ValueError("num_rows is not negative")
        names = self._context_names(num_rows, context)
        for block, start in enumerate(range(0, max(num_rows, 1), BLOCK_ROWS)):
            rows = min(BLOCK_ROWS, num_rows - start)
            part = None
            if context is not None and names:
                # Cut where it is more than a block; models pick its columns, which copies.
                part = context if rows == num_rows else context.iloc[start : start + rows]
            yield self._block(rows, part, stream(seed, self.table, "sample", block))

    def _block(
        self, rows: int, context: pd.DataFrame | None, rng: np.random.Generator
    ) -> pd.DataFrame:
        columns = len(self.transformer.layout)
        if not columns:
            return pd.DataFrame(index=pd.RangeIndex(rows))
        if not rows:
            nothing = Encoded(np.zeros((0, columns), np.int32), np.zeros((0, columns), np.float32))
            return self.transformer.decode(nothing, rng)
        # Held for each block, so that nothing of it lasts while a reader has the turn.
        with self.drawing():
            return self.draw(rows, context, rng)

    def context_columns(self, num_rows: int, context: pd.DataFrame | None) -> pd.DataFrame | None:
        """Return the columns of the context that the model was fitted with, in their order.

        Raises:
            DataError: If there are none, one is missing, or the number of rows is another.
        """
        names = self._context_names(num_rows, context)
        return context[names] if context is not None and names else None

    def _context_names(self, num_rows: int, context: pd.DataFrame | None) -> list[str]:
        if self.context is None:
            return []
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
        return wanted

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
    def tensors(self) -> dict[str, Any]:
        """Return the tensors of ``weights.safetensors``, of torch or of numpy."""


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
    found = {}
    for name in ("synthohive-jupyter", "torch", "numpy"):
        with suppress(PackageNotFoundError):
            found[name] = version(name)
    return found
