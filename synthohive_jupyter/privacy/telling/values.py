"""What the values of a column tell: the share of them that has the shape of a kind."""

from __future__ import annotations

import ipaddress
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_EMAIL = re.compile(r"[^\s@<>()]+@[^\s@<>()]+\.[^\W\d_]{2,}", re.UNICODE)
_PHONE = re.compile(
    r"(?:\+|00)\d[\d\s().\-/x]{6,22}|\(\d{2,5}\)[\s\d.\-/]{5,18}(?:x\d+)?|"
    r"0\d{1,4}[\s/.\-]\(?\d[\d\s.\-/]{4,15}|(?:1[-. ])?\d{3}[-. ]\d{3}[-. ]\d{4}(?:x\d+)?|"
    r"\d{3}[-. ]?\d{2,3}[-. ]\d{2}[-. ]\d{2}|0\d{9,10}|"
    r"(?=\S* )\d{2,4}(?:[ .-]\d{2,4}){2,5}"
)
_US_SSN = re.compile(r"\d{3}-\d{2}-\d{4}")
_NINO = re.compile(r"[A-Z]{2} ?\d{2} ?\d{2} ?\d{2} ?[A-D]")
_DNI = re.compile(r"[XYZ]?\d{7,8}-?[A-Z]")
_NIR = re.compile(r"[12] ?\d{2} ?(?:0[1-9]|1[0-2]|[2-9]\d) ?\d[\dAB] ?\d{3} ?\d{3} ?\d{2}")
_FISCAL = re.compile(r"[A-Z]{6}\d{2}[A-EHLMPRST]\d{2}[A-Z]\d{3}[A-Z]")
_CPF = re.compile(r"\d{3}\.\d{3}\.\d{3}-\d{2}")
_IBAN = re.compile(r"[A-Z]{2}\d{2}(?: ?[A-Z0-9]){11,30}")
_CARD = re.compile(r"[3-6]\d{3}[ -]?(?:\d{4,6}[ -]?){2}\d{1,7}")
_MAC = re.compile(r"(?:[0-9A-Fa-f]{2}[:-]){5}[0-9A-Fa-f]{2}")
_UK_POST = re.compile(r"[A-Z]{1,2}\d[A-Z\d]? \d[A-Z]{2}")
_OTHER_POST = re.compile(r"[A-Z]\d[A-Z] \d[A-Z]\d|\d{4} [A-Z]{2}|\d{5}-\d{4}")
_STREETS = (
    "street|st|avenue|ave|road|rd|lane|ln|drive|dr|boulevard|blvd|court|ct|square|sq|place|pl|way|"
    "terrace|parkway|pkwy|highway|hwy|circle|crescent|close|grove|suite|apt|rue|allee|chemin|quai|"
    "impasse|calle|avenida|plaza|paseo|camino|via|viale|piazza|corso|vicolo|rua|travessa|ulica|ul|"
    "alameda|ronda|glorieta|cuesta|callejon|pasaje|rambla|canada|acceso|pasadizo|vial|urbanizacion|"
    "contrada|borgo|strada|stretto|rotonda|incrocio|canale|plein|laan|straat|weg|gasse|ring|platz|"
    "allee|strasse|str|views|ridge|roads|streets|trail|meadows|junction|passage|mission|haven|"
    "islands|fork|forks|path|hills|manor|knoll|shore|shores|station|track|trace|gardens|port|"
    "andador|calzada|cerrada|circuito|circunvalacion|circunvalación|continuacion|continuación|"
    "corredor|diagonal|eje|callejón|pasaje|peatonal|periferico|periférico|privada|prolongacion|"
    "prolongación|retorno|viaducto|ampliacion|carretera|travesía|condominio|condomínio|loteamento|"
    "núcleo|favela|praça|largo|estrada|rodovia|beco|viela|ladeira|jardim|parque|quadra|setor|"
    "strada|bulevardul|aleea|intrarea|soseaua|calea|piata|gade|vej|allé|boulevarden|aleja|aleje|"
    "plac|osiedle|náměstí|ulice|třída|tori|katu|tie|kuja|polku|sokak|caddesi|utca|tér|körút"
)
_ADDRESS = re.compile(
    rf"(?=.*\d)(?=.*(?:\b(?:{_STREETS})\b|(?:stra(?:ß|ss)e|str\.|weg|gasse|platz|allee|ring|straat|"
    r"gata|gatan|vägen|vej|laan|plein|dreef|dijk|steeg|singel)\b)).{6,}",
    re.IGNORECASE | re.DOTALL,
)
_FULL_ADDRESS = re.compile(
    r"(?=(?:[\s\S]*?[^\W\d_]{3,}){2})[^\n]+?(?:\n|, ?)[\s\S]*?\b(?:[A-Z]{1,2}-)?\d{4,6}\b[\s\S]*"
)
"""A line or part with words, and after it a postal code."""
_INSIDE = (
    re.compile(r"[\w.+-]+@[\w-]+\.[\w.]{2,}"),
    re.compile(
        r"(?<![\d.])(?:\+\d[\d\s().-]{7,18}\d|\(\d{3}\) ?\d{3}[-. ]\d{4}|\d{3}[-.]\d{3}[-.]\d{4})"
    ),
    re.compile(r"(?<!\d)\d{3}-\d{2}-\d{4}(?!\d)"),
    re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){3,7}"),
    re.compile(r"(?:born on|date of birth|dob|geboren am|née? le)\W{0,3}\d", re.IGNORECASE),
    re.compile(r"\b(?:Mr|Mrs|Ms|Dr|Herr|Frau|Mme|Sr|Sra)\b\.? [A-ZÀ-Þ][a-zà-ÿ]+"),
)
_CARD_DIGITS = range(13, 20)
_DNI_LETTERS = "TRWAGMYFPDXBNJZSQVHLCKE"


