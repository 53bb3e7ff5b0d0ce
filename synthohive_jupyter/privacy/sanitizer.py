"""`PIISanitizer`: takes personal data out of real tables and puts new into synthetic ones."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

import numpy as np
import pandas as pd

from synthohive_jupyter.errors import ModelFileError, NotFittedError, PrivacyError
from synthohive_jupyter.privacy.config import PrivacyConfig
from synthohive_jupyter.privacy.custom import apply_function
from synthohive_jupyter.privacy.faker import ContextualFaker
from synthohive_jupyter.privacy.forms import as_text, conform, restore
from synthohive_jupyter.privacy.masks import RARE, mask_all
from synthohive_jupyter.privacy.memory import ColumnMemory, TableMemory
from synthohive_jupyter.privacy.providers import VOCABULARIES
from synthohive_jupyter.privacy.pseudonyms import Pseudonyms, Taken, checked_key, find_key
from synthohive_jupyter.privacy.rows import plain_rows
from synthohive_jupyter.schema.suggestions import suggest
from synthohive_jupyter.seeding import integer_seed

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from synthohive_jupyter.privacy.config import PiiRule
    from synthohive_jupyter.privacy.rows import Rows
    from synthohive_jupyter.schema.metadata import Metadata

_REAL, _SYNTHETIC = 1, 2
"""Streams of fakes: row 5 of the real table and row 5 of the synthetic one are not one person."""


class PIISanitizer:
    """Applies the rules of a `PrivacyConfig`.

    `sanitize` gives a real table without personal data and remembers the shape of what it took
    out; `regenerate` fills the same columns of synthetic rows. Models learn `modelled_columns`
    only. What is remembered, and stored by `to_dict`, holds no value of any row; the real values
    that fakes must not meet are known as keyed marks, only in the session that has fitted.

    Args:
        metadata: The description; its ``pii_cols`` without a rule are faked.
        config: The rules.
        seed: Seed of all fakes.
        key: Key of ``hash``, 32 bytes or more; ``None`` takes it from the environment variable
            `pseudonyms.KEY_VARIABLE`, else draws one for this run.

    Raises:
        PrivacyError: If a rule is wrong, or the key too short.

    >>> from synthohive_jupyter.schema.metadata import Metadata
    >>> shop = Metadata()
    >>> shop.add_table("users", pk="id", pii_cols=["ssn"])
    >>> sanitizer = PIISanitizer(shop, PrivacyConfig({"users.ssn": "mask"}), seed=7)
    >>> real = pd.DataFrame({"id": range(6), "ssn": ["078-05-1120"] * 6, "age": 40})
    >>> sanitizer.sanitize("users", real)["ssn"][0]
    '***-**-****'
    >>> sanitizer.regenerate("users", pd.DataFrame({"id": [1], "age": [33]})).columns.tolist()
    ['id', 'ssn', 'age']
    """

    def __init__(
        self,
        metadata: Metadata,
        config: PrivacyConfig | None = None,
        *,
        seed: int = 0,
        key: bytes | None = None,
    ) -> None:
        config = PrivacyConfig() if config is None else config
        if problems := config.validate(metadata):
            listing = "; ".join(
                f"{p.message} ({p.hint})" if p.hint else p.message for p in problems
            )
            raise PrivacyError(listing)
        self.config = config.with_defaults(metadata)
        self.seed = seed
        self._metadata = metadata
        self._pseudonyms = Pseudonyms(find_key() if key is None else checked_key(key, "key="))
        self._memory: dict[str, TableMemory] = {}
        self._taken: dict[tuple[str, str], Taken] = {}

    def __repr__(self) -> str:
        return f"PIISanitizer({len(list(self.config.items()))} rules, fitted: {[*self._memory]})"

    def plan(self, table: str, columns: Iterable[str]) -> dict[str, PiiRule]:
        """Return the rules that apply to these columns, in their order.

        Raises:
            PrivacyError: If a rule of the table names another column.
        """
        names, rules = [str(column) for column in columns], self.config.for_table(table)
        for column in rules:
            if column not in names:
                near = suggest(column, names)
                raise PrivacyError(
                    f"{table}.{column} has a pii rule, but the data has no such column"
                    f"{f' ({near})' if near else ''}"
                )
        return {column: rules[column] for column in names if column in rules}

    def modelled_columns(self, table: str, columns: Iterable[str]) -> tuple[str, ...]:
        """Return those of the columns that a model may learn: no rule, or the rule ``keep``."""
        names = [str(column) for column in columns]
        rules = self.plan(table, names)
        return tuple(name for name in names if name not in rules or rules[name].modelled)

    def fit(self, table: str, frame: pd.DataFrame) -> Self:
        """Remember the shape of a real table's personal data, without changing it.

        Raises:
            PrivacyError: If a rule does not fit the column.
        """
        self._remember(table, frame)
        return self

    def _remember(self, table: str, frame: pd.DataFrame) -> TableMemory:
        declared, pii = self._metadata.tables[table].constraints, []
        for name, rule in self.plan(table, frame.columns).items():
            if rule.modelled:
                continue
            unique = name in declared and declared[name].unique
            texts, _ = as_text(frame[name])
            column = ColumnMemory.learn(table, frame[name], rule, texts, unique=unique)
            if column.provider is not None:
                below = RARE if column.provider in VOCABULARIES else 0
                self._taken[table, name] = Taken(self._pseudonyms, table, name, texts, below=below)
            pii.append(column)
        memory = TableMemory(tuple(str(c) for c in frame.columns), tuple(pii))
        self._memory[table] = memory
        return memory

    def sanitize(self, table: str, frame: pd.DataFrame) -> pd.DataFrame:
        """Return a real table with its rules applied; remembers its shape as `fit` does.

        Nulls stay nulls, the order of rows and columns stays. A table without rules is returned as
        it is.

        Raises:
            PrivacyError: If a rule cannot be applied; no value stands in the message.
        """
        memory = self._remember(table, frame)
        if not memory.pii:
            return frame
        context = frame[list(self.modelled_columns(table, frame.columns))]
        faked = [column for column in memory.pii if column.action == "fake"]
        fakes = self._fakes(table, faked, context, seed=self.seed, stream=_REAL)
        replaced = {
            column.column: self._replaced(table, column, frame[column.column], fakes)
            for column in memory.pii
            if column.action in ("mask", "hash", "fake")
        }
        for column in memory.pii:
            if column.action == "custom":
                real = frame[column.column]
                replaced[column.column] = self._custom(table, column.column, real, context)
        return _assemble(memory.columns, context, replaced)

    def regenerate(
        self,
        table: str,
        synthetic: pd.DataFrame,
        seed: int | None = None,
        *,
        null_shares: Mapping[str, float] | None = None,
        first_row: int = 0,
    ) -> pd.DataFrame:
        """Return synthetic rows with their personal data, columns in the order of the real table.

        ``fake`` follows the row's other columns; ``mask`` draws a mask of the column; ``hash`` is
        a digest of the row's number, unique; ``drop`` stays absent; the function of ``custom`` gets
        fakes. Columns that the real table did not have come last.

        Args:
            table: Name of the table.
            synthetic: The rows, with the columns that are no personal data.
            seed: Seed of the fakes; ``None`` takes that of the sanitizer.
            null_shares: Column to share of nulls, instead of the real one.
            first_row: Number of the first row in its table, when a table is filled in parts.

        Raises:
            NotFittedError: If the table has rules and was neither fitted nor loaded.
            PrivacyError: If a null share is no share, or a custom function fails.
        """
        memory = self._memory.get(table)
        if memory is None:
            if any(not rule.modelled for rule in self.config.for_table(table).values()):
                raise NotFittedError(f"the privacy rules of '{table}' were not fitted")
            return synthetic
        shares = memory.null_shares(table, null_shares or {})
        seed = self.seed if seed is None else seed
        hidden = {column.column for column in memory.pii}
        context = synthetic[[c for c in synthetic.columns if c not in hidden]]
        faked = [column for column in memory.pii if column.provider is not None]
        fakes = self._fakes(
            table, faked, context, seed=seed, stream=_SYNTHETIC, first_row=first_row
        )
        rows = plain_rows(integer_seed(seed, table, "privacy", _SYNTHETIC), len(context), first_row)
        made = {
            column.column: _made(table, column, rows, fakes, shares[column.column])
            for column in memory.pii
            if column.action != "drop"
        }
        for column in memory.pii:
            if column.action == "custom":
                name = column.column
                made[name] = self._custom(table, name, made[name], context)
        return _assemble(memory.columns, context, made)

    def to_dict(self) -> dict[str, Any]:
        """Return rules and memory as JSON-safe values, without key, seed or any real value.

        Raises:
            PrivacyError: If a rule has a function: code is never stored.
        """
        tables = {name: memory.to_dict() for name, memory in self._memory.items()}
        return {"version": 1, "config": self.config.to_dict(), "tables": tables}

    @classmethod
    def from_dict(
        cls,
        record: Mapping[str, Any],
        metadata: Metadata,
        *,
        seed: int = 0,
        key: bytes | None = None,
    ) -> Self:
        """Rebuild a sanitizer from `to_dict`; it regenerates, and knows no real value to avoid.

        Raises:
            ModelFileError: If the record is damaged or of another version.
            PrivacyError: If its rules do not fit the description, or the key is too short.
        """
        if record.get("version") != 1:
            raise ModelFileError(f"privacy record of version {record.get('version')!r}")
        try:
            config = PrivacyConfig.from_dict(record["config"])
            tables = {str(name): entry for name, entry in record["tables"].items()}
        except (AttributeError, KeyError, PrivacyError, TypeError):
            raise ModelFileError("the privacy record is damaged") from None
        sanitizer = cls(metadata, config, seed=seed, key=key)
        sanitizer._memory = {name: TableMemory.from_dict(entry) for name, entry in tables.items()}
        return sanitizer

    def _fakes(
        self,
        table: str,
        columns: list[ColumnMemory],
        context: pd.DataFrame,
        *,
        seed: int,
        stream: int,
        first_row: int = 0,
    ) -> pd.DataFrame:
        """Return fakes as text, in the form that each column can hold; none is a real value."""
        known = {column.column: (column.dtype, column.provider or "") for column in columns}

        def reject(name: str, texts: np.ndarray) -> np.ndarray:
            taken = self._taken.get((table, name))
            if taken is None:  # loaded from a file: the real values are not known here
                return np.zeros(len(texts), dtype=bool)
            return taken.holds(texts)

        return ContextualFaker(self.config.locale, seed=seed).fake(
            table,
            {name: provider for name, (_, provider) in known.items()},
            context,
            unique={column.column for column in columns if column.unique},
            first_row=first_row,
            stream=stream,
            hold=lambda name, texts: conform(texts, *known[name]),
            reject=reject,
        )

    def _replaced(
        self, table: str, column: ColumnMemory, real: pd.Series[Any], fakes: pd.DataFrame
    ) -> pd.Series[Any]:
        """Return what stands in a real column after its rule."""
        name = column.column
        if column.action == "fake":
            nulls = real.isna().to_numpy(dtype=bool)
            return restore(fakes[name].to_numpy(), nulls, column.dtype, f"{table}.{name}")
        texts, nulls = as_text(real)
        if column.action == "hash":
            return _spread(self._pseudonyms.digests(table, name, texts), nulls)
        rule = self.config.rule(table, name)
        return _spread(mask_all(texts, rule.keep_last if rule else 0), nulls)

    def _custom(
        self, table: str, name: str, values: pd.Series[Any], context: pd.DataFrame
    ) -> pd.Series[Any]:
        """Return what the user's function makes of a column."""
        rule = self.config.rule(table, name)
        if rule is None or rule.function is None:
            raise PrivacyError(f"{table}.{name}: the custom function is not known here")
        values = pd.Series(values.array, index=context.index, name=name, copy=True)
        return apply_function(f"{table}.{name}", rule.function, values, context)


