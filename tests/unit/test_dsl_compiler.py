"""From the cell to `Metadata` and `PrivacyConfig`, and every problem that is found on the way."""

import sys
import time

import pytest

from synthohive_jupyter.dsl.compiler import compile_cell
from synthohive_jupyter.dsl.parser import parse
from synthohive_jupyter.errors import SchemaError
from synthohive_jupyter.privacy.config import PiiRule
from synthohive_jupyter.schema.facts import ColumnFacts, TableFacts
from synthohive_jupyter.schema.metadata import Constraint, Metadata

SHOP = """\
users:       id pk, email pii(fake), ssn pii(mask), region cat, age int[18..110]
products:    id pk, category cat, price float[0..999]
orders:      id pk, user_id -> users.id, status cat, placed_at datetime, total float[0..]
  @linkage negbinom
  @context users.region, users.age
order_items: id pk, order_id -> orders.id, product_id -> products.id,
             quantity int[1..20], unit_price float[0..]
  @driver  order_id
  @context orders.status, orders.total
"""


def test_the_cell_of_the_notation_page_is_what_the_api_would_build():
    cell = compile_cell(SHOP)
    shop = Metadata()
    shop.add_table(
        "users",
        pk="id",
        pii_cols=["email", "ssn"],
        constraints={"region": {"dtype": "cat"}, "age": {"dtype": "int", "min": 18, "max": 110}},
        columns=("id", "email", "ssn", "region", "age"),
    )
    shop.add_table(
        "products",
        pk="id",
        constraints={
            "category": {"dtype": "cat"},
            "price": {"dtype": "float", "min": 0, "max": 999},
        },
        columns=("id", "category", "price"),
    )
    shop.add_table(
        "orders",
        pk="id",
        fk={"user_id": "users.id"},
        parent_context_cols=["users.region", "users.age"],
        linkage_method="negbinom",
        constraints={
            "status": {"dtype": "cat"},
            "placed_at": {"dtype": "datetime"},
            "total": {"dtype": "float", "min": 0},
        },
        columns=("id", "user_id", "status", "placed_at", "total"),
    )
    shop.add_table(
        "order_items",
        pk="id",
        fk={"order_id": "orders.id", "product_id": "products.id"},
        parent_context_cols=["orders.status", "orders.total"],
        linkage_method="conditional",
        driver="order_id",
        constraints={
            "quantity": {"dtype": "int", "min": 1, "max": 20},
            "unit_price": {"dtype": "float", "min": 0},
        },
        columns=("id", "order_id", "product_id", "quantity", "unit_price"),
    )
    assert cell.metadata == shop
    assert dict(cell.privacy.items()) == {
        ("users", "email"): PiiRule("fake"),
        ("users", "ssn"): PiiRule("mask"),
    }
    assert (cell.data, cell.rows, cell.text) == ({}, {}, SHOP)
    assert cell.program == parse(SHOP)


def only(text):
    """Return the table of a cell with one table."""
    (table,) = compile_cell(text).metadata.tables.values()
    return table


@pytest.mark.parametrize(
    ("items", "constraint"),
    [
        ("int", Constraint("int")),
        ("int[-1..1_000]", Constraint("int", -1, 1000)),
        ("float[..2.5e3]", Constraint("float", None, 2500.0)),
        ("[0..]", Constraint(min=0)),
        ("date[2020-01-31..2021-01-01]", Constraint("date", "2020-01-31", "2021-01-01")),
        ("datetime[2020-01-31T10:00..]", Constraint("datetime", "2020-01-31T10:00")),
        ("{b, a, 1}", Constraint(values=("b", "a", "1"))),
        ("cat {a} unique", Constraint("cat", values=("a",), unique=True)),
        ("unique", Constraint(unique=True)),
        ("unique [0..9] pii(keep) int", Constraint("int", 0, 9, unique=True)),
        ("high", None),
        ("pk", None),
        ("", None),
    ],
)
def test_constraints_of_a_column(items, constraint):
    assert only(f"t: c {items}").constraints.get("c") == constraint


