"""What a row says of the person it describes: where they live, what they speak, their sex."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from synthohive_jupyter.privacy.locales import choose_locale
from synthohive_jupyter.privacy.providers import fold, tokens

if TYPE_CHECKING:
    from collections.abc import Iterable


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_TAG = _words("locale")
_COUNTRY = _words(
    "country pays land pais paese kraj nation nationality citizenship nationalite nationalitat "
    "staatsangehorigkeit nacionalidad nacionalidade nazionalita nationaliteit iso2 iso3"
)
_LANGUAGE = _words("language lang langue sprache idioma lingua taal jezyk")
_SEX = _words(
    "sex gender sexe geschlecht genero sexo genere sesso geslacht plec salutation anrede "
    "civilite genre"
)
_FEMALE = _words(
    "f female w woman weiblich frau femme feminin mujer femenino feminino mulher donna femmina "
    "femminile vrouw v vrouwelijk kobieta k mrs ms miss mme madame mevrouw sra signora"
)
_MALE = _words(
    "m male man mannlich herr homme masculin hombre masculino homem uomo maschio maschile "
    "mannelijk mezczyzna mr monsieur dhr sr signor"
)


def find_column(columns: Iterable[str], words: frozenset[str]) -> str | None:
    """Return the first column with one of the words in its name, or ``None``.

    >>> find_column(["id", "homeCountry", "land"], _COUNTRY)
    'homeCountry'
    """
    for column in columns:
        parts = set(tokens(column)) | {"".join(tokens(column))}
        if parts & words:
            return column
    return None


def read_locales(frame: pd.DataFrame, default: str) -> tuple[tuple[str, ...], np.ndarray]:
    """Return the locales that occur and the place of each row's in them."""
    found = [find_column(frame.columns, words) for words in (_COUNTRY, _LANGUAGE, _TAG)]
    codes = np.zeros(len(frame), dtype=np.intp)
    choices: list[tuple[str | None, ...]] = [()]
    for column in found:
        # One column more refines the combinations seen so far; none adds an empty part.
        part, texts = _parts(frame, column)
        combined = codes * len(texts) + part
        seen, codes = np.unique(combined, return_inverse=True)
        choices = [(*choices[c // len(texts)], texts[c % len(texts)]) for c in seen.tolist()]
    named = [choose_locale(*choice) or default for choice in choices]
    names = tuple(sorted(set(named)))
    return names, np.array([names.index(n) for n in named], dtype=np.intp)[codes]


def _parts(frame: pd.DataFrame, column: str | None) -> tuple[np.ndarray, list[str | None]]:
    """Return the distinct texts of a column, ``None`` first, and the place of each row's."""
    if column is None:
        return np.zeros(len(frame), dtype=np.intp), [None]
    codes, values = pd.factorize(frame[column].astype(object))
    return codes.astype(np.intp) + 1, [None, *(str(value) for value in values)]


def read_sex(frame: pd.DataFrame) -> np.ndarray:
    """Return 1 for female, 0 for male, -1 where a row does not say; int8."""
    codes, texts = _parts(frame, find_column(frame.columns, _SEX))
    meanings = [-1 if text is None else _sex_of(text) for text in texts]
    sex: np.ndarray = np.array(meanings, dtype=np.int8)[codes]
    return sex


def _sex_of(text: str) -> int:
    word = fold(text).strip(" .")
    if word in _FEMALE:
        return 1
    return 0 if word in _MALE else -1
