"""`FittedTrees`: all that a fitted TreeSynth is made of, how it draws, how it becomes files."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from synthohive_jupyter.errors import ModelFileError
from synthohive_jupyter.models.base import BLOCK_ROWS
from synthohive_jupyter.models.fitted import Fitted, columns_of
from synthohive_jupyter.models.tree.chain import Chain, Link
from synthohive_jupyter.trees.leaves import ENTRY_PARTS, LEAF_PARTS
from synthohive_jupyter.trees.scales import Scale
from synthohive_jupyter.trees.splits import NODE_PARTS
from synthohive_jupyter.trees.tree import ConditionalTree

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd
    from numpy.typing import NDArray

    from synthohive_jupyter.models.checkpoint import Checkpoint

_STORED = {"int32": "I32", "float32": "F32", "float64": "F64"}
_MAX_SIZE = 2**31


@dataclass(slots=True)
class FittedTrees(Fitted):
    """A fitted TreeSynth.

    Attributes:
        chain: The trees.
    """

    chain: Chain

    def draw(
        self, rows: int, context: pd.DataFrame | None, rng: np.random.Generator
    ) -> pd.DataFrame:
        """Draw rows; the random numbers are those of a whole block."""
        encoded = None
        if self.context is not None and context is not None:
            encoded = self.context.encode(context, rng)
        drawn = self.chain.draw(encoded, rng, rows=rows, of=BLOCK_ROWS)
        return self.transformer.decode(drawn, rng)

    def record(self) -> dict[str, Any]:
        """Return the JSON-safe part; the sizes of all trees are in it."""
        sizes = [
            {
                "column": link.column,
                "trees": {
                    name: [tree.splits.n_leaves, len(tree.distributions.entries.upper)]
                    for name, tree in link.trees.items()
                },
            }
            for link in self.chain.links
        ]
        # Not super(): a dataclass with slots is another class than the one written here.
        return {**Fitted.record(self), "chain": sizes}

    def tensors(self) -> dict[str, NDArray[Any]]:
        """Return the arrays of every tree and the places of categories, as files hold them."""
        # Copies, since files refuse tensors that share memory, as the arrays of a tree may.
        return {name: array.copy() for name, array in self._arrays().items()}

    def _arrays(self) -> dict[str, NDArray[Any]]:
        found: dict[str, NDArray[Any]] = {name: scale.places for name, scale in self._scored()}
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

        table, transformer, context = columns_of(saved)
        scales = [Scale.of(column) for column in transformer.columns]
        beside = [] if context is None else [Scale.of(column) for column in context.columns]
        plan = _read_plan(saved.config.get("chain"), len(scales))
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
        (NODE_PARTS, 2 * n_leaves - 1), (ENTRY_PARTS, n_entries), (LEAF_PARTS, n_leaves),
    )  # fmt: skip
    for parts, length in sizes:
        for name, dtype in parts.items():
            yield name, _STORED[dtype], length


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