def test_keys():
    cell = compile_cell(
        "a: x int pk, y text pk\n"
        "b: id pk, (p, q) -> a.(x, y)?, boss -> b.id?\n"
        "c: b_id pk -> b.id\n"
        "d: v\n"
    )
    a, b, c, d = cell.metadata.tables.values()
    assert (a.pk, b.pk, c.pk, d.pk) == (("x", "y"), "id", "b_id", None)
    assert b.fk == {("p", "q"): "a.(x, y)", "boss": "b.id"}
    assert b.nullable_fks == ("(p, q)", "boss")
    assert c.fk == {"b_id": "b.id"}
    assert b.columns == ("id", "p", "q", "boss")
    assert cell.metadata.driving_key("b").columns == ("p", "q")


def test_a_composite_key_may_be_declared_beside_its_columns():
    b = compile_cell("a: x pk, y pk\nb: p int, q text, (p, q) -> a.(x, y)").metadata.tables["b"]
    assert b.columns == ("p", "q")
    assert b.constraints["p"] == Constraint("int")


def test_properties():
    cell = compile_cell(
        "u: id pk, day date\n"
        "  @data s3://b/users.csv\n"
        "  @rows 1_000\n"
        "r: id pk\n"
        "  @keep\n"
        't: id pk, u_id -> u.id, r_id -> r.id, a int, b int, c int, d, e, f, g, "h i"\n'
        "  @data events\n"
        "  @driver u_id\n"
        "  @linkage negbinom\n"
        "  @context none\n"
        "  @order day\n"
        "  @model ctgan\n"
        "  @check a <= b\n"
        "  @check b <= c\n"
        "  @together d, e\n"
        '  @together f, g, "h i"\n'
        "  @strict\n".replace("@order day", "@order a")
    )
    t = cell.metadata.tables["t"]
    assert cell.data == {"u": "s3://b/users.csv", "t": "events"}
    assert cell.rows == {"u": 1000}
    assert cell.metadata.tables["r"].keep
    assert (t.driver, t.linkage_method, t.parent_context_cols) == ("u_id", "negbinom", ())
    assert (t.order_by, t.model, t.strict) == ("a", "ctgan", True)
    assert t.checks == (("a", "b"), ("b", "c"))
    assert t.combinations == (("d", "e"), ("f", "g", "h i"))
    assert cell.metadata.tables["u"].parent_context_cols is None


def test_a_composite_key_can_drive():
    text = "a: x pk, y pk\nb: id pk\nc: a_x -> b.id, (p, q) -> a.(x, y)\n  @driver (p, q)\n"
    assert compile_cell(text).metadata.driving_key("c").parent == "a"


def test_a_column_called_none_can_be_a_context():
    text = "a: id pk, none int\nb: a_id -> a.id\n  @context {}\n"
    assert compile_cell(text.format('"none"')).metadata.tables["b"].parent_context_cols == ("none",)
    assert compile_cell(text.format("none")).metadata.tables["b"].parent_context_cols == ()


@pytest.mark.parametrize(
    ("written", "method", "children"),
    [
        ("conditional [1..20]", "conditional", (1, 20)),
        ("[0..1]", "conditional", (0, 1)),
        ("negbinom[..1_000]", "negbinom", (0, 1000)),
        ('"conditional" [2..]', "conditional", (2, None)),
        ("conditional", "conditional", None),
    ],
)
def test_rows_per_parent(written, method, children):
    cell = compile_cell(f"u: id pk\nt: u_id -> u.id\n  @linkage {written}\n")
    t = cell.metadata.tables["t"]
    assert (t.linkage_method, t.children) == (method, children)


def test_no_order_and_a_column_called_none():
    text = "t: id pk, none int\n  @order {}\n  @strict\n"
    plain = compile_cell(text.format("none")).metadata.tables["t"]
    assert (plain.order_by, plain.order_column) == ("none", None)
    assert compile_cell(text.format('"none"')).metadata.tables["t"].order_column == "none"


