"""The checks of the random schemas find what is broken: a check that cannot fail shows nothing."""

from collections import Counter
from datetime import date

import pandas as pd
import pytest
from hypothesis import given, settings

from synthohive_jupyter.schema.metadata import Metadata
from tests.property.databases import Database, databases
from tests.property.key_checks import bounded, children_of, problems_of


def shop():
    """Return tenants, their staff (a hierarchy), lines of orders, and pairs of staff and day."""
    metadata = Metadata()
    metadata.add_table("tenants", pk="id")
    metadata.add_table(
        "staff",
        pk=("tenant", "no"),
        fk={"tenant": "tenants.id", ("tenant", "boss"): "staff.(tenant, no)"},
        nullable_fks=["(tenant, boss)"],
    )
    metadata.add_table("plans", pk="code", keep=True)
    metadata.add_table(
        "lines",
        pk=("tenant", "no", "line"),
        fk={("tenant", "no"): "staff.(tenant, no)", "plan": "plans.code"},
        driver="(tenant, no)",
        children=(1, 2),
    )
    staff = pd.DataFrame({"tenant": [7, 7, 7, 9], "no": [1, 2, 3, 1], "boss": [None, 1, 2, None]})
    data = {
        "tenants": pd.DataFrame({"id": [7, 9], "born": [date(2020, 1, 1)] * 2}),
        "staff": staff.astype({"boss": "float64"}),
        "plans": pd.DataFrame({"code": ["a", "b"]}),
        "lines": pd.DataFrame(
            {
                "tenant": [7, 7, 7, 7, 9],
                "no": [1, 1, 2, 3, 1],
                "line": [1, 2, 1, 1, 1],
                "plan": list("aabba"),
            }
        ),
    }
    return Database(metadata, data, circular=False)


def made():
    """Return a database that holds and fits the shop."""
    frames = {name: frame.copy() for name, frame in shop().data.items()}
    frames["staff"] = frames["staff"].astype({"boss": "Int64"})
    return frames


def found(frames):
    problems = problems_of(shop(), frames, rows={"tenants": 2}, roots={"tenants"})
    return problems + list(bounded(shop(), frames))


def test_nothing_is_found_where_nothing_is_wrong():
    assert found(made()) == []


@pytest.mark.parametrize(
    ("table", "change", "words"),
    [
        ("tenants", lambda t: t.head(1), "1 rows instead of 2 to 2"),
        ("tenants", lambda t: t.assign(id=[7, 7]), "primary key is repeated in 1"),
        ("tenants", lambda t: t.assign(id=pd.array([7, None], dtype="Int64")), "primary key is null in 1"),
        ("tenants", lambda t: t[["born", "id"]], "columns"),
        ("tenants", lambda t: t.astype({"id": "int32"}), "id is int32 instead of int64"),
        ("staff", lambda t: t.assign(tenant=[7, 7, 7, 8]), "staff.tenant -> tenants: 1 rows point to nobody"),
        ("staff", lambda t: t.assign(boss=pd.array([None, 1, 2, 3], dtype="Int64")), "(tenant, boss) -> staff: 1 rows"),
        ("staff", lambda t: t.assign(boss=pd.array([3, 1, 2, None], dtype="Int64")), "a circle"),
        ("staff", lambda t: t.assign(boss=pd.array([None, 1, 2, 1], dtype="Int64")), "a circle"),
        ("staff", lambda t: t.astype({"boss": "float64"}), "boss is float64"),
        ("lines", lambda t: t.assign(no=pd.array([1, 1, 2, None, 1], dtype="Int64")), "lines.(tenant, no) -> staff: null in 1"),
        ("lines", lambda t: t.assign(line=[1, 3, 1, 1, 1]), "not 1..n"),
        ("lines", lambda t: t.assign(plan=list("aabbc")), "lines.plan -> plans: 1 rows point to nobody"),
        ("lines", lambda t: t.head(3), "1 are needed"),
        ("lines", lambda t: pd.concat([t, t.tail(1).assign(line=2), t.tail(1).assign(line=3)]), "2 are allowed"),
        ("plans", lambda t: t.iloc[::-1].reset_index(drop=True), "kept and yet not the same"),
    ],
)  # fmt: skip
def test_what_is_broken_is_found(table, change, words):
    frames = made()
    frames[table] = change(frames[table])
    assert any(words in text for text in found(frames)), found(frames)


def test_a_missing_table_is_found():
    frames = made()
    del frames["plans"]
    assert found(frames)


