"""From what rows look for to the parents that they get: the keys of a draft are placed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from synthohive_jupyter.events import Event, Notice
from synthohive_jupyter.io.lookup import complete, locate, taken
from synthohive_jupyter.relational.ancestry import (
    ANY,
    ancestors,
    anchors,
    families,
    groups,
    kept_anchor,
)
from synthohive_jupyter.relational.hierarchy.link import SelfLink
from synthohive_jupyter.relational.keys.references import NULL, refer
from synthohive_jupyter.relational.parents.link import Placement
from synthohive_jupyter.seeding import stream, table_id

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

    from synthohive_jupyter.engine.grown import Draft, GrownTables
    from synthohive_jupyter.engine.record import Fitted
    from synthohive_jupyter.relational.steps import TableStep
    from synthohive_jupyter.schema.metadata import ForeignKey

    Positions = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Placer:
    """Finds the parents of rows by the keys that do not drive.

    Attributes:
        fitted: What was learnt.
        seed: Root seed.
        emit: Receives the events.
        tables: The tables so far.
    """

    fitted: Fitted
    seed: int
    emit: Callable[[Event], None]
    tables: GrownTables

    def parentless(self, step: TableStep) -> bool:
        """Return whether rows would need a parent that no row of another table can be; say so."""
        for key in step.other_keys:
            if not key.nullable and not self.tables.rows(key.parent):
                message = f"no rows: '{key.name}' must point to '{key.parent}', which has none"
                self.emit(Notice(message, table=step.table, level="warning"))
                return True
        return False

    def drive(
        self, draft: Draft, key: ForeignKey, positions: Positions, kept: Mapping[str, pd.DataFrame]
    ) -> None:
        """Fill the columns of the driving key.

        Columns of it that point to kept tables too were drawn as values; rows with a driving parent
        have its value. Where no kept row has that, the parent is let go.

        Args:
            draft: The rows.
            key: The driving key.
            positions: The parent of each row.
            kept: Foreign key name to the rows of its kept table.
        """
        self.refer(draft, key, positions)
        theirs = dict(zip(key.columns, key.parent_columns, strict=True))
        shared = [c for c in key.columns if c in draft.drawn.columns]
        parents = self.tables.keys(key.parent) if shared else None
        before = draft.drawn
        for column in shared:
            assert parents is not None
            own = taken(parents[[theirs[column]]], positions).iloc[:, 0].astype(object)
            values = before[column].astype(object).where(positions == NULL, own)
            dtype = pd.api.types.pandas_dtype(str(before[column].dtype))
            draft.drawn = draft.drawn.assign(**{column: values.astype(dtype)})
        lost = np.zeros(len(draft), dtype=np.bool_)
        for other in draft.step.kept_keys:
            if other.name in kept and set(other.columns) & set(shared):
                found = locate(draft.drawn, other.columns, kept[other.name], other.parent_columns)
                lost |= complete(draft.drawn, other.columns) & (found == NULL)
        lost &= positions != NULL
        if lost.any() and key.nullable:
            draft.drawn = draft.drawn.assign(
                **{c: draft.drawn[c].where(~lost, before[c]) for c in shared}
            )
            draft.keys.clear()
            draft.closed.clear()
            self.refer(draft, key, np.where(lost, NULL, positions))
        elif lost.any():
            self.leave_out(draft, key, lost)

    def place(self, draft: Draft, key: ForeignKey) -> None:
        """Give each row its parent by a key; rows that must have one and cannot are left out."""
        filled = draft.filled
        shared = [c for c in key.columns if c in filled.columns]
        if len(shared) == len(key.columns):
            found = self._implied(draft, key, filled)
        else:
            found = self._sought(draft, key, filled, shared)
        positions = found.positions
        if found.lost.any():
            positions = np.where(found.lost, NULL, positions)
            if not key.nullable or not self._let_go(draft, key, found.lost):
                positions = positions[~found.lost]
                self.leave_out(draft, key, found.lost)
        self.refer(draft, key, positions)

    def _let_go(self, draft: Draft, key: ForeignKey, lost: NDArray[np.bool_]) -> bool:
        """Make a key null in rows for which there is no parent; return whether that can be.

        Where other keys have filled all its columns, they are null in these rows from then on.
        """
        table = self.fitted.metadata.tables[draft.step.table]
        free = table.null_columns(key)
        if not set(free) <= set(draft.filled.columns):
            return True
        placed = [k for k in draft.step.structural_keys if k.name in draft.positions]
        holders = [k for k in placed if set(k.columns) & set(free)]
        if set(free) & set(draft.drawn.columns) or not all(k.nullable for k in holders):
            return False
        draft.empty(free, lost)
        for holder in holders:
            draft.positions[holder.name] = np.where(lost, NULL, draft.positions[holder.name])
        return True

    def refer(self, draft: Draft, key: ForeignKey, positions: Positions) -> None:
        """Fill the columns of a key with those of the parents at ``positions``."""
        table = draft.step.table
        draft.positions[key.name] = positions
        reference = self.fitted.learnt[table].record.references[key.name]
        nullable = reference.nullable or bool((positions == NULL).any())
        parents = self.tables.keys(key.parent)[list(key.parent_columns)]
        columns = refer(reference.formats, parents, positions, nullable=nullable)
        final = self.fitted.metadata.tables[table].null_columns(key)
        for column, values in zip(key.columns, columns, strict=True):
            draft.fill(column, values, final=column in final, table=table)

    def _implied(self, draft: Draft, key: ForeignKey, filled: pd.DataFrame) -> Placement:
        """Return the parents that columns of other keys have decided; the rest look for one."""
        parents, columns = self.tables.keys(key.parent), list(key.columns)
        positions = locate(filled, columns, parents, key.parent_columns)
        known = filled[columns].notna().all(axis=1).to_numpy(dtype=np.bool_)
        decided = known | draft.shut(columns)
        if not decided.all():
            sought = self._sought(draft, key, filled, columns)
            positions = np.where(decided, positions, sought.positions)
            known = np.where(decided, known, sought.lost)
        return Placement(positions, lost=known & (positions == NULL))

    def _sought(
        self, draft: Draft, key: ForeignKey, filled: pd.DataFrame, shared: list[str]
    ) -> Placement:
        """Return the parents that suit what the rows look for."""
        step, plan = draft.step, self.fitted.plan
        above = ancestors(step, plan, self.tables)
        itself = key.parent == step.table
        if itself:
            shown = {t: (p, p) for t, p in above.items() if t != step.table}
            parents = draft.drawn
        else:
            shown = anchors(step, key, above, plan, self.tables)
            parents = self.tables.columns(key.parent, plan.step(key.parent).modelled_columns)
        link = self.fitted.learnt[step.table].links[key.name]
        driver = step.driver
        family = np.arange(len(draft)) if driver is None else families(above[driver.parent])
        rng = stream(self.seed, step.table, "parents", table_id(key.name))
        must = self._must(draft, key, filled, shared)
        if isinstance(link, SelfLink):
            return link.place(draft.wanted, parents, family, rng=rng, anchors=shown, must=must)
        found = link.place(
            draft.wanted,
            parents,
            family,
            rng=rng,
            anchors=shown,
            must=must,
            apart=_apart(step, key, filled),
            adopt=key.name in step.adopting,
        )
        if found.adopted is not None:
            _adopt(self.tables.draft(key.parent), found.adopted)
        if found.moved is not None and len(found.moved):
            parent = self.tables.draft(key.parent)
            self._move(draft, parent, link.ancestors.often, found.moved)
        return found

    def _move(self, draft: Draft, parent: Draft, ancestor: str | None, moved: pd.Series) -> None:
        """Give rows of a parent the ancestor of their rows, by its driving key or a kept one."""
        rows, positions = moved.index.to_numpy(), moved.to_numpy()
        key = parent.step.driver
        if key is not None and key.parent == ancestor:
            found = parent.positions[key.name].copy()
            found[rows] = positions
            for column in key.columns:
                del parent.keys[column], parent.closed[column]
            self.refer(parent, key, found)
            return
        chain = self.fitted.metadata.driving_chain(draft.step.table)
        above = (draft.step, *(self.fitted.plan.step(table) for table in chain))
        names = {
            kept_anchor(step.table, mine, theirs): theirs
            for step in above
            for mine in step.kept_keys
            for theirs in parent.step.kept_keys
        }
        theirs = names.get(ancestor or "")
        kept = None if theirs is None else self.fitted.learnt[theirs.parent].kept
        if theirs is not None and kept is not None:
            _adopt(
                parent,
                kept[list(theirs.parent_columns)]
                .iloc[positions]
                .set_axis(rows)
                .set_axis(list(theirs.columns), axis=1),
            )

    def _must(
        self, draft: Draft, key: ForeignKey, filled: pd.DataFrame, shared: list[str]
    ) -> tuple[Positions, Positions] | None:
        """Return numbers by which a row and its parent must agree, where keys share columns."""
        if not shared:
            return None
        theirs = dict(zip(key.columns, key.parent_columns, strict=True))
        parents = self.tables.keys(key.parent)
        own, other = groups(filled, shared, parents, [theirs[c] for c in shared])
        unknown = filled[shared].isna().any(axis=1).to_numpy() & ~draft.shut(shared)
        return np.where(unknown, ANY, own), other

    def leave_out(self, draft: Draft, key: ForeignKey, lost: NDArray[np.bool_]) -> None:
        """Leave out rows for which the parent by a key has no row; say so."""
        message = f"{int(lost.sum()):,} rows left out: '{key.parent}' has no row left for them"
        self.emit(Notice(message, table=draft.step.table, level="warning"))
        draft.drop(lost)


def _apart(step: TableStep, key: ForeignKey, filled: pd.DataFrame) -> Positions | None:
    """Return numbers of the rows that must get different parents by a key, ``None`` if none."""
    if key.name != step.unique_key:
        return None
    # Rows that differ in a column of the key have different parents anyway.
    rest = [c for c in step.primary_key if c not in key.columns]
    if not rest:
        return np.zeros(len(filled), dtype=np.int64)
    return locate(filled, rest, filled, rest)


def _adopt(parent: Draft, values: pd.DataFrame) -> None:
    """Write what its children ask for into the rows of a parent."""
    rows, columns = values.index.to_numpy(), {}
    for name in values.columns:
        column = parent.drawn[name].copy()
        column.iloc[rows] = values[name].to_numpy()
        columns[name] = column
    parent.drawn = parent.drawn.assign(**columns)