def test_a_context_may_come_from_any_table_above():
    text = (
        "users: id pk, region cat\norders: id pk, user -> users.id, total float\n"
        "items: order -> orders.id\n  @context users.region, orders.total\n"
    )
    metadata = compile_cell(text).metadata
    assert metadata.driving_chain("items") == ("orders", "users")


def test_a_cycle_is_broken_at_the_nullable_key():
    text = "users: id pk, last -> orders.id?\norders: id pk, user -> users.id\n"
    metadata = compile_cell(text).metadata
    assert metadata.deferred == {("users", "last")}
    assert metadata.driving_key("users") is None


def test_a_database_of_tenants():
    text = (
        "tenants: id pk\n"
        "users: tenant pk -> tenants.id, id pk, boss, (tenant, boss) -> users.(tenant, id)?\n"
        "products: tenant pk -> tenants.id, id pk\n"
        "orders: tenant, user, product, (tenant, user) -> users.(tenant, id),\n"
        "  (product, tenant) -> products.(id, tenant)?\n"
        "  @driver (tenant, user)\n"
    )
    metadata = compile_cell(text).metadata
    assert metadata.driving_key("orders").parent == "users"
    assert metadata.tables["users"].nullable_fks == ("(tenant, boss)",)


@pytest.mark.parametrize(
    ("mark", "rule"),
    [
        ("pii", PiiRule("fake")),
        ("pii(drop)", PiiRule("drop")),
        ("pii(hash)", PiiRule("hash")),
        ("pii(fake:email)", PiiRule("fake", "email")),
    ],
)
def test_privacy_rules(mark, rule):
    cell = compile_cell(f"u: id pk, c {mark}")
    assert cell.privacy.rule("u", "c") == rule
    assert cell.metadata.tables["u"].pii_cols == ("c",)


def test_a_column_that_is_kept_is_an_ordinary_one():
    cell = compile_cell("u: id pk, c pii(keep)\no: u_id -> u.id\n  @context u.c\n")
    assert cell.privacy.rule("u", "c") == PiiRule("keep")
    assert cell.metadata.tables["u"].pii_cols == ()


def test_high_cardinality():
    assert only("t: id pk, city cat high, zip high").high_cardinality_cols == ("city", "zip")


KNOWN = "types: int, float, cat, bool, date, datetime, text, id; marks: pk, unique, high, pii"

