"""Keyed digests: pseudonyms of real values, and the memory of which values are taken.

A plain or salted hash of a short value is undone by trying all values; HMAC with a secret key is
not. The key never stands in a record, a log or a ``repr``.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import os
import re
import secrets

import numpy as np
import pandas as pd

from synthohive_jupyter.errors import PrivacyError

KEY_VARIABLE = "SYNTHOHIVE_HMAC_KEY"
KEY_BYTES = 32
_PUNCTUATION = re.compile(r"[\W_]+")


def find_key() -> bytes:
    """Return the key of the environment, or a fresh one that lives as long as the run.

    `KEY_VARIABLE` holds at least 32 bytes: as hexadecimal digits, else as base64, else as the text
    itself, whichever of them fits first.

    Raises:
        PrivacyError: If the variable is set and too short.
    """
    text = os.environ.get(KEY_VARIABLE)
    if not text:
        return secrets.token_bytes(KEY_BYTES)
    return checked_key(_decoded(text.strip()), KEY_VARIABLE)


def checked_key(key: bytes, source: str) -> bytes:
    """Return ``key``, or raise `PrivacyError` if it is shorter than `KEY_BYTES`."""
    if len(key) < KEY_BYTES:
        raise PrivacyError(
            f"the key in {source} has fewer than {KEY_BYTES} bytes; make one with "
            'python -c "import secrets; print(secrets.token_hex(32))"'
        )
    return key


def _decoded(text: str) -> bytes:
    if len(text) >= 2 * KEY_BYTES and re.fullmatch(r"(?:[0-9a-fA-F]{2})+", text):
        return bytes.fromhex(text)
    try:
        found = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        found = b""
    return found if len(found) >= KEY_BYTES else text.encode()


class Pseudonyms:
    """HMAC-SHA-256 under one key, separated by table and column.

    The same value has unrelated pseudonyms in two columns, so that tables cannot be joined by them.
    """

    __slots__ = ("_key",)

    def __init__(self, key: bytes) -> None:
        self._key = key

    def __repr__(self) -> str:
        return "Pseudonyms(key hidden)"

    def digests(self, table: str, column: str, texts: np.ndarray) -> np.ndarray:
        """Return 64 hexadecimal digits for each text, an object array."""
        prefix = _prefix(table, column)
        known = {
            text: hmac.digest(
                self._key, prefix + text.encode("utf-8", "surrogatepass"), "sha256"
            ).hex()
            for text in set(texts.tolist())
        }
        return np.array([known[text] for text in texts.tolist()], dtype=object)

    def marks(self, table: str, column: str, texts: np.ndarray) -> np.ndarray:
        """Return 64 bits for each text, uint64: keyed BLAKE2b, which is a MAC and fast."""
        key = hmac.digest(self._key, b"marks" + _prefix(table, column), "sha256")
        digests = [
            hashlib.blake2b(t.encode("utf-8", "surrogatepass"), key=key, digest_size=8).digest()
            for t in texts.tolist()
        ]
        return np.frombuffer(b"".join(digests), dtype=np.uint64)


def _prefix(table: str, column: str) -> bytes:
    """Return table and column with their lengths, so that no two pairs read the same."""
    parts = (table.encode(), column.encode())
    return b"".join(len(part).to_bytes(4, "big") + part for part in parts)


def comparable(texts: np.ndarray) -> np.ndarray:
    """Return texts without case, punctuation and leading zeros; all of it where nothing is left.

    >>> comparable(np.array(["+1 (555) 01-00", "Ann.Lee@Example.com", "--"], dtype=object)).tolist()
    ['15550100', 'annleeexamplecom', '--']
    """
    found = [_PUNCTUATION.sub("", text.casefold()).lstrip("0") or text for text in texts.tolist()]
    return np.array(found, dtype=object)


class Taken:
    """The real values of one column that no fake may equal, as keyed marks, in memory only.

    Args:
        pseudonyms: The key of the run.
        table: Name of the table.
        column: Name of the column.
        texts: The real values without nulls.
        below: Remember only values that fewer rows have; 0 remembers all.
    """

    __slots__ = ("_marks", "_place", "_pseudonyms")

    def __init__(
        self, pseudonyms: Pseudonyms, table: str, column: str, texts: np.ndarray, *, below: int = 0
    ) -> None:
        self._pseudonyms = pseudonyms
        self._place = (table, column)
        codes, values = _distinct(comparable(texts))
        rare = values[np.bincount(codes) < below] if below else values
        self._marks = pseudonyms.marks(table, column, rare)

    def holds(self, texts: np.ndarray) -> np.ndarray:
        """Return whether each text is one of the values, a boolean array."""
        codes, values = _distinct(comparable(texts))
        known = np.isin(self._pseudonyms.marks(*self._place, values), self._marks)
        found: np.ndarray = known[codes]
        return found


def _distinct(texts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the place of each text among the distinct ones, and these."""
    codes, values = pd.factorize(texts)
    return codes, np.asarray(values, dtype=object)