def test_children_are_counted_by_composite_keys():
    tables = shop().data
    counts = children_of(tables["lines"], ("tenant", "no"), tables["staff"], ("tenant", "no"))
    assert counts.tolist() == [2, 1, 1, 1]
    assert children_of(tables["lines"].head(0), ["no"], tables["staff"], ["no"]).tolist() == [0] * 4


@settings(max_examples=60, deadline=None, derandomize=True, database=None)
@given(databases())
def test_the_random_databases_are_valid_themselves(database):
    database.metadata.validate_schema()
    rows = {name: len(frame) for name, frame in database.data.items()}
    problems = problems_of(database, database.data, rows=rows, roots=set())
    # Orphans in nullable keys and floats with nulls are what the package has to mend.
    mended = ("rows point to nobody", "instead of whole numbers")
    assert [text for text in problems if not text.endswith(mended)] == []
    assert list(bounded(database, database.data)) == []


def forms(database):
    """Yield what a database has of the forms that a description may take."""
    tables = database.metadata.tables
    if database.circular:
        yield "circle of tables"
    for name, table in tables.items():
        keys, own, frame = table.foreign_keys, set(table.primary_key), database.data[name]
        fixed = [key for key in keys if not key.nullable]
        columns = [column for key in keys for column in key.columns]
        inside = [key for key in fixed if set(key.columns) <= own]
        yield from (
            form
            for form, holds in {
                "kept": table.keep,
                "no primary key": not own,
                "composite primary key": len(own) > 1,
                "primary key of three columns": len(own) > 2,
                "primary key that is a foreign key": any(set(key.columns) == own for key in inside),
                "primary key of two foreign keys": len(inside) > 1
                and own == {c for k in inside for c in k.columns},
                "line": "line" in own,
                "several parents": len({key.parent for key in keys}) > 1,
                "several keys to one table": len(keys) > len({key.parent for key in keys}),
                "composite foreign key": any(len(key.columns) > 1 for key in keys),
                "shared columns": len(columns) > len(set(columns)),
                "shared columns of a nullable key": any(
                    set(key.columns)
                    & {c for other in keys if other is not key for c in other.columns}
                    for key in keys
                    if key.nullable and key.parent != name
                ),
                "null key": any(
                    key.nullable and frame[list(key.columns)].isna().any().any() for key in keys
                ),
                "self-reference": any(key.parent == name for key in keys),
                "self-reference with shared columns": any(
                    key.parent == name and set(key.columns) & own for key in keys
                ),
                "kept parent": any(tables[key.parent].keep for key in keys),
                "composite key to a kept parent": any(
                    tables[key.parent].keep and len(key.columns) > 1 for key in keys
                ),
                "empty": frame.empty,
                "only keys": set(frame.columns) <= {*own, *columns} and not frame.empty,
                "floats with nulls": any(
                    frame[c].dtype == float and frame[c].isna().any() for c in columns
                ),
                "bounds": table.children is not None,
                "driver": table.driver is not None,
                "context": bool(table.parent_context_cols),
                "no order": table.order_by == "none",
            }.items()
            if holds
        )
        yield from (f"key of {column_kind(frame[column])}" for column in own)


def column_kind(column):
    values = column.dropna()
    return (
        str(column.dtype)
        if column.dtype != object
        else type(values.iloc[0]).__name__
        if len(values)
        else "nothing"
    )


def test_every_form_comes_up():
    seen = Counter()

    @settings(max_examples=200, deadline=None, derandomize=True, database=None)
    @given(databases())
    def look(database):
        seen.update(set(forms(database)))

    look()
    wanted = {form for form in WANTED if seen[form] < 2}
    assert not wanted, seen


WANTED = """circle of tables; kept; no primary key; composite primary key; primary key of three columns;
primary key that is a foreign key; primary key of two foreign keys; line; several parents;
several keys to one table; composite foreign key; shared columns; shared columns of a nullable key;
null key; self-reference; self-reference with shared columns; kept parent;
composite key to a kept parent; empty; only keys; floats with nulls; bounds; driver; context; no order;
key of int64; key of int32; key of int16; key of Int64; key of float64; key of str; key of string;
key of category; key of Decimal; key of date; key of datetime64[ns]"""
WANTED = [form.strip() for form in WANTED.replace("\n", " ").split(";")]
"""Forms that at least two of the examples have: nobody makes the strategy poorer unseen."""
