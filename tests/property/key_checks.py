"""Whether a database holds: every check from scratch, by plain merges, nothing from the package.

The description is only read; what the package believes about keys is not asked.
"""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pandas as pd


def problems_of(database, made, *, rows, roots):
    """Return in words everything that is wrong with a generated database.

    Args:
        database: Description and real data.
        made: Table name to the generated frame.
        rows: Root name to the rows asked for.
        roots: The tables that take a row count.
    """
    tables, found = database.metadata.tables, []
    if set(made) != set(tables):
        return [f"tables {sorted(made)} instead of {sorted(tables)}"]
    for name, table in tables.items():
        real, frame = database.data[name], made[name]
        if list(frame.columns) != list(real.columns):
            found.append(f"{name}: columns {list(frame.columns)} instead of {list(real.columns)}")
            continue
        if table.keep:
            found += [] if frame.equals(real) else [f"{name}: kept and yet not the same"]
        if name in roots:
            most, least = _possible(database, name, rows[name])
            if not least <= len(frame) <= most:
                found.append(f"{name}: {len(frame)} rows instead of {least} to {most}")
        found += [f"{name}: {text}" for text in _primary(table, real, frame)]
        for key in table.foreign_keys:
            where = f"{name}.{key.name} -> {key.parent}"
            parents = database.data[key.parent], made[key.parent]
            found += [f"{where}: {text}" for text in _foreign(key, (real, frame), parents)]
            if key.parent == name:
                found += [f"{where}: {text}" for text in _above(key, real, frame)]
        found += [f"{name}: {text}" for text in _dtypes(table, real, frame)]
    return found


def _possible(database, name, rows):
    """Return the most and fewest rows of a root: kept keys alone give so many primary keys only.

    Of several such keys the pairs that the model has not drawn need not be looked for.
    """
    table, data = database.metadata.tables[name], database.data
    kept = [key for key in table.foreign_keys if database.metadata.tables[key.parent].keep]
    inside = [key for key in kept if set(key.columns) <= set(table.primary_key)]
    if {column for key in inside for column in key.columns} != set(table.primary_key) or not inside:
        return rows, rows
    frames = [
        canonical(data[key.parent], key.parent_columns)[0].drop_duplicates() for key in inside
    ]
    every = frames[0].set_axis(inside[0].columns, axis=1)
    for key, frame in zip(inside[1:], frames[1:], strict=True):
        more = frame.set_axis(key.columns, axis=1)
        shared = [column for column in more if column in every]
        every = every.merge(more, on=shared) if shared else every.merge(more, how="cross")
    most = min(rows, len(every))
    return most, most if len(inside) == 1 else min(most, 1)


def canonical(frame, columns):
    """Return key columns as text that is equal where the keys are, and null where one is null."""
    plain = pd.DataFrame(
        {f"k{place}": _texts(frame[column]) for place, column in enumerate(columns)},
        index=pd.RangeIndex(len(frame)),
    )
    return plain, plain.notna().all(axis=1).to_numpy()


def _texts(column):
    return pd.Series([_text(value) for value in column.tolist()], dtype=object)


def _text(value):
    if value is None or value is pd.NA or value is pd.NaT or value != value:  # noqa: PLR0124 - NaN
        return None
    if isinstance(value, (int, float, Decimal, np.number)) and value == int(value):
        return str(int(value))
    return str(value)


def children_of(child, columns, parent, targets):
    """Return the children of each row of the parent."""
    keys, complete = canonical(child, columns)
    counts = keys[complete].value_counts().rename("n").reset_index()
    counts = (
        counts if len(counts) else pd.DataFrame({**{c: [] for c in keys}, "n": []}, dtype=object)
    )
    rows = canonical(parent, targets)[0].merge(counts, how="left", on=list(keys.columns))
    return rows["n"].astype(float).fillna(0).to_numpy().astype(int)


def _primary(table, real, frame):
    if not table.primary_key:
        return
    keys, complete = canonical(frame, table.primary_key)
    if not complete.all():
        yield f"the primary key is null in {int((~complete).sum())} rows"
    if repeated := int(keys[complete].duplicated().sum()):
        yield f"the primary key is repeated in {repeated} rows"
    if "line" in table.primary_key and real["line"].dtype.kind == "i":
        others = [c for c in table.primary_key if c != "line"]
        groups = [canonical(frame, others)[0][f"k{i}"] for i in range(len(others))]
        sizes = frame.groupby(groups, dropna=False)["line"].agg(["min", "max", "size"])
        if len(sizes) and not ((sizes["min"] == 1) & (sizes["max"] == sizes["size"])).all():
            yield "the lines of a family are not 1..n"


def _foreign(key, children, parents):
    (real, frame), (real_parent, parent) = children, parents
    keys, complete = canonical(frame, key.columns)
    if not key.nullable and not complete.all():
        yield f"null in {int((~complete).sum())} rows"
    known = canonical(parent, key.parent_columns)[0].drop_duplicates()
    merged = keys[complete].merge(known, how="left", indicator=True)
    if lost := int((merged["_merge"] != "both").sum()):
        yield f"{lost} rows point to nobody"
    if not complete.any() or not key.nullable:
        return
    real_keys, real_complete = canonical(real, key.columns)
    there = canonical(real_parent, key.parent_columns)[0].drop_duplicates()
    linked = real_keys[real_complete].merge(there)
    if linked.empty:
        yield "it points to somebody; in the data it never does"


def _above(key, real, frame):
    if not _circles(key, real) and _circles(key, frame):
        yield "a circle; the data has none"


def _circles(key, frame):
    """Return the number of rows that are above themselves, at any distance."""
    own, _ = canonical(frame, key.parent_columns)
    place = {row: at for at, row in enumerate(own.itertuples(index=False, name=None))}
    keys, complete = canonical(frame, key.columns)
    above = [
        place.get(row, -1) if known else -1
        for row, known in zip(keys.itertuples(index=False, name=None), complete, strict=True)
    ]
    at = np.array([*above, -1])  # the last stands for nobody
    step = at
    for _ in range(len(above)):
        step = at[step]
    return int((step >= 0).sum())


def _dtypes(table, real, frame):
    """Compare the types of the key columns; integers may gain nulls, floats become integers."""
    structural = {c for key in table.foreign_keys for c in key.columns}
    for column in dict.fromkeys((*table.primary_key, *structural)):
        was, now = real[column], frame[column]
        if was.isna().all():
            continue
        if was.dtype.kind == "f" and not table.keep:
            # Whole numbers without nulls may be meant as floats; with nulls they are integers.
            same = now.dtype == was.dtype and was.notna().all()
            if not (same or pd.api.types.is_integer_dtype(now.dtype)):
                yield f"{column} is {now.dtype} instead of whole numbers"
        elif str(was.dtype).lower() != str(now.dtype).lower():
            yield f"{column} is {now.dtype} instead of {was.dtype}"
        elif was.dtype == object and len(present := now.dropna()):
            types = {type(value) for value in present} - {type(value) for value in was.dropna()}
            if types:
                yield f"{column} holds {types.pop().__name__}"


def bounded(database, made):
    """Return the children per parent that break declared bounds."""
    for name, table in database.metadata.tables.items():
        if table.children is None:
            continue
        key = database.metadata.driving_key(name)
        counts = children_of(made[name], key.columns, made[key.parent], key.parent_columns)
        least, most = table.children
        if counts.max(initial=0) > (np.inf if most is None else most):
            yield f"{name}: {counts.max()} children of a parent, {most} are allowed"
        if counts.min(initial=least) < least:
            yield f"{name}: {counts.min()} children of a parent, {least} are needed"
