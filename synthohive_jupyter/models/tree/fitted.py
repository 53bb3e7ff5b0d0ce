"""`Fitted`: all that a fitted TreeSynth is made of, how it draws rows, and how it becomes files."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import pandas as pd

from synthohive_jupyter.errors import DataError, ModelFileError
from synthohive_jupyter.models.base import BLOCK_ROWS
from synthohive_jupyter.models.tree.chain import Chain, Link
from synthohive_jupyter.models.tree.scales import Scale
from synthohive_jupyter.models.tree.tree import ConditionalTree
from synthohive_jupyter.seeding import stream
from synthohive_jupyter.tabular.transformer import TableTransformer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray
    from torch import Tensor

    from synthohive_jupyter.models.checkpoint import Checkpoint

_NODE_PARTS = {"feature": "I32", "threshold": "F32", "child": "I32", "leaf": "I32"}
_ENTRY_PARTS = {"upper": "F64", "symbol": "I32", "low": "F32", "high": "F32"}
_LEAF_PARTS = {"group": "I32", "share": "F64"}
_MAX_SIZE = 2**31


@dataclass(slots=True)
class Fitted:
    """A fitted TreeSynth.

    Attributes:
        table: Name of the table.
        transformer: Codes of the columns.
        context: Codes of the context columns, or ``None`` without context.
        chain: The trees.
    """

    table: str
    transformer: TableTransformer
    context: TableTransformer | None
    chain: Chain

    def sample(self, num_rows: int, context: pd.DataFrame | None, *, seed: int) -> pd.DataFrame:
        """Draw rows block by block; see `ConditionalGenerativeModel.sample`."""
        context = self._context_columns(num_rows, context)
        if not self.chain.links:
            return pd.DataFrame(index=pd.RangeIndex(num_rows))
        blocks = [
            self._block(block, start, num_rows, context, seed)
            for block, start in enumerate(range(0, max(num_rows, 1), BLOCK_ROWS))
        ]
        return blocks[0] if len(blocks) == 1 else pd.concat(blocks, ignore_index=True)

    def _block(
        self, block: int, start: int, num_rows: int, context: pd.DataFrame | None, seed: int
    ) -> pd.DataFrame:
        """Draw one block: random numbers for all of its rows, then the rows that are asked for."""
        rng = stream(seed, self.table, "sample", block)
        kept = min(num_rows - start, BLOCK_ROWS)
        encoded = None
        if self.context is not None and context is not None:
            encoded = self.context.encode(context.iloc[start : start + kept], rng)
        drawn = self.chain.draw(encoded, rng, rows=kept, of=BLOCK_ROWS)
        return self.transformer.decode(drawn, rng)

    def _context_columns(self, num_rows: int, context: pd.DataFrame | None) -> pd.DataFrame | None:
        if self.context is None:
            return None
        wanted = [column.name for column in self.context.layout]
        if context is None:
            raise DataError(
                f"the model was fitted with a context; give one with {', '.join(wanted)}",
                table=self.table,
            )
        if missing := [name for name in wanted if name not in context.columns]:
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
        """Return the JSON-safe part; the sizes of all trees are in it."""
        return {
            "table": self.table,
            "transformer": self.transformer.to_dict(),
            "context": None if self.context is None else self.context.to_dict(),
            "chain": [
                {
                    "column": link.column,
                    "trees": {
                        name: [tree.splits.n_leaves, len(tree.distributions.entries.upper)]
                        for name, tree in link.trees.items()
                    },
                }
                for link in self.chain.links
            ],
            "versions": _versions(),
        }

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return the arrays: of every tree, and the places of categories."""
        found = {name: scale.places for name, scale in self._scored()}
        for place, link in enumerate(self.chain.links):
            for kind, tree in link.trees.items():
                own = tree.to_arrays()
                found.update({f"{place}.{kind}.{name}": array for name, array in own.items()})
        return found

    def _scored(self) -> Iterator[tuple[str, Scale]]:
        """Yield the scales that are not told by their codec, with their name in the file."""
        own = [("places", link.column, link.scale) for link in self.chain.links]
        given = [("context", place, scale) for place, scale in enumerate(self.chain.context)]
        for kind, place, scale in (*own, *given):
            if not scale.ordered:
                yield f"{kind}.{place}", scale

    @classmethod
    def from_checkpoint(cls, saved: Checkpoint) -> Self:
        """Rebuild from files; tensors are read only after their shapes have been compared.

        Raises:
            ModelFileError: If the files do not fit each other.
        """
        from synthohive_jupyter.models import checkpoint

        record = saved.config
        table = record.get("table")
        if not isinstance(table, str):
            raise ModelFileError(f"{saved.path} names no table")
        transformer = TableTransformer.from_dict(record.get("transformer", {}))
        given = record.get("context")
        context = None if given is None else TableTransformer.from_dict(given)
        scales = [Scale.of(column) for column in transformer.columns]
        beside = [] if context is None else [Scale.of(column) for column in context.columns]
        plan = _read_plan(record.get("chain"), len(scales))
        expected = {
            f"{kind}.{place}": checkpoint.TensorSpec("F64", (scale.n_codes,))
            for kind, part in (("places", scales), ("context", beside))
            for place, scale in enumerate(part)
            if not scale.ordered
        }
        for place, (_, trees) in enumerate(plan):
            for kind, sizes in trees.items():
                for name, dtype, length in _parts(*sizes):
                    spec = checkpoint.TensorSpec(dtype, (length,))
                    expected[f"{place}.{kind}.{name}"] = spec
        tensors = saved.tensors(checkpoint.WEIGHTS, expected)
        arrays = {name: tensor.numpy() for name, tensor in tensors.items()}
        for kind, part in (("places", scales), ("context", beside)):
            for place, scale in enumerate(part):
                if not scale.ordered:
                    part[place] = scale.placed(_finite(arrays[f"{kind}.{place}"]))
        links = []
        for place, (column, trees) in enumerate(plan):
            scale = scales[column]
            made = {
                kind: ConditionalTree.from_arrays(
                    {name: arrays[f"{place}.{kind}.{name}"] for name, *_ in _parts(*sizes)},
                    n_features=len(beside) + place,
                    n_symbols=scale.n_codes,
                    continuous=kind == "body" and scale.first < scale.n_codes,
                )
                for kind, sizes in trees.items()
            }
            links.append(Link(column, scale, made.get("gate"), made["body"]))
        return cls(table, transformer, context, Chain(tuple(beside), links))


