"""`FitSettings`: how models are trained; the same for every table of a run."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from synthohive_jupyter.models.base import ConditionalGenerativeModel
    from synthohive_jupyter.schema.metadata import Metadata


@dataclass(frozen=True, slots=True)
class FitSettings:
    """How models are trained; the same for every table.

    Attributes:
        classes: Names that a table may give for its model, to their classes.
        model_cls: Class of tables that give none.
        seed: Root seed.
        epochs: Passes over each table.
        batch_size: Rows of one training step.
        checkpoint_interval: Epochs between two validations.
        model_kwargs: Further parameters of the models.
    """

    classes: Mapping[str, type[ConditionalGenerativeModel]]
    model_cls: type[ConditionalGenerativeModel]
    seed: int
    epochs: int
    batch_size: int
    checkpoint_interval: int
    model_kwargs: Mapping[str, Any] = field(default_factory=dict)

    def model(self, description: Metadata, name: str | None = None) -> ConditionalGenerativeModel:
        """Return a new model: of the class that a table names, else of the run's.

        Raises:
            TypeError: If the run's class does not know a parameter; others take what they know.
        """
        cls, parameters = self.model_cls, self.model_kwargs
        if name is not None:
            cls = self.classes[name]
            parameters = {k: v for k, v in parameters.items() if cls.accepts(k)}
        return cls(description, batch_size=self.batch_size, epochs=self.epochs, **parameters)
