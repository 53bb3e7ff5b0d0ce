"""`ContextualFaker`: values that look like personal data, fit their row, and belong to nobody."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from synthohive_jupyter.errors import PrivacyError
from synthohive_jupyter.privacy import people
from synthohive_jupyter.privacy.codes import CODES, draw_code
from synthohive_jupyter.privacy.context import read_locales, read_sex
from synthohive_jupyter.privacy.locales import DEFAULT_LOCALE, LOCALES
from synthohive_jupyter.privacy.pools import draw
from synthohive_jupyter.privacy.providers import DIGITS, PROVIDERS, TEXT, canonical
from synthohive_jupyter.privacy.rows import ATTEMPTS, Rows
from synthohive_jupyter.schema.suggestions import suggest
from synthohive_jupyter.seeding import integer_seed

_NAMING = frozenset({"first_name", "first_name_female", "first_name_male", "last_name", "name"})

_TOGETHER = {
    **dict.fromkeys([*_NAMING, "email", "user_name"], "person"),
    **dict.fromkeys(["street_address", "city", "postcode", "address"], "place"),
}
"""Providers whose columns agree within a row, and are drawn again together."""
_TRIES = 8

Hold = Callable[[str, np.ndarray], np.ndarray]
"""Column and new texts to the texts as the column holds them."""
Reject = Callable[[str, np.ndarray], np.ndarray]
"""Column and new texts, as held, to a boolean array: which of them may not stand there."""


@dataclass(frozen=True, slots=True)
class _Slot:
    """One column to fill: the ``nth`` of its provider in the table, about one ``person``."""

    column: str
    provider: str
    nth: int
    person: int
    unique: bool


class ContextualFaker:
    """Draws fakes that follow their row.

    The locale follows a country, nationality, language or locale column of the row, given names a
    sex or gender column. Columns of one person agree: the e-mail address and the full name are made
    of the first and last name beside them; a second column of a kind (``contact_name``) is a second
    person. The same seed, table and row give the same fake, whatever rows are drawn beside it (rows
    that are drawn again, see ``reject``, and repeated values of ``unique`` columns aside).

    Args:
        locale: Locale of rows that name none.
        seed: Seed of all draws.

    Raises:
        PrivacyError: If the locale is unknown.
    """

    def __init__(self, locale: str = DEFAULT_LOCALE, *, seed: int = 0) -> None:
        if locale not in LOCALES:
            near = suggest(locale, LOCALES)
            raise PrivacyError(f"unknown locale '{locale}' of fakes{f' ({near})' if near else ''}")
        self.locale = locale
        self.seed = seed

    def fake(
        self,
        table: str,
        providers: Mapping[str, str],
        context: pd.DataFrame,
        *,
        unique: Collection[str] = (),
        first_row: int = 0,
        stream: int = 0,
        hold: Hold | None = None,
        reject: Reject | None = None,
    ) -> pd.DataFrame:
        """Return fakes for the rows of ``context``, as text (dates in ISO form).

        Args:
            table: Name of the table; it is part of the seed.
            providers: Column to provider (`providers.PROVIDERS` or an alias).
            context: One row for each row to fill; its index is kept.
            unique: Columns in which no value may occur twice.
            first_row: Number of the first row in its table, when a table is filled in parts.
            stream: Number of an independent draw for the same rows.
            hold: Brings texts to the form that a column holds (only digits, say).
            reject: Says which values may not stand. They are drawn again, together with the columns
                that agree with them; dates and numbers may run out, what is left then stays.

        Raises:
            PrivacyError: If a provider is unknown, or a ``unique`` column too small.

        >>> people = pd.DataFrame({"country": ["France", "Japan"], "sex": ["f", "m"]})
        >>> fakes = ContextualFaker(seed=7).fake("users", {"mail": "email", "who": "name"}, people)
        >>> fakes.columns.tolist(), fakes["mail"].str.contains("@example[.]").all()
        (['mail', 'who'], np.True_)
        """
        key = integer_seed(self.seed, table, "privacy", stream)
        names, codes = read_locales(context, self.locale)
        ordinals = np.arange(first_row, first_row + len(context), dtype=np.uint64)
        rows = Rows(key, ordinals, names, codes, read_sex(context))
        filling = _Filling(
            rows,
            hold or (lambda _, texts: texts),
            reject or (lambda _, texts: np.zeros(len(texts), dtype=bool)),
        )
        values = filling.columns(_slots(providers, unique), table)
        return pd.DataFrame(values, index=context.index, columns=list(providers), dtype=object)


def known_provider(provider: str) -> str:
    """Return the name of a provider as `PROVIDERS` has it.

    Raises:
        PrivacyError: If there is no such provider; the message lists them, near ones first.
    """
    found = canonical(provider)
    if found is None:
        near = suggest(provider, PROVIDERS)
        raise PrivacyError(
            f"unknown fake provider '{provider}'; {f'{near} ' if near else ''}"
            f"known: {', '.join(sorted(PROVIDERS))}"
        )
    return found


def _slots(providers: Mapping[str, str], unique: Collection[str]) -> tuple[_Slot, ...]:
    """Say which person and place each column is about, by its rank among its kind."""
    named = {column: known_provider(provider) for column, provider in providers.items()}
    counts = Counter(provider for provider in named.values() if provider in _NAMING)
    people_named = max(counts.values(), default=1)
    seen: Counter[str] = Counter()
    slots = []
    for column, provider in named.items():
        nth = seen[provider]
        seen[provider] += 1
        # A second e-mail address beside one name is another address of the same person.
        person = nth if provider in _NAMING else min(nth, people_named - 1)
        slots.append(_Slot(column, provider, nth, person, column in unique))
    return tuple(slots)


def _values_of(slot: _Slot, rows: Rows) -> np.ndarray:
    """Return the values of one column, an object array of text."""
    builder = _BUILDERS.get(slot.provider)
    if builder is not None:
        return builder(slot, rows)
    if slot.provider in CODES:
        return draw_code(slot.provider, rows, slot.nth)
    return draw(rows, slot.provider, slot.nth)


def _first_name(slot: _Slot, rows: Rows) -> np.ndarray:
    declared = slot.provider.removeprefix("first_name_")
    female = None if declared == slot.provider else np.full(len(rows), declared == "female")
    return people.first_name(rows, slot.person, female=female)


_BUILDERS: dict[str, Callable[[_Slot, Rows], np.ndarray]] = {
    "first_name": _first_name,
    "first_name_female": _first_name,
    "first_name_male": _first_name,
    "last_name": lambda s, rows: people.last_name(rows, s.person),
    "name": lambda s, rows: people.name(rows, s.person),
    "email": lambda s, r: people.email(r, s.person, s.nth, unique=s.unique),
    "user_name": lambda s, r: people.user_name(r, s.person, s.nth, unique=s.unique),
    "address": lambda s, rows: people.address(rows, s.nth),
    "url": lambda s, rows: people.url(rows, s.nth),
    "date": lambda s, rows: people.date(rows, s.provider, s.nth),
    "date_of_birth": lambda s, rows: people.date(rows, s.provider, s.nth),
    "latitude": lambda s, rows: people.coordinate(rows, s.provider, s.nth),
    "longitude": lambda s, rows: people.coordinate(rows, s.provider, s.nth),
    "neutral": lambda s, rows: people.neutral(rows, s.nth),
}
"""Providers that are more than a code or a value of a pool."""


@dataclass(frozen=True, slots=True)
class _Filling:
    """The filling of all columns of one table."""

    rows: Rows
    hold: Hold
    reject: Reject

    def columns(self, slots: tuple[_Slot, ...], table: str) -> dict[str, np.ndarray]:
        """Return every column, an object array of text."""
        values = {slot.column: self._column(slot, self.rows) for slot in slots}
        groups: dict[str, list[_Slot]] = {}
        for slot in slots:
            groups.setdefault(_TOGETHER.get(slot.provider, f"column {slot.column}"), []).append(
                slot
            )
        for group in groups.values():
            self._again(values, group)
        for slot in slots:
            if slot.unique:
                self._make_unique(values[slot.column], f"{table}.{slot.column}", slot)
        return values

    def _column(self, slot: _Slot, rows: Rows) -> np.ndarray:
        return self.hold(slot.column, _values_of(slot, rows))

    def _again(self, values: dict[str, np.ndarray], group: list[_Slot]) -> None:
        """Draw the rows of a group again while one of its values is rejected.

        Text that is rejected to the end of the plain and doubled attempts becomes neutral text.
        """
        bad = {slot.column: self.reject(slot.column, values[slot.column]) for slot in group}
        for attempt in range(1, ATTEMPTS):
            places = np.flatnonzero(np.logical_or.reduce(list(bad.values())))
            if not len(places):
                return
            some = self.rows.take(places, attempt=attempt)
            for slot in group:
                column, wrong = values[slot.column], bad[slot.column]
                if not some.neutral:
                    column[places] = self._column(slot, some)
                    wrong[places] = self.reject(slot.column, column[places])
                elif PROVIDERS[slot.provider] in (TEXT, DIGITS):
                    here = np.flatnonzero(wrong)
                    words = people.neutral(self.rows.take(here, attempt=attempt), slot.nth)
                    column[here] = self.hold(slot.column, words)
                    wrong[here] = self.reject(slot.column, column[here])

    def _make_unique(self, column: np.ndarray, place: str, slot: _Slot) -> None:
        """Add the row's number to repeated values, in place."""
        for _ in range(_TRIES):
            again = np.flatnonzero(pd.Series(column).duplicated().to_numpy())
            if not len(again):
                return
            numbers = (self.rows.ordinals[again] + np.uint64(1)).astype(str).astype(object)
            column[again] = self.hold(slot.column, column[again] + "-" + numbers)
        raise PrivacyError(f"{place}: there are not enough different fakes for a unique column")