def _parts(n_leaves: int, n_entries: int) -> Iterator[tuple[str, str, int]]:
    """Yield name, type and length of every array of a tree of this size."""
    sizes = (
        (_NODE_PARTS, 2 * n_leaves - 1), (_ENTRY_PARTS, n_entries), (_LEAF_PARTS, n_leaves),
    )  # fmt: skip
    for parts, length in sizes:
        for name, dtype in parts.items():
            yield name, dtype, length


def _read_plan(items: object, n_columns: int) -> list[tuple[int, dict[str, tuple[int, int]]]]:
    """Read the order of the columns and the sizes of their trees."""
    damaged = ModelFileError("the saved model is damaged: its trees are not those of its columns")
    if not isinstance(items, list) or len(items) != n_columns:
        raise damaged
    plan = []
    for item in items:
        column, trees = (item.get(name) for name in ("column", "trees")) if isinstance(
            item, dict
        ) else (None, None)  # fmt: skip
        if type(column) is not int or not isinstance(trees, dict) or "body" not in trees:
            raise damaged
        for kind, sizes in trees.items():
            counts = sizes if isinstance(sizes, list) else []
            if (
                kind not in {"gate", "body"}
                or len(counts) != len(("leaves", "entries"))
                or not all(type(size) is int and 1 <= size < _MAX_SIZE for size in counts)
            ):
                raise damaged
        plan.append((column, {kind: (sizes[0], sizes[1]) for kind, sizes in trees.items()}))
    if sorted(column for column, _ in plan) != list(range(n_columns)):
        raise damaged
    return plan


def _finite(places: NDArray[np.float64]) -> NDArray[np.float64]:
    if not np.isfinite(places).all():
        raise ModelFileError("the saved model is damaged: it holds numbers that are not finite")
    return places


def to_tensors(arrays: dict[str, NDArray[Any]]) -> dict[str, Tensor]:
    """Return arrays as the tensors that model files hold."""
    import torch

    # Copies, since files refuse tensors that share memory, as the arrays of a tree may.
    return {name: torch.tensor(array) for name, array in arrays.items()}


def _versions() -> dict[str, str]:
    found = {"numpy": np.__version__}
    try:
        return {"synthohive-jupyter": version("synthohive-jupyter"), **found}
    except PackageNotFoundError:
        return found
