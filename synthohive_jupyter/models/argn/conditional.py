"""Drawing codes under evidence: what is fixed first, then what is restricted, then the rest.

A column that is restricted is drawn before the free ones, so one restriction is met exactly: the
column comes from its distribution given all that is fixed, cut to what is allowed. With several, an
earlier one is drawn without regard to the later ones. Then each row has `CANDIDATES` draws of
them, and chooses one by the probability that the later restrictions could be kept: sampling,
importance, resampling (Rubin 1987), exact as the candidates grow.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    from synthohive_jupyter.models.argn.parts import PartSpace
    from synthohive_jupyter.models.argn.restrictions import Restriction
    from synthohive_jupyter.models.argn.sampling import Sampler
    from synthohive_jupyter.tabular.codecs import Floats, Integers

CANDIDATES = 16

_LEAST = 1e-12


@dataclass(frozen=True, slots=True)
class Factors:
    """Restrictions as factors on the codes of parts.

    Attributes:
        drawn: Part to the factors that it is drawn with, as `Sampler.draw` takes them.
        guessed: Part to those among them that are a guess, to be undone when candidates are chosen:
            how much of a first digit its second one will leave.
    """

    drawn: dict[int, Floats]
    guessed: dict[int, Floats]

    @classmethod
    def of(cls, space: PartSpace, restrictions: Mapping[int, Restriction]) -> Factors:
        """Return the factors of restricted columns."""
        drawn: dict[int, Floats] = {}
        guessed: dict[int, Floats] = {}
        for place, part in enumerate(space.parts):
            if part.column not in restrictions:
                continue
            weights = restrictions[part.column].weights
            if part.size >= len(weights):
                drawn[place] = weights
            elif part.stride > 1:
                shares = space.frequencies(part.column)
                kept, all_of_it = (space.spread(v, part) for v in (shares * weights, shares))
                some = space.spread(weights, part) > 0
                share = kept / np.maximum(all_of_it, _LEAST)
                drawn[place] = guessed[place] = np.where(some, np.maximum(share, _LEAST), 0.0)
            else:
                ranked = space.ranked(weights, part.column)
                rows = -(-len(ranked) // part.size)
                padded = np.append(ranked, np.zeros(rows * part.size - len(ranked)))
                drawn[place] = padded.reshape(rows, part.size)
        return cls(drawn, guessed)


def draw_restricted(
    sampler: Sampler,
    known: Integers,
    context: Integers | None,
    factors: Factors,
    rng: np.random.Generator,
) -> Integers:
    """Return what is known with the restricted parts drawn, (rows, parts)."""
    parts = sorted(factors.drawn)
    if not parts:
        return known
    count = CANDIDATES if len(parts) > 1 else 1
    n_parts = known.shape[1]
    uniforms = rng.random((len(known), count * len(parts) + 1), dtype=np.float32)
    digits, evidence = sampler.draw(
        uniforms[:, :-1].reshape(-1, len(parts)),
        None if context is None else np.repeat(context, count, axis=0),
        known=np.repeat(known, count, axis=0),
        weights=[factors.drawn.get(part) for part in range(n_parts)],
        parts=parts,
    )
    for part, guess in factors.guessed.items():
        evidence -= np.log(guess[digits[:, part]])
    weights = evidence.reshape(-1, count)
    weights = np.exp(weights - weights.max(axis=1, keepdims=True))
    cumulative = np.cumsum(weights, axis=1)
    chosen = (cumulative <= uniforms[:, -1:] * cumulative[:, -1:]).sum(axis=1)
    chosen = np.minimum(chosen, count - 1)
    found: Integers = digits.reshape(-1, count, n_parts)[np.arange(len(known)), chosen]
    return found
