"""Random numbers: one root seed, and a stream of its own for each (table, stage, block).

Streams are counter-based (Philox), so any block can be drawn by any worker in any order. There is
no global random state. Adding a table does not change the numbers of the others.
"""

from __future__ import annotations

import hashlib
import secrets

import numpy as np

STAGES = {
    "fit": 1, "privacy": 2, "counts": 3, "rows": 4, "keys": 5, "parents": 6, "sample": 7,
    "validation": 8,
}  # fmt: skip
"""Numbers of the stages; part of the file format, so they never change."""

SEED_BITS = 63


def fresh_seed() -> int:
    """Return a seed from the operating system, small enough for JSON readers (53 bits)."""
    return secrets.randbits(53)


def table_id(table: str) -> int:
    """Return the 64-bit identity of a table name, independent of its position in the schema."""
    return int.from_bytes(hashlib.sha256(table.encode()).digest()[:8], "big")


def sequence(seed: int, table: str, stage: str, block: int = 0) -> np.random.SeedSequence:
    """Return the seed sequence of one block of one stage of one table."""
    number = table_id(table)
    key = (number >> 32, number & 0xFFFFFFFF, STAGES[stage], block)
    return np.random.SeedSequence(seed, spawn_key=key)


def stream(seed: int, table: str, stage: str, block: int = 0) -> np.random.Generator:
    """Return the generator of one block of one stage of one table.

    Args:
        seed: Root seed, a non-negative integer.
        table: Table name.
        stage: One of `STAGES`.
        block: Number of the block, from 0.

    >>> stream(7, "users", "rows").random() == stream(7, "users", "rows").random()
    True
    >>> stream(7, "users", "rows").random() == stream(7, "users", "rows", 1).random()
    False
    """
    return np.random.Generator(np.random.Philox(sequence(seed, table, stage, block)))


def integer_seed(seed: int, table: str, stage: str, block: int = 0) -> int:
    """Return a 63-bit integer seed, for libraries that take one (torch, Faker)."""
    state = sequence(seed, table, stage, block).generate_state(1, np.uint64)[0]
    return int(state) >> (64 - SEED_BITS)