def _made(
    table: str, column: ColumnMemory, rows: Rows, fakes: pd.DataFrame, null_share: float
) -> pd.Series[Any]:
    """Return what stands in a synthetic column."""
    name = column.column
    nulls = rows.uniform("null", name) < null_share
    if column.provider is not None:
        return restore(fakes[name].to_numpy(), nulls, column.dtype, f"{table}.{name}")
    if column.shapes is not None:
        return _spread(column.shapes.sample(rows, name)[~nulls], nulls)
    # The key of the seed, not of the run: nothing real is hashed, and the same seed gives the same.
    numbers = rows.ordinals[~nulls].astype(str).astype(object)
    return _spread(Pseudonyms(rows.key.to_bytes(8, "big")).digests(table, name, numbers), nulls)


def _spread(texts: np.ndarray, nulls: np.ndarray) -> pd.Series[Any]:
    """Return a text column with ``texts`` where ``nulls`` is false."""
    values = np.empty(len(nulls), dtype=object)
    values[~nulls] = texts
    return pd.Series(values, dtype=object)


def _assemble(
    order: tuple[str, ...], kept: pd.DataFrame, made: Mapping[str, pd.Series[Any]]
) -> pd.DataFrame:
    """Return kept and made columns in the order of the real table, others last."""
    columns = {str(name): kept[name] for name in kept.columns}
    for name, values in made.items():
        columns[name] = pd.Series(values.array, index=kept.index, name=name)
    names = [name for name in order if name in columns]
    names += [name for name in columns if name not in order]
    return pd.DataFrame({name: columns[name] for name in names}, index=kept.index)
