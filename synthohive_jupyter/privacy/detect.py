"""Which columns hold personal data: judged by their names and by the shapes of their values.

A name that says it is believed unless the values contradict it; values that say it are believed
whatever the name, unless the name says that they are something else. Nothing is kept of a value.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from synthohive_jupyter.privacy.config import PiiRule
from synthohive_jupyter.privacy.forms import describe, form_of
from synthohive_jupyter.privacy.providers import infer_provider, tokens
from synthohive_jupyter.privacy.telling.names import is_about_people, read_name
from synthohive_jupyter.privacy.telling.persons import share_of_handles, share_of_names
from synthohive_jupyter.privacy.telling.plausible import is_plausible
from synthohive_jupyter.privacy.telling.values import SHAPES, shape_of, share_inside, share_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

    from synthohive_jupyter.privacy.telling.names import NameHint

LOOKED_AT = 400
"""Different values of a column that are looked at."""

_MOST, _MANY, _SOME, _FEW = 0.7, 0.5, 0.35, 0.15
"""Shares of values: that decide alone, of user names, of names of people, beside given names."""
_FEW_TEXTS = 12
"""Different values from which a column is more than a few categories."""
_INSIDE = 0.02
"""Share of free texts with personal data from which the column counts as such."""
_FREE_WORDS = 4
"""Words of a typical free text."""
_FIRST_BORN, _SPREAD_YEARS, _ADULT_YEAR = 1800, 15, 1990
"""Dates of birth: no year before the first, quartiles so far apart, the lower one so early."""

_LABELS = {
    "email": "e-mail addresses", "phone": "phone numbers", "first_name": "given names",
    "last_name": "family names", "name": "names of people", "user_name": "user names",
    "national_id": "numbers of a person", "passport": "numbers of a document",
    "iban": "account numbers", "card": "payment card numbers", "ip": "internet addresses",
    "mac": "addresses of devices", "address": "postal addresses", "postcode": "postal codes",
    "birth_date": "dates of birth", "plate": "plates of vehicles",
    "text": "free text with personal data",
}  # fmt: skip
_PROVIDERS = {
    "email": "email", "phone": "phone_number", "first_name": "first_name",
    "last_name": "last_name", "name": "name", "user_name": "user_name", "iban": "iban",
    "ip": "ipv4", "mac": "mac_address", "address": "address", "postcode": "postcode",
    "birth_date": "date_of_birth", "plate": "license_plate", "text": "sentence",
    "national_id": "ssn", "passport": "passport_number", "card": "credit_card_number",
}  # fmt: skip
_MASKED = frozenset({"national_id", "passport", "card"})
"""Kinds of which the shape is enough: they are masked where they are text."""


@dataclass(frozen=True, slots=True)
class Finding:
    """A column that seems to hold personal data.

    Attributes:
        kind: One of `telling.words.KINDS`.
        rule: What should happen to it.
        reason: Why, in a few words without any value.
        sure: How sure, from 0 to 1.
    """

    kind: str
    rule: PiiRule
    reason: str
    sure: float


@dataclass(frozen=True, slots=True)
class _Look:
    """A column as it is judged: its name's hint, its form, and some of its texts."""

    column: str
    hint: NameHint
    form: str
    known: pd.Series[Any]
    texts: tuple[str, ...]


def detect(table: str, columns: Mapping[str, pd.Series[Any]]) -> dict[str, Finding]:
    """Return the columns of a table that seem to hold personal data.

    Args:
        table: Name of the table; ``name`` in a table of patients is that of a person.
        columns: Column name to values; a sample of some hundred rows is enough.

    >>> import pandas as pd
    >>> people = {"col_1": pd.Series(["a@b.org", "c@d.org"]), "age": pd.Series([33, 40])}
    >>> detect("t", people)["col_1"].reason
    '100 % of the values look like e-mail addresses'
    """
    looks = {name: _look(table, name, values) for name, values in columns.items()}
    found = {name: finding for name, look in looks.items() if (finding := _judge(look)) is not None}
    kinds = {finding.kind for finding in found.values()}
    left = [look for name, look in looks.items() if name not in found]
    if is_about_people(table) or kinds & _OF_PEOPLE:
        dates = ((look, _birth_by_values(look)) for look in left)
        found |= {look.column: finding for look, finding in dates if finding is not None}
    if "first_name" in kinds and "last_name" not in kinds:
        found |= _family_names(left)
    return {name: found[name] for name in looks if name in found}


_OF_PEOPLE = frozenset({"email", "first_name", "last_name", "name", "national_id", "passport"})


def _look(table: str, column: str, values: pd.Series[Any]) -> _Look:
    present = values.dropna()
    form = form_of(describe(values))
    texts: tuple[str, ...] = ()
    if form in {"text", "int"}:
        texts = tuple(dict.fromkeys(map(str, present)))[:LOOKED_AT]
    elif form == "float" and len(present) and bool((present % 1 == 0).all()):
        form = "int"
        texts = tuple(str(int(value)) for value in present.drop_duplicates().head(LOOKED_AT))
    return _Look(column, read_name(column, table), form, present, texts)


def _judge(look: _Look) -> Finding | None:
    """Return the finding of a column by itself."""
    if look.hint.certain and look.hint.kind is not None and _may_be(look, look.hint.kind):
        return _finding(look, look.hint.kind, "its name says so", 0.95)
    if look.form != "text" or not look.texts:
        return _weak(look)
    kind, share = shape_of(look.texts)
    if kind is not None and share >= _MOST and not _explained(look, kind):
        reason = f"{share:.0%} of the values look like {_LABELS[kind]}".replace("%", " %")
        return _finding(look, kind, reason, 0.5 + share / 2)
    return _weak(look) or _free_text(look) or _by_names(look)


