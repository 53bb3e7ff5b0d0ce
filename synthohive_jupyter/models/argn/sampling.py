"""Drawing rows: one variable after the other, from tables that the first layer is folded into.

An embedding times a block of the first layer is a row of a table, computed once. What a first
layer sees is then a sum of rows, one for each variable that is known: one `embedding_bag`. An
unknown variable points to a row of zeros, so every row of a batch may have evidence in other
columns, and all are drawn together.

Rows go through the network in tiles of `TILE`, the last one padded. Whatever the number of rows,
the products have the same shapes, so the same row has the same bytes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np
import torch
from torch.nn import functional

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor

    from synthohive_jupyter.models.argn.network import Network
    from synthohive_jupyter.tabular.codecs import Floats, Integers, Scalars

TILE = 160
"""More rows a tile are faster by the row, and slower for the few rows of a small call."""
_BELOW_ONE = np.float32(1 - 2**-22)
"""Largest uniform number: so far below 1 that rounding never passes the last code with mass."""
_MAX_TABLE = 2**24
"""Numbers in all tables; with more of them (wide tables) a product with the weights takes over."""


class _Inputs(Protocol):
    """What is known of a tile, and the hidden layers that follow from it."""

    def start(self, digits: Tensor, context: Tensor | None) -> None: ...

    def hidden(self, part: int, stop: int) -> Tensor: ...

    def learn(self, part: int, codes: Tensor) -> None: ...


class Sampler:
    """Draws rows from a network with the weights that it has now.

    Args:
        network: A network on the CPU.
    """

    @torch.no_grad()
    def __init__(self, network: Network) -> None:
        self.space, self.context_space = network.space, network.context_space
        codes = self.space.total + 1 + self.context_space.total
        kind = _Tables if codes * network.first.shape[1] <= _MAX_TABLE else _Products
        self._inputs: _Inputs = kind(network)
        seconds, biases = network.second.detach(), network.second_bias.detach()
        self._seconds = [(seconds[part], biases[part, 0]) for part in range(len(seconds))]
        self._heads: list[tuple[Tensor, Tensor]] = []
        for bucket, head, bias in zip(
            self.space.buckets, network.heads, network.head_biases, strict=True
        ):
            for place, size in enumerate(self.space.sizes[bucket.first : bucket.stop]):
                self._heads.append(
                    (head[place, :, :size].contiguous(), bias[place, 0, :size].clone())
                )

    @torch.inference_mode()
    def draw(
        self,
        uniforms: Scalars,
        context: Integers | None = None,
        *,
        known: Integers | None = None,
        weights: Sequence[Floats | None] = (),
        parts: Sequence[int] | None = None,
    ) -> tuple[Integers, Floats]:
        """Draw rows.

        Args:
            uniforms: Uniform numbers in [0, 1), one for each part to draw, (rows, drawn) float32.
            context: Codes of the parts of the context, (rows, context parts).
            known: Codes of parts that are given, -1 where one is not, (rows, parts). They steer
                every part that is drawn, whatever their order.
            weights: For each part factors on the probabilities of its codes, or ``None``; of two
                dimensions, they are chosen by the code of the part before.
            parts: Which parts to draw, in this order, where they are not known; all by default.

        Returns:
            Codes of the parts, (rows, parts) int64, and for every row the logarithm of the
            probability, before the factors, of what the factors leave.
        """
        rows, n_parts = len(uniforms), len(self.space.parts)
        logs = [None if w is None else torch.log(torch.from_numpy(w)).float() for w in weights]
        order = range(n_parts) if parts is None else parts
        found, evidence = np.empty((rows, n_parts), dtype=np.int64), np.zeros(rows)
        for start in range(0, rows, TILE):
            take = np.minimum(np.arange(start, start + TILE), rows - 1)
            given = np.full((TILE, n_parts), -1) if known is None else known[take]
            tile = _Tile(
                torch.from_numpy(given),
                torch.from_numpy(np.minimum(uniforms[take], _BELOW_ONE)),
                torch.zeros(TILE),
                evident=known is not None,
            )
            self._inputs.start(
                tile.digits, None if context is None else torch.from_numpy(context[take])
            )
            for place, part in enumerate(order):
                self._step(tile, place, part, logs[part] if logs else None)
            found[start : start + TILE] = tile.digits.numpy()[: rows - start]
            evidence[start : start + TILE] = tile.evidence.numpy()[: rows - start]
        return found, evidence

    def _step(self, tile: _Tile, place: int, part: int, log: Tensor | None) -> None:
        """Draw one part of a tile."""
        # In canonical order without evidence nothing behind the part is known.
        stop = len(self.space.parts) if tile.evident else part
        head, bias = self._heads[part]
        weights, shift = self._seconds[part]
        hidden = functional.silu(self._inputs.hidden(part, stop))
        hidden = functional.silu(torch.addmm(shift, hidden, weights)).add_(hidden)
        logits = torch.addmm(bias, hidden, head)
        if log is not None:
            before = torch.logsumexp(logits, 1)
            logits += log[tile.digits[:, part - 1]] if log.ndim > 1 else log
            free = tile.digits[:, part] < 0
            tile.evidence.add_(torch.where(free, torch.logsumexp(logits, 1) - before, 0.0))
        cumulative = torch.softmax(logits, 1).cumsum(1)
        target = tile.uniforms[:, place : place + 1] * cumulative[:, -1:]
        codes = torch.searchsorted(cumulative, target, right=True).squeeze(1)
        if tile.evident:
            codes = torch.where(tile.digits[:, part] >= 0, tile.digits[:, part], codes)
        tile.digits[:, part] = codes
        self._inputs.learn(part, codes)


@dataclass(frozen=True, slots=True)
class _Tile:
    """Rows in the making.

    Attributes:
        digits: Codes of the parts, -1 where unknown.
        uniforms: One column for each part to draw.
        evidence: Logarithm of what the factors leave, so far.
        evident: Whether parts may be known in any order.
    """

    digits: Tensor
    uniforms: Tensor
    evidence: Tensor
    evident: bool


class _Tables:
    """Rows of tables, one table for each hidden layer: fast while they fit the cache."""

    def __init__(self, network: Network) -> None:
        space, beside = network.space, network.context_space
        parts, e, width = len(space.parts), network.embedding.width, network.width
        self._zero = space.total
        self._offsets, self._first = torch.from_numpy(space.offsets), space.offsets.tolist()
        self._starts = torch.arange(TILE)
        self._context_offsets = torch.from_numpy(beside.offsets) + space.total + 1
        self._beside = len(beside.parts)
        self._bias = network.bias.detach().view(parts, 1, width)

        def products(vectors: Tensor, weight: Tensor, sizes: Sequence[int]) -> list[Tensor]:
            found = vectors.split(list(sizes))
            return [part @ weight[i * e : (i + 1) * e] for i, part in enumerate(found)]

        own = products(network.embedding.vectors(), network.first, space.sizes)
        context = network.context_embedding.vectors()
        given = products(context, network.context_first, beside.sizes)
        table = torch.cat([*own, torch.zeros(1, parts * width), *given]).view(-1, parts, width)
        self._tables = [table[:, part].contiguous() for part in range(parts)]
        self._index = torch.empty(0, dtype=torch.int64)

    def start(self, digits: Tensor, context: Tensor | None) -> None:
        own = torch.where(digits >= 0, digits + self._offsets, self._zero)
        self._index = (
            own if context is None else torch.cat([context + self._context_offsets, own], 1)
        )

    def hidden(self, part: int, stop: int) -> Tensor:
        stop += self._beside
        if not stop:
            return self._bias[part].expand(TILE, -1)
        # The function of torch.nn.functional makes the offsets anew, which takes longer than this.
        index, offsets = self._index[:, :stop].reshape(-1), self._starts * stop
        bags: Tensor = torch.embedding_bag(self._tables[part], index, offsets)[0]
        return bags.add_(self._bias[part])

    def learn(self, part: int, codes: Tensor) -> None:
        torch.add(codes, self._first[part], out=self._index[:, self._beside + part])


class _Products:
    """Embeddings of what is known, times the weights: any number of columns and codes."""

    def __init__(self, network: Network) -> None:
        self._parts, self._width = len(network.space.parts), network.embedding.width
        shape = (-1, self._parts, network.width)
        self._weights = network.first.detach().view(shape).transpose(0, 1).contiguous()
        self._context_weights = network.context_first.detach()
        self._context_embedding = network.context_embedding
        self._bias = network.bias.detach()
        self._vectors = network.embedding.vectors().split(list(network.space.sizes))
        self._base = self._seen = torch.empty(0)

    def start(self, digits: Tensor, context: Tensor | None) -> None:
        base = self._bias.expand(TILE, -1)
        if context is not None:
            base = base + self._context_embedding(context) @ self._context_weights
        self._base = base.unflatten(1, (self._parts, -1))
        self._seen = torch.zeros(TILE, self._parts * self._width)
        for part in (digits >= 0).any(0).nonzero().flatten().tolist():
            self.learn(part, digits[:, part])

    def hidden(self, part: int, stop: int) -> Tensor:
        seen = self._seen[:, : stop * self._width]
        return torch.addmm(self._base[:, part], seen, self._weights[part, : stop * self._width])

    def learn(self, part: int, codes: Tensor) -> None:
        vectors = self._vectors[part][codes.clamp_min(0)] * (codes >= 0).unsqueeze(1)
        self._seen[:, part * self._width : (part + 1) * self._width] = vectors