# Text (the carets belong between the angle quotation marks), message, hint.
PROBLEMS = {
    "misspelt type": ("t: a ‹flaot›", "unknown type 'flaot'", "did you mean 'float'?"),
    "misspelt mark": ("t: a int ‹uniqe›", "unknown word 'uniqe'", "did you mean 'unique'?"),
    "capital type": ("t: a ‹INT›", "unknown type 'INT'", "did you mean 'int'?"),
    "type of SQL": ("t: a ‹varchar›", "unknown type 'varchar'", "write 'cat' or 'text'"),
    "null": ("t: a int ‹nullable›", "unknown word 'nullable'", "remove it: whether values may be missing is seen in the data"),
    "action alone": ("t: a ‹mask›", "unknown type 'mask'", "write 'pii(mask)'"),
    "references a table": ("t: a ‹references›", "unknown type 'references'", "a foreign key is written 'column -> table.column'"),
    "name with a space": ("t: unit ‹price› float", "unknown type 'price'", 'a name with a space goes in double quotes: "unit price"'),
    "any word": ("t: a ‹xyzzy›", "unknown type 'xyzzy'", KNOWN),
    "forgotten comma": ("t: id pk ‹email› text, b int", "expected ',' before 'email'", "put a comma before it"),
    "forgotten comma before a key": ("u: id pk\nt: id pk ‹u_id› -> u.id", "expected ',' before 'u_id'", "put a comma before it"),
    "pk alone": ("t: ‹pk›, email text", "'pk' stands without a column", 'write it after the column, or in double quotes if "pk" is its name'),
    "two types": ("t: a int ‹float›", "'a' has two types", "keep one of them"),
    "two ranges": ("t: a int[0..1] ‹[0..2]›", "'a' has two ranges", "keep one of them"),
    "two sets": ("t: a {x} ‹{y}›", "'a' has two sets", "keep one of them"),
    "two targets": ("u: id pk\nt: a -> u.id -> ‹u.id›", "'a' has two targets", "keep one of them"),
    "two marks": ("t: a int unique ‹unique›", "'unique' stands twice at 'a'", "remove one"),
    "two pii": ("t: a pii ‹pii(mask)›", "'pii' stands twice at 'a'", "remove one"),
    "range and set": ("t: a [0..1] ‹{x}›", "'a' has a range and a set", "keep one of them"),
    "range without ends": ("t: a int‹[..]›", "a range needs an end", "write [0..9], [0..] or [..9]"),
    "long number": ("t: a int[‹" + "9" * 41 + "›..]", "a number has at most 40 characters", None),
    "infinite": ("t: a float‹[1e999..]›", "the bound inf is not a finite number", "leave that end open"),
    "no date": ("t: a date‹[2021-02-29..]›", "'2021-02-29' is not a date of the calendar", "dates are written 2020-01-31"),
    "no time": ("t: a datetime‹[..2021-01-01T25:00]›", "'2021-01-01T25:00' is not a date of the calendar", "dates are written 2020-01-31"),
    "mixed range": ("t: a ‹[2021-01-01..5]›", "range 2021-01-01..5 mixes numbers and dates", None),
    "number for a date": ("t: a date‹[0..]›", "a column of type 'date' cannot have the bound 0", None),
    "range of a category": ("t: a cat‹[0..9]›", "a column of type 'cat' cannot have the bound 0", None),
    "empty range": ("t: a float‹[2..1.5]›", "range 2..1.5 is empty (min > max)", None),
    "empty range of dates": ("t: a date‹[2021-01-02..2021-01-01]›", "range 2021-01-02..2021-01-01 is empty (min > max)", None),
    "empty set": ("t: a ‹{}›", "the set of allowed values is empty", None),
    "value twice": ('t: a {x, y, ‹"x"›}', "'x' stands twice in the set", "remove one"),
    "table twice": ("t: id pk\nu: id pk\n‹t›: id pk", "table 't' is declared twice", "the first one is on line 2"),
    "column twice": ("t: id pk,\n   ‹id› int", "column 'id' is declared twice in 't'", "the first one is on line 2"),
    "nameless table": ('t: id pk\n‹""›: id pk', "a table needs a name", None),
    "nameless column": ('t: id pk, ‹""› int', "a column needs a name", None),
    "key twice": ("u: id pk\nt: a -> u.id, ‹(a›) -> u.id", "'a' has two targets", "keep one of them"),
    "column twice in a key": ("u: x pk, y pk\nt: ‹(a, a›) -> u.(x, y)", "the foreign key '(a, a)' has a column twice", "remove one"),
    "target with a dot": ('t: a -> ‹"u.v".id›', "a foreign key cannot name a table with a dot, nor columns with brackets", "rename it in the data"),
    "target with a bracket": ('t: a -> ‹u."v(w"›', "a foreign key cannot name a table with a dot, nor columns with brackets", "rename it in the data"),
    "unknown table": ("users: id pk\nt: a -> ‹usrs›.id", "unknown table 'usrs'", "did you mean 'users'?"),
    "no key in the parent": ("u: id\nt: ‹a› -> u.id", "'u' has no primary key, so 't.a' cannot point to it", "mark the key of 'u' with pk"),
    "another key": ("u: id pk\nt: a -> ‹u.idd›", "'u.idd' is not the primary key of 'u'", "did you mean 'u.id'?"),
    "part of a key": ("u: x pk, y pk\nt: a -> ‹u.x›", "'u.x' is not the primary key of 'u'", "write 'u.(x, y)'"),
    "own table": ("t: id pk, ‹boss› -> t.id", "'t.boss' refers to its own table and must be nullable, or no row could be the first", "write 't.id?'"),
    "circle": ("‹a›: id pk, b -> b.id\nb: id pk, a -> a.id", "tables depend on each other in a circle: a → b → a", "let a key of it be null with '?', such as 'a.b -> b.id?'"),
    "pii on a key": ("t: id pk ‹pii›", "'t.id' is a key and cannot be a pii column too: keys are always replaced by new ones", "remove the pii mark"),
    "unknown action": ("t: a ‹pii(msk)›", "unknown pii action 'msk'", "did you mean 'mask'?"),
    "provider of a mask": ("t: a ‹pii(mask:email)›", "pii action 'mask' takes no provider", "write fake:provider"),
    "pii as a context": ("u: id pk, a pii\nt: x -> u.id\n  @context ‹u.a›", "'u.a' is personal data and cannot be a context of 't'", None),
    "unknown property": ("t: id pk\n  ‹@linkag› negbinom", "unknown property '@linkag'", "did you mean '@linkage'?"),
    "no property at all": ("t: id pk\n  ‹@xyzzy›", "unknown property '@xyzzy'", "properties: @data, @rows, @keep, @driver, @linkage, @context, @order, @model, @check, @together, @strict"),
    "property twice": ("t: id pk\n  @rows 5\n  ‹@rows› 6", "'@rows' is set twice", "the first one is on line 3"),
    "property not indented": ("t: id pk\n‹@rows› 5", "'@rows' must be indented, as it belongs to 't'", "put two spaces before it"),
    "no rows": ("t: id pk\n  @rows ‹0›", "the number of rows is a whole number from 1", None),
    "part of a row": ("t: id pk\n  @rows ‹1.5›", "the number of rows is a whole number from 1", None),
    "rows of a date": ("t: id pk\n  @rows ‹2020-01-01›", "the number of rows is a whole number from 1", None),
    "too many rows": ("t: id pk\n  @rows ‹9999999999999999›", "the number of rows is a whole number from 1", None),
    "rows of a reference table": ("t: id pk\n  @keep\n  @rows ‹5›", "'t' is kept as it is and takes no number of rows", "remove @rows or @keep"),
    "unknown linkage": ("t: id pk\n  @linkage ‹zeta›", "unknown linkage method 'zeta'", "known: empirical, negbinom, conditional"),
    "misspelt linkage": ("t: id pk\n  @linkage ‹emprical›", "unknown linkage method 'emprical'", "did you mean 'empirical'?"),
    "bounds that no number fits": ("u: id pk\nt: u_id -> u.id\n  @linkage conditional ‹[9..2]›", "the bounds [9..2] of the rows per parent allow no number", "write the smaller number first, both from 0: [1..20], [0..1] or [1..]"),
    "bounds of a root": ("t: id pk\n  @linkage ‹[1..20]›", "'t' has no driving parent, so it has no number of rows per parent", "remove the bounds"),
    "bounds without ends": ("u: id pk\nt: u_id -> u.id\n  @linkage ‹[..]›", "a range needs an end", "write [1..20], [0..1] or [1..]"),
    "bounds that are no whole numbers": ("u: id pk\nt: u_id -> u.id\n  @linkage ‹[0.5..2]›", "the bounds of the rows per parent are whole numbers from 0", "write [1..20], [0..1] or [1..]"),
    "bounds below zero": ("u: id pk\nt: u_id -> u.id\n  @linkage ‹[-1..2]›", "the bounds of the rows per parent are whole numbers from 0", "write [1..20], [0..1] or [1..]"),
    "bounds of dates": ("u: id pk\nt: u_id -> u.id\n  @linkage ‹[2020-01-01..]›", "the bounds of the rows per parent are whole numbers from 0", "write [1..20], [0..1] or [1..]"),
    "misspelt linkage with bounds": ("u: id pk\nt: u_id -> u.id\n  @linkage ‹emprical› [1..2]", "unknown linkage method 'emprical'", "did you mean 'empirical'?"),
    "a driver that waits": ("a: id pk, b -> b.id?\n  @driver ‹b›\nb: id pk, a -> a.id", "'b' closes a circle of tables: 'b' is generated after 'a' and cannot drive it", "take another driver, or let another key of the circle be null with '?'"),
    "a driver of its own table": ("t: id pk, boss -> t.id?\n  @driver ‹boss›", "'boss' refers to its own table and cannot drive it", None),
    "a nullable part of the primary key": ("u: id pk\nt: ‹a› pk -> u.id?, n pk", "'t.a' cannot be nullable, because its columns are part of the primary key", "write 'u.id' without '?'"),
    "a key of fractions": ("t: ‹id› pk float", "the primary key 't.id' cannot be made unique, because nobody can count in a column of type 'float'", "take a key of whole numbers, text or dates, add such a column, or declare no pk"),
    "unknown driver": ("u: id pk\nt: u_id -> u.id\n  @driver ‹u_di›", "'u_di' is not a foreign key of 't'", "did you mean 'u_id'?"),
    "driver is a reference": ("u: id pk\n  @keep\nt: u_id -> u.id\n  @driver ‹u_id›", "'u' is a kept reference table: 'u_id' is learnt as a value and cannot drive", None),
    "context of a root": ("t: id pk, a int\n  @context ‹u.a›", "'t' has no parent, so it has no context", None),
    "context of another table": ("u: id pk\nv: id pk, a int\nt: x -> u.id\n  @context ‹v.a›", "'v' is not the driving parent of 't' ('u' is)", "take a column of 'u', or change the parent with @driver"),
    "context of no table": ("users: id pk, a int\nt: x -> users.id\n  @context ‹usrs.a›", "unknown table 'usrs'", "did you mean 'users.a'?"),
    "context that is a key": ("u: id pk\nt: x -> u.id\n  @context ‹u.id›", "'u.id' is a key; keys carry no information for 't'", "take a column that is not a key"),
    "context twice": ("u: id pk, a int\nt: x -> u.id\n  @context u.a, ‹u.a›", "'u.a' stands twice in the context", "remove one"),
    "none and more": ("u: id pk, a int\nt: x -> u.id\n  @context ‹none›, u.a", "'none' stands alone", "remove it, or the columns after it"),
    "context beside the tables above": ("u: id pk\nv: id pk, u -> u.id\nw: id pk, a int\nt: x -> v.id\n  @context ‹w.a›", "'w' is not above 't' by its driving parents ('v', 'u')", "take a column of 'v' or 'u', or change the parent with @driver"),
    "misspelt column above": ("u: id pk, region cat\nv: id pk, u -> u.id\nt: x -> v.id\n  @context ‹u.regoin›", "'u.regoin' is not a column of 'u' (above 't')", "did you mean 'u.region'? Columns: id, region"),
    "undeclared order": ("t: id pk, day date\n  @order ‹dya›\n  @strict", "'dya' is not a declared column of 't', which is strict", "did you mean 'day'?"),
    "a combination of one": ("t: id pk, a\n  @together ‹a›", "a combination needs at least two columns", "name the columns that only occur together: city, country"),
    "a column twice together": ("t: id pk, a\n  @together a, ‹a›", "'a' stands twice in the combination", "remove one"),
    "a column in two combinations": ("t: a, b, c\n  @together a, b\n  @together c, ‹b›", "'b' is in two combinations", "make one of both, or remove it from one"),
    "a key in a combination": ("t: id pk, a\n  @together a, ‹id›", "'t.id' is a key and cannot be part of a combination", "remove it"),
    "a foreign key in a combination": ("u: id pk\nt: u_id -> u.id, a\n  @together ‹u_id›, a", "'t.u_id' is a key and cannot be part of a combination", "remove it"),
    "personal data in a combination": ("t: a, name pii\n  @together a, ‹name›", "'t.name' is personal data and cannot be part of a combination", "remove it"),
    "a unique column in a combination": ("t: a, b unique\n  @together a, ‹b›", "'t.b' is unique, so no combination with it occurs twice", "remove one of both"),
    "a check into a combination": ("t: a int, b int, c\n  @together b, c\n  @check ‹a <= b›", "'b' is part of a combination, and 'a <= b' could not hold in every row", "add 'a' to the combination, or remove the check"),
    "undeclared in a combination": ("t: id pk, city, country\n  @together city, ‹cuntry›\n  @strict", "'cuntry' is not a declared column of 't', which is strict", "did you mean 'country'?"),
    "check of a key": ("t: id pk, a int\n  @check ‹id <= a›", "check 'id <= a' needs two different columns that are not keys", None),
}  # fmt: skip


