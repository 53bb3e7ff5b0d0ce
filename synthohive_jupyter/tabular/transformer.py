"""`TableTransformer`: a table as codes and scalars for any model, and back in its own types.

What is demanded between columns is made to hold here, by how they are coded: a column that may not
be below others is its `Gap`, columns that only occur together are one category (`Combination`).
Models see neither.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

import numpy as np
import pandas as pd

from synthohive_jupyter.errors import DataError, NotFittedError
from synthohive_jupyter.tabular.codecs import ColumnLayout, Encoded, Floats
from synthohive_jupyter.tabular.columns import Column
from synthohive_jupyter.tabular.links import Learner, Links
from synthohive_jupyter.tabular.records import damaged, part

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from synthohive_jupyter.schema.tables import Constraint

FORMAT = 1
"""Version of the saved form; other versions are refused."""


class TableTransformer:
    """The codecs of a table.

    What it keeps is safe to keep: levels, ends of ranges and modes that at least `codecs.RARE`
    families share, and formats of text, never a text.

    >>> frame = pd.DataFrame({"age": [31, 25, 47, 38] * 10, "city": ["Rome", "Bonn"] * 20})
    >>> transformer = TableTransformer().fit(frame, table="users")
    >>> encoded = transformer.encode(frame, np.random.default_rng(0))
    >>> transformer.decode(encoded, np.random.default_rng(0)).equals(frame)
    True
    """

    def __init__(self) -> None:
        self._columns: tuple[Column, ...] | None = None
        self._links = Links((), {}, {})
        self._table = ""

    @property
    def columns(self) -> tuple[Column, ...]:
        """The columns as models see them: a combination is one, and a gap has its column's name.

        They are in the order of the table, a combination where its first column stands.

        Raises:
            NotFittedError: Before `fit`.
        """
        if self._columns is None:
            raise NotFittedError("the transformer has to be fitted first")
        return self._columns

    @property
    def links(self) -> Links:
        """The gaps and combinations among them."""
        return self._links

    @property
    def names(self) -> tuple[str, ...]:
        """The columns of the table, in their order."""
        return self._links.names

    @property
    def layout(self) -> tuple[ColumnLayout, ...]:
        """What a model must know of every column."""
        return tuple(column.layout for column in self.columns)

    @property
    def frequencies(self) -> tuple[Floats, ...]:
        """Share of every code of every column in the data of `fit`; each sums to 1.

        A row that is no atom counts for the modes of its number by their weights.
        """
        return tuple(column.frequencies for column in self.columns)

    def fit(
        self,
        data: pd.DataFrame,
        *,
        table: str,
        constraints: Mapping[str, Constraint] | None = None,
        high_cardinality: Collection[str] = (),
        embedding_threshold: int = 50,
        families: np.ndarray[Any, Any] | None = None,
        seed: int = 0,
        numbers: str = "mixture",
        checks: Sequence[tuple[str, str]] = (),
        combinations: Sequence[Sequence[str]] = (),
    ) -> Self:
        """Learn the codecs of all columns.

        Args:
            data: The columns to model, at least one row; neither keys nor personal data.
            table: Name of the table, for messages and random streams.
            constraints: What is declared of columns; names that are no columns are left out.
            high_cardinality: Columns to embed in any case.
            embedding_threshold: Discrete columns with more codes than this are embedded.
            families: Family of every row, shape (rows,): what belongs to one person, say. Rare
                values and extremes are counted in families; by default every row is one.
            seed: Root seed; only columns of text so long that a part has to do depend on it.
            numbers: What becomes of numbers that are no atoms: ``"mixture"``, modes with a scalar
                (for CTGAN), or ``"cells"``, quantile cells with a uniform scalar (for models
                whose every output is a softmax).
            checks: Pairs ``(a, b)`` with ``a <= b``. Where b can be counted in steps from a it is
                coded as a gap, and the check holds in all that is decoded; the others are left to
                `constraints.enforce`. Names that are no columns are left out.
            combinations: Groups of columns that only occur together as in the data.

        Raises:
            DataError: If a column cannot be modelled, or not as it is declared, or no combination
                is frequent enough to be kept.
        """
        _check(data, table)
        ranks = None
        if families is not None:
            if len(families) != len(data):
                raise DataError("families must have one entry a row", table=table)
            ranks = pd.factorize(np.asarray(families), use_na_sentinel=False)[0].astype(np.int64)
        learner = Learner(
            data,
            table=table,
            constraints=constraints or {},
            embed=lambda name: True if name in high_cardinality else embedding_threshold,
            families=ranks,
            seed=seed,
            numbers=numbers,
        )
        self._table = table
        self._columns, self._links = learner.learn(checks, combinations)
        return self

    def encode(self, data: pd.DataFrame, rng: np.random.Generator) -> Encoded:
        """Return the table as codes and scalars.

        Args:
            data: A frame with the columns of `fit`; others are left out.
            rng: Draws the mode of a number from its posterior, and a level for unknown ones. It
                is advanced by the same amount whatever the data.

        Raises:
            DataError: If a column is missing or of another kind.
        """
        columns = self.columns
        if missing := [name for name in self.names if name not in data.columns]:
            raise DataError("the column is missing", table=self._table, column=missing[0])
        shape = (len(data), len(columns))
        encoded = Encoded(np.zeros(shape, dtype=np.int32), np.zeros(shape, dtype=np.float32))
        streams = zip(columns, _streams(rng, len(columns)), strict=True)
        for place, (column, own) in enumerate(streams):
            values, nulls = self._links.read(column, columns, data, table=self._table)
            codes, scalars = column.encode_values(values, nulls, own)
            encoded.codes[:, place] = codes
            if scalars is not None:
                encoded.scalars[:, place] = scalars
        return encoded

    def decode(
        self,
        encoded: Encoded,
        rng: np.random.Generator,
        *,
        known: pd.DataFrame | None = None,
    ) -> pd.DataFrame:
        """Return codes and scalars as a table: original dtypes and order, on grids, in bounds.

        Every column draws from a stream of its own, row by row, so the first rows do not depend
        on how many rows follow.

        Args:
            encoded: Shape (rows, columns); codes out of range are clipped into it.
            rng: Draws pooled levels and texts; advanced by the same amount whatever the data.
            known: Cells that stand already, as many rows; those that are not null replace what is
                decoded, and gaps count from them.
        """
        columns = self.columns
        drawn = [
            column.decode_values(
                np.ascontiguousarray(encoded.codes[:, place]),
                np.ascontiguousarray(encoded.scalars[:, place]),
                own,
            )
            for place, (column, own) in enumerate(
                zip(columns, _streams(rng, len(columns)), strict=True)
            )
        ]
        series = self._links.write(columns, drawn, known, table=self._table)
        return pd.DataFrame(series, index=pd.RangeIndex(len(encoded.codes)))

    def to_dict(self) -> dict[str, Any]:
        """Return the transformer as JSON-safe values; floats are exact."""
        columns = [column.to_dict() for column in self.columns]
        record = {"version": FORMAT, "table": self._table, "columns": columns}
        return record | self._links.to_dict()

    @classmethod
    def from_dict(cls, record: Mapping[str, Any]) -> Self:
        """Rebuild a transformer from `to_dict`.

        Raises:
            ModelFileError: If the record is damaged or of another version.
        """
        if part(record, "version", int) != FORMAT:
            raise damaged("it is of another version")
        transformer = cls()
        transformer._table = part(record, "table", str)
        transformer._columns = tuple(
            Column.from_dict(column) for column in part(record, "columns", list)
        )
        transformer._links = Links.from_dict(record, transformer._columns)
        return transformer


def _streams(rng: np.random.Generator, n_columns: int) -> Sequence[np.random.Generator]:
    keys = rng.integers(0, 2**63, size=(n_columns, 2), dtype=np.int64)
    return [np.random.Generator(np.random.Philox(key=key.astype(np.uint64))) for key in keys]


def _check(data: pd.DataFrame, table: str) -> None:
    if not len(data):
        raise DataError("has no rows to learn from", table=table)
    for name in data.columns:
        if not isinstance(name, str):
            raise DataError("column names must be text; rename the columns", table=table)
    if not data.columns.is_unique:
        twice = data.columns[data.columns.duplicated()][0]
        raise DataError("the column is there twice", table=table, column=str(twice))
