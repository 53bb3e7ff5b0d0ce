"""Keyed numbers without a generator: a bijection of 0..n-1, and a hash, both on whole arrays.

A bijection gives unique keys by construction: no set of keys given out, no second try, any block
in any order. It hides the order of the ordinals; it is no encryption.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from synthohive_jupyter.tabular.codecs import Integers

Words = NDArray[np.uint64]

MAX_DOMAIN = 2**62

_ROUNDS = 6
_GOLDEN = 0x9E3779B97F4A7C15
_MIX = (np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB))
_MASK = 2**64 - 1


def scramble(words: Words, key: int) -> Words:
    """Return a 64-bit hash of every word (the finaliser of SplitMix64), different for every key."""
    mixed = words + np.uint64(key * _GOLDEN & _MASK)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * _MIX[0]
    mixed = (mixed ^ (mixed >> np.uint64(27))) * _MIX[1]
    return mixed ^ (mixed >> np.uint64(31))


def permute(numbers: Integers, size: int, key: int) -> Integers:
    """Return every number's image under a keyed bijection of 0 to ``size - 1``.

    A Feistel network over the next power of four; images outside are sent through it again until
    they fall inside (cycle walking), which takes four rounds on average at most.

    Args:
        numbers: Integers from 0 to ``size - 1``.
        size: At most `MAX_DOMAIN`.
        key: Any integer.

    >>> sorted(permute(np.arange(10), 10, key=7).tolist()) == list(range(10))
    True
    """
    half = max(1, ((size - 1).bit_length() + 1) // 2)
    shift, low = np.uint64(half), np.uint64(2**half - 1)
    images = numbers.astype(np.uint64)
    walking = np.arange(len(images))
    while len(walking):
        word = images[walking]
        left, right = word >> shift, word & low
        for step in range(_ROUNDS):
            left, right = right, left ^ (scramble(right, key * _ROUNDS + step) & low)
        images[walking] = (left << shift) | right
        walking = walking[images[walking] >= np.uint64(size)]
    return images.astype(np.int64)
