"""`FittedARGN`: all that a fitted ARGN is made of, how it draws, how it becomes files."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

import numpy as np
import pandas as pd

from synthohive_jupyter.models.argn.conditional import Factors, draw_restricted
from synthohive_jupyter.models.argn.network import Network
from synthohive_jupyter.models.argn.restrictions import Restriction, unrestricted
from synthohive_jupyter.models.argn.sampling import Sampler
from synthohive_jupyter.models.base import BLOCK_ROWS
from synthohive_jupyter.models.fitted import columns_of
from synthohive_jupyter.models.trained import FittedNetwork
from synthohive_jupyter.seeding import stream
from synthohive_jupyter.tabular.codecs import Encoded

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from torch import Tensor

    from synthohive_jupyter.models.argn.config import ARGNConfig
    from synthohive_jupyter.models.argn.evidence import Evidence
    from synthohive_jupyter.models.checkpoint import Checkpoint
    from synthohive_jupyter.tabular.codecs import Floats, Integers, Scalars
    from synthohive_jupyter.tabular.transformer import TableTransformer


@dataclass(slots=True)
class FittedARGN(FittedNetwork):
    """A fitted ARGN.

    Attributes:
        network: The network with the weights to draw from.
    """

    network: Network
    _sampler: Sampler | None = field(default=None, init=False)

    @property
    def sampler(self) -> Sampler:
        """The tables that rows are drawn from, made when they are first needed."""
        if self._sampler is None:
            self._sampler = Sampler(self.network)
        return self._sampler

    def draw(
        self, rows: int, context: pd.DataFrame | None, rng: np.random.Generator
    ) -> pd.DataFrame:
        """Draw rows without evidence; they cost what they are, but for whole tiles."""
        decoding, drawing = rng.spawn(2)
        beside = self._context_digits(context, rng)
        numbers = self._numbers(rows, drawing)
        digits = self._draw(numbers, beside)
        return self._decode(digits, numbers, {}, decoding)

    def draw_given(
        self, rows: int, context: pd.DataFrame | None, evidence: Evidence, *, seed: int
    ) -> pd.DataFrame:
        """Draw rows that have the fixed cells and keep to the restrictions of ``evidence``.

        Every column is drawn given all that is fixed, whatever their order; see `conditional`.
        """
        context = self.context_columns(rows, context)
        factors = Factors.of(self.network.space, evidence.restrictions)
        blocks = []
        with self.drawing():
            for block, start in enumerate(range(0, max(rows, 1), BLOCK_ROWS)):
                rng = stream(seed, self.table, "sample", block)
                decoding, drawing, choosing = rng.spawn(3)
                part = slice(start, start + BLOCK_ROWS)
                beside = self._context_digits(None if context is None else context[part], rng)
                known = self.network.space.known_digits(evidence.codes[part])
                numbers = self._numbers(len(known), drawing)
                if self._n_parts:
                    known = draw_restricted(self.sampler, known, beside, factors, choosing)
                weights = self._without_nulls() if evidence.complete else ()
                digits = self._draw(numbers, beside, known=known, weights=weights)
                cells = None if evidence.known is None else evidence.known.iloc[part]
                blocks.append(self._decode(digits, numbers, evidence.restrictions, decoding, cells))
        return blocks[0] if len(blocks) == 1 else pd.concat(blocks, ignore_index=True)

    @property
    def _n_parts(self) -> int:
        return len(self.network.space.parts)

    def _context_digits(
        self, context: pd.DataFrame | None, rng: np.random.Generator
    ) -> Integers | None:
        if self.context is None or context is None or not self.network.context_space.parts:
            return None
        return self.network.context_space.digits(self.context.encode(context, rng).codes)

    def _numbers(self, rows: int, rng: np.random.Generator) -> Scalars:
        """Return a uniform number for every part and every scalar, row by row."""
        width = self._n_parts + len(self.transformer.layout)
        return rng.random((rows, width), dtype=np.float32)

    def _draw(
        self,
        numbers: Scalars,
        context: Integers | None,
        *,
        known: Integers | None = None,
        weights: Sequence[Floats | None] = (),
    ) -> Integers:
        if not self._n_parts:
            return np.zeros((len(numbers), 0), dtype=np.int64)
        uniforms = numbers[:, : self._n_parts]
        return self.sampler.draw(uniforms, context, known=known, weights=weights)[0]

    def _without_nulls(self) -> list[Floats | None]:
        """Return factors that leave out the code of null, for columns that have other codes."""
        restrictions = {
            place: unrestricted(column)
            for place, column in enumerate(self.transformer.columns)
            if 0 < column.null_share < 1
        }
        drawn = Factors.of(self.network.space, restrictions).drawn
        return [drawn.get(part) for part in range(self._n_parts)]

    def _decode(
        self,
        digits: Integers,
        numbers: Scalars,
        restrictions: Mapping[int, Restriction],
        rng: np.random.Generator,
        known: pd.DataFrame | None = None,
    ) -> pd.DataFrame:
        codes = self.network.space.codes(digits)
        scalars = np.zeros(codes.shape, dtype=np.float32)
        for place, column in enumerate(self.transformer.layout):
            if not column.scalar_codes:
                continue
            low, high = np.zeros((2, column.n_codes))
            inside = list(column.scalar_codes)
            low[inside], high[inside] = -1.0, 1.0
            if place in restrictions:
                low[inside] = restrictions[place].low[inside]
                high[inside] = restrictions[place].high[inside]
            at = codes[:, place]
            uniform = numbers[:, self._n_parts + place]
            scalars[:, place] = low[at] + uniform * (high - low)[at]
        return self.transformer.decode(Encoded(codes, scalars), rng, known=known)

    def tensors(self, weights: dict[str, Tensor] | None = None) -> dict[str, Tensor]:
        """Return the tensors of ``weights.safetensors``: of ``weights``, or of the network."""
        return self.network.state_dict() if weights is None else weights

    def use(self, weights: dict[str, Tensor]) -> None:
        """Draw from these weights from now on."""
        self.network.load_state_dict(weights)
        self.network.requires_grad_(requires_grad=False).eval()
        self._sampler = None

    def restore(self, tensors: dict[str, Tensor]) -> None:
        """Take over the tensors of a file."""
        self.network.load_state_dict(tensors, assign=True)
        self.use(tensors)

    @classmethod
    def from_checkpoint(cls, saved: Checkpoint, config: ARGNConfig) -> Self:
        """Rebuild from files; tensors are read only after their shapes have been compared.

        Raises:
            ModelFileError: If the files do not fit each other.
        """
        table, transformer, context = columns_of(saved)
        network = build_network(transformer, context, config, device="meta")
        return cls(table, transformer, context, config.threads, network).read(saved)


def build_network(
    transformer: TableTransformer,
    context: TableTransformer | None,
    config: ARGNConfig,
    *,
    device: str = "cpu",
) -> Network:
    """Return a network for these columns, without weights."""
    return Network(
        transformer,
        context,
        embedding_width=config.embedding_dim,
        hidden_width=config.hidden_dim,
        device=device,
    )
