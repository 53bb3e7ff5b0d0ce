"""What names of columns tell of keys: ``user_id`` points to ``users``, ``manager_id`` upwards."""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from synthohive_jupyter.engine.discovery import vocabulary
from synthohive_jupyter.privacy.providers import tokens
from synthohive_jupyter.privacy.telling.names import is_about_people

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

Words = tuple[str, ...]

words_of = functools.lru_cache(maxsize=16_384)(tokens)
"""`tokens`, remembered: names are compared with each other again and again."""

CERTAIN, ROLE, PLAIN, SHORT, VAGUE, MARKED = 3.0, 2.5, 2.0, 1.5, 1.0, 0.5
"""Evidence of a name: all of it says the table; a role of it (``home_team_id``); without a word for
keys (``team``); shortened (``cust_id``); a role of a person or a part; only that it is a key."""

_SHORTEST = 3


@functools.lru_cache(maxsize=16_384)
def stems(word: str) -> frozenset[str]:
    """Return the forms that a word may have in the singular, itself included.

    >>> sorted(stems("categories"))[:2], "status" in stems("status")
    (['categori', 'categorie'], True)
    """
    found = {word, vocabulary.IRREGULAR.get(word, word)}
    for ending, instead in vocabulary.PLURALS:
        if word.endswith(ending) and len(word) - len(ending) + len(instead) >= _SHORTEST:
            found.add(word[: len(word) - len(ending)] + instead)
    return frozenset(found)


def same(words: Sequence[str], others: Sequence[str]) -> bool:
    """Return whether names mean the same, whatever is plural and however it is separated."""
    if not words or not others:
        return False
    return not stems("".join(words)).isdisjoint(stems("".join(others)))


@functools.lru_cache(maxsize=16_384)
def table_words(table: str) -> Words:
    """Return the words of a table's name, without ``tbl_``, ``dim_``, ``_df`` and the like."""
    words = words_of(table)
    while len(words) > 1 and words[0] in vocabulary.AFFIXES and not words[1].isdigit():
        words = words[1:]
    while len(words) > 1 and words[-1] in vocabulary.AFFIXES:
        words = words[:-1]
    return words


@dataclass(frozen=True, slots=True)
class Name:
    """The name of a column, taken apart.

    Attributes:
        words: All its words.
        stem: Its words but those for keys.
        marked: Whether there are words like ``id``.
        coded: Whether there are words like ``code`` and ``number``.
    """

    words: Words
    stem: Words
    marked: bool
    coded: bool


@functools.lru_cache(maxsize=16_384)
def take_apart(column: str) -> Name:
    """Return the parts of a name.

    >>> take_apart("home_team_id").stem, take_apart("userID").stem, take_apart("item_no").coded
    (('home', 'team'), ('user',), True)
    """
    words = stem = words_of(column)
    signs = vocabulary.IDENTIFIERS | vocabulary.CODES
    if len(stem) > len(("id", "1")) and stem[-1].isdigit() and stem[-2] in signs:
        stem = stem[:-1]
    taken = set[str]()
    while len(stem) > 1 and stem[-1] in signs:
        taken.add(stem[-1])
        stem = stem[:-1]
    while len(stem) > 1 and stem[0] in vocabulary.IDENTIFIERS:
        taken.add(stem[0])
        stem = stem[1:]
    marked = bool(taken & vocabulary.IDENTIFIERS)
    joined = (
        re.fullmatch(r"(.{3,}?)(?:id|key|fk)", stem[0]) if len(stem) == 1 and not marked else None
    )
    if joined is not None:
        stem, marked = (joined[1],), True
    return Name(words, stem, marked, bool(taken & vocabulary.CODES))


@functools.lru_cache(maxsize=16_384)
def is_specific(column: str) -> bool:
    """Return whether a name says more than that it is a key: ``playerID`` does, ``id`` does not."""
    return any(word not in vocabulary.GENERIC and not word.isdigit() for word in words_of(column))


