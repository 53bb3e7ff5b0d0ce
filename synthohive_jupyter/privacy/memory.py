"""What is kept of columns with personal data: their place and shape, never a value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from synthohive_jupyter.errors import ModelFileError, PrivacyError
from synthohive_jupyter.privacy.codes import CODES
from synthohive_jupyter.privacy.config import ACTIONS
from synthohive_jupyter.privacy.forms import describe, form_of, provider_for
from synthohive_jupyter.privacy.masks import MaskShapes
from synthohive_jupyter.privacy.providers import PROVIDERS

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    import pandas as pd

    from synthohive_jupyter.privacy.config import PiiRule

_SHARE_DIGITS = 6
_OF_THEIR_OWN = CODES | {"email", "user_name", "neutral", "url"}
"""Providers that are drawn without repeats where the real column has none."""


@dataclass(frozen=True, slots=True)
class ColumnMemory:
    """One column of personal data.

    Attributes:
        column: Its name.
        action: What happens to it, one of `config.ACTIONS` but ``keep``.
        dtype: Its type, as `forms.describe` gives it.
        null_share: Share of nulls in the real data.
        provider: What is faked, for ``fake`` and ``custom``.
        unique: Whether no value may occur twice.
        shapes: The masks of the column, for ``mask``.
    """

    column: str
    action: str
    dtype: str
    null_share: float = 0.0
    provider: str | None = None
    unique: bool = False
    shapes: MaskShapes | None = None

    @classmethod
    def learn(
        cls, table: str, series: pd.Series[Any], rule: PiiRule, texts: np.ndarray, *, unique: bool
    ) -> ColumnMemory:
        """Look at a real column.

        Args:
            table: Name of the table.
            series: The column.
            rule: What happens to it.
            texts: Its values that are not null, as text.
            unique: Whether it is declared to be unique.

        Raises:
            PrivacyError: If the rule does not fit the type of the column.
        """
        name, dtype = str(series.name), describe(series)
        provider, shapes = None, None
        if rule.action in ("fake", "custom"):
            provider = provider_for(f"{table}.{name}", name, rule.provider, dtype)
            differs = len(texts) > 1 and len(set(texts.tolist())) == len(texts)
            unique = unique or (differs and provider in _OF_THEIR_OWN)
        elif rule.action == "mask":
            shapes = MaskShapes.fit(texts, rule.keep_last)
        share = round(1.0 - len(texts) / len(series), _SHARE_DIGITS) if len(series) else 0.0
        return cls(name, rule.action, dtype, share, provider, unique, shapes)

    def to_dict(self) -> dict[str, Any]:
        """Return the column as JSON-safe values."""
        return {
            "column": self.column,
            "action": self.action,
            "dtype": self.dtype,
            "null_share": self.null_share,
            "provider": self.provider,
            "unique": self.unique,
            "shapes": None if self.shapes is None else dict(self.shapes.shapes),
        }

    @classmethod
    def from_dict(cls, record: Mapping[str, Any]) -> ColumnMemory:
        """Rebuild a column from `to_dict`; `ValueError` and its kin if a part is wrong."""
        shapes, provider = record["shapes"], record["provider"]
        memory = cls(
            column=str(record["column"]),
            action=str(record["action"]),
            dtype=str(record["dtype"]),
            null_share=float(record["null_share"]),
            provider=provider,
            unique=bool(record["unique"]),
            shapes=None
            if shapes is None
            else MaskShapes({str(shape): int(number) for shape, number in shapes.items()}),
        )
        form_of(memory.dtype)
        wrong = (
            memory.action not in ACTIONS
            or not 0.0 <= memory.null_share <= 1.0
            or (provider is not None and provider not in PROVIDERS)
            or (provider is None) == (memory.action in ("fake", "custom"))
            or (shapes is None) == (memory.action == "mask")
            or (memory.shapes is not None and min(memory.shapes.shapes.values(), default=1) < 1)
        )
        if wrong:
            raise ValueError(memory.column)
        return memory


@dataclass(frozen=True, slots=True)
class TableMemory:
    """One table: all its columns in order, and its columns of personal data."""

    columns: tuple[str, ...]
    pii: tuple[ColumnMemory, ...]

    def null_shares(self, table: str, wanted: Mapping[str, float]) -> dict[str, float]:
        """Return the share of nulls of each column of personal data, ``wanted`` ones first.

        Raises:
            PrivacyError: If a share is no share, or its column has no rule.
        """
        shares = {column.column: column.null_share for column in self.pii}
        for name, share in wanted.items():
            if name not in shares:
                raise PrivacyError(f"{table}.{name}: a null share for a column without a pii rule")
            if not 0.0 <= share <= 1.0:
                raise PrivacyError(f"{table}.{name}: a null share lies between 0 and 1")
            shares[name] = float(share)
        return shares

    def to_dict(self) -> dict[str, Any]:
        """Return the table as JSON-safe values."""
        return {"columns": list(self.columns), "pii": [column.to_dict() for column in self.pii]}

    @classmethod
    def from_dict(cls, record: Mapping[str, Any]) -> TableMemory:
        """Rebuild a table from `to_dict`.

        Raises:
            ModelFileError: If the record is damaged.
        """
        try:
            columns = tuple(str(column) for column in record["columns"])
            return cls(columns, tuple(ColumnMemory.from_dict(entry) for entry in record["pii"]))
        except (AttributeError, KeyError, TypeError, ValueError):
            raise ModelFileError("the privacy record is damaged") from None
