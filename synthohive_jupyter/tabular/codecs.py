"""What models see of a column (`ColumnLayout`, `Encoded`) and what every codec is (`Codec`).

A column becomes one discrete code and, for some codes only, one scalar in [-1, 1]. Nulls are a code
of their own, which `columns.Column` adds, so codecs see only values that are not null.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Mapping

Values = NDArray[Any]
"""Values in canonical form: int64, float64, bool, or an object array of text."""
Codes = NDArray[np.int32]
Scalars = NDArray[np.float32]
Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Flags = NDArray[np.bool_]

RARE = 5
"""A level, a range end or a mode needs the support of so many families; what has less is hidden."""

_MANY = 128


@dataclass(frozen=True, slots=True)
class ColumnLayout:
    """What a model must know of a column.

    Attributes:
        name: Name of the column.
        n_codes: Codes are 0 to ``n_codes - 1``.
        scalar_codes: Codes that carry a scalar in [-1, 1] (the modes of a number); empty for a
            column that is purely discrete.
        embedded: Whether the column has so many codes that it should be embedded, not one-hot.
    """

    name: str
    n_codes: int
    scalar_codes: tuple[int, ...]
    embedded: bool


@dataclass(slots=True)
class Encoded:
    """A table as codes and scalars.

    Attributes:
        codes: Shape (rows, columns), int32.
        scalars: Shape (rows, columns), float32; 0 where the code carries none.
    """

    codes: Codes
    scalars: Scalars


class Codec(ABC):
    """Values of one column, none of them null, as codes and scalars, and back.

    What codecs draw is drawn row by row, so that the first rows of a block do not depend on how
    many follow. Each column has a stream of its own: one that needs no number draws none.
    """

    kind: ClassVar[str]
    """Name of the class in model files."""

    @property
    @abstractmethod
    def shares(self) -> Floats:
        """Share of every code among the values seen by `fit`; they sum to 1."""

    @property
    def n_codes(self) -> int:
        """Codes are 0 to ``n_codes - 1``."""
        return len(self.shares)

    @property
    def scalar_codes(self) -> tuple[int, ...]:
        """The codes that carry a scalar."""
        return ()

    @abstractmethod
    def encode(self, values: Values, rng: np.random.Generator) -> tuple[Codes, Scalars | None]:
        """Return codes and scalars; ``None`` for the latter means zeros."""

    @abstractmethod
    def decode(self, codes: Codes, scalars: Scalars, rng: np.random.Generator) -> Values:
        """Return values in canonical form; codes outside the range are clipped into it."""

    @abstractmethod
    def to_dict(self) -> dict[str, Any]:
        """Return the codec as JSON-safe values, without any protected value."""

    @classmethod
    @abstractmethod
    def from_dict(cls, record: Mapping[str, Any]) -> Codec:
        """Rebuild a codec.

        Raises:
            ModelFileError: If the record is damaged.
        """


def count_families(groups: Integers, families: Integers | None, n_groups: int) -> Integers:
    """Return how many distinct families each group has; without families every row is its own.

    Args:
        groups: Group of every row, 0 to ``n_groups - 1``.
        families: Family of every row (any non-negative integers below 2**31), or ``None``.
        n_groups: Number of groups.

    >>> count_families(np.array([0, 0, 1]), np.array([7, 7, 7]), 3).tolist()
    [1, 1, 0]
    """
    if families is None:
        return np.bincount(groups, minlength=n_groups)
    width = int(families.max(initial=0)) + 1
    # A sort and a look at neighbours: np.unique hashes, which is ten times slower here.
    pairs = np.sort(groups.astype(np.int64) * width + families)
    first = np.ones(len(pairs), dtype=np.bool_)
    first[1:] = pairs[1:] != pairs[:-1]
    return np.bincount(pairs[first] // width, minlength=n_groups)


def count_up_to(ends: NDArray[Any], values: NDArray[Any]) -> Integers:
    """Return how many of the sorted ends are at most each value.

    It is `np.searchsorted` to the right, which finds values in order several times faster.

    >>> count_up_to(np.array([0.0, 1.0, 1.0]), np.array([1.0, 0.5, -1.0])).tolist()
    [3, 1, 0]
    """
    if len(values) < _MANY:
        return np.searchsorted(ends, values, side="right")
    order = np.argsort(values)
    found = np.empty(len(values), dtype=np.intp)
    found[order] = np.searchsorted(ends, values[order], side="right")
    return found


def draw(cumulative: Floats, uniform: Floats) -> Integers:
    """Return the index drawn by each uniform number from a distribution given by its sums.

    >>> draw(np.array([0.25, 0.25, 1.0]), np.array([0.1, 0.25, 0.9])).tolist()
    [0, 2, 2]
    """
    found: Integers = np.searchsorted(cumulative, uniform * cumulative[-1], side="right")
    return np.minimum(found, len(cumulative) - 1)
