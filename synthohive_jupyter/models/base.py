"""`ConditionalGenerativeModel`: what the engine asks of a model, and nothing more.

A model draws rows of one table given a context frame. It knows nothing of keys and relations: what
the context is, the relational layer decides.
"""

from __future__ import annotations

import difflib
import inspect
from abc import ABC, abstractmethod
from types import MethodType
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Self, TypeVar

from synthohive_jupyter.errors import DataError
from synthohive_jupyter.schema.metadata import Metadata

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    import numpy as np
    import pandas as pd

    from synthohive_jupyter.events import CancelToken, EventSink

Model = TypeVar("Model", bound="ConditionalGenerativeModel")

BLOCK_ROWS = 4096
"""Rows of a block of sampling. Networks run on whole blocks, and block b has a random stream of its
own, so that the first rows of a sample do not depend on how many follow. Part of the promise that
the same seed gives the same bytes: never change it."""


class ConditionalGenerativeModel(ABC):
    """A model of the rows of one table, given a context.

    Args:
        metadata: The description of the database; models read constraints and
            high-cardinality columns of their table from it.
        batch_size: Rows of one training step.
        epochs: Passes over the data.
        kwargs: Parameters of the subclass; this class has none.

    Attributes:
        kind: Name of the class in model files, one of `checkpoint.KINDS`.
        cancelled: Whether the last `fit` was stopped by its token.
        epochs_run: Complete epochs that `fit` has run.
        best_epoch: The epoch that was kept, ``None`` where all are.

    Raises:
        TypeError: If a parameter is not known.
    """

    kind: ClassVar[str] = ""

    best_epoch: int | None = None

    def __init__(
        self,
        metadata: Metadata,
        batch_size: int = 500,
        epochs: int = 300,
        **kwargs: Any,  # noqa: ANN401 - each subclass has parameters of its own
    ) -> None:
        reject_unknown(type(self).__name__, kwargs, ("batch_size", "epochs"))
        for name, value in (("batch_size", batch_size), ("epochs", epochs)):
            if type(value) is not int or value < 1:
                raise ValueError(f"{name} is a positive whole number, not {value!r}")
        self.metadata = metadata
        self.batch_size = batch_size
        self.epochs = epochs
        self.cancelled = False
        self.epochs_run = 0

    @property
    def name(self) -> str:
        """Name of the class that draws the rows, for displays."""
        return type(self).__name__

    @classmethod
    def accepts(cls, parameter: str) -> bool:
        """Return whether the constructor takes a parameter, as far as its signature tells."""
        taken = inspect.signature(cls).parameters.values()
        return any(p.name == parameter or p.kind is p.VAR_KEYWORD for p in taken)

    @abstractmethod
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
    ) -> Self:
        """Learn the rows of ``data``, each given the row of ``context`` at the same position.

        Args:
            data: The columns to model, (n_rows, n_columns); keys are left out by the caller.
            context: What each row is conditioned on, (n_rows, n_context), or ``None``.
            table_name: Name of the table in the metadata.
            seed: Root seed; the same data, parameters and seed give the same model.
            on_event: Receives `EpochEnded`, `CheckpointSaved` and `Notice`.
            cancel: Asked after every batch; a stopped fit leaves a usable model and raises nothing.
            checkpoint_dir: Where ``best_checkpoint/`` and ``final_checkpoint/`` are kept.
            checkpoint_interval: Epochs between two validations (and checkpoints).
            resume: Go on from ``final_checkpoint/`` where there is one.
            families: Family number of each row, for the protection of rare values.

        Raises:
            DataError: If the data is empty or does not fit its context.
            TrainingError: If training cannot go on.
        """

    @abstractmethod
    def sample(
        self,
        num_rows: int,
        context: pd.DataFrame | None = None,
        *,
        seed: int = 0,
        enforce_constraints: bool = True,
    ) -> pd.DataFrame:
        """Draw ``num_rows`` rows; with a context, row i is drawn given row i of it.

        The first rows do not depend on ``num_rows``: sampling more with the same seed gives the
        same rows and then others.

        Args:
            num_rows: How many; 0 gives an empty frame with the right columns and types.
            context: The context columns of `fit`, ``num_rows`` rows.
            seed: Root seed of the draw.
            enforce_constraints: Make the declared bounds, sets and checks hold exactly.

        Raises:
            NotFittedError: Before `fit` or `load`.
            DataError: If the context is missing or has other columns than that of `fit`.
        """

    @abstractmethod
    def save(self, path: str | Path, *, overwrite: bool = False) -> None:
        """Write the model to a directory: ``config.json`` and safetensors files.

        Raises:
            NotFittedError: Before `fit` or `load`.
            StorageError: If something is there already and ``overwrite`` is false, or writing
                fails.
        """

    @abstractmethod
    def load(self, path: str | Path) -> Self:
        """Read a model that `save` has written; on the class or on a model of it.

        Raises:
            ModelFileError: If the directory is damaged, hostile, or of another kind or version.
        """


class LoadMethod(Generic[Model]):
    """A method ``load`` that fills the model it is called on, or, called on the class, a new one.

    Args:
        function: Takes a model and a path, fills the model, and returns it.
    """

    def __init__(self, function: Callable[[Model, str | Path], Model]) -> None:
        self._function = function
        self.__doc__ = function.__doc__

    def __get__(self, model: Model | None, owner: type[Model]) -> Callable[[str | Path], Model]:
        if model is not None:
            return MethodType(self._function, model)
        # The model is made by the call: abstract classes look at their attributes too.
        return lambda path: self._function(owner(Metadata()), path)


def reject_unknown(owner: str, given: Iterable[str], known: Iterable[str]) -> None:
    """Raise `TypeError` for the first of ``given`` that is not ``known``, naming the near match.

    >>> reject_unknown("CTGAN", ["pack"], ["pac", "dropout"])
    Traceback (most recent call last):
    TypeError: CTGAN has no parameter 'pack'; did you mean 'pac'? Parameters: dropout, pac
    """
    names = sorted(known)
    for name in given:
        if name not in names:
            near = difflib.get_close_matches(name, names, n=1)
            hint = f"did you mean {near[0]!r}? " if near else ""
            raise TypeError(
                f"{owner} has no parameter {name!r}; {hint}Parameters: {', '.join(names)}"
            )


def check_context(
    data: pd.DataFrame, context: pd.DataFrame | None, *, table: str
) -> pd.DataFrame | None:
    """Return the context of a fit, ``None`` where it has no columns.

    Raises:
        DataError: If there are no rows, or the context has another number of them.
    """
    if not len(data):
        raise DataError("there are no rows to learn from", table=table)
    if context is None or not len(context.columns):
        return None
    if len(context) != len(data):
        raise DataError(
            f"the context has {len(context):,} rows, the data {len(data):,}", table=table
        )
    return context
