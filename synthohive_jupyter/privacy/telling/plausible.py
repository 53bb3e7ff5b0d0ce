"""Whether values can be what the name of their column says: loose, so that only nonsense is out."""

from __future__ import annotations

from statistics import median
from typing import TYPE_CHECKING

from synthohive_jupyter.privacy.telling.values import share_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

_MANY, _SOME = 0.5, 0.3

_LEAST_DIGITS = {
    "birth_date": 6, "phone": 7, "national_id": 7, "passport": 6, "iban": 6, "card": 12,
    "postcode": 4,
}  # fmt: skip
"""Kinds that a column of whole numbers may hold, and the digits that a typical value has."""


def is_plausible(kind: str, form: str, texts: Sequence[str]) -> bool:
    """Return whether values can be of a kind.

    Args:
        kind: One of `words.KINDS`.
        form: Form of the column: ``text``, ``int``, ``date`` and so on.
        texts: Some of its values as text; of numbers and texts.

    >>> is_plausible("phone", "int", ["4930123456"]), is_plausible("email", "text", ["yes", "no"])
    (True, False)
    """
    if form in {"date", "datetime"}:
        return kind == "birth_date"
    if form == "text":
        return _TEXTS[kind](texts)
    if form != "int" or kind not in _LEAST_DIGITS:
        return False
    return median(len(text.lstrip("-")) for text in texts) >= _LEAST_DIGITS[kind]


def _lettered(texts: Sequence[str]) -> bool:
    return sum(any(c.isalpha() for c in text) for text in texts) >= _MANY * len(texts)


def _numbered(texts: Sequence[str], least: int = 4) -> bool:
    return sum(sum(c.isdigit() for c in text) >= least for text in texts) >= _MANY * len(texts)


def _some_digits(texts: Sequence[str]) -> bool:
    return _numbered(texts, 2)


def _named(texts: Sequence[str]) -> bool:
    digits = sum(any(c.isdigit() for c in text) for text in texts)
    return _lettered(texts) and digits <= _SOME * len(texts)


_TEXTS: Mapping[str, Callable[[Sequence[str]], bool]] = {
    "email": lambda texts: sum("@" in text for text in texts) >= _SOME * len(texts),
    "phone": _numbered,
    "first_name": _named,
    "last_name": _named,
    "name": _named,
    "user_name": _lettered,
    "national_id": _numbered,
    "passport": _numbered,
    "iban": _numbered,
    "card": _numbered,
    "ip": lambda texts: share_of("ip", texts) >= _SOME,
    "mac": _some_digits,
    "address": bool,
    "postcode": _some_digits,
    "birth_date": _numbered,
    "plate": _some_digits,
    "text": bool,
}
"""Kind to whether texts can be of it."""
