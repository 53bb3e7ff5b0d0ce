"""`AutoModel`: the model that wins the project's benchmark for tables of this shape."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from synthohive_jupyter.errors import NotFittedError
from synthohive_jupyter.models.base import (
    ConditionalGenerativeModel,
    LoadMethod,
    check_context,
    reject_unknown,
)
from synthohive_jupyter.models.registry import ModelClasses

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    import pandas as pd

    from synthohive_jupyter.events import CancelToken, EventSink
    from synthohive_jupyter.models.stored import StoredModel
    from synthohive_jupyter.schema.metadata import Metadata

CANDIDATES = ("tree", "argn")
WIDE = 30
"""Tables of more columns are wide."""


class AutoModel(ConditionalGenerativeModel):
    """Chooses a model by the shape of the data, and is that model from then on.

    See `choose` for the rule.

    Args:
        metadata: The description.
        batch_size: Rows of one training step, where the chosen model has steps.
        epochs: Most epochs, where it has epochs.
        kwargs: Parameters of any candidate; a chosen model takes those that it knows.

    Attributes:
        chosen: The model; ``None`` before `fit` or `load`.

    Example:
        >>> import pandas as pd
        >>> from synthohive_jupyter.schema.metadata import Metadata
        >>> shop = Metadata()
        >>> shop.add_table("users", pk=None)
        >>> users = pd.DataFrame({"plan": ["free", "pro"] * 50, "age": range(100)})
        >>> type(AutoModel(shop).fit(users, table_name="users").chosen).__name__
        'TreeSynth'
    """

    kind = "auto"

    def __init__(
        self,
        metadata: Metadata,
        batch_size: int = 500,
        epochs: int = 300,
        **kwargs: Any,  # noqa: ANN401 - each candidate has parameters of its own
    ) -> None:
        super().__init__(metadata, batch_size, epochs)
        if kwargs:
            reject_unknown("AutoModel", kwargs, _parameters())
        self.chosen: StoredModel[Any] | None = None
        self._parameters = kwargs

    @property
    def name(self) -> str:
        """Name of the class that was chosen."""
        return type(self).__name__ if self.chosen is None else self.chosen.name

    @classmethod
    def accepts(cls, parameter: str) -> bool:
        """Return whether a candidate has a parameter of this name."""
        return parameter in _parameters()

    def fit(
        self,
        data: pd.DataFrame,
        context: pd.DataFrame | None = None,
        *,
        table_name: str,
        seed: int = 0,
        on_event: EventSink | None = None,
        cancel: CancelToken | None = None,
        checkpoint_dir: str | Path | None = None,
        checkpoint_interval: int = 10,
        resume: bool = False,
        families: np.ndarray | None = None,
    ) -> AutoModel:
        """Choose a model and fit it; see the base class and the class that is chosen."""
        self.metadata.get_table(table_name)
        check_context(data, context, table=table_name)
        cls = _class(choose(data.shape[1]))
        self.chosen = cls(
            self.metadata,
            self.batch_size,
            self.epochs,
            **{k: v for k, v in self._parameters.items() if cls.accepts(k)},
        )
        try:
            self.chosen.fit(
                data,
                context,
                table_name=table_name,
                seed=seed,
                on_event=on_event,
                cancel=cancel,
                checkpoint_dir=checkpoint_dir,
                checkpoint_interval=checkpoint_interval,
                resume=resume,
                families=families,
            )
        finally:
            self._note()
        return self

    def _note(self) -> None:
        """Take over what the chosen model tells of its fit."""
        chosen = self._existing()
        self.cancelled, self.epochs_run = chosen.cancelled, chosen.epochs_run
        self.best_epoch = chosen.best_epoch

    def sample(
        self,
        num_rows: int,
        context: pd.DataFrame | None = None,
        *,
        seed: int = 0,
        enforce_constraints: bool = True,
    ) -> pd.DataFrame:
        """Draw rows from the chosen model; see the base class."""
        return self._existing().sample(
            num_rows, context, seed=seed, enforce_constraints=enforce_constraints
        )

    def save(self, path: str | Path, *, overwrite: bool = False) -> None:
        """Write the chosen model, which its own class can load too."""
        self._existing().save(path, overwrite=overwrite)

    def _load(self, path: str | Path) -> AutoModel:
        """Read a model of any kind of this package: ``AutoModel.load(path)``.

        Raises:
            ModelFileError: If the directory is damaged, hostile, or of an unknown kind.
        """
        from synthohive_jupyter.models import checkpoint

        cls = _class(checkpoint.read_any(path).config["kind"])
        self.chosen = cls(self.metadata).load(path)
        self.metadata = self.chosen.metadata
        self.batch_size, self.epochs = self.chosen.batch_size, self.chosen.epochs
        self._note()
        return self

    load: Any = LoadMethod(_load)

    def _existing(self) -> StoredModel[Any]:
        if self.chosen is None:
            raise NotFittedError("fit the model, or load one, before")
        return self.chosen


def choose(n_columns: int) -> str:
    """Return the name of the model that wins the benchmark for tables of this width (ADR 6).

    A tree looks at a few columns before it runs out of rows; a network adds up what many say.

    Args:
        n_columns: Columns to model; those of the context do not count.

    >>> choose(15), choose(60)
    ('tree', 'argn')
    """
    return "argn" if n_columns > WIDE else "tree"


def _parameters() -> frozenset[str]:
    """Return the parameters of all candidates, without their libraries: torch takes seconds."""
    from synthohive_jupyter.models.argn.config import ARGNConfig
    from synthohive_jupyter.models.tree.config import TreeConfig

    return frozenset(TreeConfig.names()) | frozenset(ARGNConfig.names())


def _class(name: str) -> type[StoredModel[Any]]:
    return cast("type[StoredModel[Any]]", ModelClasses()[name])
