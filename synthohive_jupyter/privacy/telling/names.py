"""What the name of a column tells: a kind of personal data, something about it, or nothing."""

from __future__ import annotations

from dataclasses import dataclass

from synthohive_jupyter.privacy.providers import tokens
from synthohive_jupyter.privacy.telling.words import (
    ABOUT_WORDS,
    NAME_WORDS,
    NOTES,
    PARTS,
    PERSON_WORDS,
    PHRASES,
    QUALIFIERS,
    THING_WORDS,
    UNTELLING,
)


@dataclass(frozen=True, slots=True)
class NameHint:
    """What a name tells.

    Attributes:
        kind: The kind of personal data, or ``None``.
        certain: Whether the name says it by itself; else the values have to agree.
        about: Whether it is something about such data, or the name of a thing: ``email_count``,
            ``product_name``.
    """

    kind: str | None = None
    certain: bool = False
    about: bool = False


_ALONE = frozenset({
    "via", "rue", "cap", "cep", "str", "mac", "pan", "sin", "tin", "nie", "rib", "ccc", "plate",
    "plaque", "placa", "cp", "birth", "born", "tel", "voie", "portable", "cellular", "movil",
    "celular", "street", "postal", "rfc", "nir", "nss", "dni", "nif", "vin", "titular",
    "titulaire", "cedula", "rufname", "calle", "mrn", "addresses", "phones",
    "salesperson", "geboren", "nacimiento", "imei", "domicilio", "dl_number", "license_no",
    "acct_no", "acct_number", "account_number", "matricula", "targa", "idnr", "account_holder",
})  # fmt: skip
"""Phrases that mean something else inside of longer names."""

_WEAK = {
    "contact": "name", "mobile": "phone", "mobil": "phone", "cell": "phone", "login": "user_name",
    "handle": "user_name", "account": "user_name", "nick": "user_name", "pseudo": "user_name",
    "usuario": "user_name", "utilisateur": "user_name", "benutzer": "user_name",
    "user": "user_name", "mail": "email", "mails": "email", "correo": "email", "phone": "phone",
    "zip": "postcode", "postal": "postcode", "street": "address", "tel": "phone", "ort": "address",
    "initials": "name",
}  # fmt: skip
"""Words that may tell a kind: the values decide."""

_NOT_OF_BIRTH = frozenset({
    "place", "city", "country", "weight", "year", "month", "order", "certificate", "state",
    "rate", "ort", "lieu", "lugar", "jahr", "annee", "ano", "name",
})  # fmt: skip
_IDENTIFIERS = frozenset({
    "id", "ids", "fk", "pk", "uuid", "guid", "key", "sk",
})  # fmt: skip
_IDENTIFIED = frozenset({"email", "national_id", "passport", "card", "plate", "iban"})
"""Kinds that a column called ``…_id`` may hold itself."""


def read_name(column: str, table: str = "") -> NameHint:
    """Return what the name of a column tells, with the name of its table beside it.

    >>> read_name("workEmail"), read_name("email_count").about, read_name("name", "patients").kind
    (NameHint(kind='email', certain=True, about=False), True, 'name')
    """
    words = tokens(column)
    found = _phrase(words)
    if found is not None:
        return _judge(*found)
    if set(words) & NAME_WORDS:
        return _name_of(words, tokens(table))
    return _parts("".join(words)) or _weak(words)


def _weak(words: tuple[str, ...]) -> NameHint:
    """Return what single words tell: the values have to agree."""
    if set(words) & NOTES:
        return NameHint("text")
    about = bool(set(words) & ABOUT_WORDS)
    weak = next((_WEAK[word] for word in words if word in _WEAK), None)
    if weak is not None:
        return NameHint(None if about else weak, about=about)
    if words and words[-1] in PERSON_WORDS and not set(words) & THING_WORDS:
        return NameHint("name")
    return NameHint(about=about or bool(set(words) & (THING_WORDS - UNTELLING)))


def is_about_people(table: str) -> bool:
    """Return whether the name of a table tells that its rows are people."""
    words = set(tokens(table))
    return bool(words & PERSON_WORDS) and not words & THING_WORDS


def _phrase(words: tuple[str, ...]) -> tuple[str, frozenset[str]] | None:
    """Return the kind of the longest phrase in a name, and the words beside it."""
    compact = "".join(words)
    if compact in PHRASES:
        return PHRASES[compact], frozenset()
    best: tuple[int, int] | None = None
    for first in range(len(words)):
        for last in range(len(words), first, -1):
            phrase = "_".join(words[first:last])
            beside = words[:first] + words[last:]
            whole = all(w.isdigit() or w in PERSON_WORDS | QUALIFIERS for w in beside)
            if phrase in PHRASES and (whole or phrase not in _ALONE):
                if best is None or last - first > best[1] - best[0]:
                    best = first, last
                break
    if best is None:
        return None
    first, last = best
    rest = frozenset(words[:first] + words[last:])
    return PHRASES["_".join(words[first:last])], rest


def _judge(kind: str, rest: frozenset[str]) -> NameHint:
    """Return the hint of a phrase with other words beside it."""
    about = bool(rest & ABOUT_WORDS)
    about |= kind not in _IDENTIFIED and bool(rest & _IDENTIFIERS)
    about |= kind == "birth_date" and bool(rest & _NOT_OF_BIRTH)
    about |= kind in {"first_name", "last_name", "name"} and bool(rest & THING_WORDS)
    return NameHint(about=True) if about else NameHint(kind, certain=True)


def _name_of(words: tuple[str, ...], table: tuple[str, ...]) -> NameHint:
    """Return whose name it is: of people, of things, or of what only the values can tell."""
    rest = set(words) - NAME_WORDS
    if rest & (ABOUT_WORDS | THING_WORDS):
        return NameHint(about=True)
    if rest & PERSON_WORDS:
        return NameHint("name", certain=True)
    things, people = set(table) & THING_WORDS, set(table) & PERSON_WORDS
    if things and not people:
        return NameHint(about=True)
    return NameHint("name", certain=bool(people) and not rest and not things)


def _parts(compact: str) -> NameHint | None:
    """Return what a name without separators tells."""
    for part, kind in PARTS.items():
        before, found, after = compact.partition(part)
        if found:
            left = before + after
            about = any(len(word) > len("date") - 1 and word in left for word in ABOUT_WORDS)
            return NameHint(about=True) if about else NameHint(kind, certain=True)
    return None
