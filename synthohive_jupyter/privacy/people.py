"""People and places: names, what is built from names, postal addresses, dates, and neutral text.

Every function draws from lanes named after the person or the place, not after the column. So
columns of one person agree (an e-mail address with first and last name) without passing state.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from synthohive_jupyter.privacy.pools import draw
from synthohive_jupyter.privacy.providers import fold

if TYPE_CHECKING:
    from synthohive_jupyter.privacy.rows import Rows

_FAMILY_FIRST = {
    "hu_HU": " ", "ja_JP": " ", "vi_VN": " ", "ko_KR": "", "zh_CN": "", "zh_TW": "",
}  # fmt: skip
"""Locales that write the family name first, and what stands between the names."""
_CITY_FIRST = frozenset({"en_US", "en_CA", "en_AU", "en_GB", "en_IE", "en_IN", "en_NZ"})
_PLAIN = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "æ": "ae", "œ": "oe", "þ": "th", "\u0131": "i"}
)
_DOMAINS = np.array(["example.com", "example.org", "example.net"], dtype=object)
"""Reserved by RFC 2606: no mail to them ever reaches anybody."""
_SYLLABLES = np.array([c + v for c in "bdfghklmnprstvwz" for v in "aeio"], dtype=object)
_BIRTHS = (np.datetime64("1938-01-01"), np.datetime64("2006-12-31"))
_DATES = (np.datetime64("2000-01-01"), np.datetime64("2024-12-31"))


def is_female(rows: Rows, person: int) -> np.ndarray:
    """Return whether the person is a woman: as the row says for its first person, else drawn."""
    drawn = rows.uniform("sex", person) < 0.5  # noqa: PLR2004 - one half
    if person:
        return drawn
    return np.where(rows.sex < 0, drawn, rows.sex == 1)


def _sexed(stem: str, rows: Rows, female: np.ndarray, *lane: object) -> np.ndarray:
    """Return values of ``stem_female`` or ``stem_male``; each pool is drawn only where needed."""
    values = np.empty(len(rows), dtype=object)
    for method, at in (
        (f"{stem}_female", np.flatnonzero(female)),
        (f"{stem}_male", np.flatnonzero(~female)),
    ):
        if len(at):
            values[at] = draw(rows.take(at), method, *lane)
    return values


def first_name(rows: Rows, person: int = 0, *, female: np.ndarray | None = None) -> np.ndarray:
    """Return given names of the row's locale and sex."""
    female = is_female(rows, person) if female is None else female
    values = _sexed("first_name", rows, female, person)
    if rows.doubled:
        values = values + "-" + _sexed("first_name", rows, female, person, "second")
    return values


def last_name(rows: Rows, person: int = 0) -> np.ndarray:
    """Return family names of the row's locale (and sex, where names have one)."""
    female = is_female(rows, person)
    values = _sexed("last_name", rows, female, person)
    if rows.doubled:
        values = values + "-" + _sexed("last_name", rows, female, person, "second")
    return values


def name(rows: Rows, person: int = 0) -> np.ndarray:
    """Return full names, the family name first where the locale writes it so."""
    first, last = first_name(rows, person), last_name(rows, person)
    values: np.ndarray = first + " " + last
    for locale, at in rows.by_locale():
        if locale in _FAMILY_FIRST:
            values[at] = last[at] + _FAMILY_FIRST[locale] + first[at]
    return values


def slug(texts: np.ndarray) -> np.ndarray:
    """Return each text in small ASCII letters and digits; empty where none is left."""
    known: dict[str, str] = {}
    for text in set(texts.tolist()):
        plain = fold(text).translate(_PLAIN)
        known[text] = "".join(c for c in plain if c.isascii() and c.isalnum())
    return np.array([known[text] for text in texts.tolist()], dtype=object)


def _tail(rows: Rows, *lane: object, unique: bool) -> np.ndarray:
    """Return the row's number where values must differ, else a two-digit number or nothing."""
    if unique:
        return (rows.ordinals + np.uint64(1)).astype(str).astype(object)
    numbers = rows.pick(200, "tail", *lane)
    return np.where(numbers < 100, numbers.astype(str).astype(object), "")  # noqa: PLR2004 - half


def user_name(rows: Rows, person: int, nth: int, *, unique: bool) -> np.ndarray:
    """Return account names: the initial, the family name, a number."""
    initials = np.array([s[:1] for s in slug(first_name(rows, person))], dtype=object)
    last = slug(last_name(rows, person))
    stem = np.where(last == "", "user", initials + last)
    values: np.ndarray = stem + _tail(rows, "user_name", nth, unique=unique)
    return values


def email(rows: Rows, person: int, nth: int, *, unique: bool) -> np.ndarray:
    """Return addresses ``first.last@example.com`` at domains that exist for documentation only."""
    first = slug(first_name(rows, person))
    last = slug(last_name(rows, person))
    stem = np.where((first == "") | (last == ""), "user", first + "." + last)
    domains = _DOMAINS[(rows.pick(len(_DOMAINS), "domain", person) + nth) % len(_DOMAINS)]
    values: np.ndarray = stem + _tail(rows, "email", nth, unique=unique) + "@" + domains
    return values


def address(rows: Rows, place: int) -> np.ndarray:
    """Return street, postcode and city in one line; the parts agree with their own columns."""
    street = draw(rows, "street_address", place)
    city, postcode = draw(rows, "city", place), draw(rows, "postcode", place)
    values: np.ndarray = street + ", " + postcode + " " + city
    for locale, at in rows.by_locale():
        if locale in _CITY_FIRST:
            values[at] = street[at] + ", " + city[at] + " " + postcode[at]
    return values


def date(rows: Rows, provider: str, nth: int) -> np.ndarray:
    """Return ISO dates: births from 1938 to 2006, other dates from 2000 to 2024."""
    start, end = _BIRTHS if provider == "date_of_birth" else _DATES
    days = int((end - start).astype(int)) + 1
    return (start + rows.pick(days, provider, nth)).astype(str).astype(object)


def coordinate(rows: Rows, provider: str, nth: int) -> np.ndarray:
    """Return latitudes or longitudes with six decimals."""
    span = 90.0 if provider == "latitude" else 180.0
    degrees = (2.0 * rows.uniform(provider, nth) - 1.0) * span
    return np.char.mod("%.6f", degrees).astype(object)


def neutral(rows: Rows, *lane: object) -> np.ndarray:
    """Return two words of no language; of 2**48, so that two rows hardly ever agree."""
    left = rows.bits("neutral", *lane)
    words = np.full(len(rows), "", dtype=object)
    for place in range(8):
        if place == 4:  # noqa: PLR2004 - four syllables a word
            words = words + " "
        words = words + _SYLLABLES[(left & np.uint64(63)).astype(np.intp)]
        left >>= np.uint64(6)
    return words


def url(rows: Rows, nth: int) -> np.ndarray:
    """Return pages of a reserved host."""
    paths = [text.replace(" ", "-") for text in neutral(rows, "url", nth)]
    values: np.ndarray = "https://www.example.com/" + np.array(paths, dtype=object)
    return values
