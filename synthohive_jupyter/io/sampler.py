"""`RelationalSampler`: a part of a database in which every foreign key still finds its parent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from synthohive_jupyter.errors import DataError
from synthohive_jupyter.io import selection
from synthohive_jupyter.io.frames import columns, n_rows
from synthohive_jupyter.io.places import parse_place
from synthohive_jupyter.io.relations import Frame, quote
from synthohive_jupyter.schema.graph import SchemaGraph
from synthohive_jupyter.schema.validate import suggest
from synthohive_jupyter.seeding import integer_seed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from synthohive_jupyter.schema.metadata import ForeignKey, Metadata

Link = tuple[Frame, "ForeignKey"]


class RelationalSampler:
    """Samples a root table and takes along what belongs to it, level by level.

    The rules, for the sampled root and every table below it:

    - A row survives if every foreign key of it that points below the root finds its parent in the
      sample. So a table with two sampled parents keeps the rows both of whose parents survive.
    - A nullable key may also be null, or point to nothing as in the data; rows all of whose keys
      are like that belong to no family, and are drawn in the proportion of the root.

    And for the tables that are not below the root:

    - Every row that a surviving row points to is kept, and the rows that those point to, also in
      their own table.
    - A table without parents is kept whole where it has at most ``sample_size`` rows, else filled
      up to that number; tables below it follow their parents. Reference tables (``keep``) stay
      whole.

    Keys of a table to itself, and keys that close a cycle of tables, do not choose rows: where they
    point out of the sample they become null. The choice depends on the values of the keys and the
    seed, not on the order of the rows, and is the same on every Spark engine. Of Spark frames only
    counts come to the driver.

    Args:
        metadata: The description of the database.
        spark: Session that has the tables; not needed with ``data``.
        data: Table name to pandas or Spark frame, all of the same kind. Tables may be missing.
        database: Where the tables of ``metadata`` lie, as ``"db"`` or ``"catalog.db"``; else the
            current database of the session.
        seed: Another seed, another sample.
    """

    def __init__(
        self,
        metadata: Metadata,
        spark: Any = None,  # noqa: ANN401 - pyspark is untyped
        *,
        data: Mapping[str, Frame] | None = None,
        database: str | None = None,
        seed: int = 0,
    ) -> None:
        self.metadata = metadata
        self.spark = spark
        self.seed = seed
        self._data = data
        self._database = database

    def sample_relational(
        self, root_table: str, sample_size: int, stratify_by: str | None = None
    ) -> dict[str, Frame]:
        """Return a consistent part of the database.

        Args:
            root_table: Table to sample.
            sample_size: Rows of it; all where it has no more.
            stratify_by: Column of the root whose shares are kept, exact to one row per value
                (largest remainder).

        Returns:
            Table name to frame, of the kind that was given, in the order of the description.

        Raises:
            SchemaError: If the table is unknown.
            DataError: If its data or the column is missing, or the size is not positive.
        """
        self.metadata.get_table(root_table)
        if sample_size < 1:
            raise DataError(f"a sample needs at least one row, not {sample_size}", table=root_table)
        full = self._frames()
        if root_table not in full:
            raise DataError("there is no data for the table to sample", table=root_table)
        prepared = {name: selection.prepare(frame) for name, frame in full.items()}
        rows = n_rows(prepared[root_table])
        run = _Run(self.metadata, prepared, sample_size, min(1.0, sample_size / max(rows, 1)))
        run.kept[root_table] = self._root(root_table, prepared[root_table], rows, run, stratify_by)
        run.cascade(root_table, self.seed)
        run.complete(self.seed)
        kept = {name: run.clear_loose_ends(name) for name in self.metadata.tables if name in full}
        return {name: selection.finish(full[name], frame) for name, frame in kept.items()}

    def _frames(self) -> dict[str, Frame]:
        if self._data is not None:
            return {name: self._data[name] for name in self.metadata.tables if name in self._data}
        if self.spark is None:
            raise DataError("a sampler needs a Spark session, or frames in data=")
        prefix = ""
        if self._database is not None:
            prefix = parse_place(self._database, shares_files=False).address + "."
        frames = {}
        for name in self.metadata.tables:
            address = prefix + quote(name)
            if not self.spark.catalog.tableExists(address):
                raise DataError(f"the catalogue has no table {address}", table=name)
            frames[name] = self.spark.table(address)
        return frames

    def _root(
        self, name: str, frame: Frame, rows: int, run: _Run, stratify_by: str | None
    ) -> Frame:
        known = columns(frame)
        if stratify_by is not None and stratify_by not in known:
            near = suggest(stratify_by, known) or f"Columns: {', '.join(known)}"
            raise DataError(f"there is no such column ({near})", table=name, column=stratify_by)
        if rows <= run.size:
            return frame
        seed = integer_seed(self.seed, name, "fit")
        identity = run.identity(name)
        if stratify_by is None:
            return selection.first_rows(frame, run.size, identity, seed)
        return selection.first_rows_by(frame, stratify_by, run.size, identity, seed)


class _Run:
    """One sample in the making."""

    def __init__(
        self, metadata: Metadata, full: Mapping[str, Frame], size: int, fraction: float
    ) -> None:
        self.metadata = metadata
        self.full = full
        self.size = size
        self.fraction = fraction
        self.kept: dict[str, Frame] = {}
        self._order = [t for t in SchemaGraph(metadata).get_generation_order() if t in full]

    def identity(self, name: str) -> list[str]:
        """Return the columns that tell rows apart: the primary key, else all."""
        key = self.metadata.tables[name].primary_key
        return list(key) if key else columns(self.full[name])

    def keys(self, name: str) -> list[ForeignKey]:
        """Return the keys to other tables that are sampled and have data."""
        if self.metadata.tables[name].keep:
            return []
        return [k for k in self._all_keys(name) if not self._late(name, k)]

    def _all_keys(self, name: str) -> list[ForeignKey]:
        keys = self.metadata.structural_keys(name)
        return [key for key in keys if key.parent in self.full]

    def _late(self, name: str, key: ForeignKey) -> bool:
        """Return whether a key chooses no rows: it may point to rows that are chosen later."""
        return key.parent == name or (name, key.name) in self.metadata.deferred

    def cascade(self, root: str, seed: int) -> None:
        """Sample everything below the root, parents first."""
        for name in self._order:
            keys = [k for k in self.keys(name) if k.parent in self.kept]
            if name != root and keys:
                self.kept[name] = self._follow(name, keys, seed)

    def complete(self, seed: int) -> None:
        """Sample the tables that are not below the root, so that no kept row loses its parent."""
        others = [name for name in self._order if name not in self.kept]
        links: dict[str, list[Link]] = {name: [] for name in others}
        for name, frame in self.kept.items():
            self._refer(links, name, frame)
        needed: dict[str, Frame] = {}
        for name in reversed(others):
            if links[name] and not self.metadata.tables[name].keep:
                full, pk = self.full[name], self.metadata.tables[name].primary_key
                own = [key for key in self._all_keys(name) if key.parent == name]
                needed[name] = selection.referenced(full, links[name])
                needed[name] = selection.with_ancestors(full, needed[name], own, pk)
                self._refer(links, name, needed[name])
        for name in others:
            self.kept[name] = self._other(name, needed.get(name), seed)

    def clear_loose_ends(self, name: str) -> Frame:
        """Return the sampled table; late keys to rows that are not in the sample become null."""
        frame, table = self.kept[name], self.metadata.tables[name]
        if table.keep:
            return frame
        for key in self._all_keys(name):
            parent = self.kept[key.parent]
            if self._late(name, key) and parent is not self.full[key.parent]:
                frame = selection.clear_dangling(frame, key, parent, table.null_columns(key))
        return frame

    def _refer(self, links: Mapping[str, list[Link]], name: str, frame: Frame) -> None:
        for key in self.keys(name):
            if key.parent in links:
                links[key.parent].append((frame, key))

    def _follow(self, name: str, keys: list[ForeignKey], seed: int) -> Frame:
        """Return the rows of a table whose parents survive."""
        frame = self.full[name]
        if all(self.kept[key.parent] is self.full[key.parent] for key in keys):
            return frame
        strict = [key for key in keys if not key.nullable]
        loose = [key for key in keys if key.nullable]
        for key in strict:
            frame = selection.matching(
                frame, key.columns, self.kept[key.parent], key.parent_columns
            )
        for key in loose:
            gone = selection.not_matching(
                self.full[key.parent], key.parent_columns, self.kept[key.parent], key.parent_columns
            )
            frame = selection.not_matching(frame, key.columns, gone, key.parent_columns)
        return frame if strict else self._with_families(name, frame, loose, seed)

    def _with_families(self, name: str, frame: Frame, keys: list[ForeignKey], seed: int) -> Frame:
        """Return the rows with a parent, and a share of those that have none at all."""
        parts, rest = [], frame
        for key in keys:
            parent = self.kept[key.parent]
            parts.append(selection.matching(rest, key.columns, parent, key.parent_columns))
            rest = selection.not_matching(rest, key.columns, parent, key.parent_columns)
        drawn = integer_seed(seed, name, "fit")
        parts.append(selection.share(rest, self.fraction, self.identity(name), drawn))
        return selection.stack(parts)

    def _other(self, name: str, needed: Frame | None, seed: int) -> Frame:
        """Return the sample of a table that is not below the root."""
        full = self.full[name]
        keys = self.keys(name)
        if self.metadata.tables[name].keep:
            return full
        candidates = self._follow(name, keys, seed) if keys else full
        if keys and candidates is full:
            return full
        if not keys and n_rows(full) <= self.size:
            return full
        key = self.metadata.tables[name].primary_key
        rest = (
            candidates if needed is None else selection.not_matching(candidates, key, needed, key)
        )
        if not keys:
            missing = self.size - (0 if needed is None else n_rows(needed))
            drawn = integer_seed(seed, name, "fit")
            rest = selection.first_rows(rest, max(missing, 0), self.identity(name), drawn)
        return rest if needed is None else selection.stack([needed, rest])