def own_key(column: str, table: str) -> float:
    """Return how much the name of a column says that it is the primary key of its table."""
    name, mine = take_apart(column), table_words(table)
    alone = name.words[0] if len(name.words) == 1 else ""
    own = same(name.stem, mine) or (len(mine) > 1 and same(name.stem, mine[-1:]))
    if alone in vocabulary.IDENTIFIERS or alone == "rowid":
        return CERTAIN
    if name.marked:
        return CERTAIN if own else ROLE
    ending = bool(name.words) and re.search(r"(num|nr|code)$", name.words[-1]) is not None
    if name.coded or alone in vocabulary.CODES or ending:
        return PLAIN
    return SHORT if own else 0.0


def points(column: str, table: str, parent: str, key: str) -> float:
    """Return how much the name of a column says that it points to the ``key`` of ``parent``.

    >>> points("user_id", "orders", "users", "id"), points("home_team_id", "games", "teams", "id")
    (3.0, 2.5)
    >>> points("manager_id", "employees", "employees", "id"), points("quantity", "a", "b", "id")
    (3.0, 0.0)
    """
    name, above, key_words = take_apart(column), table_words(parent), words_of(key)
    if not name.words:
        return 0.0
    if table == parent:
        return _upwards(name, above)
    if "".join(name.words) == "".join(key_words):
        return CERTAIN if is_specific(column) else 0.0
    if not name.marked and len(name.words) > len(key_words) and _ends(name.words, key_words):
        # airport_faa
        name = Name(name.words, name.words[: -len(key_words)], marked=True, coded=name.coded)
    return _of_table(name, above, key) or _of_role(name, above, parent)


def _of_table(name: Name, above: Words, key: str) -> float:
    """Return how much a name says the table, or the stem of its key; 0 if it does not."""
    if same(name.stem, above):
        return CERTAIN if name.marked else PLAIN
    if not name.marked:
        return VAGUE if _ends(name.stem, above) else 0.0
    key_stem = take_apart(key).stem
    if _ends(name.stem, above) or (is_specific(key) and _ends(name.stem, key_stem)):
        return ROLE
    return SHORT if len(name.stem) == 1 and _is_short(name.stem[0], "".join(above)) else 0.0


def _of_role(name: Name, above: Words, parent: str) -> float:
    """Return how much a name says a role that rows of the parent may have."""
    by = name.words[-1] == "by"
    people = (by or bool(set(name.stem) & vocabulary.ROLES)) and is_about_people(parent)
    places = bool(set(name.stem) & vocabulary.ENDS) and bool(set(above) & vocabulary.PLACES)
    if (people and (name.marked or by)) or places:
        return VAGUE
    return MARKED if name.marked else 0.0


def means_another(column: str, key: str, columns: Iterable[str]) -> bool:
    """Return whether a name ends like another column of the parent than its key.

    >>> means_another("shop_id", "code", ["id", "code"]), means_another("shop_id", "code", ["code"])
    (True, False)
    """
    last = words_of(column)[-1:]
    if last == words_of(key)[-1:]:
        return False
    return any(words_of(other) == last for other in columns if other not in {column, key})


def _upwards(name: Name, mine: Words) -> float:
    """Return how much a name says that it points to the table of its own."""
    if not set(name.words) & vocabulary.UPWARDS:
        return ROLE if name.marked and _ends(name.stem, mine) else 0.0
    fillers = vocabulary.UPWARDS | {"to", "of", "by"}
    rest = [word for word in name.stem if word not in fillers]
    if rest and not same(rest, mine) and not same(rest, mine[-1:]):
        return 0.0
    if name.marked or name.coded:
        return CERTAIN
    return ROLE if set(name.words) & vocabulary.STRICTLY_UPWARDS else PLAIN


def _ends(stem: Words, last: Words) -> bool:
    """Return whether a name ends like another and has more: ``home_team`` and ``teams``."""
    return len(stem) > len(last) > 0 and same(stem[-len(last) :], last)


def _is_short(word: str, name: str) -> bool:
    """Return whether a word is short for a name: its letters, in their order, from the first."""
    if not _SHORTEST <= len(word) < len(name) or word[0] != name[0]:
        return False
    letters = iter(name)
    return all(letter in letters for letter in word)
