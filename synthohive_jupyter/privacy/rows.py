"""Counter-based draws: a number belongs to (key, lane, row), whatever rows are drawn beside it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from synthohive_jupyter.privacy.locales import DEFAULT_LOCALE

if TYPE_CHECKING:
    from collections.abc import Iterator

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_MIX_1 = np.uint64(0xBF58476D1CE4E5B9)
_MIX_2 = np.uint64(0x94D049BB133111EB)

PLAIN_ATTEMPTS = 6
DOUBLED_ATTEMPTS = 5
NEUTRAL_ATTEMPTS = 5
ATTEMPTS = PLAIN_ATTEMPTS + DOUBLED_ATTEMPTS + NEUTRAL_ATTEMPTS
"""How often a row is drawn again while it meets a real value: first as usual, then with doubled
names (``Anna-Maria``, ``Diaz-Smith``), which are many, and at last with neutral text."""


def mix(values: np.ndarray) -> np.ndarray:
    """Return the SplitMix64 finaliser of 64-bit numbers, a bijection (Steele et al. 2014)."""
    values = (values ^ (values >> np.uint64(30))) * _MIX_1
    values = (values ^ (values >> np.uint64(27))) * _MIX_2
    mixed: np.ndarray = values ^ (values >> np.uint64(31))
    return mixed


def lane_key(*parts: object) -> np.uint64:
    """Return a 64-bit key of a tuple of names and numbers."""
    text = "\x1f".join(str(part) for part in parts)
    return np.uint64(int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big"))


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows for which fakes are drawn.

    Attributes:
        key: Key of the whole draw, from seed and table.
        ordinals: Number of each row in its table, from 0; uint64.
        names: The locales that occur.
        codes: Place of each row's locale in ``names``.
        sex: 1 for female, 0 for male, -1 where the row does not say.
        attempt: How often these rows have been drawn before.
    """

    key: int
    ordinals: np.ndarray
    names: tuple[str, ...]
    codes: np.ndarray
    sex: np.ndarray
    attempt: int = 0

    def __len__(self) -> int:
        return len(self.ordinals)

    def bits(self, *lane: object) -> np.ndarray:
        """Return 64 random bits a row, for one purpose."""
        first = lane_key(self.key, self.attempt, *lane)
        return mix(mix(self.ordinals * _GOLDEN + first) + first)

    def uniform(self, *lane: object) -> np.ndarray:
        """Return one number in [0, 1) a row, for one purpose."""
        return (self.bits(*lane) >> np.uint64(11)).astype(np.float64) * 2.0**-53

    def pick(self, n: int, *lane: object) -> np.ndarray:
        """Return one number of 0..n-1 a row, for one purpose."""
        return (self.uniform(*lane) * n).astype(np.intp)

    def take(self, places: np.ndarray, *, attempt: int | None = None) -> Rows:
        """Return some of the rows; they draw the same numbers as before unless ``attempt`` says."""
        return replace(
            self,
            ordinals=self.ordinals[places],
            codes=self.codes[places],
            sex=self.sex[places],
            attempt=self.attempt if attempt is None else attempt,
        )

    def by_locale(self) -> Iterator[tuple[str, np.ndarray]]:
        """Yield every locale with the places of its rows."""
        for code, name in enumerate(self.names):
            places = np.flatnonzero(self.codes == code)
            if len(places):
                yield name, places

    @property
    def doubled(self) -> bool:
        """Whether names are to be doubled, because plain ones were all taken."""
        return self.attempt >= PLAIN_ATTEMPTS

    @property
    def neutral(self) -> bool:
        """Whether only neutral text is left."""
        return self.attempt >= PLAIN_ATTEMPTS + DOUBLED_ATTEMPTS


def plain_rows(key: int, size: int, first_row: int = 0) -> Rows:
    """Return rows that say nothing of locale or sex."""
    ordinals = np.arange(first_row, first_row + size, dtype=np.uint64)
    zeros = np.zeros(size, dtype=np.intp)
    return Rows(key, ordinals, (DEFAULT_LOCALE,), zeros, np.full(size, -1, dtype=np.int8))
