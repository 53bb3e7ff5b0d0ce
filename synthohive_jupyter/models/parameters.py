"""`Parameters`: what the keyword arguments of a model become, checked once."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING, Any, ClassVar, Self, cast

from synthohive_jupyter.models.base import reject_unknown

if TYPE_CHECKING:
    from collections.abc import Mapping

Span = tuple[float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameters:
    """Base of the parameters of every model.

    Attributes:
        model: Name of the model, for errors.
        choices: Parameter to the texts that it may be.
        ranges: Parameter to the ends of its numbers; every other one is a whole number.
        largest: Largest of these; a larger one in a file is damage.
    """

    model: ClassVar[str]
    choices: ClassVar[Mapping[str, tuple[str, ...]]] = {}
    ranges: ClassVar[Mapping[str, Span]] = {}
    largest: ClassVar[int] = 4096

    def __post_init__(self) -> None:
        """Check every value; a wrong one is a `ValueError` that names it."""
        for name in self.names():
            wanted = self.wanted(name, getattr(self, name))
            if wanted is not None:
                raise ValueError(f"{name} has to be {wanted}")

    @classmethod
    def names(cls) -> frozenset[str]:
        """Return the names of all parameters."""
        return frozenset(field.name for field in fields(cls))

    @classmethod
    def of(cls, parameters: Mapping[str, Any]) -> Self:
        """Return the parameters of keyword arguments.

        Raises:
            TypeError: If a name is unknown; the message has the near match.
            ValueError: If a value is out of its range.
        """
        reject_unknown(cls.model, parameters, [*cls.names(), "batch_size", "epochs"])
        return cls(**parameters)

    @classmethod
    def wanted(cls, name: str, value: object) -> str | None:
        """Return what a parameter has to be where it is something else."""
        if name in cls.choices:
            return None if value in cls.choices[name] else f"one of {', '.join(cls.choices[name])}"
        if name in cls.ranges:
            low, high = cls.ranges[name]
            right = type(value) in {int, float} and low <= cast("float", value) <= high
            return None if right else f"a number from {low:g} to {high:g}"
        return None if cls.is_count(value) else f"a whole number from 1 to {cls.largest:,}"

    @classmethod
    def is_count(cls, value: object) -> bool:
        """Return whether a value is a whole number from 1 to `largest`."""
        return type(value) is int and 1 <= value <= cls.largest

    def to_dict(self) -> dict[str, Any]:
        """Return the parameters as JSON-safe values."""
        return {k: list(v) if isinstance(v, tuple) else v for k, v in asdict(self).items()}
