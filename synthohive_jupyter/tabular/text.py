"""The codec of text that is not a category: one code, and look-alikes when decoded."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np
import pandas as pd

from synthohive_jupyter.tabular.codecs import Codec, Codes, Floats, Integers, Scalars, Values
from synthohive_jupyter.tabular.patterns import TextPattern
from synthohive_jupyter.tabular.records import part

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class TextCodec(Codec):
    """Text that is never stored; models see only whether there is one.

    Attributes:
        pattern: Makes texts of the same format.
    """

    kind: ClassVar[str] = "text"

    pattern: TextPattern

    @classmethod
    def fit(cls, values: Values, *, families: Integers | None, rng: np.random.Generator) -> Self:
        """Learn the format of texts."""
        texts = pd.Series(values, dtype=object)
        return cls(TextPattern.fit(texts, families=families, rng=rng))

    @property
    def shares(self) -> Floats:
        """One code for everything."""
        return np.ones(1)

    def encode(self, values: Values, rng: np.random.Generator) -> tuple[Codes, Scalars | None]:  # noqa: ARG002 - there is nothing to draw
        """Return the one code."""
        return np.zeros(len(values), dtype=np.int32), None

    def decode(self, codes: Codes, scalars: Scalars, rng: np.random.Generator) -> Values:  # noqa: ARG002 - text has no scalars
        """Return new texts."""
        return self.pattern.sample(len(codes), rng)

    def to_dict(self) -> dict[str, Any]:
        """Return the codec as JSON-safe values."""
        return {"kind": self.kind, "pattern": self.pattern.to_dict()}

    @classmethod
    def from_dict(cls, record: Mapping[str, Any]) -> Self:
        """Rebuild the codec; `ModelFileError` if the record is damaged."""
        return cls(TextPattern.from_dict(part(record, "pattern", dict)))
