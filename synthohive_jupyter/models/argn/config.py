"""The parameters of `ARGN`, checked once."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING, Any, Self, cast

from synthohive_jupyter.models.base import reject_unknown

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_WIDTH = 4096
"""No layer or vector is wider; a larger number in a file is damage."""

_CHOICES: Mapping[str, tuple[str, ...]] = {"precision": ("auto", "float32", "bfloat16")}
_RANGES: Mapping[str, tuple[float, float]] = {
    "dropout": (0.0, 0.9),
    "learning_rate": (1e-12, 10.0),
    "weight_decay": (0.0, 10.0),
    "canonical_share": (0.0, 1.0),
    "ema": (0.0, 0.999_999),
    "validation_share": (0.0, 0.5),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ARGNConfig:
    """Parameters of `ARGN`; figures are of adult, 24,403 rows, unless another table is named.

    Attributes:
        embedding_dim: Width of the vector of a code. Wide tables get less, so that the first layer
            stays below `network.MAX_WEIGHTS` weights.
        hidden_dim: Width of the hidden layer of every column; as above. 128 learns nothing more
            and samples half as many rows a second.
        dropout: Share of hidden units that are left out of a training step.
        learning_rate: Rate of the first steps, at 512 rows a step; smaller steps have a smaller
            rate, by the square root.
        weight_decay: Decay of the matrices, decoupled from the gradient.
        canonical_share: Share of a batch that is learnt in the order in which rows are drawn; the
            rest in a random order, which is what conditional sampling needs. 0 costs .03 of AUC.
        ema: Decay of the running average of the weights, which is what is kept; shorter at first.
        validation_share: Share of the rows (of the families, where there are any) that training
            does not see. Their likelihood decides when to stop.
        patience: Stop after so many epochs without a better likelihood.
        precision: ``"float32"``, ``"bfloat16"`` for the products of training (weights, sums and
            sampling stay float32), or ``"auto"``: bfloat16 where the processor has instructions for
            it. Part of what the bytes of a fit depend on.
        threads: Threads of torch while this model works; the caller's setting is restored.
    """

    embedding_dim: int = 16
    hidden_dim: int = 64
    dropout: float = 0.1
    learning_rate: float = 3e-3
    weight_decay: float = 0.01
    canonical_share: float = 0.5
    ema: float = 0.998
    validation_share: float = 0.05
    patience: int = 3
    precision: str = "auto"
    threads: int = 1

    def __post_init__(self) -> None:
        """Check every value; a wrong one is a `ValueError` that names it."""
        for field in fields(self):
            wanted = _wrong(field.name, getattr(self, field.name))
            if wanted is not None:
                raise ValueError(f"{field.name} has to be {wanted}")

    @classmethod
    def of(cls, parameters: Mapping[str, Any]) -> Self:
        """Return the configuration of keyword arguments.

        Raises:
            TypeError: If a name is unknown; the message has the near match.
            ValueError: If a value is out of its range.
        """
        reject_unknown("ARGN", parameters, [*(f.name for f in fields(cls)), "batch_size", "epochs"])
        return cls(**parameters)

    def to_dict(self) -> dict[str, Any]:
        """Return the parameters as JSON-safe values."""
        return asdict(self)


def _wrong(name: str, value: object) -> str | None:
    """Return what a parameter has to be where it is something else."""
    if name in _CHOICES:
        return None if value in _CHOICES[name] else f"one of {', '.join(_CHOICES[name])}"
    if name in _RANGES:
        low, high = _RANGES[name]
        right = type(value) in {int, float} and low <= cast("float", value) <= high
        return None if right else f"a number from {low:g} to {high:g}"
    right = type(value) is int and 1 <= value <= MAX_WIDTH
    return None if right else f"a whole number from 1 to {MAX_WIDTH:,}"
