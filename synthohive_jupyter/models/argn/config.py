"""The parameters of `ARGN`, checked once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from synthohive_jupyter.models.parameters import Parameters


@dataclass(frozen=True, slots=True, kw_only=True)
class ARGNConfig(Parameters):
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

    model: ClassVar = "ARGN"
    choices: ClassVar = {"precision": ("auto", "float32", "bfloat16")}
    ranges: ClassVar = {
        "dropout": (0.0, 0.9),
        "learning_rate": (1e-12, 10.0),
        "weight_decay": (0.0, 10.0),
        "canonical_share": (0.0, 1.0),
        "ema": (0.0, 0.999_999),
        "validation_share": (0.0, 0.5),
    }

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
