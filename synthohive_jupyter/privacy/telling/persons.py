"""Whether texts are names of people: some of their words are known given or family names."""

from __future__ import annotations

import functools
import importlib
import re
from typing import TYPE_CHECKING

from synthohive_jupyter.privacy.providers import fold

if TYPE_CHECKING:
    from collections.abc import Sequence

_LOCALES = (
    "en_US", "en_GB", "en_IN", "de_DE", "fr_FR", "es_ES", "it_IT", "nl_NL", "pt_BR", "pl_PL",
    "sv_SE",
)  # fmt: skip
"""Locales whose names are known, from the lists that fakes are drawn from."""

_LISTS = {
    "first_name": ("first_names", "first_names_female", "first_names_male"),
    "last_name": ("last_names",),
}
_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
_FIRMS = frozenset({
    "ag", "gmbh", "kg", "kgaa", "ohg", "gbr", "ug", "ev", "mbh", "co", "sa", "sas", "sarl",
    "eurl", "sl", "slne", "slu", "sau", "ltd", "llc", "inc", "corp", "plc", "group", "sons",
    "and", "und", "et", "bv", "nv", "spa", "srl", "ab", "oy", "stiftung", "cia", "hnos",
})  # fmt: skip
"""Words of firms, which are often called after people."""
_MOST_WORDS = 5
_SHORTEST = 3


@functools.cache
def _names(method: str) -> frozenset[str]:
    found = set[str]()
    for locale in _LOCALES:
        lists = importlib.import_module(f"faker.providers.person.{locale}").Provider
        for attribute in _LISTS[method]:
            found.update(fold(name) for name in getattr(lists, attribute, ()))
    return frozenset(
        word for name in found for word in _WORD.findall(name) if len(word) >= _SHORTEST
    )


def share_of_names(texts: Sequence[str]) -> tuple[float, str]:
    """Return the share of texts that look like names of people, and which part of a name they are.

    Returns:
        Share, and ``first_name``, ``last_name`` or ``name``.

    >>> share_of_names(["Mary Smith", "John Brown", "Round table"])[1]
    'name'
    """
    counts = {"first_name": 0, "last_name": 0, "name": 0}
    for text in texts:
        if (part := _part(text)) is not None:
            counts[part] += 1
    total = sum(counts.values())
    if counts["name"] * 2 < total:
        part = max(("first_name", "last_name"), key=counts.__getitem__)
    else:
        part = "name"
    return total / max(len(texts), 1), part


def share_of_handles(texts: Sequence[str]) -> float:
    """Return the share of texts that are made of a name and other letters: ``jsmith42``."""
    return sum(_handle(text) for text in texts) / max(len(texts), 1)


def _part(text: str) -> str | None:
    """Return which part of a name a text is, or ``None``."""
    stripped = text.strip()
    words = [fold(word) for word in _WORD.findall(stripped)]
    if not 1 <= len(words) <= _MOST_WORDS or any(c.isdigit() for c in stripped):
        return None
    if not stripped[:1].isupper():
        return None
    plain = {word.replace(".", "") for word in fold(stripped).split()}
    if plain & _FIRMS or "&" in stripped:
        return None
    first, last = _names("first_name"), _names("last_name")
    if len(words) == 1:
        return "first_name" if words[0] in first else "last_name" if words[0] in last else None
    known = sum(word in first or word in last for word in words)
    return "name" if known and any(word in first for word in words) else None


def _handle(text: str) -> bool:
    letters = fold(re.sub(r"[\d_.\-]+", " ", text)).split()
    if not letters or len(letters) > 2 or " " in text.strip():  # noqa: PLR2004 - given and family
        return False
    known = _names("last_name") | _names("first_name")
    tails = [word[start:] for word in letters for start in (0, 1)]
    return any(len(tail) > _SHORTEST and tail in known for tail in tails)
