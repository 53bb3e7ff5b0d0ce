"""Pools of Faker's values: drawn once per (provider, locale) and process, then combined by numpy.

Calling Faker for every row takes 2 to 200 µs a value; indexing a pool takes some tens of ns. A
pool has a fixed seed of its own, so it is the same in every process; which rows get which of its
values is decided by the seed of the run.
"""

from __future__ import annotations

import functools
import threading
from typing import TYPE_CHECKING, Any

import numpy as np

from synthohive_jupyter.privacy.locales import DEFAULT_LOCALE
from synthohive_jupyter.privacy.rows import lane_key

if TYPE_CHECKING:
    from synthohive_jupyter.privacy.rows import Rows

POOL_SIZE = 1000
"""Values in a pool. Names combine two pools, so a locale has up to 1,000,000 of them."""

_METHODS = frozenset(
    {"first_name_female", "first_name_male", "last_name_female", "last_name_male", "city",
     "postcode", "street_address", "state", "country", "company", "job", "sentence", "word", "ssn",
     "iban", "phone_number", "passport_number", "license_plate"}
)  # fmt: skip
_one_at_a_time = threading.Lock()  # two threads would take turns with one generator's numbers


@functools.cache
def pool(method: str, locale: str) -> np.ndarray:
    """Return the pool of a method of Faker: a read-only object array of `POOL_SIZE` texts.

    A locale that lacks the method borrows the values of `DEFAULT_LOCALE`.
    """
    if method not in _METHODS:
        raise KeyError(method)
    one_value = getattr(_generator(locale), method, None)
    if one_value is None:
        return pool(method, DEFAULT_LOCALE)
    with _one_at_a_time:
        # An instance of its own source of randomness; Faker's shared one is never touched.
        _generator(locale).seed_instance(int(lane_key(locale, method)))
        texts = [" ".join(str(one_value()).split()) for _ in range(POOL_SIZE)]
    values = np.array(texts, dtype=object)
    values.flags.writeable = False
    return values


@functools.cache
def _generator(locale: str) -> Any:  # noqa: ANN401 - Faker has no types
    import faker

    return faker.Faker(locale)


def draw(rows: Rows, method: str, *lane: object) -> np.ndarray:
    """Return one value of the pool of the row's locale a row."""
    places = rows.pick(POOL_SIZE, method, *lane)
    values = np.empty(len(rows), dtype=object)
    for locale, at in rows.by_locale():
        values[at] = pool(method, locale)[places[at]]
    return values