@pytest.mark.parametrize(("marked", "message", "hint"), PROBLEMS.values(), ids=PROBLEMS.keys())
def test_problems(marked, message, hint):
    before, rest = marked.split("‹")
    inside, after = rest.split("›", 1)
    with pytest.raises(SchemaError) as caught:
        compile_cell(before + inside + after)
    (problem,) = caught.value.problems
    assert (problem.message, problem.hint) == (message, hint)
    place = (before.count("\n") + 2, len(before.rsplit("\n", 1)[-1]) + 1, len(inside))
    assert (problem.line, problem.column, problem.length) == place


def test_all_problems_are_found_at_once():
    text = (
        "users: id pk pii, age flaot, age int[9..1]\n"
        "orders: id pk, user_id -> usrs.id\n"
        "@keep\n"
        "  @linkag negbinom\n"
        "  @context users.aeg\n"
    )
    with pytest.raises(SchemaError) as caught:
        compile_cell(text)
    assert [(problem.line, problem.column) for problem in caught.value.problems] == [
        (2, 14), (2, 23), (2, 30), (3, 27), (4, 1), (5, 3),
    ]  # fmt: skip


def test_several_unknown_words_are_one_column():
    with pytest.raises(SchemaError) as caught:
        compile_cell("t: a int xyzzy plugh, b int")
    messages = [problem.message for problem in caught.value.problems]
    assert messages == ["unknown word 'xyzzy'", "expected ',' before 'plugh'"]


