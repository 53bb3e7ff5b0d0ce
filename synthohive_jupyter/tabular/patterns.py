"""`TextPattern`: text that looks like the text of a column, without having kept any of it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import pandas as pd

from synthohive_jupyter.tabular.bijection import permute, scramble
from synthohive_jupyter.tabular.codecs import draw
from synthohive_jupyter.tabular.records import damaged, part, shares
from synthohive_jupyter.tabular.template_fit import MAX_TEMPLATES, Learner
from synthohive_jupyter.tabular.templates import Part, Template, to_matrix

if TYPE_CHECKING:
    from collections.abc import Mapping

    from synthohive_jupyter.tabular.codecs import Integers, Values

MAX_ROWS = 20_000
"""More rows tell nothing more about a format."""

MAX_ORDINAL = 2**58
"""More texts than anybody has rows; every pattern has room for them."""

_PERIOD = 1024
_DIGITS = Part("0123456789")
_CHUNK = 16_384


@dataclass(frozen=True)
class TextPattern:
    """Templates with their frequencies.

    >>> import pandas as pd
    >>> keys = pd.Series([f"ORD-{n}" for n in range(1000, 9999, 7)])
    >>> pattern = TextPattern.fit(keys)
    >>> made = pattern.generate(np.arange(3), seed=1)
    >>> len(set(made)), {text[:4] for text in made}, {len(text) for text in made}
    (3, {'ORD-'}, {8})

    Attributes:
        templates: At least one, the most frequent first.
    """

    templates: tuple[Template, ...]

    @classmethod
    def fit(
        cls,
        values: pd.Series[Any],
        *,
        families: Integers | None = None,
        rng: np.random.Generator | None = None,
    ) -> Self:
        """Learn the templates of a column of text.

        Every text counts once, and so does every family, so that nothing that one family repeats
        can pass for the format.

        Args:
            values: Texts; nulls are left out.
            families: Family of every row, or ``None``.
            rng: Chooses which texts to look at where there are more than `MAX_ROWS`; by default
                they are taken at even distances.
        """
        present = values.notna().to_numpy(dtype=np.bool_)
        texts = values[present].to_numpy(dtype=object)
        if families is not None:
            texts = texts[np.unique(families[present], return_index=True)[1]]
        texts = pd.unique(texts)
        if len(texts) > MAX_ROWS:
            places = np.linspace(0, len(texts) - 1, MAX_ROWS).astype(np.int64)
            texts = texts[
                places if rng is None else rng.choice(len(texts), MAX_ROWS, replace=False)
            ]
        if not len(texts):
            texts = np.array([""], dtype=object)
        return cls(tuple(Learner(to_matrix(texts)).templates()))

    def sample(self, n: int, rng: np.random.Generator) -> Values:
        """Return ``n`` texts, which need not be unique; one random number a text is drawn."""
        words = rng.integers(0, 2**63, size=n, dtype=np.int64).astype(np.uint64)
        uniform = (scramble(words, 0) >> np.uint64(11)).astype(np.float64) / 2.0**53
        chosen = draw(np.cumsum([one.share for one in self.templates]), uniform)
        found = np.empty(n, dtype=object)
        for number, template in enumerate(self.templates):
            rows = np.flatnonzero(chosen == number)
            for at in range(0, len(rows), _CHUNK):
                here = rows[at : at + _CHUNK]
                found[here] = template.fill(words[here])
        return found

    def generate(self, ordinals: Integers, seed: int) -> Values:
        """Return a text for each ordinal, different ones for different ordinals.

        The ordinal chooses a template by frequency and a place in it, which a keyed bijection
        sends to a text. Where a template is used up, texts of the most frequent one go on with
        more digits, longer than any template, so that nothing can meet.

        Args:
            ordinals: Integers from 0 to `MAX_ORDINAL`.
            seed: Another seed gives other texts.

        Raises:
            ValueError: If an ordinal is out of range.
        """
        ordinals = np.asarray(ordinals, dtype=np.int64)
        if len(ordinals) and not 0 <= ordinals.min() <= ordinals.max() <= MAX_ORDINAL:
            raise ValueError(f"ordinals must lie between 0 and {MAX_ORDINAL}")
        found = np.empty(len(ordinals), dtype=object)
        periods, place = np.divmod(ordinals, _PERIOD)
        slots = permute(np.arange(_PERIOD), _PERIOD, seed)
        ends = np.cumsum(self._slots)
        chosen = np.searchsorted(ends, slots[place], side="right")
        rank = periods * self._slots[chosen] + slots[place] - (ends - self._slots)[chosen]
        overflow = []
        for number, template in enumerate(self._fixed):
            capacity = template.capacity
            mine = np.flatnonzero(chosen == number)
            fits = rank[mine] < capacity
            rows = mine[fits]
            found[rows] = template.spell(permute(rank[rows], capacity, seed + number), seed)
            overflow.append(mine[~fits])
        left = np.concatenate(overflow)
        longer = max(one.width for one in self._fixed) - self._fixed[0].width
        while len(left):
            longer += 1
            template = Template(self._fixed[0].parts + (_DIGITS,) * longer, 1.0)
            capacity = template.capacity
            rows = left[ordinals[left] < capacity]
            left = left[ordinals[left] >= capacity]
            found[rows] = template.spell(permute(ordinals[rows], capacity, seed), seed)
        return found

    @cached_property
    def _fixed(self) -> list[Template]:
        """The exact templates; without any, the most frequent one in its greatest length."""
        found = [one for one in self.templates if one.exact]
        if found:
            return found
        parts = [fixed for one in self.templates[0].parts for fixed in one.fixed()]
        return [Template(tuple(parts), 1.0)]

    @cached_property
    def _slots(self) -> Integers:
        """How many of `_PERIOD` ordinals each fixed template gets, by largest remainder."""
        weights = np.array([one.share for one in self._fixed])
        exact = weights / weights.sum() * _PERIOD
        slots: Integers = np.floor(exact).astype(np.int64)
        last = np.argsort(slots - exact, kind="stable")[: _PERIOD - slots.sum()]
        slots[last] += 1
        return slots

    def to_dict(self) -> dict[str, Any]:
        """Return the pattern as JSON-safe values."""
        return {"templates": [one.to_dict() for one in self.templates]}

    @classmethod
    def from_dict(cls, record: Mapping[str, Any]) -> Self:
        """Rebuild a pattern.

        Raises:
            ModelFileError: If the record is damaged.
        """
        saved = part(record, "templates", list)
        if len(saved) > MAX_TEMPLATES + 1:
            raise damaged("there are too many templates")
        templates = [Template.from_dict(one) for one in saved]
        shares({"shares": [one.share for one in templates]}, "shares")
        return cls(tuple(templates))
