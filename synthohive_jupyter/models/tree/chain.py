"""`Chain`: the columns of a table one after the other, each given the context and those before."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from synthohive_jupyter.tabular.codecs import Encoded

if TYPE_CHECKING:
    from collections.abc import Sequence

    from synthohive_jupyter.trees.scales import Scale
    from synthohive_jupyter.trees.tree import ConditionalTree

NULL, PRESENT = 0, 1
"""Symbols of a gate."""


@dataclass(slots=True)
class Link:
    """One column of the chain.

    Attributes:
        column: Its place in the table.
        scale: How trees see it.
        gate: Draws whether it is null; ``None`` where it never is, or nothing else is there.
        body: Draws what it holds; where there is a gate, given that it is not null.
    """

    column: int
    scale: Scale
    gate: ConditionalTree | None
    body: ConditionalTree

    @property
    def trees(self) -> dict[str, ConditionalTree]:
        """The trees by name."""
        return {"body": self.body} if self.gate is None else {"gate": self.gate, "body": self.body}


@dataclass(slots=True)
class Chain:
    """A fitted chain.

    Attributes:
        context: Scales of the context columns.
        links: The columns in the order in which they are drawn.
    """

    context: tuple[Scale, ...]
    links: list[Link]

    def draw(
        self, context: Encoded | None, rng: np.random.Generator, *, rows: int, of: int
    ) -> Encoded:
        """Draw rows.

        Args:
            context: The context of each row, ``None`` without one.
            rng: Gives one number a row to each tree, in the order of the chain.
            rows: How many.
            of: Rows of a whole block: so many numbers are drawn whatever is asked for.
        """
        width = len(self.links)
        features = np.empty((rows, len(self.context) + width), np.float32)
        if context is not None:
            features[:, : len(self.context)] = context_numbers(self.context, context)
        drawn = Encoded(np.zeros((rows, width), np.int32), np.zeros((rows, width), np.float32))
        for place, link in enumerate(self.links, start=len(self.context)):
            symbols, ranks = link.body.draw(features, rng.random(of)[:rows])
            codes, scalars = link.scale.codes(symbols, ranks)
            if link.gate is not None:
                null = link.gate.draw(features, rng.random(of)[:rows])[0] == NULL
                codes[null], scalars[null] = 0, 0.0
            features[:, place] = link.scale.numbers(codes, scalars)
            drawn.codes[:, link.column], drawn.scalars[:, link.column] = codes, scalars
        return drawn


def context_numbers(scales: Sequence[Scale], context: Encoded) -> np.ndarray:
    """Return a context as features, shape (rows, columns)."""
    columns = [
        scale.numbers(context.codes[:, place], context.scalars[:, place])
        for place, scale in enumerate(scales)
    ]
    return np.stack(columns, axis=1)