def test_a_table_without_any_comma_is_read_to_its_end():
    with pytest.raises(SchemaError) as caught:
        compile_cell("t: c0 int " + " ".join(f"c{i} int" for i in range(1, 3000)))
    assert len(caught.value.problems) == 2999
    assert {problem.hint for problem in caught.value.problems} == {"put a comma before it"}


def test_a_table_that_is_declared_twice_counts_as_first_written():
    with pytest.raises(SchemaError) as caught:
        compile_cell("t: id pk\nt: x flaot\nu: a -> t.id\n")
    (problem,) = caught.value.problems
    assert problem.message == "table 't' is declared twice"


def test_check_passes_when_the_data_fits():
    cell = compile_cell("t: id pk, a int")
    ints = ColumnFacts("int", "int64")
    cell.check({"t": TableFacts({"id": ints, "a": ints, "more": ints})})


def test_facts_widen_what_is_known_of_a_parent():
    text = "u: id pk, date_from date\nt: x -> u.id\n  @context u.{}\n"
    facts = {
        "u": TableFacts({"id": ColumnFacts("int", "bigint"), "date_to": ColumnFacts("date", "date"),
                         "date_from": ColumnFacts("date", "date")}),
        "t": TableFacts({"x": ColumnFacts("int", "bigint")}),
    }  # fmt: skip
    cell = compile_cell(text.format("date_to"))
    cell.check(facts)
    with pytest.raises(SchemaError, match=r"'u.day' is not a column of 'u'"):
        compile_cell(text.format("day")).check(facts)


def test_a_large_cell_is_read_in_no_time():
    if sys.gettrace() is not None:
        pytest.skip("measured without a tracer")
    parent = "p -> t{}.id, "
    columns = ", ".join(f"c{i} int[{i}..100]" for i in range(48))
    text = "\n".join(
        f"t{n}: id pk, {parent.format(n - 1) if n else 'q int, '}{columns}" for n in range(100)
    )
    seconds = []
    for _ in range(3):
        start = time.process_time()
        program = parse(text)
        seconds.append(time.process_time() - start)
    assert sum(len(table.entries) for table in program.tables) == 5000
    assert min(seconds) < 0.5
