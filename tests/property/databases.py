"""Random databases: any schema that can be declared, and data that is valid by construction.

Hypothesis draws what the schema looks like, so that it can shrink it; the rows come from one seed.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from hypothesis import assume
from hypothesis import strategies as st

from synthohive_jupyter.schema.metadata import LINKAGE_METHODS, Metadata, key_name
from tests.property.drawn_tables import Link, Table, fill, frame_of, point
from tests.property.key_checks import children_of
from tests.property.key_values import KINDS

if TYPE_CHECKING:
    import pandas as pd

MAX_TABLES, MAX_DEPTH = 6, 4
LINE_KINDS = ("int64", "int64", "text", "day", "datetime")
VALUES = ("cat", "int", "float", "bool", "date", "text", "null")


@dataclass(frozen=True)
class Database:
    """A description, and frames that fit it."""

    metadata: Metadata
    data: dict[str, pd.DataFrame]
    circular: bool

    def __repr__(self):
        tables = [
            f"{config!r}\n{self.data[name]!r}" for name, config in self.metadata.tables.items()
        ]
        return "\n".join(tables)


@st.composite
def databases(draw, *, max_tables=MAX_TABLES, max_rows=14):
    """Draw a database of one to ``max_tables`` tables."""
    rng = np.random.default_rng(draw(st.integers(0, 2**20)))
    circular = draw(st.integers(0, 4)) == 0
    orphans = draw(st.integers(0, 4)) == 0
    tables = []
    for number in range(draw(st.integers(1, max_tables))):
        table = Table(f"t{number}", keep=draw(st.integers(0, 6)) == 0)
        _link(draw, table, tables)
        _primary_key(draw, table, rng)
        empty = not (table.root or table.keep or circular) and draw(st.integers(0, 9)) == 0
        wanted = 0 if empty else draw(st.integers(1, max_rows))
        # A kept table is copied as it is, so it has to be sound.
        loose = orphans and not table.keep
        fill(table, wanted, rng, orphans=loose)
        # Without a row nothing can be learnt of a root; a circle may make any table one.
        assume(table.rows or not (table.root or table.keep or circular))
        if table.pk and draw(st.integers(0, 3)) == 0:
            _refer_to_itself(draw, table, rng, orphans=loose)
        fewest = 0 if table.pk or table.links else 1
        for place in range(draw(st.integers(fewest, 3))):
            table.values[f"v{place}"] = draw(st.sampled_from(VALUES))
        table.floats = draw(st.booleans())
        tables.append(table)
    if circular:
        circular = _close_circle(draw, tables, rng, orphans=orphans)
    data = {table.name: frame_of(table, rng, mixed=draw(st.booleans())) for table in tables}
    return Database(_describe(draw, tables, data, circular=circular), data, circular)


# --- the schema


def _link(draw, table, tables):
    """Give a table its foreign keys; keys may share the columns that have one origin."""
    possible = [t for t in tables if t.pk and t.depth < MAX_DEPTH and (t.keep or not table.keep)]
    number = draw(st.sampled_from((0, 1, 1, 2, 2, 3))) if possible else 0
    wanted = [draw(st.sampled_from(possible)) for _ in range(number)]
    nullable = [draw(st.integers(0, 2)) == 0 for _ in wanted]
    shared = {}
    # Keys that are never null first: the others follow where they share a column.
    for parent, may in sorted(zip(wanted, nullable, strict=True), key=lambda pair: pair[1]):
        targets = parent.pk
        if len(targets) > 1 and draw(st.integers(0, 4)) == 0:
            targets = tuple(reversed(targets))
        columns = []
        for target in targets:
            origin = parent.origins[target]
            known = shared.get(origin)
            if known is None or known in columns or not draw(st.booleans()):
                known = _new_name(table, f"{parent.name}_{target}")
                shared.setdefault(origin, known)
                table.kinds[known], table.origins[known] = parent.kinds[target], origin
            columns.append(known)
        # A key that can never be null, since others fill its columns, is not nullable.
        filled = {c for link in table.links if not link.nullable for c in link.columns}
        can = may and not set(columns) <= filled
        if all(set(link.columns) != set(columns) for link in table.links):
            table.links.append(Link(tuple(columns), parent, targets, can))
            table.depth = max(table.depth, parent.depth + 1)


def _new_name(table, wanted):
    names = (wanted if n == 0 else f"{wanted}_{n}" for n in itertools.count())
    return next(name for name in names if name not in table.kinds)


def _primary_key(draw, table, rng):
    """Choose how the rows differ: own columns, foreign keys, foreign keys and a line, or nothing."""
    certain = [link for link in table.links if not link.nullable]
    forms = ["own", "own", "own two", "own two", "none"]
    forms += ["key", "line", "line"] if certain else []
    forms += ["two", "two", "two line"] if len(certain) > 1 else []
    form = draw(st.sampled_from(forms))
    if form == "none":
        return
    if form in {"own", "own two"}:
        table.pk = ("id",) if form == "own" else ("id", "code")
        for column in table.pk:
            table.kinds[column] = draw(st.sampled_from(KINDS))
    else:
        chosen = draw(st.permutations(certain))[: 2 if "two" in form else 1]
        table.pk = tuple(dict.fromkeys(c for link in chosen for c in link.columns))
    if "line" in form:
        table.line = "line"
        table.kinds["line"] = draw(st.sampled_from(LINE_KINDS))
        table.pk = (*table.pk, "line") if draw(st.booleans()) else ("line", *table.pk)
    for column in table.pk:
        table.origins.setdefault(column, (table.name, column))


def _refer_to_itself(draw, table, rng, *, orphans):
    """Add a key to the table itself; it shares columns that tell a tenant."""
    fixed = {c for link in table.links if not link.nullable for c in link.columns}
    columns = tuple(
        c if c in fixed and draw(st.booleans()) else _new_name(table, f"above_{c}")
        for c in table.pk
    )
    if set(columns) <= set(table.pk):
        return
    for column, target in zip(columns, table.pk, strict=True):
        table.kinds[column] = table.kinds[target]
    link = Link(columns, table, table.pk, nullable=True, own=True)
    table.links.append(link)
    earlier = draw(st.integers(0, 3)) > 0
    share = draw(st.sampled_from((0.2, 0.5, 1.0)))
    order = rng.permutation(len(table.rows))
    known = link.known()
    for place, at in enumerate(order):
        above = order[:place] if earlier else order
        point(table.rows[at], link, [known[i] for i in above], rng, share=share, orphans=orphans)


def _close_circle(draw, tables, rng, *, orphans):
    """Let an earlier table point to a later one; return whether there was one to point to."""
    pairs = [
        (a, b) for a, b in itertools.combinations(tables, 2) if b.pk and not a.keep and not b.keep
    ]
    if not pairs:
        return False
    table, later = draw(st.sampled_from(pairs))
    columns = tuple(_new_name(table, f"later_{c}") for c in later.pk)
    for column, target in zip(columns, later.pk, strict=True):
        table.kinds[column] = later.kinds[target]
    link = Link(columns, later, later.pk, nullable=True)
    table.links.append(link)
    share, known = draw(st.sampled_from((0.0, 0.4, 1.0))), link.known()
    for row in table.rows:
        point(row, link, known, rng, share=share, orphans=orphans)
    return True


# --- the description


def _describe(draw, tables, data, *, circular):
    metadata = Metadata()
    for table in draw(st.permutations(tables)):
        metadata.add_table(
            table.name,
            pk=(table.pk[0] if len(table.pk) == 1 else table.pk) or None,
            fk={
                (link.columns[0] if len(link.columns) == 1 else link.columns): (
                    f"{link.parent.name}.{key_name(link.targets)}"
                )
                for link in table.links
            },
            nullable_fks=[link.name for link in table.links if link.nullable],
            keep=table.keep,
            **({} if table.keep else _options(draw, table, circular=circular)),
        )
    by_name = {table.name: table for table in tables}
    for name in [name for name, table in by_name.items() if not table.keep]:
        more = {"parent_context_cols": _context(draw, metadata, by_name, name)}
        if (driver := metadata.driving_key(name)) is not None and draw(st.integers(0, 4)) == 0:
            more["children"] = _bounds(draw, driver, data[name], data[driver.parent])
        metadata.tables[name] = replace(metadata.tables[name], **more)
    return metadata


def _options(draw, table, *, circular):
    options = {"linkage_method": draw(st.sampled_from(LINKAGE_METHODS))}
    if draw(st.booleans()):
        options["order_by"] = draw(st.sampled_from(["none", *table.values]))
    drivers = [link for link in table.structural if not link.own]
    # In a circle it is the package that chooses which key is filled in later.
    if drivers and not circular and draw(st.booleans()):
        options["driver"] = draw(st.sampled_from(drivers)).name
    return options


def _context(draw, metadata, by_name, name):
    """Return some columns of the ancestors, ``None`` for the package's own choice."""
    if draw(st.integers(0, 3)):
        return None
    above, passed, key = [], set(), metadata.driving_key(name)
    while key is not None and key.parent not in passed:
        passed.add(key.parent)
        above += [f"{key.parent}.{column}" for column in by_name[key.parent].values]
        key = metadata.driving_key(key.parent)
    return tuple(draw(st.lists(st.sampled_from(above), max_size=3, unique=True))) if above else ()


def _bounds(draw, key, child, parent):
    """Return bounds of the children per parent that the data keeps."""
    counts = children_of(child, key.columns, parent, key.parent_columns)
    least = draw(st.sampled_from([0, int(counts.min(initial=0))]))
    return least, draw(st.sampled_from([None, max(int(counts.max(initial=0)), least, 1)]))
