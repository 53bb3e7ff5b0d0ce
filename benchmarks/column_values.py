"""Values of the labelled columns of `personal_columns`, by their kind."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Callable

ROWS = 300


def values_of(kind: str, locale: str, seed: int) -> list[Any] | np.ndarray[Any, Any]:
    """Return the values of a column of a kind, with Faker of a locale."""
    return _values(kind, _faker(locale, seed), np.random.default_rng(seed + 1))


def _faker(locale: str, seed: int) -> Any:  # noqa: ANN401 - Faker has no types
    import faker

    made = faker.Faker(locale)
    made.seed_instance(seed)
    return made


def _values(kind: str, fake: Any, rng: np.random.Generator) -> list[Any] | np.ndarray[Any, Any]:  # noqa: ANN401 - Faker has no types
    if kind in _NUMBERS:
        return _NUMBERS[kind](rng)
    if kind in _WORDS:
        return rng.choice(_WORDS[kind], ROWS)
    if kind in {"day", "date_of_birth"}:
        return _dates(kind, rng)
    if kind in {"product", "team", "file", "code", "version", "hostname"}:
        return [_made_up(kind, fake, rng) for _ in range(ROWS)]
    if kind == "free_text":
        return [_note(fake, rng) for _ in range(ROWS)]
    method = {"colour": "color_name", "coordinate": "latitude", "uuid": "uuid4"}.get(kind, kind)
    return [str(getattr(fake, method)()) for _ in range(ROWS)]


_NUMBERS: dict[str, Callable[[np.random.Generator], np.ndarray[Any, Any]]] = {
    "count": lambda rng: rng.poisson(4, ROWS),
    "flag": lambda rng: rng.random(ROWS) < 0.6,
    "amount": lambda rng: np.round(rng.gamma(2, 40, ROWS), 2),
    "coordinate": lambda rng: np.round(rng.uniform(-80, 80, ROWS), 5),
    "temperature": lambda rng: np.round(rng.normal(15, 8, ROWS), 1),
    "number": lambda rng: rng.integers(1, 5_000, ROWS),
}
_WORDS = {
    "choice": ["home", "work", "other", "mobile", "basic"],
    "country": ["Germany", "France", "Spain", "Italy", "Poland", "Japan", "Peru", "Kenya"],
}


def _dates(kind: str, rng: np.random.Generator) -> list[Any] | pd.DatetimeIndex:
    born = kind == "date_of_birth"
    first, days = ("1935-01-01", 25_500) if born else ("2021-01-01", 1_500)
    dates = pd.Timestamp(first) + pd.to_timedelta(rng.integers(0, days, ROWS), unit="D")
    form = rng.integers(0, 4)
    if form == 0:
        return list(dates.strftime("%d.%m.%Y"))
    if form == 1:
        return list(dates.strftime("%Y-%m-%d"))
    return list(dates.date) if form == 2 else dates


def _made_up(kind: str, fake: Any, rng: np.random.Generator) -> str:  # noqa: ANN401 - Faker has no types
    def pick(text: str) -> str:
        return str(rng.choice(text.split()))

    number = int(rng.integers(0, 10_000))
    if kind == "product":
        first = pick("Compact Classic Ultra Eco Smart Royal Mini Deluxe Urban Alpine Silver")
        thing = pick("Chair Lamp Kettle Drill Backpack Monitor Tent Desk Mug Bike")
        return f"{first} {thing} {number % 90}"
    if kind == "team":
        first = pick("Northern Red Sales Marketing Spring Data Blue Central Summer Finance")
        return (
            f"{first} {pick('Lions Group Team Academy Campaign Festival Unit School Department')}"
        )
    if kind == "file":
        return f"{pick('scan report image export backup')}_{number}.{pick('pdf png csv docx')}"
    if kind == "version":
        return (
            f"{number % 9}.{number % 20}.{number % 7}{pick('| |.' + str(number % 99)).strip('|')}"
        )
    if kind == "hostname":
        return f"{pick('web db mail cache')}{number % 40}.{fake.domain_name()}"
    form = pick(
        "INV-{y}-{n:06d} {n:04d}-{m:04d} SKU{n:05d} {l}{n:04d}/{m:02d} {n:04d}{m:04d} A{n:04d}-{l}"
    )
    return form.format(y=2020 + number % 5, n=number, m=number % 89, l=pick("X Y AB QR"))


_PLAIN_NOTES = (
    "called twice and left no message", "wants the delivery in the morning", "prefers paper bills",
    "asked for a refund of the last order", "very happy with the service", "complained about noise",
)  # fmt: skip


def _note(fake: Any, rng: np.random.Generator) -> str:  # noqa: ANN401 - Faker has no types
    text = str(rng.choice(_PLAIN_NOTES))
    chance = rng.random()
    if chance < 0.08:
        return f"{text}, reach them at {fake.email()}"
    if chance < 0.14:
        return f"{text}; new number is {fake.phone_number()}"
    if chance < 0.2:
        return f"{text}. Spoke to {rng.choice(['Mr.', 'Mrs.', 'Dr.'])} {fake.last_name()}"
    return text