def _luhn(text: str) -> bool:
    digits = [int(c) for c in reversed(text) if c.isdigit()]
    doubled = sum(sum(divmod(2 * digit, 10)) for digit in digits[1::2])
    return len(digits) in _CARD_DIGITS and (sum(digits[::2]) + doubled) % 10 == 0


def _iban(text: str) -> bool:
    plain = text.replace(" ", "")
    if not _IBAN.fullmatch(text):
        return False
    return int("".join(str(int(c, 36)) for c in plain[4:] + plain[:4])) % 97 == 1


def _address_of_a_machine(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _phone(text: str) -> bool:
    number, _, _ = text.partition("x")  # an extension
    digits = sum(c.isdigit() for c in number)
    return bool(_PHONE.fullmatch(text)) and 7 <= digits <= 15  # noqa: PLR2004 - E.164


def _dni(text: str) -> bool:
    if not _DNI.fullmatch(text):
        return False
    digits = text[:-1].rstrip("-").translate(str.maketrans("XYZ", "012"))
    return _DNI_LETTERS[int(digits) % 23] == text[-1]


def _national_id(text: str) -> bool:
    shapes = (_US_SSN, _NINO, _NIR, _FISCAL, _CPF)
    return any(shape.fullmatch(text) for shape in shapes) or _dni(text)


SHAPES: dict[str, Callable[[str], object]] = {
    "email": _EMAIL.fullmatch,
    "iban": _iban,
    "card": lambda text: _CARD.fullmatch(text) and _luhn(text),
    "mac": _MAC.fullmatch,
    "ip": _address_of_a_machine,
    "national_id": _national_id,
    "phone": _phone,
    "postcode": lambda text: _UK_POST.fullmatch(text) or _OTHER_POST.fullmatch(text),
    "address": lambda text: _ADDRESS.fullmatch(text) or _FULL_ADDRESS.fullmatch(text),
}
"""Kind to the test of one text; the first that most values pass is theirs."""


def shape_of(texts: Sequence[str]) -> tuple[str | None, float]:
    """Return the kind whose shape most texts have, and their share; the kind may be ``None``.

    >>> shape_of(["ann@a.org", "bob@b.org"]), shape_of(["10.1.2.3", "red"])
    (('email', 1.0), ('ip', 0.5))
    """
    best: tuple[str | None, float] = (None, 0.0)
    for kind in SHAPES:
        share = share_of(kind, texts)
        if share > best[1]:
            best = kind, share
        if share == 1.0:
            break
    return best


def share_of(kind: str, texts: Sequence[str]) -> float:
    """Return the share of the texts that have the shape of a kind of `SHAPES`."""
    test = SHAPES[kind]
    return sum(bool(test(text.strip())) for text in texts) / max(len(texts), 1)


def share_inside(texts: Sequence[str]) -> float:
    """Return the share of free texts that hold an address, a number or the name of a person.

    >>> share_inside(["call me: +49 30 1234567", "late again", "ask Mrs. Smith"])
    0.6666666666666666
    """
    found = sum(any(shape.search(text) for shape in _INSIDE) for text in texts)
    return found / max(len(texts), 1)