def _explained(look: _Look, kind: str) -> bool:
    """Return whether the name says that values of this shape are something else."""
    words = set(tokens(look.column))
    if kind == "ip":
        return bool(words & {"version", "release", "build", "firmware", "ver"})
    if kind in {"phone", "postcode", "address"}:
        return look.hint.about or bool(words & _NUMBERED)
    return False


_NUMBERED = frozenset({
    "sku", "part", "isbn", "serial", "invoice", "order", "ticket", "tracking", "barcode", "ean",
    "upc", "reference", "ref", "version", "coordinate", "coordinates", "range", "period",
    "dimensions", "size", "case",
})  # fmt: skip
"""Words of names whose values only look like phone numbers."""


def _weak(look: _Look) -> Finding | None:
    """Return the finding of a name that may say it, where the values agree."""
    kind = look.hint.kind
    if kind is None or look.hint.certain or kind == "text":
        return None
    if kind in SHAPES and look.texts and share_of(kind, look.texts) >= _SOME:
        return _finding(look, kind, "its name and its values say so", 0.8)
    if kind == "postcode" and _may_be(look, kind):
        return _finding(look, kind, "its name and its values say so", 0.7)
    if kind in {"name", "user_name"} and look.form == "text" and look.texts:
        share, part = share_of_names(look.texts)
        if share >= _SOME:
            return _finding(look, part, "its name and its values say so", 0.8)
        if kind == "user_name" and (_are_handles(look) or share_of_handles(look.texts) >= _SOME):
            return _finding(look, kind, "its name and its values say so", 0.75)
    return None


def _are_handles(look: _Look) -> bool:
    """Return whether most values are single words of small letters, and hardly one occurs twice."""
    shaped = sum(_HANDLE.fullmatch(text) is not None for text in look.texts)
    different = len(look.texts) >= _MOST * min(len(look.known), LOOKED_AT)
    return different and shaped >= _MOST * len(look.texts)


_HANDLE = re.compile(r"[a-z][a-z0-9._-]{2,29}")


def _by_names(look: _Look) -> Finding | None:
    """Return the finding of a text column of names that its own name says nothing of."""
    if look.hint.about:
        return None
    share, part = share_of_names(look.texts)
    # Few different values are categories: "White" and "Black" are family names too.
    if share >= (_SOME if len(look.texts) >= _FEW_TEXTS else _MOST):
        reason = f"{share:.0%} of the values look like {_LABELS[part]}".replace("%", " %")
        return _finding(look, part, reason, 0.4 + share / 2)
    if share_of_handles(look.texts) >= _MANY:
        return _finding(look, "user_name", "the values are made of names of people", 0.6)
    return None


def _family_names(looks: Sequence[_Look]) -> dict[str, Finding]:
    """Return the column beside given names that looks most like family names."""
    texts = [look for look in looks if look.form == "text" and look.texts and not look.hint.about]
    shares = {look.column: share_of_names(look.texts)[0] for look in texts}
    best = max(texts, key=lambda look: shares[look.column], default=None)
    if best is None or shares[best.column] < _FEW:
        return {}
    return {
        best.column: _finding(best, "last_name", "beside given names, most like family names", 0.7)
    }


def _free_text(look: _Look) -> Finding | None:
    """Return the finding of sentences that hold personal data."""
    words = float(np.median([len(text.split()) for text in look.texts]))
    if words < _FREE_WORDS:
        return None
    share = share_inside(look.texts)
    if share < _INSIDE:
        return None
    reason = f"{share:.0%} of the texts hold something personal".replace("%", " %")
    return _finding(look, "text", reason, 0.8)


def _birth_by_values(look: _Look) -> Finding | None:
    """Return the finding of dates that span lives, in a table of people."""
    years = _years(look)
    if years is None or look.hint.about or not len(years):
        return None
    low, high = np.quantile(years, [0.25, 0.75])
    if years.min() >= _FIRST_BORN and high - low >= _SPREAD_YEARS and low <= _ADULT_YEAR:
        return _finding(look, "birth_date", "dates that span lives, beside people", 0.7)
    return None


def _years(look: _Look) -> np.ndarray[Any, Any] | None:
    """Return the years of a column of dates, as types or as text; ``None`` for another one."""
    if look.form in {"date", "datetime"}:
        if look.known.dtype == object:
            return np.array([value.year for value in look.known], dtype=float)
        return np.asarray(look.known.dt.year, dtype=float)
    if look.form != "text" or not look.texts:
        return None
    found = [_DATED.fullmatch(text.strip()) for text in look.texts]
    if not all(found):
        return None
    return np.array([float(match[1] or match[2]) for match in found if match], dtype=float)


_DATED = re.compile(
    r"(\d{4})[-/.]\d{1,2}[-/.]\d{1,2}(?:[T ].*)?|"
    r"\d{1,2}[-/. ](?:\d{1,2}|[A-Za-z]{3,9})[-/. ](\d{4})"
)


def _may_be(look: _Look, kind: str) -> bool:
    return not len(look.known) or is_plausible(kind, look.form, look.texts)


def _finding(look: _Look, kind: str, reason: str, sure: float) -> Finding:
    provider = _PROVIDERS[kind]
    if kind == "ip" and any(":" in text for text in look.texts):
        provider = "ipv6"
    if kind == "address" and not any("," in text or "\n" in text for text in look.texts):
        provider = "street_address"
    if kind in _MASKED and look.form == "text":
        return Finding(kind, PiiRule("mask"), reason, sure)
    same = infer_provider(look.column) == provider
    return Finding(kind, PiiRule("fake", None if same else provider), reason, sure)
