"""Numbers that identify: phone, social security, cards, accounts, addresses of machines.

A code is a template with slots, filled from the row's ordinal by an affine bijection: neighbouring
rows look unrelated, and no two rows of one template agree. Where a range is known that nobody can
hold, the template stays inside it; elsewhere it has the shape of a Faker value of the locale.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from synthohive_jupyter.privacy.pools import pool
from synthohive_jupyter.privacy.rows import Rows, lane_key

if TYPE_CHECKING:
    from collections.abc import Callable

_SLOTS = {"#": "0123456789", "?": "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "^": "0123456789abcdef"}
_MODULUS_LIMIT = 2**31  # the product of ordinal and multiplier has to fit in 64 bits
_SLOTS_A_DRAW = 8  # 26**8 is small beside the 64 bits of a draw
_GOLDEN_RATIO = 0.6180339887498949
_SHAPES = 24  # shapes of one locale that are told apart
_DIALLING = 4  # leading characters of a phone number that say where it is

_RESERVED = {
    # Area 9xx was never given as a social security number, and ITINs start their group at 50.
    ("ssn", "US"): ("9##-0#-####",),
    # 555-0100 to 555-0199 are kept for fiction in the North American plan.
    ("phone_number", "US"): tuple(f"({a}0#) 555-01##" for a in range(2, 10)),
    ("phone_number", "CA"): tuple(f"({a}0#) 555-01##" for a in range(2, 10)),
    # Numbers for drama, as the regulators Ofcom, ARCEP, ACMA and Bundesnetzagentur publish them.
    ("phone_number", "GB"): ("07700 900###", "020 7946 0###", "0161 496 0###", "0113 496 0###"),
    ("phone_number", "FR"): ("06 39 98 ## ##", "01 99 00 ## ##"),
    ("phone_number", "AU"): ("(02) 5550 ####", "(03) 5550 ####", "(08) 5550 ####"),
    ("phone_number", "DE"): ("030 23125 ###", "040 66969 ###", "069 90009 ###", "089 99998 ###"),
}  # fmt: skip
_ANYWHERE = {
    "credit_card_number": "999999#########",  # no network issues cards that start with 99
    "ipv6": "2001:db8:^^^^:^^^^::^^^^",  # the prefix of documentation
    "mac_address": "02:00:^^:^^:^^:^^",  # locally administered
    "uuid4": "^^^^^^^^-^^^^-4^^^-8^^^-^^^^^^^^^^^^",
    "number": "#########",
}


def fill(template: str, rows: Rows, *lane: object) -> np.ndarray:
    """Return the template with its slots filled, one text a row.

    ``#`` is a digit, ``?`` a capital, ``^`` a hexadecimal digit. The rightmost slots hold the
    row's ordinal, permuted; slots beyond some nine digits are random.
    """
    if not template:
        return np.full(len(rows), "", dtype=object)
    slots = [place for place, char in enumerate(template) if char in _SLOTS]
    letters = np.tile(np.array(list(template), dtype="U1"), (len(rows), 1))
    permuted, rest = slots, list[int]()
    while math.prod(len(_SLOTS[template[p]]) for p in permuted) > _MODULUS_LIMIT:
        rest.append(permuted[0])
        permuted = permuted[1:]
    modulus = math.prod(len(_SLOTS[template[p]]) for p in permuted)
    left = _permute(rows.ordinals, modulus, int(lane_key(rows.key, rows.attempt, template, *lane)))
    for place in reversed(permuted):
        left = _put(letters, place, left, _SLOTS[template[place]])
    for nth, place in enumerate(rest):
        if nth % _SLOTS_A_DRAW == 0:
            left = rows.bits("slots", nth, *lane)
        left = _put(letters, place, left, _SLOTS[template[place]])
    return letters.view(f"U{len(template)}").ravel().astype(object)


def _put(letters: np.ndarray, place: int, numbers: np.ndarray, alphabet: str) -> np.ndarray:
    """Write the last digit of ``numbers``, in the base of the alphabet; return what is left."""
    base = np.uint64(len(alphabet))
    letters[:, place] = np.array(list(alphabet), dtype="U1")[(numbers % base).astype(np.intp)]
    return numbers // base


def _permute(ordinals: np.ndarray, modulus: int, key: int) -> np.ndarray:
    """Return a permutation of 0..modulus-1 applied to the ordinals: ``a * i + b`` modulo it."""
    step = max(1, int(modulus * _GOLDEN_RATIO) + key % 1024)
    while math.gcd(step, modulus) != 1:
        step += 1
    size = np.uint64(modulus)
    return (ordinals % size * np.uint64(step % modulus) + np.uint64(key % modulus)) % size


def code(provider: str, rows: Rows, *lane: object) -> np.ndarray:
    """Return one code a row, for a provider of `CODES`."""
    if provider in _ANYWHERE:
        return fill(_ANYWHERE[provider], rows, provider, *lane)
    values = np.empty(len(rows), dtype=object)
    for locale, at in rows.by_locale():
        reserved = _RESERVED.get((provider, locale.rpartition("_")[2]))
        templates = reserved or _shapes(provider, pool(provider, locale))
        some = rows.take(at)
        chosen = some.pick(len(templates), provider, *lane)
        for number, template in enumerate(templates):
            here = np.flatnonzero(chosen == number)
            values[at[here]] = fill(template, some.take(here), provider, *lane)
    return values


def _shapes(provider: str, values: np.ndarray) -> tuple[str, ...]:
    """Return the templates of the first values, each once."""
    kept = _DIALLING if provider == "phone_number" else 0
    letters = provider == "license_plate"
    return tuple(dict.fromkeys(_shape(text, kept, letters=letters) for text in values[:_SHAPES]))


def _shape(text: str, kept: int, *, letters: bool) -> str:
    shaped = "".join(
        "#" if c.isdecimal() else "?" if letters and "A" <= c <= "Z" else c for c in text[kept:]
    )
    return text[:kept].replace("#", " ") + shaped


def luhn(payload: str) -> str:
    """Return ``payload`` with its Luhn check digit.

    >>> luhn("7992739871")
    '79927398713'
    """
    total = 0
    for place, digit in enumerate(reversed(payload)):
        number = int(digit) * (2 - place % 2)
        total += number - 9 if number > 9 else number  # noqa: PLR2004 - sum of its two digits
    return payload + str(-total % 10)


def iban_checked(iban: str) -> str:
    """Return an IBAN with its two check digits computed anew (ISO 7064, mod 97-10).

    >>> iban_checked("GB00WEST12345698765432")
    'GB82WEST12345698765432'
    """
    country, account = iban[:2], iban[4:]
    digits = "".join(str(int(c, 36)) for c in f"{account}{country}00")
    return f"{country}{98 - int(digits) % 97:02d}{account}"


def card(rows: Rows, *lane: object) -> np.ndarray:
    """Return payment card numbers with a valid check digit, of no network."""
    payloads = code("credit_card_number", rows, *lane)
    return np.array([luhn(p) for p in payloads], dtype=object)


def iban(rows: Rows, *lane: object) -> np.ndarray:
    """Return account numbers of the locale's country with valid check digits."""
    accounts = code("iban", rows, *lane)
    return np.array([iban_checked(a) for a in accounts], dtype=object)


def ipv4(rows: Rows, *lane: object) -> np.ndarray:
    """Return addresses of the private network 10.0.0.0/8."""
    key = int(lane_key(rows.key, rows.attempt, "ipv4", *lane))
    numbers = _permute(rows.ordinals, 256**3, key).tolist()
    return np.array([f"10.{n >> 16}.{n >> 8 & 255}.{n & 255}" for n in numbers], dtype=object)


_OWN: dict[str, Callable[..., np.ndarray]] = {
    "credit_card_number": card,
    "iban": iban,
    "ipv4": ipv4,
}
_SHAPED = frozenset({"ssn", "phone_number", "passport_number", "license_plate"})
CODES = frozenset(_OWN) | _SHAPED | frozenset(_ANYWHERE)
"""Providers that this module draws."""


def draw_code(provider: str, rows: Rows, *lane: object) -> np.ndarray:
    """Return one value a row for a provider of `CODES`."""
    own = _OWN.get(provider)
    return own(rows, *lane) if own else code(provider, rows, *lane)
