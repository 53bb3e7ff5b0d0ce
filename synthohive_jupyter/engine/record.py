"""What is known of a table, and of a whole database, after the fit."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

import pandas as pd

from synthohive_jupyter.engine.degrees import Degrees
from synthohive_jupyter.errors import ModelFileError
from synthohive_jupyter.relational.hierarchy.link import SelfLink
from synthohive_jupyter.relational.keys.references import KeyFormat
from synthohive_jupyter.relational.parents.link import ParentLink

if TYPE_CHECKING:
    from collections.abc import Mapping

    from synthohive_jupyter.models.base import ConditionalGenerativeModel
    from synthohive_jupyter.privacy.sanitizer import PIISanitizer
    from synthohive_jupyter.relational.counts.linkage import LinkageModel
    from synthohive_jupyter.relational.siblings.history import History
    from synthohive_jupyter.relational.steps import Plan
    from synthohive_jupyter.schema.metadata import Metadata

Links = dict[str, ParentLink | SelfLink]
"""Foreign keys that do not drive, by name."""

LINKS: dict[str, type[ParentLink | SelfLink]] = {"parent": ParentLink, "self": SelfLink}
"""Kinds of them in files."""


@dataclass(frozen=True, slots=True)
class Reference:
    """What is known of a foreign key beyond its target.

    Attributes:
        formats: How its columns look, in their order.
        null_share: Share of rows that point to nobody: nulls, and orphans of a nullable key.
    """

    formats: tuple[KeyFormat, ...]
    null_share: float

    @property
    def nullable(self) -> bool:
        """Whether the generated column can hold nulls."""
        return self.null_share > 0

    def to_dict(self) -> dict[str, Any]:
        """Return the reference as JSON-safe values."""
        return {
            "formats": [form.to_dict() for form in self.formats],
            "null_share": self.null_share,
        }

    @classmethod
    def from_dict(cls, record: Mapping[str, Any]) -> Self:
        """Rebuild a reference from `to_dict`; KeyError, TypeError or ValueError where damaged."""
        share = float(record["null_share"])
        if not 0 <= share <= 1:
            raise ValueError("a share is not between 0 and 1")
        return cls(tuple(KeyFormat.from_dict(form) for form in record["formats"]), share)


@dataclass(frozen=True, slots=True)
class TableRecord:
    """What is known of a table beside its model and its child counts. Holds no row.

    Attributes:
        rows: Number of real rows.
        dtypes: Column of the result to pandas dtype, in the order of the result.
        primary: Format of the key column that is filled by counting, or ``None``.
        references: Foreign key name to what is known of it; kept keys are not among them.
        context_dtypes: Context column to the dtype that the model was fitted on.
        degrees: Name of each foreign key that does not drive to its children per parent, for
            displays; kept keys are among them.
    """

    rows: int
    dtypes: Mapping[str, str]
    primary: KeyFormat | None = None
    references: Mapping[str, Reference] = field(default_factory=dict)
    context_dtypes: Mapping[str, str] = field(default_factory=dict)
    degrees: Mapping[str, Degrees] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Return the record as JSON-safe values."""
        return {
            "rows": self.rows,
            "dtypes": list(self.dtypes.items()),
            "primary": None if self.primary is None else self.primary.to_dict(),
            "references": {name: ref.to_dict() for name, ref in self.references.items()},
            "context_dtypes": list(self.context_dtypes.items()),
            "degrees": {name: degrees.to_dict() for name, degrees in self.degrees.items()},
        }

    @classmethod
    def from_dict(cls, record: Mapping[str, Any]) -> Self:
        """Rebuild a record from `to_dict`.

        Raises:
            ModelFileError: If the record is damaged.
        """
        try:
            primary = record["primary"]
            return cls(
                rows=int(record["rows"]),
                dtypes=_names(record["dtypes"]),
                primary=None if primary is None else KeyFormat.from_dict(primary),
                references={
                    str(name): Reference.from_dict(r) for name, r in record["references"].items()
                },
                context_dtypes=_names(record["context_dtypes"]),
                degrees={
                    str(name): Degrees.from_dict(d) for name, d in record.get("degrees", {}).items()
                },
            )
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise ModelFileError("the record of a table is damaged") from error


def _names(pairs: list[tuple[str, str]]) -> dict[str, str]:
    for _, dtype in pairs:
        pd.api.types.pandas_dtype(dtype)
    return {str(column): str(dtype) for column, dtype in pairs}


@dataclass(slots=True)
class Learnt:
    """A table after its fit.

    Attributes:
        record: Keys, shares and types.
        model: What draws the rows; ``None`` where there is nothing but keys.
        linkage: What draws the child counts; ``None`` for roots and kept tables.
        links: What finds the parents of foreign keys that do not drive, by name.
        history: What siblings are told of each other; ``None`` where that is nothing.
        kept: The rows of a kept table, which its owner has declared public.
    """

    record: TableRecord
    model: ConditionalGenerativeModel | None = None
    linkage: LinkageModel | None = None
    links: Links = field(default_factory=dict)
    history: History | None = None
    kept: pd.DataFrame | None = None


@dataclass(slots=True)
class Fitted:
    """A database after its fit, or as far as a stopped fit has come.

    Attributes:
        metadata: The tables that were to be fitted.
        plan: What is learnt of each.
        kinds: Table to the columns of its data and their kinds, which the plan was made from.
        sanitizer: Makes new personal data.
        seed: Seed of the fit.
        learnt: Finished tables, in the order of work.
    """

    metadata: Metadata
    plan: Plan
    kinds: Mapping[str, Mapping[str, str]]
    sanitizer: PIISanitizer
    seed: int
    learnt: dict[str, Learnt] = field(default_factory=dict)
