"""What a misspelt name meant: the one place that guesses."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

CUTOFF = 0.6
"""Similarity (`difflib`) from which a name is worth suggesting; below, guesses annoy."""


def closest(name: str, known: Iterable[str], *, cutoff: float = CUTOFF) -> str | None:
    """Return the known name that ``name`` most probably means, or ``None`` if none is close.

    Case does not count; ``cutoff`` is the similarity, from 0 to 1, that counts as close.

    >>> closest("usrs", ["users", "orders"])
    'users'
    """
    by_case = {other.casefold(): other for other in known}
    close = difflib.get_close_matches(name.casefold(), list(by_case), n=1, cutoff=cutoff)
    return by_case[close[0]] if close else None


def suggest(name: str, known: Iterable[str], pattern: str = "{}") -> str | None:
    """Return ``did you mean 'x'?`` for the closest known name, or ``None`` if none is close.

    Args:
        name: What was written.
        known: What could have been meant.
        pattern: How to show the name; ``{}`` stands for it.

    >>> suggest("usrs", ["users", "orders"])
    "did you mean 'users'?"
    >>> suggest("regoin", ["region"], "users.{}")
    "did you mean 'users.region'?"
    """
    near = closest(name, known)
    # str.format would read braces in the rest of the pattern as fields.
    return None if near is None else f"did you mean '{pattern.replace('{}', near, 1)}'?"
